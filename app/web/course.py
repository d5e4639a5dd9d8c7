"""Where a document is on its diagram and where it has been, told by its history.

Reads the moves of acts, and what was put in of those that moved a limit; does not load the instance's state.
"""

from datetime import date, datetime

from app.db.readable import UNREADABLE
from app.records import history
from app.records.history import Act

#: states of a token that stands on an element
_STANDING = {"READY", "STARTED", "WAITING"}
#: what acts say of days: (the one that was, the one that counts)
_DAYS = {"deadline_moved": ("before", "after"), "day_off_told": ("day", "next_day")}
#: acts of these kinds at a document, of which the days are shown
_MOST = 100


def places(acts: list[Act]) -> tuple[list[str], list[str]]:
    """(elements where a token stands now, elements that were completed), in order of time."""
    last: dict[tuple[str, int], str] = {}
    passed: dict[str, None] = {}
    for act in acts:
        for element, occurrence, _before, after in act.moves:
            last[(element, occurrence)] = after
            if after == "COMPLETED":
                passed[element] = None
    here = dict.fromkeys(element for (element, _), after in last.items() if after in _STANDING)
    return list(here), list(passed)


def days(subject: str) -> dict[int, tuple[datetime | date, datetime | date]]:
    """By act: from when to when a changed calendar moved a limit; the chosen day that is off, and the next worked one.

    Nothing of what is removed or cannot be read: the act says that it was.
    """
    found: dict[int, tuple[datetime | date, datetime | date]] = {}
    for act, said in history.latest(Act.subject == subject, Act.kind.in_(_DAYS), limit=_MOST):
        first, second = _DAYS[act.kind]
        read = datetime.fromisoformat if act.kind == "deadline_moved" else date.fromisoformat
        try:
            found[act.id] = read(said[first]), read(said[second])
        except UNREADABLE:
            continue
    return found
