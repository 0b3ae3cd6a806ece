"""The payment gateway and the carrier as services reach them: over HTTP, answered by the kit.

    POST /payments/charge   {"order": "o1", "amount": 1999, "currency": "EUR", "key": "charge/o1"}
    200 {"status": "done", "id": "ch_1", "reason": null}

503 means that nothing was done, 504 that nobody knows, 422 that a key came with other parameters.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define

_CHUNK = 1 << 16
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 422: "Unprocessable"}
_REASONS |= {503: "Service Unavailable", 504: "Gateway Timeout"}
#: What may be asked for.
PORTS = frozenset(
    {
        *(f"payments.{n}" for n in ("authorise", "capture", "charge", "refund", "void")),
        *("payments.lookup", "payments.find", "carrier.create_shipment", "carrier.cancel"),
        *("carrier.lookup", "warehouse.reserve", "warehouse.release", "warehouse.available"),
        "answer",
    }
)


@define(eq=False)
class Hearing:
    """One connection of a service to the outside, with one request in it."""

    caller: socket.socket
    heard: bytes = b""

    @property
    def open(self) -> bool:
        """Whether the service waits for an answer."""
        return self.caller.fileno() != -1

    def listen(self) -> Call | None:
        """Read what there is; the call, when it is complete."""
        data = self.caller.recv(_CHUNK)
        self.heard += data
        head, _, body = self.heard.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        length = next((int(ln[15:]) for ln in lines if ln.lower().startswith("content-length:")), 0)
        if not data or b"\r\n\r\n" not in self.heard or len(body) < length:
            return None
        return Call(self, lines[0].split(" ")[1].strip("/").replace("/", "."), body)

    def answer(self, status: int, value: Any) -> None:
        """Say what came of it, and hang up."""
        body = json.dumps(value).encode()
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.caller.sendall(head.encode() + body)
        self.close()

    def close(self) -> None:
        """Hang up."""
        self.caller.close()


@define(eq=False)
class Call:
    """A service wants something of the outside."""

    hearing: Hearing
    port: str
    body: bytes

    def perform(self, world: Any) -> None:
        """Ask the world, and answer."""
        try:
            arguments = json.loads(self.body or b"{}")
        except ValueError:
            arguments = None
        if self.port not in PORTS:
            self.hearing.answer(404, f"there is no {self.port}; there are {sorted(PORTS)}")
        elif not isinstance(arguments, Mapping):
            self.hearing.answer(400, "the body is a JSON object with the arguments")
        else:
            self.hearing.answer(*self._asked(_port(world, self.port), arguments))

    def _asked(self, port: Callable[..., Any], arguments: Mapping[str, Any]) -> tuple[int, Any]:
        try:
            return 200, port(**arguments)
        except ConnectionError as error:
            return 503, str(error)
        except TimeoutError as error:
            return 504, str(error)
        except ValueError as error:
            return 422, str(error)
        except TypeError as error:
            return 400, str(error)


def _port(world: Any, name: str) -> Callable[..., Any]:
    found: Any = world
    for part in name.split("."):
        found = getattr(found, part)
    port: Callable[..., Any] = found
    return port
