"""What the shelf does."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.adapting.django_shop.letters.inbox import once
from tests.adapting.django_shop.letters.models import write
from tests.adapting.django_shop.shelf.models import Goods, Held


@once("shelf")
def set_aside(message: Any) -> None:
    """All pieces are set aside, or none."""
    wanted = Counter[str]()
    for line in message["lines"]:
        wanted[line["sku"]] += line["quantity"]
    goods = {each.sku: each for each in Goods.objects.select_for_update().filter(sku__in=wanted)}
    if any(sku not in goods or goods[sku].pieces < count for sku, count in wanted.items()):
        write("shelf", "SoldOut", message["order"])
        return
    for sku, count in wanted.items():
        goods[sku].pieces -= count
        goods[sku].save()
        Held.objects.create(order=message["order"], goods=goods[sku], pieces=count)
    write("shelf", "SetAside", message["order"])
