"""The expression language: the values it computes with, their limits and their arithmetic.

Kinds are those of FEEL: null, boolean, number (int or Decimal), text, date, date and time (aware), duration
(days and below, or months), list, context. Null goes through arithmetic; kinds that do not fit are a failure.

It knows no tree and no data (`language_walk.py`), and reads no clock.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Context, Decimal, DivisionByZero, InvalidOperation
from typing import Any

from app.engine.language_tree import MAX_NUMBER
from app.refusal import Refusal

MAX_LENGTH = 10_000
MAX_PLACES = 15
#: dates are Vietnamese dates; the country has one zone and no summer time
VIETNAM = timezone(timedelta(hours=7))
CONTEXT = Context(prec=34, traps=[DivisionByZero, InvalidOperation])

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,16}(\.\d{1,18})?", re.ASCII)
_DURATION = re.compile(
    r"(-)?P(?=[\dT])(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,4})W)?(?:(\d{1,6})D)?"
    r"(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?",
    re.ASCII,
)


class ExpressionFailed(Refusal):
    """The expression has no value for these data; `facts["message"]` says why, in Vietnamese."""

    code = "expression_failed"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.facts["message"] = sentence


@dataclass(frozen=True, slots=True, order=True)
class Months:
    """A duration in calendar months, e.g. `duration("P1Y2M")` is 14."""

    count: int


@dataclass(frozen=True, slots=True)
class Range:
    """The value of `[low..high]`; lives only inside `in` and decision cells."""

    low: Any
    high: Any
    has_low: bool
    has_high: bool


KINDS = {
    type(None): "null", bool: "boolean", int: "number", Decimal: "number", str: "text", date: "date",
    datetime: "date and time", timedelta: "duration", Months: "months", list: "list", dict: "context",
    Range: "range",
}  # fmt: skip
#: the kinds that can be compared with < and >
ORDERED = {"number", "text", "date", "date and time", "duration", "months"}
#: the kinds as people are told of them
NAMES = {
    "null": "rỗng", "boolean": "đúng/sai", "number": "số", "text": "chuỗi", "date": "ngày",
    "date and time": "thời điểm", "duration": "khoảng thời gian", "months": "số tháng", "list": "danh sách",
    "context": "nhóm dữ liệu", "range": "khoảng",
}  # fmt: skip


def kind_of(value: Any) -> str:
    """The FEEL kind of a plain value."""
    return KINDS[type(value)]


def checked(value: Any) -> Any:
    """`value` itself, when it is within the limits of its kind."""
    kind = type(value)
    if kind is Decimal and not value.is_finite() or kind in (int, Decimal) and abs(value) > MAX_NUMBER:
        raise ExpressionFailed("Số quá lớn.")
    if kind is str and len(value) > MAX_LENGTH:
        raise ExpressionFailed(f"Chuỗi dài quá {MAX_LENGTH} ký tự.")
    if kind is datetime and value.tzinfo is None:
        raise ExpressionFailed("Thời điểm thiếu múi giờ.")
    return value


def whole(number: int | Decimal) -> int | Decimal:
    """A Decimal without fraction becomes an int."""
    if type(number) is int or abs(number) > MAX_NUMBER or number != number.to_integral_value():
        return number
    return int(number)


def _shifted(day: date | datetime, months: Months) -> date | datetime:
    """The same day `months` later, or the last day of a shorter month."""
    index = day.year * 12 + day.month - 1 + months.count
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        raise ExpressionFailed("Ngày vượt ngoài lịch.")
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


def _with_sign(sign: str, right: Any) -> Any:
    if sign == "+":
        return right
    return Months(-right.count) if type(right) is Months else -right


def calculated(sign: str, left: Any, right: Any) -> Any:
    """One arithmetic operation; null when either side is null, a failure when the kinds do not fit."""
    kinds = (kind_of(left), kind_of(right))
    if "null" in kinds:
        return None
    if kinds == ("number", "number"):
        return checked(_numbers(sign, left, right))
    if sign in "+-":
        if sign == "+" and kinds in (("duration", "date"), ("duration", "date and time"), ("months", "date")):
            left, right, kinds = right, left, kinds[::-1]
        if kinds[0] in ("date", "date and time") and kinds[1] == "months":
            return _shifted(left, _with_sign(sign, right))
        if kinds[1] == "duration" and kinds[0] in ("date", "date and time", "duration"):
            return left + _with_sign(sign, right)
        if kinds == ("months", "months"):
            return Months(left.count + _with_sign(sign, right).count)
        if sign == "-" and kinds in (("date", "date"), ("date and time", "date and time")):
            return left - right
        if sign == "+" and kinds == ("text", "text"):
            return checked(left + right)
    raise ExpressionFailed(f"Không tính được {NAMES[kinds[0]]} “{sign}” {NAMES[kinds[1]]}.")


def _numbers(sign: str, left: int | Decimal, right: int | Decimal) -> int | Decimal:
    if sign != "/" and type(left) is int and type(right) is int:
        return left + right if sign == "+" else left - right if sign == "-" else left * right
    first, second = Decimal(left), Decimal(right)
    if sign == "/" and not second:
        raise ExpressionFailed("Phép chia cho 0.")
    work = {"+": CONTEXT.add, "-": CONTEXT.subtract, "*": CONTEXT.multiply, "/": CONTEXT.divide}[sign]
    return whole(work(first, second))


def rounded(number: int | Decimal, places: int | Decimal, rounding: str) -> int | Decimal:
    """`number` to `places` digits after the comma (before it when negative)."""
    if type(places) is not int or abs(places) > MAX_PLACES:
        raise ExpressionFailed(f"Số chữ số làm tròn phải là số nguyên trong ±{MAX_PLACES}.")
    unit = Decimal(1).scaleb(-places)
    return whole(Decimal(number).quantize(unit, rounding=rounding, context=CONTEXT))


def number_from(text: str) -> int | Decimal:
    """`"-12.5"` as a number."""
    if not _NUMBER.fullmatch(text):
        raise ExpressionFailed("Chuỗi không phải là số.")
    return whole(Decimal(text))


def date_from(given: Any) -> date:
    """A text `2026-01-31`, a date, or a moment (its day in Vietnam) as a date."""
    if type(given) is date:
        return given
    if type(given) is datetime:
        return given.astimezone(VIETNAM).date()
    if not _DATE.fullmatch(given):
        raise ExpressionFailed("Ngày phải viết dạng 2026-01-31.")
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise ExpressionFailed(f"Không có ngày {given} trong lịch.") from None


def moment_from(text: str) -> datetime:
    """An ISO text as an aware datetime; without an offset it is Vietnamese time."""
    if not _MOMENT.fullmatch(text):
        raise ExpressionFailed("Thời điểm phải viết dạng 2026-01-31T08:00:00+07:00.")
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)


def duration_from(text: str) -> timedelta | Months:
    """`P1DT8H` as a timedelta, `P1Y2M` as Months."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise ExpressionFailed("Khoảng thời gian phải viết dạng P1D, PT8H hoặc P1M.")
    sign = -1 if found[1] else 1
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    if found[2] or found[3]:
        if any(found.group(4, 5, 6, 7, 8)):
            raise ExpressionFailed("Khoảng thời gian không trộn năm, tháng với ngày, giờ.")
        return Months(sign * (years * 12 + months))
    return sign * timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
