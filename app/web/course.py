"""Where a document is on its diagram and where it has been, told by its history.

Reads the moves of acts; does not load the instance's state.
"""

from app.records.history import Act

#: states of a token that stands on an element
_STANDING = {"READY", "STARTED", "WAITING"}


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
