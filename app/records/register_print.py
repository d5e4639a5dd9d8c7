"""A register as it is printed and bound (NĐ 30/2020 Đ16, Đ22; PL IV): cover, ten columns, cancelled numbers too.

Always in Vietnamese, whatever language a page speaks. It makes no PDF (tools/conversion.py).
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.db import db
from app.records import agency, certified_copy, message, milestone
from app.records.agency import Agency, Unit
from app.records.calendar import local_date
from app.records.certified_copy import CertifiedCopy
from app.records.document import PRIORITIES, Document, NotFound
from app.records.register import Register, RegisterEntry
from app.records.right import CO_HANDLE, HANDLE, READ, Right
from app.refusal import Refusal
from app.tools import docx_table, xlsx_table

#: the most rows of one printed volume (quyển)
MOST_ROWS = 1000
#: name, columns and their widths in mm
INCOMING = ("SỔ ĐĂNG KÝ VĂN BẢN ĐẾN", (
    ("Ngày đến", 22), ("Số đến", 14), ("Tác giả", 38), ("Số, ký hiệu", 27), ("Ngày tháng văn bản", 22),
    ("Tên loại và trích yếu nội dung văn bản", 62), ("Đơn vị hoặc người nhận", 29), ("Ngày chuyển", 22),
    ("Ký nhận", 14), ("Ghi chú", 17)))
OUTGOING = ("SỔ ĐĂNG KÝ VĂN BẢN ĐI", (
    ("Số, ký hiệu văn bản", 27), ("Ngày tháng văn bản", 22), ("Tên loại và trích yếu nội dung văn bản", 60),
    ("Người ký", 28), ("Nơi nhận văn bản", 44), ("Đơn vị, người nhận bản lưu", 27), ("Số lượng bản", 12),
    ("Ngày chuyển", 22), ("Ký nhận", 13), ("Ghi chú", 12)))
#: the decree has no register of its own for copies: the columns of outgoing documents, as far as a copy has them
COPIES = ("SỔ ĐĂNG KÝ BẢN SAO", (
    ("Số, ký hiệu bản sao", 27), ("Ngày tháng sao", 22), ("Văn bản được sao", 75), ("Người ký", 30),
    ("Nơi nhận bản sao", 55), ("Số lượng bản", 15), ("Ký nhận", 18), ("Ghi chú", 25)))


#: statuses of an incoming document that nobody else has
_WITH_CLERK = ("arrived", "returned", "discarded")


class RegisterTooLong(Refusal):
    """More numbers than one volume holds: print it in volumes, by numbers from and to."""

    code, status, article = "register_too_long", 413, "NĐ 30/2020 PL IV"


class RegisterEmpty(Refusal):
    """The register has no number in this range."""

    code, status = "register_empty", 404


@dataclass(frozen=True)
class Sheet:
    """A register ready to print."""

    title: str
    #: lines of the cover with their sizes in points
    cover: list[tuple[str, int]]
    head: list[str]
    widths: list[int]
    rows: list[list[str]]

    def docx(self) -> bytes:
        """Cover and table as DOCX. Raises RegisterTooLong."""
        if len(self.rows) > MOST_ROWS:
            raise RegisterTooLong(most=MOST_ROWS)
        return docx_table.book(self.cover, self.head, self.rows, self.widths)

    def xlsx(self) -> bytes:
        """The same as a spreadsheet; numbers of arrival are numbers."""
        rows: list[list[str | int]] = [[int(cell) if cell.isascii() and cell.isdigit() else cell for cell in row]
                                       for row in self.rows]
        return xlsx_table.build(self.title.capitalize(), [text for text, _ in self.cover if text], self.head, rows,
                                self.widths)


def sheet(register_id: int, first: int | None = None, last: int | None = None, volume: int = 1) -> Sheet:
    """One register, its numbers from `first` to `last` in order. Raises NotFound, RegisterEmpty."""
    book = db.session.get(Register, register_id)
    if book is None:
        raise NotFound()
    wanted = select(RegisterEntry).where(RegisterEntry.register_id == book.id)
    if first is not None:
        wanted = wanted.where(RegisterEntry.number >= first)
    if last is not None:
        wanted = wanted.where(RegisterEntry.number <= last)
    entries = list(db.session.scalars(
        wanted.options(joinedload(RegisterEntry.document)).order_by(RegisterEntry.number)))
    if not entries:
        raise RegisterEmpty()
    handlers = receivers([entry.document_id for entry in entries])
    title, columns = {"incoming": INCOMING, "outgoing": OUTGOING, "copy": COPIES}[book.kind]
    if book.kind == "copy":
        rows = [_copy(one) for one in certified_copy.numbered(book.id, first, last)]
    elif book.kind == "incoming":
        days = moved([e.document for e in entries])
        rows = [_incoming(e, handlers, days) for e in entries]
    else:
        names = agency.names(sorted({
            code for e in entries for code in (*e.document.addressees, *e.document.recipients)}))
        kept_by, outside = keepers([e.document for e in entries]), message.outside([e.document_id for e in entries])
        rows = [_outgoing(e, kept_by, names, outside.get(e.document_id, [])) for e in entries]
    return Sheet(title, _cover(book, title, entries, volume), [text for text, _ in columns],
                 [width for _, width in columns], rows)


def receivers(document_ids: list[int], kinds: tuple[str, ...] = (HANDLE, CO_HANDLE)) -> dict[int, str]:
    """Who handles each document, person or unit, then who co-handles it, as the directive says (PL IV: "Đơn vị hoặc
    người nhận"); else those whom it was given to for information. `kinds`: of these alone.
    """
    assigned = milestone.days(document_ids, "assign").keys()
    rows = list(db.session.scalars(select(Right).where(
        Right.document_id.in_(document_ids), Right.kind.in_((*kinds, READ))).order_by(Right.id)))
    found: dict[int, dict[str, list[str]]] = {}
    for row in rows:
        if (row.user or row.unit) and (row.kind != READ or row.document_id in assigned):
            found.setdefault(row.document_id, {}).setdefault(row.kind, []).append(
                row.user.full_name if row.user else row.unit.name)
    return {key: "; ".join(dict.fromkeys([name for kind in kinds for name in names.get(kind, [])] or names[READ]))
            for key, names in found.items()}


def moved(documents: list[Document]) -> dict[int, date]:
    """The day on which each incoming document was passed on; of one that waits, or went back, there is none."""
    days = milestone.days([one.id for one in documents if one.status not in _WITH_CLERK], "forward")
    return {key: local_date(at) for key, at in days.items()}


def keepers(documents: list[Document]) -> dict[int, str]:
    """The unit that drafted each outgoing document and keeps its copy ("Lưu: VT, ..."), in one statement."""
    names = dict(db.session.execute(select(Unit.id, Unit.name).where(
        Unit.id.in_({one.unit_id for one in documents if one.unit_id}))).all())
    return {one.id: names[one.unit_id] for one in documents if one.unit_id in names}


def _cover(book: Register, title: str, entries: list[RegisterEntry], volume: int) -> list[tuple[str, int]]:
    own = db.session.get_one(Agency, book.agency_id)
    above = db.session.get(Agency, own.parent_id) if own.parent_id else None
    return [
        (above.name.upper() if above else "", 12), (own.name.upper(), 14), ("", 12), (title, 20), (book.name, 12),
        (f"Năm: {book.year}", 13), (f"Từ ngày {_day(entries[0].at)} đến ngày {_day(entries[-1].at)}", 13),
        (f"Từ số {entries[0].number} đến số {entries[-1].number}", 13), (f"Quyển số: {volume:02d}", 13)]


def _incoming(entry: RegisterEntry, handlers: dict[int, str], days: dict[int, date]) -> list[str]:
    document = entry.document
    return [_day(entry.at), str(entry.number), document.organ_name, document.reference, _day(document.issued_date),
            _subject(document), handlers.get(document.id, ""), _day(days.get(document.id)), "", note(entry)]


def _outgoing(entry: RegisterEntry, kept_by: dict[int, str], names: dict[str, str], outside: list[str]) -> list[str]:
    document, is_void = entry.document, entry.voided_at is not None or entry.held_until is not None
    to = [*(names.get(code, code) for code in (*document.addressees, *document.recipients)), *outside]
    return [str(entry.number) if is_void else document.reference,
            _day(entry.at if is_void else document.issued_date), _subject(document), document.signer_name,
            "; ".join(to), kept_by.get(document.id, ""), str(len(to) or ""),
            _day(document.closed_at) if document.status in ("dispatched", "withdrawn") and not is_void else "", "",
            note(entry)]


def _copy(copy: CertifiedCopy) -> list[str]:
    is_paper = copy.form == certified_copy.PAPER
    return [copy.reference, _day(copy.made_at), f"{copy.document.reference} {_subject(copy.document)}".strip(),
            copy.signer_name if is_paper else "Ký số cơ quan", "; ".join(copy.recipients),
            str(copy.amount) if is_paper else "Điện tử", "", note(copy.entry) if copy.entry else ""]


def note(entry: RegisterEntry) -> str:
    """What stands in the last column."""
    if entry.voided_at is not None:
        return f"Hủy số: {entry.void_reason}"
    if entry.held_until is not None:
        return f"Giữ số: {entry.held_for}"
    if entry.document.status == "returned":
        return "Đã trả lại nơi gửi"
    return PRIORITIES[entry.document.priority] if entry.document.priority else ""


def _subject(document: Document) -> str:
    return " - ".join(part for part in (document.type_name, document.subject) if part)


def _day(value: datetime | date | None) -> str:
    if value is None:
        return ""
    return f"{local_date(value) if isinstance(value, datetime) else value:%d/%m/%Y}"
