"""Whether somebody relays what waits in an outbox: where nobody does, no search is needed."""

from __future__ import annotations

from implementations.errors import TargetError
from properties.run import Run


def check_relayed(run: Run) -> None:
    """See that in the end of a run without faults nothing waits in an outbox that has no relay.

    Every order would be open for ever, and no safeguard be missing but one line of the adapter.

    Raises:
        TargetError: something does.
    """
    last, shape = run.world.sighting.last, run.world.subject.shape
    relaying = shape.participants if shape.has("relay") else ()
    relaying = getattr(run.world.target, "relaying", relaying)
    for name, waiting in ((last and last.outbox) or {}).items():
        if waiting and name in shape.participants and name not in relaying:
            raise TargetError(
                f"{waiting} of {name}'s events wait in its outbox in the end of a run without any "
                "fault, and there is no relay",
                "observe()['outbox']",
                "have the member `relay`, which publishes from it (a process declares it: "
                '"members": ["relay"])',
            )
