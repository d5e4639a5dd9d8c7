"""The officer answers (Art. 8.1): the answer is a document and an instance of its own; then this one is closed."""

from typing import Any

from app.db import db
from app.engine import instance as instances
from app.engine.obligation import oblige
from app.engine.step import Act, step
from app.engine.template import offer, tells
from app.records.document import Document
from app.regulation.exchange_form import PROCEDURE, verdict

oblige("answer", "Art. 8.1", needs=("assign",), bars=("returned",), sets="answer", direction="incoming")
oblige("close", "Art. 7", needs=("assign", "handled"), bars=("returned",), sets="close", direction="incoming")
oblige("tell_answered", "Art. 8.1", needs=("dispatch",), sets="tell_answered", direction="outgoing")
oblige("tell_cancelled", "Art. 8.1", needs=("cancel_draft",), sets="tell_cancelled", direction="outgoing")
offer("answer", "Mở hồ sơ dự thảo trả lời", gives={"answer_document_id": (2,)}, is_outside=True)
offer("tell_answered", "Báo hồ sơ văn bản đến: đã trả lời", is_outside=True)
offer("tell_cancelled", "Báo hồ sơ văn bản đến: chưa trả lời", is_outside=True)
offer("close", "Kết thúc xử lý, lưu hồ sơ")
tells("answered", "Văn bản trả lời đã phát hành", {"answered_by": (2,)}, needs=("answer",))
tells("answer_cancelled", "Dự thảo trả lời đã hủy", {"answered_by": (2,)}, needs=("answer",))


@step
def answer(act: Act) -> dict[str, Any]:
    """Art. 8.1, 4: make the outgoing document and start its procedure, electronic or hybrid as Art. 4 says.

    Returns {"answer_document_id"}.
    """
    asked, incoming = act.data, act.document
    type_name = asked.get("answer_type_name") or "Công văn"
    found = verdict(type_name, asked.get("answer_purpose") or "", "between")
    author = act.actor
    document = Document(
        agency_id=incoming.agency_id, direction="outgoing", status="draft", type_name=type_name,
        purpose=asked.get("answer_purpose") or "", exchange_form=found.form, exchange_clause=found.clause,
        subject=f"Trả lời {incoming.reference or incoming.subject}"[:500], answers_id=incoming.id,
        unit_id=author.unit_id if author else None, author_id=act.actor_id,
        addressees=[incoming.organ_id] if incoming.organ_id else [], recipients=[], created_at=act.at)
    db.session.add(document)
    db.session.flush()
    act.start_later(PROCEDURE[found.form], document.id, {
        "kind": "answer", "author_id": act.actor_id, "unit_id": document.unit_id})
    act.document.status = "handling"
    return {"answer_document_id": document.id}


@step
def tell_answered(act: Act) -> None:
    """The answer has gone out: tell the instance of the document that it answers."""
    _tell(act, "answered")


@step
def tell_cancelled(act: Act) -> None:
    """The answer was given up: the document that it was to answer is its officer's again (Art. 8.1, 10.4)."""
    _tell(act, "answer_cancelled")


def _tell(act: Act, what: str) -> None:
    """Only the draft that `answer` opened is waited for; one that somebody began besides closes nothing."""
    if act.document.answers_id is None or act.data.get("kind") != "answer":
        return
    waiting = instances.of_document(act.document.answers_id)
    if waiting is not None:
        act.deliver(waiting.id, what, {"answered_by": act.document.id})


@step
def close(act: Act) -> None:
    """The document is dealt with (NĐ 30/2020 Đ24)."""
    act.document.status, act.document.closed_at = "closed", act.at
