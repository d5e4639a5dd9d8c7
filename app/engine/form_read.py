"""Reads a form-js schema into parts the server can check; refuses what it cannot.

An allow-list (S2): component types, their attributes, the keys of fields, the shape of patterns. Text that the
browser would evaluate (FEEL, templates) is refused everywhere but in `conditional.hide`, which must be in our
language and may read only fields that are always shown, so that browser and server hide the same. Markup and
links that run are refused (S9).

It builds no marshmallow schema (`form_field.py`), checks no values (`form.py`) and reads no records.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.engine.language import Expression, ExpressionRefused, parse_setting
from app.refusal import Refusal

MAX_BYTES = 256 * 1024
MAX_COMPONENTS = 200
MAX_NESTING = 2
MAX_OPTIONS = 500
MAX_TITLE = 200
MAX_PATTERN = 200
#: quantifiers that can backtrack, in one pattern; with MAX_PATTERN_TEXT this bounds its cost
MAX_QUANTIFIERS = 3
MAX_PATTERN_TEXT = 200
#: characters of a field that names no maxLength
DEFAULT_LENGTHS = {"textfield": 1000, "textarea": 10_000}

CHOICES = ("radio", "select")
LISTS = ("checklist", "taglist")
_FIELDS = ("textfield", "textarea", "number", "checkbox", "datetime", "filepicker", *CHOICES, *LISTS)
_SHOWN = ("text", "separator", "spacer", "image")
_CONTAINERS = ("group", "dynamiclist")
_FORM_KEYS = {
    "type", "id", "title", "schemaVersion", "components", "exporter", "executionPlatform", "executionPlatformVersion",
    "versionTag", "$schema",
}  # fmt: skip
_COMPONENT_KEYS = {
    "type", "id", "key", "label", "description", "layout", "validate", "conditional", "properties", "defaultValue",
    "searchable", "values", "subtype", "dateLabel", "timeLabel", "timeSerializingFormat", "use24h",
    "timeInterval", "disallowPassedDates", "multiple", "accept", "decimalDigits", "increment", "serializeToString",
    "appearance", "components", "path", "showOutline", "isRepeating", "allowAddRemove", "defaultRepetitions",
    "disableCollapse", "nonCollapsedItems", "verticalAlignment", "text", "alt", "source", "height", "readonly",
    "disabled",
}  # fmt: skip
#: what of a component people read, beside the labels of its choices
TEXTS = ("label", "description", "dateLabel", "timeLabel", "text", "alt")
_RULES = {"required", "minLength", "maxLength", "pattern", "patternErrorMessage", "min", "max", "validationType"}
_KINDS = ("pin",)
_KEY = re.compile(r"[a-z][a-z0-9_]{0,47}")
_ENGINE_WORDS = {"typename", "data_objects", "this", "parent", "and", "or", "not", "in", "between", "if", "then",
                 "else", "true", "false", "null"}  # fmt: skip
_MARKUP = re.compile(r"<[a-zA-Z/!?]|\b(?:javascript|vbscript|data):", re.IGNORECASE)
_ATOM = r"(?:\[\^?(?:[^\[\]\\]|\\[dwsDWS.\-/\\\]\[^])+\]|\\[dwsDWS.\-/+*?()\[\]{}^$|\\]|[^\\\[\](){}|^$*+?])"
_PATTERN = re.compile(rf"\^((?:{_ATOM}(?:[*+?]|\{{\d{{1,3}}(?:,\d{{0,3}})?\}})?)+)\$")
_QUANTIFIER = re.compile(r"(?<!\\)(?:[*+?]|\{\d{1,3},\d{0,3}\})")


class FormRefused(Refusal):
    """The form cannot be published: the server could not check what it asks.

    `facts["message"]` is the Vietnamese sentence, `facts["element"]` the id or key of the component.
    """

    code = "form_refused"

    def __init__(self, sentence: str, element: str = "") -> None:
        super().__init__(f"{sentence} ({element})", element=element)
        self.facts["message"] = sentence


@dataclass(frozen=True, slots=True)
class Part:
    """A field, or a container that has a path. `hides` are its own conditions and those of groups around it."""

    key: str
    component: dict[str, Any]
    hides: tuple[Expression, ...]
    parts: tuple[Part, ...] = ()

    @property
    def type(self) -> str:
        """The form-js type."""
        return self.component["type"]

    @property
    def label(self) -> str:
        """What people read beside the field."""
        return self.component.get("label") or self.component.get("dateLabel") or self.key

    @property
    def rules(self) -> dict[str, Any]:
        """The `validate` of the component."""
        return self.component.get("validate", {})

    @property
    def properties(self) -> dict[str, str]:
        """The custom properties of the component."""
        return self.component.get("properties", {})


def schema_of(text: bytes) -> dict[str, Any]:
    """The JSON of a form file, within the limits. Raises FormRefused."""
    if len(text) > MAX_BYTES:
        raise FormRefused(f"Biểu mẫu lớn quá {MAX_BYTES // 1024} KB.")
    try:
        schema = json.loads(text.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise FormRefused("Biểu mẫu không phải là JSON đúng.") from error
    if not isinstance(schema, dict) or schema.get("type") != "default":
        raise FormRefused("Tệp không phải là biểu mẫu form-js.")
    unknown = schema.keys() - _FORM_KEYS
    if unknown:
        raise FormRefused(f"Biểu mẫu có thuộc tính không hỗ trợ: {min(unknown)[:60]}.")
    title = schema.get("title", "")
    if not isinstance(title, str) or len(title) > MAX_TITLE or _MARKUP.search(title):
        raise FormRefused(f"Tên biểu mẫu phải là chuỗi không quá {MAX_TITLE} ký tự, không có HTML.")
    return schema


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def parts_of(schema: dict[str, Any]) -> tuple[Part, ...]:
    """The fields of a form in order. Raises FormRefused with the component."""
    reader = _Reader()
    parts = tuple(reader.scope(schema.get("components"), (), 0))
    _check_hides(parts, {part.key for part in parts if not part.hides and not part.parts})
    return parts


def _check_hides(parts: tuple[Part, ...], shown: set[str]) -> None:
    for part in parts:
        for hide in part.hides:
            if not hide.names <= shown:
                name = min(hide.names - shown)
                raise FormRefused(
                    f"Điều kiện ẩn đọc “{name}”: chỉ được đọc trường luôn hiển thị của biểu mẫu này.", part.key
                )
        _check_hides(part.parts, shown)


def strings_of(value: Any) -> Iterator[str]:
    """Every string inside a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_of(item)


class _Reader:
    """Walks the components of one form."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._count = 0

    def scope(self, components: Any, hides: tuple[Expression, ...], depth: int) -> Iterator[Part]:
        """The parts of one scope of keys."""
        keys: set[str] = set()
        for part in self._inside(components, hides, depth):
            if part.key in keys:
                raise FormRefused(f"Khóa “{part.key}” dùng hai lần.", part.key)
            keys.add(part.key)
            yield part

    def _inside(self, components: Any, hides: tuple[Expression, ...], depth: int) -> Iterator[Part]:
        if not isinstance(components, list):
            raise FormRefused("Biểu mẫu thiếu danh sách thành phần (components).")
        for component in components:
            yield from self._component(component, hides, depth)

    def _component(self, component: Any, hides: tuple[Expression, ...], depth: int) -> Iterator[Part]:
        if not isinstance(component, dict):
            raise FormRefused("Thành phần của biểu mẫu không đúng dạng.")
        name = self._named(component)
        kind = component.get("type")
        if kind not in (*_FIELDS, *_SHOWN, *_CONTAINERS):
            raise FormRefused(f"Loại thành phần “{str(kind)[:40]}” không được dùng.", name)
        _check_component(component, name)
        own = _hide_of(component, name)
        hides = hides if own is None else (*hides, own)
        if kind in _FIELDS:
            yield Part(_key_of(component.get("key"), name), component, hides)
        elif kind in _CONTAINERS:
            yield from self._container(component, name, hides, depth + 1)

    def _named(self, component: dict[str, Any]) -> str:
        own = component.get("id", "")
        name = str(own or component.get("key") or component.get("type"))[:60]
        self._count += 1
        if self._count > MAX_COMPONENTS:
            raise FormRefused(f"Biểu mẫu có quá {MAX_COMPONENTS} thành phần.", name)
        if not isinstance(own, str) or own in self._ids:
            raise FormRefused("Mã (id) của thành phần dùng hai lần hoặc không phải chuỗi.", name)
        if own:
            self._ids.add(own)
        return name

    def _container(
        self, component: dict[str, Any], name: str, hides: tuple[Expression, ...], depth: int
    ) -> Iterator[Part]:
        if depth > MAX_NESTING:
            raise FormRefused(f"Nhóm lồng nhau quá {MAX_NESTING} tầng.", name)
        children = component.get("components")
        if component["type"] == "group" and not component.get("path"):
            yield from self._inside(children, hides, depth)
            return
        key = _key_of(component.get("path"), name)
        yield Part(key, component, hides, tuple(self.scope(children, (), depth)))


def _key_of(key: Any, name: str) -> str:
    if not isinstance(key, str) or not _KEY.fullmatch(key) or key in _ENGINE_WORDS:
        raise FormRefused(f"Khóa “{str(key)[:60]}” không dùng được: chữ thường a-z, số và gạch dưới.", name)
    return key


def _hide_of(component: dict[str, Any], name: str) -> Expression | None:
    conditional = component.get("conditional", {})
    if not isinstance(conditional, dict) or conditional.keys() - {"hide"}:
        raise FormRefused("Điều kiện chỉ gồm “hide”.", name)
    hide = conditional.get("hide")
    if not hide:
        return None
    if not isinstance(hide, str) or not hide.startswith("="):
        raise FormRefused("Điều kiện ẩn phải là biểu thức bắt đầu bằng “=”.", name)
    try:
        return parse_setting(hide)
    except ExpressionRefused as refused:
        raise FormRefused(f"Điều kiện ẩn: {refused.facts['message']}", name) from refused


def _check_component(component: dict[str, Any], name: str) -> None:
    unknown = component.keys() - _COMPONENT_KEYS
    if unknown:
        raise FormRefused(f"Thuộc tính “{min(unknown)[:60]}” không được dùng.", name)
    if component.get("readonly") or component.get("disabled"):
        raise FormRefused("Trường chỉ đọc không được dùng: máy chủ không kiểm tra được.", name)
    rest = {key: value for key, value in component.items() if key not in ("conditional", "components", "source")}
    for text in strings_of({**rest, "validate": _without_pattern(component.get("validate"))}):
        if text.lstrip().startswith("=") or "{{" in text:
            raise FormRefused("Biểu thức chỉ được dùng trong điều kiện ẩn.", name)
        if _MARKUP.search(text):
            raise FormRefused("HTML và liên kết chạy mã không được dùng.", name)
    source = component.get("source", "/")
    if not isinstance(source, str) or not re.fullmatch(r"/[\w\-./]*", source) or source.startswith("//"):
        raise FormRefused("Hình chỉ lấy từ máy chủ này.", name)
    if not isinstance(component.get("label", ""), str) or not isinstance(component.get("dateLabel", ""), str):
        raise FormRefused("Nhãn phải là chuỗi.", name)
    _check_properties(component, name)
    _check_rules(component, name)
    if component["type"] in (*CHOICES, *LISTS):
        _check_options(component, name)
    if component["type"] == "datetime" and component.get("subtype") not in ("date", "datetime"):
        raise FormRefused("Trường thời gian chỉ gồm ngày, hoặc ngày và giờ.", name)
    if not isinstance(component.get("multiple", False), bool):
        raise FormRefused("“multiple” phải là đúng hoặc sai.", name)


def _without_pattern(rules: Any) -> Any:
    return {key: value for key, value in rules.items() if key != "pattern"} if isinstance(rules, dict) else rules


def _check_properties(component: dict[str, Any], name: str) -> None:
    properties = component.get("properties", {})
    if not isinstance(properties, dict) or not all(isinstance(value, str) for value in properties.values()):
        raise FormRefused("Thuộc tính riêng phải là chuỗi.", name)
    kind, catalogue = properties.get("kind"), properties.get("catalogue")
    if kind is not None and (kind not in _KINDS or component["type"] != "textfield"):
        raise FormRefused(f"Loại riêng “{kind[:40]}” không được dùng ở đây.", name)
    if catalogue is not None and not _KEY.fullmatch(catalogue):
        raise FormRefused(f"Tên danh mục “{catalogue[:40]}” không đúng.", name)


def _check_options(component: dict[str, Any], name: str) -> None:
    options = component.get("values", [])
    if not isinstance(options, list) or len(options) > MAX_OPTIONS:
        raise FormRefused(f"Danh sách lựa chọn không đúng dạng hoặc quá {MAX_OPTIONS} mục.", name)
    values = []
    for option in options:
        is_option = isinstance(option, dict) and option.keys() <= {"label", "value"}
        if not is_option or not all(isinstance(option.get(part), str) for part in ("label", "value")):
            raise FormRefused("Mỗi lựa chọn gồm nhãn và giá trị, đều là chuỗi.", name)
        values.append(option["value"])
    if len(set(values)) != len(values) or "" in values:
        raise FormRefused("Giá trị lựa chọn bị trùng hoặc trống.", name)
    if not values and "catalogue" not in component.get("properties", {}):
        raise FormRefused("Trường lựa chọn thiếu danh sách giá trị hoặc danh mục.", name)


def _check_rules(component: dict[str, Any], name: str) -> None:
    rules = component.get("validate", {})
    if not isinstance(rules, dict) or rules.keys() - _RULES:
        raise FormRefused("Quy tắc kiểm tra không được hỗ trợ.", name)
    if not isinstance(rules.get("required", False), bool):
        raise FormRefused("“required” phải là đúng hoặc sai.", name)
    if rules.get("validationType") not in (None, "", "custom"):
        raise FormRefused("Kiểu kiểm tra có sẵn của form-js không được hỗ trợ; dùng “pattern”.", name)
    digits = component.get("decimalDigits", 0)
    whole = [rules.get("minLength", 0), rules.get("maxLength", 0), digits]
    if any(type(number) is not int or not 0 <= number <= 100_000 for number in whole) or digits > 10:
        raise FormRefused("Độ dài và số chữ số thập phân phải là số nguyên không âm.", name)
    bounds = [rules.get("min", 0), rules.get("max", 0), component.get("increment", 1) or 1]
    if any(type(number) not in (int, float) or abs(number) > 10**15 for number in bounds) or bounds[2] <= 0:
        raise FormRefused("Giới hạn của số không đúng.", name)
    _check_pattern(component, rules, name)


def _check_pattern(component: dict[str, Any], rules: dict[str, Any], name: str) -> None:
    pattern = rules.get("pattern")
    if not pattern:
        return
    if component["type"] != "textfield" or not 0 < rules.get("maxLength", 0) <= MAX_PATTERN_TEXT:
        raise FormRefused(f"“pattern” cần trường một dòng có maxLength tối đa {MAX_PATTERN_TEXT}.", name)
    if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN or not _PATTERN.fullmatch(pattern):
        raise FormRefused("“pattern” chỉ gồm ^, ký tự, [nhóm ký tự], lượng từ và $.", name)
    if len(_QUANTIFIER.findall(re.sub(r"\[[^\]]*\]", "x", pattern))) > MAX_QUANTIFIERS:
        raise FormRefused(f"“pattern” có quá {MAX_QUANTIFIERS} lượng từ thay đổi.", name)
    try:
        re.compile(pattern)
    except re.error as error:
        raise FormRefused("“pattern” không phải là mẫu đúng.", name) from error
