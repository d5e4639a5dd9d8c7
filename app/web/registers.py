"""The two registers with the columns of NĐ 30/2020 Appendix IV, searched, in pages by key, printable.

Named in the plural: `app.web.register` is the function that wires the pages.
"""

from flask import Blueprint, abort, render_template, request
from sqlalchemy import select

from app.db import db
from app.records import agency, register
from app.records.calendar import local_date
from app.records.document import Document
from app.records.right import HANDLE, READS_ALL, Right, readable
from app.web.asked import number
from app.web.gate import me, need_role
from app.web.moment import ZONE, now
from app.web.settings import settings

bp = Blueprint("registers", __name__)

_KINDS = {"den": "incoming", "di": "outgoing"}


def _receivers(document_ids: list[int]) -> dict[int, str]:
    """The person or unit that handles each document, in one statement."""
    if not document_ids:
        return {}
    rows = db.session.scalars(select(Right).where(Right.document_id.in_(document_ids), Right.kind == HANDLE))
    return {row.document_id: row.user.full_name for row in rows if row.user is not None}


def _sent_to(document: Document) -> list[str]:
    return [*document.addressees, *document.recipients]


@bp.get("/so/<way>")
def page(way: str) -> str:
    """One register of one year, for those who read all documents, and for auditors what they were given of it.

    ?nam= year, ?so= which register, ?q= words, ?sau= where the page before ended.
    """
    need_role(*READS_ALL, "auditor")
    if me().has("admin"):
        abort(403)
    if way not in _KINDS:
        abort(404)
    kind = _KINDS[way]
    this_year = now().astimezone(ZONE).year
    year = request.args.get("nam", this_year, type=int)
    if not 1990 <= year <= this_year + 1:
        abort(404)
    register_id = request.args.get("so", type=number)
    words = request.args.get("q", "").strip()[:200]
    after = request.args.get("sau", type=number)
    found = register.page(
        kind, year, register_id=register_id, words=words, after=after, limit=settings().page_rows,
        readable=None if me().has(*READS_ALL) else readable(me(), local_date(now())),
    )
    return render_template(
        "register/page.html",
        way=way,
        year=year,
        years=sorted({*register.years(kind), this_year}, reverse=True),
        register_id=register_id,
        registers=register.open_registers(kind, year),
        words_asked=words,
        after=after,
        page=found,
        receivers=_receivers([entry.document_id for entry in found.rows]),
        agencies=agency.names(sorted({code for e in found.rows for code in _sent_to(e.document)})),
    )
