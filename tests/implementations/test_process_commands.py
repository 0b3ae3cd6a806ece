"""What the user types and writes: commands and target files, each mistake with its message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from implementations.errors import TargetError
from implementations.process.commands import read_commands, read_target_file
from implementations.process.connection import Command
from implementations.process.merging import declared_together, shown_together
from implementations.process.session import Pool
from implementations.process.target import ProcessTarget
from tests.implementations.process_programs import left_behind, plain, world


def test_a_command_is_read_as_a_shell_would() -> None:
    """Words, with quotes; nothing is expanded."""
    (command,) = read_commands("cmd: node 'my saga.js' --port=$X")
    assert command == Command(("node", "my saga.js", "--port=$X"))
    assert command.name == "`node my saga.js --port=$X`"


def test_a_target_file(tmp_path: Path) -> None:
    """Every key; a directory is seen from the file, and so is none."""
    file = tmp_path / "saga.toml"
    file.write_text(
        "[participants.order]\n"
        'command = "python order.py"\n'
        "[participants.payment]\n"
        'command = ["node", "a b.js"]\n'
        'directory = "services"\n'
        'environment = { LOG = "debug" }\n'
        "kill = true\n"
        "patience = 2.5\n"
    )
    assert read_target_file(str(file)) == (
        Command(("python", "order.py"), tmp_path, {}, "order"),
        Command(("node", "a b.js"), tmp_path / "services", {"LOG": "debug"}, "payment", True, 2.5),
    )


COMMAND = '[participants.a]\ncommand = "x"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[participants", "is not TOML"),
        ("", "it names no participants"),
        ("participants = 3", "it names no participants"),
        ('[participant.a]\ncommand = "x"', "nothing is known of 'participant'"),
        ("[participants.a]", "there is no command"),
        (COMMAND + "comand = 1", "did you mean 'command'?"),
        ("[participants.a]\ncommand = 3", "command is 3"),
        ('[participants.a]\ncommand = ""', "command is ''"),
        ('[participants.a]\ncommand = "a \'b"', "the command cannot be read"),
        (COMMAND + "directory = 1", "directory is 1"),
        (COMMAND + "environment = { A = 1 }", "environment is {'A': 1}"),
        (COMMAND + 'kill = "yes"', "kill is 'yes'"),
        (COMMAND + "patience = 0", "patience is 0"),
    ],
)
def test_mistakes_in_a_target_file(text: str, says: str, tmp_path: Path) -> None:
    """Each is one message that names the file."""
    file = tmp_path / "saga.toml"
    file.write_text(text)
    with pytest.raises(TargetError) as caught:
        read_target_file(str(file))
    assert says in str(caught.value)
    assert str(caught.value).startswith(f"target file {file}")


def test_what_is_no_process() -> None:
    """Where a process is wanted and Python was given, or a file that is not there."""
    with pytest.raises(TargetError, match=r"no.toml: there is no such file"):
        read_commands("no.toml")
    with pytest.raises(TargetError, match="this is no process"):
        read_commands("shop:make")


def test_each_process_has_its_directory_and_environment(tmp_path: Path) -> None:
    """And its participant, and it speaks for that one only."""
    (tmp_path / "there").mkdir()
    change = """
me = os.environ["SAGA_PARTICIPANT"]
DECLARED["subscriptions"] = {me: ["x"]}
say_where = lambda: {os.path.basename(os.getcwd()) + os.environ.get("LOG", ""): 1}
_answer = answer
def answer(line):
    if line["do"] == "observe":
        return {"orders": {}, "stock": say_where()}
    return _answer(line)
"""
    words = plain(tmp_path, change).words
    here = Command(words, tmp_path, {"LOG": "-loud"}, "order")
    there = Command(words, tmp_path / "there", {}, "payment")
    pools = [Pool(here), Pool(there)]
    target = ProcessTarget(pools, world())
    assert target.subscriptions == {"order": ["x"], "payment": ["x"]}
    assert target.observe()["stock"] == {f"{tmp_path.name}-loud": 1, "there": 1}
    target.close()
    for pool in pools:
        pool.end()
    assert left_behind(tmp_path) == []


def test_a_process_that_speaks_for_others(tmp_path: Path) -> None:
    """It is started for one participant."""
    command = Command(plain(tmp_path).words, participant="payment")
    with pytest.raises(TargetError, match="started for 'payment', and declares subscriptions of o"):
        ProcessTarget([Pool(command)], world())


def test_declarations_are_put_together() -> None:
    """Data of each participant from its own process; of the saga from that of the orders."""
    parts: dict[str, dict[str, Any]] = {
        "a": {"subscriptions": {"a": ["x"]}, "limits": {"lines": 9}, "roles": {"payment": "a"}},
        "b": {
            "subscriptions": {"b": []},
            "roles": {"order": "b"},
            "limits": {"lines": 1},
            "consumers": {"b": {"parallel": 2}, "a": {"parallel": 3}},
            "delivery": "exactly-once-fifo",
        },
    }
    assert declared_together(parts) == {
        "subscriptions": {"a": ["x"], "b": []},
        "consumers": {"b": {"parallel": 2}},
        "roles": {"payment": "a", "order": "b"},
        "limits": {"lines": 1},
        "delivery": "exactly-once-fifo",
    }
    parts["a"]["delivery"] = "at-least-once-fifo"
    with pytest.raises(TargetError, match="a on at-least-once-fifo, b on exactly-once-fifo"):
        declared_together(parts)


def test_snapshots_are_put_together() -> None:
    """Each process shows what it keeps; nothing may be kept twice."""
    order = {"orders": {"o1": "open"}}
    stock = {"stock": {"book": 2}, "reservations": [{"order": "o1"}]}
    assert shown_together({"order": order, "inventory": stock, "payment": {}}) == {
        "orders": {"o1": "open"},
        "stock": {"book": 2},
        "reservations": [{"order": "o1"}],
    }
    with pytest.raises(TargetError, match="shows stock 'book', which another participant shows"):
        shown_together({"inventory": stock, "payment": stock})
    both = {"a": {"outbox": {"a": 1}}, "b": {"outbox": {"b": 0}}}
    assert shown_together(both) == {"orders": {}, "stock": {}, "outbox": {"a": 1, "b": 0}}
    with pytest.raises(TargetError, match="shows None"):
        shown_together({"order": None})
