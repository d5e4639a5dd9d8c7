"""The sheet of a copy on paper: what makes it one, under a line behind the last part of what is copied.

NĐ 30/2020 Appendix I, part II.II: at the left the agency, its number and "Nơi nhận", at the right the form of copy,
place and date, and the block of who signs. It stands on the last page where there is room, else on a page of its own;
what is copied is not changed. What is said on it is the caller's.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO

import numpy
import pikepdf
import pypdfium2

from app.tools.appearance import MM, Box, Text, length, sheet
from app.tools.pdfium import LOCK, beside
from app.tools.qpdf import opened

#: A4, and the margins in which a document is written (PL I.I), points
_WIDTH, _HEIGHT = 210 * MM, 297 * MM
_LEFT, _RIGHT, _END = 30 * MM, _WIDTH - 15 * MM, 20 * MM
#: where the left of the two columns ends
_SPLIT = _LEFT + 68 * MM
#: between two columns or parts, points
_GAP = 8.0
#: room for a signature and a seal, points
_SIGNING = 72.0
#: picture elements per point in which the last page is looked at, how dark ink is, how many dark ones are no speck
_SCALE, _INK, _SPECK = 1.0, 170, 3


@dataclass(frozen=True)
class Sheet:
    """What stands on it."""

    #: "SAO Y"
    form: str
    organ_name: str
    #: "Số: 05/SY-UBND"
    number: str
    #: "Lào Cai, ngày 05 tháng 01 năm 2026"
    dated: str
    #: "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"
    titles: Sequence[str]
    signer_name: str
    recipients: Sequence[str]
    #: the file copy, which is the last one: "Lưu: VT, NS"
    kept: str
    parent_name: str = ""


def put(pdf: bytes, said: Sheet) -> bytes:
    """The PDF with the sheet behind its last part. The same input gives the same bytes.

    Raises EncryptedFile, TruncatedFile.
    """
    texts, rules, height = _laid_out(said)
    sink = BytesIO()
    with opened(pdf) as made:
        last = made.pages[-1]
        left, bottom, right, top = (float(side) for side in last.cropbox)
        is_plain = last.rotation == 0 and abs(right - left - _WIDTH) < 12 and abs(top - bottom - _HEIGHT) < 12
        end = _end_of(pdf) if is_plain else 0.0
        if end - _END < height + _GAP:
            made.add_blank_page(page_size=(_WIDTH, _HEIGHT))
            last, end, left, bottom = made.pages[-1], _HEIGHT - _END + _GAP, 0.0, 0.0
        raised = end - _GAP
        page = sheet([Text(one.words, one.face, one.size, one.left, one.bottom + raised) for one in texts], _WIDTH,
                     _HEIGHT, [(a, b + raised, c, d + raised) for a, b, c, d in rules])
        with opened(page) as foot:
            last.add_overlay(foot.pages[0], pikepdf.Rectangle(left, bottom, left + _WIDTH, bottom + _HEIGHT))
            made.save(sink, deterministic_id=True)
    return sink.getvalue()


@beside
def _end_of(pdf: bytes) -> float:
    """Where the last page's lowest ink stands, points above its lower edge; its height when there is none."""
    with LOCK, closing(pypdfium2.PdfDocument(pdf)) as document:
        page = document[len(document) - 1]
        shown = page.render(scale=_SCALE, grayscale=True).to_numpy()
    rows = numpy.flatnonzero((shown.reshape(shown.shape[0], -1) < _INK).sum(axis=1) >= _SPECK)
    return (shown.shape[0] - 1 - int(rows[-1])) / _SCALE if len(rows) else _HEIGHT - _END


def _laid_out(said: Sheet) -> tuple[list[Text], list[Box], float]:
    """Lines and bars, with the line above them at height 0, and how much lies below it."""
    rules: list[Box] = [(_LEFT, -0.5, _RIGHT, 0.5)]
    left = (_LEFT, _SPLIT - _GAP)
    right = (_SPLIT, _RIGHT)
    first = 20.0
    at = first
    texts: list[Text] = []
    for name, face in ((said.parent_name, "serif"), (said.organ_name, "serif_bold")):
        lines = list(_centred(name.upper(), face, 13, left, at))
        texts += lines
        at += 15.5 * len(lines)
    middle, half = sum(left) / 2, min(length("serif_bold", 13, said.organ_name.upper()), left[1] - left[0]) / 5
    rules.append((middle - half, -(at - 11), middle + half, -(at - 10.4)))
    texts += _centred(said.form, "serif_bold", 14, right, first)
    at += 8
    texts += _centred(said.number, "serif", 13, left, at)
    texts += _centred(said.dated, "italic", 13, right, at)
    at = below = at + 26
    for title in said.titles:
        lines = list(_centred(title.upper(), "serif_bold", 14, right, at))
        texts += lines
        at += 17 * len(lines)
    texts += _centred(said.signer_name, "serif_bold", 14, right, at + _SIGNING)
    texts.append(Text("Nơi nhận:", "serif_bold_italic", 12, left[0], -below))
    lowest = below
    for line in [*(f"- {name};" for name in said.recipients), f"- {said.kept}."]:
        for part in _wrapped(line, "serif", 11, left[1] - left[0]):
            lowest += 13.5
            texts.append(Text(part, "serif", 11, left[0], -lowest))
    return texts, rules, max(lowest, at + _SIGNING) + 6


def _centred(words: str, face: str, size: float, column: tuple[float, float], at: float) -> Iterator[Text]:
    """The words in the middle of a column, in as many lines as they need, about equally long."""
    room = column[1] - column[0]
    lines = list(_wrapped(words, face, size, room))
    while len(narrower := list(_wrapped(words, face, size, room := room * 0.95))) <= len(lines) and room > 40:
        lines = narrower
    for number, line in enumerate(lines):
        left = (column[0] + column[1] - length(face, size, line)) / 2
        yield Text(line, face, size, left, -(at + number * size * 1.2))


def _wrapped(words: str, face: str, size: float, room: float) -> Iterator[str]:
    """The words in lines no wider than the room; a single longer one stays whole."""
    line = ""
    for word in words.split():
        longer = f"{line} {word}".strip()
        if line and length(face, size, longer) > room:
            yield line
            longer = word
        line = longer
    if line:
        yield line
