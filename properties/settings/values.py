"""What the settings mean: from what stands there to a value, or to a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from implementations.errors import nearest
from model.environment import DEFAULT_FAULTS, Delivery, Fault
from properties.profiles import ALL
from properties.settings.sources import Given, normal

#: In place of a delivery contract, all of them, one after another; of a number, no limit.
EVERY = "all"
#: How the address of a Redis begins.
REDIS = ("redis://", "rediss://", "unix://")


def parse_delivery(given: Given) -> Delivery | None:
    """Read a delivery contract; none is chosen where all are asked for."""
    word = given.choice("delivery contract", (*Delivery, EVERY))
    return None if word == EVERY else Delivery(word)


def is_every_delivery(given: Given) -> bool:
    """Read whether all delivery contracts are asked for."""
    return given.choice("delivery contract", (*Delivery, EVERY)) == EVERY


def parse_faults(given: Given) -> frozenset[Fault]:
    """Read a set of faults: names, or one of all, none and default, or changes to one of these."""
    bases = {"all": frozenset(Fault), "none": frozenset[Fault](), "default": DEFAULT_FAULTS}
    words = _fault_words(given)
    named = [word for word in words if word[0] not in "+-" and word not in bases]
    base_words = [word for word in words if word in bases]
    changes = [word for word in words if word[0] in "+-"]
    if len(base_words) > 1 or (named and (base_words or changes)):
        rule = "names only, or +NAME and -NAME only, if need be after one of all, none, default"
        raise given.error(f"cannot combine {', '.join(words)}; give {rule}")
    if named:
        return frozenset(_fault(given, word) for word in named)
    base = bases[base_words[0]] if base_words else DEFAULT_FAULTS
    more, less = (
        {_fault(given, word[1:], sign) for word in changes if word[0] == sign} for sign in "+-"
    )
    return (base | more) - less


def _fault_words(given: Given) -> list[str]:
    """Split a comma list, or take a TOML array, of fault names."""
    items = given.value if isinstance(given.value, list) else given.text().split(",")
    words = []
    for item in items:
        word = Given(given.option, item, given.source).text()
        sign = word[0] if word[0] in "+-" else ""
        words.append(sign + normal(word.removeprefix(sign)))
    if not words:
        raise given.error("is empty; write none to switch all faults off")
    return words


def _fault(given: Given, word: str, sign: str = "") -> Fault:
    """Read one fault name, as it stands after its sign."""
    if word not in list(Fault):
        near = nearest(word, [*Fault, *(() if sign else ("all", "none", "default"))])
        problem = f"no such fault: {sign + word!r}"
        raise given.error(
            problem, (*Fault, "all", "none", "default"), sign + near if near else None
        )
    return Fault(word)


def parse_seed(given: Given) -> int:
    """Read a seed: a whole number, 0 or more."""
    value = _whole_number(given.value)
    if value is None:
        raise given.error(f"{given.value!r} is not a whole number, 0 or more, such as 42")
    return value


def parse_schedules(given: Given) -> int:
    """Read how many schedules each part of the search may run at the most."""
    if isinstance(given.value, str) and normal(given.value) == EVERY:
        return ALL
    value = _whole_number(given.value)
    if not value:
        raise given.error(f"{given.value!r} is neither a whole number from 1 nor all")
    return value


def _whole_number(value: object) -> int | None:
    if isinstance(value, str):
        word = value.strip()
        value = int(word) if word.isascii() and word.isdecimal() and len(word) <= 100 else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def parse_replay(given: Given) -> Path:
    """Read the path of a counterexample file, which must exist."""
    path = given.path()
    if path.is_file():
        return path
    if path.is_dir():
        raise given.error(f"{path} is a directory; name the counterexample's .json file in it")
    near = nearest(path.name, [f.name for f in path.parent.glob("*.json")])
    raise given.error(f"no such file: {path}", near=str(path.parent / near) if near else None)


def parse_promote(given: Given) -> Path:
    """Read the path of a test module to write, which must not exist yet."""
    path = given.path()
    if path.suffix != ".py" or not (path.stem.startswith("test_") or path.stem.endswith("_test")):
        raise given.error(f"pytest would not collect {path.name}; name it test_<something>.py")
    if path.exists():
        raise given.error(f"{path} is there already; name a new file")
    if not path.parent.is_dir():
        raise given.error(f"there is no folder {path.parent}")
    return path


def parse_report_dir(given: Given) -> Path:
    """Read the path of the directory for reports, which need not exist yet."""
    path = given.path()
    if path.exists() and not path.is_dir():
        raise given.error(f"{path} is a file; name a directory")
    return path


def parse_database(given: Given) -> str:
    """Read where failures are kept: a directory, which need not exist yet, or a Redis."""
    if given.text().startswith(REDIS):
        return given.text()
    if "://" in given.text():
        raise given.error(
            f"{given.text()!r} is neither a directory nor an address of a Redis", REDIS
        )
    path = given.path()
    if path.exists() and not path.is_dir():
        raise given.error(f"{path} is a file; name a directory")
    return str(path)


def parse_expected(given: Given, known_ids: Sequence[str]) -> dict[str, str]:
    """Read property ids with reasons: `ID=REASON`, a list of such, or a table."""
    expected: dict[str, str] = {}
    for entry, reason in _expected_pairs(given):
        if entry not in known_ids:
            near = nearest(entry, known_ids)
            raise given.error(f"no such property: {entry!r}", tuple(known_ids), near)
        if not reason:
            raise given.error(f"{entry} has no reason; write {entry}=why it is known to fail")
        expected[entry] = reason
    return expected


def _expected_pairs(given: Given) -> list[tuple[str, str]]:
    """Bring the ways of writing expected failures into one: a table, a list, or text by lines."""
    value = given.value
    if isinstance(value, Mapping):
        return [(str(k), Given(given.option, v, given.source).text()) for k, v in value.items()]
    entries = value if isinstance(value, list) else given.text().splitlines()
    texts = [Given(given.option, entry, given.source).text() for entry in entries]
    pairs = [text.partition("=") for text in texts]
    return [(key.strip(), reason.strip()) for key, _, reason in pairs]
