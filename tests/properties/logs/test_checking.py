"""How a log is read, apart from what is found in it."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator

from implementations.recorded.mapping import LogMapping
from model.choreography import TABLE
from properties.logs.checking import check


def test_garbage_is_seldom_looked_for_while_a_log_is_read() -> None:
    """The cost of a line does not depend on what else the process holds; afterwards it is as it
    was."""
    before, meanwhile = gc.get_threshold(), []

    def lines() -> Iterator[str]:
        meanwhile.append(gc.get_threshold())
        yield json.dumps({"saga": "o", "service": "payment", "effects": ["charge"]})

    check("made", lines(), LogMapping(), TABLE, complete=False)
    assert all(seldom > usual for seldom, usual in zip(meanwhile[0], before, strict=True))
    assert gc.get_threshold() == before
