"""One child process: started, spoken to line by line, watched, and ended for certain.

Nothing here waits without end: a process that does not answer within its patience, closes its
stdout, or writes without a line's end is killed, with all that it has started, and named in one
message with the last lines of both of its streams.
"""

from __future__ import annotations

import atexit
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
import weakref
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from attrs import field, frozen

from implementations.errors import TargetError
from implementations.process.protocol import LINE_LIMIT, shown
from implementations.process.underway import Asked, on_end, on_hanging, on_start, situation

#: Seconds that a process has for one line.
PATIENCE = 10.0
#: Seconds that a process has to end by itself once its stdin is closed, and for its last words.
FAREWELL = 0.5
_CHUNK = 1 << 16
_TAIL = 6
_READABLE = select.POLLIN | select.POLLHUP | select.POLLERR


@frozen
class Command:
    """How a process is started."""

    words: tuple[str, ...]
    directory: Path | None = None
    environment: Mapping[str, str] = field(factory=dict)
    participant: str = ""
    """The one participant that it is; empty where it is all of them."""
    kill: bool = False
    """Whether a crash kills the process even if it offers something faster."""
    patience: float | None = None
    """Seconds that it has for one line; PATIENCE where it says nothing."""

    @property
    def name(self) -> str:
        """What messages call it."""
        line = " ".join(self.words)
        return f"{self.participant} (`{line}`)" if self.participant else f"`{line}`"


class Connection:
    """A running process, and the lines to and from it."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.patience = PATIENCE if command.patience is None else command.patience
        self.state = Path(tempfile.mkdtemp(prefix="saga-state-"))
        weakref.finalize(self, shutil.rmtree, self.state, ignore_errors=True)
        self._started = False
        self._heard: deque[bytes] = deque(maxlen=_TAIL)
        self.under_way: dict[int, Asked] = {}
        _ALIVE.add(self)
        self._spawn()

    # -- its life --------------------------------------------------------------------------------

    def _spawn(self) -> None:
        command = self.command
        environment = {**os.environ, **command.environment, "SAGA_STATE": str(self.state)}
        if command.participant:
            environment["SAGA_PARTICIPANT"] = command.participant
        try:
            self._process = subprocess.Popen(
                command.words,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=command.directory,
                env=environment,
                process_group=0,
            )
        except OSError as error:
            self.end()
            raise _not_started(command, error) from None
        self._started = True
        process = self._process
        # Nobody may have ended it by the time that nobody knows it any more.
        self._forgotten = weakref.finalize(self, _kill, process)
        self._forgotten.atexit = False
        self._in, self._out, self._err = (
            stream.fileno()
            for stream in (process.stdin, process.stdout, process.stderr)
            if stream is not None
        )
        os.set_blocking(self._in, False)
        self._lines: deque[bytes] = deque()
        self._part = b""
        self._said = b""
        self._spoke = False
        self.under_way.clear()
        self._poll = select.poll()
        self._poll.register(self._out, select.POLLIN)
        self._poll.register(self._err, select.POLLIN)

    @property
    def alive(self) -> bool:
        """Whether lines can be exchanged with it."""
        return self._started

    def kill(self) -> None:
        """End the process now, and whatever it has started."""
        if not self._started:
            return
        self._started = False
        self._forgotten()

    def respawn(self) -> None:
        """Start the process again, on the state that it has left."""
        self.kill()
        self._spawn()

    def end(self) -> bool:
        """End the process, politely first, and remove its state; whether it ended by itself."""
        polite = True
        if self._started:
            assert self._process.stdin
            self._process.stdin.close()
            try:
                self._process.wait(FAREWELL)
            except subprocess.TimeoutExpired:
                polite = False
        self.kill()
        shutil.rmtree(self.state, ignore_errors=True)
        _ALIVE.discard(self)
        return polite

    def empty_state(self) -> None:
        """Leave nothing of a run for the next one."""
        for entry in os.scandir(self.state):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)

    # -- lines -----------------------------------------------------------------------------------

    def exchange(self, line: bytes, asked: Asked) -> bytes:
        """Write a line and return the one that the process answers with.

        Raises:
            TargetError: there is none, and the process is dead now.
        """
        try:
            self._write(line, asked)
            return self._receive(asked)
        except BaseException:  # interrupted in the middle: the two are out of step for good
            self.kill()
            raise

    def _write(self, line: bytes, asked: Asked) -> None:
        deadline = 0.0
        while line:
            try:
                line = line[os.write(self._in, line) :]
            except BlockingIOError:
                deadline = deadline or time.monotonic() + self.patience
                poll = select.poll()
                poll.register(self._in, select.POLLOUT)
                if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                    raise self.trouble(
                        f"did not read its stdin for {self.patience:g} s, "
                        f"with {asked.awaited} in it",
                        "read a line, answer it, read the next",
                    ) from None
            except BrokenPipeError:
                raise self._ended(asked) from None

    def _receive(self, asked: Asked) -> bytes:
        deadline = 0.0
        while not self._lines:
            ready = self._poll.poll(self.patience * 1000)
            if not ready or (deadline and time.monotonic() > deadline):
                raise self._hanging(asked)
            heard = False
            for descriptor, event in ready:
                if not event & _READABLE:
                    continue
                if descriptor == self._err:
                    self._listen()
                else:
                    heard = True
                    self._take(asked)
            if not heard or self._part:
                deadline = deadline or time.monotonic() + self.patience
        line = self._lines.popleft()
        self._spoke = True
        self._heard.append(line)
        return line

    def _take(self, asked: Asked) -> None:
        """Read what there is on stdout."""
        data = os.read(self._out, _CHUNK)
        if not data:
            raise self._ended(asked)
        *lines, self._part = (self._part + data).split(b"\n")
        self._lines.extend(lines)
        if len(self._part) > LINE_LIMIT or any(len(line) > LINE_LIMIT for line in lines):
            start = shown(self._part or lines[-1], 60)
            self._part = b""
            raise self.trouble(
                f"wrote a line of more than {LINE_LIMIT:,} bytes to stdout, beginning {start}",
                "write one JSON object a line; was this meant for stderr?",
            )

    def _listen(self) -> bool:
        """Read what there is on stderr: a full pipe would stop the process."""
        data = os.read(self._err, _CHUNK)
        if not data:
            with suppress(KeyError):
                self._poll.unregister(self._err)
        self._said = (self._said + data)[-_CHUNK:]
        return bool(data)

    # -- what went wrong -------------------------------------------------------------------------

    def _hanging(self, asked: Asked) -> TargetError:
        what = f"did not answer {asked.awaited} within {self.patience:g} s"
        if self._part:
            what += f"; it wrote {shown(self._part)}, but no line's end"
            return self.trouble(what, "end every line with a newline, and flush it")
        others = self.under_way.values()
        return self.trouble(what + situation(asked, others), on_hanging(asked, others))

    def _ended(self, asked: Asked) -> TargetError:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(FAREWELL)
        code = self._process.returncode
        if code is None:
            how = "closed its stdout"
        elif code < 0:
            how = f"was ended by signal {-code} ({_signal_name(-code)})"
        else:
            how = f"ended with exit status {code}"
        if self._part:
            how += f" in the middle of the line {shown(self._part)}"
        begun = self._spoke or self._part
        return self.trouble(
            f"{how} instead of answering {asked.awaited}{situation(asked)}",
            on_end(asked) if begun else on_start(code, again=bool(self._heard)),
        )

    def trouble(self, what: str, how_to_fix: str) -> TargetError:
        """What is wrong with the process, in one message; it is dead from here on."""
        if self._started:
            _kill_group(self._process)
            self._hear_last_words()
        self.end()
        return TargetError(
            f"{what}\n  last lines of its stdout: {_tail(self._heard)}"
            f"\n  last lines of its stderr: {_tail(self._said.splitlines()[-_TAIL:])}",
            f"target {self.command.name}",
            how_to_fix,
        )

    def _hear_last_words(self) -> None:
        deadline = time.monotonic() + FAREWELL
        poll = select.poll()
        poll.register(self._err, select.POLLIN)
        while poll.poll(max(0.0, deadline - time.monotonic()) * 1000) and self._listen():
            pass


def _kill(process: subprocess.Popen[bytes]) -> None:
    _kill_group(process)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    process.wait()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _tail(lines: Iterable[bytes]) -> str:
    shortened = [shown(line, 300)[1:-1] for line in lines]
    return "".join(f"\n    {line}" for line in shortened) or "(none)"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"


def _not_started(command: Command, error: OSError) -> TargetError:
    program = command.words[0]
    where = f"target {command.name}"
    if command.directory is not None and not command.directory.is_dir():
        return TargetError(
            f"there is no directory {command.directory}", where, "a path is relative to the file"
        )
    if isinstance(error, FileNotFoundError):
        return TargetError(
            f"there is no program {program!r}", where, "install it, or give its full path"
        )
    return TargetError(f"{program!r} cannot be started: {error.strerror}", where, "see to that")


_ALIVE: weakref.WeakSet[Connection] = weakref.WeakSet()


@atexit.register
def end_all() -> None:
    """End every process that is still running."""
    for connection in list(_ALIVE):
        connection.end()
