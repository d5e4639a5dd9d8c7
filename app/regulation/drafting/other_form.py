"""Art. 4, 8.1: the other form of exchange is asked for while a document is drafted, with a reason.

A clerk asks it of any draft, its author of his own while he has it in hand. The document then goes on by the procedure
of that form from where it stands, in one act; who reviews and approves reads the reason. Once it has a number or a
signature on paper is awaited, what was done holds for one form only: then it is not changed any more.
"""

from datetime import datetime

from app.db import db
from app.engine import diagram, migrate
from app.engine import instance as instances
from app.engine.act import Stage
from app.engine.reason import SHORTEST_TOLD, need_reason
from app.records import milestone, right
from app.records.calendar import local_date
from app.records.document import Document
from app.records.people import User
from app.refusal import Refusal
from app.regulation.exchange_form import ELECTRONIC, HYBRID, PROCEDURE, Verdict, decided

#: what stands for a clause of Art. 4 where the other form was asked for; the forms in words
ASKED_FOR = "theo đề nghị"
_FORMS = {ELECTRONIC: "chỉ gửi văn bản điện tử", HYBRID: "gửi cả văn bản giấy và văn bản điện tử"}
#: statuses of a draft that is not approved yet
_DRAFTED = ("draft", "reviewed")
#: statuses of one that is approved and not signed for the agency
_GIVEN = ("approved", "paper_signed", "numbered", "sealed", "completed", "signed_by_leader")


class FormFixed(Refusal):
    """A clerk, or the author who has it in hand, asks for the other form of a draft that has no number yet."""

    code, status, article = "form_fixed", 409, "Art. 4"


def other(form: str) -> str:
    """The other one of the two forms."""
    return HYBRID if form == ELECTRONIC else ELECTRONIC


def asked(found: Verdict, reason: str) -> str:
    """What is said beside the draft of the other form than the one of the table. Raises ReasonNeeded, ReasonShort."""
    return f"Đề nghị {_FORMS[other(found.form)]}; {found.clause}: {_FORMS[found.form]}. " \
           f"Lý do: {need_reason(reason, SHORTEST_TOLD)}"


def may_ask(user: User, document: Document) -> bool:
    """Whether the person may ask for the other form now."""
    is_own = document.author_id == user.id and document.status == "draft"
    return document.direction == "outgoing" and document.status in _DRAFTED and (user.has("clerk") or is_own)


def fixed(user: User, document: Document) -> str:
    """Why who could ask for the other form of a draft cannot of this document: "approved", for a signature on paper;
    "paper", it is signed; "number", it is given; "returned" after that. "": he can, or it is over.
    """
    if document.direction != "outgoing" or not (user.has("clerk") or document.author_id == user.id):
        return ""
    if document.status in _DRAFTED:
        return "returned" if milestone.ever(document.id, "approve") else ""
    if document.status == "approved" and document.exchange_form == HYBRID:
        return "approved"
    if document.status not in _GIVEN:
        return ""
    return "paper" if document.exchange_form == HYBRID else "number"


def ask(document_id: int, user: User, form: str, reason: str, at: datetime) -> bool:
    """The document is exchanged in this form; False: so it is already. Commits.

    Raises NotFound, ReasonNeeded, ReasonShort, FormFixed (with the reason, when where it stands is the reason),
    InstanceSuspended, DiagramMissing.
    """
    document = right.find(document_id, user, local_date(at))
    instance = instances.lock_of_document(document_id)
    db.session.refresh(document)
    if document.exchange_form == form:
        db.session.rollback()
        return False
    if instance is None or instance.status not in ("running", "suspended") or form not in PROCEDURE or \
            not may_ask(user, document):
        raise FormFixed()
    instances.refuse_suspended(instance)
    table, was = decided(document), document.exchange_form
    reason = need_reason(reason, SHORTEST_TOLD)
    said = asked(table, reason) if form != table.form else \
        f"Trở lại {_FORMS[form]} theo {table.clause}. Lý do: {reason}"
    stage = Stage(instance, at, user)
    document.exchange_clause = table.clause if form == table.form else ASKED_FOR
    stage.act("", 0, {}).say("reason", said)
    against = migrate.cross(stage, diagram.to_start(PROCEDURE[form]), "exchange_form_changed", form, {
        "reason": reason, "forms": [was, form]})
    if against:
        refusal = FormFixed(rule=against[0].rule, element=against[0].element)
        db.session.rollback()
        refusal.facts["message"] = f"Chưa đổi được hình thức trao đổi. {against[0].sentence}"
        raise refusal
    db.session.commit()
    return True
