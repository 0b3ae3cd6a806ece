"""The clients that users copy: what they see to, so that a program need not."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any

import pytest

from implementations.contract import MEMBERS
from implementations.errors import TargetError
from implementations.process.connection import Command
from implementations.process.protocol import PORTS
from implementations.process.session import Pool, RemoteError
from implementations.process.target import ProcessTarget
from tests.implementations.process_programs import PROCESS
from tests.needs import needs

JAVASCRIPT = """
const { serve } = require(%r);
const log = [];
serve((world) => ({
  subscriptions: { order: ['x'] },
  placeOrder() {},
  observe: () => ({ orders: {}, stock: {}, payments: log.map(String) }),
  restart() {},
  async handle(participant, event) {
    log.length = 0;
    const HANDLERS = {
      async prints() { console.log('to the log'); process.stdout.write('and this\\n'); },
      async forgets() { world.done('a'); },
      async all() { await Promise.all([world.done('a'), world.done('b'), world.done('c')]); },
      async fails() { await world.done('a'); throw new TypeError('no amount'); },
      async dies() {
        try { await world.done('a'); } catch { log.push('caught'); } finally { log.push('end'); }
      },
      async learns() {
        try { await world.done('a'); } catch (error) { log.push(error.name, error.definite); }
      },
      async waits() { await new Promise((resolve) => setTimeout(resolve, 20)); return 'reject'; },
      async counts() { log.push(world.newId(), world.newId(), world.clock()); },
    };
    return HANDLERS[event.type]();
  },
}));
"""

PYTHON = """
import asyncio, sys
sys.path.insert(0, {folder!r})
import saga
log = []
class Target:
    subscriptions = {{"order": ["x"]}}
    def __init__(self, world):
        self.world = world
    def place_order(self, order): ...
    def observe(self):
        return {{"orders": {{}}, "stock": {{}}, "payments": [str(each) for each in log]}}
    def restart(self, participant): ...
    {a}def handle(self, participant, event):
        log.clear()
        return {wait}getattr(self, event["type"])()
    {a}def prints(self):
        print("to the log"); sys.stdout.write("and this\\n")
    {a}def all(self):
        for name in "abc":
            {wait}self.world.done(name)
    {a}def fails(self):
        {wait}self.world.done("a")
        raise TypeError("no amount")
    {a}def dies(self):
        try:
            {wait}self.world.done("a")
        except Exception:
            log.append("caught")
    {a}def swallows(self):
        try:
            {wait}self.world.done("a")
        except BaseException:
            log.append("caught")
    {a}def learns(self):
        try:
            {wait}self.world.done("a")
        except Exception as error:
            log.extend([type(error).__name__, not isinstance(error, TimeoutError)])
    {a}def waits(self):
        {wait}{sleep}(0.02)
        return "reject"
    {a}def counts(self):
        log.extend([self.world.new_id(), self.world.new_id(), self.world.clock()])
saga.serve(Target)
"""

CLIENTS = ("node", "python", "python, async")


@pytest.fixture(params=CLIENTS)
def command(request: pytest.FixtureRequest, tmp_path: Path) -> Command:
    """A program on each client, whose handlers do what the type of the event says."""
    if request.param == "node":
        needs("node")
        program = tmp_path / "program.js"
        program.write_text(JAVASCRIPT % str(PROCESS / "clients" / "node" / "saga.js"))
        return Command(("node", str(program)))
    asynchronous = "async" in request.param
    program = tmp_path / "program.py"
    program.write_text(
        PYTHON.format(
            folder=str(PROCESS / "clients" / "python"),
            a="async " if asynchronous else "",
            wait="await " if asynchronous else "",
            sleep="asyncio.sleep" if asynchronous else "__import__('time').sleep",
        )
    )
    return Command((sys.executable, "-S", "-E", str(program)))


class Ended(BaseException):
    """The port call at which a participant dies."""


class Driven:
    """A target with a world whose `done` does what a test wants."""

    def __init__(self, command: Command) -> None:
        self.calls: list[str] = []
        self.raises: BaseException | None = None
        world: Any = SimpleNamespace(stock={}, prices={}, clock=lambda: 7.5, done=self._done)
        self.pool = Pool(command)
        self.target = ProcessTarget([self.pool], world)

    def _done(self, name: str) -> None:
        self.calls.append(name)
        if self.raises is not None:
            raise self.raises

    def handle(self, type_: str) -> Any:
        """Have an event of that type handled."""
        return self.target.handle("order", {"type": type_, "id": "e", "data": {}})

    @property
    def log(self) -> list[str]:
        """What the handlers have noted."""
        noted: list[str] = self.target.observe()["payments"]
        return noted

    def end(self) -> None:
        """End the process."""
        self.target.close()
        self.pool.end()


@pytest.fixture
def driven(command: Command) -> Any:
    """The program, running."""
    found = Driven(command)
    yield found
    found.end()


def test_what_is_printed_goes_to_stderr(driven: Driven) -> None:
    """print, console.log and stdout itself are kept off the wire, and end up in the messages."""
    assert driven.handle("prints") is None
    driven.target.observe()
    trouble = driven.target.sessions[0].connection.trouble("is over", "")
    assert "to the log" in str(trouble)
    assert "and this" in str(trouble)


def test_port_calls_are_made_one_by_one(driven: Driven) -> None:
    """In the order of the program, also where it makes several at once."""
    assert driven.handle("all") is None
    assert driven.calls == ["a", "b", "c"]


def test_an_exception_is_told_with_its_place(driven: Driven) -> None:
    """Under its own name; the process goes on."""
    with pytest.raises(RemoteError, match=r"no amount \(program\.(js|py):\d+\)") as caught:
        driven.handle("fails")
    assert type(caught.value).__name__ == "TypeError"
    assert driven.handle("all") is None


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConnectionError("x"), ["ConnectionError", "true"]),
        (TimeoutError("x"), ["TimeoutError", "false"]),
        (ValueError("x"), ["ValueError", "true"]),
    ],
)
def test_failures_arrive_as_they_left(driven: Driven, error: Exception, told: list[str]) -> None:
    """By the names of the contract, and only an unknown answer is not definite."""
    driven.raises = error
    assert driven.handle("learns") is None
    assert [each.lower() for each in driven.log] == [each.lower() for each in told]


def test_who_dies_does_nothing_more(driven: Driven) -> None:
    """A handler that is given up at a port call catches nothing; the process goes on."""
    driven.raises = Ended()
    with pytest.raises(Ended):
        driven.handle("dies")
    driven.raises = None
    driven.target.restart("order")
    assert driven.log == []
    assert driven.handle("all") is None


def test_handlers_may_take_their_time(driven: Driven) -> None:
    """A database of one's own is waited for."""
    assert driven.handle("waits") == "reject"


def test_ids_and_time_come_from_the_kit(driven: Driven) -> None:
    """The same in the next run."""
    assert driven.handle("counts") is None
    assert driven.log == ["id-1", "id-2", "7.5"]


def test_what_breaks_the_contract_ends_the_run(driven: Driven, command: Command) -> None:
    """In Python a bare `except` survives a crash; in JavaScript an `await` can be forgotten."""
    if command.words[0] == "node":
        with pytest.raises(TargetError, match="NotAwaited: did not await done"):
            driven.handle("forgets")
        return
    driven.raises = Ended()
    with pytest.raises(Ended):
        driven.handle("swallows")
    with pytest.raises(TargetError, match="the target swallowed it"):
        driven.target.restart("order")


NODE = PROCESS / "clients" / "node"
#: What only a target in the kit's own process can have.
IN_PROCESS = ("digest", "loop", "twin")


def camel(name: str) -> str:
    """A name as it is written in JavaScript."""
    return re.sub(r"_(.)", lambda found: found[1].upper(), name)


def in_javascript() -> dict[str, list[str]]:
    """The ports that the client for Node knows, with what it takes by position."""
    table = (NODE / "saga.js").read_text().partition("const PORTS = {")[2].partition("\n};")[0]
    found = {}
    for owner, ports in re.findall(r"^  (\w+): \{(.*?)\}", table, re.M | re.S):
        for name, taken in re.findall(r"(\w+): '([\w ]*)'", ports):
            found[name if owner == "world" else f"{owner}.{name}"] = taken.split()
    return found


def in_python() -> dict[str, list[str]]:
    """The same for the client for Python."""
    client = run_path(str(PROCESS / "clients" / "python" / "saga.py"), run_name="client")
    return {name: taken.split() for name, taken in client["_PARAMETERS"].items()}


@pytest.mark.parametrize("known", [in_javascript(), in_python()], ids=["node", "python"])
def test_the_clients_know_every_port(known: dict[str, list[str]]) -> None:
    """Pins that no port is missing, and that what it takes has the names that the kit reads."""
    assert known.keys() == PORTS.keys()
    for name, taken in known.items():
        assert PORTS[name].needed <= set(taken) <= PORTS[name].parameters, name


def test_the_types_are_those_of_the_client() -> None:
    """Pins that TypeScript knows every port and every member, under the name that Node has."""
    types = (NODE / "saga.d.ts").read_text()
    ports = [f"{camel(name.split('.')[-1])}\\(" for name in PORTS]
    members = [rf"{camel(each.name)}\??[(:]" for each in MEMBERS if each.name not in IN_PROCESS]
    missing = [each for each in ports + members if not re.search(rf"^ +{each}", types, re.M)]
    assert missing == []
