"""The sagas of a log that is read line by line: those that are open are kept, the others counted.

A saga is judged when the log has said nothing of it for a while (`PATIENCE` lines), and once more
when the log ends. One that is settled is closed: what stays is its number in the counts, and for
the last `CLOSED_KEPT` of them their lines as one shared tuple, so that a late copy can still be
judged. A saga that differs can never come right again, and is closed as well, as a finding.
So memory grows with the sagas that are open, and not with the length of the log.

What a log shows may turn out to be more than its first lines did. The view is then widened for
the sagas that are judged from then on; what a finding says is by the view that it was found in.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator

from attrs import define, field, frozen

from model.logs.judgement import Answer, Judgement
from model.logs.records import View
from model.logs.search import Explainer
from model.logs.showing import Tokens
from model.table import Table
from model.vocabulary import Status

PATIENCE = 20_000
CLOSED_KEPT = 50_000
#: So many sagas that differ are kept with their lines; of the others it is known how many.
FINDINGS_KEPT = 500


@define(slots=True)
class Open:
    """A saga that is not closed: its lines, in the order of the log."""

    tokens: list[int]
    lines: list[int]
    """Where each of them stands in the log; 0 for those of a saga that was opened again."""
    time: object = None
    """When its last line was written, as the log says it."""
    touched: int = 0
    ids: set[tuple[int, str]] | None = None
    """Ids of its lines; None if they are forgotten, since it was closed before."""


@frozen
class SagaReport:
    """One saga and what was found about it."""

    saga: str
    judgement: Judgement
    said: tuple[str, ...]
    """Its lines in the order of the log, in words."""
    lines: tuple[int, ...]
    unexplained: tuple[int, ...]
    """Positions in `said`: of each lane the first line that the longest explanation leaves out."""
    explained: int
    time: object


@define
class Tally:
    """What was counted."""

    records: int = 0
    sagas: int = 0
    answers: Counter[Answer] = field(factory=Counter)
    statuses: Counter[Status] = field(factory=Counter)
    """Of the sagas that conform."""
    repeated: int = 0
    """Lines that were there already: the same id, or the same event sent again."""
    reopened: int = 0
    unplaced: int = 0
    """Sagas without a beginning, seen after closed ones had to be forgotten: not judged."""
    most_open: int = 0


@define(eq=False)
class Tracker:
    """All sagas of one log. Feed it every line in the order of the log, then `finish`."""

    table: Table
    declared: View = field(factory=View)
    tokens: Tokens = field(factory=Tokens)
    tally: Tally = field(factory=Tally)
    patience: int = PATIENCE
    closed_kept: int = CLOSED_KEPT
    on_closed: Callable[[str, Status], None] | None = None
    """Told of every saga that is closed, and how it ended."""
    open: dict[str, Open] = field(factory=dict)
    differing: list[SagaReport] = field(factory=list)
    view: View = field(init=False)
    _explainer: Explainer | None = None
    _seen_tokens: int = 0
    _waiting: deque[tuple[str, Open, int]] = field(factory=deque)
    _closed: OrderedDict[str, tuple[tuple[int, ...], Status]] = field(factory=OrderedDict)
    _forgotten: bool = False

    def __attrs_post_init__(self) -> None:
        self.view = self.declared

    def take(self, saga: str, token: int, line: int, time: object, id: str | None) -> None:
        """One line of the log."""
        found = self.open.get(saga)
        if found is None:
            found = self._opened(saga)
        ids = found.ids
        if id is not None and ids is not None:
            key = token, id
            if key in ids:
                self.tally.repeated += 1
                return
            ids.add(key)
        elif token in found.tokens and self._says_nothing_new(token, id):
            self.tally.repeated += 1
            return
        found.tokens.append(token)
        found.lines.append(line)
        found.time = time
        count = self.tally.records = self.tally.records + 1
        if not found.touched:
            self._waiting.append((saga, found, count))
        found.touched = count
        if self._waiting and count - self._waiting[0][2] > self.patience:
            self._look_after()

    def _opened(self, saga: str) -> Open:
        closed = self._closed.pop(saga, None)
        if closed is None:
            found = Open([], [], ids=set())
            self.tally.sagas += 1
        else:
            shape, status = closed
            found = Open([*shape], [0] * len(shape))
            self.tally.reopened += 1
            self.tally.answers[Answer.CONFORMS] -= 1
            self.tally.statuses[status] -= 1
        self.open[saga] = found
        self.tally.most_open = max(self.tally.most_open, len(self.open))
        return found

    def _says_nothing_new(self, token: int, id: str | None) -> bool:
        """Whether a line that was there before may be a copy: an event sent again, or a line of a
        saga that was closed, whose ids are forgotten."""
        record = self.tokens.records[token]
        return id is not None or (record.effects is None and not record.bundle)

    def explainer(self) -> Explainer:
        """The judge, by the view that shows all lines so far."""
        if self._explainer is None or self._seen_tokens != len(self.tokens.records):
            new = self.tokens.records[self._seen_tokens :]
            wider = self.view.widened(new)
            if self._explainer is None or wider is not self.view:
                self.view = wider
                self._explainer = Explainer(self.table, wider, self.tokens)
            self._seen_tokens = len(self.tokens.records)
        return self._explainer

    def _look_after(self) -> None:
        """Judge what has been quiet for long enough; look again later at what has not."""
        now = self.tally.records
        while self._waiting and now - self._waiting[0][2] > self.patience:
            saga, found, seen = self._waiting.popleft()
            if found.touched > seen:
                self._waiting.append((saga, found, found.touched))
            elif not self._close(saga, found):
                found.touched = 0  # it waits again once there is news of it

    def _close(self, saga: str, found: Open) -> bool:
        explainer = self.explainer()
        shape = explainer.shape(found.tokens)
        judgement = explainer.judge(shape)
        if judgement.answer is Answer.DIFFERS:
            self._differs(saga, found, judgement)
        elif judgement.answer is Answer.CONFORMS:
            self.tally.answers[Answer.CONFORMS] += 1
            self.tally.statuses[judgement.status] += 1
            self._closed[saga] = shape, judgement.status
            if len(self._closed) > self.closed_kept:
                self._closed.popitem(last=False)
                self._forgotten = True
        else:
            return False
        del self.open[saga]
        if self.on_closed:
            self.on_closed(saga, judgement.status)
        return True

    def _differs(self, saga: str, found: Open, judgement: Judgement) -> None:
        if self._has_no_beginning(judgement):
            self.tally.unplaced += 1
            return
        self.tally.answers[Answer.DIFFERS] += 1
        if len(self.differing) < FINDINGS_KEPT:
            self.differing.append(self.judged(saga, found))

    def finish(self) -> tuple[list[SagaReport], list[SagaReport]]:
        """Judge what is left. Returns the sagas that differ, and those that have not ended."""
        for saga, found in list(self.open.items()):
            self._close(saga, found)
        open_ = [self.judged(saga, found) for saga, found in self.open.items()]
        unended = [report for report in open_ if not self._has_no_beginning(report.judgement)]
        self.tally.unplaced += len(open_) - len(unended)
        self.tally.answers.update(report.judgement.answer for report in unended)
        return self.differing, unended

    def _has_no_beginning(self, judgement: Judgement) -> bool:
        """Whether nothing is explained, and it may be because it was forgotten."""
        explained = judgement.answer is Answer.RUNNING or any(judgement.explained)
        return self._forgotten and not explained

    def judged(self, saga: str, found: Open) -> SagaReport:
        """What there is to say of a saga with these lines."""
        explainer = self.explainer()
        judgement = explainer.judge(explainer.shape(found.tokens))
        return SagaReport(
            saga,
            judgement,
            tuple(str(self.tokens.records[token]) for token in found.tokens),
            tuple(found.lines),
            tuple(self._unexplained(found, judgement, explainer)),
            sum(judgement.explained),
            found.time,
        )

    def _unexplained(
        self, found: Open, judgement: Judgement, explainer: Explainer
    ) -> Iterator[int]:
        lane_of = explainer.showing.lanes_of_tokens()
        so_far: Counter[int] = Counter()
        for position, token in enumerate(found.tokens):
            lane = lane_of[token]
            if so_far[lane] == judgement.explained[lane]:
                yield position
            so_far[lane] += 1
