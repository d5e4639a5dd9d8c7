"""Art. 6.3: a sender asks to have a document back, changed or replaced (QĐ 28/2018 Đ8; NĐ 30/2020 Đ18): kept as a row
at once, tied to the document it is about, said there.

What it does to the document is sender_request.py's, after a clerk's word.
"""

from datetime import date, datetime
from typing import Any

from app.db import db, queue
from app.engine import instance as instances
from app.records import agency as agencies
from app.records import attachment, history, message
from app.records import sender_request as requests
from app.records.agency import Agency
from app.records.calendar import local_date
from app.records.document import GONE, Document, Opinion
from app.records.message import Message
from app.records.sender_request import ASKED, OPEN, RECALL, REPLACE, UPDATE, SenderRequest
from app.tools import edxml

#: what an update may change: column of Document -> value of a packet
_STATED = {
    "organ_name": lambda p: p.from_.get("organ_name") or "", "code_number": lambda p: p.code_number,
    "code_notation": lambda p: p.code_notation, "issued_date": lambda p: p.promulgation_date or None,
    "type_name": lambda p: p.type_name, "subject": lambda p: p.subject,
    "signer_name": lambda p: p.signer.get("full_name") or "",
    "signer_position": lambda p: p.signer.get("position") or "",
    "signer_competence": lambda p: p.signer.get("competence") or "",
    "priority": lambda p: None if p.priority is None else min(p.priority, 3), "due_date": lambda p: p.due_date or None,
    "page_amount": lambda p: p.page_amount,
}
#: in what waits for its document: hashes of the files that came with it
_FILES = "files"
#: states of a document of which nothing is here any more
_EMPTIED = ("recalled", "discarded")
#: the label of an act, which stays for good: the sender's own words are beside it, where they can be removed (Art. 3.2)
ASKS_FOR = "Nơi gửi yêu cầu {what} văn bản"
_WORDS = {RECALL: "thu hồi", UPDATE: "cập nhật", REPLACE: "thay thế"}
_KINDS = {edxml.RECALL: RECALL, edxml.UPDATE: UPDATE}
OTHER_FILES = ("Gói tin cập nhật kèm tệp khác với tệp đã nhận. Nội dung văn bản đã ban hành không sửa bằng gói cập nhật"
               " (NĐ 30/2020 Điều 18.3): tệp đã nhận được giữ nguyên.")
RECEIVERS = "Nơi gửi báo danh sách nơi nhận thay đổi; cơ quan này {what} trong danh sách gửi kèm."

SEVERAL = ("Nơi gửi chỉ nêu số, ký hiệu, ngày của văn bản; cơ quan đang xử lý {count} văn bản như vậy. Đối chiếu rồi "
           "chỉ đồng ý ở văn bản đúng, từ chối ở văn bản kia.")
NOT_HERE = ("Thay thế văn bản {what}: cơ quan này chưa nhận văn bản đó. Nếu văn bản đó đến sau, hệ thống gắn hai văn "
            "bản với nhau và văn thư quyết định.")
OVERTAKEN = ("Nơi gửi đã gửi văn bản thay thế văn bản này trước khi văn bản đến: {new}. Văn thư được hỏi khi văn bản "
             "thay thế đã vào sổ.")
CAME_LATER = "Văn bản được thay thế đã đến: {old}."


def is_request(packet: edxml.Packet) -> bool:
    """Whether a packet asks for something about a document that came before: 13, recall or update."""
    return packet.status_code == "13" or packet.business.get("doc_type") in _KINDS


def subject_of(packet: edxml.Packet) -> dict[str, Any]:
    """Which document a request is about, as the sender is answered: {"organ_id", "code", "document_id", ...}."""
    told, _ = _told(packet, _kind(packet))
    return {"organ_id": packet.from_["organ_id"], "code": told["reference"] or None, "document_id": told["packet_id"],
            "promulgation_date": told["issued_date"] or None}


def keep(own: Agency, packet: edxml.Packet, *, axis_id: str, sha256: str, at: datetime) -> bool:
    """Keep a request for recall (also status 13) or update, and tell the document's instance. Commits.

    One that overtook its document waits for it; asked for twice (13 and a packet, QĐ 28/2018 Đ8), it is one; one that
    may mean several documents stands at each, and the clerk decides there.
    Returns whether the packet must go, as its document has gone: of the request only what was asked is kept.
    """
    if (before := message.known("in", axis_id)) is not None:
        return not before.sha256
    kind, partner = _kind(packet), packet.from_["organ_id"][:35]
    asked, is_named = _told(packet, kind)
    documents, told_id = _meant(partner, asked, is_named, at), asked.pop("packet_id")
    for one in sorted(documents, key=lambda one: one.id):
        instances.lock_of_document(one.id)
        db.session.refresh(one)
    document = documents[0] if documents else None
    is_gone = document is not None and document.status in _EMPTIED
    sha256, words = "" if is_gone else sha256, asked["reason"] or _WORDS[kind]
    if is_gone and document.status == "discarded":  # no word about it either (Art. 3.2)
        asked["reason"] = words = ""
    packet_row = Message(
        agency_id=own.id, direction="in", kind=packet.kind, key=axis_id, partner=partner,
        packet_id=document.packet_id or "" if document else told_id, document_id=document.id if document else None,
        sha256=sha256, status_code=packet.status_code, description=words, axis_id=axis_id, at=at)
    db.session.add(packet_row)
    stated = _asked_changes(own, packet) if kind == UPDATE and not is_gone else ([], [])
    notes = [*stated[1], *([SEVERAL.format(count=len(documents))] if len(documents) > 1 else [])]
    for number, one in enumerate(documents or [None]):
        _ask(own, one, packet_row, SenderRequest(
            agency_id=own.id, key=f"{axis_id}:{number}" if number else axis_id, kind=kind, partner=partner,
            packet_id=one.packet_id or "" if one else told_id, asked_at=at, changes=stated[0], notes=notes, **asked))
    db.session.commit()
    return is_gone


def _ask(own: Agency, document: Document | None, packet_row: Message, row: SenderRequest) -> None:
    """One request about one document, or about none that is here."""
    before = requests.about(_codes(row.partner, row.asked_at), [row.packet_id])
    if row.kind == RECALL and any(one.kind == RECALL and one.answered_at is None for one in before):
        _tell(own, document, packet_row, "Nơi gửi nhắc lại yêu cầu thu hồi")
        return
    if document is not None:
        row.document_id = document.id
        row.changes, row.notes = _compared(document, row.changes, row.notes)
    db.session.add(row)
    if document is None:
        message.tell_apart(packet_row, f"Nơi gửi yêu cầu {_WORDS[row.kind]} văn bản chưa đến")
        return
    _note(own, document, row, packet_row.sha256, row.asked_at)


def _kind(packet: edxml.Packet) -> str:
    return RECALL if packet.kind == "status" else _KINDS[packet.business["doc_type"]]


def _codes(partner: str, at: datetime) -> list[str]:
    return agencies.codes_of(partner, local_date(at))


def _meant(partner: str, asked: dict[str, str], is_named: bool, at: datetime) -> list[Document]:
    """The documents that a request may mean: the one that it names, else those with this number, notation and date.

    Of several the ones that are worked on; where none is, the newest.
    """
    found = named(partner, asked["packet_id"], at)
    number, _, notation = (part.strip() for part in asked["reference"].partition("/"))
    if found is not None or is_named or not (number and notation):
        return [found] if found else []
    day = [db.or_(Document.issued_date.is_(None), Document.issued_date == date.fromisoformat(asked["issued_date"]))
           ] if asked["issued_date"] else []
    rows = list(db.session.scalars(db.select(Document).where(
        Document.direction == "incoming", Document.organ_id.in_(_codes(partner, at)),
        db.func.ltrim(Document.code_number, "0") == number.lstrip("0"),
        db.func.lower(Document.code_notation) == db.func.lower(notation), *day).order_by(Document.id.desc())))
    under_way = [one for one in rows if (run := instances.of_document(one.id)) and run.status in instances.OPEN]
    return under_way or rows[:1]


def named(partner: str, packet_id: str, at: datetime) -> Document | None:
    """The newest incoming document of this sender, by whatever code of its, and identifier."""
    return db.session.scalar(db.select(Document).where(
        Document.packet_id == packet_id, Document.direction == "incoming",
        Document.organ_id.in_(_codes(partner, at)))
        .order_by(Document.id.desc()).limit(1)) if packet_id else None


def replaces(own: Agency, packet: edxml.Packet, document: Document, axis_id: str, at: datetime) -> None:
    """A packet that replaces others becomes a document: one request each; not committed.

    The replaced instances are told by `again`, each under its own lock, once this document is registered: what is
    returned or kept out replaces nothing (sender_answer.py). What has not come is tied when it does (`overtaken`).
    """
    if packet.business.get("doc_type") != edxml.REPLACE:
        return
    for number, one in enumerate(packet.business.get("replacement") or []):
        packet_id = one["document_id"][:255]
        old = named(document.organ_id, packet_id, at)
        if old is None or old.id == document.id:
            db.session.add(Opinion(agency_id=document.agency_id, document_id=document.id, kind="warning", at=at,
                                   text=NOT_HERE.format(what=packet_id)))
            old = None
        db.session.add(SenderRequest(
            agency_id=own.id, key=f"{axis_id}:{number}", kind=REPLACE, partner=document.organ_id,
            packet_id=packet_id, document_id=old.id if old else None, replacement_id=document.id, asked_at=at,
            reason=(packet.business.get("reason") or "")[:500]))


def again(own: Agency, at: datetime) -> None:
    """Bring on what waits: say at a document what is registered in its place, wake who sleeps. Commits each."""
    for row in requests.unanswered():
        if row.status != ASKED or row.document_id is None:
            continue
        instance = instances.lock_of_document(row.document_id)
        db.session.refresh(row)
        if row.waits:
            db.session.rollback()
            continue
        if row.kind == REPLACE and not row.notes:
            row.notes = [f"Văn bản thay thế: {_letter(row.replacement)}"]
            _note(own, row.document, row, "", at)
        elif instance is not None and not _is_on_its_way(row.document_id, instance.id):
            wake(row)
        db.session.commit()


def overtaken(document: Document, at: datetime) -> None:
    """Requests that came before their document: from now on they are about it. Not committed; `again` wakes it."""
    codes = _codes(document.organ_id, at)
    day = document.issued_date.isoformat() if document.issued_date else ""
    by_reference = [edxml.document_id(code, when, document.code_number, document.code_notation)
                    for code in codes for when in {day, ""}]
    for row in requests.about(codes, [*filter(None, [document.packet_id]), *by_reference]):
        if row.document_id is not None or row.replacement_id == document.id:
            continue
        row.document_id = document.id
        if row.replacement is not None:
            _met(document, row.replacement, at)
            continue
        row.changes, row.notes = _compared(document, row.changes, row.notes)
        text = f"Nơi gửi đã yêu cầu {_WORDS[row.kind]} văn bản này trước khi văn bản đến: {row.reason or '-'}"
        if row.answered_at is not None:
            text += f" (đã trả lời từ chối ngày {_shown(local_date(row.answered_at))})"
        text = "\n".join([text, *row.notes])
        db.session.add(Opinion(agency_id=document.agency_id, document_id=document.id, kind="request", text=text, at=at))


def _met(document: Document, new: Document, at: datetime) -> None:
    """What was replaced before it came is here: said at both, but where what is to replace it is not here any more."""
    if new.status in GONE:
        return
    for one, words in ((document, OVERTAKEN.format(new=_letter(new))), (new, CAME_LATER.format(old=_letter(document)))):
        db.session.add(Opinion(agency_id=one.agency_id, document_id=one.id, kind="request", text=words, at=at))


def _is_on_its_way(document_id: int, instance_id: int) -> bool:
    """Whether somebody decides about the document already, or a job brings the instance a message."""
    return any(other.status == OPEN for other in requests.of_document(document_id)) or not queue.without_job(
        db.session, "deliver", "instance_id", [instance_id])


def wake(row: SenderRequest) -> None:
    """Let the instance of its document look for the request, if its diagram shows that and it has not ended."""
    instance = instances.of_document(row.document_id) if row.document_id else None
    if instance is None or instance.status not in instances.OPEN:
        return
    if any(element.message == "request" for element in instance.bundle.compiled.elements.values()):
        queue.defer(db.session, "deliver", {"agency_id": row.agency_id, "instance_id": instance.id,
                                            "message": "request", "payload": {}}, lock=f"instance:{instance.id}")


def _told(packet: edxml.Packet, kind: str) -> tuple[dict[str, str], bool]:
    """What a request says: about which document, why; and whether it names the document by its identifier.

    Else it is known by the one that its sender, number, notation and date make (edXML section 5).
    """
    about = packet.response_for[0] if packet.response_for else {}
    if packet.kind == "status":
        names, own_id, reason = about.get("document_id"), "", packet.description
        reference, day = about.get("code"), about.get("promulgation_date")
    else:
        names, own_id = packet.business.get("document_id") or about.get("document_id"), packet.document_id
        reference = about.get("code") or f"{packet.code_number}/{packet.code_notation}"
        day, reason = about.get("promulgation_date") or packet.promulgation_date, packet.business.get("reason")
    reference, day = reference or "", day or ""
    number, _, notation = (part.strip() for part in reference.partition("/"))
    made = edxml.document_id(packet.from_["organ_id"], day, number, notation)
    return {"packet_id": (names or own_id or made)[:255], "reference": reference[:42], "issued_date": day[:10],
            "reason": (reason or "")[:500]}, bool(names)


def _asked_changes(own: Agency, packet: edxml.Packet) -> tuple[list[list[Any]], list[str]]:
    """What an update states, field by field, as changes of a document not known yet, and what else it says."""
    business, changes, notes = packet.business, [], []
    if business.get("document_info") or not business.get("document_receiver"):
        for name, value_of in _STATED.items():
            after = value_of(packet)
            length = getattr(getattr(Document, name).type, "length", None)
            after = after[:length] if isinstance(after, str) and length else after
            if after not in ("", None):
                changes.append([name, None, after])
    if business.get("document_receiver"):
        is_listed = any(edxml.same_id(one["organ_id"], own.code) for one in business.get("receivers") or [])
        notes.append(RECEIVERS.format(what="có" if is_listed else "không có"))
    if packet.files:
        changes.append([_FILES, None, sorted({file.sha256 for file in packet.files})])
    return changes, notes


def _compared(document: Document, stated: list[list[Any]], notes: list[str]) -> tuple[list[list[Any]], list[str]]:
    """What of that differs from the document, beside what it says now; other files are only told of."""
    changes = [[name, before, after] for name, _, after in stated if name != _FILES
               and (before := _plain(getattr(document, name))) != after]
    held = sorted({file.sha256 for file in attachment.of(document.id) if file.kind == "original"})
    is_other = any(name == _FILES and after != held for name, _, after in stated)
    return changes, [*notes, *([OTHER_FILES] if is_other else [])]


def _note(own: Agency, document: Document, row: SenderRequest, sha256: str, at: datetime) -> None:
    """Say it at the document, write it into its history, wake its instance; under the instance's lock."""
    asked = ASKS_FOR.format(what=_WORDS[row.kind])
    text = "\n".join([f"{asked}: {row.reason or 'không nêu lý do'}", *row.notes])
    db.session.add(Opinion(agency_id=own.id, document_id=document.id, kind="request", text=text, at=at))
    history.append(history.Act(agency_id=own.id, subject=f"document:{document.id}", at=at, kind="message_received",
                               element="request", label=asked),
                   input={"sha256": sha256, "kind": row.kind}, changes=history.take_changes())
    wake(row)


def _tell(own: Agency, document: Document | None, packet_row: Message, words: str) -> None:
    """Write a packet that changes nothing into the chain of its document, or its own."""
    if document is None:
        message.tell_apart(packet_row, words)
        return
    history.append(history.Act(agency_id=own.id, subject=f"document:{document.id}", at=packet_row.at,
                               kind="message_received", element="request", label=words[:200]),
                   input={"sha256": packet_row.sha256}, changes=history.take_changes())


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _shown(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else "-"


def _letter(document: Document) -> str:
    return f"{document.reference} ngày {_shown(document.issued_date)}"
