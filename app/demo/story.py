"""What has happened in the demo province so far: letters and drafts in every stage, so that each inbox has work.

Told through the same doors as people use (hand.py): real recognition, conversion, signatures and exchange.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask

from app.db import db
from app.demo import drafts, internal, letters
from app.demo.hand import Hands, settle
from app.demo.people import AGENCIES
from app.records.calendar import due_at, local_date
from app.records.document import Document
from app.records.register import open_registers
from app.regulation.incoming import doubt

#: what comes on paper: (sender, notation, kind, subject, urgency, signer's title, signer)
SENDERS = (
    ("Bộ Tài chính", "BTC-NSNN", "Công văn", "V/v báo cáo tình hình thực hiện dự toán ngân sách năm 2026", "0",
     "THỨ TRƯỞNG", "Nguyễn Đức Toàn"),
    ("Bộ Nội vụ", "BNV-TCBC", "Công văn", "V/v rà soát biên chế công chức năm 2027", "1", "THỨ TRƯỞNG",
     "Trương Hải Long"),
    ("Công ty Cổ phần Xây dựng Hoàng Liên", "HL-KT", "Công văn",
     "V/v đề nghị hướng dẫn thủ tục thanh toán khối lượng hoàn thành", "0", "GIÁM ĐỐC", "Lê Mạnh Hùng"),
    ("Kho bạc Nhà nước khu vực VII", "KBNN-KSC", "Thông báo", "Về thời hạn khóa sổ cuối năm 2026", "0",
     "GIÁM ĐỐC", "Phạm Thị Vân Anh"),
    ("Ban Quản lý dự án đầu tư xây dựng tỉnh", "BQLDA-KH", "Tờ trình",
     "Về việc điều chỉnh kế hoạch vốn đầu tư công năm 2026", "2", "GIÁM ĐỐC", "Trần Hữu Nam"),
    ("Trường Cao đẳng Lào Cai", "CĐLC-TCHC", "Báo cáo", "Kết quả công tác tuyển sinh năm 2026", "0",
     "HIỆU TRƯỞNG", "Vũ Thị Thanh"),
)


def tell(app: Flask, say: Callable[[str], None]) -> None:
    """Letters and drafts of all agencies, then the work of the worker."""
    today = local_date(datetime.now(UTC))
    towns = {drawn.slug: Hands(app, drawn.slug) for drawn in AGENCIES}
    taken = {slug: [_hand_in(hands, number, today) for number in range(5 if slug in ("stc", "vpubnd") else 2)]
             for slug, hands in towns.items()}
    say("  letters are being recognised ...")
    settle(app)
    for slug, hands in towns.items():
        _incoming(hands, taken[slug], today)
    say("  drafts are being written, numbered and signed ...")
    _outgoing(app, towns["stc"], towns)
    settle(app)
    say("  letters travel to other agencies ...")
    settle(app)
    internal.exchange(towns["stc"])


def _hand_in(hands: Hands, number: int, today: date) -> int:
    sender = SENDERS[(number + len(hands.slug)) % len(SENDERS)]
    name, notation, kind, subject, priority, title, signer = sender
    page = letters.letter({
        "organ_name": name, "code_number": str(1000 + number * 137 + len(hands.slug)), "code_notation": notation,
        "issued_date": today - timedelta(days=3 + number), "place": "Lào Cai" if "Bộ" not in name else "Hà Nội",
        "type_name": kind, "subject": subject.removeprefix("V/v "), "priority": priority, "signer_name": signer,
        "signer_position": title,
        "addressees": [_name(hands.slug)], "recipients": ["Như trên", "Lưu: VT"]}, seed=number * 31 + len(hands.slug))
    return hands.hand_in("vanthu", page, f"Công văn số {1000 + number * 137}.pdf")


def _name(slug: str) -> str:
    return next(a.name for a in AGENCIES if a.slug == slug)


def _incoming(hands: Hands, documents: list[int], today: date) -> None:
    """The first stays with the clerk, the next ones go further and further."""
    with hands.inside():
        due = local_date(due_at(today, 4)).isoformat()
    for stage, document_id in enumerate(documents[1:]):
        register_document(hands, document_id)
        if stage == 0:
            continue
        hands.do("lanhdao", "assign", {
            "decision": "assign", "directive": "Giao phòng chuyên môn nghiên cứu, tham mưu theo quy định.",
            "handler_id": hands.id_of("chuyenvien"), "co_handlers": [hands.id_of("truongphong2")], "readers": [],
            "due_date": due}, document_id)
        if stage == 2:
            hands.do("chuyenvien", "handle", {
                "decision": "finish", "result": "Đã tổng hợp vào báo cáo chung của cơ quan."}, document_id)
        if stage == 3:
            hands.do("chuyenvien", "handle", {
                "decision": "answer", "answer_type_name": "Báo cáo", "answer_purpose": "periodic_report"}, document_id)


def register_document(hands: Hands, document_id: int, is_no_twin: bool = False) -> None:
    """The clerk confirms what was read and registers it; `is_no_twin`: though it looks like another one."""
    with hands.inside():
        document = db.session.get_one(Document, document_id)
        year = local_date(datetime.now(UTC)).year
        values: dict[str, Any] = {
            "code_number": document.code_number, "code_notation": document.code_notation,
            "issued_date": document.issued_date.isoformat() if document.issued_date else None,
            "organ_name": document.organ_name or "Cơ quan gửi", "type_name": document.type_name or "Công văn",
            "subject": document.subject or "Văn bản đến", "signer_name": document.signer_name,
            "signer_position": document.signer_position, "priority": str(document.priority),
            "page_amount": document.page_amount, "register_id": str(open_registers("incoming", year)[0].id),
            "due_date": None, "decision": "register", "is_no_twin": is_no_twin,
            "confirmed": sorted(doubt.doubtful(document))}
    values["leader_id"] = hands.id_of("lanhdao")
    hands.do("vanthu", "verify", values, document_id)


#: drafts of the department: how far each has come, its subject, its recipients
DRAFTS = (
    ("draft", "V/v cung cấp số liệu thu, chi ngân sách quý IV năm 2026", ["H38.01"]),
    ("review", "V/v tham gia ý kiến dự thảo kế hoạch chuyển đổi số năm 2027", ["H38.10"]),
    ("approve", "Báo cáo tình hình thực hiện dự toán tháng 11 năm 2026", ["H38.01"]),
    ("sign_by_leader", "Báo cáo kết quả giải ngân vốn đầu tư công tuần 47 năm 2026", ["H38.01", "H38.19"]),
    ("seal", "Giấy mời họp bàn phương án phân bổ vốn sự nghiệp", ["H38.45", "H38.61", "H38.07"]),
    ("sent", "Báo cáo công tác tài chính quý III năm 2026", ["H38.01", "H38.45"]),
)


def _outgoing(app: Flask, hands: Hands, towns: dict[str, Hands]) -> None:
    stages = [name for name, _, _ in DRAFTS]
    for stage, subject, addressees in DRAFTS:
        document_id = begin(hands, subject)
        steps = stages.index(stage)
        if steps >= 1:
            submit(hands, document_id, subject, addressees)
        if steps >= 2:
            hands.do("truongphong", "review", {"decision": "accept", "opinion": "Nhất trí trình."}, document_id)
        if steps >= 3:
            hands.do("lanhdao", "approve", {"decision": "approve", "opinion": ""}, document_id)
            settle(app)
        if steps >= 4:
            hands.do("lanhdao", "sign_by_leader", {"decision": "sign"}, document_id)
            settle(app)
        if steps >= 5:
            hands.do("vanthu", "seal", {"decision": "sign"}, document_id)
            settle(app)
    _received(towns["vpubnd"])


def begin(hands: Hands, subject: str) -> int:
    """The officer starts a draft: a periodic report between agencies goes electronic (Art. 4.1.b)."""
    from app.regulation.drafting import draft

    with hands.inside():
        kind = "Giấy mời" if subject.startswith("Giấy mời") else "Báo cáo" if subject.startswith("Báo") else "Công văn"
        purpose = "meeting_invitation" if kind == "Giấy mời" else "periodic_report"
        return draft.begin(hands.user("chuyenvien"), type_name=kind, purpose=purpose, scope="between",
                           subject=subject, at=datetime.now(UTC)).id


def submit(hands: Hands, document_id: int, subject: str, addressees: list[str]) -> None:
    """The officer uploads the draft and submits it."""
    sha256 = hands.upload("chuyenvien", drafts.draft_of(hands.slug, subject, addressees), "Dự thảo.docx")
    hands.do("chuyenvien", "draft", {
        "subject": subject, "addressees": addressees, "recipients": [], "approver_id": hands.id_of("lanhdao"),
        "priority": "0", "draft_file": sha256, "decision": "submit"}, document_id)


def _received(office: Hands) -> None:
    """The office registers what came by the exchange, so that the sender sees it."""
    with office.inside():
        came = list(db.session.scalars(db.select(Document.id).where(
            Document.channel == "exchange", Document.status == "arrived")))
    for document_id in came[:1]:
        register_document(office, document_id)
