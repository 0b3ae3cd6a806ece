"""Fresh module-level state for each run: dicts, lists, counters that a service keeps there.

books = remember(service)     # once, when it has been imported
books.restore()               # in the factory, and in `restart`: it was in memory
"""

from __future__ import annotations

import copy
import sys
from contextlib import suppress
from pathlib import Path
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
        """Let every variable hold again what it held. Dicts, lists, sets and objects with
        attributes stay the same ones, so that whoever has imported them sees it too; objects of
        installed packages (brokers, engines) are left alone."""
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
        memo = {id(value): value for value in vars(module).values() if _is_of_a_library(value)}
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
        memo |= {id(value): value for value in held.values() if _is_of_a_library(value)}
        for name, value in self.values.items():
            kept = self.copies.get(name, value)
            if name in self.copies and _refillable(kept):
                _refill(value, kept, memo)
                held[name] = value
            else:
                held[name] = copy.deepcopy(kept, memo) if name in self.copies else value


def _is_state(name: str, value: Any) -> bool:
    described = isinstance(value, ModuleType | FunctionType | type)
    return not (name.startswith("__") or described or _is_of_a_library(value))


def _is_of_a_library(value: Any) -> bool:
    """Whether it is an object of an installed package: a broker, an engine, a client. Others know
    it, so it must stay what it is."""
    file = getattr(sys.modules.get(type(value).__module__), "__file__", None) or ""
    return bool({"site-packages", "dist-packages"} & set(Path(file).parts))


def _refillable(value: Any) -> bool:
    return isinstance(value, dict | list | set) or type(getattr(value, "__dict__", None)) is dict


def _refill(value: Any, kept: Any, memo: dict[int, Any]) -> None:
    if type(getattr(value, "__dict__", None)) is dict:
        _refill(vars(value), vars(kept), memo)
    if not isinstance(value, dict | list | set):
        return
    value.clear()
    if isinstance(value, dict):
        value.update({copy.deepcopy(k, memo): copy.deepcopy(v, memo) for k, v in kept.items()})
    elif isinstance(value, list):
        value.extend(copy.deepcopy(each, memo) for each in kept)
    else:
        value.update(copy.deepcopy(each, memo) for each in kept)
