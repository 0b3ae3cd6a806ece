"""Short ways to ask what a log says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define, field

from model.choreography import TABLE
from model.logs.judgement import Answer, Judgement
from model.logs.records import Record, View
from model.logs.search import Explainer
from model.logs.showing import Tokens
from model.table import Table


def record(service: str, **said: Any) -> Record:
    """A line; lists are sorted, as the reader does."""
    fields: dict[str, Any] = {
        k: tuple(sorted(v)) if isinstance(v, list) else v for k, v in said.items()
    }
    return Record(service, **fields)


@define
class Judge:
    """All sagas of some lines."""

    lines: Iterable[Mapping[str, Any]]
    view: View = field(factory=View)
    table: Table = TABLE
    explainer: Explainer = field(init=False)
    shapes: dict[str, tuple[int, ...]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        tokens, sagas = Tokens(), dict[str, list[int]]()
        for line in self.lines:
            said = {k: v for k, v in line.items() if k not in ("saga", "time", "id", "service")}
            token = tokens.of(record(line["service"], **said))
            sagas.setdefault(line["saga"], []).append(token)
        self.explainer = Explainer(self.table, self.view.widened(tokens.records), tokens)
        self.shapes = {saga: self.explainer.shape(lines) for saga, lines in sagas.items()}

    def judgements(self) -> dict[str, Judgement]:
        """Each saga and what its lines say."""
        return {saga: self.explainer.judge(shape) for saga, shape in self.shapes.items()}

    def answers(self) -> Counter[Answer]:
        """How many sagas are how."""
        return Counter(judgement.answer for judgement in self.judgements().values())
