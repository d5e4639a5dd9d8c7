"""One packet of the exchange taken in: stored raw, read, kept or refused with a sentence, its sender told.

Used by the job `fetch` of worker.py. Which packets are asked for, and what happens when one fails, is the job's.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from app.db import db
from app.records import agency as agencies
from app.records import message
from app.records.document import Document
from app.refusal import Refusal
from app.regulation.incoming import receive
from app.regulation.incoming.status import arrived_packet
from app.regulation.outgoing import receipt
from app.tools import Tools, edxml, media
from app.tools.exchange import Axis, ExchangeRefused

log = logging.getLogger(__name__)

#: deletes a blob of an agency that nothing names any more
Forget = Callable[[int, str], None]


def _now() -> datetime:
    return datetime.now(UTC)


def take(own: agencies.Agency, axis: Axis, item: dict[str, Any], tools: Tools, forget: Forget) -> None:
    """One packet: DONE at the axis only after the commit, FAIL with the reason when it is not taken in."""
    refused = _keep(own, axis, item, tools, forget)
    axis.update_status(item["doc_id"], "FAIL" if refused else "DONE", refused)


def _keep(own: agencies.Agency, axis: Axis, item: dict[str, Any], tools: Tools, forget: Forget) -> str:
    """Store a packet raw, read it, keep what it says; gives the sentence of a refusal, which is on record too."""
    axis_id = item["doc_id"]
    before = message.known("in", axis_id)
    if before is not None and before.status_code == receive.REFUSED:
        return before.description
    data = axis.get(axis_id)
    sha256 = tools.blobs.put(data)
    refuse = partial(receive.refuse, own, partner=item["from"], axis_id=axis_id, sha256=sha256, at=_now())
    try:
        packet = edxml.read(data, own_codes=[own.code])
    except edxml.PacketRefused as refusal:
        log.warning("packet %s for %s refused: %s", axis_id, own.code, refusal)
        return refuse(str(refusal.facts["sentence"]))
    if packet.from_["organ_id"] != item["from"]:
        return refuse("Cơ quan gửi trong gói tin khác cơ quan gửi trên trục.")
    if packet.kind == "status":
        receipt.keep_status(own, packet, axis_id=axis_id, sha256=sha256, at=_now())
        return ""
    if packet.business.get("doc_type") in (edxml.RECALL, edxml.UPDATE):
        receive.keep_request(own, packet, axis_id=axis_id, sha256=sha256, at=_now())
        return ""
    document = db.session.get(Document, before.document_id) if before else receive.known(packet)
    if document is not None and document.status == "discarded":  # Art. 3.2: sent again, it is not kept again
        forget(own.id, sha256)
        return ""
    if document is not None and before is None and not receive.came_as(document, sha256):
        return refuse(receive.OTHER_CONTENT, document=document)
    if document is None:
        files = [{"name": f.name, "media_type": _kind(f.data, f.name), "sha256": tools.blobs.put(f.data),
                  "size_bytes": len(f.data)} for f in packet.files]
        document = receive.arrive(own, packet, files, axis_id=axis_id, sha256=sha256, at=_now())
    _tell_arrived(own, axis, packet, document.created_at)
    return ""


def _tell_arrived(own: agencies.Agency, axis: Axis, packet: edxml.Packet, at: datetime) -> None:
    """Status 01; told again after a crash it is the same message. A refusal would stay one: the packet is here."""
    sender = packet.from_["organ_id"]
    try:
        axis.send_edoc(edxml.build_status(arrived_packet(own, packet, at)), sender=own.code, to=[sender],
                       message_type="status", key=f"arrived:{own.code}:{packet.document_id}")
    except ExchangeRefused as refusal:  # 40: it was told before, in other words
        if refusal.facts.get("code") != "40":
            log.error("%s cannot be told of an arrival: %s", sender, refusal)


def _kind(data: bytes, name: str) -> str:
    """The media type by content; what the sender says of it is not believed (security.md S7)."""
    try:
        return media.sniff(data, name).media_type
    except Refusal:
        return "application/octet-stream"
