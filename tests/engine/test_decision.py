"""Decision tables: every hit policy, what may be published, and what is found in a table before it is used."""

import random
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from app.engine import decision
from app.engine.decision import DecisionUnclear, TableRefused
from app.engine.language import ExpressionFailed

HEAD = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" '
    'xmlns:biodi="http://bpmn.io/schema/dmn/biodi/2.0" id="d" name="n" namespace="x">'
)


def written(rows, policy="UNIQUE", inputs=(("a", "string", ""),), outputs=("out",), more=""):
    """A table; each row is (cells, answers) and gets the ids r1, r2 ..."""
    text = HEAD + f'<decision id="table" name="Bảng"><decisionTable id="t" hitPolicy="{policy}" {more}>'
    for number, (name, kind, allowed) in enumerate(inputs):
        text += f'<input id="i{number}" label="{name}" biodi:width="200"><inputExpression id="e{number}" '
        text += f'typeRef="{kind}"><text>{escape(name)}</text></inputExpression>'
        text += f"<inputValues><text>{escape(allowed)}</text></inputValues>" * bool(allowed) + "</input>"
    for number, name in enumerate(outputs):
        text += f'<output id="o{number}" name="{name}" typeRef="string" />'
    for number, (cells, answers) in enumerate(rows, 1):
        text += f'<rule id="r{number}"><description>Dòng {number}</description>'
        text += "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in cells)
        text += "".join(f"<outputEntry><text>{escape(answer)}</text></outputEntry>" for answer in answers) + "</rule>"
    return (text + "</decisionTable></decision></definitions>").encode()


def table(*rows, **rest):
    return decision.load(written(rows, **rest))


def hits(found):
    return [rule for rule, _ in found.rules]


ROWS = [(['"x","y"'], ['"one"']), (['"y"'], ['"two"']), (['not("x", "y")'], ['"three"'])]


def test_unique_answers_with_the_row_and_its_annotation():
    found = table(*ROWS[::2]).decide({"a": "y"})
    assert found.outputs == {"out": "one"} and found.rules == [("r1", "Dòng 1")]


def test_unique_refuses_two_rows():
    with pytest.raises(DecisionUnclear) as unclear:
        table(*ROWS).decide({"a": "y"})
    assert unclear.value.facts == {"table": "table", "rules": ["r1", "r2"]}


def test_first_takes_the_first():
    assert table(*ROWS, policy="FIRST").decide({"a": "y"}).outputs == {"out": "one"}


def test_any_needs_one_answer():
    same = [(["-"], ["1"]), (['"x"'], ["1"]), (['"y"'], ["true"])]
    found = table(*same, policy="ANY").decide({"a": "x"})
    assert found.outputs == {"out": 1} and hits(found) == ["r1", "r2"]
    with pytest.raises(DecisionUnclear):
        table(*same, policy="ANY").decide({"a": "y"})


def test_rule_order_and_collect_answer_all_rows():
    for policy in ("RULE ORDER", "COLLECT"):
        found = table(*ROWS, policy=policy).decide({"a": "y"})
        assert found.outputs == [{"out": "one"}, {"out": "two"}] and hits(found) == ["r1", "r2"]
        assert table(*ROWS[:2], policy=policy).decide({"a": "z"}).outputs == []


@pytest.mark.parametrize(
    ("how", "value", "nothing"),
    [("SUM", "6.5", {}), ("MIN", 1, {}), ("MAX", "3.5", {}), ("COUNT", 3, {"out": 0})],
)
def test_collect_aggregates(how, value, nothing):
    rows = [(['"x"'], ["3.5"]), (['"x"'], ["2"]), (['"x"'], ["1"]), (['"x"'], [""]), (['"y"'], ["9"])]
    made = table(*rows, policy="COLLECT", more=f'aggregation="{how}"')
    assert made.decide({"a": "x"}).outputs == {"out": value}
    assert made.decide({"a": "z"}).outputs == nothing


def test_only_numbers_are_summed():
    with pytest.raises(ExpressionFailed):
        table((["-"], ["true"]), policy="COLLECT", more='aggregation="SUM"').decide({})


def test_no_match_answers_nothing():
    for policy in ("UNIQUE", "FIRST", "ANY"):
        found = table((['"x"'], ["1"]), policy=policy).decide({"a": "z"})
        assert found.outputs == {} and found.rules == []


def test_a_missing_input_is_null():
    made = table((['"x"'], ["1"]), (["null"], ['"null"']), (["< 3"], ["2"]), policy="FIRST")
    assert made.decide({}).outputs == {"out": "null"}
    assert table((["-"], ["1"]), inputs=(("a.b.c", "string", ""),)).decide({"a": None}).outputs == {"out": 1}


@pytest.mark.parametrize(
    ("kind", "cell", "given", "is_hit"),
    [
        ("number", "[1..5]", 5, True),
        ("number", "[1..5)", 5, False),
        ("number", "> 2.5", "2.75", True),
        ("number", "> 2.5", "many", False),
        ("integer", "3", 3, True),
        ("boolean", "true", True, True),
        ("boolean", "false", None, False),
        ("date", '> date("2026-01-01")', "2026-02-01", True),
        ("date", '> date("2026-01-01")', "2026-13-01", False),
        ("dateTime", '> date and time("2026-01-01T00:00:00Z")', "2026-02-01T00:00:00+07:00", True),
        ("string", 'starts with(?, "02/")', "02/UBND", True),
        ("string", "b", "same", True),
        ("string", "", None, True),
        ("", '"x"', "x", True),
    ],
)
def test_cells_by_type(kind, cell, given, is_hit):
    made = table(([cell], ["1"]), inputs=(("a", kind, ""),))
    assert bool(made.decide({"a": given, "b": "same"}).rules) is is_hit


def test_answers_are_json():
    answers = ['"a"', "2.50", 'date("2026-01-31")', "b + 1", "null", "[1, true]"]
    made = table((["-"], answers), outputs=tuple("pqrstu"))
    assert made.decide({"b": 1}).outputs == {
        "p": "a", "q": "2.50", "r": "2026-01-31", "s": 2, "t": None, "u": [1, True],
    }  # fmt: skip
    assert made.names == {"a", "b"} and made.outputs == list("pqrstu")
    with pytest.raises(ExpressionFailed):
        table((["-"], ['duration("P1D")'])).decide({})


def test_annotation_entries_are_kept():
    text = written([(["-"], ["1"])]).replace(
        b"</rule>", "<annotationEntry><text>Điều 4.1.a</text></annotationEntry></rule>".encode()
    )
    assert decision.load(text).decide({}).rules == [("r1", "Dòng 1\nĐiều 4.1.a")]


def changed(old, new, **rest):
    text = written([(['"x"'], ["1"])], **rest).decode()
    assert old in text
    return text.replace(old, new, 1).encode()


REFUSED = {
    "empty": b"", "no xml": b"{}", "html": b"<html/>", "truncated": written([(["-"], ["1"])])[:-20],
    "other version": changed("DMN/20191111/MODEL", "DMN/20180521/MODEL"),
    "doctype": b"<!DOCTYPE x>" + written([]),
    "entity": b'<!DOCTYPE d [<!ENTITY a "aaaa">]>' + changed('>"x"<', ">&a;<"),
    "lower doctype": b"<!doctype x>" + written([]),
    "utf-16": '<?xml version="1.0" encoding="utf-16"?><a/>'.encode("utf-16"),
    "utf-7": b'<?xml version="1.0" encoding="utf-7"?>' + written([]),
    "latin": b"\xff\xfe\xe9", "null byte": written([]) + b"\x00", "huge": b" " * 1_100_000,
    "unknown entity": changed('>"x"<', ">&a;<"),
    "priority": changed("UNIQUE", "PRIORITY"), "output order": changed("UNIQUE", "OUTPUT ORDER"),
    "aggregation without collect": written([], more='aggregation="SUM"'),
    "unknown aggregation": written([], policy="COLLECT", more='aggregation="AVG"'),
    "aggregation of two": written([], policy="COLLECT", outputs=("a", "b"), more='aggregation="SUM"'),
    "python": changed('>"x"<', ">__import__('os')<"), "python answer": changed("<text>1<", "<text>open(1)<"),
    "python input": changed("<text>a<", "<text>a.__class__<"), "empty input": changed("<text>a<", "<text><"),
    "other language": changed('typeRef="string"', 'typeRef="string" expressionLanguage="javascript"'),
    "unknown type": changed('typeRef="string"', 'typeRef="function"'),
    "output name": written([], outputs=("_x",)), "output name with space": written([], outputs=("a b",)),
    "same outputs": written([], outputs=("a", "a")), "no outputs": written([], outputs=()),
    "no inputs": written([], inputs=()),
    "too few cells": written([([], ["1"])]), "too many cells": written([(["-", "-"], ["1"])]),
    "too few answers": written([(["-"], [])]),
    "too many rules": written([(["-"], ["1"])] * 501),
    "too many columns": written([], inputs=[("a", "string", "")] * 31),
    "long cell": written([(['"' + "x" * 2000 + '"'], ["1"])]), "deep cell": written([(["(" * 200], ["1"])]),
    "same id": changed('id="e0"', 'id="i0"'), "rule without id": changed('<rule id="r1">', "<rule>"),
    "decision without id": changed('<decision id="table"', "<decision"),
    "two decisions": changed("</definitions>", '<decision id="z"/></definitions>'),
    "no decision": HEAD.encode() + b"</definitions>",
    "literal expression": changed("<decisionTable", "<literalExpression/><decisionTable"),
    "drd": changed("<decisionTable", "<informationRequirement/><decisionTable"),
    "input data": changed("</definitions>", '<inputData id="q"/></definitions>'),
    "extension": changed("<decisionTable", "<extensionElements/><decisionTable"),
    "unknown attribute": changed('<rule id="r1">', '<rule id="r1" onload="x">'),
    "foreign attribute": changed(
        '<rule id="r1">', '<rule id="r1" xmlns:c="http://camunda.org/schema/1.0/dmn" c:x="y">'
    ),
    "foreign element": changed("<decisionTable", '<x xmlns="urn:x"/><decisionTable'),
    "element in text": changed('<text>"x"</text>', '<text>"x"<text>1</text></text>'),
    "many elements": changed("</decision>", "<description/>" * 31_000 + "</decision>"),
    "deep elements": changed("</decision>", "<description>" * 300 + "</description>" * 300 + "</decision>"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_of_ours_is_refused(name):
    with pytest.raises(TableRefused) as refused:
        decision.load(REFUSED[name])
    assert refused.value.facts["message"].endswith(".") and refused.value.status == 422


def test_a_refused_cell_is_named():
    with pytest.raises(TableRefused) as refused:
        decision.load(changed("<inputEntry>", '<inputEntry id="cell_7">').replace(b'>"x"<', b">=1<"))
    assert refused.value.facts["element"] == "cell_7"


def test_a_comment_inside_a_cell_hides_nothing():
    made = decision.load(changed('>"x"<', '>"x"<!-- , --><?p ?>,"y"<'))
    assert [bool(made.decide({"a": value}).rules) for value in ("x", "y", "z")] == [True, True, False]


def messages(made, level=None):
    return [(found.element, found.message) for found in made.findings() if level in (None, found.level)]


NUMBER = (("n", "number", ""),)


@pytest.mark.parametrize(
    ("first", "second", "inputs", "is_overlap"),
    [
        ('"x"', '"y"', (("a", "string", ""),), False),
        ('"x","y"', '"y"', (("a", "string", ""),), True),
        ('not("x")', '"x"', (("a", "string", ""),), False),
        ('not("x")', '"y"', (("a", "string", ""),), True),
        ("-", '"y"', (("a", "string", ""),), True),
        ("[1..5]", "[5..9]", NUMBER, True),
        ("[1..5)", "[5..9]", NUMBER, False),
        ("< 5", "> 5", NUMBER, False),
        ("< 5", "> 4", NUMBER, True),
        ("<= 4", ">= 5", NUMBER, False),
        ("(4..5)", "< 10", NUMBER, True),
        ("(4..5)", "< 10", (("n", "integer", ""),), False),
        ("true", "false", (("b", "boolean", ""),), False),
        ("true", "-", (("b", "boolean", ""),), True),
        ('< date("2026-01-01")', '>= date("2026-01-01")', (("d", "date", ""),), False),
        ('<= date("2026-01-01")', '>= date("2026-01-01")', (("d", "date", ""),), True),
        ("limit", '"y"', (("a", "string", ""),), False),  # cannot be decided: not guessed
        ('contains(?, "y")', '"y"', (("a", "string", ""),), False),
    ],
)
def test_overlaps_of_unique_are_errors(first, second, inputs, is_overlap):
    made = table(([first], ["1"]), ([second], ["2"]), inputs=inputs)
    assert bool(messages(made, "error")) is is_overlap


def test_an_overlap_needs_every_column():
    two = (("a", "string", ""), ("n", "number", ""))
    apart = table((['"x"', "< 5"], ["1"]), (["-", ">= 5"], ["2"]), (['"y"', "< 5"], ["3"]), inputs=two)
    assert messages(apart, "error") == []
    meeting = table((['"x"', "< 5"], ["1"]), (["-", "< 3"], ["2"]), inputs=two)
    assert [element for element, _ in messages(meeting, "error")] == ["r2"]
    assert "a = x" in messages(meeting, "error")[0][1]


def test_any_may_overlap_with_the_same_answer():
    assert messages(table((["-"], ["1"]), (['"x"'], ["1"]), policy="ANY"), "error") == []
    assert messages(table((["-"], ["1"]), (['"x"'], ["2"]), policy="ANY"), "error") != []


def test_gaps_are_warnings():
    allowed = (("a", "string", '"x","y"'), ("b", "boolean", ""))
    full = table((['"x"', "-"], ["1"]), (['"y"', "true"], ["2"]), (['"y"', "false"], ["3"]), inputs=allowed)
    assert full.findings() == []
    gap = table((['"x"', "-"], ["1"]), (['"y"', "true"], ["2"]), inputs=allowed)
    assert messages(gap, "warning") == [("table", "Chưa có dòng nào cho trường hợp a = y, b = sai.")]
    assert "giá trị khác" in messages(table((['"x"'], ["1"])), "warning")[0][1]
    assert "n = 5" in messages(table((["< 5"], ["1"]), (["> 5"], ["2"]), inputs=NUMBER), "warning")[0][1]


def test_what_can_never_be_hit_or_answered_is_found():
    made = table((['"z"'], ["1"]), (["-"], ["1"]), policy="FIRST", inputs=(("a", "string", '"x"'),))
    assert "không khớp" in messages(made, "warning")[0][1]
    text = written([(["-"], ['"wrong"'])]).replace(
        b'name="out" typeRef="string" />', b'name="out"><outputValues><text>"right"</text></outputValues></output>'
    )
    assert messages(decision.load(text), "error")[0][0] == "r1"
    assert messages(table(), "error") == [("table", "Bảng chưa có dòng nào.")]


def test_findings_of_a_wide_table_end():
    rng = random.Random(3)
    inputs = [(f"c{number}", "string", "") for number in range(8)]
    rows = [([rng.choice(['"x"', '"y"', "-", 'not("x")']) for _ in inputs], ["1"]) for _ in range(200)]
    assert len(table(*rows, policy="ANY", inputs=inputs).findings()) <= 5


def test_findings_of_a_hostile_table_end_undecided():
    inputs = [(f"c{number}", "number", "") for number in range(20)]
    rows = [([f"[{row * 7 + number}..{row * 9 + number}]" for number in range(20)], ["1"]) for row in range(400)]
    assert table(*rows, inputs=inputs).findings() == []


def test_random_tables_overlap_exactly_when_two_rows_are_hit():
    rng = random.Random(4)
    cells = ["-", "< 3", ">= 3", "[2..4]", "(2..4)", "3", "not(3)", "2, 5", "> 4"]
    seen = set()
    for _ in range(60):
        rows = [([rng.choice(cells), rng.choice(cells)], ["1"]) for _ in range(rng.randint(2, 4))]
        inputs = (("p", "integer", ""), ("q", "integer", ""))
        counting = table(*rows, policy="COLLECT", inputs=inputs)
        most = [len(counting.decide({"p": p, "q": q}).rules) for p in range(8) for q in range(8)]
        made = table(*rows, inputs=inputs)
        assert bool(messages(made, "error")) is (max(most) > 1), rows
        assert any("Chưa có" in text for _, text in messages(made, "warning")) is (min(most) == 0), rows
        seen.add((max(most) > 1, min(most) == 0))
    assert len(seen) >= 3


def test_art_4_the_shipped_table_answers_every_case():
    made = decision.load(Path("processes/exchange_form.dmn").resolve().read_bytes())
    assert made.key == "exchange_form" and made.findings() == []
    found = made.decide({"scope": "internal", "purpose": "steering", "type_name": "Công văn", "day": "2026-01-20"})
    assert found.outputs["exchange_form"] == "electronic" and found.outputs["clause"].startswith("Điều 4.1.a")
    assert made.decide({}).outputs["exchange_form"] == "hybrid"
