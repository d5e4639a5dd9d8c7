"""One difference between two versions of a procedure's files, as data and as a Vietnamese sentence (Art. 10.2).

A value only; what differs is found by difference_drawing.py, difference_form.py and difference_table.py.
"""

from dataclasses import asdict, dataclass
from typing import Any

ADDED, REMOVED, CHANGED, MOVED = "added", "removed", "changed", "moved"
#: what a change may be of without changing how the procedure runs
NOT_RUN = frozenset({"label", "documentation", "description", "note", "text", "scenario"})


@dataclass(frozen=True)
class Change:
    """One thing that is new, gone or otherwise; `moved`: on the drawing or in the file only, it runs as before."""

    #: added, removed, changed or moved
    kind: str
    #: "bpmn:incoming", "form:verify", "dmn:exchange_form", "case:incoming"
    file: str
    #: id in the file: of an element or flow, path of a field, id of a row or column; "" = the file itself
    element: str
    label: str
    #: code name of what differs: "node", "flow", "due", "condition", "required", "row" ...
    what: str
    #: in words; "" = there was, is none
    before: str
    after: str
    #: Vietnamese, whole
    sentence: str
    #: ids of elements of the drawing at which a page shows it
    places: tuple[str, ...] = ()

    @property
    def is_behaviour(self) -> bool:
        """Whether the procedure, a form or a table may run otherwise than before."""
        return self.kind != MOVED and self.what not in NOT_RUN

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "places": list(self.places), "is_behaviour": self.is_behaviour}


def versus(now: str, before: str) -> str:
    """“…nay A (trước: B)”: the tail of a sentence."""
    return f"{now} (trước: {before})"
