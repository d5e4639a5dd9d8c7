"""What a request brings, before a view sees it: numbers a record can bear, text it can hold, JSON that is JSON.

PostgreSQL keeps no NUL, no half of a surrogate pair and no number beyond 64 bits; such values are refused
here as what they are, a bad request, instead of failing somewhere below. It does not check forms
(engine/form.py) or files (tools/media.py).
"""

import math
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Flask, abort, request
from flask_babel import gettext
from werkzeug.exceptions import BadRequest

from app.refusal import Refusal
from app.web.settings import settings

#: the largest id that a row can have
BIGGEST = 2**63 - 1
#: lists and groups of a form within each other (engine/form_read.py allows fewer)
DEEPEST = 10


def number(text: str) -> int:
    """A number of an address; raises ValueError for what no row can have."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= BIGGEST):
        raise ValueError(text)
    return int(text)


def whole(text: str) -> int:
    """A whole number of a form: an id, a version; 0, which none is, for anything else."""
    try:
        return number(text)
    except ValueError:
        return 0


class DaysUnclear(Refusal):
    """A day that is none, or a last day before the first."""

    code = "days_unclear"


def days(values: Mapping[str, str], first: str, last: str) -> tuple[date | None, date | None]:
    """Two days of these names, each may be left out. Raises DaysUnclear."""
    try:
        since, until = (date.fromisoformat(text) if (text := values.get(name, "")) else None for name in (first, last))
    except ValueError:
        raise DaysUnclear() from None
    if since and until and until < since:
        raise DaysUnclear()
    return since, until


def told() -> dict[str, Any]:
    """The JSON object of the body; 400 for anything else, however deep or long."""
    try:
        body = request.get_json()
    except RecursionError:
        raise BadRequest from None
    if not isinstance(body, dict):
        raise BadRequest
    return body


def storable(value: Any, depth: int = 0) -> Any:
    """A JSON value as a draft can keep it: what cannot be stored, or lies deeper than forms nest, is left out."""
    if depth > DEEPEST:
        return None
    if isinstance(value, str):
        return "".join(char for char in value if not _is_foreign(char))
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [storable(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {storable(key): storable(item, depth + 1) for key, item in value.items()}
    return value


def too_large() -> str:
    """The sentence for a file over the limit of this installation."""
    most = settings().max_upload_bytes / 1024 / 1024
    words = f"{most:.0f} MB" if most >= 1 else f"{most * 1024:.0f} KB"
    return gettext("Tệp vượt quá %(most)s. Hãy giảm dung lượng hoặc tách thành nhiều tệp.", most=words)


def _is_foreign(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\r\t"


def _check() -> None:
    if any(isinstance(value, int) and value > BIGGEST for value in (request.view_args or {}).values()):
        abort(404)
    for values in (request.args, request.form):
        if any(_is_foreign(char) for text in values.values() for char in text):
            abort(400)


def register_asked(app: Flask) -> None:
    """Before every view."""
    app.before_request(_check)
