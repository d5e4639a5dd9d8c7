"""A document that is dispatched replaces one dispatched before (Art. 9.1.d; NĐ 30/2020 Đ18.3; QĐ 28/2018 Đ8).

Its author says which, until it is approved: who approves, signs and sends it sees what it replaces. It has its own
number, approval and signatures. Its packet names the
replaced one and who has it; each of them answers 15 or 16 about that one. Whether a document is replaced follows from
the one that replaces it: nothing is written at the replaced one, which keeps its number and files.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from app.db import db
from app.engine import instance as instances
from app.records import agency, history, milestone, right
from app.records.calendar import local_date
from app.records.document import ENDED, Document
from app.records.people import User
from app.refusal import Refusal
from app.regulation.outgoing import recall
from app.tools import edxml

#: statuses of one that has gone out
_OUT = ("dispatched", recall.FROZEN)


class NotReplaceable(Refusal):
    """The author of a draft says which dispatched document it replaces; that is not taken back or replaced already."""

    code, status, article = "not_replaceable", 409, "NĐ 30/2020 Đ18.3"


def may_say(user: User, draft: Document) -> bool:
    """Whether the person may say what the draft replaces: its author, as long as nobody has approved it."""
    return draft.direction == "outgoing" and draft.status not in ENDED and draft.author_id == user.id \
        and "approve" not in milestone.standing(draft.id)


def choices(user: User, today: date, most: int = 100) -> list[Document]:
    """What the person reads of what was dispatched and stands, the newest first."""
    return list(db.session.scalars(db.select(Document).where(
        right.readable(user, today), Document.direction == "outgoing", Document.status == "dispatched",
        Document.packet_id.is_not(None), Document.id.not_in(_replaced())).order_by(Document.id.desc()).limit(most)))


def _replaced() -> Any:
    return db.select(Document.replaces_id).where(Document.replaces_id.is_not(None), Document.status.in_(_OUT))


def by(document_id: int) -> Document | None:
    """The dispatched document that replaces this one."""
    return db.session.scalar(db.select(Document).where(
        Document.replaces_id == document_id, Document.status.in_(_OUT)).order_by(Document.id).limit(1))


def of(document: Document) -> Document | None:
    """What the document replaces."""
    return db.session.get(Document, document.replaces_id) if document.replaces_id else None


def left_out(draft: Document, codes: Iterable[str], day: date) -> list[str]:
    """Who has the replaced document and is not among these recipients of the draft: they are told nothing.

    Nobody is left out of a draft for which no recipient is chosen yet.
    """
    chosen = set(codes)
    if not draft.replaces_id or not chosen:
        return []
    return [row.partner for row in recall.holders(draft.replaces_id)  # an organisation may bear several codes
            if not chosen & {row.partner, *agency.codes_of(row.partner, local_date(row.at)),
                             *agency.codes_of(row.partner, day)}]


def say(draft_id: int, user: User, replaces_id: int | None, at: datetime) -> bool:
    """The draft replaces this one (None: nothing); False: so it is. Raises NotFound, NotReplaceable. Commits."""
    today = local_date(at)
    instances.lock_of_document(draft_id)
    draft = right.find(draft_id, user, today)
    db.session.refresh(draft)
    if draft.replaces_id == replaces_id:
        db.session.rollback()
        return False
    old = right.find(replaces_id, user, today) if replaces_id else None
    is_fit = old is None or (old.direction == "outgoing" and old.status == "dispatched" and bool(old.packet_id)
                             and old.id != draft.id and by(old.id) is None)
    if not may_say(user, draft) or not is_fit:
        raise NotReplaceable()
    draft.replaces_id = replaces_id
    db.session.flush()
    history.append(history.Act(agency_id=draft.agency_id, subject=f"document:{draft_id}", at=at, actor_id=user.id,
                               kind="replacement_changed", label=old.reference if old else ""),
                   input={"replaces": replaces_id}, changes=history.take_changes())
    db.session.commit()
    return True


def business(document: Document) -> dict[str, Any]:
    """How its packet says so; {}: it replaces nothing, or what was taken back meanwhile."""
    old = of(document)
    if old is None or old.status != "dispatched" or not old.packet_id:
        return {}
    return told(old.packet_id, old.reference, [row.partner for row in recall.holders(old.id)])


def told(packet_id: str, reference: str, codes: list[str]) -> dict[str, Any]:
    """Of a document or a copy: the kind, the reason, what is replaced and who has it (edXML section 4)."""
    return {"doc_type": edxml.REPLACE, "reason": f"Thay thế văn bản {reference}",
            "replacement": [{"document_id": packet_id, "organ_ids": codes}]}
