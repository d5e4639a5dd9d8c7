"""What differs between two versions of a form: fields added, removed, changed, put in another order (Art. 10.2).

Fields are matched by the key of their value. A place in the grid is not a change of what is asked. It checks nothing.
"""

import json
from collections.abc import Iterator
from typing import Any

from app.engine.difference_change import ADDED, CHANGED, MOVED, REMOVED, Change, versus
from app.engine.wording import Labels, condition, fit, listed, upper
from app.engine.wording_form import TYPES, Field, fields_of, labels_of

#: attributes of a component with words of their own, or that only place it
_TOLD = frozenset({"id", "key", "path", "type", "label", "dateLabel", "text", "description", "values", "conditional",
                   "layout", "components", "validate", "properties"})
_RULES = {"minLength": "số ký tự ít nhất", "maxLength": "số ký tự nhiều nhất", "min": "giá trị nhỏ nhất",
          "max": "giá trị lớn nhất", "pattern": "mẫu phải theo", "patternErrorMessage": "lời báo khi sai mẫu",
          "defaultValue": "giá trị có sẵn", "multiple": "chọn nhiều tệp", "accept": "loại tệp được nhận",
          "catalogue": "danh mục", "kind": "loại riêng", "disallowPassedDates": "không nhận ngày đã qua",
          "decimalDigits": "số chữ số thập phân", "increment": "bước nhảy", "searchable": "tìm trong danh sách"}


def differences(file: str, name: str, old: bytes, new: bytes, places: tuple[str, ...]) -> Iterator[Change]:
    """Changes of one form; `name` begins each sentence, `places` are the tasks that show it."""
    fields = [fields_of(text) for text in (old, new)]
    if fields[0] is None or fields[1] is None:
        yield Change(CHANGED, file, "", name, "unreadable", "", "", f"{name} không đọc được để so sánh.", places)
        return
    yield from _Forms(file, name, places, fields[0], fields[1], labels_of([old]), labels_of([new])).changes()


class _Forms:
    def __init__(self, file: str, name: str, places: tuple[str, ...], old: list[Field], new: list[Field],
                 before: Labels, after: Labels) -> None:
        self.file, self.name, self.places = file, name, places
        self.old, self.new = {one.path: one for one in old}, {one.path: one for one in new}
        self.before, self.after = before, after

    def changes(self) -> Iterator[Change]:
        """Added and changed in the order of the new form, removed, then the order."""
        for path, one in self.new.items():
            was = self.old.get(path)
            if was is None:
                yield self._made(ADDED, one, "field", "", self._whole(one), f"thêm {self._whole(one)}")
            else:
                yield from self._compared(was, one)
        for path, was in self.old.items():
            if path not in self.new:
                yield self._made(REMOVED, was, "field", self._whole(was), "", f"bỏ trường “{was.label}”")
        kept = [[path for path in side if path in other] for side, other in
                ((self.old, self.new), (self.new, self.old))]
        if kept[0] != kept[1]:
            order = [listed([f"“{self.new[path].label}”" for path in side]) for side in kept]
            yield Change(CHANGED, self.file, "", self.name, "order", order[0], order[1],
                         f"{self.name}: thứ tự các trường nay là {versus(order[1], order[0])}.", self.places)

    def _whole(self, one: Field) -> str:
        said = [TYPES.get(one.type, fit(one.type))]
        if one.is_required:
            said.append("bắt buộc nhập")
        if one.options:
            said.append("lựa chọn: " + listed([f"“{label}”" for label in one.options.values()]))
        if one.hide:
            said.append(f"ẩn khi {condition(one.hide, self.after)}")
        return f"trường “{one.label}” ({'; '.join(said)})"

    def _compared(self, was: Field, one: Field) -> Iterator[Change]:
        pairs = {
            "label": (f"“{was.label}”", f"“{one.label}”", "nay ghi"),
            "type": (TYPES.get(was.type, fit(was.type)), TYPES.get(one.type, fit(one.type)), "nay là"),
            "required": (_must(was), _must(one), "nay"),
            "hide": (self._hides(was, self.before), self._hides(one, self.after), "nay"),
            "description": (_quoted(was.component.get("description")), _quoted(one.component.get("description")),
                            "nay có lời hướng dẫn"),
        }
        raw = {"label": was.label == one.label, "type": was.type == one.type, "hide": was.hide == one.hide,
               "required": was.is_required == one.is_required,
               "description": was.component.get("description") == one.component.get("description")}
        for what, (before, after, verb) in pairs.items():
            if not raw[what]:
                yield self._set(one, what, before, after, verb)
        yield from self._options(was, one)
        yield from self._rest(was, one)

    @staticmethod
    def _hides(one: Field, labels: Labels) -> str:
        return f"ẩn khi {condition(one.hide, labels)}" if one.hide else "luôn hiện"

    def _options(self, was: Field, one: Field) -> Iterator[Change]:
        old, new = was.options, one.options
        if list(old.items()) == list(new.items()):
            return
        said = [f"thêm “{label}”" for value, label in new.items() if value not in old]
        said += [f"bỏ “{label}”" for value, label in old.items() if value not in new]
        said += [f"“{old[value]}” nay ghi “{label}”" for value, label in new.items()
                 if value in old and old[value] != label]
        said = said or ["đổi thứ tự"]
        before, after = (listed([f"“{label}”" for label in side.values()]) for side in (old, new))
        yield self._made(CHANGED, one, "options", before, after, f"trường “{one.label}”: lựa chọn {', '.join(said)}")

    def _rest(self, was: Field, one: Field) -> Iterator[Change]:
        """Every other attribute, rule and property, and at last the place in the grid."""
        old, new = _attributes(was), _attributes(one)
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                words = _RULES.get(name.rpartition(".")[2], f"thiết lập “{fit(name)}”")
                yield self._set(one, name, _value(old.get(name)), _value(new.get(name)), f"nay có {words}:")
        places = [[side.component.get("layout"), side.component.get("id")] for side in (was, one)]
        if places[0] != places[1]:
            yield self._made(MOVED, one, "moved", "", "", f"trường “{one.label}” chỉ đổi chỗ trên biểu mẫu")

    def _set(self, one: Field, what: str, before: str, after: str, verb: str) -> Change:
        return self._made(CHANGED, one, what, before, after,
                          f"trường “{one.label}” {versus(f'{verb} {after}', before)}")

    def _made(self, kind: str, one: Field, what: str, before: str, after: str, words: str) -> Change:
        return Change(kind, self.file, one.path, one.label, what, before, after,
                      f"{upper(self.name)}: {words}.", self.places)


def _must(one: Field) -> str:
    return "bắt buộc nhập" if one.is_required else "không bắt buộc"


def _quoted(value: Any) -> str:
    return f"“{fit(value, 300)}”" if value else "không có"


def _attributes(one: Field) -> dict[str, Any]:
    found = {name: value for name, value in one.component.items() if name not in _TOLD}
    for group in ("validate", "properties", "conditional"):
        inner = one.component.get(group)
        if isinstance(inner, dict):
            found |= {f"{group}.{name}": value for name, value in inner.items() if name not in ("required", "hide")}
        elif inner is not None:
            found[group] = inner
    values = one.component.get("values")
    if isinstance(values, list) and len(one.options) != len(values):
        found["values"] = values
    return found


def _value(value: Any) -> str:
    if value is None or value == "":
        return "không có"
    if isinstance(value, bool):
        return "có" if value else "không"
    return f"“{fit(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), 200)}”"
