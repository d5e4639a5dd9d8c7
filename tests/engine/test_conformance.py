"""Art. 10.3, 10.4: what a history did against the regulation is found from its acts alone, with its article."""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from redraw import rewire

import app as product
from app import clock, worker
from app.db import db
from app.engine import conformance, conformance_night, diagram, obligation, spiff
from app.engine.conformance_night import roles_then
from app.records import account, verify
from tests.steps import Office, quick

FOLDER = Path(__file__).parents[1] / "data" / "histories"
KINDS = {"incoming": ("incoming", ""), "outgoing_electronic": ("outgoing", "electronic"),
         "outgoing_hybrid": ("outgoing", "hybrid")}
#: who does what in the histories
PEOPLE = {"receive_paper": 1, "verify": 1, "seal": 1, "sign_paper": 1, "seal_paper": 1, "digitise": 1, "assign": 2,
          "approve": 2, "sign_by_leader": 2, "review": 3, "draft": 4, "handle": 4}
ROLES = {1: ["clerk"], 2: ["leader"], 3: ["head"], 4: ["officer"], 5: ["leader"]}


@cache
def load(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@cache
def drawn(text: str) -> Any:
    return spiff.compile_diagram(text.encode()).elements


def judged(name: str, change: Callable[[list[dict[str, Any]]], None] | None = None) -> list[tuple[str, int]]:
    """(article, act) of what is wrong with a golden history, changed before."""
    product.register_articles()
    kept = load(name)
    acts = deepcopy(kept["acts"])
    for act in acts:
        act |= {"actor_id": PEOPLE.get(act["element"]) if act["kind"] == "task_completed" else None}
    if change:
        change(acts)
    rows = [(SimpleNamespace(**{"moves": [], "on_behalf_of_id": None, **act, "at": datetime.fromisoformat(act["at"])}),
             act["input"]) for act in acts]
    direction, form = KINDS[name]
    return [(one.article, one.act) for one in conformance.violations(
        conformance.Kind(1, direction, form), rows, lambda sha256: drawn(kept["releases"][sha256]),
        lambda user_id, _at: ROLES[user_id], datetime(2026, 12, 31, tzinfo=UTC))]


@pytest.mark.parametrize("name", KINDS)
def test_art_9_a_lawful_history_has_no_violation(name: str) -> None:
    assert judged(name) == []


def at(acts: list[dict[str, Any]], number: int) -> dict[str, Any]:
    return next(act for act in acts if act["number"] == number)


def dropped(*numbers: int) -> Callable[[list[dict[str, Any]]], None]:
    def change(acts: list[dict[str, Any]]) -> None:
        acts[:] = [act for act in acts if act["number"] not in numbers]
    return change


def without(number: int, element: str) -> Callable[[list[dict[str, Any]]], None]:
    def change(acts: list[dict[str, Any]]) -> None:
        given = at(acts, number)["input"]
        given["results"] = [one for one in given["results"] if one[0] != element]
    return change


def of(number: int, **columns: Any) -> Callable[[list[dict[str, Any]]], None]:
    return lambda acts: at(acts, number).update(columns)


def forged() -> Iterator[Any]:
    """(history, what is done to it, article and act that must be told)."""
    name = "outgoing_electronic"
    yield pytest.param(name, without(4, "approve_step"), ("Art. 9.1.a", 4), id="9_1_a_numbered_before_approval")
    yield pytest.param(name, without(10, "number"), ("Art. 9.1.b", 10), id="9_1_b_completed_without_number")
    yield pytest.param(name, dropped(13, 14), ("Art. 9.1.d", 15), id="9_1_d_agency_signs_before_the_leader")
    yield pytest.param(name, dropped(17), ("Art. 9.1.d", 18), id="9_1_d_dispatched_unsigned")
    yield pytest.param(name, of(13, actor_id=5), ("Art. 9.1.c", 13), id="9_1_c_another_leader_signs")
    yield pytest.param(name, of(10, actor_id=4), ("Art. 8.3", 10), id="8_3_an_officer_approves")
    yield pytest.param(name, without(18, "tell_answered"), ("Art. 8.1", 18), id="8_1_the_answer_is_not_told")
    yield pytest.param("incoming", without(4, "enter"), ("Art. 6.2.c", 4), id="6_2_c_forwarded_unregistered")
    yield pytest.param("incoming", without(10, "close"), ("Art. 10.4", 10), id="10_4_ended_unclosed")
    yield pytest.param("outgoing_hybrid", dropped(6), ("Art. 9.2.c", 7), id="9_2_c_scanned_unsealed")


@pytest.mark.parametrize(("name", "change", "expected"), list(forged()))
def test_art_9_what_was_done_out_of_order_is_found_with_its_article(
        name: str, change: Callable[[list[dict[str, Any]]], None], expected: tuple[str, int]) -> None:
    assert expected in judged(name, change)


@pytest.fixture
def office(world: Any) -> Office:
    quick(world.app)
    return Office(world.app)


def test_art_10_4_what_is_late_is_told_and_the_night_writes_it_down(office: Office) -> None:
    letter = office.take_in()
    office.verify(letter)
    with office.inside():
        now = datetime.now(UTC)
        assert conformance_night.of_document(letter, now, roles_then()) == []
        late, = conformance_night.of_document(letter, now + timedelta(days=60), roles_then())
    office.assign(letter)
    office.handle(letter)
    with office.inside():
        assert conformance_night.of_document(letter, now + timedelta(days=60), roles_then()) == []
    with office.inside():
        why = account.Why("Chuyển công tác", "root", now + timedelta(days=1))
        assert account.change("vanthu", why, roles=["officer"])
        db.session.commit()
        assert conformance_night.of_document(letter, now + timedelta(days=60), roles_then()) == [], "then he was clerk"
    assert late.article == "Art. 10.4" and late.element == "assign"
    assert re.search(r"đã quá thời hạn \d\d:\d\d ngày \d\d/", late.message)
    clock.tick(office.app, "conform")
    worker.run_due(office.app)
    with office.inside():
        found = verify.newest("conform")
        assert found.is_whole and found.seen["checked"] == 1 and found.seen["acts"] >= 4


def test_s5_a_history_forced_past_the_guard_is_found(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard is switched off, and a drawing numbers what no leader has approved."""
    flow = "flow_gateway_review_approve"
    with office.inside():
        files = {"bpmn:outgoing_hybrid": rewire("outgoing_hybrid", (flow, "number"))}
        diagram.publish(office.agency_id, files, at=datetime.now(UTC), note="thử")
        diagram.db.session.commit()
    monkeypatch.setattr(obligation, "require", lambda *given: None)
    draft = office.begin(purpose="other", type_name="Quyết định")
    office.draft(draft)
    office.do("truongphong", "review", {"decision": "accept", "opinion": ""}, draft)
    with office.inside():
        found = conformance_night.nightly(office.agency_id, datetime.now(UTC), None)
        fault, = [one for one in found.faults if "Lãnh đạo duyệt nội dung" in one["message"]]
        assert not found.is_whole and fault["subject"] == f"document:{draft}" and fault["act"] == 4
        assert fault["article"] == "Art. 9.2.a" and "Điều 9.2.a" in fault["message"]
