"""What one domain of Protean has in memory, and a pause where its units of work commit."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from protean.adapters.repository import memory
from protean.core.unit_of_work import UnitOfWork
from protean.exceptions import ExpectedVersionError

from implementations.contract import World

Row = dict[str, Any]


class Store:
    """The rows, the events and the outbox of a domain, which it initialises."""

    def __init__(self, domain: Any, new_id: Callable[[], str]) -> None:
        self._domain = domain
        self._world: World | None = None
        self._seen: dict[tuple[Any, str], tuple[int, Any]] = {}
        _in_memory(domain.config)
        domain._identity_function = new_id
        domain.init()
        for logger in ("protean", "protean.access", "protean.security"):
            logging.getLogger(logger).setLevel(logging.CRITICAL)  # they tell of every message
        _STORES[domain] = self
        library: Any = memory
        library.copy = SimpleNamespace(deepcopy=_copied)
        unit_of_work: Any = UnitOfWork
        unit_of_work._do_commit = _do_commit

    def begin(self, world: World) -> None:
        """Begin a run, with nothing stored."""
        self._seen.clear()
        for provider in self._domain.providers.values():
            provider._data_reset()
        self._world = world

    def all(self, aggregate: Any) -> list[Any]:
        """All that there is of an aggregate; each is made anew only when it has changed."""
        return [self._made(aggregate, *each) for each in self._versions(aggregate).items()]

    def _made(self, aggregate: Any, id: str, version: int) -> Any:
        seen = self._seen.get((aggregate, id))
        if seen is None or seen[0] != version:
            with self._domain.domain_context():
                made = self._domain.repository_for(aggregate).get(id)
            seen = self._seen[aggregate, id] = version, made
        return seen[1]

    def _versions(self, aggregate: Any) -> dict[str, int]:
        if not aggregate.meta_.is_event_sourced:
            rows = self._rows("default", aggregate.meta_.schema_name)
            return {id: row["_version"] for id, row in rows.items()}
        start = f"{aggregate.meta_.stream_category}-"
        return {
            row["stream_name"].removeprefix(start): row["position"]
            for row in self._messages()
            if row["stream_name"].startswith(start)
        }

    def events(self, event: Any) -> list[Mapping[str, Any]]:
        """The data of all events of a class."""
        return [row["data"] for row in self._messages() if row["type"] == event.__type__]

    def waiting(self) -> list[Row]:
        """Rows of the outbox that are not published, the oldest first."""
        rows = self._rows("default", "outbox").values()
        return [row for row in rows if row["status"] == "pending"]

    def sent(self, row: Row) -> None:
        """Mark a row of the outbox."""
        self._rows("default", "outbox")[row["id"]]["status"] = "published"

    def _messages(self) -> list[Row]:
        return list(self._rows("memory", _MESSAGES).values())

    def _rows(self, provider: str, schema: str) -> dict[Any, Row]:
        rows: dict[Any, Row] = self._domain.providers[provider]._databases[schema]
        return rows

    def commit(self, unit: Any, span: Any) -> None:
        """Commit, with a pause before and one after."""
        if self._world is None or not _changes(unit):
            _COMMIT(unit, span)
            return
        what = f"{self._domain.name} commit"
        self._world.checkpoint(what, may_fail=True)
        _catch_up(unit)
        _COMMIT(unit, span)
        try:
            self._world.done(what)
        except Exception:
            # A commit without an answer: the unit of work will roll back, and must be able to.
            unit._in_progress = True
            raise


def _in_memory(config: Any) -> None:
    """Handlers are called by the world, outboxes are there, and nobody really waits."""
    config["databases"] = {"default": {"provider": "memory"}, "memory": {"provider": "memory"}}
    config["event_store"] = {"provider": "memory"}
    config["brokers"] = {"default": {"provider": "inline"}}
    config["event_processing"] = "async"
    config["identity_strategy"] = "function"
    config["server"]["default_subscription_type"] = "stream"
    config["server"]["version_retry"]["base_delay_seconds"] = 0.0


def _changes(unit: Any) -> bool:
    """Whether there is more to commit than the record of a command."""
    written = [
        session._db["data"][schema].get(key, {}).get("stream_name") or ""
        for session in unit._sessions.values()
        for schema, key in session._db["ops"]
    ]
    return bool(unit._gather_events()) or any(":command" not in stream for stream in written)


def _catch_up(unit: Any) -> None:
    """Let the event store see what others have appended since this unit of work has read.

    In memory it would go by what was there then, and two could append the same position of a
    stream. A real event store compares with what is there now.
    """
    session = unit._sessions.get("memory")
    if session is None:
        return
    live = session._provider._databases[_MESSAGES]
    read = session._db["data"][_MESSAGES]
    taken = {(row["stream_name"], row["position"]) for row in live.values()}
    for _, key in session._db["ops"]:
        if (read[key]["stream_name"], read[key]["position"]) in taken:
            raise ExpectedVersionError(f"{read[key]['stream_name']} has moved on")
    read.update({key: row for key, row in live.items() if key not in read})


def _copied(stored: Mapping[str, Mapping[Any, Row]]) -> defaultdict[str, dict[Any, Row]]:
    """A session's own copy of what is stored. What is inside of a row is never changed, so rows are
    enough: copies of everything took half of the time of a run."""
    copied: defaultdict[str, dict[Any, Row]] = defaultdict(dict)
    for schema, rows in stored.items():
        copied[schema] = {key: dict(row) for key, row in rows.items()}
    return copied


def _do_commit(unit: Any, span: Any) -> None:
    store = _STORES.get(unit.domain._get_current_object())
    if store is None:
        _COMMIT(unit, span)
    else:
        store.commit(unit, span)


_MESSAGES = "memory_message"
_STORES: dict[Any, Store] = {}
_COMMIT = UnitOfWork._do_commit
