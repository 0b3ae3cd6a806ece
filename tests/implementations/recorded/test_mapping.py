"""The mapping file: what it may say, and one message for each thing that it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from implementations.errors import TargetError
from implementations.recorded.mapping import read_mapping
from implementations.recorded.names import names
from model.choreography import TABLE
from model.logs.records import Window

NAMES = names(TABLE)

FULL = """
format = "json"
stuck_after = 60
[fields]
saga = "order.number"
[services]
billing = "payment"
[events]
PaymentTaken = "payment.processed"
[effects]
CAPTURE = "charge"
[states.payment]
PAID = "paid"
[shows]
services = ["order"]
hidden = ["order.created"]
lossy = true
[stock]
book = 3
"""


def written(tmp_path: Path, text: str) -> Path:
    """A mapping file with this text."""
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_all_that_a_mapping_can_say(tmp_path: Path) -> None:
    """Every table of it arrives."""
    mapping = read_mapping(written(tmp_path, FULL), NAMES)
    assert (mapping.format, mapping.stuck_after) == ("json", 60.0)
    assert mapping.fields == {"saga": "order.number"}
    assert mapping.services == {"billing": "payment"}
    assert mapping.events == {"PaymentTaken": "payment.processed"}
    assert mapping.effects == {"CAPTURE": "charge"}
    assert mapping.states == {"payment": {"PAID": "paid"}}
    assert mapping.view.windows == {"order": Window()}
    assert (mapping.view.hidden, mapping.view.lossy) == (frozenset({"order.created"}), True)
    assert mapping.stock == {"book": 3}


WRONG = {
    "[feilds]": "mapping.toml, the top level: no such key: 'feilds'\n  to fix: did you mean 'f",
    "[fields]\nsga = 'x'": "mapping.toml, [fields]: no such key: 'sga'\n  to fix: did you mean 's",
    "[fields]\nsaga = 3": "mapping.toml, fields.saga: expected text, found 3",
    "fields = 3": "mapping.toml, fields: expected a table, found 3",
    "[services]\nx = 'paymnt'": "services.x: no such name: 'paymnt'\n  to fix: did you mean 'pa",
    "[events]\nx = 'order.craeted'": "did you mean 'order.created'",
    "[states.mailer]": "[states]: no such key: 'mailer'",
    "[states.payment]\nx = 'payd'": "states.payment.x: no such name: 'payd'\n  to fix: did you",
    "[shows]\nlossy = 1": "shows.lossy: expected true or false, found 1",
    "[shows]\nservices = 'order'": "shows.services: expected a list, found 'order'",
    "[shows]\nhidden = ['x']": "shows.hidden: no such name: 'x'",
    "[stock]\nbook = -1": "stock.book: expected a number of pieces, found -1",
    "stuck_after = 'long'": "stuck_after: expected a number of seconds, found 'long'",
    "format = 'xml'": "format: no such format: 'xml'\n  to fix: one of json, cloudevents",
    "format = ": "the mapping is not TOML",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_mapping_is_one_message(tmp_path: Path, text: str) -> None:
    """It says what is wrong, where, and what was probably meant."""
    with pytest.raises(TargetError) as caught:
        read_mapping(written(tmp_path, text), NAMES)
    assert WRONG[text] in str(caught.value)


def test_a_mapping_that_is_not_there(tmp_path: Path) -> None:
    """Nor one that is a directory, or not text."""
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing.toml", tmp_path, tmp_path / "bytes"):
        with pytest.raises(TargetError, match="the mapping cannot be read"):
            read_mapping(path, NAMES)
