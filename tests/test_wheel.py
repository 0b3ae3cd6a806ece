"""The wheel, built and installed for real: one name, one command, and the run of the clone."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from collections.abc import Iterator
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
from attrs import frozen

from tests.command_line import ROOT, Outcome, run, shop_in
from tests.needs import needs

NAME = "order_saga_kit"
COMMAND = "order-saga-kit"
PACKAGES = ("model", "properties", "implementations", "reports")
#: A search that ends soon and finds the faulty shop out, in two parts for two workers.
SEARCH = (
    "--saga-target=shop.adapter:make_faulty",
    *("--saga-profile=quick", "--saga-faults=crash", "-k=paths or sweep"),
)
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


@frozen
class Environment:
    """A virtual environment in which nothing is installed but the wheel."""

    root: Path
    packages: Path
    added: frozenset[str]
    """What the wheel has added to the packages and the commands."""

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.root / "bin" / "python"

    def kit(self, folder: Path, *arguments: str) -> Outcome:
        """Call the command of the wheel in a folder of the user's."""
        return run(folder, [str(self.root / "bin" / COMMAND), *arguments])

    def files(self) -> set[Path]:
        """All that is in the package now, but for what Python has compiled."""
        files = (self.packages / NAME).rglob("*")
        return {file for file in files if file.is_file() and file.parent.name != "__pycache__"}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """The wheel of this clone, installed; what it depends on is borrowed from this interpreter.

    At the end, no run has left anything beside what was installed.
    """
    needs("hatchling")
    root, wheels = tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("wheels")
    build = ("wheel", "--no-deps", "--no-index", "--no-build-isolation", f"--wheel-dir={wheels}")
    subprocess.run([*PIP, *build, str(ROOT)], check=True)
    venv.create(root, with_pip=False)
    places = {"base": str(root), "platbase": str(root)}
    packages = Path(sysconfig.get_path("purelib", scheme="venv", vars=places))
    (packages / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")

    def names() -> set[str]:
        return {path.name for place in (packages, root / "bin") for path in place.iterdir()}

    before = names()
    install = ("--python", str(root / "bin" / "python"), "install", "--no-deps", "--no-index")
    subprocess.run([*PIP, *install, *map(str, wheels.iterdir())], check=True)
    made = Environment(root, packages, frozenset(names() - before))
    installed = made.files()
    yield made
    assert made.files() == installed


@pytest.fixture(scope="module")
def runs(
    environment: Environment, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Path, Outcome]]:
    """The same search both ways: for each the folder of the user's, and what was said."""
    cloned, installed = (shop_in(tmp_path_factory.mktemp(way)) for way in ("cloned", "installed"))
    there = f"--saga-report-dir={cloned / 'reports' / 'out'}"
    clone = [str(environment.python), "-m", "pytest", str(ROOT / "properties"), there]
    database = f"--saga-database={cloned / 'database'}"
    return {
        "clone": (cloned, run(cloned, [*clone, database, "-p", "no:cacheprovider", "-q", *SEARCH])),
        "wheel": (installed, environment.kit(installed, "-q", "-n2", *SEARCH)),
    }


def test_one_name_and_one_command(environment: Environment) -> None:
    """Pins all that the wheel adds and asks for, and that pytest is told of no plugin."""
    (info,) = environment.packages.glob("*.dist-info")
    assert environment.added == {NAME, COMMAND, info.name}
    wheel = PathDistribution(info)
    offered = [(each.group, each.name) for each in wheel.entry_points]
    assert offered == [("console_scripts", COMMAND)]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {each for each in wheel.requires or () if "extra ==" not in each}
    assert needed == set(project["dependencies"])


def test_the_packages_inside_are_not_found_from_outside(
    environment: Environment, tmp_path: Path
) -> None:
    """Pins that a user's own `model` or `reports` is safe: only the one name can be imported."""
    asked = (NAME, *PACKAGES, "conftest")
    code = f"import importlib.util as u; print([n for n in {asked} if u.find_spec(n)])"
    found = subprocess.run(
        [environment.python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert found.stdout == f"['{NAME}']\n"


def test_the_wheel_has_all_that_the_clone_has(environment: Environment) -> None:
    """Pins that no page's style, client or example is left out, and that nothing else gets in."""
    left_out = {ROOT / "reports" / "gallery", ROOT / "reports" / "out"}
    files = {
        file.relative_to(ROOT)
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and not {"__pycache__"} & {*file.parts} and not left_out & {*file.parents}
    }
    inside = environment.packages / NAME
    wanted = {Path("kit") / file for file in files} | {Path("kit/conftest.py")}
    wanted |= {Path("kit/pyproject.toml"), Path("__init__.py"), Path("__main__.py")}
    assert {file.relative_to(inside) for file in environment.files()} == wanted


def test_both_ways_find_the_same(runs: dict[str, tuple[Path, Outcome]]) -> None:
    """Pins that the command is the run of the clone: same verdicts, same counterexamples."""
    (cloned, clone), (installed, wheel) = runs["clone"], runs["wheel"]
    assert (clone.code, wheel.code) == (1, 1), wheel.text

    def table(outcome: Outcome) -> str:
        return outcome.text.partition("\nproperty ")[2].partition("\nwork ")[0]

    assert " VIOLATED " in table(clone)
    assert table(wheel) == table(clone)
    found = {file.name: file.read_text() for file in (cloned / "reports/out").glob("*-?.json")}
    assert found
    assert found == {f.name: f.read_text() for f in (installed / "reports/out").glob("*-?.json")}


def test_what_a_run_leaves_is_with_the_user(runs: dict[str, tuple[Path, Outcome]]) -> None:
    """Pins that reports and known failures land in the folder of the user, and nothing besides."""
    folder, _ = runs["wheel"]
    assert {path.name for path in folder.iterdir()} == {"shop", "reports", ".hypothesis"}
    assert (folder / "reports" / "out" / "report.html").is_file()
    assert any((folder / ".hypothesis" / "saga").iterdir())


def test_reports_name_the_command(
    runs: dict[str, tuple[Path, Outcome]], environment: Environment
) -> None:
    """Pins that what is printed for a replay works as it stands, wherever the wheel is."""
    folder, outcome = runs["wheel"]
    line = next(one for one in outcome.text.splitlines() if one.startswith("replay "))
    command, *options = line.split()[1:]
    assert command == COMMAND
    again = environment.kit(folder, "-q", *options)
    assert again.code == 1
    assert "replay: exactly the recorded" in again.text
    for page in (folder / "reports" / "out").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert "from its wheel as it was here" in text
        assert str(environment.packages) not in text


SEEN_BY_THE_USER = """
import sys

def test_nothing_of_the_kit_is_here(request):
    assert not [name for name in vars(request.config.option) if "saga" in name]
    plugins = [name for name, _ in request.config.pluginmanager.list_name_plugin()]
    assert not [name for name in plugins if "saga" in name]
    assert not {"order_saga_kit", "properties", "model"} & sys.modules.keys()
"""


def test_a_promoted_counterexample_is_a_test_of_the_user_s(
    runs: dict[str, tuple[Path, Outcome]], environment: Environment, tmp_path: Path
) -> None:
    """Pins that it fails, passes once the shop is mended, and brings nothing of the kit along."""
    found, _ = runs["wheel"]
    folder = shutil.copytree(found, tmp_path / "mine")
    schedule = next((folder / "reports" / "out").glob("*-?.json"))
    written = environment.kit(folder, f"--saga-replay={schedule}", "--saga-promote=test_again.py")
    assert written.code == 0, written.text
    (folder / "test_seen.py").write_text(SEEN_BY_THE_USER, encoding="utf-8")
    own_tests = [str(environment.python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    before = run(folder, own_tests)
    assert "1 failed, 1 passed" in before.text
    assert f"{schedule.stem} VIOLATED" in before.text
    adapter = folder / "shop" / "adapter.py"
    mended = adapter.read_text(encoding="utf-8").replace("(world, ForgetfulStockroom)", "(world)")
    adapter.write_text(mended, encoding="utf-8")
    after = run(folder, own_tests)
    assert after.code == 0, after.text


def test_the_model_is_checked_without_a_target(environment: Environment, tmp_path: Path) -> None:
    """Pins that a mode without a target works from the wheel, too."""
    outcome = environment.kit(tmp_path, "--saga-model", "-q", "-k=flaw")
    assert outcome.code == 0, outcome.text
    assert "no flaw can be seen in the table without running it" in outcome.text


def test_a_name_that_the_kit_has_is_explained(environment: Environment, tmp_path: Path) -> None:
    """Pins that a user's own package `model` as a target is explained as in the clone."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "saga.py").write_text("def make(world): ...\n", encoding="utf-8")
    target = "--saga-target=model.saga:make"
    clone = run(tmp_path, [sys.executable, "-m", "pytest", str(ROOT / "properties"), target])
    wheel = environment.kit(tmp_path, target)
    assert (wheel.code, wheel.text) == (pytest.ExitCode.USAGE_ERROR, clone.text)
    assert "the name 'model' is a package of the kit" in wheel.text
