"""The options: each with its three spellings, and what it is for.

Each can be given on the command line (`--saga-delivery=...`), as an environment variable
(`SAGA_DELIVERY`), or under `[tool.saga]` in a pyproject.toml (`delivery = ...`).
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from attrs import frozen

from implementations.errors import did_you_mean
from model.environment import Delivery, Fault

DEFAULT_TARGET = "implementations.reference:make"
DEFAULT_PROFILE = "ci"
PROFILES = ("quick", "ci", "nightly")


@frozen
class Option:
    """One setting, with the three spellings under which it can be given."""

    name: str
    metavar: str
    help: str
    repeatable: bool = False
    switch: bool = False
    """Whether it is on or off, and takes no value on the command line."""

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
    Option(
        "target",
        "MODULE:FACTORY|cmd: ...|FILE.toml",
        f"the saga to verify: Python, a process, or several of them (default: {DEFAULT_TARGET})",
    ),
    Option(
        "delivery",
        "CONTRACT",
        f"what the broker promises: {', '.join(Delivery)}, or all, to see on which of them the "
        "target depends (default: what the target relies on)",
    ),
    Option(
        "faults",
        "LIST",
        f"comma list of {', '.join(Fault)}; or all, none, default; or +NAME and -NAME, counted "
        "from the default (write --saga-faults=-crash, with the equals sign)",
    ),
    Option("profile", "|".join(PROFILES), f"how long to search (default: {DEFAULT_PROFILE})"),
    Option(
        "schedules",
        "N|all",
        "the most schedules of each part of the search; or all, also of a target that says that "
        "its runs are slow (docs/search.md)",
    ),
    Option(
        "seed", "N", "start of the random search, to repeat a run (default: chosen and printed)"
    ),
    Option(
        "shard",
        "I/N",
        "do only the share of one machine of several, 2/3 say: as much work as the others "
        "(docs/ci.md)",
    ),
    Option(
        "merge",
        "DIR",
        "instead of searching, draw the conclusion from what all shards found: the files "
        "portions.json in this directory and below",
    ),
    Option("replay", "FILE", "replay one counterexample instead of searching"),
    Option(
        "promote",
        "FILE",
        "write the counterexample of --saga-replay as a pytest module of your own suite",
    ),
    Option(
        "mutate",
        "",
        "instead of searching, take the target's safeguards away, one at a time, and say which of "
        "them the search would have missed",
        switch=True,
    ),
    Option(
        "log",
        "FILE",
        "instead of searching, check the events that production recorded in this file, compressed "
        "or not; - is standard input (docs/logs.md)",
    ),
    Option("log-mapping", "FILE", "a TOML file with the log's own names of fields and events"),
    Option("log-complete", "", "every saga in the log must have ended", switch=True),
    Option("log-saga", "ID", "tell this one saga of the log, as a timeline and a diagram"),
    Option("model", "", "instead of searching, check the model, without any target", switch=True),
    Option(
        "protocol-check",
        "cmd: ...|FILE.toml",
        "instead of searching, check that a process speaks the protocol (docs/protocol.md)",
    ),
    Option(
        "report-dir",
        "DIR",
        "where reports are written (default: reports/out in the clone of the kit, or here if it is "
        "installed)",
    ),
    Option(
        "database",
        "DIR|redis://...",
        "where failures are kept between sessions, to be run first in the next one; a Redis or a "
        "shared directory serves several machines (default: .hypothesis/saga in "
        "the clone of the kit, or here if it is installed)",
    ),
    Option("expect-failure", "ID=REASON", "a property known to fail, and why; repeatable", True),
)


#: Options by name.
BY_NAME = {option.name: option for option in OPTIONS}

_PREFIX = "--saga-"


def refuse_unknown(arguments: Iterable[str]) -> None:
    """Name the nearest option for one of ours that there is not: pytest would only print its usage.

    Raises:
        pytest.UsageError: there is one.
    """
    flags = [option.flag for option in OPTIONS]
    for argument in arguments:
        flag = argument.partition("=")[0]
        if flag.startswith(_PREFIX) and flag not in flags:
            fix = did_you_mean(flag, flags, f"there are {', '.join(flags)}")
            raise pytest.UsageError(f"there is no option {flag}; {fix}")


def add_options(parser: pytest.Parser) -> None:
    """Declare the options to pytest; a value not given stays None, so that it can come later."""
    group = parser.getgroup("saga", "order saga verification")
    for option in OPTIONS:
        text = option.help.replace("%", "%%")
        dest = f"saga_{option.field}"
        if option.switch:
            group.addoption(option.flag, dest=dest, action="store_true", default=None, help=text)
            continue
        action = "append" if option.repeatable else "store"
        group.addoption(
            option.flag, dest=dest, metavar=option.metavar, action=action, default=None, help=text
        )
