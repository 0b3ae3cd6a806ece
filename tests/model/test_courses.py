"""Orders followed entry by entry: what leaves the model's ledger, and what does not."""

from __future__ import annotations

import pytest

from model.courses import Courses, courses
from model.history import History, Sight
from model.ledger import Effect, Entry
from model.vocabulary import Line, Order

ORDER = Order("o1", (Line("book", 2, 500), Line("pen", 1, 100)))
#: An effect, how many (or how much) of what, in which parcel.
Told = tuple[str, int, str, str]

CHARGE, REFUND = ("charge", 1100, "EUR", ""), ("refund", 1100, "EUR", "")
BOOKS, PEN = ("reserve", 2, "book", ""), ("reserve", 1, "pen", "")
BOOKS_BACK, PEN_BACK = ("release", 2, "book", ""), ("release", 1, "pen", "")
SHIP = [("ship", 2, "book", "p1"), ("ship", 1, "pen", "p1")]


def followed(*told: Told, sight: Sight | None = None) -> Courses:
    """The ledger of one order against that of the model."""
    history = History({}, sight or Sight())
    saga, compared = history.saga(ORDER), courses(history.sight)
    for step, each in enumerate(told, start=1):
        _tell(compared, history, step, each)
    assert saga.balance is history.ledger.balance("o1")
    return compared


def _tell(compared: Courses, history: History, step: int, told: Told) -> None:
    what, quantity, unit, parcel = told
    entry = Entry(step, "o1", Effect(what), quantity, unit, parcel)
    history.ledger.post(entry)
    compared.entered(history.sagas["o1"], entry)


LAWFUL = {
    "confirmed": [CHARGE, BOOKS, PEN, *SHIP],
    "pieces one by one": [CHARGE, ("reserve", 1, "book", ""), PEN, ("reserve", 1, "book", "")],
    "out of stock": [CHARGE, REFUND],
    "undone": [CHARGE, BOOKS, PEN, REFUND, PEN_BACK, BOOKS_BACK],
    "a part reserved and given back": [CHARGE, BOOKS, BOOKS_BACK, REFUND],
    "refunded in parts": [CHARGE, ("refund", 100, "EUR", ""), ("refund", 1000, "EUR", "")],
    "authorised: another way to pay": [("authorise", 1100, "EUR", ""), BOOKS, PEN, *SHIP, CHARGE],
    "recalled: beyond the model": [
        *(CHARGE, BOOKS, PEN, *SHIP),
        *(("recall", 2, "book", "p1"), BOOKS_BACK, REFUND),
    ],
}


@pytest.mark.parametrize("told", LAWFUL.values(), ids=LAWFUL.keys())
def test_what_the_model_does_or_has_no_letter_for_is_no_departure(told: list[Told]) -> None:
    """Several SKUs, parts and other ways to pay are not taken for another course."""
    compared = followed(*told)
    assert compared.departure is compared.turn is None


TURNED = {
    "reserved first": ([BOOKS, PEN, CHARGE, *SHIP], "reserve after nothing"),
    "paid last": ([BOOKS, PEN, *SHIP, CHARGE], "reserve after nothing"),
    "refunded, and sent all the same": (
        [CHARGE, BOOKS, PEN, REFUND, *SHIP],
        "ship after charge, reserve, refund",
    ),
}


@pytest.mark.parametrize(("told", "text"), TURNED.values(), ids=TURNED.keys())
def test_another_turn_of_steps_is_told_apart(told: list[Told], text: str) -> None:
    """Where each ledger by itself does as in the model, that is all there is to say."""
    compared = followed(*told)
    assert compared.departure is None
    assert str(compared.turn) == text


UNLAWFUL = {
    "charged twice": ([CHARGE, CHARGE], "charge after charge"),
    "charged after a refund": ([CHARGE, REFUND, CHARGE], "charge after charge, refund"),
    "refund of nothing": ([REFUND], "refund after nothing"),
    "refunded twice": ([CHARGE, REFUND, REFUND], "refund after charge, refund"),
    "reserved twice": ([CHARGE, BOOKS, PEN, PEN], "reserve after charge, reserve"),
    "released unreserved": ([CHARGE, PEN_BACK], "release after charge"),
    "two parcels": (
        [CHARGE, BOOKS, PEN, *SHIP, ("ship", 1, "pen", "p2")],
        "ship after charge, reserve, ship",
    ),
    "in a target that reserves first": (
        [BOOKS, PEN, CHARGE, CHARGE],
        "charge after reserve, charge",
    ),
}


@pytest.mark.parametrize(("told", "text"), UNLAWFUL.values(), ids=UNLAWFUL.keys())
def test_what_the_model_never_does_is_told(told: list[Told], text: str) -> None:
    """The first step that leaves the automaton, with what the model would have allowed there."""
    departure = followed(*told).departure
    assert departure is not None
    assert str(departure) == text
    assert departure.did not in departure.allowed
    assert told[departure.step - 1][0] == departure.did


def test_only_the_first_departure_counts() -> None:
    """After it there is nothing to compare with."""
    departure = followed(CHARGE, CHARGE, REFUND, REFUND, REFUND).departure
    assert departure is not None
    assert (departure.step, departure.allowed) == (2, ("refund", "reserve"))


def test_who_shows_no_stock_is_compared_without_it() -> None:
    """What cannot be seen is not missed."""
    told = [CHARGE, *SHIP]
    assert followed(*told).turn is not None
    assert followed(*told, sight=Sight(stock=False)).turn is None
