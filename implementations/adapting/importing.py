"""Imports services whose modules share names, side by side.

    order = isolated_import("shop/order", ["app", "models"])
    stock = isolated_import("shop/stock", ["app", "models"], instead={"pika": Pika(world)})
    order["models"].Order, stock["models"].Stock  # two modules called `models`

Each call imports afresh, so that it also serves as fresh state. Names of the kit's own packages
(model, properties, reports, implementations) are the service's while it is imported, and the kit's
again afterwards. `instead` puts objects in the place of modules; submodules of theirs that are not
replaced are the real ones (`from pika.exceptions import …`).
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import frozen

from implementations.errors import TargetError, did_you_mean


def isolated_import(
    root: str | Path, names: Iterable[str], instead: Mapping[str, Any] | None = None
) -> Imported:
    """Import the modules `names` from the folder `root`, where nobody else sees them.

    Raises:
        TargetError: there is no such folder, or no such module in it.
    """
    folder = Path(root).resolve()
    if not folder.is_dir():
        fix = "give the folder that is on sys.path when the service runs"
        raise TargetError(f"there is no folder {folder}", "isolated_import", fix)
    own = _names_in(folder)
    for name in names:
        if name.partition(".")[0] not in own:
            fix = did_you_mean(name, own, f"it has {', '.join(sorted(own))}")
            raise TargetError(f"there is no module {name!r}", f"isolated_import({folder})", fix)
    for name, stand_in in (instead or {}).items():
        _let_it_be_a_package(name, stand_in)
    imported = Imported(folder, frozenset(own), {**_bare_packages(folder, own), **(instead or {})})
    with imported.names():
        for name in names:
            importlib.import_module(name)
    return imported


@frozen
class Imported:
    """The modules of one service, by name."""

    folder: Path
    own: frozenset[str]
    """Names at the top of its folder."""
    modules: dict[str, Any]
    """All that was imported, and what was put in the place of modules."""

    def __getitem__(self, name: str) -> Any:
        return self.modules[name]

    @contextmanager
    def names(self) -> Iterator[None]:
        """Let the names be the service's: for an import inside a function, around its call.

        Not around a port call: whoever runs meanwhile would see them as well.
        """
        others = {name: module for name, module in sys.modules.items() if self._is_own(name)}
        path = list(sys.path)
        for name in others:
            del sys.modules[name]
        sys.modules.update(self.modules)
        sys.path.insert(0, str(self.folder))
        importlib.invalidate_caches()
        try:
            yield
        finally:
            for name in [name for name in sys.modules if self._is_own(name)]:
                self.modules[name] = sys.modules.pop(name)
            sys.modules.update(others)
            sys.path[:] = path

    def _is_own(self, name: str) -> bool:
        top = name.partition(".")[0]
        return top in self.own or name in self.modules


def _let_it_be_a_package(name: str, stand_in: Any) -> None:
    """What stands for a package finds the real one's submodules."""
    if "." in name or hasattr(stand_in, "__path__"):
        return
    with suppress(ImportError, ValueError, AttributeError):  # not installed, or takes no attributes
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            stand_in.__path__ = list(spec.submodule_search_locations)


def _names_in(folder: Path) -> set[str]:
    """What can be imported from a folder, namespace packages included."""
    files = {file.stem for file in folder.glob("*.py")}
    packages = {
        each.name for each in folder.iterdir() if each.is_dir() and any(each.glob("**/*.py"))
    }
    return {name for name in files | packages if name.isidentifier() and name != "__init__"}


def _bare_packages(folder: Path, own: set[str]) -> dict[str, ModuleType]:
    """Packages without an `__init__.py`: anybody else's with one would be taken for them."""
    packages = {}
    for name in own:
        place = folder / name
        if place.is_dir() and not (place / "__init__.py").exists() and not _is_file(place):
            packages[name] = ModuleType(name)
            packages[name].__path__ = [str(place)]
    return packages


def _is_file(place: Path) -> bool:
    return place.with_suffix(".py").exists()
