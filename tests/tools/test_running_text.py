"""Art. 2.2: running text is found by its rows, what stands around it is not; what was left out is read later."""

import shutil

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.tools.ocr import Reader
from app.tools.running_text import running_text
from tests.tools.test_ocr import _bytes, _text

FONT = ImageFont.truetype("/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf", 36)
LINE = "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015 và các quy"
BODY = range(900, 1350, 50)
needs_tesseract = pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed")


def _page(body=BODY):
    """A4 at 200 dpi: a head in two columns, running text at the heights of `body`, a foot in two columns."""
    picture = Image.new("L", (1654, 2339), 255)
    pen = ImageDraw.Draw(picture)
    for left, top, words in [
        (240, 200, "ỦY BAN NHÂN DÂN"), (800, 200, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), (300, 260, "Số: 12/UBND-VX"),
        (700, 750, "Kính gửi: Sở Tài chính"), (240, 1700, "Nơi nhận:"), (1050, 1700, "KT. CHỦ TỊCH"),
        (240, 1750, "- Như trên;"), (1050, 1750, "PHÓ CHỦ TỊCH"), (1050, 1950, "Lê Văn Minh"),
    ]:
        pen.text((left, top), words, font=FONT, fill=0)
    words = LINE.split()
    for at, top in enumerate(body):  # no two lines alike: their spaces do not stand under one another
        _justified(pen, words[at:] + words[:at], top)
    return picture


def _justified(pen, words, top, left=240, right=1510):
    space = (right - left - sum(FONT.getlength(word) for word in words)) / (len(words) - 1)
    for word in words:
        pen.text((left, top), word, font=FONT, fill=0)
        left += FONT.getlength(word) + space


def test_art_2_2_running_text_is_found_and_its_first_lines_are_kept():
    (top, bottom), = running_text(_page())
    assert BODY[1] + 25 < top < BODY[2] + 12 and BODY[-3] + 25 < bottom < BODY[-1] + 12


@pytest.mark.parametrize("change", ["short", "title", "columns", "noise"])
def test_art_2_2_what_is_no_running_text_is_not_left_out(change):
    body = range(900, 1100, 50) if change == "short" else BODY
    picture = _page(body)
    pen = ImageDraw.Draw(picture)
    if change == "title":  # a line in the middle between lines of text may be the title of a letter (Art. 3.2)
        pen.rectangle((0, 1145, 1654, 1205), fill=255)
        pen.text((700, 1145), "ĐƠN KHIẾU NẠI", font=FONT, fill=0)
    elif change == "columns":
        pen.rectangle((850, 880, 875, 1600), fill=255)
    elif change == "noise":
        specks = np.random.default_rng(1).random((2339, 1654)) < 0.2
        picture = Image.fromarray(np.where(specks, np.uint8(0), np.asarray(picture)))
    for top, bottom in running_text(picture):
        assert change == "title" and not top < 1165 < bottom


def test_art_2_2_pale_running_text_is_found_too():
    pale = _page().point([180 + value * 70 // 255 for value in range(256)])
    assert running_text(pale) == running_text(_page()) != []


def test_art_2_2_spaces_of_four_lines_under_one_another_are_no_two_columns():
    picture = _page()
    ImageDraw.Draw(picture).rectangle((900, 880, 912, 1095), fill=255)
    assert running_text(picture) == running_text(_page()) != []


def test_art_2_2_a_page_without_lines_has_none():
    assert running_text(Image.new("L", (1654, 2339), 255)) == running_text(Image.new("L", (90, 9), 0)) == []


@needs_tesseract
def test_art_2_2_what_was_left_out_is_read_with_the_whole_page_in_its_place():
    data, reader = _bytes(_page()), Reader(60)
    page = reader.open(data, "image/png")[0]
    whole = page.whole()
    assert "Nơi nhận" in _text(page) and 3 <= _text(page).count("Luật") <= 4
    assert whole.words[:6] == page.words[:6] and not whole.left_out and whole.whole() == whole
    assert _text(whole).count("Luật") == len(BODY)
    lines = [word.line for word in whole.words]
    assert lines == sorted(lines) and _text(whole).index("Kính gửi") < _text(whole).index("Luật")
    assert _text(whole).rindex("Luật") < _text(whole).index("Nơi nhận")
    # remembered as it is known: whole
    assert [(page.words, is_new) for page, is_new in reader.words(data, "image/png")] == [(whole.words, False)]
