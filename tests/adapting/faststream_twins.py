"""Faulty twins of the shop on FastStream, each in a copy of its own."""
# ruff: noqa: D103

from pathlib import Path
from runpy import run_path
from typing import Any

from faststream import AckPolicy

ADAPTER = str(Path(__file__).with_name("faststream_adapter.py"))
REJECTING, FORGETFUL = run_path(ADAPTER), run_path(ADAPTER)

# FastStream's own default on RabbitMQ: a message whose handler fails is dropped.
for service in REJECTING["SERVICES"].values():
    for subscriber in service.broker.subscribers:
        subscriber.ack_policy = AckPolicy.REJECT_ON_ERROR

# A message that comes twice sets goods aside twice.
FORGETFUL["SHELF"].was_set_aside = lambda order: False


def make_rejecting(world: Any) -> Any:
    return REJECTING["make"](world)


def make_forgetful(world: Any) -> Any:
    return FORGETFUL["make"](world)
