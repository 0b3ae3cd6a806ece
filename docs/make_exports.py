"""Writes the table for another checker: Promela, TLA+ or Murphi (see docs/checkers.md).

python docs/make_exports.py promela --orders 2 --duplicates 1 --crashes 1 --to /tmp/saga
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import fields

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from model.choreography import TABLE  # noqa: E402
from model.export import murphi, promela, tla  # noqa: E402
from model.semantics import Scope  # noqa: E402

#: language -> file name -> its text
EXPORTS: Mapping[str, Mapping[str, Callable[[Scope], str]]] = {
    "promela": {"saga.pml": lambda scope: promela.render(TABLE, scope)},
    "tla": {
        f"{tla.MODULE}.tla": lambda scope: tla.render(TABLE, scope),
        f"{tla.MODULE}.cfg": lambda _: tla.configuration(),
    },
    "murphi": {"saga.m": lambda scope: murphi.render(TABLE, scope)},
}


def main(arguments: list[str]) -> None:
    """Write the files and say which."""
    parser = argparse.ArgumentParser(description="Writes the table for another checker.")
    parser.add_argument("language", choices=EXPORTS)
    parser.add_argument("--to", type=Path, default=Path(), help="a folder; by default this one")
    for field in fields(Scope):
        flag = f"--{field.name.replace('_', '-')}"
        parser.add_argument(flag, type=_amount, default=field.default, help=f"[{field.default}]")
    given = vars(parser.parse_args(arguments))
    scope = Scope(**{field.name: given[field.name] for field in fields(Scope)})
    if not scope.orders:
        parser.error("--orders: a world without orders has no steps; take 1 or more")
    given["to"].mkdir(parents=True, exist_ok=True)
    for name, text in EXPORTS[given["language"]].items():
        (given["to"] / name).write_text(text(scope), encoding="utf-8")
        print(f"wrote {given['to'] / name}: {scope}")


def _amount(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 on")
    return int(text)


if __name__ == "__main__":
    main(sys.argv[1:])
