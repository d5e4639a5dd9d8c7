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
from app.regulation.layout_said import joined
from app.regulation.layout_said import said as _
from app.tools import docx_layout, docx_repair
from app.tools.docx_layout import Layout, Line, PageNumber, Section

__all__ = ["EDITION", "RULES", "Finding", "check", "repaired"]

#: counted up when the rules change: what an older one found is found anew
EDITION = 13
#: millimetres: side -> from, to, what a repair sets
_MARGINS = {"top": (20, 25, 20), "bottom": (20, 25, 20), "left": (30, 35, 30), "right": (15, 20, 15)}
_SIDES = {"top": _("lề trên"), "bottom": _("lề dưới"), "left": _("lề trái"), "right": _("lề phải")}
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
    for _round in range(_ROUNDS):  # a repair can bring another to light: sizes that go together
        changes = [change for one in check(data, type_name) if one.rule in wanted for change in one.repair or ()]
        if not changes:
            break
        data = docx_repair.repaired(data, changes)
    return data


def _pages(layout: Layout) -> Iterator[Finding]:
    for place, section in enumerate(layout.sections):
        where = _("trang giấy") if len(layout.sections) == 1 else _("phần %(number)s của tệp", number=place + 1)
        sides = sorted((section.width, section.height))
        if abs(sides[0] - 210) > _EXACT or abs(sides[1] - 297) > _EXACT:
            yield finding("paper", where, f"{figure(section.width)} × {figure(section.height)} mm",
                          "A4, 210 × 297 mm", [{"section": place, "width": 210, "height": 297}])
        elif place == 0 and section.width > section.height:
            yield finding("paper", where, _("khổ ngang"),
                          _("khổ dọc; khổ ngang chỉ khi có bảng biểu không làm thành phụ lục"), severity="warning")
        if not _is_turned(section):
            yield from _margins(section, place, where)
    yield from _page_numbers(layout)


def _margins(section: Section, place: int, where: str) -> Iterator[Finding]:
    for side, (low, high, best) in _MARGINS.items():
        mm = getattr(section, side)
        if not low - _EXACT <= mm <= high + _EXACT:
            is_ = _("%(mm)s mm, gồm %(bound)s mm để đóng gáy", mm=figure(mm), bound=figure(section.binding)) \
                if section.binding else f"{figure(mm)} mm"
            yield finding("margins", joined((_SIDES[side], where)), is_, f"{low}–{high} mm",
                          [{"section": place, side: best}])


def _is_turned(section: Section) -> bool:
    """A page on its side whose margins went with it: what was left is above now."""
    ranges = zip(("top", "bottom", "left", "right"), ("left", "right", "bottom", "top"), strict=True)
    return section.width > section.height and all(
        _MARGINS[was][0] - _EXACT <= getattr(section, side) <= _MARGINS[was][1] + _EXACT for side, was in ranges)


def _page_numbers(layout: Layout) -> Iterator[Finding]:
    repair = [{"page_numbers": True}]
    should = _("chữ số Ả Rập từ số 1, cỡ 13–14, đứng, giữa lề trên, không hiện ở trang thứ nhất")
    if not any(section.numbers for section in layout.sections):
        is_long = sum(len(line.text) for line in layout.lines) > _ONE_PAGE
        yield finding("page_number", _("số trang"), _("không có"), should, repair,
                      severity="error" if is_long else "warning")
        return
    for place, section in enumerate(layout.sections):
        wrong = [words for number in section.numbers for words in _of_number(number)]
        if section.numbers and section.starts_at not in (None, 1):
            wrong.append(_("bắt đầu từ số %(number)s", number=section.starts_at))
        if section.is_even_unnumbered:
            wrong.append(_("không hiện ở trang chẵn"))
        if place == 0 and section.is_first_numbered and not wrong:
            wrong.append(_("hiện ở trang thứ nhất"))
        if wrong:
            yield finding("page_number", _("số trang"), joined(wrong), should, None if _has_footer(section) else repair)
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
            yield finding("page_number", f"“{short(one.heading.text)}”", _("đánh số trang tiếp văn bản"),
                          _("số trang của phụ lục được đánh riêng, từ số 1, theo từng phụ lục"),
                          [{"section": one.heading.section, "starts_at": 1}] if is_own else None, severity="warning")


def _of_number(number: PageNumber) -> list[str]:
    """What is wrong with it, in words."""
    font = number.font or _("mặc định")
    return [words for is_wrong, words in (
        (number.where != "header", _("ở lề dưới")), (number.align != "center", _("không ở giữa")),
        (not 13 <= number.size <= 14, _("cỡ %(size)s", size=figure(number.size))),
        (number.bold, _("đậm")), (number.italic, _("nghiêng")),
        (font.lower() != FONT.lower(), _("phông %(font)s", font=font)),
        (number.beside != "", _("có chữ, dấu khác: “%(words)s”", words=number.beside)),
        (number.figures not in ("decimal", "numberInDash"), _("không phải chữ số Ả Rập"))) if is_wrong]


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
            should = _("%(font)s, bộ mã Unicode (phải chuyển mã, không chỉ đổi phông)", font=FONT) if is_old else FONT
            fonts.append((line, joined(wrong), should, None if is_old else whole(line, font=FONT)))
        tints = sorted({piece.color for piece in line.seen if piece.color != "auto"})
        if tints:
            colours.append((line, joined(_("màu %(tint)s", tint=tint) for tint in tints), _("màu đen"),
                            whole(line, color="auto")))
        if any(piece.ground for piece in line.seen):
            grounds.append((line, _("chữ trên nền màu"), _("không tô nền"), whole(line, ground="")))
        if sum(char.isalpha() for piece in line.seen if piece.raised for char in piece.text) >= _WORDS:
            raised.append((line, _("chữ chỉ số trên, chỉ số dưới"), _("chữ trên dòng, cỡ đủ"), whole(line, raised="")))
        if any(piece.is_drawn for piece in line.seen):
            drawn.append((line, _("chữ viền, đổ bóng hoặc chạm nổi"), _("chữ thường, nét đen"),
                          whole(line, effects="")))
    yield from gathered("font", [*fonts, *raised])
    yield from gathered("color", [*colours, *grounds, *drawn])


def _fonts(text: str, fonts: tuple[str | None, str | None]) -> Iterator[str]:
    """The fonts that its letters are drawn with."""
    for is_wide, name in enumerate(fonts):
        if any((ord(char) >= 128) == bool(is_wide) and not char.isspace() for char in text):
            yield name or _("phông mặc định")
