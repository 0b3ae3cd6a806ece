"""Services on Protean, in one process and in memory: each domain is a participant.

    SHOP = Protean(ordering, inventory)                # once; domains that nobody has initialised
    SHOP.begin(world)                                  # in the factory
    consumers = Consumers(SHOP.consumers("StockLevelProjector"))
    SHOP.do("ReserveStock", item_id=…, quantity=2)     # a command, in its domain
    SHOP.relay(participant)                            # its outbox
    SHOP.all("Order"), SHOP.one("Order", id="o1")      # what is committed

Handlers pause where a unit of work commits: there they can be killed, and the commit can fail, or
succeed without an answer. What Protean's engine does (outbox, subscriptions, retries), the world
does, one message at a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from protean.utils import DomainObjects
from protean.utils.eventing import Message
from protean.utils.globals import g
from protean.utils.reflection import fields

from implementations.adapting.consumers import Consumer, with_body
from implementations.adapting.protean_store import Store
from implementations.contract import Event, World
from implementations.errors import TargetError, did_you_mean

Subject = Callable[[Mapping[str, Any]], str | None]
"""Tells the order's id from the data of an event."""

_WHERE = "implementations.adapting.protean"


def order_id_of(data: Mapping[str, Any]) -> str | None:
    """The value of `order_id`, if there is one."""
    found: str | None = data.get("order_id")
    return found


class Protean:
    """The domains of one process, with what they store in memory.

    Commands, aggregates and events go by their names; where two domains have one of that name, by
    `domain.Name`.
    """

    def __init__(self, *domains: Any) -> None:
        self.domains = {domain.name: domain for domain in domains}
        self._stores = {domain.name: Store(domain, self._new_id) for domain in domains}
        self.world: Any = None
        """That of the run, for functions that have no other way to its ports."""
        self._subject: Subject = order_id_of
        self._first: list[str] = []
        self._found: dict[tuple[str, DomainObjects], tuple[Any, Any]] = {}

    def begin(self, world: World, subject: Subject = order_id_of) -> None:
        """Begin a run, with nothing stored. From now on this run's handlers pause at commits."""
        self.world, self._subject, self._first = world, subject, []
        for store in self._stores.values():
            store.begin(world)

    def consumers(
        self, *projectors: str, **further: Mapping[str, Callable[[Any], Any]]
    ) -> dict[str, dict[str, Consumer]]:
        """The event handlers and process managers of each domain, by the types of their events.

        Of projectors only those that are named: what no decision rests on only takes time. Several
        handlers of one domain for one type are called one after the other. `further` functions of a
        domain take the data of an event: a webhook, or a subscriber, whose types nobody knows here.
        """
        return {
            name: {
                type: Consumer(partial(self._handle, domain, handlers))
                for type, handlers in _handlers(domain, projectors).items()
            }
            | {type: with_body(function) for type, function in further.get(name, {}).items()}
            for name, domain in self.domains.items()
        }

    def _handle(self, domain: Any, handlers: list[Any], event: Event) -> None:
        message = Message.deserialize(dict(event["data"]))
        with domain.domain_context():
            g.message_in_context = message
            for handler in handlers:
                handler._handle(message)

    def do(self, command: str, to: Any = None, new_id: str = "", **data: Any) -> Any:
        """Process a command, at once. Ids that it asks for are taken from the aggregate `to`: of an
        `Order` its own as `order_id`, and others as they are called there. What it creates first
        gets the id `new_id`."""
        domain, element = self._named(command, DomainObjects.COMMAND)
        self._first = [new_id] if new_id else []
        with domain.domain_context():
            whole = element(**_ids(element, to), **data)
            return domain.process(whole, asynchronous=False)

    def all(self, aggregate: str) -> list[Any]:
        """All that there is of an aggregate, as it was committed last. Do not change it."""
        domain, element = self._named(aggregate, DomainObjects.AGGREGATE)
        return self._stores[domain.name].all(element)

    def one(self, aggregate: str, **fields: Any) -> Any:
        """The first of them with these values.

        Raises:
            LookupError: there is none yet. In `act`, people then try again later.
        """
        for each in self.all(aggregate):
            if all(getattr(each, name) == value for name, value in fields.items()):
                return each
        raise LookupError(f"there is no {aggregate} with {fields}")

    def events(self, event: str) -> list[Mapping[str, Any]]:
        """The data of all events of that name which were committed, the oldest first."""
        domain, element = self._named(event, DomainObjects.EVENT)
        return self._stores[domain.name].events(element)

    def outbox(self) -> dict[str, int]:
        """For `observe`: how many messages wait in each outbox."""
        return {name: len(store.waiting()) for name, store in self._stores.items()}

    def relay(self, participant: str) -> int:
        """Publish the oldest message of an outbox, then mark it; how many were waiting."""
        waiting = self._stores[participant].waiting()
        if waiting:
            row = max(waiting, key=lambda row: int(row["priority"]))
            message = Message(data=row["data"], metadata=row["metadata_"]).to_dict()
            subject = self._subject(row["data"])
            self.world.publish(row["type"], message, row["message_id"], subject)
            self._stores[participant].sent(row)
        return len(waiting)

    def _new_id(self) -> str:
        return self._first.pop() if self._first else str(self.world.new_id())

    def _named(self, name: str, kind: DomainObjects) -> tuple[Any, Any]:
        if (name, kind) not in self._found:
            self._found[name, kind] = self._search(name, kind)
        return self._found[name, kind]

    def _search(self, name: str, kind: DomainObjects) -> tuple[Any, Any]:
        of, _, plain = name.rpartition(".")
        known = list(self._elements(kind))
        found = [(d, e) for d, e in known if e.__name__ == plain and of in ("", d.name)]
        if len(found) == 1:
            return found[0]
        what = f"{kind.value.lower()} {name!r}"
        if found:
            which = " or ".join(repr(f"{domain.name}.{plain}") for domain, _ in found)
            raise TargetError(f"several domains have the {what}", _WHERE, f"say {which}")
        names = sorted({element.__name__ for _, element in known})
        fix = did_you_mean(plain, names, f"there are {', '.join(names)}")
        raise TargetError(f"there is no {what}", _WHERE, fix)

    def _elements(self, kind: DomainObjects) -> Iterator[tuple[Any, Any]]:
        for domain in self.domains.values():
            for record in domain.registry._elements[kind.value].values():
                yield domain, record.cls


def _ids(command: Any, aggregate: Any) -> dict[str, str]:
    """Those of an aggregate that a command has a field for."""
    if aggregate is None:
        return {}
    own = re.sub(r"(?<!^)(?=[A-Z])", "_", type(aggregate).__name__).lower() + "_id"
    asked = [name for name in fields(command) if name.endswith("_id")]
    known = {
        name: aggregate.id if name == own else getattr(aggregate, name, None) for name in asked
    }
    return {name: id for name, id in known.items() if id is not None}


def _handlers(domain: Any, projectors: tuple[str, ...]) -> dict[str, list[Any]]:
    found: dict[str, dict[str, Any]] = {}
    for handlers in domain.event_store._event_streams.values():
        for handler in handlers:
            name = handler.__name__
            if handler.element_type is not DomainObjects.PROJECTOR or name in projectors:
                for type in handler._handlers:
                    found.setdefault(type, {})[name] = handler
    return {type: [by[name] for name in sorted(by)] for type, by in sorted(found.items())}
