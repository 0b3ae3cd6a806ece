"""What the till does."""

from __future__ import annotations

from typing import Any

from tests.adapting.django_shop.letters.inbox import once
from tests.adapting.django_shop.letters.models import write
from tests.adapting.django_shop.till import cards
from tests.adapting.django_shop.till.models import Payment


@once("till")
def take(message: Any) -> None:
    """Ask the customer to pay."""
    order, paid = message["order"], cards.pays(message["order"])
    Payment.objects.create(
        order=order, amount=message["total"], state="charged" if paid else "failed"
    )
    write("till", "Paid" if paid else "NotPaid", order, lines=message["lines"])


@once("till")
def give_back(message: Any) -> None:
    """Give the money back."""
    Payment.objects.filter(order=message["order"]).update(state="refunded")
