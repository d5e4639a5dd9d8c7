"""S10: what the reader of the product's own page, or one other, shows otherwise than the rest is named."""

import pikepdf
import pytest
from page_tricks import (
    BOX,
    JPX,
    NAME,
    OTHER_SUM,
    drawn,
    fonted,
    form,
    masked,
    naming,
    noted,
    plainly,
    shown,
    tiled,
)

from app.tools.suspect import shows_otherwise

DOT = b"q 60 w 184 608 m 184 608 l S Q"
OTHERS = {
    "round ends of a point": (plainly(b"1 J " + DOT), "S"), "round ends of a closed point": (
        plainly(b"q 1 J 60 w 90 590 m 90 600 l 184 608 m h S Q"), "S"),
    "round ends of a box without extent": (plainly(b"q 1 J 60 w 184 608 0 0 re S Q"), "S"),
    "round ends of a bent point": (plainly(b"q 1 J 184 608 m 184 608 184 608 184 608 c B Q"), "B"),
    "round ends of a point that is closed and painted": (plainly(b"q 1 J 60 w 184 608 m s Q"), "s"),
    "round ends that a state gives": (naming(b"/A gs " + DOT, "ExtGState", pikepdf.Dictionary(LC=1)), "S"),
    "round ends that a form gets": (naming(b"1 J /A Do", "XObject", form(DOT)), "S"),
    "note in a box without extent": (noted(looks={"BBox": [0, 0, 0, 0]}), "/BBox"),
    "mask in a box without extent": (masked({"/CS": NAME.DeviceGray}, content=OTHER_SUM, BBox=[0, 0, 0, 90]), "/BBox"),
    "mask moved by itself": (masked({"/CS": NAME.DeviceGray}, Matrix=[1, 0, 0, 1, 9, 9]), "/SMask"),
    "line under nothing": (noted("Underline"), "/Underline"), "shape of no corners": (noted("Polygon"), "/Polygon"),
    "tile from its upper right": (tiled(BBox=[50, 10, 0, 0]), "/BBox"),
    "colours by a way of no name": (plainly(b"/Foo ri" + BOX), "ri"),
    "limit that is given back within text": (plainly(b"BT /H 9 Tf 7 Tr (.) Tj 0 Tr (.) Tj ET" + BOX), "Tr"),
    "letters next to no width": (plainly(b"BT 1 Tz ET"), "Tz"),
    "signs of a font of letters": (fonted("TrueType", base="ZapfDingbats"), "/Subtype"),
    "picture of a space of colours that some know": (shown(
        data=b"colr\1\0\0\0\0\0\x12" + JPX, Filter=NAME.JPXDecode), "/JPXDecode")}


@pytest.mark.parametrize("name", OTHERS)
def test_s10_what_one_reader_shows_otherwise_is_named(name):
    make, construct = OTHERS[name]
    assert shows_otherwise(drawn(make)) == construct
