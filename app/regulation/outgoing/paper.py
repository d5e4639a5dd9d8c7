"""The paper side of a hybrid document (Art. 9.2): signed, numbered, sealed, its original archived, scanned."""

from typing import Any

from app.engine.form import FormInvalid
from app.engine.form_need import Need, need
from app.engine.obligation import oblige
from app.engine.step import Act, step, taken
from app.engine.template import offer
from app.records import attachment

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
offer("digitise", "Đính kèm bản quét")

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
        act.say("opinion", f"Văn bản giấy ký ngày {values['signed_date']}.")
    return {"decision": values["decision"]}


@step
def sign_paper(act: Act) -> None:
    """Art. 9.2: the signed paper is with the clerk; a paper that was not signed goes back to its author."""
    act.is_reached = act.data["decision"] == "received"
    act.document.status = "paper_signed" if act.is_reached else "draft"


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


@step
def digitise(act: Act) -> None:
    """The scan stands for the paper; the agency signs it next."""
    scan = attachment.latest(act.document.id, "scan")
    act.sha256 = scan.sha256 if scan else None
