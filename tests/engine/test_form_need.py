"""What articles need of the forms they take (Art. 10.2): declared beside the code, met by what is shipped."""

import ast
import inspect
import json
import sys
from pathlib import Path

import pytest

from app import register_articles
from app.engine import form, form_need, step

register_articles()
FORMS = Path(__file__).resolve().parents[2] / "forms"
#: names that the door adds to the values of a form
FROM_THE_DOOR = {"signature"}


def taken() -> list[str]:
    return sorted(step._taken)


def schema(key: str) -> dict:
    return json.loads((FORMS / f"{key}.json").read_text())


def faults(key: str, changed: dict) -> list[str]:
    return [fault.message for fault in form_need.faults(key, form.load(json.dumps(changed).encode()))]


def field(changed: dict, key: str) -> dict:
    return next(one for one in changed["components"] if one.get("key") == key)


def read_keys(key: str) -> set[str]:
    """The keys of `values` that the code behind a form reads, in its function and in those it hands `values` to."""
    module = ast.parse(inspect.getsource(sys.modules[step.taker(key).__module__]))
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    waiting, seen, found = [step.taker(key).__name__], set(), set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in functions:
            continue
        seen.add(name)
        for node in ast.walk(functions[name]):
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "values":
                found |= {node.slice.value} if isinstance(node.slice, ast.Constant) else set()
            if not isinstance(node, ast.Call):
                continue
            is_get = isinstance(node.func, ast.Attribute) and ast.unparse(node.func) == "values.get"
            if is_get and isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
            if any(isinstance(one, ast.Name) and one.id == "values" for one in node.args):
                waiting.append(ast.unparse(node.func))
    return found


def test_every_form_that_an_article_takes_says_what_its_code_reads():
    assert len(taken()) >= 14
    for key in taken():
        reads = read_keys(key) - FROM_THE_DOOR
        assert form_need.needs(key), key
        assert form_need.article(key).startswith("Điều "), key
        assert reads <= set(form_need.needs(key)), (key, reads - set(form_need.needs(key)))
    assert {"decision", "handler_id", "reason"} <= read_keys("assign"), "the reader of code reads nothing"


def test_shipped_forms_give_what_is_needed_and_their_needs_are_of_their_fields():
    for key in taken():
        assert faults(key, schema(key)) == [], key
        fields = {one.key for one in form.load((FORMS / f"{key}.json").read_bytes()).fields}
        assert set(form_need.needs(key)) <= fields, key
    assert faults("legal_review", {"type": "default", "components": []}) == [], "a form of the agency's own is free"


def test_art_10_2_labels_order_help_and_fields_of_ones_own_are_free():
    changed = schema("assign")
    changed["components"].reverse()
    field(changed, "decision")["label"] = "Ý kiến của lãnh đạo Sở"
    field(changed, "decision")["values"][0]["label"] = "Giao việc"
    field(changed, "decision")["type"] = "select"
    field(changed, "reason")["description"] = "Ghi rõ."
    changed["components"].append({"type": "checkbox", "key": "is_urgent", "label": "Làm ngay"})
    changed["components"] = [one for one in changed["components"] if one.get("key") != "directive"]
    assert faults("assign", changed) == []


@pytest.mark.parametrize(("key", "change", "words"), [
    ("assign", lambda s: s["components"].remove(field(s, "handler_id")), "không bỏ được"),
    ("assign", lambda s: field(s, "handler_id").update(type="textfield", properties={}), "một lựa chọn"),
    ("assign", lambda s: field(s, "handler_id")["properties"].update(catalogue="person"), "danh mục “handler”"),
    ("assign", lambda s: field(s, "handler_id").update(validate={}), "bắt buộc nhập"),
    ("assign", lambda s: field(s, "handler_id").update(conditional={"hide": '=decision = "assign"'}), "che mất"),
    ("assign", lambda s: field(s, "decision")["values"].pop(), "phải đúng là: assign, inform, return"),
    ("assign", lambda s: field(s, "decision")["values"].append({"label": "Khác", "value": "x"}), "phải đúng là"),
    ("seal", lambda s: field(s, "pin").pop("properties"), "mã PIN"),
    ("seal_paper", lambda s: s["components"].remove(field(s, "is_sealed")), "không bỏ được"),
    ("digitise", lambda s: field(s, "scan").update(multiple=True), "một tệp"),
    ("verify", lambda s: field(s, "issued_date").update(subtype="datetime"), "ngày"),
    ("review", lambda s: field(s, "opinion").update(conditional={"hide": '=decision = "return"'}), "che mất"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_what_an_article_needs_is_neither_removed_nor_retyped(key, change, words):
    changed = schema(key)
    change(changed)
    found = form_need.faults(key, form.load(json.dumps(changed).encode()))
    assert [words in fault.message for fault in found] == [True], found
    assert found[0].article == form_need.article(key)
    with pytest.raises(form_need.FieldsNeeded) as refused:
        form_need.require(key, form.load(json.dumps(changed).encode()))
    assert words in refused.value.facts["message"] and found[0].article in refused.value.facts["message"]


@pytest.mark.parametrize("condition", ["=skip", '=today() > date("2020-01-01")', "=decision + 1 = 2"])
def test_a_condition_of_a_needed_field_reads_the_decision_and_nothing_else(condition):
    changed = schema("draft")
    changed["components"].append({"type": "checkbox", "key": "skip", "label": "Bỏ qua"})
    field(changed, "subject")["conditional"] = {"hide": condition}
    assert any("che mất" in one for one in faults("draft", changed))
