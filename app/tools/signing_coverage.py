"""Where in a PDF its signatures lie, what each covers, and what was done to the file after it.

NĐ 30/2020 Art. 21.2.a; security.md S10. pyHanko's own policy lets form fields be refilled and bytes or an empty
revision be appended after a signature. Here a byte range lies exactly around its /Contents; between two signatures only
signature fields may be added, each signed in the end; after the last one only validation data (DSS) and unseen time
stamps of the document. No byte after a signature stands outside a revision. What a signature left undefined may not be
defined after it.
It knows no certificate and gives no verdict.
"""

import io
import re
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel, SuspiciousModification
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, enumerate_sig_fields
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from app.tools.signing_policy import BROKEN, NEXT_SIGNATURE, ONLY_DSS, STAMPED

_WORDS = {"/Page": "page", "/Pages": "page", "/Font": "font", "/Metadata": "metadata", "/Catalog": "catalog",
          "/DocTimeStamp": "timestamp", "/Sig": "signature", "/DSS": "validation_data"}
#: kinds of objects that one sees or fills in
_SEEN = {"page", "annotation", "field", "font", "signature"}
_OBJECT = re.compile(rb"(\d{1,10})[ \r\n]+(\d{1,5})[ \r\n]+obj\b")
_LINE = rb"(?:\r\n|\r|\n)"
#: entries of exactly twenty bytes: a table that is off by one has readers look for objects themselves
_TABLE = re.compile(rb"xref" + _LINE + rb"((?:\d+ \d+ ?" + _LINE + rb"(?:\d{10} \d{5} [fn](?: \r| \n|\r\n))+)+)trailer"
                    rb"\s*(?=<<)")
#: programs leave their name within a revision; a reader that looks for objects itself finds none in it
_COMMENT = re.compile(rb"%(?!%|(?i:[^\r\n]*(?:obj|xref|trailer|stream)))[^\r\n]{0,200}" + _LINE)
_END = re.compile(rb"startxref\s+(\d+)\s+%%EOF(?:\r\n|\n|\r)?")


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


def coverage(pdf: bytes, reader: PdfFileReader, signature: EmbeddedPdfSignature, *, is_last: bool,
             following: int | None = None) -> str:
    """"whole", "allowed" (what came after changes nothing that one sees or reads), "forbidden" (the signature itself
    allows no other after it) or "changed-after". `following`: as for `reviewed`."""
    end = covered_end(signature)
    if signature.evaluate_signature_coverage() < SignatureCoverageLevel.ENTIRE_REVISION:
        return "changed-after"
    if end == len(pdf):
        return "whole"
    stamps = [stamp for stamp in reader.embedded_timestamp_signatures if covered_end(stamp) > end]
    change = (STAMPED if stamps else ONLY_DSS).review_file(reader, signature.signed_revision) if is_last \
        else reviewed(reader, signature.signed_revision, following)
    level = ModificationLevel.LTA_UPDATES if is_last else ModificationLevel.FORM_FILLING
    allowed = isinstance(change, DiffResult) and change.modification_level.value <= level.value
    allowed = allowed and _tail_is_tidy(pdf, end, reader, signature.signed_revision)
    if is_last:
        # what is written again as it was is no validation data either; the field of a stamp hangs on a page
        seen = _SEEN - {"page", "signature"} if stamps else _SEEN
        allowed = allowed and not seen & set(changes(pdf, reader, signature))
    if not allowed or _fills_gaps(reader, signature.signed_revision):
        return "changed-after"
    return "allowed" if is_last or _is_permitted(reader, signature, change, following) else "forbidden"


def reviewed(reader: PdfFileReader, base: int, following: int | None = None,
             locked: FieldMDPSpec | None = None) -> DiffResult | SuspiciousModification:
    """What later revisions change of a signed one (`base`) that is not the last: a reason to refuse it, or how much.

    `following`: the revision of the next signature, when it is not the last one either. Then each revision up to it and
    the file as it is are looked at, and what lies between is held against that signature, not against each one before:
    every revision is looked at, and the time grows with the signatures, not with their square.
    """
    if following is None:
        return NEXT_SIGNATURE.review_file(reader, base, field_mdp_spec=locked)
    found, old = ModificationLevel.NONE, reader.get_historical_resolver(base)
    try:
        for revision in (*range(base + 1, following + 1), reader.xrefs.total_revisions - 1):
            found = max(found, NEXT_SIGNATURE.apply(old, reader.get_historical_resolver(revision),
                                                    field_mdp_spec=locked).modification_level)
    except SuspiciousModification as refused:
        return refused
    return DiffResult(found, set())


def _is_permitted(reader: PdfFileReader, signature: EmbeddedPdfSignature, found: DiffResult,
                  following: int | None) -> bool:
    """Whether the next signature keeps to what this one allows (ISO 32000 12.8.2): a certification (DocMDP), a lock of
    fields (FieldMDP). Validation data and time stamps of the document are allowed after each.
    """
    permitted = signature.docmdp_level or MDPPerm.ANNOTATE
    if permitted is MDPPerm.NO_CHANGES and found.modification_level > ModificationLevel.LTA_UPDATES:
        return False
    field = signature.sig_field
    locked = signature.fieldmdp or (FieldMDPSpec.from_pdf_object(field["/Lock"]) if "/Lock" in field else None)
    return locked is None or isinstance(
        reviewed(reader, signature.signed_revision, following, _of_what_was_there(reader, signature, locked)),
        DiffResult)


def _of_what_was_there(reader: PdfFileReader, signature: EmbeddedPdfSignature, locked: FieldMDPSpec) -> FieldMDPSpec:
    """A lock of all fields, or of all but some, is one of those that the signed file has (ISO 32000-2 12.8.2.4: which
    fields do not permit changes). Whether another may be added is the business of DocMDP. pyHanko locks the new ones.
    """
    if locked.action is FieldMDPAction.INCLUDE:
        return locked
    there = enumerate_sig_fields(reader.get_historical_resolver(signature.signed_revision))  # others change nowhere
    return FieldMDPSpec(FieldMDPAction.INCLUDE, [name for name, _, _ in there if locked.is_locked(name)])


def only_signed(base: bytes, returned: bytes) -> bool:
    """Whether what follows `base` in `returned` adds signature fields, and nothing that one sees or reads beside."""
    try:
        reader = PdfFileReader(io.BytesIO(returned), strict=False)
        last = PdfFileReader(io.BytesIO(base), strict=False).xrefs.total_revisions - 1
        change = NEXT_SIGNATURE.review_file(reader, last)
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
    return bool(later - had) and any(
        one.idnum in later - had for one in reached(reader.get_historical_resolver(last)))


def reached(view: HistoricalResolver) -> set[generic.Reference]:
    """All objects that are reached from the trailer, whether they exist or not."""
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
    return seen


def changes(pdf: bytes, reader: PdfFileReader, signature: EmbeddedPdfSignature) -> list[str]:
    """What later revisions hold, in order: "signature", "timestamp", "validation_data", "annotation", "field", "page",
    "content", "font", "catalog", "metadata", "object" (none of these), "bytes" (what no revision declares)."""
    found: list[str] = []
    for revision in range(signature.signed_revision + 1, reader.xrefs.total_revisions):
        resolver = reader.get_historical_resolver(revision)
        proofs = _proofs(resolver)
        for reference in sorted(reader.xrefs.explicit_refs_in_revision(revision), key=lambda one: one.idnum):
            try:
                found.append("validation_data" if reference in proofs else
                             _kind_of(resolver(reference), reference == resolver.root_ref))
            except BROKEN:
                found.append("object")
    if not _tail_is_tidy(pdf, covered_end(signature), reader, signature.signed_revision):
        found.append("bytes")
    return [one for one in dict.fromkeys(found) if one]


def _proofs(view: Any) -> set[generic.Reference]:
    """The certificates, lists and answers that the file brings along: streams that only /DSS names as such."""
    def at(owner: Any, key: str) -> Any:
        one = owner.raw_get(key) if isinstance(owner, generic.DictionaryObject) and key in owner else None
        return view(one.reference) if isinstance(one, generic.IndirectObject) else one

    found: set[generic.Reference] = set()
    try:
        store = at(view.root, "/DSS")
        for listed in (at(store, key) for key in ("/Certs", "/CRLs", "/OCSPs")):
            if isinstance(listed, generic.ArrayObject):
                each = (listed.raw_get(place) for place in range(len(listed)))
                found |= {one.reference for one in each if isinstance(one, generic.IndirectObject)}
    except BROKEN:
        return set()
    return found


def _kind_of(found: generic.PdfObject, is_root: bool) -> str:
    """One word for an object of a revision; "" for what only holds others."""
    if is_root:
        return "catalog"
    if not isinstance(found, generic.DictionaryObject):
        return ""
    kind, role = (str(found[key]) if key in found else "" for key in ("/Type", "/Subtype"))
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
    if {"/Kids", "/MediaBox"} & set(found):  # readers ask no page for its type
        return "page"
    if {"/ModDate", "/Producer"} & set(found):
        return "metadata"
    return "content" if isinstance(found, generic.StreamObject) and role in ("", "/Form", "/Image") else "object"


def _tail_is_tidy(pdf: bytes, position: int, reader: PdfFileReader, signed_revision: int) -> bool:
    """After `position` come whole revisions and not one byte more: objects, each where the cross-references say and
    nowhere else, the cross-references, and the word where these begin.

    Bytes that no cross-reference names are unseen by a right reader. One that finds a cross-reference to be wrong by a
    single byte looks for objects itself and takes what it finds: so each number must be exact, too.
    """
    revision, met, start = signed_revision, {}, -1
    while position < len(pdf):
        if pdf[position: position + 1].isspace():
            position += 1
        elif met and (match := _COMMENT.match(pdf, position)):
            position = match.end()
        elif match := _OBJECT.match(pdf, position):
            reference = int(match[1]), int(match[2])
            if reference in met or reference not in _declared(reader, revision + 1):
                return False
            met[reference], position = position, pdf.find(b"endobj", match.end()) + len(b"endobj")
            if position < len(b"endobj"):
                return False
        elif start < 0 and pdf.startswith(b"xref", position):
            start, position = position, _after_table(pdf, position, met, reader)
        elif met and (match := _END.match(pdf, position)) and _is_exact(
                reader, revision + 1, met, start, int(match[1])):
            position, met, start, revision = match.end(), {}, -1, revision + 1
        else:
            return False
    return not met and revision == reader.xrefs.total_revisions - 1


def _after_table(pdf: bytes, position: int, met: dict[tuple[int, int], int], reader: PdfFileReader) -> int:
    """Where a cross-reference table and the one dictionary of its trailer end; past the file where they are not as
    ISO 32000-1 7.5.4 has them to the byte, or where the table names another place than where an object was met.
    """
    match = _TABLE.match(pdf, position)
    if match is None:
        return len(pdf) + 1
    lines, stream = match[1].splitlines(), io.BytesIO(pdf)
    stream.seek(match.end())
    try:
        while lines:
            first, count = map(int, lines.pop(0).split())
            entries, lines = lines[:count], lines[count:]
            for number, entry in enumerate(entries, first):
                offset, generation, kind = entry.split()
                if kind == b"n" and met.get((number, int(generation))) != int(offset):
                    return len(pdf) + 1
        generic.DictionaryObject.read_from_stream(stream, generic.TrailerReference(reader))
    except (ValueError, *BROKEN):  # fewer entries than a heading says, or more
        return len(pdf) + 1
    return stream.tell()


def _is_exact(reader: PdfFileReader, revision: int, met: dict[tuple[int, int], int], start: int, told: int) -> bool:
    """The file's end tells where its cross-references begin (`start`: a table; else their stream is among the objects),
    and these name each object where it was `met`, and no other.
    """
    of_stream = reader.xrefs.get_xref_container_info(revision).stream_ref
    at = start if start >= 0 else met.get((of_stream.idnum, of_stream.generation)) if of_stream else None
    places = {(one.idnum, one.generation): reader.xrefs.get_historical_ref(one, revision)
              for one in reader.xrefs.explicit_refs_in_revision(revision)}
    own = {} if of_stream is None else {(of_stream.idnum, of_stream.generation): at}
    return told == at and own | {key: one for key, one in places.items() if isinstance(one, int)} == met


def _declared(reader: PdfFileReader, revision: int) -> set[tuple[int, int]]:
    """(number, generation) of the objects that a revision declares, its cross-reference stream included."""
    if revision >= reader.xrefs.total_revisions:
        return set()
    references = set(reader.xrefs.explicit_refs_in_revision(revision))
    references.add(reader.xrefs.get_xref_container_info(revision).stream_ref)
    return {(r.idnum, r.generation) for r in references if r is not None}
