"""Golden histories: what ran once runs again the same, through every upgrade of the library and of Python.

The files of tests/data/histories/ were recorded by `record` below (QLVB_GOLDEN=write) and are never edited. What to do
on the day when one differs stands in docs/upgrades.md.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from app.db import db
from app.engine import instance as instances
from app.engine import replay, spiff
from app.records.history import Act, ActContent
from tests.steps import UNSIGNED, Office, quick

FOLDER = Path(__file__).parents[1] / "data" / "histories"
NAMES = ("incoming", "outgoing_electronic", "outgoing_hybrid")


def load(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def run(kept: dict[str, Any]) -> replay.Replayed:
    @cache
    def compiled_of(sha256: str) -> spiff.Compiled | None:
        return spiff.compile_diagram(kept["releases"][sha256].encode())

    acts = [(SimpleNamespace(**{**act, "at": datetime.fromisoformat(act["at"])}), act["input"]) for act in kept["acts"]]
    return replay.again(kept["instance"], UUID(kept["seed"]), acts, compiled_of)


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_history_runs_again_byte_for_byte(name: str) -> None:
    kept = load(name)
    assert run(kept) == replay.Replayed(len(kept["acts"]))
    assert len(kept["acts"]) >= 10


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_history_would_show_a_difference(name: str) -> None:
    kept = load(name)
    kept["acts"][4]["at"] = (datetime.fromisoformat(kept["acts"][4]["at"]) + timedelta(seconds=1)).isoformat()
    assert run(kept).difference
    kept = load(name)
    release = kept["acts"][0]["release_sha256"]
    drawing = kept["releases"][release]
    kept["releases"][release] = drawing.replace('"start"', '"beginning"').replace(">start<", ">beginning<")
    assert kept["releases"][release] != drawing and run(kept).difference


def record(office: Office, document_id: int, name: str) -> None:
    """Write an instance's history as it is in the database."""
    with office.inside():
        instance = instances.of_document(document_id)
        rows = db.session.execute(
            db.select(Act, ActContent.input).join(ActContent, ActContent.act_id == Act.id)
            .where(Act.subject == f"document:{document_id}", Act.release_sha256 != "").order_by(Act.number)).all()
        fields = ("number", "kind", "element", "occurrence", "release_sha256", "state_hash")
        kept = {"instance": instance.id, "seed": str(instance.seed),
                "releases": {instance.release.sha256: instance.bundle.drawing.decode()},
                "acts": [{**{f: getattr(act, f) for f in fields}, "at": act.at.astimezone(UTC).isoformat(),
                          "input": given} for act, given in rows]}
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@pytest.mark.skipif(os.environ.get("QLVB_GOLDEN") != "write", reason="histories are recorded once, on purpose")
def test_record(world: Any) -> None:
    quick(world.app)
    office = Office(world.app)
    letter = office.take_in()
    office.verify(letter)
    office.do("lanhdao", "assign", {"decision": "return", "reason": "Sai nơi nhận"}, letter)
    office.verify(letter)
    office.fire(letter, datetime.now(UTC) + timedelta(days=3))
    office.assign(letter)
    answer = office.answer(letter)
    office.approved(answer)
    office.do("lanhdao", "sign_by_leader", UNSIGNED, answer)
    office.approved(answer, text="Nội dung mới")
    office.sign(answer)
    office.seal(answer)
    record(office, answer, "outgoing_electronic")
    record(office, letter, "incoming")
    hybrid = office.begin(purpose="other", type_name="Quyết định")
    office.approved(hybrid)
    office.do("vanthu", "sign_paper", {"decision": "received", "is_signed": True}, hybrid)
    sealed = {"is_numbered": True, "is_sealed": True, "archive_place": "Kho 1"}
    office.do("vanthu", "seal_paper", sealed, hybrid)
    from fakes import pdf

    office.do("vanthu", "digitise", {"scan": office.upload("vanthu", pdf(77), "quet.pdf")}, hybrid)
    from app import worker

    worker.run_due(world.app)
    office.seal(hybrid)
    record(office, hybrid, "outgoing_hybrid")
