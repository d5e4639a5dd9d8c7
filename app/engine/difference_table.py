"""What differs between two versions of a decision table: columns, rows, how rows are chosen (Art. 4, 10.2).

Rows are matched by id, then by content: an editor that gives new ids changes nothing. The order of rows counts where
the table takes the first that fits. It decides nothing and finds no gaps (decision_check.py).
"""

from collections.abc import Iterator

from app.engine.difference_change import ADDED, CHANGED, MOVED, REMOVED, Change, versus
from app.engine.wording import Labels, answer, cell, fit, listed
from app.engine.wording_table import Column, Row, TableText, table_of

POLICIES = {
    "UNIQUE": "đúng một dòng khớp", "FIRST": "lấy dòng khớp đầu tiên", "ANY": "các dòng khớp phải trả lời như nhau",
    "RULE ORDER": "lấy mọi dòng khớp theo thứ tự", "COLLECT": "gom mọi dòng khớp",
}
_NO_LABELS = Labels()


def differences(file: str, old: bytes, new: bytes, places: tuple[str, ...]) -> Iterator[Change]:
    """Changes of one table; `places` are the elements that ask it."""
    before, after = table_of(old), table_of(new)
    if before is None or after is None:
        name = f"Bảng quyết định “{fit(file.partition(':')[2])}”"
        yield Change(CHANGED, file, "", name, "unreadable", "", "", f"{name} không đọc được để so sánh.", places)
        return
    yield from _Tables(file, before, after, places).changes()


class _Tables:
    def __init__(self, file: str, old: TableText, new: TableText, places: tuple[str, ...]) -> None:
        self.file, self.old, self.new, self.places = file, old, new, places
        self.name = f"Bảng quyết định “{new.name}”"
        self.same = self._matched()

    def _matched(self) -> dict[str, Row]:
        """Id of each new row -> the old row that it was."""
        ids = {row.id: row for row in self.old.rows}
        found = {row.id: ids[row.id] for row in self.new.rows if row.id in ids}
        left = [row for row in self.old.rows if row.id not in found]
        for row in self.new.rows:
            twin = next((one for one in left if one.cells == row.cells), None) if row.id not in found else None
            if twin is not None:
                found[row.id] = twin
                left.remove(twin)
        return found

    def changes(self) -> Iterator[Change]:
        """The table itself, its columns, its rows, their order."""
        yield from self._table()
        yield from self._columns()
        for row in self.new.rows:
            was = self.same.get(row.id)
            if was is None:
                yield self._row(ADDED, row, "", self._said(self.new, row), f"thêm {self._said(self.new, row)}")
            else:
                yield from self._cells(was, row)
        kept = {was.id for was in self.same.values()}
        for was in self.old.rows:
            if was.id not in kept:
                yield self._row(REMOVED, was, self._said(self.old, was), "", f"bỏ {self._said(self.old, was)}")
        yield from self._order()

    def _table(self) -> Iterator[Change]:
        if self.old.name != self.new.name:
            yield self._made(CHANGED, "", self.new.name, "label", self.old.name, self.new.name,
                             f"đổi tên (trước: “{self.old.name}”)")
        policies = [POLICIES.get(t.policy, fit(t.policy)) + (f", {fit(t.aggregation)}" if t.aggregation else "")
                    for t in (self.old, self.new)]
        if (self.old.policy, self.old.aggregation) != (self.new.policy, self.new.aggregation):
            yield self._made(CHANGED, "", self.new.name, "policy", policies[0], policies[1],
                             f"cách chọn dòng nay là “{policies[1]}” (trước: “{policies[0]}”)")

    def _columns(self) -> Iterator[Change]:
        old, new = ({column.id: column for column in t.columns} for t in (self.old, self.new))
        for id_, column in new.items():
            kind = "cột trả lời" if column.is_output else "cột hỏi"
            was = old.get(id_)
            if was is None:
                yield self._made(ADDED, id_, column.name, "column", "", column.name, f"thêm {kind} “{column.name}”")
                continue
            for what, before, after, words in (
                ("label", was.name, column.name, "nay ghi"), ("expression", was.asks, column.asks, "nay đọc"),
                ("type", was.type, column.type, "nay có kiểu"),
                ("allowed", was.allowed, column.allowed, "nay chỉ nhận"),
            ):
                if before != after:
                    tail = versus(f"{words} {_plain(after)}", _plain(before))
                    yield self._made(CHANGED, id_, column.name, what, before, after, f"{kind} “{column.name}” {tail}")
        for id_, was in old.items():
            if id_ not in new:
                yield self._made(REMOVED, id_, was.name, "column", was.name, "", f"bỏ cột “{was.name}”")

    @staticmethod
    def _said(table: TableText, row: Row) -> str:
        return f"{row.name}: khi {table.conditions(row)} thì {table.answers(row)}"

    def _cells(self, was: Row, row: Row) -> Iterator[Change]:
        old = {column.id: column for column in self.old.columns}
        for column in self.new.columns:
            before, after = was.cells.get(column.id, ""), row.cells.get(column.id, "")
            if column.id in old and before != after:
                said = [_cell(old[column.id], before), _cell(column, after)]
                yield self._row(CHANGED, row, said[0], said[1],
                                f"{row.name}: {column.name} nay {versus(said[1], said[0])}", "cell")
        if was.note != row.note:
            yield self._row(CHANGED, row, was.note, row.note,
                            f"{row.name}: lời giải thích nay là {versus(_plain(row.note), _plain(was.note))}", "note")

    def _order(self) -> Iterator[Change]:
        now = [self.same[row.id].number for row in self.new.rows if row.id in self.same]
        if now == sorted(now):
            return
        moved = [row for row in self.new.rows if row.id in self.same]
        said = listed([f"dòng {self.same[row.id].number}" for row in moved])
        if self.old.is_ordered or self.new.is_ordered:
            yield self._made(CHANGED, "", self.new.name, "order", "", said,
                             f"các dòng nay được xét theo thứ tự khác: {said} của bảng trước")
        else:
            yield self._made(MOVED, "", self.new.name, "moved", "", said,
                             "các dòng chỉ đổi chỗ; kết quả không đổi")

    def _row(self, kind: str, row: Row, before: str, after: str, words: str, what: str = "row") -> Change:
        return self._made(kind, row.id, row.name, what, before, after, words)

    def _made(self, kind: str, element: str, label: str, what: str, before: str, after: str, words: str) -> Change:
        return Change(kind, self.file, element, label, what, before, after, f"{self.name}: {words}.", self.places)


def _plain(text: str) -> str:
    return f"“{fit(text, 200)}”" if text else "để trống"


def _cell(column: Column, text: str) -> str:
    if column.is_output:
        return f"trả lời {answer(text, column.asks, _NO_LABELS)}"
    return cell(text, column.asks, _NO_LABELS) or "nhận mọi giá trị"
