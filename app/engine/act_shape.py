"""What the input of an act must hold before a replay or a judgement reads it (Art. 10.3; security.md S12).

Whoever can write to the database can put in an act with any input. What is missing is said by name, so that one act
spoils neither the run over its own document nor that over the others. Whether the act is true is `replay.py`'s and
`records/verify.py`'s question.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

#: by kind of act: what its input holds beside `act`, `instance` and `results`, and of which type
_PARTS: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "instance_started": {"data": dict}, "task_completed": {"data": dict}, "step_finished": {"data": dict},
    "message_received": {"message": str, "payload": (dict, type(None))}, "instance_repaired": {"to": str},
}
#: what the input of every act that moves a procedure holds
_ALWAYS: Mapping[str, type | tuple[type, ...]] = {"instance": int, "act": int, "results": list}


def missing(kind: str, given: Any) -> str:
    """What the input of an act that moves a procedure lacks, by name; empty: nothing."""
    if not isinstance(given, dict):
        return "input"
    parts = {**_ALWAYS, **_PARTS.get(kind, {})}
    lacking = [name for name, types in parts.items()
               if name not in given or not isinstance(given[name], types) or isinstance(given[name], bool)]
    if "results" not in lacking and not all(map(_is_result, given["results"])):
        lacking.append("results")
    return ", ".join(lacking)


def _is_result(row: Any) -> bool:
    """[element, occurrence, what the step gave, or null when it was slow]"""
    return isinstance(row, list) and len(row) == 3 and isinstance(row[0], str) and isinstance(row[1], int) \
        and (row[2] is None or isinstance(row[2], dict))


def moment(value: Any) -> datetime | None:
    """The time, with its zone, that an input tells; None: it tells none."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None
