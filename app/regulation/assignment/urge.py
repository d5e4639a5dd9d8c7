"""Art. 7, 10.4: beside the course of a document, without moving its token: to urge, to ask for an opinion, to answer,
to confirm what was told (F-3c).

Each is an act of the document in one transaction, under its instance's lock. Rights that an asking gives end with the
answer. What moves the document is assign.py's and its diagram's.
"""

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import select

from app.db import db
from app.engine import task as tasks
from app.engine.form import FormInvalid
from app.engine.instance import lock_of_document, of_document
from app.records import deadline, history, notice, right
from app.records.calendar import local_date
from app.records.document import ENDED, Document, NotFound, Opinion
from app.records.notice import Notice
from app.records.people import ALL, USUAL, User, stands_in_for, with_role
from app.records.right import CO_HANDLE, HANDLE, READ, Right
from app.refusal import Refusal
from app.regulation import given

#: characters of what is written to another, and of an opinion
LONGEST_NOTICE, LONGEST = 1000, 4000


class NobodyToUrge(Refusal):
    """No person works on the document now: there is nobody to urge."""

    code, status, article = "nobody_to_urge", 409, "Art. 10.4"


class NotToAsk(Refusal):
    """An opinion is asked of an active person of the agency, other than oneself, with a question."""

    code, article = "not_to_ask", "Art. 7"


class NoLongerAsked(Refusal):
    """The document has ended: no opinion on it is waited for."""

    code, status, article = "no_longer_asked", 409, "Art. 7"


class QuestionStands(Refusal):
    """A question is answered, not confirmed."""

    code, status, article = "question_stands", 409, "Art. 7"


def in_whose_name(user: User, document: Document, today: date) -> int | None:
    """The leader in whose name a delegate directs this document (Art. 7); None: in his own, or not at all."""
    if user.has("leader"):
        return None
    scopes = (ALL, USUAL) if document.priority == 0 else (ALL,)
    others = stands_in_for(user, today, *scopes)
    return db.session.scalar(select(User.id).where(User.id.in_(others), User.roles.contains(["leader"]))
                             .order_by(User.id).limit(1)) if others else None


def directs(user: User, document: Document, today: date) -> bool:
    """Whether the person directs the document: a leader or his delegate."""
    return document.direction == "incoming" and (
        user.has("leader") or in_whose_name(user, document, today) is not None)


def working(document: Document) -> list[User]:
    """Who works on the document now: the holder of each open task, who co-handles it by a deadline of his own and has
    not given his opinion, and who was asked by a day and has not answered.
    """
    run = of_document(document.id)
    rows = tasks.open_of(run.id) if run else []
    people = [row.claimed_by or row.assignee for row in rows if row.kind == "user"]
    return list(dict.fromkeys([
        *(one for one in people if one is not None), *right.who_owe(document.id),
        *(one.to_user for one in notice.awaited(document.id))]))


def to_urge(user: User, document: Document, today: date) -> list[User]:
    """Whom of these the person may urge: a leader, his delegate and the clerk all of them, a head his own people."""
    if document.status in ENDED:
        return []
    held = [one for one in working(document) if one.id != user.id]
    if directs(user, document, today) or user.has("clerk"):
        return held
    return [one for one in held if one.unit_id == user.unit_id] if tasks.follows(user) else []


def urge(document_id: int, user: User, text: str, at: datetime) -> int:
    """Urge who works on it; gives how many were told now. Commits. Raises NotFound, NobodyToUrge."""
    document, today = _held(document_id, user, at), local_date(at)
    held = to_urge(user, document, today)
    if not held:
        raise NobodyToUrge() if directs(user, document, today) or user.has("clerk", "head") else NotFound()
    said, principal = _said(text, LONGEST_NOTICE), in_whose_name(user, document, today)
    told = [one.id for one in held if notice.put(
        document, notice.URGED, one.id, at, from_user_id=user.id, on_behalf_of_id=principal, text=said)]
    if told:
        _act(document, user, "urged", principal, {"to": told, "text": said}, at)
    db.session.commit()
    return len(told)


def may_ask(user: User, document: Document, today: date) -> bool:
    """Who directs, handles or co-handles it may ask anybody."""
    return document.status not in ENDED and (
        directs(user, document, today) or speaks_for(user, document, today) is not None)


def ask(document_id: int, user: User, to_user_id: int, question: str, due: date | None, at: datetime) -> bool:
    """Ask a person for an opinion; False: asked the same already. Commits.

    Raises NotFound, NotToAsk, FormInvalid with a day that would do.
    """
    document, today = _held(document_id, user, at), local_date(at)
    if not may_ask(user, document, today):
        raise NotFound()
    other, said = db.session.get(User, to_user_id), _said(question, LONGEST_NOTICE)
    if other is None or not other.is_active or other.id == user.id or other.has("admin", "auditor") or not said:
        raise NotToAsk()
    if due is not None and (wrong := deadline.wrong(due.isoformat(), at)):
        raise FormInvalid({"due": [wrong]}, {"due": deadline.instead(due.isoformat(), at)})
    gave = not right.may_read(other, document, today) and right.grant(document, READ, user_id=other.id)
    principal = in_whose_name(user, document, today)
    made = notice.put(document, notice.ASKED, other.id, at, from_user_id=user.id, on_behalf_of_id=principal, text=said,
                      due_date=due, gave_read=gave)
    if gave:
        _warn(document, user, principal, other, at)
    if made is not None:
        _act(document, user, "opinion_asked", principal, {"to": [other.id], "text": said}, at)
    db.session.commit()
    return made is not None


def _warn(document: Document, user: User, principal: int | None, other: User, at: datetime) -> None:
    """By another's hand than the leader's another reads it: he who directed, and the heads of who asked and of who was
    asked, are told until they confirm (F-3c).
    """
    told = {given.director(document)}
    if principal is None and not user.has("leader"):
        told |= {one.id for one in with_role("head") if one.unit_id in (user.unit_id, other.unit_id)}
    for one in sorted(told - {None, user.id, principal, other.id}):
        notice.put(document, notice.RIGHTS, one, at, from_user_id=user.id, on_behalf_of_id=principal,
                   text=f"{user.full_name} hỏi ý kiến và mở quyền đọc cho {other.full_name}")


def speaks_for(user: User, document: Document, today: date) -> int | None:
    """In whose name the person may give an opinion: who handles or co-handles it (Art. 7), or was asked: a user id.

    None: he may not, or nothing more is done with it.
    """
    if document.status in ENDED:
        return None
    if _asked(user, document):
        return user.id
    allowed = right.given(user, today, *((ALL, USUAL) if document.priority == 0 else (ALL,)))
    holding = list(db.session.scalars(select(Right.user_id).where(
        Right.document_id == document.id, Right.kind.in_((HANDLE, CO_HANDLE)), allowed).order_by(Right.id)))
    if not holding:
        return None
    return user.id if user.id in holding or None in holding else holding[0]


def answer(document_id: int, user: User, text: str, at: datetime) -> None:
    """Give an opinion; what was asked of the person is answered by it, and who asked is told. The same words twice
    are kept once. Commits. Raises NotFound, NoLongerAsked.
    """
    if _was_asked(document_id, user):
        raise NoLongerAsked()
    document, today = _held(document_id, user, at), local_date(at)
    if document.status in ENDED:
        raise NoLongerAsked()
    principal, said = speaks_for(user, document, today), _said(text, LONGEST)
    if principal is None or not said:
        raise NotFound()
    known = select(Opinion.id).where(Opinion.document_id == document.id, Opinion.user_id == user.id,
                                     Opinion.kind == "opinion", Opinion.text == said)
    if db.session.scalar(known.limit(1)):
        db.session.rollback()
        return
    in_name, owed = principal if principal != user.id else None, right.who_owe(document.id)
    db.session.add(Opinion(agency_id=document.agency_id, document_id=document.id, user_id=user.id,
                           on_behalf_of_id=in_name, kind="opinion", text=said, at=at))
    for asked in _asked(user, document):
        owed.append(user)
        asked.done_at, asked.done_by_id = at, user.id
        if asked.from_user_id:
            notice.put(document, notice.ANSWERED, asked.from_user_id, at, from_user_id=user.id, text=said)
        if asked.gave_read:
            right.withdraw(document, READ, user.id)
    db.session.flush()
    still = working(document)
    notice.end_urging(document.id, lambda one: one not in owed or one in still, at)
    _act(document, user, "opinion_given", in_name, {}, at)
    db.session.commit()


def confirm(notice_id: int, user: User, at: datetime) -> bool:
    """The person has seen it, or confirms the change of rights (F-3c); False: he had already. Commits.

    Raises NotFound; QuestionStands for a question, which is answered unless its document has ended.
    """
    found = notice.find(notice_id, user)
    lock_of_document(found.document_id)
    db.session.refresh(found)
    if found.is_question and found.done_at is None:
        raise QuestionStands()
    if found.done_at is not None:
        db.session.rollback()
        return False
    found.done_at, found.done_by_id = at, user.id
    if found.gave_read:
        right.withdraw(found.document, READ, user.id)
    _act(found.document, user, "notice_confirmed", None, {"notice": found.id, "kind": found.kind}, at)
    db.session.commit()
    return True


def confirm_many(notice_ids: list[int], user: User, at: Callable[[], datetime]) -> list[tuple[int, Refusal | None]]:
    """Each its own act and transaction; a result per item: the refusal, or None."""
    results: list[tuple[int, Refusal | None]] = []
    for one in notice_ids:
        try:
            confirm(one, user, at())
            results.append((one, None))
        except Refusal as refusal:
            db.session.rollback()
            results.append((one, refusal))
    return results


def _asked(user: User, document: Document) -> list[Notice]:
    return [one for one in notice.open_on(document.id) if one.kind == notice.ASKED and one.to_user_id == user.id]


def _was_asked(document_id: int, user: User) -> bool:
    """Whether the person was asked about a document that has ended since."""
    return db.session.scalar(select(Notice.id).join(Document, Document.id == Notice.document_id).where(
        Notice.document_id == document_id, Notice.to_user_id == user.id, Notice.kind == notice.ASKED,
        Document.status.in_(ENDED)).limit(1)) is not None


def _held(document_id: int, user: User, at: datetime) -> Document:
    """The document, locked, for who may read it: asked again once it is locked."""
    right.find(document_id, user, local_date(at))
    lock_of_document(document_id)
    document = right.find(document_id, user, local_date(at))
    db.session.refresh(document)
    return document


def _said(text: str, longest: int) -> str:
    return text.replace("\r\n", "\n").strip()[:longest]


def _act(document: Document, user: User, kind: str, on_behalf_of_id: int | None, told: dict[str, object],
         at: datetime) -> None:
    db.session.flush()
    history.append(
        history.Act(agency_id=document.agency_id, subject=f"document:{document.id}", at=at, actor_id=user.id,
                    on_behalf_of_id=on_behalf_of_id, kind=kind),
        input=told, changes=history.take_changes())
