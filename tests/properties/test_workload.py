"""Shares of a search: each part in one of them, about as much work in each."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from model.environment import Delivery
from properties.contracts import parts_under
from properties.profiles import PROFILES
from properties.search import parts
from properties.settings.options import BY_NAME
from properties.settings.shards import Shard, parse_merge, parse_shard
from properties.settings.sources import Given, OptionError, Source
from properties.workload import check, cost, quick_share, schedules_of, share

CI = PROFILES["ci"]


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("of", [1, 2, 3, 7])
def test_each_part_is_in_one_share(name: str, of: int) -> None:
    """Pins that the shares together are the whole, each part once, and no share is empty."""
    whole = parts(PROFILES[name])
    shares = [share(whole, Shard(n + 1, of), PROFILES[name]) for n in range(of)]
    assert sorted(part for some in shares for part in some) == sorted(whole)
    assert all(shares)


def test_shares_are_the_same_everywhere() -> None:
    """Pins the split itself: a machine decides alone what its share is."""
    whole = ["paths", "exhaustive-0", "exhaustive-2", "exhaustive-3", "stateful-0", "campaign-0"]
    shares = [share(whole, Shard(n, 3), CI) for n in (1, 2, 3)]
    assert shares == [
        ["exhaustive-0"],
        ["exhaustive-2", "campaign-0"],
        ["paths", "exhaustive-3", "stateful-0"],
    ]


def test_shares_are_about_as_much_work() -> None:
    """Pins that no share has more to do than the others by more than its smallest part."""
    whole = parts_under(parts(CI), tuple(Delivery))
    for of in (2, 3, 5):
        shares = [share(whole, Shard(n + 1, of), CI) for n in range(of)]
        loads = [sum(cost(part, CI) for part in some) for some in shares]
        assert max(loads) < 1.2 * sum(loads) / of


def given(name: str, value: str) -> Given:
    """A value on the command line."""
    return Given(BY_NAME[name], value, Source("command line", {}, Path("/")))


def test_a_shard_is_read() -> None:
    """Pins how a shard is written, and how it is told."""
    assert str(parse_shard(given("shard", " 2/3 "))) == "shard 2 of 3"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2", "'2' is no shard; write 2/3 for the second of three"),
        ("a/b", "'a/b' is no shard"),
        ("0/3", "there is no shard 0 of 3; they are counted from 1 to 3"),
        ("4/3", "there is no shard 4 of 3"),
        ("", "is empty; give I/N"),
    ],
)
def test_a_wrong_shard(value: str, said: str) -> None:
    """Pins the messages."""
    with pytest.raises(OptionError, match=f"--saga-shard: {said}"):
        parse_shard(given("shard", value))


def test_a_merge_of_nothing() -> None:
    """Pins the message for a directory that is not there."""
    with pytest.raises(OptionError, match="--saga-merge: no such directory: /not/here"):
        parse_merge(given("merge", "not/here"))


def test_nothing_to_share() -> None:
    """Pins the messages for more shards than parts, and for what is no search."""
    whole = parts(PROFILES["quick"])
    check(Shard(1, len(whole)), whole, None)
    with pytest.raises(OptionError, match=rf"only {len(whole)} parts to share; make no more"):
        check(Shard(1, len(whole) + 1), whole, None)
    with pytest.raises(OptionError, match="no search to share where this is asked for: replay"):
        check(Shard(1, 2), whole, "replay")


def test_a_limit_makes_parts_alike() -> None:
    """Pins that shares are about as much work where parts may run only so many schedules."""
    few = evolve(CI, most=10)
    whole = parts(few)
    assert len({cost(part, few) for part in whole}) == 1
    assert {len(share(whole, Shard(n, 3), few)) for n in (1, 2, 3)} <= {6, 7}
    assert [schedules_of(part, few) for part in ("sweep-0", "campaign-1", "paths")] == [10] * 3
    assert quick_share(evolve(CI, most=CI.slow)) < 0.3


def test_quick_is_less() -> None:
    """Pins that what a reader is told of `quick` is true of the parts that there are."""
    assert quick_share(PROFILES["quick"]) == 1
    assert 0.05 < quick_share(CI) < 0.3
    assert quick_share(PROFILES["nightly"]) < quick_share(CI)
