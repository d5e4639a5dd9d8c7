"""A worker killed with SIGKILL in the middle of its work: another one goes on, and nothing happened twice.

Real processes, real tools. Each worker is killed while its victim is at work: Tesseract or LibreOffice runs, the file
to be signed is being read, the axis has just accepted the first of two packets. The rescuer of one document
is the next to be killed. At last two installations, each with its database, its folder and its worker, exchange
a document and its statuses through the axis, and each is killed in between.
"""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from steps import Office, in_days, this_year

from app import axis, create_app
from app.db import db, queue
from app.engine.perform import SlowWork
from app.records import history, message, register
from app.records.document import Document
from app.records.signature import Signature
from config import Config

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


@pytest.fixture
def beyond(world, owner, template, cluster, tmp_path_factory):
    """A second installation: a database, a folder and a worker of its own; only the axis is the same."""
    name, folder = f"test_{os.getpid()}_beyond", tmp_path_factory.mktemp("beyond")
    owner.execute(f"drop database if exists {name} with (force)")
    owner.execute(f"create database {name} template {template}")
    shutil.copytree(world.config.data / "pki", folder / "pki")
    secrets = json.loads((world.config.data / "axis-secrets.json").read_text())
    (folder / "axis-secrets.json").write_text(json.dumps({"H38.01": secrets["H38.01"]}))
    config = Config(env="test", data=folder, database_url=cluster.url(name), step_pause_seconds=0)
    made = Workers(replace(world, app=create_app(config), config=config))
    yield made
    made.close()
    with made.world.app.app_context():
        db.engine.dispose()
    owner.execute(f"drop database if exists {name} with (force)")


class Between:
    """The axis between two installations: at a planned point it kills the worker that calls, and gives no answer."""

    def __init__(self, folder: Path, **sides: tuple[Office, Workers]) -> None:
        self.sides = sides
        self.plan: list[tuple[str, str, str]] = []
        self.server = axis.serve(folder, 0, self._meet)

    def _meet(self, operation: str, point: str) -> str | None:
        if not self.plan or self.plan[0][1:] != (operation, point):
            return None
        self.sides[self.plan.pop(0)[0]][1].kill()
        return "drop"

    def kills(self, side: str, operation: str, point: str, does=lambda: None) -> None:
        """Somebody does something; a worker looks into the axis or sends, and dies there."""
        self.plan.append((side, operation, point))
        does()
        self.turn(side)
        until(self.sides[side][1].dead, f"death at {operation}")
        assert not self.plan

    def turn(self, side: str) -> None:
        """A worker lives, and is told to look into the axis for its agency, as by the clock."""
        office, workers = self.sides[side]
        name = f"fetch:{office.agency_id}"
        with office.inside():
            queue.defer(db.session, "fetch", {"agency_id": office.agency_id}, queue="exchange", lock=name,
                        queueing_lock=name)
            db.session.commit()
        if workers.running is None or workers.dead():
            workers.start(EXCHANGE_URL=self.server.url)

    def until(self, side: str, holds, what: str) -> None:
        """Look into the axis again and again until something holds."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, f"waited in vain for: {what}"
            self.turn(side)
            time.sleep(0.3)


def came(office: Office) -> list[int]:
    """The documents that came."""
    with office.inside():
        return list(db.session.scalars(db.select(Document.id).where(Document.direction == "incoming")))


def heard(stc: Office, found: int) -> Counter:
    """How often each status of a document came back: by rows and by acts, which say the same."""
    with stc.inside():
        rows = Counter(db.session.scalars(db.select(message.Message.status_code).where(
            message.Message.direction == "in", message.Message.document_id == found)))
        acts = Counter(act.label[act.label.index("(") + 1:][:2] for act in history.course(f"document:{found}")
                       if act.element == "receipt" and "(" in act.label)
    assert rows == acts
    return rows


def test_art_9_1_d_two_installations_exchange_though_each_is_killed_in_between(workers, stc, beyond):
    found, there = stc.begin(), Office(beyond.world.app, "vpubnd")
    stc.approved(found, addressees=["H38.01"])
    stc.sign(found)
    between = Between(workers.world.config.data / "axis", here=(stc, workers), there=(there, beyond))
    between.kills("here", "sendEdoc", "after", lambda: stc.do("vanthu", "seal", {"decision": "sign"}, found))
    assert work(stc, "dispatch") == ("asked", 1) and sum(at_the_axis(stc).values()) == 1  # its sender does not know

    between.kills("there", "getEdoc", "after")  # read, and nothing kept
    assert came(there) == []
    between.kills("there", "sendEdoc", "after")  # kept, and 01 is at the axis
    arrived, = came(there)
    between.until("there", lambda: there.tasks(arrived) == ["verify"], "verify")
    between.until("here", lambda: heard(stc, found)["01"] and stc.status(found) == "dispatched", "status 01")
    with there.inside():
        book = register.open_registers("incoming", this_year())[0]
    there.do("vanthu", "verify", {
        "code_number": "1", "code_notation": "STC", "issued_date": in_days(0), "organ_name": "Sở Tài chính",
        "type_name": "Công văn", "subject": "V/v trả lời", "priority": "0", "register_id": str(book.id),
        "leader_id": there.id_of("lanhdao"), "decision": "register", "is_no_twin": True}, arrived)
    between.until("here", lambda: heard(stc, found)["03"], "status 03")
    between.until("there", lambda: there.tasks(arrived) == ["assign"], "assign")
    between.server.close()

    assert came(there) == [arrived] and there.files(arrived) == ["original"]
    assert there.sent(arrived) == [("status", "H38.12", "03")]
    with there.inside():
        assert register.open_registers("incoming", this_year())[0].next_number == 2
    assert heard(stc, found) == {"01": 1, "03": 1} and stc.sent(found) == [("document", "H38.01", "03")]
    assert Counter(stc.course(found))["step_finished", "dispatch"] == 1 and stc.ended(found) == "end_dispatched"
    assert stc.faults() == there.faults() == []
