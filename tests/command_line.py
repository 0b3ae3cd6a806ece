"""The kit as its users run it: pytest in a process of its own, started in a folder of theirs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).resolve().parent.parent
SHOP = ROOT / "tests" / "shop"

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


def verify(folder: Path, *arguments: str, patience: float = 0) -> Outcome:
    """Run the kit in `folder`; reports go to `folder`/reports.

    With `patience` a target that hangs is given up after so many seconds.
    """
    start = ["-m", "pytest"]
    if patience:
        start = [
            "-c",
            "import sys, pytest, properties.watchdog as watchdog; "
            f"watchdog.PATIENCE = {patience}; sys.exit(pytest.main(sys.argv[1:]))",
        ]
    ours = ("SAGA_", "PYTEST_", "COVERAGE_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    run = subprocess.run(
        [
            *(sys.executable, *start, str(ROOT / "properties"), "-q", "-n", "0"),
            *("-p", "no:cacheprovider", f"--saga-report-dir={folder / 'reports'}"),
            *arguments,
        ],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT), "COLUMNS": "100"} if patience else environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Outcome(run.returncode, run.stdout + run.stderr)
