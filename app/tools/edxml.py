"""The exchange envelope edXML (QCVN 102:2016/BTTTT, Thông tư 01/2022/TT-BTTTT): build and read packets.

The door to edxml_packet.py (names and limits), edxml_read.py and edxml_write.py. Bytes in, bytes out: it
neither sends (exchange.py) nor checks signatures (signing.py) nor knows what was received before.
"""

from collections.abc import Collection
from dataclasses import dataclass

from app.refusal import Refusal
from app.tools import arrival
from app.tools.edxml_packet import (
    NEW,
    RECALL,
    REPLACE,
    UPDATE,
    FieldRefused,
    Packet,
    PacketFile,
    PacketRefused,
    document_id,
    document_key,
    same_id,
    sentence,
)
from app.tools.edxml_read import read
from app.tools.edxml_write import build_document, build_status, to_wire

__all__ = [
    "NEW",
    "RECALL",
    "REPLACE",
    "UPDATE",
    "FieldRefused",
    "JudgedFile",
    "Packet",
    "PacketFile",
    "PacketRefused",
    "build_document",
    "build_status",
    "document_id",
    "document_key",
    "judged_files",
    "read",
    "require_sender",
    "same_id",
    "sentence",
    "to_wire",
]


def require_sender(packet: Packet, senders: Collection[str]) -> None:
    """The sender in the packet is who handed it to the axis (security.md S8); none = not known. Raises PacketRefused.

    `senders`: all codes of that agency.
    """
    if senders and packet.from_["organ_id"] not in senders:
        raise PacketRefused("wrong_sender")


@dataclass(frozen=True)
class JudgedFile:
    """A file of a packet by its content; what the sender says of its kind is not believed."""

    file: PacketFile
    media_type: str
    #: what a person should know before it is registered: (code, sentence); None = nothing
    warning: tuple[str, str] | None = None


def judged_files(packet: Packet) -> list[JudgedFile]:
    """Each file judged as an upload is (security.md S7). No kind of file is among the grounds on
    which a packet is sent back by itself: it arrives, and the clerk is warned of what upload would hold or refuse.
    """
    return [_judged(file) for file in packet.files]


def _judged(file: PacketFile) -> JudgedFile:
    try:
        found = arrival.judge(file.data, file.name, kinds=arrival.BESIDE)
    except Refusal as refusal:
        return JudgedFile(file, "application/octet-stream",
                          (refusal.code, sentence("file_refused", name=file.name)))
    held = found.held_for
    return JudgedFile(file, found.media.media_type, held and (
        held.code, sentence(held.code, name=file.name, **held.facts)))
