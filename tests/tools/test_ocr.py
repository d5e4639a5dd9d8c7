"""Art. 2.2: pages are read; what cannot be is refused by name. The real Tesseract."""

import ctypes
import io
import shutil
from queue import LifoQueue
from unittest.mock import Mock

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium_c
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.tools import page_source, tesseract
from app.tools.ocr import BadImage, OcrFailed, OcrMissing, Reader
from app.tools.page_image import prepare
from app.tools.page_source import Sheet

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
needs_tesseract = pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed")


def _page(lines, size=(1654, 1100), at=(200, 150)):
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    for i, line in enumerate(lines):
        pen.text((at[0], at[1] + 70 * i), line, font=ImageFont.truetype(FONT, 36), fill="black")
    return picture


def _bytes(picture, image_format="PNG", **options):
    out = io.BytesIO()
    picture.save(out, image_format, dpi=(200, 200), **options)
    return out.getvalue()


def _text(page):
    return " ".join(word.text for word in page.words)


@needs_tesseract
def test_art_2_2_words_come_with_boxes_in_points_of_the_page():
    page, = Reader(60).read(_bytes(_page(["Kính gửi: Ủy ban nhân dân tỉnh Lào Cai"])), "image/png")
    assert (page.number, page.source) == (1, "ocr")
    assert page.width == pytest.approx(1654 * 0.36, abs=1)
    assert "Ủy ban nhân dân tỉnh Lào Cai" in _text(page)
    x0, y0, x1, y1 = page.words[0].box
    assert 70 < x0 < 76 and 50 < y0 < y1 < 75 and x0 < x1
    assert all(0 <= word.confidence <= 1 for word in page.words)


@needs_tesseract
def test_art_2_2_without_the_known_library_the_program_reads_the_same(monkeypatch):
    picture = _page(["Kính gửi: Ủy ban nhân dân tỉnh Lào Cai", "Số: 12/UBND-VX"]).convert("L")
    read = tesseract.recognise(picture, tesseract.PAGE, 200, 60)
    monkeypatch.setattr(tesseract, "by_library", Mock(side_effect=tesseract._NoLibrary))
    assert tesseract.recognise(picture, tesseract.PAGE, 200, 60) == read and len(read) > 8


@needs_tesseract
def test_art_2_2_a_skewed_and_shaded_page_is_read_with_boxes_where_the_words_lie():
    upright = _page(["Quyết định ban hành Quy chế", "Điều 1. Phạm vi điều chỉnh"] * 5)
    turned = upright.rotate(-3, Image.Resampling.BICUBIC, fillcolor="white")
    shade = np.linspace(1, 0.45, turned.width)[None, :, None]
    picture = Image.fromarray((np.asarray(turned) * shade).astype(np.uint8))
    page, = Reader(60).read(_bytes(picture, "JPEG", quality=80), "image/jpeg")
    assert _text(page).count("Phạm vi điều chỉnh") >= 4
    dark = np.asarray(picture.convert("L")) < 60
    for x0, y0, x1, y1 in (page.words[0].box, page.words[-1].box):
        column = np.argwhere(dark[:, int(x0 / 0.36):int(x1 / 0.36)].any(axis=1))[:, 0] * 0.36
        # there is ink of the word's height where the box lies
        inside = column[(column > y0 - 1) & (column < y1 + 1)]
        assert inside.size and inside.max() - inside.min() > 0.6 * (y1 - y0)
    top = np.argwhere(dark[:, 200:400])[:, 0].min() * 0.36
    assert page.words[0].box[1] == pytest.approx(top, abs=6)


@needs_tesseract
def test_art_2_2_a_page_upside_down_or_on_its_side_is_turned_and_its_boxes_are_turned_back():
    upright = _page(["Quyết định ban hành Quy chế", "Điều 1. Phạm vi điều chỉnh, đối tượng áp dụng"] * 3, (1300, 900))
    for turn in (180, 90):
        lying = upright.transpose({180: Image.Transpose.ROTATE_180, 90: Image.Transpose.ROTATE_90}[turn])
        page, = Reader(60).read(_bytes(lying), "image/png")
        assert "Quyết định ban hành Quy chế" in _text(page) and page.turn == (360 - turn) % 360
        dark = np.asarray(lying.convert("L")) < 60
        x0, y0, x1, y1 = (round(value / 0.36) for value in page.as_it_lies().words[0].box)
        assert dark[y0:y1, x0:x1].mean() > 0.1, "there is ink where the word lies in the file"
        assert (x1 - x0 > y1 - y0) is (turn == 180)


@needs_tesseract
def test_art_2_2_pages_of_a_tiff_are_numbered_and_may_be_chosen():
    first, second = _page(["Trang thứ nhất"], (1000, 400)), _page(["Trang thứ hai"], (1000, 400))
    data = _bytes(first, "TIFF", save_all=True, append_images=[second])
    page, = Reader(60).read(data, "image/tiff", pages=[2])
    assert page.number == 2 and "hai" in _text(page)


@needs_tesseract
def test_art_2_2_a_part_is_read_again_by_itself():
    page, = Reader(60).read(_bytes(_page(["Số: 2256", "Lào Cai"])), "image/png")
    again = page.again((60, 48, 300, 76), "line")
    assert [word.text for word in again][-1] == "2256"
    assert page.again((0, 0, 1, 1)) == ()


@needs_tesseract
def test_art_2_2_a_page_that_was_read_lately_is_not_read_again():
    first, second = _page(["Trang thứ nhất"], (1000, 400)), _page(["Trang thứ hai"], (1000, 400))
    data, reader = _bytes(first, "TIFF", save_all=True, append_images=[second]), Reader(60)
    read, = reader.read(data, "image/tiff", pages=[1])
    pages = list(reader.words(data, "image/tiff"))
    assert [is_new for _, is_new in pages] == [False, True] and pages[0][0].words == read.words
    assert [is_new for _, is_new in reader.words(data, "image/tiff")] == [False, False]


def test_a_born_digital_page_is_read_and_not_recognised(monkeypatch):
    _without_model(monkeypatch)  # nothing may ask for it
    page, = Reader(60).read(_text_pdf("Quyết định ban hành Quy chế quản lý văn bản điện tử"), "application/pdf")
    assert page.source == "text"
    assert [word.text for word in page.words][:2] == ["Quyết", "định"]
    assert page.words[0].confidence == 1.0
    x0, y0, x1, y1 = page.words[0].box
    assert x0 == pytest.approx(72, abs=3) and 75 < y0 < y1 < 105


@pytest.mark.parametrize("letters", ["QUYET DINH BAN HANH QUY CHE QUAN LY VAN BAN", "Số"])
def test_a_text_layer_without_vietnamese_or_nearly_empty_is_not_trusted(letters):
    assert not page_source._is_trusted(letters.replace(" ", ""), 0.0)


def _without_model(monkeypatch):
    """As where the model of Vietnamese is not installed; no process that has it loaded is at hand."""
    monkeypatch.setattr(tesseract, "_idle", LifoQueue())
    monkeypatch.setenv("TESSDATA_PREFIX", "/nonexistent")


def test_a_missing_model_is_said_so(monkeypatch):
    _without_model(monkeypatch)
    with pytest.raises(OcrMissing):
        Reader(60).read(_bytes(_page(["Lào Cai"])), "image/png")


@needs_tesseract
def test_a_page_that_takes_too_long_fails():
    with pytest.raises(OcrFailed):
        Reader(seconds=0.001).read(_bytes(_page(["Lào Cai"] * 12)), "image/png")
    # the process that was too slow is gone, the next page gets another
    assert _text(*Reader(60).read(_bytes(_page(["Lào Cai"])), "image/png")) == "Lào Cai"


@pytest.mark.parametrize(("data", "media_type"), [
    (b"%PDF-1.4 nothing of a document", "application/pdf"),
    (b"\x89PNG\r\n\x1a\nnothing", "image/png"),
    (b"GIF89a", "image/gif"),
    (b"", "image/jpeg"),
])
def test_s7_what_is_no_page_is_refused(data, media_type):
    with pytest.raises(BadImage):
        Reader(60).read(data, media_type)


def test_s7_a_picture_is_opened_only_as_the_type_it_claims():
    with pytest.raises(BadImage):
        Reader(60).read(_bytes(_page(["x"], (300, 300))), "image/jpeg")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_s7_more_than_100_megapixels_are_refused_unopened():
    data = io.BytesIO()
    Image.new("1", (10_001, 10_000), 1).save(data, "PNG")
    with pytest.raises(BadImage) as refused:
        Reader(60).read(data.getvalue(), "image/png")
    assert refused.value.facts["limit"] == 100_000_000


def test_s7_more_than_500_pages_are_refused():
    document = pypdfium2.PdfDocument.new()
    for _ in range(501):
        document.new_page(100, 100)
    data = io.BytesIO()
    document.save(data)
    with pytest.raises(BadImage) as refused:
        Reader(60).read(data.getvalue(), "application/pdf")
    assert refused.value.facts["pages"] == 501


def test_preparing_levels_lines_and_whitens_the_desk():
    page = np.full((2400, 1800), 70, np.uint8)
    sheet = _page(["Kính gửi Ủy ban nhân dân tỉnh Lào Cai"] * 20, (1500, 2100), (150, 150)).convert("L")
    page[150:2250, 150:1650] = np.asarray(sheet)
    turned = Image.fromarray(page).rotate(2, Image.Resampling.BICUBIC, fillcolor=70).convert("RGB")
    prepared = prepare(Sheet(turned, 1800 * 0.36, 2400 * 0.36))
    assert prepared.angle == pytest.approx(-2, abs=0.2)
    assert np.asarray(prepared.picture)[5:60, 600:1200].mean() > 200
    box = (100.0, 120.0, 180.0, 140.0)
    assert prepared.to_page(prepared.to_picture(box)) == pytest.approx(box, abs=0.01)


def _text_pdf(text):
    """One page of A4 with one line of text, its font embedded."""
    document = pypdfium2.PdfDocument.new()
    page = document.new_page(595, 842)
    with open(FONT, "rb") as file:
        data = file.read()
    buffer = (ctypes.c_uint8 * len(data)).from_buffer_copy(data)
    font = pdfium_c.FPDFText_LoadFont(document, buffer, len(data), pdfium_c.FPDF_FONT_TRUETYPE, True)
    item = pdfium_c.FPDFPageObj_CreateTextObj(document, font, 14.0)
    wide = (text + "\x00").encode("utf-16-le")
    pdfium_c.FPDFText_SetText(item, ctypes.cast(ctypes.create_string_buffer(wide), pdfium_c.FPDF_WIDESTRING))
    pdfium_c.FPDFPageObj_Transform(item, 1, 0, 0, 1, 72, 742)
    pdfium_c.FPDFPage_InsertObject(page, item)
    pdfium_c.FPDFPage_GenerateContent(page)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
