"""Counterexamples and a summary such as the search would hand over, and hostile ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reports.counterexample import (
    Arrow,
    ArrowKind,
    Balance,
    Counterexample,
    Divergence,
    LedgerLine,
    Step,
    StepKind,
)
from reports.kit import Kit
from reports.safeguards import SafeguardName, safeguard
from reports.verdict import Coverage, FaultCount, PropertyVerdict, RunSummary, Verdict

KIT = Kit(Path("/opt/saga-kit"), "0.0.0")

DEFAULT, DEVIATION, FAULT = StepKind.DEFAULT, StepKind.DEVIATION, StepKind.FAULT


def message(source: str, target: str, text: str) -> Arrow:
    """Make the arrow of a message."""
    return Arrow(ArrowKind.MESSAGE, source, target, text)


def call(source: str, target: str, text: str, answer: str) -> tuple[Arrow, Arrow]:
    """Make the arrows of a port call and its answer."""
    return (
        Arrow(ArrowKind.CALL, source, target, text),
        Arrow(ArrowKind.ANSWER, target, source, answer),
    )


def balance(
    order: str, status: str, money: int, reserved: int = 0, shipped: int = 0, currency: str = "EUR"
) -> Balance:
    """Make an order's balance."""
    return Balance(order, status, money, currency, reserved, shipped)


def schedule(*actions: tuple[str, str, str, str]) -> dict[str, Any]:
    """Make the schedule as the search writes it."""
    return {
        "scope": {"orders": ["o1"], "stock": {"A": 5}},
        "delivery": "at-least-once-unordered",
        "actions": [list(action) for action in actions],
    }


def _double_charge_steps() -> tuple[Step, ...]:
    paid, twice = balance("o1", "open", 1250), balance("o1", "open", 2500)
    return (
        Step(
            1,
            "the customer places o1",
            DEFAULT,
            arrows=(message("customer", "order", "place o1"),),
            balances=(balance("o1", "open", 0),),
        ),
        Step(
            2,
            "payment: crash before acknowledge order.created(o1), and restart",
            FAULT,
            arrows=(
                message("order", "payment", "order.created(o1)"),
                *call("payment", "gateway", "charge o1 12.50 EUR", "done, ch1"),
                Arrow(ArrowKind.CRASH, "payment", "payment", "before the acknowledgement"),
            ),
            entries=(LedgerLine("o1", "charge 12.50 EUR (ch1)", guilty=True),),
            notes=("order.created(o1) comes back",),
            balances=(paid,),
        ),
        Step(
            3,
            "deliver order.created(o1) to payment",
            DEFAULT,
            guilty=True,
            arrows=(
                message("order", "payment", "order.created(o1)"),
                *call("payment", "gateway", "charge o1 12.50 EUR", "done, ch2"),
            ),
            entries=(LedgerLine("o1", "charge 12.50 EUR (ch2)", guilty=True),),
            balances=(twice,),
        ),
    )


def double_charge() -> Counterexample:
    """Make a double charge: the handler dies after the charge, before it acknowledges."""
    steps = _double_charge_steps()
    return Counterexample(
        property_id="MONEY-1",
        statement="an order is charged at most once",
        finding="o1 was charged twice, 12.50 EUR each time (ch1, ch2)",
        order="o1",
        target="shop.saga:make_target",
        delivery="at-least-once-unordered",
        setting="o1 wants 1 A at 12.50 EUR; stock: 5 A",
        steps=steps,
        tier="port sweep",
        seed=7,
        runs=23,
        schedule=schedule(
            ("place", "o1", "", ""),
            ("crash", "payment", "acknowledge order.created(o1)", "before"),
            ("deliver", "order.created(o1) to payment", "", ""),
        ),
        safeguard=safeguard(
            SafeguardName.IDEMPOTENCY_KEY,
            "The second charge of o1 came without the key of the first, so the gateway took it "
            "for another one.",
        ),
        divergence=Divergence(3, "charge o1 again", ("repeat the first charge with its key",)),
        also=("IDEMP-1",),
    )


def _stock_leak_steps() -> tuple[Step, ...]:
    handled = [
        ("order", "payment", "order.created(o1)", LedgerLine("o1", "charge 3000 JPY (ch1)")),
        ("payment", "inventory", "payment.processed(o1)", LedgerLine("o1", "reserve 2 A")),
    ]
    after = [
        balance("o1", "open", 3000, currency="JPY"),
        balance("o1", "open", 3000, 2, currency="JPY"),
    ]
    return (
        Step(1, "the customer places o1", DEFAULT, arrows=(message("customer", "order", "o1"),)),
        *(
            Step(
                number,
                f"deliver {event} to {target}",
                DEFAULT,
                arrows=(message(source, target, event),),
                entries=(entry,),
                balances=(left,),
            )
            for number, ((source, target, event, entry), left) in enumerate(
                zip(handled, after, strict=True), 2
            )
        ),
        Step(
            4,
            "shipping: carrier.create_shipment(o1) → refused",
            FAULT,
            arrows=(
                message("inventory", "shipping", "inventory.reserved(o1)"),
                *call("shipping", "carrier", "create shipment o1", "refused"),
            ),
        ),
        Step(
            5,
            "deliver payment.refund.requested(o1) to payment",
            DEFAULT,
            drained=True,
            arrows=(message("shipping", "payment", "payment.refund.requested(o1)"),),
            entries=(LedgerLine("o1", "refund 3000 JPY (ch1)"),),
            balances=(balance("o1", "open", 0, 2, currency="JPY"),),
        ),
        Step(
            6,
            "deliver shipping.failed(o1) to order",
            DEFAULT,
            drained=True,
            guilty=True,
            arrows=(message("shipping", "order", "shipping.failed(o1)"),),
            notes=("nothing is left to do",),
            balances=(balance("o1", "failed", 0, 2, currency="JPY"),),
        ),
    )


def stock_leak() -> Counterexample:
    """Make a stock leak: the carrier refuses, the refund is made, the release never asked for."""
    steps = _stock_leak_steps()
    return Counterexample(
        property_id="STOCK-3",
        statement="a failed order holds no reservation",
        finding="o1 has failed and still holds 2 A",
        order="o1",
        target="shop.saga:make_target",
        delivery="exactly-once-fifo",
        setting="o1 wants 2 A at 1500 JPY; stock: 5 A",
        steps=steps,
        tier="business failures",
        seed=0,
        runs=4,
        schedule=schedule(
            ("place", "o1", "", ""), ("answer", "shipping", "carrier.create_shipment", "refused")
        ),
        safeguard=safeguard(SafeguardName.RELEASE_ON_SHIPPING_FAILURE),
    )


def oversell() -> Counterexample:
    """Make an oversell: two handlers read one last piece before either takes it."""
    names = ("o1", "o2")
    places = [
        Step(n, f"the customer places {o}", DEFAULT, balances=(balance(o, "open", 0),))
        for n, o in enumerate(names, 1)
    ]
    charges = [
        Step(
            n,
            f"deliver order.created({o}) to payment",
            DEFAULT,
            arrows=(
                message("order", "payment", f"order.created({o})"),
                *call("payment", "gateway", f"charge {o} 0.500 KWD", f"done, ch{n - 2}"),
            ),
            entries=(LedgerLine(o, f"charge 0.500 KWD (ch{n - 2})"),),
            balances=(balance(o, "open", 500, currency="KWD"),),
        )
        for n, o in enumerate(names, 3)
    ]
    reads = [
        Step(
            n,
            f"deliver payment.processed({o}) to inventory",
            DEFAULT if o == "o1" else DEVIATION,
            arrows=(
                message("payment", "inventory", f"payment.processed({o})"),
                Arrow(ArrowKind.NOTE, "inventory", "inventory", "reads: 1 A available"),
            ),
        )
        for n, o in enumerate(names, 5)
    ]
    takes = [
        Step(
            n,
            f"inventory: commit payment.processed({o})",
            DEFAULT,
            guilty=o == "o2",
            entries=(LedgerLine(o, "reserve 1 A", guilty=True),),
            balances=(balance(o, "open", 500, 1, currency="KWD"),),
        )
        for n, o in enumerate(names, 7)
    ]
    return Counterexample(
        property_id="STOCK-1",
        statement="what is reserved and shipped is never more than there was",
        finding="2 A are reserved, but only 1 A was there",
        order="o2",
        target="cmd: node shop.js",
        delivery="at-least-once-unordered",
        setting="o1 and o2 want 1 A each at 0.500 KWD; stock: 1 A",
        steps=(*places, *charges, *reads, *takes),
        tier="stateful",
        seed=20260101,
        runs=311,
        schedule=schedule(("place", "o1", "", ""), ("place", "o2", "", "")),
        safeguard=safeguard(SafeguardName.CONDITIONAL_UPDATE),
    )


#: What a target may put into any string: each kind of syntax that our forms give a meaning.
HOSTILE = (
    "a|b `c` ``` *d* _e_ #1 ;x; %%{init: {}}%% <script>alert(1)</script> [l](http://x) &amp; "
    "\n# head\n```\nend\r\n\x1b[31mred\u202e\ud800 \\ $x$ @you \"q\" 'r' {y} -->> p1 : wrap:z"
)


def hostile() -> Counterexample:
    """Make a counterexample whose every string is hostile."""
    text = HOSTILE
    step = Step(
        1,
        text,
        FAULT,
        guilty=True,
        arrows=tuple(Arrow(kind, text, f"{text}2", text) for kind in ArrowKind),
        entries=(LedgerLine(text, text, guilty=True),),
        notes=(text,),
        balances=(Balance(text, text, -5, text, 0, 0),),
    )
    return Counterexample(
        property_id=text,
        statement=text,
        finding=text,
        order=text,
        target=text,
        delivery=text,
        setting=text,
        steps=(step, Step(2, text, DEFAULT, drained=True)),
        tier=text,
        seed=1,
        runs=1,
        schedule=schedule((text, text, text, text)),
        safeguard=safeguard(SafeguardName.INBOX, text),
        divergence=Divergence(1, text, (text, text)),
        also=(text,),
    )


def long(steps: int = 60, faults: tuple[int, ...] = (10, 40), words: int = 1) -> Counterexample:
    """Make a counterexample of many steps, each with a ledger entry, the last but one guilty."""
    made = tuple(
        Step(
            n,
            f"deliver event {n}" + " and so on" * (words - 1),
            FAULT if n in faults else DEFAULT,
            drained=n > steps - 10,
            guilty=n == steps - 1,
            arrows=(message("order", "payment", f"event {n}"),),
            entries=(LedgerLine("o1", f"entry {n}", guilty=n in (3, steps - 1)),),
            balances=(balance("o1", "open", n),),
        )
        for n in range(1, steps + 1)
    )
    return Counterexample(
        property_id="LIVE-1",
        statement="every order reaches a terminal state" + " in the end" * (words - 1),
        finding="o1 is still open" + " after all" * (words - 1),
        order="o1",
        target="shop.saga:make_target",
        delivery="at-least-once-unordered",
        setting="o1 wants 1 A" + " and 1 A" * (words - 1),
        steps=made,
        tier="campaign",
        seed=1,
        runs=1,
        schedule=schedule(),
        safeguard=safeguard(SafeguardName.IDEMPOTENCY_KEY, "Why" + " oh why" * (words - 1)),
        divergence=Divergence(5, "this" + " and that" * (words - 1), ("nothing of the kind",)),
        also=("LIVE-0",),
    )


def summary() -> RunSummary:
    """Make a summary in which every kind of verdict and of fault count occurs."""
    rows = (
        PropertyVerdict("MONEY-0", "no money is kept without stock", Verdict.HOLDS, 12345),
        PropertyVerdict(
            "MONEY-1",
            "an order is charged at most once",
            Verdict.VIOLATED,
            431,
            counterexample="reports/out/MONEY-1.md",
        ),
        PropertyVerdict(
            "SHIP-1",
            "at most one shipment per order",
            Verdict.NOT_APPLICABLE,
            0,
            "the target has no role 'shipping': list it under roles if a participant ships",
        ),
        PropertyVerdict("ISO-1", "no dirty read", Verdict.VACUOUS, 0, "no two sagas ever met"),
        PropertyVerdict("TRUE-2", "fault transparency", Verdict.UNKNOWN, 3, "the check crashed"),
        PropertyVerdict("OBS-1", "saga id everywhere", Verdict.EXPECTED, 9, "ticket 12"),
    )
    faults = (
        FaultCount("reorder", "a message overtakes an older one", True, 1512),
        FaultCount("crash", "a participant dies at a port call", True, 0, "no port was called"),
        FaultCount("republish", "the same content comes again under a new id", False, 0),
    )
    return RunSummary(
        target="shop.saga:make_target",
        delivery="at-least-once-unordered",
        faults=("reorder", "crash"),
        profile="ci",
        seed=7,
        schedules=1,
        steps=123456,
        shrinking=334,
        properties=rows,
        fault_counts=faults,
        coverage=Coverage(41, 47, tuple(f"order/OPEN/event-{n}" for n in range(8))),
    )
