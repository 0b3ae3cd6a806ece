"""Faulty twins of the shop on aio-pika, each in a copy of its own."""
# ruff: noqa: D103

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from runpy import run_path
from typing import Any

ADAPTER = str(Path(__file__).with_name("aio_pika_adapter.py"))
REJECTING, FORGETFUL, HASTY = run_path(ADAPTER), run_path(ADAPTER), run_path(ADAPTER)

# `message.process()` as it comes: a message whose handling fails is dropped.
REJECTING["TILL"].processing = lambda message: message.process()

# A message that comes twice sets goods aside twice.
FORGETFUL["SHELF"].was_set_aside = lambda order: False


@asynccontextmanager
async def acknowledged_first(message: Any) -> AsyncIterator[None]:
    await message.ack()
    yield


# A message whose handler dies is lost: it has been acknowledged.
HASTY["TILL"].processing = acknowledged_first


def make_rejecting(world: Any) -> Any:
    return REJECTING["make"](world)


def make_forgetful(world: Any) -> Any:
    return FORGETFUL["make"](world)


def make_hasty(world: Any) -> Any:
    return HASTY["make"](world)
