"""Art. 2.2: single lines are read a second time, from the weights in the installed wheel and without a network."""

import subprocess
import sys

import pytest
from PIL import Image, ImageDraw, ImageFont

from app.tools.line_reader import read_line

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


def _line(text, width=520):
    picture = Image.new("L", (width, 60), 255)
    ImageDraw.Draw(picture).text((20, 10), text, font=ImageFont.truetype(FONT, 34), fill=30)
    return picture


def test_art_2_2_a_line_is_read_with_the_place_of_each_letter():
    strip = read_line(_line("So: 2256/UBND-QLDT"), (100.0, 50.0, 360.0, 80.0))
    assert strip.text == "So: 2256/UBND-QLDT"
    assert len(strip.text) == len(strip.places) == len(strip.confidences)
    assert list(strip.places) == sorted(strip.places)
    assert 105 < strip.places[0] < strip.places[-1] < 340
    assert strip.confidence > 0.9


def test_art_2_2_digits_between_two_places_come_with_their_probability():
    strip = read_line(_line("So: 2256/UBND-QLDT"))
    ways = strip.digits(strip.places[strip.text.index(":")], strip.places[strip.text.index("/")])
    assert max(ways, key=ways.get) == "2256"
    assert sum(ways.values()) == pytest.approx(1.0, abs=0.05)
    # nothing stands within a gap
    gap = strip.digits(strip.places[-1], strip.places[-1] + 0.02)
    assert max(gap, key=gap.get) == ""


def test_art_2_2_an_empty_line_says_nothing():
    strip = read_line(Image.new("L", (300, 40), 255))
    assert strip.text == "" and strip.confidence == 0.0


def test_the_line_reader_opens_no_connection_and_imports_no_code_of_the_wheel():
    code = ("import socket, sys\n"
            "def refuse(*a, **k): raise AssertionError('a connection')\n"
            "socket.socket.connect = socket.getaddrinfo = refuse\n"
            "from PIL import Image\nfrom app.tools.line_reader import read_line\n"
            "read_line(Image.new('L', (300, 40), 255))\n"
            "assert not any(name.split('.')[0] == 'rapidocr' for name in sys.modules)\n")
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
