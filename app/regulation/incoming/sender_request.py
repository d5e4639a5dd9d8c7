"""The sender wants a document back, changed or replaced (QĐ 28/2018 Đ8, 9; NĐ 30/2020 Đ18): decided and done.

What came is a row by sender_asked.py; what it does to the document is done by the steps here, when the diagram comes to
them after a clerk's word. The answers of nobody (the document is finished, or never came) are sender_answer.py's.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from app.db import db
from app.engine.form import FormInvalid
from app.engine.form_need import Need, need
from app.engine.obligation import oblige
from app.engine.step import Act, step, taken
from app.engine.template import offer, tells
from app.records import attachment, message, register
from app.records import sender_request as requests
from app.records.document import Document, Opinion, answers_to
from app.records.sender_request import ACCEPTED, OPEN, RECALL, REFUSED, REPLACE, UPDATE, SenderRequest
from app.regulation.incoming import plausible, sender_effect

oblige("task:decide_request", "Art. 6.3", sets="request_accepted", when={"decision": "accept"},
       clears=("request_refused",), roles=("clerk",), direction="incoming")
oblige("task:decide_request", "Art. 6.3", sets="request_refused", when={"decision": "refuse"},
       clears=("request_accepted",), direction="incoming")
oblige("amend", "Art. 6.3", needs=("request_accepted",), clears=("request_accepted",), direction="incoming")
oblige("withdraw", "Art. 6.3", needs=("request_accepted",), sets="withdrawn", direction="incoming")
tells("request", "Nơi gửi yêu cầu thu hồi, cập nhật hoặc thay thế")
offer("take_request", "Lấy yêu cầu của nơi gửi",
      gives={"request_id": (1, None), "request_kind": (RECALL, UPDATE, REPLACE, "none")})
offer("task:decide_request", "Giải quyết yêu cầu của nơi gửi", roles=("clerk",),
      gives={"decision": ("accept", "refuse")})
offer("amend", "Cập nhật thông tin theo yêu cầu của nơi gửi")
offer("withdraw", "Thu hồi hoặc thay thế văn bản theo yêu cầu của nơi gửi")
need("decide_request", "Điều 6.3", decision=Need("choice", ("accept", "refuse"), is_required=True),
     is_past_due=Need("tick"), is_no_twin=Need("tick"),
     reason=Need("text", is_required=True, hidden_when=("accept",)))

#: what makes a document the same letter as another
_REFERENCE = ("code_number", "code_notation", "organ_name", "issued_date")
NOT_ENTERED = "Văn bản thay thế chưa được vào sổ, hoặc đã bị trả lại: văn bản này chưa kết thúc được."
GONE = "Đã xóa theo yêu cầu thu hồi của nơi gửi"


@step
def take_request(act: Act) -> dict[str, Any]:
    """The next request about the document that nobody has decided; "none" when there is none.

    Returns {"request_id", "request_kind"}.
    """
    row = requests.next_undecided(act.document.id)
    if row is None:
        return {"request_id": None, "request_kind": "none"}
    row.status = OPEN
    return {"request_id": row.id, "request_kind": row.kind}


@taken("decide_request")
def decide_request(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """The clerk agrees, or refuses with a reason that the sender is told (QĐ 28/2018 Đ9)."""
    row = _row(act)
    is_accepted = values["decision"] == "accept"
    if is_accepted and (wrong := unlikely(act.document, row, act.at, values)):
        raise FormInvalid({"decision": list(wrong.values())})
    row.status, row.answer = (ACCEPTED, "") if is_accepted else (REFUSED, (values.get("reason") or "")[:500])
    row.decided_at, row.decided_by_id = act.at, act.actor_id
    act.say("reason", values.get("reason"))
    return {"decision": values["decision"]}


def unlikely(document: Document, row: SenderRequest, at: datetime, values: Mapping[str, Any]) -> dict[str, str]:
    """What is refused or asked about a document as an update would leave it: {tick that confirms it, or "": sentence}.

    The same as at its registration (plausible.py), as far as the update touches it.
    """
    if row.waits:
        return {"": NOT_ENTERED}
    asked = {name: after for name, _, after in row.changes}
    if not asked.keys() & {"issued_date", "due_date", *_REFERENCE}:
        return {}
    changed = Document(**{name: getattr(document, name) for name in (
        "id", "organ_id", "created_at", "due_date", *_REFERENCE)})
    for name, after in asked.items():
        setattr(changed, name, _kept(name, after))
    found = {"": plausible.future(changed.issued_date, at) if "issued_date" in asked else None,
             "is_past_due": plausible.past_due(changed.due_date, at, values.get("is_past_due"))
             if "due_date" in asked else None,
             "is_no_twin": plausible.twin(changed, values.get("is_no_twin"))
             if asked.keys() & set(_REFERENCE) else None}
    return {tick: sentence for tick, sentence in found.items() if sentence}


@step
def amend(act: Act) -> None:
    """What the sender has changed stands from now on; the files stay (NĐ 30/2020 Đ18.3)."""
    changes = _row(act).changes
    for name, _, after in changes:
        setattr(act.document, name, _kept(name, after))
    sender_effect.changed(act, [name for name, _, _ in changes])


@step
def withdraw(act: Act) -> None:
    """QĐ 28/2018 Đ9, NĐ 30/2020 PL VI III.8: a recalled document is deleted, a replaced one ends and stays linked.

    What says which document it was, and the request, stay. Its number of arrival is given up with the reason; who was
    writing an answer to it is told. History keeps what was done.
    """
    row, document = _row(act), act.document
    document.closed_at = act.at
    if row.kind == REPLACE:
        document.status = "replaced"
        reason = f"Được thay thế bởi văn bản {row.replacement.reference}"
    else:
        document.status, reason = "recalled", f"Nơi gửi thu hồi: {row.reason or 'không nêu lý do'}"
        _empty(act)
    if (entry := register.entry_of(document.id, "incoming")) and entry.voided_at is None and row.kind == RECALL:
        entry.voided_at, entry.void_reason = act.at, reason[:200]
    sender_effect.ended(act, f"{reason}.")
    for answer in answers_to(document.id):
        if answer.status not in ("dispatched", "cancelled", "withdrawn"):
            db.session.add(Opinion(agency_id=answer.agency_id, document_id=answer.id, kind="warning", at=act.at,
                                   text=f"Văn bản đến {document.reference} không còn phải trả lời. {reason}."))


def _empty(act: Act) -> None:
    """The content goes; the job `purge` deletes the files."""
    document, sha256s = act.document, []
    for file in attachment.of(document.id):
        if file.removed_at is None:
            file.removed_at, file.name = act.at, GONE
            sha256s.append(file.sha256)
    for packet in message.received_for(document.id):
        sha256s.append(packet.sha256)
        packet.sha256 = ""
    for row in requests.of_document(document.id):
        if row.document_id == document.id:
            row.changes = []
            sha256s += requests.without_packet(row, act.at, GONE)
    document.subject = document.description = ""
    document.recognised = document.verdict = None
    act.outgoing.append(("purge", {"document_id": document.id, "sha256s": sha256s, "keeps_history": True,
                                   "wanted_by": act.instance.acts + 1}))


def _row(act: Act) -> SenderRequest:
    return db.session.get_one(SenderRequest, act.data["request_id"], with_for_update=True)


def _kept(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if name.endswith("_date") and value else value
