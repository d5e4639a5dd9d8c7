"""A letter of complaint, denunciation or dispute, by its printed title (Art. 3.2): such letters stay outside.

Only a title in capitals that begins with "ĐƠN" or "THƯ" counts, so that a document about such letters is none. It is
sure when it says so in the usual words and goes on no title above it ("BÁO CÁO / GIẢI QUYẾT / ĐƠN KHIẾU NẠI"). It
decides nothing itself (Art. 6.2.b).
"""

import re
from collections.abc import Iterator, Sequence

from app.regulation.layout_grammar import fold
from app.regulation.layout_head import DOUBTFUL, Found
from app.regulation.layout_words import Line, PageLike, is_upper, lines

_TITLE = re.compile(r"^(don|thu)\b")
_SUBJECT = re.compile(r"khieu nai|to cao|to giac|khoi kien|tranh chap")
_USUAL = re.compile(r"(don|thu) ((de nghi|yeu cau|xin|kien nghi|phan anh|trinh bay|keu cuu|giai quyet|va) )*"
                    r"(khieu nai|to cao|to giac|khoi kien|tranh chap)\b")
#: what every document bears in capitals at its head, whatever it is
_MOTTO = re.compile(r"cong hoa|chu nghia|doc lap")
#: how far above, in heights of a line, a line in capitals is of the same title
_NEAR = 1.5
#: a title stands in the upper part of the first page, and over at most this many lines
_UPPER, _LINES = 0.6, 2


def petition(pages: Sequence[PageLike]) -> Found | None:
    """The title of such a letter on the first page that bears words; None: it is none."""
    first = next((page for page in pages if page.words), None)
    if first is None:
        return None
    printed = [line for line in lines(first) if line.y1 < first.height * _UPPER]
    for index in range(len(printed)):
        if count := is_title([line.text for line in printed[index:index + _LINES]]):
            title = printed[index:index + count]
            text = " ".join(one.text for one in title)
            sure = min(0.9, *(one.confidence for one in title))
            if not is_usual(text, next(_above(title[0], printed), "")):
                sure = min(sure, DOUBTFUL)
            return Found(text, sure, first.number, [box for one in title for box in one.boxes])
    return None


def _above(title: Line, printed: Sequence[Line]) -> Iterator[str]:
    """The lines right over a title, none or one."""
    for line in printed:
        if 0 < title.y0 - line.y0 < (title.y1 - title.y0) * (1 + _NEAR) and line.x0 < title.x1 and title.x0 < line.x1:
            yield line.text


def is_usual(title: str, above: str) -> bool:
    """Whether a title names such a letter in the usual words, and is not a later line of a longer title."""
    goes_on = is_upper(above) and _MOTTO.search(fold(above)) is None
    return not goes_on and _USUAL.match(" ".join(re.findall("[a-z]+", fold(title)))) is not None


def is_title(texts: Sequence[str]) -> int:
    """How many of these lines, from the first, are the title of such a letter; 0: it is none."""
    if not texts or not (is_upper(texts[0]) and _TITLE.match(fold(texts[0]))):
        return 0
    title = [texts[0], *(more for more in texts[1:_LINES] if is_upper(more))]
    return len(title) if _SUBJECT.search(fold(" ".join(title))) else 0
