"""Art. 2.2, 3.1.đ, 3.2: stamps are not missed, two readings are brought together, a contradiction is doubtful."""

import io
import shutil
from datetime import date

import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.demo import letters
from app.regulation import barred_text, layout
from app.regulation.layout_confirm import differing, skeleton
from app.regulation.layout_head import SURE, cut_head
from app.regulation.layout_lexicon import spelt_surname
from app.regulation.layout_stamp import marks
from app.tools.ocr import Page, Reader, Word

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"
LETTER = {
    "code_number": "88", "code_notation": "KH-UBND", "issued_date": date(2025, 11, 7), "place": "Điện Biên",
    "organ_name": "Ủy ban nhân dân tỉnh Điện Biên", "type_name": "Kế hoạch", "subject": "Kiểm kê tài sản công",
    "recipients": ["Các sở, ban, ngành tỉnh", "Lưu: VT, TH"], "signer_name": "Phạm Quang Khải",
    "signer_position": "Chủ tịch", "authority": "TM. ỦY BAN NHÂN DÂN",
}
needs_tesseract = pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed")


@needs_tesseract
def test_art_3_2_a_slanted_grey_mark_of_secrecy_over_print_is_not_missed():
    page = pypdfium2.PdfDocument(letters.letter(LETTER, 4))[0].render(scale=200 / 72).to_pil().convert("RGB")
    mark = Image.new("RGBA", (150, 70), (0, 0, 0, 0))
    pen = ImageDraw.Draw(mark)
    pen.rectangle((2, 2, 147, 67), outline=(60, 60, 60, 230), width=4)
    pen.text((26, 12), "MẬT", font=ImageFont.truetype(FONT, 38), fill=(60, 60, 60, 230))
    mark = mark.rotate(14, Image.Resampling.BICUBIC, expand=True)
    page.paste(mark, (210, 640), mark)
    data = io.BytesIO()
    page.save(data, "PNG", dpi=(200, 200))
    fields = layout.read_fields(Reader(60).open(data.getvalue(), "image/png"))
    secrecy = fields["secrecy"]
    # read, or at the least to be looked at where it stands
    assert secrecy["value"] == "Mật" or secrecy["confidence"] < SURE
    x0, y0, x1, y1 = secrecy["boxes"][0]
    assert x0 < 100 < x1 and y0 < 250 < y1
    assert fields["signer_position"]["value"] == "CHỦ TỊCH"


def test_art_2_2_two_readings_are_compared_by_what_both_readers_know():
    assert skeleton("Quảng Ngãi, ngày 05") == skeleton("Qung Ngi,ngày 05")
    assert differing("Họp thống phương á án", "Hp thng nht phng án") >= 3
    assert differing("Cổng TTĐT tỉnh", "Cng TTDT tinh") == 0


@pytest.mark.parametrize(("read", "second", "surname"), [
    ("ương", "Vng", "Vương"), ("Đấg", "Dng", "Đặng"), ("rần", "Trn", "Trần"), ("Xuân", "Xuân", ""),
])
def test_art_2_2_a_surname_half_under_a_seal_is_named_by_both_readings(read, second, surname):
    assert spelt_surname(read, second) == surname


def _letter(source: str, sure: float, *rows: tuple[float, str]) -> Page:
    """A first page whose left column holds these rows, (top, words); `source`, `sure`: how they were read."""
    words = []
    for line, (top, text) in enumerate(rows):
        left = 100.0
        for word in text.split():
            words.append(Word(word, sure, (left, top, left + 8 * len(word), top + 11), line, line))
            left += 8 * len(word) + 4
    return Page(1, 595.0, 842.0, tuple(words), source)


def _head(last: tuple[str, ...], below: str) -> list[tuple[float, str]]:
    own = [(76.0 + 16 * n, text) for n, text in enumerate(last)]
    return [(60.0, "UBND TỈNH PHÚ THỌ"), *own, (116.0, "Số: 12/BC-BV"), *[(160.0, below)] * bool(below)]


@pytest.mark.parametrize(("last", "below", "printed", "scanned"), [
    # part of the agency's name: no mark, however it is read
    (("BỆNH VIỆN", "MẮT"), "", ("", 0.9), ("", 0.9)), (("BỆNH VIỆN", "MẶT"), "", ("", 0.9), ("", 0.9)),
    (("VIỆN", "MÁT"), "", ("", 0.9), ("", 0.9)),
    # a scan read so may be another word; a name that goes on in MẬT is looked at
    (("BỆNH VIỆN", "MẬT"), "", ("Mật", 1.0), ("Mật", 0.5)), (("TRUNG TÂM BẢO", "MẬT"), "", ("Mật", 0.5), ("Mật", 0.5)),
    # by itself, below the number
    (("SỞ Y TẾ",), "MẮT", ("", 0.9), ("Mật", 0.5)), (("SỞ Y TẾ",), "MẬT", ("Mật", 1.0), ("Mật", 0.92)),
    (("SỞ Y TẾ",), "TỐI MẬT", ("Tối mật", 1.0), ("Tối mật", 0.92)), (("SỞ Y TẾ",), "MÄT", ("Mật", 0.5), ("Mật", 0.5)),
])
def test_art_3_2_only_the_very_letters_of_a_mark_discard_a_letter(last, below, printed, scanned):
    rows = _head(last, below)
    for source, sure, said in (("text", 1.0, printed), ("ocr", 0.92, scanned)):
        _, secrecy = marks(cut_head(_letter(source, sure, *rows)))
        assert (secrecy.value, secrecy.confidence) == said, source
        barred = barred_text.in_pages([_letter(source, sure, *rows)])
        assert bool(barred) is (printed[1] == 1.0), "at the door only what a text says counts"


@pytest.mark.parametrize(("last", "below", "level"), [
    (("SỞ NÔNG NGHIỆP VÀ MÔI", "TRƯỜNG"), "", "0"), (("SỞ CÔNG", "THƯƠNG"), "", "0"),
    (("ỦY BAN NHÂN DÂN", "PHƯỜNG"), "", "0"), (("SỞ Y TẾ",), "PHƯƠNG", "0"), (("SỞ Y TẾ",), "THƯỢNG", "0"),
    (("SỞ Y TẾ",), "KHẨN", "1"), (("SỞ Y TẾ",), "THƯỢNG KHẨN", "2"), (("SỞ Y TẾ",), "HOẢ TỐC", "3"),
])
def test_nd_30_a_mark_of_urgency_is_its_whole_words(last, below, level):
    """NĐ 30/2020 Appendix I.II.8.b."""
    rows = _head(last, below)
    for source, sure in (("text", 1.0), ("ocr", 0.92)):
        assert marks(cut_head(_letter(source, sure, *rows)))[0].value == level, source


@pytest.mark.parametrize(("name", "left"), [("Hoàng Thị Bích", 366.0), ("Nguyễn Thị Phương Thảo", 340.0)])
def test_nd_30_a_name_longer_than_the_title_over_it_keeps_its_first_word(name, left):
    """NĐ 30/2020 Appendix I, box 7b: the column is centred, so that the name begins left of the capitals."""
    words = []
    for line, (start, top, text) in enumerate((
            (90.0, 560.0, "Nơi nhận:"), (390.0, 560.0, "GIÁM ĐỐC"),
            (90.0, 578.0, "- Ủy ban nhân dân tỉnh (để báo cáo);"),
            (90.0, 594.0, "- Lưu: VT."), (left, 648.0, name))):
        for word in text.split():
            words.append(Word(word, 1.0, (start, top, start + 7 * len(word), top + 13), line, line))
            start += 7 * len(word) + 4
    found = layout.read_fields([Page(1, 595.0, 842.0, tuple(words), "text")])
    assert (found["signer_name"]["value"], found["signer_position"]["value"]) == (name, "GIÁM ĐỐC")
    assert found["recipients"]["value"] == ["Ủy ban nhân dân tỉnh (để báo cáo)", "Lưu: VT"]
