"""Dispatch to 500 recipients: queued in one act, then sent to a local axis in a process of its own (Art. 9.1.d).

The document is drafted, approved, signed and sealed by the demo's people as any other. The anchor of the sending is the
same packet handed to the same axis by nothing but the client of it, to other recipients.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from app import axis, worker
from app.bench.report import figure, report
from app.bench.world import BenchWorld, environment, stop, world
from app.db import db, tenancy
from app.demo import drafts
from app.demo.run import free_port, wait_for
from app.engine.perform import SlowWork
from app.records import message
from app.records.document import Document
from app.regulation.drafting.draft import begin
from app.tools import AxisBook, Tools

RECIPIENTS, BARE = 500, 100
GOAL_SECONDS, GOAL_A_SECOND = 2.0, 30.0
_CODES = [f"H38.9{number:03}" for number in range(RECIPIENTS + BARE)]


def run() -> dict[str, Any]:
    """Seconds of the act, letters a second of the sending."""
    with world() as made, _axis(made):
        document_id = _ready_to_seal(made)
        _hurry(made, "prepare_agency_signature")
        made.hands.do("vanthu", "seal", {"decision": "sign"}, document_id)
        with made.hands.inside():
            db.session.get_one(Document, document_id).addressees = _CODES[:RECIPIENTS]
            db.session.commit()
        queued = _hurry(made, "sign_by_agency")
        sending = _hurry(made, "dispatch")
        with made.hands.inside():
            rows = message.sent_for(document_id)
            packet = rows[0].sha256
            if len(rows) != RECIPIENTS or not all(row.axis_id for row in rows):
                raise RuntimeError("not everybody was sent it")
        bare = _bare(made, packet)
    rate = RECIPIENTS / sending
    return report("dispatch", [
        figure(f"signed, and {RECIPIENTS} recipients queued in one act", "s", queued, goal=f"<= {GOAL_SECONDS}",
               ok=queued <= GOAL_SECONDS),
        figure("sent to the local axis", "1/s", rate, anchor=bare, anchor_is="the axis' client alone",
               goal=f">= {GOAL_A_SECOND}", ok=rate >= GOAL_A_SECOND)])


@contextmanager
def _axis(made: BenchWorld) -> Iterator[None]:
    """A local axis on which all recipients are, in a process of its own."""
    for code in _CODES:
        axis.register(made.config.data / "axis", code, f"Cơ quan {code}")
    port = free_port()
    child = subprocess.Popen([sys.executable, "-m", "app.cli", "axis", "--port", str(port)], env=environment(made),
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for(port, [child])
        tools: Tools = made.app.extensions["tools"]
        made.app.extensions["tools"] = replace(
            tools, axis=AxisBook(f"http://127.0.0.1:{port}", tools.axis.secrets))
        yield
    finally:
        stop(child)


def _ready_to_seal(made: BenchWorld) -> int:
    """A document that its leader has signed, before the clerk's signature is prepared."""
    hands = made.hands
    worker.use(made.app)
    with hands.inside():
        found = begin(hands.user("chuyenvien"), type_name="Công văn", purpose="periodic_report", scope="between",
                      subject="báo cáo quý", at=datetime.now(UTC)).id
    sha256 = hands.upload("chuyenvien", drafts.draft_of(hands.slug, "báo cáo quý", ["H38.01"]), "du thao.docx")
    hands.do("chuyenvien", "draft", {
        "subject": "báo cáo quý", "draft_file": sha256, "addressees": ["H38.01"], "recipients": [], "priority": "0",
        "approver_id": hands.id_of("lanhdao"), "decision": "submit"}, found)
    hands.do("truongphong", "review", {"decision": "accept"}, found)
    hands.do("lanhdao", "approve", {"decision": "approve"}, found)
    for name in ("complete", "prepare_leader_signature"):
        _hurry(made, name)
    hands.do("lanhdao", "sign_by_leader", {"decision": "sign"}, found)
    _hurry(made, "sign_by_leader")
    return found


def _hurry(made: BenchWorld, name: str) -> float:
    """Do the slow work that waits under this name, and the act that ends it; how long both took."""
    with made.app.app_context(), tenancy.acting_for(made.hands.agency_id):
        work_id = db.session.scalars(db.select(SlowWork.id).where(
            SlowWork.status == "asked", SlowWork.name == name)).one()
        db.session.remove()
    started = perf_counter()
    worker.run_perform(agency_id=made.hands.agency_id, work_id=work_id)
    return perf_counter() - started


def _bare(made: BenchWorld, sha256: str) -> float:
    """Packets a second by the client alone."""
    tools = made.app.extensions["tools"]
    data, client = tools.blobs.read(sha256), tools.axis.of("H38.12")
    started = perf_counter()
    for code in _CODES[RECIPIENTS:]:
        client.send_edoc(data, sender="H38.12", to=[code], message_type="edoc", key=f"bench:{code}")
    return BARE / (perf_counter() - started)
