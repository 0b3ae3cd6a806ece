"""The protocol: its page, its schema and its reader say the same, and real processes keep to it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from inspect import isfunction
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from implementations.contract import MEMBERS, World
from implementations.process.connection import Connection
from implementations.process.protocol import (
    PORTS,
    Answer,
    Call,
    Capability,
    Do,
    Error,
    Failure,
    FailureKind,
    Line,
    Port,
    ProtocolError,
    Request,
    Return,
    read,
    written,
)
from implementations.process.underway import Asked
from model.environment import DEFAULT_FAULTS
from properties.drivers.campaign import campaign
from properties.probing import probe
from properties.world.actions import Mode
from properties.world.ports import Ports
from properties.world.scopes import SCOPES, fitting
from tests.implementations.process_programs import REFERENCE, RIGHT, ROOT, python
from tests.needs import needs

SCHEMA = json.loads((ROOT / "docs" / "protocol.schema.json").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")


def validator(side: str) -> Draft202012Validator:
    """A check of the lines of one side."""
    return Draft202012Validator({"$ref": f"#/$defs/{side}", "$defs": SCHEMA["$defs"]})


FROM_KIT, FROM_PROCESS = validator("fromKit"), validator("fromProcess")
ANSWERS = {port: validator(f"answers/properties/{port}") for port in PORTS}


def conversation() -> Iterator[tuple[str, str]]:
    """The lines of the conversation on the page, each with who says it."""
    text = re.search(r"<!-- conversation -->\n```text\n(.*?)```", PAGE, re.DOTALL)
    assert text
    for line in text[1].splitlines():
        yield line[0], line[2:]


def test_the_conversation_on_the_page_is_real() -> None:
    """The Node example says exactly what the page shows."""
    needs("node")
    asked = "".join(f"{line}\n" for who, line in conversation() if who == ">")
    done = subprocess.run(
        ["node", str(RIGHT)], input=asked, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [line for who, line in conversation() if who == "<"]


def test_the_conversation_keeps_to_the_schema() -> None:
    """Every line on the page has the form that the schema gives to its side, and not the other."""
    for who, line in conversation():
        mine, other = (FROM_KIT, FROM_PROCESS) if who == ">" else (FROM_PROCESS, FROM_KIT)
        mine.validate(json.loads(line))
        assert not other.is_valid(json.loads(line))


@pytest.mark.parametrize("spec", [f"cmd: node {RIGHT}", python(REFERENCE)], ids=["node", "python"])
def test_all_that_is_said_keeps_to_the_schema(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Probing and ten schedules with every fault: each line of both sides."""
    if "node" in spec:
        needs("node")
    seen: list[tuple[bytes, bytes]] = []
    answered: set[tuple[str, str]] = set()
    called: dict[tuple[Connection, int], str] = {}
    exchange = Connection.exchange

    def noting(self: Connection, line: bytes, asked: Asked) -> bytes:
        reply = exchange(self, line, asked)
        seen.append((line, reply))
        said, heard = json.loads(line), json.loads(reply)
        if "answer" in said:
            answered.add((called[self, said["id"]], json.dumps(said["answer"])))
        if "call" in heard:
            called[self, heard["id"]] = heard["call"]
        return reply

    monkeypatch.setattr(Connection, "exchange", noting)
    subject = probe(spec)
    scopes = fitting(SCOPES, DEFAULT_FAULTS, subject.shape.delivery, subject.shape)
    for _, run in campaign(subject, scopes, 3, 10):
        run.world.dissolve()
    said = {json.loads(line).get("do", "answer or failure") for line, _ in seen}
    assert said > {Do.HELLO, Do.START, Do.PLACE, Do.HANDLE, Do.RELAY, Do.RESTART}
    for line, reply in {
        (_shape(line), _shape(reply)): (line, reply) for line, reply in seen
    }.values():
        FROM_KIT.validate(json.loads(line))
        FROM_PROCESS.validate(json.loads(reply))
    assert {port for port, _ in answered} > {"publish", "payments.charge", "checkpoint"}
    for port, answer in answered:
        ANSWERS[port].validate(json.loads(answer))


def _shape(line: bytes) -> str:
    """A line without its numbers: lines of one shape need not all be checked."""
    return re.sub(r"\d+", "0", line.decode())


def test_page_and_schema_name_what_there_is() -> None:
    """Every request, port, capability and kind of failure, and none besides."""
    definitions = SCHEMA["$defs"]
    assert set(definitions["call"]["properties"]["call"]["enum"]) == set(PORTS)
    assert set(definitions["answers"]["properties"]) == set(PORTS)
    forms = definitions["ports"]["properties"]
    assert {
        Port(name, frozenset(form.get("properties", ())), frozenset(form.get("required", ())))
        for name, form in forms.items()
    } == set(PORTS.values())
    kinds = definitions["failure"]["properties"]["failure"]["properties"]["kind"]["enum"]
    assert kinds == list(FailureKind)
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", PAGE, re.MULTILINE)
    assert set(re.findall(r"\w+", " ".join(rows))) == set(Do)
    own = {name for name, member in vars(World).items() if isfunction(member)} - set(PORTS)
    own -= {name for name in own if name.startswith("_")}
    told = re.search(r"Three of that page are none:(.*?)\n\n", PAGE, re.DOTALL)
    assert told
    assert len(own) == 3
    assert all(f"`{name}`" in told[1] for name in own), own
    for capability in Capability:
        assert f"capability `{capability}`" in PAGE


def test_the_page_pairs_members_with_requests() -> None:
    """Pins that each request which is not called like its member is named beside it."""
    said = re.search(r"A request is named like the member.*?\n\n", PAGE, re.DOTALL)
    assert said
    words = re.findall(r"`(\w+)`", said[0])
    pairs = dict(zip(words[1::2], words[::2], strict=True))
    members = {member.name for member in MEMBERS if member.callable}
    assert set(pairs) == set(Do) - members - {Do.HELLO, Do.START}
    assert set(pairs.values()) == members - set(Do) - {"digest"}


def test_a_commit_fails_as_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins that `checkpoint` fails only with nothing done, and `done` only with all of it done."""
    told = re.search(r"\*\*A commit\*\* .*?\n\n", PAGE, re.DOTALL)
    assert told
    assert {("checkpoint", "transient"), ("done", "unknown")} == set(
        re.findall(r"`(\w+)`\sfails \((\w+)\)", told[0])
    )
    modes: list[Any] = []
    monkeypatch.setattr(
        "properties.world.ports.call", lambda world, port, *rest, **_: modes.append(rest[2])
    )
    ports = Ports.__new__(Ports)
    ports._world = None  # type: ignore[assignment]
    ports.checkpoint("payment commit", may_fail=True)
    ports.done("payment commit")
    assert modes == [(Mode.TRANSIENT,), (Mode.UNKNOWN_DONE,)]


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (Request(1, Do.RELAY, {"participant": "a"}), '{"id":1,"do":"relay","participant":"a"}'),
        (Answer(2, {"status": "done"}), '{"id":2,"answer":{"status":"done"}}'),
        (
            Failure(3, FailureKind.UNKNOWN, "no answer"),
            '{"id":3,"failure":{"kind":"unknown","definite":false,"message":"no answer"}}',
        ),
        (
            Failure(4, FailureKind.TRANSIENT, "not now"),
            '{"id":4,"failure":{"kind":"transient","definite":true,"message":"not now"}}',
        ),
    ],
)
def test_what_the_kit_writes(message: Request | Answer | Failure, line: str) -> None:
    """One line for each message; only an unknown failure is not definite."""
    assert written(message) == f"{line}\n".encode()
    FROM_KIT.validate(json.loads(line))
    assert json.loads(written(message, 7.5))["now"] == 7.5


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ('{"id":1,"return":null}', Line(Return(1, None))),
        ('{"id":1,"return":0,"seen":{}}', Line(Return(1, 0), True, {})),
        ('{"id":2,"call":"done","with":{"name":"x"}}', Line(Call(2, "done", {"name": "x"}))),
        ('{"id":2,"call":"acknowledge"}', Line(Call(2, "acknowledge", {}))),
        (
            '{"id":3,"error":{"type":"E","message":"m","where":"a.js:1","fatal":true}}',
            Line(Error(3, "E", "m", "a.js:1", True)),
        ),
    ],
)
def test_what_the_kit_reads(line: str, meaning: Line) -> None:
    """Each form that a process may write, and what it means."""
    assert read(line.encode()) == meaning
    FROM_PROCESS.validate(json.loads(line))


@pytest.mark.parametrize("port", PORTS)
def test_each_port_is_called_by_the_names_of_its_parameters(port: str) -> None:
    """Pins that a call has the form of the schema with what the port needs: no less, no more."""
    lines = [{"sku": "book", "quantity": 1}]
    some = {"amount": 1, "quantity": 1, "delay": 1.5, "data": {}, "lines": lines}
    needed = {name: some.get(name, "text") for name in PORTS[port].needed}
    assert FROM_PROCESS.is_valid({"id": 1, "call": port, "with": needed})
    assert not FROM_PROCESS.is_valid({"id": 1, "call": port, "with": {**needed, "more": 1}})
    assert FROM_PROCESS.is_valid({"id": 1, "call": port}) is not bool(needed)
    for name in needed:
        fewer = {other: needed[other] for other in needed if other != name}
        assert not FROM_PROCESS.is_valid({"id": 1, "call": port, "with": fewer})


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "[1]",
        '{"id":"1","return":0}',
        '{"id":1}',
        '{"id":1,"return":0,"call":"done"}',
        '{"id":1,"call":"dones"}',
        '{"id":1,"call":"done","with":[1]}',
        '{"id":1,"error":{"type":"E"}}',
        '{"id":1,"error":{"type":"E","message":"m","code":1}}',
        '{"id":1,"error":"E"}',
    ],
)
def test_what_is_no_line(line: str) -> None:
    """The reader refuses what the schema refuses, and says how to mend it."""
    with pytest.raises(ProtocolError) as caught:
        read(line.encode())
    assert caught.value.how_to_fix
    try:
        data: Any = json.loads(line)
    except ValueError:
        return
    assert not FROM_PROCESS.is_valid(data)
