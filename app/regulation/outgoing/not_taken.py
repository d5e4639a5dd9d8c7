"""The axis says that a recipient's software could not take our packet (NĐ 30/2020 Đ18): kept, and people are told.

What the recipient itself answers is receipt.py's. The wait for that answer goes on: the recipient may be asked.
"""

from datetime import datetime
from typing import Any

from app.db import db
from app.engine import instance as instances
from app.records import history
from app.records.agency import Agency
from app.records.document import Opinion
from app.records.message import Message

#: sent documents of which nothing was heard
_UNHEARD = (Message.direction == "out", Message.kind == "document", Message.axis_id != "", Message.status_code == "",
            Message.description == "")


def is_unheard(since: datetime) -> bool:
    """Whether there is a document sent since then of which nothing was heard."""
    return db.session.scalar(db.select(Message.id).where(*_UNHEARD, Message.at >= since).limit(1)) is not None


def keep_failures(own: Agency, sent: list[dict[str, Any]], at: datetime) -> int:
    """From the axis' list of what we sent: each FAIL at its recipient's row, once; how many. Commits each."""
    failed = {(str(item.get("senderdocid")), str(item.get("tocode"))): str(item.get("receivestatusdesc") or "")
              for item in sent if str(item.get("receivestatus")).upper() == "FAIL"}
    if not failed:
        return 0
    agency_id, ids = own.id, db.session.scalars(
        db.select(Message.id).where(*_UNHEARD, Message.axis_id.in_([axis_id for axis_id, _ in failed]))).all()
    found = 0
    for message_id in ids:
        row = db.session.get_one(Message, message_id)
        if row.document_id is None or (row.axis_id, row.partner) not in failed:
            continue
        instances.lock_of_document(row.document_id)  # first, as everywhere: whoever keeps an answer holds it, too
        db.session.refresh(row, with_for_update=True)
        if row.status_code or row.description:  # it was heard of while we waited
            db.session.rollback()
            continue
        reason = failed[row.axis_id, row.partner]
        words = f"Hệ thống của nơi nhận {row.partner} không tiếp nhận được gói tin: {reason or 'không nêu lý do'}"
        _keep(agency_id, row, words, at)
        found += 1
    return found


def _keep(agency_id: int, row: Message, words: str, at: datetime) -> None:
    row.description = words[:1000]
    if row.certified_copy_id is None:  # of a copy, its own page says it
        db.session.add(Opinion(agency_id=agency_id, document_id=row.document_id, kind="warning", text=words, at=at))
    history.append(history.Act(agency_id=agency_id, subject=f"document:{row.document_id}", at=at,
                               kind="message_received", label=f"FAIL {row.partner}"),
                   input={"partner": row.partner, "sha256": row.sha256}, changes=history.take_changes())
    db.session.commit()
