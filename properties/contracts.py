"""Which of the broker's promises a saga depends on: the same search under each contract.

A stronger promise only leaves schedules out. So what is violated under a contract is violated under
every weaker one too, and the saga depends on the weakest contract under which all holds.
"""

from __future__ import annotations

from collections.abc import Mapping

from model.environment import DELIVERY_MEANING, Delivery
from reports.counterexample import Counterexample
from reports.verdict import ContractVerdicts, DeliveryTable, RunSummary, Verdict

#: Between the name of a contract and that of a part of the search that is done under it.
_UNDER = "/"


def parts_under(parts: list[str], deliveries: tuple[Delivery, ...]) -> list[str]:
    """The parts of the search under each contract, which is named; as they are if there is none."""
    if not deliveries:
        return parts
    return [f"{delivery}{_UNDER}{part}" for delivery in deliveries for part in parts]


def contract_of(part: str, own: Delivery) -> tuple[Delivery, str]:
    """The contract that a part is done under, and its name without it."""
    contract, under, name = part.rpartition(_UNDER)
    return (Delivery(contract) if under else own), name


def name_without_contract(part: str) -> str:
    """The name of a part, whichever contract it is done under."""
    return part.rpartition(_UNDER)[2]


def weakest(
    found: Mapping[Delivery, Mapping[str, Counterexample]], own: Delivery
) -> dict[str, tuple[Delivery, Counterexample]]:
    """For each property the counterexample under the weakest contract where it is violated.

    What is violated under the target's own contract is left out: it is told there.
    """
    chosen: dict[str, tuple[Delivery, Counterexample]] = {}
    for delivery in Delivery:  # from the strongest to the weakest
        for property_id, counterexample in found.get(delivery, {}).items():
            if property_id not in found.get(own, {}):
                chosen[property_id] = delivery, counterexample
    return chosen


def delivery_table(
    summaries: Mapping[Delivery, RunSummary], reports: Mapping[str, str]
) -> DeliveryTable:
    """What holds under which contract; `reports` has the path of each counterexample to it."""
    rows = tuple(
        ContractVerdicts(
            str(delivery),
            DELIVERY_MEANING[delivery],
            {row.id: row.verdict for row in summaries[delivery].properties},
        )
        for delivery in Delivery
        if delivery in summaries
    )
    return DeliveryTable(rows, in_one_sentence(rows), dict(reports))


def in_one_sentence(rows: tuple[ContractVerdicts, ...]) -> str:
    """Which guarantee the saga depends on."""
    if unknown := [row.contract for row in rows if Verdict.UNKNOWN in row.verdicts.values()]:
        return f"unknown: under {', '.join(unknown)} the search did not come to its end"
    lost = next((row for row in rows if row.violated), None)
    if lost is None:
        return f"nothing more than {rows[-1].contract}: {rows[-1].promise}"
    if lost is rows[0]:
        return f"no broker is strong enough: {', '.join(lost.violated)} even under {lost.contract}"
    enough = rows[rows.index(lost) - 1]
    return f"{enough.contract}: {enough.promise}; {lost.contract} is not enough"
