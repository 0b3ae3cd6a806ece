"""A shop on SQLAlchemy: business tables, inbox and outbox in one transaction; a poller publishes.

Written without the kit in mind: consumers are `f(session, message)`, and who publishes the rows of
the outbox table is not in here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from sqlalchemy import JSON, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker


class Base(DeclarativeBase):
    """The tables of all three; each service has a database of its own."""

    type_annotation_map = {dict[str, Any]: JSON}  # noqa: RUF012


class Order(Base):
    """An order at the desk."""

    __tablename__ = "orders"
    id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]


class Payment(Base):
    """What was asked for at the till."""

    __tablename__ = "payments"
    id: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int]
    state: Mapped[str]


class Shelf(Base):
    """What is on the shelf."""

    __tablename__ = "shelf"
    sku: Mapped[str] = mapped_column(primary_key=True)
    pieces: Mapped[int]


class Held(Base):
    """What is set aside."""

    __tablename__ = "held"
    number: Mapped[int] = mapped_column(primary_key=True)
    order: Mapped[str]
    sku: Mapped[str]
    pieces: Mapped[int]


class Inbox(Base):
    """Messages that were handled."""

    __tablename__ = "inbox"
    id: Mapped[str] = mapped_column(primary_key=True)


class Outbox(Base):
    """Messages that somebody is to publish."""

    __tablename__ = "outbox"
    # SQLite would give the number of a deleted row to a new one
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012
    number: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str]
    body: Mapped[dict[str, Any]]


Sessions = {name: sessionmaker() for name in ("desk", "till", "shelf")}


def place(order: str, total: int, lines: Any) -> None:
    """A customer orders."""
    with Sessions["desk"].begin() as session:
        if session.get(Order, order) is None:
            session.add(Order(id=order, state="open"))
            say(session, "Ordered", order, total=total, lines=lines)


def end(session: Session, message: Any, state: str) -> None:
    """The desk hears how it ended."""
    session.get_one(Order, message["order"]).state = state


def take(session: Session, message: Any, pays: Callable[[str], bool]) -> None:
    """The till asks the customer to pay."""
    order, paid = message["order"], pays(message["order"])
    session.add(Payment(id=order, amount=message["total"], state="charged" if paid else "failed"))
    say(session, "Paid" if paid else "NotPaid", order, lines=message["lines"])


def give_back(session: Session, message: Any) -> None:
    """The till gives the money back."""
    session.get_one(Payment, message["order"]).state = "refunded"


def set_aside(session: Session, message: Any) -> None:
    """All pieces are set aside, or none."""
    wanted: Counter[str] = Counter()
    for line in message["lines"]:
        wanted[line["sku"]] += line["quantity"]
    shelf = {row.sku: row for row in session.query(Shelf)}
    if any(sku not in shelf or shelf[sku].pieces < n for sku, n in wanted.items()):
        say(session, "SoldOut", message["order"])
        return
    for sku, n in wanted.items():
        session.execute(update(Shelf).where(Shelf.sku == sku).values(pieces=Shelf.pieces - n))
        session.add(Held(order=message["order"], sku=sku, pieces=n))
    say(session, "SetAside", message["order"])


def say(session: Session, topic: str, order: str, **body: Any) -> None:
    """Write to the outbox."""
    session.add(Outbox(topic=topic, body={"order": order, **body}))


def once(function: Callable[..., None]) -> Callable[[Session, Any], None]:
    """Handle each message once: the inbox is written in the same transaction."""

    def handle(session: Session, message: Any) -> None:
        if session.get(Inbox, message["message_id"]) is None:
            session.add(Inbox(id=message["message_id"]))
            function(session, message)

    return handle


def too_early(function: Callable[..., None]) -> Callable[[Session, Any], None]:
    """THE BUG: the inbox is written in a transaction of its own, before anything is done."""

    def handle(session: Session, message: Any) -> None:
        if session.get(Inbox, message["message_id"]) is None:
            session.add(Inbox(id=message["message_id"]))
            session.commit()
            function(session, message)

    return handle
