"""What adapters are made of, each by itself."""

from __future__ import annotations

import asyncio
import json
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from implementations.adapting.consumers import Consumer, Consumers, with_body
from implementations.adapting.importing import isolated_import
from implementations.adapting.modules import remember
from implementations.adapting.pika import BasicProperties, Pika
from implementations.errors import SETTLED, TargetError
from properties.world.network import UNREADABLE
from tests.needs import needs


def event(**data: Any) -> Any:
    """A message."""
    return {"type": "Ordered", "data": data}


def test_a_limit_of_attempts_holds_for_all_participants() -> None:
    """Pins that it is declared where it is given, and only there."""
    functions = {name: {"Ordered": with_body(print)} for name in ("till", "shelf")}
    assert [each["attempts"] for each in Consumers(functions, attempts=3).declared.values()] == [
        3,
        3,
    ]
    assert not any("attempts" in each for each in Consumers(functions).declared.values())


# -- who acknowledges ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settle", "answer"),
    [
        (lambda ch, tag: ch.basic_ack(tag), "ack"),
        (lambda ch, tag: ch.basic_nack(tag), "requeue"),
        (lambda ch, tag: ch.basic_nack(tag, requeue=False), "reject"),
        (lambda ch, tag: ch.basic_reject(tag, requeue=False), "reject"),
        (lambda ch, tag: ch.basic_ack(tag, multiple=True), "ack"),
        (lambda ch, tag: None, "unacked"),
    ],
)
def test_a_callback_settles_its_message(settle: Any, answer: str) -> None:
    """Pins what the world is told for each way to settle a message, or not to."""
    channel = Pika().BlockingConnection().channel()
    callback = lambda ch, method, properties, body: settle(ch, method.delivery_tag)  # noqa: E731
    assert channel.deliver(callback, event(order="o1")) == answer


def test_what_was_acknowledged_stays_so() -> None:
    """Pins that an error after the acknowledgement is told, and brings no message back."""
    channel = Pika().BlockingConnection().channel()

    def late(ch: Any, method: Any, properties: Any, body: bytes) -> None:
        ch.basic_ack(method.delivery_tag)
        raise RuntimeError

    def early(ch: Any, method: Any, properties: Any, body: bytes) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError) as raised:
        channel.deliver(late, event())
    assert getattr(raised.value, SETTLED) == "ack"
    with pytest.raises(RuntimeError) as raised:
        channel.deliver(early, event())
    assert not hasattr(raised.value, SETTLED)


def test_the_world_is_told_of_an_acknowledgement_at_once() -> None:
    """Pins that a crash after `basic_ack` does not bring the message back, nor a nack lose it."""
    told: list[str] = []
    pika = Pika()
    pika.begin(SimpleNamespace(acknowledge=lambda: told.append("ack")))

    def callback(ch: Any, method: Any, properties: Any, body: bytes) -> None:
        assert told == []
        if json.loads(body)["order"] == "o1":
            ch.basic_ack(method.delivery_tag)
            assert told == ["ack"]
        else:
            ch.basic_nack(method.delivery_tag)

    channel = pika.BlockingConnection().channel()
    assert channel.deliver(callback, event(order="o2")) == "requeue"
    assert channel.deliver(callback, event(order="o1")) == "ack"


def test_nobody_settles_twice() -> None:
    """Pins that a second acknowledgement is an error, as it is for the broker."""
    channel = Pika().BlockingConnection().channel()

    def twice(ch: Any, method: Any, properties: Any, body: bytes) -> None:
        ch.basic_ack(method.delivery_tag)
        with pytest.raises(ValueError, match="unknown delivery tag"):
            ch.basic_ack(method.delivery_tag)

    assert channel.deliver(twice, event()) == "ack"


@pytest.mark.parametrize("body", ["3:7", '{"order": "o1"}', "[1, 2]", b"plain"])
def test_a_body_comes_out_as_it_went_in(body: Any) -> None:
    """Pins that body and properties travel through the world unchanged, JSON or not."""
    published: list[Any] = []
    pika = Pika(SimpleNamespace(publish=lambda *given, **named: published.append(given)))
    channel, seen = pika.BlockingConnection().channel(), []
    channel.basic_publish("", "q", body, BasicProperties(message_id="m1"))

    def callback(ch: Any, method: Any, properties: Any, body: bytes) -> None:
        seen.append((body, properties.message_id, properties.headers))

    channel.deliver(callback, event(**published[0][1]), auto_ack=True)
    text = body.encode() if isinstance(body, str) else body
    assert seen == [(text, "m1", None)]


def test_automatic_acknowledgement_comes_before_handling() -> None:
    """Pins that `auto_ack` is declared as what it is, and a queue is known by its bindings."""
    pika = Pika()
    channel = pika.BlockingConnection().channel()
    channel.queue_bind("mine", "shop", "Ordered")
    channel.basic_consume("mine", print, auto_ack=True)
    consumers = Consumers({"desk": pika.consumers()})
    assert consumers.subscriptions == {"desk": ["Ordered"]}
    assert consumers.declared == {"desk": {"acknowledge": "before", "on_error": "requeue"}}


def test_a_queue_has_one_consumer_and_a_copy_for_each_queue() -> None:
    """Pins that a service may consume a queue anew for each request; where two queues get a copy of
    one message, none is passed over in silence."""
    pika, seen = Pika(), []
    channel = pika.BlockingConnection().channel()
    for who in ("first", "second"):
        callback = lambda ch, method, props, body, who=who: seen.append(who)  # noqa: E731
        channel.basic_consume("Ordered", callback, auto_ack=True)
    Consumers({"desk": pika.consumers()}).handle("desk", event())
    assert seen == ["first"]
    channel.queue_bind("other", "shop", "Ordered")
    channel.basic_consume("other", print)
    with pytest.raises(TargetError, match="two consumers of 'Ordered'"):
        pika.consumers()


def test_consumers_of_one_participant_agree() -> None:
    """Pins the message where one type is acknowledged before, another one after handling."""
    mixed = {"a": Consumer(print), "b": Consumer(print, acknowledge="before")}
    with pytest.raises(TargetError, match="before handling, some after"):
        Consumers({"desk": mixed})


def test_a_coroutine_runs_to_its_end() -> None:
    """Pins that `f(body)` may be a coroutine that needs a loop; its result is no answer."""
    seen = []

    async def consume(body: Any) -> str:
        await asyncio.sleep(0)
        seen.append(body)
        return "reject"

    assert Consumers({"desk": {"Ordered": with_body(consume)}}).handle("desk", event(n=1)) is None
    assert seen == [{"n": 1}]


@pytest.mark.parametrize("name", ["pika", "aio_pika"])
def test_a_stand_in_has_what_only_describes(name: str, tmp_path: Path) -> None:
    """Pins that a service finds errors, types and submodules of the library while it is imported,
    which is when the stand-in is known by the library's name."""
    needs("faststream")
    pytest.importorskip("pika")
    error = {"pika": "AMQPError", "aio_pika": "AMQPException"}[name]
    (tmp_path / "app.py").write_text(
        f"import {name}\nfrom {name}.exceptions import {error}\nFOUND = {name}.exceptions.{error}\n"
    )
    module = import_module(f"implementations.adapting.{name}")
    stand_in = {"pika": "Pika", "aio_pika": "AioPika"}[name]
    app = isolated_import(tmp_path, ["app"], {name: getattr(module, stand_in)()})["app"]
    assert app.FOUND is getattr(import_module(f"{name}.exceptions"), error)


# -- imports ---------------------------------------------------------------------------------------


def test_services_may_share_names_with_each_other_and_the_kit(tmp_path: Path) -> None:
    """Pins that modules of one name stay apart, and that the kit's own are back afterwards."""
    ours = {name: sys.modules.get(name) for name in ("model", "model.ledger", "reports")}
    for service in ("order", "stock"):
        (tmp_path / service / "reports").mkdir(parents=True)
        (tmp_path / service / "model.py").write_text(f"NAME = {service!r}\n")
        (tmp_path / service / "reports" / "daily.py").write_text("from model import NAME\n")
        (tmp_path / service / "app.py").write_text("import bus\nfrom reports.daily import NAME\n")
    order, stock = (
        isolated_import(tmp_path / s, ["app"], {"bus": s.upper()}) for s in ("order", "stock")
    )
    assert (order["app"].NAME, stock["app"].NAME) == ("order", "stock")
    assert (order["app"].bus, stock["app"].bus) == ("ORDER", "STOCK")
    assert {name: sys.modules.get(name) for name in ours} == ours
    assert "app" not in sys.modules
    assert str(tmp_path / "order") not in sys.path


def test_a_wrong_name_is_explained(tmp_path: Path) -> None:
    """Pins the messages for a folder and for a module that are not there."""
    (tmp_path / "models.py").touch()
    with pytest.raises(TargetError, match="did you mean 'models'"):
        isolated_import(tmp_path, ["model"])
    with pytest.raises(TargetError, match="there is no folder"):
        isolated_import(tmp_path / "nowhere", ["model"])


# -- fresh state -----------------------------------------------------------------------------------


def test_variables_hold_again_what_they_held() -> None:
    """Pins that contents are restored in place, references between them kept, new ones removed."""
    module: Any = ModuleType("books")
    module.rows, module.count = [{"n": 1}], 0
    module.index = {"rows": module.rows}
    rows, index, kept = module.rows, module.index, remember(module)
    for _ in range(2):
        rows[0]["n"] = 2
        rows.append({"n": 3})
        index["more"], module.count, module.added = 1, 5, True
        module.rows = []
        kept.restore()
        assert module.rows is rows == [{"n": 1}]
        assert module.index is index == {"rows": rows}
        assert index["rows"] is rows
        assert module.count == 0
        assert not hasattr(module, "added")


def test_tables_are_empty_and_numbers_begin_at_one() -> None:
    """Pins that a run finds nothing of the one before: no row, no number, no open transaction."""
    needs("sql")
    from sqlalchemy import BigInteger, Column, MetaData, Table

    from implementations.adapting.databases import Database, sqlite_engine

    column = Column("id", BigInteger, primary_key=True)
    table = Table("t", MetaData(), column, sqlite_autoincrement=True)
    world: Any = SimpleNamespace(checkpoint=lambda *_, **__: None, done=lambda *_: None)
    database = Database(sqlite_engine(), table.metadata)
    for _ in range(2):
        database.fresh(world)
        assert database.rows(table) == []
        with database.engine.begin() as connection:
            connection.execute(table.insert())
        assert database.rows(table) == [(1,)]
        connection = database.engine.connect()
        connection.execute(table.insert())


@pytest.mark.parametrize("named", [{}, {"ck": "ck_%(table_name)s_%(constraint_name)s"}])
def test_a_text_is_no_number(named: dict[str, str]) -> None:
    """Pins that SQLite refuses the kit's poison in a column of numbers, as other databases do and
    with their error, and takes all that they take."""
    needs("sql")
    from sqlalchemy import BigInteger, Column, Integer, MetaData, Numeric, String, Table
    from sqlalchemy import text as sql
    from sqlalchemy.exc import DataError, IntegrityError
    from sqlalchemy.schema import CreateTable

    from implementations.adapting.databases import Database, sqlite_engine

    table = Table(
        "t",
        MetaData(naming_convention=named),
        Column("id", Integer, primary_key=True),
        Column("order", BigInteger, unique=True),
        Column("price", Numeric),
        Column("name", String),
    )
    for _ in range(2):  # the tables may be made again
        database = Database(sqlite_engine(), table.metadata)
    insert = sql('INSERT INTO t (id, "order", price, name) VALUES (:i, :o, :p, :n)')

    def taken(i: Any = None, o: Any = None, p: Any = None, n: Any = UNREADABLE) -> None:
        with database.engine.begin() as connection:
            connection.execute(insert, {"i": i, "o": o, "p": p, "n": n})

    for right in ({"o": 1, "p": 1.5}, {"o": "2", "p": "1.5"}, {"i": "10"}):
        taken(**right)
    for wrong in ("i", "o", "p"):
        with pytest.raises(DataError):
            taken(**{wrong: UNREADABLE})
    with pytest.raises(IntegrityError):
        taken(o=1)
    stored = [(row.id, row.order) for row in database.rows(table)]
    assert stored == [(1, 1), (2, 2), (10, None)]
    other = import_module("sqlalchemy.dialects.postgresql").dialect()
    assert "saga" not in str(CreateTable(table).compile(dialect=other))
