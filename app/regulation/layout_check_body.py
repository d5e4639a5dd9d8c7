"""The body of a draft held against NĐ 30/2020 PL I.II.6 (Art. 3.1.đ): look of paragraphs and titles, legal bases, end.

What counts its chapters, articles, clauses and points is layout_check_order.py.
"""

import re
from collections.abc import Iterator

from app.regulation import layout_check_blank, layout_check_order
from app.regulation.layout_check_order import NUMBERED, heading_of
from app.regulation.layout_finding import (
    Finding,
    Look,
    doubled,
    figure,
    finding,
    gathered,
    looks,
    short,
    undashed,
    whole,
)
from app.regulation.layout_grammar import fold
from app.regulation.layout_parts import Parts, is_bulleted
from app.regulation.layout_said import said as _
from app.tools.docx_layout import Line

#: kinds that stand on legal bases
_BASED = ("Nghị quyết", "Quyết định", "Quy chế", "Quy định")
#: first lines that are right, and the exactness, millimetres
_FIRST, _EXACT = (10, 12.7), 0.6
#: millimetres up to which a whole paragraph may stand off the margins
_INDENT, _ASIDE = 13.3, 3
#: letters from which on a paragraph is more than a heading, and more than the heading of a clause
_LONG, _LONGER = 60, 150
#: how much of a paragraph in one look is as good as all of it
_NEARLY_ALL = 0.85
#: how bases behind the first one begin, too
_LATER = ("theo ", "thuc hien ", "tren co so ", "sau khi ", "duoc su ")
#: what such kinds say before their articles (PL III), and the kinds that do
_DECIDES = ("quyet dinh", "nghi quyet", "quyet nghi")
_DECIDING = {"Quyết định": "QUYẾT ĐỊNH:", "Nghị quyết": "QUYẾT NGHỊ:"}
#: what stands at a table or a picture and is no running text, folded
_CAPTION = re.compile(r"\(?\s*(don vi( tinh)?|dvt)\s*[:.]|(bang|bieu|hinh|so do|bieu do)( so)? \d+|\(?nguon\s*:")
#: an end that another mark can take the place of: a word, not brackets, a question, an address, "v.v..."
_MARKED_END = re.compile(r"[^\W_][”%]?[\s.;,:/!]*$")
_ADDRESS = re.compile(r"(://|www\.|@|[^\W\d_][\w-]*\.[^\W\d_]{2,})\S*$")
#: a day or a month of three figures
_LONG_DATE = re.compile(r"\bngày\s+(\d{3,}\s+tháng\s+\d+|\d+\s+tháng\s+\d{3,})(?=\s+năm)")
#: a day below 10, month 1 or 2, with no 0 before it, of a year: no holiday, no term; and what is quoted
_UNPADDED = re.compile(r"\bngày\s+(?:([1-9])\s+tháng\s+(\d{1,2})|(\d{2})\s+tháng\s+([12]))(?=\s+năm\s+\d)",
                       re.IGNORECASE)
_QUOTED = re.compile("“[^”]*”")
#: an article, a clause, a point of a document that are cited, written large or small otherwise than PL II has them
_CITED = re.compile(
    r"(?<=[\w,] )(?:Khoản \d+|Điểm [a-zđ]\b)|\b(?:khoản|điểm) \w{1,3},? điều \d+"
    r"|\bđiều \d+[a-zđ]?(?= (?:của )?(?:Bộ luật|Luật|Hiến pháp|Nghị|Pháp lệnh|Thông tư|Quy|Quyết|này))")
_AND_SO_ON = re.compile(r"v\s*\.\s*v[\s.…]*$", re.IGNORECASE)


def check(parts: Parts, type_name: str) -> Iterator[Finding]:
    """Looks, then words."""
    body = parts.body
    if not body:
        return
    bases = _bases(body, type_name)
    late = _late(body) if type_name in _DECIDING else []
    yield from of_text(body, [*bases, *late])
    yield from gathered("basis", ((line, _("căn cứ ở sau chữ quyết định"), _("mọi căn cứ ở trước chữ quyết định"), None)
                                  for line in late))
    yield from _empty(parts)
    yield from _of_bases(bases)
    if type_name in _DECIDING:
        yield from _deciding(body, bases, type_name)
    yield from layout_check_blank.check(parts)
    yield from _ending(parts)


def _deciding(body: list[Line], bases: list[Line], type_name: str) -> Iterator[Finding]:
    """Who decides, on which bases, then the word (PL III, models 1.1 and 1.2)."""
    if not bases:
        yield finding("basis", _("nội dung"), _("không có căn cứ ban hành"), _("“Căn cứ …;” trước khi quyết định"))
    word = next((place for place, line in enumerate(body) if _decides(line)), None)
    if word is None:
        yield finding("heading", _("nội dung"), _("không có “%(words)s”", words=_DECIDING[type_name]),
                      _("“%(words)s” in hoa, đậm, ở giữa, trước các điều", words=_DECIDING[type_name]))
    elif not body[word].text.rstrip().endswith(":"):
        yield finding("heading", f"“{short(body[word].text)}”", _("không có dấu hai chấm"), _("dấu hai chấm ở cuối"),
                      [whole(body[word], ending=":")], severity="warning")
    before = [line for line in body[:word] if line not in bases] if word is not None else body[:1]
    if not any(line.text.strip().isupper() for line in before):
        yield finding("heading", _("nội dung"), _("không ghi ai ban hành"),
                      _("thẩm quyền ban hành in hoa, đậm, ở giữa, trước các căn cứ"))


def _late(body: list[Line]) -> list[Line]:
    """Bases between the word that decides and the first article."""
    word = next((place for place, line in enumerate(body) if _decides(line)), len(body))
    article = next((place for place, line in enumerate(body) if line.told.startswith("Điều ")), len(body))
    return [line for line in body[word:article] if fold(line.text).startswith("can cu ")]


def _empty(parts: Parts) -> Iterator[Finding]:
    """Gaps are made by spacing: one empty paragraph parts two others, rows of them only push what follows."""
    first, last = (parts.lines.index(parts.body[at]) for at in (0, -1))
    run: set[int] = set()
    for line in parts.lines[first:last + 1]:
        if not line.text.strip() and line.cell is None and not line.has_rule:
            run.add(line.paragraph)
            continue
        if len(run) > 1:
            yield finding("paragraph_gap", _("trước đoạn “%(words)s”", words=short(line.text)),
                          _("%(count)s đoạn trống liền nhau", count=len(run)),
                          _("giãn cách bằng định dạng đoạn; sang trang bằng ngắt trang"), severity="warning")
        run = set()


def _decides(line: Line) -> bool:
    return fold(line.text).rstrip(" :.").replace(" ", "") in [one.replace(" ", "") for one in _DECIDES]


def _ending(parts: Parts) -> Iterator[Finding]:
    """ "./." at the end, and nowhere else. A note in brackets may stand behind it."""
    *before, last = parts.body
    if before and _is_ended(before[-1]) and re.fullmatch(r"\(.*\)[.;]?", last.text.strip()):
        last = before.pop()
    text, is_table = last.text.rstrip(), _ends_in_table(parts)
    if not _is_ended(last):
        marks = text[len(text.rstrip(" ./")):]
        is_ = f"“{marks}”" if "/" in marks else _("không kết thúc bằng “./.”")
        is_safe = _MARKED_END.search(text) and not (is_table or _ADDRESS.search(text) or _AND_SO_ON.search(text))
        yield finding("ending", _("cuối nội dung: “%(words)s”", words=short(text[-30:])), is_, "“./.”",
                      [whole(last, ending="./.")] if is_safe else None, severity="warning" if is_table else "")
    yield from gathered("ending", (
        (line, _("“./.” khi nội dung chưa hết"), _("“./.” chỉ ở cuối nội dung"), whole(line, ending="."))
        for line in before if line.text.rstrip().endswith("./.") and not line.text.lstrip().startswith("“")))


def _is_ended(line: Line) -> bool:
    """Ends with "./.", once."""
    text = line.text.rstrip()
    return text.endswith("./.") and (text[len(text.rstrip(" ./")):].count("/") == 1 or "://" in text.split()[-1])


def _ends_in_table(parts: Parts) -> bool:
    """What is said last is said in a table."""
    tail = {id(line) for line in (*parts.recipients, *parts.signer, *parts.beside)}
    behind = parts.lines[parts.lines.index(parts.body[-1]) + 1:]
    following = next((line for line in behind if line.text.strip()), None)
    return following is not None and following.cell is not None and id(following) not in tail


def of_text(body: list[Line], bases: list[Line]) -> Iterator[Finding]:
    """The looks and the order of a text, of a document or of what is attached to it."""
    body = [line for line in body if not _is_caption(line)]
    titles = _headings(body, bases)
    text = [line for line in body if line not in titles]
    yield from gathered("body_size", _sizes(text))
    yield from gathered("body_style", _styles(text, bases))
    running = [line for line in text if not _is_title(line)]
    yield from _titles(titles)
    yield from gathered("body_align", (
        (line, _ALIGNED.get(line.align, line.align), _("dàn đều hai lề"),
         {"paragraph": line.paragraph, "align": "both"})
        for line in running if line.align != "both"))
    yield from gathered("body_align", (
        (line, _("cả đoạn cách lề trái %(left)s mm, lề phải %(right)s mm", left=figure(line.left_mm),
                 right=figure(line.right_mm)),
         _("sát hai lề, chỉ lùi dòng đầu"), {"paragraph": line.paragraph, "left_mm": 0, "right_mm": 0})
        for line in running if not (-_EXACT <= line.left_mm <= _INDENT and abs(line.right_mm) <= _ASIDE)
        and not line.is_listed and not line.text.lstrip().startswith("“")))
    yield from gathered("first_line", _first_lines(running))
    yield from gathered("paragraph_gap", _gaps(body, titles))
    yield from gathered("line_spacing", (
        (line, _("dãn dòng %(lines)s", lines=figure(line.spacing)), _("từ dòng đơn đến 1,5 dòng"),
         {"paragraph": line.paragraph, "spacing": 1.0 if line.spacing < 1 else 1.5})
        for line in body if line.spacing is not None and not 0.99 <= line.spacing <= 1.51))
    yield from doubled(body)
    yield from gathered("dash", ((line, _("không bắt đầu bằng “- ”"), _("gạch đầu dòng “- ”"), undashed(line))
                                 for line in body if is_bulleted(line)))
    yield from gathered("date", ((line, f"“{found[0]}”", _("ngày, tháng ghi nhiều nhất hai chữ số"), None)
                                 for line in body if (found := _LONG_DATE.search(line.text))))
    yield from gathered("date", _unpadded(body), severity="warning")
    yield from gathered("cited", (
        (line, f"“{found[0]}”", _("“Phần”, “Chương”, “Mục”, “Điều” viết hoa; “khoản”, “điểm” viết thường"), None)
        for line in body if (found := _CITED.search(line.text))))
    yield from layout_check_order.check(body)


_ALIGNED = {"left": _("canh trái"), "right": _("canh phải"), "center": _("canh giữa")}


def _is_title(line: Line) -> bool:
    """In the middle: chapters, "QUYẾT ĐỊNH:", who decides."""
    return line.align == "center" and len(line.text) < 150 and (line.is_all("bold") or line.text.isupper())


def _is_caption(line: Line) -> bool:
    return line.align != "both" and len(line.text) < _LONGER and bool(_CAPTION.match(fold(line.text)))


def _titles(titles: list[Line]) -> Iterator[Finding]:
    """Bold, in the middle, 13 to 14; what a chapter is about in capitals."""
    for line in titles:
        where, is_upper = f"“{short(line.text)}”", heading_of(line) is None
        yield from looks("heading", where, [line], Look(13, 14, bold=True, is_upper=is_upper))
        if line.align != "center":
            yield finding("heading", where, _("không ở giữa"), _("ở giữa"), [whole(line, align="center", first_mm=0)])


def _headings(body: list[Line], bases: list[Line]) -> list[Line]:
    """Parts, chapters, sections, each with what it is about under it; who decides, above the bases, and his word."""
    found = [line for line in body[:body.index(bases[0])] if line.text.isupper()] if bases else []
    for place, line in enumerate(body):
        if heading := heading_of(line):
            found.append(line)
            about = body[place + 1] if place + 1 < len(body) else None
            if not heading[3] and about is not None and len(about.text) < _LONGER and not NUMBERED.match(
                    about.told.strip()) and (about.align == "center" or about.text.isupper() or about.is_all("bold")):
                found.append(about)
        elif _decides(line):
            found.append(line)
    return found


def _sizes(body: list[Line]) -> Iterator[tuple[Line, str, str, dict]]:
    """13 or 14, the same in all of it."""
    sizes = [line.size for line in body if line.size in (13, 14)]
    usual = max(set(sizes), key=sizes.count) if sizes else 14
    for line in body:
        wrong = sorted({piece.size for piece in line.seen if not 13 <= piece.size <= 14})
        if wrong or line.size != usual:
            is_ = ", ".join(figure(size) for size in wrong or [line.size])
            yield (line, _("cỡ %(size)s", size=is_), _("cỡ 13–14, cùng một cỡ (%(size)s)", size=figure(usual)),
                   whole(line, size=usual))


def _styles(body: list[Line], bases: list[Line]) -> Iterator[tuple[Line, str, str, dict]]:
    for line, below in zip(body, [*body[1:], None], strict=True):
        if any(piece.strike for piece in line.seen):
            yield line, _("có chữ gạch ngang"), _("xóa hẳn chữ đã bỏ, hoặc bỏ gạch ngang"), None
        if len(line.text) <= _LONG or line in bases or _is_title(line):
            continue
        if line.text.isupper() and not line.is_any("bold") and not NUMBERED.match(line.told.strip()):
            is_typed = any(piece.text.isupper() and not piece.caps for piece in line.seen)
            yield line, _("cả đoạn in hoa"), _("chữ in thường"), None if is_typed else whole(line, caps=False)
        for name, is_, should in (("italic", _("nghiêng"), _("đứng")), ("bold", _("đậm"), _("không đậm")),
                                  ("underline", _("gạch chân"), _("không gạch chân"))):
            letters = sum(len(piece.text) for piece in line.seen if getattr(piece, name))
            if letters >= _NEARLY_ALL * len(line.text.strip()) and not (
                    name == "bold" and _is_heading(line, below)):
                yield (line, _("cả đoạn %(look)s", look=is_), _("kiểu chữ %(look)s", look=should),
                       whole(line, **{name: False}) if name != "bold" else _unbold(line))


def _unbold(line: Line) -> dict | None:
    """What takes the weight off its letters; "Điều 1." keeps it, when that is a run of its own."""
    first, *others = line.seen
    if not line.told.startswith("Điều "):
        return whole(line, bold=False)
    is_lead = re.fullmatch(r"Điều \d+\.\s*", first.text) and others
    return {"paragraph": line.paragraph, "runs": [piece.run for piece in others], "bold": False} if is_lead else None


def _is_heading(line: Line, below: Line | None) -> bool:
    """A numbered heading, or a line that is no sentence; an article with nothing beneath is all that it says."""
    is_all = line.told.startswith("Điều ") and (below is None or below.told.startswith("Điều "))
    is_numbered = re.match(r"(Điều|Mục|[IVXLC]+\.|\d+\.)", line.told) and len(line.text) <= _LONGER
    return bool(is_numbered and not is_all) or not line.text.rstrip().endswith((".", ";"))


def _first_lines(running: list[Line]) -> Iterator[tuple[Line, str, str, dict]]:
    seen: set[int] = set()
    used = [mm for line in running for mm in _FIRST if abs(line.first_mm - mm) <= _EXACT]
    best = max(set(used), key=used.count) if used else _FIRST[1]
    for line in running:
        if line.is_listed or line.paragraph in seen or line.text.startswith("\t"):
            continue
        seen.add(line.paragraph)
        if not any(abs(line.first_mm - mm) <= _EXACT for mm in _FIRST):
            yield (line, _("lùi đầu dòng %(mm)s mm", mm=figure(line.first_mm)), _("lùi đầu dòng 1 cm hoặc 1,27 cm"),
                   {"paragraph": line.paragraph, "first_mm": best})


def _unpadded(body: list[Line]) -> Iterator[tuple[Line, str, str, None]]:
    """Days of a year are written as the day of issue is (PL I.II.4): a document that is cited was issued on one."""
    for line in body:
        if found := _UNPADDED.search(_QUOTED.sub("", line.text)):
            day, month = int(found[1] or found[3]), int(found[2] or found[4])
            right = f"ngày {day:02} tháng {f'{month:02}' if month < 3 else month}"
            yield (line, f"“{found[0]}”",
                   _("“%(date)s”: ngày nhỏ hơn 10 và tháng 1, 2 ghi thêm số 0 phía trước", date=right), None)


def _gaps(body: list[Line], titles: list[Line]) -> Iterator[tuple[Line, str, str, dict]]:
    """At least 6 points between two paragraphs; what a part is about stands right beneath "Phần I"."""
    for one, other in zip(body, body[1:], strict=False):
        is_near = other.paragraph - one.paragraph == 1  # an empty paragraph between them is gap enough
        is_alike = one.style == other.style
        gap = one.after_pt * (not (is_alike and one.is_close)) + other.before_pt * (not (is_alike and other.is_close))
        is_beneath = other in titles and (heading := heading_of(one)) is not None and not heading[3]
        if is_near and gap < 6 and not is_beneath:
            yield (other, _("cách đoạn trên %(points)s pt", points=figure(gap)), _("cách nhau tối thiểu 6 pt"),
                   {"paragraph": other.paragraph, "before_pt": 6, **({"is_close": False} if other.is_close else {})})


def _bases(body: list[Line], type_name: str) -> list[Line]:
    """The legal bases: the first paragraphs that begin as bases do."""
    found: list[Line] = []
    for line in body:
        if not found and (_is_title(line) or line.text.isupper()):
            continue
        words = fold(line.text)
        is_basis = words.startswith(("can cu ", "theo de nghi ", "xet ", *(_LATER if found else ()))) \
            and not line.text.rstrip().endswith(":")
        is_set = type_name in _BASED or line.text.rstrip().endswith(";") or line.is_all("italic")
        if not is_basis or not (is_set or found):
            break
        found.append(line)
    return found


def _of_bases(bases: list[Line]) -> Iterator[Finding]:
    yield from gathered("basis", ((line, _("không nghiêng"), _("chữ nghiêng"), whole(line, italic=True))
                                  for line in bases if not line.is_all("italic")))
    yield from gathered("basis", ((line, _("đậm hoặc gạch chân"), _("không đậm, không gạch chân"),
                                   whole(line, bold=False, underline=False))
                                  for line in bases if line.is_any("bold") or line.is_any("underline")))
    for line in bases:
        mark = "." if line is bases[-1] else ";"
        if not line.text.rstrip().endswith((mark, ",") if mark == "." else mark):
            yield finding("basis", _("căn cứ “%(words)s”", words=short(line.text)),
                          _("cuối dòng “%(mark)s”", mark=line.text.rstrip()[-1:]),
                          _("“%(mark)s” cuối dòng", mark=mark), [whole(line, ending=mark)])
