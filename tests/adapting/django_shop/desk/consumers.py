"""What the desk does."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tests.adapting.django_shop.desk.models import Order
from tests.adapting.django_shop.letters.inbox import once
from tests.adapting.django_shop.letters.models import write


@transaction.atomic  # type: ignore[untyped-decorator]
def place(order: str, total: int, lines: Any) -> None:
    """A customer orders; whoever asks twice gets one order."""
    _, new = Order.objects.get_or_create(number=order)
    if new:
        write("desk", "Ordered", order, total=total, lines=lines)


@once("desk")
def confirm(message: Any) -> None:
    """All went well."""
    Order.objects.filter(number=message["order"]).update(state="confirmed")


@once("desk")
def fail(message: Any) -> None:
    """It did not."""
    Order.objects.filter(number=message["order"]).update(state="failed")
