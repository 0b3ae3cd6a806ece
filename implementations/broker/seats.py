"""One participant: its process, its connections through the kit, and its calls to the outside."""

from __future__ import annotations

import ctypes
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial

from attrs import define, field, frozen

from implementations.broker.outside import Call, Hearing
from implementations.broker.seam import PATIENCE, Passed, Published, Said, Settled, Wire, Wrong
from implementations.errors import TargetError

_CHUNK = 1 << 16
_TAIL = 8
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


@define(eq=False)
class Link:
    """One connection of a service to the broker, with the kit in the middle."""

    service: socket.socket
    broker: socket.socket
    wire: Wire
    said: deque[Said] = field(factory=deque)
    holding: bool = False
    """Something that it said waits for the kit: what it said after that waits too."""
    heard: bytes = b""
    """What the broker said meanwhile: the answer to a publication is not heard before its time."""

    def advance(self) -> Published | Settled | Wrong | None:
        """Let pass what may; the next thing that waits for the kit, if there is one."""
        while self.said and not self.holding:
            said = self.said.popleft()
            if not isinstance(said, Passed):
                self.holding = True
                return said
            self.to_broker(said.data)
        return None

    def to_broker(self, data: bytes) -> None:
        """Send on; a broker that has hung up will be noticed where its answer is missing."""
        with suppress(OSError):
            self.broker.sendall(data)

    def close(self) -> None:
        """Hang up on both sides."""
        self.service.close()
        self.broker.close()


@frozen
class Happening:
    """Something that a participant did, and that the kit has to answer."""

    what: Published | Settled | Wrong | Call
    link: Link | None = None


def listening() -> socket.socket:
    """A socket of this machine, at a port of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    return listener


@define(eq=False)
class Seat:
    """Where one participant sits."""

    participant: str
    command: str
    environment: Mapping[str, str]
    line: socket.socket = field(factory=listening)
    """Where its broker seems to be."""
    outside: socket.socket = field(factory=listening)
    """Where its gateway and its carrier seem to be."""
    links: list[Link] = field(factory=list)
    hearings: list[Hearing] = field(factory=list)
    happenings: deque[Happening] = field(factory=deque)
    process: subprocess.Popen[bytes] | None = None
    ended: bool = True
    said: bytes = b""
    """The last of its stdout and stderr."""
    settled: tuple[Link, Settled] | None = None
    """How the last message was settled, which the broker has not been told of yet."""
    unsettled: str = ""
    """The queue that a message was delivered to of which the broker has not heard since."""

    fresh: bool = True
    """It has been given no message since it was started."""
    last: str = ""
    """The type of the last one that it was given."""
    starting: bool = False
    """Something that it publishes before it consumes is being decided about."""

    @property
    def idle(self) -> bool:
        """Whether it does nothing but wait for a message."""
        held = any(link.holding for link in self.links)
        return not (self.ended or self.unsettled or self.happenings or held)

    def start(self) -> None:
        """Start the process.

        Raises:
            TargetError: it cannot be started.
        """
        words = shlex.split(self.command)
        if words[0] == "python":
            words[0] = sys.executable
        try:
            self.process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                process_group=0,
                preexec_fn=_tied(os.getpid()),
            )
        except OSError as error:
            raise TargetError(
                f"cannot be started: {error.strerror}", self.where, "see to the command"
            ) from None
        self.ended, self.fresh, self.said = False, True, b""

    @property
    def where(self) -> str:
        """What messages call it."""
        return f"{self.participant} (`{self.command}`)"

    @property
    def queue(self) -> str:
        """What it consumes from; empty until it does."""
        return next((link.wire.queue for link in self.links if link.wire.queue), "")

    @property
    def consumes_or_asks(self) -> bool:
        """Whether it has started: it consumes, or wants something of the kit first."""
        return bool(self.queue or self.happenings)

    @property
    def output(self) -> int:
        """The descriptor of its stdout and stderr."""
        assert self.process is not None
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def listen(self) -> None:
        """Read what it writes; at its end the process has ended."""
        data = os.read(self.output, _CHUNK)
        self.said = (self.said + data)[-_CHUNK:]
        self.ended = not data

    def last_words(self) -> str:
        """The last lines of its output, for messages."""
        lines = self.said.decode("utf-8", "replace").splitlines()[-_TAIL:]
        return "".join(f"\n    {line[:200]}" for line in lines) or " (none)"

    def kill(self) -> None:
        """End the process at once, and all that it has open."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(PATIENCE)
            if self.process.stdout is not None:
                self.process.stdout.close()
        self.process, self.ended, self.starting = None, True, False
        for link in self.links:
            link.close()
        for hearing in self.hearings:
            hearing.close()
        self.links, self.hearings, self.settled = [], [], None
        self.happenings.clear()

    def end(self) -> None:
        """The participant is not needed any more."""
        self.kill()
        self.line.close()
        self.outside.close()


def _tied(parent: int) -> Callable[[], None] | None:
    """On Linux: what makes a child die with the kit, even if the kit is killed."""
    if sys.platform != "linux":
        return None
    return partial(_die_with, ctypes.CDLL(None).prctl, parent)


def _die_with(prctl: Callable[..., int], parent: int) -> None:
    prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
