"""Which of the broker's promises a saga depends on."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.environment import DEFAULT_FAULTS, DELIVERY_MEANING, Delivery
from properties.conclusion import Given, conclude
from properties.contracts import contract_of, in_one_sentence, parts_under, weakest
from properties.probing import probe
from properties.profiles import PROFILES
from properties.search import run_part
from properties.settings.in_force import resolve
from properties.settings.sources import from_command_line
from properties.verdicts import Total
from reports.terminal import summary_text
from reports.verdict import ContractVerdicts, Verdict
from tests.reports import samples

STRONGEST, *_, PER_ORDER, UNORDERED = Delivery


def rows(*violated: tuple[str, ...]) -> tuple[ContractVerdicts, ...]:
    """The contracts, and the properties that are violated under each of them."""
    return tuple(
        ContractVerdicts(str(delivery), "so much", dict.fromkeys(ids, Verdict.VIOLATED))
        for delivery, ids in zip(Delivery, violated, strict=True)
    )


def test_every_contract_has_its_meaning() -> None:
    """Pins that no contract is without words."""
    assert list(DELIVERY_MEANING) == list(Delivery)


def test_parts_name_their_contract() -> None:
    """Pins that parts under several contracts can be told apart, and lead back to them."""
    names = parts_under(["paths", "sweep-0"], tuple(Delivery))
    assert len(set(names)) == 8
    assert contract_of(names[-1], STRONGEST) == (UNORDERED, "sweep-0")
    assert parts_under(["paths"], ()) == ["paths"]
    assert contract_of("paths", PER_ORDER) == (PER_ORDER, "paths")


@pytest.mark.parametrize(
    ("violated", "said"),
    [
        (((), (), (), ()), "nothing more than at-least-once-unordered"),
        (((), (), (), ("A",)), "at-least-once-per-order-fifo: so much"),
        (((), (), ("A",), ("A",)), "at-least-once-per-order-fifo is not enough"),
        # found by luck under a stronger contract, and so true of the weaker ones
        (((), ("A",), (), ("A",)), "exactly-once-fifo: so much; at-least-once-fifo is not enough"),
        ((("A",), ("A",), ("A",), ("A",)), "no broker is strong enough: A even under exactly"),
    ],
)
def test_the_answer_in_one_sentence(violated: tuple[tuple[str, ...], ...], said: str) -> None:
    """Pins that the weakest contract under which all holds is named."""
    assert said in in_one_sentence(rows(*violated))


def test_an_unfinished_search_gives_no_answer() -> None:
    """Pins that a contract whose search broke off is not taken for one that holds."""
    broken = ContractVerdicts(str(UNORDERED), "so much", {"A": Verdict.UNKNOWN})
    assert in_one_sentence((*rows((), (), (), ())[:3], broken)).startswith("unknown")


def test_one_counterexample_at_the_weakest_contract() -> None:
    """Pins that a property is told once, and not again where the target itself is judged."""
    one, other = samples.oversell(), samples.double_charge()
    found = {
        PER_ORDER: {"A": one, "B": one},
        UNORDERED: {"A": other, "B": other, "C": other},
    }
    assert weakest(found, STRONGEST) == {
        "A": (UNORDERED, other),
        "B": (UNORDERED, other),
        "C": (UNORDERED, other),
    }
    assert weakest(found, PER_ORDER) == {"C": (UNORDERED, other)}
    assert weakest(found, UNORDERED) == {}


def test_a_saga_that_depends_on_order(tmp_path: Path) -> None:
    """Pins the whole way: a bug that only a broker without order shows, under each contract."""
    subject = probe("implementations.faulty:cancel_overtakes_the_order")
    totals = {}
    for delivery in Delivery:
        part = run_part(subject, "directed", PROFILES["quick"], DEFAULT_FAULTS, delivery, 1)
        totals[delivery] = Total()
        totals[delivery].take(part)
    command_line = from_command_line({"delivery": "all", "report-dir": str(tmp_path)}, tmp_path)
    settings = resolve([command_line], home=tmp_path)
    assert settings.every_delivery
    conclusion = conclude(Given(subject, settings, DEFAULT_FAULTS, PER_ORDER, 1), totals, {})
    table = conclusion.summary.deliveries
    assert table is not None
    assert [bool(row.violated) for row in table.contracts] == [False, False, False, True]
    assert "at-least-once-unordered is not enough" in table.conclusion
    assert Verdict.VIOLATED not in {row.verdict for row in conclusion.summary.properties}
    assert set(table.reports) == set(table.contracts[-1].violated)
    assert all(Path(path).is_file() for path in table.reports.values())
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert all(f'href="#{Path(path).stem}"' in page for path in table.reports.values())
    assert any(str(tmp_path / "report.html") in line for line in conclusion.remarks())
    text = summary_text(conclusion.summary)
    assert table.conclusion.split(";")[0] in " ".join(text.split())
