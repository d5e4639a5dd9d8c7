"""A searchable copy: PDF/A by the validator, its words where they were read however the page lies."""

import io
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from pikepdf import pdfa
from PIL import Image

from app.tools import text_layer
from app.tools.ocr import Page, Word

#: words with their boxes on a page of 400 x 600 as it is seen, in two lines
WORDS = (Word("Đường", 0.9, (50.0, 60.0, 90.0, 72.0), 0, 0), Word("sá", 0.9, (95.0, 60.0, 110.0, 72.0), 0, 0),
         Word("ngập", 0.9, (300.0, 500.0, 340.0, 512.0), 1, 0))


def page(width: float, height: float, number: int = 1) -> Page:
    return Page(number, width, height, WORDS, "ocr")


def scan(path: Path, turn: int = 0, *, is_strange: bool = False) -> Path:
    """A page that lies turned in its file, its corner elsewhere than at nought; or one that PDF/A does not take."""
    made = pikepdf.Pdf.new()
    sheet = made.add_blank_page(page_size=(400, 600) if turn in (0, 180) else (600, 400))
    width, height = float(sheet.mediabox[2]), float(sheet.mediabox[3])
    sheet.obj.MediaBox = pikepdf.Array([10, 20, 10 + width, 20 + height])
    if is_strange:  # letters of a font that is not in the file
        sheet.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)))
        sheet.obj.Contents = made.make_stream(b"BT /F 20 Tf 60 60 Td (Scan) Tj ET")
    sheet.rotate(turn, relative=False)
    made.save(path)
    return path


def read(data: bytes) -> tuple[str, tuple[float, float, float, float], tuple[float, float]]:
    """Text, box of its first letter from the upper left corner as the page is seen, and the page's size."""
    shown = pypdfium2.PdfDocument(data)[0]
    layer = shown.get_textpage()
    left, bottom, right, top = layer.get_charbox(0)
    corners = [_seen(shown, x, y) for x, y in ((left, bottom), (right, top))]
    xs, ys = sorted(x for x, _ in corners), sorted(y for _, y in corners)
    return layer.get_text_range(), (xs[0], ys[0], xs[1], ys[1]), shown.get_size()


def _seen(shown: pypdfium2.PdfPage, x: float, y: float) -> tuple[float, float]:
    x0, y0, x1, y1 = shown.get_cropbox()
    turned = {0: (x - x0, y1 - y), 90: (y - y0, x - x0), 180: (x1 - x, y - y0), 270: (y1 - y, x1 - x)}
    return turned[shown.get_rotation()]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_art_2_2_a_searchable_copy_is_pdf_a_and_its_words_stand_where_they_were_read(tmp_path, turn):
    place = scan(tmp_path / "scan.pdf", turn)
    before = place.read_bytes()
    made = text_layer.searchable(place, "application/pdf", [page(400, 600)])
    assert place.read_bytes() == before
    assert pdfa.validate_written(io.BytesIO(made), "2b").verdict == "pass"
    text, box, size = read(made)
    assert text.split() == ["Đường", "sá", "ngập"] and size == (400, 600)
    assert box == pytest.approx((50, 60, 58, 72), abs=0.6)


def test_what_pdf_a_does_not_take_is_drawn_anew_and_pictures_become_pages(tmp_path):
    strange = scan(tmp_path / "strange.pdf", is_strange=True)
    made = text_layer.searchable(strange, "application/pdf", [page(400, 600)])
    assert pdfa.validate_written(io.BytesIO(made), "2b").verdict == "pass"
    assert read(made)[0].split() == ["Đường", "sá", "ngập"], "the strange letters are a picture now"
    photo = tmp_path / "photo.jpg"
    Image.new("RGB", (827, 1169), "white").save(photo, dpi=(100, 100))
    made = text_layer.searchable(photo, "image/jpeg", [page(595.4, 841.7)])
    assert pdfa.validate_written(io.BytesIO(made), "2b").verdict == "pass" and read(made)[0].split()[0] == "Đường"
    assert text_layer.text_of([page(1, 1), page(1, 1)]) == "Đường sá\nngập\n\nĐường sá\nngập"


def test_a_page_with_a_text_of_its_own_gets_no_second_one(tmp_path):
    place = scan(tmp_path / "scan.pdf")
    made = text_layer.searchable(place, "application/pdf", [Page(1, 400, 600, WORDS, "text")])
    assert pypdfium2.PdfDocument(made)[0].get_textpage().count_chars() == 0
