"""The search for an explanation: right sagas have one however they show, wrong ones have none."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from attrs import evolve

from model.choreography import TABLE
from model.logs.judgement import Answer
from model.logs.records import View
from model.logs.showing import Showing
from model.table import Table
from model.vocabulary import Status
from tests.model.broken_tables import changed, lost_tombstone, plus, rows, without
from tests.model.logs.judging import Judge
from tests.model.logs.recording import Handlings, Recording, lines, shuffled

ALL = ("consumed", "published", "effects", "state")
GATEWAY = frozenset({"gateway"})

#: What a log may show: its fields, and who is not in it.
VIEWS: dict[str, tuple[tuple[str, ...], frozenset[str]]] = {
    "all": (ALL, frozenset()),
    "all but the gateway": (ALL, GATEWAY),
    "no states": (ALL[:3], frozenset()),
    "no states, no gateway": (ALL[:3], GATEWAY),
    "published events": (("published",), GATEWAY),
    "ledger entries": (("effects",), frozenset()),
    "consumed alone": (("consumed",), GATEWAY),
    "states alone": (("state",), GATEWAY),
    "payment and inventory": (ALL, frozenset({"order", "shipping", "gateway"})),
    "order alone": (ALL, frozenset({"payment", "inventory", "shipping", "gateway"})),
}
#: How many sagas each test runs: the more, the rarer the ways that it gets to see.
SAGAS = 250


def log(
    view: str,
    grain: type[Recording] = Recording,
    seed: int = 1,
    table: Table = TABLE,
    stock: int = 3,
) -> list[dict[str, Any]]:
    """Sagas with faults, as a log that shows so much, the services shuffled."""
    run = grain(Random(seed), table, sagas=SAGAS, stock=stock)
    fields, hidden = VIEWS[view]
    return list(shuffled(list(lines(run.run().happened, fields, hidden)), Random(seed)))


@pytest.mark.parametrize("view", VIEWS)
def test_right_sagas_conform(view: str) -> None:
    """Every saga that ran to its end is explained and settled, whatever the log shows of it."""
    judge = Judge(log(view))
    assert set(judge.answers()) == {Answer.CONFORMS}
    assert len(judge.shapes) > SAGAS / 3  # without an effect there is nothing in a ledger


@pytest.mark.parametrize("view", [view for view, (_, hidden) in VIEWS.items() if hidden])
def test_a_line_may_stand_for_a_handling_with_its_calls(view: str) -> None:
    """A handler that waits for the gateway has one line for several rows, or dies at the call."""
    assert set(Judge(log(view, Handlings)).answers()) == {Answer.CONFORMS}


@pytest.mark.parametrize("view", VIEWS)
def test_a_log_that_breaks_off_is_no_alarm(view: str) -> None:
    """Each service's lines may end anywhere: what is missing may still come."""
    random = Random(7)
    said = log(view)
    lanes: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in said:
        lanes.setdefault((line["saga"], line["service"]), []).append(line)
    cut = [line for lane in lanes.values() for line in lane[: random.randrange(len(lane) + 1)]]
    answers = Judge(cut, Judge(said).explainer.showing.view).answers()
    assert answers[Answer.DIFFERS] == 0
    assert answers[Answer.RUNNING] + answers[Answer.BEHIND] > 0


def test_steps_that_are_taken_first_change_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """To follow a line that can be explained in one way only leaves nothing out."""
    wrong = lost_tombstone("payment")
    for view in ("all but the gateway", "no states"):
        said = [
            *log(view),
            *({**line, "saga": "w" + line["saga"]} for line in log(view, table=wrong)),
        ]
        quick = Judge(said).judgements()
        with monkeypatch.context() as patch:
            patch.setattr(Showing, "only", lambda *_: None)
            slow = Judge(said).judgements()
        assert {s: j.answer for s, j in quick.items()} == {s: j.answer for s, j in slow.items()}
        assert {j.answer for j in quick.values()} >= {Answer.CONFORMS, Answer.DIFFERS}
        assert sum(j.places for j in quick.values()) < sum(j.places for j in slow.values()) / 2


WRONG: dict[str, Table] = {
    "payment charges after a refund": lost_tombstone("payment"),
    "inventory reserves after a release": lost_tombstone("inventory"),
    "shipping ships after a cancel": lost_tombstone("shipping"),
    "a refund is not made": without(*rows("payment", "paid", "payment.refund.requested")),
    "a refund is not told": changed(
        rows("payment", "paid", "payment.refund.requested")[0], emits=()
    ),
    "a rejection does not ask for the refund": changed(
        rows("inventory", "idle", "payment.processed")[1], emits=("inventory.reservation.failed",)
    ),
    "the order fails with the stock still out": changed(
        rows("order", "awaiting", "payment.refunded")[0], to="failed", emits=("order.saga.failed",)
    ),
    "a copy reserves again": plus(
        evolve(rows("inventory", "idle", "payment.processed")[0], state="reserved")
    ),
    "a declined payment goes on": changed(
        rows("payment", "charging", "gateway.declined")[0], emits=("payment.processed",)
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_sagas_are_found(name: str) -> None:
    """Where all is shown, and where neither states nor the gateway are."""
    for view in ("all", "all but the gateway", "no states, no gateway"):
        judges = (Judge(log(view, table=WRONG[name], stock=stock)) for stock in (3, SAGAS))
        assert any(set(judge.answers()) - {Answer.CONFORMS} for judge in judges), view


def test_every_row_is_tried() -> None:
    """The sagas of these tests take every row of the table."""
    assert Recording(Random(1), sagas=SAGAS, stock=3).run().fired == {*TABLE.rows}


def happy(**changes: Any) -> list[dict[str, Any]]:
    """A saga that goes well, line by line; `changes` replace the line of a service."""
    said: dict[str, Any] = {
        "order": {"published": ["order.created"]},
        "payment": {"consumed": "order.created", "published": ["payment.processed"]},
        "inventory": {"consumed": "payment.processed", "published": ["inventory.reserved"]},
        "shipping": {"consumed": "inventory.reserved", "published": ["shipment.created"]},
    } | changes
    last = {"consumed": "shipment.created", "published": ["order.saga.completed"]}
    return [
        *({"saga": "o", "service": service, **line} for service, line in said.items() if line),
        {"saga": "o", "service": "order", **last},
    ]


def test_a_saga_that_goes_well_is_confirmed() -> None:
    """And nothing more is expected of it."""
    judgement = Judge(happy()).judgements()["o"]
    assert (judgement.answer, judgement.status) == (Answer.CONFORMS, Status.CONFIRMED)
    assert judgement.expected == ()
    assert not judgement.compensating


def test_the_longest_explanation_and_what_would_be_right() -> None:
    """A wrong line is where the explanation ends, and the table says what it allows instead."""
    wrong = {"consumed": "payment.processed", "published": ["inventory.released"]}
    judge = Judge(happy(inventory=wrong))
    judgement = judge.judgements()["o"]
    assert judgement.answer is Answer.DIFFERS
    explained = dict(zip(judge.explainer.showing.lanes, judgement.explained, strict=True))
    assert {service: count for (service, _), count in explained.items() if count} == {
        "order": 1,
        "payment": 1,
    }
    assert any("inventory: idle --payment.processed (in stock)" in e for e in judgement.expected)
    assert dict(judgement.states)["payment"] == "paid"


def test_a_service_may_be_behind() -> None:
    """A cause that is not in the log yet explains what follows, as long as it still can come."""
    lines_ = happy(inventory=None)
    view = Judge(happy()).explainer.showing.view
    assert Judge(lines_, view).judgements()["o"].answer is Answer.BEHIND
    assert Judge(lines_).judgements()["o"].answer is Answer.CONFORMS  # it is not seen at all


def test_a_compensation_under_way_is_seen() -> None:
    """The refund is asked for and not made yet."""
    failed = ["inventory.reservation.failed", "payment.refund.requested"]
    said = happy(inventory={"consumed": "payment.processed", "published": failed}, shipping=None)
    judgement = Judge(said[:-1]).judgements()["o"]
    assert judgement.answer is Answer.RUNNING
    assert judgement.compensating
    assert judgement.waits in (
        "payment to handle payment.refund.requested",
        "order to handle inventory.reservation.failed",
    )


def test_the_gateway_may_have_a_ledger_and_no_more() -> None:
    """Its entries are booked by whoever called it, and a second charge is one too many."""
    charge = {"saga": "o", "service": "gateway", "effects": ["charge"]}
    said = [charge, *happy()]
    assert Judge(said).judgements()["o"].answer is Answer.CONFORMS
    view = Judge(said).explainer.showing.view
    assert Judge([charge, *said], view).judgements()["o"].answer is Answer.DIFFERS
    assert Judge(happy(), view).judgements()["o"].answer is Answer.BEHIND


def test_a_handling_may_have_no_line_where_lines_can_be_lost() -> None:
    """A service that died after its commit left its events, and no line of its own."""
    said = [
        {"saga": "o", "service": service, "published": [event]}
        for service, event in (
            ("order", "order.created"),
            ("payment", "payment.processed"),
            ("inventory", "inventory.reserved"),
            ("shipping", "shipment.created"),
            ("order", "order.saga.completed"),
        )
    ]
    handled = [
        {"saga": "o", "service": "payment", "consumed": "order.created"},
        {"saga": "o", "service": "order", "consumed": "shipment.created"},
        {"saga": "p", "service": "inventory", "consumed": "payment.processed"},
        {"saga": "p", "service": "shipping", "consumed": "inventory.reserved"},
    ]
    assert Judge([*said, *handled]).judgements()["o"].answer is not Answer.CONFORMS
    lossy = Judge([*said, *handled], View(lossy=True)).judgements()
    assert lossy["o"].answer is Answer.CONFORMS
