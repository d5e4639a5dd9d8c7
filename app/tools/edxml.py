"""The exchange envelope edXML (QCVN 102:2016/BTTTT, Thông tư 01/2022/TT-BTTTT): build and read packets.

The door to edxml_packet.py (names and limits), edxml_read.py and edxml_write.py. Bytes in, bytes out: it
neither sends (exchange.py) nor checks signatures (signing.py) nor knows what was received before.
"""

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
    "same_id",
    "to_wire",
]
