"""A dry run: the drawing is compiled and started with the engine itself and must come to rest.

The last word after all that is looked at on paper: what the library does with it. Steps answer with the sample
values of the catalogue, slow ones are left waiting; nothing is written anywhere.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice, product
from typing import Any
from uuid import UUID

from app.engine import spiff
from app.engine.check_context import Context
from app.engine.check_finding import Finding, Words
from app.engine.decision import Table
from app.refusal import Refusal

_AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
_SEED = UUID(int=5)
#: starts that are tried: one per combination of sample values
MAX_STARTS = 4


class _Host:
    """Answers every step with its first samples."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def step(self, element: str, occurrence: int, name: str, arguments: dict[str, Any], data: dict[str, Any]) -> Any:
        """The sample values, or LATER for slow work (spiff.Host)."""
        if name == "decide":
            table = self.context.table_of(str(arguments.get("table")))
            found = table.decide(data, _AT).outputs if isinstance(table, Table) else {}
            return found if isinstance(found, dict) else {}
        known = self.context.templates[f"qlvb.{name}"]
        return spiff.LATER if known.is_slow else {key: values[0] for key, values in known.gives.items()}


def look(context: Context, words: Words) -> Iterator[Finding]:
    """Start it once per kind of document; what the engine cannot do is a finding."""
    given = context.procedure.gives if context.procedure else {}
    try:
        compiled = spiff.compile_drawing(context.drawing)
        for values in islice(product(*(samples for samples in given.values())), MAX_STARTS):
            data = dict(zip(given, values, strict=True))
            spiff.Run.start(compiled, seed=_SEED, act=1, at=_AT, host=_Host(context), data=data).save()
    except (Refusal, RecursionError) as refused:
        element = (getattr(refused, "facts", {}).get("elements") or [""])[0]
        code = getattr(refused, "code", "too_deep")
        yield words.finding("run", element, f"chạy thử không đi đến điểm chờ nào ({code}). Hãy xem lại các bước tự "
                            "động từ điểm bắt đầu.")
