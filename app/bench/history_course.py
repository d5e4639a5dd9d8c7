"""The course of one incoming document for `bench history`, through the doors that the demo uses, each act timed.

The processor time is this process's, not the database's. Recognition is done but not timed: an act never waits for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from time import perf_counter, process_time
from typing import Any, TypeVar

from sqlalchemy import select

from app.db import db
from app.demo import letters, story
from app.demo.hand import Hands
from app.engine import act as acts
from app.engine import instance as instances
from app.engine import perform, reading
from app.engine.perform import SlowWork
from app.records.attachment import Upload
from app.records.document import Document
from app.regulation.incoming import receive

Given = TypeVar("Given")


@dataclass
class Spent:
    """Milliseconds of this process, and of the clock."""

    cpu: float = 0.0
    wall: float = 0.0

    def of(self, function: Callable[[], Given]) -> Given:
        """Call it, and add what it took."""
        wall, cpu = perf_counter(), process_time()
        try:
            return function()
        finally:
            self.cpu += (process_time() - cpu) * 1000
            self.wall += (perf_counter() - wall) * 1000


class TimedHands(Hands):
    """Hands whose acts are timed; what finds the task and what a slow step works between two acts is not."""

    def __init__(self, hands: Hands) -> None:
        super().__init__(hands.app, hands.slug)
        self.spent = Spent()

    def hand_in(self, username: str, data: bytes, name: str) -> int:
        """A clerk takes in a scan: two acts; then its recognition."""
        sha256 = self.upload(username, data, name)
        with self.inside():
            found = db.session.scalars(select(Upload).where(Upload.sha256 == sha256)
                                       .order_by(Upload.id.desc()).limit(1)).one()  # an older one is another letter's
            user = self.user(username)
            document_id = self.spent.of(lambda: receive.take_in(user, found, datetime.now(UTC))).document_id
        self._work(document_id)
        return document_id

    def do(self, username: str, form_key: str, values: dict[str, Any], document_id: int | None = None,
           pin: str = "") -> int:
        """One reading, which is not timed, then the act, and the slow steps that it asked for."""
        assert document_id is not None
        with self.inside():
            reading.note(db.session.get_one(Document, document_id), self.user(username), "page", datetime.now(UTC))
        with self.inside():
            user, row = self.user(username), self.waiting(form_key, document_id)
            if row is None:
                raise LookupError(f"no open task {form_key} for document {document_id}")
            self.spent.of(lambda: acts.complete_task(row.id, user, row.version, values))
        self._work(document_id)
        return document_id

    def _work(self, document_id: int) -> None:
        with self.inside():
            ids = list(db.session.scalars(select(SlowWork.id).join(
                instances.Instance, instances.Instance.id == SlowWork.instance_id).where(
                instances.Instance.document_id == document_id, SlowWork.status == "asked")))
        for one in ids:
            with self.inside():
                _remember(db.session.get_one(SlowWork, one))
                perform.perform(one, self.app.extensions["tools"], attempts=1, pause_seconds=0, fail=acts.fail_step,
                                finish=lambda work, at: self.spent.of(lambda: acts.finish_step(work, at)))


def _remember(work: SlowWork) -> None:
    """Take what the same asking found before: the letter is the same, and recognition is not what is measured."""
    found = db.session.scalar(select(SlowWork.found).where(
        SlowWork.name == work.name, SlowWork.asked == work.asked, SlowWork.status == "recorded").limit(1))
    if found is not None:
        work.found, work.status = found, "worked"
    db.session.commit()


@lru_cache
def letter() -> bytes:
    """A scanned letter like those of the demo, of two pages."""
    return letters.letter({
        "organ_name": "Bộ Tài chính", "code_number": "1137", "code_notation": "BTC-NSNN",
        "issued_date": date(2026, 11, 2), "place": "Hà Nội", "type_name": "Công văn", "priority": "0",
        "subject": "báo cáo tình hình thực hiện dự toán ngân sách năm 2026", "signer_name": "Nguyễn Đức Toàn",
        "signer_position": "THỨ TRƯỞNG", "addressees": ["Sở Tài chính"], "recipients": ["Như trên", "Lưu: VT"]}, seed=1)


def finished(hands: TimedHands, turns: int = 0) -> tuple[int, Spent]:
    """A letter from its receipt to its end, given back by its officer `turns` times; its id, and what its acts took."""
    hands.spent = spent = Spent()
    document_id = hands.hand_in("vanthu", letter(), "Công văn số 1137.pdf")
    story.register_document(hands, document_id, is_no_twin=True)  # the same letter again
    assigned = {"decision": "assign", "directive": "Giao phòng chuyên môn nghiên cứu, tham mưu theo quy định.",
                "handler_id": hands.id_of("chuyenvien")}
    for _ in range(turns):
        hands.do("lanhdao", "assign", assigned, document_id)
        hands.do("chuyenvien", "handle", {"decision": "return", "reason": "Đề nghị giao phòng khác."}, document_id)
    hands.do("lanhdao", "assign", assigned, document_id)
    hands.do("chuyenvien", "handle", {
        "decision": "finish", "result": "Đã tổng hợp vào báo cáo chung của cơ quan."}, document_id)
    return document_id, spent
