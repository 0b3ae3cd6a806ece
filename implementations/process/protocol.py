"""What the kit and a process say to each other: one JSON object a line, in strict turns.

The kit asks (`Request`). Until the process has answered (`Return`, `Error`) it may call ports
(`Call`), one at a time, and gets for each an `Answer` or a `Failure`. Every line carries the number
of the request that it belongs to, since several requests may be open at once, each waiting at a
port call. docs/protocol.md tells it to those who write a client.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

from attrs import field, frozen

from implementations.contract import Carrier, Payments, Warehouse, World
from implementations.errors import did_you_mean

#: The version that the kit speaks, and the only one.
VERSION = 1
#: A longer line is not read to its end.
LINE_LIMIT = 1_000_000


class Do(StrEnum):
    """What the kit can ask for."""

    HELLO = "hello"
    START = "start"
    PLACE = "place"
    CANCEL = "cancel"
    HANDLE = "handle"
    RELAY = "relay"
    RESTART = "restart"
    OBSERVE = "observe"
    ACTIONS = "actions"
    ACT = "act"
    QUEUE = "queue"
    REFUSES = "refuses"
    END = "end"


class Capability(StrEnum):
    """What a process may say that it can do, in its answer to `hello`."""

    RESET = "reset"
    """`start` begins a new run in the same process; else every run gets a new process."""


class FailureKind(StrEnum):
    """How a port call can fail."""

    TRANSIENT = "transient"
    """Nothing was done; the next attempt may succeed."""
    UNKNOWN = "unknown"
    """There was no answer. It may have been done: the only failure that is not definite."""
    INVALID = "invalid"
    """Nothing was done, and never will be: a parameter is missing, or an idempotency key is used
    with other parameters than before."""


@frozen
class Request:
    """The kit asks the process to do something."""

    id: int
    do: str
    arguments: Mapping[str, Any] = field(factory=dict)


@frozen
class Answer:
    """The kit's answer to a port call."""

    id: int
    value: Any


@frozen
class Failure:
    """A port call did not work, or it is not known whether it did."""

    id: int
    kind: FailureKind
    message: str


@frozen
class Call:
    """The process calls a port in the course of a request."""

    id: int
    port: str
    arguments: dict[str, Any]


@frozen
class Return:
    """The process has done what it was asked for."""

    id: int
    value: Any


@frozen
class Error:
    """What the process was asked for has failed, as an exception does."""

    id: int
    type: str
    message: str
    where: str = ""
    fatal: bool = False
    """Whether the program breaks its contract, so that nothing that follows would mean anything."""


@frozen
class Line:
    """A line of the process: what it says, and a snapshot if one has come with it."""

    says: Call | Return | Error
    has_seen: bool = False
    seen: Any = None


class ProtocolError(Exception):
    """A line is not one of this protocol."""

    def __init__(self, what: str, how_to_fix: str) -> None:
        super().__init__(what, how_to_fix)
        self.what = what
        self.how_to_fix = how_to_fix


@frozen
class Port:
    """A port as it is called over the wire: by the names of its parameters."""

    name: str
    parameters: frozenset[str]
    needed: frozenset[str]


def _ports(owner: type, names: Iterable[str], prefix: str = "") -> dict[str, Port]:
    found = {}
    for name in names:
        parameters = list(inspect.signature(getattr(owner, name)).parameters.values())[1:]
        needed = (each.name for each in parameters if each.default is inspect.Parameter.empty)
        port = Port(prefix + name, frozenset(p.name for p in parameters), frozenset(needed))
        found[port.name] = port
    return found


#: What can be called over the wire. `clock` and `new_id` are the client's own affair.
PORTS: dict[str, Port] = {
    **_ports(World, ("publish", "answer", "timer", "acknowledge", "checkpoint", "done")),
    **_ports(
        Payments,
        ("authorise", "capture", "charge", "refund", "void", "lookup", "find"),
        "payments.",
    ),
    **_ports(Carrier, ("create_shipment", "cancel", "lookup"), "carrier."),
    **_ports(Warehouse, ("reserve", "release", "available"), "warehouse."),
}

_decode = json.JSONDecoder().decode
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_FLUSH = "what the program prints belongs on stderr; the clients that come with the kit see to it"
_FORMS = {
    "call": frozenset({"id", "call", "with", "seen"}),
    "return": frozenset({"id", "return", "seen"}),
    "error": frozenset({"id", "error", "seen"}),
}
_ERROR = frozenset({"type", "message", "where", "fatal"})


def written(message: Request | Answer | Failure, now: float | None = None) -> bytes:
    """A message of the kit as a line; `now` is the time of the run, where it has changed."""
    if now is None and isinstance(message, Answer) and message.value is None:
        return b'{"id":%d,"answer":null}\n' % message.id  # a third of all lines
    said: dict[str, Any] = {"id": message.id}
    if isinstance(message, Answer):
        said["answer"] = message.value
    elif isinstance(message, Request):
        said["do"] = message.do
        said.update(message.arguments)
    else:
        said["failure"] = {
            "kind": str(message.kind),
            "definite": message.kind is not FailureKind.UNKNOWN,
            "message": message.message,
        }
    if now is not None:
        said["now"] = now
    return _encode(said).encode() + b"\n"


def read(line: bytes) -> Line:
    """What a line of the process says.

    Raises:
        ProtocolError: nothing that the protocol knows.
    """
    try:
        said = _decode(line.decode())
    except (ValueError, RecursionError):
        raise ProtocolError(
            f"wrote {shown(line)} to stdout, which is no JSON; was this meant for stderr?", _FLUSH
        ) from None
    if not isinstance(said, dict):
        raise ProtocolError(
            f"wrote {shown(line)} to stdout, which is no JSON object; was this meant for stderr?",
            _FLUSH,
        )
    number = said.get("id")
    if type(number) is not int:
        has = f"has {number!r} as its id" if "id" in said else "lacks the id of a request"
        raise ProtocolError(
            f"wrote {shown(line)}, which {has}",
            "echo the integer that is the id of the request: 1, neither 1.0 nor a text",
        )
    kind = next((kind for kind in _FORMS if kind in said), "")
    if not kind:
        raise ProtocolError(
            f"wrote {shown(line)}, which is neither a call nor a return nor an error",
            'give exactly one of "call", "return" and "error"',
        )
    if not said.keys() <= _FORMS[kind]:
        form = _FORMS[kind]
        name = min(said.keys() - form)
        fix = did_you_mean(name, form, f"a {kind} has {', '.join(sorted(form))}")
        raise ProtocolError(f"wrote {shown(line)}, where nothing is known of {name!r}", fix)
    says = _READERS[kind](number, said)
    return Line(says, True, said["seen"]) if "seen" in said else Line(says)


def _read_call(number: int, said: dict[str, Any]) -> Call:
    name, arguments = said["call"], said.get("with", {})
    port = PORTS.get(name) if isinstance(name, str) else None
    if port is None:
        listed = f"the ports are {', '.join(PORTS)}"
        raise ProtocolError(
            f"called the port {name!r}, which there is not", did_you_mean(str(name), PORTS, listed)
        )
    if not isinstance(arguments, dict):
        raise ProtocolError(
            f"called {name} with {arguments!r}", 'give the parameters by name: "with": {…}'
        )
    if not arguments.keys() <= port.parameters:
        key = min(arguments.keys() - port.parameters)
        fix = did_you_mean(key, port.parameters, f"it takes {', '.join(sorted(port.parameters))}")
        raise ProtocolError(f"called {name} with {key!r}, which it does not take", fix)
    return Call(number, name, arguments)


def _read_return(number: int, said: dict[str, Any]) -> Return:
    return Return(number, said["return"])


def _read_error(number: int, said: dict[str, Any]) -> Error:
    error = said["error"]
    texts = ("type", "message", "where")
    if (
        not isinstance(error, dict)
        or not {"type", "message"} <= error.keys() <= _ERROR
        or not all(isinstance(error.get(name, ""), str) for name in texts)
    ):
        raise ProtocolError(
            f"wrote the error {error!r}", 'an error is {"type": …, "message": …, "where": …}'
        )
    return Error(
        number, error["type"], error["message"], error.get("where", ""), error.get("fatal") is True
    )


def lacking(call: Call) -> tuple[str, ...]:
    """The parameters without which the port cannot be called, and that are not given.

    That is an error of the handler, not of the protocol: a field was not in the event.
    """
    needed = PORTS[call.port].needed
    return () if needed <= call.arguments.keys() else tuple(sorted(needed - call.arguments.keys()))


_READERS: dict[str, Callable[[int, dict[str, Any]], Call | Return | Error]] = {
    "call": _read_call,
    "return": _read_return,
    "error": _read_error,
}


def shown(line: bytes, length: int = 120) -> str:
    """A line as it can stand in a message."""
    text = repr(line.decode("utf-8", "replace").rstrip("\r\n"))
    return text if len(text) <= length else text[: length - 4] + "…" + text[-1]
