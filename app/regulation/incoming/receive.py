"""A document arrives (Art. 6.2.a on paper, 6.3 by the exchange): record, files, and the instance that follows.

What makes a document electronic is its file, not the way it came: one that bears a digital signature is judged (Art.
3.3), also when a clerk has uploaded it. Reading a packet is tools/edxml.py's; moving on is the diagram's.
"""

import hashlib
import uuid
from datetime import date, datetime
from typing import Any

from app.db import db
from app.engine import act as acts
from app.engine import instance as instances
from app.engine.form import FormInvalid
from app.engine.form_need import Need, need
from app.engine.instance import Instance
from app.engine.obligation import oblige
from app.engine.step import Act, step, taken
from app.engine.template import begins, offer
from app.records import agency as agencies
from app.records import attachment, deadline, history, message
from app.records import barred as records_barred
from app.records.agency import Agency
from app.records.attachment import Upload
from app.records.calendar import local_date
from app.records.document import Document, Opinion
from app.records.intake import IntakePile
from app.records.message import Message
from app.records.people import User
from app.regulation.barred_text import NotToBeEntered
from app.regulation.incoming import keep_out, sender_asked, tie
from app.tools import edxml

oblige("receive", "Art. 6.1", sets="receive", direction="incoming")
oblige("task:receive_paper", "Art. 6.2.a", sets="admitted", when={"channel": "paper"}, roles=("clerk",),
       only={"channel": "paper"}, direction="incoming")
offer("task:receive_paper", "Quét văn bản giấy", roles=("clerk",))
need("receive_paper", "Điều 6.2.a", scan=Need("file", is_required=True), note=Need("text"))
offer("receive", "Tiếp nhận văn bản đến", gives={"register_due_at": ("2026-01-05T17:00:00+07:00",)})
begins("incoming", "Xử lý văn bản đến",
       gives={"channel": ("paper", "exchange", "mail", "upload"), "clerk_id": (1,), "document_id": (1,)})

#: status_code of a received packet that was refused and told FAIL at the axis; of one that Art. 3.2 keeps out
REFUSED, BARRED = "FAIL", "02"
_ELSEWHERE = "Đề nghị gửi bằng đường khác theo quy định; nếu không thuộc trường hợp này, đề nghị liên hệ văn thư."
#: what the sender is told with 02, by code of the refusal
BARRED_WORDS = {
    "barred_secrecy": f"Từ chối: văn bản có dấu chỉ độ mật, không gửi được qua trục (Điều 3.2). {_ELSEWHERE}",
    "barred_secrecy_within":
        f"Từ chối: văn bản có trang mang dấu chỉ độ mật, không gửi được qua trục (Điều 3.2). {_ELSEWHERE}",
    "barred_petition":
        f"Từ chối: đơn thư tranh chấp, khiếu nại, tố cáo không được cập nhật vào phần mềm (Điều 3.2). {_ELSEWHERE}",
    "barred_listed": f"Từ chối: loại văn bản này không được cập nhật vào phần mềm của cơ quan (Điều 3.2). {_ELSEWHERE}",
}
REQUEST_BARRED = " Yêu cầu chưa được thực hiện: đề nghị gửi lại yêu cầu không kèm tệp, không nêu nội dung đó."
SENT_AGAIN = "Nơi gửi gửi lại chính gói tin này một lần nữa; văn bản không vào sổ lần thứ hai."
SIGNED = ("Tệp này có chữ ký số nên là văn bản điện tử, không phải bản quét: hãy tải lên ở trang Tiếp nhận văn bản để "
          "được kiểm tra chữ ký (Điều 3.3).")
HELD_PAPER = "Tệp không phải bản quét, không có chữ ký số; văn thư xác nhận có bản giấy đã ký, đóng dấu."
OTHER_CONTENT = "Mã định danh văn bản đã được dùng cho một gói tin khác nội dung; gói tin này không được tiếp nhận."
OLD_SENDER = "Nơi gửi dùng mã cũ {old}; danh bạ ghi mã này nay là của {name} ({new})."
OLD_ADDRESS = "Gói tin gửi tới mã cũ {old} của cơ quan; mã hiện nay là {new}."


def take_in(user: User, upload: Upload, at: datetime, pile: IntakePile | None = None) -> acts.Outcome:
    """A clerk takes in a file: an electronic document, or a scan of a paper, handed to the first task of its instance.

    A scan takes two acts: should the second be lost, the task waits in the clerk's inbox. The same upload handed in
    again is the same document; so is the same pile, which learns of its document in the first act. Commits.
    """
    seed = uuid.uuid5(uuid.NAMESPACE_OID, f"pile:{pile.id}" if pile else f"upload:{upload.id}")
    if upload.is_signed or (pile is not None and pile.has_paper is False):
        instance = _bring(user, upload, at, seed, pile)
    else:
        instance = begin(user, at, seed, pile)
        tie.hand_scan(instance, user, upload, at, note_on(pile))
    return acts.Outcome(instance.document_id, instance.id)


def note_on(pile: IntakePile | None) -> str:
    """What the history keeps of a file that is no scan and whose paper the clerk holds."""
    return HELD_PAPER if pile is not None and pile.has_paper else ""


def begin(user: User, at: datetime, seed: uuid.UUID, pile: IntakePile | None = None) -> Instance:
    """The instance of a paper document, at the task that waits for its scan; the same seed, the same one. Commits."""
    return acts.start("incoming", _document(user, "paper", at, pile), actor=user, at=at, seed=seed,
                      data={"channel": "paper", "clerk_id": user.id})


def _bring(user: User, upload: Upload, at: datetime, seed: uuid.UUID, pile: IntakePile | None) -> Instance:
    """Art. 3.3, 3.4, 6.3: what is signed, or has no paper, goes the way of electronic documents. Commits."""
    begun = db.session.scalar(db.select(Instance).where(Instance.seed == seed))
    if begun is not None:
        return begun
    document = _document(user, "upload", at, pile)
    db.session.add(document)
    db.session.flush()
    attachment.attach_upload(document, "original", upload.sha256, at, user.id)
    return acts.start("incoming", document, actor=user, at=at, seed=seed,
                      data={"channel": "upload", "clerk_id": user.id})


def _document(user: User, channel: str, at: datetime, pile: IntakePile | None) -> Document:
    document = Document(agency_id=user.agency_id, direction="incoming", channel=channel, status="arrived",
                        author_id=user.id, created_at=at)
    if pile is not None:
        pile.document = document
    return document


@taken("receive_paper")
def receive_paper(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """Art. 6.2.a: the scan becomes the document's file. A signed file is none: its signatures must be judged."""
    if attachment.uploaded(values["scan"], act.actor_id).is_signed:
        raise FormInvalid({"scan": [SIGNED]})
    attachment.attach_upload(act.document, "scan", values["scan"], act.at, act.actor_id)
    act.say("opinion", values.get("note"))
    return {}


@step
def receive(act: Act) -> dict[str, Any]:
    """Art. 6.1: the document has arrived; its time counts from now.

    Returns {"register_due_at"}: registered the same day, the next working day at the latest (NĐ 30/2020 Đ4.2.c).
    """
    act.document.status = "arrived"
    act.document.arrival_date = None
    return {"register_due_at": deadline.give(act.document, "verify", act.at)}


def arrive(agency: Agency, packet: edxml.Packet, files: list[dict[str, Any]], *, axis_id: str, sha256: str,
           at: datetime) -> Document:
    """Art. 6.3: a packet of the exchange becomes a document with its files and an instance. Commits.

    `files`: [{"name", "media_type", "sha256", "size_bytes"}], blobs on disk already; `sha256`: the raw packet's.
    """
    document = Document(
        agency_id=agency.id, direction="incoming", channel="exchange", status="arrived", created_at=at,
        packet_id=packet.document_id[:255], organ_id=packet.from_["organ_id"][:35],
        organ_name=(packet.from_.get("organ_name") or "")[:200], code_number=packet.code_number[:11],
        code_notation=packet.code_notation[:30], type_name=(packet.type_name or "")[:100],
        subject=packet.subject[:500], signer_name=(packet.signer.get("full_name") or "")[:50],
        signer_position=(packet.signer.get("position") or "")[:100],
        signer_competence=(packet.signer.get("competence") or "")[:100],
        priority=min(int(packet.priority or 0), 3), issued_date=_day(packet.promulgation_date),
        due_date=_day(packet.due_date), page_amount=packet.page_amount)
    db.session.add(document)
    db.session.flush()
    for file in files:
        attachment.attach(document, "original", file["name"], file["media_type"], file["sha256"],
                          file["size_bytes"], at)
    db.session.add(Message(agency_id=agency.id, direction="in", kind="document", key=axis_id,
                           document_id=document.id, partner=document.organ_id, packet_id=document.packet_id or "",
                           sha256=sha256, axis_id=axis_id, at=at))
    notes = [*(sentence for _, sentence in packet.warnings), *_old_codes(agency, packet, at)]
    if notes:
        words = "Gói tin liên thông có điểm cần xem: " + " ".join(notes)
        db.session.add(Opinion(agency_id=agency.id, document_id=document.id, kind="warning", text=words[:4000], at=at))
    sender_asked.replaces(agency, packet, document, axis_id, at)
    sender_asked.overtaken(document, at)
    acts.start("incoming", document, actor=None, at=at, data={"channel": "exchange"})
    return document


def _old_codes(own: Agency, packet: edxml.Packet, at: datetime) -> list[str]:
    """What is said of codes that were replaced: the sender's, and ours to which it was sent."""
    day, sender, found = local_date(at), packet.from_["organ_id"], []
    bearer = agencies.bearer(sender, day)
    if bearer is not None and bearer.code != sender:
        found.append(OLD_SENDER.format(old=sender, name=bearer.name, new=bearer.code))
    ours, to = agencies.codes_of(own.code, day), [one["organ_id"] for one in packet.to]
    found += [OLD_ADDRESS.format(old=code, new=own.code) for code in ours[1:] if code in to and own.code not in to]
    return found


def known(packet: edxml.Packet, at: datetime) -> Document | None:
    """The document of this sender and identifier, if it came before: sent twice, it is one (security.md S8).

    A sender that has another code by now is the same one.
    """
    return db.session.scalar(db.select(Document).where(
        Document.packet_id == packet.document_id,
        Document.organ_id.in_(agencies.codes_of(packet.from_["organ_id"], local_date(at))),
        Document.direction == "incoming", Document.status != "returned").limit(1))


def came_as(document: Document, sha256: str) -> bool:
    """Whether this very packet is one in which the document came."""
    return db.session.scalar(db.select(Message.id).where(
        Message.document_id == document.id, Message.direction == "in", Message.kind == "document",
        Message.sha256 == sha256, Message.status_code == "").limit(1)) is not None


def sent_again(own: Agency, document: Document, *, partner: str, axis_id: str, sha256: str, at: datetime) -> None:
    """The same packet under another name of the axis: it stays one document, and the clerk is told. Commits."""
    instances.lock_of_document(document.id)
    db.session.add(Message(agency_id=own.id, direction="in", kind="document", key=axis_id, document_id=document.id,
                           partner=partner[:35], packet_id=document.packet_id or "", sha256=sha256, axis_id=axis_id,
                           description=SENT_AGAIN, at=at))
    db.session.add(Opinion(agency_id=own.id, document_id=document.id, kind="warning", text=SENT_AGAIN, at=at))
    history.append(history.Act(agency_id=own.id, subject=f"document:{document.id}", at=at, kind="message_received",
                               label=SENT_AGAIN[:200]), input={"sha256": sha256}, changes=history.take_changes())
    db.session.commit()


def refuse(own: Agency, sentence: str, *, partner: str, axis_id: str, sha256: str, at: datetime,
           document: Document | None = None) -> str:
    """A packet is not taken in: it stays on record with the sentence, which is given back. Commits.

    `document`: the one whose identifier it bears with other content (security.md S8): its clerk is warned.
    """
    row = Message(
        agency_id=own.id, direction="in", kind="document", key=axis_id, partner=partner[:35], sha256=sha256,
        document_id=document.id if document else None, packet_id=document.packet_id or "" if document else "",
        status_code=REFUSED, description=sentence[:1000], axis_id=axis_id, at=at)
    db.session.add(row)
    if document is None:
        message.tell_apart(row, sentence)
    else:
        instances.lock_of_document(document.id)
        db.session.add(Opinion(agency_id=own.id, document_id=document.id, kind="warning", text=sentence, at=at))
        history.append(history.Act(agency_id=own.id, subject=f"document:{document.id}", at=at,
                                   kind="message_received", label=sentence[:200]),
                       input={"sha256": sha256}, changes=history.take_changes())
    db.session.commit()
    return sentence


def barred(own: Agency, packet: edxml.Packet, data: bytes, at: datetime) -> NotToBeEntered | None:
    """Art. 3.2: why a packet of the exchange must not be entered.

    A sender that sends it again, after the clerk has said that it was kept out by mistake, is let in.
    """
    is_looked_at = packet.kind == "document" or sender_asked.is_request(packet)
    found = keep_out.in_packet(packet, keep_out.rules(at)) if is_looked_at else None
    if found is None:
        return None
    sender = packet.from_["organ_id"]
    if records_barred.let_in(found.rule, hashlib.sha256(data).hexdigest(), at, partner=sender):
        return None
    return found.refusal()


def bar(own: Agency, packet: edxml.Packet, refusal: NotToBeEntered, *, axis_id: str, at: datetime) -> Message:
    """Art. 3.2: of a packet only that it came is kept, with its identifiers, which the sender is answered by. Commits.

    No hash: who has the packet's files could prove with it what the agency was sent. A request is not done.
    """
    is_request = sender_asked.is_request(packet)
    packet_id = sender_asked.subject_of(packet)["document_id"] if is_request else packet.document_id[:255]
    row = Message(agency_id=own.id, direction="in", kind="document", key=axis_id, axis_id=axis_id, at=at,
                  partner=packet.from_["organ_id"][:35], packet_id=packet_id, status_code=BARRED,
                  description=BARRED_WORDS[refusal.code] + (REQUEST_BARRED if is_request else ""))
    db.session.add(row)
    db.session.flush()
    keep_out.note(refusal, own.id, records_barred.EXCHANGE, at, partner=row.partner, subject=f"message:{row.id}")
    db.session.commit()
    return row


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
