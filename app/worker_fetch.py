"""The look into the exchange: packets stored raw, read, kept or refused with a sentence, their senders told.

The job `fetch` of worker.py: QĐ 28/2018 Đ6, 8, 9. What a packet does to a document is regulation/incoming's.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from app.db import db, tenancy
from app.records import agency as agencies
from app.records import attachment, message, poll
from app.records.calendar import local_date
from app.records.document import Document
from app.regulation.incoming import receive, sender_answer, sender_asked, status
from app.regulation.incoming.status import about_packet, arrived_packet
from app.regulation.outgoing import not_taken, recall, receipt, resend
from app.tools import Tools, edxml
from app.tools.exchange import Axis, ExchangeAway, ExchangeDown, ExchangeRefused, LookOver, within

log = logging.getLogger(__name__)

#: days of the exchange's list that a fetch looks back over
FETCH_DAYS = 30
#: longest look, seconds: what is left then is taken at the next one
LOOK_SECONDS = 120
UNREADABLE = "Phần mềm không đọc được gói tin sau nhiều lần thử; đề nghị gửi lại gói tin khác."
#: one of many: its failure does not stop the others (worker.py)
Apart = Callable[[str], AbstractContextManager[None]]
#: deletes a blob of an agency that nothing names any more
Forget = Callable[[int, str], None]


def _now() -> datetime:
    return datetime.now(UTC)


def _today() -> date:
    return local_date(_now())


def fetch(agency_id: int, tools: Tools, forget: Forget, apart: Apart) -> None:
    """Take what the exchange holds for an agency: documents, then statuses, then what nobody could take of ours.

    Then what senders asked for is brought on. An axis that is away is not asked again before its pause is over.
    """
    began = _now()
    with _as_owner():
        if not poll.claim(agency_id, poll.EXCHANGE, began):
            return
    try:
        with within(LOOK_SECONDS):
            _look(agency_id, tools, forget, apart)
    except LookOver:
        log.info("agency %s: the rest is taken at the next look", agency_id)
    except ExchangeAway as away:
        db.session.rollback()
        log.warning("the axis is away for agency %s: %s", agency_id, away)
        words = str(away.facts.get("sentence") or "")
        with _as_owner():
            if isinstance(away, ExchangeDown):
                poll.down(agency_id, poll.EXCHANGE, words, began, _now())
                return
            poll.answered(poll.EXCHANGE)
        poll.missed(agency_id, poll.EXCHANGE, words, _now())
        return
    db.session.rollback()
    poll.reached(agency_id, poll.EXCHANGE, _now())
    with _as_owner():
        poll.answered(poll.EXCHANGE)


@contextmanager
def _as_owner() -> Iterator[None]:
    """How the axis is concerns all agencies."""
    db.session.rollback()
    with tenancy.as_owner():
        yield
        db.session.rollback()


def _look(agency_id: int, tools: Tools, forget: Forget, apart: Apart) -> None:
    own_code, today = db.session.get_one(agencies.Agency, agency_id).code, _now().date()
    axis = tools.axis.of(own_code)
    days = (today - timedelta(days=FETCH_DAYS)).isoformat(), (today + timedelta(days=1)).isoformat()
    for code in _boxes(own_code, tools):
        box = tools.axis.of(code)
        for message_type in ("edoc", "status"):
            db.session.rollback()
            for item in box.received(code, message_type, *days):
                if item["status"] in ("INITIAL", "PROCESSING"):
                    with apart(f"packet {item['doc_id']} for {code}"):
                        take(db.session.get_one(agencies.Agency, agency_id), box, item, tools, forget)
    db.session.rollback()
    if not_taken.is_unheard(_now() - timedelta(days=FETCH_DAYS)):
        db.session.rollback()
        sent = axis.sent("edoc", *days)
        with apart(f"what {own_code} sent"):
            not_taken.keep_failures(db.session.get_one(agencies.Agency, agency_id), sent, _now())
    with apart(f"requests of senders to {own_code}"):
        sender_asked.again(db.session.get_one(agencies.Agency, agency_id), _now())
    with apart(f"what senders are to be told by {own_code}"):
        status.send_all(db.session.get_one(agencies.Agency, agency_id), tools, _now)
    with apart(f"what {own_code} sends again"):
        resend.send_all(db.session.get_one(agencies.Agency, agency_id), tools, _now)
    with apart(f"recalls of {own_code}"):
        recall.send_all(db.session.get_one(agencies.Agency, agency_id), tools, _now)
    with apart(f"answers of {own_code}"):
        sender_answer.answer_all(db.session.get_one(agencies.Agency, agency_id), tools, _now())


def _boxes(own_code: str, tools: Tools) -> list[str]:
    """Codes for which the axis holds packets of ours: our own, and old ones for which we still have the secret."""
    codes = agencies.codes_of(own_code, _today())
    return [own_code, *(code for code in codes if code != own_code and code in tools.axis.secrets)]


def take(own: agencies.Agency, axis: Axis, item: dict[str, Any], tools: Tools, forget: Forget) -> None:
    """One packet: DONE at the axis only after the commit, FAIL with the reason when it is not taken in.

    Each try is on record before it begins; one that fails each time is refused, so that it is seen.
    """
    axis_id, own_id = item["doc_id"], own.id
    tries = poll.begin(own_id, poll.EXCHANGE, axis_id, _now())
    try:
        if tries > poll.MOST_TRIES:
            refused = _give_up(own, item)
        else:
            refused = _keep(own, axis, item, tools, forget)
        axis.update_status(axis_id, "FAIL" if refused else "DONE", refused)
    except ExchangeAway:  # not the packet's fault
        db.session.rollback()
        poll.done(poll.EXCHANGE, axis_id)
        raise
    poll.done(poll.EXCHANGE, axis_id)


def _give_up(own: agencies.Agency, item: dict[str, Any]) -> str:
    """A packet that failed at each try: on record as refused, unless it had been kept before it failed."""
    before = message.known("in", item["doc_id"])
    if before is not None:
        return before.description if before.status_code == receive.REFUSED else ""
    return receive.refuse(own, UNREADABLE, partner=item["from"], axis_id=item["doc_id"], sha256="", at=_now())


def _keep(own: agencies.Agency, axis: Axis, item: dict[str, Any], tools: Tools, forget: Forget) -> str:
    """Store a packet raw, read it, keep what it says; gives the sentence of a refusal, which is on record too."""
    axis_id = item["doc_id"]
    before = message.known("in", axis_id)
    if before is not None and before.status_code == receive.REFUSED:
        return before.description
    data = axis.get(axis_id)
    packet, refused = _read(own, data, item)
    if packet is not None and _is_barred(own, tools.axis.of(own.code), packet, data, axis_id):
        return ""  # Art. 3.2: looked for before anything is stored
    sha256 = attachment.store(tools.blobs, data)
    refuse = partial(receive.refuse, own, partner=item["from"], axis_id=axis_id, sha256=sha256, at=_now())
    if packet is None:
        return refuse(refused)
    if sender_asked.is_request(packet):
        if sender_asked.keep(own, packet, axis_id=axis_id, sha256=sha256, at=_now()):
            forget(own.id, sha256)
        return ""
    if packet.kind == "status":
        receipt.keep_status(own, packet, axis_id=axis_id, sha256=sha256, at=_now())
        return ""
    document = db.session.get(Document, before.document_id) if before else receive.known(packet, _now())
    if document is not None and document.status == "discarded":  # Art. 3.2: sent again, it is not kept again
        forget(own.id, sha256)
        return ""
    if document is not None and before is None and not receive.came_as(document, sha256):
        return refuse(receive.OTHER_CONTENT, document=document)
    if document is not None and before is None:
        receive.sent_again(own, document, partner=item["from"], axis_id=axis_id, sha256=sha256, at=_now())
    if document is None:
        judged = edxml.judged_files(packet)
        files = [{"name": one.file.name, "media_type": one.media_type, "size_bytes": len(one.file.data),
                  "sha256": attachment.store(tools.blobs, one.file.data)} for one in judged]
        packet = replace(packet, warnings=(*packet.warnings, *(one.warning for one in judged if one.warning)))
        document = receive.arrive(own, packet, files, axis_id=axis_id, sha256=sha256, at=_now())
    _tell_arrived(own, tools.axis.of(own.code), packet, document.created_at)
    return ""


def _read(own: agencies.Agency, data: bytes, item: dict[str, Any]) -> tuple[edxml.Packet | None, str]:
    """The packet, or the sentence of why it is refused."""
    try:
        packet = edxml.read(data, own_codes=agencies.codes_of(own.code, _today()))
        edxml.require_sender(packet, agencies.codes_of(item["from"], _today()) if item["from"] else [])
    except edxml.PacketRefused as refusal:
        log.warning("packet %s for %s refused: %s", item["doc_id"], own.code, refusal)
        return None, str(refusal.facts["sentence"])
    if packet.kind == "document" and not sender_asked.is_request(packet):
        packet = replace(packet, document_id=edxml.document_key(packet))  # two letters without one are two
    return packet, ""


def _is_barred(own: agencies.Agency, axis: Axis, packet: edxml.Packet, data: bytes, axis_id: str) -> bool:
    """Art. 3.2: whether it must not be entered; then only the fact is on record, and the sender is told why.

    A document is refused with 02; what asks for something about one that came before, with 16.
    """
    before = message.known("in", axis_id)
    if before is None and (refusal := receive.barred(own, packet, data, _now())):
        before = receive.bar(own, packet, refusal, axis_id=axis_id, at=_now())
    if before is None or before.status_code != receive.BARRED or before.kind != "document":
        return False
    if sender_asked.is_request(packet):
        about = about_packet(own, sender_asked.subject_of(packet), "16", before.description, before.at)
    else:
        about = arrived_packet(own, packet, before.at) | {
            "status_code": receive.BARRED, "description": before.description}
    _tell(own, axis, packet, about, f"barred:{own.code}:{axis_id}")
    return True


def _tell_arrived(own: agencies.Agency, axis: Axis, packet: edxml.Packet, at: datetime) -> None:
    """Status 01."""
    _tell(own, axis, packet, arrived_packet(own, packet, at), f"arrived:{own.code}:{packet.document_id}")


def _tell(own: agencies.Agency, axis: Axis, packet: edxml.Packet, about: dict[str, Any], key: str) -> None:
    """Told again after a crash it is the same message. A refusal would stay one: the packet is dealt with."""
    sender = packet.from_["organ_id"]
    try:
        axis.send_edoc(edxml.build_status(about), sender=own.code, to=[sender], message_type="status", key=key)
    except ExchangeRefused as refusal:  # 40: it was told before, in other words
        if refusal.facts.get("code") != "40":
            log.error("%s cannot be told what became of its packet: %s", sender, refusal)
