"""From what the user typed to commands: `cmd: node saga.js`, or the path of a target file.

A target file (TOML) names one command for each participant:

    [participants.order]
    command = "python order.py"
    directory = "services/order"        # as seen from the file
    environment = { LOG = "debug" }
    kill = true                         # a crash kills it, even if it offers something faster
    patience = 20                       # seconds that it has for one line

Every process is told which participant it is, speaks for that one only, and crashes alone.
"""

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path
from typing import Any

from implementations.errors import TargetError, did_you_mean
from implementations.process.connection import Command

_KEYS = ("command", "directory", "environment", "kill", "patience")
_EXAMPLE = '[participants.payment]\n    command = "node payment.js"'


def read_commands(spec: str) -> tuple[Command, ...]:
    """The command in `cmd: …`, or those in the target file of that name.

    Raises:
        TargetError: it is neither.
    """
    if spec.strip().startswith("cmd:"):
        return (read_command(spec),)
    if spec.strip().endswith(".toml"):
        return read_target_file(spec)
    raise TargetError(
        "this is no process", f"target {spec!r}", "give 'cmd: node saga.js', or a file saga.toml"
    )


def is_process(spec: str) -> bool:
    """Whether a target is a process, or several, rather than Python in this one."""
    return spec.strip().startswith("cmd:") or spec.strip().endswith(".toml")


def read_command(spec: str) -> Command:
    """The command in `cmd: …`.

    Raises:
        TargetError: there is none.
    """
    where = f"target {spec!r}"
    example = "write it as in a shell: 'cmd: node saga.js'"
    try:
        words = shlex.split(spec.strip().removeprefix("cmd:"))
    except ValueError as error:
        raise TargetError(f"the command cannot be read: {error}", where, example) from None
    if not words:
        raise TargetError("there is no command in it", where, example)
    return Command(tuple(words))


def read_target_file(spec: str) -> tuple[Command, ...]:
    """The commands that a target file names, one for each participant.

    Raises:
        TargetError: the file is not there, or is not one.
    """
    path, where = Path(spec.strip()), f"target file {spec.strip()}"
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TargetError("there is no such file", where, f"looked in {Path.cwd()}") from None
    except OSError as error:
        raise TargetError(f"cannot be read: {error.strerror}", where, "see to that") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TargetError(f"is not TOML: {error}", where, f"write\n    {_EXAMPLE}") from None
    for name in said.keys() - {"participants"}:
        fix = did_you_mean(name, ["participants"], f"write\n    {_EXAMPLE}")
        raise TargetError(f"nothing is known of {name!r}", where, fix)
    participants = said.get("participants")
    if not isinstance(participants, dict) or not participants:
        raise TargetError("it names no participants", where, f"write\n    {_EXAMPLE}")
    return tuple(
        _command(name, table, path.resolve().parent, f"{where}, participants.{name}")
        for name, table in participants.items()
    )


def _command(name: str, table: Any, folder: Path, where: str) -> Command:
    if not isinstance(table, dict) or "command" not in table:
        raise TargetError("there is no command", where, f"write\n    {_EXAMPLE}")
    for key in table.keys() - set(_KEYS):
        fix = did_you_mean(key, _KEYS, f"known are {', '.join(_KEYS)}")
        raise TargetError(f"nothing is known of {key!r}", where, fix)
    command, directory = table["command"], table.get("directory", ".")
    environment, patience = table.get("environment", {}), table.get("patience")
    kill = table.get("kill", False)
    words = _words(command, where)
    if not isinstance(directory, str):
        raise _wrong("directory", directory, '"services/payment"', where)
    if not isinstance(environment, dict) or not all(
        isinstance(value, str) for value in environment.values()
    ):
        raise _wrong("environment", environment, '{ LOG = "debug" }', where)
    if type(kill) is not bool:
        raise _wrong("kill", kill, "true or false", where)
    if patience is not None and (type(patience) not in (int, float) or patience <= 0):
        raise _wrong("patience", patience, "a number of seconds", where)
    return Command(words, folder / directory, environment, name, kill, patience)


def _words(command: Any, where: str) -> tuple[str, ...]:
    try:
        words = shlex.split(command) if isinstance(command, str) else command
    except ValueError as error:
        raise TargetError(f"the command cannot be read: {error}", where, "check quotes") from None
    if not isinstance(words, list) or not words or not all(isinstance(w, str) for w in words):
        raise _wrong("command", command, '"node payment.js", or a list of words', where)
    return tuple(words)


def _wrong(key: str, value: Any, right: str, where: str) -> TargetError:
    return TargetError(f"{key} is {value!r}", where, f"give {right}")
