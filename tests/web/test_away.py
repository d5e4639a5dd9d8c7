"""The database away, the disk full: 503 with a sentence and a retry; afterwards all goes on, nothing was lost."""

import errno
import time
from dataclasses import replace

import psycopg
import pytest
from doors import Browser, open_task
from fakes import pdf
from sqlalchemy import make_url
from steps import Office, quick

from app.db import db, queue
from app.records.attachment import Upload
from app.tools.blobs import Blobs


@pytest.fixture
def reach(cluster, database):
    """Let the world's database answer, or not: as when its machine goes away and comes back."""

    def set_to(is_there: bool) -> None:
        name = make_url(database).database
        with psycopg.connect(queue.libpq(cluster.url("postgres")), autocommit=True) as admin:
            admin.execute(f"alter database {name} allow_connections {is_there}")
            if not is_there:
                admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])

    yield set_to
    set_to(True)


def test_the_database_away_is_503_and_what_was_typed_can_be_sent_again(world, reach):
    quick(world.app)
    stc = Office(world.app)
    found = stc.take_in()
    task, clerk = open_task(stc, "verify", found), Browser(world.app, "stc", "vanthu")
    assert clerk.get("/viec").status_code == 200
    values = {"decision": "return", "reason": "Gửi nhầm", "organ_name": "A", "type_name": "Công văn", "subject": "B",
              "priority": "0"}
    reach(False)
    for _ in range(2):  # the lost connection, then the one that cannot be made
        page, answer = clerk.get("/viec"), clerk.complete(task, **values)
        assert (page.status_code, answer.status_code) == (503, 503)
        assert page.headers["Retry-After"] == answer.headers["Retry-After"] == "30"
        assert "thử lại" in page.text and "thử lại" in answer.json["message"]
        assert "psycopg" not in page.text and "Traceback" not in page.text
    reach(True)
    end = time.monotonic() + 10
    while clerk.get("/viec").status_code == 503 and time.monotonic() < end:
        pass
    assert clerk.complete(task, **values).status_code in (200, 302)
    assert stc.ended(found) == "end_returned"


def test_a_full_disk_is_503_at_the_upload_and_no_row_names_a_lost_file(world):
    class Full(Blobs):
        """No room left."""

        def _store(self, source, limit):
            raise OSError(errno.ENOSPC, "No space left on device")

    stc, clerk = Office(world.app), Browser(world.app, "stc", "vanthu")
    tools = world.app.extensions["tools"]
    world.app.extensions["tools"] = replace(tools, blobs=Full(tools.blobs.folder))
    answer = clerk.upload(pdf(), "a.pdf")
    assert answer.status_code == 503 and answer.json["message"]
    with stc.inside():
        assert db.session.scalar(db.select(Upload.id)) is None
    world.app.extensions["tools"] = tools
    assert clerk.upload(pdf(), "a.pdf").status_code == 200
