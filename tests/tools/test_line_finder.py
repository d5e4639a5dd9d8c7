"""Art. 2.2: lines are found at whatever slant, and frames over print."""

import pytest
from PIL import Image, ImageDraw, ImageFont

from app.tools.line_finder import find_frames, find_lines
from app.tools.line_reader import read_line

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"


def _stamp(text, slant, size=(640, 480)):
    sheet = Image.new("L", size, 255)
    mark = Image.new("L", (300, 70), 255)
    pen = ImageDraw.Draw(mark)
    pen.rectangle((2, 2, 297, 67), outline=40, width=4)
    pen.text((30, 12), text, font=ImageFont.truetype(FONT, 36), fill=40)
    sheet.paste(mark.rotate(-slant, Image.Resampling.BICUBIC, expand=True, fillcolor=255), (120, 130))
    return sheet


@pytest.mark.parametrize("slant", [0, 18, -24])
def test_art_2_2_a_slanted_stamp_is_found_laid_level_and_read(slant):
    sheet = _stamp("KHAN CAP", slant)
    line = max(find_lines(sheet), key=lambda found: found.width)
    assert line.slant == pytest.approx(slant, abs=4)
    assert read_line(line.cut(sheet)).text.replace(" ", "") == "KHANCAP"


def test_nd_30_2020_a_frame_is_found_and_a_rule_or_a_letter_is_none():
    frames = find_frames(_stamp("HOA", 10), 0.36)
    assert len(frames) == 1
    left, top, right, bottom = frames[0]
    assert 110 < left < 140 and 400 < right < 450 and top < 160 < bottom
    plain = Image.new("L", (640, 480), 255)
    ImageDraw.Draw(plain).line((100, 200, 400, 200), fill=0, width=3)
    ImageDraw.Draw(plain).text((100, 300), "van ban", font=ImageFont.truetype(FONT, 30), fill=0)
    assert find_frames(plain, 0.36) == []
