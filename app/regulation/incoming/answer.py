"""The officer answers (Art. 8.1): the answer is a document and an instance of its own; then this one is closed.

A draft that was begun besides answers, too, when it is tied to what it answers. Whether its dispatch closes that one is
said by who handles it or by the leader, and can be taken back until something was sent.
"""

from datetime import date, datetime
from typing import Any

from app.db import db, queue
from app.engine import instance as instances
from app.engine import task as tasks
from app.engine.inbox import outdate
from app.engine.obligation import oblige
from app.engine.perform import job_lock
from app.engine.step import Act, step
from app.engine.template import offer, tells
from app.records import history, message, milestone, right
from app.records.calendar import local_date
from app.records.document import (
    ENDED,
    AlsoAnswered,
    Document,
    NotFound,
    answers_to,
    may_be_answered,
)
from app.records.people import ALL, USUAL, User
from app.records.right import HANDLE, Right
from app.refusal import Refusal
from app.regulation import addressed, answered
from app.regulation.answered import closes
from app.regulation.exchange_form import PROCEDURE, verdict

oblige("answer", "Art. 8.1", needs=("assign",), bars=("returned",), sets="answer", direction="incoming")
oblige("take_answer", "Art. 7", needs=("assign",), bars=("returned",), sets="handled", direction="incoming")
oblige("close", "Art. 7", needs=("assign", "handled"), bars=("returned",), sets="close", direction="incoming")
oblige("tell_answered", "Art. 8.1", needs=("dispatch",), sets="tell_answered", direction="outgoing")
oblige("tell_cancelled", "Art. 8.1", needs=("cancel_draft",), sets="tell_cancelled", direction="outgoing")
offer("answer", "Mở hồ sơ dự thảo trả lời", gives={"answer_document_id": (2,)}, is_outside=True)
offer("take_answer", "Ghi nhận văn bản trả lời đã phát hành")
offer("tell_answered", "Báo hồ sơ văn bản đến: đã trả lời", is_outside=True)
offer("tell_cancelled", "Báo hồ sơ văn bản đến: chưa trả lời", is_outside=True)
offer("close", "Kết thúc xử lý, lưu hồ sơ")
tells("answered", "Văn bản trả lời đã phát hành", {"answered_by": (2,)}, needs=("assign",))
tells("answer_cancelled", "Dự thảo trả lời đã hủy", {"answered_by": (2,)}, needs=("answer",))


@step
def answer(act: Act) -> dict[str, Any]:
    """Art. 8.1, 4: make the outgoing document and start its procedure, electronic or hybrid as Art. 4 says.

    Returns {"answer_document_id"}.
    """
    asked, incoming = act.data, act.document
    type_name = asked.get("answer_type_name") or "Công văn"
    found = verdict(type_name, asked.get("answer_purpose") or "", "between", local_date(act.at))
    author = act.actor
    document = Document(
        agency_id=incoming.agency_id, direction="outgoing", status="draft", type_name=type_name,
        purpose=asked.get("answer_purpose") or "", exchange_form=found.form, exchange_clause=found.clause,
        exchange_rule=found.rule,
        subject=f"Trả lời {incoming.reference or incoming.subject}"[:500], answers_id=incoming.id, closes_answered=True,
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
    """The answer has gone out: tell the instances of the documents that it answers.

    Whoever is named in "Kính gửi" and is to be sent it outside the exchange has nothing yet: who ticks the last of them
    tells it then (outgoing/otherwise.py).
    """
    if not message.left_outside(act.document.id, addressed.TO):
        for instance_id in answered.waiting(act.document):
            act.deliver(instance_id, "answered", {"answered_by": act.document.id})


@step
def tell_cancelled(act: Act) -> None:
    """The answer was given up: the document that it was to answer is its officer's again (Art. 8.1, 10.4).

    Only a draft that closes it is waited for; one that was begun besides and is to close nothing tells nothing.
    """
    draft = act.document
    if draft.answers_id is None or not (
            act.data.get("kind") == "answer" if draft.closes_answered is None else draft.closes_answered):
        return
    waiting = instances.of_document(draft.answers_id)
    if waiting is not None and _is_awaited(draft, waiting):
        act.deliver(waiting.id, "answer_cancelled", {"answered_by": draft.id})


def _is_awaited(draft: Document, waiting: instances.Instance) -> bool:
    """Whether the procedure of what it answers stands still for this very draft: the last one begun at its task."""
    begun = milestone.standing(waiting.document_id).get("answer")
    return begun is not None and begun.at == draft.created_at and not any(
        row.form_key in ("assign", "handle", "extend") for row in tasks.open_of(waiting.id))


@step
def take_answer(act: Act) -> None:
    """Art. 8.1: an answer that was begun besides has gone out; it was said that it closes this document.

    Raises NotAnswered when there is none: a drawing cannot go round the handling.
    """
    if not any(_says_so(one, act.document.id) and one.status in ("dispatched", "withdrawn")
               for one in answers_to(act.document.id)):
        raise NotAnswered()


def _says_so(draft: Document, answers_id: int) -> bool:
    """Whether it was said that the draft closes this one."""
    row = answered.also(draft.id, answers_id)
    return bool(draft.closes_answered) if row is None else row.closes


class NotAnswered(Refusal):
    """No answer that was to close the document has been dispatched."""

    code, status, article = "not_answered", 409, "Art. 8.1"


class NotToClose(Refusal):
    """Who handles the document, or the leader, says that an answer closes it, while it is handled."""

    code, status, article = "not_to_close", 409, "Art. 8.1"


def may_close(user: User, incoming: Document, today: date) -> bool:
    """Whether the person may say that a dispatched answer closes it: the leader, or who handles it (Art. 7)."""
    if incoming.direction != "incoming" or incoming.status in ENDED or not right.may_read(user, incoming, today):
        return False
    handles = db.select(Right.id).where(
        Right.document_id == incoming.id, Right.kind == HANDLE,
        right.given(user, today, *((ALL, USUAL) if incoming.priority == 0 else (ALL,))))
    return user.has("leader") or db.session.scalar(handles.limit(1)) is not None


def may_tie(user: User, draft: Document) -> bool:
    """Whether the person may say what the draft answers: its author, until it is dispatched."""
    return draft.direction == "outgoing" and draft.status not in ENDED and draft.author_id == user.id


def to_answer(user: User, today: date, most: int = 100) -> list[Document]:
    """What the person handles and could answer, the newest first."""
    handled = db.select(Right.document_id).where(Right.kind == HANDLE, right.given(user, today))
    return list(db.session.scalars(db.select(Document).where(
        Document.id.in_(handled), Document.direction == "incoming", Document.status.not_in(ENDED))
        .order_by(Document.id.desc()).limit(most)))


def say(draft_id: int, user: User, answers_id: int | None, is_closing: bool, at: datetime) -> bool:
    """What the draft answers (None: nothing), and whether its dispatch closes that; False: so it is already. Commits.

    What was awaited and no longer is goes back to who handles it. Raises NotFound, NotToClose, AlreadySent.
    """
    today = local_date(at)
    running = instances.lock_of_document(draft_id)
    draft = db.session.get(Document, draft_id, populate_existing=True)
    if draft is None or draft.agency_id != user.agency_id or draft.direction != "outgoing":
        raise NotFound()
    incoming = right.find(answers_id, user, today) if answers_id else None
    ours = draft.answers_id == answers_id and incoming is not None and may_close(user, incoming, today)
    if not ours and not (draft.author_id == user.id and right.may_read(user, draft, today)):
        raise NotFound()
    before = draft.answers_id, closes(draft)
    is_closing = is_closing and incoming is not None
    if before == (answers_id, is_closing):
        db.session.rollback()
        return False
    message.require_not_sent(draft.id)
    if draft.status in ENDED or (incoming is not None and answers_id != before[0] and not may_be_answered(incoming)):
        raise NotToClose()
    if incoming is not None and is_closing and not may_close(user, incoming, today):
        raise NotToClose()
    _let_go(draft, before, (answers_id, is_closing))
    if answers_id and (row := answered.also(draft.id, answers_id)) is not None:
        db.session.delete(row)
    draft.answers_id, draft.closes_answered = answers_id, is_closing
    if running is not None:  # nobody approves what he has not seen
        outdate(running.id, user)
    db.session.flush()
    history.append(history.Act(agency_id=draft.agency_id, subject=f"document:{draft.id}", at=at, actor_id=user.id,
                               kind="answer_changed"),
                   input={"answers": answers_id, "closes": is_closing}, changes=history.take_changes())
    db.session.commit()
    return True


def also(draft_id: int, user: User, answers_id: int, is_tied: bool, is_closing: bool, at: datetime) -> bool:
    """A further one that the draft answers, or (`is_tied` false) no longer; and whether its dispatch closes that one.

    False: so it is already. Commits. Raises NotFound, NotToClose, AlreadySent.
    """
    today = local_date(at)
    running = instances.lock_of_document(draft_id)
    draft = db.session.get(Document, draft_id, populate_existing=True)
    row = answered.also(draft_id, answers_id)
    if draft is None or draft.agency_id != user.agency_id or draft.direction != "outgoing":
        raise NotFound()
    incoming = right.find(answers_id, user, today) if is_tied else None
    ours = row is not None and incoming is not None and may_close(user, incoming, today)
    if not ours and not (draft.author_id == user.id and right.may_read(user, draft, today)):
        raise NotFound()
    is_closing = is_closing and is_tied
    if (row is not None, row is not None and row.closes) == (is_tied, is_closing):
        db.session.rollback()
        return False
    message.require_not_sent(draft.id)
    if draft.status in ENDED or draft.answers_id == answers_id:
        raise NotToClose()
    if incoming is not None and ((row is None and not may_be_answered(incoming))
                                 or (is_closing and not may_close(user, incoming, today))):
        raise NotToClose()
    if row is None:
        db.session.add(AlsoAnswered(agency_id=draft.agency_id, document_id=draft.id, answers_id=answers_id,
                                    closes=is_closing))
    elif is_tied:
        row.closes = is_closing
    else:
        db.session.delete(row)
    if running is not None:  # nobody approves what he has not seen
        outdate(running.id, user)
    db.session.flush()
    history.append(history.Act(agency_id=draft.agency_id, subject=f"document:{draft.id}", at=at, actor_id=user.id,
                               kind="answer_changed"),
                   input={"also": answers_id, "tied": is_tied, "closes": is_closing}, changes=history.take_changes())
    db.session.commit()
    return True


def _let_go(draft: Document, before: tuple[int | None, bool], after: tuple[int | None, bool]) -> None:
    """What stood still for the draft does not any more: its officer has it again."""
    waiting = instances.of_document(before[0]) if before[0] and before[1] and before != after else None
    if waiting is not None and _is_awaited(draft, waiting):
        queue.defer(db.session, "deliver", {
            "agency_id": draft.agency_id, "instance_id": waiting.id, "message": "answer_cancelled",
            "payload": {"answered_by": draft.id}}, lock=job_lock(waiting.id))


@step
def close(act: Act) -> None:
    """The document is dealt with (NĐ 30/2020 Đ24)."""
    act.document.status, act.document.closed_at = "closed", act.at
