"""Gateway, carrier and warehouse answer as the real ones document it."""

from __future__ import annotations

import pytest

from model.ledger import Effect
from model.vocabulary import Line, Order
from properties.world.doubles import Carrier, Gateway, Keys, Warehouse, done, order_id, refusal

ORDER = Order("o1", (Line("pen", 1, 50), Line("book", 1, 500), Line("book", 1, 500)))


class Books:
    """What the doubles have posted and said."""

    def __init__(self) -> None:
        self.entries: list[tuple[Effect, str, int, str, str, str]] = []
        self.reasons: list[tuple[str, str]] = []
        self.gateway = Gateway(self.post, self.reason)
        self.carrier = Carrier(self.post, self.reason, {"o1": ORDER})
        self.warehouse = Warehouse(self.post, self.reason, {"book": 3})

    def post(self, *entry: object) -> None:
        """Take an entry."""
        effect, order, quantity, unit, ref, key = entry
        assert isinstance(effect, Effect)
        assert isinstance(quantity, int)
        self.entries.append((effect, str(order), quantity, str(unit), str(ref), str(key)))

    def reason(self, order: str, why: str) -> None:
        """Take a business reason."""
        self.reasons.append((order, why))

    @property
    def effects(self) -> list[tuple[str, int]]:
        """Effects and quantities, in order."""
        return [(str(effect), quantity) for effect, _, quantity, *_ in self.entries]


@pytest.fixture
def books() -> Books:
    """Doubles with nothing done yet."""
    return Books()


def test_the_same_key_gets_the_same_answer(books: Books) -> None:
    """Pins that a charge repeated under its key is answered again and done once."""
    first = books.gateway.charge("o1", 100, "EUR", "k")
    assert first["status"] == "done"
    assert books.gateway.charge("o1", 100, "EUR", "k") == first
    assert books.entries == [(Effect.CHARGE, "o1", 100, "EUR", first["id"], "k")]


def test_without_a_key_everything_is_done_again(books: Books) -> None:
    """Pins that no key protects from nothing: two charges, two ids."""
    ids = {books.gateway.charge("o1", 100, "EUR", None)["id"] for _ in range(2)}
    assert len(ids) == 2
    assert books.effects == [("charge", 100)] * 2


def test_a_decline_is_stored_too(books: Books) -> None:
    """Pins that a declined key stays declined, and that the reason is given once."""
    declined = books.gateway.decline("charge", "o1", 100, "EUR", "k")
    assert declined == refusal("card_declined")
    assert books.gateway.charge("o1", 100, "EUR", "k") == declined
    assert books.entries == []
    assert books.reasons == [("o1", "payment declined")]
    assert books.gateway.charge("o1", 100, "EUR", "k2")["status"] == "done"


@pytest.mark.parametrize(
    "other", [("o2", 100, "EUR"), ("o1", 101, "EUR"), ("o1", 100, "USD")], ids=str
)
def test_the_same_key_with_other_parameters_is_an_error(
    books: Books, other: tuple[str, int, str]
) -> None:
    """Pins that a key is bound to order, amount and currency, declined or not."""
    books.gateway.charge("o1", 100, "EUR", "k")
    books.gateway.decline("charge", "o1", 100, "EUR", "d")
    for key in ("k", "d"):
        with pytest.raises(ValueError, match="was used with"):
            books.gateway.charge(*other, key)
    assert books.effects == [("charge", 100)]


def test_the_same_key_for_another_request_is_an_error(books: Books) -> None:
    """Pins that one key for charge and refund is found out."""
    charge = books.gateway.charge("o1", 100, "EUR", "k")
    with pytest.raises(ValueError, match="was used with"):
        books.gateway.refund(charge["id"], 100, "k")


def test_answers_are_given_by_value(books: Books) -> None:
    """Pins that a target that changes its answer does not change what is stored."""
    books.gateway.charge("o1", 100, "EUR", "k")["status"] = "refused"
    assert books.gateway.charge("o1", 100, "EUR", "k")["status"] == "done"
    found = books.gateway.keys.lookup("k")
    assert found is not None
    found["status"] = "refused"
    assert books.gateway.keys.lookup("k") != found


def test_lookup_tells_done_refused_and_never_heard_of(books: Books) -> None:
    """Pins the three answers that a caller who got none can find."""
    charge = books.gateway.charge("o1", 100, "EUR", "k")
    books.gateway.decline("charge", "o1", 100, "EUR", "d")
    assert books.gateway.keys.lookup("k") == charge
    assert books.gateway.keys.lookup("d") == refusal("card_declined")
    assert books.gateway.keys.lookup("unheard") is None


def test_more_than_was_charged_may_be_refunded_and_is_recorded(books: Books) -> None:
    """Pins that the double lets an over-refund pass, or MONEY-2 could never be seen."""
    charge = books.gateway.charge("o1", 100, "EUR", "k")
    assert books.gateway.refund(charge["id"], 80, "r1")["status"] == "done"
    assert books.gateway.refund(charge["id"], 80, "r2")["status"] == "done"
    assert books.effects == [("charge", 100), ("refund", 80), ("refund", 80)]


def test_a_refund_without_an_amount_is_of_all(books: Books) -> None:
    """Pins that None stands for the whole charge, in the charge's currency."""
    charge = books.gateway.charge("o1", 100, "CHF", "k")
    refund = books.gateway.refund(charge["id"], None, "r")
    assert books.entries[-1] == (Effect.REFUND, "o1", 100, "CHF", refund["id"], "r")


def test_a_refund_of_an_unknown_charge_is_refused_for_good(books: Books) -> None:
    """Pins that refunding nothing moves nothing."""
    answer = books.gateway.refund("ch_unknown", 100, "r")
    assert answer["status"] == "refused"
    assert books.gateway.refund("ch_unknown", 100, "r") == answer
    assert books.entries == []


def test_a_capture_takes_what_is_on_hold(books: Books) -> None:
    """Pins that capture ends the hold and charges, so that nothing stays on hold."""
    books.gateway.authorise("o1", 100, "EUR", "a")
    capture = books.gateway.capture("o1", 90, "EUR", "c")
    assert books.effects == [("authorise", 100), ("void", 100), ("charge", 90)]
    assert books.gateway.capture("o1", 90, "EUR", "c") == capture
    assert books.gateway.on_hold == {}


def test_nothing_can_be_captured_twice_or_from_nothing(books: Books) -> None:
    """Pins that a capture without a live authorisation is refused."""
    assert books.gateway.capture("o1", 100, "EUR", "c0")["status"] == "refused"
    books.gateway.authorise("o1", 100, "EUR", "a")
    assert books.gateway.capture("o1", 100, "EUR", "c1")["status"] == "done"
    assert books.gateway.capture("o1", 100, "EUR", "c2")["status"] == "refused"


def test_a_void_lets_go_once(books: Books) -> None:
    """Pins that a hold is let go, that the same key says so again, and another one is refused."""
    held = books.gateway.authorise("o1", 100, "EUR", "a")
    answer = books.gateway.void(held["id"], "v")
    assert answer["status"] == "done"
    assert books.gateway.void(held["id"], "v") == answer
    assert books.gateway.void(held["id"], "v2")["status"] == "refused"
    assert books.gateway.void("unknown", None)["status"] == "refused"
    assert books.effects == [("authorise", 100), ("void", 100)]


def test_charge_ids_do_not_depend_on_other_orders(books: Books) -> None:
    """Pins that an order's ids are the same whether or not another order comes first."""
    books.gateway.charge("o2", 1, "EUR", None)
    mixed = books.gateway.charge("o1", 1, "EUR", None)["id"]
    assert Books().gateway.charge("o1", 1, "EUR", None)["id"] == mixed


def test_a_parcel_holds_the_lines_or_the_whole_order(books: Books) -> None:
    """Pins that pieces are added up per SKU, one entry each, all of one parcel."""
    books.carrier.create_shipment("o1", [{"sku": "book", "quantity": 2}], "k1")
    assert books.effects == [("ship", 2)]
    answer = books.carrier.create_shipment("o1", None, "k2")
    assert [entry[2:] for entry in books.entries[1:]] == [
        (2, "book", answer["id"], "k2"),
        (1, "pen", answer["id"], "k2"),
    ]


def test_a_parcel_is_booked_once_per_key(books: Books) -> None:
    """Pins that the carrier keeps its answers like the gateway."""
    answer = books.carrier.create_shipment("o1", None, "k")
    assert books.carrier.create_shipment("o1", None, "k") == answer
    assert books.carrier.keys.lookup("k") == answer
    assert books.carrier.keys.lookup("other") is None
    assert len(books.carrier.parcels) == 1
    with pytest.raises(ValueError, match="was used with"):
        books.carrier.create_shipment("o1", [{"sku": "pen", "quantity": 9}], "k")


def test_a_refused_parcel_stays_refused(books: Books) -> None:
    """Pins that the carrier's refusal is stored under its key and is a business reason."""
    refused = books.carrier.refuse("o1", None, "k")
    assert books.carrier.create_shipment("o1", None, "k") == refused
    assert books.reasons == [("o1", "carrier refused")]
    assert books.entries == []


def test_a_parcel_is_recalled_once(books: Books) -> None:
    """Pins that a recall takes back every piece, and that a second one is refused."""
    parcel = books.carrier.create_shipment("o1", None, "k")["id"]
    answer = books.carrier.cancel(parcel, "c")
    assert books.carrier.cancel(parcel, "c") == answer
    assert books.carrier.cancel(parcel, "c2")["status"] == "refused"
    assert books.carrier.cancel("unknown", "c3")["status"] == "refused"
    assert books.effects == [("ship", 2), ("ship", 1), ("recall", 2), ("recall", 1)]


def test_the_warehouse_reserves_while_it_can(books: Books) -> None:
    """Pins that pieces leave the shelf, and that a lack of them is refused and a reason."""
    assert books.warehouse.reserve("o1", "book", 2, "k")["status"] == "done"
    assert books.warehouse.reserve("o1", "book", 2, "k")["status"] == "done"
    assert books.warehouse.available == {"book": 1}
    assert books.warehouse.reserve("o2", "book", 2, "k2") == refusal("out_of_stock")
    assert books.warehouse.reserve("o2", "unknown", 1, None) == refusal("out_of_stock")
    assert books.reasons == [("o2", "short stock")] * 2
    assert books.effects == [("reserve", 2)]


def test_out_of_stock_stays_the_answer_of_its_key(books: Books) -> None:
    """Pins that the answer of a key does not change when stock comes back."""
    books.warehouse.reserve("o1", "book", 3, "k1")
    refused = books.warehouse.reserve("o2", "book", 1, "k2")
    books.warehouse.release("o1", "book", 3, "r")
    assert books.warehouse.reserve("o2", "book", 1, "k2") == refused
    assert books.warehouse.reserve("o2", "book", 1, "k3")["status"] == "done"


def test_a_release_puts_back_once_per_key(books: Books) -> None:
    """Pins that the warehouse records a release of too much, as STOCK-2 wants to see it."""
    books.warehouse.reserve("o1", "book", 1, "k")
    for key in ("r", "r", "r2"):
        books.warehouse.release("o1", "book", 1, key)
    assert books.warehouse.available == {"book": 4}
    assert books.effects == [("reserve", 1), ("release", 1), ("release", 1)]


def test_an_order_is_known_by_its_id_or_as_a_whole() -> None:
    """Pins that ports take what place_order was given as well as an id."""
    assert order_id(ORDER.as_dict()) == order_id("o1") == "o1"


def test_keys_know_what_they_have() -> None:
    """Pins that only a key with an answer is settled; no key never is."""
    keys = Keys()
    keys.keep("k", (), done("x"))
    keys.keep(None, (), done("y"))
    assert keys.known("k")
    assert not keys.known("other")
    assert not keys.known(None)
    assert keys.replay(None, ()) is None
