"""Which faults have no way to strike a target, and why: no cause for alarm, and nothing to try."""

from __future__ import annotations

from model.environment import Delivery, Fault
from properties.world.subject import Source, Subject


def cannot_fire(fault: Fault, subject: Subject, delivery: Delivery) -> str:
    """Why a fault has no way to strike a target; empty if it has one."""
    shape, sight, sources = subject.shape, subject.sight, subject.sources
    match fault:
        case Fault.DUPLICATE | Fault.REPUBLISH if not delivery.duplicates:
            return f"{delivery} makes no copies"
        case Fault.DUPLICATE if all(c.acknowledge == "before" for c in shape.consumers.values()):
            return "every consumer acknowledges first, so nothing is delivered again"
        case Fault.CANCEL if not shape.has_cancel:
            return "the target has no cancel_order"
        case Fault.RESUBMIT if not shape.idempotent_place:
            return "the target does not declare idempotent_place"
        case Fault.CARRIER_REFUSAL if sources.parcels is not Source.DOUBLE:
            return "the target does not call world.carrier"
        case Fault.DECLINE if sources.money is not Source.DOUBLE:
            return "the target does not call world.payments"
        case Fault.UNKNOWN if Source.DOUBLE not in (sources.money, sources.stock, sources.parcels):
            calls = "world.payments, world.carrier, world.warehouse and world.done"
            return f"the target calls none of {calls}"
        case Fault.CONCURRENCY if all(c.parallel < 2 for c in shape.consumers.values()):
            return "no participant handles two messages at once: see consumers, parallel"
        case Fault.CONTENTION | Fault.OUT_OF_STOCK if not sight.stock:
            return "the target shows no stock"
        case Fault.CONTENTION if shape.limits.get("orders", 2) < 2:
            return "the target takes one order only"
        case Fault.LATE if not subject.sets_timers:
            return "the target was not seen to set a timer"
        case Fault.REORDER | Fault.POISON if not shape.events:
            return "the target subscribes to nothing"
        case _:
            return ""
