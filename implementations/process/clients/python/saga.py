"""The client for Python of the order saga verification kit: one file, standard library. Copy it.

    import saga
    saga.serve(make)            # make(world) returns the target, as for `module:factory`

A target that runs in the kit's own process runs here unchanged, coroutines included. Each open
request has a thread, and one of them runs at a time: the one that the kit's last line was for.
stdout belongs to the kit: what the program prints goes to stderr.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

PROTOCOL = 1
_DATA = (
    *("subscriptions", "roles", "consumers", "delivery", "limits", "currencies", "terminal"),
    "idempotent_place",
)
_MEMBERS = ("cancel_order", "relay", "actions", "act", "queues", "refuses", "restart", "close")
_FAILURES = {"transient": ConnectionError, "unknown": TimeoutError, "invalid": ValueError}


class Crash(BaseException):
    """The participant dies here. Do not catch it."""


class CrashSwallowed(Exception):
    """A handler went on after it had died."""


class Wire:
    """The lines to and from the kit, kept apart from whatever the program prints."""

    def __init__(self) -> None:
        self._out, self._in = os.dup(1), os.dup(0)
        os.dup2(2, 1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.stdout = sys.stderr
        self._unread = b""

    def read(self) -> dict[str, Any]:
        """The kit's next line; once the kit is gone, the end of the program."""
        while b"\n" not in self._unread:
            data = os.read(self._in, 1 << 16)
            if not data:
                _leave()
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        read: dict[str, Any] = json.loads(line)
        return read

    def write(self, message: dict[str, Any]) -> None:
        """Write a line to the kit."""
        data = json.dumps(message, separators=(",", ":"), default=_plain).encode() + b"\n"
        while data:
            data = data[os.write(self._out, data) :]


def _leave() -> NoReturn:
    sys.stderr.flush()
    os._exit(0)  # from whichever thread


def _plain(value: Any) -> Any:
    """What JSON lacks, as it knows it."""
    return list(value) if isinstance(value, (set, frozenset, tuple)) else dict(value)


class Request:
    """Something that the kit has asked for and that is not answered yet."""

    def __init__(self, line: dict[str, Any]) -> None:
        self.id: int = line["id"]
        self.do: str = line["do"]
        self.line = line
        self.participant = None if self.do == "restart" else line.get("participant")
        self.answer: dict[str, Any] = {}
        self.wake = threading.Semaphore(0)
        self.killer: Request | None = None
        """The request in the course of which this one dies."""


class Client:
    """What is asked, by whom it is done, and how it is answered."""

    def __init__(self, make: Callable[[Any], Any], resets: bool) -> None:
        self._make, self._resets = make, resets
        self._wire = Wire()
        self._target: Any = None
        self._awaited = False
        self._open: dict[int, Request] = {}
        self._idle: list[Worker] = []
        self._running = threading.local()
        self._seen: Any = None
        self._swallowed = 0
        self.now = 0.0

    # -- lines: whoever waits for one reads, and wakes whom it concerns ----------------------------

    def read(self) -> dict[str, Any]:
        """The kit's next line."""
        line = self._wire.read()
        self.now = line.get("now", self.now)
        return line

    def hand(self, line: dict[str, Any]) -> None:
        """Let another thread go on: the one that waits for this line, or one that is idle."""
        if "do" in line:
            worker = self._idle.pop() if self._idle else Worker(self)
            worker.begin(line)
        else:
            request = self._open[line["id"]]
            request.answer = line
            request.wake.release()

    def call(self, port: str, parameters: dict[str, Any]) -> Any:
        """Call a port; the answer, or something to await where handlers are coroutines."""
        answer = self._call(port, parameters)
        return _there_already(answer) if self._awaited else answer

    def _call(self, port: str, parameters: dict[str, Any]) -> Any:
        request: Request | None = getattr(self._running, "request", None)
        if request is None or request.killer is not None:
            raise Crash
        self._tell(request, {"call": port, "with": parameters})
        line = self.read()
        if line["id"] == request.id:
            request.answer = line
        else:
            self.hand(line)
            request.wake.acquire()
        if request.killer is not None:
            raise Crash
        failure = request.answer.get("failure")
        if failure:
            raise _FAILURES[failure["kind"]](failure["message"])
        return request.answer["answer"]

    def work(self, worker: Worker, line: dict[str, Any]) -> None:
        """Do what a line asks for, and the next one; end when another thread has to go on."""
        while True:
            request = self._running.request = Request(line)
            self._open[request.id] = request
            outcome = self._outcome(request)
            if request.killer is not None:
                self._swallowed += "return" in outcome
                self._idle.append(worker)
                request.killer.wake.release()
                return
            del self._open[request.id]
            self._tell(request, outcome)
            line = self.read()
            if "do" not in line:
                self._idle.append(worker)
                self.hand(line)
                return

    def _tell(self, request: Request, said: dict[str, Any]) -> None:
        """Write a line, with what observe() shows where that has changed."""
        target = self._target
        if target is not None and not inspect.iscoroutinefunction(target.observe):
            try:
                seen = json.dumps(target.observe(), default=_plain)
            except Exception:
                seen = "null"  # the kit will ask, and be told what is wrong
            if seen != self._seen:
                self._seen = seen
                said["seen"] = json.loads(seen)
        self._wire.write({"id": request.id, **said})

    # -- what the kit asks for --------------------------------------------------------------------

    def _outcome(self, request: Request) -> dict[str, Any]:
        try:
            result = self._do(request)
            if inspect.iscoroutine(result):
                result = _loop().run_until_complete(result)
        except Crash:
            return {}
        except Exception as error:
            return {"error": _described(error)}
        return {"return": result}

    def _do(self, request: Request) -> Any:
        line, target = request.line, self._target
        match request.do:
            case "hello":
                capabilities = ["reset"] if self._resets else []
                return {"protocol": PROTOCOL, "client": "python", "capabilities": capabilities}
            case "start":
                return self._start(request)
            case "place":
                return target.place_order(line["order"])
            case "cancel":
                return target.cancel_order(line["order"])
            case "handle":
                return target.handle(line["participant"], line["event"])
            case "relay":
                return target.relay(line["participant"])
            case "restart":
                self._crash(request, line["participant"])
                return target.restart(line["participant"])
            case "observe":
                return target.observe()
            case "actions":
                return target.actions()
            case "act":
                return target.act(line["name"], line["order"])
            case "queue":
                return target.queues(line["participant"], line["type"])
            case "refuses":
                return target.refuses(line["order"])
            case "end":
                return target.close()
        raise NotImplementedError(f"this client knows nothing of {request.do}")

    def _start(self, request: Request) -> dict[str, Any]:
        """A new run: nothing is left of the one before."""
        self._target, self._seen, self._awaited = None, None, False
        self._crash(request)
        made = self._make(World(self, request.line))
        declared: dict[str, Any] = {n: getattr(made, n) for n in _DATA if hasattr(made, n)}
        declared["members"] = [n for n in _MEMBERS if getattr(made, n, None) is not None]
        self._awaited = inspect.iscoroutinefunction(made.handle)
        self._target = made
        return declared

    def _crash(self, killer: Request, participant: str | None = None) -> None:
        """Let every open request of a participant (or of all) die at its port call, in turn."""
        for request in list(self._open.values()):
            if request is not killer and participant in (None, request.participant):
                del self._open[request.id]
                request.killer = killer
                request.wake.release()
                killer.wake.acquire()
        swallowed, self._swallowed = self._swallowed, 0
        if swallowed and participant is not None:
            raise CrashSwallowed(
                "a crash is raised as a BaseException at a port call, and the target swallowed it: "
                "catch Exception rather than BaseException (or a bare `except:`)"
            )


class Worker:
    """A thread that does one thing at a time."""

    def __init__(self, client: Client) -> None:
        self._client, self._line = client, dict[str, Any]()
        self._go = threading.Semaphore(0)
        threading.Thread(target=self._work, daemon=True).start()

    def begin(self, line: dict[str, Any]) -> None:
        """Do what a line asks for."""
        self._line = line
        self._go.release()

    def _work(self) -> None:
        while True:
            self._go.acquire()
            self._client.work(self, self._line)


_LOOPS = threading.local()


def _loop() -> asyncio.AbstractEventLoop:
    """The event loop of this thread, for coroutines that need one."""
    if not hasattr(_LOOPS, "loop"):
        _LOOPS.loop = asyncio.new_event_loop()
    return _LOOPS.loop  # type: ignore[no-any-return]


async def _there_already(answer: Any) -> Any:
    return answer


def _described(error: Exception) -> dict[str, Any]:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    fatal = isinstance(error, CrashSwallowed)
    return {"type": type(error).__name__, "message": str(error), "where": where, "fatal": fatal}


class World:
    """The ports, by the names that they have in the kit's own process."""

    def __init__(self, client: Client, line: dict[str, Any]) -> None:
        self._client, self._ids, self._count = client, line["ids"], 0
        self.stock: dict[str, int] = line["stock"]
        self.prices: dict[str, int] = line["prices"]
        self.state = Path(line["state"])
        """A folder of this process's own: empty when a run begins, kept in a crash."""
        self.participant: str | None = line["participant"]
        """Who this process is, where a target file runs one participant in each."""
        self.payments = _Ports(client, "payments")
        self.carrier = _Ports(client, "carrier")
        self.warehouse = _Ports(client, "warehouse")

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in _PARAMETERS:
            raise AttributeError(f"the world has no {name!r}")
        return _port(self._client, name)

    def clock(self) -> float:
        """The time of the run."""
        return self._client.now

    def new_id(self) -> str:
        """An id that nobody has yet."""
        self._count += 1
        return f"{self._ids}{self._count}"


class _Ports:
    """The ports of the gateway, the carrier or the warehouse."""

    def __init__(self, client: Client, name: str) -> None:
        self._client, self._name = client, name

    def __getattr__(self, name: str) -> Callable[..., Any]:
        full = f"{self._name}.{name}"
        if full not in _PARAMETERS:
            raise AttributeError(f"{self._name} has no {name!r}")
        return _port(self._client, full)


def _port(client: Client, name: str) -> Callable[..., Any]:
    names = _PARAMETERS[name].split()

    def port(*values: Any, **named: Any) -> Any:
        return client.call(name, {**dict(zip(names, values, strict=False)), **named})

    return port


#: The parameters of each port, in their order.
_PARAMETERS = {
    "publish": "type data id subject sagaid causationid",
    "answer": "step order_id",
    "timer": "delay type data",
    "acknowledge": "",
    "checkpoint": "name may_fail",
    "done": "name",
    "payments.authorise": "order amount currency key notify",
    "payments.capture": "order amount currency key notify",
    "payments.charge": "order amount currency key notify",
    "payments.refund": "charge_id amount key notify",
    "payments.void": "charge_id key",
    "payments.lookup": "key",
    "payments.find": "order",
    "carrier.create_shipment": "order lines key",
    "carrier.cancel": "shipment_id key",
    "carrier.lookup": "key",
    "warehouse.reserve": "order sku quantity key",
    "warehouse.release": "order sku quantity key",
    "warehouse.available": "sku",
}


def serve(make: Callable[[Any], Any], reset: bool = True) -> NoReturn:
    """Talk to the kit for as long as it is there. `reset=False`: each run needs a new process."""
    client = Client(make, reset)
    Worker(client).begin(client.read())
    threading.Event().wait()
    _leave()
