"""Art. 2.2: files become registration fields on the command line; what cannot be read is refused, the rest goes on."""

import io
import json
import shutil
from datetime import date

import docx
import pikepdf
import pytest
from click.testing import CliRunner
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt
from fakes import FONT, printed
from fakes import LETTER as PRINTED
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from app.cli import cli
from app.demo import letters
from app.regulation import barred_text
from app.regulation.recognition import FIELDS, paged, recognise
from app.tools.conversion import Converter
from app.tools.docx_letter import Letter, write
from app.tools.media import TYPES
from app.tools.ocr import Reader

LETTER = {
    "code_number": "417", "code_notation": "SNV-TCBC", "issued_date": date(2026, 4, 9), "place": "Lào Cai",
    "parent_name": "UBND tỉnh Lào Cai", "organ_name": "Sở Nội vụ", "type_name": "Công văn",
    "subject": "rà soát biên chế năm 2026", "addressees": ["Sở Tư pháp"], "recipients": ["Như trên", "Lưu: VT, TCBC"],
    "signer_name": "Lương Văn Tiến", "signer_position": "Giám đốc",
}
needs_tesseract = pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed")


@needs_tesseract
def test_art_2_2_each_file_gives_its_fields_or_a_refusal(tmp_path):
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    (tmp_path / "scan.pdf").write_bytes(letters.letter(LETTER, 5))
    names = [str(tmp_path / name) for name in ("broken.pdf", "missing.pdf", "scan.pdf")]
    done = CliRunner().invoke(cli, ["recognise", *names, "--json"])
    assert done.exit_code == 2, "one file is not there; the others are read"
    broken, missing, scan = map(json.loads, done.output.splitlines())
    assert (broken["outcome"], missing["outcome"], scan["outcome"]) == ("reject", "reject", "accept")
    assert broken["code"] and missing["code"] == "file_missing"
    assert [key for key in scan if key in FIELDS] == list(FIELDS)
    for key in FIELDS:
        assert set(scan[key]) == {"value", "confidence", "page", "boxes"}
    assert (scan["code_number"]["value"], scan["code_notation"]["value"]) == ("417", "SNV-TCBC")
    assert scan["issued_date"]["value"] == "2026-04-09"
    assert scan["recipients"]["value"] == LETTER["recipients"]
    # boxes are points of an A4 page
    for x0, y0, x1, y1 in scan["issued_date"]["boxes"]:
        assert 250 < x0 < x1 < 595 and 60 < y0 < y1 < 200
    assert len(scan["text"]) == scan["page_count"] and "biên chế" in " ".join(scan["text"])


def stamp(size: tuple[int, int], words: str) -> Image.Image:
    made = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(made)
    pen.rectangle((6, 6, size[0] - 7, size[1] - 7), outline=(190, 20, 30), width=6)
    pen.text((size[0] // 2, size[1] // 2), words, font=ImageFont.truetype(FONT, 60), fill=(190, 20, 30), anchor="mm")
    return made


def test_art_3_2_a_mark_that_is_a_picture_on_a_page_with_text_is_seen():
    """Sure or doubtful: a person looks (the second reader has no Ậ); the same page without it raises no alarm."""
    data, laid = printed(tuple((left, top, text) for left, top, text, _ in PRINTED)), io.BytesIO()
    stamp((260, 110), "MẬT").save(laid, "PDF", resolution=200)
    with pikepdf.open(io.BytesIO(data)) as letter, pikepdf.open(laid) as over:
        letter.pages[0].add_overlay(over.pages[0], pikepdf.Rectangle(80, 842 - 185, 174, 842 - 145))
        made = io.BytesIO()
        letter.save(made)
    assert recognise(Reader(60), data, "application/pdf").fields["secrecy"]["confidence"] == 0.9
    seen = recognise(Reader(60), made.getvalue(), "application/pdf").fields["secrecy"]
    assert seen["value"] == "Mật" and seen["page"] == 1 and 60 < seen["boxes"][0][0] < 180


def laid_over(data: bytes, drawing: str, *, turn: int = 0) -> bytes:
    """The one page of a PDF with more drawn on it; `turn`: all of it drawn on its side or upside down."""
    turned = {0: "", 90: "0 1 -1 0 842 0 cm", 180: "-1 0 0 -1 595 842 cm"}[turn]
    with pikepdf.open(io.BytesIO(data)) as letter:
        page = letter.pages[0]
        page.contents_add(f"q {turned}\n".encode(), prepend=True)
        page.contents_add(f"\n{drawing} Q".encode())
        page.mediabox = pikepdf.Array([0, 0, 842, 595] if turn == 90 else [0, 0, 595, 842])
        made = io.BytesIO()
        letter.save(made)
    return made.getvalue()


def outlines(words: str, left: float, top: float) -> str:
    """Letters as filled paths: no text says them."""
    font, drawn = TTFont(FONT), ["0.8 0.1 0.1 rg"]
    glyphs, names, scale = font.getGlyphSet(), font.getBestCmap(), 14 / font["head"].unitsPerEm
    for char in words:
        pen = DecomposingRecordingPen(glyphs)
        glyphs[names[ord(char)]].draw(pen)
        for kind, points in pen.value:
            for at, (x, y) in enumerate(points):
                verb = "m" if kind == "moveTo" and at == 0 else "l"
                drawn.append(f"{left + x * scale:.2f} {842 - top + y * scale:.2f} {verb}")
            drawn += ["h"] * (kind == "closePath")
        left += glyphs[names[ord(char)]].width * scale
    return " ".join([*drawn, "f"])


@pytest.fixture(scope="module")
def converter():
    made = Converter(60)
    yield made
    made.close()


def draft(mark: Image.Image | None = None) -> bytes:
    """A letter as a DOCX, with this picture under its number."""
    letter = write(Letter(
        organ_name="Sở Nội vụ", notation="SNV-TCBC", place="Lào Cai", type_name="", subject="rà soát biên chế năm 2026",
        body=[("plain", "Sở Nội vụ đề nghị các cơ quan, đơn vị rà soát biên chế của năm.")], position="GIÁM ĐỐC",
        signer_name="Lương Văn Tiến", parent_name="UBND tỉnh Lào Cai", addressees=["Sở Tư pháp"], year=2026))
    document, target = docx.Document(io.BytesIO(letter)), io.BytesIO()
    if mark:
        drawn = io.BytesIO()
        mark.save(drawn, "PNG")
        document.tables[0].cell(1, 0).add_paragraph().add_run().add_picture(drawn, width=Mm(30))
    document.save(target)
    return target.getvalue()


def test_art_3_2_an_office_file_is_read_as_it_shows_itself_its_pictures_too(converter):
    def read(data):
        return recognise(Reader(60), *paged(converter, data, TYPES["docx"])).fields

    plain, marked = read(draft()), read(draft(stamp((260, 110), "MẬT")))
    assert plain["code_notation"]["value"] == "SNV-TCBC" and "biên chế" in plain["subject"]["value"]
    assert plain["organ_name"]["value"] == "SỞ NỘI VỤ" and barred_text.signs(plain) == {}
    assert marked["secrecy"]["value"] == "Mật" and list(barred_text.signs(marked)) == ["secrecy"]


def named(kind: str, apart: int, *subject: str, is_bold: bool = True) -> bytes:
    """A document of a named kind as a DOCX: its subject in lines of their own, so many points apart, then the body."""
    document, target = docx.Document(), io.BytesIO()
    head = document.add_table(2, 2)
    for place, lines in (((0, 0), ("UBND TỈNH LÀO CAI", "SỞ NỘI VỤ")), ((1, 0), ("Số: 307/BC-SNV",)),
                         ((0, 1), ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")),
                         ((1, 1), ("Lào Cai, ngày 17 tháng 10 năm 2026",))):
        head.cell(*place).text = "\n".join(lines)
    body = ("Thực hiện Kế hoạch công tác năm 2026 và các văn bản chỉ đạo của cấp có thẩm quyền về việc tăng cường kỷ "
            "luật, kỷ cương hành chính, Sở Nội vụ đề nghị các cơ quan, đơn vị phối hợp triển khai đúng tiến độ.")
    for number, text in enumerate((kind, *subject, body)):
        line = document.add_paragraph()
        line.paragraph_format.space_after = Pt(apart)
        run = line.add_run(text)
        run.font.size, run.font.name = Pt(14), "Liberation Serif"
        run.bold = number == 0 or number <= len(subject) and (is_bold or number == 1)
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER if number <= len(subject) else WD_ALIGN_PARAGRAPH.JUSTIFY
        line.paragraph_format.first_line_indent = Mm(0 if number <= len(subject) else 12.7)
    document.save(target)
    return target.getvalue()


def test_art_3_1_dd_lines_of_a_subject_that_are_paragraphs_of_their_own_are_read_or_doubtful(converter):
    def read(data):
        return recognise(Reader(60), *paged(converter, data, TYPES["docx"])).fields["subject"]

    lines = "Về việc phê duyệt điều chỉnh quy hoạch chi tiết", "Khu đô thị mới phường Cam Đường"
    for kind, apart in (("TỜ TRÌNH", 0), ("BÁO CÁO", 3), ("THÔNG BÁO", 6), ("QUYẾT ĐỊNH", 6)):
        seen = read(named(kind, apart, *lines))
        assert seen["value"] == " ".join(lines) and seen["confidence"] > 0.6, kind
    assert read(named("BÁO CÁO", 6, lines[0]))["value"] == lines[0], "the body is none of it"
    thin = read(named("BÁO CÁO", 6, *lines, is_bold=False))
    assert thin["value"] == lines[0], "thinner print goes on no title"


def test_art_3_2_a_mark_drawn_on_a_page_with_text_is_seen_however_the_page_lies():
    """Curves, a page on its side, a picture over which somebody's wrong reading lies; rules and frames are no mark."""
    data = printed(tuple((left, top, text) for left, top, text, _ in PRINTED))
    rules = "80 730 60 0.5 re f 60 640 420 60 re S 200 640 100 60 re S"
    assert recognise(Reader(60), laid_over(data, rules), "application/pdf").fields["secrecy"]["confidence"] == 0.9
    mark = outlines("TUYỆT MẬT", 80, 178) + " 70 660 110 23 re S"
    for turn in (0, 90, 180):
        fields = recognise(Reader(60), laid_over(data, mark, turn=turn), "application/pdf").fields
        assert (fields["secrecy"]["value"], fields["code_number"]["value"]) == ("Tuyệt mật", "12"), turn
        (x0, y0, x1, y1), = fields["secrecy"]["boxes"]
        x, y = {0: (125, 172), 90: (172, 595 - 125), 180: (595 - 125, 842 - 172)}[turn]
        assert x0 < x < x1 and y0 < y < y1, "where it lies in the file"


def _annotated(data: bytes, kind: str) -> bytes:
    """The page with "MẬT" as what a note or a field of a form looks like."""
    with pikepdf.open(io.BytesIO(data)) as letter:
        look = letter.make_stream(outlines("MẬT", 10, 830).encode(), Type=pikepdf.Name.XObject,
                                  Subtype=pikepdf.Name.Form, BBox=[0, 0, 60, 30])
        note = letter.make_indirect(pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name(kind), F=4, Rect=[80, 650, 140, 680],
            AP=pikepdf.Dictionary(N=look), FT=pikepdf.Name.Tx, T="a"))
        letter.pages[0].Annots = pikepdf.Array([note])
        letter.Root.AcroForm = pikepdf.Dictionary(Fields=[note] if kind == "/Widget" else [])
        made = io.BytesIO()
        letter.save(made)
    return made.getvalue()


def test_art_3_2_a_mark_that_the_text_of_a_page_does_not_say_is_seen():
    """Cut out by letters, a note, a field, a text in an old encoding; the page is drawn and compared with its text."""
    lines = tuple((left, top, text) for left, top, text, _ in PRINTED)
    data = printed(lines)
    cut_out = outlines("MẬT", 80, 178).removesuffix("f") + "W n 70 650 120 50 re f"
    for made in (laid_over(data, cut_out), *(_annotated(data, kind) for kind in ("/Square", "/Widget"))):
        secrecy = recognise(Reader(60), made, "application/pdf").fields["secrecy"]
        assert secrecy["value"] == "Mật" and 60 < secrecy["boxes"][0][0] < 180
    old = recognise(Reader(60), printed((*lines, (80, 178, "MËT"))), "application/pdf").fields["secrecy"]
    assert old["confidence"] < 0.6, "TCVN3: another font would show MẬT"
    name = printed((*lines, (80, 178, "BỆNH VIỆN"), (90, 194, "MẮT")))
    assert recognise(Reader(60), name, "application/pdf").fields["secrecy"]["confidence"] == 0.9


def test_art_3_2_a_wrong_reading_that_a_scan_brings_along_hides_no_mark():
    lines = tuple((left, top, text) for left, top, text, _ in PRINTED)
    scan, laid = stamp((260, 110), "MẬT"), io.BytesIO()
    scan.save(laid, "PDF", resolution=200)
    with pikepdf.open(io.BytesIO(printed((*lines, (110, 168, "MÁI"))))) as letter, pikepdf.open(laid) as under:
        letter.pages[0].add_underlay(under.pages[0], pikepdf.Rectangle(80, 842 - 185, 174, 842 - 145))
        letter.pages[0].contents_add(b"3 Tr ", prepend=True)
        made = io.BytesIO()
        letter.save(made)
    assert recognise(Reader(60), made.getvalue(), "application/pdf").fields["secrecy"]["value"] == "Mật"


@needs_tesseract
def test_art_3_2_a_page_that_nobody_could_read_may_bear_a_mark():
    page = Image.new("L", (827, 1169), 255)
    pen = ImageDraw.Draw(page)
    for n in range(90):
        pen.line((n * 9, 100 + n * 37 % 450, n * 9 + 20, 130 + n * 53 % 470), fill=0, width=4)
    for picture, doubtful in ((page, True), (Image.new("L", page.size, 255), False)):
        made = io.BytesIO()
        picture.save(made, "PNG", dpi=(100, 100))
        fields = recognise(Reader(60), made.getvalue(), "image/png").fields
        assert (fields.get("secrecy", {}).get("confidence") == 0.5) is doubtful
