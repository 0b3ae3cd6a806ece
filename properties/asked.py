"""What is asked of a search: the same in every process and on every machine that takes part in it.

Workers on other machines read neither the environment nor the pyproject.toml of this one, and
shards are merged later: both go by what stands here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import asdict, evolve, frozen
from cattrs.preconf.json import make_converter

from model.environment import Delivery, Fault
from properties.settings.in_force import Settings

_JSON = make_converter()


@frozen
class Asked:
    """The settings that decide which schedules are run and how they are judged."""

    target: str
    delivery: str
    """Empty for what the target relies on."""
    every_delivery: bool
    faults: tuple[str, ...]
    faults_by_default: bool
    profile: str
    schedules: int | None
    seed: int
    expected: dict[str, str]

    def in_force(self, settings: Settings) -> Settings:
        """The settings with these in the place of their own."""
        origins = dict(settings.origins)
        if self.faults_by_default:
            origins["faults"] = "default"
        elif origins["faults"] == "default":
            origins["faults"] = "elsewhere"
        return evolve(
            settings,
            target=self.target,
            delivery=Delivery(self.delivery) if self.delivery else None,
            every_delivery=self.every_delivery,
            faults=frozenset(map(Fault, self.faults)),
            profile=self.profile,
            schedules=self.schedules,
            seed=self.seed,
            expected=dict(self.expected),
            origins=origins,
        )

    def differences(self, other: Asked) -> Iterator[tuple[str, Any, Any]]:
        """Where the other one is not the same: the name, and what each has."""
        theirs = asdict(other)
        for name, value in asdict(self).items():
            if value != theirs[name]:
                yield name, value, theirs[name]


def asked_of(settings: Settings, seed: int) -> Asked:
    """What is asked for by the settings in force."""
    return Asked(
        settings.target,
        str(settings.delivery or ""),
        settings.every_delivery,
        tuple(sorted(map(str, settings.faults))),
        settings.origins["faults"] == "default",
        settings.profile,
        settings.schedules,
        seed,
        dict(settings.expected),
    )


def as_text(asked: Asked) -> str:
    """To be sent to another process."""
    return _JSON.dumps(asked)


def from_text(text: str) -> Asked:
    """What `as_text` has written."""
    return _JSON.loads(text, Asked)
