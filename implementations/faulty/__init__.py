"""The zoo: the reference saga with one real bug at a time, to be found, and its harmless relatives.

Each is a target: `--saga-target=implementations.faulty:charge_without_key`. docs/zoo.md lists them.
"""

from __future__ import annotations

from implementations.faulty.amounts import AMOUNTS
from implementations.faulty.handling import HANDLING
from implementations.faulty.money import MONEY
from implementations.faulty.orders import ORDERS
from implementations.faulty.outboxes import OUTBOXES
from implementations.faulty.shipping import SHIPPING
from implementations.faulty.specimen import Factory, Nature, Specimen
from implementations.faulty.stock import STOCK
from implementations.faulty.undoing import UNDOING

__all__ = ["ZOO", "Nature", "Specimen"]

ZOO: tuple[Specimen, ...] = (
    *MONEY,
    *AMOUNTS,
    *STOCK,
    *ORDERS,
    *SHIPPING,
    *HANDLING,
    *OUTBOXES,
    *UNDOING,
)

_BY_SLUG = {specimen.slug: specimen for specimen in ZOO}


def __getattr__(name: str) -> Factory:
    """The factory of a specimen, by its slug."""
    if name in _BY_SLUG:
        return _BY_SLUG[name].factory
    raise AttributeError(name)


def __dir__() -> list[str]:
    """What there is to choose from, for the message about a name that is not there."""
    return [*_BY_SLUG, *__all__]
