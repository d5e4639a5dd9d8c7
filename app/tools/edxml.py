"""The exchange envelope edXML (QCVN 102:2016/BTTTT, Thông tư 01/2022/TT-BTTTT): build and read packets.

The door to edxml_packet.py (names and limits), edxml_read.py and edxml_write.py. Bytes in, bytes out: it
neither sends (exchange.py) nor checks signatures (signing.py) nor knows what was received before.
"""

from collections.abc import Collection

from app.refusal import Refusal
from app.tools import media
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
    "Packet",
    "PacketFile",
    "PacketRefused",
    "build_document",
    "build_status",
    "document_id",
    "document_key",
    "read",
    "refused_files",
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


def refused_files(packet: Packet) -> list[tuple[str, str]]:
    """(name, code) of each file that is not what it says or that no clerk could open (security.md S7)."""
    found = []
    for file in packet.files:
        try:
            media.sniff(file.data, file.name)
        except Refusal as refusal:
            found.append((file.name, refusal.code))
    return found
