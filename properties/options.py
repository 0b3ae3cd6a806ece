"""The options of a verification run: what may be set, where, and what is in force.

Each option can be given on the command line (`--saga-delivery=...`), as an environment variable
(`SAGA_DELIVERY`), or under `[tool.saga]` in a pyproject.toml (`delivery = ...`); the first of
these that says something wins, and the defaults come last. Expected failures are the exception:
they are collected from all of them, and only a reason given twice for one id is decided by that
order. A wrong name or value is an `OptionError`: one message for the user.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import pytest
from attrs import frozen

from implementations.errors import nearest
from model.environment import DEFAULT_FAULTS, Delivery, Fault

T = TypeVar("T")

DEFAULT_TARGET = "implementations.reference:make"
DEFAULT_PROFILE = "ci"
PROFILES = ("quick", "ci", "nightly")

#: Variables with our prefix that are no options.
RESERVED_VARIABLES = frozenset({"SAGA_GOLDEN"})
#: How like one of ours (1: the same) the name of a variable must be to count as mistyped.
NEAR_MISS = 0.82


@frozen
class Option:
    """One setting, with the three spellings under which it can be given."""

    name: str
    metavar: str
    help: str
    repeatable: bool = False

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return f"--saga-{self.name}"

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return f"SAGA_{self.field.upper()}"

    @property
    def field(self) -> str:
        """Its name as a Python identifier."""
        return self.name.replace("-", "_")


OPTIONS = (
    Option("target", "MODULE:FACTORY", f"the saga to verify (default: {DEFAULT_TARGET})"),
    Option(
        "delivery",
        "CONTRACT",
        f"what the broker promises: {', '.join(Delivery)} (default: what the target relies on)",
    ),
    Option(
        "faults",
        "LIST",
        f"comma list of {', '.join(Fault)}; or all, none, default; or +NAME and -NAME, counted "
        "from the default (write --saga-faults=-crash, with the equals sign)",
    ),
    Option("profile", "|".join(PROFILES), f"how long to search (default: {DEFAULT_PROFILE})"),
    Option(
        "seed", "N", "start of the random search, to repeat a run (default: chosen and printed)"
    ),
    Option("replay", "FILE", "replay one counterexample instead of searching"),
    Option("report-dir", "DIR", "where reports are written (default: reports/out in the kit)"),
    Option("expect-failure", "ID=REASON", "a property known to fail, and why; repeatable", True),
)

_BY_NAME = {option.name: option for option in OPTIONS}


@frozen
class Settings:
    """What is in force in a run, and for each setting where it came from."""

    target: str
    delivery: Delivery | None
    """None: what the target relies on, and if it does not say, at-least-once-unordered."""
    faults: frozenset[Fault]
    profile: str
    seed: int | None
    replay: Path | None
    report_dir: Path
    expected: Mapping[str, str]
    """Property id to the reason why it is known to fail."""
    origins: Mapping[str, str]
    """Field name to "command line", "environment", the path of a pyproject.toml, or "default"."""


class OptionError(Exception):
    """A setting that cannot be right: what, where, and what would be right."""

    def __init__(
        self, where: str, problem: str, allowed: Sequence[str] = (), near: str | None = None
    ) -> None:
        hint = f" Did you mean {near}?" if near else ""
        choice = f" Allowed: {', '.join(allowed)}." if allowed else ""
        super().__init__(f"{where}: {problem}.{hint}{choice}")


def normal(word: str) -> str:
    """Write a name as ours are written: in small letters, with hyphens."""
    return word.strip().lower().replace("_", "-")


@frozen
class Source:
    """One place that settings come from: option names to the values as they stand there."""

    origin: str
    values: Mapping[str, object]
    base: Path
    """The directory from which its relative paths count."""

    def spell(self, option: Option) -> str:
        """Name an option as it is written in this place."""
        if self.origin == "command line":
            return option.flag
        if self.origin == "environment":
            return f"environment variable {option.variable}"
        return f"{option.name} under [tool.saga] in {self.origin}"


@frozen
class Given:
    """One value as the user wrote it."""

    option: Option
    value: object
    source: Source

    def error(
        self, problem: str, allowed: Sequence[str] = (), near: str | None = None
    ) -> OptionError:
        """Describe what is wrong with the value, in the words of the place it stands in."""
        return OptionError(self.source.spell(self.option), problem, allowed, near)

    def text(self) -> str:
        """Return the value as text; anything else, and emptiness, is an error."""
        if not isinstance(self.value, str):
            raise self.error(f"expected text, found {self.value!r}; put it in quotes")
        if not self.value.strip():
            raise self.error(f"is empty; give {self.option.metavar}, or leave it out")
        return self.value.strip()

    def choice(self, kind: str, allowed: Sequence[str]) -> str:
        """Return the value as one of `allowed`, however it is capitalised or hyphenated."""
        word = normal(self.text())
        if word not in allowed:
            near = nearest(word, allowed)
            raise self.error(f"no such {kind}: {self.text()!r}", allowed, near)
        return word

    def path(self) -> Path:
        """Return the value as an absolute path."""
        return (self.source.base / Path(self.text()).expanduser()).absolute()


def add_options(parser: pytest.Parser) -> None:
    """Declare the options to pytest; a value not given stays None, so that it can come later."""
    group = parser.getgroup("saga", "order saga verification")
    for option in OPTIONS:
        group.addoption(
            option.flag,
            dest=f"saga_{option.field}",
            metavar=option.metavar,
            action="append" if option.repeatable else "store",
            default=None,
            help=option.help.replace("%", "%%"),
        )


def from_command_line(values: Mapping[str, object], base: Path) -> Source:
    """Take parsed command-line values by option name; None means not given."""
    return Source("command line", {k: v for k, v in values.items() if v is not None}, base)


def from_environment(variables: Mapping[str, str], base: Path) -> Source:
    """Take the SAGA_ variables; an empty one counts as not set.

    One that is nearly ours is an error, and any other is somebody else's: teams have their own.
    """
    names = {option.variable: option.name for option in OPTIONS}
    ours = {option.field: option.variable for option in OPTIONS}
    for variable in sorted(variables.keys() - names.keys() - RESERVED_VARIABLES):
        near = variable.startswith("SAGA_") and nearest(variable[5:], ours, NEAR_MISS)
        if near:
            raise OptionError(f"environment variable {variable}", "no such setting", (), ours[near])
    values = {names[v]: variables[v] for v in names if variables.get(v, "").strip()}
    return Source("environment", values, base)


def from_table(table: object, file: Path) -> Source:
    """Take a `[tool.saga]` table; keys may be written with dashes or underscores."""
    where = f"[tool.saga] in {file}"
    if not isinstance(table, Mapping):
        raise OptionError(where, f"expected a table, found {table!r}")
    values: dict[str, object] = {}
    for key, value in table.items():
        name = str(key).replace("_", "-")
        if name not in _BY_NAME:
            near = nearest(name, _BY_NAME)
            raise OptionError(where, f"no such setting: {key}", tuple(_BY_NAME), near)
        if name in values:
            raise OptionError(where, f"{name} is given twice, with a dash and an underscore")
        values[name] = value
    return Source(str(file), values, file.parent)


def read_file(file: Path) -> Source | None:
    """Read the `[tool.saga]` table of a pyproject.toml, if there are both."""
    if not file.is_file():
        return None
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OptionError(str(file), f"cannot be read as TOML: {error}") from None
    tool = document.get("tool", {})
    if not isinstance(tool, Mapping) or "saga" not in tool:
        return None
    return from_table(tool["saga"], file)


def from_files(invocation_dir: Path, rootdir: Path) -> tuple[Source, ...]:
    """Find the settings in files: nearest above where pytest was started, then pytest's rootdir."""
    here = invocation_dir.absolute()
    above = (read_file(directory / "pyproject.toml") for directory in (here, *here.parents))
    found = [next(filter(None, above), None), read_file(rootdir.absolute() / "pyproject.toml")]
    return tuple({source.origin: source for source in found if source}.values())


def parse_delivery(given: Given) -> Delivery:
    """Read a delivery contract."""
    return Delivery(given.choice("delivery contract", tuple(Delivery)))


def parse_faults(given: Given) -> frozenset[Fault]:
    """Read a set of faults: names, or one of all, none and default, or changes to one of these."""
    bases = {"all": frozenset(Fault), "none": frozenset[Fault](), "default": DEFAULT_FAULTS}
    words = _fault_words(given)
    named = [word for word in words if word[0] not in "+-" and word not in bases]
    base_words = [word for word in words if word in bases]
    changes = [word for word in words if word[0] in "+-"]
    if len(base_words) > 1 or (named and (base_words or changes)):
        rule = "names only, or +NAME and -NAME only, if need be after one of all, none, default"
        raise given.error(f"cannot combine {', '.join(words)}; give {rule}")
    if named:
        return frozenset(_fault(given, word) for word in named)
    base = bases[base_words[0]] if base_words else DEFAULT_FAULTS
    more, less = (
        {_fault(given, word[1:], sign) for word in changes if word[0] == sign} for sign in "+-"
    )
    return (base | more) - less


def _fault_words(given: Given) -> list[str]:
    """Split a comma list, or take a TOML array, of fault names."""
    items = given.value if isinstance(given.value, list) else given.text().split(",")
    words = []
    for item in items:
        word = Given(given.option, item, given.source).text()
        sign = word[0] if word[0] in "+-" else ""
        words.append(sign + normal(word.removeprefix(sign)))
    if not words:
        raise given.error("is empty; write none to switch all faults off")
    return words


def _fault(given: Given, word: str, sign: str = "") -> Fault:
    """Read one fault name, as it stands after its sign."""
    if word not in list(Fault):
        near = nearest(word, [*Fault, *(() if sign else ("all", "none", "default"))])
        problem = f"no such fault: {sign + word!r}"
        raise given.error(
            problem, (*Fault, "all", "none", "default"), sign + near if near else None
        )
    return Fault(word)


def parse_seed(given: Given) -> int:
    """Read a seed: a whole number, 0 or more."""
    value = given.value
    if isinstance(value, str):
        word = value.strip()
        value = int(word) if word.isascii() and word.isdecimal() and len(word) <= 100 else None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise given.error(f"{given.value!r} is not a whole number, 0 or more, such as 42")
    return value


def parse_replay(given: Given) -> Path:
    """Read the path of a counterexample file, which must exist."""
    path = given.path()
    if path.is_file():
        return path
    if path.is_dir():
        raise given.error(f"{path} is a directory; name the counterexample's .json file in it")
    near = nearest(path.name, [f.name for f in path.parent.glob("*.json")])
    raise given.error(f"no such file: {path}", near=str(path.parent / near) if near else None)


def parse_report_dir(given: Given) -> Path:
    """Read the path of the directory for reports, which need not exist yet."""
    path = given.path()
    if path.exists() and not path.is_dir():
        raise given.error(f"{path} is a file; name a directory")
    return path


def parse_expected(given: Given, known_ids: Sequence[str]) -> dict[str, str]:
    """Read property ids with reasons: `ID=REASON`, a list of such, or a table."""
    expected: dict[str, str] = {}
    for entry, reason in _expected_pairs(given):
        if entry not in known_ids:
            near = nearest(entry, known_ids)
            raise given.error(f"no such property: {entry!r}", tuple(known_ids), near)
        if not reason:
            raise given.error(f"{entry} has no reason; write {entry}=why it is known to fail")
        expected[entry] = reason
    return expected


def _expected_pairs(given: Given) -> list[tuple[str, str]]:
    """Bring the ways of writing expected failures into one: a table, a list, or text by lines."""
    value = given.value
    if isinstance(value, Mapping):
        return [(str(k), Given(given.option, v, given.source).text()) for k, v in value.items()]
    entries = value if isinstance(value, list) else given.text().splitlines()
    texts = [Given(given.option, entry, given.source).text() for entry in entries]
    pairs = [text.partition("=") for text in texts]
    return [(key.strip(), reason.strip()) for key, _, reason in pairs]


def resolve(sources: Sequence[Source], *, rootdir: Path, known_ids: Sequence[str] = ()) -> Settings:
    """Decide what is in force; `sources` come in order of precedence, strongest first."""
    given: dict[str, Given] = {}
    for source in reversed(sources):
        for name, value in source.values.items():
            given[name] = Given(_BY_NAME[name], value, source)
    origins = {
        option.field: given[option.name].source.origin if option.name in given else "default"
        for option in OPTIONS
        if not option.repeatable
    }

    def parsed(name: str, parse: Callable[[Given], T], default: T) -> T:
        return parse(given[name]) if name in given else default

    expected, origins["expected"] = _collect_expected(sources, known_ids)
    return Settings(
        target=parsed("target", Given.text, DEFAULT_TARGET),
        delivery=parsed("delivery", parse_delivery, None),
        faults=parsed("faults", parse_faults, DEFAULT_FAULTS),
        profile=parsed("profile", lambda g: g.choice("profile", PROFILES), DEFAULT_PROFILE),
        seed=parsed("seed", parse_seed, None),
        replay=parsed("replay", parse_replay, None),
        report_dir=parsed("report-dir", parse_report_dir, rootdir / "reports" / "out"),
        expected=expected,
        origins=origins,
    )


def _collect_expected(sources: Sequence[Source], ids: Sequence[str]) -> tuple[dict[str, str], str]:
    """Put the expected failures of all sources together, and name the sources."""
    option = _BY_NAME["expect-failure"]
    speaking = [source for source in sources if option.name in source.values]
    expected: dict[str, str] = {}
    for source in reversed(speaking):
        expected |= parse_expected(Given(option, source.values[option.name], source), ids)
    return expected, ", ".join(source.origin for source in speaking) or "default"


def settings_of(config: pytest.Config, known_ids: Sequence[str]) -> Settings:
    """Decide what is in force in a pytest run; what is wrong becomes a usage error of pytest."""
    here = config.invocation_params.dir
    values = {option.name: config.getoption(f"saga_{option.field}") for option in OPTIONS}
    try:
        places = (
            from_command_line(values, here),
            from_environment(os.environ, here),
            *from_files(here, config.rootpath),
        )
        return resolve(places, rootdir=config.rootpath, known_ids=known_ids)
    except OptionError as error:
        raise pytest.UsageError(str(error)) from None
