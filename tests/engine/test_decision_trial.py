"""Test rows of decision tables (Art. 10.2, 4): answered by the evaluator that decides in earnest."""

from pathlib import Path

import pytest

from app.engine import decision_trial
from app.engine.decision_trial import TrialRowsRefused as RowsRefused

SHIPPED = Path(__file__).resolve().parents[2] / "processes/exchange_form.dmn"
MEETING = {"scope": "internal", "type_name": "Giấy mời", "purpose": "meeting_invitation",
           "day": "2026-01-20"}


def collect(policy: str, *rules: str) -> bytes:
    rows = "".join(f'<rule id="r{n}"><inputEntry id="i{n}"><text>{asked}</text></inputEntry>'
                   f'<outputEntry id="o{n}"><text>{answer}</text></outputEntry></rule>'
                   for n, (asked, answer) in enumerate(rule.split("=>") for rule in rules))
    return ('<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">'
            f'<decision id="k" name="k"><decisionTable id="t" hitPolicy="{policy}"><input id="a" label="Số trang">'
            '<inputExpression id="e" typeRef="number"><text>pages</text></inputExpression></input>'
            f'<output id="b" name="fee" typeRef="number"/>{rows}</decisionTable></decision></definitions>').encode()


def test_art_4_the_shipped_table_says_what_it_asks_and_which_row_answers():
    trial = decision_trial.load(SHIPPED.read_bytes())
    scope, type_name, purpose, day = trial.asked
    assert (scope.name, scope.label, scope.type, scope.choices) == ("scope", "Phạm vi", "text", ("internal", "between"))
    assert "meeting_invitation" in purpose.choices and type_name.choices == () and day.type == "date"
    tried = trial.run({"given": MEETING, "expect": {"exchange_form": "electronic", "clause": "Điều 4.1.a"}})
    assert tried.is_passed and len(tried.rules) == 1
    assert trial.run({"given": MEETING, "expect": {"exchange_form": "electronic"}}).is_passed is False
    assert trial.run({"given": MEETING}).is_passed is None
    assert trial.run({"given": MEETING, "expect": {}}).is_passed is False, "a row answers where none is expected"


def test_a_row_that_nothing_answers_passes_only_when_none_is_expected():
    trial = decision_trial.load(collect("FIRST", "<= 10=>1".replace("<", "&lt;")))
    assert trial.run({"given": {"pages": 11}, "expect": {}}).is_passed
    none = trial.run({"given": {"pages": "11"}, "expect": {"fee": 1}})
    assert none.is_passed is False and none.rules == () and none.message == "Không có dòng nào khớp."


def test_several_answers_are_said_and_never_chosen():
    unclear = decision_trial.load(collect("UNIQUE", "[1..9]=>1", "[5..20]=>2")).run(
        {"given": {"pages": 7}, "expect": {"fee": 1}})
    assert (unclear.is_passed, unclear.rules) == (False, ("r0", "r1")) and unclear.message == decision_trial.UNCLEAR
    listed = decision_trial.load(collect("RULE ORDER", "[1..9]=>1", "[5..20]=>2"))
    assert listed.run({"given": {"pages": 7}, "expect": [{"fee": 1}, {"fee": 2}]}).is_passed
    assert listed.run({"given": {"pages": 7}, "expect": [{"fee": True}, {"fee": 2}]}).is_passed is False
    failed = decision_trial.load(collect("FIRST", "-=>pages + 1")).run({"given": {"pages": "a"}, "expect": {}})
    assert failed.is_passed is False and failed.message


@pytest.mark.parametrize("value", [
    {}, [1], [{}], [{"given": []}], [{"given": {"a": []}}], [{"given": {}, "expect": 3}], [{"given": {}, "code": "x"}],
    [{"given": {"a": "x" * 1001}}], [{"given": {}}] * 201, [{"given": {}, "expect": [{"a": {}}]}],
], ids=range(10))
def test_rows_of_another_shape_are_refused(value):
    with pytest.raises(RowsRefused):
        decision_trial.rows_from(value)
    assert decision_trial.rows_from([{"given": {"a": None}, "expect": {"b": 1}}])
