"""aio-pika and FastStream: how messages are settled, what is published, who gets what."""
# mypy: disallow-untyped-decorators=False

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from tests.needs import needs

needs("faststream")

import aio_pika  # noqa: E402
from faststream import AckPolicy  # noqa: E402
from faststream.exceptions import NackMessage, RejectMessage  # noqa: E402
from faststream.rabbit import ExchangeType, RabbitBroker, RabbitExchange, RabbitQueue  # noqa: E402

from implementations.adapting.aio_pika import AioPika, with_message  # noqa: E402
from implementations.adapting.consumers import Consumers  # noqa: E402
from implementations.adapting.faststream import FastStreamBroker  # noqa: E402
from implementations.errors import SETTLED, TargetError  # noqa: E402


class World:
    """Takes what is published."""

    def __init__(self) -> None:
        self.published: list[tuple[str, Any, Any]] = []

    def publish(self, type: str, data: Any, **ids: Any) -> None:
        """Take an event."""
        self.published.append((type, data, ids["id"]))

    def new_id(self) -> str:
        """An id."""
        return "new"


def event(type: str = "Ordered", **data: Any) -> Any:
    """A message."""
    return {"type": type, "data": data or {"order": "o1"}}


def outcome(consumers: Any, given: Any) -> Any:
    """How a message is settled, by what is returned or by the error that is raised."""
    try:
        return Consumers({"desk": consumers}).handle("desk", given)
    except RuntimeError as error:
        return f"error, {getattr(error, SETTLED)}"


# -- aio-pika --------------------------------------------------------------------------------------


async def _acks(message: Any) -> None:
    await message.ack()


async def _processes(message: Any) -> None:
    async with message.process():
        assert message.body == b'{"order": "o1"}'
        assert message.routing_key == "Ordered"


async def _fails(message: Any) -> None:
    async with message.process():
        raise RuntimeError


async def _fails_and_asks_again(message: Any) -> None:
    async with message.process(requeue=True):
        raise RuntimeError


async def _fails_after_the_acknowledgement(message: Any) -> None:
    await message.ack()
    raise RuntimeError


async def _fails_outside(message: Any) -> None:
    raise RuntimeError


async def _nacks(message: Any) -> None:
    await message.nack(requeue=False)


async def _forgets(message: Any) -> None:
    """Settles nothing."""


@pytest.mark.parametrize(
    ("callback", "settled"),
    [
        (_acks, "ack"),
        (_processes, "ack"),
        (_fails, "error, reject"),
        (_fails_and_asks_again, "error, requeue"),
        (_fails_after_the_acknowledgement, "error, ack"),
        (_fails_outside, "error, unacked"),
        (_nacks, "reject"),
        (_forgets, "unacked"),
    ],
)
def test_a_callback_of_aio_pika_settles_its_message(callback: Any, settled: str) -> None:
    """Pins what the world is told for each way to settle a message, or not to."""
    assert outcome({"Ordered": with_message(callback)}, event()) == settled


def test_what_aio_pika_publishes_and_consumes() -> None:
    """Pins types (a key, or a fanout exchange's name), ids, properties and automatic acks."""
    module, world, seen = AioPika(), World(), []

    async def seeing(message: Any) -> None:
        seen.append((message.body, message.message_id, message.headers))

    async def start() -> None:
        async with await module.connect_robust() as connection, connection.channel() as channel:
            news = await channel.declare_exchange("news", module.ExchangeType.FANOUT)
            queue = await channel.declare_queue()
            await queue.bind(news)
            await queue.consume(seeing, no_ack=True)
            message = aio_pika.Message(b'{"n": 1}', message_id="m1", headers={"h": 2})
            await channel.default_exchange.publish(message, "tasks")
            await news.publish(message, "whatever")

    module.begin(world)  # type: ignore[arg-type]
    asyncio.run(start())
    assert [(type, id) for type, _, id in world.published] == [("tasks", "m1"), ("news", "m1")]
    consumers = Consumers({"desk": module.consumers()})
    assert consumers.declared["desk"]["acknowledge"] == "before"
    consumers.handle("desk", event("news", **world.published[1][1]))
    assert seen == [(b'{"n": 1}', "m1", {"h": 2})]


def test_a_loop_over_messages_is_refused() -> None:
    """Pins the message where a service reads its queue in a loop."""
    module = AioPika()

    async def start() -> None:
        channel = (await module.connect()).channel()
        async with (await channel.declare_queue("q")).iterator():
            pass

    with pytest.raises(TargetError, match="with_message"):
        asyncio.run(start())


# -- FastStream ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "error", "settled"),
    [
        (AckPolicy.REJECT_ON_ERROR, None, "ack"),
        (AckPolicy.REJECT_ON_ERROR, RuntimeError(), "error, reject"),
        (AckPolicy.NACK_ON_ERROR, RuntimeError(), "error, requeue"),
        (AckPolicy.ACK, RuntimeError(), "error, ack"),
        (AckPolicy.MANUAL, RuntimeError(), "error, unacked"),
        (AckPolicy.MANUAL, None, "unacked"),
        (AckPolicy.ACK, NackMessage(), "requeue"),
        (AckPolicy.ACK, RejectMessage(), "reject"),
    ],
)
def test_faststream_settles_as_its_policy_says(
    policy: AckPolicy, error: Exception | None, settled: str
) -> None:
    """Pins what the world is told, and that an error of the handler reaches it."""
    broker = RabbitBroker(ack_policy=policy)

    @broker.subscriber("Ordered")
    async def handler(body: dict[str, Any]) -> None:
        if error is not None:
            raise error

    assert outcome(FastStreamBroker(broker).consumers(), event()) == settled


def test_a_message_that_nobody_can_read_meets_the_policy() -> None:
    """Pins that what FastStream cannot parse is an error of the handling, as in production."""
    broker = RabbitBroker(ack_policy=AckPolicy.NACK_ON_ERROR)

    @broker.subscriber("Ordered")
    async def handler(order: int) -> None:
        pytest.fail("was called")

    consumers = Consumers({"desk": FastStreamBroker(broker).consumers()})
    poisoned: Any = {"type": "Ordered", "data": "no json"}
    with pytest.raises(Exception, match="order") as raised:
        consumers.handle("desk", poisoned)
    assert getattr(raised.value, SETTLED) == "requeue"


def test_what_faststream_publishes() -> None:
    """Pins types, ids and bodies, of `broker.publish` and of what a handler returns."""
    broker, world = RabbitBroker(), World()
    news = RabbitExchange("news", type=ExchangeType.FANOUT)
    threads = []

    @broker.subscriber("Ordered")
    @broker.publisher("Told")
    def plain(body: dict[str, str]) -> str:
        threads.append(threading.current_thread())
        return f"told {body['order']}"

    @broker.subscriber("Asked")
    async def handler(body: dict[str, Any]) -> None:
        await broker.publish(body, "whatever", news, message_id="m1")
        await broker.publish(aio_pika.Message(b"text", message_id="m2"), "tasks")

    stream = FastStreamBroker(broker)
    stream.begin(world)  # type: ignore[arg-type]
    consumers = Consumers({"desk": stream.consumers()})
    consumers.handle("desk", event())
    consumers.handle("desk", event("Asked"))
    told = [(type, data.get("body", data.get("order")), id) for type, data, id in world.published]
    assert told == [("Told", "told o1", None), ("news", "o1", "m1"), ("tasks", "text", "m2")]
    assert threads == [threading.main_thread()]


def test_who_gets_what_in_faststream() -> None:
    """Pins that queues are chosen by name, keys may be patterns, and what is wrong is told."""
    broker = RabbitBroker()
    shop = RabbitExchange("shop", type=ExchangeType.TOPIC)
    news = RabbitExchange("news", type=ExchangeType.FANOUT)

    @broker.subscriber(RabbitQueue("all", routing_key="order.*"), shop)
    @broker.subscriber(RabbitQueue("told"), news)
    async def handler(body: Any) -> None:
        """Does nothing."""

    stream, types = FastStreamBroker(broker), ("order.placed", "order.ended", "money.taken")
    assert stream.consumers("told").keys() == {"news"}
    assert stream.consumers("all", types=types).keys() == {"order.placed", "order.ended"}
    with pytest.raises(TargetError, match="is a pattern"):
        stream.consumers()
    with pytest.raises(TargetError, match="it has all, told"):
        stream.consumers("al")


def test_two_consumers_of_one_type_are_two_participants() -> None:
    """Pins that no subscriber is passed over in silence."""
    broker = RabbitBroker()
    shop = RabbitExchange("shop")

    @broker.subscriber(RabbitQueue("one", routing_key="Ordered"), shop)
    @broker.subscriber(RabbitQueue("two", routing_key="Ordered"), shop)
    async def handler(body: Any) -> None:
        """Does nothing."""

    with pytest.raises(TargetError, match="two consumers of 'Ordered'"):
        FastStreamBroker(broker).consumers()


def test_nothing_is_published_before_the_run_begins() -> None:
    """Pins the message where an adapter forgets `begin`, and where a service asks and waits."""
    broker = RabbitBroker()
    stream = FastStreamBroker(broker)
    with pytest.raises(TargetError, match=r"begin\(world\)"):
        asyncio.run(broker.publish("x", "q"))
    stream.begin(World())  # type: ignore[arg-type]
    with pytest.raises(TargetError, match="waits for an answer"):
        asyncio.run(broker.request("x", "q"))
