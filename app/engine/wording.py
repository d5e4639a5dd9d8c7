"""Conditions, cells, times and settings of diagrams, tables and forms put into Vietnamese words (Art. 10.2).

For the difference of two versions and the text of a procedure: `decision = "accept"` becomes “chọn “Đồng ý””, with the
labels that the forms give. What is not an expression is quoted as it stands. Text of files is hostile: `fit` makes it
one short line without control characters. It evaluates nothing and escapes nothing (the pages do).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from app.engine import language
from app.engine.language import VIETNAM, ExpressionRefused
from app.engine.language_tree import (
    Against,
    Arithmetic,
    Between,
    Call,
    Choice,
    Compare,
    Holds,
    Listing,
    Literal,
    Logic,
    Name,
    Negate,
    Node,
    Span,
    Tests,
    Within,
)

MOST_LABEL, MOST_TEXT = 100, 600
#: what the names of instance data mean to a reader; a form's own label comes first
NAMES = {
    "author_id": "người soạn thảo", "unit_id": "phòng, ban, đơn vị soạn thảo", "approver_id": "lãnh đạo duyệt và ký",
    "leader_id": "lãnh đạo được chuyển văn bản", "handler_id": "người được giao xử lý", "clerk_id": "văn thư tiếp nhận",
    "due_date": "thời hạn giao xử lý", "forward_due_date": "thời hạn chuyển lãnh đạo xử lý",
    "forward_due_at": "thời hạn chuyển lãnh đạo xử lý", "register_due_at": "thời hạn vào sổ",
    "extend_due_at": "thời hạn quyết định gia hạn", "opinion_due_at": "hạn cho ý kiến mà người soạn thảo đặt",
    "opinion_holder_id": "đơn vị (lãnh đạo đơn vị), người được xin ý kiến",
    "opinion_holder_ids": "danh sách đơn vị, người được xin ý kiến",
    "channel": "đường đến của văn bản", "signature_ok": "chữ ký số hợp lệ", "paper_awaited": "phải chờ hồ sơ giấy",
    "barred": "đọc rõ là không được cập nhật",
    "decision": "quyết định",
    "all_received": "tất cả nơi nhận đã hồi báo", "kind": "loại dự thảo", "scope": "phạm vi trao đổi",
    "type_name": "loại văn bản", "purpose": "mục đích", "exchange_form": "cách thức trao đổi",
    "priority": "độ khẩn", "code": "mã trạng thái", "day": "ngày áp dụng",
}
#: what their values mean
VALUES = {
    "channel": {"paper": "văn bản giấy", "exchange": "trục liên thông", "mail": "thư điện tử công vụ",
                "upload": "tệp điện tử do văn thư tải lên"},
    "kind": {"fresh": "văn bản mới", "answer": "văn bản trả lời"},
    "scope": {"internal": "nội bộ cơ quan, đơn vị", "between": "giữa các cơ quan, đơn vị"},
    "exchange_form": {"electronic": "hoàn toàn điện tử", "hybrid": "hỗn hợp (giấy và điện tử)"},
}
#: the opposite of a name that is true or not
_NOT = {"signature_ok": "chữ ký số không hợp lệ", "paper_awaited": "không phải chờ hồ sơ giấy",
        "barred": "không đọc rõ là không được cập nhật",
        "all_received": "còn nơi nhận chưa hồi báo"}
#: values that articles have named (`means`)
_meanings: dict[str, Mapping[str, str]] = {}
_DURATION = re.compile(
    r"P(?=[0-9T])(?:([0-9]{1,4})Y)?(?:([0-9]{1,4})M)?(?:([0-9]{1,4})W)?(?:([0-9]{1,6})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,6})H)?(?:([0-9]{1,7})M)?(?:([0-9]{1,9})S)?)?")
_UNITS = ("năm", "tháng", "tuần", "ngày", "giờ", "phút", "giây")
_SIGNS = {"=": "là", "!=": "khác", "<": "nhỏ hơn", "<=": "không quá", ">": "lớn hơn", ">=": "từ"}
_CALLS = {
    "contains": "{} có chứa {}", "starts with": "{} bắt đầu bằng {}", "ends with": "{} kết thúc bằng {}",
    "list contains": "{} có {}", "string length": "số ký tự của {}", "count": "số phần tử của {}", "today": "hôm nay",
    "now": "thời điểm hiện tại", "not": "không phải {}", "min": "giá trị nhỏ nhất của {}",
    "max": "giá trị lớn nhất của {}", "sum": "tổng của {}", "abs": "trị tuyệt đối của {}", "number": "{}",
    "lower case": "{}", "upper case": "{}", "round": "{} làm tròn đến {} chữ số", "floor": "phần nguyên dưới của {}",
    "ceiling": "phần nguyên trên của {}",
}


@dataclass(frozen=True)
class Labels:
    """What names of data and their values are called at one place: name -> words, name -> {value: words}."""

    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    #: names that a person chooses a value of: “chọn “Đồng ý””
    chosen: frozenset[str] = frozenset({"decision"})
    #: boxes that a person ticks
    ticked: frozenset[str] = frozenset()

    def name(self, name: str) -> str:
        """The words of a name, in quotes when they are a form's label or the bare name; "?" is a cell's own value."""
        if name == "?":
            return "giá trị"
        if name in self.names and not (name.endswith("_id") and name in NAMES):
            return f"“{fit(self.names[name])}”"
        return NAMES.get(name) or f"“{fit(name)}”"

    def value(self, name: str, value: object) -> str:
        """The words of a value of a name."""
        known = next((table[str(value)] for table in (self.values.get(name, {}), VALUES.get(name, {}),
                                                      _meanings.get(name, {})) if str(value) in table), "")
        return f"“{fit(known)}”" if known else literal(value)


def means(name: str, values: Mapping[str, str]) -> None:
    """Register what the codes of a name mean in words; called by the article that knows them."""
    _meanings[name] = values


def meaning(name: str, code: str) -> str:
    """What a code of a name means in words; the code itself where no article says."""
    return _meanings.get(name, {}).get(code, code)


def fit(text: object, most: int = MOST_LABEL) -> str:
    """Text of a hostile file made fit to show: one line, no control or direction characters, cut at `most`."""
    given = str("" if text is None else text)[:20 * most]
    kept = "".join(" " if unicodedata.category(char)[0] == "C" else char for char in given)
    line = " ".join(unicodedata.normalize("NFC", kept).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def lower(words: str) -> str:
    """The same with a small first letter, for the middle of a sentence; abbreviations stay."""
    return words if words[1:2].isupper() or not words else words[0].lower() + words[1:]


def upper(words: str) -> str:
    """The same with a capital first letter."""
    return words[:1].upper() + words[1:]


def listed(items: list[str], last: str = "và") -> str:
    """“a, b và c”."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else ""


def literal(value: object) -> str:
    """A constant of the language."""
    if value is None:
        return "để trống"
    if isinstance(value, bool):
        return "“có”" if value else "“không”"
    if isinstance(value, (int, float, Decimal)):
        return str(value).replace(".", ",")
    return f"“{fit(value)}”"


def length(time: timedelta | str) -> str:
    """“2 ngày”, “1 giờ 30 phút”; a text that is not a duration is quoted."""
    if isinstance(time, timedelta):
        days, seconds = time.days, time.seconds
        counts = (0, 0, 0, days, seconds // 3600, seconds % 3600 // 60, seconds % 60)
    else:
        found = _DURATION.fullmatch(time.strip())
        if not found or not any(found.groups()):
            return f"“{fit(time)}”"
        counts = tuple(int(part or 0) for part in found.groups())
    said = [f"{count} {unit}" for count, unit in zip(counts, _UNITS, strict=True) if count]
    return " ".join(said) or "0 ngày"


def moment(text: datetime | str) -> str:
    """“17 giờ 00 ngày 05/01/2027”; a text that is no moment is quoted."""
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else text
    except ValueError:
        return f"“{fit(text)}”"
    at = at.astimezone(VIETNAM) if at.tzinfo else at
    day = f"ngày {at:%d/%m/%Y}"
    return day if isinstance(text, str) and len(text) <= 10 else f"{at.hour} giờ {at:%M} {day}"


def timer(text: str) -> str:
    """A timer's constant: a duration or a moment."""
    return length(text) if text.strip().startswith("P") else moment(text.strip())


def condition(text: str, labels: Labels) -> str:
    """An expression in words, without a leading “nếu”; one that cannot be read is quoted."""
    try:
        return _said(language.parse(text.strip().removeprefix("=").strip()).tree, labels)
    except ExpressionRefused:
        return f"biểu thức “{fit(text)}” đúng"


def cell(text: str, name: str, labels: Labels) -> str:
    """A decision cell's tests about its column, e.g. “là “a” hoặc “b””; "" when anything passes."""
    try:
        tests = language.parse_unary(text)
    except ExpressionRefused:
        return f"thỏa “{fit(text)}”"
    return "" if tests.is_any else _tests(tests.tree, name, labels)


def answer(text: str, name: str, labels: Labels) -> str:
    """A decision's answer about its column."""
    try:
        tree = language.parse(text).tree
    except ExpressionRefused:
        return f"“{fit(text)}”" if text not in ("", "-") else "để trống"
    return labels.value(name, tree.value) if isinstance(tree, Literal) else _said(tree, labels)


def setting(text: str | None, labels: Labels, kind: str = "") -> str:
    """A setting as drawn (`=` and an expression, or a constant); `kind` "due": a time. "" for none."""
    text = (text or "").strip()
    if not text:
        return ""
    if text.startswith("="):
        try:
            tree = language.parse_setting(text).tree
        except ExpressionRefused:
            return f"theo “{fit(text)}”" if kind == "due" else f"“{fit(text)}”"
        if kind == "due" and isinstance(tree, Call) and tree.function == "duration":
            return _operand(tree, labels)
        return f"theo {_operand(tree, labels)}" if kind == "due" else _operand(tree, labels)
    return timer(text) if kind == "due" else f"“{fit(text)}”"


def due(text: str | None, labels: Labels) -> str:
    """“trong 1 ngày”, “theo thời hạn giao xử lý”, “trước hết ngày 05/01/2027”; "không hạn" for none."""
    said = setting(text, labels, "due")
    if not said:
        return "không hạn"
    if said.startswith("theo "):
        return said
    return f"trước hết {said}" if "ngày " in said and "/" in said else f"trong {said}"


def _operand(node: Node, labels: Labels, name: str = "") -> str:
    if isinstance(node, Literal):
        return labels.value(name, node.value)
    if isinstance(node, Name):
        return ".".join([labels.name(node.root), *map(fit, node.path)])
    return _said(node, labels)


def _said(node: Node, labels: Labels) -> str:
    if isinstance(node, (Literal, Name)):
        return _operand(node, labels)
    if isinstance(node, Logic):
        return _logic(node, labels)
    if isinstance(node, Compare):
        return _compare(node, labels)
    if isinstance(node, Between):
        low, high = _operand(node.low, labels), _operand(node.high, labels)
        return f"{_operand(node.item, labels)} từ {low} đến {high}"
    if isinstance(node, Within):
        name = node.item.root if isinstance(node.item, Name) else ""
        said = _tests(Tests(node.tests), name, labels)
        return f"chọn {said.removeprefix('là ')}" if name in labels.chosen else f"{_operand(node.item, labels)} {said}"
    if isinstance(node, Listing):
        return listed([_operand(item, labels) for item in node.items]) or "danh sách trống"
    if isinstance(node, Choice):
        chosen = _said(node.condition, labels)
        return f"{_operand(node.then, labels)} nếu {chosen}, ngoài ra {_operand(node.otherwise, labels)}"
    return _counted(node, labels)


def _counted(node: Node, labels: Labels) -> str:
    if isinstance(node, Negate):
        return f"-{_operand(node.item, labels)}"
    if isinstance(node, Arithmetic):
        rest = (f" {sign} {_operand(item, labels)}" for sign, item in zip(node.signs, node.rest, strict=True))
        return _operand(node.first, labels) + "".join(rest)
    if isinstance(node, Call):
        if node.function in ("date", "date and time", "duration") and isinstance(node.arguments[0], Literal):
            return timer(str(node.arguments[0].value))
        return _CALLS.get(node.function, "{}").format(*(_operand(item, labels) for item in node.arguments))
    if isinstance(node, Span):
        low, high = _operand(node.low, labels), _operand(node.high, labels)
        return f"{'từ' if node.has_low else 'trên'} {low} {'đến' if node.has_high else 'đến dưới'} {high}"
    return "điều kiện riêng"


def _logic(node: Logic, labels: Labels) -> str:
    said = [f"({_said(item, labels)})" if isinstance(item, Logic) else _said(item, labels) for item in node.items]
    return (" và " if node.word == "and" else " hoặc ").join(said)


def _compare(node: Compare, labels: Labels) -> str:
    left, right, sign = node.left, node.right, node.sign
    name = left.root if isinstance(left, Name) and not left.path else ""
    if isinstance(right, Literal) and isinstance(right.value, bool) and sign in ("=", "!="):
        return _holds(left, name, right.value == (sign == "="), labels)
    if isinstance(right, Literal) and right.value is None and sign in ("=", "!="):
        return f"{_operand(left, labels)} {'chưa có' if sign == '=' else 'đã có'}"
    if name in labels.chosen and sign in ("=", "!="):
        return f"{'chọn' if sign == '=' else 'không chọn'} {_operand(right, labels, name)}"
    tail = " trở lên" if sign == ">=" else ""
    return f"{_operand(left, labels)} {_SIGNS[sign]} {_operand(right, labels, name)}{tail}"


def _holds(node: Node, name: str, is_true: bool, labels: Labels) -> str:
    if name in labels.ticked:
        return f"{'đánh dấu' if is_true else 'không đánh dấu'} {labels.name(name)}"
    said = _operand(node, labels) if isinstance(node, Name) else f"({_said(node, labels)})"
    if name in _NOT and name not in labels.names:
        return said if is_true else _NOT[name]
    return f"{said} là {literal(is_true)}"


def _tests(tests: Tests, name: str, labels: Labels) -> str:
    plain = [_operand(item, labels, name) for item in tests.items if isinstance(item, (Literal, Name))]
    more = [_test(item, name, labels) for item in tests.items if not isinstance(item, (Literal, Name))]
    said = listed(([f"là {listed(plain, 'hoặc')}"] if plain else []) + more, "hoặc")
    return f"không {said}" if tests.is_negated else said


def _test(node: Node, name: str, labels: Labels) -> str:
    if isinstance(node, Against):
        item = _operand(node.item, labels, name)
        is_day = item.startswith("ngày ")
        if node.sign == ">=":
            return f"từ {item} trở {'đi' if is_day else 'lên'}"
        return f"{'đến hết' if is_day and node.sign == '<=' else _SIGNS[node.sign]} {item}"
    if isinstance(node, Holds):
        return f"thỏa: {_said(node.item, labels)}"
    if isinstance(node, Span):
        return _counted(node, labels)
    return f"là {_said(node, labels)}"
