"""What is asked of a search reaches every process and machine that takes part in it."""

from __future__ import annotations

from pathlib import Path

from model.environment import Delivery, Fault
from properties.asked import as_text, asked_of, from_text
from properties.settings.in_force import Settings, resolve
from properties.settings.sources import from_command_line


def settings(**values: object) -> Settings:
    """Settings with these values, on whichever machine."""
    given = from_command_line({k.replace("_", "-"): v for k, v in values.items()}, Path("/"))
    return resolve([given], home=Path("/"), known_ids=("MONEY-1",))


def test_it_travels_whole() -> None:
    """Pins that a worker goes by what was asked for, whatever stands on its own machine."""
    leader = settings(
        target="a:b",
        delivery="exactly-once-fifo",
        faults="crash,cancel",
        profile="nightly",
        schedules="70",
        expect_failure=["MONEY-1=known"],
    )
    worker = settings(target="c:d", faults="none", profile="quick", seed="3")
    told = from_text(as_text(asked_of(leader, 42))).in_force(worker)
    assert (told.target, told.profile, told.seed) == ("a:b", "nightly", 42)
    assert told.schedules == 70
    assert told.delivery is Delivery.EXACTLY_ONCE_FIFO
    assert told.faults == {Fault.CRASH, Fault.CANCEL}
    assert told.expected == {"MONEY-1": "known"}
    assert asked_of(told, 42) == asked_of(leader, 42)


def test_a_default_stays_one() -> None:
    """Pins that faults by default go on following what the target was seen to do."""
    told = asked_of(settings(), 1).in_force(settings(faults="crash"))
    assert told.origins["faults"] == "default"
    chosen = asked_of(settings(faults="crash"), 1).in_force(settings())
    assert chosen.origins["faults"] != "default"


def test_all_contracts() -> None:
    """Pins that `all` travels as what it is."""
    told = asked_of(settings(delivery="all"), 1).in_force(settings(delivery="exactly-once-fifo"))
    assert told.every_delivery
    assert told.delivery is None


def test_differences_are_named() -> None:
    """Pins that two searches that are not the same say where."""
    one, other = asked_of(settings(), 1), asked_of(settings(profile="quick", schedules="all"), 2)
    changed = [("profile", "ci", "quick"), ("schedules", None, 0), ("seed", 1, 2)]
    assert [*one.differences(other)] == changed
    assert [*one.differences(one)] == []
