"""Test rows of a decision table: what is asked, what is expected, and what the table answers (Art. 10.2).

Who edits a table types rows of inputs with the answer he expects; they are kept with the scenarios of the procedure
("case:<procedure>", under "tables") and run again before publishing. Pure: no records, no clock of its own.

It reads no table file (decision_read.py) and decides nothing itself (decision.py).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.engine.decision import DecisionUnclear, Table
from app.engine.decision_read import Rows, rows_of
from app.engine.language import ExpressionFailed, UnaryTests
from app.engine.language_tree import Literal, Name
from app.refusal import Refusal

#: test rows of one table, characters of one value
MAX_ROWS, MAX_TEXT = 200, 1000
#: cells of a table that its test rows look at together, 1 to 5 microseconds each
MAX_WORK = 300_000
UNCLEAR = "Nhiều dòng cho kết quả khác nhau."


class TrialRowsRefused(Refusal):
    """Test rows are a list of {"given": {name: value}, "expect": what the table answers}."""

    code = "test_rows_refused"


@dataclass(frozen=True)
class Asked:
    """One name that the table reads. `choices` = the only values it may have, `seen` = texts that its cells name."""

    name: str
    label: str
    #: text, number, integer, boolean, date, date and time, or "" for any
    type: str
    choices: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tried:
    """The answer to one test row; `is_passed` is None where nothing was expected."""

    outputs: Any
    #: ids of the rows hit
    rules: tuple[str, ...]
    #: why there is no answer, Vietnamese
    message: str
    is_passed: bool | None


@dataclass(frozen=True)
class Trial:
    """A table to be tried."""

    table: Table
    asked: tuple[Asked, ...]

    def run(self, row: dict[str, Any], at: datetime | None = None) -> Tried:
        """What the table answers to `row["given"]`, beside `row["expect"]` if there is one."""
        expected = row.get("expect")
        try:
            decision = self.table.decide(row["given"], at)
        except DecisionUnclear as refused:
            return Tried(None, tuple(refused.facts.get("rules", ())), UNCLEAR, None if expected is None else False)
        except ExpressionFailed as failed:
            return Tried(None, (), failed.facts["message"], None if expected is None else False)
        rules = tuple(rule for rule, _ in decision.rules)
        is_passed = None if expected is None else _typed(decision.outputs) == _typed(expected)
        return Tried(decision.outputs, rules, "" if rules else "Không có dòng nào khớp.", is_passed)


def load(text: bytes) -> Trial:
    """The table of a `.dmn` file with what it asks. Raises TableRefused."""
    rows = rows_of(text)
    table = Table(rows)
    asked = _of_columns(rows)
    rest = sorted(table.names - asked.keys())
    return Trial(table, (*asked.values(), *(Asked(name, name, "") for name in rest)))


def rows_from(value: Any) -> list[dict[str, Any]]:
    """Test rows as they came from a browser or a file. Raises TrialRowsRefused."""
    if not isinstance(value, list) or len(value) > MAX_ROWS:
        raise TrialRowsRefused(limit=MAX_ROWS)
    for row in value:
        if not isinstance(row, dict) or not row.keys() <= {"given", "expect"} or not _is_flat(row.get("given")):
            raise TrialRowsRefused(limit=MAX_ROWS)
        expected = row.get("expect")
        if not all(_is_flat(one) for one in (expected if isinstance(expected, list) else [expected or {}])):
            raise TrialRowsRefused(limit=MAX_ROWS)
    return value


def _is_flat(value: Any) -> bool:
    return isinstance(value, dict) and len(value) <= MAX_ROWS and all(
        len(name) <= MAX_TEXT and (item is None or isinstance(item, bool | int | float)
                                   or isinstance(item, str) and len(item) <= MAX_TEXT)
        for name, item in value.items())


def _typed(value: Any) -> Any:
    """True and 1 are different answers."""
    if isinstance(value, list):
        return [_typed(item) for item in value]
    if isinstance(value, dict):
        return {name: _typed(item) for name, item in value.items()}
    return type(value).__name__, value


def _of_columns(rows: Rows) -> dict[str, Asked]:
    """The names that columns ask as they are, with what their cells and their allowed values tell."""
    found: dict[str, Asked] = {}
    for number, column in enumerate(rows.inputs):
        tree = column.expression.tree
        if not isinstance(tree, Name) or tree.path:
            continue
        seen = dict.fromkeys(text for rule in rows.rules for text in texts(rule.cells[number].tests))
        choices = texts(column.allowed) if column.allowed else ()
        found.setdefault(tree.root, Asked(tree.root, column.label or tree.root, column.type, choices, tuple(seen)))
    return found


def texts(tests: UnaryTests) -> tuple[str, ...]:
    """The texts that a cell names one by one."""
    items = tests.tree.items
    return tuple(item.value for item in items if isinstance(item, Literal) and isinstance(item.value, str))
