"""Why a service does not take the orders that the kit places, as far as the broker can say."""

from __future__ import annotations

from collections.abc import Mapping

from implementations.errors import nearest

_SEE = "docs/brokers.md says what is in its body"


def not_taken(place: str, participant: str, bound: Mapping[str, str]) -> tuple[str, str]:
    """What is said of orders that are never accepted, and how to fix it.

    `bound` holds the routing keys by which messages come to the queue of the participant, each
    with its exchange.
    """
    exchanges = ", ".join(sorted({repr(exchange) for exchange in bound.values()}))
    asked = f"each came as the message {place!r}"
    if not bound or any(_fits(place, key) for key in bound):
        fix = f"let {participant} take {place!r} (its log says why it does not; {_SEE}), or say in"
        return f"; {asked}", f"{fix} place= by which message an order comes"
    at = f", published to the exchange {exchanges} with the routing key {place!r}, by which no"
    near = nearest(place, bound)
    which = f"did you mean {near!r}? its" if near else "its"
    return (
        f"; {asked}{at} queue of {participant} is bound",
        f"say in place= by which message an order comes: {which} queue is bound by "
        f"{', '.join(map(repr, sorted(bound)))}; or let it take {place!r} ({_SEE})",
    )


def _fits(key: str, pattern: str) -> bool:
    """Whether a routing key matches a binding: one of a topic, or of any other kind."""
    return not pattern or _matches(key.split("."), pattern.split("."))


def _matches(words: list[str], pattern: list[str]) -> bool:
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(_matches(words[n:], pattern[1:]) for n in range(len(words) + 1))
    return bool(words) and pattern[0] in ("*", words[0]) and _matches(words[1:], pattern[1:])
