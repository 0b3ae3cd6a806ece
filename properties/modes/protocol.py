"""Checking that a process speaks the protocol, before any saga is run: `--saga-protocol-check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from implementations.process.commands import read_commands
from implementations.process.selfcheck import Step, check
from properties.modes.mode import Mode, Outcome
from properties.settings.in_force import Settings

if TYPE_CHECKING:
    from properties.session import Verification


def _do(verification: Verification, item: str) -> tuple[Outcome, str]:
    """Go through the rules of docs/protocol.md, up to the first that is broken."""
    steps = check(read_commands(verification.settings.protocol_check))
    broken = any(step.problem for step in steps)
    return Outcome.FAILED if broken else Outcome.PASSED, "\n".join(map(_told, steps))


def _told(step: Step) -> str:
    return f"WRONG  {step.name}\n{step.problem}" if step.problem else f"right  {step.name}"


def _header(settings: Settings) -> list[str]:
    return [f"saga protocol check: {settings.protocol_check}"]


PROTOCOL = Mode(
    "the protocol",
    wanted=lambda settings: bool(settings.protocol_check),
    items=lambda verification: ["protocol"],
    do=_do,
    needs_target=False,
    header=_header,
)
