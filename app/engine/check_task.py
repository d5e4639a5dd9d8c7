"""Each element of a drawing by itself: its template, arguments, lane, form, table, message (Art. 10.2).

What an agency draws is held against the catalogue (template.py), what articles need of their forms (form_need.py) and
who may do what (obligation.py). It looks at no path: that is `check_space.py`.
"""

import re
from collections.abc import Iterator

from app.engine import form_need, obligation, template
from app.engine.check_context import Context, findings_of
from app.engine.check_finding import ERROR, WARNING, Finding, Words, said
from app.engine.check_law import called
from app.engine.decision import Table, TableRefused
from app.engine.dialect import Element, Node
from app.engine.drawing import shown
from app.engine.form import Form, FormRefused
from app.records.people import WORK_ROLES

MAX_KEY = 60
_ROLES = {"clerk": "Văn thư", "leader": "Lãnh đạo cơ quan", "head": "Lãnh đạo phòng", "officer": "Chuyên viên"}
_PARAMETER = re.compile(r"[a-z][a-z0-9_]*")


def look(context: Context, words: Words) -> Iterator[Finding]:
    """All that is wrong with single elements."""
    if context.procedure is None:
        known = ", ".join(sorted(template.procedures()))
        yield words.finding("procedure", "", f"Phần mềm không khởi tạo quy trình nào mang mã “{shown(context.key)}”. "
                            f"Mã quy trình phải là một trong: {known}.")
    if context.drawing.key != context.key:
        yield words.finding("process", "", f"Mã quy trình trong sơ đồ là “{shown(context.drawing.key)}”, phải là "
                            f"“{shown(context.key)}”.")
    for asked in obligation.asked(context.direction) if context.procedure else ():
        yield from _asked(context, words, asked)
    for node in context.graph.nodes.values():
        if node.element.kind in ("user", "script", "rule"):
            yield from _template(context, words, node.element)
            yield from _place(context, words, node.element)
        if node.element.kind == "user":
            yield from _lane(context, words, node.element)
            yield from _assignee(context, words, node)
            yield from _form(context, words, node.element)
        elif node.element.kind == "script":
            yield from _arguments(context, words, node.element)
        elif node.element.kind == "rule":
            yield from _table(context, words, node.element)
        if node.element.message and node.element.message not in template.messages():
            yield words.finding("message", node.id, f"không có nơi nào gửi thông điệp “{shown(node.element.message)}”.")
        if node.attached_to:
            yield from _boundary(context, words, node)


def _template(context: Context, words: Words, element: Element) -> Iterator[Finding]:
    wanted, drawn = context.template_of(element), element.template
    if drawn is None:
        yield words.finding("template", element.id, "phải chọn một mẫu trong danh mục các bước.")
    elif drawn not in context.templates:
        yield words.finding("template", element.id, f"danh mục không có mẫu “{shown(drawn)}”.")
    elif wanted is None or wanted.id != drawn:
        sentence = f"mẫu đã chọn là “{context.templates[drawn].label}” nhưng phần tử lại làm việc khác. " \
                   "Hãy chọn lại mẫu."
        yield words.finding("template", element.id, sentence)
    if element.kind == "script" and wanted is None:
        yield words.finding("step", element.id, f"danh mục không có bước “{shown(element.step)}”.")


def _place(context: Context, words: Words, element: Element) -> Iterator[Finding]:
    """A step or form of documents of another direction or form of exchange."""
    name = called(element)
    foreign = obligation.stranger(name, context.form, context.direction) if name and context.procedure else None
    if foreign is not None:
        yield words.foreign(element.id, foreign)


def _lane(context: Context, words: Words, element: Element) -> Iterator[Finding]:
    role = element.role
    if role is None:
        yield words.finding("lane", element.id, "việc của người dùng phải nằm trong một làn (vai trò).")
        return
    for rule in obligation.of(called(element), context.form, context.direction):
        if rule.roles and role not in rule.roles:
            named = " hoặc ".join(_ROLES[found] for found in rule.roles)
            yield words.finding("role", element.id, f"việc này phải nằm trong làn {named} ({said(rule.article)}).",
                                article=rule.article)
            return
    if role not in WORK_ROLES:
        yield words.finding("lane", element.id, f"làn “{shown(role)}” không phải là một vai trò xử lý công việc.")
        return
    known = context.template_of(element)
    if known and known.roles and role not in known.roles:
        named = " hoặc ".join(_ROLES[found] for found in known.roles)
        yield words.finding("role", element.id, f"việc này phải nằm trong làn {named}.")


def _assignee(context: Context, words: Words, node: Node) -> Iterator[Finding]:
    """Who is named must be a person, of a role to which the regulation gives the form: else nobody could do it."""
    name = (node.element.assignee or "").removeprefix("=").strip()
    if name not in context.owned or (node.loop and name == node.loop.variable):
        return
    people, known = template.people(), context.template_of(node.element)
    if name not in people:
        yield words.finding("assignee", node.id, f"“{name}” không phải là tên dữ liệu chỉ một người.")
        return
    wanted = [set(rule.roles) for rule in obligation.of(called(node.element), context.form, context.direction)
              if rule.roles] + ([set(known.roles)] if known and known.roles else [])
    if people[name] and any(not roles & set(people[name]) for roles in wanted):
        named, given = (" hoặc ".join(_ROLES[role] for role in sorted(roles))
                        for roles in (wanted[0], set(people[name])))
        yield words.finding("assignee", node.id, f"việc này của {named}, nhưng “{name}” là {given}: không ai làm được. "
                            "Hãy chọn người khác.")


def _form(context: Context, words: Words, element: Element) -> Iterator[Finding]:
    if not element.form_key:
        yield words.finding("form", element.id, "phải chọn biểu mẫu cho việc này.")
        return
    if len(element.form_key) > MAX_KEY:
        yield words.finding("form", element.id, f"mã biểu mẫu dài quá {MAX_KEY} ký tự.")
    found = context.form_of(element)
    name = shown(element.form_key)
    if found is None:
        yield words.finding("form", element.id, f"biểu mẫu “{name}” không có trong bản này.")
    elif isinstance(found, FormRefused):
        yield words.finding("form", element.id, f"biểu mẫu “{name}”: {found.facts['message']}")
    else:
        yield from _fields(context, words, element, found)


def _fields(context: Context, words: Words, element: Element, found: Form) -> Iterator[Finding]:
    key = element.form_key or ""
    for fault in form_need.faults(key, found):
        yield words.finding("form", element.id, f"biểu mẫu “{shown(key)}”: {fault.message}", article=fault.article)
    if form_need.needs(key) or f"qlvb.task.{key}" in context.templates:
        return
    for part in found.parts:
        if part.key in context.owned:
            sentence = f"biểu mẫu “{shown(key)}” có trường “{part.key}”: tên này chỉ bước của quy chế mới được ghi. " \
                       "Hãy đặt mã khác cho trường."
            yield words.finding("owned", element.id, sentence)


def _arguments(context: Context, words: Words, element: Element) -> Iterator[Finding]:
    known = context.template_of(element)
    if known is None:
        return
    settings = {setting.name: setting for setting in known.settings}
    given = element.arguments or {}
    for name in sorted(given.keys() - settings.keys()):
        yield words.finding("argument", element.id, f"bước này không có thiết lập “{shown(name)}”.")
    for name, setting in settings.items():
        if name not in given:
            if setting.is_required:
                yield words.finding("argument", element.id, f"chưa đặt “{name}”.")
            continue
        value = given[name]
        if isinstance(value, dict):
            continue  # a name of instance data: check_name.py
        if setting.choices and not any(type(value) is type(c) and value == c for c in setting.choices):
            choices = ", ".join(str(choice) for choice in setting.choices)
            yield words.finding("argument", element.id, f"“{name}” phải là một trong: {choices}.")
        elif not setting.choices and type(value).__name__ != setting.type:
            kind = {"int": "số nguyên", "bool": "đúng hoặc sai", "str": "chuỗi"}.get(setting.type, setting.type)
            yield words.finding("argument", element.id, f"“{name}” phải là {kind}.")


def table(context: Context, key: str, element: str, words: Words) -> Iterator[Finding]:
    """A decision table by itself: can it be read, and what its own check finds; rows are named in the sentence."""
    found, name = context.table_of(key), shown(key)
    if found is None:
        yield words.finding("table", element, f"Bảng quyết định “{name}” không có trong bản này.")
    elif isinstance(found, TableRefused):
        yield words.finding("table", element, f"Bảng “{name}”: {found.facts['message']}")
    else:
        for row in findings_of(found):
            yield words.finding("table", element, f"Bảng “{shown(found.name or key)}”, “{shown(row.element)}”: "
                                f"{row.message}", severity=ERROR if row.level == "error" else WARNING)


def _asked(context: Context, words: Words, asked: obligation.Asked) -> Iterator[Finding]:
    """A table that the code of an article asks: its columns, and the values that the code knows."""
    yield from table(context, asked.table, "", words)
    found, law = context.table_of(asked.table), said(asked.article)
    if not isinstance(found, Table):
        return
    for name in sorted(found.names - set(asked.reads)):
        yield words.finding("names", "", f"Bảng “{shown(asked.table)}” đọc tên “{shown(name)}”; khi tra bảng chỉ có: "
                            f"{', '.join(asked.reads)} ({law}).", article=asked.article)
    for name, known in asked.gives:
        if name not in found.outputs:
            yield words.finding("table", "", f"Bảng “{shown(asked.table)}” phải có cột kết quả “{name}” ({law}).",
                                article=asked.article)
        for answer in found.column(name) if known else ():
            if answer not in known:
                yield words.finding("table", "", f"Bảng “{shown(asked.table)}”: kết quả “{name}” phải là một trong: "
                                    f"{', '.join(known)}; đang có “{shown(str(answer))}” ({law}).",
                                    article=asked.article)
    if found.gives_list:
        yield words.finding("table", "", f"Bảng “{shown(asked.table)}” trả lời nhiều dòng; ở đây phải trả lời một.",
                            article=asked.article)


def _table(context: Context, words: Words, element: Element) -> Iterator[Finding]:
    key = str((element.arguments or {}).get("table", ""))
    found = context.table_of(key)
    yield from table(context, key, element.id, words)
    if isinstance(found, Table):
        for name in found.outputs:
            if name in context.owned:
                yield words.finding("owned", element.id, f"bảng “{shown(key)}” ghi “{name}”: tên này chỉ bước của quy "
                                    "chế mới được ghi. Hãy đặt tên khác cho cột kết quả.")
            elif not _PARAMETER.fullmatch(name):
                yield words.finding("table", element.id, f"bảng “{shown(key)}”: tên cột kết quả “{shown(name)}” phải "
                                    "là chữ thường không dấu.")
        if found.gives_list:
            yield words.finding("table", element.id, f"bảng “{shown(key)}” trả lời nhiều dòng; ở đây phải trả lời một.")


def _boundary(context: Context, words: Words, node: Node) -> Iterator[Finding]:
    host = context.graph.nodes.get(node.attached_to or "")
    known = context.template_of(host.element) if host else None
    if host and host.element.kind == "script" and known and not known.is_slow:
        yield words.finding("never", node.id, f"bước “{words.label(host.id)}” làm xong ngay nên sự kiện gắn vào nó "
                            "không bao giờ xảy ra.", severity=WARNING)
