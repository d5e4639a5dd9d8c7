"""Forms: what may be published, what the server accepts, and that it agrees with what the browser shows."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from form_fields import OPTIONS, REQUIRED, catalogues, field, group, loaded

from app.engine import form
from app.engine.form import FormInvalid

AT = datetime(2026, 3, 1, 20, tzinfo=UTC)  # 2 March in Vietnam
SHA = "a" * 64


def errors_of(made, values, at=AT):
    with pytest.raises(FormInvalid) as invalid:
        made.check(values, catalogues, at)
    assert invalid.value.status == 422
    return invalid.value.errors





@pytest.mark.parametrize(
    ("component", "given", "clean"),
    [
        (field("textfield"), "  Sở Nội vụ ", "Sở Nội vụ"),
        (field("textfield"), "Sơ\u0309", "Sở"),
        (field("textfield"), "", None),
        (field("textfield"), "   ", None),
        (field("textfield"), None, None),
        (field("textfield", properties={"kind": "pin"}), " 12 ", " 12 "),
        (field("textarea"), "một\nhai\tba", "một\nhai\tba"),
        (field("textarea"), "x" * 10_000, "x" * 10_000),
        (field("textfield", validate={"maxLength": 3}), " abc ", "abc"),
        (field("textfield", validate={"maxLength": 20, "pattern": r"^\d{1,3}/[A-Z-]+$"}), "12/UB-VX", "12/UB-VX"),
        (field("number", decimalDigits=0), 3, 3),
        (field("number", decimalDigits=0), 3.0, 3),
        (field("number", decimalDigits=0), "12", 12),
        (field("number", decimalDigits=0), 0, 0),
        (field("number", decimalDigits=0), None, None),
        (field("number", decimalDigits=2), 1.25, "1.25"),
        (field("number"), 0.1, "0.1"),
        (field("number"), 1e-7, "0.0000001"),
        (field("number"), 1000, "1000"),
        (field("number", increment=0.5), 1.5, "1.5"),
        (field("checkbox"), True, True),
        (field("checkbox"), None, False),
        (field("datetime", subtype="date"), "2026-02-28", "2026-02-28"),
        (field("datetime", subtype="date", disallowPassedDates=True), "2026-03-02", "2026-03-02"),
        (field("datetime", subtype="datetime"), "2026-03-01T08:00+07:00", "2026-03-01T01:00:00+00:00"),
        (field("datetime", subtype="datetime"), "2026-03-01T08:00", "2026-03-01T01:00:00+00:00"),
        (field("radio", values=OPTIONS), "yes", "yes"),
        (field("select", values=OPTIONS), "", None),
        (field("select", properties={"catalogue": "person"}), "2", "2"),
        (field("taglist", values=OPTIONS), ["no", "yes", "no"], ["no", "yes"]),
        (field("checklist", values=OPTIONS), None, []),
        (field("taglist", properties={"catalogue": "agency"}), ["1"], ["1"]),
        (field("filepicker"), SHA, SHA),
        (field("filepicker", multiple=True), SHA, [SHA]),
        (field("filepicker", multiple=True), [SHA, "b" * 64], [SHA, "b" * 64]),
        (field("filepicker", multiple=True), None, []),
    ],
)
def test_values_come_out_clean(component, given, clean):
    found = loaded(component).check({"a": given}, catalogues, AT)["a"]
    assert found == clean and type(found) is type(clean)


@pytest.mark.parametrize(
    ("component", "given", "sentence"),
    [
        (field("textfield"), 3, "dạng"),
        (field("textfield"), ["x"], "dạng"),
        (field("textfield"), {"x": 1}, "dạng"),
        (field("textfield"), "a\nb", "ký tự"),
        (field("textfield"), "a\x00b", "ký tự"),
        (field("textfield"), "a\u2028b", "ký tự"),
        (field("textfield"), "a\u2029b", "ký tự"),
        (field("textarea"), "a\x1b[0m", "ký tự"),
        (field("textarea"), "\ud800", "ký tự"),
        (field("textfield"), "x" * 1001, "1000"),
        (field("textarea"), "x" * 10_001, "10000"),
        (field("textfield", validate={"maxLength": 3}), "abcd", "3"),
        (field("textfield", validate={"minLength": 3}), "ab", "3"),
        (field("textfield", validate={"maxLength": 9, "pattern": r"^\d+$"}), "1a", "mẫu"),
        (field("textfield", validate={"maxLength": 9, "pattern": r"^\d+$"}), "١", "mẫu"),
        (field("textfield", validate={"maxLength": 9, "pattern": r"^[a-c]$", "patternErrorMessage": "Sai."}),
         "d", "Sai."),
        (field("textfield", **REQUIRED), " ", "Bắt buộc"),
        (field("number", decimalDigits=0), 1.5, "nguyên"),
        (field("number", decimalDigits=1), 1.25, "1 chữ số"),
        (field("number"), True, "số"),
        (field("number"), "NaN", "số"),
        (field("number"), "1e5", "số"),
        (field("number"), "9" * 5000, "số"),
        (field("number"), 10**400, "số"),
        (field("number"), float("inf"), "số"),
        (field("number"), float("nan"), "số"),
        (field("number"), [1], "số"),
        (field("number", validate={"min": 1}), 0, "nhỏ"),
        (field("number", validate={"max": 5}), 5.5, "lớn"),
        (field("number", increment=0.5), 1.2, "bội"),
        (field("number", **REQUIRED), None, "Bắt buộc"),
        (field("checkbox", **REQUIRED), False, "Bắt buộc"),
        (field("checkbox"), "true", "dạng"),
        (field("checkbox"), 1, "dạng"),
        (field("datetime", subtype="date"), "2026-02-30", "Ngày"),
        (field("datetime", subtype="date"), "20260228", "Ngày"),
        (field("datetime", subtype="date"), "0001-01-01", "Ngày"),
        (field("datetime", subtype="date"), 5, "Ngày"),
        (field("datetime", subtype="date", disallowPassedDates=True), "2026-03-01", "đã qua"),
        (field("datetime", subtype="datetime"), "0001-01-01T00:00:00+14:00", "Ngày"),
        (field("radio", values=OPTIONS), "maybe", "danh sách"),
        (field("radio", values=OPTIONS), True, "dạng"),
        (field("radio", values=OPTIONS, **REQUIRED), "", "Bắt buộc"),
        (field("select", properties={"catalogue": "person"}), "3", "danh mục"),
        (field("taglist", values=OPTIONS), ["yes", "x"], "danh sách"),
        (field("taglist", values=OPTIONS), "yes", "dạng"),
        (field("taglist", values=OPTIONS), [["yes"]], "dạng"),
        (field("taglist", values=OPTIONS, **REQUIRED), [], "Bắt buộc"),
        (field("taglist", properties={"catalogue": "agency"}), ["1", "3"], "danh mục"),
        (field("taglist", properties={"catalogue": "agency"}), ["1"] * 501, "500"),
        (field("filepicker"), "files::123", "tải lên"),
        (field("filepicker"), [SHA], "tải lên"),
        (field("filepicker"), "../" + SHA, "tải lên"),
        (field("filepicker", **REQUIRED), "", "Bắt buộc"),
        (field("filepicker", multiple=True, **REQUIRED), [], "Bắt buộc"),
        (field("filepicker", multiple=True), [SHA[:-1] + "\n"], "tải lên"),
    ],
)
def test_wrong_values_are_told_at_their_field(component, given, sentence):
    found = errors_of(loaded(component), {"a": given})
    assert list(found) == ["a"] and sentence in " ".join(found["a"])


def test_unknown_keys_are_an_error():
    made = loaded(field("textfield"))
    for key in ("b", "typename", "data_objects", "__class__", "_x", "a.b", ""):
        assert key in errors_of(made, {"a": "x", key: 1})
    for values in (None, [], "a", 1):
        assert errors_of(made, values)


def test_every_error_is_told_at_once():
    made = loaded(
        field("textfield", "a", **REQUIRED),
        field("number", "b", decimalDigits=0),
        field("select", "c", properties={"catalogue": "person"}),
    )
    assert errors_of(made, {"b": "x", "c": "9"}).keys() == {"a", "b", "c"}


def test_every_shown_field_has_its_key():
    made = loaded(field("textfield", "a"), field("taglist", "b", values=OPTIONS), field("checkbox", "c"))
    assert made.check({}, catalogues, AT) == {"a": None, "b": [], "c": False}


DECISION = field("radio", "decision", values=OPTIONS, **REQUIRED)


def test_a_hidden_field_is_dropped_and_not_required():
    made = loaded(DECISION, field("textfield", "reason", **REQUIRED, conditional={"hide": '=decision = "yes"'}))
    assert made.check({"decision": "yes", "reason": "x" * 9999}, catalogues, AT) == {"decision": "yes"}
    assert errors_of(made, {"decision": "no"}).keys() == {"reason"}
    assert made.check({"decision": "no", "reason": "x"}, catalogues, AT)["reason"] == "x"


def test_a_condition_that_cannot_be_computed_hides_nothing():
    made = loaded(DECISION, field("textfield", "reason", **REQUIRED, conditional={"hide": "=decision.x = 1"}))
    assert errors_of(made, {"decision": "yes"}).keys() == {"reason"}
    assert errors_of(made, {"decision": [[]] * 5000}).keys() == {"decision", "reason"}


def test_a_hidden_catalogue_is_not_asked():
    hide = {"hide": '=decision = "yes"'}
    made = loaded(DECISION, field("select", "who", properties={"catalogue": "person"}, conditional=hide))

    def refuse(name):
        raise AssertionError(name)

    assert made.check({"decision": "yes", "who": "9"}, refuse, AT) == {"decision": "yes"}




def test_groups_and_lists():
    hide = {"hide": '=decision = "yes"'}
    made = loaded(
        DECISION,
        group("group", [field("textfield", "plain")]),
        group("group", [field("textfield", "name", **REQUIRED)], path="sender"),
        group("dynamiclist", [
            field("textfield", "item", **REQUIRED),
            {**field("select", "who", properties={"catalogue": "person"}), "id": "who", "conditional": hide},
        ], path="rows"),
    )  # fmt: skip
    values = {"decision": "no", "plain": "p", "sender": {"name": "n"}, "rows": [{"item": "i", "who": "1"}]}
    assert made.check(values, catalogues, AT) == values
    values["decision"], values["rows"] = "yes", [{"item": "i", "who": "9"}]
    assert made.check(values, catalogues, AT)["rows"] == [{"item": "i"}]
    wrong = {"decision": "no", "sender": {"x": 1}, "rows": [{"item": "i", "who": "9"}, {}, 3]}
    found = errors_of(made, wrong)
    assert {"sender.name", "sender.x", "rows.1.item", "rows.2"} <= found.keys()
    assert errors_of(made, {**values, "rows": [{"item": "i"}] * 201}).keys() == {"rows"}
    assert [info.key for info in made.fields] == ["decision", "plain", "sender.name", "rows.item", "rows.who"]
    assert errors_of(made, {**values, "decision": "no"}).keys() == {"rows.0.who"}


def test_a_hidden_group_hides_what_is_inside():
    hide = {"hide": '=decision = "yes"'}
    made = loaded(
        DECISION,
        group("group", [field("textfield", "plain", **REQUIRED)], conditional=hide),
        group("group", [field("textfield", "name", **REQUIRED)], path="sender", conditional=hide),
    )
    assert made.check({"decision": "yes", "sender": 3}, catalogues, AT) == {"decision": "yes"}
    assert errors_of(made, {"decision": "no"}).keys() == {"plain", "sender"}


def test_the_drawn_form_carries_the_values_and_the_stored_one_does_not():
    made = loaded(group("group", [field("select", "who", properties={"catalogue": "person"})]), DECISION)
    drawn = made.drawn(catalogues)
    select = drawn["components"][0]["components"][0]
    assert select["values"] == catalogues("person") and "catalogue" not in select["properties"]
    assert made.drawn(lambda name: [])["components"][0]["components"][0]["values"] == []
    assert made.catalogues == {"person"}


def test_the_pin_and_the_fields_are_known():
    made = loaded(field("textfield", "pin", properties={"kind": "pin"}), field("number", "b", label="Số"))
    assert made.pin == "pin" and loaded(field("textfield")).pin is None
    infos = [(info.key, info.label, info.type, info.kind, info.id) for info in made.fields]
    assert infos == [("pin", "PIN", "textfield", "pin", "field_pin"), ("b", "Số", "number", None, "field_b")]


def test_art_3_2_a_document_not_entered_needs_only_the_reason():
    made = form.load(Path("forms/verify.json").resolve().read_bytes())
    values = {"decision": "not_entered", "reason": "Đơn thư khiếu nại", "subject": "không lưu"}
    assert made.check(values, catalogues, AT) == {"decision": "not_entered", "reason": "Đơn thư khiếu nại"}


def test_random_values_are_cleaned_or_told_but_never_crash():
    rng = random.Random(6)
    pieces = [
        None, True, 0, -1, 1.5, float("nan"), 10**30, "", " ", "x", "yes", "2026-01-01", SHA, "\x00",
        "\ud800", "9" * 400,
        [], ["yes"], [None], [[]], {}, {"a": 1}, [{}], [{"item": "x"}], {"name": "x"}, "1", ["1", "2"],
    ]  # fmt: skip
    made = loaded(
        DECISION,
        field("textfield", "a"), field("number", "b"), field("datetime", "c", subtype="date"), field("checkbox", "d"),
        field("taglist", "e", properties={"catalogue": "agency"}), field("filepicker", "f", multiple=True),
        group("group", [field("textfield", "name")], path="g"),
        group("dynamiclist", [field("textfield", "item")], path="h"),
        field("textarea", "i", conditional={"hide": '=contains(decision, "y") or count(e) > 0'}),
    )  # fmt: skip
    outcomes = [0, 0]
    for _ in range(1500):
        keys = rng.sample(["a", "b", "c", "d", "e", "f", "g", "h", "i", "z"], rng.randint(0, 3))
        values = {"decision": rng.choice(["yes", "no", rng.choice(pieces)]), "g": {"name": None}}
        values |= {key: rng.choice(pieces) for key in keys}
        try:
            clean = made.check(values, catalogues, AT)
            json.dumps(clean, allow_nan=False).encode()
            assert "z" not in clean
            outcomes[0] += 1
        except FormInvalid as invalid:
            assert all(isinstance(text, str) for texts in invalid.errors.values() for text in texts)
            outcomes[1] += 1
    assert min(outcomes) > 100
