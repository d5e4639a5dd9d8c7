"""The letters of Vietnamese: whether a text is written in them, what it is without its marks, and what it shows when
others that look like them stand in their place (Art. 2.2, 3.2).

Texts in old encodings (TCVN3, VNI) say other letters than they show. It decodes none of them.
"""

import re
import unicodedata

#: tones, circumflex, breve, horn
_MARKS = frozenset("\u0300\u0301\u0303\u0309\u0323\u0302\u0306\u031b")
#: those of them that no letter of another alphabet bears
_OWN_MARKS = frozenset("\u0303\u0309\u0323\u0302\u031b")
#: letters of Cyrillic and Greek, small capitals and others that look like ours
_LOOK_ALIKES = str.maketrans(
    "АВСЕНІЇЈКМОРЅТХУҮԚԜԌаеһіїјкмнорѕтхуүԛԝԁсв" "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχγ" "ᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜʏ" "ÐðƉɖıȷ",
    "ABCEHIIJKMOPSTXYYQWGaehiijkmhopstxyyqwdcb" "ABEZHIKMNOPTYXaiknoptuxy" "ABCDEGHIJKLMNOPRTUY" "ĐđĐđij")
#: what nobody sees: joiners, blanks of no width, marks of direction, soft hyphens
_UNSEEN = re.compile("[\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
#: letters of full width, of formulas, of two alphabets that look like ours
_WIDE = re.compile("[\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff\u2102-\u2134\u24b6-\u24e9]")
_FOREIGN = re.compile("[\u0370-\u052f\u1d00-\u1d7f\u1f00-\u1fff\u0250-\u02afÐðƉıȷ]")
_WORD = re.compile("[^\\W\\d_](?:[\u0300-\u036f]|[^\\W\\d_])*")


def is_vietnamese(text: str) -> bool:
    """Whether all letters are Vietnamese ones or plain Latin."""
    return all(char.isascii() or char in _MARKS or char in "đĐ" for char in unicodedata.normalize("NFD", text)
               if char.isalpha() or unicodedata.combining(char))


def without_unseen(text: str) -> str:
    """The text without what nobody sees, which may make it read otherwise than it is."""
    return text if text.isascii() else _UNSEEN.sub("", text)


def plain(text: str) -> str:
    """What a text shows: letters that look like ours, of full width or of formulas, are ours; what is unseen is gone.

    A word of another alphabet stays as it is while the text holds letters of one that look like none of ours, unless
    ours, or our marks, stand in the word itself: no language mixes them.
    """
    if text.isascii():
        return text
    text = _WIDE.sub(lambda found: unicodedata.normalize("NFKC", found[0]), _UNSEEN.sub("", text))
    if not _FOREIGN.search(text):
        return text
    is_foreign = any(letter.translate(_LOOK_ALIKES) == letter for letter in _FOREIGN.findall(text) if letter.isalpha())
    return _WORD.sub(lambda found: _ours(found[0], is_foreign), text)


def _ours(word: str, is_foreign: bool) -> str:
    letters = unicodedata.normalize("NFD", word)
    shown = letters.translate(_LOOK_ALIKES)
    if shown == letters or _FOREIGN.search(shown):
        return word
    is_mixed = any(one in _OWN_MARKS or one.isalpha() and not _FOREIGN.match(one) for one in letters)
    return unicodedata.normalize("NFC", shown) if is_mixed or not is_foreign else word


def bare(text: str) -> str:
    """The letters a to z of a text, marks left out."""
    return "".join(char for char in unicodedata.normalize("NFD", text.lower().replace("đ", "d")) if "a" <= char <= "z")
