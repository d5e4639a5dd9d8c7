"""Hostile XML bytes -> a small tree of plain nodes, or a refusal (security.md S3).

The parser calls a target of ours, so depth and number of elements are counted while reading, a DOCTYPE is
refused before any entity exists, and libxml2's own limits (huge_tree off) stay on although one attachment may
be far longer than the 10 MB it allows to a text of a tree of its own. It knows no element of edXML.
"""

import re
from dataclasses import dataclass, field

from lxml import etree

from app.tools.edxml_packet import MAX_BYTES, PacketRefused

MAX_DEPTH = 50
MAX_ELEMENTS = 20_000
_CHUNK = 1 << 20
_ENCODING = re.compile(r"""^<\?xml[^>]*?\bencoding\s*=\s*["']([^"']*)["']""")


@dataclass(slots=True)
class Node:
    """One element: local name, namespace, attributes by local name, pieces of text, children."""

    name: str
    namespace: str
    attributes: dict[str, str]
    pieces: list[str] = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)

    def text(self) -> str:
        """Give the text directly inside, comments and children left out."""
        return "".join(self.pieces)


class _Target:
    """What lxml calls while reading; lxml fixes the names of the methods."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise PacketRefused("too_complex")
        namespace, name = _split(tag)
        node = Node(name, namespace, {_split(key)[1]: value for key, value in attributes.items()})
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)

    def end(self, tag: str) -> None:
        """Close the element opened last."""
        self._open.pop()

    def data(self, piece: str) -> None:
        """Take a piece of text."""
        self._open[-1].pieces.append(piece)

    def doctype(self, *names: object) -> None:
        """Refuse: nothing that exchanges edXML needs a DOCTYPE."""
        raise PacketRefused("doctype")

    def close(self) -> Node | None:
        """Give the root."""
        return self.root


def _split(tag: str) -> tuple[str, str]:
    """Give namespace and local name of `{namespace}name`; a prefix left over was never declared."""
    namespace, _, name = tag.rpartition("}")
    if ":" in name:
        raise PacketRefused("not_xml")
    return namespace.removeprefix("{"), name


def parse(data: bytes) -> Node:
    """Read UTF-8 XML of at most 64 MB, 20 000 elements, 50 levels. Raises PacketRefused."""
    if len(data) > MAX_BYTES:
        raise PacketRefused("too_large", limit=MAX_BYTES >> 20)
    _check_text(data)
    parser = etree.XMLParser(
        target=_Target(),
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    try:
        for start in range(0, len(data), _CHUNK):
            parser.feed(data[start : start + _CHUNK])
        root = parser.close()
    except etree.XMLSyntaxError as error:
        raise PacketRefused("not_xml") from error
    if root is None:
        raise PacketRefused("not_xml")
    return root


def _check_text(data: bytes) -> None:
    """Refuse what is not UTF-8, says it is something else, or declares a DOCTYPE in any hidden way."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PacketRefused("not_utf8") from error
    declared = _ENCODING.match(text)
    if declared and declared[1].lower() not in ("utf-8", "utf8"):
        raise PacketRefused("not_utf8")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise PacketRefused("doctype")
