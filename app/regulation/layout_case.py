"""Names and subjects as they are written within a sentence (NĐ 30/2020 PL II): what a letterhead prints in capitals.

A name out of the directory is written as it stands there; this is for others. It guesses no proper names but those
behind "tỉnh", "xã" and their like.
"""

import re

from app.regulation.layout_grammar import fold
from app.regulation.layout_lexicon import AGENCY_STARTS

_KIND = re.compile(rf"(?:hoi dong nhan dan|{AGENCY_STARTS})(?= |$)")
_SHORT = ("ubnd", "hdnd")
#: behind which a proper name follows
_PLACES = re.compile(r"(?:tỉnh|thành phố|huyện|quận|thị xã|thị trấn|xã(?! hội)|phường|đặc khu)(?= |$)")
#: a syllable as Vietnamese has them, without marks: others are short forms, which stay capitals
_SYLLABLE = re.compile(r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnprstvx])?[aeiouy]{1,3}(?:ch|ng|nh|[cmnpt])?")
#: first words of a subject that keep their capital: names of acts of law, of bodies
_KEPT = re.compile(r"(?:luat|bo luat|nghi quyet|nghi dinh|thong tu|hien phap|phap lenh|quyet dinh so|"
                   r"uy ban nhan dan|hoi dong nhan dan|nhan dan|nha nuoc)(?= |$)")


def named(text: str) -> str:
    """An agency within a sentence: "SỞ KẾ HOẠCH VÀ ĐẦU TƯ" -> "Sở Kế hoạch và Đầu tư"; one with small letters stays."""
    text = " ".join(text.split())
    return _cased(text, is_name=True) if text.isupper() else text


def told(subject: str) -> str:
    """A subject behind "về việc", "V/v": it begins small, unless its first word is a name or a short form."""
    text = " ".join(subject.split())
    if text.isupper() and " " in text:
        text = _cased(text, is_name=False)
    words = text.split(" ")
    is_name = any(word[:1].isupper() for word in words[1:2]) or words[0][1:] != words[0][1:].lower()
    return text if is_name or _KEPT.match(fold(text)) else text[:1].lower() + text[1:]


def _cased(text: str, *, is_name: bool) -> str:
    words = text.split(" ")
    made: list[str] = []
    place, is_proper, is_next = 0, False, is_name
    while place < len(words):
        rest = " ".join(words[place:]).lower()
        kind, where = (_KIND.match(fold(rest)) if is_name and not is_proper and is_next else None), _PLACES.match(rest)
        group = kind or where
        if group:
            count = group[0].count(" ") + 1
            found = " ".join(words[place:place + count]).lower() if group[0] not in _SHORT else words[place]
            is_numbered = bool(where) and words[place + count:place + count + 1] and words[place + count].isdigit()
            made.append(found[:1].upper() + found[1:] if kind or is_numbered else found)
            place, is_proper, is_next = place + count, not kind, bool(kind)
            continue
        made.append(_word(words[place], is_capital=is_proper or is_next))
        is_next = is_name and (words[place].endswith(",") or fold(words[place]) == "va")
        if fold(words[place]) == "va":
            made[-1], is_proper = "và", False
        place += 1
    made[:1] = [made[0][:1].upper() + made[0][1:]]
    return " ".join(made)


def _word(word: str, *, is_capital: bool) -> str:
    bare = fold(re.sub(r"[^\w]", "", word))
    if bare and not bare.isdigit() and not _SYLLABLE.fullmatch(bare):
        return word
    small = word.lower()
    return small[:1].upper() + small[1:] if is_capital and small != "số" else small
