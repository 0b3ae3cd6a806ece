"""What is measured of every tool, in the same units, and the tools.

Each tool is a module with `hunt(make, seed, seconds, shrinking)`, which searches one saga until
something fails or the CPU seconds are over, and shrinks as its makers have set it; and with
`rate(make, seconds)`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from attrs import frozen

#: What a tool is called, and the module that hunts with it.
TOOLS = {
    "the kit": "with_the_kit",
    "first draft": "with_a_draft",
    "hand-written": "with_the_machine",
    "simloom": "on_simloom",
    "simloop": "on_simloop",
}
KIT = "the kit"


class OutOfTime(KeyboardInterrupt):
    """The CPU time for something is used up: to a search, as if somebody had stopped it."""


@frozen
class Length:
    """How long a counterexample is.

    An effective step is something that happened: a call of a service begun (placing, handling,
    relaying), a port call answered or failed, an acknowledgement, a fault outside of calls.
    """

    steps: int
    """Effective steps from the beginning to what is wrong."""
    deviations: int
    """Those that first in, first out and without faults would not have been so."""


@frozen
class Hunt:
    """What one seed brought for one bug."""

    seconds: float
    """Of CPU time, until the first failure or until the end."""
    said: str = ""
    """What is wrong; nothing, if nothing was found."""
    length: Length | None = None
    """Of the counterexample, if it was shrunk."""


@frozen
class Rate:
    """How fast a tool goes on the reference, with which nothing is wrong."""

    steps: int
    """Effective steps."""
    seconds: float
    alarm: bool
    """It found fault with the reference, all the same."""


class MissingTool(Exception):
    """A tool is not installed; the message says how to get it."""


def tool(name: str) -> Any:
    """The module that hunts with a tool.

    Raises:
        MissingTool: it is not installed.
    """
    try:
        return import_module(f"benchmarks.baseline.{TOOLS[name]}")
    except ModuleNotFoundError as missing:
        if missing.name != name:
            raise
        raise MissingTool(
            f"{name} is not installed, and needs Python 3.12 or newer: make baseline, which makes "
            "an environment for it, or leave it out with --tools"
        ) from None
