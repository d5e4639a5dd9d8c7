"""What a person who draws a procedure may choose, in words: steps, forms, tables, people, dates, names of data.

Everything comes from the catalogue of templates (engine/template.py) and from the files of the proposal, as
JSON for browser/lib/editor_panel.js. A file that cannot be read offers nothing; the check says why. It
decides nothing: what may be published is engine/check.py's.
"""

import json
from collections.abc import Iterator
from typing import Any

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from app.engine import decision, form, template
from app.engine.form import FormRefused
from app.engine.template import Setting, Template
from app.records.people import WORK_ROLES
from app.web.words import CHANNEL, MESSAGE_STATUS, ROLE, word

#: names of instance data that hold a person, as one says it
PEOPLE = {
    "author_id": _("Người soạn thảo"),
    "approver_id": _("Lãnh đạo duyệt và ký"),
    "leader_id": _("Lãnh đạo nhận văn bản đến"),
    "handler_id": _("Người chủ trì xử lý"),
    "clerk_id": _("Văn thư tiếp nhận"),
    "assigned_by": _("Lãnh đạo đã phân công"),
    "decided_by": _("Lãnh đạo đã quyết định tiếp nhận"),
}
UNITS = {"unit_id": _("Đơn vị soạn thảo")}
DATES = {
    "due_date": _("Hạn xử lý của văn bản"),
    "forward_due_at": _("Hạn cho ý kiến của lãnh đạo"),
    "forward_due_date": _("Hạn cho ý kiến của lãnh đạo, cuối ngày"),
    "register_due_at": _("Hạn vào sổ của văn thư"),
    "extend_due_at": _("Hạn quyết định gia hạn"), "opinion_due_at": _("Hạn cho ý kiến"),
}
LISTS = {
    "co_handler_ids": _("Những người phối hợp"),
    "reader_ids": _("Những người được đọc"),
    "opinion_holder_ids": _("Người được xin ý kiến"),
}
#: names that a gateway may ask, with their values
FACTS: dict[str, tuple[LazyString, dict[Any, LazyString]]] = {
    "channel": (_("Nguồn của văn bản"), {key: CHANNEL[key] for key in ("paper", "exchange", "mail", "upload")}),
    "kind": (_("Loại dự thảo"), {"fresh": _("Văn bản mới"), "answer": _("Văn bản trả lời")}),
    "barred": (_("Dấu mật, đơn thư, danh mục (Điều 3.2)"), {True: _("Đọc rõ, không được cập nhật"),
                                                           False: _("Không có, hoặc chưa chắc")}),
    "paper_awaited": (_("Hồ sơ giấy kèm theo"), {True: _("Phải chờ"), False: _("Không phải chờ")}),
    "signature_ok": (_("Chữ ký số của văn bản đến"), {True: _("Hợp lệ"), False: _("Không hợp lệ hoặc không có")}),
    "all_received": (_("Hồi báo của nơi nhận"), {True: _("Mọi nơi đã nhận"), False: _("Còn nơi chưa nhận")}),
}
#: arguments of steps
SETTINGS = {"code": _("Trạng thái báo cho nơi gửi"), "days": _("Số ngày làm việc để lãnh đạo cho ý kiến")}
_CHOICES = ("radio", "select", "checkbox")


def offered(files: dict[str, bytes], key: str) -> dict[str, Any]:
    """All choices of the editor of procedure `key`, for the files of its proposal."""
    begins = template.procedures().get(key)
    return {
        "templates": [_template(one) for one in template.templates().values()],
        "start": sorted(begins.gives) if begins else [],
        "forms": [_form(name[5:], text) for name, text in files.items() if name.startswith("form:")],
        "tables": [_table(name[4:], text) for name, text in files.items() if name.startswith("dmn:")],
        "roles": [*({"value": role, "label": word(ROLE, role)} for role in WORK_ROLES),
                  {"value": "system", "label": gettext("Hệ thống")}],
        "people": _named(PEOPLE), "units": _named(UNITS), "dates": _named(DATES),
        "lists": [{"name": name, "value": name, "label": str(label)} for name, label in LISTS.items()]
        + list(_own_lists(files)),
        "messages": [{"value": name, "label": gettext(label)} for name, (label, _given) in template.messages().items()],
        "names": [{"name": name, "label": str(label), "values": _values(values)}
                  for name, (label, values) in FACTS.items()],
    }


def _own_lists(files: dict[str, bytes]) -> Iterator[dict[str, str]]:
    """The lists of choices that the agency's own forms ask for: a task may be done for each value."""
    known = template.templates()
    for name, text in files.items():
        if name.startswith("form:") and f"qlvb.task.{name[5:]}" not in known:
            for part in _parts(text):
                if part.get("type") in ("checklist", "taglist") and isinstance(part.get("key"), str):
                    yield {"name": part["key"], "value": part["key"], "label": str(part.get("label") or part["key"])}


def _named(names: dict[str, LazyString]) -> list[dict[str, str]]:
    return [{"name": name, "value": f"={name}", "label": str(label)} for name, label in names.items()]


def _values(values: dict[Any, LazyString]) -> list[dict[str, Any]]:
    return [{"value": value, "label": str(label)} for value, label in values.items()]


def _template(one: Template) -> dict[str, Any]:
    return {
        "id": one.id, "kind": one.kind, "name": one.name, "label": gettext(one.label), "outside": one.is_outside,
        "gives": sorted(one.gives), "settings": [_setting(setting) for setting in one.settings],
        "search": " ".join(word(ROLE, role) for role in one.roles),
    }


def _setting(setting: Setting) -> dict[str, Any]:
    words = MESSAGE_STATUS if setting.name == "code" else {}
    return {
        "name": setting.name, "label": str(SETTINGS.get(setting.name, setting.name)), "type": setting.type,
        "required": setting.is_required,
        "choices": [{"value": choice, "label": f"{choice}: {words[choice]}" if choice in words else str(choice)}
                    for choice in setting.choices],
    }


def _form(key: str, text: bytes) -> dict[str, Any]:
    """A form by its template's words, else its own name, its first heading or its key; its fields to choose in."""
    known = template.templates().get(f"qlvb.task.{key}")
    parts = list(_parts(text))
    heading = next((part["text"].lstrip("# ").split("\n")[0] for part in parts
                    if part.get("type") == "text" and str(part.get("text", "")).startswith("#")), "")
    title = _title(text) or heading
    return {
        "key": key, "taken": known is not None, "label": gettext(known.label) if known else title[:80] or key,
        "fields": [_field(part) for part in parts if part.get("type") in _CHOICES and isinstance(part.get("key"), str)],
    }


def _title(text: bytes) -> str:
    """The name that its author gave a form; "" when it has none or cannot be read."""
    try:
        return form.load(text).title
    except FormRefused:
        return ""


def _field(part: dict[str, Any]) -> dict[str, Any]:
    values = [{"value": one["value"], "label": str(one.get("label") or one["value"])}
              for one in part.get("values") or () if isinstance(one, dict) and isinstance(one.get("value"), str)]
    if part["type"] == "checkbox":
        values = [{"value": True, "label": gettext("Có")}, {"value": False, "label": gettext("Không")}]
    return {"name": part["key"], "label": str(part.get("label") or part["key"]), "values": values}


def _parts(text: bytes) -> Iterator[dict[str, Any]]:
    """The components of a form file, however broken, groups opened; nothing when it is no form."""
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError):
        return
    waiting = [schema]
    while waiting:
        inside = waiting.pop().get("components")
        found = [one for one in inside if isinstance(one, dict)] if isinstance(inside, list) else []
        yield from found
        waiting += [one for one in found if one.get("type") == "group"]


def _table(key: str, text: bytes) -> dict[str, Any]:
    """A decision table and the constants that it may answer with."""
    try:
        table = decision.load(text)
    except decision.TableRefused:
        return {"key": key, "label": key, "answers": []}
    answers = [{"name": name, "label": name, "values": [{"value": one, "label": str(one)} for one in values]}
               for name, values in table.answers().items()]
    return {"key": key, "label": table.name or key, "answers": answers}
