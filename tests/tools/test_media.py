"""What a file is, by its content (security.md S7). Files are made here, byte by byte where they lie."""

import io
import struct
import zipfile
import zlib

import docx
import pypdfium2
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from PIL import Image

from app.tools import media, office
from app.tools.blobs import TooLarge
from app.tools.media import clean_name, sniff


def a_pdf(pages=1):
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(595, 842)
    sink = io.BytesIO()
    document.save(sink)
    return sink.getvalue()


def a_picture(kind, size=(60, 80), **options):
    sink = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(sink, kind, **options)
    return sink.getvalue()


def a_docx(change=None):
    document = docx.Document()
    paragraph = document.add_paragraph("Kính gửi: Sở Tài chính")
    if change:
        change(document, paragraph)
    sink = io.BytesIO()
    document.save(sink)
    return sink.getvalue()


def repacked(data, parts=None, drop=()):
    """The package with parts added or replaced."""
    source, sink = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            if entry.filename not in (parts or {}) and entry.filename not in drop:
                target.writestr(entry, source.read(entry))
        for name, content in (parts or {}).items():
            target.writestr(name, content)
    return sink.getvalue()


def part(data, name):
    return zipfile.ZipFile(io.BytesIO(data)).read(name).decode()


def an_odt(content="<office:document-content xmlns:office='o'/>", extra=None):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as target:
        target.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        target.writestr("content.xml", content)
        for name, text in (extra or {}).items():
            target.writestr(name, text)
    return sink.getvalue()


def an_ooxml(content_type):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as target:
        target.writestr("[Content_Types].xml", f'<Types><Override ContentType="{content_type}"/></Types>')
    return sink.getvalue()


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
EDXML = b'<?xml version="1.0"?>\n<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"></edXML>'


@pytest.mark.parametrize(
    ("name", "data", "extension", "pages"),
    [
        ("công văn.pdf", a_pdf(3), "pdf", 3),
        ("Scan.JPEG", a_picture("JPEG"), "jpg", 1),
        ("scan.png", a_picture("PNG"), "png", 1),
        ("scan.tiff", a_picture("TIFF", save_all=True, append_images=[Image.new("L", (60, 80))] * 2), "tif", 3),
        ("scan.tif", a_picture("TIFF", compression="tiff_lzw"), "tif", 1),
        ("dự thảo.docx", a_docx(), "docx", None),
        ("bảng.xlsx", an_ooxml(XLSX), "xlsx", None),
        ("bản.odt", an_odt(), "odt", None),
        ("gói.edxml", EDXML, "edxml", None),
    ],
)
def test_accepted_kinds_are_known_by_their_content(name, data, extension, pages):
    found = sniff(data, name)
    assert (found.extension, found.pages) == (extension, pages)
    assert found.media_type == media.TYPES[extension]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.docx", b"<html><img src='http://127.0.0.1/'></html>"),
        ("a.pdf", a_picture("PNG")),
        ("a.png", a_pdf()),
        ("a.docx", an_ooxml(XLSX)),
        ("a.docx", an_odt()),
        ("a.docx", repacked(an_odt(), {"mimetype": "application/zip"})),
        ("a.edxml", b'<?xml version="1.0"?><!DOCTYPE edXML><edXML/>'),
        ("a.edxml", b"<other/>"),
        ("a.pdf", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
    ],
)
def test_content_against_extension_is_refused(name, data):
    with pytest.raises(media.WrongKind):
        sniff(data, name)


@pytest.mark.parametrize(("name", "data"), [("a.exe", b"MZ\x90\0"), ("tệp", b"hello"), ("a.svg", b"<svg/>")])
def test_other_kinds_are_refused(name, data):
    with pytest.raises(media.UnknownKind):
        sniff(data, name)


def test_a_known_kind_without_extension_is_refused():
    with pytest.raises(media.NoExtension):
        sniff(a_pdf(), "pdf")


def test_old_office_files_are_refused_by_their_own_reason():
    with pytest.raises(media.OldOfficeFile):
        sniff(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "công văn.doc")


def test_an_empty_file_is_refused():
    with pytest.raises(media.EmptyFile):
        sniff(b"", "a.pdf")


def test_a_file_over_the_limit_is_refused():
    with pytest.raises(TooLarge) as refused:
        sniff(a_pdf(), "a.pdf", limit=100)
    assert refused.value.status == 413


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.pdf", a_pdf(3)),
        ("a.jpg", a_picture("JPEG", (400, 400))),
        ("a.png", a_picture("PNG", (400, 400))),
        ("a.tif", a_picture("TIFF", (400, 400))),
        ("a.docx", a_docx()),
        ("a.odt", an_odt()),
    ],
)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_file_cut_off_is_refused(name, data, share):
    with pytest.raises(office.TruncatedFile):
        sniff(data[: int(len(data) * share)], name)


def test_a_damaged_chunk_of_a_png_is_refused():
    data = bytearray(a_picture("PNG", (400, 400)))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(office.TruncatedFile):
        sniff(bytes(data), "a.png")


@pytest.mark.parametrize(("depth", "colour", "bits"), [(1, 0, 1), (8, 0, 8), (8, 2, 24), (4, 3, 4), (16, 6, 64)])
@pytest.mark.parametrize("is_laced", [False, True])
def test_a_png_whose_rows_end_early_is_refused_however_it_is_packed(depth, colour, bits, is_laced):
    passes = ((8, 8), (7, 8), (15, 7), (15, 15), (30, 15), (30, 30), (60, 30)) if is_laced else ((60, 60),)
    rows = b"".join((b"\0" * (1 + (columns * bits + 7) // 8)) * lines for columns, lines in passes)
    head = struct.pack(">IIBBBBB", 60, 60, depth, colour, 0, 0, is_laced)
    colours = a_chunk(b"PLTE", bytes(48)) if colour == 3 else b""

    def png(rows):
        packed = zlib.compress(rows)
        parts = (a_chunk(b"IDAT", packed[:20]), a_chunk(b"IDAT", packed[20:]), a_chunk(b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + a_chunk(b"IHDR", head) + colours + b"".join(parts)

    assert sniff(png(rows), "a.png").pages == 1 and sniff(png(rows + b"more"), "a.png").pages == 1
    for short in (rows[:-1], rows[:len(rows) // 3], b""):
        with pytest.raises(office.TruncatedFile):
            sniff(png(short), "a.png")
    assert Image.open(io.BytesIO(png(rows))).convert("RGB").size == (60, 60)


ENCRYPTED_PDF = (
    b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    b"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
    b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\n"
    b"trailer\n<</Root 1 0 R/Size 4/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4"
    b"/O<" + b"11" * 32 + b">/U<" + b"22" * 32 + b">>>>>\nstartxref\n0\n%%EOF\n"
)


def test_a_pdf_that_needs_a_password_is_refused():
    with pytest.raises(office.EncryptedFile):
        sniff(ENCRYPTED_PDF, "a.pdf")


def test_an_office_file_that_needs_a_password_is_refused():
    container = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(office.EncryptedFile):
        sniff(container, "a.docx")
    manifest = ("<m:manifest xmlns:m='urn:oasis:names:tc:opendocument:xmlns:manifest:1.0'>"
                "<m:file-entry><m:encryption-data/></m:file-entry></m:manifest>")
    with pytest.raises(office.EncryptedFile):
        sniff(an_odt(extra={"META-INF/manifest.xml": manifest}), "a.odt")


def test_a_zip_entry_under_password_is_refused():
    data = bytearray(a_docx())
    start = 0
    while (start := data.find(b"PK\x01\x02", start)) >= 0:  # the flag in every entry of the directory
        data[start + 8] |= 1
        start += 4
    with pytest.raises(office.EncryptedFile):
        sniff(bytes(data), "a.docx")


def test_more_pages_than_the_limit_are_refused():
    assert sniff(a_pdf(media.MAX_PAGES), "a.pdf").pages == media.MAX_PAGES
    with pytest.raises(media.TooManyPages) as refused:
        sniff(a_pdf(media.MAX_PAGES + 1), "a.pdf")
    assert refused.value.facts["limit"] == 500


def a_chunk(kind, body):
    """A piece of a PNG."""
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)


def a_huge_png(width, height):
    """A few bytes that promise a huge picture."""
    head = width.to_bytes(4) + height.to_bytes(4) + b"\x01\0\0\0\0"
    body = a_chunk(b"IHDR", head) + a_chunk(b"IDAT", zlib.compress(b"\0")) + a_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("side", [10_001, 60_000])
def test_a_picture_over_100_megapixels_is_refused_before_it_is_unpacked(side):
    with pytest.raises(media.TooManyPixels):
        sniff(a_huge_png(side, side), "a.png")


def test_a_package_that_unpacks_too_large_is_refused():
    bomb = repacked(a_docx(), {"word/media/a.bin": b"\0" * (office.SMALL_BYTES + 1)})
    with pytest.raises(office.UnpacksTooLarge):
        sniff(bomb, "a.docx")


def test_a_package_of_too_many_parts_is_refused():
    many = repacked(a_docx(), {f"word/media/{n}": b"" for n in range(office.MAX_ENTRIES)})
    with pytest.raises(office.UnpacksTooLarge):
        sniff(many, "a.docx")


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "word\\..\\..\\x"])
def test_a_part_outside_the_package_is_refused(name):
    with pytest.raises(office.TruncatedFile):
        sniff(repacked(a_docx(), {name: b"x"}), "a.docx")


def test_an_entity_in_a_part_is_refused():
    plain = a_docx()
    body = part(plain, "word/document.xml").replace("?>", "?><!DOCTYPE x [<!ENTITY a 'b'>]>", 1)
    with pytest.raises(office.TruncatedFile):
        sniff(repacked(plain, {"word/document.xml": body}), "a.docx")


@pytest.mark.parametrize("name", ["word/vbaProject.bin", "word/VBAPROJECT.BIN"])
def test_macros_are_refused(name):
    with pytest.raises(office.HasMacros):
        sniff(repacked(a_docx(), {name: b"x"}), "a.docx")


def test_macros_of_other_formats_are_refused():
    with pytest.raises(office.HasMacros):
        sniff(an_ooxml("application/vnd.ms-word.document.macroEnabled.main+xml"), "a.docx")
    with pytest.raises(office.HasMacros):
        sniff(an_odt(extra={"Basic/Standard/Module1.xml": "<m/>"}), "a.odt")


def related(kind, target="http://127.0.0.1:9/a.png"):
    def change(document, paragraph):
        document.part.rels.get_or_add_ext_rel(
            f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}", target)
    return a_docx(change)


@pytest.mark.parametrize("kind", ["image", "attachedTemplate", "oleObject", "frame", "subDocument"])
def test_content_from_outside_is_refused(kind):
    with pytest.raises(office.HasOutsideContent):
        sniff(related(kind), "a.docx")


def test_a_hyperlink_is_no_content_from_outside():
    assert sniff(related("hyperlink", "https://laocai.gov.vn"), "a.docx").extension == "docx"


def element(tag, text=None, **attributes):
    made = OxmlElement(tag)
    if text:
        made.text = text
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def deleted(document, paragraph):
    mark = element("w:del", id="1", author="x")
    mark.append(element("w:r"))
    paragraph._p.append(mark)


def inserted_in_header(document, paragraph):
    document.sections[0].header.paragraphs[0]._p.append(element("w:ins", id="1", author="x"))


def hidden(document, paragraph):
    paragraph.add_run("che giấu").font.hidden = True


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (deleted, office.HasTrackedChanges),
        (inserted_in_header, office.HasTrackedChanges),
        (hidden, office.HasHiddenText),
    ],
)
def test_changes_and_hidden_text_are_refused_where_asked(change, refusal):
    data = a_docx(change)
    assert sniff(data, "a.docx")
    with pytest.raises(refusal):
        sniff(data, "a.docx", refuse_changes=True)


def test_text_shown_again_is_not_hidden():
    def change(document, paragraph):
        paragraph.add_run("hiện").font.hidden = False

    assert sniff(a_docx(change), "a.docx", refuse_changes=True)


def test_changes_in_an_odt_are_refused_where_asked():
    changed = ("<o:d xmlns:o='o' xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0'>"
               "<text:tracked-changes/></o:d>")
    assert sniff(an_odt(changed), "a.odt")
    with pytest.raises(office.HasTrackedChanges):
        sniff(an_odt(changed), "a.odt", refuse_changes=True)


def test_a_linked_picture_in_an_odt_is_refused():
    linked = ("<o:d xmlns:o='o' xmlns:draw='d' xmlns:xlink='http://www.w3.org/1999/xlink'>"
              "<draw:image xlink:href='{}'/></o:d>")
    assert sniff(an_odt(linked.format("Pictures/1.png")), "a.odt")
    with pytest.raises(office.HasOutsideContent):
        sniff(an_odt(linked.format("http://127.0.0.1/1.png")), "a.odt")


@pytest.mark.parametrize(
    "name", ["../a.pdf", "C:\\giấy\\a.pdf", "a\0.pdf", "a\n.pdf", "\u202efdp.exe.pdf", "", "x" * 200 + ".pdf"]
)
def test_a_name_with_a_path_or_controls_is_refused(name):
    with pytest.raises(media.BadName):
        sniff(a_pdf(), name)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("công văn 12.pdf", "công văn 12.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\giấy tờ\\Tờ trình.docx", "Tờ trình.docx"),
        ("to\u0302\u0301.pdf", "tố.pdf"),
        ("a\0b\r\n.pdf", "ab.pdf"),
        ("\u202efdp.exe.pdf", "fdp.exe.pdf"),
        (" .hidden. ", "hidden"),
        ("đ" * 300 + ".docx", "đ" * 145 + ".docx"),
        ("đ" * 300, "đ" * 150),
    ],
)
def test_a_name_is_cleaned(name, clean):
    assert clean_name(name) == clean
    assert clean_name(clean) == clean


@pytest.mark.parametrize("name", ["", "..", "/", "\0", " . "])
def test_a_name_of_which_nothing_is_left_is_refused_or_replaced(name):
    with pytest.raises(media.BadName):
        clean_name(name)
    assert clean_name(name, instead="tệp") == "tệp"
