"""The head of a draft held against NĐ 30/2020 PL I.II.1–5 and 9 (Art. 3.1.đ): from the country to the addressees.

It knows the parts (layout_parts.py) and repairs looks only; words are the author's.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

from app.regulation.layout_finding import Finding, Look, doubled, figure, finding, looks, short, undashed, whole
from app.regulation.layout_grammar import LETTER, TYPES, UNNUMBERED, fold, initials
from app.regulation.layout_lexicon import AGENCY_STARTS
from app.regulation.layout_parts import COUNTRY, MOTTO, Parts, is_dashed, names
from app.regulation.layout_said import said as _
from app.tools.docx_layout import Line

#: sizes of country, motto and date that go together: the decree's footnote
_TOGETHER = ((12, 13, 13), (13, 14, 14))
#: kinds that say to whom they go
_ADDRESSED = (LETTER, "Tờ trình")
#: kinds to nobody in particular: their lists are at the end; of others it is said mildly
_UNADDRESSED = ("Nghị quyết", "Quyết định", "Chỉ thị", "Quy chế", "Quy định", "Biên bản")
_SELDOM_ADDRESSED = ("Thông báo", "Kế hoạch", "Hướng dẫn", "Chương trình", "Phương án", "Đề án", "Dự án")
#: more than one name in one line
_SEVERAL = re.compile(r";\s*\w|,\s*(và\s+)?(Sở|Bộ|Cục|UBND|HĐND|Ủy ban nhân dân|Hội đồng nhân dân|Văn phòng|Công an)\s")
#: what stands before the name of an agency as a part of one name: "VĂN PHÒNG / ỦY BAN NHÂN DÂN TỈNH"
_PARTS_OF_AGENCIES = "van phong|thanh tra|ban|trung tam|doan|hoi"
_IN_FULL = {"UBND": "ỦY BAN NHÂN DÂN", "HĐND": "HỘI ĐỒNG NHÂN DÂN"}
#: a syllable, of other peoples' places too, a Roman figure, a number; folded. "CA" is one, and no agency's name
_SYLLABLE = re.compile(
    r"(?!ca$)([bdghkmps]?[rl]|b|ch?|d|gh?|gi|h|kh?|m|ngh?|nh?|ph?|qu|s|th?|tr|v|x)?[aeiouy]{1,3}"
    r"(ch?|m|ng?|nh|p|t|[hklr])?|[ivxlc]+|\d+")
#: enterprises and schools, folded
_NAMED_SHORT = re.compile(r"cong ty|tap doan|ngan hang|vien thong|buu dien|dien luc|thpt|thcs|ptdt|vnpt|viettel")
_BLANK = r"[ \u00a0._…\-]*"
_DAY = re.compile(r"^(?P<place>[^,]+),\s*ngày(?P<day>[^\w]*\d*[^\w]*)\s*tháng(?P<month>[^\w]*\d*[^\w]*)\s*năm"
                  r"(?P<year>[^\w]*\d*[^\w]*)$")


def check(parts: Parts, type_name: str) -> Iterator[Finding]:
    """In the order of the parts."""
    yield from _country(parts)
    yield from _organ(parts)
    yield from _number(parts, type_name or parts.type_name)
    yield from _date(parts)
    yield from _kind(parts, type_name)
    yield from looks("mark", _("dấu chỉ mức độ khẩn, phạm vi lưu hành"), parts.marks,
                     Look(13, 14, bold=True, is_upper=True))
    yield from doubled([*parts.subject, *parts.addressees])
    yield from _addressees(parts, type_name or parts.type_name)


def _country(parts: Parts) -> Iterator[Finding]:
    for rule, line, words, look in (("country", parts.country, COUNTRY, Look(12, 13, bold=True)),
                                    ("motto", parts.motto, MOTTO, Look(13, 14, bold=True))):
        where = _("Quốc hiệu") if rule == "country" else _("Tiêu ngữ")
        if line is None:
            yield finding(rule, where, _("không có"), f"“{words}”")
            continue
        if " ".join(_plain(line.text).split()) != words:
            yield finding(rule, where, f"“{short(line.text)}”", f"“{words}”")
        yield from looks(rule, where, [line], look)
        yield from _centred(rule, where, [line])
    if parts.motto is not None and not parts.follows_rule(parts.motto):
        yield finding("motto_rule", _("dưới Tiêu ngữ"), _("không có đường kẻ"),
                      _("đường kẻ nét liền, dài bằng dòng chữ"))
    yield from _sizes(parts)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip())


def _sizes(parts: Parts) -> Iterator[Finding]:
    """The sizes of country, motto and date go together; each alone is judged elsewhere."""
    lines = [line for line in (parts.country, parts.motto, parts.date) if line is not None]
    sizes = tuple(line.size for line in lines)
    each = [(12, 13), (13, 14), (13, 14)]
    if len(lines) < 3 or any(not low <= size <= high for size, (low, high) in zip(sizes, each, strict=True)):
        return
    if sizes not in _TOGETHER:
        best = _TOGETHER[int(sizes[0] == 13)]
        yield finding("sizes", _("Quốc hiệu, Tiêu ngữ, địa danh và thời gian"), " / ".join(map(figure, sizes)),
                      _("12 / 13 / 13 hoặc 13 / 14 / 14"),
                      [whole(line, size=size) for line, size in zip(lines, best, strict=True)])


def _organ(parts: Parts) -> Iterator[Finding]:
    if parts.country is not None and (parts.country.cell is None or parts.country.cell[2] == 0):
        yield finding("head_places", _("phần đầu"), _("Quốc hiệu không ở bên phải tên cơ quan"),
                      _("tên cơ quan bên trái, Quốc hiệu và Tiêu ngữ bên phải, ngang hàng"))
        return
    if not parts.organ:
        yield finding("organ", _("tên cơ quan ban hành"), _("không có"),
                      _("tên cơ quan, in hoa, đậm, bên trái Quốc hiệu"))
        return
    *above, organ = parts.organ
    over = [line for line in above if not line.is_any("bold")]
    if above and above[0] not in over and _is_above(*parts.organ[:2]):
        over.insert(0, above[0])
    yield from looks("organ", _("cơ quan chủ quản trực tiếp"), over, Look(12, 13, bold=False, is_upper=True))
    yield from looks("organ", _("tên cơ quan ban hành"), [line for line in above if line not in over] + [organ],
                     Look(12, 13, bold=True, is_upper=True))
    yield from _centred("organ", _("tên cơ quan"), parts.organ)
    if short_name := re.match(r"(UBND|HĐND)\b", _plain(organ.text)):
        if not any(re.match(_PARTS_OF_AGENCIES, fold(line.text)) for line in above):
            yield finding("organ", _("tên cơ quan ban hành"), f"“{short(organ.text)}”",
                          _("ghi đầy đủ “%(words)s”: chỉ cơ quan chủ quản được viết tắt",
                            words=_IN_FULL[short_name[1]]))
    for line in (line for line in parts.organ if line not in over):
        if words := _shortened(line.text):
            yield finding("organ", _("tên cơ quan ban hành"),
                          _("“%(name)s”: viết tắt “%(words)s”", name=short(line.text), words=words),
                          _("ghi đầy đủ tên chính thức của cơ quan"), severity="warning")
    if not parts.follows_rule(organ):
        yield finding("organ_rule", _("dưới tên cơ quan"), _("không có đường kẻ"),
                      _("đường kẻ nét liền, dài 1/3 đến 1/2 dòng chữ, ở giữa"))


def _shortened(name: str) -> str:
    """A word of an agency's name that is no syllable; of enterprises and schools their names have such words."""
    words = fold(_plain(name))
    if _NAMED_SHORT.search(words):
        return ""
    return next((word for word, said in zip(re.findall(r"[\w&]+", _plain(name)), re.findall(r"[\w&]+", words),
                                            strict=False)
                 if len(word) > 1 and not _SYLLABLE.fullmatch(said) and said not in ("ubnd", "hdnd")), "")


def _is_above(one: Line, other: Line) -> bool:
    """Of two bold lines: whether they name two agencies, and not one whose long name goes over both."""
    first, second = fold(one.text), fold(other.text)
    return bool(re.match(rf"({AGENCY_STARTS})\b", second)) and not re.match(_PARTS_OF_AGENCIES, first)


def _number(parts: Parts, type_name: str) -> Iterator[Finding]:
    line = parts.number
    if line is None:
        if type_name not in UNNUMBERED:
            yield finding("number", _("số, ký hiệu"), _("không có"), _("“Số: …/ký hiệu”, dưới tên cơ quan"))
        return
    yield from looks("number", _("số, ký hiệu"), [line], Look(13, 13, bold=False))
    yield from _centred("number", _("số, ký hiệu"), [line])
    text = _plain(line.text)
    found = re.fullmatch(rf"Số:{_BLANK}(\d*){_BLANK}/(.*)", text)
    if found is None:
        yield finding("number", _("số, ký hiệu"), f"“{short(text)}”",
                      _("“Số: …/ký hiệu”, dấu hai chấm sau “Số”, dấu / trước ký hiệu"))
        return
    number, notation = found.groups()
    if len(number) == 1:
        yield finding("number", _("số"), f"“{number}”",
                      _("“%(number)s”: số nhỏ hơn 10 ghi thêm số 0 phía trước", number=f"0{number}"))
    elif len(number) > 2 and number[0] == "0":
        yield finding("number", _("số"), f"“{number}”",
                      _("“%(number)s”: chỉ số nhỏ hơn 10 ghi thêm số 0 phía trước", number=f"{int(number):02}"))
    elif number and re.search(r"\d\s+/", text):
        yield finding("number", _("số, ký hiệu"), f"“{short(text)}”",
                      _("“%(words)s”: không cách chữ", words=f"Số: {number}/{notation}"))
    yield from _notation(notation, parts, type_name)


def _notation(notation: str, parts: Parts, type_name: str) -> Iterator[Finding]:
    abbrev, last = TYPES.get(type_name, ""), notation.rpartition("/")[2]
    if not re.fullmatch(r"(\d{4}/)?[A-ZĐƯ][\w.]*([-.][A-ZĐƯ0-9][\w.&]*)*", notation):
        yield finding("number", _("ký hiệu"), f"“{short(notation)}”",
                      _("các nhóm chữ viết tắt nối bằng dấu gạch nối, không cách chữ"))
    elif abbrev and last == abbrev:
        yield finding("number", _("ký hiệu"), f"“{short(notation)}”",
                      _("“%(abbrev)s-…”: thêm chữ viết tắt tên cơ quan", abbrev=abbrev))
    elif abbrev and last.partition("-")[0] != abbrev:
        yield finding("number", _("ký hiệu"), f"“{short(notation)}”",
                      _("“%(abbrev)s-…”: chữ viết tắt của %(kind)s", abbrev=abbrev, kind=type_name))
    elif type_name == LETTER and notation.partition("-")[0] in (*TYPES.values(), "CV"):
        yield finding("number", _("ký hiệu"), f"“{short(notation)}”", _("công văn không ghi chữ viết tắt tên loại"))
    elif type_name == LETTER and last.rpartition("-")[2] in (names := _abbreviated(parts.organ)) \
            and last.partition("-")[0] not in names:
        yield finding("number", _("ký hiệu"), f"“{short(notation)}”",
                      _("“%(abbrev)s-…”: chữ viết tắt tên cơ quan trước, đơn vị soạn thảo hoặc lĩnh vực sau",
                        abbrev=last.rpartition("-")[2]))
    elif type_name == LETTER and "-" not in notation:
        yield finding("number", _("ký hiệu"), f"“{short(notation)}”",
                      _("“%(notation)s-…”: thêm chữ viết tắt đơn vị soạn thảo hoặc lĩnh vực",
                        notation=short(notation)), severity="warning")


def _abbreviated(organ: list[Line]) -> set[str]:
    """The agency's name by its initials, with its place and without."""
    name = " ".join(_plain(organ[-1].text).split()) if organ else ""
    return {initials(one) for one in (name, re.split(r"\s(?:TỈNH|XÃ|PHƯỜNG|ĐẶC KHU)\b", name)[0]) if one}


def _date(parts: Parts) -> Iterator[Finding]:
    line = parts.date
    if line is None:
        yield finding("date", _("địa danh và thời gian"), _("không có"), _("“Địa danh, ngày … tháng … năm …”"))
        return
    yield from looks("date", _("địa danh và thời gian"), [line], Look(13, 14, bold=False, italic=True))
    yield from _centred("date", _("địa danh và thời gian"), [line])
    found = _DAY.match(_plain(line.text))
    if found is None:
        yield finding("date", _("địa danh và thời gian"), f"“{short(line.text)}”",
                      _("“Địa danh, ngày … tháng … năm …”"))
    else:
        yield from _padded(found)
        yield from _of_calendar(found)
        place = found["place"].strip()
        if place.isupper() and len(place) > 3 or place[:1].islower():
            yield finding("date", _("địa danh"), f"“{place}”", _("chữ in thường, viết hoa chữ cái đầu của địa danh"))
    number = parts.number.cell or () if parts.number is not None else line.cell or ()
    if (number[:2], number[2:] > (line.cell or ())[2:]) != ((line.cell or ())[:2], False):
        yield finding("number_date", _("địa danh và thời gian"), _("không cùng dòng với số, ký hiệu"),
                      _("cùng một dòng với số, ký hiệu, bên phải"))


def _padded(found: re.Match[str]) -> Iterator[Finding]:
    """Days below 10 and months 1 and 2 take a 0, other months do not."""
    day, month = (re.sub(r"\D", "", found[name]) for name in ("day", "month"))
    for where, written in ((_("ngày"), day), (_("tháng"), month)):
        if len(written) > 2:
            yield finding("date", where, f"“{written}”", _("ngày, tháng ghi nhiều nhất hai chữ số"))
    if len(day) == 1:
        yield finding("date", _("ngày"), f"“{day}”",
                      _("“%(day)s”: ngày nhỏ hơn 10 ghi thêm số 0 phía trước", day=f"0{day}"))
    if month in ("1", "2"):
        yield finding("date", _("tháng"), f"“{month}”",
                      _("“%(month)s”: tháng 1, 2 ghi thêm số 0 phía trước", month=f"0{month}"))
    elif re.fullmatch("0[3-9]", month):
        yield finding("date", _("tháng"), f"“{month}”",
                      _("“%(month)s”: chỉ tháng 1, 2 ghi thêm số 0 phía trước", month=month[1]))


def _of_calendar(found: re.Match[str]) -> Iterator[Finding]:
    """A day that there is, in a year of four figures; blanks are to be filled yet."""
    day, month, year = (re.sub(r"\D", "", found[name]) for name in ("day", "month", "year"))
    if year and len(year) != 4:
        yield finding("date", _("năm"), f"“{year}”", _("năm ghi đủ bốn chữ số"))
    elif day and month:
        try:
            date(int(year or 2024), int(month), int(day))
        except ValueError:
            yield finding("date", _("ngày, tháng"), f"“ngày {day} tháng {month}{' năm ' + year if year else ''}”",
                          _("một ngày có trong lịch"))


def _kind(parts: Parts, type_name: str) -> Iterator[Finding]:
    expected = type_name or parts.type_name
    is_letter = expected == LETTER
    if not expected:
        yield finding("type_name", _("tên loại"), _("không có tên loại, cũng không có “V/v …”"),
                      _("tên loại in hoa, đậm, ở giữa; công văn thì “V/v …” dưới số, ký hiệu"))
        return
    if parts.type_name and expected != parts.type_name:
        yield finding("type_name", _("tên loại"), f"“{parts.type_name}”",
                      _("“%(kind)s”, như loại văn bản đã chọn", kind=expected))
        is_letter = parts.type_line is None
    elif not is_letter and parts.type_line is None:
        yield finding("type_name", _("tên loại"), _("không có"),
                      _("“%(words)s”, in hoa, đậm, ở giữa", words=expected.upper()))
    if parts.type_line is not None:
        yield from looks("type_name", _("tên loại"), [parts.type_line], Look(13, 14, bold=True, is_upper=True))
        yield from _centred("type_name", _("tên loại"), [parts.type_line])
        if parts.type_line.text.rstrip().endswith((":", ".")):
            yield finding("type_name", _("tên loại"), f"“{short(parts.type_line.text)}”", _("không có dấu ở cuối"),
                          [whole(parts.type_line, ending="")])
    yield from _subject(parts, is_letter)


def _subject(parts: Parts, is_letter: bool) -> Iterator[Finding]:
    where, lines = _("trích yếu"), parts.subject
    if not lines:
        yield finding("subject", where, _("không có"), _("“V/v …” ở giữa, dưới số và ký hiệu") if is_letter
                      else _("trích yếu đậm, ở giữa, dưới tên loại"))
        return
    yield from _subject_words(lines, is_letter)
    if is_letter:
        yield from looks("subject", where, lines, Look(12, 13, bold=False))
        yield from _centred("subject", where, lines)
        yield from _under_number(parts)
        return
    yield from looks("subject", where, lines, Look(13, 14, bold=True))
    yield from _centred("subject", where, lines)
    if not parts.follows_rule(lines[-1]):
        yield finding("subject_rule", _("dưới trích yếu"), _("không có đường kẻ"),
                      _("đường kẻ nét liền, dài 1/3 đến 1/2 dòng chữ, ở giữa"))


def _subject_words(lines: list[Line], is_letter: bool) -> Iterator[Finding]:
    where, words, last = _("trích yếu"), _plain(lines[0].text), lines[-1]
    start = f"“{short(words)}”"
    if is_letter and not re.match(r"V/v\s", words):
        yield finding("subject", where, start, _("bắt đầu bằng “V/v”, một dấu cách, không dấu hai chấm"))
    elif is_letter and re.match(r"V/v\s+(V/v|về việc|Về việc)\b", words):
        yield finding("subject", where, start, _("chỉ một lần “V/v”"))
    elif not is_letter and re.match(r"[vV]\s*/\s*[vV]\b", words):
        yield finding("subject", where, start, _("“Về …”: “V/v” chỉ ghi ở công văn"))
    elif not is_letter and words[:1].islower():
        yield finding("subject", where, start,
                      _("“%(words)s”: viết hoa chữ cái đầu", words=short(words[:1].upper() + words[1:])),
                      severity="warning")
    if all(line.text.strip().isupper() for line in lines):
        yield finding("subject", where, start, _("chữ in thường"))
    if re.search(r"[^.v]\s*[.;,]$", _plain(last.text)):
        yield finding("subject", where, f"“…{_plain(last.text)[-20:]}”", _("không có dấu ở cuối trích yếu"),
                      [whole(last, ending="")])


def _under_number(parts: Parts) -> Iterator[Finding]:
    """6 points below the number when that stands right above it."""
    number, line = parts.number, parts.subject[0]
    if number is None or line.paragraph - number.paragraph != 1 or line.cell is None or line.cell != number.cell:
        return
    if number.after_pt + line.before_pt < 6:
        yield finding("subject", _("trích yếu"),
                      _("cách số, ký hiệu %(points)s pt", points=figure(number.after_pt + line.before_pt)),
                      _("cách 6 pt với số, ký hiệu"),
                      [{"paragraph": line.paragraph, "before_pt": 6}], severity="warning")


def _centred(rule: str, where: str, lines: list[Line]) -> Iterator[Finding]:
    """Each in the middle of its box; what tabs hold apart has none."""
    for line in lines:
        if line.align != "center" and (line.cell is None or line.cell[0] >= 0):
            yield finding(rule, where, _("không ở giữa"), _("ở giữa"), [whole(line, align="center", first_mm=0)])


def _addressees(parts: Parts, type_name: str) -> Iterator[Finding]:
    if not parts.addressees:
        if type_name in _ADDRESSED:
            yield finding("addressees", _("Kính gửi"), _("không có"), _("“Kính gửi: …”: nơi phải giải quyết"))
        return
    first, *others = parts.addressees
    if type_name in (*_UNADDRESSED, *_SELDOM_ADDRESSED):
        yield finding("addressees", _("Kính gửi"), _("%(kind)s có “Kính gửi”", kind=type_name),
                      _("không ghi “Kính gửi”: nơi nhận ghi ở cuối văn bản"),
                      severity="warning" if type_name in _SELDOM_ADDRESSED else "")
    yield from looks("addressees", _("Kính gửi"), parts.addressees, Look(13, 14, bold=False))
    if first.align == "right" and first.cell is None:
        yield finding("addressees", _("Kính gửi"), _("canh phải"), _("ở giữa, dưới phần đầu"),
                      [whole(first, align="center", first_mm=0)])
    if not others and _SEVERAL.search(_plain(first.text)):
        yield finding("addressees", _("Kính gửi"), _("“%(words)s”: nhiều nơi trên một dòng", words=short(first.text)),
                      _("mỗi nơi một dòng, gạch đầu dòng, dấu chấm phẩy cuối dòng"), severity="warning")
    if not _plain(first.text).startswith("Kính gửi:"):
        yield finding("addressees", _("Kính gửi"), f"“{short(first.text)}”", _("“Kính gửi:”, có dấu hai chấm"))
    yield from _listed(parts.addressees)


def _listed(lines: list[Line]) -> Iterator[Finding]:
    """Each name under "Kính gửi:" with its dash and its end; some go over two lines."""
    listed = names(lines)[1:]
    for name in listed:
        line, last, mark = name[0], name[-1], "." if name is listed[-1] else ";"
        where = _("Kính gửi: “%(words)s”", words=short(line.text))
        if not is_dashed(line):
            yield finding("addressees", where, _("không bắt đầu bằng “- ”"), _("gạch đầu dòng “- ”"), [undashed(line)])
        if not last.text.rstrip().endswith(mark):
            yield finding("addressees", where, _("cuối dòng “%(mark)s”", mark=last.text.rstrip()[-1:]),
                          _("“%(mark)s” cuối dòng", mark=mark), [whole(last, ending=mark)])
