"""The kit as its users run it: pytest in a process of its own, started in a folder of theirs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).resolve().parent.parent
SHOP = ROOT / "tests" / "shop"

#: Plugins for pytest that come with libraries of targets: they take longer to import than the kit.
_FOREIGN = ("-p", "no:protean", "-p", "no:anyio")
#: What of our own code must never be seen by a user.
_OURS = re.compile(r"Traceback|INTERNALERROR|(properties|implementations|reports|model)/\w+\.py:\d")


@frozen
class Outcome:
    """How a verification ended, and all that it printed, with lines joined that were broken."""

    code: int
    text: str

    @property
    def joined(self) -> str:
        """The text without line breaks, in which a sentence can be looked for."""
        return " ".join(self.text.split())

    def verdict(self, property_id: str) -> str:
        """The verdict on a property, and the reason beside it."""
        table = self.text.partition("\nproperty ")[2].partition("\nfault ")[0]
        row = re.search(rf"^{property_id} +(.*(?:\n +.*)*)", table, re.MULTILINE)
        assert row, f"no row for {property_id} in:\n{self.text}"
        return " ".join(row.group(1).split())

    def shows_no_traceback(self) -> bool:
        """Whether nothing of our own code is seen."""
        found = _OURS.search(self.text)
        assert not found, f"{found.group()!r} in:\n{self.text}"
        return True


def shop_in(folder: Path) -> Path:
    """A copy of the shop in a folder of the user's, as a package that can be imported there."""
    shutil.copytree(SHOP, folder / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def verify(folder: Path, *arguments: str, variables: Mapping[str, str] | None = None) -> Outcome:
    """Run the kit in `folder`; reports go to `folder`/reports."""
    command = [sys.executable, "-m", "pytest", *_common(folder), *arguments]
    return run(folder, command, variables=variables)


def distribute(folder: Path, *arguments: str) -> Outcome:
    """The same, where the arguments say which workers there are."""
    return run(folder, [sys.executable, "-m", "pytest", *_common(folder, ()), *arguments])


def attempt(folder: Path, code: str, *arguments: str, target: str = "mine:make") -> Outcome:
    """Run `quick` on a target of mine.py, which holds `code`, beside the shop; see no traceback."""
    write(folder, "mine", code)
    outcome = verify(folder, "--saga-profile=quick", f"--saga-target={target}", *arguments)
    assert outcome.shows_no_traceback()
    return outcome


_EACH = """
import json, sys, pytest, properties.world.watchdog as watchdog
watchdog.PATIENCE = 0.3
for arguments in json.load(sys.stdin):
    code = pytest.main(sys.argv[1:] + arguments)
    sys.stderr.flush()
    print(f"=== {int(code)}", flush=True)
"""


def attempt_each(folder: Path, targets: Mapping[str, tuple[str, str]]) -> dict[str, Outcome]:
    """Run `quick` on each target, given by its spec and the code of its module.

    In one process, since starting one takes longer than all else. What hangs for 0.3 s hangs.
    """
    for spec, code in targets.values():
        write(folder, spec.partition(":")[0], code)
    arguments = [["--saga-profile=quick", f"--saga-target={spec}"] for spec, _ in targets.values()]
    command = [sys.executable, "-c", _EACH, *_common(folder)]
    text = run(folder, command, json.dumps(arguments)).text
    ends = list(re.finditer(r"^=== (\d+)$", text, re.MULTILINE))
    assert len(ends) == len(targets), text
    starts = [0, *(end.end() for end in ends)]
    return {
        name: Outcome(int(end.group(1)), text[start : end.start()])
        for name, start, end in zip(targets, starts, ends, strict=False)
    }


def write(folder: Path, module: str, code: str) -> None:
    """Write a module of the user's, beside the shop."""
    if not (folder / "shop").exists():
        shop_in(folder)
    if code:
        (folder / f"{module}.py").write_text(code, encoding="utf-8")


def _common(folder: Path, workers: tuple[str, ...] = ("-n", "0")) -> list[str]:
    # what failed in an earlier run of a test would be found again at once, and prove nothing
    own = (f"--saga-report-dir={folder / 'reports'}", f"--saga-database={folder / 'database'}")
    return [str(ROOT / "properties"), "-q", *workers, "-p", "no:cacheprovider", *_FOREIGN, *own]


def run(
    folder: Path, command: list[str], stdin: str = "", variables: Mapping[str, str] | None = None
) -> Outcome:
    """Run any command in `folder`, with none of the settings that are in force for this test."""
    ours = ("SAGA_", "PYTEST_", "PYTHONPATH", "GITHUB_", "GITLAB_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    environment |= variables or {}
    if "-c" in command:
        environment["PYTHONPATH"] = str(ROOT)
    ended = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    return Outcome(ended.returncode, ended.stdout)


def pickup(members: str = "pass") -> str:
    """The code of a shop that is right but for the members given here."""
    return _variant("from shop.pickup import Pickup as Right", members)


def express(members: str = "pass") -> str:
    """The same with coroutines."""
    return _variant("from shop.express import Express as Right", members)


def _variant(imports: str, members: str) -> str:
    body = "".join(f"    {line}\n" for line in members.splitlines())
    make = "def make(world):\n    return Mine(world)\n"
    return f"{imports}\n\n\nclass Mine(Right):\n{body}\n\n{make}"
