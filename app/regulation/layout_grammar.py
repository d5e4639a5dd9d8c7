"""Grammar of Art. 3.1.đ: kinds of documents, reference numbers, dates; written and read (NĐ 30/2020 Appendix I, III).

Pure text: where a part stands on the page is layout_fields.py's. It knows no register and gives no number.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import SequenceMatcher

#: name of each of the 29 kinds -> its abbreviation, "" when it has none (NĐ 30/2020 Art. 7, Appendix III)
TYPES: dict[str, str] = {
    "Nghị quyết": "NQ", "Quyết định": "QĐ", "Chỉ thị": "CT", "Quy chế": "QC", "Quy định": "QyĐ",
    "Thông cáo": "TC", "Thông báo": "TB", "Hướng dẫn": "HD", "Chương trình": "CTr", "Kế hoạch": "KH",
    "Phương án": "PA", "Đề án": "ĐA", "Dự án": "DA", "Báo cáo": "BC", "Biên bản": "BB", "Tờ trình": "TTr",
    "Hợp đồng": "HĐ", "Công văn": "", "Công điện": "CĐ", "Bản ghi nhớ": "BGN", "Bản thỏa thuận": "BTT",
    "Giấy ủy quyền": "GUQ", "Giấy mời": "GM", "Giấy giới thiệu": "GGT", "Giấy nghỉ phép": "GNP",
    "Phiếu gửi": "PG", "Phiếu chuyển": "PC", "Phiếu báo": "PB", "Thư công": "",
}
#: the kind of a document that bears no name of a kind
LETTER = "Công văn"
#: kinds that need print no number: they have no abbreviation, and are no công văn
UNNUMBERED = ("Thư công",)

_ABBREVS = "|".join(abbrev for abbrev in TYPES.values() if abbrev)
#: marks of tones: acute, grave, hook, tilde, dot below
_TONES = "\u0301\u0300\u0309\u0303\u0323"
#: figures that a reader takes for letters
_FIGURES = str.maketrans("OoØøDQlIi|!Zz$SsGBg", "0000001111122555689")


def fold(text: str) -> str:
    """Lower case without Vietnamese marks, white space squeezed: the form in which readings are compared."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return " ".join("".join(char for char in plain if not unicodedata.combining(char)).split())


def likeness(first: str, second: str) -> float:
    """0..1; 1 = the same letters, marks aside."""
    return SequenceMatcher(None, fold(first), fold(second), autojunk=False).ratio()


def nearest(text: str, known: Iterable[str], least: float) -> tuple[str, float] | None:
    """The known text that is most like this one, with its likeness; None when none reaches `least`."""
    best = max(((likeness(text, item), item) for item in known), default=None)
    return (best[1], best[0]) if best and best[0] >= least else None


def notation(type_name: str, agency_abbrev: str, unit_abbrev: str = "") -> str:
    """The notation of a document: "QĐ-UBND"; of a công văn "UBND-VP" (NĐ 30/2020 Appendix I.II.3)."""
    abbrev = TYPES[type_name]
    groups = [abbrev, agency_abbrev] if abbrev else [agency_abbrev, unit_abbrev]
    return "-".join(group for group in groups if group)


def format_number(number: int) -> str:
    """The number as printed: one 0 before a number below 10."""
    if number < 1:
        raise ValueError("numbers start at 1")
    return f"{number:02d}"


def reference(number: str, code_notation: str) -> str:
    """Number and notation joined: "05/QĐ-UBND", "48/2017/QĐ-UBND"; of the Party's documents "123-CV/TU"."""
    party = "/" in code_notation and not re.match(r"\d{4}/", code_notation)
    return f"{number}{'-' if party else '/'}{code_notation}"


def format_date(place: str, day: date) -> str:
    """Place and date as printed: days below 10 and months 1 and 2 take a 0 (NĐ 30/2020 Appendix I.II.4)."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"{place}, ngày {day.day:02d} tháng {month} năm {day.year}"


def initials(name: str) -> str:
    """Abbreviation of an agency's name by its initials: "Sở Y tế" -> "SYT", "UBND tỉnh Lào Cai" -> "UBND"."""
    name = re.sub(r"(?i)ủy ban nhân dân|uỷ ban nhân dân", "UBND", name)
    name = re.sub(r"(?i)hội đồng nhân dân", "HĐND", name)
    if re.match(r"(?i)(UBND|HĐND)\b", name):
        return name[:4].upper()
    words = [word for word in re.split(r"[\s,\-–]+", name) if word and fold(word) not in ("va", "cua")]
    # a name that is all in capitals bears no abbreviations of its own; an initial has no tone: "Huyện ủy" is "HU"
    return "".join(word if word.isupper() and 1 < len(word) < 6 and not name.isupper() else _toneless(word[0].upper())
                   for word in words)


def _toneless(letter: str) -> str:
    """"Ủ" -> "U", "Ấ" -> "Â": without the mark of its tone."""
    apart = unicodedata.normalize("NFD", letter)
    return unicodedata.normalize("NFC", "".join(char for char in apart if char not in _TONES))


def figures(text: str) -> str:
    """The digits of a reading, letters that look like digits taken for them."""
    return re.sub(r"\D", "", text.translate(_FIGURES))


def split_reference(text: str) -> tuple[str, str] | None:
    """A read line "Số: 2256/UBND-QLĐT" -> the reading of its number and its notation; None: no reference.

    The number comes back as read (perhaps empty, perhaps with letters for digits); a year belongs to the notation.
    """
    text = re.sub(r"[–—~]", "-", re.sub(r"\s+", "", text))
    text = re.sub(r"^[^\w]*[Ss5][ốôóòồổỗőòõöoO0ó6ôố́ọỐÔOŠ]{1,2}[:.;,]?", "", text)
    found = re.match(r"(.{0,8}?)[/](\d{4}/[A-ZĐƯ].*)$", text)
    found = found or re.match(r"([^/\-]{0,8})[/]([A-ZĐƯ][\w\-/.&]*)", text)
    # the Party's form; then the stroke lost between the number and the name of a kind
    found = found or re.match(r"([^/\-]{0,8})-([A-ZĐƯ][\w.]*/[A-ZĐƯ][\w\-./]*)", text)
    found = found or re.match(rf"([^/\-]{{1,6}}?)((?:{_ABBREVS})-[A-ZĐƯ]{{2,}})$", text)
    if not found:
        return None
    return found[1], found[2].strip("-/.,;:_")


def mend_notation(read: str, agency: str, types: Mapping[str, str] = TYPES) -> tuple[str, str]:
    """A notation as read -> (corrected, name of its kind or "").

    The first group is compared with the abbreviations, an agency's group with the initials of its name: D for Đ
    and small for capital letters are the usual misreadings.
    """
    year, slash, rest = read.rpartition("/") if re.match(r"\d{4}/", read) else ("", "", read)
    groups = re.split(r"([-/])", rest)
    abbrevs = {fold(abbrev): (abbrev, name) for name, abbrev in types.items() if abbrev}
    # Đ and D tell kinds apart: the exact spelling comes first
    exact = {abbrev: name for name, abbrev in types.items() if abbrev}
    kind = ""
    if len(groups) > 1 and groups[0] in exact:
        kind = exact[groups[0]]
    elif len(groups) > 1 and fold(groups[0]) in abbrevs:
        groups[0], kind = abbrevs[fold(groups[0])]
    known = {fold(text): text for text in ("UBND", "HĐND", "VPUBND", initials(agency) if agency else "") if text}
    for i in range(0, len(groups), 2):
        if i or not kind:
            groups[i] = known.get(fold(groups[i])) or _among(groups[i], agency) or groups[i]
    if groups[0] == "CV" and "/" in groups:
        kind = LETTER
    return f"{year}{slash}{''.join(groups)}", kind


def _among(group: str, agency: str) -> str:
    """The letters of a group as the agency's initials spell them: "CDSP" of "Trường Cao đẳng Sư phạm" is "CĐSP"."""
    whole = initials(agency) if agency else ""
    at = fold(whole).find(fold(group)) if len(group) > 1 and len(fold(whole)) == len(whole) else -1
    return whole[at:at + len(group)] if at >= 0 else ""


def read_date(day: str, month: str, year: str) -> date | None:
    """A date out of three readings; None when they are no date."""
    digits = [figures(part) for part in (day, month, year)]
    if not all(digits) or len(digits[2]) != 4:
        return None
    try:
        return date(int(digits[2]), int(digits[1]), int(digits[0]))
    except ValueError:
        return None
