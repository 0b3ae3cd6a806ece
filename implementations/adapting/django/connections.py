"""A connection of its own for each handler that is under way, as each process of a service has one.

Django keeps one for each thread. All handlers of a run take turns in one thread, so that two of
them would share a transaction: what one has not committed would end with the other one's commit.
"""

from __future__ import annotations

from typing import Any

from attrs import define, field
from greenlet import getcurrent, greenlet


@define(eq=False, slots=False)
class OfEachHandler:
    """What stands in the place of the thread's own connections: attributes, named by alias."""

    _by_handler: dict[greenlet, dict[str, Any]] = field(factory=dict)
    """Those of handlers that have ended are free for the next one."""

    @classmethod
    def of(cls, connections: Any) -> OfEachHandler:
        """Take over Django's `connections`."""
        mine = cls()
        make = connections.create_connection
        connections._connections = mine
        connections.create_connection = lambda alias: mine._freed(alias) or make(alias)
        return mine

    def __getattr__(self, alias: str) -> Any:
        try:
            return self._by_handler[getcurrent()][alias]
        except KeyError:
            raise AttributeError(alias) from None

    def __setattr__(self, alias: str, connection: Any) -> None:
        if alias == "_by_handler":
            object.__setattr__(self, alias, connection)
        else:
            self._by_handler.setdefault(getcurrent(), {})[alias] = connection

    def __delattr__(self, alias: str) -> None:
        self._by_handler.get(getcurrent(), {}).pop(alias, None)

    def _freed(self, alias: str) -> Any:
        """One of a handler that has ended; None if there is none."""
        for handler, connections in self._by_handler.items():
            if handler.dead and alias in connections:
                freed = connections.pop(alias)
                if not connections:
                    del self._by_handler[handler]
                return freed.anew()
        return None

    def besides(self, connection: Any) -> bool:
        """Whether a handler under way has another connection to the same database. Whoever is in no
        greenlet is no handler, but looks on."""
        name = connection.settings_dict["NAME"]
        return any(
            other is not connection and other.settings_dict["NAME"] == name
            for handler, connections in self._by_handler.items()
            if handler.parent is not None and not handler.dead
            for other in connections.values()
        )

    def settle(self) -> bool:
        """Take back what handlers that have ended left open; whether there was any of it."""
        ended = [each for each in self._by_handler if each.dead]
        left = [every for each in ended for every in self._by_handler[each].values()]
        return bool(sum(every.ended() for every in left))

    def forget(self, here: bool = False) -> None:
        """Close those of handlers: a run is over, and whoever is paused in it never goes on. With
        `here`, that of whoever looks on too."""
        kept = None if here else self._by_handler.pop(getcurrent(), None)
        for connections in self._by_handler.values():
            for connection in connections.values():
                connection.give_up()
                connection.close()
        self._by_handler.clear()
        if kept is not None:
            self._by_handler[getcurrent()] = kept
