"""A process in a run: conversations, each one request with the port calls made in its course.

The handler's own code runs in the child; what runs here, in its place, is a loop that performs the
port calls which the child asks for. Where the kit pauses or kills such a call, it pauses or kills
this loop: the child waits meanwhile, for the one line that lets it go on. A call that was killed
leaves the child waiting; `restart` then ends it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import Any

from attrs import define, field, frozen

from implementations.contract import MEMBERS
from implementations.errors import TargetError, did_you_mean
from implementations.process.connection import Command, Connection
from implementations.process.protocol import (
    VERSION,
    Answer,
    Call,
    Capability,
    Do,
    Error,
    Failure,
    FailureKind,
    ProtocolError,
    Request,
    Return,
    lacking,
    read,
    written,
)
from implementations.process.underway import Asked

#: How many processes wait for the next run: as many as runs overlap, when one is compared with
#: what it would have been without faults.
SPARE = 2
_DATA = frozenset(member.name for member in MEMBERS if not member.callable)
_OPTIONAL = ("cancel_order", "relay", "actions", "act", "queues", "refuses", "restart", "close")
_CAPABILITIES = frozenset(map(str, Capability))
_as_text = json.JSONEncoder(sort_keys=True).encode


class RemoteError(Exception):
    """An exception in the process, under the name that it had there."""


class Lost(Exception):
    """The process died while a call was under way in it, for a participant that did not crash."""


@lru_cache(maxsize=256)
def _named(name: str) -> type[RemoteError]:
    return type(name if name.isidentifier() else "RemoteError", (RemoteError,), {})


@frozen
class Declaration:
    """What a process says of its saga when a run begins."""

    data: dict[str, Any]
    """The members of the contract that are data: subscriptions, roles and so on."""
    members: frozenset[str]
    """The optional functions that it has."""


@define(eq=False)
class Session:
    """A process in a run: who asks whom, and under which number."""

    connection: Connection
    world: Any = None
    reset: bool = False
    """Whether the process can begin a new run."""
    declaration: Declaration | None = None
    generation: int = 0
    """How often the process was started, or a run was begun in it."""
    seen: Any = None
    tells: bool = False
    """Whether the process tells by itself what `observe` would show."""
    news: bool = False
    """Whether a line has come since it was last looked at."""
    _number: int = 0
    _now: float | None = None
    _ids: int = 0
    ports: dict[str, Callable[..., Any]] = field(factory=dict)

    def greet(self) -> None:
        """Agree on the version, and learn what the process can do."""
        hello = self.ask(Do.HELLO, protocol=VERSION)
        trouble = self.connection.trouble
        if not isinstance(hello, Mapping) or type(hello.get("protocol")) is not int:
            raise trouble(f"answered hello with {hello!r}", f'return {{"protocol": {VERSION}, …}}')
        if hello["protocol"] != VERSION:
            raise trouble(
                f"speaks version {hello['protocol']} of the protocol; the kit speaks {VERSION}",
                "copy the client that came with this kit (implementations/process/clients)",
            )
        capabilities = hello.get("capabilities", [])
        if not isinstance(capabilities, list):
            raise trouble(f"has the capabilities {capabilities!r}", "give a list of texts")
        for name in capabilities:
            if name not in _CAPABILITIES:
                listed = f"there are {', '.join(sorted(_CAPABILITIES))}"
                raise trouble(
                    f"has the capability {name!r}, which there is not",
                    did_you_mean(str(name), _CAPABILITIES, listed),
                )
        self.reset = Capability.RESET in capabilities

    def start(self, world: Any, again: bool = False) -> None:
        """Begin a run, or (`again`) go on with it in a process that was killed."""
        self.world, self.ports, self._now = world, {}, None
        self.generation += 1
        self._ids = self._ids + 1 if again else 1
        self.tells = self.news = False
        self.connection.under_way.clear()
        participant = self.connection.command.participant
        said = self.ask(
            Do.START,
            stock=dict(world.stock),
            prices=dict(world.prices),
            state=str(self.connection.state),
            participant=participant or None,
            ids=f"{participant or 'id'}-{self._ids}-" if again or participant else "id-",
            again=again,
        )
        self.declaration = self._declared(said)

    def _declared(self, said: Any) -> Declaration:
        trouble = self.connection.trouble
        if not isinstance(said, Mapping) or not isinstance(said.get("subscriptions"), Mapping):
            raise trouble(
                f"answered start with {said!r}",
                'return what the saga is: {"subscriptions": {…}, "members": […], …}',
            )
        known = _DATA | {"members"}
        for name in said:
            if name not in known:
                fix = did_you_mean(name, known, f"known are {', '.join(sorted(known))}")
                raise trouble(f"declared {name!r}, which nothing is known of", fix)
        members = said.get("members", [])
        for name in members if isinstance(members, list) else [members]:
            if name not in _OPTIONAL:
                fix = did_you_mean(str(name), _OPTIONAL, f"known are {', '.join(_OPTIONAL)}")
                raise trouble(f"has the member {name!r}, which nothing is known of", fix)
        data = {name: said[name] for name in said if name != "members"}
        return Declaration(data, frozenset(members))

    def restart(self, participant: str) -> None:
        """A participant has crashed: it comes back with what is durable, and nothing else."""
        if "restart" in self.members and not self.connection.command.kill:
            self.ask(Do.RESTART, participant=participant)
            return
        self.connection.respawn()
        self.greet()
        self.start(self.world, again=True)

    @property
    def members(self) -> frozenset[str]:
        """The optional functions of the contract that it has."""
        return self.declaration.members if self.declaration else frozenset()

    # -- conversations ---------------------------------------------------------------------------

    def ask(self, do: str, **arguments: Any) -> Any:
        """Have the process do something, performing the port calls that it makes meanwhile.

        Raises:
            TargetError: it broke the protocol, or is gone.
            RemoteError: it raised an exception.
            Lost: the process was killed meanwhile, by the crash of another participant.
        """
        self._number += 1
        asked = Asked(self._number, do, arguments)
        under_way = self.connection.under_way
        under_way[asked.id] = asked
        try:
            value = self._conversation(asked)
        except Exception:
            under_way.pop(asked.id, None)
            raise
        except BaseException:
            asked.dead = True  # it has crashed at a port call: what it holds there may stay held
            raise
        under_way.pop(asked.id, None)
        return value

    def _conversation(self, asked: Asked) -> Any:
        number, do, generation = asked.id, asked.do, self.generation
        line = written(Request(number, do, asked.arguments), self._time())
        while True:
            says = self._exchange(line, asked)
            if says.id != number:
                raise self.connection.trouble(
                    f"wrote a line for request {says.id}, and {number} ({do}) is to be answered",
                    "answer with the id of the request; write one line for each that is read",
                )
            if isinstance(says, Return):
                return says.value
            if isinstance(says, Error):
                raise self._raised(do, says)
            asked.port = says.port
            answer = self._perform(says)
            if self.generation != generation:
                raise Lost("the process was killed by the crash of another participant in it")
            line = written(answer, self._time())

    def _exchange(self, line: bytes, asked: Asked) -> Call | Return | Error:
        connection = self.connection
        if not connection.alive:
            raise TargetError(
                "the process has ended", f"target {connection.command.name}", "see what was said"
            )
        reply = connection.exchange(line, asked)
        try:
            heard = read(reply)
        except ProtocolError as error:
            raise connection.trouble(error.what, error.how_to_fix) from None
        self.news = True
        if heard.has_seen:
            self.seen, self.tells = heard.seen, heard.seen is not None
        return heard.says

    def _time(self) -> float | None:
        """The time of the run, if it is not the one that the process knows."""
        now = None if self.world is None else self.world.clock()
        if now == self._now:
            return None
        self._now = now
        return now

    def _perform(self, call: Call) -> Answer | Failure:
        port = self.ports.get(call.port)
        if port is None:
            port = self.ports[call.port] = attrgetter(call.port)(self.world)
        missing = lacking(call)
        if missing:
            text = f"{call.port} was called without {', '.join(missing)}"
            return Failure(call.id, FailureKind.INVALID, text)
        try:
            return Answer(call.id, port(**call.arguments))
        except ConnectionError as error:
            return Failure(call.id, FailureKind.TRANSIENT, str(error))
        except TimeoutError as error:
            return Failure(call.id, FailureKind.UNKNOWN, str(error))
        except ValueError as error:
            return Failure(call.id, FailureKind.INVALID, str(error))

    def _raised(self, do: str, error: Error) -> Exception:
        text = f"{error.message} ({error.where})" if error.where else error.message
        if error.fatal or do in (Do.HELLO, Do.START):
            return self.connection.trouble(
                f"answered `{do}` with {error.type}: {text}", "see what it says"
            )
        return _named(error.type)(text)

    def observe(self, asked: bool) -> Any:
        """What the process has told by itself, or, where it does not or is asked, tells now.

        Raises:
            TargetError: it tells by itself, and shows something else when it is asked.
        """
        told, tells = self.seen, self.tells
        seen = told if tells and not asked else self.ask(Do.OBSERVE)
        self.news = False
        if tells and seen is not told and _in_order(seen) != _in_order(told):
            raise self.connection.trouble(
                f"told {told!r} with its last `seen`, and shows {seen!r} when it is asked to "
                "observe, although nothing has happened in between",
                "tell `seen` anew on each line before which something has changed, or never; and "
                "observe only reads",
            )
        return seen


def _in_order(seen: Any) -> Any:
    """A snapshot with its rows in one order: which of them comes first means nothing."""
    if not isinstance(seen, Mapping):
        return seen
    return {
        name: sorted(value, key=_as_text) if isinstance(value, list) else value
        for name, value in seen.items()
    }


class Pool:
    """The processes of one command: one for each run that is under way, kept for the next run."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self._idle: list[Session] = []

    def take(self) -> Session:
        """A process in which a run can begin."""
        while self._idle:
            session = self._idle.pop()
            if session.connection.alive:
                session.connection.empty_state()
                return session
        session = Session(Connection(self.command))
        session.greet()
        return session

    def give_back(self, session: Session) -> None:
        """The run is over."""
        if session.connection.alive and "close" in session.members:
            session.ask(Do.END)
        session.world, session.ports = None, {}
        if session.reset and session.connection.alive and len(self._idle) < SPARE:
            self._idle.append(session)
        else:
            session.connection.end()

    def end(self) -> None:
        """End the processes that wait for a run."""
        while self._idle:
            self._idle.pop().connection.end()
