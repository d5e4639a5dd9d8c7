"""Sample documents and moves of a trial as somebody wrote them -> checked plain values (Art. 10.2).

Strict: another shape, another key, a value that instance data cannot hold is refused with a sentence. It plays
nothing (sandbox.py).
"""

import re
from dataclasses import dataclass, field
from typing import Any

from app.engine import template
from app.refusal import Refusal

Plain = dict[str, Any]

MAX_NAMES = 60
MAX_TEXT = 2000
MAX_ITEMS = 200
MAX_NUMBER = 10**15
_DATA_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_ELEMENT = re.compile(r"[A-Za-z_][\w.-]{0,199}")
_FORMS = ("", "electronic", "hybrid")
#: what a move may say beside what it is about
_MOVES = {"values": {"element", "occurrence", "values"}, "result": {"element", "occurrence", "result"},
          "timer": {"timer"}, "message": {"message", "payload"}}


class TrialRefused(Refusal):
    """The sample document or a move has not the shape that a trial can play.

    `facts["message"]` is the Vietnamese sentence.
    """

    code, article = "trial_refused", "Art. 10.2"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.facts["message"] = sentence


@dataclass(frozen=True)
class Sample:
    """A sample document: what its instance begins with, and what it brings about later."""

    data: Plain = field(default_factory=dict)
    #: electronic, hybrid or "" (Art. 4)
    exchange_form: str = ""
    #: incoming, outgoing (those have a form of exchange), or "" for a procedure that nothing starts
    direction: str = ""
    #: {step: {name: value}} instead of the usual results
    results: dict[str, Plain] = field(default_factory=dict)


def sample_of(key: str, raw: Any) -> Sample:
    """Check a sample for a procedure; what it leaves out is as usual. Raises TrialRefused."""
    if not isinstance(raw, dict) or set(raw) - {"name", "data", "exchange_form", "results"}:
        raise TrialRefused("Văn bản mẫu không đúng dạng.")
    known = template.procedures().get(key)
    data, form, results = raw.get("data", {}), raw.get("exchange_form"), raw.get("results", {})
    begun = {name: samples[0] for name, samples in known.gives.items()} if known else {}
    for name in _names(data, "Dữ liệu ban đầu"):
        if known and name not in begun:
            raise TrialRefused(f"Dữ liệu ban đầu “{name}” không có khi quy trình này bắt đầu.")
    if form is None:
        form = known.form if known else ""
    if form not in _FORMS:
        raise TrialRefused("Hình thức gửi của văn bản mẫu phải là electronic, hybrid hoặc để trống.")
    for step in _names(results, "Kết quả mẫu"):
        _names(results[step], f"Kết quả mẫu của bước “{step}”")
    direction = ("outgoing" if known.form else "incoming") if known else ""
    return Sample({**begun, **plain(data)}, form, direction, plain(results))


def move_of(raw: Any) -> Plain:
    """Check the shape of one move. Raises TrialRefused."""
    kind = next((kind for kind in _MOVES if isinstance(raw, dict) and kind in raw), None)
    if kind is None or set(raw) - _MOVES[kind]:
        raise TrialRefused("Thao tác không đúng dạng: phải là hoàn thành việc, kết quả bước, đến hạn hoặc nhận tin.")
    about = raw.get(kind if kind in ("timer", "message") else "element")
    if not isinstance(about, str) or not _ELEMENT.fullmatch(about):
        raise TrialRefused("Thao tác phải nêu mã phần tử.")
    occurrence = raw.get("occurrence")
    if occurrence is not None and (type(occurrence) is not int or not 0 < occurrence < MAX_NUMBER):
        raise TrialRefused("Lần thứ mấy của phần tử phải là số nguyên dương.")
    for given in ("values", "result", "payload"):
        if given in raw and not isinstance(raw[given], dict):
            raise TrialRefused("Giá trị của thao tác không đúng dạng.")
    return plain(raw)


def plain(value: Any, depth: int = 0) -> Any:
    """A copy of values that instance data can hold, within limits. Raises TrialRefused."""
    if value is None or isinstance(value, bool) or (isinstance(value, str) and len(value) <= MAX_TEXT):
        return value
    if isinstance(value, int | float) and abs(value) <= MAX_NUMBER:
        return value
    if isinstance(value, list) and len(value) <= MAX_ITEMS and depth < 6:
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, dict) and len(value) <= MAX_ITEMS and depth < 6:
        return {_text(name): plain(item, depth + 1) for name, item in value.items()}
    raise TrialRefused("Có giá trị quá dài hoặc không đúng dạng.")


def _text(name: Any) -> str:
    if not isinstance(name, str) or len(name) > MAX_TEXT:
        raise TrialRefused("Tên giá trị không đúng dạng.")
    return name


def _names(values: Any, what: str) -> list[str]:
    if not isinstance(values, dict) or len(values) > MAX_NAMES:
        raise TrialRefused(f"{what} không đúng dạng.")
    for name in values:
        if not isinstance(name, str) or not _DATA_NAME.fullmatch(name):
            raise TrialRefused(f"{what} có tên không hợp lệ.")
    return list(values)
