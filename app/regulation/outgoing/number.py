"""Number and date of issue (Art. 9.1.a, 9.2.a; NĐ 30/2020 Đ15)."""

from typing import Any

from app.db import db
from app.engine.obligation import oblige
from app.engine.step import Act, step
from app.records import register
from app.records.agency import Unit
from app.records.calendar import local_date
from app.refusal import Refusal
from app.regulation import layout

oblige("number", "Art. 9.1.a", needs=("approve",), sets="number", is_once=True, form="electronic")
oblige("number", "Art. 9.2.a", needs=("approve", "sign_paper"), sets="number", is_once=True, form="hybrid")
oblige("void_number", "NĐ 30/2020 Đ15", needs=("number",),
       clears=("number", "complete", "sign_by_leader", "sign_by_agency"))


class AlreadyNumbered(Refusal):
    """A document keeps its first number."""

    code, status, article = "already_numbered", 409, "Art. 9.1.a"


@step
def number(act: Act) -> dict[str, Any]:
    """Give the document its number and date of issue.

    Art. 9.1.a, 9.2.a. The number is the next whole number, from 1, of the agency's register for this year:
    no gap, no reuse, even when two clerks issue at once (records/register.py locks the register).

    Returns {"code_number": str, "issued_date": "YYYY-MM-DD"}, the date in Viet Nam.

    Raises AlreadyNumbered: a document keeps its first number.
    """
    document = act.document
    if document.code_number:
        raise AlreadyNumbered(number=document.reference)
    today = local_date(act.at)
    entry = register.take_number("outgoing", today.year, document, act.at, act.actor_id)
    unit = db.session.get(Unit, document.unit_id) if document.unit_id else None
    document.code_number = layout.format_number(entry.number)
    document.code_notation = layout.notation(document.type_name, act.agency.abbreviation,
                                             unit.abbreviation if unit else "")
    document.issued_date, document.status = today, "numbered"
    document.organ_name, document.organ_id = act.agency.name, act.agency.code
    document.packet_id = f"{act.agency.code},{today:%Y/%m/%d},{document.reference}"
    return {"code_number": document.code_number, "issued_date": today.isoformat()}


@step
def void_number(act: Act) -> None:
    """A number that was given and will not be used: kept in the register with the reason, never given again."""
    document = act.document
    entry = register.entry_of(document.id, "outgoing")
    if entry is not None:
        entry.voided_at, entry.void_reason = act.at, str(act.data.get("reason") or "Từ chối ký")[:500]
    document.code_number = document.code_notation = ""
    document.issued_date = document.packet_id = None
    document.status = "draft"
