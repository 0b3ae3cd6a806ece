"""Keeps docs/model true: the states of each participant, the flow of events, the ledger automaton.

python docs/make_pictures.py            # write what has changed
python docs/make_pictures.py --check    # say what has changed, and fail

Each picture is there twice: as Mermaid text, which GitHub, GitLab and editors draw, and as SVG.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from model.automaton import LEDGER  # noqa: E402
from model.choreography import TABLE  # noqa: E402
from model.diagrams import (  # noqa: E402
    compensations,
    event_flow,
    flows,
    label,
    ledger_diagram,
    state_diagram,
)
from reports.pictures import Link, around, layered, svg  # noqa: E402

DIRECTORY = ROOT / "docs" / "model"


def pictures() -> dict[str, str]:
    """The text of every file."""
    files = {"event-flow.mmd": event_flow(), "event-flow.svg": _flow()}
    files |= {"ledger.mmd": ledger_diagram(), "ledger.svg": _ledger()}
    for actor in TABLE.actors:
        files |= {f"{actor}.mmd": state_diagram(actor), f"{actor}.svg": _states(actor)}
    return files


def _states(actor: str) -> str:
    machine = TABLE.machine(actor)
    links = [
        Link(row.state, row.to, label(row), _kind(row.fault, any(e.undoes for e in row.effects)))
        for row in TABLE.rows
        if row.actor == actor
    ]
    return svg(f"The states of {actor}", layered(machine.states, links, machine.resting), links)


def _ledger() -> str:
    undoing = {effect.name for effect in TABLE.effects if effect.undoes}
    links = [
        Link(str(source), str(target), letter, _kind(False, letter in undoing))
        for source, letter, target in LEDGER.arrows
    ]
    names = [str(state) for state in range(LEDGER.states)]
    boxes = layered(names, links, frozenset(map(str, LEDGER.resting)))
    return svg("The ledger automaton", boxes, links)


def _flow() -> str:
    undoing = compensations()
    links = [
        Link(sender, receiver, event, _kind(False, event in undoing))
        for (sender, receiver), events in flows(TABLE).items()
        for event in events
    ]
    names = list(dict.fromkeys(name for link in links for name in (link.source, link.target)))
    return svg("Who publishes what to whom", around(names), links)


def _kind(fault: bool, undoing: bool) -> str:
    return "fault" if fault else "undo" if undoing else ""


def main() -> None:
    """Write the pictures, or say which are not current."""
    made = pictures()
    stale = [
        name
        for name, text in made.items()
        if not (DIRECTORY / name).exists() or (DIRECTORY / name).read_text(encoding="utf-8") != text
    ]
    stale += sorted({path.name for path in DIRECTORY.glob("*.*")} - made.keys())
    if stale and "--check" in sys.argv[1:]:
        raise SystemExit(f"not current in docs/model: {', '.join(stale)}")
    DIRECTORY.mkdir(exist_ok=True)
    for name in stale:
        if name in made:
            (DIRECTORY / name).write_text(made[name], encoding="utf-8")
        else:
            (DIRECTORY / name).unlink()


if __name__ == "__main__":
    main()
