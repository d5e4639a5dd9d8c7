"""Where in a PDF its signatures lie, what each covers, and what was done to the file after it.

NĐ 30/2020 Art. 21.2.a; security.md S10. pyHanko's own policy lets form fields be refilled and bytes or an empty
revision be appended after a signature. Here a byte range lies exactly around its /Contents; between two signatures only
signature fields may be added, each signed in the end; after the last one only validation data (DSS) and unseen time
stamps of the document. What a signature left undefined may not be defined after it.
It knows no certificate and gives no verdict.
"""

import io
import re
import struct
from collections.abc import Iterator
from typing import Any

from lxml import etree
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DiffResult,
    DocInfoRule,
    DSSCompareRule,
    FieldComparisonContext,
    FieldMDPRule,
    FormUpdate,
    FormUpdatingRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    ReferenceUpdate,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    SuspiciousModification,
    WhitelistRule,
    XrefStreamRule,
)
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import SignatureCoverageLevel

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
#: properties of XMP that a program writes anew when it adds validation data
_FREE = {"{http://ns.adobe.com/xap/1.0/}ModifyDate", "{http://ns.adobe.com/xap/1.0/}MetadataDate",
         "{http://ns.adobe.com/pdf/1.3/}Producer"}
#: keys of the field of an unseen time stamp
_BARE = {"/FT", "/T", "/Type", "/Subtype", "/F", "/Ff", "/P", "/Rect", "/TU", "/V"}
#: what pyHanko and asn1crypto raise on hostile bytes
BROKEN = (PdfError, SignatureValidationError, ValueError, KeyError, IndexError, TypeError, AttributeError,
          AssertionError, NotImplementedError, OverflowError, RecursionError, struct.error, etree.XMLSyntaxError)


class _DateOfInfo(WhitelistRule):
    """The /Info dictionary may get another date and program, which writers of a DSS leave behind, and no more."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterator[ReferenceUpdate]:
        """Approve the new dictionary when all else in it is the same."""
        free = {"/ModDate", "/Producer"}
        references = [view.trailer_view.get_value_as_reference("/Info", optional=True) for view in (old, new)]
        before, after = (view(ref) if ref else {} for view, ref in zip((old, new), references, strict=True))
        if all(key in free or before.get(key) == after.get(key) for key in {*before, *after}):
            yield from DocInfoRule().apply(old, new)


class _DateOfMetadata(WhitelistRule):
    """The same of the XMP metadata, which every PDF/A has: date and program may change, no other property may."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterator[ReferenceUpdate]:
        """Approve the new stream when it says the same."""
        found = [view.root.raw_get("/Metadata") if "/Metadata" in view.root else None for view in (old, new)]
        if isinstance(found[0], generic.IndirectObject) and found[0] == found[1] and _said(found[0]) == _said(found[1]):
            yield from MetadataUpdateRule().apply(old, new)


def _said(reference: generic.IndirectObject) -> list[Any]:
    """The properties of an XMP packet, in whichever of its two spellings, without date and program."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(reference.get_object().data, parser)
    found: list[Any] = []
    for block in root.iter(f"{_RDF}Description"):
        found += [(name, text.strip(), []) for name, text in block.attrib.items() if name != f"{_RDF}about"]
        found += [_property(one) for one in block]
    return sorted((one for one in found if one[0] not in _FREE), key=repr)


def _property(element: etree._Element) -> Any:
    inner = [dict(element.attrib), *map(_property, element)] if len(element) else []
    return element.tag, (element.text or "").strip(), inner


class _FieldsOfSignatures(FieldMDPRule):
    """A new field is its signature's own: empty and unpainted until signed, signed in the end, without actions."""

    def apply(self, context: FieldComparisonContext) -> Iterator[tuple[ModificationLevel, FormUpdate]]:
        """Refuse what hides in a field; it approves nothing."""
        is_end = context.new.revision == context.new.reader.xrefs.total_revisions - 1
        for name, spec in context.field_specs.items():
            old, new = spec.old_field, spec.new_field
            if new is None or spec.field_type != "/Sig" or (old is not None and "/V" in old):
                continue
            keys = {key for widget in _widgets(new) for key in widget}
            if "/V" not in new:
                wrong = old != new if old is not None else is_end or bool(keys & {"/AP", "/A", "/AA"})
            elif _kind_of_value(new) == "/Sig":
                wrong = old is None and bool(keys & {"/A", "/AA"})
            else:  # what is judged as no signature is not seen either
                wrong = not _is_bare(new)
            if wrong:
                raise SuspiciousModification(f"Field {name} is more than the place of a signature.")
        yield from ()


class _FieldsOfStamps(FieldMDPRule):
    """A new field is a time stamp of the document, unseen; fields that were there stay as they were."""

    def apply(self, context: FieldComparisonContext) -> Iterator[tuple[ModificationLevel, FormUpdate]]:
        """Refuse every other field; it approves nothing."""
        for name, spec in context.field_specs.items():
            old, new = spec.old_field, spec.new_field
            is_stamp = new is not None and _kind_of_value(new) == "/DocTimeStamp" and _is_bare(new)
            if old != new if old is not None else not is_stamp:
                raise SuspiciousModification(f"Field {name} is no time stamp of the document.")
        yield from ()


def _widgets(field: generic.DictionaryObject) -> list[Any]:
    """What stands for a field on the pages: itself, and its kids."""
    return [field, *(field["/Kids"] if "/Kids" in field else ())]


def _kind_of_value(field: generic.DictionaryObject) -> str:
    """What the value of a field says it is; "/Sig" when it does not say; "" for none."""
    value = field["/V"] if "/V" in field else {"/Type": ""}
    return str(value["/Type"]) if "/Type" in value else "/Sig"


def _is_bare(field: generic.DictionaryObject) -> bool:
    """No more than an unseen field needs: no appearance, no action, no place on a page."""
    left, bottom, right, top = map(float, field["/Rect"] if "/Rect" in field else (0, 0, 0, 0))
    return left == right and bottom == top and set(field) <= _BARE


_CONTAINERS = [XrefStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
               ObjectStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
               DSSCompareRule().as_qualified(ModificationLevel.LTA_UPDATES)]
_ONLY_DSS = StandardDiffPolicy(
    [CatalogModificationRule(ignored_keys={"/DSS", "/Extensions"}), *_CONTAINERS,
     _DateOfInfo().as_qualified(ModificationLevel.LTA_UPDATES),
     _DateOfMetadata().as_qualified(ModificationLevel.LTA_UPDATES)],
    form_rule=None, ignore_orphaned_objects=False)
_STAMPED = StandardDiffPolicy(
    [CatalogModificationRule(ignored_keys={"/AcroForm", "/DSS", "/Extensions"}), *_CONTAINERS,
     _DateOfInfo().as_qualified(ModificationLevel.LTA_UPDATES),
     _DateOfMetadata().as_qualified(ModificationLevel.LTA_UPDATES)],
    form_rule=FormUpdatingRule([_FieldsOfStamps(), SigFieldCreationRule(), SigFieldModificationRule()],
                               ignored_acroform_keys={"/Fields", "/SigFlags"}),
    ignore_orphaned_objects=False)
_NEXT_SIGNATURE = StandardDiffPolicy(
    [CatalogModificationRule(), *_CONTAINERS,
     DocInfoRule().as_qualified(ModificationLevel.LTA_UPDATES),
     MetadataUpdateRule().as_qualified(ModificationLevel.LTA_UPDATES)],
    form_rule=FormUpdatingRule([_FieldsOfSignatures(), SigFieldCreationRule(), SigFieldModificationRule()],
                               ignored_acroform_keys={"/Fields", "/SigFlags", "/DR", "/DA", "/Q"}))
_WORDS = {"/Page": "page", "/Pages": "page", "/Font": "font", "/Metadata": "metadata", "/Catalog": "catalog",
          "/DocTimeStamp": "timestamp", "/Sig": "signature", "/DSS": "validation_data"}
#: kinds of objects that one sees or fills in
_SEEN = {"page", "annotation", "field", "font", "signature"}
_OBJECT = re.compile(rb"(\d{1,10})[ \r\n]+(\d{1,5})[ \r\n]+obj\b")
_TABLE = re.compile(rb"xref\s+[\d\sfn]+?trailer\b")
_END = re.compile(rb"startxref\s+\d+\s+%%EOF(?:\r\n|\n|\r)?")


def range_is_exact(pdf: bytes, signature: EmbeddedPdfSignature) -> bool:
    """The ranges leave out exactly the hexadecimal string of /Contents, and nothing hides in its padding."""
    numbers = [int(n) for n in signature.byte_range]
    if len(numbers) != 4 or numbers[0] != 0 or numbers[3] < 0:
        return False
    _start, first, second, length = numbers
    gap = pdf[first:second]
    if not (0 < first < second and second + length <= len(pdf) and gap[:1] == b"<" and gap[-1:] == b">"):
        return False
    contents = bytes.fromhex(gap[1:-1].decode("ascii"))
    message = signature.pkcs7_content
    padding = contents[_der_length(contents):]
    return contents == message and not padding.strip(b"\0")


def _der_length(data: bytes) -> int:
    """Length of the first DER value, head included."""
    if data[1] < 0x80:
        return 2 + data[1]
    octets = data[1] & 0x7F
    return 2 + octets + int.from_bytes(data[2: 2 + octets], "big")


def covered_end(signature: EmbeddedPdfSignature) -> int:
    """The offset in the file at which the byte range of a signature ends."""
    return int(signature.byte_range[2]) + int(signature.byte_range[3])


def coverage(pdf: bytes, reader: PdfFileReader, signature: EmbeddedPdfSignature, *, is_last: bool) -> str:
    """"whole", "allowed" (what came after changes nothing that one sees or reads) or "changed-after"."""
    end = covered_end(signature)
    if signature.evaluate_signature_coverage() < SignatureCoverageLevel.ENTIRE_REVISION:
        return "changed-after"
    if end == len(pdf):
        return "whole"
    stamps = [stamp for stamp in reader.embedded_timestamp_signatures if covered_end(stamp) > end]
    policy = (_STAMPED if stamps else _ONLY_DSS) if is_last else _NEXT_SIGNATURE
    change = policy.review_file(reader, signature.signed_revision)
    level = ModificationLevel.LTA_UPDATES if is_last else ModificationLevel.FORM_FILLING
    allowed = isinstance(change, DiffResult) and change.modification_level.value <= level.value
    if is_last:
        allowed = allowed and _tail_is_tidy(pdf, end, reader, signature.signed_revision)
        # what is written again as it was is no validation data either; the field of a stamp hangs on a page
        seen = _SEEN - {"page", "signature"} if stamps else _SEEN
        allowed = allowed and not seen & set(changes(pdf, reader, signature))
    return "allowed" if allowed and not _fills_gaps(reader, signature.signed_revision) else "changed-after"


def only_signed(base: bytes, returned: bytes) -> bool:
    """Whether what follows `base` in `returned` adds signature fields, and nothing that one sees or reads beside."""
    try:
        reader = PdfFileReader(io.BytesIO(returned), strict=False)
        last = PdfFileReader(io.BytesIO(base), strict=False).xrefs.total_revisions - 1
        change = _NEXT_SIGNATURE.review_file(reader, last)
        most = ModificationLevel.FORM_FILLING.value
        return (isinstance(change, DiffResult) and change.modification_level.value <= most
                and _tail_is_tidy(returned, len(base), reader, last) and not _fills_gaps(reader, last))
    except BROKEN:
        return False


def _fills_gaps(reader: PdfFileReader, last: int) -> bool:
    """Whether an object that the file up to this revision refers to, and does not have, is defined later.

    Shadow attack: what is absent is seen as nothing when one signs. Some readers look for the number alone, so that
    the generation does not count.
    """
    had: set[int] = set()
    for revision in range(last + 1):
        had |= {one.idnum for one in reader.xrefs.explicit_refs_in_revision(revision)}
        had -= {one.idnum for one in reader.get_historical_resolver(revision).refs_freed_in_revision()}
    later = {one.idnum for revision in range(last + 1, reader.xrefs.total_revisions)
             for one in reader.xrefs.explicit_refs_in_revision(revision)}
    return bool(later - had) and not _numbers(reader.get_historical_resolver(last)).isdisjoint(later - had)


def _numbers(view: HistoricalResolver) -> set[int]:
    """The numbers of all objects that are reached from the trailer, whether they exist or not."""
    seen: set[generic.Reference] = set()
    waiting: list[Any] = [view.trailer_view]
    while waiting:
        one = waiting.pop()
        if isinstance(one, generic.IndirectObject):
            if one.reference in seen:
                continue
            seen.add(one.reference)
            one = view(one.reference)
        if isinstance(one, generic.DictionaryObject):  # a stream is one, too
            waiting += [one.raw_get(key) for key in one]
        elif isinstance(one, generic.ArrayObject):
            waiting += [one.raw_get(place) for place in range(len(one))]
    return {one.idnum for one in seen}


def changes(pdf: bytes, reader: PdfFileReader, signature: EmbeddedPdfSignature) -> list[str]:
    """What later revisions hold, in order: "signature", "timestamp", "validation_data", "annotation", "field", "page",
    "content", "font", "catalog", "metadata", "object" (none of these), "bytes" (what no revision declares)."""
    found: list[str] = []
    for revision in range(signature.signed_revision + 1, reader.xrefs.total_revisions):
        resolver = reader.get_historical_resolver(revision)
        for reference in sorted(reader.xrefs.explicit_refs_in_revision(revision), key=lambda one: one.idnum):
            try:
                found.append(_kind_of(resolver(reference), reference == resolver.root_ref))
            except BROKEN:
                found.append("object")
    if not _tail_is_tidy(pdf, covered_end(signature), reader, signature.signed_revision):
        found.append("bytes")
    return [one for one in dict.fromkeys(found) if one]


def _kind_of(found: generic.PdfObject, is_root: bool) -> str:
    """One word for an object of a revision; "" for what only holds others."""
    if is_root:
        return "catalog"
    if not isinstance(found, generic.DictionaryObject):
        return ""
    kind, role = str(found.get("/Type", "")), str(found.get("/Subtype", ""))
    if kind in ("/XRef", "/ObjStm"):
        return ""
    if kind in _WORDS:
        return _WORDS[kind]
    if "/ByteRange" in found:
        return "signature"
    if "/FT" in found:
        return "signature" if found["/FT"] == "/Sig" else "field"
    if {"/Certs", "/CRLs", "/OCSPs", "/VRI"} & set(found):
        return "validation_data"
    if "/Rect" in found or kind == "/Annot":
        return "annotation"
    if {"/ModDate", "/Producer"} & set(found):
        return "metadata"
    return "content" if isinstance(found, generic.StreamObject) and role in ("", "/Form", "/Image") else "object"


def _tail_is_tidy(pdf: bytes, position: int, reader: PdfFileReader, signed_revision: int) -> bool:
    """After `position` come whole revisions and not one byte more, each with at least one object it declares.

    Bytes that no cross-reference names are unseen by a right reader, but a lenient one may find them.
    """
    revision, objects = signed_revision, 0
    while position < len(pdf):
        if pdf[position: position + 1].isspace():
            position += 1
        elif match := _OBJECT.match(pdf, position):
            if (int(match[1]), int(match[2])) not in _declared(reader, revision + 1):
                return False
            position, objects = pdf.find(b"endobj", match.end()) + len(b"endobj"), objects + 1
            if position < len(b"endobj"):
                return False
        elif match := _TABLE.match(pdf, position):
            position = pdf.find(b"startxref", match.end())
            if position < 0 or pdf[match.end(): position].strip()[-2:] != b">>":
                return False
        elif (match := _END.match(pdf, position)) and objects:
            position, objects, revision = match.end(), 0, revision + 1
        else:
            return False
    return objects == 0 and revision == reader.xrefs.total_revisions - 1


def _declared(reader: PdfFileReader, revision: int) -> set[tuple[int, int]]:
    """(number, generation) of the objects that a revision declares, its cross-reference stream included."""
    if revision >= reader.xrefs.total_revisions:
        return set()
    references = set(reader.xrefs.explicit_refs_in_revision(revision))
    references.add(reader.xrefs.get_xref_container_info(revision).stream_ref)
    return {(r.idnum, r.generation) for r in references if r is not None}
