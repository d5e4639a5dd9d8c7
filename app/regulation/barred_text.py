"""Art. 3.2: what must not be entered, by what can be read without recognition: marks, titles, names, headers.

A mark of secrecy counts where it stands alone in its place (upper left, NĐ 30/2020 Appendix I.IV), a letter of
complaint by its printed title; "bí mật" or "khiếu nại" in running text is none. Beside them what the agency adds.
Pure: it opens no file and keeps nothing. Scans are layout_stamp.py's.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

from app.records.barred import LISTED, MARK, PETITION, SECRECY, TYPE, WORDS
from app.refusal import Refusal
from app.regulation.layout_grammar import fold
from app.regulation.layout_head import Found
from app.regulation.layout_lexicon import AGENCY_STARTS
from app.regulation.layout_petition import is_numbered, is_title, is_usual, is_whole, petition, resembles
from app.regulation.layout_stamp import BESIDE_NUMBER, ends_a_name, name_above
from app.regulation.layout_words import Line, PageLike, is_upper, lines
from app.tools.alphabet import plain

#: a line that is a mark by itself, letters only; without marks on vowels as some programs write
_MARKS = ("MẬT", "TỐI MẬT", "TUYỆT MẬT", "MAT", "TOI MAT", "TUYET MAT", "TÀI LIỆU THU HỒI",
          "CHỈ NGƯỜI CÓ TÊN MỚI ĐƯỢC BÓC BÌ")
#: what a document in the head calls itself: no mark where it ends a title that began above
_LABEL = re.compile(r"(TÀI LIỆU|VĂN BẢN)( TỐI| TUYỆT)? MẬT")
#: an agency's name, over such a line; not "BAN HÀNH", "SỔ ĐĂNG KÝ", "PHÒNG, CHỐNG"
_AGENCY = re.compile(rf"({AGENCY_STARTS})\b(?! hanh| dang ky| theo doi|,)")
#: the sign of the envelope behind a mark ("MẬT/A1")
_ENVELOPE = re.compile(r"(?<=MẬT) ?/ ?[A-C]?\d{0,3}(?=\W*$)")
#: the same with letters printed apart ("M Ậ T")
_JOINED = {mark.replace(" ", ""): mark for mark in _MARKS}
#: what stands beside a mark on its line: how urgent it is, which copy
_BESIDE = re.compile(r"\b(HỎA TỐC( HẸN GIỜ)?|HOẢ TỐC( HẸN GIỜ)?|THƯỢNG KHẨN|KHẨN|BẢN SỐ)\b", re.IGNORECASE)
#: words of two syllables that begin as a mark does, broken in a narrow cell
_GOES_ON = re.compile(r"(ĐỘ|KHẨU|MÃ)\b", re.IGNORECASE)
_DEGREE = re.compile(r"độ( mật)? ?: ?(tối |tuyệt )?mật")
#: the same without a colon, told by its capitals from the head of a column ("Độ mật", "ĐỘ MẬT")
_DEGREE_UPPER = re.compile(r"Độ (TỐI |TUYỆT )?MẬT")
#: in a name, subject or header: a mark in brackets or at the very beginning; one that stands as a piece of a name
_STATED = (re.compile(r"[\[({<] ?(tối |tuyệt )?mật ?[\])}>]", re.IGNORECASE),
           re.compile(r"^\W*(TUYỆT MẬT|TỐI MẬT|MẬT)( ?[:\-–.|/]|$)"), _DEGREE,
           re.compile(r"(?:^|[_\-. ])(MẬT)(?:[_\-.]|$)"),
           re.compile(r"(?:^|[_\-. ])(tuyệt mật|tối mật|tuyet mat|toi mat)(?:[_\-.]|$)", re.IGNORECASE))
_LETTER = re.compile(r"^\W*(don|thu|giay) (de nghi |yeu cau |xin )?(giai quyet )?"
                     r"(khieu nai|to cao|to giac|khoi kien|tranh chap)")
#: what mail programs put before a subject
_PREFIX = re.compile(r"^\s*((re|fw|fwd|tr|ve|trả lời|chuyển tiếp)\s*:\s*)+", re.IGNORECASE)
#: signs on a scan, as they are named in what was read
SIGNS = (SECRECY, PETITION, LISTED)
#: a sign less sure than this is a suspicion: a person must look
DOUBTFUL = 0.6
#: parts of the first page where marks and titles stand
_MARK_RIGHT, _MARK_LOW, _UPPER = 0.42, 0.5, 0.6
#: of a text without places: lines that are the head; of these, lines over which a title may go
_HEAD_LINES, _TITLE_LINES = 40, 3
#: what a list names may go on in the next line: so far below, in heights of a line
_NEXT_LINE = 2.2
_SUSPECT = re.compile(r"(?<!\w)(M[ẬA]T|THU HỒI)(?!\w)|độ mật", re.IGNORECASE)


class RuleLike(Protocol):
    """One entry of the agency's list (records/barred.py)."""

    kind: str
    text: str


@dataclass(frozen=True)
class Rule:
    """The same, away from the database."""

    kind: str
    text: str


class NotToBeEntered(Refusal):
    """The agency's list keeps such documents out."""

    code, article = "barred_listed", "Art. 3.2"


class SecrecyMark(NotToBeEntered):
    """The file bears a mark of secrecy."""

    code = "barred_secrecy"


class SecrecyWithin(NotToBeEntered):
    """A page behind the first bears a mark of secrecy."""

    code = "barred_secrecy_within"


class PetitionLetter(NotToBeEntered):
    """The file is a letter of complaint, denunciation or dispute."""

    code = "barred_petition"


class PetitionDoubted(Refusal):
    """The file may be such a letter, by a title in other words: a person looks first."""

    code, article = "barred_petition_doubted", "Art. 3.2"


#: codes of all that keep a file out
CODES = frozenset(cls.code for cls in (NotToBeEntered, SecrecyMark, SecrecyWithin, PetitionLetter))


@dataclass(frozen=True)
class Barred:
    """What was found."""

    #: SECRECY, PETITION or LISTED
    rule: str
    #: page on which it stands; 0 = it is stated: a name, a subject, a header
    page: int = 0

    def refusal(self) -> NotToBeEntered:
        """What the person is told."""
        if self.rule == SECRECY:
            return SecrecyWithin(rule=self.rule, page=self.page) if self.page > 1 else SecrecyMark(rule=self.rule)
        return PetitionLetter(rule=self.rule) if self.rule == PETITION else NotToBeEntered(rule=self.rule)


def signs(recognised: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    """What was seen on a scan, the gravest first: sign -> {"value", "confidence", "page", "boxes", "size"}.

    A mere suspicion has no value.
    """
    found = recognised or {}
    return {sign: found[sign] for sign in SIGNS
            if sign in found and (found[sign]["value"] or found[sign]["confidence"] < DOUBTFUL)}


def sure(recognised: dict[str, Any] | None) -> list[str]:
    """The signs that were read for sure: what bears one on paper is discarded at once (Art. 3.2)."""
    return [sign for sign, seen in signs(recognised).items() if seen["value"] and seen["confidence"] >= DOUBTFUL]


def is_suspect(number: int, text: str) -> bool:
    """Whether a page is worth laying out: the first, and any whose letters hold what a mark says."""
    return number == 1 or _SUSPECT.search(_nfc(plain(text))) is not None


def in_pages(pages: Iterable[PageLike], rules: Sequence[RuleLike] = ()) -> Barred | None:
    """The gravest thing on pages that bring their own text: marks on any of them, titles on the first."""
    found = None
    for page in pages:
        printed = lines(page, gap=1.2)
        if any(_is_mark(line.text) and not ends_a_name(above) or _is_label(line.text, above)
               for line in _where_marks_stand(page, printed) for above in (name_above(line, printed),)) \
                or _is_beside_number(page):
            return Barred(SECRECY, page.number)
        if page.number == 1 and found is None:
            letter = petition([page])
            is_letter = letter is not None and letter.confidence >= DOUBTFUL
            found = Barred(PETITION, 1) if is_letter else Barred(LISTED, 1) if listed(page, rules) else None
    return found


def in_text(text: str, rules: Sequence[RuleLike] = ()) -> Barred | None:
    """The same in a text without places, one paragraph a line; what stands behind a tab is a line of its own."""
    printed = _printed(text)
    head = printed[:_HEAD_LINES]
    if _bear_mark(printed) or any(map(BESIDE_NUMBER.match, head)):
        return Barred(SECRECY, 1)
    has_number = any(map(is_numbered, head))
    for index, above in enumerate(["", *head][:len(head)]):
        count = is_title(head[index:index + _TITLE_LINES])
        if count and is_usual(" ".join(head[index:index + count]), above) or not has_number and is_whole(head[index]):
            return Barred(PETITION, 1)
    pairs = [f"{line} {below}" for line, below in pairwise(head)]
    return Barred(LISTED, 1) if any(_says(line, rule) for line in (*head, *pairs) for rule in rules) else None


def is_doubtful(pages: Iterable[PageLike]) -> bool:
    """Whether the title on the first page asks for a person's look, as it will once it is recognised."""
    letter = petition([page for page in pages if page.number == 1])
    return letter is not None and letter.confidence < DOUBTFUL


def is_doubtful_text(text: str) -> bool:
    """The same in a text without places."""
    head = _printed(text)[:_HEAD_LINES]
    has_number = any(map(is_numbered, head))
    return any(is_title(head[at:at + _TITLE_LINES]) or not has_number and resembles(head[at:at + 2])
               for at in range(len(head)))


def _printed(text: str) -> list[str]:
    parts = [part for line in plain(text).splitlines() for part in _nfc(line).split("\t")]
    return [line for line in (" ".join(part.split()) for part in parts) if line]


def _bear_mark(printed: Sequence[str]) -> bool:
    """Whether one of the lines is a mark by itself: behind the head, where tables are, none of several that name all
    degrees, and none that goes on in the line below.
    """
    for index, (above, line, below) in enumerate(zip(["", *printed], printed, [*printed[1:], ""], strict=False)):
        if _is_mark(line) and not ends_a_name(above) and (index < _HEAD_LINES or not (
                any(_is_mark(one) and one != line for one in (above, below)) or _GOES_ON.match(below))):
            return True
        if index < _HEAD_LINES and _is_label(line, above):
            return True
    return False


def in_margins(text: str) -> Barred | None:
    """A mark of secrecy in what stands around a text, headers, footers, notes; one paragraph a line."""
    parts = [part for line in plain(text).splitlines() for part in _nfc(line).split("\t")]
    return Barred(SECRECY, 1) if any(_is_mark(one) or _is_label(one, "") for one in parts) else None


def in_stated(texts: Iterable[str], rules: Sequence[RuleLike] = (), type_name: str = "") -> Barred | None:
    """The same in what somebody states of it: names of files, the subject of a mail, headers of a packet."""
    shown, type_name = [plain(text) for text in texts if text], plain(type_name)
    said = [_PREFIX.sub("", " ".join(_nfc(text).replace("_", " ").split())) for text in (*shown, type_name) if text]
    named = [" ".join(_nfc(text).split()) for text in shown]
    if any(pattern.search(text) for text in (*said, *named) for pattern in _STATED):
        return Barred(SECRECY)
    if any(_LETTER.search(_words_of(text)) for text in said):
        return Barred(PETITION)
    wanted = {_lower(rule.text) for rule in rules if rule.kind == TYPE}
    if _lower(type_name) in wanted or any(_begins(text, rule) for text in said for rule in rules):
        return Barred(LISTED)
    return None


def listed(page: PageLike, rules: Sequence[RuleLike]) -> Found | None:
    """Where the first page says what the agency's list names."""
    if not rules:
        return None
    upper = [line for line in lines(page, gap=1.2) if line.y1 < page.height * _UPPER]
    for line in upper:
        below = next((one for one in upper if 0 < one.y0 - line.y0 < line.height * _NEXT_LINE
                      and one.x0 < line.x1 and line.x0 < one.x1), None)
        for said in [[line]] + [[line, below]] * (below is not None):
            text = " ".join(one.text for one in said)
            if rule := next((one for one in rules if _says(text, one)), None):
                sure = min(0.9, *(one.confidence for one in said))
                return Found(rule.text, sure, page.number, [box for one in said for box in one.boxes])
    return None


def _is_beside_number(page: PageLike) -> bool:
    return any(BESIDE_NUMBER.match(_nfc(line.text)) for line in lines(page, gap=3.0)
               if line.y0 < page.height * _MARK_LOW)


def _where_marks_stand(page: PageLike, printed: list[Line]) -> list[Line]:
    return [line for line in printed
            if line.y0 < page.height * _MARK_LOW and line.x0 < page.width * _MARK_RIGHT]


def _is_mark(text: str) -> bool:
    """A line that is nothing but a mark of secrecy, in capitals, beside one of urgency or the number of the copy, or
    says the degree of secrecy.
    """
    words = _words(_ENVELOPE.sub("", _nfc(text)))
    is_apart = len(words) > 2 and all(len(one) == 1 for one in words.split())
    said = _JOINED.get(words.replace(" ", ""), words) if is_apart else words
    return is_upper(words) and said in _MARKS or _DEGREE_UPPER.fullmatch(words) is not None \
        or _DEGREE.fullmatch(_lower(text).strip(" .*")) is not None


def _is_label(text: str, above: str) -> bool:
    """A line by which a document calls itself secret; the end of a title that speaks of such documents is none."""
    goes_on = is_upper(above) and not _AGENCY.match(fold(above))
    return _LABEL.fullmatch(_words(_nfc(text))) is not None and not goes_on


def _words(text: str) -> str:
    """The letters of a line, without urgency and number of the copy beside them."""
    words = " ".join(re.sub(r"[^\w\s]|\d|_", " ", text).split())
    return " ".join(_BESIDE.sub(" ", words).split())


#: signs that stand around a mark
_FRAME = " .:*-–()[]"


def _says(line: str, rule: RuleLike) -> bool:
    """Whether a line of the head is what the rule names."""
    said, wanted = _lower(line), _lower(rule.text)
    if rule.kind == MARK:
        return said.strip(_FRAME) == wanted.strip(_FRAME)
    if rule.kind == TYPE:
        return is_upper(line) and (said == wanted or said.startswith(wanted + " "))
    return _holds(said, wanted)


def _begins(text: str, rule: RuleLike) -> bool:
    """Whether a name or subject is what the rule names; names of files are often without marks on vowels."""
    said, wanted = _lower(text), _lower(rule.text)
    if rule.kind == WORDS:
        return _holds(said, wanted) or _holds(_words_of(text), _words_of(rule.text)) and said.isascii()
    return said == wanted or re.match(rf"{re.escape(wanted)}(?!\w)", said) is not None


def _holds(said: str, wanted: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", said) is not None


def _words_of(text: str) -> str:
    """Letters without marks, words by single blanks."""
    return " ".join(re.sub(r"[^a-z0-9]", " ", fold(text)).split())


def _lower(text: str) -> str:
    return " ".join(_nfc(text).lower().split())


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
