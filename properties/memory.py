"""What one session leaves for the next: how each property was violated, and is tried first again.

All of it is in a database of Hypothesis's kind, a directory or Redis, beside the failing bytes that
Hypothesis keeps there by itself. A target has one of its own: the schedules of another mean nothing
to it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from attrs import frozen
from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase

from properties.run import Schedule, schedule_from_json
from properties.settings.sources import OptionError
from properties.settings.values import REDIS
from reports.counterexample import Counterexample
from reports.schedule_file import FORMAT, document

_KEY = b"saga-counterexamples"
#: Where it is unless the user says otherwise: beside what else a run leaves.
DEFAULT_PLACE = Path(".hypothesis") / "saga"
#: Seconds that a Redis may take to answer at all.
_PATIENCE = 5.0


@frozen
class Known:
    """A counterexample of an earlier session."""

    property_id: str
    schedule: Schedule
    stored: bytes


def open_database(place: str, target: str) -> ExampleDatabase:
    """The database of a target, in a directory or in a Redis.

    Raises:
        OptionError: there is no such Redis, or no client for it.
    """
    name = hashlib.sha256(target.encode()).hexdigest()[:16]
    if place.startswith(REDIS):
        return _redis(place, name)
    return DirectoryBasedExampleDatabase(Path(place) / name)


def _redis(url: str, name: str) -> ExampleDatabase:
    try:
        from hypothesis.extra.redis import RedisExampleDatabase
        from redis import Redis
        from redis.exceptions import RedisError
    except ImportError:
        fix = "install a client: pip install 'hypothesis[redis]'"
        raise OptionError("--saga-database", f"{url} needs the package redis; {fix}") from None
    try:
        client: Any = Redis.from_url(url, socket_connect_timeout=_PATIENCE)
        client.ping()
    except (RedisError, ValueError) as error:
        problem = f"no Redis answers at {url}: {str(error).rstrip('.')}"
        raise OptionError("--saga-database", problem) from None
    return RedisExampleDatabase(client, key_prefix=f"saga-{name}:".encode())


def known(database: ExampleDatabase) -> Iterator[Known]:
    """The counterexamples of earlier sessions; what cannot be read any more is thrown away."""
    for stored in sorted(database.fetch(_KEY)):
        try:
            data = json.loads(stored)
            if data["format"] > FORMAT:
                continue  # a newer kit shares this database, and can read it
            yield Known(data["property"], schedule_from_json(data["schedule"]), stored)
        except (ValueError, KeyError, TypeError):
            database.delete(_KEY, stored)


def remember(database: ExampleDatabase, counterexamples: Iterable[Counterexample]) -> None:
    """Keep these, instead of what was known of the same properties."""
    before = list(known(database))
    for counterexample in counterexamples:
        text = json.dumps(document(counterexample), sort_keys=True, ensure_ascii=True)
        stored = text.encode("ascii")
        for other in before:
            if other.property_id == counterexample.property_id and other.stored != stored:
                database.delete(_KEY, other.stored)
        database.save(_KEY, stored)


def forget(database: ExampleDatabase, property_ids: Iterable[str]) -> None:
    """Let go of what was known of these properties."""
    gone = set(property_ids)
    for one in list(known(database)):
        if one.property_id in gone:
            database.delete(_KEY, one.stored)
