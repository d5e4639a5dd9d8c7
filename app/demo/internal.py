"""What the people of one agency of the demo send each other (Art. 4.1.a): read by some, answered, one taken back."""

import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any

from app.db import db
from app.demo import drafts
from app.demo.hand import Hands
from app.engine import reading
from app.records import right
from app.records.calendar import ZONE, local_date
from app.records.document import Document
from app.regulation import internal_answer
from app.regulation import internal_exchange as rule
from app.regulation.internal_exchange import Paper

#: who come to a meeting
_HEADS = ["role:leader", "role:head"]


def exchange(hands: Hands) -> None:
    """A calendar, an invitation, papers for a meeting, a notice with its number, and one sent by mistake."""
    at = datetime.now(UTC)
    today = local_date(at)
    meeting = datetime.combine(today + timedelta(days=3), time(8, 30), ZONE)
    week = _send(hands, "vanthu", Paper(
        "Lịch công tác", "Lịch công tác tuần của lãnh đạo Sở", chosen=["all"], due_date=today + timedelta(days=2),
        text="Thứ Hai: giao ban Sở.\nThứ Tư: làm việc với Kho bạc Nhà nước khu vực VII.\nThứ Sáu: kiểm tra công tác "
             "thu ngân sách tại xã Bát Xát.\nĐề nghị các phòng chuẩn bị tài liệu trước một ngày."))
    _read(hands, week, "lanhdao", "truongphong", "chuyenvien2")
    called = _send(hands, "chanhvanphong", Paper(
        "Mời họp, trao đổi công việc", "Họp rà soát tiến độ giải ngân vốn đầu tư công", chosen=_HEADS,
        meeting_at=meeting, place="Phòng họp tầng 2",
        text="Đề nghị các phòng báo cáo kết quả giải ngân đến hết tháng và khó khăn, vướng mắc."))
    _read(hands, called, "lanhdao", "truongphong", "truongphong2")
    _answer(hands, called, "lanhdao", "attends")
    _answer(hands, called, "truongphong", "absent", "Đi công tác theo phân công của Giám đốc Sở")
    _answer(hands, called, "truongphong2", "sends", other=int(hands.id_of("chuyenvien2")))
    file = hands.upload("chuyenvien", drafts.draft_of(
        hands.slug, "Báo cáo tiến độ giải ngân vốn đầu tư công", ["H38.01"]), "Báo cáo tiến độ giải ngân.docx")
    papers = _send(hands, "chuyenvien", Paper(
        "Tài liệu phục vụ họp", "Tài liệu họp rà soát tiến độ giải ngân", chosen=_HEADS, files=[file]))
    _read(hands, papers, "truongphong")
    _notice(hands)
    wrong = _send(hands, "chuyenvien2", Paper(
        "Văn bản để biết", "Phân công trực cơ quan ngày nghỉ", "Phân công trực theo danh sách cũ.", ["all"]))
    _read(hands, wrong, "truongphong2")
    with hands.inside():
        rule.call_back(wrong, hands.user("chuyenvien2"), "Gửi nhầm danh sách của tháng trước", datetime.now(UTC))


def _notice(hands: Hands) -> None:
    """The clerk sends what was issued with its number to the whole agency."""
    with hands.inside():
        known = rule.issued(hands.user("vanthu"), datetime.now(UTC))
        issued = known[0].id if known else None
    if issued is not None:
        _send(hands, "vanthu", Paper("Thông báo chung", "Báo cáo đã phát hành, gửi các phòng để biết, thực hiện",
                                     chosen=["all"], issued_id=issued))


def _send(hands: Hands, username: str, paper: Paper) -> int:
    with hands.inside():
        return rule.send(hands.user(username), paper, datetime.now(UTC), str(uuid.uuid4()))


def _read(hands: Hands, document_id: int, *usernames: str) -> None:
    for username in usernames:
        with hands.inside():
            at, user = datetime.now(UTC), hands.user(username)
            right.find(document_id, user, local_date(at))
            reading.note(db.session.get_one(Document, document_id), user, "page", at)


def _answer(hands: Hands, document_id: int, username: str, said: str, note: str = "", **other: Any) -> None:
    with hands.inside():
        internal_answer.answer(document_id, hands.user(username), said, note, other.get("other"), datetime.now(UTC))
