"""What differs between two versions of a procedure, drawn and said: its drawing, forms, tables, scenarios (Art. 10.2).

`between` is pure over the files of two releases, or of one and a proposal. Families: difference_drawing.py (read by
difference_sketch.py), difference_form.py, difference_table.py; words by wording*.py. It also compares drafts that the
dialect refuses. It judges nothing: whether a change is lawful is check.py's.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.engine import difference_drawing, difference_form, difference_table
from app.engine.difference_change import ADDED, CHANGED, MOVED, REMOVED, Change
from app.engine.difference_sketch import Sketch, sketch
from app.engine.drawing import DiagramRefused
from app.engine.wording import fit, listed
from app.engine.wording_form import fields_of
from app.engine.wording_table import table_of

__all__ = ["ADDED", "CHANGED", "MOVED", "REMOVED", "Change", "Difference", "between"]

#: the strongest first: how an element is marked that several changes are about
_STRONGEST = (ADDED, REMOVED, CHANGED, MOVED)
#: the largest file of scenarios that is looked at
_MOST_CASE_BYTES = 1_000_000


@dataclass(frozen=True)
class Difference:
    """Everything that differs, in a fixed order: the drawing, forms, tables, scenarios; each by its file's order."""

    key: str
    changes: tuple[Change, ...]

    @property
    def is_behaviour(self) -> bool:
        """Whether anything may run otherwise than before."""
        return any(change.is_behaviour for change in self.changes)

    def count(self, kind: str) -> int:
        """How many changes are of a kind."""
        return sum(change.kind == kind for change in self.changes)

    def marks(self) -> dict[str, str]:
        """Element of the drawing -> the strongest kind of change at it; what is shown in a form changes its task."""
        found: dict[str, str] = {}
        for change in self.changes:
            kind = change.kind if change.file == f"bpmn:{self.key}" or change.kind == MOVED else CHANGED
            for place in change.places:
                known = found.get(place, MOVED)
                found[place] = min(kind, known, key=_STRONGEST.index)
        return found

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"key": self.key, "changes": [change.as_json() for change in self.changes], "marks": self.marks()}


def between(old: Mapping[str, bytes], new: Mapping[str, bytes], key: str) -> Difference:
    """What differs for a procedure; files by name ("bpmn:incoming", "form:verify"), those of others left out."""
    before, after = _drawn(old, key), _drawn(new, key)
    return Difference(key, tuple(_changes(old, new, key, before, after)))


def _drawn(files: Mapping[str, bytes], key: str) -> Sketch | None:
    text = files.get(f"bpmn:{key}")
    if text is None:
        return None
    try:
        return sketch(text)
    except DiagramRefused:
        return None


def _changes(old: Mapping[str, bytes], new: Mapping[str, bytes], key: str, before: Sketch | None,
             after: Sketch | None) -> Iterator[Change]:
    name = f"bpmn:{key}"
    if before is not None and after is not None and old[name] != new[name]:
        found = list(difference_drawing.differences(name, before, after, (_forms(old), _forms(new))))
        yield from found or [_same(name, "Sơ đồ")]
    elif old.get(name) != new.get(name):
        yield _whole_drawing(name, key, old, new, before, after)
    for part in _parts(old, new, before, after):
        yield from _part(part, old.get(part), new.get(part), before, after)
    yield from _scenarios(f"case:{key}", old.get(f"case:{key}"), new.get(f"case:{key}"))


def _whole_drawing(name: str, key: str, old: Mapping[str, bytes], new: Mapping[str, bytes], before: Sketch | None,
                   after: Sketch | None) -> Change:
    label = f"Sơ đồ “{fit(key)}”"
    if name not in old:
        return Change(ADDED, name, "", label, "file", "", label, f"{label} là sơ đồ mới, trước đây chưa có.")
    if name not in new:
        return Change(REMOVED, name, "", label, "file", label, "", f"{label} bị bỏ.")
    which = "trước" if before is None else "này"
    return Change(CHANGED, name, "", label, "unreadable", "", "",
                  f"{label}: bản {which} không đọc được nên không so sánh được từng phần.")


def _same(file: str, label: str) -> Change:
    return Change(MOVED, file, "", label, "text", "", "",
                  f"{label} được ghi lại với cách viết khác trong tệp; nội dung và cách chạy không đổi.")


def _forms(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name[5:]: text for name, text in files.items() if name.startswith("form:")}


def _used(drawn: Sketch | None, fact: str) -> list[str]:
    return [item.facts[fact] for item in drawn.items.values() if item.facts.get(fact)] if drawn else []


def _parts(old: Mapping[str, bytes], new: Mapping[str, bytes], before: Sketch | None, after: Sketch | None
           ) -> list[str]:
    """Forms in the order of the drawing, then every table: a release holds them all."""
    forms = dict.fromkeys(f"form:{key}" for key in (*_used(after, "form"), *_used(before, "form")))
    tables = sorted({name for name in (*old, *new) if name.startswith("dmn:")})
    return [*forms, *tables]


def _part(name: str, old: bytes | None, new: bytes | None, before: Sketch | None, after: Sketch | None
          ) -> Iterator[Change]:
    if old == new:
        return
    kind, _, key = name.partition(":")
    places = tuple(dict.fromkeys(
        item.id for drawn in (after, before) if drawn
        for item in drawn.items.values() if item.facts.get("form" if kind == "form" else "table") == key))
    label = _title(kind, key, places, before, after)
    if old is None or new is None:
        verb, made = ("bị bỏ", REMOVED) if new is None else ("được thêm", ADDED)
        about = _about(kind, old if new is None else new)
        yield Change(made, name, "", label, "file", about if new is None else "", about if old is None else "",
                     f"{label} {verb}{f' ({about})' if about else ''}.", places)
        return
    if kind == "form":
        found = list(difference_form.differences(name, label, old, new, places))
    else:
        found = list(difference_table.differences(name, old, new, places))
    yield from found or [_same(name, label)]


def _title(kind: str, key: str, places: tuple[str, ...], before: Sketch | None, after: Sketch | None) -> str:
    if kind == "dmn":
        return f"Bảng quyết định “{fit(key)}”"
    labels = []
    for place in places:
        item = next((drawn.items[place] for drawn in (after, before) if drawn and place in drawn.items), None)
        labels.append(f"“{item.name or place}”" if item else "")
    return f"Biểu mẫu “{fit(key)}”" + (f" của việc {listed(labels[:2])}" if labels else "")


def _about(kind: str, text: bytes | None) -> str:
    """What a file that came or went holds, in a few words."""
    if kind == "form":
        fields = [f"“{one.label}”" for one in fields_of(text) or [] if "key" in one.component]
        return f"các trường: {listed(fields[:12])}{' …' if len(fields) > 12 else ''}" if fields else ""
    table = table_of(text)
    return f"{len(table.rows)} dòng" if table else ""


def _scenarios(file: str, old: bytes | None, new: bytes | None) -> Iterator[Change]:
    """Saved trials by name, test rows of a table as one; a trial does not change how the procedure runs."""
    if old == new:
        return
    before, after = _case(old), _case(new)
    if before is None or after is None:
        yield Change(CHANGED, file, "", "Kịch bản", "unreadable", "", "", "Tệp kịch bản không đọc được để so sánh.")
        return
    found = []
    for name in dict.fromkeys([*after, *before]):
        kind = ADDED if name not in before else REMOVED if name not in after else CHANGED
        if before.get(name) != after.get(name):
            verb = {ADDED: "được thêm", REMOVED: "bị bỏ", CHANGED: "đã đổi"}[kind]
            found.append(Change(kind, file, name, name, "scenario", name if kind != ADDED else "",
                                name if kind != REMOVED else "", f"{name} {verb}."))
    yield from found or [_same(file, "Tệp kịch bản")]


def _case(text: bytes | None) -> dict[str, str] | None:
    """{“Kịch bản “Duyệt ngay””: all it holds}; None: it cannot be read."""
    if text is None:
        return {}
    if len(text) > _MOST_CASE_BYTES:
        return None
    try:
        raw = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    listed_, tables = (raw.get("scenarios"), raw.get("tables")) if isinstance(raw, dict) else (None, None)
    found = {f"Kịch bản “{fit(one.get('name'))}”": json.dumps(one, sort_keys=True)
             for one in (listed_ if isinstance(listed_, list) else ()) if isinstance(one, dict)}
    return found | {f"Dòng thử của bảng “{fit(name)}”": json.dumps(rows, sort_keys=True)
                    for name, rows in (tables.items() if isinstance(tables, dict) else ())}
