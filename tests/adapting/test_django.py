"""Django in a run: a connection for each handler, and SQLite that behaves as a server does, so that
both databases pass the same tests. What only a server does is in test_django_postgresql.py."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from implementations.errors import TargetError
from properties.world.stepping import GreenletStepper
from tests.needs import needs

needs("django")

from django.db import IntegrityError, OperationalError, connection, transaction  # noqa: E402

from tests.adapting.django_runs import (  # noqa: E402
    ADAPTER,
    GOODS,
    World,
    at,
    change,
    pieces,
    run_on,
    to_the_end,
)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Any:
    """Each database."""
    if request.param == "sqlite":
        return ADAPTER.database()
    needs("postgresql")
    return ADAPTER.database(ADAPTER.POSTGRESQL)


@pytest.fixture
def world(database: Any) -> Iterator[World]:
    """A run that has begun, with one book on the shelf."""
    with run_on(database, "book") as world:
        yield world


def test_a_handler_pauses_before_and_after_its_commit(world: World) -> None:
    """Pins that what is not committed is nobody else's, and what is done on commit comes after."""
    told: list[str] = []
    handler = GreenletStepper(change, 7, lambda: transaction.on_commit(lambda: told.append("on")))
    assert at(handler.start()) == "before commit"
    assert (pieces(), told) == (1, [])
    assert at(handler.resume(None)) == "after commit"
    assert (pieces(), told) == (7, [])
    assert at(handler.resume(None)) == "returned None"
    assert told == ["on"]


def test_a_change_outside_of_a_transaction_commits_too(world: World) -> None:
    """Pins that Django's default, where each statement commits, has places to crash at too."""
    handler = GreenletStepper(lambda: GOODS.objects.create(sku="pen", pieces=2).pk)
    assert [at(handler.start()), *to_the_end(handler)] == [
        "before commit",
        "after commit",
        "returned pen",
    ]


@pytest.mark.parametrize("wait", [0, 1])
def test_a_crash_at_a_commit(world: World, wait: int) -> None:
    """Pins that before it all is lost, that after it all is kept, that what was to be done on
    commit is lost either way, and that no lock outlives the handler."""
    told: list[str] = []
    handler = GreenletStepper(change, 7, lambda: transaction.on_commit(lambda: told.append("on")))
    handler.start()
    for _ in range(wait):
        handler.resume(None)
    with pytest.raises(KeyboardInterrupt):
        handler.throw(KeyboardInterrupt())
    assert (pieces(), told) == ((1, 7)[wait], [])
    other = GreenletStepper(change, 9)
    assert [at(other.start()), *to_the_end(other)][:2] == ["before commit", "after commit"]
    assert pieces() == 9


@pytest.mark.parametrize(("port", "error", "left"), [(0, ConnectionError, 1), (1, TimeoutError, 7)])
def test_a_commit_that_fails(world: World, port: int, error: type[Exception], left: int) -> None:
    """Pins that it is an error of the database's, as Django has it, and what has come of it."""

    def handler() -> str:
        try:
            change(7)
        except OperationalError as failed:
            return f"{isinstance(failed, error)}, in a transaction: {connection.in_atomic_block}"
        return "no error"

    stepper = GreenletStepper(handler)
    stepper.start()
    if port:
        stepper.resume(None)
    assert at(stepper.throw(error("no answer"))) == "returned True, in a transaction: False"
    assert pieces() == left


def test_two_handlers_have_a_transaction_each(world: World) -> None:
    """Pins that the second one waits for the lock, and for nothing else."""
    first, second = GreenletStepper(change, 7), GreenletStepper(change, 9)
    assert at(first.start()) == "before commit"
    assert at(second.start()) == "wait for a lock in default"
    assert at(second.resume(True)) == "wait for a lock in default"
    to_the_end(first)
    assert pieces() == 7
    assert to_the_end(second) == ["before commit", "after commit", "returned None"]
    assert pieces() == 9


def test_who_waits_in_vain_gets_the_error_of_the_database(world: World) -> None:
    """Pins what a deadlock is: `world.blocked` says that all others wait as well."""
    first, second = GreenletStepper(change, 7), GreenletStepper(change, 9)
    first.start()
    second.start()
    with pytest.raises(OperationalError, match=r"database is locked|deadlock detected"):
        second.resume(False)
    to_the_end(first)
    assert pieces() == 7


def less(locked: bool) -> int:
    """Take one piece: read, then write."""
    with transaction.atomic():
        rows = GOODS.objects.select_for_update() if locked else GOODS.objects
        book = rows.get(sku="book")
        book.pieces -= 1
        book.save()
        return int(book.pieces)


@pytest.mark.parametrize(("locked", "last"), [(False, 0), (True, -1)])
def test_what_is_read_to_be_changed_is_locked(world: World, locked: bool, last: int) -> None:
    """Pins that an update is lost where the row was not locked, as at READ COMMITTED, and that
    `select_for_update` prevents it, which Django leaves out for SQLite."""
    first, second = GreenletStepper(less, locked), GreenletStepper(less, locked)
    first.start()
    assert at(second.start()) == "wait for a lock in default"
    to_the_end(first)
    to_the_end(second)
    assert pieces() == last


def less_in_an_inner_block() -> None:
    """The row is read in an inner block, before anything is changed."""
    with transaction.atomic():
        with transaction.atomic():
            book = GOODS.objects.get(sku="book")
        book.pieces -= 1
        book.save()


def test_an_inner_block_that_only_reads_locks_nothing(world: World) -> None:
    """Pins that two may have read in it before either writes, as at READ COMMITTED."""
    first, second = (GreenletStepper(less_in_an_inner_block) for _ in range(2))
    first.start()
    assert at(second.start()) == "wait for a lock in default"
    to_the_end(first)
    to_the_end(second)
    assert pieces() == 0


@pytest.mark.parametrize("how", ["nowait", "skip_locked"])
def test_who_will_not_wait_does_not(world: World, how: str) -> None:
    """Pins that a row that somebody has locked is an error at once, or is not there; and that it is
    as ever where nobody has."""

    def handler() -> str:
        with transaction.atomic():
            rows = GOODS.objects.select_for_update(**{how: True}).filter(sku="book")
            try:
                return f"{[row.pieces for row in rows]}"
            except OperationalError as error:
                return str(error).splitlines()[0]

    assert at(GreenletStepper(handler).start()) == "returned [1]"
    first = GreenletStepper(change, 7)
    first.start()
    found = {
        "nowait": (
            "returned database is locked",
            'returned could not obtain lock on row in relation "shelf_goods"',
        ),
        "skip_locked": ("returned []",),
    }
    assert at(GreenletStepper(handler).start()) in found[how]
    to_the_end(first)
    assert at(GreenletStepper(handler).start()) == "returned [7]"


def test_an_inner_block_is_taken_back_alone(world: World) -> None:
    """Pins that savepoints work although the transaction has not begun when the first is made."""

    def handler() -> None:
        with transaction.atomic():
            with transaction.atomic():
                assert pieces() == 1
            try:
                with transaction.atomic():
                    GOODS.objects.create(sku="pen", pieces=1)
                    GOODS.objects.create(sku="pen", pieces=2)
            except IntegrityError:
                GOODS.objects.filter(sku="book").update(pieces=5)

    stepper = GreenletStepper(handler)
    assert at(stepper.start()) == "before commit"
    to_the_end(stepper)
    assert dict(GOODS.objects.values_list("sku", "pieces")) == {"book": 5}


def test_a_transaction_that_only_reads_has_no_commit(world: World) -> None:
    """Pins that there is no place to crash at where nothing would be lost."""

    def handler() -> int:
        with transaction.atomic():
            return pieces()

    assert at(GreenletStepper(handler).start()) == "returned 1"


def test_a_new_run_is_empty_whoever_is_still_paused(database: Any, world: World) -> None:
    """Pins that a handler left in the middle keeps no lock, and that numbers begin anew."""
    paused = GreenletStepper(change, 7)
    assert at(paused.start()) == "before commit"
    for _ in range(2):
        database.fresh(world)
        assert GOODS.objects.count() == 0
        assert ADAPTER.Letter.objects.create(service="till", body={}).pk == 1
    paused.discard()


def test_there_is_one_django_in_a_process() -> None:
    """Pins that whoever comes second is told why, and what to do."""
    module = import_module("implementations.adapting.django")
    with pytest.raises(TargetError, match="Django is configured already") as caught:
        module.DjangoDatabase("django.contrib.auth")
    assert "apps of all services" in caught.value.how_to_fix


def test_other_databases_are_refused() -> None:
    """Pins that nobody gets an error of ours for a server that the pauses know nothing of."""
    module = import_module("implementations.adapting.django")
    mysql = {"default": {"ENGINE": "django.db.backends.mysql"}}
    with pytest.raises(TargetError, match=r"handlers cannot pause in 'django.db.backends.mysql'"):
        module.DjangoDatabase("orders", DATABASES=mysql)


def test_without_django_there_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that a missing package is no traceback, and that an app's own missing module is."""
    module = import_module("implementations.adapting.django.database")

    def missing(name: str) -> Any:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(module.importlib, "import_module", missing)
    with pytest.raises(TargetError, match="Django is not installed"):
        module.DjangoDatabase()
    with pytest.raises(ModuleNotFoundError):
        module._imported("shop")
