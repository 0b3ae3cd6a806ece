"""What a statement of PostgreSQL's does to others, as far as its words say."""

from __future__ import annotations

import re
from functools import lru_cache

from attrs import frozen

_FLAGS = re.IGNORECASE | re.DOTALL
_CHANGES_NOTHING = re.compile(
    r"[\s(]*(SELECT|EXPLAIN|SHOW|SET|RESET|DECLARE|FETCH|LOCK|SAVEPOINT|RELEASE|ROLLBACK)\b", _FLAGS
)
#: These wait for nobody, or cannot be behind a savepoint.
_OF_THE_TRANSACTION = re.compile(
    r"\s*(SAVEPOINT|RELEASE|ROLLBACK|SHOW|SET\s+(SESSION|TRANSACTION))\b", _FLAGS
)
_SELECT = re.compile(r"[\s(]*SELECT\b", _FLAGS)
_FOR_UPDATE = re.compile(r"\bFOR\s+(NO\s+KEY\s+UPDATE|UPDATE|KEY\s+SHARE|SHARE)\b", _FLAGS)
#: What is called that may change or lock something: all but what Django's queries are full of.
_CALL = re.compile(
    r"\b(?!(?:COUNT|SUM|AVG|MIN|MAX|COALESCE|CAST|UPPER|LOWER|EXISTS|IN|AND|OR|NOT|WHEN)\b)\w+\(",
    _FLAGS,
)
_LASTS = re.compile(r"\s*(SET|LISTEN|PREPARE|DECLARE|CREATE)\b|.*(advisory|set_config)", _FLAGS)
_LIMITS_WAITING = re.compile(r"\s*SET\s+(SESSION\s+|LOCAL\s+)?lock_timeout\b", _FLAGS)


@frozen
class Statement:
    """A statement, by what matters where handlers take turns."""

    changes: bool
    """Whether there is something to commit. Whether functions change anything, it does not say."""
    locks: bool
    """Whether it only reads, and keeps others from changing what it has read."""
    waits: bool
    """Whether it may have to wait for a lock on a row, or for one that it asks for by name."""
    lasts: bool
    """Whether something of it outlives the transaction, in the connection."""
    limits: bool
    """Whether it says how long to wait for locks."""


@lru_cache(maxsize=4096)
def understood(sql: str) -> Statement:
    """What the words say."""
    select = bool(_SELECT.match(sql))
    locks = select and bool(_FOR_UPDATE.search(sql))
    waits = locks or bool(_CALL.search(sql)) if select else not _OF_THE_TRANSACTION.match(sql)
    return Statement(
        changes=not _CHANGES_NOTHING.match(sql),
        locks=locks,
        waits=waits,
        lasts=bool(_LASTS.match(sql)),
        limits=bool(_LIMITS_WAITING.match(sql)),
    )
