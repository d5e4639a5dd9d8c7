"""Event logs: what is in them, what never is, and that other programs can read them."""

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from lxml import etree

from app import cli, cli_history
from app.db import db
from app.records import history, mining
from app.records.calendar import local_date
from app.records.history import Act
from app.records.mining import Asked
from tests.steps import Office, quick

XES = "{http://www.xes-standard.org/}"


@pytest.fixture
def office(world: Any) -> Office:
    quick(world.app)
    office = Office(world.app)
    office.letter = office.take_in()
    office.verify(office.letter, subject="Trích yếu riêng tư")
    office.written = office.begin()
    office.draft(office.written)
    return office


def log(office: Office, kind: str, asked: Asked | None = None) -> bytes:
    target = io.BytesIO()
    with office.inside():
        mining.write(kind, mining.events(asked or Asked()), target)
    return target.getvalue()


def acts(office: Office) -> int:
    with office.inside():
        return sum(len(history.course(f"document:{key}")) for key in (office.letter, office.written))


def test_xes_has_a_trace_per_document_and_an_event_per_act(office: Office) -> None:
    root = etree.fromstring(log(office, "xes"))
    traces = root.findall(f"{XES}trace") or root.findall("trace")
    assert len(traces) == 2
    events = [e for trace in traces for e in trace if e.tag.endswith("event")]
    assert len(events) == acts(office)
    first = {a.get("key"): a.get("value") for a in events[0]}
    assert first["concept:name"] and datetime.fromisoformat(first["time:timestamp"]).tzinfo
    assert {"org:resource", "identity:id", "lifecycle:transition", "qlvb:kind"} <= set(first)
    names = {a.get("value") for e in events for a in e if a.get("key") == "concept:name"}
    assert "Văn thư kiểm tra, nhập thông tin" in names


def test_art_10_3_what_is_done_beside_the_course_is_one_activity_for_all_it_is_done_to(office: Office) -> None:
    with office.inside():
        for kind, label in (("copy_asked", "SAO Y"), ("copy_decided", "SAO Y"), ("copy_made", "SAO Y 01/SY-STC")):
            history.append(Act(agency_id=office.agency_id, subject=f"document:{office.letter}", kind=kind, label=label,
                               at=datetime.now(UTC)), input={}, changes=[])
        db.session.commit()
    made = [event for event in json.loads(log(office, "ocel"))["events"] if event["type"].startswith("copy_")]
    assert [event["type"] for event in made] == ["copy_asked", "copy_decided", "copy_made"]
    assert {"name": "label", "value": "SAO Y 01/SY-STC"} in made[-1]["attributes"]
    root = etree.fromstring(log(office, "xes"))
    assert root.xpath("//*[@key='qlvb:label']/@value").count("SAO Y") == 2
    rows = list(csv.DictReader(io.StringIO(log(office, "csv").decode("utf-8-sig"))))
    assert [row["label"] for row in rows if row["activity"] == "copy_made"] == ["SAO Y 01/SY-STC"]
    assert not [row for row in rows if row["kind"] == "message_received" and row["label"]]


def test_ocel_relates_documents_files_units_and_releases(office: Office) -> None:
    found = json.loads(log(office, "ocel"))
    assert set(found) == {"events", "eventTypes", "objects", "objectTypes"}
    objects = {o["id"]: o["type"] for o in found["objects"]}
    assert set(objects.values()) == {"document", "file", "unit", "release"} and len(objects) == len(found["objects"])
    related = {r["objectId"] for e in found["events"] for r in e["relationships"]}
    assert related == set(objects), "an object without an event is lost by readers"
    assert {e["type"] for e in found["events"]} == {t["name"] for t in found["eventTypes"]}
    assert not {e["id"] for e in found["events"]} & set(objects)


def test_csv_opens_in_a_spreadsheet_and_runs_nothing(
        office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = list(csv.DictReader(io.StringIO(log(office, "csv").decode("utf-8-sig"))))
    assert len(rows) == acts(office) and tuple(rows[0]) == mining.COLUMNS
    monkeypatch.setattr(cli_history, "_app", lambda: office.app)
    asked = ["history", "mine", "--format", "csv", "--agency", "stc", "--reason", "Nghiên cứu", "--out"]
    done = CliRunner().invoke(cli.cli, [*asked, str(tmp_path / "log.csv")])
    assert done.exit_code == 0 and (tmp_path / "log.csv").read_bytes() == log(office, "csv"), done.output
    assert not list(tmp_path.glob("*.part"))
    assert mining._cell('=cmd|"/c calc"!A1').startswith("'=") and mining._cell("-1+1").startswith("'")


def told(office: Office) -> int:
    with office.inside():
        return db.session.scalar(db.text("select count(*) from act"))


def test_a_log_that_nobody_can_want_is_refused_in_words_and_is_no_act(
        office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_history, "_app", lambda: office.app)
    mine = "mine --format csv --agency stc --reason r --out "
    before, place = told(office), str(tmp_path / "log.csv")
    for asked, said in (
            (f"{mine}{place} --kind bogus", "'bogus'"), (f"{mine}{place} --unit 999", "no unit 999"),
            (f"{mine}{place} --since 2026-02-01 --until 2026-01-01", "--until is before --since"),
            (f"{mine}{place} --until 2020-01-01", "No act is as asked for"),
            (f"{mine}/nonexist/x", "cannot be written"), (f"{mine}{tmp_path}", "is a folder"),
            ("export --document 1 --out /nonexist/x", "cannot be written"),
            (f"export --document 99999 --out {place}", "there is no document 99999"),
            ("export --document 99999999999999999999", "not in the range"),
            ("replay --document 99999999999999999999", "not in the range"),
            ("replay --all --document 5", "one of them")):
        done = CliRunner().invoke(cli.cli, ["history", *asked.split()])
        assert done.exit_code == 2 and said in " ".join(done.output.split()), (asked, done.output)
    assert told(office) == before and not list(tmp_path.glob("log.csv*"))


def test_no_log_holds_content(office: Office) -> None:
    for kind in mining.FORMATS:
        assert "riêng tư" not in log(office, kind).decode()


def test_logs_are_filtered_by_time_unit_and_kind(office: Office) -> None:
    def rows(asked: Asked) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(log(office, "csv", asked).decode("utf-8-sig"))))

    today = local_date(datetime.now(UTC))
    assert rows(Asked(since=today, until=today)) and not rows(Asked(until=date(2020, 1, 1)))
    assert {row["kind"] for row in rows(Asked(kinds=("task_completed",)))} == {"task_completed"}
    with office.inside():
        unit_id = office.user("chuyenvien").unit_id
    assert {row["case"] for row in rows(Asked(unit_id=unit_id))} == {f"document:{office.written}"}


def test_another_agencys_log_has_nothing_of_this(office: Office) -> None:
    other = Office(office.app, "snv")
    assert json.loads(log(other, "ocel"))["events"] == []
