"""Three ways to build a choreographed saga that end badly, looked for in what was observed.

They come from the document that this kit was made for: *effects before the event is recorded*, *a
step without compensation*, *circular compensation*. What is found is a remark and no verdict: runs
without faults show how a target is built, not that it goes wrong. That is for the properties.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from attrs import field, frozen

from model.ledger import Effect

#: More events than this for one order, without any fault, and somebody talks in circles.
MANY_EVENTS = 50

_UNDONE_BY = {
    Effect.CHARGE: Effect.REFUND,
    Effect.AUTHORISE: Effect.VOID,
    Effect.RESERVE: Effect.RELEASE,
}


class AntiPattern(StrEnum):
    """What a remark is about."""

    EFFECT_FIRST = "effect before its event is recorded"
    NO_COMPENSATION = "step without compensation"
    CIRCLE = "circular compensation"


@frozen
class Remark:
    """One anti-pattern at one place, and what to do about it."""

    pattern: AntiPattern
    where: str
    advice: str

    def __str__(self) -> str:
        return f"{self.pattern}: {self.where}; {self.advice}"


@frozen
class Done:
    """An effect, in which handling by whom."""

    effect: Effect
    handling: int
    participant: str
    act: str = ""
    """What people did, if it was done so: nobody can see which participant they did it in."""


@frozen
class Said:
    """An event that was published: by whom, because of what."""

    id: str
    type: str
    order: str
    participant: str
    cause: str
    """The id of the event whose handling led to it; empty if it was none."""
    handling: int
    by_relay: bool
    """Whether it came, or may have come, out of an outbox, and not out of the handler."""


@frozen
class Observed:
    """One run without faults."""

    happened: tuple[Done | Said, ...]
    """In the order in which it happened."""
    kept: Mapping[Effect, int] = field(factory=dict)
    """For effects that can be undone: of how many orders that were not confirmed it still stood."""


def remarks(
    runs: Iterable[Observed], subscriptions: Mapping[str, Iterable[str]]
) -> tuple[Remark, ...]:
    """Everything that there is to remark, each once."""
    seen = tuple(runs)
    found = (*_effect_first(seen), *_no_compensation(seen, subscriptions), *_circles(seen))
    return tuple(dict.fromkeys(found))


def _effect_first(runs: tuple[Observed, ...]) -> Iterator[Remark]:
    """A handler does something and then publishes by itself: a crash between the two parts them."""
    relayed = {(e.participant, e.type) for run in runs for e in _said(run) if e.by_relay}
    for run in runs:
        done: dict[int, Done] = {}
        for each in run.happened:
            if isinstance(each, Done):
                done.setdefault(each.handling, each)
            elif each.handling in done and not (
                each.by_relay or (each.participant, each.type) in relayed
            ):
                first = done[each.handling]
                who = f"the act {first.act!r}" if first.act else each.participant
                yield Remark(
                    AntiPattern.EFFECT_FIRST,
                    f"{who} does {first.effect}, then publishes {each.type} "
                    f"{'at once' if first.act else 'from the handler'}",
                    "unless handling it again also says it again, write the event to an outbox, "
                    "in the transaction of the effect",
                )


def _no_compensation(
    runs: tuple[Observed, ...], subscriptions: Mapping[str, Iterable[str]]
) -> Iterator[Remark]:
    """Orders came to nothing with something standing, and nothing of that kind is ever undone."""
    done = {each.effect for run in runs for each in run.happened if isinstance(each, Done)}
    published = {each.type for run in runs for each in _said(run)}
    for effect, undoing in _UNDONE_BY.items():
        orders = sum(run.kept.get(effect, 0) for run in runs)
        if orders and undoing not in done:
            doers = {
                each.participant
                for run in runs
                for each in run.happened
                if isinstance(each, Done) and each.effect is effect and not each.act
            }
            waiting = [
                f"{who} waits for {event}, which nobody publishes"
                for who in sorted(doers)
                for event in subscriptions.get(who, ())
                if event not in published
            ]
            yield Remark(
                AntiPattern.NO_COMPENSATION,
                f"there is {effect} and never {undoing}, though orders came to nothing"
                f"{' (' + '; '.join(waiting) + ')' if waiting else ''}",
                "let the participant that fails ask for it, in the transaction of its failure",
            )


def _circles(runs: tuple[Observed, ...]) -> Iterator[Remark]:
    """An event that is, by way of others, its own cause; or no end of events."""
    for run in runs:
        known: dict[str, Said] = {}
        count: dict[str, int] = {}
        for each in _said(run):
            chain = [each.type]
            before = known.get(each.cause)
            while before is not None:
                chain.append(before.type)
                if before.type == each.type:
                    yield Remark(
                        AntiPattern.CIRCLE,
                        " → ".join(reversed(chain)),
                        "let each compensation end in a state that ignores what asked for it",
                    )
                    break
                before = known.get(before.cause)
            known.setdefault(each.id, each)
            count[each.order] = count.get(each.order, 0) + 1
        if max(count.values(), default=0) > MANY_EVENTS:
            yield Remark(
                AntiPattern.CIRCLE,
                f"more than {MANY_EVENTS} events for one order",
                "find out who answers whom",
            )


def _said(run: Observed) -> Iterator[Said]:
    return (each for each in run.happened if isinstance(each, Said))
