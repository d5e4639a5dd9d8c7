"""The catalogue of templates: what a diagram may choose is what the code does, no more and no less."""

from pathlib import Path
from typing import Any

import pytest

from app import register_articles
from app.engine import form, step, template
from app.engine.dialect import read_drawing

register_articles()
ROOT = Path(__file__).parents[2]
DRAWINGS = {path.stem: read_drawing(path.read_bytes()) for path in (ROOT / "processes").glob("*.bpmn")}


def test_every_step_and_every_taken_form_is_offered_with_words_of_its_own() -> None:
    for name in [*step.catalogue(), *(f"task:{key}" for key in step._taken)]:
        assert name in template._offers, name
    known = template.templates()
    assert all(t.label != t.name for t in known.values())
    assert len({t.label for t in known.values()}) == len(known)


@pytest.mark.parametrize("key", sorted(DRAWINGS))
def test_art_10_2_the_shipped_diagrams_name_the_template_that_fits(key: str) -> None:
    assert key in template.procedures()
    tasks = [node.element for node in DRAWINGS[key].nodes() if node.element.kind in ("user", "script", "rule")]
    assert tasks
    for element in tasks:
        fitting = {"script": f"qlvb.{element.step}", "user": f"qlvb.task.{element.form_key}", "rule": template.TABLE}
        assert fitting[element.kind] == element.template and element.template in template.templates(), element.id


@pytest.mark.parametrize("path", sorted((ROOT / "forms").glob("*.json")), ids=lambda path: path.stem)
def test_a_form_decides_what_its_template_says_it_gives(path: Path) -> None:
    """The options of `decision` on the form are the samples of the offer."""
    found = template.templates()[f"qlvb.task.{path.stem}"]
    drawn = {value for field in form.load(path.read_bytes()).fields if field.key == "decision"
             for value, _ in field.options}
    assert drawn == set(found.gives.get("decision", ()))


def test_the_settings_of_a_step_are_its_arguments() -> None:
    code = template.templates()["qlvb.report_status"].settings
    assert [(s.name, s.choices, s.is_required) for s in code] == [
        ("code", ("02", "03", "04", "05", "06", "15", "16"), True)]
    days = template.templates()["qlvb.forward"].settings
    assert [(s.name, s.type, s.is_required) for s in days] == [
        ("days", "int", False), ("urgent_minutes", "int", False)]


@pytest.mark.parametrize("given", [{"leader_id": 1, "approver_id": 7}, {"_x": 1}])
def test_what_a_step_does_not_offer_it_may_not_give(given: dict[str, Any]) -> None:
    with pytest.raises(template.NotOffered):
        template.require_offered("forward", given)
    template.require_offered("forward", {"leader_id": 1})


@pytest.mark.parametrize("given", [{"decision": "arrived"}, {"paper_awaited": False}])
def test_a_form_gives_its_decision_and_its_truth_values_always(given: dict[str, Any]) -> None:
    with pytest.raises(template.NotOffered):
        template.require_offered("task:await_paper", given)
    template.require_offered("task:await_paper", {"decision": "arrived", "paper_awaited": False})


def test_who_signs_and_who_handles_is_not_for_a_form_of_ones_own_to_say() -> None:
    """security.md S6: deciding facts are written by the articles' own steps and forms only."""
    owned = template.owned_names()
    assert {"approver_id", "handler_id", "leader_id", "signature_ok", "document_id"} <= owned
    assert not owned & {"decision", "reason", "opinion"}
