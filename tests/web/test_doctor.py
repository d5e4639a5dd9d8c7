"""The operator learns whether the axis is named and reached, and since when not (Art. 13.3)."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from steps import Office

from app import cli, cli_doctor, worker
from app.db import db, tenancy
from app.records import poll
from app.tools.exchange import Axis


@pytest.fixture
def told(world, monkeypatch):
    """What the doctor says of the axis: exit code, state, message."""
    monkeypatch.setattr("app.create_app", lambda *_: world.app)
    monkeypatch.setattr(cli_doctor, "Config", lambda: world.app.config["SETTINGS"])
    worker.use(world.app)

    def tell() -> tuple[int, str, str]:
        found = CliRunner().invoke(cli.cli, ["doctor", "--json"])
        one = json.loads(found.output)["exchange"]
        return found.exit_code, one["state"], one["message"]

    return tell


def _say(app, values: dict, **where: object) -> None:
    with app.app_context(), tenancy.as_owner():
        db.session.execute(db.update(poll.Poll).filter_by(channel=poll.EXCHANGE, **where).values(values))
        db.session.commit()


def test_art_13_3_the_operator_learns_how_the_axis_is(world, told, silent):
    office, book = Office(world.app), world.app.extensions["tools"].axis
    assert told()[:2] == (1, "unasked") and "never" in told()[2], "no look yet"
    worker.run_fetch(agency_id=office.agency_id)
    assert told()[:2] == (0, "answers")
    good = dict(book._clients)
    book._clients.update({code: Axis(silent, code, "", 0.3) for code in good})
    worker.run_fetch(agency_id=office.agency_id)
    code, state, message = told()
    assert (code, state) == (1, "away") and "has answered nobody since 20" in message
    _say(world.app, {"next_at": datetime.now(UTC)})
    book._clients.update(good)
    worker.run_fetch(agency_id=office.agency_id)
    assert told()[:2] == (0, "answers")
    _say(world.app, {"reached_at": datetime.now(UTC) - timedelta(minutes=20)})
    assert told()[:2] == (1, "unasked"), "the clock or the worker has died"


def test_art_13_3_the_operator_learns_whom_the_axis_refuses(world, told):
    office = Office(world.app)
    worker.run_fetch(agency_id=office.agency_id)
    since = datetime(2026, 11, 25, 1, tzinfo=UTC)
    _say(world.app, {"away_since": since, "error": "Bị từ chối"}, agency_id=office.agency_id)
    code, state, message = told()
    assert (code, state) == (1, "refuses") and "not by H38.12 since 2026-11-25 08:00:00 (Bị từ chối)" in message


def test_the_doctor_needs_no_database_and_starts_none(world, told, tmp_path):
    settings = world.app.config["SETTINGS"]
    world.app.config["SETTINGS"] = replace(settings, exchange_url="")
    assert told()[:2] == (0, "none")
    world.app.config["SETTINGS"] = replace(settings, database_url="", data=tmp_path / "new")
    assert told()[:2] == (1, "unknown") and not list((tmp_path / "new").glob("postgres*/PG_VERSION"))
