"""Demo letters: believable documents in the layout of NĐ 30/2020, drawn and degraded like scans; and drafts.

For the demo province and the tests of recognition. Nothing here is a real document: every page says "DEMO".
The same fields and seed give the same bytes. It knows no table and no diagram.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from app.demo import scan
from app.regulation import layout
from app.tools import docx_letter

_FONTS = Path("/usr/share/fonts/truetype")
#: folder and name of families of the look wanted, best first, with the scale that makes them as wide as the first
_FAMILIES = (
    ("liberation2", "LiberationSerif", 1.0), ("liberation", "LiberationSerif", 1.0), ("croscore", "Tinos", 1.0),
    ("dejavu", "DejaVuSerifCondensed", 0.88), ("dejavu", "DejaVuSerif", 0.8),
)
_STYLES = {"plain": ("-Regular", ""), "bold": ("-Bold",), "italic": ("-Italic",), "bold-italic": ("-BoldItalic",)}
_BLACK, _RED, _BLUE = (25, 25, 30), (205, 35, 45), (35, 60, 160)
#: edges of the text in points: NĐ 30/2020 Appendix I.I
_LEFT, _RIGHT, _TOP, _BOTTOM = 85, 595 - 48, 60, 842 - 60

#: paragraphs of a body when none are given; {unit} is the addressee
_BODY = (
    "Thực hiện chương trình công tác năm và ý kiến chỉ đạo của cấp có thẩm quyền, để bảo đảm tiến độ các nhiệm vụ "
    "được giao, {organ} đề nghị các cơ quan, đơn vị phối hợp thực hiện một số nội dung sau:",
    "1. Rà soát kết quả thực hiện các nhiệm vụ thuộc lĩnh vực được phân công từ đầu năm đến nay; làm rõ khó khăn, "
    "vướng mắc, nguyên nhân và đề xuất giải pháp cụ thể trong thời gian tới.",
    "2. Chủ động bố trí kinh phí, nhân lực và trang thiết bị; phân công một lãnh đạo đơn vị trực tiếp phụ trách, "
    "một cán bộ làm đầu mối liên hệ và gửi danh sách về {organ} để tổng hợp.",
    "3. Báo cáo kết quả bằng văn bản điện tử có chữ ký số qua trục liên thông văn bản trước ngày 25 hằng tháng; "
    "trường hợp phát sinh vấn đề ngoài thẩm quyền, kịp thời báo cáo để được xem xét, chỉ đạo.",
    "Trong quá trình thực hiện, nếu có vướng mắc, đề nghị các cơ quan, đơn vị phản ánh về {organ} để được hướng dẫn.",
    "Đề nghị các cơ quan, đơn vị quan tâm, phối hợp triển khai thực hiện./.",
)


@dataclass
class _Sheet:
    """The page being drawn; `pages` keeps those that are full."""

    picture: Image.Image
    draw: ImageDraw.ImageDraw
    pages: list[Image.Image] = field(default_factory=list)
    #: where the next line begins, in points
    y: float = 0.0


@lru_cache(maxsize=64)
def _font(size: float, style: str) -> ImageFont.FreeTypeFont:
    for folder, name, scale in _FAMILIES:
        for ending in _STYLES[style]:
            path = _FONTS / folder / f"{name}{ending}.ttf"
            if path.exists():
                font = ImageFont.truetype(str(path), round(size * scale * scan.DPI / 72))
                if _is_vietnamese(font):
                    return font
    raise FileNotFoundError("no serif font with Vietnamese letters; install fonts-liberation2 or fonts-dejavu")


def _is_vietnamese(font: ImageFont.FreeTypeFont) -> bool:
    """Whether the font has the letters of Vietnamese: old releases of Liberation draw an empty frame."""
    return all(bytes(font.getmask(char)) != bytes(font.getmask("\u0378")) for char in "ạểữỵ")


def _px(points: float) -> int:
    return round(points * scan.DPI / 72)


def _width(text: str, size: float, style: str) -> float:
    return _font(size, style).getlength(text) * 72 / scan.DPI


def _new_sheet(pages: list[Image.Image] | None = None) -> _Sheet:
    picture = Image.new("RGB", (scan.WIDTH, scan.HEIGHT), (255, 255, 255))
    sheet = _Sheet(picture, ImageDraw.Draw(picture), pages if pages is not None else [], _TOP)
    _put(sheet, "DEMO - không phải văn bản thật", 297, 820, 6.5, "plain", (150, 150, 150), anchor="mm")
    return sheet


def _put(sheet: _Sheet, text: str, x: float, y: float, size: float, style: str = "plain",
         ink: tuple[int, int, int] = _BLACK, anchor: str = "ms") -> None:
    sheet.draw.text((_px(x), _px(y)), text, font=_font(size, style), fill=ink, anchor=anchor)


def _wrap(text: str, size: float, style: str, width: float, first: float = 0.0) -> list[str]:
    lines: list[str] = [""]
    for word in text.split():
        trial = f"{lines[-1]} {word}".strip()
        room = width - (first if len(lines) == 1 else 0.0)
        if lines[-1] and _width(trial, size, style) > room:
            lines.append(word)
        else:
            lines[-1] = trial
    return lines


def _centred(sheet: _Sheet, text: str, middle: float, y: float, size: float, style: str, width: float,
             pitch: float) -> float:
    """Lines around a middle, about equally long; returns the base line of the last."""
    count = len(_wrap(text, size, style, width))
    while len(_wrap(text, size, style, width - 6)) == count and width > 60:
        width -= 6
    for line in _wrap(text, size, style, width):
        _put(sheet, line, middle, y, size, style)
        y += pitch
    return y - pitch


def letter(fields: dict, seed: int) -> bytes:
    """A complete document as a scanned PDF of one or two pages, pictures only.

    fields: code_number, code_notation, issued_date (date), place, organ_name, parent_name, type_name, subject,
    addressees, recipients, signer_name, signer_position, authority ("KT. CHỦ TỊCH", may be empty), priority
    ("0".."3"), body (paragraphs); what is absent is left out or filled with common text.
    """
    sheet = _new_sheet()
    _draw_head(sheet, fields)
    _draw_body(sheet, fields)
    if sheet.y > _BOTTOM - 190:
        sheet = _next_page(sheet)
    _draw_tail(sheet, fields, random.Random(seed))
    return scan.pdf([scan.scanned(page, seed + i) for i, page in enumerate([*sheet.pages, sheet.picture])])


def _next_page(sheet: _Sheet) -> _Sheet:
    following = _new_sheet([*sheet.pages, sheet.picture])
    _put(following, str(len(following.pages) + 1), 297, 40, 13)
    return following


def _draw_head(sheet: _Sheet, fields: dict) -> None:
    left, right, y = 172, 412, _TOP + 12.0
    _put(sheet, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", right, y, 12, "bold")
    _put(sheet, "Độc lập - Tự do - Hạnh phúc", right, y + 15, 13, "bold")
    _rule(sheet, right, y + 20, _width("Độc lập - Tự do - Hạnh phúc", 13, "bold"))
    if fields.get("parent_name"):
        y = _centred(sheet, fields["parent_name"].upper(), left, y, 12, "plain", 200, 15) + 15
    y = _centred(sheet, fields["organ_name"].upper(), left, y, 12, "bold", 185, 15)
    _rule(sheet, left, y + 5, 60)
    y = max(y + 24, _TOP + 51)
    reference = layout.reference(str(fields.get("code_number", "")), fields.get("code_notation", ""))
    _put(sheet, f"Số: {reference}", left, y, 13)
    if fields.get("issued_date"):
        _put(sheet, layout.format_date(fields.get("place", "Lào Cai"), fields["issued_date"]), right, y, 13, "italic")
    if fields["type_name"] == "Công văn":
        sheet.y = _centred(sheet, "V/v " + fields["subject"], left, y + 19, 12, "plain", 190, 14) + 30
    else:
        _put(sheet, fields["type_name"].upper(), 316, y + 36, 14, "bold")
        sheet.y = _centred(sheet, fields["subject"], 316, y + 53, 14, "bold", 370, 17)
        _rule(sheet, 316, sheet.y + 6, 90)
        sheet.y += 34
    _draw_stamp(sheet, fields.get("priority", "0"), y + 54)
    _draw_addressees(sheet, fields.get("addressees") or [])


def _rule(sheet: _Sheet, middle: float, y: float, width: float) -> None:
    sheet.draw.line([(_px(middle - width / 2), _px(y)), (_px(middle + width / 2), _px(y))], fill=_BLACK, width=2)


def _draw_stamp(sheet: _Sheet, priority: str, y: float) -> None:
    """Urgency: red capitals in a single frame (NĐ 30/2020 Appendix I, box 10b)."""
    text, width = {"1": ("KHẨN", 20), "2": ("THƯỢNG KHẨN", 40), "3": ("HỎA TỐC", 30)}.get(priority, ("", 0))
    if not text:
        return
    wide, x = width * 72 / 25.4, 42
    frame = [_px(x), _px(y + 26), _px(x + wide), _px(y + 49)]
    sheet.draw.rectangle(frame, outline=_RED, width=3)
    _put(sheet, text, x + wide / 2, y + 38, 13, "bold", _RED, anchor="mm")


def _draw_addressees(sheet: _Sheet, addressees: Sequence[str]) -> None:
    if len(addressees) == 1:
        _put(sheet, f"Kính gửi: {addressees[0]}", 330, sheet.y, 14)
        sheet.y += 32
    elif addressees:
        _put(sheet, "Kính gửi:", 175, sheet.y, 14, anchor="ls")
        for i, name in enumerate(addressees):
            mark = "." if i == len(addressees) - 1 else ";"
            _put(sheet, f"- {name}{mark}", 238, sheet.y, 14, anchor="ls")
            sheet.y += 17
        sheet.y += 15


def _draw_body(sheet: _Sheet, fields: dict) -> None:
    for paragraph in fields.get("body") or [text.format(organ=fields["organ_name"]) for text in _BODY]:
        lines = _wrap(paragraph, 14, "plain", _RIGHT - _LEFT, first=28)
        for i, line in enumerate(lines):
            if sheet.y > _BOTTOM:
                following = _next_page(sheet)
                sheet.picture, sheet.draw, sheet.pages = following.picture, following.draw, following.pages
                sheet.y = following.y + 10
            _justified(sheet, line, _LEFT + (28 if i == 0 else 0), is_last=i == len(lines) - 1)
            sheet.y += 17.5
        sheet.y += 5


def _justified(sheet: _Sheet, line: str, x: float, is_last: bool) -> None:
    words = line.split()
    if is_last or len(words) < 2:
        _put(sheet, line, x, sheet.y, 14, anchor="ls")
        return
    room = _RIGHT - x - sum(_width(word, 14, "plain") for word in words)
    for word in words:
        _put(sheet, word, x, sheet.y, 14, anchor="ls")
        x += _width(word, 14, "plain") + room / (len(words) - 1)


def _draw_tail(sheet: _Sheet, fields: dict, chance: random.Random) -> None:
    top, middle = sheet.y + 12, 432
    _put(sheet, "Nơi nhận:", _LEFT, top, 12, "bold-italic", anchor="ls")
    y = top + 14
    recipients = fields.get("recipients") or ["Như trên", "Lưu: VT"]
    for i, name in enumerate(recipients):
        _put(sheet, f"- {name}{'.' if i == len(recipients) - 1 else ';'}", _LEFT, y, 11, anchor="ls")
        y += 13
    y = top
    for line in [fields.get("authority"), fields["signer_position"].upper()]:
        if line:
            _put(sheet, line, middle, y, 14, "bold")
            y += 17
    _scribble(sheet, middle + 18, y + 38, chance)
    _seal(sheet, middle - 42, y + 36, fields["organ_name"])
    _put(sheet, fields["signer_name"], middle, y + 95, 14, "bold")


def _scribble(sheet: _Sheet, x: float, y: float, chance: random.Random) -> None:
    """A signature in blue ink: a few loops and a long tail."""
    parts = [(chance.uniform(6, 14), chance.uniform(8, 24), chance.uniform(0, 6.28)) for _ in range(3)]
    points = []
    for i in range(260):
        t = i / 260
        across = -46 + 96 * t + sum(a * math.cos(9 * t * (k + 1) + p) for k, (a, _, p) in enumerate(parts)) / 2
        down = sum(b * math.sin(8 * t * (k + 1) + p) for k, (_, b, p) in enumerate(parts)) * (1 - t) ** 1.2 / 1.7
        points.append((_px(x + across), _px(y + down)))
    sheet.draw.line(points, fill=_BLUE, width=4, joint="curve")


def _seal(sheet: _Sheet, x: float, y: float, organ: str) -> None:
    """A round red seal of 36 mm, see-through as ink is."""
    radius = _px(18 * 72 / 25.4)
    layer = Image.new("L", (2 * radius + 8, 2 * radius + 8), 0)
    pen = ImageDraw.Draw(layer)
    centre = radius + 4
    for inset, width in ((0, 5), (9, 2), (round(radius * 0.36), 3)):
        pen.ellipse([4 + inset, 4 + inset, 2 * radius + 4 - inset, 2 * radius + 4 - inset], outline=255, width=width)
    star = []
    for i in range(10):
        reach = radius * (0.3 if i % 2 == 0 else 0.12)
        turn = math.pi * i / 5 - math.pi / 2
        star.append((centre + reach * math.cos(turn), centre + reach * math.sin(turn)))
    pen.polygon(star, fill=255)
    text, size = organ.upper()[:34], _font(8.5, "bold")
    for i, char in enumerate(text):
        turn = math.pi * (0.85 + 1.3 * (i + 0.5) / len(text))
        tile = Image.new("L", (40, 40), 0)
        ImageDraw.Draw(tile).text((20, 20), char, font=size, fill=255, anchor="mm")
        tile = tile.rotate(-math.degrees(turn) - 90, Image.Resampling.BICUBIC)
        reach = radius * 0.81
        spot = round(centre + reach * math.cos(turn)) - 20, round(centre + reach * math.sin(turn)) - 20
        layer.paste(255, (*spot, spot[0] + 40, spot[1] + 40), tile)
    layer = layer.rotate(7, Image.Resampling.BICUBIC).point(lambda value: value * 200 // 255)
    sheet.picture.paste(_RED, (_px(x) - centre, _px(y) - centre), layer)


def draft_docx(fields: dict) -> bytes:
    """A draft as authors leave it: number and date blank, "Số:        /UBND-VP", to be filled on completion."""
    kind, *recipients = fields["type_name"], *(fields.get("recipients") or ["Như trên", "Lưu: VT"])
    kept = recipients.pop().removeprefix("Lưu: VT").lstrip(", ")
    body = fields.get("body") or [text.format(organ=fields["organ_name"]) for text in _BODY]
    return docx_letter.write(docx_letter.Letter(
        organ_name=fields["organ_name"], parent_name=fields.get("parent_name", ""),
        notation=fields["code_notation"], place=fields.get("place", "Lào Cai"), year=fields.get("year", 2026),
        type_name="" if kind == layout.LETTER else kind, subject=fields["subject"],
        addressees=fields.get("addressees") or [], recipients=recipients, unit=kept,
        body=[("plain", words) for words in body], authority=fields.get("authority") or "",
        position=fields["signer_position"], signer_name=fields["signer_name"]))
