"""Blobs that nobody names are swept at night (Art. 3.2), and never one that somebody names or has just stored."""

import os
import signal
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from steps import Office, quick

from app import clock, worker
from app.db import db
from app.engine.perform import SlowWork
from app.records import verify
from app.tools.blobs import Blobs


class _Killed(BytesIO):
    """An upload whose process is killed after its first piece."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(10)


def _kill_an_upload(blobs: Blobs) -> None:
    if not (child := os.fork()):
        blobs.put(_Killed(b"a secret that was being stored"))
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _age(blobs: Blobs) -> None:
    old = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    for place in blobs.folder.rglob("*"):
        if place.is_file():
            os.utime(place, (old, old))


def test_art_3_2_what_a_killed_upload_left_is_swept_and_nothing_else(world: Any) -> None:
    quick(world.app)
    office, blobs = Office(world.app), world.app.extensions["tools"].blobs
    found = office.begin()
    office.approved(found)
    _kill_an_upload(blobs)
    orphan, begun = blobs.put(b"its row was never written"), set((blobs.folder / "incoming").iterdir())
    previews = world.app.config["SETTINGS"].previews
    previews.mkdir(parents=True, exist_ok=True)
    (previews / f"{orphan}-1.png").write_bytes(b"shown")
    _age(blobs)
    fresh = blobs.put(b"its row is written in a moment")
    again, before = blobs.put(b"stored anew while it is looked at"), datetime.now(UTC) - timedelta(hours=24)
    with office.inside():
        filled = db.session.scalar(db.select(SlowWork.found["docx"].as_string()).where(SlowWork.name == "complete"))
        verify.keep(office.agency_id, "verify", datetime.now(UTC), {}, [{"check": "seal"}])
        db.session.commit()
    kept = {place.name for place in blobs.folder.glob("??/??/*")} - {orphan}
    assert len(begun) == 1 and filled in kept and not blobs.put_aside(again, before)
    assert clock.sweep_orphans(world.app) and not clock.sweep_orphans(world.app), "once, however many clocks"
    worker.run_due(world.app)
    assert blobs.has(orphan), "history has faults: nothing goes"
    for hours in (30, 0):
        with office.inside():
            verify.keep(office.agency_id, "verify", datetime.now(UTC) - timedelta(hours=hours), {}, [])
            db.session.commit()
        clock.sweep_orphans(world.app)
        worker.run_due(world.app)
        assert blobs.has(orphan) == bool(hours), "history was found whole long ago: nothing goes"
    assert {place.name for place in blobs.folder.glob("??/??/*")} == kept and {fresh, again} <= kept
    assert not list(begun)[0].exists() and not list(previews.glob(f"{orphan}*"))
    put_aside = blobs.folder / "aside" / orphan
    assert put_aside.read_bytes() == b"its row was never written", "until history was found whole once more"
    assert blobs.clear(before) == 0
    blobs.delete(orphan)
    assert not put_aside.exists()
    put_aside.write_bytes(b"its row was never written")
    os.utime(put_aside, (before.timestamp() - 1,) * 2)
    assert blobs.clear(before) == 1 and not put_aside.exists()
    assert office.faults() == []
