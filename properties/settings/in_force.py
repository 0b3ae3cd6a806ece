"""What is in force: of all places that say something, the first one wins, and defaults come last.

Expected failures are the exception: they are collected from all places, and only a reason given
twice for one id is decided by that order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import pytest
from attrs import frozen

from model.environment import DEFAULT_FAULTS, Delivery, Fault
from properties.settings.logs import LogSettings, parse_log
from properties.settings.options import (
    BY_NAME,
    DEFAULT_PROFILE,
    DEFAULT_TARGET,
    OPTIONS,
    PROFILES,
)
from properties.settings.shards import Shard, parse_merge, parse_shard
from properties.settings.sources import (
    Given,
    OptionError,
    Source,
    from_command_line,
    from_environment,
    from_files,
)
from properties.settings.values import (
    is_every_delivery,
    parse_database,
    parse_delivery,
    parse_expected,
    parse_faults,
    parse_promote,
    parse_replay,
    parse_report_dir,
    parse_schedules,
    parse_seed,
)
from reports.kit import this_kit

T = TypeVar("T")


@frozen
class Settings:
    """What is in force in a run, and for each setting where it came from."""

    target: str
    delivery: Delivery | None
    """None: what the target relies on, and if it does not say, at-least-once-unordered."""
    every_delivery: bool
    """Whether all contracts are run; the target is judged by its own all the same."""
    faults: frozenset[Fault]
    profile: str
    schedules: int | None
    """The most schedules of each part; 0 for as many as there are, whatever the target says."""
    seed: int | None
    shard: Shard | None
    """The share of the search that is done here; None means all of it."""
    merge: Path | None
    """Where the findings of all shards are, if they are to be put together."""
    replay: Path | None
    promote: Path | None
    """The test module to make of the counterexample that is replayed."""
    mutate: bool
    model: bool
    protocol_check: str
    """The process, or the target file, whose protocol is to be checked; empty for none."""
    log: LogSettings | None
    """The recorded log to check instead of a target, if there is one."""
    report_dir: Path
    database: str
    """A directory or the address of a Redis; empty for the usual place."""
    expected: Mapping[str, str]
    """Property id to the reason why it is known to fail."""
    origins: Mapping[str, str]
    """Field name to "command line", "environment", the path of a pyproject.toml, or "default"."""


def resolve(sources: Sequence[Source], *, home: Path, known_ids: Sequence[str] = ()) -> Settings:
    """Decide what is in force; `sources` come in order of precedence, strongest first."""
    given: dict[str, Given] = {}
    for source in reversed(sources):
        for name, value in source.values.items():
            given[name] = Given(BY_NAME[name], value, source)
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
        every_delivery=parsed("delivery", is_every_delivery, False),
        faults=parsed("faults", parse_faults, DEFAULT_FAULTS),
        profile=parsed("profile", lambda g: g.choice("profile", PROFILES), DEFAULT_PROFILE),
        schedules=parsed("schedules", parse_schedules, None),
        seed=parsed("seed", parse_seed, None),
        shard=parsed("shard", parse_shard, None),
        merge=parsed("merge", parse_merge, None),
        replay=parsed("replay", parse_replay, None),
        promote=parsed("promote", parse_promote, None),
        mutate=parsed("mutate", Given.yes, False),
        model=parsed("model", Given.yes, False),
        protocol_check=parsed("protocol-check", Given.text, ""),
        log=parse_log(given),
        report_dir=parsed("report-dir", parse_report_dir, home / "reports" / "out"),
        database=parsed("database", parse_database, ""),
        expected=expected,
        origins=origins,
    )


def _collect_expected(sources: Sequence[Source], ids: Sequence[str]) -> tuple[dict[str, str], str]:
    """Put the expected failures of all sources together, and name the sources."""
    option = BY_NAME["expect-failure"]
    speaking = [source for source in sources if option.name in source.values]
    expected: dict[str, str] = {}
    for source in reversed(speaking):
        expected |= parse_expected(Given(option, source.values[option.name], source), ids)
    return expected, ", ".join(source.origin for source in speaking) or "default"


def home(config: pytest.Config) -> Path:
    """Where a run leaves what it writes: in the clone, or where the installed kit was started."""
    return config.invocation_params.dir if this_kit().installed else config.rootpath


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
        return resolve(places, home=home(config), known_ids=known_ids)
    except OptionError as error:
        raise pytest.UsageError(str(error)) from None
