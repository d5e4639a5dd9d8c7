"""Ways to make a signed PDF say something else: published attacks and plain tampering, as functions bytes -> bytes.

Incremental saving, shadow (hide, replace, hide and replace), universal forgery, signature wrapping, evil annotation,
a graft, a swapped certificate, a revision removed. Each gives a file that a reader opens.
"""

import io
import re

from asn1crypto import cms
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from signing_world import with_field, with_note, written

NAME = generic.pdf_name


def _edited(pdf, change):
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    change(writer, writer.root["/Pages"]["/Kids"][0].get_object())
    return written(writer)


def evil_annotation(pdf):
    """A white box with other words over the text: allowed by annotation permissions, never after a signature here."""
    def change(writer, page):
        note = writer.add_object(generic.DictionaryObject({
            NAME("/Type"): NAME("/Annot"), NAME("/Subtype"): NAME("/FreeText"), NAME("/F"): generic.NumberObject(4),
            NAME("/DA"): generic.pdf_string("/Helv 20 Tf"), NAME("/Contents"): generic.pdf_string("So tien khac"),
            NAME("/Rect"): generic.ArrayObject(map(generic.NumberObject, (90, 600, 500, 760)))}))
        page.setdefault("/Annots", generic.ArrayObject()).append(note)
        writer.update_container(page["/Annots"])
        writer.update_container(page)
    return _edited(pdf, change)


def turned_page(pdf):
    def change(writer, page):
        page[NAME("/Rotate")] = generic.NumberObject(180)
        writer.update_container(page)
    return _edited(pdf, change)


def other_content(pdf):
    """The page's content stream put in another's place (shadow: replace)."""
    def change(writer, page):
        page[NAME("/Contents")] = writer.add_object(generic.StreamObject(stream_data=b"BT ET"))
        writer.update_container(page)
    return _edited(pdf, change)


def page_added(pdf):
    def change(writer, page):
        kids = writer.root["/Pages"]["/Kids"]
        kids.append(kids.raw_get(0))
        writer.root["/Pages"][NAME("/Count")] = generic.NumberObject(len(kids))
        writer.update_container(kids)
        writer.update_container(writer.root["/Pages"])
    return _edited(pdf, change)


def script_added(pdf):
    def change(writer, _page):
        writer.root[NAME("/OpenAction")] = generic.DictionaryObject({
            NAME("/S"): NAME("/JavaScript"), NAME("/JS"): generic.pdf_string("app.alert(1)")})
        writer.update_root()
    return _edited(pdf, change)


def picture_of_the_seal_changed(pdf):
    """Another appearance for the last signature's own field."""
    def change(writer, _page):
        field = writer.root["/AcroForm"]["/Fields"][-1].get_object()
        field[NAME("/AP")] = generic.DictionaryObject({NAME("/N"): writer.add_object(generic.StreamObject(
            {NAME("/Type"): NAME("/XObject"), NAME("/Subtype"): NAME("/Form"),
             NAME("/BBox"): generic.ArrayObject(map(generic.NumberObject, (0, 0, 9, 9)))},
            stream_data=b"0 0 9 9 re f"))})
        writer.update_container(field)
    return _edited(pdf, change)


def appended(pdf, rows, extra=b""):
    """A revision by hand: objects (number -> bytes, or an offset in the file as it is, or None: taken out)."""
    reader = PdfFileReader(io.BytesIO(pdf))
    size, root = int(reader.trailer["/Size"]), reader.root_ref.idnum
    previous = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    body, table = bytearray(pdf + b"\n" + extra), bytearray(b"xref\n")
    for number, what in rows.items():
        if what is None:
            row = b"0000000000 65535 f \n"
        else:
            offset = what if isinstance(what, int) else len(body)
            if isinstance(what, bytes):
                body += b"%d 0 obj\n%s\nendobj\n" % (number, what)
            row = b"%010d 00000 n \n" % offset
        table += b"%d 1\n%s" % (number, row)
    start = len(body)
    body += table + b"trailer\n<</Root %d 0 R/Size %d/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        root, max(size, *(n + 1 for n in rows)), previous, start)
    return bytes(body)


def content_taken_out(pdf):
    """Shadow, hide: the content that was seen when it was signed is freed."""
    page = PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Kids"][0].get_object()
    return appended(pdf, {page.raw_get("/Contents").idnum: None})


def content_swapped(pdf):
    """Shadow, hide and replace: a table alone points the page at bytes that were signed for something else."""
    pages = PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Kids"]
    first, second = (pages[i].get_object().raw_get("/Contents").idnum for i in (0, 1))
    return appended(pdf, {first: _offset(pdf, second)})


def _offset(pdf, number):
    return re.search(rb"(?:^|\n)(?=%d 0 obj)" % number, pdf).end()


def _last(pdf):
    return PdfFileReader(io.BytesIO(pdf)).embedded_signatures[-1]


def _replaced_in_signature(pdf, old, new):
    """The last signature's own object written anew, in a revision after it."""
    signature = _last(pdf)
    reference = signature.sig_field.raw_get("/V")
    start = _offset(pdf, reference.idnum)
    body = pdf[pdf.index(b"obj", start) + 3: pdf.index(b"endobj", start)].strip()
    changed = re.sub(old, new, body, count=1, flags=re.S)
    assert changed != body
    return appended(pdf, {reference.idnum: changed})


_RANGE, _CONTENTS = rb"/ByteRange\s*\[[^\]]*\]", rb"/Contents\s*<[0-9a-fA-F]*>"

FORGERIES = {
    f"universal_forgery_{name}": lambda pdf, old=old, new=new: _replaced_in_signature(pdf, old, new)
    for name, old, new in (
        ("range_missing", _RANGE, b""), ("range_null", _RANGE, b"/ByteRange null"),
        ("range_empty", _RANGE, b"/ByteRange []"), ("range_zero", _RANGE, b"/ByteRange [0 0 0 0]"),
        ("range_negative", _RANGE, b"/ByteRange [0 -1 -1 0]"), ("range_of_nothing", _RANGE, b"/ByteRange [0 1 1 1]"),
        ("contents_missing", _CONTENTS, b""), ("contents_null", _CONTENTS, b"/Contents null"),
        ("contents_zero", _CONTENTS, b"/Contents <00>"), ("contents_empty", _CONTENTS, b"/Contents <>"))}


def partial_range(pdf):
    """The range ends before the file does; what comes after is not signed."""
    return _replaced_in_signature(pdf, _RANGE, b"/ByteRange [0 100 200 300]")


def wrapped(pdf):
    """Signature wrapping: what was signed is moved to the end, and other content stands where it stood."""
    signature = _last(pdf)
    _, first, second, length = (int(n) for n in signature.byte_range)
    inserted = b"\n9990 0 obj\n<</Fake true>>\nendobj\n"
    moved = re.sub(_RANGE, b"/ByteRange [0 %d %d %d]" % (first, second + len(inserted), length), pdf, flags=re.S)
    return moved[:second] + inserted + moved[second:]


def grafted(pdf, other):
    """The signature value of another document put in the place of this one's last."""
    ours, theirs = _last(pdf), _last(other)
    first, second = int(ours.byte_range[1]), int(ours.byte_range[2])
    digits = theirs.pkcs7_content.rstrip(b"\0").hex().encode()
    room = second - first - 2
    return pdf[:first] + b"<" + digits[:room].ljust(room, b"0") + b">" + pdf[second:]


def certificate_swapped(pdf, der):
    """The certificate that names the signer exchanged for another, whose key did not sign."""
    signature = _last(pdf)
    first, second = int(signature.byte_range[1]), int(signature.byte_range[2])
    info = cms.ContentInfo.load(signature.pkcs7_content.rstrip(b"\0") + b"\0" * 8)
    signed, other = info["content"], cms.CertificateChoices.load(der)
    name = signed["signer_infos"][0]["sid"].chosen
    kept = [c for c in signed["certificates"] if c.chosen.serial_number != name["serial_number"].native]
    signed["certificates"] = cms.CertificateSet([*kept, other])
    name["serial_number"] = other.chosen.serial_number
    room = second - first - 2
    return pdf[:first] + b"<" + info.dump(force=True).hex().encode().ljust(room, b"0") + b">" + pdf[second:]


def data_in_the_gap(pdf):
    """Bytes hidden where the signature's own value stands, which no digest covers."""
    end = int(_last(pdf).byte_range[2])
    return pdf[: end - 9] + b"41424344" + pdf[end - 1:]


def incremental_saving(pdf):
    """A revision appended as any editor appends one: the same objects written again."""
    def change(writer, page):
        writer.update_container(page)
    return _edited(pdf, change)


def last_revision_removed(pdf):
    """As before the last signature was made."""
    first = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0]
    return pdf[: int(first.byte_range[2]) + int(first.byte_range[3])]


#: attacks on a whole document with both signatures: none may look better than invalid
ON_THE_FILE = {
    "note": with_note, "form_field": with_field, "evil_annotation": evil_annotation, "turned_page": turned_page,
    "other_content": other_content, "page_added": page_added, "script_added": script_added,
    "picture_of_the_seal_changed": picture_of_the_seal_changed, "content_taken_out": content_taken_out,
    "content_swapped": content_swapped, "incremental_saving": incremental_saving, "data_in_the_gap": data_in_the_gap,
    "partial_range": partial_range, "wrapped": wrapped, **FORGERIES}
