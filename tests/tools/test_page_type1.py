"""NĐ 30/2020 Đ21.2.a; S10: letters of a Type 1 font that readers find otherwise, by names or codes, are named."""

import pikepdf
import pytest
from fontTools.misc.eexec import encrypt
from fontTools.misc.psCharStrings import T1CharString
from page_tricks import NAME, different, drawn, naming

from app.tools.suspect import shows_otherwise


def letters(*names):
    """The letters of a font, all bars, as its program says them."""
    said = b""
    for at, name in enumerate(names):
        one = T1CharString(program=[0, 500, "hsbw", 50 * at, "hmoveto", 700, "vlineto", 80, "hlineto", -700, "vlineto",
                                    "closepath", "endchar"])
        one.compile()
        drawing = encrypt(b"\0\0\0\0" + one.bytecode, 4330)[0]
        said += b"/%s %d RD %s ND\n" % (name.encode(), len(drawing), drawing)
    return b"2 index /CharStrings %d dict dup begin\n%send\nend\nreadonly put\n" % (len(names), said)


def program(*names, codes=(), before=b"currentfile eexec\n"):
    """A font of these letters; `codes`: those that it names itself."""
    own = b"/Encoding 256 array\n0 1 255 {1 index exch /.notdef put} for\n" + b"".join(
        b"dup %d /%s put\n" % (code, name.encode()) for code, name in codes) + b"readonly def\n"
    clear = b"%%!PS-AdobeFont-1.0: Ab\n11 dict begin\n/FontName /Ab def\n%s/FontType 1 def\ncurrentdict end\n%s" % (
        own if codes else b"/Encoding StandardEncoding def\n", before)
    return clear + encrypt(b"xxxxdup /Private 8 dict dup begin\n/RD {} def\n" + letters(*names), 55665)[0]


FIGURES = program(".notdef", "zero", "one", "nine")
OWN = program(".notdef", "zero", "one", "nine", codes=[(48, "nine"), (49, "one")])


def fonted(face, encoding=None, flags=32, said=b"(01)"):
    def make(pdf):
        font = pikepdf.Dictionary(
            Type=NAME.Font, Subtype=NAME.Type1, BaseFont=NAME.Ab, FirstChar=48, LastChar=57, Widths=[500] * 10,
            FontDescriptor=pikepdf.Dictionary(Type=NAME.FontDescriptor, Flags=flags, FontFile=pdf.make_stream(face)))
        if encoding is not None:
            font.Encoding = encoding
        return pdf.make_indirect(font)
    return naming(b"BT /A 13 Tf 90 590 Td " + said + b" Tj ET", "Font", make)


HONEST = {
    "codes of the standard": fonted(FIGURES), "codes of its own": fonted(OWN, flags=4),
    "codes of Windows": fonted(OWN, NAME.WinAnsiEncoding), "codes of a Mac": fonted(FIGURES, NAME.MacRomanEncoding),
    "names": fonted(OWN, different("nine", "one")), "names and codes": fonted(
        OWN, pikepdf.Dictionary(BaseEncoding=NAME.WinAnsiEncoding, Differences=[48, NAME.nine])),
    "what nobody shows": fonted(FIGURES, different("zero", "one", "g2"))}
OTHERS = {
    "codes of its own in letters as printed": (fonted(OWN), "/Encoding"),
    "codes of its own or the standard": (fonted(OWN, NAME.StandardEncoding), "/Encoding"),
    "a name that none has": (fonted(FIGURES, different("uni0039", "one")), "Tj"),
    "a name by number": (fonted(FIGURES, different("g2", "one")), "Tj"),
    "a code that none has": (fonted(FIGURES, NAME.WinAnsiEncoding, said=b"(5)"), "Tj"),
    "a letter twice": (fonted(program("zero", "one", "zero")), "/FontFile"),
    "a code twice": (fonted(program("zero", "one", codes=[(48, "zero"), (48, "one")])), "/FontFile"),
    "a second beginning": (fonted(program("zero", "one", before=b"%eexec\ncurrentfile eexec\n")), "/FontFile"),
    "no program": (fonted(b"x"), "/FontFile")}


@pytest.mark.parametrize("name", HONEST)
def test_s10_letters_that_every_reader_finds_are_not_named(name):
    assert shows_otherwise(drawn(HONEST[name])) == ""


@pytest.mark.parametrize("name", OTHERS)
def test_s10_letters_that_readers_find_otherwise_are_named(name):
    make, construct = OTHERS[name]
    assert shows_otherwise(drawn(make)) == construct
