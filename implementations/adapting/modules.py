"""Fresh module-level state for each run: dicts, lists, counters that a service keeps there.

books = remember(service)     # once, when it has been imported
books.restore()               # in the factory, and in `restart`: it was in memory
"""

from __future__ import annotations

import copy
from contextlib import suppress
from types import FunctionType, ModuleType
from typing import Any

from attrs import frozen


def remember(*modules: ModuleType) -> Remembered:
    """Take down what the variables of modules hold, to `restore` it for each run."""
    return Remembered(tuple(_Snapshot.of(module) for module in modules))


@frozen
class Remembered:
    """Modules as they were."""

    _snapshots: tuple[_Snapshot, ...]

    def restore(self) -> None:
        """Let every variable hold again what it held; dicts, lists and sets stay the same objects,
        so that whoever has imported them sees it too."""
        for snapshot in self._snapshots:
            snapshot.restore()


@frozen
class _Snapshot:
    module: ModuleType
    values: dict[str, Any]
    """What each variable held, by reference."""
    copies: dict[str, Any]
    """Copies of what can change; not of what cannot be copied (a lock, a connection)."""

    @classmethod
    def of(cls, module: ModuleType) -> _Snapshot:
        values = {name: value for name, value in vars(module).items() if _is_state(name, value)}
        copies: dict[str, Any] = {}
        memo: dict[int, Any] = {}
        for name, value in values.items():
            with suppress(Exception):  # whatever a __deepcopy__ may raise: it is left as it is
                copies[name] = copy.deepcopy(value, memo)
        return cls(module, values, copies)

    def restore(self) -> None:
        held = vars(self.module)
        for name in [name for name, value in held.items() if _is_state(name, value)]:
            if name not in self.values:
                del held[name]
        # what is refilled in place stands for its copy, wherever another variable refers to it
        memo = {
            id(kept): self.values[name] for name, kept in self.copies.items() if _refillable(kept)
        }
        for name, value in self.values.items():
            kept = self.copies.get(name, value)
            if name in self.copies and _refillable(kept):
                _refill(value, kept, memo)
                held[name] = value
            else:
                held[name] = copy.deepcopy(kept, memo) if name in self.copies else value


def _is_state(name: str, value: Any) -> bool:
    return not name.startswith("__") and not isinstance(value, ModuleType | FunctionType | type)


def _refillable(value: Any) -> bool:
    return isinstance(value, dict | list | set)


def _refill(value: Any, kept: Any, memo: dict[int, Any]) -> None:
    value.clear()
    if isinstance(kept, dict):
        value.update({copy.deepcopy(k, memo): copy.deepcopy(v, memo) for k, v in kept.items()})
        return
    contents = [copy.deepcopy(each, memo) for each in kept]
    value.extend(contents) if isinstance(kept, list) else value.update(contents)
