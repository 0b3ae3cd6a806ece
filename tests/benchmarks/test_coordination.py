"""The comparison of choreography and orchestration counts what can be counted by hand."""

from __future__ import annotations

import pytest

from benchmarks.coordination import KINDS, Measured, Path, longest, measure
from properties.world.network import Draft

#: Path -> messages, hops, messages back, hops back; counted on paper.
CHOREOGRAPHY = {
    "confirmed": Path(5, 5),
    "card declined": Path(3, 3, 2, 2),
    "parcel refused": Path(9, 6, 6, 3),
    "out of stock": Path(6, 5),
}
ORCHESTRATION = {
    "confirmed": Path(7, 7),
    "card declined": Path(3, 3, 2, 2),
    "parcel refused": Path(11, 11, 6, 6),
    "out of stock": Path(7, 7),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """One kind of coordination after the other."""
    return str(request.param)


@pytest.fixture
def measured(kind: str) -> Measured:
    """What is measured without the campaign."""
    return measure(KINDS[kind], 0)


def test_paths_are_as_on_paper(kind: str, measured: Measured) -> None:
    """Pins messages and hops of each path, on the way there and back."""
    expected = CHOREOGRAPHY if kind == "choreography" else ORCHESTRATION
    assert {name: measured.paths[name] for name in expected} == expected
    assert measured.paths.keys() - expected == {"cancelled at once"}


def test_who_deals_with_whom(kind: str, measured: Measured) -> None:
    """Pins that all services of the choreography deal with each other, and that of the others
    only the orchestrator does."""
    others = [measured.coupling.partners(n) for n in ("payment", "inventory", "shipping")]
    assert measured.coupling.partners("order") == 3
    assert others == ([3, 3, 3] if kind == "choreography" else [1, 1, 1])


def test_the_orchestrator_sees_more(kind: str, measured: Measured) -> None:
    """Pins how many stages of a confirmed saga the order service tells apart: none, waiting and
    confirmed, or each of three steps between the two."""
    order = measured.stages["confirmed"].told_apart()[0]
    assert order == (3 if kind == "choreography" else 5)


def test_chains_of_causes_are_counted() -> None:
    """Pins that of two branches the longer one counts, and only within the messages given."""

    def draft(name: str, cause: str) -> Draft:
        return Draft("x", "o1", "order", {"id": name, "causationid": cause})

    a, b, c, d = draft("a", ""), draft("b", "a"), draft("c", "b"), draft("d", "a")
    assert longest([a, b, c, d], [c, d]) == 3
    assert longest([a, b, c, d], [d]) == 2
    assert longest([b, c, d], [c, d]) == 2
    assert longest([], []) == 0


def test_a_wrong_saga_is_not_measured() -> None:
    """Pins that figures of a saga that violates something are refused."""
    with pytest.raises(AssertionError):
        measure("implementations.orchestrated.faulty:replies_by_kind", 60)
