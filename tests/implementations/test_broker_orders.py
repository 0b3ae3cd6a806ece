"""What is told of services that never take an order, or never a cancel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from attrs import evolve

from implementations.broker.bridge import BrokerTarget
from implementations.broker.orders import not_taken
from implementations.broker.sites import Pool
from implementations.errors import TargetError
from properties.probing import probe
from tests.implementations import broker_services
from tests.implementations.test_broker_misbehaving import services
from tests.needs import needs

WRONG = evolve(services("orders"), place="orders.placed", subscriptions={"post": ("paid",)})


@pytest.fixture
def pool() -> Iterator[Pool]:
    """Of a service that does not take orders by the name which the kit gives them."""
    needs("rabbitmq")
    from implementations.broker.rabbitmq import RabbitMq

    begun = Pool(WRONG, RabbitMq)
    yield begun
    begun.end()


def test_a_wrong_routing_key_of_orders(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that a target which rejects every order is no target: before any search, with the
    routing key, the exchange, and the binding that was probably meant."""

    def make(world: Any) -> BrokerTarget:
        return BrokerTarget(pool, WRONG, world)

    monkeypatch.setattr(broker_services, "make", make, raising=False)
    with pytest.raises(TargetError) as error:
        probe("tests.implementations.broker_services:make")
    text = str(error.value)
    assert "no order is ever accepted: refused were all" in text
    assert "to the exchange 'shop' with the routing key 'orders.placed'" in text
    assert "by which no queue of post is bound" in text
    assert "did you mean 'order.placed'?" in text
    assert text.startswith("post (`python")


@pytest.mark.parametrize(
    ("key", "pattern", "fits"),
    [
        ("order.place", "order.place", True),
        ("order.place", "order.*", True),
        ("order.place", "#", True),
        ("order.place", "order.place.#", True),
        ("order.place", "order", False),
        ("order.place", "*", False),
        ("order.place", "*.placed", False),
        ("order.place", "", True),
    ],
)
def test_which_bindings_fit(key: str, pattern: str, fits: bool) -> None:
    """Pins that no binding is called wrong by which the order would have come."""
    why, _ = not_taken(key, "post", {pattern: "shop"})
    assert ("no queue of post" in why) is not fits
