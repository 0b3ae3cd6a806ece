"""The steps of the table as one log shows them: which lines each of them leaves, in which lanes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import define, field, frozen

from model.logs.records import Kind, Lane, Record, View, Window
from model.logs.steps import Local, Part, Step, parts
from model.table import Table


@define
class Tokens:
    """Lines as small numbers: the same line, the same number."""

    numbers: dict[Record, int] = field(factory=dict)
    records: list[Record] = field(factory=list)

    def of(self, record: Record) -> int:
        """The number of a line."""
        number = self.numbers.get(record)
        if number is None:
            number = self.numbers[record] = len(self.records)
            self.records.append(record)
        return number


@frozen(eq=False)
class Shown:
    """A step, and the lines that it leaves."""

    step: Step
    after: int
    """The number of where the participant is then."""
    needs: int
    """The message that must have been published; `gives` are those that are published by it."""
    gives: int
    main: Record | None
    """Its line in the main lane, if it has one."""
    lines: tuple[tuple[int, tuple[int, ...]], ...]
    """Lanes of single facts, and what it leaves there: sorted tokens, in any order in the log."""

    @property
    def moves(self) -> bool:
        """Whether anything is different after it, or is there to be seen."""
        return bool(self.main or self.lines or self.gives)


class Showing:
    """The steps of a table under one view."""

    def __init__(self, table: Table, view: View, tokens: Tokens) -> None:
        self.table = table
        self.view = view
        self.tokens = tokens
        behind = {str(machine.actor) for machine in table.machines if machine.behind}
        # A machine behind a port with handlings of its own; the lines of a mere ledger belong to
        # whoever makes the calls.
        apart = any(view.windows[name].handlings for name in behind & view.windows.keys())
        self.parts = parts(table, apart)
        self.lanes: tuple[Lane, ...] = tuple(
            (str(machine.actor), kind)
            for machine in table.machines
            for kind in Kind
            if machine.actor in view.windows
        )
        self._numbers = {lane: number for number, lane in enumerate(self.lanes)}
        self.main = tuple(self._numbers.get((part.name, Kind.MAIN), -1) for part in self.parts)
        messages = {event: None for row in table.rows for event in (row.on, *row.emits)}
        self._bits = {message: 1 << n for n, message in enumerate({**messages, "": None})}
        self._bits[""] = 0
        self._unseen = view.hidden | table.port_calls  # calls are not events, even between services
        self._lanes_of: list[int] = []
        self.locals: list[Local] = []
        """Where participants can be; the search knows them by number."""
        self._local_numbers: dict[Local, int] = {}
        self.start = tuple(self.number(part.initial) for part in self.parts)
        self._all: dict[tuple[int, int], tuple[Shown, ...]] = {}
        self._without: dict[tuple[int, int], tuple[Shown, ...]] = {}
        self._explaining: dict[tuple[int, int, int], tuple[Shown, ...]] = {}
        self._only: dict[tuple[int, int, int], Shown | None] = {}

    def number(self, local: Local) -> int:
        """The number of where a participant is."""
        known = self._local_numbers.setdefault(local, len(self.locals))
        if known == len(self.locals):
            self.locals.append(local)
        return known

    def mask(self, messages: Iterable[str]) -> int:
        """A set of messages as bits."""
        bits = 0
        for message in messages:
            bits |= self._bits[message]
        return bits

    def lanes_of_tokens(self) -> list[int]:
        """The number of the lane of each token there is."""
        known = len(self._lanes_of)
        for record in self.tokens.records[known:]:
            self._lanes_of.append(self._numbers.get(self.view.lane(record), -1))
        return self._lanes_of

    def steps(self, place: int, local: int) -> tuple[Shown, ...]:
        """Every step of a participant, in each way in which it may show."""
        key = place, local
        found = self._all.get(key)
        if found is None:
            part = self.parts[place]
            steps = part.steps(self.locals[local])
            shown = (s for step in steps for s in self._show(part, step))
            found = self._all[key] = tuple(s for s in shown if s.moves or s.after != local)
        return found

    def without_line(self, place: int, local: int) -> tuple[Shown, ...]:
        """The steps that leave nothing in the main lane; the same thing only once."""
        key = place, local
        found = self._without.get(key)
        if found is None:
            steps = (s for s in self.steps(place, local) if s.main is None)
            found = tuple({(s.needs, s.gives, s.after, s.lines): s for s in steps}.values())
            self._without[key] = found
        return found

    def explaining(self, place: int, local: int, token: int) -> tuple[Shown, ...]:
        """The steps that leave this line in the main lane."""
        key = place, local, token
        found = self._explaining.get(key)
        if found is None:
            record = self.tokens.records[token]
            steps = self.steps(place, local)
            found = tuple(s for s in steps if s.main is not None and _fits(record, s.main))
            self._explaining[key] = found
        return found

    def only(self, place: int, local: int, token: int) -> Shown | None:
        """The step that leaves this line, if it is the only one that the participant can take.

        It uses up nothing that others need, and what it publishes stays available to them. So if
        it can be taken, it may as well be taken first.
        """
        key = place, local, token
        if key not in self._only:
            steps = self.explaining(place, local, token)
            alone = len(steps) == 1 and not steps[0].lines and not self.without_line(place, local)
            self._only[key] = steps[0] if alone else None
        return self._only[key]

    def _show(self, part: Part, step: Step) -> Iterator[Shown]:
        window = self.view.windows.get(part.name, Window())
        published = tuple(event for event in step.published if event not in self._unseen)
        lines = (
            *self._singles(part.name, Kind.EVENTS, published if window.event_lines else ()),
            *self._booked(part, step.effects),
        )
        main = Record(part.name, step.consumed, published, step.effects, step.after.states[0])
        content = (window.published and published) or (window.effects and step.effects)
        needs, gives = self._bits[step.message], self.mask(step.published)
        after = self.number(step.after)
        can_show = bool(window.handlings or content)
        if can_show and step.line:
            yield Shown(step, after, needs, gives, main, lines)
        unsaid = step.asked and not (published and window.named.issuperset(published))
        if not can_show or step.silent or unsaid or self.view.lossy:
            yield Shown(step, after, needs, gives, None, lines)

    def _booked(
        self, part: Part, effects: tuple[str, ...]
    ) -> Iterator[tuple[int, tuple[int, ...]]]:
        """What is entered in ledgers: in that of a machine behind the port, if it has one."""
        left = effects
        for name in (*map(str, part.actors[1:]), part.name):
            window = self.view.windows.get(name, Window())
            here = tuple(e for e in left if name == part.name or e in window.named)
            if window.effect_lines and here:
                yield from self._singles(name, Kind.EFFECTS, here)
                left = tuple(effect for effect in left if effect not in here)

    def _singles(
        self, service: str, kind: Kind, names: tuple[str, ...]
    ) -> Iterator[tuple[int, tuple[int, ...]]]:
        if names:
            tokens = (
                self.tokens.of(
                    Record(service, published=(name,))
                    if kind is Kind.EVENTS
                    else Record(service, effects=(name,))
                )
                for name in names
            )
            yield self._numbers[service, kind], tuple(sorted(tokens))


def _fits(record: Record, line: Record) -> bool:
    """Whether a line of the log can be this one; what it does not say, it does not rule out."""
    return (
        (record.consumed is None or record.consumed == line.consumed)
        and (record.published is None or record.published == line.published)
        and (record.effects is None or record.effects == line.effects)
        and (record.state is None or record.state == line.state)
    )
