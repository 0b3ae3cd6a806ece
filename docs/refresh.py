"""Keeps the documentation true: runs the commands in it and puts in what they print.

    python docs/refresh.py            # write what has changed
    python docs/refresh.py --check    # say what has changed, and fail

A block is a comment and what follows it up to its end:

    <!-- run: COMMAND | from: TEXT | to: TEXT -->   a fenced block: lines of the command's output
    <!-- file: PATH -->                             a fenced block: a file of this repository
    <!-- table: NAME --> ... <!-- end -->           a table made from the code
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import coordination  # noqa: E402
from implementations.contract import MEMBERS  # noqa: E402
from model.choreography import TABLE  # noqa: E402
from model.environment import DEFAULT_FAULTS, FAULT_MEANING, Delivery, Fault  # noqa: E402
from model.specification import PROPERTIES  # noqa: E402
from model.table import Actor  # noqa: E402
from model.vocabulary import Event  # noqa: E402

DOCUMENTS = ("README.md", "docs/targets.md", "docs/protocol.md", "docs/coordination.md")
_FENCED = re.compile(r"<!-- (run|file): (.+?) -->\n```(\w*)\n(.*?)```\n", re.DOTALL)
_TABLE = re.compile(r"<!-- table: (\w+) -->\n(.*?)<!-- end -->\n", re.DOTALL)
_SECONDS = re.compile(r"\bin \d+\.\d+s( \(\d+:\d\d:\d\d\))?")


@frozen
class Extract:
    """A command and which lines of its output are shown."""

    command: str
    first: str = ""
    last: str = ""

    def shown(self, output: str) -> str:
        """The lines from the first that holds `first` to the next that holds `last`."""
        lines = [line.rstrip() for line in output.splitlines()]
        start = next((i for i, line in enumerate(lines) if self.first in line), None)
        if start is None:
            raise SystemExit(f"{self.command}: no line with {self.first!r} in\n{output}")
        end = len(lines)
        if self.last:
            rest = range(start, len(lines))
            end = next((i + 1 for i in rest if self.last in lines[i]), len(lines))
        return "\n".join(lines[start:end]) + "\n"


def extract(specification: str) -> Extract:
    """Read `COMMAND | from: TEXT | to: TEXT`."""
    command, *options = specification.split(" | ")
    given = dict(option.split(": ", 1) for option in options)
    return Extract(command, given.get("from", ""), given.get("to", ""))


def run(command: str) -> str:
    """What a command prints, without what differs from run to run."""
    words = shlex.split(command)
    if words[0] == "python":
        words[0] = sys.executable
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return _SECONDS.sub("in some seconds", done.stdout + done.stderr)


def properties_table() -> str:
    """All properties, in the words of the specification."""
    rows = [f"| {row.id} | {row.statement} | {row.when} |" for row in PROPERTIES]
    return "\n".join(["| id | statement | decided |", "|---|---|---|", *rows]) + "\n"


_ON_REQUEST = {
    Fault.REPUBLISH: "if the target was seen to do it",
    Fault.STANDSTILL: "no: `--saga-faults=+standstill`",
}


def faults_table() -> str:
    """All faults, in the words of the environment."""
    rows = [
        f"| `{fault}` | {FAULT_MEANING[fault]} | "
        f"{'yes' if fault in DEFAULT_FAULTS else _ON_REQUEST[fault]} |"
        for fault in Fault
    ]
    return "\n".join(["| fault | what happens | by default |", "|---|---|---|", *rows]) + "\n"


def kills_table() -> str:
    """What the kill matrix says in a few lines."""
    page = (ROOT / "reports" / "gallery" / "kill-matrix.md").read_text(encoding="utf-8")
    return "".join(f"{line}\n" for line in page.splitlines() if line.startswith("- "))


def deliveries_table() -> str:
    """The delivery contracts, strongest first."""
    meaning = {
        Delivery.EXACTLY_ONCE_FIFO: "no copies; each queue in order",
        Delivery.AT_LEAST_ONCE_FIFO: "copies may follow; each queue in order",
        Delivery.AT_LEAST_ONCE_PER_ORDER_FIFO: "copies; in order for each order in each queue",
        Delivery.AT_LEAST_ONCE_UNORDERED: "copies; any message may be next (the default)",
    }
    rows = [f"| `{delivery}` | {meaning[delivery]} |" for delivery in Delivery]
    return "\n".join(["| contract | the broker promises |", "|---|---|", *rows]) + "\n"


def members_table() -> str:
    """The members of a target, in the words of the contract."""
    rows = [
        f"| `{member.name}{'' if member.parameters is None else _call(member.parameters)}` | "
        f"{member.meaning} | {'yes' if member.needed else 'no'} |"
        for member in MEMBERS
    ]
    return "\n".join(["| member | meaning | needed |", "|---|---|---|", *rows]) + "\n"


def events_table() -> str:
    """The event types of the model, with who publishes and who consumes each."""
    publishers = [(Actor.ORDER, event) for event in TABLE.start]
    publishers += [(row.actor, event) for row in TABLE.rows for event in row.emits]
    consumers = [(row.actor, row.on) for row in TABLE.rows]
    rows = [f"| `{e}` | {_of(e, publishers)} | {_of(e, consumers)} |" for e in Event]
    return "\n".join(["| event | from | to |", "|---|---|---|", *rows]) + "\n"


def _of(event: Event, pairs: Iterable[tuple[Actor, str]]) -> str:
    actors = dict.fromkeys(actor for actor, other in pairs if other == event)
    return ", ".join(actors) or "nobody"


def _call(parameters: tuple[str, ...]) -> str:
    return f"({', '.join(parameters)})"


TABLES = {
    "members": members_table,
    "events": events_table,
    "properties": properties_table,
    "faults": faults_table,
    "deliveries": deliveries_table,
    "kills": kills_table,
    "coordination": coordination.table,
}


def refreshed(text: str) -> str:
    """A document with every block as it has to be now."""

    def fenced(match: re.Match[str]) -> str:
        kind, what, language, _ = match.groups()
        if kind == "file":
            body = (ROOT / what).read_text(encoding="utf-8")
        else:
            wanted = extract(what)
            body = wanted.shown(run(wanted.command))
        return f"<!-- {kind}: {what} -->\n```{language}\n{body}```\n"

    def table(match: re.Match[str]) -> str:
        return f"<!-- table: {match[1]} -->\n{TABLES[match[1]]()}<!-- end -->\n"

    return _TABLE.sub(table, _FENCED.sub(fenced, text))


def main(arguments: list[str]) -> int:
    """Refresh all documents; with `--check`, only say which are stale."""
    stale = []
    for name in DOCUMENTS:
        path = ROOT / name
        before = path.read_text(encoding="utf-8")
        after = refreshed(before)
        if after != before:
            stale.append(name)
            if "--check" not in arguments:
                path.write_text(after, encoding="utf-8")
    if stale:
        print("stale:" if "--check" in arguments else "refreshed:", ", ".join(stale))
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
