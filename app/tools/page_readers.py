"""Whether a second program, poppler, draws the pages of a PDF as PDFium does (NĐ 30/2020 Đ21.2.a; security.md S10).

The rules of page_alike.py name what readers are known to draw each in its own way; this finds what nobody thought of:
both programs draw each page, and what one of them shows must lie near what the other shows. Edges may lie two picture
elements apart, so neither rules that fall on other elements nor letters that begin at whole ones differ; a figure of 13
points that is another does. Letters of fonts that the file does not bring along are drawn in a font of ours, the same
for both: else each takes its own.
"""

import io
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from ctypes import c_float
from functools import cache
from hashlib import sha256
from itertools import groupby
from time import monotonic
from typing import IO, Any

import numpy as np
import pikepdf
import pypdfium2
import pypdfium2.raw as raw
from numpy.typing import NDArray
from PIL import ImageFont

from app.refusal import Refusal
from app.tools.apart import TookTooLong
from app.tools.appearance import font_file
from app.tools.pdfium import LOCK, MAX_PAGES, objects
from app.tools.qpdf import opened

Grey = NDArray[np.uint8]
#: picture elements to the inch; how many of a field must differ
Scale = tuple[int, int]

#: picture elements to the inch, and from how many on a field of an eighth of an inch differs, of those that lie four
#: together: in honest files none do, and 18; the latter for pages that are pictures, which say no more at a finer
#: scale, and where there are many. Of thin lines, which lie nowhere so, eight count as one
_FINE, _COARSE, _THIN = (300, 12), (150, 30), 8
#: pages drawn finely; drawn at all; picture elements of one; part of it that a picture covers to be it
_MOST_FINE, _MOST, _MOST_OF_PAGE, _A_PAGE = 150, MAX_PAGES, 36_000_000, 0.5
#: elements within which the same grey must be found; by how much it may be another
_NEAR, _OTHER = 2, 80
#: longest drawing of a file, seconds; bytes of addresses that the program may take
_SECONDS, _BYTES = 45, 1 << 30
_PROGRAM = "pdftoppm"
#: files of which the answer is remembered: one is judged when it comes, and again when it is looked at
_REMEMBERED = 64
#: kinds of fonts whose program a reader finds elsewhere when the file has none
_SIMPLE = ("/Type1", "/TrueType", "/MMType1")

_lately: dict[bytes, int] = {}


class ReaderMissing(Refusal):
    """poppler's pdftoppm is not installed, so nobody can say whether pages are drawn alike."""

    code, status = "reader_missing", 503


def page_drawn_otherwise(pdf: bytes) -> int:
    """The number of the first page that poppler draws otherwise than PDFium, 0 when there is none.

    A page that poppler does not draw, or that is too large to be drawn, counts as well. Raises ReaderMissing,
    TookTooLong, PdfiumError, and what `qpdf.opened` raises.
    """
    if not shutil.which(_PROGRAM):
        raise ReaderMissing()
    key = sha256(pdf).digest()
    if key not in _lately:
        while len(_lately) >= _REMEMBERED:
            _lately.pop(next(iter(_lately)), None)
        _lately[key] = _compared(_evened(pdf))
    return _lately[key]


def _compared(pdf: bytes) -> int:
    with LOCK, closing(pypdfium2.PdfDocument(pdf)) as document:
        document.init_forms()  # else it would leave out the pictures of signatures
        scales = [_scale(document[number], number) for number in range(min(len(document), _MOST))]
        scales += [None] * (len(document) > _MOST)
        with closing(_by_poppler(pdf, scales)) as drawn:
            for number, (scale, other) in enumerate(drawn):
                one = document[number].render(scale=scale[0] / 72, grayscale=True).to_numpy()
                if _differ(one, other, scale[0] // 8) >= scale[1]:
                    return number + 1
                scales[number] = ()
    return next((number for number, scale in enumerate(scales, 1) if scale != ()), 0)


def _scale(page: pypdfium2.PdfPage, number: int) -> Scale | None:
    """At which a page is drawn; None: it is too large for any."""
    width, height = page.get_size()
    for scale in (_FINE, _COARSE):
        if width * height * (scale[0] / 72) ** 2 <= _MOST_OF_PAGE and (
                scale == _COARSE or number < _MOST_FINE and not _is_picture(page)):
            return scale
    return None


def _differ(one: Grey, other: Grey, field: int) -> int:
    """How many elements of the field that has most of them show a grey that the other page shows nowhere near."""
    rows, columns = min(one.shape[0], other.shape[0]), min(one.shape[1], other.shape[1])
    if max(one.shape[0], other.shape[0]) - rows > _NEAR or max(one.shape[1], other.shape[1]) - columns > _NEAR:
        return rows * columns
    one, other = one[:rows, :columns], other[:rows, :columns]
    apart = np.maximum(one, other) - np.minimum(one, other) > _OTHER
    if not apart.any():
        return 0
    down, across = np.nonzero(apart)
    strange = _nowhere_near(one, other, down, across) | _nowhere_near(other, one, down, across)
    down, across = down[strange], across[strange]
    alone = np.zeros((rows + 1, columns + 1), bool)
    alone[down, across] = True
    together = np.nonzero(alone[:-1, :-1] & alone[1:, :-1] & alone[:-1, 1:] & alone[1:, 1:])
    return max(_densest(*together, field, columns), _densest(down, across, field, columns) // _THIN)


def _densest(down: NDArray[np.intp], across: NDArray[np.intp], field: int, columns: int) -> int:
    if not len(down):
        return 0
    fields = ((down + below) // field * columns + (across + beside) // field
              for below in (0, field // 2) for beside in (0, field // 2))
    return max(int(np.unique(one, return_counts=True)[1].max()) for one in fields)


def _nowhere_near(one: Grey, other: Grey, down: NDArray[np.intp], across: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Of these places of a page, which are darker or lighter than all that lies near them on the other."""
    grey = one[down, across].astype(np.int16)
    around = np.pad(other, _NEAR, mode="edge")
    darkest, lightest = np.full(len(grey), 255, np.uint8), np.zeros(len(grey), np.uint8)
    for below in range(2 * _NEAR + 1):
        for beside in range(2 * _NEAR + 1):
            near = around[down + below, across + beside]
            np.minimum(darkest, near, out=darkest)
            np.maximum(lightest, near, out=lightest)
    return (grey < darkest.astype(np.int16) - _OTHER) | (grey > lightest.astype(np.int16) + _OTHER)


def _is_picture(page: pypdfium2.PdfPage) -> bool:
    width, height = page.get_size()
    return any(raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_IMAGE and _extent(item) > _A_PAGE * width * height
               for item in objects(page, depth=1))


def _extent(item: Any) -> float:
    sides = [c_float() for _ in range(4)]
    found = raw.FPDFPageObj_GetBounds(item, *sides)
    left, bottom, right, top = (side.value for side in sides)
    return (right - left) * (top - bottom) if found else 0.0


def _by_poppler(pdf: bytes, scales: list[Any]) -> Iterator[tuple[Scale, Grey]]:
    """The pages as poppler draws them, one after the other, while others draw them, too; up to one that has no scale or
    that it does not draw. Raises TookTooLong.
    """
    ends = monotonic() + _SECONDS
    with open(os.memfd_create("pdf"), "w+b") as file:  # in memory: it may be confidential
        file.write(pdf)
        file.flush()
        first = 1
        for scale, alike in groupby(list(scales)):
            count = len(list(alike))
            if scale is None:
                return
            drawn = 0
            with closing(_drawn(file.fileno(), scale[0], first, first + count - 1, ends)) as pages:
                for page in pages:
                    drawn += 1
                    yield scale, page
            if drawn < count:
                return
            first += count


def _drawn(file: int, dpi: int, first: int, last: int, ends: float) -> Iterator[Grey]:
    command = ["prlimit", f"--as={_BYTES}", "--core=0", _PROGRAM, "-q", "-r", str(dpi), "-f", str(first), "-l",
               str(last), "-gray", "-cropbox", f"/proc/self/fd/{file}"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          pass_fds=(file,)) as program:
        end = threading.Timer(max(0.0, ends - monotonic()), program.kill)
        end.start()
        try:
            yield from _pages(program.stdout)  # type: ignore[arg-type] - it is a pipe
        finally:
            end.cancel()
            program.kill()
    if monotonic() > ends:
        raise TookTooLong(seconds=_SECONDS)


def _pages(stream: IO[bytes]) -> Iterator[Grey]:
    """Pictures of the form P5, until the stream ends."""
    while stream.readline() == b"P5\n":
        width, height = map(int, stream.readline().split())
        stream.readline()
        data = stream.read(width * height)
        if len(data) < width * height:
            return
        yield np.frombuffer(data, np.uint8).reshape(height, width)


def _evened(pdf: bytes) -> bytes:
    """The same pages; a simple font whose program the file does not bring has one of ours, and links have no frames:
    poppler alone draws them, and page_alike.py knows how they may be.
    """
    with opened(pdf) as document:
        said = [one for one in document.objects if isinstance(one, pikepdf.Dictionary)]
        bare, linked = [one for one in said if _is_bare(one)], [one for one in said if one.get("/Subtype") == "/Link"]
        if not bare and not linked:
            return pdf
        for link in linked:
            link.Border = [0, 0, 0]
            for key in {"/BS", "/C"} & set(link.keys()):
                del link[key]
        if bare:
            _give_letters(document, bare)
        document.save(target := io.BytesIO())
        return target.getvalue()


def _give_letters(document: pikepdf.Pdf, bare: list[pikepdf.Dictionary]) -> None:
    program = pikepdf.Stream(document, font_file("serif").read_bytes())
    descriptor = document.make_indirect(pikepdf.Dictionary(
        Type=pikepdf.Name.FontDescriptor, FontName=pikepdf.Name.Ours, Flags=32, FontBBox=[-543, -303, 1277, 981],
        ItalicAngle=0, Ascent=891, Descent=-216, CapHeight=655, StemV=80, FontFile2=program))
    for font in bare:
        font.Subtype, font.BaseFont, font.FontDescriptor = pikepdf.Name.TrueType, pikepdf.Name.Ours, descriptor
        if "/Encoding" not in font:
            font.Encoding = pikepdf.Name.WinAnsiEncoding
        if "/Widths" not in font:  # each reader has its own of the fourteen that every reader has
            font.FirstChar, font.LastChar, font.Widths = 32, 255, _widths()


@cache
def _widths() -> list[int]:
    """Of our letters by their codes (WinAnsi), in thousandths of their size."""
    font = ImageFont.truetype(str(font_file("serif")), 1000, layout_engine=ImageFont.Layout.BASIC)
    return [round(font.getlength(bytes([code]).decode("cp1252", "replace"))) for code in range(32, 256)]


def _is_bare(font: pikepdf.Dictionary) -> bool:
    with suppress(TypeError, AttributeError, ValueError):
        held = font.get("/FontDescriptor", {})
        return font.get("/Type") == "/Font" and font.get("/Subtype") in _SIMPLE and not any(
            key in held for key in ("/FontFile", "/FontFile2", "/FontFile3"))
    return False
