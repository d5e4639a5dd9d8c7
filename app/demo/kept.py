"""What an agency keeps beside its documents, so that no page of the demo is empty (Art. 7, 8.1, 9.1.d; NĐ 30 Đ25).

Groups of recipients, standing directives, a round of opinions on a draft, copies: through the doors that people use.
"""

from dataclasses import replace
from datetime import UTC, datetime

from flask import Flask

from app.db import db
from app.demo import drafts, story
from app.demo.hand import Hands
from app.demo.people import AGENCIES, PIN, PROVINCE
from app.records import attachment, calendar, directive, recipient_group
from app.records.calendar import local_date
from app.records.certified_copy import ELECTRONIC, PAPER
from app.records.document import Document
from app.regulation.outgoing import certified_copy, copy_dispatch
from app.regulation.outgoing.certified_copy import Wish

_DEPARTMENTS = [one.code for one in AGENCIES if one.name.startswith("Sở")]
_COMMUNES = [one.code for one in AGENCIES if one.name.startswith("Ủy ban")]
#: agency -> its groups: name, members, whether every agency may choose it
GROUPS = {
    PROVINCE.slug: (("Các sở, ban, ngành", _DEPARTMENTS, True), ("Ủy ban nhân dân các xã, phường", _COMMUNES, True)),
    "stc": (("Các đơn vị dự toán cấp I", ["H38.01", "H38.07", "H38.10", "H38.19"], False),),
}
#: standing directives, the agency's
DIRECTIVES = (
    "Giao phòng chuyên môn nghiên cứu, tham mưu văn bản trả lời theo quy định.",
    "Chủ trì, phối hợp với các đơn vị liên quan tổng hợp, báo cáo đúng thời hạn.",
    "Để biết, theo dõi.",
)
#: what a round of opinions is asked about
DRAFT = "V/v hướng dẫn xây dựng dự toán thu, chi ngân sách năm 2027"


def tell(app: Flask) -> None:
    """All of it, where there are letters already; the last two at the department of finance."""
    keep(app)
    hands = Hands(app, "stc")
    consult(hands)
    with hands.inside():
        paper = db.session.scalars(db.select(Document.id).where(
            Document.channel == "paper", Document.arrival_number.is_not(None)).order_by(Document.id).limit(1)).one()
    copy(hands, paper)


def keep(app: Flask) -> None:
    """Groups and directives, each with its act."""
    at = datetime.now(UTC)
    for slug, groups in GROUPS.items():
        hands = Hands(app, slug)
        for name, members, is_shared in groups:
            with hands.inside():
                recipient_group.put(hands.user("vanthu"), None, name, list(members), is_shared, "",
                                    "Nhóm nơi nhận dùng thường xuyên", at)
    for drawn in AGENCIES:
        hands = Hands(app, drawn.slug)
        for words in DIRECTIVES:
            with hands.inside():
                directive.add(hands.user("lanhdao"), words, True, at)


def consult(hands: Hands) -> int:
    """A draft goes around among two units and a deputy; one has answered. Its id."""
    document_id, addressees = story.begin(hands, DRAFT), ["H38.01"]
    sha256 = hands.upload("chuyenvien", drafts.draft_of(hands.slug, DRAFT, addressees), "Dự thảo.docx")
    with hands.inside():
        due = local_date(calendar.due_at(local_date(datetime.now(UTC)), 3)).isoformat()
    hands.do("chuyenvien", "draft", {
        "subject": DRAFT, "addressees": addressees, "recipients": [], "approver_id": hands.id_of("lanhdao"),
        "priority": "0", "draft_file": sha256, "decision": "consult",
        "opinion_holders": [hands.id_of(name) for name in ("truongphong", "truongphong2", "pholanhdao")],
        "opinion_due_date": due, "opinion_question": "Đề nghị góp ý về mẫu biểu và thời hạn gửi báo cáo."}, document_id)
    hands.do("truongphong", "give_opinion", {
        "decision": "remarks", "opinion": "Nhất trí; đề nghị bổ sung mẫu biểu số 03."}, document_id)
    return document_id


def copy(hands: Hands, document_id: int) -> None:
    """Of a registered paper one copy is printed, one waits for the leader, an electronic one goes to two agencies."""
    tools = hands.app.extensions["tools"]
    with hands.inside():
        file, signer = attachment.latest(document_id, "scan"), hands.user("pholanhdao")
        wish = Wish("certified", PAPER, file.id, recipients=["Phòng Ngân sách", "Phòng Đầu tư"], amount=2,
                    reason="Gửi các phòng để thực hiện", signer_id=signer.id)
        made = certified_copy.ask(tools, document_id, hands.user("lanhdao"), wish, datetime.now(UTC))
        certified_copy.make(tools, made, hands.user("vanthu"), datetime.now(UTC))
        certified_copy.ask(tools, document_id, hands.user("vanthu"), wish, datetime.now(UTC))
        wish = replace(wish, form=ELECTRONIC, recipients=["Sở Nội vụ", "Sở Khoa học và Công nghệ"], amount=1)
        made = certified_copy.ask(tools, document_id, hands.user("lanhdao"), wish, datetime.now(UTC))
        certified_copy.make(tools, made, hands.user("vanthu"), datetime.now(UTC), PIN)
        copy_dispatch.send(tools, made, ["H38.07", "H38.10"], hands.user("vanthu"), datetime.now(UTC))
