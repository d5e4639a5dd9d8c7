"""The body of a draft held against NĐ 30/2020 PL I.II.6 (Art. 3.1.đ): look of paragraphs, legal bases, numbering, end.

Numbers of articles, clauses and points are not repaired: other places of the text may name them.
"""

import re
from collections.abc import Iterator

from app.regulation.layout_finding import Finding, figure, finding, gathered, short, whole
from app.regulation.layout_grammar import fold
from app.regulation.layout_parts import Parts
from app.tools.docx_layout import Line

#: kinds that stand on legal bases
_BASED = ("Nghị quyết", "Quyết định", "Quy chế", "Quy định")
#: points, in the order of the Vietnamese alphabet
_POINTS = "abcdđeghiklmnopqrstuvxy"
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
#: first lines that are right, and the exactness, millimetres
_FIRST, _EXACT = (10, 12.7), 0.6
#: letters from which on a paragraph is more than a heading
_LONG = 60


def check(parts: Parts, type_name: str) -> Iterator[Finding]:
    """Looks, then words."""
    body = parts.body
    if not body:
        return
    bases = _bases(body, type_name)
    yield from gathered("body_size", _sizes(body))
    yield from gathered("body_style", _styles(body, bases))
    running = [line for line in body if not _is_title(line)]
    yield from gathered("body_align", (
        (line, _ALIGNED.get(line.align, line.align), "dàn đều hai lề", {"paragraph": line.paragraph, "align": "both"})
        for line in running if line.align != "both"))
    yield from gathered("first_line", _first_lines(running))
    yield from gathered("paragraph_gap", _gaps(body))
    yield from gathered("line_spacing", (
        (line, f"dãn dòng {figure(line.spacing)}", "từ dòng đơn đến 1,5 dòng",
         {"paragraph": line.paragraph, "spacing": 1.0 if line.spacing < 1 else 1.5})
        for line in body if line.spacing is not None and not 0.99 <= line.spacing <= 1.51))
    yield from _of_bases(bases)
    yield from _numbering(body)
    last = body[-1]
    if not last.text.rstrip().endswith("./."):
        yield finding("ending", f"cuối nội dung: “{short(last.text[-30:])}”", "không kết thúc bằng “./.”", "“./.”",
                      [whole(last, ending="./.")])


_ALIGNED = {"left": "canh trái", "right": "canh phải", "center": "canh giữa"}


def _is_title(line: Line) -> bool:
    """In the middle: chapters, "QUYẾT ĐỊNH:", who decides."""
    return line.align == "center" and len(line.text) < 150 and (line.is_all("bold") or line.text.isupper())


def _sizes(body: list[Line]) -> Iterator[tuple[Line, str, str, dict]]:
    """13 or 14, the same in all of it."""
    sizes = [line.size for line in body if line.size in (13, 14)]
    usual = max(set(sizes), key=sizes.count) if sizes else 14
    for line in body:
        wrong = sorted({piece.size for piece in line.seen if not 13 <= piece.size <= 14})
        if wrong or line.size != usual:
            is_ = ", ".join(figure(size) for size in wrong or [line.size])
            yield line, f"cỡ {is_}", f"cỡ 13–14, cùng một cỡ ({figure(usual)})", whole(line, size=usual)


def _styles(body: list[Line], bases: list[Line]) -> Iterator[tuple[Line, str, str, dict]]:
    for line in body:
        is_whole = len(line.text) > _LONG and line not in bases and not _is_title(line)
        for name, is_, should in (("italic", "nghiêng", "đứng"), ("bold", "đậm", "không đậm")):
            if is_whole and line.is_all(name) and not (name == "bold" and _is_heading(line)):
                yield line, f"cả đoạn {is_}", f"kiểu chữ {should}", whole(line, **{name: False})


def _is_heading(line: Line) -> bool:
    """A numbered heading, or a line that is no sentence."""
    is_numbered = re.match(r"(Điều|Mục|[IVXLC]+\.|\d+\.)", line.text)
    return bool(is_numbered) or not line.text.rstrip().endswith((".", ";"))


def _first_lines(running: list[Line]) -> Iterator[tuple[Line, str, str, dict]]:
    seen: set[int] = set()
    used = [mm for line in running for mm in _FIRST if abs(line.first_mm - mm) <= _EXACT]
    best = max(set(used), key=used.count) if used else _FIRST[1]
    for line in running:
        if line.is_listed or line.paragraph in seen or line.text.startswith("\t"):
            continue
        seen.add(line.paragraph)
        if not any(abs(line.first_mm - mm) <= _EXACT for mm in _FIRST):
            yield (line, f"lùi đầu dòng {figure(line.first_mm)} mm", "lùi đầu dòng 1 cm hoặc 1,27 cm",
                   {"paragraph": line.paragraph, "first_mm": best})


def _gaps(body: list[Line]) -> Iterator[tuple[Line, str, str, dict]]:
    """At least 6 points between two paragraphs."""
    for one, other in zip(body, body[1:], strict=False):
        is_near = other.paragraph - one.paragraph == 1  # an empty paragraph between them is gap enough
        if is_near and one.after_pt + other.before_pt < 6:
            yield (other, f"cách đoạn trên {figure(one.after_pt + other.before_pt)} pt", "cách nhau tối thiểu 6 pt",
                   {"paragraph": other.paragraph, "before_pt": 6})


def _bases(body: list[Line], type_name: str) -> list[Line]:
    """The legal bases: the first paragraphs that begin as bases do."""
    found: list[Line] = []
    for line in body:
        if _is_title(line) and not found:
            continue
        words = fold(line.text)
        is_basis = words.startswith(("can cu", "theo de nghi", "xet de nghi"))
        if not is_basis or not (type_name in _BASED or line.text.rstrip().endswith(";") or found):
            break
        found.append(line)
    return found


def _of_bases(bases: list[Line]) -> Iterator[Finding]:
    yield from gathered("basis", ((line, "không nghiêng", "chữ nghiêng", whole(line, italic=True))
                                  for line in bases if not line.is_all("italic")))
    for line in bases:
        mark = "." if line is bases[-1] else ";"
        if not line.text.rstrip().endswith((mark, ",") if mark == "." else mark):
            yield finding("basis", f"căn cứ “{short(line.text)}”", f"cuối dòng “{line.text.rstrip()[-1:]}”",
                          f"“{mark}” cuối dòng", [whole(line, ending=mark)])


def _roman(text: str) -> int:
    values = [_ROMAN[char] for char in text]
    return sum(-value if value < max(values[place:]) else value for place, value in enumerate(values))


def _numbering(body: list[Line]) -> Iterator[Finding]:
    """Chapters, articles, clauses, points: in order, in their own marks."""
    due = {"chapter": 1, "article": 1, "clause": 1, "point": 0}
    in_article = False
    for line in body:
        text = line.text.strip()
        if found := re.match(r"Chương\s+(\S+?)[.:]?(\s|$)", text, re.IGNORECASE):
            yield from _chapter(line, found[1], due)
            due |= {"clause": 1, "point": 0}
        elif found := re.match(r"Điều\s+(\d+)(.?)", text):
            yield from _article(line, int(found[1]), found[2], due)
            due |= {"article": int(found[1]) + 1, "clause": 1, "point": 0}
            in_article = True
        elif re.match(r"(Mục|Phần|[IVXLC]+\.)\s", text):
            due |= {"clause": 1, "point": 0}
        elif found := re.match(r"(\d+)\.\s", text):
            number = int(found[1])
            if number != due["clause"] and not (number == 1 and not in_article):
                yield finding("numbering", f"khoản: “{short(text)}”", f"{number}.", f"{due['clause']}.")
            due |= {"clause": number + 1, "point": 0}
        elif found := re.match(r"([a-zđ])\)\s?", text):
            yield from _point(text, found[1], due)
            due["point"] = _POINTS.find(found[1]) + 1


def _chapter(line: Line, written: str, due: dict[str, int]) -> Iterator[Finding]:
    is_roman = re.fullmatch("[IVXLC]+", written) is not None
    if not is_roman or _roman(written) != due["chapter"]:
        yield finding("numbering", f"“{short(line.text)}”", f"Chương {written}",
                      f"chương thứ {due['chapter']}, chữ số La Mã")
    due["chapter"] += 1


def _article(line: Line, number: int, mark: str, due: dict[str, int]) -> Iterator[Finding]:
    if number != due["article"]:
        yield finding("numbering", f"“{short(line.text)}”", f"Điều {number}", f"Điều {due['article']}")
    if mark != ".":
        yield finding("numbering", f"“{short(line.text)}”", f"Điều {number}{mark}",
                      f"“Điều {number}.”: dấu chấm sau số")
    lead, read = len(f"Điều {number}."), ""
    for piece in line.seen:
        if len(read) < lead and piece.text.strip() and not piece.bold:
            only = len((read + piece.text).strip()) <= lead + 1
            yield finding("numbering", f"“{short(line.text)}”", f"“Điều {number}.” không đậm", "chữ đậm",
                          [{"paragraph": line.paragraph, "runs": [piece.run], "bold": True}] if only else None)
            return
        read += piece.text


def _point(text: str, letter: str, due: dict[str, int]) -> Iterator[Finding]:
    should = _POINTS[due["point"]] if due["point"] < len(_POINTS) else ""
    if letter != should and letter != "a":
        yield finding("numbering", f"điểm: “{short(text)}”", f"{letter})",
                      f"{should}) theo thứ tự chữ cái tiếng Việt (a, b, c, d, đ, e, g…)")
