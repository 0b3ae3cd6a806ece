"""The JSON form of a counterexample: what `--saga-replay` reads, with the steps in words beside."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

from reports.counterexample import Counterexample, Step
from reports.kit import Kit, this_kit
from reports.wording import clip, marks, printable, sentence

#: Raised when the meaning of a field changes; a kit reads its own format and older ones.
FORMAT = 1

_TYPES: dict[type, str] = {
    int: "a whole number",
    str: "a string",
    dict: "an object",
    list: "a list",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}

_REQUIRED: dict[str, type] = {
    "kit": str,
    "property": str,
    "finding": str,
    "target": str,
    "delivery": str,
    "seed": int,
    "tier": str,
    "schedule": dict,
}

_REQUIRED_IN_SCHEDULE: dict[str, type] = {"actions": list, "scope": dict, "delivery": str}


class ScheduleFileError(Exception):
    """A file that cannot be replayed: what is wrong, where, and how to put it right."""

    def __init__(self, what: str, where: str, fix: str) -> None:
        super().__init__(f"{what}\n  where: {where}\n  fix:   {fix}")
        self.what = what
        self.where = where
        self.fix = fix


def document(c: Counterexample, kit: Kit | None = None) -> dict[str, Any]:
    """Return what a replay needs, as JSON data, in the order in which people read it."""
    return {
        "format": FORMAT,
        "kit": (kit or this_kit()).version,
        "property": c.property_id,
        "statement": c.statement,
        "finding": c.finding,
        "target": c.target,
        "delivery": c.delivery,
        "seed": c.seed,
        "tier": c.tier,
        "schedule": c.schedule,
    }


def step_line(step: Step) -> str:
    """Return one step as the file tells it to people, and as a replay is compared with it."""
    return f"{step.number} {marks(step):<2} {printable(step.action)}"


def json_text(c: Counterexample, kit: Kit | None = None) -> str:
    """Return the counterexample as JSON text: the document, then sentence and steps for people.

    Only ASCII is written: half a character in the name of an event must survive the file.
    """
    steps = [step_line(step) for step in c.steps]
    readable = {
        "sentence": sentence(c),
        "setting": c.setting,
        "shrinking_runs": c.runs,
        "steps": steps,
    }
    return json.dumps(document(c, kit) | readable, indent=2, ensure_ascii=True) + "\n"


def write_json(c: Counterexample, path: Path, kit: Kit | None = None) -> None:
    """Write the counterexample's JSON form to `path`."""
    path.write_text(json_text(c, kit), encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Return the document in `path`, checked; raise `ScheduleFileError` if it is not one."""
    data = _checked_format(path, _parsed(path, _text(path)))
    _check_fields(path, data, _REQUIRED, "")
    _check_fields(path, data["schedule"], _REQUIRED_IN_SCHEDULE, "schedule.")
    for number, action in enumerate(data["schedule"]["actions"]):
        if not isinstance(action, list) or not all(isinstance(word, str) for word in action):
            raise ScheduleFileError(
                f"An action must be a list of strings, not {_shown(action)}",
                f"{path}, field schedule.actions[{number}]",
                "undo the change to this action, or run the kit again to write the file anew",
            )
    return data


def _text(path: Path) -> str:
    """Return the file's text, or say why there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ScheduleFileError("No such file", str(path), _nearest(path)) from None
    except IsADirectoryError:
        raise ScheduleFileError(
            "A counterexample is a file, not a folder", str(path), _choice(path)
        ) from None
    except UnicodeDecodeError as error:
        raise ScheduleFileError(
            "Not JSON: not even text in UTF-8", f"{path}, byte {error.start}", _expected_kind(path)
        ) from None
    except OSError as error:
        raise ScheduleFileError(
            f"The file cannot be read: {error.strerror}", str(path), "check the file's permissions"
        ) from None


def _parsed(path: Path, text: str) -> Any:
    """Return the JSON value in `text`, or say where it stops being one."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{path}, line {error.lineno}, column {error.colno}"
        raise ScheduleFileError(f"Not JSON: {error.msg}", where, _expected_kind(path)) from None
    except RecursionError:
        raise ScheduleFileError(
            "Not one of ours: nested too deeply", str(path), _expected_kind(path)
        ) from None


def _checked_format(path: Path, data: Any) -> dict[str, Any]:
    """Return an object in a format that this kit reads; refuse other JSON and newer formats."""
    if not isinstance(data, dict) or "format" not in data or "schedule" not in data:
        held = "no fields 'format' and 'schedule'" if isinstance(data, dict) else _shown(data)
        raise ScheduleFileError(
            f"JSON, but not a counterexample of this kit: it holds {held}",
            str(path),
            _choice(path.parent, besides=path),
        )
    number = data["format"]
    if not _is(number, int) or number < 1:
        raise ScheduleFileError(
            f"The format must be a whole number from 1 to {FORMAT}, not {_shown(number)}",
            f"{path}, field format",
            "undo the change to this field, or run the kit again to write the file anew",
        )
    if number > FORMAT:
        raise ScheduleFileError(
            f"Written in format {number} by {_writer(data)}; this kit ({this_kit().version}) reads "
            f"up to format {FORMAT}",
            f"{path}, field format",
            "update this kit, or run this one again to find the counterexample anew",
        )
    return data


def _writer(data: dict[str, Any]) -> str:
    """Return which kit wrote a document, as far as it says so."""
    version = data.get("kit")
    return f"kit {clip(version, 40)}" if isinstance(version, str) and version else "another kit"


def _check_fields(path: Path, data: dict[str, Any], required: dict[str, type], at: str) -> None:
    """Refuse a document in which a required field is missing or of another type."""
    for name, kind in required.items():
        if name not in data:
            near = difflib.get_close_matches(name, set(data) - set(required), 1)
            raise ScheduleFileError(
                f"The field '{at}{name}' ({_TYPES[kind]}) is missing",
                str(path),
                f"rename '{at}{near[0]}' to '{at}{name}'"
                if near
                else "undo the change to the file, or run the kit again to write it anew",
            )
        if not _is(data[name], kind):
            raise ScheduleFileError(
                f"The field '{at}{name}' must be {_TYPES[kind]}, not {_shown(data[name])}",
                f"{path}, field {at}{name}",
                "undo the change to this field, or run the kit again to write the file anew",
            )


def _is(value: Any, kind: type) -> bool:
    """Whether a JSON value is of a type; true and false are not numbers here."""
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


def _shown(value: Any) -> str:
    """Return a JSON value in short, with its type."""
    return f"{_TYPES.get(type(value), type(value).__name__)} ({clip(json.dumps(value), 40)})"


def _nearest(path: Path) -> str:
    """Return advice for a file that is not there: the nearest name that is."""
    if not path.parent.is_dir():
        return f"there is no folder {path.parent} either; the path is relative to {Path.cwd()}"
    names = [file.name for file in _written_in(path.parent)]
    near = difflib.get_close_matches(path.name, names, 1, cutoff=0.4)
    return f"did you mean {path.parent / near[0]}?" if near else _choice(path.parent)


def _choice(folder: Path, besides: Path | None = None) -> str:
    """Return advice that names the counterexamples in a folder, without the one that is none."""
    names = [file.name for file in _written_in(folder) if file != besides]
    if not names:
        other = "other " if besides is not None else ""
        return f"name a file that the kit wrote; there is no {other}JSON file in {folder}"
    return f"name one of the files in {folder}: {clip(', '.join(names), 200)}"


def _expected_kind(path: Path) -> str:
    """Return advice for a file of another kind: most often the report beside the schedule."""
    if path.suffix == ".json":
        return "undo the change to the file, or run the kit again to write it anew"
    beside = path.with_suffix(".json")
    if beside.is_file():
        return f"this is the report; the schedule that belongs to it is {beside}"
    return "name the .json file that the kit wrote, unchanged"


def _written_in(folder: Path) -> list[Path]:
    """Return the JSON files in a folder, hidden ones (the manifest) left out."""
    if not folder.is_dir():
        return []
    return sorted(f for f in folder.glob("*.json") if f.is_file() and f.name[0] != ".")
