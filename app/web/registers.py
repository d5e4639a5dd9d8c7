"""The registers with the columns of NĐ 30/2020 Appendix IV: searched, printed, opened, closed, every number explained.

Named in the plural: `app.web.register` is the function that wires the pages.
"""

import io
from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.db import db
from app.records import agency, certified_copy, message, register, register_book, register_print
from app.records.calendar import local_date
from app.records.document import Document
from app.records.register import Asked
from app.records.right import READS_ALL, readable
from app.regulation import layout
from app.regulation.incoming import cancel_number as cancelling
from app.web.asked import number
from app.web.gate import me, need_role, note_list
from app.web.moment import ZONE, now
from app.web.settings import settings, tools
from app.web.words import sentence

bp = Blueprint("registers", __name__)

_KINDS = {"den": "incoming", "di": "outgoing", "sao": "copy"}
#: what the ledger of each is called; the numbers of copies are listed there, with what bears them
_LEDGERS = {"den": _("Đối soát sổ văn bản đến"), "di": _("Đối soát sổ văn bản đi"), "sao": _("Sổ đăng ký bản sao")}
#: who sees the registers; administrators keep them and read no document
_SEES = (*READS_ALL, "auditor", "admin")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _kind(way: str) -> str:
    if way not in _KINDS:
        abort(404)
    return _KINDS[way]


def _year() -> int:
    this_year = now().astimezone(ZONE).year
    year = request.args.get("nam", this_year, type=int)
    if not 1990 <= year <= this_year + 1:
        abort(404)
    return year


def _day(name: str) -> date | None:
    text = request.args.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        abort(404)


def _asked() -> Asked:
    """What the address asks for: ?q= words, ?tu= ?den= days, ?so-den= number, ?noi-gui= sender, ?han= state of the
    deadline; 404 for what is none.
    """
    args = request.args
    state = args.get("han", "")
    if state and state not in register.STATES:
        abort(404)
    return Asked(args.get("q", "").strip()[:200], _day("tu"), _day("den"), args.get("so-den", type=number),
                 args.get("noi-gui", "").strip()[:200], state)


def _reads() -> bool:
    """Whether the person reads all documents of the agency; administrators read none (security.md S13)."""
    return me().has(*READS_ALL) and not me().has("admin")


def _sent_to(document: Document) -> list[str]:
    return [*document.addressees, *document.recipients]


@bp.get("/so/<way>")
def page(way: str) -> str:
    """One register of one year, for those who read all documents, and for auditors what they were given of it.

    ?nam= year, ?so= which register, what `_asked` reads, ?sau= where the page before ended.
    """
    need_role(*READS_ALL, "auditor")
    if me().has("admin"):
        abort(403)
    kind, year, asked = _kind(way), _year(), _asked()
    if kind == "copy":
        abort(404)
    register_id, after = request.args.get("so", type=number), request.args.get("sau", type=number)
    note_list()
    found = register.page(kind, year, asked, register_id=register_id, after=after, today=local_date(now()),
                          limit=settings().page_rows,
                          readable=None if me().has(*READS_ALL) else readable(me(), local_date(now())))
    kept = {name: text for name, text in request.args.items() if text and name != "sau"}
    return render_template(
        "register/page.html",
        way=way,
        year=year,
        years=sorted({*register.years(kind), now().astimezone(ZONE).year}, reverse=True),
        register_id=register_id,
        registers=register_book.of_year(kind, year),
        asked=asked,
        states=register.STATES,
        is_asked=asked != Asked(),
        kept=kept,
        after=after,
        page=found,
        receivers=(register_print.keepers([entry.document for entry in found.rows]) if kind == "outgoing" else
                   register_print.receivers([entry.document_id for entry in found.rows])),
        moved=register_print.moved([entry.document for entry in found.rows]) if kind == "incoming" else {},
        outside=message.outside([entry.document_id for entry in found.rows]),
        agencies=agency.names(sorted({code for e in found.rows for code in _sent_to(e.document)})),
    )


@bp.get("/so/<way>/doi-soat")
def ledger(way: str) -> str:
    """Each register of a year: open or closed, its last number, what was cancelled and why; opened and closed here."""
    need_role(*_SEES)
    kind, year = _kind(way), _year()
    this_year = now().astimezone(ZONE).year
    books = register_book.of_year(kind, year)
    years = (this_year, this_year + 1) if kind == "outgoing" else (this_year,)
    return render_template(
        "register/ledger.html", way=way, year=year, title=_LEDGERS[way],
        copies={book.id: certified_copy.numbered(book.id) for book in books} if kind == "copy" and _reads() else {},
        copy_kinds=certified_copy.KINDS,
        years=sorted({*register.years(kind), *years}, reverse=True),
        this_year=this_year,
        ledgers=[register_book.ledger(book.id) for book in books],
        shut_out={book.id: register_book.shuts_out(book, now()) for book in books},
        may_keep=me().has(*register_book.KEEPERS), may_read=_reads(),
        may_open=year in years and (kind != "copy" or not books),
        has_common=any(book.types is None for book in books) or year > this_year,
        types=[name for name in layout.TYPES if not any(name in (book.types or ()) for book in books)],
        left_open=register_book.left_open(kind, this_year), changes=register_book.changes([book.id for book in books]))


@bp.post("/van-ban/<int:document_id>/huy-so-den")
def cancel_number(document_id: int) -> AnyResponse:
    """The document's number of arrival is cancelled, with the reason; the document is the clerk's again."""
    cancelled = cancelling.cancel(document_id, me(), request.form.get("reason", ""), now())
    flash(gettext("Đã hủy số đến %(n)s. Văn bản trở lại hộp việc của văn thư.", n=cancelled), "done")
    return redirect(url_for("document.page", document_id=document_id), 303)


@bp.post("/so/<way>/mo")
def open_new(way: str) -> AnyResponse:
    """A new register of this year; of outgoing documents one for kinds of its own, of the next year, too."""
    form, types = request.form, request.form.getlist("types")
    if not {*types} <= {*layout.TYPES}:
        abort(400)
    made = register_book.open_new(me(), _kind(way), form.get("name", ""), form.get("reason", ""), now(), types=types,
                                  year=form.get("nam", type=number) if types else None)
    db.session.commit()
    flash(gettext("Đã mở %(name)s.", name=made.name), "done")
    return redirect(url_for("registers.ledger", way=way, nam=made.year))


@bp.post("/so/<way>/<int:register_id>/khoa")
def close(way: str, register_id: int) -> AnyResponse:
    """The register takes no number any more."""
    return _turned(way, register_id, register_book.close(
        me(), register_id, request.form.get("reason", ""), now(), is_sure="sure" in request.form))


@bp.post("/so/<way>/<int:register_id>/mo-lai")
def reopen(way: str, register_id: int) -> AnyResponse:
    """It takes numbers again."""
    return _turned(way, register_id, register_book.reopen(me(), register_id, request.form.get("reason", ""), now()))


def _turned(way: str, register_id: int, is_new: bool) -> AnyResponse:
    book = register_book.ledger(register_id).register
    name, year, is_open, last = book.name, book.year, book.is_open, book.next_number - 1
    db.session.commit()
    if not is_new:
        flash(gettext("Sổ đã như vậy từ trước nên không có gì thay đổi."), "notice")
    elif is_open:
        flash(gettext("Đã mở lại %(name)s.", name=name), "done")
    else:
        flash(gettext("Đã khóa %(name)s năm %(year)s, số cuối là %(last)s.", name=name, year=year, last=last), "done")
    return redirect(url_for("registers.ledger", way=way, nam=year))


@bp.get("/so/<way>/<int:register_id>/in.<form>")
def printed(way: str, register_id: int, form: str) -> AnyResponse:
    """The register to print and bind: ?tu-so= ?den-so= numbers, ?quyen= volume; `form` is pdf or xlsx."""
    need_role(*READS_ALL)
    if not _reads():
        abort(403)
    _kind(way)
    if form not in ("pdf", "xlsx"):
        abort(404)
    args = request.args
    try:
        sheet = register_print.sheet(register_id, args.get("tu-so", type=number), args.get("den-so", type=number),
                                     min(args.get("quyen", 1, type=number), 999))
    except register_print.RegisterEmpty as refusal:  # said where the numbers were typed
        flash(sentence(refusal), "error")
        return redirect(url_for("registers.ledger", way=way))
    db.session.rollback()  # the converter may take seconds: no transaction waits for it
    data = sheet.xlsx() if form == "xlsx" else tools().converter.to_pdf(sheet.docx(), "so.docx")
    return send_file(io.BytesIO(data), mimetype=_XLSX if form == "xlsx" else "application/pdf", as_attachment=True,
                     download_name=f"so-van-ban-{way}-{register_id}.{form}")
