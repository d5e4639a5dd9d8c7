"""Whether a name is another one, and which agency a person's certificate speaks of (Art. 3.3.b).

Pure: names in, an answer out. It does NOT know who is registered (`verdict.py`).
"""

import re
from collections.abc import Iterable

from app.regulation.verdict_copy import spelt
from app.tools.alphabet import bare

#: letters by which a name is another one; fewer letters of a given name than these make another by one: An, Anh
FAR, _LONG = 3, 4
#: a code of an agency, as it is given since QĐ 20/2020 and as it was before: H38.10, 000.00.10.H38
_CODE = re.compile(r"[A-Z]\d{2}(\.\d+)+|(\d+\.)+[A-Z]\d{2}(\.\d+)*")


def speaks_of(person: dict, codes: Iterable[str], names: Iterable[str]) -> bool:
    """Whether a person's certificate (its report) bears a code or a name of this agency, as his agency or one of his
    units, and no other agency's code: a board or an office beside it takes nothing away.
    """
    own, told = {code.strip().upper() for code in codes}, person["organisation_code"]
    units = [unit.strip() for unit in (told, *told.split(", "))]
    found = {unit.upper() for unit in units}
    if any(_CODE.fullmatch(code) for code in found - own):
        return False
    known = [spelt(name) for name in names if name]
    return bool(found & own) or any(spelt(one) in known for one in (person["organisation_name"], *units) if one)


def off(printed: str, name: str) -> int:
    """Letters by which two names differ, two in all: of a word one, and its marks are one more; of the given name one
    letter or mark, none of a short one: Hoà and Hoa, Hùng and Hưng are two people.
    """
    words, those = spelt(printed), spelt(name)
    if not those or len(words) != len(those) or words[-1] != those[-1] and len(bare(those[-1])) < _LONG:
        return FAR
    return min(FAR, _edits(words[-1], those[-1]) + sum(
        _edits(bare(one), bare(other)) + (_marks(one) != _marks(other))
        for one, other in zip(words[:-1], those[:-1], strict=True)))


def _marks(word: str) -> str:
    """What a word bears over its letters a to z."""
    return "".join(char for char in word if not "a" <= char <= "z")


def _edits(one: str, other: str) -> int:
    """How many letters differ: 0, 1, or too many."""
    if one == other:
        return 0
    short, long = sorted((one, other), key=len)
    same = next((n for n, char in enumerate(short) if char != long[n]), len(short))
    return 1 if short[same + (len(short) == len(long)):] == long[same + 1:] else FAR
