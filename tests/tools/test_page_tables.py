"""S10: a font that tells a table, or a code, twice is named: of two each reader takes another."""

import copy
import io
import struct

import pytest
from fontTools.ttLib import TTFont
from page_tricks import different, drawn, fonted, typeface

from app.tools.page_tables import are_told_once
from app.tools.suspect import shows_otherwise


def shown(face):
    return shows_otherwise(drawn(fonted("TrueType", "FontFile2 -", different("nine"), flags=32, face=face)))


def told(change):
    """The font with other tables of codes."""
    with TTFont(io.BytesIO(typeface())) as made:
        change(made["cmap"].tables)
        made.save(target := io.BytesIO())
        return target.getvalue()


def one_twice(tables):
    [windows] = [one for one in tables if (one.platformID, one.platEncID) == (3, 1)]
    tables.append(other := copy.deepcopy(windows))
    other.language, other.cmap = 1, {0x30: "one", 0x39: "one"}


def in_four_bytes(tables):
    for one in list(tables):
        tables.append(wide := copy.deepcopy(one))
        wide.platEncID = {3: 10, 0: 4}[one.platformID]
        wide.format, wide.reserved, wide.length, wide.nGroups = 12, 0, 0, 0
        wide.__class__ = type(wide).getSubtableClass(12)


def table_twice():
    """One more table of codes, of the same name, behind all others."""
    face = bytearray(typeface())
    count = struct.unpack_from(">H", face, 4)[0]
    records = [struct.unpack_from(">4sIII", face, 12 + 16 * at) for at in range(count)]
    [again] = [one for one in records if one[0] == b"cmap"]
    moved = b"".join(struct.pack(">4sIII", *one[:2], one[2] + 16, one[3]) for one in sorted([*records, again]))
    return bytes(face[:4] + struct.pack(">H", count + 1) + face[6:12] + moved + face[12 + 16 * count:])


def stretches(*those):
    """Codes in stretches, of one table (format 4)."""
    half = [struct.pack(f">{len(those)}H", *values) for values in zip(*those, strict=True)]
    body = half[1] + b"\0\0" + half[0] + b"\0" * 4 * len(those)
    table = struct.pack(">HHHHHHH", 4, 14 + len(body), 0, 2 * len(those), 0, 0, 0) + body
    cmap = struct.pack(">HHHHI", 0, 1, 3, 1, 12) + table
    return struct.pack(">4sHHHH4sIII", b"\0\1\0\0", 1, 0, 0, 0, b"cmap", 0, 28, len(cmap)) + cmap


OTHERS = {"a table of codes twice": told(one_twice), "a table twice": table_twice()}


def test_s10_a_font_that_tells_each_once_is_not_named():
    assert shown(typeface()) == shown(told(in_four_bytes)) == ""


@pytest.mark.parametrize("name", OTHERS)
def test_s10_a_font_that_tells_one_twice_is_named(name):
    assert shown(OTHERS[name]) == "/FontFile2"


@pytest.mark.parametrize(("those", "once"), [
    ([(0x30, 0x39), (0xFFFF, 0xFFFF)], True), ([(0x30, 0x39), (0x35, 0x35), (0xFFFF, 0xFFFF)], False),
    ([(0x39, 0x30), (0xFFFF, 0xFFFF)], False), ([(0x35, 0x35), (0x30, 0x34), (0xFFFF, 0xFFFF)], False)])
def test_s10_codes_in_no_order_are_named(those, once):
    assert are_told_once(stretches(*those)) is once


def test_s10_a_font_that_ends_before_its_tables_is_named():
    assert not are_told_once(typeface()[:40])
