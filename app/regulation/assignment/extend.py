"""Art. 7, 10.4: who handles a document asks for more time, the leader who gave it grants or refuses; both see why.

The date moves only by the leader's word. Until it is said, who asked may take his asking back and go on, or finish.
What was asked and said stays with the document, as opinions and acts.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from app.db import db
from app.engine import act as acts
from app.engine import task as tasks
from app.engine.form import FormInvalid
from app.engine.form_need import Need, need
from app.engine.instance import of_document
from app.engine.obligation import oblige
from app.engine.step import Act, Plain, taken
from app.engine.template import offer, tells
from app.records import deadline, notice, right
from app.records.calendar import local_date
from app.records.document import Document, NotFound, opinions
from app.records.people import User
from app.refusal import Refusal
from app.regulation.assignment import holder

oblige("task:extend", "Art. 7", needs=("assign",), bars=("returned",), roles=("leader",), direction="incoming")
offer("task:extend", "Lãnh đạo quyết định gia hạn", roles=("leader",),
      gives={"decision": ("grant", "refuse"), "due_date": ("2026-01-19", None)})
need("extend", "Điều 10.4", decision=Need("choice", ("grant", "refuse"), is_required=True),
     new_due_date=Need("date", is_required=True, hidden_when=("refuse",)),
     reason=Need("text", is_required=True, hidden_when=("grant",)))

#: what is said of an extension, as a kind of opinion
EXTENSION = "extension"
#: the message of the drawing
WITHDRAWN = "extension_withdrawn"

tells(WITHDRAWN, "Người xử lý rút đề nghị gia hạn", {"due_date": (None, "2026-01-12")}, needs=("assign",))


class AlreadyDecided(Refusal):
    """The leader has decided on the extension: there is nothing to take back."""

    code, status, article = "already_decided", 409, "Art. 10.4"


def ask(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """The officer asks for a later date. Returns {"extend_due_at"}: the leader answers by the next working day."""
    new = _later(act, values)
    old = act.document.due_date
    before = f" (hạn cũ {old:%d/%m/%Y})" if old else ""
    act.say(EXTENSION, f"Xin gia hạn đến {new:%d/%m/%Y}{before}: {values['reason']}")
    return {"extend_due_at": deadline.give(act.document, "extend", act.at)}


@taken("extend")
def extend(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """The leader's word: a granted date is the document's from now on; refused, the old one stands. Who asked may stand
    in for him, but not in this.
    """
    document, decision = act.document, values["decision"]
    if act.on_behalf_of is not None and _asker(act) == act.actor_id:
        raise FormInvalid({"decision": ["Bạn là người xin gia hạn: lãnh đạo tự quyết định, không theo ủy quyền."]})
    if decision == "grant":
        old, document.due_date = document.due_date, _later(act, values)
        notice.end_day_off(document.id, act.at, old)
        before = f", hạn cũ {old:%d/%m/%Y}" if old else ""
        act.say(EXTENSION, f"Cho gia hạn đến {document.due_date:%d/%m/%Y}{before}.")
    else:
        if not values.get("reason"):
            raise FormInvalid({"reason": ["Ghi lý do không cho gia hạn."]})
        act.say(EXTENSION, f"Không cho gia hạn: {values['reason']}")
    return {"decision": decision, **holder.limit(document)}


def _asker(act: Act) -> int | None:
    """Who asked for more time last: what is said of it elsewhere than at the leader's task is said by who handles."""
    return next((one.user_id for one in reversed(opinions(act.document.id))
                 if one.kind == EXTENSION and one.element != act.element), None)


def may_withdraw(user: User, document: Document) -> bool:
    """Whether the person asked for more time, waits for the answer, and may take his asking back."""
    asked = _asked(document.id)
    return asked is not None and user.id in (asked.assignee_id, asked.done_by_id)


def withdraw(document_id: int, user: User, at: datetime) -> None:
    """Take the asking back: the document is with who asked again, the old date stands. Commits.

    Raises NotFound, AlreadyDecided.
    """
    document = right.find(document_id, user, local_date(at))
    run = of_document(document_id)
    if run is None or not _was_asked_by(user, document_id):
        raise NotFound()

    def prepare(act: Act) -> Plain:
        if not may_withdraw(user, document):
            raise AlreadyDecided()
        act.say(EXTENSION, "Rút đề nghị gia hạn.")
        return holder.limit(act.document)

    if not acts.tell(run.id, WITHDRAWN, user, None, at, prepare):
        raise AlreadyDecided()


def _asked(document_id: int) -> tasks.Task | None:
    """The task in which an extension was asked for that waits for the leader, if the drawing lets it be taken back."""
    run = of_document(document_id)
    if run is None or not any(row.form_key == "extend" for row in tasks.open_of(run.id)) or not any(
            one.message == WITHDRAWN for one in run.bundle.compiled.elements.values()):
        return None
    return _last(document_id)


def _was_asked_by(user: User, document_id: int) -> bool:
    last = _last(document_id)
    return last is not None and user.id in (last.assignee_id, last.done_by_id)


def _last(document_id: int) -> tasks.Task | None:
    return db.session.scalar(select(tasks.Task).where(
        tasks.Task.document_id == document_id, tasks.Task.form_key == "handle", tasks.Task.status == tasks.DONE)
        .order_by(tasks.Task.id.desc()).limit(1))


def _later(act: Act, values: dict[str, Any]) -> date:
    """A working day after today and after the date that stands."""
    wrong, offers = None, None
    new = date.fromisoformat(values["new_due_date"]) if values.get("new_due_date") else None
    if new is None:
        wrong = "Chọn ngày gia hạn."
    elif new <= max(local_date(act.at), act.document.due_date or new.min):
        wrong = "Ngày gia hạn phải sau hôm nay và sau hạn đang có."
    else:
        wrong = deadline.wrong(new.isoformat(), act.at)
        offers = {"new_due_date": deadline.instead(new.isoformat(), act.at)}
    if wrong:
        raise FormInvalid({"new_due_date": [wrong]}, offers)
    return new
