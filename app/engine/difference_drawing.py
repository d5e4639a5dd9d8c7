"""What differs between two versions of a drawing: elements and flows added, removed, changed or moved (Art. 10.2).

Elements are matched by id. Each setting that changed is one Change with a sentence that names the element's label;
settings inside extensionElements too, which the editors' own comparison leaves out. A place on the paper is never a
change of how the procedure runs. It judges nothing (check.py does).
"""

from collections.abc import Callable, Iterator, Mapping

from app.engine import template
from app.engine.difference_change import ADDED, CHANGED, MOVED, REMOVED, Change, versus
from app.engine.difference_sketch import Item, Sketch
from app.engine.wording import Labels, condition, due, fit, listed, setting, timer, upper
from app.engine.wording_form import labels_at

NOUNS = {
    "startEvent": "điểm bắt đầu", "endEvent": "điểm kết thúc", "userTask": "việc", "scriptTask": "bước tự động",
    "businessRuleTask": "bước tra bảng quyết định", "subProcess": "quy trình con", "boundaryEvent": "sự kiện gắn kèm",
    "intermediateCatchEvent": "sự kiện chờ", "intermediateThrowEvent": "điểm nối", "exclusiveGateway": "điểm rẽ nhánh",
    "parallelGateway": "điểm song song", "inclusiveGateway": "điểm chọn nhiều nhánh",
    "eventBasedGateway": "điểm chờ sự kiện", "sequenceFlow": "đường nối", "lane": "làn", "laneSet": "nhóm làn",
    "participant": "khung quy trình", "process": "quy trình", "message": "thông điệp", "textAnnotation": "ghi chú",
    "association": "đường chỉ của ghi chú", "collaboration": "khung chung",
}  # fmt: skip
#: settings whose change says nothing about how it runs, only about how it was drawn
_DRAWN_ONLY = frozenset({"attribute:scriptFormat", "attribute:camunda:modelerTemplateIcon"})
#: items that are said at the elements that use them
_SILENT = frozenset({"collaboration", "laneSet", "association"})


def differences(file: str, old: Sketch, new: Sketch, forms: tuple[Mapping[str, bytes], Mapping[str, bytes]]
                ) -> Iterator[Change]:
    """Added and changed in the order of the new drawing, then removed, then moved. `forms`: texts by key, old, new."""
    before, after = _Side(file, old, forms[0]), _Side(file, new, forms[1])
    for item in new.items.values():
        was = old.items.get(item.id)
        if was is None:
            yield from after.whole(item, ADDED)
        else:
            yield from _changed(was, item, before, after)
    for item in old.items.values():
        if item.id not in new.items:
            yield from before.whole(item, REMOVED)
    yield from _moved(old, new, after)


class _Side:
    """One of the two drawings, with words for what stands in it."""

    def __init__(self, file: str, drawn: Sketch, forms: Mapping[str, bytes]) -> None:
        self.file, self.drawn, self.forms = file, drawn, forms
        self.templates = template.templates()

    def called(self, id_: str) -> str:
        """“Lãnh đạo duyệt”, or the noun and the id of what has no name."""
        item = self.drawn.items.get(id_)
        if item is None:
            return f"“{fit(id_)}”"
        if item.tag == "sequenceFlow":
            return f"từ {self.called(item.facts.get('source', ''))} tới {self.called(item.facts.get('target', ''))}"
        return f"“{item.name}”" if item.name else f"{_noun(item)} không tên ({fit(id_)})"

    def named(self, item: Item) -> str:
        """“việc “Lãnh đạo duyệt””."""
        called = self.called(item.id)
        return f"{_noun(item)} {called}" if item.name or item.tag == "sequenceFlow" else called

    def subject(self, item: Item) -> str:
        """The same for the beginning of a sentence."""
        return upper(self.named(item))

    def label(self, item: Item) -> str:
        """What a list calls it."""
        return item.name or self.called(item.id)

    def lane(self, id_: str) -> str:
        """The name of a lane."""
        lane = self.drawn.items.get(id_)
        return (lane.name or fit(id_)) if lane else (fit(id_) or "không làn nào")

    def labels(self, node: str) -> Labels:
        """The labels for an expression at a node."""
        return labels_at(node, self.drawn.entering, self.drawn.forms, self.forms)

    def whole(self, item: Item, kind: str) -> Iterator[Change]:
        """One change for an element that is new or gone."""
        if item.tag in _SILENT:
            return
        verb = "Thêm" if kind == ADDED else "Bỏ"
        said = self.named(item)
        what = {"sequenceFlow": "flow", "lane": "lane", "textAnnotation": "note"}.get(item.tag, "node")
        shown = self._about(item) if what in ("node", "flow") else fit(item.facts.get("note"), 300)
        sentence = f"{verb} {said}{self._where(item)}" + (f": {shown}." if shown else ".")
        yield Change(kind, self.file, item.id, self.label(item), what, "" if kind == ADDED else shown or said,
                     "" if kind == REMOVED else shown or said, sentence, (item.id,))

    def _where(self, item: Item) -> str:
        if not item.is_node:
            return ""
        lane = f" ở làn {self.lane(item.facts['lane'])}" if item.facts.get("lane") else ""
        before = [self.called(one) for one in dict.fromkeys(self.drawn.entering.get(item.id, []))]
        after = [self.called(one) for one in dict.fromkeys(self.drawn.following(item.id))]
        return (lane + (f", sau {listed(before[:3])}" if before else "")
                + (f", trước {listed(after[:3])}" if after else ""))

    def _about(self, item: Item) -> str:
        """The settings of an element in one line, for who reads that it is new or gone."""
        said = [f"{_WORDS[what][0]} {self.value(item, what)}" for what in _WORDS
                if item.facts.get(what) and what in _TOLD and self.value(item, what)]
        return "; ".join(said)

    def value(self, item: Item, what: str) -> str:
        """One setting in words; "" for none."""
        raw = item.facts.get(what, "")
        if what in _READ:
            return _READ[what](self, item, raw)
        return f"“{fit(raw, 300)}”" if raw else ""


def _noun(item: Item) -> str:
    return NOUNS.get(item.tag, f"phần tử {fit(item.tag)}")


def _offered(side: _Side, id_: str) -> str:
    known = side.templates.get(id_)
    return f"“{fit(known.label)}”" if known else f"“{fit(id_)}”"


def _due(side: _Side, item: Item, raw: str) -> str:
    return due(raw, side.labels(item.id)) if raw else ""


def _condition(side: _Side, item: Item, raw: str) -> str:
    return condition(raw, side.labels(item.facts.get("source", ""))) if raw else ""


def _setting(side: _Side, item: Item, raw: str) -> str:
    return setting(raw, side.labels(item.id))


def _branches(side: _Side, item: Item, raw: str) -> str:
    targets = [side.drawn.items[flow].facts.get("target", "") for flow in raw.split() if flow in side.drawn.items]
    return listed([f"tới {side.called(target)}" for target in targets], "rồi")


def _default(side: _Side, item: Item, raw: str) -> str:
    flow = side.drawn.items.get(raw)
    return f"tới {side.called(flow.facts.get('target', ''))}" if flow else (f"“{fit(raw)}”" if raw else "")


_READ: dict[str, Callable[[_Side, Item, str], str]] = {
    "lane": lambda side, item, raw: f"“{side.lane(raw)}”" if raw else "",
    "due": _due, "condition": _condition, "assignee": _setting, "unit": _setting, "order": _branches,
    "default": _default,
    "timer": lambda side, item, raw: timer(raw) if raw else "",
    "step": lambda side, item, raw: _offered(side, f"qlvb.{raw}") if raw else "",
    "template": lambda side, item, raw: _offered(side, raw) if raw else "",
    "source": lambda side, item, raw: side.called(raw), "target": lambda side, item, raw: side.called(raw),
    "host": lambda side, item, raw: side.called(raw),
    "scope": lambda side, item, raw: side.called(raw) if raw else "",
    "interrupting": lambda side, item, raw: ("" if raw == "true" else "không ") + "chấm dứt việc đang làm",
    "loop_order": lambda side, item, raw: {"true": "lần lượt từng người", "false": "cùng lúc"}.get(raw, raw),
    "loop": lambda side, item, raw: f"danh sách “{fit(raw)}”" if raw else "",
    "terminate": lambda side, item, raw: "chấm dứt cả quy trình" if raw else "",
    "form": lambda side, item, raw: f"“{fit(raw)}”" if raw else "", "name": lambda side, item, raw: f"“{raw}”",
}
#: setting -> (words before its value, words when there is none)
_WORDS: dict[str, tuple[str, str]] = {
    "type": ("là", ""), "lane": ("thuộc làn", "không làn nào"), "scope": ("nằm trong quy trình con", "quy trình chính"),
    "step": ("thực hiện bước", "không bước nào"), "template": ("theo mẫu", "không theo mẫu nào"),
    "template_version": ("theo bản của mẫu", "không ghi"), "form": ("dùng biểu mẫu", "không biểu mẫu nào"),
    "table": ("tra bảng quyết định", "không bảng nào"), "assignee": ("giao cho", "bất kỳ ai của làn"),
    "unit": ("chỉ giao trong", "giao trong cả cơ quan"), "due": ("phải xong", "không hạn"),
    "loop": ("lặp lại cho từng giá trị của", "làm một lần"), "loop_variable": ("gọi từng giá trị là", "không tên"),
    "loop_order": ("lặp", "cùng lúc"), "host": ("gắn vào", "không gắn vào đâu"), "interrupting": ("khi xảy ra thì", ""),
    "timer": ("chờ", "không chờ thời gian"), "message": ("chờ thông điệp", "không chờ thông điệp"),
    "link": ("mang tên nối", "không tên"), "terminate": ("", "chỉ kết thúc nhánh của mình"),
    "default": ("có nhánh mặc định", "không có nhánh mặc định"), "order": ("xét các nhánh theo thứ tự", ""),
    "condition": ("đi khi", "không có điều kiện"), "source": ("bắt đầu từ", ""), "target": ("dẫn tới", ""),
    "process": ("là khung của quy trình", "không quy trình nào"), "note": ("ghi", "để trống"),
    "documentation": ("được giải thích", "không giải thích"),
}
#: told of an element that is new or gone
_TOLD = ("step", "form", "table", "assignee", "unit", "due", "loop", "host", "interrupting", "timer", "message",
         "condition", "terminate")


def _changed(was: Item, item: Item, before: _Side, after: _Side) -> Iterator[Change]:
    subject = after.subject(item)
    if was.tag != item.tag:
        words = versus(f"nay là {_noun(item)}", _noun(was))
        yield _change(after, item, "type", _noun(was), _noun(item), f"{subject} {words}.")
    if was.name != item.name:
        old, new = (f"“{one.name}”" if one.name else "không tên" for one in (was, item))
        sentence = f"{upper(_noun(item))} {old} đổi tên thành {new}."
        if item.tag == "sequenceFlow":
            sentence = f"{subject} {versus(f'nay ghi {new}', old)}."
        yield _change(after, item, "label", old, new, sentence)
    for what in [*_WORDS, *sorted({*was.facts, *item.facts} - set(_WORDS))]:
        if was.facts.get(what, "") != item.facts.get(what, "") and not _is_drawing(was, item, what, before, after):
            yield _set(was, item, what, before, after)


def _is_drawing(was: Item, item: Item, what: str, before: _Side, after: _Side) -> bool:
    """Whether a setting only follows from another change that is told: branches that came or went."""
    if what == "order":
        return set(was.facts.get(what, "").split()) != set(item.facts.get(what, "").split())
    return what in _DRAWN_ONLY


def _set(was: Item, item: Item, what: str, before: _Side, after: _Side) -> Change:
    head, none = _WORDS.get(what, (_named(what), "không có"))
    old, new = before.value(was, what) or none, after.value(item, what) or none
    if what in ("source", "target"):  # the line is named by what it joined before
        return _change(after, item, what, old, new, f"{before.subject(was)} nay {head} {new}.")
    if what == "terminate":
        words = versus(f"nay {new}", old)
    elif new == none:
        words = versus(f"nay {new}", f"{head} {old}")
    else:
        words = versus(f"nay {head} {new}", old)
    return _change(after, item, what, "" if old == none else old, "" if new == none else new,
                   f"{after.subject(item)} {words}.")


def _named(what: str) -> str:
    kind, _, name = what.partition(":")
    words = {"argument": "có thiết lập", "property": "có thuộc tính"}.get(kind, "có phần")
    return f"{words} “{fit(name or kind)}” là"


def _change(side: _Side, item: Item, what: str, before: str, after: str, sentence: str) -> Change:
    return Change(CHANGED, side.file, item.id, side.label(item), what, before, after, sentence, (item.id,))


def _moved(old: Sketch, new: Sketch, after: _Side) -> Iterator[Change]:
    """Shapes that stand elsewhere; lines only where neither of their ends moved."""
    elsewhere = {id_ for id_, place in new.shapes.items() if id_ in old.shapes and old.shapes[id_] != place}
    for id_, item in new.items.items():
        if id_ not in elsewhere or id_ not in old.items:
            continue
        if item.tag == "sequenceFlow" and {item.facts.get("source"), item.facts.get("target")} & elsewhere:
            continue
        yield Change(MOVED, after.file, id_, after.label(item), "moved", "", "",
                     f"{after.subject(item)} chỉ đổi chỗ trên bản vẽ; cách chạy không đổi.", (id_,))
