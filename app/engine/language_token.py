"""The expression language: text -> tokens.

One pass, character by character: no regular expression, no cost above the length of the text. It knows
signs, numbers, texts and words; what they mean together is the parser's.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.engine.language_tree import MAX_DIGITS, MAX_NAME, MAX_NUMBER, MAX_TEXT, ExpressionRefused

_PAIRS = ("..", "<=", ">=", "!=")
_SIGNS = "=<>+-*/()[],.?"
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_DIGITS = frozenset("0123456789")
_NAME_PART = _LETTERS | _DIGITS
_HEX = frozenset("0123456789abcdefABCDEF")
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t", "r": "\r", "'": "'", "/": "/"}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is name, number, text, sign or end."""

    kind: str
    value: Any
    position: int

    def __str__(self) -> str:
        return "hết biểu thức" if self.kind == "end" else f"“{str(self.value)[:40]}”"


def tokens_of(text: str) -> list[Token]:
    """Cut `text` into tokens, the last one of kind "end"."""
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise ExpressionRefused(f"Biểu thức phải là chuỗi không quá {MAX_TEXT} ký tự.")
    found: list[Token] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char in " \t\r\n":
            at += 1
            continue
        if char == '"':
            token, at = _text_at(text, at)
        elif char in _LETTERS:
            token, at = _name_at(text, at)
        elif char in _DIGITS:
            token, at = _number_at(text, at)
        else:
            token, at = _sign_at(text, at)
        found.append(token)
    found.append(Token("end", "", len(text)))
    return found


def _sign_at(text: str, start: int) -> tuple[Token, int]:
    pair = text[start : start + 2]
    if pair in _PAIRS:
        return Token("sign", pair, start), start + 2
    if text[start] in _SIGNS:
        return Token("sign", text[start], start), start + 1
    shown = text[start] if text[start].isprintable() else f"U+{ord(text[start]):04X}"
    raise ExpressionRefused(f"Ký tự “{shown}” không dùng được trong biểu thức.", start)


def _name_at(text: str, start: int) -> tuple[Token, int]:
    end = start
    while end < len(text) and text[end] in _NAME_PART:
        end += 1
    name = text[start:end]
    if name.startswith("_") or len(name) > MAX_NAME:
        raise ExpressionRefused(
            f"Tên không được bắt đầu bằng gạch dưới và không quá {MAX_NAME} ký tự.", start
        )
    return Token("name", name, start), end


def _number_at(text: str, start: int) -> tuple[Token, int]:
    end = start
    while end < len(text) and text[end] in _DIGITS:
        end += 1
    is_whole = True
    if text[end : end + 1] == "." and text[end + 1 : end + 2] in _DIGITS:
        is_whole = False
        end += 1
        while end < len(text) and text[end] in _DIGITS:
            end += 1
    written = text[start:end]
    if len(written) > MAX_DIGITS or Decimal(written) > MAX_NUMBER:
        raise ExpressionRefused("Số quá lớn hoặc quá nhiều chữ số.", start)
    return Token("number", int(written) if is_whole else Decimal(written), start), end


def _text_at(text: str, start: int) -> tuple[Token, int]:
    parts: list[str] = []
    at = start + 1
    while at < len(text) and text[at] != '"':
        char, width = (text[at], 1) if text[at] != "\\" else _escape_at(text, at)
        if char < " " and char not in "\n\t\r" or "\ud800" <= char <= "\udfff":
            raise ExpressionRefused("Chuỗi có ký tự điều khiển không được phép.", at)
        parts.append(char)
        at += width
    if at >= len(text):
        raise ExpressionRefused("Chuỗi chưa đóng ngoặc kép.", start)
    return Token("text", "".join(parts), start), at + 1


def _escape_at(text: str, at: int) -> tuple[str, int]:
    following = text[at + 1 : at + 2]
    digits = text[at + 2 : at + 6]
    if following == "u" and len(digits) == 4 and all(char in _HEX for char in digits):
        return chr(int(digits, 16)), 6
    if following in _ESCAPES:
        return _ESCAPES[following], 2
    raise ExpressionRefused("Dấu “\\” trong chuỗi phải đi với ký tự thoát hợp lệ.", at)
