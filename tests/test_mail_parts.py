"""Which parts of a mail are files (Art. 6.3): nothing that may be a document goes without a word.

Mail programs write the same scan in many ways: without a name, without a disposition, as a picture inside the text.
"""

import base64
import io
from email.message import EmailMessage, Message

import pytest
from fakes import pdf
from mail_world import letter, smtp
from PIL import Image
from test_mailbox import box, documents, listed, look, server, stc, told  # noqa: F401

from app.db import db
from app.records import attachment
from app.records import mail as mails
from app.tools.mail_read import read


def picture(width: int, height: int, kind: str = "JPEG") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(target, kind)
    return target.getvalue()


def bare(mail: EmailMessage, kind: str, data: bytes, **headers: str) -> EmailMessage:
    """Put in a part with these headers and no others, as some programs write it."""
    part = Message()
    part["Content-Type"], part["Content-Transfer-Encoding"] = kind, "base64"
    for name, value in headers.items():
        part[name.replace("_", "-")] = value
    part.set_payload(base64.encodebytes(data).decode())
    if not mail.is_multipart():
        mail.make_mixed()
    mail.get_payload().append(part)
    return mail


def with_html(html: str, *files: tuple[str, bytes]) -> EmailMessage:
    mail = letter(*files)
    mail.get_payload()[0].add_alternative(html, subtype="html")
    return mail


def parts(mail: EmailMessage) -> tuple[list[str], list[str], tuple[str, ...]]:
    """Names of the files and of the pictures of the text, and what stands against it."""
    found = read(mail.as_bytes())
    return [one.name for one in found.files], [one.name for one in found.pictures], found.trouble


@pytest.mark.parametrize(("kind", "data", "name"), [
    ("application/pdf", pdf(2), "tep-3.pdf"), ("application/octet-stream", pdf(2), "tep-3.pdf"),
    ("text/plain", pdf(2), "tep-3.pdf"), ("image/jpeg", picture(800, 1100), "tep-3.jpg"),
    ("image/tiff", picture(800, 1100, "TIFF"), "tep-3.tif"), ("application/rtf", b"{\\rtf1 x}", "tep-3"),
])
def test_art_6_3_a_part_without_name_and_disposition_is_a_file_when_it_is_no_text(kind, data, name):
    mail = bare(letter(("co ten.pdf", pdf(1))), kind, data)
    assert parts(mail) == (["co ten.pdf", name], [], ())
    assert parts(bare(letter(), "text/html", b"<p>K&iacute;nh</p>")) == ([], [], ("mail_no_file",))


def test_art_6_3_a_scan_that_lies_in_the_text_is_a_file_and_a_small_picture_of_the_text_is_none():
    scan, logo, inside = picture(1240, 1754), picture(300, 90, "PNG"), "inline; filename="
    apple = bare(letter(("a.pdf", pdf(1))), "image/jpeg", scan, Content_ID="<1>",
                 Content_Disposition=inside + "scan.jpg")
    assert parts(apple) == (["a.pdf", "scan.jpg"], [], ())
    shown = with_html('<img src="cid:logo%40x"><IMG src=cid:2><img src="cid:3">', ("a.pdf", pdf(1)))
    bare(shown, "image/png", logo, Content_ID="<logo@x>", Content_Disposition=inside + "logo.png")
    bare(shown, "image/gif", picture(16, 16, "GIF"), Content_ID="<2>")
    bare(shown, "image/jpeg", scan, Content_ID="<3>", Content_Disposition=inside + "trang.jpg")
    bare(shown, "image/png", logo, Content_ID="<4>", Content_Disposition=inside + "khong ai goi.png")
    assert parts(shown) == (["a.pdf", "trang.jpg", "khong ai goi.png"], ["logo.png", "tep-5"], ())
    broken = bare(with_html("<img src='cid:1'>", ("a.pdf", pdf(1))), "image/png", b"\x89PNG", Content_ID="<1>")
    assert parts(broken)[:2] == (["a.pdf", "tep-4"], []), "what nobody can measure is judged as a file"


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_art_6_3_who_is_told_that_it_has_come_has_sent_nothing_that_went_without_a_word(stc, server):  # noqa: F811
    mail = with_html("<img src='cid:logo'>", ("1.pdf", pdf(1)))
    bare(mail, "image/png", picture(300, 90, "PNG"), Content_ID="<logo>", Content_Disposition="inline; filename=l.png")
    bare(mail, "application/pdf", pdf(2))
    bare(mail, "image/jpeg", picture(1240, 1754), Content_ID="<s>", Content_Disposition="inline; filename=trang.jpg")
    with smtp(server.folder) as post:
        with stc.inside():
            box(stc, smtp_host="localhost", smtp_port=post.port, smtp_security="tls", address="stc@stc.example")
        server.put(mail)
        look(stc)
        assert [subject for subject, _ in told(post)] == ["Văn bản đã đến: Gửi công văn"]
    first, second = documents(stc)
    with stc.inside():
        assert [[one.name for one in attachment.of(each)] for each in (first, second)] == [
            ["1.pdf"], ["tep-5.pdf", "trang.jpg"]]
        row = db.session.scalars(db.select(mails.Mail)).one()
        assert [(one["name"], one["code"], one["is_document"]) for one in row.files][-1] == (
            "l.png", "mail_picture", False)
    assert listed(stc) == [("Gửi công văn", "taken", "")]


@pytest.mark.parametrize("spoilt", [b"?", b"????", b"*=*="])
def test_art_6_3_a_file_whose_base64_was_spoilt_on_the_way_is_told_as_that(spoilt):
    raw = letter(("cong van.pdf", pdf(1))).as_bytes()
    at = raw.index(b"JVBERi0") + 200
    found = read(raw[:at] + spoilt + raw[at + len(spoilt):])
    assert (found.files, found.trouble) == ((), ("mail_bad_file",))
