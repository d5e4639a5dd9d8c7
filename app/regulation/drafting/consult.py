"""Art. 8.1: opinions of several units and people at once on the present version of a draft, until a deadline.

Its author asks; each has a task in the inbox, a unit its head. The round ends when all have answered, when its author
says why it ends earlier, or by itself when the time is over; then the draft is its author's again. Who said nothing
stands as silent. A new version loses no opinion: each stands beside the version that it was about. It decides nothing:
review and approval are approve.py's.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from app.db import db
from app.engine import act as acts
from app.engine import instance as instances
from app.engine.form import FormInvalid
from app.engine.form_need import Need, need
from app.engine.obligation import oblige
from app.engine.reason import SHORTEST_TOLD, need_reason
from app.engine.step import Act, Plain, step, taken
from app.engine.template import offer, tells
from app.records import attachment, calendar, consultation, deadline, history, notice, right
from app.records.catalogue import UNIT
from app.records.consultation import AGREE, ANSWERS, DISAGREE, Consultation
from app.records.document import Document
from app.records.people import User
from app.records.right import READ
from app.refusal import Refusal

#: the message of the drawing
ENDED = "opinions_ended"
#: units and people asked at once at most; characters of what is asked
MOST, LONGEST = 50, 1000

oblige("task:give_opinion", "Art. 8.1", bars=("dispatch",), direction="outgoing")
oblige("end_opinions", "Art. 8.1", bars=("dispatch",), direction="outgoing")
offer("task:give_opinion", "Cho ý kiến về dự thảo", gives={"decision": ANSWERS})
offer("end_opinions", "Kết thúc lấy ý kiến về dự thảo")
tells(ENDED, "Hết hạn hoặc kết thúc sớm việc lấy ý kiến")
need("give_opinion", "Điều 8.1", decision=Need("choice", ANSWERS, is_required=True),
     opinion=Need("text", is_required=True, hidden_when=(AGREE,)), opinion_file=Need("file"))


class NotConsulting(Refusal):
    """No round of opinions is under way that the person has asked for."""

    code, status, article = "not_consulting", 409, "Art. 8.1"


def ask(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """Within the act that sends the draft around. Raises FormInvalid, at the field.

    Returns {"opinion_holder_ids", "opinion_due_at"}: a task for each.
    """
    document, file = act.document, attachment.latest(act.document.id, "draft")
    asked = _asked(act, values.get("opinion_holders") or [])
    day = values.get("opinion_due_date")
    if not day:
        raise FormInvalid({"opinion_due_date": ["Chọn hạn cho ý kiến."]})
    if wrong := deadline.wrong(day, act.at):
        raise FormInvalid({"opinion_due_date": [wrong]}, {"opinion_due_date": deadline.instead(day, act.at)})
    due_at = calendar.due_at(date.fromisoformat(day), 0)
    question = (values.get("opinion_question") or "").strip()[:LONGEST]
    number = max((one.round for one in consultation.of(document.id)), default=0) + 1
    for user, unit_id in asked:
        db.session.add(Consultation(
            agency_id=document.agency_id, document_id=document.id, round=number, sha256=file.sha256 if file else "",
            user_id=user.id, unit_id=unit_id, asked_by_id=act.actor_id, question=question, asked_at=act.at,
            due_at=due_at, gave_read=not right.may_read(user, document, calendar.local_date(act.at))))
    return {"opinion_holder_ids": [user.id for user, _ in asked],
            "opinion_due_at": due_at.astimezone(calendar.ZONE).isoformat(timespec="seconds")}


def _asked(act: Act, chosen: list[str]) -> list[tuple[User, int | None]]:
    """Who answers for each choice: the person, or the head of the unit. Raises FormInvalid."""
    found: dict[int, tuple[User, int | None]] = {}
    wrong = "" if chosen else "Chọn đơn vị, người cho ý kiến."
    if len(chosen) > MOST:
        wrong = f"Mỗi lần lấy ý kiến nhiều nhất {MOST} đơn vị, người."
    for one in chosen if not wrong else []:
        unit_id = int(one.removeprefix(UNIT)) if one.startswith(UNIT) else None
        query = select(User).where(User.unit_id == unit_id, User.is_active, User.roles.contains(["head"])) \
            if unit_id else select(User).where(User.id == int(one))
        user = db.session.scalar(query.order_by(User.id).limit(1))
        if user is None:
            wrong = "Có đơn vị chưa có lãnh đạo để nhận; hãy chọn một người của đơn vị đó."
        elif user.id == act.actor_id:
            wrong = "Không tự xin ý kiến của mình; nếu hỏi đơn vị mình là lãnh đạo, hãy chọn người của đơn vị."
        elif user.id in found:
            wrong = f"{user.full_name} được chọn hai lần, là người và là lãnh đạo của đơn vị; hãy bỏ bớt một."
        else:
            found[user.id] = (user, unit_id)
    if wrong:
        raise FormInvalid({"opinion_holders": [wrong]})
    return list(found.values())


@taken("give_opinion")
def give_opinion(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """One answer: agreed, agreed with remarks, not agreed; words, and a file."""
    row = _row(act)
    words = (values.get("opinion") or "").strip()
    if values["decision"] != AGREE and not any(map(str.isalnum, words)):
        raise FormInvalid({"opinion": ["Ghi ý kiến."]})
    if values["decision"] == DISAGREE and len(words) < SHORTEST_TOLD:
        raise FormInvalid({"opinion": ["Không nhất trí thì ghi rõ vì sao, từ 5 ký tự."]})
    row.answer, row.answered_at = values["decision"], act.at
    if values.get("opinion_file"):
        row.file_sha256 = attachment.attach_upload(
            act.document, "opinion", values["opinion_file"], act.at, act.actor_id).sha256
    act.say(values["decision"], words or "Nhất trí với dự thảo.")
    return {"decision": values["decision"]}


def _row(act: Act) -> Consultation:
    asked = act.data.get("opinion_holder_id")
    for one in consultation.open_of(act.document.id):
        if one.user_id == asked and not one.answer:
            return one
    raise NotConsulting()


@step
def end_opinions(act: Act) -> None:
    """The round is over: rights to read that it gave end, and who asked learns what came of it."""
    rows = consultation.open_of(act.document.id)
    for row in rows:
        row.ended_at = act.at
        if row.gave_read:
            right.withdraw(act.document, READ, row.user_id)
    if rows:
        silent = sum(not row.answer for row in rows)
        notice.put(act.document, notice.ANSWERED, rows[0].asked_by_id, act.at,
                   text=f"Lấy ý kiến lần {rows[0].round} đã kết thúc: {len(rows) - silent} có ý kiến, "
                        f"{silent} không có ý kiến.")


def may_direct(user: User, document: Document) -> bool:
    """Whether the person asked the round that is under way: he urges, and ends it."""
    return any(one.asked_by_id == user.id for one in consultation.open_of(document.id))


def urge(document_id: int, user: User, at: datetime) -> int:
    """Urge all who have not answered; gives how many were told now. Commits. Raises NotFound, NotConsulting."""
    document = right.find(document_id, user, calendar.local_date(at))
    instances.lock_of_document(document_id)
    rows = consultation.open_of(document_id)
    if not may_direct(user, document):
        raise NotConsulting()
    until = rows[0].due_at.astimezone(calendar.ZONE)
    text = f"Cho ý kiến về dự thảo trước {until:%H:%M %d/%m/%Y}"
    told = [one.user_id for one in rows if not one.answer and notice.put(
        document, notice.URGED, one.user_id, at, from_user_id=user.id, text=text)]
    if told:
        db.session.flush()
        history.append(history.Act(agency_id=document.agency_id, subject=f"document:{document.id}", at=at,
                                   actor_id=user.id, kind="urged"),
                       input={"to": told, "text": text}, changes=history.take_changes())
    db.session.commit()
    return len(told)


def end(document_id: int, user: User, reason: str, at: datetime) -> None:
    """Who asked ends the round before its time, and says why. Commits.

    Raises NotFound, NotConsulting (somebody was first, too), ReasonNeeded, ReasonShort.
    """
    document = right.find(document_id, user, calendar.local_date(at))
    run = instances.of_document(document_id)
    why = need_reason(reason, SHORTEST_TOLD)

    def prepare(act: Act) -> Plain:
        if not may_direct(user, document):
            raise NotConsulting()
        for row in consultation.open_of(document_id):
            row.end_reason = why
        return {}

    if run is None or not acts.tell(run.id, ENDED, user, None, at, prepare):
        raise NotConsulting()


def expire(document_id: int, at: datetime) -> bool:
    """The round of the document whose time is over ends; False: it has ended, or waits while its document is held up.
    Commits.
    """
    run = instances.of_document(document_id)
    if run is None or run.is_suspended or not any(one.due_at < at for one in consultation.open_of(document_id)):
        db.session.rollback()
        return False
    return acts.receive_message(run.id, ENDED, {}, at)


def expire_all(at: datetime, apart: Callable[[str], AbstractContextManager[None]]) -> None:
    """All rounds whose time is over; `apart`: one that fails gives way to the others. Commits each."""
    for document_id in consultation.overdue(at):
        with apart(f"the opinions on document {document_id}"):
            expire(document_id, at)
