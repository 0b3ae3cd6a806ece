"""Whether a target accepts any order at all: where none is, no property has anything to judge."""

from __future__ import annotations

import json
from collections.abc import Sequence

from implementations.errors import TargetError
from model.history import Saga
from properties.run import Run
from reports.wording import count

_REFUSED = (
    "place_order returns nothing for an order that is accepted, and 'refused' for one that is not; "
    "see what the first order lacks"
)
_RAISED = "place_order returns nothing for an order that is accepted; mend what it raises"


def check_accepted(spec: str, runs: Sequence[Run]) -> None:
    """See that not every order of these runs, which are without faults, was refused or failed.

    Raises:
        TargetError: every one was, and nothing ever happened: a search would find nothing wrong.
    """
    sagas = [saga for run in runs for saga in run.world.history.sagas.values()]
    if not sagas or any(map(_began, sagas)) or any(map(_done, runs)):
        return
    first = runs[0]
    raised = not any(saga.refused for saga in sagas)
    error = f": {first.world.errors[0]}" if first.world.errors else ""
    where, why, fix = _told(first, _RAISED if raised else _REFUSED)
    order = json.dumps(next(iter(first.world.orders.values())).as_dict())
    raise TargetError(
        f"no order is ever accepted: {'failed' if raised else 'refused'} were all {len(sagas)} in "
        f"{count(len(runs), 'run')} without any fault{error}{why}\n  the first order: {order}",
        where or f"{spec}: place_order",
        fix,
    )


def _began(saga: Saga) -> bool:
    """Whether an order was accepted, or shows that it was all the same."""
    return not saga.refused and (saga.placed or saga.status is not None)


def _done(run: Run) -> bool:
    """Whether anything happened but placing."""
    return bool(run.world.network.published or run.world.history.ledger.entries)


def _told(run: Run, fix: str) -> tuple[str, str, str]:
    """Where orders go, why they may not be accepted, and what to do: as the target knows it."""
    told = getattr(run.world.target, "where_orders_go", None)
    where, why, own = told() if callable(told) else ("", "", "")
    return where, why, own or fix
