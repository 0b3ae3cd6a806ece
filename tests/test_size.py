"""Files and functions stay short enough to be read at one sitting."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = (
    "model",
    "properties",
    "implementations",
    "reports",
    "order_saga_kit",
    "tests",
    "benchmarks",
)

FILE_LIMIT = 400
FUNCTION_LIMIT = 60

#: What may be longer, and why: `path` for a file, `path:function` for a function.
EXCEPTIONS: dict[str, str] = {}


def too_long(path: str, source: str) -> Iterator[tuple[str, str]]:
    """List what is too long in one file: its key in EXCEPTIONS, and a sentence."""
    length = len(source.splitlines())
    if length >= FILE_LIMIT:
        yield path, f"{path} has {length} lines; the limit is under {FILE_LIMIT}: split it"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length >= FUNCTION_LIMIT:
                key = f"{path}:{node.name}"
                yield key, f"{key} has {length} lines; the limit is under {FUNCTION_LIMIT}"


def problems(sources: Mapping[str, str], exceptions: Mapping[str, str]) -> list[str]:
    """List what is too long and not excepted, and the exceptions that are no longer needed."""
    found = dict(pair for path, source in sources.items() for pair in too_long(path, source))
    stale = [f"{key} is excepted but not too long" for key in exceptions if key not in found]
    return [line for key, line in found.items() if key not in exceptions] + stale


def lines(count: int, of: str = "x = 1") -> str:
    """Make a source of so many lines."""
    return "\n".join([of] * count)


def test_files_and_functions_are_short() -> None:
    """Pins the limits for every Python file of the clone, and that no exception is stale."""
    files = [file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))]
    files += sorted(ROOT.glob("*.py"))
    sources = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in files}
    assert problems(sources, EXCEPTIONS) == []


@pytest.mark.parametrize("start", ["def f():\n", "async def f():\n", "class C:\n  def f(self):\n"])
def test_a_long_function_is_found(start: str) -> None:
    """Pins that functions, coroutines and methods are measured, and the limit to the line."""
    assert problems({"a.py": start + lines(58, "    x = 1")}, {}) == []
    assert problems({"a.py": start + lines(59, "    x = 1")}, {}) == [
        "a.py:f has 60 lines; the limit is under 60"
    ]


def test_a_long_file_is_found() -> None:
    """Pins the limit for files to the line."""
    assert problems({"a.py": lines(399)}, {}) == []
    assert problems({"a.py": lines(400)}, {}) == [
        "a.py has 400 lines; the limit is under 400: split it"
    ]


def test_an_exception_holds_until_it_is_not_needed() -> None:
    """Pins that a listed file is let through, and that the list cannot rot."""
    assert problems({"a.py": lines(400)}, {"a.py": "generated"}) == []
    assert problems({"a.py": lines(3)}, {"a.py": "generated"}) == [
        "a.py is excepted but not too long"
    ]
