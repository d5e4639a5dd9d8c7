"""S10: a font whose instructions make other letters of its own to those who run them is named, an honest one is not."""

import io
from array import array

import pytest
from fontTools import subset
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._g_l_y_f import GlyphCoordinates
from fontTools.ttLib.tables.ttProgram import Program
from page_tricks import different, drawn, fonted, typeface

from app.tools import page_hints
from app.tools.suspect import shows_otherwise

LIBERATION = "/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf"


def instructed(*words, at=None):
    """A font whose letter "nine" has these instructions; `at`: where its points lie."""
    with TTFont(io.BytesIO(typeface())) as made:
        nine, made["cvt "] = made["glyf"]["nine"], newTable("cvt ")
        made["cvt "].values = array("h", [-6000, 50, 0, 700])
        nine.program = Program()
        nine.program.fromAssembly(list(words))
        if at:
            nine.coordinates, nine.flags, nine.endPtsOfContours = GlyphCoordinates(at), array("B", [1] * 4), [3]
        for key in ("maxStackElements", "maxFunctionDefs", "maxStorage", "maxSizeOfInstructions"):
            setattr(made["maxp"], key, 64)
        made["maxp"].maxZones = 2
        made.save(target := io.BytesIO())
        return target.getvalue()


def moved(point, to):
    return "SVTCA[0]", f"PUSHB[ ] {point} {to}", "MIAP[0]"


def when(size):
    return "MPPEM[ ]", f"PUSHB[ ] {size}", "EQ[ ]", "IF[ ]", *moved(1, 0), "EIF[ ]"


HONEST = {
    "no instructions": typeface(), "wrong instructions, which nobody heeds": instructed("POP[ ]"),
    "a point brought to the nearest element": instructed("SVTCA[0]", "PUSHB[ ] 1", "MDAP[1]", "IUP[0]"),
    "what comes at no size that is looked at": instructed(*when(200))}
OTHERS = {
    "a point taken away": instructed(*moved(1, 0)), "taken away at one size": instructed(*when(64)),
    "taken away at another size": instructed(*when(17)),
    "a line unfolded": instructed(*moved(2, 1), *moved(3, 1), at=[(0, 0), (800, 0), (800, 0), (0, 0)]),
    "a stroke folded": instructed(*moved(2, 2), *moved(3, 2), at=[(0, 0), (800, 0), (800, 50), (0, 50)]),
    "no font": b"x"}


def shown(face, **how):
    return shows_otherwise(drawn(fonted("TrueType", "FontFile2 -", different("nine"), flags=32, face=face, **how)))


@pytest.mark.parametrize("name", HONEST)
def test_s10_a_font_that_keeps_its_letters_is_not_named(name):
    assert shown(HONEST[name]) == ""


@pytest.mark.parametrize("name", OTHERS)
def test_s10_a_font_whose_instructions_make_other_letters_is_named(name):
    assert shown(OTHERS[name]) == "/FontFile2"
    many = fonted("CIDFontType2", "FontFile2 -", said=b"<0002>", face=OTHERS[name], CIDToGIDMap=b"\0\0\0\1\0\2")
    assert shows_otherwise(drawn(many)) == "/FontFile2"


def test_s10_the_letters_of_a_font_that_is_much_used_are_not_named():
    """As office programs embed it: those that a letter needs, with their instructions."""
    with TTFont(LIBERATION) as whole:
        few = subset.Subsetter()
        few.populate(text="Số tiền: 0123456789 đồng, bằng chữ: năm tỷ Ệ Ử")
        few.subset(whole)
        whole.save(target := io.BytesIO())
    assert not page_hints.moves(target.getvalue())
    with open(LIBERATION, "rb") as file:
        assert not page_hints.moves(file.read())


def test_s7_a_font_that_takes_too_long_is_named(monkeypatch):
    monkeypatch.setattr(page_hints, "_SECONDS", -1.0)
    assert page_hints.moves(typeface() + b"slow")
