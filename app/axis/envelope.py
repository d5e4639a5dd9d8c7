"""What an axis must know of a packet: who sends it, whether it is a status, its title. Nothing is unpacked.

Read as hostile (security.md S3): a DOCTYPE, an encoding other than UTF-8, deep or crowded trees are refused,
and so is a second sender, since two readers could then see two different letters.
"""

import re
from dataclasses import dataclass, field

from lxml import etree

from app.axis.directory import AxisRefused

_MAX_DEPTH, _MAX_ELEMENTS, _MAX_TEXT, _CHUNK = 50, 20_000, 2000, 1 << 20
_HEADER = ("edXML", "edXMLEnvelope", "edXMLHeader", "MessageHeader")
#: path below MessageHeader -> name; each may stand once
_WANTED = {
    ("From", "OrganId"): "sender",
    ("Subject",): "title",
    ("Code", "CodeNumber"): "number",
    ("Code", "CodeNotation"): "notation",
    ("StatusCode",): "status_code",
}
_ENCODING = re.compile(r"""^<\?xml[^>]*?\bencoding\s*=\s*["']([^"']*)["']""")


@dataclass
class _Target:
    """What lxml calls while reading; lxml fixes the names of the methods."""

    found: dict[str, str] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    count: int = 0
    wanted: str = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > _MAX_ELEMENTS or len(self.path) >= _MAX_DEPTH:
            raise AxisRefused("22", "too many or too deep elements")
        self.path.append(tag.rpartition("}")[2])
        self.wanted = ""
        if tuple(self.path[:4]) == _HEADER:
            self.wanted = _WANTED.get(tuple(self.path[4:]), "")
        if self.wanted in self.found:
            raise AxisRefused("22", f"{self.path[-1]} stands twice")
        if self.wanted:
            self.found[self.wanted] = ""

    def end(self, tag: str) -> None:
        self.path.pop()
        self.wanted = ""

    def data(self, text: str) -> None:
        if self.wanted:
            self.found[self.wanted] = (self.found[self.wanted] + text)[:_MAX_TEXT]

    def doctype(self, *names: object) -> None:
        raise AxisRefused("22", "DOCTYPE is not allowed")

    def close(self) -> dict[str, str]:
        return {name: " ".join(text.split()) for name, text in self.found.items()}


def peek(data: bytes) -> dict[str, str]:
    """Give sender, title, number, notation, status_code as far as present. Raises AxisRefused 22."""
    try:
        head = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AxisRefused("22", "not UTF-8") from error
    declared = _ENCODING.match(head)
    if "<!DOCTYPE" in head or (declared and declared[1].lower() not in ("utf-8", "utf8")):
        raise AxisRefused("22", "DOCTYPE or another encoding")
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
        found = parser.close()
    except etree.XMLSyntaxError as error:
        raise AxisRefused("22", "not well-formed XML") from error
    if not found.get("sender"):
        raise AxisRefused("22", "From/OrganId is missing")
    return found
