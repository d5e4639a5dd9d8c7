"""What an article needs of a decision table that it asks (Art. 4): its rows are the agency's, its columns are not.

Each article that asks a table declares what it gives and what it takes; the editor, the check before publishing and
the list of tables ask here. It reads no table file and decides nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.engine.decision_read import Rows
from app.engine.form_need import Fault, FieldsNeeded
from app.engine.language_tree import Literal

#: hit policies that give one answer
_SINGLE = ("UNIQUE", "FIRST", "ANY")


@dataclass(frozen=True)
class _Needs:
    article: str
    asks: frozenset[str]
    answers: dict[str, tuple[str, ...]]


_table: dict[str, _Needs] = {}


def need_table(key: str, article: str, *, asks: tuple[str, ...], answers: Mapping[str, tuple[str, ...]]) -> None:
    """Register a table that an article asks with the names `asks` and of which it reads the columns `answers`.

    `answers`: {column: the only values it may give, empty = any}.
    """
    _table[key] = _Needs(article, frozenset(asks), dict(answers))


def is_asked(key: str) -> bool:
    """Whether an article asks this table, so that it may not be removed."""
    return key in _table


def faults(key: str, rows: Rows) -> list[Fault]:
    """Why the article could not use the table; [] for a table of the agency's own."""
    known = _table.get(key)
    return [] if known is None else [Fault(id_, sentence, known.article) for id_, sentence in _wrong(known, rows)]


def require(key: str, rows: Rows) -> None:
    """Refuse a table that its article could not use. Raises FieldsNeeded."""
    found = faults(key, rows)
    if found:
        raise FieldsNeeded(found)


def _wrong(known: _Needs, rows: Rows) -> Iterator[tuple[str, str]]:
    if rows.hit_policy not in _SINGLE:
        yield rows.key, "Bảng này phải cho một kết quả: chọn cách “Dòng đầu tiên”, “Duy nhất” hoặc “Bất kỳ”."
    names = [output.name for output in rows.outputs]
    for name in known.answers:
        if name not in names:
            yield rows.key, f"Cột kết quả “{name}” là cột bắt buộc phải có của bảng này, không bỏ hay đổi tên được."
    for column in rows.inputs:
        if extra := sorted(column.expression.names - known.asks):
            yield column.id, f"Cột hỏi đọc “{extra[0]}”; bảng này chỉ được hỏi: {', '.join(sorted(known.asks))}."
    for rule in rows.rules:
        for name, answer in zip(names, rule.answers, strict=True):
            allowed = known.answers.get(name)
            if not allowed or answer is None:
                continue
            if not isinstance(answer.tree, Literal) or answer.tree.value not in allowed:
                yield rule.id, f"Cột “{name}” chỉ được trả lời một trong: {', '.join(allowed)}."
