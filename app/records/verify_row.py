"""The part of `verify_record.py` that reads rows by their columns and finds those that are as told, quickly (S12).

Nearly all rows are. They are compared in the order in which acts spell their columns, with times as numbers. What is
not equal so is for `verify_record.py` to judge by its JSON: this says "yes" or "perhaps not", and never what is wrong.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any

from psycopg.types.json import set_json_loads
from psycopg.types.numeric import Int4BinaryLoader, Int8BinaryLoader

from app.db import readable
from app.records.history import UNSAID

#: PostgreSQL's numbers of types, and from when it counts microseconds and days
_MOMENT, _DAY = 1184, 1082
_EPOCH, _FIRST_DAY, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), date(2000, 1, 1), timedelta(microseconds=1)
_NEVER = object()


@dataclass
class _Plan:
    """How a row is compared with columns that were told in this order."""

    #: the told columns that the row has, of those told and of the row
    told: Callable[[Any], Any]
    held: Callable[[Any], Any]
    moments: list[int]
    days: list[int]
    #: the columns of the row that were not told, as far as they must be as usual
    rest: Callable[[Any], Any] | None
    untold: list[int]
    #: what they were in the last row that was as usual
    usual: Any = None


class Rows:
    """The records of one table, each a tuple: id, document, columns."""

    def __init__(self, connection: Any, table: str, usual: dict[str, Any]) -> None:
        """`connection`: the driver's, behind the wall; `usual`: by column, what it holds when nobody set it."""
        self.table = table
        self.names = [name for name in usual if name not in UNSAID.get(table, ())]
        self.usual = [usual[name] for name in self.names]
        self.cursor = connection.cursor(binary=True)
        self.cursor.adapters.register_loader("timestamptz", Int8BinaryLoader)  # no moment is too far for a number
        self.cursor.adapters.register_loader("date", Int4BinaryLoader)
        set_json_loads(readable.json, self.cursor)
        self.types: dict[str, int] = {}
        self.plans: dict[tuple[str, ...], _Plan] = {}

    def of(self, column: str, values: list[int]) -> list[tuple[Any, ...]]:
        """The rows with these values of a column."""
        owner = "id" if self.table == "document" else "document_id"
        self.cursor.execute(f"select id, {owner}, {', '.join(self.names)} from {self.table} "
                            f"where {column} = any(%s::bigint[])", [f"{{{','.join(map(str, values))}}}"])
        self.types = self.types or {column.name: column.type_code for column in self.cursor.description[2:]}
        return self.cursor.fetchall()

    def is_as_told(self, row: tuple[Any, ...], columns: dict[str, Any]) -> bool:
        """Whether the row surely is as told, and else as usual where an act told of its making."""
        names = tuple(columns)
        plan = self.plans.get(names) or self._plan(names)
        values = list(columns.values())
        for place in plan.moments:
            values[place] = _of_text(_moment, values[place])
        for place in plan.days:
            values[place] = _of_text(_day, values[place])
        try:
            if plan.held(row) != plan.told(values):
                return False
        except RecursionError:  # deeper than anything of ours
            return False
        return plan.rest is None or plan.rest(row) == plan.usual or self._is_usual(plan, row)

    def _plan(self, names: tuple[str, ...]) -> _Plan:
        known = [place for place, name in enumerate(names) if name in self.names and name != "id"]
        left = [place for place, name in enumerate(self.names) if name not in {*names, "id", "agency_id"}]
        is_made = "agency_id" in names
        plan = self.plans[names] = _Plan(
            itemgetter(*known, known[0]) if known else _nothing,
            itemgetter(*(self.names.index(names[place]) + 2 for place in [*known, known[0]])) if known else _nothing,
            [place for place in known if self.types[names[place]] == _MOMENT],
            [place for place in known if self.types[names[place]] == _DAY],
            itemgetter(*(place + 2 for place in [*left, left[0]])) if left and is_made else None, left)
        return plan

    def _is_usual(self, plan: _Plan, row: tuple[Any, ...]) -> bool:
        for place in plan.untold:
            value, usual = row[place + 2], self.usual[place]
            if self.types[self.names[place]] in (_MOMENT, _DAY):  # nought is a time, too
                if value is not None:
                    return False
            elif value != usual and (value or usual is not None):
                return False
        plan.usual = plan.rest(row) if plan.rest else None
        return True


def _nothing(_values: Iterable[Any]) -> None:
    return None


def _of_text(number: Callable[[str], Any], told: Any) -> Any:
    """The number that PostgreSQL keeps; None stays None, and what says no such time equals nothing that is kept."""
    if told is None:
        return None
    return number(told) if type(told) is str else _NEVER


@lru_cache(maxsize=4096)
def _moment(told: str) -> Any:
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return _NEVER
    return (at - _EPOCH) // _MICROSECOND if at.tzinfo and told[10:11] == "T" else _NEVER


@lru_cache(maxsize=4096)
def _day(told: str) -> Any:
    try:
        day = date.fromisoformat(told)
    except ValueError:
        return _NEVER
    return (day - _FIRST_DAY).days if day.isoformat() == told else _NEVER
