"""The attachments of an edXML packet: manifest, ZIP and Base64, hostile ones, names and sizes."""

import base64
import hashlib
import itertools
import zipfile

import pytest
from edxml_world import PDF_SHA256, read, refusal, sample, with_file, zipped

from app.tools import edxml


def test_files_and_manifest_must_match_one_to_one():
    text = sample()
    attachment = text[text.index("    <Attachment>") : text.index("  </AttachmentEncoded>")]
    assert refusal(text.replace(attachment, "")) == "unmatched_file"
    assert refusal(text.replace(attachment, attachment + attachment.replace("cid:1", "cid:2"))) == "unmatched_file"
    assert refusal(text.replace(attachment, attachment * 2)) == "repeated_file"
    assert refusal(text.replace("<edXML:ContentId>cid:1", "<edXML:ContentId>cid:9")) == "unmatched_file"
    assert refusal(text.replace("cid:1", "")) == "unmatched_file"
    assert read(text.replace("<edXML:ContentId>cid:1", "<edXML:ContentId>1")).files == read(text).files
    href = '<edXML:Reference xmlns:k="http://www.w3.org/1999/xlink" k:href="cid:1">'
    linked = text.replace("<edXML:Reference>", href)
    assert read(linked.replace("<edXML:ContentId>cid:1</edXML:ContentId>", "")).files[0].sha256 == PDF_SHA256


def test_files_follow_the_manifest_not_the_order_of_the_attachments():
    packet = read(sample())
    two = [{"name": f"{n}.pdf", "media_type": "application/pdf", "data": b"%PDF-" + n.encode()} for n in ("một", "hai")]
    text = edxml.build_document(packet.header(), two).decode()
    first = text[text.index("    <Attachment>") : text.index("    </Attachment>") + 18]
    swapped = text.replace(first, "").replace("  </AttachmentEncoded>", first + "  </AttachmentEncoded>")
    assert [one.name for one in read(swapped).files] == ["một.pdf", "hai.pdf"] == [one.name for one in read(text).files]
    assert swapped != text and read(swapped).files[1].data == b"%PDF-hai"


def test_plain_base64_with_blanks_and_strange_types_is_read():
    pdf = b"%PDF-1.7 x" * 50
    wrapped = base64.encodebytes(pdf).decode().replace("\n", "\r\n\t ")
    (file,) = read(with_file(wrapped, kind="application/pdf")).files
    assert (file.data, file.media_type) == (pdf, "application/pdf")
    docx = zipped(("word/document.xml", "<a/>"))
    (file,) = read(with_file(docx, "dự thảo.docx", "application/docx")).files
    assert file.data == docx and file.media_type.endswith("wordprocessingml.document")


def test_the_name_inside_the_zip_is_never_used():
    (file,) = read(with_file(zipped(("5b1c.tmp", b"%PDF-1")))).files
    assert (file.name, file.data) == ("125-UBND-KT.pdf", b"%PDF-1")


def test_a_file_that_is_a_zip_stays_one():
    inner = zipped(("a.txt", b"a"), ("b.txt", b"b"))
    packet = read(sample())
    file = {"name": "hồ sơ.zip", "media_type": "application/zip", "data": inner}
    sent = edxml.build_document(packet.header(), [file])
    assert read(sent).files[0].data == inner
    assert read(with_file(inner, "a.zip")).files[0].data == inner
    single = zipped(("a.txt", b"a"))
    assert read(with_file(single, "a.zip")).files[0].data == single


def damaged():
    good = zipped(("a.pdf", b"%PDF-1" * 100))
    start = good.index(b"a.pdf") + 5
    return good[:start] + b"\xff\xff\xff" + good[start + 3 :]


def encrypted():
    data = bytearray(zipped(("a.pdf", b"%PDF-1")))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def lying():
    """A bomb whose directory claims 10 bytes."""
    data = bytearray(zipped(("a.pdf", b"\x00" * 30_000_000)))
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = data[22:26] = (10).to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize(
    "code,data",
    [
        ("bad_base64", "không phải base64"),
        ("bad_base64", "QUJD="),
        ("bad_base64", "QUJD<x/>"),
        ("empty_file", ""),
        ("empty_file", zipped(("a.pdf", b""))),
        ("empty_file", zipped()),
        ("bad_zip", b"%PDF-1.7"),
        ("bad_zip", damaged()),
        ("bad_zip", zipped(("a.pdf", b"%PDF-1"))[:-30]),
        ("bad_zip", zipped(("a.pdf", b"%PDF-1" * 9), method=zipfile.ZIP_LZMA)),
        ("bad_zip", lying()),
        ("encrypted_zip", encrypted()),
        ("several_entries", zipped(("a.pdf", b"%PDF-1"), ("b.pdf", b"%PDF-2"))),
        ("zip_path", zipped(("../../etc/cron.d/x", b"%PDF-1"))),
        ("zip_path", zipped(("/etc/passwd", b"%PDF-1"))),
        ("zip_path", zipped(("..\\x.pdf", b"%PDF-1"))),
        ("zip_path", zipped(("c:x.pdf", b"%PDF-1"))),
        ("zip_path", zipped(("folder/", b""))),
        ("zip_bomb", zipped(("a.pdf", b"\x00" * 30_000_000))),
    ],
    ids=itertools.count(),
)
def test_hostile_attachments_are_refused(code, data):
    assert refusal(with_file(data)) == code


@pytest.mark.parametrize(
    "given,kept",
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\A\\125.pdf", "125.pdf"),
        ("gpj\u202efdp.exe", "gpjfdp.exe"),
        ("..", "125-x"),
        ("a" * 300 + ".pdf", "a" * 196 + ".pdf"),
    ],
)
def test_file_names_are_cleaned_with_a_warning(given, kept):
    text = sample().replace("125-UBND-KT.pdf", given).replace("Description>" + given, "Description>125-x")
    packet = read(text)
    assert packet.files[0].name == kept
    assert {"file_name", "unseen"} & {code for code, _ in packet.warnings}


def test_a_large_scan_goes_and_comes():
    """One attachment of 20 MB: over the 10 MB that libxml2 allows to a text of its own tree."""
    data = b"%PDF-1.7" + hashlib.shake_128(b"seed").digest(20 * 1024 * 1024)
    packet = read(sample())
    sent = edxml.build_document(packet.header(), [{"name": "quét.pdf", "media_type": "application/pdf", "data": data}])
    assert read(sent).files[0].sha256 == hashlib.sha256(data).hexdigest()
