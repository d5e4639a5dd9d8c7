"""A partner who hangs holds up nobody else's work (Art. 13.3)."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from steps import Office
from test_killed_worker import Workers

from app import clock, worker_lanes
from app.db import db

#: longest wait for anything, seconds
PATIENCE = 60


@pytest.fixture
def workers(world) -> Iterator[Workers]:
    found = Workers(world)
    yield found
    found.close()


def _jobs(office: Office) -> dict[tuple[str, str], int]:
    """{(job, status): how many}."""
    with office.inside():
        return {(name, status): count for name, status, count in db.session.execute(text(
            "select task_name, status::text, count(*) from procrastinate_jobs group by 1, 2"))}


def _until(office: Office, name: str) -> dict[tuple[str, str], int]:
    """What is in the queue when nothing of that name is any more."""
    end = time.monotonic() + PATIENCE
    while True:
        found = _jobs(office)
        if name not in {one for one, _status in found}:
            return found
        assert time.monotonic() < end, found
        time.sleep(0.05)


def test_art_13_3_an_axis_that_hangs_holds_up_no_work_of_people(world, workers, silent):
    """Each agency's look hangs; limits, folders and mailboxes of all are looked after meanwhile."""
    office = Office(world.app)
    for name, waits_for in (("fetch", "exchange"), ("scan", "default"), ("recheck", "revocation"), ("mail", "mail")):
        assert clock.tick(world.app, name, waits_for)
    workers.start(EXCHANGE_URL=silent)
    for name in ("scan", "recheck", "mail"):
        assert _until(office, name).get(("fetch", "doing"))


def test_each_partner_has_slots_of_its_own_whatever_queues_are_asked():
    assert worker_lanes.lanes(None, 3) == [
        (["ocr", "conversion", "answer", "default"], 3), (["exchange"], 2), (["mail"], 2), (["signing"], 2),
        (["revocation"], 1)]
    assert worker_lanes.lanes(["ocr", "exchange"], 1) == [(["ocr"], 1), (["exchange"], 2)]
    assert worker_lanes.lanes(["mail"], 1) == [(["mail"], 2)]
