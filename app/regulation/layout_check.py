"""Is a draft right in form (Art. 3.1.đ; NĐ 30/2020 PL I): each thing that is not, where, and what it should be.

The doors of it: `check` and `repaired`. Here are the rules of pages and letters; those of head, body and tail are in
layout_check_head.py, layout_check_body.py and layout_check_tail.py, those of what goes with it in
layout_check_attached.py. It stops nobody: which findings stop an approval
an agency says (records/layout_rule.py), and drafting/fit.py asks.
"""

from collections.abc import Iterable, Iterator

from app.regulation import layout_check_attached, layout_check_body, layout_check_head, layout_check_tail
from app.regulation.layout_finding import FONT, RULES, Finding, figure, finding, gathered, short, whole
from app.regulation.layout_parts import Parts, parts
from app.tools import docx_layout, docx_repair
from app.tools.docx_layout import Layout, Line, PageNumber, Section

__all__ = ["EDITION", "RULES", "Finding", "check", "repaired"]

#: counted up when the rules change: what an older one found is found anew
EDITION = 9
#: millimetres: side -> from, to, what a repair sets
_MARGINS = {"top": (20, 25, 20), "bottom": (20, 25, 20), "left": (30, 35, 30), "right": (15, 20, 15)}
_SIDES = {"top": "lề trên", "bottom": "lề dưới", "left": "lề trái", "right": "lề phải"}
#: how exact a length is held to be, millimetres
_EXACT = 0.6
#: letters that one page holds at most
_ONE_PAGE = 2200
#: letters from which on they are more than a sign of a footnote, an index, a unit
_WORDS = 4
#: repairs are looked at again as often
_ROUNDS = 3
#: fonts whose letters are not Unicode: another font alone would make other letters of them
_OLD_FONTS = (".vn", "vni-", "vni ")


def check(data: bytes, type_name: str = "") -> list[Finding]:
    """What is wrong with a draft, in the order of its parts; `type_name`: the kind that it should be, if known.

    Raises TruncatedFile and what tools/office.py refuses: macros, content from outside, too much to unpack.
    """
    layout = docx_layout.read(data)
    found = parts(layout)
    return [*_pages(layout), *_appendix_pages(layout, found), *_letters(found.lines),
            *layout_check_head.check(found, type_name), *layout_check_body.check(found, type_name or found.type_name),
            *layout_check_tail.check(found), *layout_check_attached.check(found, type_name or found.type_name)]


def repaired(data: bytes, rules: Iterable[str], type_name: str = "") -> bytes:
    """The draft with the safe repairs of what is found under these rules; the same bytes when there are none."""
    wanted = set(rules)
    for _ in range(_ROUNDS):  # a repair can bring another to light: sizes that go together
        changes = [change for one in check(data, type_name) if one.rule in wanted for change in one.repair or ()]
        if not changes:
            break
        data = docx_repair.repaired(data, changes)
    return data


def _pages(layout: Layout) -> Iterator[Finding]:
    for place, section in enumerate(layout.sections):
        where = "trang giấy" if len(layout.sections) == 1 else f"phần {place + 1} của tệp"
        sides = sorted((section.width, section.height))
        if abs(sides[0] - 210) > _EXACT or abs(sides[1] - 297) > _EXACT:
            yield finding("paper", where, f"{figure(section.width)} × {figure(section.height)} mm",
                          "A4, 210 × 297 mm", [{"section": place, "width": 210, "height": 297}])
        elif place == 0 and section.width > section.height:
            yield finding("paper", where, "khổ ngang",
                          "khổ dọc; khổ ngang chỉ khi có bảng biểu không làm thành phụ lục", severity="warning")
        if not _is_turned(section):
            yield from _margins(section, place, where)
    yield from _page_numbers(layout)


def _margins(section: Section, place: int, where: str) -> Iterator[Finding]:
    for side, (low, high, best) in _MARGINS.items():
        mm = getattr(section, side)
        if not low - _EXACT <= mm <= high + _EXACT:
            bound = f", gồm {figure(section.binding)} mm để đóng gáy" if section.binding else ""
            yield finding("margins", f"{_SIDES[side]}, {where}", f"{figure(mm)} mm{bound}", f"{low}–{high} mm",
                          [{"section": place, side: best}])


def _is_turned(section: Section) -> bool:
    """A page on its side whose margins went with it: what was left is above now."""
    ranges = zip(("top", "bottom", "left", "right"), ("left", "right", "bottom", "top"), strict=True)
    return section.width > section.height and all(
        _MARGINS[was][0] - _EXACT <= getattr(section, side) <= _MARGINS[was][1] + _EXACT for side, was in ranges)


def _page_numbers(layout: Layout) -> Iterator[Finding]:
    repair = [{"page_numbers": True}]
    should = "chữ số Ả Rập từ số 1, cỡ 13–14, đứng, giữa lề trên, không hiện ở trang thứ nhất"
    if not any(section.numbers for section in layout.sections):
        is_long = sum(len(line.text) for line in layout.lines) > _ONE_PAGE
        yield finding("page_number", "số trang", "không có", should, repair,
                      severity="error" if is_long else "warning")
        return
    for place, section in enumerate(layout.sections):
        wrong = [words for number in section.numbers for words in _of_number(number)]
        if section.numbers and section.starts_at not in (None, 1):
            wrong.append(f"bắt đầu từ số {section.starts_at}")
        if section.is_even_unnumbered:
            wrong.append("không hiện ở trang chẵn")
        if place == 0 and section.is_first_numbered and not wrong:
            wrong.append("hiện ở trang thứ nhất")
        if wrong:
            yield finding("page_number", "số trang", ", ".join(wrong), should, None if _has_footer(section) else repair)
            return


def _appendix_pages(layout: Layout, found: Parts) -> Iterator[Finding]:
    """Each appendix counts its own pages: from 1, in a section that begins with it."""
    for one in found.attached:
        section = layout.sections[one.heading.section]
        if one.type_name or one.is_form or not section.numbers:
            continue
        before = found.lines[:found.lines.index(one.heading)]
        is_own = not any(line.section == one.heading.section and line.text.strip() for line in before)
        if not is_own or section.starts_at is None:
            yield finding("page_number", f"“{short(one.heading.text)}”", "đánh số trang tiếp văn bản",
                          "số trang của phụ lục được đánh riêng, từ số 1, theo từng phụ lục",
                          [{"section": one.heading.section, "starts_at": 1}] if is_own else None, severity="warning")


def _of_number(number: PageNumber) -> list[str]:
    """What is wrong with it, in words."""
    font = number.font or "mặc định"
    return [words for is_wrong, words in (
        (number.where != "header", "ở lề dưới"), (number.align != "center", "không ở giữa"),
        (not 13 <= number.size <= 14, f"cỡ {figure(number.size)}"), (number.bold, "đậm"), (number.italic, "nghiêng"),
        (font.lower() != FONT.lower(), f"phông {font}"),
        (number.beside != "", f"có chữ, dấu khác: “{number.beside}”"),
        (number.figures not in ("decimal", "numberInDash"), "không phải chữ số Ả Rập")) if is_wrong]


def _has_footer(section: Section) -> bool:
    """A number below is not taken away by a number above: a person does that."""
    return any(number.where == "footer" for number in section.numbers)


def _letters(lines: list[Line]) -> Iterator[Finding]:
    """Font and colour of all that one sees, tables too."""
    fonts, colours, grounds, raised, drawn = [], [], [], [], []
    for line in lines:
        wrong = sorted({name for piece in line.seen for name in _fonts(piece.text, piece.fonts)
                        if name.lower() != FONT.lower()})
        if wrong:
            is_old = any(name.lower().startswith(_OLD_FONTS) for name in wrong)
            should = f"{FONT}, bộ mã Unicode (phải chuyển mã, không chỉ đổi phông)" if is_old else FONT
            fonts.append((line, ", ".join(wrong), should, None if is_old else whole(line, font=FONT)))
        tints = sorted({piece.color for piece in line.seen if piece.color != "auto"})
        if tints:
            colours.append((line, ", ".join(f"màu {tint}" for tint in tints), "màu đen", whole(line, color="auto")))
        if any(piece.ground for piece in line.seen):
            grounds.append((line, "chữ trên nền màu", "không tô nền", whole(line, ground="")))
        if sum(char.isalpha() for piece in line.seen if piece.raised for char in piece.text) >= _WORDS:
            raised.append((line, "chữ chỉ số trên, chỉ số dưới", "chữ trên dòng, cỡ đủ", whole(line, raised="")))
        if any(piece.is_drawn for piece in line.seen):
            drawn.append((line, "chữ viền, đổ bóng hoặc chạm nổi", "chữ thường, nét đen", whole(line, effects="")))
    yield from gathered("font", [*fonts, *raised])
    yield from gathered("color", [*colours, *grounds, *drawn])


def _fonts(text: str, fonts: tuple[str | None, str | None]) -> Iterator[str]:
    """The fonts that its letters are drawn with."""
    for is_wide, name in enumerate(fonts):
        if any((ord(char) >= 128) == bool(is_wide) and not char.isspace() for char in text):
            yield name or "phông mặc định"
