"""What the code of an article needs of a form that it takes: fields that an agency may word, not remove or retype.

Each article declares its needs beside `@taken`; the editor, the check before publishing and a test ask the same
table. Labels, order, help, widths and further fields of the agency's own are free (Art. 10.2).

It checks no values (form.py) and knows no article.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from app.engine.form import Form, load
from app.engine.form_read import Part
from app.engine.language import ExpressionFailed
from app.refusal import Refusal

#: kind -> (form-js types that give such a value, its Vietnamese word)
KINDS = {
    "choice": (("radio", "select"), "một lựa chọn"),
    "list": (("checklist", "taglist"), "nhiều lựa chọn"),
    "text": (("textfield", "textarea"), "văn bản"),
    "number": (("number",), "số"),
    "tick": (("checkbox",), "ô đánh dấu"),
    "date": (("datetime",), "ngày"),
    "file": (("filepicker",), "một tệp"),
    "files": (("filepicker",), "nhiều tệp"),
    "pin": (("textfield",), "mã PIN"),
}
#: the field that says what the person decided; conditions of needed fields may read no other
DECISION = "decision"


@dataclass(frozen=True)
class Need:
    """One field that the code of an article reads."""

    kind: str
    #: the values it may give, all of them; the code knows no others
    values: tuple[str, ...] = ()
    #: values that it may give besides
    may: tuple[str, ...] = ()
    #: the list its choices come from (records/catalogue.py)
    catalogue: str = ""
    #: may not be removed; without it the code does without
    is_kept: bool = False
    #: kept, and must be filled in wherever it is shown
    is_required: bool = False
    #: decisions at which it may be hidden
    hidden_when: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """Why a form does not give what its article needs; `element` is the id or key of the field."""

    element: str
    message: str
    article: str


class FieldsNeeded(Refusal):
    """The form does not give what the article that takes it needs; `faults` are all of them."""

    code = "fields_needed"

    def __init__(self, found: list[Fault]) -> None:
        said = f"{found[0].message} ({found[0].article})"
        super().__init__(said, element=found[0].element)
        self.facts["message"] = said
        self.faults = found
        self.article = found[0].article


@dataclass(frozen=True)
class _Needs:
    article: str
    fields: dict[str, Need]


_table: dict[str, _Needs] = {}


def need(form_key: str, article: str, **fields: Need) -> None:
    """Register what the code reads of a form; called by the article's file, beside `@taken`."""
    _table[form_key] = _Needs(article, fields)


def needs(form_key: str) -> dict[str, Need]:
    """{field key: what is needed}; {} for a form that no article takes."""
    return dict(_table[form_key].fields) if form_key in _table else {}


def article(form_key: str) -> str:
    """The article that takes the form; "" for none."""
    return _table[form_key].article if form_key in _table else ""


def faults(form_key: str, form: Form) -> list[Fault]:
    """What is missing or of another kind, in the order of the needs; [] for a form of the agency's own."""
    known = _table.get(form_key)
    if known is None:
        return []
    parts = {part.key: part for part in form.parts}
    decisions = (*known.fields[DECISION].values, *known.fields[DECISION].may) if DECISION in known.fields else ()
    return [
        Fault(_id(parts.get(key), key), sentence, known.article)
        for key, field in known.fields.items()
        for sentence in _wrong(key, field, parts.get(key), decisions)
    ]


def require(form_key: str, form: Form) -> None:
    """Refuse a form that its article could not take. Raises FieldsNeeded."""
    found = faults(form_key, form)
    if found:
        raise FieldsNeeded(found)


def lacking(form_key: str, form: Form) -> list[str]:
    """Keys of fields that its article takes and the form does not have: left out, or newer than the form."""
    known = _table.get(form_key)
    return [key for key in known.fields if key not in {part.key for part in form.parts}] if known else []


def completed(form_key: str, text: bytes, shipped: bytes) -> bytes:
    """A form with the fields that it lacks put at its end, as they are drawn in the form an agency starts with."""
    drawn, missing = json.loads(text), lacking(form_key, load(text))
    ids = {part.component.get("id") for part in load(text).parts}
    for one in json.loads(shipped)["components"]:
        if one.get("key") in missing:
            name = f"added_{one['key']}"
            drawn["components"].append(one | {"id": name if one["id"] in ids else one["id"],
                                              "layout": {**one.get("layout", {}), "row": f"row_{name}"}})
    return json.dumps(drawn, ensure_ascii=False, indent=2).encode()


def _id(part: Part | None, key: str) -> str:
    return str(part.component.get("id") or key) if part else key


def _wrong(key: str, field: Need, part: Part | None, decisions: tuple[str, ...]) -> Iterable[str]:
    if part is None:
        if field.is_kept or field.is_required:
            yield f"Trường “{key}” là trường bắt buộc phải có của biểu mẫu này, không bỏ được."
        return
    if not _is_kind(field.kind, part):
        yield f"Trường “{key}” phải giữ loại: {KINDS[field.kind][1]}."
        return
    yield from _wrong_choices(key, field, part)
    if field.is_required and part.rules.get("required") is not True:
        yield f"Trường “{key}” phải để bắt buộc nhập."
    if (field.is_kept or field.is_required) and not _is_shown(field, part, decisions):
        yield f"Điều kiện ẩn của trường “{key}” che mất trường này khi quy định cần đến."


def _is_kind(kind: str, part: Part) -> bool:
    if part.type not in KINDS[kind][0] or part.parts:
        return False
    if kind in ("text", "pin"):
        return (part.properties.get("kind") == "pin") is (kind == "pin")
    if kind == "date":
        return part.component.get("subtype") == "date"
    if kind == "number":
        return part.component.get("decimalDigits") == 0
    return kind not in ("file", "files") or bool(part.component.get("multiple")) is (kind == "files")


def _wrong_choices(key: str, field: Need, part: Part) -> Iterable[str]:
    listed = part.properties.get("catalogue", "")
    if field.catalogue and listed != field.catalogue:
        yield f"Trường “{key}” phải lấy lựa chọn từ danh mục “{field.catalogue}”."
    if field.values:
        given = {option["value"] for option in part.component.get("values", [])}
        if listed or not set(field.values) <= given <= {*field.values, *field.may}:
            besides = f", có thể thêm: {', '.join(field.may)}" if field.may else ""
            yield (f"Các giá trị của “{key}” phải đúng là: {', '.join(field.values)}{besides}; "
                   "chỉ đổi được chữ hiển thị và thứ tự.")


def _is_shown(field: Need, part: Part, decisions: tuple[str, ...]) -> bool:
    """Whether the field stands on the page at every decision that needs it."""
    if not all(hide.names <= {DECISION} for hide in part.hides):
        return False
    asked = [value for value in decisions if value not in field.hidden_when] or [None]
    try:
        return not any(hide.holds({DECISION: value}) for hide in part.hides for value in asked)
    except ExpressionFailed:  # it reads the clock, or cannot be computed: not to be decided here
        return False
