"""The properties that are decided when everything has come to rest.

Quiescence: no message in flight, no outbox waiting, no handler paused, no crashed participant, no
due timer, faults stopped.
"""

from __future__ import annotations

from model.history import History, Saga
from model.ledger import Effect
from model.money import money
from model.vocabulary import Event, Status


def at_quiescence(history: History) -> None:
    """Judge a run that has come to rest."""
    for saga in history.sagas.values():
        if not saga.attempted:
            continue
        _judge_liveness(history, saga)
        _judge_one_story(history, saga)
        _judge_reason(history, saga)
        if history.sight.model_events:
            _judge_ghosts(history, saga)
        if saga.status is None:
            continue
        _judge_money(history, saga)
        _judge_undone(history, saga)
        _judge_terminal_event(history, saga)
        if history.sight.model_events:
            _judge_announcements(history, saga)


def not_quiescent(history: History, order: str, why: str) -> None:
    """LIVE-0: the bound was reached and something still moves. Sources: bug catalogue B77."""
    history.check("LIVE-0")
    history.report("LIVE-0", order, why)


def _judge_liveness(history: History, saga: Saga) -> None:
    """LIVE-1. Sources: bug catalogue B37, B45, B47, B55, B60, B66."""
    if saga.refused or not (saga.placed or saga.status):
        return
    history.check("LIVE-1")
    if saga.status is None:
        history.report("LIVE-1", saga.order.id, "the order was accepted, and observe() lacks it")
    elif not saga.status.final:
        text = "everything is at rest and the order is still open"
        if not saga.placed:
            text += ": it is stored, though whoever placed it was told of an error"
        history.report("LIVE-1", saga.order.id, text)


def _judge_one_story(history: History, saga: Saga) -> None:
    """LIVE-0: status, money, stock and parcel of one order tell the same story."""
    history.check("LIVE-0")
    balance, sight = saga.balance, history.sight
    has_money = sight.money and (balance.money != 0 or balance.authorised != 0)
    stock = sight.stock and balance.keeps_stock
    parcel = sight.parcels and balance.parcels > 0
    holdings = [
        word
        for word, held in (("money", has_money), ("stock", stock), ("a parcel", parcel))
        if held
    ]
    story = ""
    match saga.status:
        case Status.CONFIRMED:
            lacks = []
            if sight.money and balance.money != saga.order.total:
                lacks.append(
                    f"holds {money(balance.money, saga.order.currency)} of "
                    f"{money(saga.order.total, saga.order.currency)}"
                )
            if sight.stock and not balance.holds(saga.wanted):
                lacks.append("has not its stock")
            if sight.parcels and balance.parcels != 1:
                lacks.append(f"has {balance.parcels} parcels")
            if lacks:
                story = "confirmed, but " + " and ".join(lacks)
        case Status.FAILED if any(pieces < 0 for pieces in balance.reserved.values()):
            story = "failed, and more was released for it than was reserved"
        case Status.FAILED if holdings:
            story = "failed, but " + " and ".join(holdings) + " held for it"
        case Status.OPEN:
            story = "never ended" + (
                f", with {' and '.join(holdings)} held for it" if holdings else ""
            )
        case None if holdings:
            story = "unknown to observe(), but " + " and ".join(holdings) + " held for it"
        case None if saga.placed and not saga.refused:
            story = "accepted, and then never seen again"
        case _:
            pass
    if story:
        history.report("LIVE-0", saga.order.id, story, *history.entries_of(saga.order.id))


def _judge_reason(history: History, saga: Saga) -> None:
    """TRUE-1. Sources: bug catalogue B40, B05, B50."""
    if not saga.placed:
        return
    history.check("TRUE-1")
    if saga.reasons or saga.cancelled:
        return
    if saga.refused:
        history.report("TRUE-1", saga.order.id, "the order was refused, and nothing was short")
    elif saga.status is Status.FAILED:
        history.report("TRUE-1", saga.order.id, "the order failed without a business reason")
    elif saga.status is not Status.CONFIRMED and not history.disturbed:
        history.report(
            "TRUE-1", saga.order.id, "nothing went wrong, and the order is not confirmed"
        )


def _judge_money(history: History, saga: Saga) -> None:
    """MONEY-3. Sources: bug catalogue B03, B04, B08, B10, B30, B69."""
    if not history.sight.money or saga.status is Status.OPEN:
        return
    history.check("MONEY-3")
    balance, currency = saga.balance, saga.order.currency
    held, total = money(balance.money, currency), money(saga.order.total, currency)
    text = ""
    if saga.status is Status.FAILED and balance.money != 0:
        text = f"the order failed and {held} are kept"
    elif saga.status is Status.FAILED and balance.authorised != 0:
        text = "the order failed and an authorisation is still live"
    elif saga.status is Status.CONFIRMED and balance.money != saga.order.total:
        text = f"the order is confirmed and {held} of {total} are held"
    if text:
        effects = (Effect.CHARGE, Effect.REFUND, Effect.AUTHORISE, Effect.VOID)
        history.report("MONEY-3", saga.order.id, text, *history.entries_of(saga.order.id, *effects))


def _left(saga: Saga, left: dict[str, int]) -> str:
    """Where the pieces of an order are that did not come back: set aside, or on their way."""
    gone = {sku: min(pieces, saga.balance.in_parcel(sku)) for sku, pieces in left.items()}
    held = {sku: pieces - gone[sku] for sku, pieces in left.items()}
    said = ((held, "holds {}"), (gone, "{} left in its parcel"))
    listed = ((_listed(pieces), text) for pieces, text in said)
    return " and ".join(text.format(pieces) for pieces, text in listed if pieces)


def _listed(pieces: dict[str, int]) -> str:
    return ", ".join(f"{count} {sku}" for sku, count in sorted(pieces.items()) if count)


def _judge_undone(history: History, saga: Saga) -> None:
    """COMP-1 and STOCK-3. Sources: bug catalogue B08, B22, B26, B27, B29, B44, B74, B75."""
    if saga.status is not Status.FAILED:
        return
    balance, sight, order = saga.balance, history.sight, saga.order.id
    undone = []
    if balance.captures and balance.money > 0:
        undone.append("the charge")
    if sight.reservations:
        history.check("STOCK-3")
        left = {sku: pieces for sku, pieces in balance.reserved.items() if pieces > 0}
        if left:
            entries = history.entries_of(order, Effect.RESERVE, Effect.RELEASE, Effect.SHIP)
            history.report("STOCK-3", order, f"the order failed and {_left(saga, left)}", *entries)
    if sight.stock and any(pieces > 0 for pieces in balance.reserved.values()):
        undone.append("the reservation")
    if sight.parcels and balance.parcels:
        undone.append("the shipment")
    if balance.captures or balance.reserved_ever or balance.booked:
        history.check("COMP-1")
    if undone:
        history.report(
            "COMP-1",
            order,
            f"the saga failed and {' and '.join(undone)} was not undone",
            *history.entries_of(order),
        )


def _judge_terminal_event(history: History, saga: Saga) -> None:
    """STATE-2 at rest: one terminal event, the one that fits. Sources: bug catalogue B35, B37."""
    if not history.sight.terminal or not saga.ended:
        return
    history.check("STATE-2")
    order = saga.order.id
    if not saga.terminal:
        history.report(
            "STATE-2", order, f"the order is {saga.status}, and no terminal event says so"
        )
    elif saga.status not in saga.terminal:
        said = ", ".join(saga.terminal.values())
        history.report("STATE-2", order, f"the order is {saga.status}, but {said} was published")


def _judge_announcements(history: History, saga: Saga) -> None:
    """ATOM-1. Sources: bug catalogue B36, B47, B60, B62, B63."""
    balance, said = saga.balance, saga.published
    done_and_announced_by: tuple[tuple[bool, str, tuple[Event, ...]], ...] = (
        (True, "the order was placed", (Event.ORDER_CREATED,)),
        (
            balance.captures > 0,
            "the card was charged",
            (Event.PAYMENT_PROCESSED, Event.PAYMENT_REFUNDED),
        ),
        (balance.refunds > 0, "the money was refunded", (Event.PAYMENT_REFUNDED,)),
        (
            balance.reserved_ever > 0,
            "the stock was reserved",
            (Event.INVENTORY_RESERVED, Event.INVENTORY_RELEASED),
        ),
        (balance.released_ever > 0, "the stock was released", (Event.INVENTORY_RELEASED,)),
        (bool(balance.booked), "the parcel was booked", (Event.SHIPMENT_CREATED,)),
        (Status.CONFIRMED in saga.statuses, "the order was confirmed", (Event.SAGA_COMPLETED,)),
        (Status.FAILED in saga.statuses, "the order failed", (Event.SAGA_FAILED,)),
    )
    for done, what, events in done_and_announced_by:
        # what nobody consumes, and what was never published, need not be announced
        if not done or history.sight.words.isdisjoint(events):
            continue
        history.check("ATOM-1")
        if not any(said.get(event) for event in events):
            history.report("ATOM-1", saga.order.id, f"{what}, and {events[0]} was never published")


def _judge_ghosts(history: History, saga: Saga) -> None:
    """CAUSE-1. Sources: bug catalogue B61."""
    balance, said = saga.balance, saga.published
    announced_and_done: tuple[tuple[Event, bool, str], ...] = (
        (Event.ORDER_CREATED, saga.status is not None, "the order was never stored"),
        (Event.PAYMENT_PROCESSED, balance.captures > 0, "no card was charged"),
        (Event.INVENTORY_RESERVED, balance.reserved_ever > 0, "no stock was reserved"),
        (Event.SHIPMENT_CREATED, bool(balance.booked), "no parcel was booked"),
        (
            Event.SAGA_COMPLETED,
            Status.CONFIRMED in saga.statuses,
            "the order was never confirmed",
        ),
        (Event.SAGA_FAILED, Status.FAILED in saga.statuses, "the order never failed"),
    )
    for event, done, otherwise in announced_and_done:
        if not said.get(event):
            continue
        history.check("CAUSE-1")
        if not done:
            history.report("CAUSE-1", saga.order.id, f"{event} was published, but {otherwise}")
