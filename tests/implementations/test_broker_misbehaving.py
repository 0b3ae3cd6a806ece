"""Services, brokers and kits that misbehave: one clear message, and nothing left behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from attrs import evolve

from implementations.broker.bridge import BrokerTarget, ParticipantEnded
from implementations.broker.sites import Pool, Services
from implementations.errors import TargetError
from properties.run import Schedule, run_schedule
from properties.world.scopes import SINGLE
from properties.world.world import World
from tests.implementations.broker_runs import BROKERS, ROOT, alive, shop
from tests.needs import needs

PROGRAM = Path(__file__).with_name("broker_services.py")
ON_BROKERS = pytest.mark.parametrize("broker", BROKERS)


class NoWorld:
    """What a target needs of the world before anything is published."""

    stock = {"book": 1}  # noqa: RUF012
    blocked = staticmethod(lambda on: False)


def services(mode: str) -> Services:
    """One participant that misbehaves."""
    return Services(
        commands={"post": f"python {PROGRAM} '{mode}'"},
        subscriptions={"post": ("letter",)},
        reset=lambda state, stock: None,
        observe=lambda state: {"orders": {}, "stock": {}},
    )


@pytest.fixture
def pools() -> Iterator[list[Pool]]:
    """Ends what a test has begun."""
    begun: list[Pool] = []
    yield begun
    for pool in begun:
        pool.end()


def target(mode: str, pools: list[Pool]) -> BrokerTarget:
    """A target whose participant misbehaves."""
    needs("rabbitmq")
    from implementations.broker.rabbitmq import RabbitMq

    pools.append(Pool(services(mode), RabbitMq))
    return BrokerTarget(pools[-1], services(mode), NoWorld())


def letter(target: BrokerTarget) -> str:
    """Deliver a message; how it was settled."""
    return target.handle("post", {"id": "1", "type": "letter", "subject": "o1", "data": {}})


@pytest.mark.parametrize(
    ("mode", "verdict"), [("acks", "ack"), ("rejects", "reject"), ("requeues", "requeue")]
)
def test_who_acknowledges(mode: str, verdict: str, pools: list[Pool]) -> None:
    """Pins that each way of settling a message is seen, one message after the other."""
    with closing(target(mode, pools)) as post:
        assert [letter(post) for _ in range(3)] == [verdict] * 3


def test_a_consumer_that_hangs(pools: list[Pool]) -> None:
    """Pins the message: who, what was awaited, for how long, and what it last said; and that the
    process is killed, although it does not heed that nobody is there any more."""
    with closing(target("hangs", pools)) as post:
        post._site.lines.patience = 1.0
        process = post._site.seats["post"].process
        with pytest.raises(TargetError) as error:
            letter(post)
    text = str(error.value)
    assert "did not come to the end of handling letter within 1 s" in text
    assert "waiting for something" in text
    assert "post (`python" in text
    assert process
    assert not alive(process.pid)


def test_a_consumer_that_dies(pools: list[Pool]) -> None:
    """Pins that a service which ends over a message has failed to handle it, and comes back."""
    with closing(target("dies", pools)) as post:
        for _ in range(2):
            with pytest.raises(ParticipantEnded, match="LookupError: no such row"):
                letter(post)


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("exits", "does not come to consume anything: the process ended with exit status 1"),
        ("automatic", "consumes with automatic acknowledgements"),
        ("transactions", "uses transactions of AMQP (tx.select)"),
    ],
)
def test_what_cannot_be_stood_between(mode: str, said: str, pools: list[Pool]) -> None:
    """Pins that it is said at once, with how to fix it."""
    with pytest.raises(TargetError) as error, closing(target(mode, pools)) as post:
        letter(post)
    assert said in str(error.value)
    assert "to fix: " in str(error.value)


def test_no_command() -> None:
    """Pins the message about a program that is not there."""
    needs("rabbitmq")
    from implementations.broker.rabbitmq import RabbitMq

    pool = Pool(evolve(services(""), commands={"post": "no-such-program"}), RabbitMq)
    with pytest.raises(TargetError, match=r"post .`no-such-program`.: cannot be started: No such"):
        pool.take({})


def test_no_broker() -> None:
    """Pins that a broker which is not there is one message each: where, and what to do."""
    needs("rabbitmq", "redis")
    from implementations.broker.rabbitmq import RabbitMq
    from implementations.broker.redis_streams import RedisStreams

    with pytest.raises(TargetError) as rabbitmq:
        RabbitMq("amqp://guest:secret@127.0.0.1:1/")
    assert str(rabbitmq.value).startswith("the broker at amqp://127.0.0.1:1/: RabbitMQ does not")
    assert "secret" not in str(rabbitmq.value)
    with pytest.raises(TargetError) as redis:
        RedisStreams("redis://127.0.0.1:1/0")
    assert str(redis.value).startswith("the broker at redis://127.0.0.1:1: Redis does not answer")


# -- nothing is left -------------------------------------------------------------------------------


def left_at_rabbitmq(prefix: str, names: list[str]) -> list[str]:
    """Those queues and exchanges that RabbitMQ still has."""
    import pika
    from pika.exceptions import ChannelClosedByBroker

    from implementations.broker.rabbitmq import HERE

    left = []
    with pika.BlockingConnection(pika.URLParameters(HERE)) as connection:
        for name in names:
            kind, _, name = name.partition(" ")
            channel = connection.channel()
            declare = channel.queue_declare if kind == "queue" else channel.exchange_declare
            try:
                declare(name, passive=True)
                left.append(f"{kind} {name}")
            except ChannelClosedByBroker:
                pass
    return left


def left_at_redis(prefix: str, names: list[str]) -> list[str]:
    """Those streams that Redis still has."""
    import redis

    with redis.Redis() as client:
        return [str(key) for key in client.keys(f"{prefix}*")]


LEFT = {"rabbitmq": left_at_rabbitmq, "redis": left_at_redis}
#: Begins a run, says what there is, and lets the test do as it likes.
KIT = """
import sys
from implementations.broker import shop
from properties.world.scopes import SINGLE
from properties.world.world import World
from properties.probing import probe
from properties.world.actions import Kind
subject = probe("implementations.broker.shop:" + sys.argv[1])
world = World(subject, SINGLE)
for _ in range(5):
    world.apply(world.benign()[0])
site = world.target._site
names = getattr(site.broker, "_names", None)
made = []
if names:
    made = [f"queue {name}" for name in names.queues]
    made += [f"exchange {name}" for name in (*names.exchanges, names.out)]
prefix = names.prefix if names else site.broker._keys.prefix.decode()
print(prefix, *made, *(seat.process.pid for seat in site.seats.values()), site.state, sep="\\n")
sys.stdout.flush()
sys.stdin.read()
"""


@ON_BROKERS
@pytest.mark.parametrize("killed", [False, True])
def test_nothing_is_left(broker: str, killed: bool) -> None:
    """Pins that a kit which ends in the middle of a handler leaves nothing; that of one which is
    killed no process is left at once, and nothing at the broker soon after."""
    needs(broker)
    environment = {**os.environ, "SAGA_LEFT_ALONE": "8000"}
    with subprocess.Popen(
        [sys.executable, "-c", KIT, broker],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    ) as kit:
        assert kit.stdin
        assert kit.stdout
        said = _lines(kit)
        prefix, state = said[0], said[-1]
        processes = [int(line) for line in said[1:-1] if line.isdigit()]
        names = [line for line in said[1:-1] if not line.isdigit()]
        assert len(processes) == 4
        assert LEFT[broker](prefix, names)
        watched = [os.pidfd_open(process) for process in processes]
        if killed:
            kit.send_signal(signal.SIGKILL)
        else:
            kit.stdin.close()
        kit.wait(20)
    for descriptor in watched:
        assert select.select([descriptor], [], [], 20)[0], "a service is left"
        os.close(descriptor)
    assert not any(map(alive, processes))
    if not killed:
        assert not Path(state).exists()
        assert not LEFT[broker](prefix, names)
    else:
        assert not _until_gone(broker, prefix, names)


def _lines(kit: subprocess.Popen[str]) -> list[str]:
    """What the kit says, to the line with its directory."""
    assert kit.stdout
    said: list[str] = []
    while not said or not said[-1].startswith("/"):
        line = kit.stdout.readline()
        assert line, "the kit has ended"
        said.append(line.strip())
    return said


def _until_gone(broker: str, prefix: str, names: list[str]) -> list[str]:
    """Ask the broker until it has nothing left: it removes what nobody uses by itself.

    To ask for a queue is to use it; but the exchange is gone with the last queue that is bound.
    """
    exchanges = [name for name in names if name.startswith("exchange")]
    for _ in range(400):
        if not LEFT[broker](prefix, exchanges):
            break
        select.select([], [], [], 0.05)
    return LEFT[broker](prefix, names)


@ON_BROKERS
def test_the_next_run_sees_nothing_of_one_that_stopped(broker: str) -> None:
    """Pins that a run which ends with a message half handled leaves none to the next one."""
    subject = shop(broker)
    whole = run_schedule(subject, Schedule(SINGLE))
    whole.world.dissolve()
    for steps in (2, 5, 6):
        world = World(subject, SINGLE)
        for _ in range(steps):
            world.apply(world.benign()[0])
        world.dissolve()
        again = run_schedule(subject, Schedule(SINGLE))
        again.world.dissolve()
        assert (again.steps, again.findings) == (whole.steps, {})


def test_streams_that_redis_has_removed() -> None:
    """Pins that services which nobody used for a minute, so that their streams are gone, are
    started anew for the next run, and do their work."""
    subject = shop("redis")
    whole = run_schedule(subject, Schedule(SINGLE))
    subject.close(whole.world.target)
    import redis

    client = redis.Redis()
    streams = list(client.scan_iter(f"saga-{os.getpid()}-*"))
    assert client.delete(*streams) >= 4
    again = run_schedule(subject, Schedule(SINGLE))
    subject.close(again.world.target)
    assert again.findings == whole.findings == {}
    assert again.steps == whole.steps
