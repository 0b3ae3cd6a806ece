"""What Django does in a run on PostgreSQL, and nowhere else: locks of rows, keys and names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from properties.world.stepping import GreenletStepper, Operation, stop_here
from tests.needs import needs

needs("django", "postgresql")

from django.conf import settings  # noqa: E402
from django.db import (  # noqa: E402
    IntegrityError,
    InternalError,
    OperationalError,
    connection,
    transaction,
)
from psycopg import IsolationLevel, errors  # noqa: E402

from implementations.adapting.django import DjangoDatabase  # noqa: E402
from tests.adapting.django_runs import (  # noqa: E402
    ADAPTER,
    GOODS,
    World,
    at,
    change,
    pieces,
    run_on,
    to_the_end,
    to_the_end_of,
)

COMMIT = ["before commit", "after commit", "returned None"]
WAITS = "wait for a lock in default"


@pytest.fixture
def world() -> Iterator[World]:
    """A run that has begun, with one book and one pen on the shelf."""
    with run_on(ADAPTER.database(ADAPTER.POSTGRESQL), "book", "pen") as world:
        yield world


def pause() -> Any:
    """A port in the middle of a transaction."""
    return stop_here(Operation("pause", lambda: None))


def sell(*skus: str) -> None:
    """One transaction that changes one row after the other, and stops in between."""
    with transaction.atomic():
        for sku in skus:
            if sku != skus[0]:
                pause()
            GOODS.objects.filter(sku=sku).update(pieces=0)


def ask(statement: str) -> Any:
    """A statement as it is."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone() if cursor.description else None


def in_transaction(*steps: Callable[[], Any]) -> None:
    """One transaction that does this."""
    with transaction.atomic():
        for step in steps:
            step()


def test_the_database_is_none_of_the_user(world: World) -> None:
    """Pins that it is made beside the one that is named."""
    assert ask("SELECT current_database()")[0].startswith("saga_django_")


def test_different_rows_are_nobody_elses(world: World) -> None:
    """Pins that who has changed one row is waited for only there."""
    first, second = GreenletStepper(sell, "book"), GreenletStepper(sell, "pen")
    assert at(first.start()) == "before commit"
    assert [at(second.start()), *to_the_end(second)] == COMMIT
    assert to_the_end(first) == COMMIT[1:]


def test_a_deadlock_is_an_error_of_one_of_the_two(world: World) -> None:
    """Pins that it comes when all wait, as the server's own error, and that the other goes on."""
    first, second = GreenletStepper(sell, "book", "pen"), GreenletStepper(sell, "pen", "book")
    assert [at(each.start()) for each in (first, second)] == ["pause", "pause"]
    assert [at(each.resume(None)) for each in (first, second)] == [WAITS, WAITS]
    with pytest.raises(OperationalError, match="deadlock") as caught:
        second.resume(False)
    assert isinstance(caught.value.__cause__, errors.DeadlockDetected)
    assert to_the_end(first) == COMMIT
    assert pieces() == 0


def test_after_a_deadlock_the_transaction_is_lost(world: World) -> None:
    """Pins that who goes on all the same is told so, as in production."""

    def stubborn() -> None:
        with transaction.atomic():
            try:
                GOODS.objects.filter(sku="book").update(pieces=9)
            except OperationalError:
                GOODS.objects.filter(sku="pen").update(pieces=9)

    first, second = GreenletStepper(sell, "book"), GreenletStepper(stubborn)
    first.start()
    assert at(second.start()) == WAITS
    with pytest.raises(InternalError, match="aborted"):
        second.resume(False)


def test_a_serialisation_failure_is_an_error_and_no_wait(world: World) -> None:
    """Pins that a row which was changed meanwhile is not waited for once more."""
    isolated = partial(ask, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    stepper = GreenletStepper(in_transaction, isolated, pieces, pause, lambda: change(8))
    assert at(stepper.start()) == "pause"
    to_the_end_of(GreenletStepper(change, 7))
    with pytest.raises(OperationalError, match="could not serialize"):
        stepper.resume(None)
    assert pieces() == 7


@pytest.mark.parametrize("end", ["commits", "is killed"])
def test_a_key_that_somebody_has_inserted_is_waited_for(world: World, end: str) -> None:
    """Pins that a second one is a copy if the first one commits, and new if it does not."""
    insert = partial(GOODS.objects.create, sku="mug", pieces=2)
    first, second = (GreenletStepper(in_transaction, insert) for _ in range(2))
    assert at(first.start()) == "before commit"
    assert at(second.start()) == WAITS
    if end == "commits":
        to_the_end(first)
        with pytest.raises(IntegrityError):
            second.resume(True)
    else:
        with pytest.raises(KeyboardInterrupt):
            first.throw(KeyboardInterrupt())
        assert to_the_end(second) == COMMIT


def test_what_is_checked_at_the_commit_waits_there(world: World) -> None:
    """Pins that a foreign key, which Django has checked last, finds a row that somebody is about to
    delete, and that nothing is committed then."""
    delete = partial(ask, "DELETE FROM shelf_goods WHERE sku = 'pen'")
    hold = partial(ADAPTER.Held.objects.create, order="o1", goods_id="pen", pieces=1)
    first, second = (GreenletStepper(in_transaction, each) for each in (delete, hold))
    assert [at(each.start()) for each in (first, second)] == ["before commit"] * 2
    assert at(second.resume(None)) == WAITS
    assert at(second.resume(True)) == WAITS
    to_the_end(first)
    with pytest.raises(IntegrityError):
        second.resume(True)
    assert not ADAPTER.Held.objects.exists()


def test_a_lock_by_name_ends_with_its_handler(world: World) -> None:
    """Pins that an advisory lock is waited for, and that of whoever died is free."""
    lock = partial(ask, "SELECT pg_advisory_lock(1)")
    first, second = (GreenletStepper(in_transaction, lock, pause) for _ in range(2))
    assert at(first.start()) == "pause"
    assert at(second.start()) == WAITS
    with pytest.raises(KeyboardInterrupt):
        first.throw(KeyboardInterrupt())
    assert at(second.resume(True)) == "pause"


def test_rows_that_are_fetched_one_by_one_are_waited_for(world: World) -> None:
    """Pins that a lock is met where it can be waited for, with `iterator` too."""

    def handler() -> int:
        with transaction.atomic():
            return sum(row.pieces for row in GOODS.objects.select_for_update().iterator())

    first, second = GreenletStepper(change, 7), GreenletStepper(handler)
    assert [at(each.start()) for each in (first, second)] == ["before commit", WAITS]
    to_the_end(first)
    assert at(second.resume(True)) == "returned 8"


def test_a_limit_of_the_services_own_hangs_nobody(world: World) -> None:
    """Pins that a service which would wait for ever lets others go first all the same."""
    first = GreenletStepper(change, 7)
    patient = partial(ask, "SET lock_timeout = 0")
    second = GreenletStepper(lambda: [patient(), GOODS.objects.update(pieces=3)])
    assert [at(each.start()) for each in (first, second)] == ["before commit"] * 2
    assert at(second.resume(None)) == WAITS


def test_a_function_that_changes_something_is_seen(world: World) -> None:
    """Pins that its transaction has a commit to crash at, although it only selects."""
    ask("CREATE FUNCTION sold() RETURNS void LANGUAGE sql AS 'UPDATE shelf_goods SET pieces = 0'")
    try:
        stepper = GreenletStepper(in_transaction, partial(ask, "SELECT sold()"))
        assert to_the_end_of(stepper) == COMMIT
        assert pieces() == 0
    finally:
        ask("DROP FUNCTION sold")


def test_no_vacuum_locks_a_table(world: World) -> None:
    """Pins that what comes by the clock does not make one run differ from the next."""
    assert ask(
        "SELECT bool_and('vacuum_truncate=off' = ANY (coalesce(reloptions, '{}'))) FROM pg_class "
        "WHERE relname IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public')"
    ) == (True,)


def test_tables_with_triggers_are_emptied_too(world: World) -> None:
    """Pins that deleting rows, which is quick, is left where more comes of it."""
    from django.core.management.color import no_style

    def emptied() -> list[str]:
        ops = type(connection.ops)(connection)
        return list(ops.sql_flush(no_style(), ["shelf_held"], reset_sequences=True))

    ask(
        "CREATE TRIGGER noted AFTER DELETE ON shelf_held FOR EACH STATEMENT "
        "EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    )
    try:
        (with_trigger,) = emptied()
    finally:
        ask("DROP TRIGGER noted ON shelf_held")
    (without,) = emptied()
    assert with_trigger.startswith('TRUNCATE "shelf_held" CASCADE; SELECT setval(')
    assert without.startswith('DELETE FROM "shelf_held"; SELECT setval(')


@pytest.fixture(scope="module")
def serializable() -> Any:
    """Databases that Django's settings name: one of them a replica, and both isolated well."""
    named = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "test",
        "USER": "postgres",
        "HOST": "127.0.0.1",
        "OPTIONS": {"isolation_level": IsolationLevel.SERIALIZABLE},
    }
    databases = {"default": named, "replica": {**named, "TEST": {"MIRROR": "default"}}}
    return DjangoDatabase(*settings.INSTALLED_APPS, DATABASES=databases)


def test_a_commit_may_not_be_serialisable(serializable: Any) -> None:
    """Pins that two who have read what the other one changes cannot both commit, that it is an
    error of the second one's, and that it can be tried again."""

    def sell_if_both_are_there(sku: str) -> None:
        with transaction.atomic():
            if GOODS.objects.filter(pieces=1).count() == 2:
                GOODS.objects.filter(sku=sku).update(pieces=0)

    with run_on(serializable, "book", "pen"):
        first, second = (GreenletStepper(sell_if_both_are_there, sku) for sku in ("book", "pen"))
        assert [at(each.start()) for each in (first, second)] == ["before commit"] * 2
        to_the_end(first)
        with pytest.raises(OperationalError, match="could not serialize"):
            second.resume(None)
        assert at(GreenletStepper(sell_if_both_are_there, "pen").start()) == "returned None"


def test_a_replica_shows_what_is_committed(serializable: Any) -> None:
    """Pins that it is another connection to the same database."""
    with run_on(serializable, "book"):
        stepper = GreenletStepper(change, 7)
        stepper.start()
        replica = GOODS.objects.using("replica")
        assert replica.get().pieces == 1
        to_the_end(stepper)
        assert replica.get().pieces == 7
