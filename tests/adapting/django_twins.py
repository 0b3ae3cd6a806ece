"""The shop on Django with one mistake each, of a kind that is made with Django."""
# ruff: noqa: D101, D102, D103

from collections import Counter
from functools import partial
from typing import Any

from .django_adapter import FUNCTIONS, POSTGRESQL, Target

from django.db import transaction  # isort: skip  (Django is configured by the adapter)

from .django_shop.letters.inbox import once
from .django_shop.letters.models import write
from .django_shop.shelf.models import Goods, Held
from .django_shop.till import cards
from .django_shop.till.models import Payment


def wanted_and_there(message: Any) -> tuple[Counter[str], dict[str, Goods]]:
    wanted = Counter[str]()
    for line in message["lines"]:
        wanted[line["sku"]] += line["quantity"]
    return wanted, {each.sku: each for each in Goods.objects.filter(sku__in=wanted)}


def set_aside(message: Any, wanted: Any, goods: Any) -> None:
    if any(sku not in goods or goods[sku].pieces < n for sku, n in wanted.items()):
        write("shelf", "SoldOut", message["order"])
        return
    for sku, n in wanted.items():
        goods[sku].pieces -= n
        goods[sku].save()
        Held.objects.create(order=message["order"], goods=goods[sku], pieces=n)
    write("shelf", "SetAside", message["order"])


def read_then_write(message: Any) -> None:
    """THE BUG: what is on the shelf is read before the transaction, without a lock."""
    once("shelf")(set_aside)(message, *wanted_and_there(message))


@once("shelf")
def note_then_read(message: Any) -> None:
    """THE BUG: no lock. That the note of the message comes first prevents it nowhere but on SQLite,
    where whoever has written anything is alone."""
    set_aside(message, *wanted_and_there(message))


def tell_on_commit(target: Target, message: Any) -> None:
    """THE BUG: the event is published once the payment is committed, and is nowhere until then."""
    order, paid = message["order"], cards.pays(message["order"])
    with transaction.atomic():
        _, new = Payment.objects.get_or_create(
            order=order,
            defaults={"amount": message["total"], "state": "charged" if paid else "failed"},
        )
        if new:
            topic, body = "Paid" if paid else "NotPaid", {"order": order, "lines": message["lines"]}
            publish = partial(target.world.publish, topic, body, f"{topic}-{order}", order)
            transaction.on_commit(publish)


def without_transaction(message: Any) -> None:
    """THE BUG: payment and letter are saved one after the other, each by itself."""
    order, paid = message["order"], cards.pays(message["order"])
    _, new = Payment.objects.get_or_create(
        order=order,
        defaults={"amount": message["total"], "state": "charged" if paid else "failed"},
    )
    if new:
        write("till", "Paid" if paid else "NotPaid", order, lines=message["lines"])


class ReadsThenWrites(Target):
    functions = {**FUNCTIONS, "shelf": {"Paid": read_then_write}}  # noqa: RUF012


class NotesThenReads(Target):
    functions = {**FUNCTIONS, "shelf": {"Paid": note_then_read}}  # noqa: RUF012


class NotesThenReadsOnPostgresql(NotesThenReads):
    url = POSTGRESQL


class TellsOnCommit(Target):
    @property
    def functions(self) -> Any:  # type: ignore[override]
        return {
            **FUNCTIONS,
            "till": {**FUNCTIONS["till"], "Ordered": partial(tell_on_commit, self)},
        }


class WithoutTransaction(Target):
    functions = {**FUNCTIONS, "till": {**FUNCTIONS["till"], "Ordered": without_transaction}}  # noqa: RUF012
