"""One saga of several processes: what each declares and shows of its own, put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from implementations.errors import TargetError
from implementations.process.connection import Command

_ROWS = ("reservations", "payments", "shipments")
_TOGETHER = ("roles", "terminal")


def check_alone(command: Command, declared: Mapping[str, Any]) -> None:
    """A process that a target file starts for one participant speaks for no other.

    Raises:
        TargetError: it speaks for another, or not for that one.
    """
    subscriptions, name = declared["subscriptions"], command.participant
    if not isinstance(subscriptions, Mapping) or list(subscriptions) != [name]:
        listed = ", ".join(map(str, subscriptions)) or "nobody"
        raise TargetError(
            f"it is started for {name!r}, and declares subscriptions of {listed}",
            f"target {command.name}",
            f"declare those of {name!r} only: the participant is in SAGA_PARTICIPANT, and in the "
            "client's world.participant",
        )


def order_participant(declared: Mapping[str, Any]) -> str:
    """The participant that orders are placed with: that of the role order, or else the first."""
    subscriptions, roles = declared["subscriptions"], declared.get("roles")
    if isinstance(roles, Mapping) and roles.get("order") in subscriptions:
        return str(roles["order"])
    return "order" if "order" in subscriptions else next(iter(subscriptions), "")


def declared_together(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What several processes declare, each for its own participant.

    Raises:
        TargetError: they contradict each other.
    """
    whole: dict[str, Any] = {"subscriptions": {}, "consumers": {}}
    for name, part in parts.items():
        whole["subscriptions"][name] = part["subscriptions"][name]
        consumers = part.get("consumers")
        if isinstance(consumers, Mapping) and name in consumers:
            whole["consumers"][name] = consumers[name]
        for key in _TOGETHER:
            if isinstance(part.get(key), Mapping):
                whole[key] = {**whole.get(key, {}), **part[key]}
    at = order_participant(whole)
    for key in ("idempotent_place", "limits", "currencies"):
        if key in parts[at]:
            whole[key] = parts[at][key]
    deliveries = {str(part["delivery"]): name for name, part in parts.items() if "delivery" in part}
    if len(deliveries) > 1:
        listed = ", ".join(f"{name} on {delivery}" for delivery, name in deliveries.items())
        raise TargetError(
            f"the participants rely on different delivery contracts: {listed}",
            "the target file",
            "one broker carries all messages: declare the weakest contract everywhere",
        )
    if deliveries:
        whole["delivery"] = next(iter(deliveries))
    return whole


def shown_together(parts: Mapping[str, Any]) -> Any:
    """What several processes show: each its own orders, stock and rows.

    Raises:
        TargetError: two of them show the same order, SKU or outbox, or one shows no dict.
    """
    whole: dict[str, Any] = {"orders": {}, "stock": {}}
    for name, part in parts.items():
        if not isinstance(part, Mapping):
            raise TargetError(f"shows {part!r}", f"observe() of {name}", "return a dict")
        for key in ("orders", "stock", "outbox"):
            own = part.get(key)
            if own is None:
                continue
            kept = whole.setdefault(key, {})
            twice = next((each for each in own if each in kept), None)
            if twice is not None:
                raise TargetError(
                    f"shows {key} {twice!r}, which another participant shows too",
                    f"observe() of {name}",
                    "each process shows what it keeps itself; leave the rest out",
                )
            kept.update(own)
        for key in _ROWS:
            if part.get(key) is not None:
                whole[key] = [*whole.get(key, []), *part[key]]
    return whole
