"""Drawing the conclusion from what all shards found: `--saga-merge`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from properties.modes.mode import Mode, Outcome
from reports.wording import count

if TYPE_CHECKING:
    from properties.session import Verification


def _do(verification: Verification, item: str) -> tuple[Outcome, str]:
    """Say what is put together; the session draws the conclusion, as after a search."""
    parts = sum(len(share.portions) for share in verification.shares)
    shards = count(len(verification.shares), "shard")
    return Outcome.PASSED, f"merged: {shards}, {count(parts, 'part')} of the search"


MERGE = Mode(
    "merge",
    wanted=lambda settings: settings.merge is not None,
    items=lambda verification: ["merge"],
    do=_do,
)
