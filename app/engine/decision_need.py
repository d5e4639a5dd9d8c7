"""What an article needs of a decision table that it asks (Art. 4): its rows are the agency's, its columns are not.

Each article that asks a table says what it gives and what it takes (obligation.py: `asks`); the editor and the list of
tables are told here at which cell a table falls short. It reads no table file and decides nothing.
"""

from collections.abc import Iterator

from app.engine import obligation
from app.engine.decision_read import Rows
from app.engine.form_need import Fault, FieldsNeeded
from app.engine.language_tree import Literal

#: hit policies that give one answer
_SINGLE = ("UNIQUE", "FIRST", "ANY")


def is_asked(key: str) -> bool:
    """Whether an article asks this table, so that it may not be removed."""
    return _known(key) is not None


def reads(key: str) -> tuple[str, ...]:
    """The only names that the article gives to its table; () for a table of the agency's own."""
    known = _known(key)
    return known.reads if known else ()


def _known(key: str) -> obligation.Asked | None:
    """What the articles need of a table; None for a table of the agency's own."""
    return next((one for way in ("incoming", "outgoing") for one in obligation.asked(way) if one.table == key), None)


def faults(key: str, rows: Rows) -> list[Fault]:
    """Why the article could not use the table; [] for a table of the agency's own."""
    known = _known(key)
    if known is None:
        return []
    said = known.article.replace("Art. ", "Điều ")
    return [Fault(id_, sentence, said) for id_, sentence in _wrong(known, rows)]


def require(key: str, rows: Rows) -> None:
    """Refuse a table that its article could not use. Raises FieldsNeeded."""
    found = faults(key, rows)
    if found:
        raise FieldsNeeded(found)


def _wrong(known: obligation.Asked, rows: Rows) -> Iterator[tuple[str, str]]:
    if rows.hit_policy not in _SINGLE:
        yield rows.key, "Bảng này phải cho một kết quả: chọn cách “Dòng đầu tiên”, “Duy nhất” hoặc “Bất kỳ”."
    names, gives = [output.name for output in rows.outputs], dict(known.gives)
    for name in gives:
        if name not in names:
            yield rows.key, f"Cột kết quả “{name}” là cột bắt buộc phải có của bảng này, không bỏ hay đổi tên được."
    read_at = [(column.id, column.expression.names) for column in rows.inputs]
    read_at += [(cell.id, cell.tests.names) for rule in rows.rules for cell in rule.cells]
    for id_, read in read_at:
        if extra := sorted(read - set(known.reads)):
            yield id_, f"Bảng này chỉ được đọc: {', '.join(known.reads)}; ở đây đọc “{extra[0]}”."
    for rule in rows.rules:
        for name, answer in zip(names, rule.answers, strict=True):
            allowed = gives.get(name)
            if not allowed or answer is None:
                continue
            if not isinstance(answer.tree, Literal) or answer.tree.value not in allowed:
                yield rule.id, f"Cột “{name}” chỉ được trả lời một trong: {', '.join(allowed)}."
