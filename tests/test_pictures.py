"""The pictures in docs/model are those of the table, and are drawn as they should be."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from model.choreography import TABLE
from reports.pictures import Box, Link, around, layered, svg

ROOT = Path(__file__).resolve().parent.parent
_SVG = "{http://www.w3.org/2000/svg}"


def test_the_pictures_are_current() -> None:
    """`python docs/make_pictures.py --check` has nothing to say."""
    command = [sys.executable, "docs/make_pictures.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", [*TABLE.actors, "ledger", "event-flow"])
def test_each_picture_is_well_formed(name: str) -> None:
    """An SVG that a parser takes, with a title, and the Mermaid text beside it."""
    picture = ElementTree.fromstring((ROOT / f"docs/model/{name}.svg").read_text(encoding="utf-8"))
    assert picture.find(f"{_SVG}title") is not None
    assert (ROOT / f"docs/model/{name}.mmd").read_text(encoding="utf-8").strip()


def texts(picture: str) -> list[str]:
    """All that is written in a picture."""
    root = ElementTree.fromstring(picture)
    return ["".join(each.itertext()) for each in root.iter(f"{_SVG}text")]


def test_long_labels_stand_in_a_legend() -> None:
    """An arrow carries its number; both arrows between the same boxes are one."""
    links = [Link("a", "b", "a very long label <1>"), Link("a", "b", "another long one")]
    written = texts(svg("t", layered(["a", "b"], links, frozenset()), links))
    assert "1, 2" in written
    assert [text for text in written if "→" in text] == [
        "1\xa0\xa0a → b: a very long label <1>",
        "2\xa0\xa0a → b: another long one",
    ]


def test_short_labels_stand_on_their_arrows() -> None:
    """And there is no legend."""
    links = [Link("a", "b", "go"), Link("a", "a", "wait")]
    written = texts(svg("t", layered(["a", "b"], links, frozenset({"b"})), links))
    assert sorted(written) == ["a", "b", "go", "wait"]


def test_each_box_stands_behind_what_leads_to_it() -> None:
    """The longest way decides; boxes of one column are under each other."""
    links = [Link("a", "b", ""), Link("b", "c", ""), Link("a", "c", ""), Link("a", "d", "")]
    at = {box.name: box for box in layered(["a", "b", "c", "d"], links, frozenset("c"))}
    assert at["a"].x < at["b"].x == at["d"].x < at["c"].x
    assert at["b"].y != at["d"].y
    assert at["c"].resting


def test_an_arrow_goes_round_what_lies_between() -> None:
    """From the first of three in a row to the last one: not through the second."""
    boxes = [Box("a", 0, 0), Box("b", 200, 0), Box("c", 400, 0)]
    drawn = svg("t", boxes, [Link("a", "c", "over")])
    path = next(line for line in drawn.splitlines() if line.startswith('<path class="arrow"'))
    control = path.partition("Q")[2].split()[1]
    assert abs(float(control)) >= 60
    assert "Q200 -20" in svg("t", [boxes[0], boxes[2]], [Link("a", "c", "over")])


def test_an_ellipse_has_room_for_all() -> None:
    """No two boxes lie on each other."""
    boxes = around([str(n) for n in range(7)])
    assert len({(box.x, box.y) for box in boxes}) == 7
