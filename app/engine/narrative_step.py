"""The words of one element of a drawing: what is done, by whom, by when, with what form, and where it goes on.

A choice tells its branches as points, each with its condition in the words of the form before it. Documentation that
begins with an article ("Điều 8.2. ...") is quoted with it; without, the articles that order the step are named.
"""

import re
from collections.abc import Mapping

from app.engine import obligation, template
from app.engine.difference_sketch import Item, Sketch
from app.engine.narrative_order import Group
from app.engine.narrative_text import Span
from app.engine.wording import Labels, condition, due, fit, listed, lower, setting, timer, upper
from app.engine.wording_form import Field, fields_of, labels_at, nearest

#: clauses of an element: (its runs, the points under it)
Clauses = list[tuple[tuple[Span, ...], list[tuple[Span, ...]]]]
_ARTICLE = r"\d{1,2}(?:\.[0-9a-zđ]{1,2}){0,2}"
_CITED = re.compile(rf"Điều ({_ARTICLE}(?:, {_ARTICLE})*)\.? (.*)", re.DOTALL)
_WITHOUT_NAME = {"exclusiveGateway": "điểm nối các nhánh", "parallelGateway": "điểm song song",
                 "inclusiveGateway": "điểm chọn nhiều nhánh", "eventBasedGateway": "điểm chờ sự kiện",
                 "startEvent": "điểm bắt đầu", "endEvent": "điểm kết thúc"}


def cited(articles: list[str], regulation: str) -> str:
    """["9.1.a", "8.2"] -> “điểm a khoản 1 Điều 9, khoản 2 Điều 8 Quy chế”."""
    said = []
    for article in articles:
        number, *inner = article.split(".")
        parts = [f"khoản {inner[0]}"] if inner else []
        said.append(" ".join([*([f"điểm {inner[1]}"] if len(inner) > 1 else []), *parts, f"Điều {number}"]))
    return f"{', '.join(said)} {regulation}".strip()


class Teller:
    """Finds words for the elements of one drawing. `names`: what a reference calls each element."""

    def __init__(self, drawn: Sketch, files: Mapping[str, bytes], regulation: str) -> None:
        self.drawn, self.regulation = drawn, regulation
        self.templates = template.templates()
        self.forms = {name[5:]: text for name, text in files.items() if name.startswith("form:")}
        self.names = {item.id: f"“{item.name}”" if item.name else _WITHOUT_NAME.get(item.tag, "bước không tên")
                      for item in drawn.items.values() if item.is_node}

    def labels(self, node: str) -> Labels:
        """The labels for an expression at a node."""
        return labels_at(node, self.drawn.entering, self.drawn.forms, self.forms)

    def heading(self, lead: Item, group: Group) -> str:
        """The title of the article that an element opens."""
        if lead.tag == "startEvent":
            inside = self.names.get(group.scope, "")
            return f"Bắt đầu quy trình con {inside}" if inside else "Bắt đầu quy trình"
        return upper(lead.name or self.names[lead.id])

    def lane(self, item: Item) -> str:
        """The name of the lane in which it stands."""
        lane = self.drawn.items.get(item.facts.get("lane", ""))
        return (lane.name or fit(lane.id)) if lane else ""

    def documented(self, item: Item) -> str:
        """Its explanation as a sentence, with its articles in the words of a citation; "" for none."""
        text = fit(item.facts.get("documentation"), 1000)
        articles: list[str] = []
        found = _CITED.fullmatch(text)
        if found and not found[2][:1].islower():
            articles, text = found[1].split(", "), found[2]
        elif ordered := self._ordered(item):
            articles = ordered
        said = upper(text.strip().rstrip("."))
        where = f"theo {cited(articles, self.regulation)}" if articles else ""
        if said and where:
            return f"{said} ({where})."
        return f"{said}." if said else f"{upper(where)}." if where else ""

    @staticmethod
    def _ordered(item: Item) -> list[str]:
        """The articles that order its step or form."""
        name = item.facts.get("step") or (f"task:{item.facts['form']}" if item.facts.get("form") else "")
        found = {o.article.removeprefix("Art. "): None for o in obligation.table() if o.step == name}
        return [article for article in found if re.fullmatch(_ARTICLE, article)]

    # -- the element that opens an article

    def lead(self, item: Item) -> Clauses:
        """The clauses of a task, a subprocess, or a start."""
        if item.tag == "userTask":
            return self._task(item)
        if item.tag == "subProcess":
            text = f"Thực hiện quy trình con “{item.name or fit(item.id)}”, gồm các bước nêu tại các điều tiếp theo."
            return [((Span(f"{text} {self.documented(item)}".strip()),), []), *self._loop(item),
                    *self._onward(item, "Hết quy trình con thì ")]
        return self.member(item)

    def _task(self, item: Item) -> Clauses:
        found: Clauses = [((Span("Người thực hiện: ", is_strong=True), Span(f"{self._who(item)}."),), [])]
        if about := self.documented(item):
            found.append(((Span("Nội dung: ", is_strong=True), Span(about)), []))
        raw = item.facts.get("due")
        when = upper(due(raw, self.labels(item.id))) if raw else "Sơ đồ không đặt hạn riêng; thực hiện theo thời hạn " \
            "chung của cơ quan, đơn vị"
        found.append(((Span("Thời hạn: ", is_strong=True), Span(f"{when}.")), []))
        found += self._loop(item)
        if asked := self._form(item):
            found.append(((Span("Biểu mẫu: ", is_strong=True), Span(asked)), []))
        return found + self._onward(item, "Hoàn thành thì ")

    def _who(self, item: Item) -> str:
        lane, labels = self.lane(item) or "Người được phân quyền", self.labels(item.id)
        if raw := item.facts.get("assignee"):
            return f"{lane}, cụ thể là {setting(raw, labels)}"
        if raw := item.facts.get("unit"):
            return f"{lane} của {setting(raw, labels)}"
        return f"{lane}; ai nhận việc trước thì thực hiện"

    def _loop(self, item: Item) -> Clauses:
        if not item.facts.get("loop"):
            return []
        order = "lần lượt" if item.facts.get("loop_order") == "true" else "đồng thời"
        words = self.labels(item.id).name(item.facts["loop"])
        return [((Span("Số lần: ", is_strong=True), Span(f"thực hiện {order} cho từng giá trị của {words}.")), [])]

    def _form(self, item: Item) -> str:
        key = item.facts.get("form", "")
        fields = [one for one in fields_of(self.forms.get(key)) or [] if "key" in one.component]
        if not key:
            return ""
        if not fields:
            return f"“{fit(key)}” trên phần mềm."
        hides = " Một số ô chỉ hiện theo lựa chọn đã nhập." if any(one.hide for one in fields) else ""
        return f"trên phần mềm, {'; '.join(map(_asked, fields))}.{hides}"

    # -- an element inside an article

    def member(self, item: Item) -> Clauses:
        """The clauses of any other element."""
        tell = {
            "scriptTask": self._script, "businessRuleTask": self._rule, "endEvent": self._end,
            "boundaryEvent": self._boundary, "exclusiveGateway": self._choice, "inclusiveGateway": self._choice,
            "parallelGateway": self._parallel, "eventBasedGateway": self._events, "startEvent": self._start,
            "intermediateCatchEvent": self._catch, "intermediateThrowEvent": self._throw,
        }.get(item.tag, self._other)
        return tell(item)

    def _said(self, item: Item, text: str, after: str = "Tiếp theo, ") -> Clauses:
        """A name in bold, what it is, and where it goes on, in one clause."""
        name = upper(item.name or self.names[item.id])
        words = f"{text} {self.documented(item)}".strip()
        head = (Span(name, is_strong=True), Span(f": {words} " if words else ". "))
        onward = self._onward(item, after)
        spans = (*head, *(onward[0][0] if onward else ()))
        return [(spans, onward[0][1] if onward else [])]

    def _start(self, item: Item) -> Clauses:
        return self._said(item, "là việc mở đầu quy trình.")

    def _script(self, item: Item) -> Clauses:
        given = [f"{Labels().name(what[9:])} là {setting(raw, Labels()) or 'trống'}"
                 for what, raw in sorted(item.facts.items()) if what.startswith("argument:")]
        known = self.templates.get(f"qlvb.{item.facts.get('step', '')}")
        done = "phần mềm tự động thực hiện"
        if known and known.label != item.name:  # what it is called does not say what it does
            done = f"phần mềm thực hiện bước “{known.label}”"
        return self._said(item, f"{done}{f', {listed(given)}' if given else ''}.")

    def _rule(self, item: Item) -> Clauses:
        return self._said(item, f"phần mềm tra bảng quyết định “{fit(item.facts.get('table'))}” (Phụ lục).")

    def _end(self, item: Item) -> Clauses:
        name = upper(item.name or self.names[item.id])
        all_ = "chấm dứt toàn bộ quy trình" if item.facts.get("terminate") else "kết thúc"
        return [((Span(name, is_strong=True), Span(f": {all_}.")), [])]

    def _boundary(self, item: Item) -> Clauses:
        host = self.names.get(item.facts.get("host", ""), "việc")
        if raw := item.facts.get("timer"):
            first = f"quá {timer(raw)} kể từ khi giao việc {host} mà chưa hoàn thành"
        else:
            first = f"khi có {self._message(item)} trong lúc đang làm việc {host}"
        stays = item.facts.get("interrupting") == "false"
        kept = "việc vẫn tiếp tục, đồng thời " if stays else "việc đó chấm dứt và "
        onward = self._onward(item, "")
        about = self.documented(item)
        name = upper(item.name or self.names.get(item.id, "sự kiện gắn kèm"))
        return [((Span(name, is_strong=True), Span(f": {first} thì {kept}"), *(onward[0][0] if onward else ()),
                  *((Span(f" {about}"),) if about else ())), onward[0][1] if onward else [])]

    def _message(self, item: Item) -> str:
        name = item.facts.get("message", "")
        known = template.messages().get(name)
        return f"thông báo “{fit(known[0] if known else name)}”"

    def _catch(self, item: Item) -> Clauses:
        if raw := item.facts.get("timer"):
            return self._said(item, f"chờ {timer(raw)}.", "Hết thời gian chờ thì ")
        if item.facts.get("message"):
            return self._said(item, f"chờ {self._message(item)}.", "Nhận được thì ")
        return self._said(item, "điểm nối tiếp từ nơi cùng tên.")

    def _throw(self, item: Item) -> Clauses:
        link = item.facts.get("link")
        other = next((one for one in self.drawn.items.values() if link and one.tag == "intermediateCatchEvent"
                      and one.facts.get("link") == link), None)
        if other is None:
            return self._said(item, "")
        return [((Span(upper(item.name or self.names[item.id]), is_strong=True), Span(": tiếp tục tại "),
                  Span("", to=other.id), Span(".")), [])]

    def _other(self, item: Item) -> Clauses:
        return self._said(item, "")

    def _choice(self, item: Item) -> Clauses:
        flows = self.drawn.leaving.get(item.id, [])
        if len(flows) < 2:
            return self._said(item, "các nhánh gặp lại nhau tại đây." if not item.name else "")
        labels = self.labels(item.id)
        usual = [flow for flow in flows if flow.id == item.facts.get("default")]
        points = []
        for flow in [*(one for one in flows if one not in usual), *usual]:
            raw = flow.facts.get("condition")
            when = f"nếu {condition(raw, labels)}" if raw else self._rest(item, flows, labels)
            points.append((Span(f"“{flow.name}”: {when} thì " if flow.name else f"{upper(when)} thì "),
                           *self._to(flow)))
        how = "chọn một trong các nhánh sau" if item.tag == "exclusiveGateway" else "đi theo mọi nhánh đúng điều kiện"
        name = upper(item.name or self.names[item.id])
        return [((Span(name, is_strong=True), Span(f": {how}:")), points)]

    def _rest(self, item: Item, flows: list[Item], labels: Labels) -> str:
        """“trong trường hợp còn lại (“Trả lại”)”: the options of the form that no branch names."""
        options = self._open(item)
        said = " ".join(flow.facts.get("condition", "") for flow in flows)
        if "decision" not in said or not options:
            return "trong trường hợp còn lại"
        left = [f"“{label}”" for value, label in options.items() if f'"{value}"' not in said]
        return f"trong trường hợp còn lại (chọn {listed(left, 'hoặc')})" if left else "trong trường hợp còn lại"

    def _open(self, item: Item, deep: int = 20) -> dict[str, str]:
        """The options of `decision` with which a token can come to a choice: others left at the choices before it."""
        before = self.drawn.entering.get(item.id, [])
        last = self.drawn.items.get(before[0]) if len(before) == 1 else None
        if last is not None and last.tag == "exclusiveGateway" and deep:
            options = self._open(last, deep - 1)
            flows = self.drawn.leaving.get(last.id, [])
            mine = [flow.facts.get("condition", "") for flow in flows if flow.facts.get("target") == item.id]
            others = " ".join(flow.facts.get("condition", "") for flow in flows)
            if mine == [""]:
                return {value: label for value, label in options.items() if f'"{value}"' not in others}
            return {value: label for value, label in options.items() if f'"{value}"' in " ".join(mine)} or options
        found: dict[str, str] = {}
        for key in nearest(item.id, self.drawn.entering, self.drawn.forms):
            for one in fields_of(self.forms.get(key)) or []:
                found |= one.options if one.path == "decision" else {}
        return found

    def _parallel(self, item: Item) -> Clauses:
        flows = self.drawn.leaving.get(item.id, [])
        if len(flows) < 2:
            return self._said(item, "chờ tất cả các nhánh song song hoàn thành.", "Sau đó ")
        name = upper(item.name or self.names[item.id])
        points = [(*((Span(f"“{flow.name}”: "),) if flow.name else ()), *self._to(flow)) for flow in flows]
        return [((Span(name, is_strong=True), Span(": thực hiện đồng thời các nhánh sau:")), points)]

    def _events(self, item: Item) -> Clauses:
        name = upper(item.name or self.names[item.id])
        points = [(Span("chờ "), Span("", flow.id, flow.facts.get("target", "")))
                  for flow in self.drawn.leaving.get(item.id, [])]
        return [((Span(name, is_strong=True), Span(": điều nào xảy ra trước thì đi theo điều đó:")), points)]

    def _to(self, flow: Item) -> tuple[Span, ...]:
        return Span("chuyển sang "), Span("", flow.id, flow.facts.get("target", ""))

    def _onward(self, item: Item, before: str) -> Clauses:
        """Where the lines out of an element lead; nothing for an end."""
        flows = self.drawn.leaving.get(item.id, [])
        if not flows:
            return []
        if len(flows) == 1:
            return [((Span(before), *self._to(flows[0]), Span(".")), [])]
        return [((Span(f"{before}đi theo các đường sau:"),), [self._to(flow) for flow in flows])]


def _asked(one: Field) -> str:
    """What a form asks at one field."""
    must = " (bắt buộc)" if one.is_required else ""
    label = f"“{one.label}”"
    if one.options:
        return f"chọn {label}{must}: {listed([f'“{option}”' for option in one.options.values()], 'hoặc')}"
    verb = {"filepicker": "đính kèm", "checkbox": "đánh dấu", "select": "chọn", "taglist": "chọn", "checklist": "chọn",
            "radio": "chọn", "group": "phần", "dynamiclist": "lập danh sách"}.get(one.type, "nhập")
    return f"{verb} {label if verb != 'phần' else lower(label)}{must}"
