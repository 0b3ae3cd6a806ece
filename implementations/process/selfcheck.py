"""Whether a process speaks the protocol, found out before any saga is run.

The checks go from the simple to the subtle, each on a process that has passed those before it; the
first one that fails ends the check, for what follows would only repeat it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from itertools import zip_longest
from typing import Any, NoReturn

from attrs import define, field, frozen

from implementations.errors import TargetError
from implementations.observing import check_observation
from implementations.process.connection import Command
from implementations.process.session import Pool, RemoteError
from implementations.process.stage import ORDER, UNREADABLE, Stage
from implementations.process.target import ProcessTarget
from implementations.shape import TargetShape, check_target

#: Messages after which a saga that is disturbed by nothing must have come to rest.
_ENOUGH = 100


@frozen
class Step:
    """One check: what was tried, and what is wrong; nothing, where it has passed."""

    name: str
    problem: str = ""


class _Abandoned(BaseException):
    """A port call is not answered: the participant has crashed there."""


@define
class _Rehearsal:
    """The process, with what has become of it so far."""

    pool: Pool
    world: Stage = field(factory=Stage)
    target: Any = None
    shape: TargetShape | None = None
    beginning: Any = None
    waiting: deque[tuple[str, dict[str, Any]]] = field(factory=deque)
    """Messages that nobody handles yet, each with its consumer."""

    def begins(self) -> None:
        """It starts, answers hello and start, and declares a saga."""
        if self.target is not None:
            self.target.close()
        self.world = Stage()
        self.waiting.clear()
        self.target = ProcessTarget([self.pool], self.world)
        self.shape = check_target(self.target)

    def shows(self) -> None:
        """observe() can be read, and shows the same while nothing happens."""
        first = self.target.observe()
        check_observation(
            {"orders": {}, "stock": {}, **first} if isinstance(first, dict) else first, ()
        )
        if self.target.observe() != first:
            raise TargetError("shows something else the second time", "observe()", "only read")
        self.beginning = first

    def refuses_the_unknown(self) -> None:
        """A request that it does not know is answered with an error."""
        try:
            answer = self.session.ask("dance")
        except RemoteError:
            return
        raise TargetError(
            f"answered {answer!r} to a request that there is not", "request `dance`", _AN_ERROR
        )

    def runs(self) -> None:
        """An order is placed, and all that follows from it is handled."""
        self.place()
        self.looks()
        for _ in range(_ENOUGH):
            if not self.one_more():
                self.has_sent_all()
                return
            self.looks()
        raise TargetError(
            f"has not come to rest after {_ENOUGH} messages", "the saga of one order", "see why"
        )

    def looks(self) -> None:
        """Ask it to observe: what it tells by itself with `seen` must be that."""
        self.session.observe(asked=True)

    def has_sent_all(self) -> None:
        """Nothing is left to be done, so nothing waits in an outbox."""
        shown = self.session.observe(asked=False)
        outbox = shown.get("outbox") if isinstance(shown, dict) else None
        relays = bool(self.shape and self.shape.has_relay)
        for participant, waiting in outbox.items() if isinstance(outbox, dict) else ():
            if waiting:
                raise TargetError(
                    f"shows that {waiting} wait in the outbox of {participant}, "
                    + ("and its relay returns 0" if relays else "and nobody relays it"),
                    "observe()['outbox']",
                    "let `relay` publish all that is counted there"
                    if relays
                    else 'declare it in the answer to start ("members": ["relay"]), and publish '
                    "from the outbox when `relay` comes",
                )

    def place(self, order: str = "o1") -> None:
        """Place an order, where orders can be placed with this process."""
        if self.takes_orders:
            self.target.place_order(dict(ORDER, id=order))

    @property
    def takes_orders(self) -> bool:
        """Whether this process is, or has, the order service."""
        participant = self.pool.command.participant
        return not participant or participant == "order"

    def one_more(self) -> bool:
        """Relay every outbox once, and handle the oldest message."""
        relayed = self.relays()
        self.waits()
        if self.waiting:
            self.target.handle(*self.waiting.popleft())
            return True
        return relayed > 0

    def counted(self, participant: str) -> int:
        """Relay an outbox, in which there is nothing if that is what was shown."""
        shown = self.session.observe(asked=False)
        outbox = shown.get("outbox") if isinstance(shown, dict) else None
        before = len(self.world.published)
        waiting = self.relay(participant)
        more = list(self.world.published)[before:]
        if isinstance(outbox, dict) and outbox.get(participant) == 0 and (waiting or more):
            publishes = f" and publishes {more[0]['type']}" if more else ""
            raise TargetError(
                f"shows that the outbox of {participant} is empty, and its relay returns "
                f"{waiting}{publishes}",
                "observe()['outbox']",
                "count what the next relay() would publish; leave out whom you cannot count for",
            )
        return waiting

    def relay(self, participant: str) -> int:
        """Relay an outbox."""
        waiting = self.target.relay(participant)
        if type(waiting) is not int:
            raise TargetError(f"returned {waiting!r}", "relay", "return how many were waiting")
        return waiting

    def takes_failures(self) -> None:
        """A port call that fails, in either way, leaves a process that goes on."""
        for error in (ConnectionError("not now"), TimeoutError("no answer")):
            self.begins()
            self.world.instead = lambda error=error: _raise(error)
            try:
                self.runs()
            except RemoteError:
                self.looks()

    def meets_what_nobody_can_read(self) -> None:
        """A message of the fault `poison` fails, or is passed over; the process goes on."""
        self.begins()
        assert self.shape is not None
        for participant, types in self.shape.subscriptions.items():
            for type_ in sorted(types):
                with suppress(RemoteError):
                    self.target.handle(participant, {**UNREADABLE, "type": type_})
                self.looks()

    def does_two_things_at_once(self) -> None:
        """While one request waits at a port call, another one is answered."""
        self.begins()
        others = self.shape.participants if self.shape and self.shape.has_relay else ()

        def meanwhile() -> None:
            self.looks()
            for participant in others[1:]:
                self.relay(participant)

        self.world.instead = meanwhile
        self.runs()

    def handles_another_meanwhile(self) -> None:
        """While a handler waits at a port call, observe is answered, and so is another message."""
        self.begins()
        for order in ("o1", "o2"):
            self.place(order)
        for _ in range(2 * _ENOUGH):
            relayed = self.relays()
            self.waits()
            if self.waiting:
                self.handle_and_look(*self.waiting.popleft())
            elif not relayed:
                return
        raise TargetError(
            f"has not come to rest after {2 * _ENOUGH} messages",
            "two orders, with two messages handled at once",
            "a message that has failed because of another one must not fail when it comes again",
        )

    def relays(self) -> int:
        """Relay every outbox once."""
        assert self.shape is not None
        relaying = self.shape.participants if self.shape.has_relay else ()
        return sum(self.counted(participant) for participant in relaying)

    def waits(self) -> None:
        """What was published waits for each of its consumers."""
        assert self.shape is not None
        while self.world.published:
            event = self.world.published.popleft()
            for participant, types in self.shape.subscriptions.items():
                if event["type"] in types:
                    self.waiting.append((participant, event))

    def handle_and_look(self, participant: str, event: dict[str, Any]) -> None:
        """Handle a message; at its port calls look on, and handle one more."""
        looked: set[str] = set()

        def meanwhile(port: str) -> None:
            if port not in looked:
                looked.add(port)
                self.world.meanwhile = None
                self.looks()
                self.handle_one_more(participant)
                self.world.meanwhile = meanwhile

        self.world.meanwhile = meanwhile
        self.try_to_handle(participant, event)
        self.world.meanwhile = None

    def handle_one_more(self, busy: str) -> None:
        """Handle the oldest message that may be handled while this participant is busy."""
        assert self.shape is not None
        self.waits()
        parallel = self.shape.consumers[busy].parallel > 1
        free = [message for message in self.waiting if parallel or message[0] != busy]
        if free:
            self.waiting.remove(free[0])
            self.try_to_handle(*free[0])

    def try_to_handle(self, participant: str, event: dict[str, Any]) -> None:
        """Handle a message; who does not get a lock fails, and the message comes again."""
        try:
            self.target.handle(participant, event)
        except RemoteError:
            self.waiting.append((participant, event))

    def is_the_same_twice(self) -> None:
        """The same run makes the same port calls, with the same ids."""
        told = []
        for _ in range(2):
            self.begins()
            self.runs()
            told.append(self.world.log)
        for one, other in zip_longest(*told, fillvalue=("no port", {})):
            if one != other:
                raise TargetError(
                    f"calls {_call(*one)} in a run, and {_call(*other)} in the same run once more",
                    "the saga of one order, twice",
                    "begin anew when `start` comes, the number in your ids (`ids` and a number "
                    "that you count) above all; take the time from `now`, and nothing by chance",
                )

    def crashes(self) -> None:
        """A request is given up at a port call; the participant restarts, and works."""
        self.begins()
        assert self.shape is not None
        self.world.instead = lambda: _raise(_Abandoned())
        try:
            self.runs()
        except _Abandoned:
            for participant in self.shape.participants:
                self.target.restart(participant)
            self.looks()
            self.place()

    def begins_again(self) -> None:
        """A new run begins where the first one began."""
        self.begins()
        if self.target.observe() != self.beginning:
            raise TargetError(
                f"shows {self.target.observe()!r} at the beginning of a second run, and "
                f"{self.beginning!r} at that of the first",
                "observe()",
                "make everything afresh when `start` comes; or leave out the capability reset",
            )

    def leaves(self) -> None:
        """It ends by itself when its stdin is closed."""
        if not self.session.connection.end():
            raise TargetError(
                "did not end when its stdin was closed, and had to be killed",
                f"target {self.pool.command.name}",
                "leave the loop at the end of stdin, and start nothing that outlives it",
            )

    @property
    def session(self) -> Any:
        """The conversation with the process."""
        return self.target.sessions[0]


_AN_ERROR = 'answer {"id": …, "error": {"type": "Unsupported", "message": "…"}}'
_CHECKS: tuple[tuple[str, Callable[[_Rehearsal], None]], ...] = (
    ("starts, answers hello and start, and declares a saga", _Rehearsal.begins),
    ("observe can be read, and is the same twice", _Rehearsal.shows),
    ("a request that it does not know is answered with an error", _Rehearsal.refuses_the_unknown),
    ("an order is placed, and all that follows is handled", _Rehearsal.runs),
    ("a port call may fail", _Rehearsal.takes_failures),
    ("a message that nobody can read may fail", _Rehearsal.meets_what_nobody_can_read),
    ("another request is answered while one waits", _Rehearsal.does_two_things_at_once),
    (
        "observe, and another message, are answered while one waits",
        _Rehearsal.handles_another_meanwhile,
    ),
    ("a participant may crash at a port call, and restarts", _Rehearsal.crashes),
    ("a second run begins like the first", _Rehearsal.begins_again),
    ("the same run twice is the same", _Rehearsal.is_the_same_twice),
    ("ends by itself when its stdin is closed", _Rehearsal.leaves),
)


def check(commands: Iterable[Command]) -> tuple[Step, ...]:
    """What each process does right, up to the first thing that is wrong."""
    steps: list[Step] = []
    for command in commands:
        prefix = f"{command.participant}: " if command.participant else ""
        rehearsal = _Rehearsal(Pool(command))
        try:
            for name, attempt in _CHECKS:
                problem = _problem(attempt, rehearsal)
                steps.append(Step(prefix + name, problem))
                if problem:
                    return tuple(steps)
        finally:
            if rehearsal.target is not None:
                rehearsal.target.close()
            rehearsal.pool.end()
    return tuple(steps)


def _problem(attempt: Callable[[_Rehearsal], None], rehearsal: _Rehearsal) -> str:
    try:
        attempt(rehearsal)
    except (TargetError, RemoteError) as error:
        return str(error) if isinstance(error, TargetError) else f"raised {error!r}"
    return ""


def _call(port: str, said: Mapping[str, Any]) -> str:
    """A port call, as it is told."""
    given = ", ".join(f"{name}={value!r}" for name, value in said.items() if value is not None)
    return f"{port}({given})"


def _raise(error: BaseException) -> NoReturn:
    raise error
