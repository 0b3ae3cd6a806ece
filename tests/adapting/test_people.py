"""What people do between the steps of a saga, and what a saga does not take."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from implementations.adapting.people import People, refused_on


def test_people_do_each_thing_by_its_name() -> None:
    """Pins that what is given twice is done twice, and in which order the names are told."""
    done: list[str] = []

    def pay(order: str) -> None:
        done.append(f"{order} is paid")

    def retry(order: str) -> None:
        done.append(f"{order} is paid at last")

    people = People(pay, retry, retry)
    assert people.actions() == ["pay", "retry", "retry 2"]
    for name in people.actions():
        people.act(name, "o1")
    assert done == ["o1 is paid", "o1 is paid at last", "o1 is paid at last"]


def test_two_things_of_one_name_are_both_done() -> None:
    """Pins that none of two different functions takes the place of the other."""
    done: list[int] = []
    people = People(_ship(done, 1), _ship(done, 2))
    for name in people.actions():
        people.act(name, "o1")
    assert done == [1, 2]


def _ship(done: list[int], number: int) -> Callable[[str], None]:
    def ship(order: str) -> None:
        done.append(number)

    return ship


def test_what_cannot_be_done_yet_is_an_error() -> None:
    """Pins that the world hears of it: it tries again what has failed."""

    def pay(order: str) -> None:
        raise LookupError("no bill yet")

    with pytest.raises(LookupError):
        People(pay).act("pay", "o1")


def test_an_error_that_says_no_is_a_refusal() -> None:
    """Pins that only the errors named are refusals: from any other the customer knows nothing."""

    @refused_on(ValueError, LookupError)
    def cancel(order: str, why: type[Exception] | None = None) -> str:
        if why is not None:
            raise why(order)
        return order

    assert cancel("o1") is None
    assert cancel("o1", why=KeyError) == "refused"
    assert cancel("o1", ValueError) == "refused"
    with pytest.raises(TimeoutError):
        cancel("o1", TimeoutError)
