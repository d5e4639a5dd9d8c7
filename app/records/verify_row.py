"""The part of `verify_record.py` that reads rows by their columns and finds those that are as told, quickly (S12).

Nearly all rows are. They are compared in the order in which acts spell their columns, with times as numbers. What is
not equal so is for `verify_record.py` to judge by its JSON: this says "yes" or "perhaps not", and never what is wrong.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any

import orjson
from psycopg.types.json import set_json_loads
from psycopg.types.numeric import Int4BinaryLoader, Int8BinaryLoader

from app.records.history import IMPLIED, UNSAID

#: PostgreSQL's numbers of types, and from when it counts microseconds and days
_MOMENT, _DAY = 1184, 1082
_EPOCH, _FIRST_DAY, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), date(2000, 1, 1), timedelta(microseconds=1)
_NEVER = object()
#: by table, the columns of which acts neither tell nor imply anything
UNHELD = {table: names - IMPLIED.get(table, frozenset()) for table, names in UNSAID.items()}


@dataclass
class _Plan:
    """How a row is compared with columns that were told in this order."""

    #: of the values told, those of columns that the row has; of the row the same, and then those that were not told
    told: Callable[[Any], tuple[Any, ...]]
    held: Callable[[Any], tuple[Any, ...]]
    #: where a time or a day was told, and what makes its number
    times: list[tuple[int, Callable[[str], Any]]]
    #: the columns that were not told, as far as they must be as usual
    untold: list[int]
    #: what they were in the last row that was as usual
    usual: tuple[Any, ...] = ()


class Rows:
    """The records of one table, each a tuple: id, document, columns."""

    def __init__(self, connection: Any, table: str, usual: dict[str, Any]) -> None:
        """`connection`: the driver's, behind the wall; `usual`: by column, what it holds when nobody set it."""
        self.table = table
        self.names = [name for name in usual if name not in UNHELD.get(table, ())]
        self.usual = [usual[name] for name in self.names]
        self.cursor = connection.cursor(binary=True)
        self.cursor.adapters.register_loader("timestamptz", Int8BinaryLoader)  # no moment is too far for a number
        self.cursor.adapters.register_loader("date", Int4BinaryLoader)
        set_json_loads(_json, self.cursor)
        self.types: dict[str, int] = {}
        self.plans: dict[tuple[str, ...], _Plan] = {}

    def of(self, column: str, values: list[int]) -> list[tuple[Any, ...]]:
        """The rows with these values of a column."""
        owner = "id" if self.table == "document" else "document_id"
        self.cursor.execute(f"select id, {owner}, {', '.join(self.names)} from {self.table} "
                            f"where {column} = any(%s::bigint[])", [f"{{{','.join(map(str, values))}}}"])
        self.types = self.types or {column.name: column.type_code for column in self.cursor.description[2:]}
        return self.cursor.fetchall()

    def is_as_told(self, row: tuple[Any, ...], columns: Mapping[str, tuple[Any, Any]]) -> bool:
        """Whether the row surely is as told, and else as usual where an act told of its making."""
        names = tuple(columns)
        plan = self.plans.get(names) or self._plan(names)
        values = [pair[1] for pair in columns.values()]
        for place, number in plan.times:
            values[place] = _of_text(number, values[place])
        try:
            wanted, found = plan.told(values), plan.held(row)
            return found == wanted + plan.usual or \
                found[:len(wanted)] == wanted and self._is_usual(plan, found[len(wanted):])
        except RecursionError:  # deeper than anything of ours
            return False

    def _plan(self, names: tuple[str, ...]) -> _Plan:
        known = [place for place, name in enumerate(names) if name in self.names and name != "id"]
        loose = IMPLIED.get(self.table, frozenset()) | {*names, "id", "agency_id"}
        left = [place for place, name in enumerate(self.names) if name not in loose]
        untold = left if "agency_id" in names else []
        held = [self.names.index(names[place]) for place in known]
        kinds = {_MOMENT: _moment, _DAY: _day}
        plan = self.plans[names] = _Plan(
            _picker(known), _picker([place + 2 for place in [*held, *untold]]),
            [(place, kinds[kind]) for place in known if (kind := self.types[names[place]]) in kinds], untold)
        return plan

    def _is_usual(self, plan: _Plan, found: tuple[Any, ...]) -> bool:
        for place, value in zip(plan.untold, found, strict=True):
            usual = self.usual[place]
            if self.types[self.names[place]] in (_MOMENT, _DAY):  # nought is a time, too
                if value is not None:
                    return False
            elif value != usual and (value or usual is not None):
                return False
        plan.usual = found
        return True


def _picker(places: list[int]) -> Callable[[Any], tuple[Any, ...]]:
    """What gives the values at these places, always as a tuple."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda values: tuple(values[place] for place in places)


def _json(kept: Any) -> Any:
    """A JSON value; what cannot be read equals nothing that was told."""
    try:
        return orjson.loads(kept)
    except ValueError:
        return _NEVER


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
