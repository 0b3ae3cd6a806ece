"""What the domains know of each other's events."""
# ruff: noqa: D101

from protean.core.event import BaseEvent
from protean.fields import Dict, Identifier, Integer, List


class Placed(BaseEvent):
    order_id = Identifier(required=True)
    total = Integer(required=True)
    lines = List(Dict(), required=True)


class Paid(BaseEvent):
    order_id = Identifier(required=True)
    lines = List(Dict(), required=True)


class Refused(BaseEvent):
    order_id = Identifier(required=True)


class SoldOut(BaseEvent):
    order_id = Identifier(required=True)


class SetAside(BaseEvent):
    order_id = Identifier(required=True)
    pieces = Dict(required=True)
