"""Form parts -> marshmallow: one field class per form-js type, with Vietnamese messages.

Values come out as JSON: text trimmed and in NFC, whole numbers as int, other numbers as text, dates as ISO text,
moments as ISO text in UTC, lists of text. An empty value is None (an empty list, an unticked box).

It reads no schema file (`form_read.py`), knows no catalogue of records and hides nothing (`form.py`).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from app.engine.form_read import CHOICES, DEFAULT_LENGTHS, LISTS, MAX_OPTIONS, Part
from app.engine.language_value import ExpressionFailed, date_from, moment_from

MAX_FILES = 50
MAX_ROWS = 200
MAX_NUMBER = 10**15
REQUIRED = "Bắt buộc nhập."
_NUMBER = re.compile(r"-?\d{1,16}(\.\d{1,10})?", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Checked(Schema):
    """A form or a row of it: unknown keys are an error."""

    error_messages = {
        "unknown": "Trường này không có trong biểu mẫu.",
        "type": "Dữ liệu không đúng dạng.",
    }


class _Blank(fields.Field):
    """A field whose empty text is null."""

    default_error_messages = {
        "required": REQUIRED,
        "null": REQUIRED,
        "invalid": "Giá trị không đúng dạng.",
        "type": "Giá trị không đúng dạng.",
    }

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **rest: Any) -> Any:
        """Empty and blank text count as null."""
        if isinstance(value, str) and not value.strip():
            value = None
        return super().deserialize(value, attr, data, **rest)


class Words(_Blank):
    """Text: trimmed, NFC, no control characters, in one line no end of one; `is_secret` text is kept as typed."""

    def __init__(self, *, is_single_line: bool = False, is_secret: bool = False, **rest: Any) -> None:
        super().__init__(**rest)
        self._allowed = "" if is_single_line else "\n\r\t"
        self._refused = ("Cc", "Cs", "Zl", "Zp") if is_single_line else ("Cc", "Cs")
        self._is_secret = is_secret

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if any(unicodedata.category(char) in self._refused and char not in self._allowed for char in value):
            raise ValidationError("Có ký tự không được phép.")
        if self._is_secret:
            return value
        return unicodedata.normalize("NFC", value).strip()


class Amount(_Blank):
    """A number; int when no decimals are allowed, else its text."""

    default_error_messages = {"invalid": "Giá trị phải là số."}

    def __init__(self, *, digits: int | None, step: Decimal | None, **rest: Any) -> None:
        super().__init__(**rest)
        self._digits = digits
        self._step = step

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> Decimal:
        written = repr(value) if type(value) in (int, float) and abs(value) <= MAX_NUMBER else value
        if not isinstance(written, str):
            raise self.make_error("invalid")
        if type(value) is float and "e" in written:
            written = f"{Decimal(written):f}"
        if not _NUMBER.fullmatch(written) or abs(Decimal(written)) > MAX_NUMBER:
            raise self.make_error("invalid")
        number = Decimal(written).normalize()
        decimals = max(0, -int(number.as_tuple().exponent))
        if self._digits is not None and decimals > self._digits:
            raise ValidationError(
                f"Tối đa {self._digits} chữ số thập phân." if self._digits else "Phải là số nguyên."
            )
        if self._step and number % self._step:
            raise ValidationError(f"Giá trị phải là bội số của {self._step}.")
        return number

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **rest: Any) -> Any:
        """Checked as a Decimal, handed on as JSON."""
        found = super().deserialize(value, attr, data, **rest)
        if not isinstance(found, Decimal):
            return found
        return int(found) if self._digits == 0 else f"{found:f}"


class Tick(_Blank):
    """A check box; a required one must be ticked."""

    def __init__(self, *, must: bool, **rest: Any) -> None:
        super().__init__(load_default=False, allow_none=True, **rest)
        self._must = must

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **rest: Any) -> bool:
        """A missing box is not ticked."""
        found = super().deserialize(value, attr, data, **rest) or False
        if self._must and not found:
            raise ValidationError(REQUIRED)
        return found

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> bool:
        if type(value) is not bool:
            raise self.make_error("invalid")
        return value


class Day(_Blank):
    """A date, ISO."""

    default_error_messages = {"invalid": "Ngày không đúng."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> str:
        try:
            day = date_from(value if isinstance(value, str) else "")
        except ExpressionFailed:
            raise self.make_error("invalid") from None
        if not 1900 <= day.year <= 2200:
            raise self.make_error("invalid")
        return day.isoformat()


class Moment(_Blank):
    """A date and time; Vietnamese time without an offset, UTC when handed on."""

    default_error_messages = {"invalid": "Ngày giờ không đúng."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> str:
        try:
            moment = moment_from(value if isinstance(value, str) else "").astimezone(UTC)
        except (ExpressionFailed, ValueError, OverflowError):
            raise self.make_error("invalid") from None
        if not 1900 <= moment.year <= 2200:
            raise self.make_error("invalid")
        return moment.isoformat()


class Stored(_Blank):
    """A file already uploaded: its sha256."""

    default_error_messages = {"invalid": "Tệp chưa được tải lên."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> str:
        if not isinstance(value, str) or not _SHA256.fullmatch(value):
            raise self.make_error("invalid")
        return value


class Several(_Blank):
    """A list of texts, each once, in the order given."""

    def __init__(self, inner: fields.Field, *, must: bool, limit: int, **rest: Any) -> None:
        super().__init__(load_default=list, allow_none=True, **rest)
        self._inner, self._must, self._limit = inner, must, limit

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **rest: Any) -> list[str]:
        """Null and a missing list are empty."""
        found = super().deserialize(value, attr, data, **rest) or []
        if self._must and not found:
            raise ValidationError(REQUIRED)
        return found

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> list[str]:
        if isinstance(value, str) and isinstance(self._inner, Stored):
            value = [value]
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if len(value) > self._limit:
            raise ValidationError(f"Tối đa {self._limit} mục.")
        return list(dict.fromkeys(self._inner.deserialize(item) for item in value))


def schema_from(parts: tuple[Part, ...]) -> type[Schema]:
    """The marshmallow schema of one scope of a form."""
    return Checked.from_dict({part.key: _field(part) for part in parts}, name="Form")


def _field(part: Part) -> fields.Field:
    must = bool(part.rules.get("required"))
    presence: dict[str, Any] = {"required": True} if must else {"load_default": None, "allow_none": True}
    if part.type in ("group", "dynamiclist"):
        return _nested(part)
    if part.type in ("textfield", "textarea"):
        return _words(part, presence)
    if part.type == "number":
        return _amount(part, presence)
    if part.type == "checkbox":
        return Tick(must=must)
    if part.type == "datetime":
        return (Day if part.component["subtype"] == "date" else Moment)(**presence)
    if part.type in CHOICES:
        return Words(is_single_line=True, validate=_options(part), **presence)
    if part.type in LISTS:
        inner = Words(is_single_line=True, required=True, validate=_options(part))
        return Several(inner, must=must, limit=MAX_OPTIONS)
    if part.component.get("multiple"):
        return Several(Stored(required=True), must=must, limit=MAX_FILES)
    return Stored(**presence)


def _nested(part: Part) -> fields.Field:
    messages = {"type": "Dữ liệu không đúng dạng.", "invalid": "Dữ liệu không đúng dạng.", "null": REQUIRED}
    inner = fields.Nested(schema_from(part.parts), error_messages=messages | {"required": REQUIRED})
    if part.type == "group":
        inner.required = True
        return inner
    rows = validate.Length(max=MAX_ROWS, error=f"Tối đa {MAX_ROWS} dòng.")
    return fields.List(inner, load_default=list, validate=rows, error_messages=messages)


def _words(part: Part, presence: dict[str, Any]) -> Words:
    least = part.rules.get("minLength") or None
    most = part.rules.get("maxLength") or DEFAULT_LENGTHS[part.type]
    checks: list[validate.Validator] = [validate.Length(max=most, error=f"Tối đa {most} ký tự.")]
    if least:
        checks.append(validate.Length(min=least, error=f"Tối thiểu {least} ký tự."))
    if part.rules.get("pattern"):
        checks.append(_Shape(part.rules["pattern"], part.rules.get("patternErrorMessage")))
    is_secret = part.properties.get("kind") == "pin"
    return Words(is_single_line=part.type == "textfield", is_secret=is_secret, validate=checks, **presence)


class _Shape(validate.Validator):
    """The whole text against a pattern that form_read.py found cheap; only then, when it is short enough."""

    def __init__(self, pattern: str, message: object) -> None:
        self._pattern = re.compile(pattern[1:-1], re.ASCII)
        self._most = 200
        self._message = message if isinstance(message, str) and message else "Không đúng mẫu quy định."

    def __call__(self, value: str) -> str:
        """Refuses a text that is not of the shape."""
        if len(value) > self._most or not self._pattern.fullmatch(value):
            raise ValidationError(self._message)
        return value


def _amount(part: Part, presence: dict[str, Any]) -> Amount:
    digits, step = part.component.get("decimalDigits"), part.component.get("increment")
    checks: list[validate.Validator] = []
    if "min" in part.rules:
        least = Decimal(repr(part.rules["min"]))
        checks.append(validate.Range(min=least, error=f"Không nhỏ hơn {least}."))
    if "max" in part.rules:
        most = Decimal(repr(part.rules["max"]))
        checks.append(validate.Range(max=most, error=f"Không lớn hơn {most}."))
    return Amount(
        digits=digits, step=Decimal(repr(step)) if step else None, validate=checks, **presence
    )


def _options(part: Part) -> list[validate.Validator]:
    if "catalogue" in part.properties:
        return []
    allowed = [option["value"] for option in part.component["values"]]
    return [validate.OneOf(allowed, error="Lựa chọn không có trong danh sách.")]
