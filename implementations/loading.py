"""From what the user typed, `module:factory`, to a factory; each failure is one plain message."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import pkgutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import frozen

from implementations.errors import TargetError, did_you_mean
from implementations.process.commands import is_process, read_commands
from implementations.process.target import factory_of
from implementations.shape import Consumer, TargetShape, check_target

__all__ = ["Consumer", "LoadedTarget", "TargetError", "TargetShape", "check_target", "load"]

_KIT = frozenset({"model", "properties", "implementations", "reports"})
_ROOT = Path(__file__).resolve().parent.parent
_EXAMPLE = "implementations.reference:make"


@frozen
class LoadedTarget:
    """A factory that can be called with a world, and where it came from."""

    spec: str
    factory: Callable[[Any], Any]

    @property
    def description(self) -> str:
        """What the factory (or else its module) says of itself, in one line; may be empty."""
        own = None if inspect.isclass(self.factory) else self.factory.__doc__
        module = sys.modules.get(getattr(self.factory, "__module__", None) or "")
        text = own or inspect.getdoc(module) or ""
        return text.strip().partition("\n")[0]


def load(spec: str) -> LoadedTarget:
    """The target that `spec` names: `package.module:factory`, importable from here; `cmd: …`, a
    process; or the path of a target file (.toml), a process for each participant.

    Raises `TargetError`, and nothing else, whatever is wrong with the spec, the module or the
    factory. The factory itself is not called.
    """
    if is_process(spec):
        return LoadedTarget(spec, factory_of(read_commands(spec)))
    module_name, factory_name = _parse(spec)
    _search_working_directory()
    module = _import(spec, module_name)
    factory = _attribute(spec, module, factory_name)
    _check_factory(spec, factory_name, factory)
    return LoadedTarget(spec, factory)


def _as_imported(file: str, factory: str) -> str:
    """How a file would be named as a target, from here or from its own folder."""
    path = Path(file).resolve()
    if path.is_relative_to(Path.cwd()):
        return f"{'.'.join(path.relative_to(Path.cwd()).with_suffix('').parts)}:{factory}"
    return f"{path.stem}:{factory}, with PYTHONPATH={path.parent}"


def _parse(spec: str) -> tuple[str, str]:
    where = f"target {spec!r}"
    module_name, colon, factory_name = spec.strip().partition(":")
    if module_name.endswith(".py") or "/" in module_name:
        named = _as_imported(module_name, factory_name or "make")
        fix = f"give the module as one imports it: {named}"
        raise TargetError(f"{module_name!r} is a file, not a module", where, fix)
    if not colon:
        fix = f"name the factory too: {module_name or 'module'}:make (as in {_EXAMPLE})"
        raise TargetError("there is no colon in it", where, fix)
    for name in (module_name, factory_name):
        if not all(part.isidentifier() for part in name.split(".")):
            fix = f"write module:factory, two dotted names (as in {_EXAMPLE})"
            raise TargetError(f"{name!r} is not a name in Python", where, fix)
    return module_name, factory_name


def _search_working_directory() -> None:
    # At the end: the kit's own packages must not be hidden by a user's of the same name. That the
    # user's are hidden then is found out by _explain_clash.
    here = os.getcwd()
    if here not in sys.path and "" not in sys.path:
        sys.path.append(here)
    importlib.invalidate_caches()


def _import(spec: str, module_name: str) -> ModuleType:
    try:
        return importlib.import_module(module_name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module may do anything on import, sys.exit() included
        raise _import_failure(spec, module_name, error) from None


def _import_failure(spec: str, module_name: str, error: BaseException) -> TargetError:
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    clash = _clash(module_name) or _clash_inside(error)
    if clash:
        return TargetError(clash, f"target {spec!r}", _clash_fix())
    if missing and f"{module_name}.".startswith(f"{missing}."):
        hint = did_you_mean(
            missing, _siblings(missing), f"looked in {os.getcwd()} and in Python's path."
        )
        fix = f"{hint} Run from the folder that holds the package, or set PYTHONPATH"
        return TargetError(f"there is no module {missing!r}", f"target {spec!r}", fix)
    line = _users_line(error)
    what = f"the module fails on import with {type(error).__name__}: {_first_line(error)}"
    fix = f"make `python -c 'import {module_name}'` work"
    if missing:
        fix = f"install {missing!r} in the environment of the kit ({sys.executable}), or " + fix
    return TargetError(what, line or f"target {spec!r}", fix)


def _first_line(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg or "invalid syntax"
    return str(error).strip().partition("\n")[0]


def _users_line(error: BaseException) -> str | None:
    """Where in the user's code it went wrong: the last frame that is not import machinery."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_shorter(error.filename)}, line {error.lineno}"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and "importlib" not in frame.filename
    ]
    if not frames:
        return None
    mine = [frame for frame in frames if "site-packages" not in frame.filename]
    frame = (mine or frames)[-1]
    code = f" ({frame.line})" if frame.line else ""
    return f"{_shorter(frame.filename)}, line {frame.lineno}{code}"


def _shorter(filename: str) -> str:
    relative = os.path.relpath(filename)
    return filename if relative.startswith("..") else relative


def _siblings(module_name: str) -> list[str]:
    """The modules that stand where `module_name` was looked for, by their full names."""
    parent, _, _ = module_name.rpartition(".")
    if parent:
        package = sys.modules.get(parent)
        path = list(getattr(package, "__path__", []))
        return [f"{parent}.{info.name}" for info in pkgutil.iter_modules(path)]
    here = [entry.name for entry in os.scandir() if entry.is_dir() and entry.name.isidentifier()]
    return [info.name for info in pkgutil.iter_modules()] + here


def _clash(module_name: str) -> str | None:
    """Whether the user's folder has the package, but its name is taken by another one."""
    top = module_name.partition(".")[0]
    local = _local(top)
    taken = sys.modules.get(top)
    if local is None or taken is None:
        return None
    places = [*getattr(taken, "__path__", [])] or [getattr(taken, "__file__", None) or ""]
    if any(place and Path(place).resolve() == local.resolve() for place in places):
        return None
    whose = "a package of the kit" if top in _KIT else f"taken by {places[0]}"
    return f"your {_shorter(str(local))} cannot be imported: the name {top!r} is {whose}"


def _local(top: str, beside: Path | None = None) -> Path | None:
    """The user's own package or module of that name, in the working directory or `beside`."""
    folder = beside or Path()
    if any((folder / top).glob("*.py")):
        return folder / top
    return folder / f"{top}.py" if (folder / f"{top}.py").exists() else None


def _clash_inside(error: BaseException) -> str | None:
    """Whether the user's module wanted a package of its own and was given one of the kit's."""
    name = error.name if isinstance(error, ImportError) else None
    top = (name or "").partition(".")[0]
    if top not in _KIT:
        return None
    frames = traceback.extract_tb(error.__traceback__)
    files = [Path(frame.filename) for frame in frames if os.path.exists(frame.filename)]
    ours = [_ROOT / package for package in _KIT]
    users = [
        file
        for file in files
        if not any(file.is_relative_to(package) for package in ours)
        and _local(top, beside=file.resolve().parent)
    ]
    if not users:
        return None
    return f"{_shorter(str(users[-1]))} imports {name!r}: the name {top!r} is a package of the kit"


def _clash_fix() -> str:
    return (
        f"the kit's packages are {', '.join(sorted(_KIT))}: rename yours, "
        "or put it inside a package of another name (shop.model instead of model)"
    )


def _attribute(spec: str, module: ModuleType, dotted: str) -> Any:
    found: Any = module
    for name in dotted.split("."):
        if not hasattr(found, name):
            clash = _clash(module.__name__)
            if clash:
                raise TargetError(clash, f"target {spec!r}", _clash_fix())
            public = [n for n in dir(found) if not n.startswith("_")]
            owner = module.__name__ if found is module else getattr(found, "__name__", "it")
            own = [n for n in public if getattr(getattr(found, n), "__module__", "") == owner]
            listed = f"it has {', '.join(own[:8])}" if own else "define it there"
            fix = did_you_mean(name, own or public, listed)
            raise TargetError(f"{owner} has no {name!r}", f"target {spec!r}", fix)
        found = getattr(found, name)
    return found


def _check_factory(spec: str, name: str, factory: Any) -> None:
    where = f"target {spec!r}"
    right = f"def {name.rpartition('.')[2]}(world): ...  # returns the target"
    if not callable(factory):
        what = f"{name!r} is {type(factory).__name__}, which cannot be called"
        raise TargetError(what, where, f"name a function: {right}")
    if inspect.iscoroutinefunction(factory):
        what = f"{name!r} is a coroutine function"
        raise TargetError(what, where, f"make it a plain function: {right}; handlers may be async")
    try:
        signature = inspect.signature(factory)
    except (TypeError, ValueError):  # some builtins have none: the call itself will show
        return
    if not _takes_one(signature):
        fix = f"take exactly one argument, the world: {right}"
        raise TargetError(f"{name}{signature} cannot be called as {name}(world)", where, fix)


def _takes_one(signature: inspect.Signature) -> bool:
    try:
        signature.bind(object())
    except TypeError:
        return False
    return True
