"""The options of a run: where a setting may stand, which wins, and what is said of a wrong one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from model.environment import DEFAULT_FAULTS, Delivery, Fault
from properties.settings.in_force import Settings, resolve
from properties.settings.options import DEFAULT_TARGET, OPTIONS, refuse_unknown
from properties.settings.sources import (
    OptionError,
    from_command_line,
    from_environment,
    from_files,
    from_table,
)
from tests.command_line import verify

ROOT = Path(__file__).resolve().parent.parent
IDS = ("MONEY-0", "MONEY-1", "LIVE-0", "SHIP-2")


def settings(
    command_line: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    table: Mapping[str, object] | None = None,
    base: Path = Path("/shop"),
) -> Settings:
    """Resolve settings given in the three places."""
    sources = (
        from_command_line(command_line or {}, base),
        from_environment(environment or {}, base),
        from_table(table or {}, base / "pyproject.toml"),
    )
    return resolve(sources, home=Path("/kit"), known_ids=IDS)


def complaint(
    command_line: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    table: Mapping[str, object] | None = None,
) -> str:
    """Return the message for settings that must be refused."""
    with pytest.raises(OptionError) as caught:
        settings(command_line, environment, table)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_defaults() -> None:
    """Pins what is in force when nothing is said."""
    found = settings()
    assert found.target == DEFAULT_TARGET == "implementations.reference:make"
    assert (found.delivery, found.faults, found.profile) == (None, DEFAULT_FAULTS, "ci")
    assert (found.seed, found.replay, found.expected) == (None, None, {})
    assert found.report_dir == Path("/kit/reports/out")
    assert set(found.origins.values()) == {"default"}


def test_every_setting_has_an_origin() -> None:
    """Pins that the run's header can say of each option where it came from."""
    once = {option.field for option in OPTIONS if not option.repeatable}
    assert set(settings().origins) == once | {"expected"}


def test_the_strongest_place_wins() -> None:
    """Pins the order: command line, environment, pyproject.toml, default."""
    table = {"profile": "nightly", "seed": 3, "target": "shop:three"}
    environment = {"SAGA_PROFILE": "quick", "SAGA_SEED": "2"}
    found = settings({"seed": "1"}, environment, table)
    assert (found.seed, found.profile, found.target) == (1, "quick", "shop:three")
    origins = found.origins
    assert (origins["seed"], origins["profile"]) == ("command line", "environment")
    assert (origins["target"], origins["faults"]) == ("/shop/pyproject.toml", "default")


@pytest.mark.parametrize("word", [True, "true", "1", "On", " yes "])
def test_a_switch_is_on(word: object) -> None:
    """Pins how a switch may be written where it takes a value."""
    assert settings(table={"mutate": word}).mutate
    assert not settings().mutate
    assert not settings({"mutate": "off"}, table={"mutate": word}).mutate


def test_a_switch_that_is_neither_on_nor_off() -> None:
    """Pins that it is not taken for off."""
    said = complaint(environment={"SAGA_MUTATE": "perhaps"})
    assert said.startswith("environment variable SAGA_MUTATE: 'perhaps' is neither on nor off")


def test_an_empty_variable_is_not_set() -> None:
    """Pins that a CI matrix may leave a variable empty, to say nothing."""
    found = settings(environment={"SAGA_DELIVERY": "", "SAGA_SEED": "  "}, table={"seed": 5})
    assert (found.delivery, found.seed) == (None, 5)


@pytest.mark.parametrize(
    "variable",
    ["HOME", "SAGAS", "SAGA_GOLDEN", "SAGA_DB_URL", "SAGA_TIMEOUT", "SAGA_DELAY", "SAGA_TARGET_DB"],
)
def test_variables_of_others_and_reserved_ones_are_left_alone(variable: str) -> None:
    """Pins that a team may have SAGA_ variables of its own, and that SAGA_GOLDEN is the tests'."""
    assert settings(environment={variable: "x"}) == settings()


@pytest.mark.parametrize(
    "word", ["at-least-once-fifo", "AT_LEAST_ONCE_FIFO", " at-least-once-fifo"]
)
def test_delivery_is_read_in_either_spelling(word: str) -> None:
    """Pins that the name of the constant is as good as its value."""
    assert settings({"delivery": word}).delivery is Delivery.AT_LEAST_ONCE_FIFO


def test_all_delivery_contracts() -> None:
    """Pins that all of them can be asked for, and that none of them then is the chosen one."""
    assert (settings({"delivery": "All"}).delivery, settings().every_delivery) == (None, False)
    assert settings({"delivery": "All"}).every_delivery


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("all", frozenset(Fault)),
        ("none", frozenset()),
        ("default", DEFAULT_FAULTS),
        ("crash", {Fault.CRASH}),
        ("crash, OUT_OF_STOCK,crash", {Fault.CRASH, Fault.OUT_OF_STOCK}),
        ("+republish", DEFAULT_FAULTS | {Fault.REPUBLISH}),
        ("-crash,-cancel", DEFAULT_FAULTS - {Fault.CRASH, Fault.CANCEL}),
        ("all,-crash", frozenset(Fault) - {Fault.CRASH}),
        ("none,+crash", {Fault.CRASH}),
        ("+ republish, -crash", DEFAULT_FAULTS - {Fault.CRASH} | {Fault.REPUBLISH}),
    ],
)
def test_faults(text: str, expected: frozenset[Fault]) -> None:
    """Pins the little language of fault lists, which a TOML array speaks as well."""
    assert settings({"faults": text}).faults == expected
    assert settings(table={"faults": text.split(",")}).faults == expected


def test_paths_count_from_where_they_are_written(tmp_path: Path) -> None:
    """Pins that a path is relative to the invocation, or to its pyproject.toml."""
    (tmp_path / "a.json").touch()
    found = settings({"replay": "a.json"}, table={"report-dir": "out"}, base=tmp_path)
    assert (found.replay, found.report_dir) == (tmp_path / "a.json", tmp_path / "out")


def test_expected_failures_are_collected() -> None:
    """Pins that ids come from all places, and that the strongest reason wins."""
    found = settings(
        {"expect-failure": ["MONEY-1=flag = off; really", "SHIP-2 = no carrier"]},
        {"SAGA_EXPECT_FAILURE": "LIVE-0=slow\nSHIP-2=old reason"},
        {"expect_failure": {"MONEY-0": "no outbox, see ticket 7"}},
    )
    assert found.expected == {
        "MONEY-1": "flag = off; really",
        "SHIP-2": "no carrier",
        "LIVE-0": "slow",
        "MONEY-0": "no outbox, see ticket 7",
    }
    assert found.origins["expected"] == "command line, environment, /shop/pyproject.toml"


@pytest.mark.parametrize(
    ("name", "value", "parts"),
    [
        (
            "delivery",
            "at-least-once-fif",
            ("Did you mean at-least-once-fifo?", "exactly-once-fifo"),
        ),
        ("profile", "nightli", ("'nightli'", "Did you mean nightly?", "quick, ci, nightly")),
        ("faults", "crash,dupplicate", ("'dupplicate'", "Did you mean duplicate?", "cancel")),
        ("faults", "-outofstock", ("'-outofstock'", "Did you mean -out-of-stock?")),
        ("faults", "alll", ("Did you mean all?",)),
        ("faults", "all,crash", ("cannot combine all, crash",)),
        ("faults", "crash,-cancel", ("cannot combine crash, -cancel",)),
        ("faults", "crash,,cancel", ("is empty",)),
        ("faults", "+", ("no such fault: '+'",)),
        ("seed", "1.5", ("'1.5' is not a whole number", "such as 42")),
        ("seed", "-1", ("'-1' is not a whole number",)),
        ("seed", "9" * 5000, ("is not a whole number",)),
        ("schedules", "0", ("'0' is neither a whole number from 1 nor all",)),
        ("schedules", "some", ("'some' is neither a whole number from 1 nor all",)),
        ("target", " ", ("is empty; give MODULE:FACTORY",)),
        ("report-dir", __file__, ("is a file; name a directory",)),
        ("replay", str(Path(__file__).parent), ("is a directory", ".json")),
        ("expect-failure", ["MONY-1=x"], ("no such property: 'MONY-1'", "Did you mean MONEY-1?")),
        ("expect-failure", ["money-1=x"], ("Did you mean MONEY-1?", "MONEY-0, MONEY-1, LIVE-0")),
        ("expect-failure", ["MONEY-1"], ("MONEY-1 has no reason", "MONEY-1=why")),
        ("expect-failure", ["MONEY-1= "], ("MONEY-1 has no reason",)),
    ],
)
def test_a_wrong_value(name: str, value: object, parts: tuple[str, ...]) -> None:
    """Pins that a wrong value is named with its option, what is allowed and what is nearest."""
    message = complaint({name: value})
    assert message.startswith(f"--saga-{name}: ")
    assert [part for part in parts if part not in message] == []


def test_a_missing_replay_file_names_the_nearest(tmp_path: Path) -> None:
    """Pins that a mistyped counterexample file is recognised among its neighbours."""
    (tmp_path / "MONEY-1.json").touch()
    message = complaint({"replay": str(tmp_path / "MONEY1.json")})
    assert f"no such file: {tmp_path}/MONEY1.json" in message
    assert f"Did you mean {tmp_path}/MONEY-1.json?" in message


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("SAGA_DELIVRY", "SAGA_DELIVERY"),
        ("SAGA_TARGETS", "SAGA_TARGET"),
        ("SAGA_EXPECTED_FAILURE", "SAGA_EXPECT_FAILURE"),
        ("SAGA_fault", "SAGA_FAULTS"),
    ],
)
def test_a_mistyped_variable(variable: str, meant: str) -> None:
    """Pins that a variable that is nearly ours is not silently ignored."""
    message = complaint(environment={variable: "x"})
    assert message.startswith(f"environment variable {variable}: no such setting")
    assert f"Did you mean {meant}?" in message


@pytest.mark.parametrize(
    ("table", "parts"),
    [
        ({"profil": "ci"}, ("[tool.saga] in /shop/pyproject.toml", "Did you mean profile?")),
        ({"seed": True}, ("seed under [tool.saga] in /shop/pyproject.toml", "True is not a whole")),
        ({"target": 7}, ("expected text, found 7; put it in quotes",)),
        ({"faults": []}, ("is empty; write none",)),
        ({"faults": ["crash", 1]}, ("expected text, found 1",)),
        ({"report-dir": "a", "report_dir": "b"}, ("report-dir is given twice",)),
        ({"expect-failure": {"MONEY-1": ""}}, ("is empty",)),
        ({"expect-failure": {"MONY-1": "x"}}, ("Did you mean MONEY-1?",)),
    ],
)
def test_a_wrong_table(table: Mapping[str, object], parts: tuple[str, ...]) -> None:
    """Pins that mistakes in [tool.saga] are named with the key and the file."""
    message = complaint(table=table)
    assert [part for part in parts if part not in message] == []


def write(directory: Path, text: str) -> Path:
    """Write a pyproject.toml."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "pyproject.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_files_are_found_nearest_first(tmp_path: Path) -> None:
    """Pins that the nearest [tool.saga] above the invocation comes first, then the rootdir's.

    A pyproject.toml without the table, as of one package in a larger project, is passed over.
    """
    outer = write(tmp_path / "work", '[tool.saga]\nprofile = "quick"\nseed = 1\n')
    write(tmp_path / "work" / "shop", "[project]\nname = 'shop'\n")
    kit = write(tmp_path / "kit", '[tool.saga]\nseed = 2\ntarget = "a:b"\n')
    here = tmp_path / "work" / "shop" / "src"
    sources = from_files(here, kit.parent)
    assert [source.origin for source in sources] == [str(outer), str(kit)]
    found = resolve(sources, home=kit.parent)
    assert (found.profile, found.seed, found.target) == ("quick", 1, "a:b")
    assert [source.origin for source in from_files(kit.parent, kit.parent)] == [str(kit)]


@pytest.mark.parametrize("text", ["[tool.saga", "[tool]\nsaga = 3\n"])
def test_a_broken_file(tmp_path: Path, text: str) -> None:
    """Pins that a pyproject.toml that cannot be read is one message with its path."""
    file = write(tmp_path, text)
    with pytest.raises(OptionError, match=r"cannot be read as TOML|expected a table") as caught:
        from_files(tmp_path, tmp_path)
    assert str(file) in str(caught.value)


CONFTEST = """
from properties.settings.in_force import settings_of
from properties.settings.options import add_options

def pytest_addoption(parser):
    add_options(parser)

def pytest_configure(config):
    print(settings_of(config, ("MONEY-1",)))
"""


def run_pytest(
    directory: Path, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run pytest in a directory whose conftest uses the options as the kit's does."""
    (directory / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SAGA_", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir=.", *arguments],
        cwd=directory,
        env={**environment, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_pytest_takes_the_options(tmp_path: Path) -> None:
    """Pins the whole way: flags, environment and file, as pytest hands them to us."""
    write(tmp_path, '[tool.saga]\nprofile = "quick"\n[tool.pytest.ini_options]\n')
    run = run_pytest(
        tmp_path, "--saga-faults=-crash", "--saga-expect-failure=MONEY-1=known", SAGA_SEED="9"
    )
    assert run.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, run.stdout + run.stderr
    for part in ("profile='quick'", "seed=9", "'faults': 'command line'", "{'MONEY-1': 'known'}"):
        assert part in run.stdout


def test_pytest_prints_one_message(tmp_path: Path) -> None:
    """Pins that a wrong value is a usage error of pytest: one line, and no traceback of ours."""
    write(tmp_path, "[tool.pytest.ini_options]\n")
    run = run_pytest(tmp_path, "--saga-profile=cii")
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    expected = (
        "--saga-profile: no such profile: 'cii'. Did you mean ci? Allowed: quick, ci, nightly."
    )
    assert run.stderr.strip() == f"ERROR: {expected}"


def test_help_names_every_option(tmp_path: Path) -> None:
    """Pins that `pytest --help` is the reference of the options."""
    write(tmp_path, "[tool.pytest.ini_options]\n")
    run = run_pytest(tmp_path, "--help")
    assert [option.flag for option in OPTIONS if option.flag not in run.stdout] == []


def test_an_option_that_there_is_not_is_named_with_the_nearest() -> None:
    """Pins that a slip on the command line is one line, and not pytest's usage; and that nothing
    else is taken for an option of ours."""
    refuse_unknown(
        ["pytest", "--saga-faults", "-crash", "--saga-profile=quick", "--cov-saga", "-x"]
    )
    with pytest.raises(pytest.UsageError, match="--saga-profle; did you mean '--saga-profile'"):
        refuse_unknown(["pytest", "--saga-profle=ci"])
    with pytest.raises(pytest.UsageError, match="there are --saga-target, --saga-delivery"):
        refuse_unknown(["pytest", "--saga-qqqqqqqq"])


def test_a_slip_ends_the_session_before_it_begins(tmp_path: Path) -> None:
    """Pins the exit code, and that nothing of ours is seen."""
    outcome = verify(tmp_path, "--saga-sheed=3")
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert "there is no option --saga-sheed; did you mean '--saga-seed'?" in outcome.joined
    assert "usage:" not in outcome.text
    assert outcome.shows_no_traceback()
