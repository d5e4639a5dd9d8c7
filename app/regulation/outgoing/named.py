"""Who is named in what goes out and was not chosen is sent it, or left out for a reason (Art. 9.1.d).

Art. 9.1.d sends a document to whom its "Kính gửi" and "Nơi nhận" name. Before the agency signs, the clerk answers for
each agency of the directory that is named there and that nobody chose: it becomes a recipient where it is named, or it
is not sent the document through the system, and why stays in history. Until then the agency does not sign. An answer is
about the file that was approved: for another file it is asked again. Whoever goes out unanswered nevertheless, by a
procedure that has another task there, waits at the dispatch for a person to send it (dispatch.py).
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from app.db import db
from app.engine import instance as instances
from app.engine import task as tasks
from app.engine.reason import SHORTEST_TOLD, need_reason
from app.engine.task import Task
from app.records import history, milestone
from app.records.calendar import local_date
from app.records.document import Document, Opinion
from app.records.people import User
from app.refusal import Refusal
from app.regulation import addressed, exchange_form
from app.regulation.addressed import Missed
from app.tools.blobs import Blobs

#: the tasks at which the agency signs, and whoever is named is answered for
FORMS = ("seal", "seal_copy")
#: answers of one document that are looked at
_MOST = 50


class NamedUnanswered(Refusal):
    """Somebody is named in the document and was not chosen: first it is said whether he is sent it."""

    code, article = "named_unanswered", "Art. 9.1.d"


class NotToAnswer(Refusal):
    """A clerk answers, while the agency's signature is awaited."""

    code, status, article = "not_to_answer", 409, "Art. 9.1.d"


def unanswered(blobs: Blobs, document: Document) -> list[Missed]:
    """Who is named in the approved file, was not chosen, and was not answered for."""
    sha256 = _approved(document)
    return among(document, addressed.written_in(blobs, sha256)) if sha256 else []


def among(document: Document, written: dict[str, str]) -> list[Missed]:
    """The same of {name: place} as `addressed.written_in` gives it."""
    left = left_out(document)
    return [one for one in addressed.missed(document, written) if one.code not in left]


def left_out(document: Document) -> dict[str, str]:
    """Who is named in the approved file and is not sent it, {code: why}."""
    sha256 = _approved(document)
    acts = history.latest(history.Act.subject == f"document:{document.id}",
                          history.Act.kind == "recipients_answered", limit=_MOST)
    return {code: why for _, told in reversed(acts) if told.get("sha256") == sha256
            for code, why in told["left"].items()}


def require_answered(blobs: Blobs, document: Document) -> None:
    """Refuse to sign for the agency while somebody is unanswered. Raises NamedUnanswered."""
    if open_ := unanswered(blobs, document):
        raise NamedUnanswered(names="; ".join(one.name for one in open_))


def answer(blobs: Blobs, task_id: int, user: User, sent: Collection[str], left: Mapping[str, str],
           at: datetime) -> tuple[int, int]:
    """Of those who are unanswered: these codes are sent it, these are not, {code: why}; how many of each. Commits.

    Raises NotFound, TaskTaken, InstanceSuspended, NotToAnswer, ReasonNeeded, ReasonShort, OutsideScope.
    """
    task, document = at_seal(task_id, user, at)
    asked = {one.code: one for one in unanswered(blobs, document)}
    why = {code: need_reason(reason, SHORTEST_TOLD) for code, reason in left.items() if code in asked}
    new = [one for code, one in asked.items() if code in sent and code not in why]
    if not new and not why:
        db.session.rollback()
        return 0, 0
    exchange_form.require_scope(document, [one.code for one in new], local_date(at))
    document.addressees = [*document.addressees, *(one.code for one in new if one.place == addressed.TO)]
    document.recipients = [*document.recipients, *(one.code for one in new if one.place == addressed.ALSO)]
    if why:
        said = "; ".join(f"{asked[code].name}: {reason}" for code, reason in why.items())
        db.session.add(Opinion(agency_id=document.agency_id, document_id=document.id, user_id=user.id, kind="reason",
                               at=at, element=task.element, text=f"Không gửi qua hệ thống tới {said}"))
    history.append(
        history.Act(agency_id=document.agency_id, subject=f"document:{document.id}", at=at, actor_id=user.id,
                    kind="recipients_answered"),
        input={"sha256": _approved(document), "sent": [one.code for one in new], "left": why},
        changes=history.take_changes())
    db.session.commit()
    return len(new), len(why)


def at_seal(task_id: int, user: User, at: datetime) -> tuple[Task, Document]:
    """The task at which the agency signs and its document, locked, for the clerk who answers there.

    Raises NotFound, TaskTaken, InstanceSuspended, NotToAnswer.
    """
    task = tasks.find(task_id, user, at)
    instance = instances.lock_of_document(task.document_id)
    document = db.session.get_one(Document, task.document_id, populate_existing=True)
    db.session.refresh(task)
    if task.form_key not in FORMS or not user.has("clerk") or instance is None:
        raise NotToAnswer()
    tasks.refuse_taken(task, user, local_date(at))
    instances.refuse_suspended(instance)
    return task, document


def _approved(document: Document) -> str:
    fact = milestone.standing(document.id).get("approve")
    return fact.sha256 or "" if fact is not None else ""
