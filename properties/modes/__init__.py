"""What a session can do instead of searching: one mode a module, chosen by its option."""

from __future__ import annotations

from properties.modes.log import LOG
from properties.modes.merge import MERGE
from properties.modes.mode import Mode, Outcome
from properties.modes.model import MODEL
from properties.modes.mutate import MUTATE
from properties.modes.promote import PROMOTE
from properties.modes.protocol import PROTOCOL
from properties.modes.replay import REPLAY
from properties.settings.in_force import Settings

__all__ = ["MODES", "Mode", "Outcome", "mode_of"]

#: The first one that is wanted is what happens.
MODES: tuple[Mode, ...] = (PROMOTE, REPLAY, MERGE, LOG, MUTATE, MODEL, PROTOCOL)


def mode_of(settings: Settings) -> Mode | None:
    """What is asked for instead of a search; None means search."""
    return next((mode for mode in MODES if mode.wanted(settings)), None)
