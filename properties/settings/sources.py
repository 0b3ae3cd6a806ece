"""Where settings stand: the command line, the environment, a pyproject.toml.

A wrong name or value is an `OptionError`: one message for the user.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import frozen

from implementations.errors import nearest
from properties.settings.options import BY_NAME, OPTIONS, Option

#: Variables with our prefix that are no options.
RESERVED_VARIABLES = frozenset({"SAGA_GOLDEN"})
#: How like one of ours (1: the same) the name of a variable must be to count as mistyped.
NEAR_MISS = 0.82
_ON, _OFF = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


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

    def yes(self) -> bool:
        """Return the value as on or off."""
        if isinstance(self.value, bool):
            return self.value
        word = normal(self.text())
        if word in _ON or word in _OFF:
            return word in _ON
        raise self.error(f"{self.value!r} is neither on nor off", ("true", "false"))


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
        if name not in BY_NAME:
            near = nearest(name, BY_NAME)
            raise OptionError(where, f"no such setting: {key}", tuple(BY_NAME), near)
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
