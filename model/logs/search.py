"""Is there a way through the table that explains the lines of one saga?

A memoised search. A place in it is: how far each lane has been explained, where each participant
is, and what was ever published (a message once published may be handled at any later time, so what
is available only grows). From a place the search takes a step that the next line of a lane shows,
or one that the log cannot show. Lines that are to be explained come first, so that a log which
shows everything is followed straight on.

Sagas with the same lines in each lane are the same question, and are asked once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from attrs import define, field

from model.logs.judgement import Answer, Judgement
from model.logs.records import View
from model.logs.showing import Showing, Shown, Tokens
from model.table import Actor, Table
from model.vocabulary import Status

#: How many different sagas are remembered, before they are forgotten all at once.
REMEMBERED = 100_000

#: Lines explained of each lane, where the participants are, messages ever published.
_Place = tuple[tuple[int, ...], tuple[int, ...], int]
_Lanes = tuple[tuple[int, ...], ...]


class Explainer:
    """Judges sagas as one view shows them, and remembers what it has judged."""

    def __init__(self, table: Table, view: View, tokens: Tokens) -> None:
        self.showing = Showing(table, view, tokens)
        undone = (row for row in table.rows if any(effect.undoes for effect in row.effects))
        self._undoing = self.showing.mask({row.on for row in undone} - table.port_calls)
        self._judged: dict[tuple[int, ...], Judgement] = {}
        self._ends: dict[tuple[tuple[int, ...], int], bool] = {}

    def shape(self, tokens: Sequence[int]) -> tuple[int, ...]:
        """What is left of the lines of a saga if the order between lanes is forgotten."""
        return tuple(sorted(tokens, key=self.showing.lanes_of_tokens().__getitem__))

    def judge(self, shape: tuple[int, ...]) -> Judgement:
        """What the lines of a saga say."""
        judgement = self._judged.get(shape)
        if judgement is None:
            if len(self._judged) >= REMEMBERED:
                self._judged.clear()
            judgement = self._judged[shape] = self._judge(shape)
        return judgement

    def _judge(self, shape: tuple[int, ...]) -> Judgement:
        lanes = self._lanes(shape)
        strict = _Search(self, lanes)
        if strict.run():
            answer = Answer.CONFORMS if strict.settled else Answer.RUNNING
            return self._told(answer, strict.best, strict)
        behind = _Search(self, lanes, behind=True)
        if behind.run():
            return self._told(Answer.BEHIND, strict.best, strict)
        best = max(strict.best, behind.best, key=lambda place: sum(place[0]))
        return self._told(Answer.DIFFERS, best, behind)

    def _lanes(self, shape: tuple[int, ...]) -> _Lanes:
        lanes: list[tuple[int, ...]] = [()] * len(self.showing.lanes)
        lane_of = self.showing.lanes_of_tokens()
        for lane, tokens in groupby(shape, lane_of.__getitem__):
            lanes[lane] = tuple(tokens)
        return tuple(lanes)

    def ended(self, locals_: tuple[int, ...], published: int) -> bool:
        """Whether everybody rests, and nothing that was published would still move anybody."""
        key = locals_, published
        ended = self._ends.get(key)
        if ended is None:
            showing = self.showing
            ended = self._ends[key] = all(
                part.rests(showing.locals[local])
                for part, local in zip(showing.parts, locals_, strict=True)
            ) and not any(self.next_steps(locals_, published, asked=False))
        return ended

    def next_steps(
        self, locals_: tuple[int, ...], published: int, *, asked: bool
    ) -> Iterator[Shown]:
        """What may happen next that changes anything; with `asked` what a customer may ask, too."""
        for place, local in enumerate(locals_):
            for shown in self.showing.steps(place, local):
                changes = shown.after != local or shown.gives & ~published
                available = published & shown.needs == shown.needs
                if changes and available and (asked or not shown.step.asked):
                    yield shown

    def _told(self, answer: Answer, best: _Place, search: _Search) -> Judgement:
        cursors, numbers, published = best
        showing = self.showing
        locals_ = [showing.locals[number] for number in numbers]
        placed = all(local.placed for local in locals_)
        steps = self.next_steps(numbers, published, asked=not placed)
        rows = tuple(dict.fromkeys(shown.step.row for shown in steps))
        expected = tuple(str(row or "order: the customer places the order") for row in rows)
        states = {
            str(actor): state
            for part, local in zip(showing.parts, locals_, strict=True)
            for actor, state in zip(part.actors, local.states, strict=True)
        }
        order = states[Actor.ORDER]
        return Judgement(
            answer,
            cursors,
            tuple(states.items()),
            expected,
            next((f"{row.actor} to handle {row.on}" for row in rows if row), ""),
            Status(order) if order in {*Status} else Status.OPEN,
            bool(published & self._undoing),
            len(search.seen),
        )


@define
class _Search:
    """One search under way; `behind` lets services do more than their lines show."""

    explainer: Explainer
    lanes: _Lanes
    behind: bool = False
    settled: bool = False
    seen: set[_Place] = field(factory=set)
    best: _Place = ((), (), 0)

    def run(self) -> bool:
        """Whether all lines are explained; `best` is where the longest explanation ends."""
        showing = self.explainer.showing
        todo: list[_Place] = [((0,) * len(self.lanes), showing.start, 0)]
        whole, most, finished = sum(map(len, self.lanes)), -1, False
        while todo:
            place = self._forward(todo.pop())
            if place in self.seen:
                continue
            self.seen.add(place)
            explained = sum(place[0])
            if explained > most:
                most, self.best = explained, place
            if explained == whole:
                finished = True
                if self.behind:
                    return True
                if self.explainer.ended(place[1], place[2]):
                    self.best, self.settled = place, True
                    return True
            todo.extend(self._onward(place))
        return finished

    def _forward(self, place: _Place) -> _Place:
        """Where it leads to take all steps that may as well be taken first (`Showing.only`)."""
        showing = self.explainer.showing
        before, numbers, published = place
        cursors, locals_ = list(before), list(numbers)
        news = True
        while news:
            news = False
            for number, lane in enumerate(showing.main):
                line = self.lanes[lane] if lane >= 0 else ()
                while line and cursors[lane] < len(line):
                    only = showing.only(number, locals_[number], line[cursors[lane]])
                    if only is None or published & only.needs != only.needs:
                        break
                    cursors[lane] += 1
                    locals_[number] = only.after
                    published |= only.gives
                    news = True
        return tuple(cursors), tuple(locals_), published

    def _onward(self, place: _Place) -> Iterator[_Place]:
        """Every step from here. Unseen ones first: the last ones are the first to be followed."""
        showing = self.explainer.showing
        cursors, locals_, _ = place
        explained: list[_Place] = []
        for number, local in enumerate(locals_):
            lane = showing.main[number]
            more = lane >= 0 and cursors[lane] < len(self.lanes[lane])
            if self.behind and lane >= 0 and not more:
                steps = showing.steps(number, local)
            else:
                steps = showing.without_line(number, local)
            for shown in steps:
                after = self._after(place, number, shown, -1)
                if after is not None:
                    if shown.lines:
                        explained.append(after)
                    else:
                        yield after
            if more:
                token = self.lanes[lane][cursors[lane]]
                for shown in showing.explaining(number, local, token):
                    after = self._after(place, number, shown, lane)
                    if after is not None:
                        explained.append(after)
        yield from explained

    def _after(self, place: _Place, number: int, shown: Shown, lane: int) -> _Place | None:
        """Where a step leads; nowhere if its message is missing, or its lines are not next."""
        cursors, locals_, published = place
        if published & shown.needs != shown.needs:
            return None
        if lane >= 0 or shown.lines:
            moved = list(cursors)
            if lane >= 0:
                moved[lane] += 1
            for single, tokens in shown.lines:
                taken = self.lanes[single][moved[single] : moved[single] + len(tokens)]
                if tuple(sorted(taken)) != tokens and not self._rest(taken, tokens):
                    return None
                moved[single] += len(taken)
            cursors = tuple(moved)
        after = shown.after
        if after != locals_[number]:
            locals_ = (*locals_[:number], after, *locals_[number + 1 :])
        return cursors, locals_, published | shown.gives

    def _rest(self, taken: tuple[int, ...], tokens: tuple[int, ...]) -> bool:
        """Whether the lane ends in the middle of what a step leaves there."""
        return self.behind and len(taken) < len(tokens) and not Counter(taken) - Counter(tokens)
