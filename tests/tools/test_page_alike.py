"""NĐ 30/2020 Đ21.2.a; S10: a page that readers of PDF show each in its own way is named, and an honest one is not."""

import base64
import io
import zlib

import numpy as np
import pikepdf
import pytest
from page_tricks import (
    BOX,
    NAME,
    OTHER_SUM,
    TRICKS,
    calibrated,
    different,
    drawn,
    fonted,
    form,
    letter,
    lettered,
    linked,
    masked,
    naming,
    noted,
    placed,
    plainly,
    reckoned,
    shown,
    tiled,
    typeface,
    wrapped_jpeg,
)
from PIL import Image
from signing_world import LEADER, SEAL, elsewhere
from test_signature_report import keys, scan, told, trust  # noqa: F401 - pytest finds fixtures by name

from app.bench.signature import pages
from app.tools import page_alike
from app.tools.page_words import long_number
from app.tools.suspect import shows_otherwise


@pytest.mark.parametrize("name", TRICKS)
def test_s10_what_is_drawn_outside_the_standard_is_named(name):
    make, construct = TRICKS[name]
    assert shows_otherwise(drawn(make)) == construct


def test_s10_pages_are_as_many_as_the_file_says():
    pdf = drawn(lambda *_: None)
    assert pdf.count(b"/Count 1") == 1 and shows_otherwise(pdf.replace(b"/Count 1", b"/Count 7")) == "/Count"


@pytest.mark.parametrize("how", ({}, {"object_stream_mode": pikepdf.ObjectStreamMode.generate}))
def test_s10_a_number_of_hundreds_of_figures_is_named_wherever_an_object_stands(how):
    """What the library reads of it is a number like others; a reader that keeps 255 letters of it reads another one."""
    with pikepdf.open(io.BytesIO(letter())) as opened:
        opened.pages[0].obj.MediaBox[0] = pikepdf.Name("/" + "A" * 299)
        opened.save(target := io.BytesIO(), compress_streams=False, **how)
    pdf, name, many = target.getvalue(), b"/" + b"A" * 299, b"0" * 300
    assert name in pdf and shows_otherwise(pdf.replace(name, many)) == "0" * 24
    assert not long_number(b"<" + many + b"> (1 " + b"." * 300 + b") /A" + many)


@pytest.mark.parametrize(("deep", "named"), [(8, ""), (300, "<<"), (5000, "<<")])
def test_s10_an_operand_deeper_than_readers_follow_is_named(deep, named):
    """A reader that stops at it draws nothing of what stands beside it."""
    make = plainly(b"/A " + b"<</B " * deep + b"1" + b">>" * deep + b" BDC 1 g 9 9 90 90 re f EMC")
    assert shows_otherwise(drawn(make)) == named
    assert shows_otherwise(drawn(plainly(b"/A <</B " + b"[" * deep + b"]" * deep + b">> BDC EMC"))) == named.replace(
        "<<", "[")


def named_with_a_blank(pdf, page):
    naming(b"/PANTONE#20200 gs", "ExtGState", pikepdf.Dictionary())(pdf, page)
    page.Resources.ExtGState["/PANTONE 200"] = pikepdf.Dictionary(CA=1)


def pictures(mode, **options):
    """A paper as a scanner sees it."""
    page = np.random.default_rng(1).normal(240, 12, (200, 150, 4)).clip(0, 255).astype(np.uint8)
    Image.fromarray(page, "RGBA").convert(mode).save(target := io.BytesIO(), "PDF", resolution=20, **options)
    return target.getvalue()


HONEST = {
    "a letter": letter, "white paper": scan, "twenty pages": pages, "a grey scan": lambda: pictures("L"),
    "a scan in black and white": lambda: pictures("1"), "a scan in colour": lambda: pictures("RGB"),
    "a scan of few colours": lambda: pictures("P"), "a scan for printers": lambda: pictures("CMYK"),
    **{name: (lambda make=make: drawn(make)) for name, make in {
        "a box": plainly(b"q " + OTHER_SUM + b" Q"), "a form": naming(b"q /A Do Q", "XObject", form()),
        "a group": naming(b"/A Do", "XObject", form(Group=pikepdf.Dictionary(S=NAME.Transparency, I=True))),
        "a mask": masked({"/CS": NAME.DeviceGray}, BC=[1]), "a picture": shown(),
        "a wrapped picture": wrapped_jpeg(zlib.compress, "FlateDecode", (1, 1)),
        "a picture in letters": wrapped_jpeg(base64.a85encode, "ASCII85Decode", (1, 1)),
        "an inverted one": shown(Decode=[1, 0]),
        "a stencil": shown(data=b"\x80", ImageMask=True, ColorSpace=None, BitsPerComponent=1),
        "a picture within": plainly(b"q 9 0 0 9 9 9 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \xff EI Q"),
        "a letter of its own": lettered(b"300 0 0 0 300 60 d1 0 0 300 60 re f"), "tiles": tiled(), "a note": noted(),
        "states that are not given back": plainly(b"q q 0.5 g"), "a comment": plainly(b"% trang 1\n 0 g"),
        "a path let go": plainly(b"n f 90 590 m 390 590 l 390 650 l 1 0 0 rg 2 w h B"),
        "text": plainly(b"BT /H 13 Tf 90 Tz 3 Tr 0 Tr [(a\\051\\)) -20.5 <6263>] TJ 0 -14 Td (x\\\ny) ' T* ET"),
        "letters of a list": fonted("Type1", encoding=different("nbspace", "Ohorn", "fi")),
        "a link": linked(Border=[0, 0, 0], Rect=[90, 590, 96, 599]), "a link in a frame": linked(C=[1, 0, 0]),
        "a spot colour": reckoned(b"{dup 0.5 mul 2 1 roll 1 index pop pop 2 div 1 exch sub}"),
        "a list of two": shown(data=b"\1", ColorSpace=[NAME.Indexed, NAME.DeviceGray, 1, pikepdf.String("ab")]),
        "a name with a blank": named_with_a_blank, "a blend in a list": naming(
            b"/A gs" + BOX, "ExtGState", pikepdf.Dictionary(BM=[NAME.Multiply])),
        "round ends": plainly(b"q 1 J 9 9 m 9 9 l 90 9 l S 9 9 90 9 re h s 9 9 m 9 9 l f 9 9 m S Q 9 9 m 9 9 l S"),
        "a style with a blank": plainly(b"/N#E1#BB#99i#20dung <</MCID 0>> BDC BT /H 9 Tf (1\\/2) Tj ET EMC"),
        "empty place of a seal": placed(looks=b""), "nothing in its look": placed(looks=b"q /Tx BMC EMC Q"),
        "unseen place": placed(F=2), "seal": placed({"Type": NAME.Sig}), "seal without a word": placed({}),
        "seal of a field": placed({"Type": NAME.Sig}, is_parted=True), "unseen note": noted("Text", F=2 | 8 | 16),
        "measured colours": calibrated(),
        "letters by name": fonted("TrueType", "FontFile2 -", encoding=different("nine"), flags=32),
        "outlines by name": fonted("Type1", "FontFile3 Type1C", encoding=different("nine"), flags=32,
                                   face=typeface(is_outlined=True)),
        "letters in their map": fonted("CIDFontType2", "FontFile2 -", said=b"<0001>", CIDToGIDMap=b"\0\1\0\2"),
        "a marked part": plainly(b"/Artifact <</Type /Pagination /BBox [0 0 9. -.5]>> BDC /P BMC EMC EMC")}.items()}}


@pytest.mark.parametrize("name", HONEST)
def test_s10_what_is_honest_is_not_named(name):
    assert shows_otherwise(HONEST[name]()) == ""


def test_nd_30_21_2_a_the_verdict_says_which_construct_it_was(keys, trust):  # noqa: F811
    pdf = drawn(TRICKS["state given back too often"][0])
    found = told(elsewhere(keys, elsewhere(keys, pdf, LEADER), SEAL), trust)
    assert found["verdict"] == "indeterminate" and all(one["intact"] for one in found["signatures"])
    assert all(found["reasons"][0][key].endswith(" [Q]") for key in ("message", "message_en"))
    assert found["signatures"][-1]["shows"] == "Q" and len(found["reasons"][0]["message"]) < 120


def test_s10_forms_that_draw_themselves_or_more_than_is_read_end(monkeypatch):
    def itself(pdf, page):
        one = form(b"/A Do")(pdf)
        one.Resources.XObject = pikepdf.Dictionary(A=one)
        naming(b"/A Do", "XObject", one)(pdf, page)
    assert shows_otherwise(drawn(itself)) == "/XObject"
    monkeypatch.setattr(page_alike, "MOST_BYTES", 100)
    monkeypatch.setattr(page_alike, "_OF_PAGE", 0)
    assert shows_otherwise(letter()) == "> 0.0001 MB"
