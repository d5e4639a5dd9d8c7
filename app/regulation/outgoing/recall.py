"""What was dispatched is taken back from its recipients (Art. 9.1.d; QĐ 28/2018 Đ8; NĐ 30/2020 Đ18.4).

A clerk says why; the document, or the copy of one, is frozen from then on, its number and files stay. Each recipient
that may have it gets status 13, once, by the look into the exchange; its 15 or 16 comes back as any status
(receipt.py). Whom the exchange does not reach a person tells (by_hand.py). What is asked here and in update.py goes the
same way, and an answer is held against what it is about.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from app.db import db
from app.engine import instance as instances
from app.engine.reason import SHORTEST_TOLD, need_reason
from app.records import agency as agencies
from app.records import certified_copy, history, message, right
from app.records.agency import Agency
from app.records.calendar import ZONE, local_date
from app.records.certified_copy import CertifiedCopy
from app.records.document import Document, Opinion
from app.records.message import UPDATE, Message
from app.records.people import User
from app.refusal import Refusal
from app.regulation.outgoing import by_hand, otherwise
from app.tools import Tools, edxml
from app.tools.blobs import BlobMissing
from app.tools.exchange import LOCKED, ExchangeAway, ExchangeRefused

#: status of the exchange that asks for a document back
RECALL, FAILED = "13", message.NOT_TAKEN
FROZEN = "withdrawn"
#: statuses of one that has gone out
OUT = ("dispatched", FROZEN)
#: what an answer is about, in the words of our own answers (incoming/status.py); what others write is about what was
#: asked last
GIVEN_BACK, REPLACED = "recall", "replace"
ABOUT = {GIVEN_BACK: "thu hồi", UPDATE: "cập nhật", REPLACED: "thay thế"}
_ANSWER = "(?:đồng ý|từ chối) (?:{}) văn bản"
_OURS = {what: re.compile(_ANSWER.format(words)) for what, words in ABOUT.items()}
ANSWERS = ("15", "16")


class NotRecallable(Refusal):
    """Nobody has it, it is taken back already, or it is not out yet; a clerk takes back what was dispatched."""

    code, status, article = "not_recallable", 409, "QĐ 28/2018 Đ8"


@dataclass(frozen=True)
class Asked:
    """What one recipient was asked, and what it says."""

    partner: str
    #: unsent, failed, asked, accepted, refused
    state: str
    at: datetime
    words: str = ""
    is_update: bool = False


def may_recall(user: User, document: Document) -> bool:
    """Whether the person may take the document back now."""
    return document.direction == "outgoing" and document.status == "dispatched" and user.has("clerk") and bool(
        holders(document.id) or by_hand.having(document.id, is_recall=True))


def may_recall_copy(user: User, copy: CertifiedCopy) -> bool:
    """Whether the person may take back now what was sent of this copy; what it is a copy of may be taken back, too."""
    return user.has("clerk") and copy.status == certified_copy.MADE and bool(holders(copy.document_id, copy.id))


def holders(document_id: int, copy_id: int | None = None) -> list[Message]:
    """What went, or just goes again, to recipients that may have it; who refused it has nothing."""
    return [row for row in message.sent_for(document_id, copy_id) if not row.is_refused and row.status_code != "02"]


def ask(document_id: int, user: User, reason: str, at: datetime) -> None:
    """Take it back: frozen at once, each recipient asked by the next look. Raises NotFound, NotRecallable,
    ReasonNeeded, ReasonShort. Commits.
    """
    document = right.find(document_id, user, local_date(at))
    reason = need_reason(reason, SHORTEST_TOLD)
    instances.lock_of_document(document_id)
    db.session.refresh(document)
    if not may_recall(user, document):
        raise NotRecallable()
    document.status = FROZEN
    otherwise.end_waiting(document)  # no paper is waited for any more
    by_hand.ask(by_hand.having(document_id, is_recall=True), RECALL, at)
    _ask(document_id, None, f"Thu hồi văn bản đã phát hành: {reason}", reason, user, at)


def ask_copy(copy: CertifiedCopy, user: User, reason: str, at: datetime) -> None:
    """The same of a copy, that was read under the lock of its document: it stays made, and goes to nobody any more."""
    reason = need_reason(reason, SHORTEST_TOLD)
    if not may_recall_copy(user, copy):
        raise NotRecallable()
    copy.status, copy.ended_at, copy.ended_by_id, copy.end_reason = certified_copy.RECALLED, at, user.id, reason[:500]
    _ask(copy.document_id, copy.id, f"Thu hồi bản sao số {copy.reference}: {reason}", reason, user, at)


def _ask(document_id: int, copy_id: int | None, said: str, reason: str, user: User, at: datetime) -> None:
    agency_id = user.agency_id
    for row in holders(document_id, copy_id):
        db.session.add(Message(
            agency_id=agency_id, direction="out", kind="status", key=f"recall:{row.key}"[:300], at=at,
            document_id=document_id, certified_copy_id=copy_id, partner=row.partner, packet_id=row.packet_id,
            status_code=RECALL, description=reason[:500]))
    db.session.add(Opinion(agency_id=agency_id, document_id=document_id, user_id=user.id, kind="reason", at=at,
                           text=said))
    history.append(history.Act(agency_id=agency_id, subject=f"document:{document_id}", at=at,
                               actor_id=user.id, kind="recall_asked"),
                   input={"reason": reason} | ({"certified_copy": copy_id} if copy_id else {}),
                   changes=history.take_changes())
    db.session.commit()


def send_all(own: Agency, tools: Tools, clock: Callable[[], datetime]) -> int:
    """Send what was asked, recalls and updates, and did not go out; how many went. Commits each.

    The same key makes a resend the same. A recipient that the axis has locked is asked at the next look.
    `clock`: each sending is an act of its own time.
    """
    code, name, sent = own.code, own.name, 0
    ids = db.session.scalars(db.select(Message.id).where(message.ASKS, Message.axis_id == "").order_by(Message.id)
                             ).all()
    for message_id in ids:
        row = db.session.get_one(Message, message_id)
        partner, key, sha256, is_update = row.partner, row.key, row.sha256, row.kind == UPDATE
        data = b"" if is_update else _packet(code, name, row)
        db.session.rollback()
        words = ""
        try:
            if is_update:
                data = tools.blobs.read(sha256)
            axis_id = tools.axis.of(code).send_edoc(
                data, sender=code, to=[partner], message_type="edoc" if is_update else "status", key=key)
        except BlobMissing:
            axis_id, words = FAILED, "tệp đã gửi không còn trong kho tệp"
        except ExchangeRefused as refusal:
            axis_id, words = FAILED, str(refusal.facts["sentence"])
        except ExchangeAway as away:
            if away.facts.get("code") != LOCKED:
                raise
            continue
        _keep(message_id, axis_id, sha256 or tools.blobs.put(data), words, clock())
        sent += axis_id != FAILED
    return sent


def _packet(code: str, name: str, row: Message) -> bytes:
    """Made of what is kept only, so that it is the same at each try."""
    if row.certified_copy_id:
        copy = certified_copy.get(row.certified_copy_id)
        reference, day = copy.reference, local_date(copy.made_at) if copy.made_at else None
    else:
        document = db.session.get_one(Document, row.document_id)
        reference, day = document.reference, document.issued_date
    return edxml.build_status({
        "from_": {"organ_id": code, "organ_name": name},
        "response_for": [{"organ_id": row.partner, "code": reference, "document_id": row.packet_id,
                          "promulgation_date": day.isoformat() if day else None}],
        "staff": {"department": "Văn thư", "staff": "Hệ thống"}, "status_code": RECALL,
        "description": row.description, "timestamp": row.at.astimezone(ZONE).isoformat()})


def _keep(message_id: int, axis_id: str, sha256: str, words: str, at: datetime) -> None:
    row = db.session.get_one(Message, message_id)
    instances.lock_of_document(row.document_id or 0)
    db.session.refresh(row, with_for_update=True)
    if row.axis_id:  # another worker was first; the axis knows it once
        db.session.rollback()
        return
    row.sha256 = sha256
    message.told(row, axis_id, words, at)


def states(document_id: int, copy_id: int | None = None) -> list[Asked]:
    """What each recipient was asked and says, by partner, the oldest first; the newest word counts."""
    asked, found = message.asked_of(document_id, copy_id), []
    told = _answers(document_id, copy_id, asked) if asked else []
    for row in asked:
        answers = [one for one, _, said_to in told if said_to is row]
        state = {"": "unsent", FAILED: "failed"}.get(row.axis_id, "asked")
        answered = Asked(row.partner, state, row.at, row.description if state == "failed" else "", row.kind == UPDATE)
        if answers:
            last = answers[-1]
            answered = Asked(row.partner, "accepted" if last.status_code == "15" else "refused", last.at,
                             last.description, row.kind == UPDATE)
        found.append(answered)
    return sorted(found, key=lambda one: one.partner)


def _asked_as(asked: list[Message], answer: Message) -> str:
    """The code under which an organisation was asked that answers, perhaps, under another one of its own."""
    partners = {row.partner for row in asked}
    if answer.partner in partners:
        return answer.partner
    known = agencies.codes_of(answer.partner, local_date(answer.at))
    return next((code for code in known if code in partners), answer.partner)


def replaced_at(document_id: int, copy_id: int | None = None) -> datetime | None:
    """When what replaces a document, or this copy of it, went out; None: nothing does."""
    if copy_id:
        return db.session.scalar(db.select(db.func.min(Message.at)).join(
            CertifiedCopy, CertifiedCopy.id == Message.certified_copy_id).where(
            CertifiedCopy.replaces_id == copy_id, Message.direction == "out"))
    return db.session.scalar(db.select(db.func.min(Document.closed_at)).where(
        Document.replaces_id == document_id, Document.status.in_(OUT)))


def about(asked: Iterable[Message], replaced: datetime | None, partner: str, words: str, at: datetime
          ) -> tuple[str, Message | None]:
    """What a recipient's 15 or 16 is about, of ABOUT, and what asked it: what its words name, else what came last.

    "": it answers what nobody asked. `replaced`: of `replaced_at`, when every recipient was asked to put up with it.
    """
    named = named_in(words)
    before = [row for row in asked if row.partner == partner and row.at <= at and named in ("", kind_of(row))]
    last = before[-1] if before else None
    if replaced and replaced <= at and named in ("", REPLACED) and (last is None or last.at < replaced):
        return REPLACED, None
    return (kind_of(last), last) if last else ("", None)


def kind_of(asked: Message) -> str:
    """What one of `message.asked_of` asks for, of ABOUT."""
    return UPDATE if asked.kind == UPDATE else GIVEN_BACK


def named_in(words: str) -> str:
    """What the words of an answer name, of ABOUT; "": nothing."""
    return next((what for what, ours in _OURS.items() if ours.match(words.casefold())), "")


def pattern_of(*about: str) -> str:
    """How words begin, case aside, that name one of these of ABOUT."""
    return "^" + _ANSWER.format("|".join(ABOUT[what] for what in about))


def told_about(document_id: int, copy_id: int | None = None) -> dict[int, str]:
    """{id of a status that came: its code, of a 15 or 16 with what it is about where that is known, as "15 recall"}."""
    about = {one.id: what for one, what, _ in _answers(document_id, copy_id, message.asked_of(document_id, copy_id))}
    return {one.id: f"{one.status_code} {about.get(one.id, '')}".strip()
            for one in message.statuses_of(document_id, copy_id) if one.direction == "in"}


def _answers(document_id: int, copy_id: int | None, asked: list[Message]) -> list[tuple[Message, str, Message | None]]:
    """Each 15 and 16 that came, oldest first, with what it is about."""
    replaced = replaced_at(document_id, copy_id)
    return [(one, *about(asked, replaced, _asked_as(asked, one), one.description, one.at))
            for one in message.statuses_of(document_id, copy_id)
            if one.direction == "in" and one.status_code in ANSWERS]
