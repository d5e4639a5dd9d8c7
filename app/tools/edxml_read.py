"""Bytes of an edXML packet -> Packet, with the validation of the exchange standard.

NĐ 30/2020 Art. 21.2 (the receiver checks the packet and that it is the addressee), QĐ 28/2018/QĐ-TTg Art. 9,
10. Elements are found by name, never by position or prefix. What hinders a lawful receipt refuses the packet;
what is only odd becomes a warning for the clerk. It checks no signature and knows nothing of what was
received before.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

from app.tools import edxml_packet as names
from app.tools.alphabet import without_unseen
from app.tools.edxml_file import MAX_UNPACKED_BYTES, clean_name, media_type, unpack
from app.tools.edxml_packet import Packet, PacketFile, PacketRefused, nfc, sentence
from app.tools.edxml_tree import Node, parse

#: attachments of one packet
MAX_FILES = 200
#: a text field longer than this is an attack, not a long subject
MAX_TEXT = 100_000

_YMD = re.compile(r"(?P<y>\d{4})(?P<mark>[/-])(?P<m>\d{1,2})(?P=mark)(?P<d>\d{1,2})", re.ASCII)
_DMY = re.compile(r"(?P<d>\d{1,2})(?P<mark>[/-])(?P<m>\d{1,2})(?P=mark)(?P<y>\d{4})", re.ASCII)
_TIME = re.compile(
    r"[T ]\s*(?P<h>\d{1,2}):(?P<min>\d{2})(:(?P<s>\d{2})(\.\d+)?)?(?P<zone>Z|[+-]\d{2}:?\d{2})?", re.ASCII
)
_INTEGER = re.compile(r"\d{1,5}", re.ASCII)


class _Reading:
    """One packet being read: which namespaces count, and the warnings so far."""

    def __init__(self, root: Node) -> None:
        self.namespaces = {names.NAMESPACE, names.OLD_NAMESPACE, "", root.namespace}
        self.warnings: list[tuple[str, str]] = []

    def warn(self, code: str, **values: object) -> None:
        found = (code, sentence(code, **values))
        if found not in self.warnings:
            self.warnings.append(found)

    def all(self, node: Node | None, name: str) -> list[Node]:
        if node is None:
            return []
        return [child for child in node.children if child.name == name and child.namespace in self.namespaces]

    def one(self, node: Node | None, name: str, *, strict: bool = False) -> Node | None:
        """Give the child; a repeated one is refused when two systems could read two different letters."""
        found = self.all(node, name)
        if len(found) > 1:
            if strict:
                raise PacketRefused("repeated", element=name)
            self.warn("repeated_once", element=name)
        return found[0] if found else None

    def need(self, node: Node | None, name: str) -> Node:
        found = self.one(node, name, strict=True)
        if found is None:
            raise PacketRefused("not_edxml", element=name)
        return found

    def text(self, node: Node | None, name: str, field: str = "", *, strict: bool = False) -> str:
        """Give the child's text in NFC with blanks collapsed, "" when absent; too long for `field` warns, and so
        does what nobody sees of it, which is left out.
        """
        return self.clean(self.one(node, name, strict=strict), field)

    def clean(self, node: Node | None, field: str = "") -> str:
        if node is None:
            return ""
        text = node.text()
        if len(text) > MAX_TEXT:
            raise PacketRefused("field_too_large", element=node.name)
        shown = without_unseen(text)
        if shown != text:  # they make it read otherwise than it is (security.md S3, S8)
            self.warn("unseen", element=node.name)
        text = nfc(" ".join(shown.split()))
        limit = names.LENGTHS.get(field, MAX_TEXT)
        if len(text) > limit:
            self.warn("too_long", element=node.name, length=len(text), limit=limit)
        return text

    def required(self, node: Node | None, name: str, field: str, element: str) -> str:
        text = self.text(node, name, field, strict=True)
        if not text:
            raise PacketRefused("missing", element=element)
        return text

    def group(self, node: Node | None, shape: Mapping[str, str]) -> dict:
        """Give the named children of a group as {field: text}; {} when the group is absent."""
        if node is None:
            return {}
        return {field: self.text(node, name, field) for name, field in shape.items()}

    def number(self, node: Node | None, name: str, highest: int, default: int | None) -> int | None:
        text = self.text(node, name)
        if not text:
            return default
        if _INTEGER.fullmatch(text) and int(text) <= highest:
            return int(text)
        self.warn("out_of_range", text=text, element=name, value="không nêu" if default is None else default)
        return default

    def day(self, node: Node | None, name: str) -> str:
        """Give an ISO date, "" when absent or unreadable."""
        text = self.text(node, name)
        found = _moment(text)
        if text and found is None:
            self.warn("bad_date", text=text, element=name)
        elif text and (not (usual := _YMD.fullmatch(text)) or usual["mark"] != "/"):
            self.warn("date_form", text=text, element=name)
        return "" if found is None else found.date().isoformat()

    def time(self, node: Node | None, name: str) -> str:
        """Give an ISO time in UTC, "" when absent or unreadable; a time without zone is Vietnam's."""
        text = self.text(node, name)
        found = _moment(text)
        if found is None:
            self.warn("bad_date" if text else "absent", text=text, element=name)
            return ""
        return found.astimezone(UTC).isoformat(timespec="seconds")


def read(data: bytes, *, own_codes: Iterable[str] = (), today: date | None = None) -> Packet:
    """Read a document or status packet.

    `own_codes`: every code, old and new, of the agency that reads; with none given the addressee is not
    checked.
    `today`: the date in Vietnam. Raises PacketRefused.
    """
    root = parse(data)
    if root.name != "edXML":
        raise PacketRefused("not_edxml", element="edXML")
    reading = _Reading(root)
    if root.namespace != names.NAMESPACE:
        reading.warn("old_namespace", namespace=root.namespace or "(trống)")
    envelope = reading.need(root, "edXMLEnvelope")
    header = reading.need(envelope, "edXMLHeader")
    message = reading.need(header, "MessageHeader")
    own = {nfc(code).strip().upper() for code in own_codes}
    if reading.all(message, "StatusCode"):
        return _status(reading, root, envelope, message, own)
    today = today or datetime.now(names.VIETNAM).date()
    return _document(reading, root, envelope, header, message, own, today)


def _document(
    reading: _Reading, root: Node, envelope: Node, header: Node, message: Node, own: set[str], today: date
) -> Packet:
    values = {
        "from_": _sender(reading, message),
        "to": _recipients(reading, message, own),
        **_identity(reading, message, today),
        **_other(reading, message),
        **_trace(reading, reading.one(header, "TraceHeaderList")),
    }
    files = _files(reading, root, envelope)
    if not files and values["business"].get("doc_type") != names.RECALL:
        reading.warn("no_file")
    return Packet(kind="document", files=files, warnings=tuple(reading.warnings), **values)


def _status(reading: _Reading, root: Node, envelope: Node, message: Node, own: set[str]) -> Packet:
    if reading.all(message, "Code") or reading.all(message, "Subject"):
        raise PacketRefused("mixed_kind")
    if _files(reading, root, envelope):
        raise PacketRefused("mixed_kind")
    code = reading.required(message, "StatusCode", "", "StatusCode")
    if re.fullmatch(r"\d", code, re.ASCII):
        reading.warn("out_of_range", text=code, element="StatusCode", value=f"0{code}")
        code = f"0{code}"
    if code not in names.STATUS_CODES:
        reading.warn("unknown_status", text=code)
    answered = [_answered(reading, reading.need(message, "ResponseFor"))]
    if not (answered[0]["document_id"] or answered[0]["code"]):
        raise PacketRefused("missing", element="ResponseFor/DocumentId")
    _check_recipient([answered[0]["organ_id"]], own)
    description = reading.text(message, "Description", "description", strict=True)
    if not description and code in names.CODES_WITH_REASON:
        reading.warn("no_reason", text=code)
    values = {
        "from_": _sender(reading, message),
        "response_for": answered,
        "status_code": code,
        "description": description,
        "timestamp": reading.time(message, "Timestamp"),
        "staff": reading.group(reading.one(message, "StaffInfo"), names.STAFF),
    }
    return Packet(kind="status", warnings=tuple(reading.warnings), **values)


def _sender(reading: _Reading, message: Node) -> dict:
    found = reading.one(message, "From", strict=True)
    organ_id = reading.required(found, "OrganId", "organ_id", "From/OrganId")
    if names.code_is_odd(organ_id):
        reading.warn("odd_code", organ_id=organ_id)
    sender = reading.group(found, names.ORGANISATION)
    if not sender["organ_name"]:
        reading.warn("absent", element="From/OrganName")
    return sender


def _recipients(reading: _Reading, message: Node, own: set[str]) -> list[dict]:
    found = reading.all(message, "To")
    if not found:
        raise PacketRefused("missing", element="To")
    codes: list[str] = []
    for node in found:
        code = reading.required(node, "OrganId", "organ_id", "To/OrganId")
        if code in codes:
            reading.warn("duplicate_recipient", organ_id=code)
        if names.code_is_odd(code):
            reading.warn("odd_code", organ_id=code)
        codes.append(code)
    _check_recipient(codes, own)
    return [reading.group(node, names.ORGANISATION) for node in found]


def _check_recipient(codes: list[str], own: set[str]) -> None:
    """NĐ 30/2020 Art. 21.2.b: what is addressed to someone else is returned."""
    if own and not own & {code.strip().upper() for code in codes}:
        raise PacketRefused("wrong_recipient", codes=", ".join(codes))


def _identity(reading: _Reading, message: Node, today: date) -> dict:
    """What the letter is: number, date, kind, subject, signer."""
    code = reading.one(message, "Code", strict=True)
    issued = reading.one(message, "PromulgationInfo", strict=True)
    kind = reading.one(message, "DocumentType")
    values = {
        "document_id": reading.text(message, "DocumentId", "document_id", strict=True),
        "code_number": reading.required(code, "CodeNumber", "code_number", "Code/CodeNumber"),
        "code_notation": reading.required(code, "CodeNotation", "code_notation", "Code/CodeNotation"),
        "place": reading.text(issued, "Place", "place"),
        "promulgation_date": reading.day(issued, "PromulgationDate"),
        "type": reading.number(kind, "Type", 65535, 1),
        "type_detail": reading.number(kind, "TypeDetail", 65535, 0),
        "type_name": reading.text(kind, "TypeName", "type_name"),
        "subject": reading.required(message, "Subject", "subject", "Subject"),
        "content": reading.text(message, "Content", "content"),
        "signer": reading.group(reading.one(message, "SignerInfo"), names.SIGNER),
        "due_date": reading.day(message, "DueDate"),
    }
    for field, element in (
        ("document_id", "DocumentId"),
        ("promulgation_date", "PromulgationDate"),
        ("type_name", "TypeName"),
    ):
        if not values[field]:
            reading.warn("absent", element=element)
    if values["promulgation_date"] > today.isoformat():
        reading.warn("future_date", date=values["promulgation_date"])
    return values


def _other(reading: _Reading, message: Node) -> dict:
    """How the letter is to be treated: urgency, pages, what it answers, printed recipients."""
    other = reading.one(message, "OtherInfo")
    appendixes = reading.all(reading.one(other, "Appendixes"), "Appendix")
    places = reading.all(reading.one(message, "ToPlaces"), "Place")
    return {
        "priority": reading.number(other, "Priority", 4, None),
        "sphere_of_promulgation": reading.text(other, "SphereOfPromulgation", "sphere_of_promulgation"),
        "typer_notation": reading.text(other, "TyperNotation", "typer_notation"),
        "promulgation_amount": reading.number(other, "PromulgationAmount", 65535, None),
        "page_amount": reading.number(other, "PageAmount", 65535, None),
        "direction": reading.text(other, "Direction").lower() in ("true", "1"),
        "appendixes": [text for node in appendixes if (text := reading.clean(node, "appendix"))],
        "response_for": [_answered(reading, node) for node in reading.all(message, "ResponseFor")],
        "steering_type": reading.number(message, "SteeringType", 2, 0),
        "to_places": [text for node in places if (text := reading.clean(node, "to_place"))],
    }


def _answered(reading: _Reading, node: Node) -> dict:
    values = reading.group(node, names.ANSWERED)
    return {**values, "promulgation_date": reading.day(node, "PromulgationDate")}


def _trace(reading: _Reading, node: Node | None) -> dict:
    """The business action and the systems the packet passed (edXML table 4); `Bussiness` is its spelling."""
    traces = [
        {"organ_id": reading.text(one, "OrganId", "organ_id"), "timestamp": reading.time(one, "Timestamp")}
        for one in reading.all(node, "TraceHeader")
    ]
    business = reading.one(node, "Bussiness", strict=True)
    info = reading.one(business, "BussinessDocumentInfo")
    receivers = reading.all(reading.one(info, "ReceiverList"), "Receiver")
    replaced = reading.all(reading.one(business, "ReplacementInfoList"), "ReplacementInfo")
    values = {
        "doc_type": reading.number(business, "BussinessDocType", 3, names.NEW),
        "reason": reading.text(business, "BussinessDocReason", "reason"),
        "document_id": reading.text(business, "DocumentId", "document_id"),
        "paper": reading.number(business, "Paper", 1, 0),
        "document_info": reading.number(info, "DocumentInfo", 1, 0),
        "document_receiver": reading.number(info, "DocumentReceiver", 1, 0),
        "receivers": [
            {
                "organ_id": reading.text(one, "OrganId", "organ_id"),
                "receiver_type": reading.number(one, "ReceiverType", 1, 0),
            }
            for one in receivers
        ],
        "replacement": [
            {
                "document_id": reading.text(one, "DocumentId", "document_id"),
                "organ_ids": [
                    reading.clean(code, "organ_id")
                    for code in reading.all(reading.one(one, "OrganIdList"), "OrganId")
                ],
            }
            for one in replaced
        ],
        "staff": reading.group(reading.one(business, "StaffInfo"), names.STAFF),
    }
    return {"business": values, "traces": traces}


def _files(reading: _Reading, root: Node, envelope: Node) -> tuple[PacketFile, ...]:
    """Match the manifest and the attachments one to one, then unpack, in the order of the manifest."""
    manifest = reading.one(reading.one(envelope, "edXMLBody", strict=True), "edXMLManifest", strict=True)
    encoded = reading.one(root, "AttachmentEncoded", strict=True)
    references = _by_content_id(reading, reading.all(manifest, "Reference"))
    attachments = _by_content_id(reading, reading.all(encoded, "Attachment"))
    for content_id in references.keys() ^ attachments.keys():
        raise PacketRefused("unmatched_file", content_id=content_id)
    if len(references) > MAX_FILES:
        raise PacketRefused("too_many_files", limit=MAX_FILES)
    left = MAX_UNPACKED_BYTES
    files = []
    for content_id, reference in references.items():
        files.append(_file(reading, content_id, reference, attachments[content_id], left))
        left -= len(files[-1].data)
    return tuple(files)


def _by_content_id(reading: _Reading, nodes: list[Node]) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for node in nodes:
        content_id = reading.text(node, "ContentId", strict=True) or node.attributes.get("href", "").strip()
        content_id = re.sub(r"^cid:", "", content_id, flags=re.IGNORECASE)
        if not content_id:
            raise PacketRefused("unmatched_file", content_id="(trống)")
        if content_id in found:
            raise PacketRefused("repeated_file", content_id=content_id)
        found[content_id] = node
    return found


def _file(reading: _Reading, content_id: str, reference: Node, attachment: Node, left: int) -> PacketFile:
    listed = reading.text(reference, "AttachmentName", "name")
    given = reading.text(attachment, "AttachmentName", "name") or listed
    description = reading.text(reference, "Description") or reading.text(attachment, "Description")
    name = clean_name(given) or clean_name(description) or clean_name(f"tep-{content_id[:20]}")
    if name != given:
        reading.warn("file_name", text=given, name=name)
    if listed and listed != given:
        reading.warn("file_names_differ", text=listed, name=given)
    content = reading.one(attachment, "ContentTransferEncoded", strict=True)
    if content is None:
        raise PacketRefused("missing", element="ContentTransferEncoded")
    if content.children:
        raise PacketRefused("bad_base64", name=name)
    kind = reading.text(attachment, "ContentType") or reading.text(reference, "ContentType")
    data = unpack(content.text(), name, kind, left)
    sha256 = hashlib.sha256(data).hexdigest()
    return PacketFile(name, media_type(data, name), data, sha256, content_id, description)


def _moment(text: str) -> datetime | None:
    """Read a date with or without time, in the three orders seen; None when it is none."""
    found = _YMD.match(text) or _DMY.match(text)
    if not found:
        return None
    rest = text[found.end() :]
    clock = _TIME.fullmatch(rest)
    if rest and not clock:
        return None
    day = (int(found["y"]), int(found["m"]), int(found["d"]))
    hours = (int(clock["h"]), int(clock["min"]), int(clock["s"] or 0)) if clock else (0, 0, 0)
    try:
        moment = datetime(*day, *hours, tzinfo=names.VIETNAM)
        if clock and clock["zone"]:
            moment = moment.replace(tzinfo=datetime.strptime(clock["zone"], "%z").tzinfo)
        moment.astimezone(UTC)
        return moment
    except (ValueError, OverflowError):
        return None
