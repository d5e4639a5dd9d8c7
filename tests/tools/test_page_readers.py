"""NĐ 30/2020 Đ21.2.a; S10: what a second program draws otherwise is found, and nothing of an honest page is."""

import io

import pikepdf
import pytest
from page_tricks import NAME, drawn, letter, naming, plainly
from signing_world import LEADER, SEAL, elsewhere
from test_signature_report import codes, keys, scan, told, trust  # noqa: F401 - pytest finds fixtures by name

from app.bench.signature import pages
from app.tools import page_readers
from app.tools.apart import TookTooLong
from app.tools.page_readers import ReaderMissing, page_drawn_otherwise


def lines(shape):
    """Over the sum of the letter, a quarter of a point from each other."""
    return b"".join(shape.replace(b"@", b"%g" % (696 + step / 4)) for step in range(72))


#: white over the sum in one reader and nothing in another, or a figure that one of them does not show
SHADOWS = {
    "areas_of_no_height": b"q 1 g " + lines(b"144 @ 90 0 re f ") + b"Q",
    "lines_that_are_filled": b"q 1 g " + lines(b"144 @ m 234 @ l f ") + b"Q",
    "a_point_with_round_ends": b"q 1 G 1 J 60 w 184 704 0 0 re S Q",
    "letters_pressed_together": b"BT /H 24 Tf 1 Tz 300 560 Td (9) Tj ET",
    "a_clip_of_letters_given_up": b"q BT /H 24 Tf 7 Tr 1 0 0 1 300 560 Tm (.) Tj 0 Tr 1 0 0 1 90 560 Tm ( ) Tj ET "
                                  b"1 g 144 696 90 14 re f Q",
}


@pytest.mark.parametrize("name", SHADOWS)
def test_s10_what_poppler_draws_otherwise_is_found(name):
    assert page_drawn_otherwise(drawn(plainly(SHADOWS[name]))) == 1


def test_s10_what_poppler_draws_otherwise_is_never_green(keys, trust):  # noqa: F811 - the fixtures
    pdf = elsewhere(keys, elsewhere(keys, drawn(plainly(SHADOWS["areas_of_no_height"])), LEADER), SEAL)
    found = told(pdf, trust)
    assert found["verdict"] == "indeterminate" and "active" in codes(found)


@pytest.mark.parametrize("base", ("Times-Roman", "Helvetica-Bold", "Courier", "Arial,Bold", "ZapfDingbats"))
def test_s10_letters_of_fonts_that_are_not_inside_are_drawn_in_one_for_both(base):
    def font(pdf):
        return pdf.make_indirect(pikepdf.Dictionary(Type=NAME.Font, Subtype=NAME.Type1, BaseFont=NAME(f"/{base}")))

    said = b" ".join(b"BT /A %d Tf 90 %d Td (So tien: 5.968.000.371) Tj ET" % (size, 600 - 9 * size)
                     for size in (8, 11, 13, 28))
    assert page_drawn_otherwise(drawn(naming(said, "Font", font))) == 0


def test_s10_honest_pages_and_pictures_of_signatures_are_drawn_alike(keys):  # noqa: F811 - the fixture
    led = elsewhere(keys, letter(), LEADER)
    for pdf in (letter(), led, elsewhere(keys, led, SEAL), pages(), scan()):
        assert page_drawn_otherwise(pdf) == 0


def test_s7_a_file_that_takes_too_long_is_not_judged(monkeypatch):
    monkeypatch.setattr(page_readers, "_SECONDS", 0)
    with pytest.raises(TookTooLong):
        page_drawn_otherwise(drawn(plainly(b"0 0 1 1 re f")))


def test_s10_no_other_page_changes_how_a_page_is_looked_at():
    """One too large, one that is a picture, many before it."""
    with pikepdf.open(io.BytesIO(drawn(plainly(SHADOWS["areas_of_no_height"])))) as pdf:
        pdf.add_blank_page(page_size=(3000, 2000))
        for _ in range(160):
            pdf.pages.insert(0, pikepdf.Page(pdf.make_indirect(pikepdf.Dictionary(
                Type=NAME.Page, MediaBox=[0, 0, 595, 842], Resources=pikepdf.Dictionary()))))
        pdf.save(target := io.BytesIO())
        assert page_drawn_otherwise(target.getvalue()) == 161
        pdf.add_blank_page(page_size=(14400, 14400))
        del pdf.pages[160]
        pdf.save(target := io.BytesIO())
        assert page_drawn_otherwise(target.getvalue()) == 162  # nobody can look at it


def test_s10_without_the_second_program_nothing_is_said_of_a_file(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ReaderMissing):
        page_drawn_otherwise(letter())
