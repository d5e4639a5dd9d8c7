"""A searchable copy of a scan: its pages as they are, the words that were read lying unseen over them; PDF/A-2b.

Art. 2.2. The original is never touched: a new file is made, and held against the rules of PDF/A (pikepdf.pdfa) before
it is handed out. Pages that PDF/A does not take are drawn anew as pictures. It reads no letters (ocr.py).
"""

import io
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path

import pikepdf
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from pikepdf import Array, Dictionary, Name, pdfa

from app.tools.ocr import Page, Word
from app.tools.page_cut import Cut, assemble, jpeg, picture
from app.tools.qpdf import opened

#: PDF/A-2, level B: pages look the same for ever
FLAVOUR = "2b"
#: width of every unseen letter and depth under the line, in parts of its height
_WIDTH, _DEPTH = 0.5, 0.2
#: picture elements of the long side of a page that is drawn anew
_LONG_SIDE = 2340
#: ranges of codes in one block of a table that says which letter a code is
_MOST_RANGES = 100


def searchable(place: Path, media_type: str, pages: Sequence[Page]) -> bytes:
    """The file at `place` with the words of its recognised pages over them.

    `pages`: all of it, in order; one whose words come from the file's own text gets none. Raises PageMissing,
    EncryptedFile, TruncatedFile.
    """
    cuts = [Cut(place, media_type, page.number) for page in pages]
    try:
        return _written(assemble(cuts), pages)
    except pdfa.PdfaError:
        return _written(_drawn(cuts, pages), pages)


def _written(data: bytes, pages: Sequence[Page]) -> bytes:
    sink = io.BytesIO()
    with opened(data) as made:
        font = _font(made)
        for page, sheet in zip(pages, made.pages, strict=True):
            if page.source == "ocr" and page.words:
                name = sheet.add_resource(font, Name.Font, prefix="Read")
                sheet.contents_add(b"q\n", prepend=True)
                sheet.contents_add(b"\nQ\n" + _layer(sheet, page, str(name)))
        pdfa.save(made, sink, FLAVOUR)
    return sink.getvalue()


def _drawn(cuts: Iterable[Cut], pages: Iterable[Page]) -> bytes:
    """The same pages as pictures."""
    made, sink = pikepdf.Pdf.new(), io.BytesIO()
    for cut, page in zip(cuts, pages, strict=True):
        shown = picture(cut, _LONG_SIDE)
        sheet = made.add_blank_page(page_size=(page.width, page.height))
        sheet.obj.Resources = Dictionary(XObject=Dictionary(Im=made.make_stream(
            jpeg(shown), Type=Name.XObject, Subtype=Name.Image, Width=shown.width, Height=shown.height,
            ColorSpace=Name.DeviceRGB, BitsPerComponent=8, Filter=Name.DCTDecode)))
        sheet.obj.Contents = made.make_stream(f"q {page.width:.3f} 0 0 {page.height:.3f} 0 0 cm /Im Do Q".encode())
    made.save(sink)
    return sink.getvalue()


def _layer(sheet: pikepdf.Page, page: Page, font: str) -> bytes:
    """Each word where it stands, drawn with no ink (rendering mode 3)."""
    parts = ["BT 3 Tr"]
    for word, following in itertools.zip_longest(page.words, page.words[1:]):
        left, top, right, bottom = word.box
        letters = [letter for letter in word.text if ord(letter) <= 0xFFFF]
        height = max(1.0, bottom - top)
        if not letters or right <= left:
            continue
        squeezed = 100 * (right - left) / (len(letters) * _WIDTH * height)
        code = "".join(letters) + (" " if following is not None and following.line == word.line else "")
        parts.append(f"{font} {height:.2f} Tf {squeezed:.2f} Tz {_matrix(sheet, left, bottom - _DEPTH * height)} Tm "
                     f"<{code.encode('utf-16-be').hex()}> Tj")
    return "\n".join([*parts, "ET\n"]).encode("ascii")


def _matrix(sheet: pikepdf.Page, across: float, down: float) -> str:
    """A place on the page as it is seen, upper left corner 0, as the text matrix of the page as it lies."""
    x0, y0, x1, y1 = (float(value) for value in sheet.cropbox)
    turn = int(sheet.obj.get("/Rotate", 0)) % 360
    found = {
        0: (1, 0, 0, 1, x0 + across, y1 - down), 90: (0, 1, -1, 0, x0 + down, y0 + across),
        180: (-1, 0, 0, -1, x1 - across, y0 + down), 270: (0, -1, 1, 0, x1 - down, y1 - across),
    }[turn]
    return " ".join(f"{value:.2f}" for value in found)


def _font(made: pikepdf.Pdf) -> pikepdf.Object:
    """A font whose every letter is blank, of one size, and that says which letter each code is."""
    program = _blank_font()
    described = made.make_indirect(Dictionary(
        Type=Name.FontDescriptor, FontName=Name.Unseen, Flags=5, FontBBox=Array([0, -200, 500, 800]), ItalicAngle=0,
        Ascent=800, Descent=-200, CapHeight=800, StemV=80,
        FontFile2=made.make_stream(program, Length1=len(program))))
    cid = made.make_indirect(Dictionary(
        Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=Name.Unseen, FontDescriptor=described, DW=500,
        CIDSystemInfo=Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0),
        CIDToGIDMap=made.make_stream(b"\x00\x01" * 65536)))
    return made.make_indirect(Dictionary(
        Type=Name.Font, Subtype=Name.Type0, BaseFont=Name.Unseen, Encoding=Name("/Identity-H"),
        DescendantFonts=Array([cid]), ToUnicode=made.make_stream(_codes())))


def _blank_font() -> bytes:
    built, sink = FontBuilder(1000, isTTF=True), io.BytesIO()
    names = [".notdef", "blank"]
    built.setupGlyphOrder(names)
    built.setupCharacterMap({0x20: "blank"})
    pen = TTGlyphPen(None)  # a stroke without a width: as large as a letter, and no ink even if it were drawn
    pen.moveTo((0, -200))
    pen.lineTo((500, 800))
    pen.closePath()
    built.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "blank": pen.glyph()})
    built.setupHorizontalMetrics({name: (500, 0) for name in names})
    built.setupHorizontalHeader(ascent=800, descent=-200)
    built.setupNameTable({"familyName": "Unseen", "styleName": "Regular"})
    built.setupOS2(sTypoAscender=800, sTypoDescender=-200)
    built.setupPost()
    built.save(sink)
    return sink.getvalue()


def _codes() -> bytes:
    """Every code is the letter of that number."""
    rows = [f"<{high:02X}00> <{high:02X}FF> <{high:02X}00>" for high in range(256)]
    blocks = [rows[i:i + _MOST_RANGES] for i in range(0, len(rows), _MOST_RANGES)]
    body = "\n".join(f"{len(block)} beginbfrange\n" + "\n".join(block) + "\nendbfrange" for block in blocks)
    return ("/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
            f"1 begincodespacerange <0000> <FFFF> endcodespacerange\n{body}\n"
            "endcmap CMapName currentdict /CMap defineresource pop end end").encode("ascii")


def text_of(pages: Iterable[Page]) -> str:
    """The words of all pages, one line of print to a line, pages parted by an empty line."""
    return "\n\n".join(_page_text(page.words) for page in pages)


def _page_text(words: Sequence[Word]) -> str:
    return "\n".join(" ".join(word.text for word in line) for _, line in itertools.groupby(words, lambda w: w.line))
