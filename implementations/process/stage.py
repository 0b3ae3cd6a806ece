"""The world on which the check of a process lets it rehearse: every port call is done at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

STOCK, PRICES = {"book": 3}, {"book": 1999}
ORDER = {
    "customer": "c1",
    "currency": "EUR",
    "lines": [{"sku": "book", "quantity": 1, "unit_price": 1999}],
    "total": 1999,
}
#: As the fault `poison` has it: a text as its data, and no subject.
UNREADABLE = {"specversion": "1.0", "id": "unreadable", "source": "", "data": "not an event"}


class Stage:
    """Enough of a world: every port call is done at once, unless `instead` says otherwise."""

    def __init__(self) -> None:
        self.stock, self.prices = dict(STOCK), dict(PRICES)
        self.published: deque[dict[str, Any]] = deque()
        self.log: list[tuple[str, dict[str, Any]]] = []
        """The port calls, with what they were given."""
        self.instead: Callable[[], None] | None = None
        """What happens at the next port call, once."""
        self.meanwhile: Callable[[str], None] | None = None
        """What happens at each port call."""
        self.payments = self.carrier = self.warehouse = self

    def clock(self) -> float:
        """The time does not pass."""
        return 1_700_000_000.0

    def publish(
        self,
        type: str,
        data: Any = None,
        id: str | None = None,
        subject: str | None = None,
        sagaid: str | None = None,
        causationid: str | None = None,
    ) -> None:
        """Queue an event."""
        said = {"type": type, "data": data, "id": id, "subject": subject, "sagaid": sagaid}
        number = self._call("publish", {**said, "causationid": causationid})
        order = subject or "o1"
        self.published.append(
            {
                "specversion": "1.0",
                "id": id or f"event-{number}",
                "type": type,
                "source": "",
                "subject": order,
                "time": self.clock(),
                "sagaid": sagaid or order,
                "causationid": causationid or "",
                "data": {} if data is None else data,
            }
        )

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def done(*given: Any, **named: Any) -> Any:
            number = self._call(name, {**dict(zip("abcdef", given, strict=False)), **named})
            if name in ("checkpoint", "done", "timer"):
                return None
            if name in ("find", "available"):
                return [] if name == "find" else 3
            return {"status": "done", "id": f"{name}-{number}", "reason": None}

        return done

    def _call(self, port: str, said: dict[str, Any]) -> int:
        """A port is called; the how many-th call it is."""
        self.log.append((port, said))
        number = len(self.log)
        instead, self.instead = self.instead, None
        if instead is not None:
            instead()
        if self.meanwhile is not None:
            self.meanwhile(port)
        return number
