"""A letter of complaint, denunciation or dispute, by its printed title (Art. 3.2): such letters stay outside.

Only a title in capitals that begins with "ĐƠN" counts, so that a document about such letters is none. It decides
nothing: a person looks (Art. 6.2.b).
"""

import re
from collections.abc import Sequence

from app.regulation.layout_grammar import fold
from app.regulation.layout_head import Found
from app.regulation.layout_words import PageLike, is_upper, lines

_TITLE = re.compile(r"^(don|thu)\b")
_SUBJECT = re.compile(r"khieu nai|to cao|to giac|khoi kien|tranh chap")
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
            sure = min(0.9, *(one.confidence for one in title))
            return Found(" ".join(one.text for one in title), sure, first.number,
                         [box for one in title for box in one.boxes])
    return None


def is_title(texts: Sequence[str]) -> int:
    """How many of these lines, from the first, are the title of such a letter; 0: it is none."""
    if not texts or not (is_upper(texts[0]) and _TITLE.match(fold(texts[0]))):
        return 0
    title = [texts[0], *(more for more in texts[1:_LINES] if is_upper(more))]
    return len(title) if _SUBJECT.search(fold(" ".join(title))) else 0
