"""How much work each part of the search is, and which of the parts one machine of several does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf

from attrs import evolve, frozen

from properties.contracts import name_without_contract
from properties.profiles import PROFILES, Profile
from properties.search import KNOWN, parts
from properties.settings.shards import Shard
from properties.settings.sources import OptionError

#: What one example of the stateful tier and one schedule of the campaign cost, in milliseconds of
#: the reference on one core. Targets differ, but it is only the proportions that count.
_EXAMPLE, _SCHEDULE = 7.0, 2.7


@frozen
class _Scopes:
    """What the scopes of one exhaustive part cost."""

    state: float
    """For each state that the profile allows."""
    states: int
    """As many states as there are to be found."""


_EXHAUSTIVE: Mapping[int, _Scopes] = {
    0: _Scopes(2.2, 12_000),
    1: _Scopes(0.8, 1_000),
    2: _Scopes(3.0, 4_200),
    3: _Scopes(0.9, 60_000),
}
_FIXED = {KNOWN: 100.0, "paths": 100.0, "directed": 400.0, "repeats": 400.0, "sweep": 1_200.0}
#: About as many schedules strike the calls that detours have found.
_STRUCK = 600
_SCHEDULES = {"paths": 30, "directed": 30, "repeats": 190, "sweep": 800}


def cost(part: str, profile: Profile) -> float:
    """About how much work a part is."""
    least = inf if profile.most is None else _SCHEDULE * profile.most
    return min(least, _cost(part, profile))


def _cost(part: str, profile: Profile) -> float:
    name, _, number = name_without_contract(part).partition("-")
    if name == "exhaustive":
        scopes = _EXHAUSTIVE[int(number)]
        return scopes.state * min(profile.exhaustive_states, scopes.states)
    if name == "stateful":
        return _EXAMPLE * profile.examples
    if name == "campaign":
        return _SCHEDULE * profile.campaign
    if name == "detours":
        return _SCHEDULE * (profile.detours + _STRUCK)
    return _FIXED[name]


def schedules_of(part: str, profile: Profile) -> int:
    """About how many schedules a part will run; 0 where they say nothing of how far it is."""
    name, _, _ = name_without_contract(part).partition("-")
    known = {
        "stateful": profile.examples,
        "campaign": profile.campaign,
        "detours": profile.detours + _STRUCK,
    }
    number = (known | _SCHEDULES).get(name, 0)
    return number if profile.most is None else min(number, profile.most)


def share(whole: Sequence[str], shard: Shard, profile: Profile) -> list[str]:
    """The parts that one shard does: each part is in one of them, and they have the same to do.

    The dearest part goes first, each to the shard that has the least so far.
    """
    loads = [0.0] * shard.of
    owner: dict[str, int] = {}
    for part in sorted(whole, key=lambda each: (-cost(each, profile), whole.index(each))):
        least = loads.index(min(loads))
        loads[least] += cost(part, profile)
        owner[part] = least
    return [part for part in whole if owner[part] == shard.number - 1]


def check(shard: Shard, whole: Sequence[str], instead: str | None) -> None:
    """See that every shard has something to do; `instead` is done instead of a search, if it is.

    Raises:
        OptionError: there is nothing to share, or not enough.
    """
    if instead is not None:
        problem = f"there is no search to share where this is asked for: {instead}"
        raise OptionError("--saga-shard", f"{problem}; leave it out")
    if shard.of > len(whole):
        problem = f"there are only {len(whole)} parts to share"
        raise OptionError("--saga-shard", f"{problem}; make no more shards than that")


def quick_share(profile: Profile) -> float:
    """How much of a profile's work `quick` is."""
    quick = PROFILES["quick"]
    return _all(evolve(quick, most=profile.most and quick.slow)) / _all(profile)


def _all(profile: Profile) -> float:
    return sum(cost(part, profile) for part in parts(profile))
