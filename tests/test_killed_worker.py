"""A worker killed with SIGKILL in the middle of its work: another one goes on, and nothing happened twice.

Real processes, real tools. Each worker is killed while its victim is at work: Tesseract or LibreOffice runs, the file
to be signed is being read, the axis has just accepted the first of two packets. The rescuer of one document
is the next to be killed.
"""

import io
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from steps import Office, this_year

from app import axis
from app.db import db
from app.engine.perform import SlowWork
from app.records import register
from app.records.document import Document
from app.records.signature import Signature

ROOT = Path(__file__).resolve().parents[1]
#: longest wait for anything, seconds; and for silence of a dead worker
PATIENCE, STALLED = 90, 3


class Workers:
    """Worker processes of a world, one after another."""

    def __init__(self, world) -> None:
        self.world = world
        self.running: subprocess.Popen | None = None
        self.orphans: set[int] = set()
        self.log = open(world.config.data / "worker.log", "ab")

    def start(self, **settings: str) -> None:
        """A worker as `bin/qlvb worker` starts it."""
        config = self.world.config
        environment = {name: value for name, value in os.environ.items() if not name.startswith("QLVB_")}
        environment |= {
            "QLVB_ENV": "test", "QLVB_DATA": str(config.data), "DATABASE_URL": config.database_url,
            "QLVB_EXCHANGE_URL": config.exchange_url, "QLVB_STALLED_SECONDS": str(STALLED),
            "QLVB_STEP_PAUSE_SECONDS": "0", **{f"QLVB_{name}": value for name, value in settings.items()}}
        self.running = subprocess.Popen([sys.executable, "-m", "app.cli", "worker"], cwd=ROOT, env=environment,
                                        stdout=self.log, stderr=self.log, start_new_session=True)

    def kill(self) -> None:
        """SIGKILL the worker only: what it started lives on, as after a crash."""
        self.orphans |= _below(self.running.pid)
        self.running.kill()

    def dead(self) -> bool:
        return self.running.poll() == -signal.SIGKILL

    def works_with(self, program: str) -> bool:
        """Whether a program that the worker started runs now, or a Python file as a program."""
        return any(_name(pid).startswith(program) or f"{program}.py" in _command(pid)
                   for pid in _below(self.running.pid))

    def close(self) -> None:
        if self.running and self.running.poll() is None:
            self.orphans |= _below(self.running.pid)
            self.running.kill()
            self.running.wait()
        for pid in self.orphans:
            if _name(pid).startswith(("soffice", "oosplash", "python")):
                os.kill(pid, signal.SIGKILL)
        self.log.close()


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def _below(pid: int) -> set[int]:
    """The processes that a process started, and those that they started."""
    try:
        mine = {int(c) for t in Path(f"/proc/{pid}/task").iterdir() for c in (t / "children").read_text().split()}
    except OSError:
        return set()
    return mine.union(*map(_below, mine))


def until(holds, what: str) -> None:
    """Wait until something holds; fail with its name when it takes too long."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"waited in vain for: {what}"
        time.sleep(0.01)


@pytest.fixture
def workers(world):
    made = Workers(world)
    yield made
    made.close()


@pytest.fixture
def stc(world):
    return Office(world.app)


def page() -> bytes:
    """Text as a picture: a second or more of work for Tesseract."""
    picture, target = Image.new("L", (1654, 2339), 255), io.BytesIO()
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size=34)
    for line in range(20):
        pen.text((150, 150 + 55 * line), f"{line}. Cong van so {line * 37} ve viec bao cao ket qua thuc hien", 0, font)
    picture.save(target, "PNG")
    return target.getvalue()


def work(office: Office, name: str) -> tuple[str, int]:
    """(status, attempts) of the newest asking of a slow step."""
    with office.inside():
        row = db.session.execute(db.select(SlowWork.status, SlowWork.attempts).where(SlowWork.name == name)
                                 .order_by(SlowWork.id.desc()).limit(1)).first()
        return tuple(row) if row else ("", 0)


@contextmanager
def held_up(office: Office, document_id: int) -> Iterator[None]:
    """The file that waits for a signature cannot be read to its end: whoever opens it stays there."""
    with office.inside():
        sha256 = db.session.scalar(db.select(Signature.prepared_sha256).where(Signature.document_id == document_id))
    place = office.app.extensions["tools"].blobs.path(sha256)
    kept = place.rename(place.with_name("kept"))
    os.mkfifo(place)
    yield
    kept.replace(place)


def test_killed_in_the_middle_of_recognition(workers, stc):
    found = stc.hand_in("vanthu", page(), "thu den.png")
    workers.start()
    until(lambda: workers.works_with("tesseract_child"), "Tesseract")
    workers.kill()
    until(workers.dead, "death")
    assert work(stc, "recognise") == ("asked", 1)
    workers.start()
    until(lambda: stc.tasks(found) == ["verify"], "verify")
    assert work(stc, "recognise") == ("recorded", 2)
    with stc.inside():
        assert db.session.get(Document, found).page_amount == 1
    stc.do("vanthu", "verify", {"decision": "return", "reason": "Gửi nhầm", "organ_name": "A", "type_name": "Công văn",
                                "subject": "B", "priority": "0"}, found)
    assert stc.ended(found) == "end_returned" and stc.files(found) == ["scan"]
    assert Counter(stc.course(found))["step_finished", "recognise"] == 1


def test_killed_in_conversion_signing_and_dispatch(workers, stc, world):
    found = stc.begin()
    stc.draft(found, recipients=["H38.07"])
    stc.do("truongphong", "review", {"decision": "accept"}, found)
    stc.do("lanhdao", "approve", {"decision": "approve"}, found)

    workers.start()
    until(lambda: workers.works_with("soffice") and work(stc, "complete")[0] == "asked", "LibreOffice")
    workers.kill()
    until(workers.dead, "death in conversion")
    assert work(stc, "complete") == ("asked", 1)

    workers.start()
    until(lambda: stc.tasks(found) == ["sign_by_leader"], "sign_by_leader")
    workers.kill()
    until(workers.dead, "death before signing")
    with held_up(stc, found):
        stc.do("lanhdao", "sign_by_leader", {"decision": "sign"}, found)
        workers.start()
        until(lambda: work(stc, "sign_by_leader") == ("asked", 1), "signing")
        workers.kill()
        until(workers.dead, "death in signing")
    assert work(stc, "sign_by_leader") == ("asked", 1)

    sent = axis.serve(world.config.data / "axis", 0, lambda operation, point: _kill_once(workers, operation, point))
    workers.start(EXCHANGE_URL=sent.url)
    until(lambda: stc.tasks(found) == ["seal"], "seal")
    stc.do("vanthu", "seal", {"decision": "sign"}, found)
    until(workers.dead, "death in dispatch")
    sent.close()
    assert work(stc, "dispatch") == ("asked", 1) and sum(at_the_axis(stc).values()) == 1

    workers.start()
    until(lambda: stc.status(found) == "dispatched", "dispatched")
    nothing_happened_twice(stc, found)


def _kill_once(workers: Workers, operation: str, point: str) -> str | None:
    """The axis has kept the packet; before it can say so, its caller is dead."""
    if (operation, point) == ("sendEdoc", "after"):
        workers.kill()
        return "drop"
    return None


def at_the_axis(office: Office) -> Counter:
    """How many documents lie at the axis for each recipient."""
    day = datetime.now(UTC).date()
    book = office.app.extensions["tools"].axis
    return Counter({code: len(book.of(code).received(code, "edoc", day.isoformat(), (day + timedelta(1)).isoformat()))
                    for code in ("H38.01", "H38.07")})


def nothing_happened_twice(stc: Office, found: int) -> None:
    assert stc.files(found) == ["draft", "final", "signed_leader", "signed"]
    assert at_the_axis(stc) == {"H38.01": 1, "H38.07": 1}
    assert stc.sent(found) == [("document", "H38.01", ""), ("document", "H38.07", "")]
    done = Counter(stc.course(found))
    for name in ("complete", "sign_by_leader_step", "sign_by_agency", "dispatch"):
        assert done["step_finished", name] == 1
    with stc.inside():
        assert register.open_registers("outgoing", this_year())[0].next_number == 2


def test_work_that_kills_each_worker_is_given_up_for_an_administrator(workers, stc):
    found = stc.hand_in("vanthu", page(), "thu den.png")
    for attempt in (1, 2):
        workers.start(STEP_ATTEMPTS="2")
        until(lambda: workers.works_with("tesseract_child"), "Tesseract")
        until(lambda n=attempt: work(stc, "recognise") == ("asked", n), f"attempt {attempt}")
        workers.kill()
        until(workers.dead, "death")
    workers.start(STEP_ATTEMPTS="2")
    until(lambda: stc.tasks(found) == ["incident:recognise"], "incident")
    with stc.inside():
        assert stc.incident(found).note.startswith("WorkerDied")
