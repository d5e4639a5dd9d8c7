"""Packet values -> bytes of an edXML packet, in the order and with the prefixes of the national axis' SDK.

QĐ 28/2018/QĐ-TTg Art. 10 (minimum information). Lengths are enforced here, since a partner may cut or refuse
what is too long. The same values and files give the same bytes, so that a resend is the same packet. It signs
nothing: legal validity rests on the signatures inside the attached PDF.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from lxml import etree

from app.tools import edxml_packet as names
from app.tools.edxml_file import clean_name, pack
from app.tools.edxml_packet import FieldRefused, PacketRefused, document_id, nfc

_NS = f"{{{names.NAMESPACE}}}"
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
#: header field -> longest text, for the fields that are one text
_PLAIN = (
    "code_number",
    "code_notation",
    "place",
    "type_name",
    "subject",
    "content",
    "sphere_of_promulgation",
    "typer_notation",
    "status_code",
    "description",
)
_DOCUMENT_NEEDS = ("code_number", "code_notation", "promulgation_date", "type_name", "subject")


def build_document(packet: Mapping, files: Sequence[Mapping]) -> bytes:
    """Write a document packet.

    `packet`: the fields of Packet, JSON only (Packet.header() comes back as it was). Needed: from_ and to
    with organ_id, code_number, code_notation, promulgation_date, type_name, subject; document_id is composed
    if absent.
    `files`: {"name", "media_type", "data"} in order, "description" if any; the signed PDF first. Raises FieldRefused,
    PacketRefused.
    """
    wire = to_wire(packet)
    for name in _DOCUMENT_NEEDS:
        _need(wire[name], name)
    _need(wire["to"], "to")
    wire["document_id"] = wire["document_id"] or _composed_id(wire)
    root, message, header = _envelope()
    _organisation(message, "From", wire["from_"])
    for recipient in wire["to"]:
        _organisation(message, "To", recipient)
    _identity(message, wire)
    _other(message, wire)
    _trace(_add(header, "TraceHeaderList", version="1.0"), wire)
    _files(root, files)
    return _bytes(root)


def build_status(status: Mapping) -> bytes:
    """Write a status packet: from_, response_for [one], staff, status_code ("01"), description, timestamp.

    Codes 02, 13 and 16 need a description. Raises FieldRefused.
    """
    wire = to_wire(status)
    if wire["status_code"] not in names.STATUS_CODES:
        raise FieldRefused(field="status_code", value=wire["status_code"])
    if wire["status_code"] in names.CODES_WITH_REASON:
        _need(wire["description"], "description")
    if len(wire["response_for"]) != 1:
        raise FieldRefused(field="response_for", value=len(wire["response_for"]))
    _need(wire["timestamp"], "timestamp")
    root, message, _ = _envelope()
    _organisation(message, "From", wire["from_"])
    _answered(message, wire["response_for"][0])
    if any(wire["staff"].values()):
        _group(_add(message, "StaffInfo"), names.STAFF, wire["staff"])
    _add(message, "StatusCode", wire["status_code"])
    _add(message, "Description", wire["description"])
    _add(message, "Timestamp", wire["timestamp"])
    return _bytes(root)


def to_wire(values: Mapping) -> dict:
    """Give every header field as it is written: NFC, one line, dates `yyyy/MM/dd`, times of Vietnam, lengths
    kept.

    Raises FieldRefused (facts `field`, and `limit` when too long), ValueError for a field edXML does not
    know.
    """
    unknown = set(values) - set(names.HEADER)
    if unknown:
        raise ValueError(f"unknown packet fields: {', '.join(sorted(unknown))}")
    wire: dict = {name: line(values.get(name, ""), name) for name in _PLAIN}
    wire["document_id"] = line(values.get("document_id", ""), "document_id")
    wire["from_"] = _wire_organisation(values.get("from_") or {})
    wire["to"] = [_wire_organisation(one) for one in values.get("to") or []]
    for name in ("promulgation_date", "due_date"):
        wire[name] = _wire_day(values.get(name), name)
    wire["timestamp"] = _wire_time(values.get("timestamp"), "timestamp")
    wire["signer"] = _wire_group(values.get("signer"), names.SIGNER)
    wire["staff"] = _wire_group(values.get("staff"), names.STAFF)
    for name, highest, default in (
        ("type", 65535, 1),
        ("type_detail", 65535, 0),
        ("priority", 4, 0),
        ("steering_type", 2, 0),
        ("promulgation_amount", 65535, ""),
        ("page_amount", 65535, ""),
    ):
        wire[name] = _wire_number(values.get(name), name, highest, default)
    wire["direction"] = "true" if values.get("direction") else "false"
    wire["appendixes"] = [line(one, "appendix") for one in values.get("appendixes") or []]
    wire["to_places"] = [line(one, "to_place") for one in values.get("to_places") or []]
    wire["response_for"] = [_wire_answered(one) for one in values.get("response_for") or []]
    wire["business"] = _wire_business(values.get("business") or {})
    wire["traces"] = [
        {
            "organ_id": line(one.get("organ_id"), "organ_id"),
            "timestamp": _wire_time(one.get("timestamp"), "traces"),
        }
        for one in values.get("traces") or []
    ]
    return wire


def line(value: object, field: str) -> str:
    """Give a text as one line in NFC without control characters; too long for `field` is refused."""
    text = nfc(" ".join(_FORBIDDEN.sub("", str(value if value is not None else "")).split()))
    limit = names.LENGTHS.get(field)
    if limit and len(text) > limit:
        raise FieldRefused(field=field, limit=limit, length=len(text))
    return text


def _need(value: object, field: str) -> None:
    if not value:
        raise FieldRefused(field=field)


def _wire_organisation(values: Mapping) -> dict:
    website = str(values.get("website") or "")
    if len(website) > 20:  # some receivers count 20 characters, against the table
        website = re.sub(r"^https?://", "", website).rstrip("/")
    found = _wire_group({**values, "website": website}, names.ORGANISATION)
    _need(found["organ_id"], "organ_id")
    return found


def _wire_group(values: Mapping | None, shape: Mapping[str, str]) -> dict:
    return {field: line((values or {}).get(field), field) for field in shape.values()}


def _wire_answered(values: Mapping) -> dict:
    day = _wire_day(values.get("promulgation_date"), "response_for")
    return {**_wire_group({**values, "promulgation_date": ""}, names.ANSWERED), "promulgation_date": day}


def _wire_business(values: Mapping) -> dict:
    doc_type = int(_wire_number(values.get("doc_type"), "doc_type", 3, names.NEW))
    usual = "Văn bản điện tử mới" if doc_type == names.NEW else ""
    found = {
        "doc_type": str(doc_type),
        "reason": line(values.get("reason"), "reason") or usual,
        "document_id": line(values.get("document_id"), "document_id"),
        "staff": _wire_group(values.get("staff"), names.STAFF),
        "receivers": [
            {
                "organ_id": line(one.get("organ_id"), "organ_id"),
                "receiver_type": _wire_number(one.get("receiver_type"), "receiver_type", 1, 0),
            }
            for one in values.get("receivers") or []
        ],
        "replacement": [
            {
                "document_id": line(one.get("document_id"), "document_id"),
                "organ_ids": [line(code, "organ_id") for code in one.get("organ_ids") or []],
            }
            for one in values.get("replacement") or []
        ],
    }
    for name in ("paper", "document_info", "document_receiver"):
        found[name] = _wire_number(values.get(name), name, 1, 0)
    _need(found["reason"], "reason")
    if doc_type in (names.RECALL, names.UPDATE):
        _need(found["document_id"], "business.document_id")
    if doc_type == names.REPLACE:
        _need(found["replacement"], "replacement")
    return found


def _wire_number(value: object, field: str, highest: int, default: object) -> str:
    if value is None or value == "":
        return str(default)
    if not re.fullmatch(r"\d{1,5}", str(int(value) if isinstance(value, bool) else value), re.ASCII):
        raise FieldRefused(field=field, value=str(value))
    if int(value) > highest:
        raise FieldRefused(field=field, value=int(value))
    return str(int(value))


def _wire_day(value: object, field: str) -> str:
    try:
        return date.fromisoformat(str(value)).strftime("%Y/%m/%d") if value else ""
    except ValueError as error:
        raise FieldRefused(field=field, value=str(value)) from error


def _wire_time(value: object, field: str) -> str:
    """A time without offset is taken as UTC, as everywhere inside."""
    if not value:
        return ""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise FieldRefused(field=field, value=str(value)) from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(names.VIETNAM).strftime("%Y/%m/%d %H:%M:%S")


def _composed_id(wire: Mapping) -> str:
    rest = (wire[name] for name in ("promulgation_date", "code_number", "code_notation"))
    return line(document_id(wire["from_"]["organ_id"], *rest), "document_id")


def _envelope() -> tuple[etree._Element, etree._Element, etree._Element]:
    """Root without prefix, envelope and all below it with `edXML:`, as strict receivers expect."""
    root = etree.Element(f"{_NS}edXML", nsmap={None: names.NAMESPACE})
    envelope = etree.SubElement(root, f"{_NS}edXMLEnvelope", nsmap={"edXML": names.NAMESPACE})
    header = _add(envelope, "edXMLHeader")
    return root, _add(header, "MessageHeader"), header


def _add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    node = etree.SubElement(parent, f"{_NS}{name}", attributes)
    node.text = text or None
    return node


def _group(node: etree._Element, shape: Mapping[str, str], values: Mapping) -> None:
    for name, field in shape.items():
        _add(node, name, values[field])


def _organisation(message: etree._Element, name: str, values: Mapping) -> None:
    node = _add(message, name)
    for element, field in names.ORGANISATION.items():
        if values[field] or field in ("organization_in_charge", "organ_name"):
            _add(node, element, values[field])


def _answered(message: etree._Element, values: Mapping) -> None:
    _group(_add(message, "ResponseFor"), names.ANSWERED, values)


def _identity(message: etree._Element, wire: Mapping) -> None:
    _add(message, "DocumentId", wire["document_id"])
    code = _add(message, "Code")
    _add(code, "CodeNumber", wire["code_number"])
    _add(code, "CodeNotation", wire["code_notation"])
    issued = _add(message, "PromulgationInfo")
    _add(issued, "Place", wire["place"])
    _add(issued, "PromulgationDate", wire["promulgation_date"])
    kind = _add(message, "DocumentType")
    _add(kind, "Type", wire["type"])
    _add(kind, "TypeDetail", wire["type_detail"])
    _add(kind, "TypeName", wire["type_name"])
    _add(message, "Subject", wire["subject"])
    if wire["content"]:
        _add(message, "Content", wire["content"])
    if any(wire["signer"].values()):
        _group(_add(message, "SignerInfo"), names.SIGNER, wire["signer"])
    if wire["due_date"]:
        _add(message, "DueDate", wire["due_date"])


def _other(message: etree._Element, wire: Mapping) -> None:
    other = _add(message, "OtherInfo")
    _add(other, "Priority", wire["priority"])
    _add(other, "SphereOfPromulgation", wire["sphere_of_promulgation"])
    _add(other, "TyperNotation", wire["typer_notation"])
    for name, field in (("PromulgationAmount", "promulgation_amount"), ("PageAmount", "page_amount")):
        if wire[field]:
            _add(other, name, wire[field])
    _add(other, "Direction", wire["direction"])
    if wire["appendixes"]:
        appendixes = _add(other, "Appendixes")
        for text in wire["appendixes"]:
            _add(appendixes, "Appendix", text)
    for answered in wire["response_for"]:
        _answered(message, answered)
    _add(message, "SteeringType", wire["steering_type"])
    if wire["to_places"]:
        places = _add(message, "ToPlaces")
        for text in wire["to_places"]:
            _add(places, "Place", text)


def _trace(node: etree._Element, wire: Mapping) -> None:
    values = wire["business"]
    business = _add(node, "Bussiness")
    if values["document_id"]:
        _add(business, "DocumentId", values["document_id"])
    _add(business, "BussinessDocType", values["doc_type"])
    _add(business, "BussinessDocReason", values["reason"])
    _add(business, "Paper", values["paper"])
    if values["doc_type"] == str(names.UPDATE):
        info = _add(business, "BussinessDocumentInfo")
        _add(info, "DocumentInfo", values["document_info"])
        _add(info, "DocumentReceiver", values["document_receiver"])
        receivers = _add(info, "ReceiverList") if values["receivers"] else None
        for one in values["receivers"]:
            receiver = _add(receivers, "Receiver")
            _add(receiver, "OrganId", one["organ_id"])
            _add(receiver, "ReceiverType", one["receiver_type"])
    if values["replacement"]:
        replaced = _add(business, "ReplacementInfoList")
        for one in values["replacement"]:
            info = _add(replaced, "ReplacementInfo")
            _add(info, "DocumentId", one["document_id"])
            codes = _add(info, "OrganIdList")
            for code in one["organ_ids"]:
                _add(codes, "OrganId", code)
    if any(values["staff"].values()):
        _group(_add(business, "StaffInfo"), names.STAFF, values["staff"])
    for one in wire["traces"]:
        trace = _add(node, "TraceHeader")
        _add(trace, "OrganId", one["organ_id"])
        _add(trace, "Timestamp", one["timestamp"])


def _files(root: etree._Element, files: Sequence[Mapping]) -> None:
    """Manifest inside the envelope, bytes beside it; both say `application/zip`, as the SDK does."""
    manifest = _add(_add(root[0], "edXMLBody"), "edXMLManifest", version="1.0")
    encoded = _add(root, "AttachmentEncoded")
    for position, file in enumerate(files, start=1):
        name = clean_name(file["name"])
        _need(name, "name")
        _need(file["data"], "data")
        description = line(file.get("description"), "subject") or name
        listed = {"ContentId": f"cid:{position}", "AttachmentName": name, "Description": description}
        reference = _add(manifest, "Reference")
        for element in ("ContentId", "ContentType", "Description", "AttachmentName"):
            _add(reference, element, listed.get(element, "application/zip"))
        attachment = _add(encoded, "Attachment")
        for element in ("ContentId", "AttachmentName", "Description", "ContentType"):
            _add(attachment, element, listed.get(element, "application/zip"))
        content = etree.SubElement(
            attachment, f"{_NS}ContentTransferEncoded", nsmap={"edXML": names.NAMESPACE}
        )
        content.text = pack(file["data"], name)


def _bytes(root: etree._Element) -> bytes:
    data = _DECLARATION + etree.tostring(root, encoding="UTF-8", xml_declaration=False, pretty_print=True)
    if len(data) > names.MAX_BYTES:
        raise PacketRefused("too_large", limit=names.MAX_BYTES >> 20)
    return data
