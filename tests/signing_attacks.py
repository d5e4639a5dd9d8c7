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
from pyhanko.sign import fields
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
    return PdfFileReader(io.BytesIO(pdf), strict=False).embedded_signatures[-1]


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
    """The certificate that names the signer exchanged for another: of another key, or of the same."""
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


def form_changed(key, value):
    """Fields that readers draw anew by themselves, from what the form says."""
    def attack(pdf):
        def change(writer, _page):
            writer.root["/AcroForm"][NAME(key)] = value
            writer.update_container(writer.root["/AcroForm"])
        return _edited(pdf, change)
    return attack


def catalog_changed(pdf):
    def change(writer, _page):
        writer.root[NAME("/MarkInfo")] = generic.DictionaryObject({NAME("/Marked"): generic.BooleanObject(True)})
        writer.update_root()
    return _edited(pdf, change)


def empty_place(pdf, box=None, **more):
    """A place for a signature that nobody signs; `more`: what it has beside."""
    def change(writer, _page):
        fields.append_signature_field(writer, fields.SigFieldSpec("Trống", on_page=0, box=box))
        field = writer.root["/AcroForm"]["/Fields"][-1].get_object()
        field |= {NAME(f"/{key}"): value(writer) for key, value in more.items()}
        writer.update_container(field)
    return _edited(pdf, change)


def _painted(writer):
    picture = generic.StreamObject({
        NAME("/Type"): NAME("/XObject"), NAME("/Subtype"): NAME("/Form"),
        NAME("/BBox"): generic.ArrayObject(map(generic.NumberObject, (0, 0, 400, 200)))},
        stream_data=b"1 1 1 rg 0 0 400 200 re f")
    return generic.DictionaryObject({NAME("/N"): writer.add_object(picture)})


def _script(_writer):
    return generic.DictionaryObject({NAME("/PO"): generic.DictionaryObject({
        NAME("/S"): NAME("/JavaScript"), NAME("/JS"): generic.pdf_string("app.alert(1)")})})


def painted_place(pdf):
    """A field that is no signature, drawn over the text."""
    return empty_place(pdf, (90, 600, 490, 800), AP=_painted)


def place_with_script(pdf):
    return empty_place(pdf, AA=_script)


#: what is absent in what is signed, by where the page or the catalog refers to it, and what fills it in
GHOST = 900
_RED = b"1 0 0 rg 90 500 300 100 re f"
GHOSTS = {
    "content": b"<</Length %d>>stream\n%s\nendstream" % (len(_RED), _RED),
    "picture": b"<</Type/XObject/Subtype/Form/BBox[0 0 600 800]/Length %d>>stream\n%s\nendstream" % (len(_RED), _RED),
    "note": b"<</Type/Annot/Subtype/FreeText/F 4/Rect[90 500 400 700]/Contents(x)/DA(/Helv 20 Tf)>>",
    "action": b"<</S/JavaScript/JS(app.alert\\(1\\))>>"}


def haunted(pdf, where, generation=0):
    """Shadow, before anybody signs: a reference to an object that there is not, which is seen as nothing."""
    def change(writer, page):
        ghost = generic.IndirectObject(GHOST, generation, writer)
        if where == "action":
            writer.root[NAME("/OpenAction")] = ghost
            writer.update_root()
        elif where == "note":
            page[NAME("/Annots")] = generic.ArrayObject([ghost])
        else:
            drawn = ghost
            if where == "picture":
                page["/Resources"][NAME("/XObject")] = generic.DictionaryObject({NAME("/Gh"): ghost})
                drawn = writer.add_object(generic.StreamObject(stream_data=b"q /Gh Do Q"))
            page[NAME("/Contents")] = generic.ArrayObject([page.raw_get("/Contents"), drawn])
        writer.update_container(page["/Resources"])
        writer.update_container(page)
    return _edited(pdf, change)


def incremental_saving(pdf):
    """A revision appended as any editor appends one: the same objects written again."""
    def change(writer, page):
        writer.update_container(page)
    return _edited(pdf, change)


def last_revision_removed(pdf):
    """As before the last signature was made."""
    first = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0]
    return pdf[: int(first.byte_range[2]) + int(first.byte_range[3])]


def beside_the_table(start=0, line=b" \n"):
    """Validation data in a revision that is wrong by a byte, and beside its trailer a page that no table names.

    A reader that finds the table to be wrong looks for objects itself, and shows that page. `start`: how far the end
    of the file points past the table; `line`: how its entries end.
    """
    def attack(pdf):
        reader = PdfFileReader(io.BytesIO(pdf))
        page, pages = reader.root["/Pages"]["/Kids"].raw_get(0).idnum, reader.root.raw_get("/Pages").idnum
        number, before = int(reader.trailer["/Size"]), reader.last_startxref
        text, root = b"BT /H 20 Tf 60 600 Td (So tien khac) Tj ET", reader.root_ref.idnum
        catalog = io.BytesIO()
        reader.root.write_to_stream(catalog)
        objects = {root: catalog.getvalue().strip()[:-2] + b"/DSS %d 0 R>>" % number, number: b"<</Type/DSS/Certs[]>>"}
        body, table = bytearray(pdf), b"xref\n"
        for key in sorted(objects):
            table += b"%d 1\n%010d 00000 n" % (key, len(body)) + line
            body += b"%d 0 obj\n%s\nendobj\n" % (key, objects[key])
        hidden = (b"901 0 obj\n<</Length %d>>\nstream\n%s\nendstream\nendobj\n%d 0 obj\n<</Type/Page/Parent %d 0 R"
                  b"/MediaBox[0 0 595 842]/Contents 901 0 R/Resources<</Font<</H<</Type/Font/Subtype/Type1/BaseFont"
                  b"/Helvetica>>>>>>>>\nendobj\ntrailer\n<</Root %d 0 R/Size 999>>\n" % (
                      len(text), text, page, pages, root))
        tail = b"trailer\n<</Root %d 0 R/Size %d/Prev %d>>\n" % (root, number + 1, before)
        return bytes(body + table + tail + hidden + b"startxref\n%d\n%%%%EOF\n" % (len(body) + start))
    return attack


#: attacks on a whole document with both signatures: none may look better than invalid
ON_THE_FILE = {
    "note": with_note, "form_field": with_field, "evil_annotation": evil_annotation, "turned_page": turned_page,
    "other_content": other_content, "page_added": page_added, "script_added": script_added,
    "picture_of_the_seal_changed": picture_of_the_seal_changed, "content_taken_out": content_taken_out,
    "content_swapped": content_swapped, "incremental_saving": incremental_saving, "data_in_the_gap": data_in_the_gap,
    "partial_range": partial_range, "wrapped": wrapped, "beside_the_table": beside_the_table(),
    "table_too_early": beside_the_table(-3), "table_too_late": beside_the_table(1),
    "table_of_short_lines": beside_the_table(0, b"\n"), **FORGERIES}

#: changes that matter after a time stamp of the document and before one as much as without: readers draw by them
AROUND_A_STAMP = {
    "drawn_anew": form_changed("/NeedAppearances", generic.BooleanObject(True)),
    "form_font": form_changed("/DA", generic.pdf_string("/Helv 0 Tf 1 g")),
    "form_resources": form_changed("/DR", generic.DictionaryObject()),
    "catalog_changed": catalog_changed, "empty_place": empty_place, "painted_place": painted_place,
    "place_with_script": place_with_script}
def _form_set(pdf, **keys):
    def change(writer, _page):
        form = writer.root["/AcroForm"]
        form |= {NAME(f"/{key}"): value(writer) for key, value in keys.items()}
        writer.update_container(form)
    return _edited(pdf, change)


def _fonts(writer, reference=None):
    font = reference or writer.add_object(generic.DictionaryObject({
        NAME("/Type"): NAME("/Font"), NAME("/Subtype"): NAME("/Type1"), NAME("/BaseFont"): NAME("/Helvetica")}))
    return generic.DictionaryObject({NAME("/Font"): generic.DictionaryObject({NAME("/Helv"): font})})


def dressed(pdf):
    """What honest programs add to a form when they sign: its fonts, its look, a later version of the format."""
    def change(writer, _page):
        form = writer.root["/AcroForm"]
        form |= {NAME("/DR"): _fonts(writer), NAME("/DA"): generic.pdf_string("/Helv 0 Tf 0 g ")}
        writer.update_container(form)
        writer.root[NAME("/Version")] = NAME("/1.7")
        writer.update_root()
    return _edited(pdf, change)


def version_strange(pdf):
    def change(writer, _page):
        writer.root[NAME("/Version")] = NAME("/9.9")
        writer.update_root()
    return _edited(pdf, change)


def font_by_resources(pdf):
    """A font of the pages written anew, and named among the resources of fields, which a signature may add."""
    def change(writer, page):
        fonts = page["/Resources"]["/Font"]
        reference = fonts.raw_get(next(iter(fonts)))
        font = reference.get_object()
        font[NAME("/BaseFont")] = NAME("/Other")
        writer.mark_update(reference)
        form = writer.root["/AcroForm"]
        form[NAME("/DR")] = _fonts(writer, reference)
        writer.update_container(form)
    return _edited(pdf, change)


#: changes between two signatures, which the second one does not excuse
BETWEEN = {
    "version_strange": version_strange, "font_by_resources": font_by_resources,
    "aligned_anew": lambda pdf: _form_set(pdf, Q=lambda _: generic.NumberObject(2)),
    "drawn_anew": AROUND_A_STAMP["drawn_anew"], "painted_place": painted_place, "place_with_script": place_with_script,
    "empty_place": lambda pdf: empty_place(pdf, (90, 600, 490, 800))}
ON_THE_FILE |= AROUND_A_STAMP
