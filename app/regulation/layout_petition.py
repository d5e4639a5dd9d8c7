"""A letter of complaint, denunciation or dispute, by its printed title (Art. 3.2): such letters stay outside.

Only a title in capitals that begins with "ĐƠN" or "THƯ" counts, so that a document about such letters is none. It is
sure when it says so in the usual words and goes on no title above it ("BÁO CÁO / GIẢI QUYẾT / ĐƠN KHIẾU NẠI"). In small
letters a line counts that is such a title and nothing else, on a paper that bears no number: no agency's document. On
such a paper what only sounds like one is doubtful: a person looks. It decides nothing itself (Art. 6.2.b).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from app.regulation.layout_grammar import fold
from app.regulation.layout_head import DOUBTFUL, Found
from app.regulation.layout_words import Line, PageLike, is_upper, lines

_TITLE = re.compile(r"^(don|thu|giay)\b")
_SUBJECT = re.compile(r"khieu nai|to cao|to giac|khoi kien|tranh chap")
_USUAL = re.compile(r"giay (khieu nai|to cao|to giac)\b|"
                    r"(don|thu) ((de nghi|yeu cau|xin|kien nghi|phan anh|trinh bay|keu cuu|giai quyet|va) )*"
                    r"(khieu nai|to cao|to giac|khoi kien|tranh chap)\b")
#: letters of a title printed apart ("Đ Ơ N"), put together again
_APART = re.compile(r"(don|thu)((?:denghi|yeucau|xin|kiennghi|phananh|trinhbay|keucuu|giaiquyet|va)*)"
                    r"(khieunai|tocao|togiac|khoikien|tranhchap)")
#: a whole title in small letters, with the place of a second letter or what it is about; the number of a document
_WHOLE = re.compile(r"(don|thu) (de nghi |yeu cau |xin |kien nghi |phan anh )*(giai quyet )?(khieu nai|to cao|to giac|"
                    r"khoi kien|tranh chap)( (va )?(khieu nai|to cao|dat dai|dan su|lan (thu )?[\w]+))?")
#: a title that asks for a person's look: a cry for help, a complaint that says of what it is in the line below, or a
#: title in small letters that goes on
_CRY = re.compile(r"don (\w+ ){0,4}keu cuu")
_OPEN = re.compile(r"don( (de nghi|yeu cau|kien nghi|phan anh|trinh bay|trinh bao|to trinh|keu cuu|va))*$")
_ABOUT = re.compile(r"^\W*(v ?/ ?v|ve viec|noi dung)\b|^\W*\(")
_GOES_ON = re.compile(r"(don|thu|giay) ((de nghi|yeu cau|xin|kien nghi|phan anh) )*(giai quyet )?"
                      r"(khieu nai|to cao|to giac|khoi kien|tranh chap)\b")
#: most words of such a title in small letters
_SHORT = 12
_NUMBERED = re.compile(r"^\W*so *:")
#: what every document bears in capitals at its head, whatever it is
_MOTTO = re.compile(r"cong hoa|chu nghia|doc lap")
#: how far above, in heights of a line, a line in capitals is of the same title
_NEAR = 1.5
#: a title stands in the upper part of the first page, and over at most this many lines
_UPPER, _LINES = 0.6, 3


def petition(pages: Sequence[PageLike]) -> Found | None:
    """The title of such a letter on the first page that bears words; None: it is none."""
    first = next((page for page in pages if page.words), None)
    if first is None:
        return None
    printed = [line for line in lines(first) if line.y1 < first.height * _UPPER]
    has_number = any(is_numbered(line.text) for line in printed)
    suspect: Found | None = None
    for index, line in enumerate(printed):
        is_central = abs(line.middle - first.width / 2) < first.width * 0.12
        if not has_number and is_whole(line.text) and is_central:
            return Found(line.text, min(0.9, line.confidence), first.number, line.boxes)
        if count := is_title([line.text for line in printed[index:index + _LINES]]):
            title = printed[index:index + count]
            text = " ".join(one.text for one in title)
            sure = min(0.9, *(one.confidence for one in title))
            if not is_usual(text, next(_above(title[0], printed), "")):
                sure = min(sure, DOUBTFUL)
            return Found(text, sure, first.number, [box for one in title for box in one.boxes])
        texts = [one.text for one in printed[index:index + 2]]
        if not has_number and is_central and suspect is None and resembles(texts):
            suspect = Found(line.text, min(DOUBTFUL, line.confidence), first.number, line.boxes)
    return suspect


def _above(title: Line, printed: Sequence[Line]) -> Iterator[str]:
    """The lines right over a title, none or one."""
    for line in printed:
        if 0 < title.y0 - line.y0 < (title.y1 - title.y0) * (1 + _NEAR) and line.x0 < title.x1 and title.x0 < line.x1:
            yield line.text


def is_usual(title: str, above: str) -> bool:
    """Whether a title names such a letter in the usual words, and is not a later line of a longer title."""
    goes_on = is_upper(above) and _MOTTO.search(fold(above)) is None
    return not goes_on and _USUAL.match(_words(title)) is not None


def is_whole(line: str) -> bool:
    """Whether a line in small letters is the title of such a letter, and nothing else."""
    is_alone = not is_upper(line) and line[:1].isupper() and line[-1:] not in ";.,:"
    return is_alone and _WHOLE.fullmatch(_words(line)) is not None


def resembles(texts: Sequence[str]) -> bool:
    """Whether a line, with the one below it, may be the title of such a letter, in other words than the usual ones."""
    said, below = _words(texts[0]), texts[1] if len(texts) > 1 else ""
    if is_upper(texts[0]):
        is_open = _OPEN.match(said) and _ABOUT.match(fold(below)) and _SUBJECT.search(_words(below))
        return _CRY.match(said) is not None or bool(is_open)
    is_line = texts[0][-1:] not in ";.,:" and len(said.split()) <= _SHORT
    return is_line and _GOES_ON.match(said) is not None


def is_numbered(line: str) -> bool:
    """Whether a line bears the number of an agency's document."""
    return _NUMBERED.match(fold(line)) is not None


def _words(text: str) -> str:
    """Words without marks; those whose letters stand apart, as far as titles have them, put together."""
    found = re.findall("[a-z]+", fold(text))
    if len(found) >= 3 and sum(len(one) == 1 for one in found) > 0.8 * len(found):
        apart = _APART.match("".join(found))
        return " ".join((apart[1], _SPACED.get(apart[3], apart[3]))) if apart else "".join(found)
    return " ".join(found)


#: what stands behind the first word of a title whose letters stand apart
_SPACED = {"khieunai": "khieu nai", "tocao": "to cao", "togiac": "to giac", "khoikien": "khoi kien",
           "tranhchap": "tranh chap"}


def is_title(texts: Sequence[str]) -> int:
    """How many of these lines, from the first, are the title of such a letter; 0: it is none."""
    if not texts or not (is_upper(texts[0]) and _TITLE.match(_words(texts[0]))):
        return 0
    title = [texts[0], *takewhile(is_upper, texts[1:_LINES])]
    return next((count for count in range(1, len(title) + 1) 
                 if _SUBJECT.search(" ".join(map(_words, title[:count])))), 0)
