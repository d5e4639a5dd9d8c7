"""Forms: what may be published. What the server could not check, or a browser would run, is refused."""

import json
from pathlib import Path

import pytest
from form_fields import field, group, loaded

from app.engine import form
from app.engine.form import FormRefused

FORMS = sorted(Path("forms").resolve().glob("*.json"))


HIDE = {"conditional": {"hide": '=x = "y"'}}
NESTED = group("group", [group("group", [group("group", [field("textfield")], path="c")], path="b")], path="a")
REFUSED = [
    [{"type": "html", "id": "h", "content": "<b>x</b>"}],
    [{"type": "iframe", "id": "h", "url": "https://example.vn"}],
    [{"type": "expression", "id": "e", "key": "e", "expression": "=1"}],
    [{"type": "table", "id": "t", "dataSource": "=x"}],
    [{"type": "button", "id": "b", "label": "x", "action": "submit"}],
    [{"type": "script", "id": "s"}],
    [{"id": "no_type"}],
    ["text"],
    [None],
    [field("textfield", "Subject")],
    [field("textfield", "a b")],
    [field("textfield", "a.b")],
    [field("textfield", "_a")],
    [field("textfield", "__class__")],
    [field("textfield", "typename")],
    [field("textfield", "data_objects")],
    [field("textfield", "in")],
    [field("textfield", "tên")],
    [field("textfield", "")],
    [field("textfield", "a" * 49)],
    [{"type": "textfield", "id": "x"}],
    [field("textfield"), {**field("textfield"), "id": "other"}],
    [field("textfield"), field("textfield", "b") | {"id": "field_a"}],
    [field("textfield") | {"id": ["x"]}],
    [field("textfield", onclick="x")],
    [field("textfield", label="=a")],
    [field("textfield", label="{{a}}")],
    [field("textfield", label="<img src=x onerror=alert(1)>")],
    [field("textfield", description="[x](javascript:alert(1))")],
    [field("textfield", label=["x"])],
    [{"type": "text", "id": "t", "text": "# <script>alert(1)</script>"}],
    [{"type": "text", "id": "t", "text": "Xin chào {{name}}"}],
    [{"type": "image", "id": "i", "source": "https://example.vn/a.png"}],
    [{"type": "image", "id": "i", "source": "//example.vn/a.png"}],
    [{"type": "image", "id": "i", "source": "=picture"}],
    [field("textfield", readonly=True)],
    [field("textfield", readonly="=a")],
    [field("textfield", disabled=True)],
    [field("textfield", validate={"required": "=a"})],
    [field("textfield", validate={"maxLength": "=a"})],
    [field("textfield", validate={"maxLength": -1})],
    [field("textfield", validate={"validationType": "email"})],
    [field("textfield", validate={"unknown": 1})],
    [field("textfield", validate=[])],
    [field("textfield", validate={"pattern": "^a$"})],
    [field("textfield", validate={"maxLength": 200, "pattern": "^(a+)+$"})],
    [field("textfield", validate={"maxLength": 200, "pattern": "^a*a*a*a*$"})],
    [field("textfield", validate={"maxLength": 200, "pattern": "^a|b$"})],
    [field("textfield", validate={"maxLength": 200, "pattern": "a"})],
    [field("textfield", validate={"maxLength": 200, "pattern": "^[z-a]$"})],
    [field("textfield", validate={"maxLength": 200, "pattern": r"^(?P<a>x)\1$"})],
    [field("textfield", validate={"maxLength": 200, "pattern": "^" + "[" * 150 + "$"})],
    [field("textfield", validate={"maxLength": 200, "pattern": 3})],
    [field("textarea", validate={"maxLength": 200, "pattern": "^a$"})],
    [field("number", validate={"min": "=a"})],
    [field("number", validate={"min": 10**20})],
    [field("number", decimalDigits=99)],
    [field("number", increment=-1)],
    [field("number", increment="=a")],
    [field("datetime", subtype="time")],
    [field("datetime")],
    [field("select")],
    [field("select", values=[])],
    [field("select", valuesKey="x")],
    [field("select", valuesExpression="=x")],
    [field("select", values=[{"label": "a", "value": 1}])],
    [field("select", values=[{"label": "a", "value": ""}])],
    [field("select", values=[{"label": "a", "value": "x"}, {"label": "b", "value": "x"}])],
    [field("select", values=[{"label": str(n), "value": str(n)} for n in range(501)])],
    [field("select", values="x")],
    [field("select", properties={"catalogue": "=x"})],
    [field("select", properties={"catalogue": "../x"})],
    [field("textfield", properties={"kind": "secret"})],
    [field("number", properties={"kind": "pin"})],
    [field("textfield", properties={"kind": 1})],
    [field("textfield", "a", properties={"kind": "pin"}), field("textfield", "b", properties={"kind": "pin"})],
    [field("filepicker", multiple="=a")],
    [field("filepicker", accept="=a")],
    [field("textfield", conditional={"show": "=a"})],
    [field("textfield", conditional={"hide": "a = 1"})],
    [field("textfield", conditional={"hide": "=1 +"})],
    [field("textfield", conditional={"hide": "=__import__"})],
    [field("textfield", conditional={"hide": 1})],
    [field("textfield", conditional="=a")],
    [field("textfield", "a", **HIDE)],
    [field("textfield", "x", **HIDE)],
    [field("textfield", "x", conditional={"hide": "=z = 1"}), field("textfield", "z"), field("textfield", "a", **HIDE)],
    [NESTED],
    [group("group", {}, path="a")],
    [group("dynamiclist", [field("textfield")])],
    [group("dynamiclist", [field("textfield")], path="a.b")],
    [{"type": "separator", "id": f"s{n}"} for n in range(201)],
    [{"type": "separator"}] * 201,
]  # fmt: skip


@pytest.mark.parametrize("components", REFUSED, ids=range(len(REFUSED)))
def test_what_the_server_cannot_check_is_refused(components):
    with pytest.raises(FormRefused) as refused:
        loaded(*components)
    assert refused.value.facts["message"].endswith(".") and isinstance(refused.value.facts["element"], str)


@pytest.mark.parametrize(
    "text",
    [
        b"", b"[]", b"null", b"{}", b'{"type": "default"}', b'{"type": "default", "components": 1}', b"\xff\xfe",
        b'{"type": "default", "components": [], "components": []}', b'{"type": "default", "components": [NaN]}',
        b"[" * 100_000, b'{"a":' * 20_000, b" " * 300_000, b"<xml/>", b'{"type": "form", "components": []}',
        b'{"type": "default", "components": [], "script": 1}',
        b'{"type": "default", "components": [], "schemaVersion": ' + b"9" * 5000 + b"}",
    ],
)  # fmt: skip
def test_files_that_are_no_form_are_refused(text):
    with pytest.raises(FormRefused):
        form.load(text)


def test_shown_things_and_their_attributes_pass():
    loaded(
        {"type": "text", "id": "t", "text": "# Điều 3.2\nKhông cập nhật *đơn thư*."},
        {"type": "separator", "id": "s"},
        {"type": "spacer", "id": "p", "height": 20},
        {"type": "image", "id": "i", "alt": "Quốc huy", "source": "/static/emblem.png"},
        field("textfield", appearance={"prefixAdorner": "Số"}, layout={"row": "r", "columns": 8}),
    )


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_every_shipped_form_loads_and_its_key_is_its_id(path):
    made = form.load(path.read_bytes())
    assert made.fields and json.loads(path.read_text())["id"] == path.stem
