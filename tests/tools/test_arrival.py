"""Files as they come to the clerk: taken, held or refused (Art. 3.2, 6.2.a; security.md S7), and what is told of it."""

import io
import json
import os
import struct
import zipfile
import zlib

import docx
import mail_world
import pikepdf
import pytest
from click.testing import CliRunner
from docx.oxml import OxmlElement
from edxml_world import with_file, zipped
from fakes import pdf
from PIL import Image

from app.cli import cli
from app.cli_arrival import judged as judged_packet
from app.cli_intake import judged
from app.regulation.incoming import mail
from app.tools.checked import ACCEPT, HOLD, REJECT
from app.tools.mail_read import read

MOST = 5_000_000


def scripted(where: str) -> bytes:
    """A PDF with a script: at its opening, on a page, at a link, among its names."""
    made, sink = pikepdf.Pdf.new(), io.BytesIO()
    page = made.add_blank_page()
    action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=action)
    if where == "opening":
        made.Root.OpenAction = action
    elif where == "page":
        page.obj.AA = pikepdf.Dictionary(O=action)
    elif where == "link":
        page.obj.Annots = pikepdf.Array([link])
    else:
        made.attachments["a.exe"] = b"MZ"
    made.save(sink, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return sink.getvalue()


def hidden(action: bytes, padding: int = 0) -> bytes:
    """A PDF whose object 4 lies in a packed stream, followed by so many spaces."""
    packed = zlib.compress(b"4 0 " + action + b" " * padding, 9)
    data = (b"%%PDF-1.5\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction 4 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[6 0 R]"
            b"/Count 1>>endobj\n6 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
            b"3 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(packed)
            + packed + b"\nendstream endobj\n")
    at = [data.find(b"%d 0 obj" % number) for number in (1, 2, 3, 6)]
    rows = [(0, 0, 65535), (1, at[0], 0), (1, at[1], 0), (1, at[2], 0), (2, 3, 0), (1, len(data), 0), (1, at[3], 0)]
    table = b"".join(struct.pack(">BIH", *row) for row in rows)
    return (data + b"5 0 obj<</Type/XRef/Size 7/W[1 4 2]/Root 1 0 R/Length %d>>stream\n" % len(table) + table
            + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF" % len(data))


def locked() -> bytes:
    made, sink = pikepdf.Pdf.new(), io.BytesIO()
    made.add_blank_page()
    made.save(sink, encryption=pikepdf.Encryption(owner="a", user="b"))
    return sink.getvalue()


def photo(**options) -> bytes:
    sink = io.BytesIO()
    Image.effect_noise((60, 80), 40).convert("RGB").save(sink, "JPEG", **options)
    return sink.getvalue()


def archive(name: str = "a.txt") -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as made:
        made.writestr(name, "x")
    return sink.getvalue()


def letter(change: str = "", *texts: str) -> bytes:
    made, sink = docx.Document(), io.BytesIO()
    paragraph = made.add_paragraph("Kính gửi: Sở Tài chính")
    for text in (texts or ("",)) if change else ():
        mark = OxmlElement(change)
        mark.text = text
        paragraph.add_run()._r.append(mark)
    made.save(sink)
    return sink.getvalue()


def parts(drop: str = "", **added: bytes) -> bytes:
    """A letter as a DOCX without this part, with these."""
    source, sink = zipfile.ZipFile(io.BytesIO(letter())), io.BytesIO()
    with zipfile.ZipFile(sink, "w") as made:
        for name in source.namelist():
            if name != drop and name not in added:
                made.writestr(name, source.read(name))
        for name, data in added.items():
            made.writestr(name, data)
    return sink.getvalue()


def large(what: str) -> bytes:
    """A PDF with a page larger than any paper, or with a picture of 900 million elements that is mere zeros."""
    made, sink = pikepdf.Pdf.new(), io.BytesIO()
    page = made.add_blank_page()
    page.MediaBox = pikepdf.Array([0, 0, 200_000, 200_000])
    if what == "picture":
        page.MediaBox = pikepdf.Array([0, 0, 595, 842])
        packed = zlib.compress(bytes(1000), 9)
        picture = pikepdf.Stream(made, packed, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=30_000,
                                 Height=30_000, ColorSpace=pikepdf.Name.DeviceGray, BitsPerComponent=8,
                                 Filter=pikepdf.Name.FlateDecode)
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=picture))
        page.Contents = pikepdf.Stream(made, b"q 595 0 0 842 0 0 cm /I Do Q")
    made.save(sink)
    return sink.getvalue()


def lzw(most: int) -> bytes:
    """So many codes of LZW, each one byte longer than the one before: the table is begun anew when it is full."""
    bits, held, table, out = 0, 0, 4096, bytearray()
    for _ in range(most):
        full = table >= 4094
        codes = [(256, 9 if bits + held == 0 else 12), (0, 9)] if full else [(table, max(9, (table + 1).bit_length()))]
        table = 258 if full else table + 1
        for code, width in codes:
            held, bits = held << width | code, bits + width
            while bits >= 8:
                bits -= 8
                out.append(held >> bits)
                held &= (1 << bits) - 1
    return bytes(out) + b"\0\0"


def unpacking(data: bytes, *filters: str, times: int = 1) -> bytes:
    """A PDF whose page draws so many streams packed so."""
    made, sink = pikepdf.Pdf.new(), io.BytesIO()
    page = made.add_blank_page()
    page.Contents = pikepdf.Array([made.make_indirect(pikepdf.Stream(
        made, data, Filter=pikepdf.Array([pikepdf.Name(f"/{one}Decode") for one in filters]))) for _ in range(times)])
    made.save(sink, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    return sink.getvalue()


def white(pixels: int) -> bytes:
    """A page scanned without loss, all white: a thousandth of its size."""
    made, out = pikepdf.Pdf.new(), io.BytesIO()
    page = made.add_blank_page()
    picture = pikepdf.Stream(made, zlib.compress(b"\xff" * pixels * pixels), Type=pikepdf.Name.XObject, Width=pixels,
                             Height=pixels, Subtype=pikepdf.Name.Image, ColorSpace=pikepdf.Name.DeviceGray,
                             BitsPerComponent=8, Filter=pikepdf.Name.FlateDecode)
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=picture))
    page.Contents = pikepdf.Stream(made, b"q 595 0 0 842 0 0 cm /I Do Q")
    made.save(out)
    return out.getvalue()


SPACES = zlib.compress(b" " * 70_000_000, 9)
MAIN = "word/document.xml"
ACTION = b"<</S/JavaScript/JS(app.alert)>>"
FILES = [
    ("thư đến.pdf", lambda: pdf(), ACCEPT, ""),
    ("ảnh.JPG", photo, ACCEPT, ""),
    ("công văn.docx", letter, ACCEPT, ""),
    ("opening.pdf", lambda: scripted("opening"), HOLD, "file_active_content"),
    ("page.pdf", lambda: scripted("page"), HOLD, "file_active_content"),
    ("link.pdf", lambda: scripted("link"), HOLD, "file_active_content"),
    ("attached.pdf", lambda: scripted("attached"), HOLD, "file_active_content"),
    ("packed.pdf", lambda: hidden(ACTION), HOLD, "file_active_content"),
    ("bomb.pdf", lambda: hidden(ACTION, 80_000_000), REJECT, "file_unpacks_too_large"),
    ("one stream.pdf", lambda: unpacking(SPACES, "Flate"), REJECT, "file_unpacks_too_large"),
    ("twice.pdf", lambda: unpacking(zlib.compress(SPACES, 9), "Flate", "Flate"), REJECT, "file_unpacks_too_large"),
    ("text of it.pdf", lambda: unpacking(SPACES.hex().encode() + b">", "ASCIIHex", "Flate"), REJECT,
     "file_unpacks_too_large"),
    ("runs.pdf", lambda: unpacking(b"\x81 " * 600_000, "RunLength"), REJECT, "file_unpacks_too_large"),
    ("lzw.pdf", lambda: unpacking(lzw(60_000), "LZW"), REJECT, "file_unpacks_too_large"),
    ("many.pdf", lambda: unpacking(zlib.compress(b" " * 6_000_000, 9), "Flate", times=4), REJECT,
     "file_unpacks_too_large"),
    ("white.pdf", lambda: white(9000), ACCEPT, ""),
    ("letters.pdf", lambda: unpacking(lzw(1000), "LZW"), ACCEPT, ""),
    ("changed.docx", lambda: letter("w:ins"), HOLD, "file_has_tracked_changes"),
    ("remarked.docx", lambda: letter("w:commentReference"), HOLD, "file_has_comments"),
    ("sheet.docx", lambda: letter("w:object"), HOLD, "file_has_object"),
    ("today.docx", lambda: letter("w:dayLong"), HOLD, "file_has_field"),
    ("locked.pdf", locked, REJECT, "file_encrypted"),
    ("pdf-zip.pdf", lambda: pdf() + archive(), REJECT, "file_two_kinds"),
    ("jpg-zip.jpg", lambda: photo() + archive(), REJECT, "file_two_kinds"),
    ("jpg-pdf.jpg", lambda: photo(comment=b"%PDF-1.4"), REJECT, "file_two_kinds"),
    ("page.pdf", lambda: b"<html><script>alert(1)</script>", REJECT, "file_wrong_kind"),
    ("scan.pdf", photo, REJECT, "file_wrong_kind"),
    ("scan.pdf", lambda: b"", REJECT, "file_empty"),
    ("scan.pdf.exe", lambda: pdf(), REJECT, "file_wrong_kind"),
    ("\u202efdp.pdf", lambda: pdf(), REJECT, "file_bad_name"),
    ("../scan.pdf", lambda: pdf(), REJECT, "file_bad_name"),
    ("bảng.zip", archive, REJECT, "file_unknown_kind"),
    ("page.pdf", lambda: large("page"), REJECT, "file_too_many_pixels"),
    ("picture.pdf", lambda: large("picture"), REJECT, "file_too_many_pixels"),
    ("no body.docx", lambda: parts(MAIN), REJECT, "file_no_body"),
    ("object.docx", lambda: parts(**{"word/embeddings/oleObject1.bin": b"MZ"}), HOLD, "file_active_content"),
    ("picture.docx", lambda: parts(**{"word/media/blob.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)}), HOLD,
     "file_active_content"),
    ("program.docx", lambda: parts(**{"customXml/a.xml.rels.png": b"MZ" + bytes(99)}), HOLD, "file_active_content"),
    ("field.docx", lambda: letter("w:instrText", "INCLUDE", "TEXT a"), REJECT, "file_has_outside_content"),
    ("outside.docx", lambda: parts(**{"../evil": b"MZ"}), REJECT, "file_unsafe_package"),
    ("entity.docx", lambda: parts(**{MAIN: b"<!DOCTYPE a><a/>"}), REJECT, "file_unsafe_package"),
    ("tệp", lambda: pdf(), REJECT, "file_no_extension"),
    ("large.pdf", lambda: pdf() + b" " * MOST, REJECT, "file_too_large"),
]


@pytest.mark.parametrize(("name", "make", "outcome", "code"), FILES, ids=[f"{n}-{f[0]}" for n, f in enumerate(FILES)])
def test_s7_a_file_is_taken_held_or_refused_with_a_reason(name, make, outcome, code):
    found = judged(make(), name, MOST)
    assert (found.outcome, found.code) == (outcome, code)
    assert bool(found.message) == (outcome != ACCEPT) and "%(" not in found.message


@pytest.mark.parametrize(("name", "make", "outcome", "code"), [one for one in FILES if one[3] not in (
    "file_bad_name", "file_empty", "file_too_large")], ids=lambda one: one if isinstance(one, str) else "")
def test_s7_a_file_is_judged_alike_by_mail_and_exchange(name, make, outcome, code):
    data = make()
    mailed = mail.judged(read(mail_world.letter((name, data)).as_bytes()), MOST)[0]
    assert (mailed.code, mailed.is_held) == (code, outcome == HOLD)
    found = judged_packet(with_file(zipped(("x", data), method=zipfile.ZIP_STORED), name=name).encode())
    assert (found.outcome, found.code) == (ACCEPT if outcome == ACCEPT else HOLD, code), "the clerk is warned"
    assert (name in found.message) == (outcome != ACCEPT) and "{" not in found.message


def test_the_command_answers_without_storing(tmp_path):
    file = tmp_path / "thư.pdf"
    file.write_bytes(pdf())
    answer = json.loads(CliRunner().invoke(cli, ["intake", "check", str(file), "--json"]).output)
    assert answer == {"outcome": "accept", "code": "", "message": "", "fields": {
        "name": "thư.pdf", "size": len(pdf()), "media_type": "application/pdf", "pages": 1, "is_signed": False}}
    refused = json.loads(CliRunner().invoke(cli, ["intake", "check", str(file), "--name", "a.exe", "--json"]).output)
    assert (refused["outcome"], refused["code"]) == ("reject", "file_wrong_kind") and ".exe" in refused["message"]
    assert [path.name for path in tmp_path.iterdir()] == ["thư.pdf"]


@pytest.mark.parametrize("what, code", [
    ("folder", "file_not_regular"), ("nothing", "file_missing"), ("pipe", "file_not_regular")])
@pytest.mark.parametrize("asked", [["intake", "check"], ["edxml", "check"], ["recognise"]])
def test_what_is_no_file_is_answered_in_the_same_shape_and_by_the_exit_code(tmp_path, what, code, asked):
    place = tmp_path / "a.pdf"
    {"folder": place.mkdir, "pipe": lambda: os.mkfifo(place), "nothing": lambda: None}[what]()
    done = CliRunner().invoke(cli, [*asked, str(place), "--json"])
    answer = json.loads(done.output)
    assert (done.exit_code, answer["outcome"], answer["code"]) == (2, "reject", code)
    assert "tệp" in answer["message"] and answer["fields"] == {"name": "a.pdf"}
