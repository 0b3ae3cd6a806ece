"""What .ci/tools and .ci/services bring, and that they never stand in the way."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.needs import NEEDS, needs

ROOT = Path(__file__).resolve().parent.parent

#: An apt-get that notes what it is asked for, and "installs" spin.
APT = """#!/bin/bash
echo "$*" >>"{folder}/asked"
for package; do
    if [ "$package" = spin ]; then ln -sf "{folder}/apt-get" "{folder}/spin"; fi
done
[ -z "{fails}" ]
"""


class Machine:
    """A path on which there is nothing but a shell, and what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("bash", "env", "ln"):
            (folder / name).symlink_to(shutil.which(name) or "/no-such-command")

    def has(self, name: str, script: str = "#!/bin/bash\n") -> None:
        """Put a command there."""
        (self.folder / name).write_text(script, encoding="utf-8")
        (self.folder / name).chmod(0o755)

    def has_apt(self, fails: str = "") -> None:
        """Put an apt-get there."""
        self.has("apt-get", APT.format(folder=self.folder, fails=fails))

    def run(self) -> str:
        """What .ci/tools prints; it never fails."""
        done = subprocess.run(
            [self.folder / "bash", ROOT / ".ci/tools"],
            env={"PATH": str(self.folder)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def asked(self) -> str:
        """What apt-get was asked for."""
        file = self.folder / "asked"
        return file.read_text(encoding="utf-8") if file.exists() else ""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with a compiler whose user is root."""
    machine = Machine(tmp_path)
    machine.has("gcc")
    machine.has("id", "#!/bin/bash\necho 0\n")
    return machine


def test_what_is_missing_is_installed_and_named(machine: Machine) -> None:
    """Root installs; what is there afterwards is required, what is not is not."""
    machine.has_apt()
    assert machine.run() == "spin"
    update, install = machine.asked().splitlines()
    assert update.endswith("update")
    assert {"install", "spin", "rumur"} <= {*install.split()}


def test_what_is_there_is_left_alone(machine: Machine) -> None:
    """Nothing is installed where nothing is missing."""
    machine.has_apt()
    machine.has("spin")
    machine.has("rumur")
    machine.has("chromium")
    machine.has("node")
    assert machine.run() == "spin,rumur,chromium,node"
    assert machine.asked() == ""


def test_sudo_is_asked_without_a_question(machine: Machine) -> None:
    """A user who may, installs by sudo, which must not wait for a password."""
    machine.has_apt()
    machine.has("id", "#!/bin/bash\necho 1000\n")
    assert machine.run() == ""
    assert machine.asked() == ""
    machine.has("sudo", '#!/bin/bash\n[ "$1" = -n ] && shift && exec "$@"\n')
    assert machine.run() == "spin"


@pytest.mark.parametrize("apt", [True, False])
def test_it_fails_for_no_reason(machine: Machine, apt: bool) -> None:
    """A registry that cannot be reached, or none: nothing is required, and nothing fails."""
    if apt:
        machine.has_apt(fails="always")
        (machine.folder / "ln").unlink()
    assert machine.run() == ""


def test_a_tool_without_a_compiler_is_not_required(machine: Machine) -> None:
    """The checkers are compiled: without gcc their tests are skipped as before."""
    (machine.folder / "gcc").unlink()
    machine.has("spin")
    assert machine.run() == ""


def test_its_names_are_those_of_the_needs() -> None:
    """What it prints is what `needs` understands."""
    text = (ROOT / ".ci/tools").read_text(encoding="utf-8")
    services = (ROOT / ".ci/services").read_text(encoding="utf-8")
    for table in (text.partition("tools=(")[2], services.partition("services=(")[2]):
        lines = table.partition(")")[0].strip().splitlines()
        names = {line.strip().strip('"').split(":")[0] for line in lines}
        assert names
        assert names <= {*NEEDS}


def test_services_that_listen_are_named() -> None:
    """A service that is up is used as it is, and its tests must run."""
    needs("redis")
    done = subprocess.run([ROOT / ".ci/services"], capture_output=True, text=True, check=True)
    assert "redis" in done.stdout.strip().split(",")
