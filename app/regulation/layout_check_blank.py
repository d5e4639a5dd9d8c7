"""What is to be written yet in a draft (Art. 3.1.đ; NĐ 30/2020 PL III): dots, brackets, words of the model.

The models of PL III print what a part is in its place: "(Họ và tên)", "TÊN CƠ QUAN", a name that is nobody's. In the
running text such words may be meant; there only what can be nothing but a blank is one.
"""

import re
from collections.abc import Iterator

from app.regulation.layout_finding import Finding, gathered, short
from app.regulation.layout_grammar import fold
from app.regulation.layout_parts import Parts
from app.regulation.layout_said import said as _
from app.tools.docx_layout import Line

#: dots, lines, words in brackets; a number or a day of a document that is cited; letters that stand for figures
_BLANK = re.compile(
    r"…{2,}|\.{4,}|_{3,}|\[\s*[.…_]+\s*\]|\[[^\W\d_][^\]]{2,80}\]|«[^»]+»|\{\{[^}]*\}\}|<[^\W\d_][^<>]{2,60}>"
    r"|\b(?:số|ngày|tháng)\s*:?\s*(?:…|\.{3})|\bnăm\s+(?:20)?\d?(?:…|\.{2,})"
    r"|\?{2,}|\bsố\s*:?\s*X{2,}\b|\bdd/mm/yyyy\b|(?-i:\bx{2,}\b|\bX{4,}\b|\bxx?/xx?/)", re.IGNORECASE)
#: what a model calls a part, folded
_CALLED = (
    "ghi ro ho ten|ho va ten|ho, ten|ho ten|chu ky|ky ten|ky|dong dau|dau|chuc vu|chuc danh|quyen han"
    "|chuc vu cua nguoi ky|chu ky cua nguoi co tham quyen|dia danh|ten loai van ban|trich yeu noi dung van ban"
    "|trich yeu noi dung|trich yeu|ten co quan|to chuc|to chuc chu quan truc tiep|co quan chu quan"
    "|to chuc ban hanh van ban|ten co quan ban hanh van ban|ten don vi|ten don vi soan thao|so|ky hieu|so ky hieu"
    "|chu ky so|dau cua co quan|chu ky so cua co quan")
_MODEL = re.compile(rf"\(?\s*(?:{_CALLED})(?:\s*(?:,|;|/|va|hoac)\s*(?:{_CALLED}))*\s*\)?\s*[.:;]?")
#: within brackets of a part that is no running text
_BRACKETS = re.compile(r"\([^()]*\)")
#: "Nguyễn Văn A"
_NOBODY = re.compile(r"(nguyen|tran|le|pham|hoang|vu|do) (van|thi) [a-z]")


def check(parts: Parts) -> Iterator[Finding]:
    """Places that are to be filled, of head, body and tail; of what is attached but for forms and its reference."""
    apart = [line for line in (*parts.organ, parts.date, *parts.subject, *parts.addressees, *parts.signer,
                               *parts.beside, *parts.recipients) if line is not None]
    running = [*parts.body, *(line for one in parts.attached if one.type_name for line in (*one.title, *one.body))]
    yield from gathered("blank", (
        (line, _("còn chỗ chưa điền “%(words)s”", words=short(words)), _("điền nội dung, hoặc bỏ đoạn này"), None)
        for line, is_apart in [*((one, True) for one in apart), *((one, False) for one in running)]
        if (words := _left(line, is_apart, line is parts.date))))


def _left(line: Line, is_apart: bool, is_date: bool) -> str:
    """What is to be written yet in the line; empty: nothing. The day is given with the number (Art. 9.1.a)."""
    text = line.text.strip()
    found = None if is_date else _BLANK.search(text)
    if found:
        return found[0]
    words = fold(text)
    if _MODEL.fullmatch(words) or _NOBODY.fullmatch(words):
        return text
    inside = (one[0] for one in _BRACKETS.finditer(text) if _MODEL.fullmatch(fold(one[0]))) if is_apart else ()
    place = text.partition(",")[0] if is_date else ""
    return next(iter(inside), place if place and _MODEL.fullmatch(fold(place)) else "")
