"""The protocols of brokers on their way through the kit, byte by byte, without any broker."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from implementations.broker.lines import Lines
from implementations.broker.resp import Keys, RespWire
from implementations.broker.seam import Message, Passed, Published, Said, Settled, Wrong
from implementations.broker.seats import Link, Seat

Feed = Callable[[bytes], list[Said]]


def bytewise(feed: Feed, data: bytes) -> list[Said]:
    """What is said where every byte comes alone."""
    return [said for place in range(len(data)) for said in feed(data[place : place + 1])]


# -- Redis -----------------------------------------------------------------------------------------


def command(*words: str) -> bytes:
    """A command as clients of Redis send it."""
    texts = "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
    return f"*{len(words)}\r\n{texts}".encode()


ENTRY = b"*1\r\n*2\r\n$10\r\np.shop.pay\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n"


@pytest.fixture
def redis_wire() -> RespWire:
    """A connection of the participant `pay`."""
    return RespWire(Keys(b"p.", b"p.out"), b"pay")


def test_streams_get_a_name_of_their_own(redis_wire: RespWire) -> None:
    """Pins which words of which commands are streams, and that other commands pass untouched."""
    wire = redis_wire
    read = ("XREADGROUP", "GROUP", "pay", "one", "COUNT", "1", "STREAMS")
    said = bytewise(
        wire.from_service,
        command("XGROUP", "CREATE", "shop", "pay", "0")
        + command("SET", "shop", "XADD")
        + command("XADD", "shop", "*", "type", "paid")
        + command(*read, "shop", ">"),
    )
    assert said == [
        Passed(command("XGROUP", "CREATE", "p.shop.pay", "pay", "0")),
        Passed(command("SET", "shop", "XADD")),
        Published(command("XADD", "p.out", "*", "type", "paid")),
        Passed(command(*read, "p.shop.pay", ">")),
    ]
    assert wire.queue == "p.shop.pay pay"


@pytest.mark.parametrize(
    ("next_", "verdict", "left"),
    [
        (command("XACK", "shop", "pay", "1-0"), "ack", False),
        (command("XREADGROUP", "GROUP", "pay", "one", "STREAMS", "shop", ">"), "unacked", False),
        (command("XREADGROUP", "GROUP", "pay", "one", "STREAMS", "shop", "0"), "requeue", True),
    ],
)
def test_how_a_message_is_settled(
    redis_wire: RespWire, next_: bytes, verdict: str, left: bool
) -> None:
    """Pins what a consumer of a stream says by what it asks for after it has got a message."""
    redis_wire.from_service(command("XREADGROUP", "GROUP", "pay", "one", "STREAMS", "shop", ">"))
    assert redis_wire.from_broker(ENTRY[:20]) == b""
    assert b"$4\r\nshop\r\n" in redis_wire.from_broker(ENTRY[20:])
    (said,) = bytewise(redis_wire.from_service, next_)
    assert isinstance(said, Settled)
    assert (said.verdict, said.left) == (verdict, left)


def test_nothing_came_and_nothing_is_settled(redis_wire: RespWire) -> None:
    """Pins that asking once more, after an answer without a message, is no verdict."""
    read = command("XREADGROUP", "GROUP", "pay", "one", "STREAMS", "shop", ">")
    redis_wire.from_service(read)
    redis_wire.from_broker(b"*-1\r\n")
    assert isinstance(redis_wire.from_service(read)[0], Passed)


def test_a_refusal_takes_the_place_of_the_answer(redis_wire: RespWire) -> None:
    """Pins that one answer is replaced, whole, and none after it."""
    assert redis_wire.refuse()
    assert redis_wire.from_broker(b"$3\r\n1-") == b""
    heard = redis_wire.from_broker(b"0\r\n+OK\r\n")
    assert heard.startswith(b"-TRYAGAIN ")
    assert heard.endswith(b"\r\n+OK\r\n")


def test_a_transaction_is_refused(redis_wire: RespWire) -> None:
    """Pins that MULTI is a mistake, and said so."""
    assert isinstance(redis_wire.from_service(command("MULTI"))[0], Wrong)


# -- RabbitMQ --------------------------------------------------------------------------------------


@pytest.mark.parametrize("confirms", [False, True])
def test_amqp_in_pieces(confirms: bool) -> None:
    """Pins publication, names, delivery and refusal, where every byte comes alone."""
    pytest.importorskip("pika", reason="pip install pika (the extra `rabbitmq`)")
    import pika.frame
    from pika import spec

    from implementations.broker.amqp import AmqpWire, Names

    def method(value: Any) -> bytes:
        return bytes(pika.frame.Method(1, value).marshal())

    def decoded(data: bytes) -> Any:
        frame: Any = pika.frame.decode_frame(data)[1]
        return frame.method

    wire = AmqpWire(Names("p.", "p.out", left_alone=60_000))
    if confirms:
        wire.from_service(method(spec.Confirm.Select()))
    (declared,) = bytewise(wire.from_service, method(spec.Queue.Declare(queue="pay")))
    assert isinstance(declared, Passed)
    queue = decoded(declared.data)
    assert (queue.queue, queue.arguments) == ("p.pay", {"x-expires": 60_000})
    body = pika.frame.Header(1, 2, spec.BasicProperties()).marshal()
    body += pika.frame.Body(1, b"{}").marshal()
    publish = method(spec.Basic.Publish(exchange="shop", routing_key="paid")) + body
    assert bytewise(wire.from_service, publish) == [
        Published(method(spec.Basic.Publish(exchange="p.out", routing_key="paid")) + body)
    ]
    assert wire.refuse() is confirms
    confirm = method(spec.Basic.Ack(1))
    expected = method(spec.Basic.Nack(1, False, False)) if confirms else confirm
    assert b"".join(wire.from_broker(confirm[i : i + 1]) for i in range(len(confirm))) == expected
    wire.expect(Message("paid", b"{}", extra={"routing_key": "paid"}), again=True)
    seen = decoded(wire.from_broker(method(spec.Basic.Deliver("tag", 7, False, "", "p.pay"))))
    assert (seen.exchange, seen.routing_key, seen.redelivered) == ("shop", "paid", True)
    nack = wire.from_service(method(spec.Basic.Nack(7, False, True)))
    assert nack == [Settled("requeue", method(spec.Basic.Ack(7)))]


# -- the line between ------------------------------------------------------------------------------


class Plain:
    """A wire on which everything is a publication."""

    queue = "letters"

    def from_service(self, data: bytes) -> list[Said]:
        """One publication."""
        return [Published(data)]

    def from_broker(self, data: bytes) -> bytes:
        """All of it."""
        return data


@pytest.fixture
def ends() -> Iterator[list[socket.socket]]:
    """A service, and the kit's end towards it; the kit's end towards a broker, and the broker."""
    pairs = [*socket.socketpair(), *socket.socketpair()]
    yield pairs
    for end in pairs:
        end.close()


def test_an_answer_is_not_heard_before_its_time(ends: list[socket.socket]) -> None:
    """Pins that the confirm of a publication waits while the kit decides about it: other
    participants may be served meanwhile, and then it would be too late for a refusal."""
    service, towards_service, towards_broker, broker = ends
    service.setblocking(False)
    seat = Seat("post", "", {})
    lines = Lines(_Nobody(), {"post": seat})  # type: ignore[arg-type]
    link = Link(towards_service, towards_broker, Plain())  # type: ignore[arg-type]
    service.sendall(b"publish")
    lines._from_service(seat, link)
    broker.sendall(b"confirm")
    lines._from_broker(seat, link)
    with pytest.raises(BlockingIOError):
        service.recv(100)
    lines.go_on(seat, link)
    assert service.recv(100) == b"confirm"
    seat.end()


class _Nobody:
    """No broker."""

    address = ("127.0.0.1", 1)
