"""A document that is dispatched replaces one dispatched before (Art. 9.1.d; NĐ 30/2020 Đ18.3; QĐ 28/2018 Đ8).

Its author says which, until it is approved: who approves, signs and sends it sees what it replaces. It has its own
number, approval and signatures. Its packet names the
replaced one and who has it; each of them answers 15 or 16 about that one. Whether a document is replaced follows from
the one that replaces it, as long as that one is not taken back: nothing is written at the replaced one, which keeps its
number and files.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from app.db import db
from app.engine import instance as instances
from app.engine.inbox import outdate
from app.records import agency, history, message, milestone, right
from app.records.calendar import local_date
from app.records.document import ENDED, Document
from app.records.message import Message
from app.records.people import User
from app.refusal import Refusal
from app.regulation import addressed
from app.regulation.layout_grammar import fold
from app.regulation.outgoing import otherwise, recall
from app.tools import edxml


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
    return db.select(Document.replaces_id).where(Document.replaces_id.is_not(None), Document.status == "dispatched")


def by(document_id: int) -> Document | None:
    """The dispatched document that replaces this one; one that was taken back replaces nothing."""
    return db.session.scalar(db.select(Document).where(
        Document.replaces_id == document_id, Document.status == "dispatched").order_by(Document.id).limit(1))


def of(document: Document) -> Document | None:
    """What the document replaces."""
    return db.session.get(Document, document.replaces_id) if document.replaces_id else None


def left_out(draft: Document, codes: Iterable[str], day: date) -> list[str]:
    """Who has the replaced document and is not among these recipients of the draft: they are told nothing."""
    chosen = set(codes)
    if not draft.replaces_id:
        return []
    having = {row.id for row in recall.holders(draft.replaces_id)}
    return [row.partner for row in message.sent_for(draft.replaces_id) if row.id in having or _was_given(row)
            if not chosen & {row.partner, *agency.codes_of(row.partner, local_date(row.at)),
                             *agency.codes_of(row.partner, day)}]  # an organisation may bear several codes


def _was_given(row: Message) -> bool:
    """Whether people gave or posted it, whatever the exchange did."""
    return row.other_way in otherwise.WAYS


def untold(new: Document, day: date) -> list[str]:
    """Of one that is dispatched, by name: who has what it replaces and was given neither it nor a copy of it. Those
    outside the exchange, who were given the old one by people, are among them.
    """
    handed = otherwise.handed(new.id)
    codes = db.session.scalars(db.select(Message.partner).where(
        Message.document_id == new.id, Message.direction == "out", Message.kind == "document"))
    left = agency.names(left_out(new, [*codes, *addressed.codes_of(handed)], day))
    named = {fold(row.name) for row in message.outside_of(new.id) if row.other_way != otherwise.NOT_SENT} | {
        fold(line) for line in handed}
    outside = [row.name for row in message.outside_of(new.replaces_id or 0) if _was_given(row)]
    return [*left.values(), *(name for name in outside if fold(name) not in named)]


def say(draft_id: int, user: User, replaces_id: int | None, at: datetime) -> bool:
    """The draft replaces this one (None: nothing); False: so it is. Whoever else has the draft on the screen must load
    it anew: nobody approves what he has not seen. Raises NotFound, NotReplaceable. Commits.
    """
    today = local_date(at)
    running = instances.lock_of_document(draft_id)
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
    if running is not None:
        outdate(running.id, user)
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
