"""The letters of Vietnamese: whether a text is written in them, and what it is without its marks (Art. 2.2, 3.2).

Texts in old encodings (TCVN3, VNI) say other letters than they show. It decodes none of them.
"""

import unicodedata

#: tones, circumflex, breve, horn
_MARKS = frozenset("\u0300\u0301\u0303\u0309\u0323\u0302\u0306\u031b")


def is_vietnamese(text: str) -> bool:
    """Whether all letters are Vietnamese ones or plain Latin."""
    return all(char.isascii() or char in _MARKS or char in "đĐ" for char in unicodedata.normalize("NFD", text)
               if char.isalpha() or unicodedata.combining(char))


def bare(text: str) -> str:
    """The letters a to z of a text, marks left out."""
    return "".join(char for char in unicodedata.normalize("NFD", text.lower().replace("đ", "d")) if "a" <= char <= "z")
