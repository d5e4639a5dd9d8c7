"""The documents that a person may read: listed, searched, in pages by key; what he was given beside his tasks; and
the opinion of who co-handles one (Art. 7).

Who may read what is decided in records/right.py. Work that waits for a person is inbox.py's; the registers of all
that came and went are registers.py's.
"""

from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from werkzeug.wrappers import Response

from app.db import db
from app.engine.task import Task
from app.records import right, search
from app.records.calendar import local_date
from app.records.document import ENDED, Document
from app.records.people import User
from app.records.right import CO_HANDLE, HANDLE, READ, Right
from app.regulation.assignment import urge as urging
from app.web.asked import number
from app.web.gate import me, need_role, note_list
from app.web.moment import now
from app.web.settings import settings
from app.web.words import PART

bp = Blueprint("library", __name__)

#: administrators read no content (security.md S13)
READERS = ("clerk", "leader", "head", "officer", "auditor")
#: rows of the home page's list; how long it shows what was given for reading only and so is closed
_FEW, _TOLD_DAYS = 5, 7


def _with(*kinds: str, of: ColumnElement[bool]) -> ColumnElement[bool]:
    """Condition on Document: there is such a right to it."""
    return Document.id.in_(select(Right.document_id).where(Right.kind.in_(kinds), of))


def _part(part: str, user: User, today: date) -> ColumnElement[bool]:
    """Condition on Document: this is the person's part in it. To read = no other part than that."""
    given = right.given(user, today)
    if part == "mine":
        return and_(Document.direction == "outgoing", Document.author_id == user.id)
    if part != READ:
        return _with(part, of=given)
    return and_(_with(READ, of=given), ~_with(HANDLE, CO_HANDLE, of=given),
                Document.author_id.is_distinct_from(user.id))


def searched(query: Select[Any], words: str) -> Select[Any]:
    """The query on documents narrowed to those that bear each of the words, in a field or in the text of their file."""
    for word in search.split(words):
        query = query.where(search.bears(word))
    return query


def parts_of(documents: list[Document], user: User, at: datetime) -> dict[int, list[str]]:
    """The names of the person's parts (words.PART) in each document, the weightiest first, in one statement."""
    ids = [document.id for document in documents]
    held = db.session.execute(select(Right.document_id, Right.kind).where(
        Right.document_id.in_(ids), right.given(user, local_date(at)))).all() if ids else []
    found = {}
    for document in documents:
        kinds = {kind for key, kind in held if key == document.id}
        if document.direction == "outgoing" and document.author_id == user.id:
            kinds.add("mine")
        found[document.id] = [part for part in PART if part in (kinds if kinds == {READ} else kinds - {READ})]
    return found


def fresh(user: User, at: datetime) -> list[Document]:
    """The newest documents given to the person himself to co-handle or to read: no task tells him of them."""
    if not user.has(*READERS):
        return []
    units = and_(Right.user_id.is_(None), Right.role.is_(None), Right.unit_id == user.unit_id)
    own = and_(right.given(user, local_date(at)), or_(Right.user_id == user.id, units))
    is_open = Document.status.not_in(ENDED)
    has_task = exists().where(Task.document_id == Document.id, Task.assignee_id == user.id)
    to_read = and_(_with(READ, of=own), ~has_task, Document.author_id.is_distinct_from(user.id),
                   or_(is_open, Document.closed_at > at - timedelta(days=_TOLD_DAYS)))
    given = or_(and_(_with(CO_HANDLE, of=own), is_open), to_read)
    return list(db.session.scalars(select(Document).where(given).order_by(Document.id.desc()).limit(_FEW)))


@bp.get("/van-ban")
def page() -> str:
    """What the person may read, newest first: ?phan=all|handle|co_handle|read|mine, ?q= words, ?sau= the last id."""
    need_role(*READERS)
    user, at = me(), now()
    part = request.args.get("phan", "all")
    if part not in ("all", *PART):
        abort(404)
    words = request.args.get("q", "").strip()[:200]
    after, most = request.args.get("sau", type=number), settings().page_rows
    query = searched(select(Document).where(right.readable(user, local_date(at))), words)
    if part != "all":
        query = query.where(_part(part, user, local_date(at)))
    if after is not None:
        query = query.where(Document.id < after)
    note_list()
    rows = list(db.session.scalars(query.order_by(Document.id.desc()).limit(most + 1)))
    return render_template(
        "document/list.html",
        tabs={"all": gettext("Tất cả"), "handle": PART["handle"], "co_handle": PART["co_handle"],
              "read": PART["read"], "mine": PART["mine"]},
        part=part,
        words_asked=words,
        after=after,
        rows=rows[:most],
        next=rows[most - 1].id if len(rows) > most else None,
        tags=parts_of(rows[:most], user, at),
    )


@bp.post("/van-ban/<int:document_id>/y-kien")
def give_opinion(document_id: int) -> Response:
    """Who handles or co-handles the document, or was asked, says what he thinks of it."""
    if not 1 <= len(request.form.get("text", "").strip()) <= urging.LONGEST:
        right.find(document_id, me(), local_date(now()))
        abort(400)
    urging.answer(document_id, me(), request.form["text"], now())
    flash(gettext("Đã ghi ý kiến của bạn."), "done")
    document = db.session.get_one(Document, document_id)
    if not right.may_read(me(), document, local_date(now())):  # who was only asked: his right ended with the answer
        return redirect(url_for("inbox.page"), 303)
    return redirect(url_for("document.page", document_id=document_id), 303)
