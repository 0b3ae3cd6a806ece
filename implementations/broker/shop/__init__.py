"""A shop of four services on a broker: the example, and what a team copies from.

implementations.broker.shop:rabbitmq      on RabbitMQ
implementations.broker.shop:redis         on Redis Streams
implementations.broker.shop:in_process    the same services, without a broker
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from implementations.broker.bridge import BrokerTarget, Services, bridged
from implementations.broker.shop.services import RIGHT
from implementations.broker.shop.store import Store
from implementations.broker.shop.twin import DECLARED, Twin, shown
from implementations.errors import TargetError


def _reset(state: Path, stock: Mapping[str, int]) -> None:
    for kind in RIGHT:
        store = Store(state / f"{kind.name}.db")
        store.reset(stock if kind.name == "inventory" else {})
        store.close()


def _observe(state: Path) -> dict[str, Any]:
    orders, inventory = (Store(state / f"{name}.db") for name in ("order", "inventory"))
    try:
        return shown(orders, inventory)
    finally:
        orders.close()
        inventory.close()


#: What these services are imported from, wherever the kit is started.
_HERE = Path(__file__).resolve().parents[3]
_TWINS = {"right": "", "forgetful": "_forgetful", "hasty": "_hasty"}


def _services(module: str, variant: str) -> Services:
    command = f"python -m implementations.broker.shop.{module}"
    return Services(
        commands={kind.name: command for kind in RIGHT},
        subscriptions={kind.name: kind.subscriptions for kind in RIGHT},
        reset=_reset,
        observe=_observe,
        cancel="order.cancel",
        environment={"VARIANT": variant, "PYTHONPATH": str(_HERE)},
        declared={**DECLARED, "twin": f"{__name__}:in_process{_TWINS[variant]}"},
    )


@cache
def on_rabbitmq(variant: str) -> Callable[[Any], BrokerTarget]:
    """A variant of the shop on RabbitMQ."""
    try:
        from implementations.broker.rabbitmq import RabbitMq
    except ModuleNotFoundError:
        raise _missing("pika", "RabbitMQ", "rabbitmq") from None
    return bridged(_services("on_rabbitmq", variant), RabbitMq)


@cache
def on_redis(variant: str) -> Callable[[Any], BrokerTarget]:
    """A variant of the shop on Redis Streams."""
    try:
        from implementations.broker.redis_streams import RedisStreams
    except ModuleNotFoundError:
        raise _missing("redis", "Redis", "redis") from None
    return bridged(_services("on_redis", variant), RedisStreams)


def _missing(package: str, broker: str, extra: str) -> TargetError:
    return TargetError(
        f"the package {package} is not installed, with which {broker} is spoken to",
        "implementations.broker",
        f"pip install {package} (the extra `{extra}`)",
    )


def rabbitmq(world: Any) -> BrokerTarget:
    """A shop of four processes on RabbitMQ."""
    return on_rabbitmq("right")(world)


def rabbitmq_forgetful(world: Any) -> BrokerTarget:
    """The shop on RabbitMQ; its payment charges for every copy of a message."""
    return on_rabbitmq("forgetful")(world)


def rabbitmq_hasty(world: Any) -> BrokerTarget:
    """The shop on RabbitMQ; its inventory has no outbox."""
    return on_rabbitmq("hasty")(world)


def redis(world: Any) -> BrokerTarget:
    """A shop of four processes on Redis Streams."""
    return on_redis("right")(world)


def redis_forgetful(world: Any) -> BrokerTarget:
    """The shop on Redis Streams; its payment charges for every copy of a message."""
    return on_redis("forgetful")(world)


def redis_hasty(world: Any) -> BrokerTarget:
    """The shop on Redis Streams; its inventory has no outbox."""
    return on_redis("hasty")(world)


def in_process(world: Any) -> Twin:
    """The shop in memory."""
    return Twin(world, "right")


def in_process_forgetful(world: Any) -> Twin:
    """The shop in memory; its payment charges for every copy of a message."""
    return Twin(world, "forgetful")


def in_process_hasty(world: Any) -> Twin:
    """The shop in memory; its inventory has no outbox."""
    return Twin(world, "hasty")
