"""Where a connection of Django's pauses: before and after what it commits, and at a lock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from attrs import define
from django.db.utils import OperationalError

from implementations.adapting.django.connections import OfEachHandler
from implementations.contract import World

T = TypeVar("T")


class CommitFailed(OperationalError, ConnectionError):  # type: ignore[misc]
    """Nothing was committed; the next attempt may succeed."""


class CommitUnanswered(OperationalError, TimeoutError):  # type: ignore[misc]
    """It was committed, and the answer is lost."""


@define
class Run:
    """Whose handlers are under way; nobody's while tables are made and emptied."""

    world: World | None = None
    commits: int = 0
    """How many there were: as long as it stays the same, there is nothing new to see."""
    where: object = None
    """The databases in force, where there are several places to have them."""
    handlers: OfEachHandler | None = None

    def others(self, connection: Any) -> bool:
        """Whether somebody else is under way, whose locks this connection may meet."""
        return self.handlers is not None and self.handlers.besides(connection)


#: The one of this process, as Django has one set of connections for a process.
RUN = Run()


@contextmanager
def committing(connection: Any) -> Iterator[None]:
    """Pause before and after; whoever is killed before has committed nothing."""
    world, alias = RUN.world, connection.alias
    if world is None:
        yield
        RUN.commits += 1
        return
    what = "commit" if alias == "default" else f"{alias} commit"
    try:
        world.checkpoint(what, may_fail=True)
    except ConnectionError as error:
        raise CommitFailed(str(error)) from error
    except BaseException:
        connection.give_up()
        raise
    yield
    RUN.commits += 1
    try:
        world.done(what)
    except TimeoutError as error:
        raise CommitUnanswered(str(error)) from error


def until_free(
    connection: Any,
    attempt: Callable[[], T],
    waits: bool = True,
    again: Callable[[], object] = lambda: None,
) -> T:
    """Attempt it until nobody under way holds the lock that it takes; once, unless it `waits`.

    `again()` takes back what an attempt has left behind. Where nobody will let go, the error is the
    one that the database has for a deadlock.
    """
    while True:
        try:
            return attempt()
        except OperationalError as error:
            world = RUN.world
            if not (waits and world and connection.is_wait(error.__cause__ or error)):
                raise
            if not _others_have_moved(connection, world):
                raise connection.deadlock(error)  # noqa: B904  (it has a cause of its own)
        again()


def _others_have_moved(connection: Any, world: World) -> bool:
    if RUN.handlers and RUN.handlers.settle():  # it was one that had died
        return True
    try:
        return bool(world.blocked(f"a lock in {connection.alias}"))
    except BaseException:
        connection.give_up()
        raise
