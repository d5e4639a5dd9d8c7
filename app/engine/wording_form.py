"""What the fields of a form are called, read leniently: also from a draft that could not be published yet.

Gives the labels of fields and options for sentences (wording.py), and which forms stand before an element: the one
that gave `decision` is the nearest before the gateway. It checks nothing (form_read.py does) and draws nothing.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from app.engine.form_read import MAX_BYTES
from app.engine.wording import Labels, fit

#: levels of groups within each other, and components of one form, that are looked at
_DEEPEST, _MOST = 10, 2000
TYPES = {
    "textfield": "ô một dòng", "textarea": "ô nhiều dòng", "number": "ô số", "checkbox": "ô đánh dấu",
    "radio": "chọn một", "select": "chọn trong danh sách", "checklist": "chọn nhiều", "taglist": "chọn nhiều",
    "datetime": "ngày", "filepicker": "tệp", "text": "dòng chữ", "group": "nhóm", "dynamiclist": "danh sách",
    "separator": "đường kẻ", "spacer": "khoảng trống", "image": "hình", "html": "HTML", "button": "nút",
}


@dataclass(frozen=True)
class Field:
    """One component: `path` is its key with those of the lists around it, or its id when it holds no value."""

    path: str
    component: Mapping[str, Any] = field(hash=False)

    @property
    def type(self) -> str:
        """The form-js type."""
        return str(self.component.get("type", ""))

    @property
    def label(self) -> str:
        """What people read beside it."""
        shown = self.component
        return fit(shown.get("label") or shown.get("dateLabel") or shown.get("text") or self.path)

    @property
    def is_required(self) -> bool:
        """Whether it must be filled in."""
        rules = self.component.get("validate")
        return isinstance(rules, dict) and rules.get("required") is True

    @property
    def hide(self) -> str:
        """The condition under which it is hidden; "" for none."""
        conditional = self.component.get("conditional")
        hide = conditional.get("hide") if isinstance(conditional, dict) else None
        return hide if isinstance(hide, str) else ""

    @property
    def options(self) -> dict[str, str]:
        """{value: label} of the choices written in the form."""
        values = self.component.get("values")
        found = values if isinstance(values, list) else []
        return {str(o.get("value")): fit(o.get("label")) for o in found if isinstance(o, dict)}


@lru_cache(maxsize=128)
def fields_of(text: bytes | None) -> list[Field] | None:
    """The components of a form in order, those inside groups after their group; None: it cannot be read."""
    if text is None or len(text) > MAX_BYTES:
        return None
    try:
        schema = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(schema, dict) or not isinstance(schema.get("components"), list):
        return None
    found: list[Field] = []
    for one in _inside(schema["components"], "", 0):
        found.append(one)
        if len(found) > _MOST:
            return None
    return found


def _inside(components: list[Any], prefix: str, depth: int) -> Iterator[Field]:
    for number, component in enumerate(components):
        if not isinstance(component, dict):
            continue
        key = component.get("key") or component.get("path")
        own = str(key or component.get("id") or f"#{number}")[:100]
        yield Field(prefix + own, component)
        inner = component.get("components")
        if isinstance(inner, list) and depth < _DEEPEST:
            yield from _inside(inner, f"{prefix}{key}." if key else prefix, depth + 1)


def labels_of(forms: list[bytes | None]) -> Labels:
    """What the fields of these forms and their options are called; the first form that has a name wins."""
    names: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    chosen, ticked = {"decision"}, set()
    for text in forms:
        for one in fields_of(text) or []:
            if one.path in names:
                continue
            names[one.path] = one.label
            if one.options:
                values[one.path] = one.options
            if one.type in ("radio", "select") and one.options:
                chosen.add(one.path)
            if one.type == "checkbox":
                ticked.add(one.path)
    return Labels(names, values, frozenset(chosen), frozenset(ticked))


def nearest(start: str, entering: Mapping[str, list[str]], form_of: Mapping[str, str | None]) -> list[str]:
    """Keys of the forms whose tasks stand nearest before an element, on each way that leads to it."""
    found: dict[str, None] = {}
    seen, ahead = {start}, list(entering.get(start, []))
    while ahead:
        node = ahead.pop(0)
        if node in seen:
            continue
        seen.add(node)
        if form_of.get(node):
            found[form_of[node] or ""] = None
        else:
            ahead += entering.get(node, [])
    return list(found)


def labels_at(start: str, entering: Mapping[str, list[str]], form_of: Mapping[str, str | None],
              forms: Mapping[str, bytes]) -> Labels:
    """The labels for a condition at an element: of the nearest forms first, then of every form of the diagram.

    `forms` are the texts by form key.
    """
    near = nearest(start, entering, form_of)
    rest = [key for key in dict.fromkeys(form_of.values()) if key and key not in near]
    return labels_of([forms.get(key) for key in (*near, *rest)])
