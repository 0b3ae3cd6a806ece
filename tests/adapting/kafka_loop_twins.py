"""Faulty twins of the shop on confluent_kafka, each in a copy of its own."""
# ruff: noqa: D103

from pathlib import Path
from runpy import run_path
from typing import Any

ADAPTER = str(Path(__file__).with_name("kafka_loop_adapter.py"))
AUTOMATIC, UNFLUSHED, HASTY = run_path(ADAPTER), run_path(ADAPTER), run_path(ADAPTER)

# The client's own default: the offset is committed although nothing has been done yet.
for service, kafka in zip(AUTOMATIC["SERVICES"].values(), AUTOMATIC["KAFKA"].values(), strict=True):
    service.consumer = kafka.Consumer({"group.id": service.name})

# `poll(0)` after `produce`, as if that sent anything: then the offset is committed.
SHELF = UNFLUSHED["SERVICES"]["shelf"]
SHELF.flushed = lambda: SHELF.producer.poll(0) * 0


def hasty(service: Any, outbox: Any) -> Any:
    def publish_waiting() -> None:
        for row in [row for row in outbox if not row[-1]]:
            service.produce(row)
            row[-1] = True
        service.producer.poll(0)

    return publish_waiting


# A row of the outbox is ticked off when it is in the producer's buffer.
for name in HASTY["NAMES"]:
    each = HASTY["SERVICES"][name]
    each.publish_waiting = hasty(each, HASTY["BOOKS"][name].OUTBOX)


def make_automatic(world: Any) -> Any:
    return AUTOMATIC["make"](world)


def make_unflushed(world: Any) -> Any:
    return UNFLUSHED["make"](world)


def make_hasty(world: Any) -> Any:
    return HASTY["make"](world)
