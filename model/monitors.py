"""The properties that hold at every moment, as monitors over ledger and history.

Each function is told of one thing that just happened and reports to the history. They are called on
every step of every run, so they look only at the order concerned.
"""

from __future__ import annotations

from collections.abc import Mapping

from model.history import History, Saga
from model.ledger import Effect, Entry
from model.money import money
from model.vocabulary import Status


def on_entry(history: History, entry: Entry) -> None:
    """Post `entry` to the ledger and judge it."""
    saga = history.sagas.get(entry.order)
    before_money = saga.balance.money if saga else 0
    history.ledger.post(entry)
    if saga is None:
        history.report("LIVE-0", entry.order, f"{entry.effect} for an order nobody placed", entry)
        return
    _JUDGES[entry.effect](history, saga, entry, before_money)
    _judge_repetition(history, saga, entry)


def _judge_charge(history: History, saga: Saga, entry: Entry, before: int) -> None:
    """MONEY-1 and MONEY-4. Sources: bug catalogue B01, B02, B12, B13, B15."""
    history.check("MONEY-1")
    if saga.balance.captures > 1:
        history.report(
            "MONEY-1",
            entry.order,
            f"charged {saga.balance.captures} times",
            *history.entries_of(entry.order, Effect.CHARGE),
        )
    _judge_amount(history, saga, entry)


def _judge_amount(history: History, saga: Saga, entry: Entry) -> None:
    history.check("MONEY-4")
    order = saga.order
    if entry.quantity != order.total or entry.unit.upper() != order.currency.upper():
        history.report(
            "MONEY-4",
            entry.order,
            f"{entry.effect} of {money(entry.quantity, entry.unit)} for an order of "
            f"{money(order.total, order.currency)}",
            entry,
        )


def _judge_authorisation(history: History, saga: Saga, entry: Entry, before: int) -> None:
    _judge_amount(history, saga, entry)


def _judge_refund(history: History, saga: Saga, entry: Entry, before: int) -> None:
    """MONEY-2 and COMP-2. Sources: bug catalogue B07, B14, B43."""
    history.check("MONEY-2")
    history.check("COMP-2")
    balance = saga.balance
    if balance.refunded > balance.captured:
        history.report(
            "MONEY-2",
            entry.order,
            f"refunded {money(balance.refunded, entry.unit)} of "
            f"{money(balance.captured, entry.unit)} charged",
            *history.entries_of(entry.order, Effect.CHARGE, Effect.REFUND),
        )
    if before <= 0:
        history.report("COMP-2", entry.order, "a refund when no money was held", entry)
    elif balance.parcels and not saga.cancelled:
        history.report(
            "COMP-2",
            entry.order,
            "a refund although the parcel is on its way (the shipment is the pivot)",
            *history.entries_of(entry.order, Effect.SHIP),
            entry,
        )


def _judge_reservation(history: History, saga: Saga, entry: Entry, before: int) -> None:
    history.check("STOCK-1")


def _judge_release(history: History, saga: Saga, entry: Entry, before: int) -> None:
    """COMP-2. Sources: bug catalogue B20, B21, B43."""
    history.check("COMP-2")
    balance = saga.balance
    if balance.reserved.get(entry.unit, 0) < 0:
        history.report(
            "COMP-2",
            entry.order,
            f"{entry.quantity} {entry.unit} released that were not reserved",
            *history.entries_of(entry.order, Effect.RESERVE, Effect.RELEASE),
        )
    elif balance.parcels and not saga.cancelled:
        history.report(
            "COMP-2",
            entry.order,
            "a release although the parcel is on its way (the shipment is the pivot)",
            *history.entries_of(entry.order, Effect.SHIP),
            entry,
        )


def _judge_shipment(history: History, saga: Saga, entry: Entry, before: int) -> None:
    """SHIP-1 and SHIP-2. Sources: bug catalogue B41, B42, B31."""
    history.check("SHIP-1")
    history.check("SHIP-2")
    balance, sight = saga.balance, history.sight
    if balance.parcels > 1:
        history.report(
            "SHIP-1",
            entry.order,
            f"{balance.parcels} parcels booked",
            *history.entries_of(entry.order, Effect.SHIP),
        )
    missing = []
    if sight.money and balance.money < saga.order.total and not balance.authorised:
        missing.append("not paid")
    if sight.stock and not _reserved_all(saga):
        missing.append("not reserved")
    if saga.status is Status.FAILED:
        missing.append("already failed or cancelled")
    if missing:
        history.report("SHIP-2", entry.order, "shipped although " + " and ".join(missing), entry)


def _reserved_all(saga: Saga) -> bool:
    reserved = saga.balance.reserved
    return all(reserved.get(sku, 0) >= pieces for sku, pieces in saga.wanted.items())


def _judge_recall(history: History, saga: Saga, entry: Entry, before: int) -> None:
    """A recalled parcel is judged by what remains at quiescence."""


def _judge_void(history: History, saga: Saga, entry: Entry, before: int) -> None:
    history.check("COMP-2")
    if saga.balance.authorised < 0:
        history.report("COMP-2", entry.order, "a void of money that was not on hold", entry)


_JUDGES = {
    Effect.CHARGE: _judge_charge,
    Effect.AUTHORISE: _judge_authorisation,
    Effect.REFUND: _judge_refund,
    Effect.VOID: _judge_void,
    Effect.RESERVE: _judge_reservation,
    Effect.RELEASE: _judge_release,
    Effect.SHIP: _judge_shipment,
    Effect.RECALL: _judge_recall,
}


def _judge_repetition(history: History, saga: Saga, entry: Entry) -> None:
    """IDEMP-1: two handlings of one message have more effect than one would.

    A second handling that repeats an effect because the first one was undone is no violation, so
    the net effect is judged. Sources: bug catalogue B01, B18, B41, B46, B49.
    """
    if not entry.cause:
        return
    earlier = [
        other
        for other in history.ledger.entries
        if other.cause == entry.cause
        and other.effect is entry.effect
        and other.unit == entry.unit
        and other.order == entry.order
        and other.handling != entry.handling
    ]
    if earlier and _more_than_once(saga, entry):
        history.report(
            "IDEMP-1",
            entry.order,
            f"handling {entry.cause} again brought about a second {entry.effect}",
            *earlier,
            entry,
        )


def _more_than_once(saga: Saga, entry: Entry) -> bool:
    balance = saga.balance
    match entry.effect:
        case Effect.CHARGE:
            return balance.money > saga.order.total
        case Effect.REFUND:
            return balance.refunded > balance.captured
        case Effect.RESERVE:
            return balance.reserved.get(entry.unit, 0) > saga.wanted.get(entry.unit, 0)
        case Effect.RELEASE:
            return balance.reserved.get(entry.unit, 0) < 0
        case Effect.SHIP:
            return balance.parcels > 1
        case _:
            return False


def on_handled_again(history: History) -> None:
    """A message was handled for the second time or more: IDEMP-1 had something to check."""
    history.check("IDEMP-1")


def on_statuses(history: History, statuses: Mapping[str, Status]) -> None:
    """STATE-1, told of every status seen. Sources: bug catalogue B30, B31, B32, B33."""
    for order_id, status in statuses.items():
        saga = history.sagas.get(order_id)
        if saga is None:
            history.report("LIVE-0", order_id, "observe() lists an order that nobody placed")
            continue
        before = saga.status
        if status is before:
            continue
        saga.status = status
        saga.statuses.add(status)
        if status.final:
            history.check("STATE-1")
        if before is not None and before.final:
            late_cancel = before is Status.CONFIRMED and status is Status.FAILED and saga.cancelled
            if not late_cancel:
                history.report("STATE-1", order_id, f"status went from {before} to {status}")


def on_stock(history: History, stock: Mapping[str, int]) -> None:
    """STOCK-1 and short stock as a business reason. Sources: bug catalogue B23, B24, B25."""
    history.stock = dict(stock)
    for sku, available in stock.items():
        if available < 0:
            history.report("STOCK-1", "", f"stock of {sku} is {available}")
    initial = history.initial
    for sku in initial:
        held = sum(saga.balance.reserved.get(sku, 0) for saga in history.sagas.values())
        if held > initial[sku]:
            history.report(
                "STOCK-1",
                "",
                f"{held} of {sku} reserved or shipped, but there were only {initial[sku]}",
                *(
                    e
                    for e in history.ledger.entries
                    if e.unit == sku and e.effect is Effect.RESERVE
                ),
            )
    note_short_stock(history)


def note_short_stock(history: History) -> None:
    """Short stock at any moment at which an order still lacked its pieces is a business reason."""
    if not history.sight.stock:
        return  # what cannot be seen is not short
    stock = history.stock
    for saga in history.sagas.values():
        if saga.ended:
            continue
        reserved = saga.balance.reserved
        if any(
            stock.get(sku, 0) + reserved.get(sku, 0) < pieces for sku, pieces in saga.wanted.items()
        ):
            saga.reasons.add("short stock")


def on_stable(history: History) -> None:
    """STOCK-2, when no handler is half-way. Sources: bug catalogue B18, B19, B20, B26, B81."""
    if not history.sight.reservations or not history.stock:
        return
    history.check("STOCK-2")
    for sku, initial in history.initial.items():
        shelf = history.stock.get(sku, 0)
        held = shipped = 0
        for saga in history.sagas.values():
            balance = saga.balance
            gone = balance.in_parcel(sku)
            pieces = balance.reserved.get(sku, 0) or gone
            left = max(0, min(pieces, gone))
            held, shipped = held + pieces - left, shipped + left
        if shelf + held + shipped != initial:
            history.report(
                "STOCK-2",
                "",
                _miscounted(sku, shelf, held, shipped, initial),
                *(e for e in history.ledger.entries if e.unit == sku),
            )


def _miscounted(sku: str, shelf: int, held: int, shipped: int, initial: int) -> str:
    """Where the pieces are; what has left in a parcel is not held any more."""
    places = [f"{shelf} on the shelf"]
    places += [f"{held} held"] if held or not shipped else []
    places += [f"{shipped} shipped"] if shipped else []
    *most, last = places
    there = f"{', '.join(most)} and {last}"
    return f"{sku}: {there} make {shelf + held + shipped}, not {initial}"


def on_published(history: History, order: str, event: str, saga_id: str | None) -> None:
    """STATE-2 and OBS-1, told of every message published. Sources: bug catalogue B35, B83."""
    history.check("OBS-1")
    if not order or not saga_id:
        history.report(
            "OBS-1",
            order,
            f"{event} was published without {'an order' if not order else 'a saga'} id",
        )
    saga = history.sagas.get(order)
    if saga is None:
        return
    saga.published[event] = saga.published.get(event, 0) + 1
    kind = history.sight.terminal.get(event)
    if kind is None:
        return
    history.check("STATE-2")
    saga.terminal.setdefault(kind, event)
    returned = saga.cancelled and next(iter(saga.terminal)) is Status.CONFIRMED
    if len(saga.terminal) > 1 and not returned:
        both = " and ".join(sorted(saga.terminal.values()))
        history.report("STATE-2", order, f"the saga ended twice: {both}")


def on_money_without_stock(history: History, order: str, pending: bool) -> None:
    """MONEY-0, told of every step at which money is held for an order that lacks its stock.

    `pending` says whether anything of the saga is still under way. Sources: bug catalogue B03, B55,
    B60, B72.
    """
    sight = history.sight
    if not (sight.money and sight.stock):
        return
    saga = history.sagas[order]
    history.check("MONEY-0")
    if not pending:
        history.report(
            "MONEY-0",
            order,
            f"{money(saga.balance.money, saga.order.currency)} are kept, no stock is held "
            "and nothing is pending that could change it",
            *history.entries_of(order),
        )
