"""The paper side of a hybrid document (Art. 9.2): signed, numbered, sealed, its original archived, scanned.

The scan is read and compared with the text that was approved (compare.py), so that the wrong paper is noticed.
"""

from datetime import date, datetime
from itertools import islice
from typing import Any

from app.db import db
from app.engine.form import FormInvalid
from app.engine.form_need import Need, need
from app.engine.obligation import oblige
from app.engine.step import Act, SlowStep, slow_step, step, taken
from app.engine.template import offer
from app.records import attachment, milestone, scan_check
from app.records.calendar import local_date
from app.records.people import User
from app.refusal import Refusal
from app.regulation import layout, layout_printed
from app.regulation.outgoing import compare
from app.tools import Tools, docx_list, media, qpdf, suspect

#: pages of a scan that are compared
_MOST_PAGES = 30
#: kinds of scans that are made a PDF; letters and figures by which a place of the archive is found again
_PICTURES, _SHORTEST_PLACE = ("jpg", "png", "tif"), 3

_PAPER = {"form": "hybrid", "direction": "outgoing"}
oblige("task:sign_paper", "Art. 9.2", needs=("approve",), sets="paper_in_hand", when={"decision": "received"},
       roles=("clerk",), **_PAPER)
oblige("task:sign_paper", "Art. 9.2", clears=("paper_in_hand", "sign_paper"), when={"decision": "not_signed"}, **_PAPER)
oblige("sign_paper", "Art. 9.2", needs=("approve", "approval_given"), sets="sign_paper", when={"decision": "received"},
       **_PAPER)
oblige("task:seal_paper", "Art. 9.2.b", needs=("number",), sets="paper_sealed", roles=("clerk",), **_PAPER)
oblige("seal_paper", "Art. 9.2.b", needs=("sign_paper", "number", "paper_sealed"), sets="seal_paper", **_PAPER)
oblige("task:digitise", "Art. 9.2.c", needs=("seal_paper",), sets="scan_taken", roles=("clerk",), **_PAPER)
oblige("digitise", "Art. 9.2.c", needs=("seal_paper", "scan_taken"), sets="digitise",
       clears=("agency_key", "sign_by_agency"), **_PAPER)
offer("task:sign_paper", "Nhận văn bản giấy đã ký", roles=("clerk",), gives={"decision": ("received", "not_signed")})
offer("sign_paper", "Ghi nhận kết quả ký giấy")
offer("task:seal_paper", "Ghi số, đóng dấu, lưu bản gốc", roles=("clerk",))
offer("seal_paper", "Ghi nhận đóng dấu, lưu gốc")
offer("task:digitise", "Quét văn bản đã đóng dấu", roles=("clerk",))
offer("digitise", "Đính kèm bản quét, đối chiếu với bản đã duyệt")

need("sign_paper", "Điều 9.2", decision=Need("choice", ("received", "not_signed"), is_required=True),
     is_signed=Need("tick", is_required=True, hidden_when=("not_signed",)), signed_date=Need("date"),
     reason=Need("text", is_required=True, hidden_when=("received",)))
need("seal_paper", "Điều 9.2.b", is_numbered=Need("tick", is_required=True), is_sealed=Need("tick", is_required=True),
     archive_place=Need("text", is_required=True))
need("digitise", "Điều 9.2.c", scan=Need("file", is_required=True))


@taken("sign_paper")
def take_signed_paper(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """Art. 9.2: the clerk has the paper, signed by the leader, in hand; or the leader did not sign, and says why."""
    if values["decision"] == "not_signed":
        if not values.get("reason"):
            raise FormInvalid({"reason": ["Ghi lý do lãnh đạo không ký."]})
        act.say("reason", values["reason"])
    elif values.get("signed_date"):
        signed = date.fromisoformat(values["signed_date"])
        if signed > local_date(act.at):
            raise FormInvalid({"signed_date": ["Ngày ký không thể sau hôm nay."]})
        if signed < local_date(act.document.created_at):
            raise FormInvalid({"signed_date": ["Ngày ký không thể trước ngày bắt đầu soạn văn bản."]})
        act.say("opinion", f"Văn bản giấy ký ngày {signed:%d/%m/%Y}.")
    return {"decision": values["decision"]}


@step
def sign_paper(act: Act) -> None:
    """Art. 9.2: the signed paper is with the clerk; a paper that was not signed goes back to its author."""
    act.is_reached = act.data["decision"] == "received"
    act.document.status = "paper_signed" if act.is_reached else "draft"


def looked_at(tools: Tools, user: User, form_key: str, values: dict[str, Any], at: datetime) -> dict[str, Any]:
    """At the door, before the act: the values of its forms, a scan that is a picture made a PDF. Commits then.

    Raises FormInvalid for what could be neither found again in the archive nor signed by the agency.
    """
    if form_key == "seal_paper" and (place := values.get("archive_place")):
        if len("".join(one for one in str(place) if one.isalnum())) < _SHORTEST_PLACE:
            raise FormInvalid({"archive_place": ["Ghi rõ nơi lưu để tìm lại được bản gốc: tủ, giá, hộp, cặp."]})
    if form_key == "digitise" and isinstance(values.get("scan"), str) and values["scan"]:
        return values | {"scan": _to_sign(tools, user, values["scan"], at)}
    return values


def _to_sign(tools: Tools, user: User, sha256: str, at: datetime) -> str:
    """The scan as a PDF that the agency can sign. Raises FormInvalid, UploadMissing, and what refuses a file."""
    given, data = attachment.uploaded(sha256, user.id), tools.blobs.read(sha256)
    kind = media.sniff(data, given.name).extension
    if given.is_signed:
        raise FormInvalid({"scan": ["Tệp này đã có chữ ký số, không phải bản quét văn bản giấy. Hãy chọn tệp khác."]})
    if kind == "pdf":
        suspect.hold_active(data)
        qpdf.require_open(data)
        return sha256
    if kind not in _PICTURES:
        raise FormInvalid({"scan": ["Bản quét phải là tệp PDF, JPG, PNG hoặc TIF."]})
    made = tools.converter.to_pdf(data, given.name)
    found = attachment.store(tools.blobs, made)
    db.session.add(attachment.Upload(
        agency_id=user.agency_id, sha256=found, name=f"{given.name.rpartition('.')[0]}.pdf"[-200:],
        media_type=media.TYPES["pdf"], size_bytes=len(made), user_id=user.id, at=at))
    db.session.commit()
    return found


@taken("seal_paper")
def take_sealed_paper(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """Art. 9.2.b: number written, sealed, the original's place in the archive."""
    act.document.description = f"Bản gốc lưu tại: {values['archive_place']}"[:500]
    return {}


@step
def seal_paper(act: Act) -> None:
    """The paper is sealed and its original archived."""
    act.document.status = "sealed"


@taken("digitise")
def take_scan(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """Art. 9.2.c: the scan of the sealed paper."""
    attachment.attach_upload(act.document, "scan", values["scan"], act.at, act.actor_id)
    return {}


@slow_step("ocr")
class Digitise(SlowStep):
    """The scan stands for the paper; it is read and held against the text that the leader approved."""

    def ask(self, act: Act) -> dict[str, Any]:
        """The scan, the approved draft, and what is written on the paper."""
        document = act.document
        scan = attachment.latest(document.id, "scan")
        approved = milestone.standing(document.id).get("approve")
        if scan is None or approved is None or approved.sha256 is None:
            raise attachment.UploadMissing()
        return {"sha256": scan.sha256, "media_type": scan.media_type, "approved": approved.sha256,
                "number": document.code_number, "notation": document.code_notation, "signer": document.signer_name,
                "issued": document.issued_date.isoformat() if document.issued_date else None}

    def work(self, tools: Tools, asked: dict[str, Any]) -> dict[str, Any]:
        """{"likeness", "differences"} of compare.py; a scan that cannot be read is none of what was approved."""
        data, approved = tools.blobs.read(asked["sha256"]), tools.blobs.read(asked["approved"])
        try:
            pages = [page for page, _ in islice(tools.reader.words(data, asked["media_type"]), _MOST_PAGES)]
        except Refusal as refusal:
            if refusal.status == 503:  # the reader's trouble, not the file's: it is tried again
                raise
            pages = []
        found = compare.compare(
            docx_list.printed(approved), pages, layout.read_fields(pages), number=asked["number"],
            notation=asked["notation"], issued=date.fromisoformat(asked["issued"]) if asked["issued"] else None,
            signer=asked.get("signer", ""))
        for one in found["differences"]:
            if page := next((page for page in pages if page.number == one["page"]), None):
                lying = page.lying((0.0, 0.0, page.width, page.height))
                one |= {"size": [*lying[2:]], "turn": -page.turn % 360,
                        "boxes": [[*map(round, page.lying(tuple(box)))] for box in one["boxes"]]}
        block = layout_printed.signer(approved)
        return found | ({"authority": block.authority} if block else {})

    def record(self, act: Act, found: dict[str, Any]) -> dict[str, Any]:
        """The agency signs this scan next; what differs lies before the clerk then."""
        scan = attachment.latest(act.document.id, "scan")
        act.document.signer_competence = found.get("authority", act.document.signer_competence)
        act.sha256 = scan.sha256 if scan else None
        told = {name: value for name, value in found.items() if name != "authority"}  # history keeps all that was found
        scan_check.keep(act.document.agency_id, act.document.id, act.sha256 or "", told, act.at)
        return {}

