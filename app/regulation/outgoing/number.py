"""Number and date of issue (Art. 9.1.a, 9.2.a; NĐ 30/2020 Đ15)."""

from typing import Any

from app.db import db
from app.engine.obligation import oblige
from app.engine.step import Act, step
from app.engine.template import offer
from app.records import message, register
from app.records.agency import Unit
from app.records.calendar import local_date
from app.regulation import layout
from app.regulation.outgoing import reserve

oblige("number", "Art. 9.1.a", needs=("approve", "approval_given"), sets="number", form="electronic",
       direction="outgoing")
oblige("number", "Art. 9.2.a", needs=("approve", "approval_given", "sign_paper", "paper_in_hand"), sets="number",
       form="hybrid", direction="outgoing")
oblige("number", "NĐ 30/2020 Đ15", sets="number", owes=("dispatch",), direction="outgoing")
oblige("void_number", "NĐ 30/2020 Đ15", needs=("number",), bars=("dispatch",), direction="outgoing",
       clears=("number", "complete", "leader_key", "sign_by_leader", "agency_key", "sign_by_agency", "paper_in_hand",
               "sign_paper", "paper_sealed", "seal_paper", "scan_taken", "digitise"))
offer("number", "Cấp số và ngày ban hành", gives={"code_number": ("15",), "issued_date": ("2026-01-05",)},
      is_outside=True)
offer("void_number", "Hủy số đã cấp, ghi lý do", is_outside=True)


@step
def number(act: Act) -> dict[str, Any]:
    """Give the document its number and date of issue.

    Art. 9.1.a, 9.2.a. The number is the next whole number, from 1, of the agency's register for this year:
    no gap, no reuse, even when two clerks issue at once (records/register.py locks the register); one that was held
    for the document comes first (reserve.py). Dates run as numbers do.

    A document keeps a number that stands: approved again after it could not be completed, nothing changes.

    Returns {"code_number": str, "issued_date": "YYYY-MM-DD"}, the date in Viet Nam.
    """
    document = act.document
    if document.code_number and document.issued_date:
        document.status = "numbered"
        return {"code_number": document.code_number, "issued_date": document.issued_date.isoformat()}
    today = local_date(act.at)
    entry = reserve.take(document, act.at) or register.take_number(
        "outgoing", today.year, document, act.at, act.actor_id)
    issued = register.day_of_issue(entry, today)
    unit = db.session.get(Unit, document.unit_id) if document.unit_id else None
    document.code_number = layout.format_number(entry.number)
    document.code_notation = layout.notation(document.type_name, act.agency.abbreviation,
                                             unit.abbreviation if unit else "")
    document.issued_date, document.status = issued, "numbered"
    document.organ_name, document.organ_id = act.agency.name, act.agency.code
    document.packet_id = f"{act.agency.code},{issued:%Y/%m/%d},{document.reference}"
    return {"code_number": document.code_number, "issued_date": issued.isoformat()}


@step
def void_number(act: Act) -> None:
    """A number that will not be used is given up with its reason; approved again, the draft gets another.

    Raises AlreadySent: what a recipient may hold keeps its number.
    """
    message.require_not_sent(act.document.id)
    register.give_up(act.document, act.at, act.actor_id, str(act.data.get("reason") or "Từ chối ký"))
    act.document.status = "draft"
