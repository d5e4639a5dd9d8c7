"""Which sequence flows tokens took in one act, told from its moves and the drawing of its day (Art. 10.3).

Within an act tokens run to rest, so a token that appears came over a flow from an element that was completed earlier
in the same act. A token put by a repair or a migration came over none. The engine is not asked (playback.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from app.engine.dialect import read_drawing

Ways = Mapping[tuple[str, str], Sequence[str]]


@lru_cache(maxsize=128)
def ways(drawing: bytes) -> Ways:
    """{(source, target): ids of the flows between them} of a published drawing, read once."""
    found: dict[tuple[str, str], list[str]] = {}
    for scope in read_drawing(drawing).scopes.values():
        for flow in scope.flows:
            found.setdefault((flow.source, flow.target), []).append(flow.id)
    return found


def taken(moves: Iterable[Sequence[Any]], known: Ways) -> tuple[str, ...]:
    """Ids of the flows that were taken, each once, in order; `moves` are (element, occurrence, before, after)."""
    completed: list[str] = []
    found: dict[str, None] = {}
    for element, _occurrence, before, after in moves:
        if before == "FUTURE":
            source = next((one for one in reversed(completed) if (one, element) in known), None)
            found |= dict.fromkeys(known[source, element] if source else ())
        if after == "COMPLETED":
            completed.append(element)
    return tuple(found)
