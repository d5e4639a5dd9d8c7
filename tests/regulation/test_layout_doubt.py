"""Art. 2.2, 3.2: what asks for a glance, and what does not: a deputy under a seal, a name, a seal beside the motto."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from app.regulation.layout_head import SURE, cut_head
from app.regulation.layout_signer import Column, signer
from app.regulation.layout_stamp import marks
from app.regulation.layout_words import Line
from app.tools.line_reader import Strip
from app.tools.ocr import Page, Word


@dataclass
class _Tail:
    """A signature page of which the second reader sees little: it lies under a seal."""

    name: str = ""
    number: int = 1
    width: float = 595.0
    height: float = 842.0
    words: list = field(default_factory=list)
    source: str = "ocr"

    def written(self, box, *, is_lifted=False):
        return _strip(self.name if box[1] > 640 else "PÓ C", 0.9, box)

    def rows(self, box):
        return []


def _strip(text, sure, box):
    return Strip(text, (sure,) * len(text), (0.0,) * len(text), box, np.zeros((1, 1)))


def _line(page, top, *words, middle=480.0):
    left = middle - sum(7 * len(word) + 4 for word, _ in words) / 2
    made = []
    for word, sure in words:
        made.append(Word(word, sure, (left, top, left + 7 * len(word), top + 13), 0, 0))
        left += 7 * len(word) + 4
    return Line(page, tuple(made), made[0].box[0], top, made[-1].box[2], top + 13)


def _title(*words):
    return tuple((word, 0.96) for word in words)


@pytest.mark.parametrize(("authority", "middle", "is_sure"), [
    ("TM. ỦY BAN NHÂN DÂN", 480.0, True),
    # "KT." may be lost; it is no authority; there is none
    ("TM. ỦY BAN NHÂN DÂN", 492.0, False), ("KT. CHỦ TỊCH", 480.0, False), ("", 480.0, False),
])
def test_art_2_2_a_heads_title_is_whole_under_the_middle_of_whom_he_signs_for(authority, middle, is_sure):
    page = _Tail("Đỗ Thế Vinh")
    above = [_line(page, 560, *_title(*authority.split()))] if authority else []
    title, name = _title("CHỦ", "TỊCH"), _title("Đỗ", "Thế", "Vinh")
    again = [*above, _line(page, 576, *title, middle=middle), _line(page, 650, *name)]
    _, position = signer(Column(page, 0.0, 300.0, 560.0, [], again))
    assert (position.confidence >= SURE and position.value == "CHỦ TỊCH") is is_sure


@pytest.mark.parametrize(("seen", "sure", "urgency"), [
    ("KHÃN", 0.81, ("1", True)), ("KHÀN", 0.81, ("1", False)), ("KHĂN", 0.9, ("1", False)),
    ("THUQNG KHÂN", 0.91, ("2", True)), ("THUQNG KHÂN", 0.6, ("2", False)), ("THUQNG KHÃM", 0.91, ("0", True)),
])
def test_nd_30_a_mark_of_urgency_of_which_one_letter_is_misread_is_one(seen, sure, urgency):
    """NĐ 30/2020 Appendix I.II.8.b: no other word is so like it; a mark of secrecy stays doubtful."""
    found, secrecy = _marks([(seen, sure, (64.0, 199.0, 116.0, 230.0))], [])
    assert (found.value, found.confidence >= SURE) == urgency and not secrecy.value
    _, secrecy = _marks([("MÃT", 0.9, (64.0, 199.0, 116.0, 230.0))], [])
    assert (secrecy.value, secrecy.confidence >= SURE) == ("Mật", False)


def _marks(lines, frames):
    words = tuple(Word(word, 0.95, (100.0 + 40 * place, 76.0, 135.0 + 40 * place, 88.0), 0, 0)
                  for place, word in enumerate(("SỞ", "Y", "TẾ")))
    page = Page(1, 595.0, 842.0, words, "ocr", _stamped=lambda *_: [_strip(*one) for one in lines],
                _framed=lambda *_: frames)
    return marks(cut_head(page))


def _read(title, name=(("Đỗ", 0.94), ("Thế", 0.97), ("Vinh", 0.96)), other=()):
    page = _Tail(" ".join(word for word, _ in name))
    above = _line(page, 560, ("KT.", 0.97), ("CHỦ", 0.97), ("TỊCH", 0.97))
    again = [above, _line(page, 576, *title), _line(page, 650, *name)]
    column = Column(page, 0.0, 300.0, 560.0, [_line(page, 650, *other)] if other else [], again)
    return signer(column)


@pytest.mark.parametrize(("title", "value", "is_sure"), [
    ((("PHÓ", 0.96), ("CHỦ", 0.97), ("TỊCH", 0.96)), "PHÓ CHỦ TỊCH", True),
    ((("PHÓ", 0.8), ("CHỦ", 0.97), ("TỊCH", 0.96)), "PHÓ CHỦ TỊCH", False),
    # only like one
    ((("PHÒ", 0.96), ("CHỦ", 0.97), ("TỊCH", 0.96)), "PHÓ CHỦ TỊCH", False),
    # a head's: what a seal left of the deputy's
    ((("CHỦ", 0.97), ("TỊCH", 0.96)), "PHÓ CHỦ TỊCH", False),
])
def test_art_2_2_a_deputys_title_read_letter_by_letter_needs_no_second_reader(title, value, is_sure):
    _, position = _read(title)
    assert (position.value, position.confidence >= SURE) == (value, is_sure)


@pytest.mark.parametrize(("other", "is_sure"), [
    ((("`Đã", 0.78), ("Thế", 0.97), ("Vinh", 0.97)), True), ((("Đỗ", 0.9), ("Thể", 0.97), ("Vinh", 0.97)), False),
])
def test_art_2_2_only_what_may_be_a_name_contradicts_one(other, is_sure):
    name, _ = _read((("PHÓ", 0.96), ("CHỦ", 0.97), ("TỊCH", 0.96)), other=other)
    assert (name.value, name.confidence >= SURE) == ("Đỗ Thế Vinh", is_sure)


SEAL = (264.0, 27.0, 310.0, 64.0)
LINES = (("CÔNG BÁO", 0.88, (276.0, 28.0, 304.0, 38.0)), ("VÀ TIN HOC", 0.93, (276.0, 36.0, 304.0, 46.0)))


@pytest.mark.parametrize(("frame", "lines", "is_sure"), [
    (SEAL, LINES, True),
    # one line; not well read; wide as a mark is; somewhere else
    (SEAL, LINES[:1], False), (SEAL, (LINES[0], ("VÀTNHC", 0.6, LINES[1][2])), False),
    ((250.0, 27.0, 320.0, 64.0), LINES, False), ((64.0, 227.0, 110.0, 264.0), LINES, False),
    # what may be a mark is one, whatever stands beside it
    (SEAL, (*LINES, ("MÂT", 0.9, (276.0, 48.0, 304.0, 60.0))), False),
])
def test_art_3_2_the_seal_of_a_digital_signature_is_no_frame_of_a_mark(frame, lines, is_sure):
    _, secrecy = _marks(lines, [[_strip("C", 0.4, frame), _strip("ONC", 0.4, frame)]])
    assert (secrecy.confidence >= SURE and not secrecy.value) is is_sure
