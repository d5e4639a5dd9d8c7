"""NĐ 30/2020 Đ21.2.a; S10: a picture in JBIG2 whose pieces readers put together each in its own way is named."""

import struct

import pikepdf
import pytest
from page_tricks import NAME, drawn, shown
from test_page_fax import BY_ROWS, HIGH, WIDE, damaged

from app.tools.suspect import shows_otherwise

PAGE, ENDED = 48, b"\xff\xac"


def piece(number, kind, data, page=1, told=None):
    return struct.pack(">IBBBI", number, kind, 0, page, len(data) if told is None else told) + data


def page(wide=WIDE, high=HIGH):
    return piece(0, PAGE, struct.pack(">IIIIBH", wide, high, 0, 0, 0, 0))


def lying(data, left=0, wide=WIDE):
    return struct.pack(">IIIIB", wide, HIGH, left, 0, 0) + data


def rows(data=BY_ROWS, number=1, kind=38, told=None, left=0, of=1):
    return piece(number, kind, lying(b"\1" + data, left), of, told)


def reckoned(end=ENDED):
    return piece(1, 38, lying(b"\0\3\xff\xfd\xff\2\xfe\xfe\xfe" + b"\x12\x34\x56\x78\x9a" * 9 + end))


def jbig2(*pieces, shared=None):
    def make(pdf, sheet):
        about = None if shared is None else pikepdf.Dictionary(JBIG2Globals=pdf.make_stream(shared))
        shown(data=b"".join(pieces), Filter=NAME.JBIG2Decode, BitsPerComponent=1, Width=WIDE, Height=HIGH,
              DecodeParms=about)(pdf, sheet)
    return make


LETTERS = piece(0, 0, b"\0\0\3\xff\xfd\xff\2\xfe\xfe\xfe" + struct.pack(">II", 0, 0) + ENDED, 0)
HONEST = {
    "rows": jbig2(page(), rows()), "with its ends": jbig2(page(), rows(), piece(2, 49, b""), piece(3, 51, b"", 0)),
    "reckoned": jbig2(page(), reckoned()), "a remark": jbig2(page(), rows(), piece(2, 62, b"\x20\0\0\0a\0\0")),
    "letters that others have": jbig2(piece(1, PAGE, struct.pack(">IIIIBH", WIDE, HIGH, 0, 0, 0, 0)),
                                      rows(number=2), shared=LETTERS)}
OTHERS = {
    "damaged rows": jbig2(page(), rows(damaged(BY_ROWS))), "cut": jbig2(page(), rows(BY_ROWS[:len(BY_ROWS) // 2])),
    "cut within a piece": jbig2(page(), rows()[:-9]), "no mark": jbig2(page(), reckoned(b"")), "no page": jbig2(rows()),
    "a smaller page": jbig2(page(WIDE // 2), rows()), "beyond the page": jbig2(page(), rows(left=9)),
    "another page": jbig2(page(), rows(), piece(2, PAGE, struct.pack(">IIIIBH", WIDE, HIGH, 0, 0, 0, 0), 2),
                          rows(number=3, of=2)),
    "after the end": jbig2(page(), rows(), piece(2, 49, b""), rows(number=3)),
    "of no length": jbig2(page(), rows(told=0xFFFFFFFF)), "twice the same": jbig2(page(), rows(), rows()),
    "kept back": jbig2(page(), rows(kind=36)), "of no kind": jbig2(page(), piece(1, 63, b"a"), rows(number=2)),
    "a picture that others have": jbig2(page(), shared=rows(of=0)), "nothing": jbig2(b"\0" * 9)}


@pytest.mark.parametrize("name", HONEST)
def test_s10_a_picture_of_whole_pieces_is_not_named(name):
    assert shows_otherwise(drawn(HONEST[name])) == ""


@pytest.mark.parametrize("name", OTHERS)
def test_s10_pieces_that_readers_put_together_otherwise_are_named(name):
    assert shows_otherwise(drawn(OTHERS[name])) == "/JBIG2Decode"
