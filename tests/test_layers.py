"""Who may import whom: the rules of the four packages, checked on the source itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Each package, and those of ours that it may import.
MAY_IMPORT = {
    "model": {"model"},
    "reports": {"model", "reports"},
    "implementations": {"model", "implementations"},
    "properties": {"model", "implementations", "reports", "properties"},
    # What the wheel starts runs in the user's environment, where nothing of ours can be imported.
    "order_saga_kit": set(),
}
#: What runs the kit may import all of it; nothing may import what runs it.
RUNS_THE_KIT = {"conftest", "tests", "benchmarks"}
OURS = {*MAY_IMPORT, *RUNS_THE_KIT}

#: All that the model may use besides itself: what neither reads nor writes nor draws lots.
PURE = {
    *("__future__", "abc", "attrs", "bisect", "collections", "contextlib", "copy", "dataclasses"),
    *("decimal", "enum", "fractions", "functools", "hashlib", "heapq", "itertools", "json", "math"),
    *("operator", "re", "string", "textwrap", "types", "typing"),
}
#: What one room of the model may use besides.
PURE_THERE = {"model.engine": {"numpy"}}
#: Built-in ways round an import list.
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"}

#: The oracle is worthless unless these stay independent: from the first, not even by way of other
#: modules, the second may not be reached.
INDEPENDENT = (
    ("model.specification", "model.choreography"),
    ("implementations.reference", "model.choreography"),
)


def module_name(path: Path) -> str:
    """Name the module that a file, given by its path in the clone, is imported as."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source: str, path: Path) -> Iterator[tuple[int, str]]:
    """List what a source imports, with line numbers; a literal in a call of import_module too."""
    package = path.with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield node.lineno, base
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = called(node)
            if name in {"import_module", "__import__"} and isinstance(node.args[0].value, str):
                yield node.lineno, node.args[0].value


def inside_the_world(module: str) -> bool:
    """Whether a module belongs to the world, which does not know who searches it."""
    return module == "properties.world" or module.startswith("properties.world.")


def called(node: ast.Call) -> str:
    """Name the function or method that a call calls."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def offences(source: str, path: Path) -> list[str]:
    """List the imports of one file that its package does not allow."""
    room = path.with_suffix("").parts[0]
    found = []
    for line, name in imports(source, path):
        top = name.split(".")[0]
        if room in MAY_IMPORT and top in OURS - MAY_IMPORT[room]:
            found.append(f"{path}:{line}: {room} must not import {top}")
        here = PURE_THERE.get(".".join(path.parts[:2]), set())
        if room == "model" and top not in PURE | OURS | here:
            found.append(f"{path}:{line}: model must not import {top}")
        outward = name.startswith("properties.") and not inside_the_world(name)
        if outward and inside_the_world(module_name(path)):
            found.append(f"{path}:{line}: the world must not know the search ({name})")
    if room == "model":
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Call(func=ast.Name(id=name)) if name in IMPURE_CALLS:
                    found.append(f"{path}:{node.lineno}: model must not call {name}()")
    return list(dict.fromkeys(found))


def lineage(name: str) -> set[str]:
    """Name all that an import runs: the module, and each package that it is in."""
    parts = name.split(".")
    return {".".join(parts[: end + 1]) for end in range(len(parts))}


def reached(start: str, sources: Mapping[Path, str]) -> set[str]:
    """Follow the imports from a module or package to all modules of ours that they reach."""
    graph = {
        module_name(path): {part for _, name in imports(source, path) for part in lineage(name)}
        for path, source in sources.items()
    }
    todo = [name for name in graph if name == start or name.startswith(start + ".")]
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(graph[name] & graph.keys())
    return seen


@pytest.fixture(scope="module")
def sources() -> dict[Path, str]:
    """Every Python file of these packages, by its path in the clone."""
    files = [file for room in MAY_IMPORT for file in sorted((ROOT / room).rglob("*.py"))]
    return {file.relative_to(ROOT): file.read_text(encoding="utf-8") for file in files}


def test_the_packages_keep_the_rules(sources: dict[Path, str]) -> None:
    """Pins that no package imports one that it may not, and that the model stays pure."""
    assert sources
    assert [line for path, source in sources.items() for line in offences(source, path)] == []


@pytest.mark.parametrize(("start", "forbidden"), INDEPENDENT)
def test_the_oracle_is_independent(sources: dict[Path, str], start: str, forbidden: str) -> None:
    """Pins that specification and reference never look at the choreography table, even indirectly.

    A rule about a module that does not exist would hold for nothing, so both must be there.
    """
    assert forbidden in {module_name(path) for path in sources}
    modules = reached(start, sources)
    assert modules, f"there is no module {start}"
    assert forbidden not in modules


BAD = {
    "a package above": ("model/a.py", "import reports.verdict"),
    "only for types": ("model/a.py", "if TYPE_CHECKING:\n    from properties import world"),
    "inside a function": ("reports/a.py", "def f():\n    from implementations import loading"),
    "by its full name": ("implementations/x/a.py", "import properties.session as o"),
    "several at once": ("reports/a.py", "import json, properties"),
    "from a package": ("implementations/a.py", "from reports.verdict import Verdict"),
    "relative, out of the package": ("model/a.py", "from ..properties import session"),
    "by import_module": ("reports/a.py", "importlib.import_module('properties.world.world')"),
    "by __import__": ("implementations/a.py", "__import__('properties')"),
    "the tests": ("properties/a.py", "from tests.shop import app"),
    "conftest": ("properties/a.py", "import conftest"),
    "world knows search": ("properties/world/a.py", "from properties.search import Portion"),
    "chance": ("model/a.py", "import random"),
    "files": ("model/a.py", "from pathlib import Path"),
    "numpy, elsewhere": ("model/a.py", "import numpy as np"),
    "the system": ("model/a.py", "import os.path"),
    "a test framework": ("model/a.py", "from hypothesis import strategies"),
    "the command of the wheel": ("order_saga_kit/a.py", "from properties import session"),
    "the clock": ("model/a.py", "import time"),
    "an open file": ("model/a.py", "text = open('x').read()"),
    "output": ("model/sub/a.py", "print('x')"),
}

GOOD = {
    "itself": ("model/a.py", "from model.ledger import Ledger\nfrom . import vocabulary"),
    "pure helpers": ("model/a.py", "import itertools\nfrom collections.abc import Mapping"),
    "numpy, in the fast engine": ("model/engine/a.py", "import numpy as np"),
    "a method called open": ("model/a.py", "orders.open()"),
    "reports on the model": ("reports/a.py", "from model.ledger import Ledger\nimport pathlib"),
    "a target's own names": ("implementations/document/a.py", "from .stores import db\nimport os"),
    "all three": ("properties/a.py", "import model, reports, implementations, hypothesis"),
    "what runs the kit": ("tests/a.py", "import properties.session"),
}


@pytest.mark.parametrize(("path", "source"), BAD.values(), ids=BAD.keys())
def test_a_forbidden_import_is_found(path: str, source: str) -> None:
    """Pins that the checker sees each way of breaking the rules, and names the place."""
    found = offences(source, Path(path))
    assert found
    assert all(line.startswith(f"{path}:") for line in found)


@pytest.mark.parametrize(("path", "source"), GOOD.values(), ids=GOOD.keys())
def test_an_allowed_import_is_left_alone(path: str, source: str) -> None:
    """Pins that the checker does not cry wolf."""
    assert offences(source, Path(path)) == []


def test_an_import_by_a_detour_is_found() -> None:
    """Pins that independence is checked through other modules, packages and relative imports."""
    made = {
        Path("model/specification.py"): "from model import monitors",
        Path("model/monitors.py"): "from . import deep",
        Path("model/deep.py"): "from model.inner.leaf import x",
        Path("model/inner/__init__.py"): "from model.choreography import TABLE",
        Path("model/inner/leaf.py"): "",
        Path("model/choreography.py"): "",
        Path("model/other.py"): "",
    }
    assert "model.choreography" in reached("model.specification", made)
    assert "model.other" not in reached("model.specification", made)
