"""Saved scenarios: the shipped ones hold and visit everything; what a draft breaks fails by name and place."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app import cli_diagram, register_articles
from app.demo import legal_review
from app.engine import decision_trial, diagram, scenario, scenario_amend
from app.engine.sandbox import TrialRefused
from app.engine.scenario import CaseRefused, load, run_all, with_scenario, without_scenario
from app.engine.scenario_amend import amended

register_articles()
ROOT = Path(__file__).resolve().parents[2]
FILES = diagram.shipped(ROOT)
KEYS = ("incoming", "outgoing_electronic", "outgoing_hybrid")
SIGNED = "Văn bản điện tử có chữ ký số hợp lệ, xử lý xong (Điều 6.3.a)"


def case(*scenarios, tables=None):
    return json.dumps({"scenarios": list(scenarios), "tables": tables or {}}).encode()


def one(**more):
    return {"name": "Một", "sample": {"data": {"channel": "paper"}}, "moves": [], "ends_at": "", **more}


def drawn(key, *pairs):
    """The shipped files with texts of a drawing replaced, each exactly once."""
    text = FILES[f"bpmn:{key}"].decode()
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return {**FILES, f"bpmn:{key}": text.encode()}


def cut(text, start, end):
    return text[:text.index(start)] + text[text.index(end, text.index(start)) + len(end):]


@pytest.mark.parametrize("key", KEYS)
def test_art_10_2_the_shipped_scenarios_hold_and_visit_every_element_and_every_flow(key):
    result = run_all(FILES, key)
    assert result.is_ok, result.failures
    assert len(result.scenarios) >= 5
    assert (result.elements_missed, result.flows_missed, result.coverage) == ((), (), 100)
    assert result.elements > 30 and result.flows > 30


def test_a_draft_that_drops_a_step_fails_the_scenario_that_asks_for_it():
    text = FILES["bpmn:incoming"].decode()
    text = cut(text, '<bpmn:scriptTask id="report_received"', "</bpmn:scriptTask>")
    text = cut(text, '<bpmn:sequenceFlow id="flow_report_received_require_paper"', "/>")
    text = cut(text, '<bpmn:flowNodeRef>report_received', "</bpmn:flowNodeRef>")
    text = text.replace('sourceRef="enter" targetRef="report_received"', 'sourceRef="enter" targetRef="require_paper"')
    result = run_all({**FILES, "bpmn:incoming": text.encode()}, "incoming")
    failed, = result.failures
    assert failed.name == SIGNED and failed.element == "report_received"
    assert failed.sentence == "Không đi qua “report_received” (không còn trên sơ đồ)."


def test_a_draft_that_ends_elsewhere_fails_with_both_ends():
    files = drawn("incoming", ('sourceRef="close" targetRef="report_finished"',
                               'sourceRef="close" targetRef="end_new"'),
                  ('<bpmn:endEvent id="end_finished"', '<bpmn:endEvent id="end_new" name="Mới"></bpmn:endEvent>'
                                                       '<bpmn:endEvent id="end_finished"'))
    result = run_all(files, "incoming")
    assert not result.is_ok and all(o.sentence for o in result.failures), "a drawing that cannot run fails them all"
    files = drawn("incoming", ('sourceRef="report_finished" targetRef="end_finished"',
                               'sourceRef="report_finished" targetRef="end_returned"'),
                  ('sourceRef="report_informed" targetRef="end_informed"',
                   'sourceRef="report_informed" targetRef="end_finished"'),
                  ('sourceRef="report_returned" targetRef="end_returned"',
                   'sourceRef="report_returned" targetRef="end_informed"'))
    failed = {o.name: o for o in run_all(files, "incoming").failures}
    assert failed[SIGNED].sentence == "Kết thúc tại “Trả lại nơi gửi”, trong khi phải kết thúc tại “Hoàn thành”."
    assert failed[SIGNED].element == "end_returned"


def test_a_form_with_a_new_question_fails_at_the_move_and_the_field():
    form = json.loads(FILES["form:handle"])
    form["components"].append({"type": "textfield", "key": "hours", "id": "field_hours", "label": "Số giờ",
                               "validate": {"required": True}})
    failed = {o.name: o for o in run_all({**FILES, "form:handle": json.dumps(form).encode()}, "incoming").failures}
    assert failed[SIGNED].move == 3 and failed[SIGNED].element == "handle"
    assert "hours: Bắt buộc nhập." in failed[SIGNED].sentence and failed[SIGNED].sentence.startswith("Thao tác 3: ")


def test_what_no_scenario_visits_is_named():
    files = {**FILES, "case:incoming": case(one())}
    result = run_all(files, "incoming")
    assert result.is_ok and result.coverage < 10
    assert "end_finished" in result.elements_missed and "flow_close_report_finished" in result.flows_missed
    assert run_all({k: v for k, v in FILES.items() if not k.startswith("case:")}, "incoming").is_ok


def test_expectations_of_a_scenario():
    def said(**more):
        return run_all({**FILES, "case:incoming": case(one(**more))}, "incoming").scenarios[0]

    assert said().is_ok
    assert said(passes=["start"], never=["gone", "verify"]).is_ok
    assert "“Quét văn bản giấy”" in said(ends_at="end_finished").sentence
    assert said(passes=["verify"]).sentence == "Không đi qua “Văn thư kiểm tra, nhập thông tin”."
    assert "trong khi không được" in said(never=["start"]).sentence
    assert "không có gì đang chờ" in said(moves=[{"element": "verify", "values": {}}]).sentence


def test_art_4_test_rows_of_a_table_are_run_with_it():
    asked = {"given": {"purpose": "consult", "type_name": "Công văn", "scope": "between", "day": "2026-01-20"}}
    row = next(iter(load(FILES["case:outgoing_electronic"]).tables["exchange_form"]))
    wrong = {"given": row["given"], "expect": {**row["expect"], "exchange_form": "postal"}}
    result = run_all({**FILES, "case:incoming": case(tables={"exchange_form": [asked, row, wrong], "gone": [asked]})},
                     "incoming")
    assert [o.is_ok for o in result.rows] == [True, True, False, False]
    said = result.rows[2].sentence
    assert "exchange_form = " in said and "{" not in said, "in words, not as JSON"
    assert "khác với mong đợi" in said and "Không còn" in result.rows[3].sentence
    assert result.rows_missed and ("exchange_form", "nothing") not in result.rows_missed
    assert run_all(FILES, "outgoing_electronic").rows_missed == (), "the shipped test rows hit every row"


def test_a_table_is_read_once_and_its_test_rows_have_one_limit(monkeypatch):
    read, real = [], decision_trial.load
    monkeypatch.setattr(decision_trial, "load", lambda text: read.append(text) or real(text))
    asked = {"given": {"purpose": "consult", "type_name": "Công văn", "scope": "between", "day": "2026-01-20"}}
    files = {**FILES, "case:incoming": case(tables={"exchange_form": [asked] * 20})}
    assert run_all(files, "incoming").is_ok and len(read) == 1
    monkeypatch.setattr(decision_trial, "MAX_WORK",
                        len(FILES["dmn:exchange_form"]) // 8 + 10 * real(FILES["dmn:exchange_form"]).table.cells)
    assert [one.is_ok for one in run_all(files, "incoming").rows] == [True] * 10 + [False] * 10


@pytest.mark.parametrize("text", [
    b"", b"\xff", b"[]", b"{", b'{"scenarios": {}}', b'{"cases": []}', b'{"scenarios": [1]}', b'{"tables": []}',
    b'{"scenarios": [], "scenarios": []}', b'{"scenarios": [{"name": "a", "moves": NaN}]}',
    b'{"scenarios": ' + b"[" * 20000 + b"]" * 20000 + b"}", b" " * 1_000_001,
    case(one(name=" ")), case(one(name="x" * 201)), case(one(), one()), case(one(surprise=1)),
    case(one(moves=[{"script": "import os"}])), case(one(ends_at=["a"])), case(one(passes="start")),
    case(one(never=[1])), case(one(at="2026-01-05")), case(one(at="soon")), case(one(at="1999-01-05T00:00:00+00:00")),
    case(one(sample={"data": {"invented": 1}})), case(*[one(name=str(n)) for n in range(101)]),
    case(tables={"t": {}}), case(tables={"t": [{"expect": {}}]}), case(tables={"t": [{"given": {"a": [1]}}]}),
])
def test_a_file_of_another_shape_is_refused_with_a_sentence(text):
    with pytest.raises(CaseRefused) as refused:
        load(text, "incoming")
    assert refused.value.facts["message"]
    failed, = run_all({**FILES, "case:incoming": text}, "incoming").failures
    assert failed.sentence == refused.value.facts["message"]


def test_a_scenario_is_added_replaced_and_taken_out_and_nothing_else_changes():
    at = datetime(2026, 11, 25, 2, tzinfo=UTC)
    text = with_scenario(FILES["case:outgoing_electronic"], one(sample={}, at=at.isoformat()), "outgoing_electronic")
    before, after = load(FILES["case:outgoing_electronic"]), load(text)
    assert after.scenarios[:-1] == before.scenarios and after.tables == before.tables
    assert after.scenarios[-1].at == at
    with pytest.raises(CaseRefused):
        with_scenario(text, one(sample={}), "outgoing_electronic")
    renamed = with_scenario(text, one(name="Hai", sample={}), "outgoing_electronic", replaces="Một")
    assert [s.name for s in load(renamed).scenarios][-1] == "Hai"
    assert load(without_scenario(renamed, "Hai")) == before
    assert load(with_scenario(None, one(), "incoming")).scenarios[0].at == scenario.AT


def test_what_was_done_once_at_a_new_task_goes_into_every_scenario_that_stops_there():
    key = legal_review.KEY
    files = {**FILES, **legal_review.files(FILES), f"case:{key}": FILES[f"case:{key}"]}
    broken = run_all(files, key).failures
    assert len(broken) == 5 and all("Văn bản đang ở “Thẩm định pháp chế”" in one.sentence for one in broken)
    done = {"element": legal_review.TASK, "occurrence": 1, "values": {"opinion": "Đúng luật."}}
    text, names = amended(files, key, [done])
    assert sorted(names) == sorted(one.name for one in broken)
    assert run_all({**files, f"case:{key}": text}, key).is_ok
    assert load(text).tables == load(files[f"case:{key}"]).tables
    known = {"element": "draft", "values": {"decision": "cancel", "reason": "x"}}
    assert amended(files, key, [known])[1] == [], "a task that the scenario knows is not done twice"
    for moves in ([{"script": "x"}], ["x"]):
        with pytest.raises(TrialRefused):
            amended(files, key, moves)
    with pytest.raises(CaseRefused):
        amended({}, key, [])


def test_new_tasks_are_carried_into_scenarios_within_one_limit(monkeypatch):
    key = legal_review.KEY
    files = {**FILES, **legal_review.files(FILES), f"case:{key}": FILES[f"case:{key}"]}
    done = {"element": legal_review.TASK, "occurrence": 1, "values": {"opinion": "Đúng luật."}}
    monkeypatch.setattr(scenario_amend, "MAX_PASSES", 50)
    assert 0 < len(amended(files, key, [done])[1]) < 5, "those that the limit does not reach stay as they are"


def test_the_command_checks_a_file_of_scenarios_by_running_them(tmp_path):
    file = tmp_path / "incoming.case.json"
    file.write_bytes(FILES["case:incoming"])
    assert cli_diagram.findings(file, ()) == []
    file.write_bytes(case(one(ends_at="end_finished")))
    told, = cli_diagram.findings(file, ())
    assert (told["rule"], told["element"]) == ("scenario", "end_finished") and "Chưa kết thúc" in told["message"]
    for name, text in (("incoming.case.json", b"[]"), ("other.case.json", case())):
        (tmp_path / name).write_bytes(text)
        assert len(cli_diagram.findings(tmp_path / name, ())) == 1
