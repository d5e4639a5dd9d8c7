"""Art. 8.1: an officer drafts; every version is kept; a new version undoes approval, number, PDF, signatures.

Whether the draft is right in form is fit.py's.
"""

import uuid
from datetime import UTC, datetime
from typing import Any

from app.engine import act as acts
from app.engine.form import FormInvalid
from app.engine.form_need import Need, need
from app.engine.obligation import oblige
from app.engine.step import Act, cancels, step, taken
from app.engine.template import begins, names_person, offer
from app.records import attachment, catalogue, message, register
from app.records.calendar import local_date
from app.records.document import Document
from app.records.people import User
from app.refusal import Refusal
from app.regulation import layout
from app.regulation.drafting import consult, fit, other_form
from app.regulation.exchange_form import PROCEDURE, verdict
from app.regulation.layout_grammar import UNNUMBERED
from app.tools import Tools, docx, media, pdf_join

#: kinds of files that may go with a draft
GOES_WITH = ("docx", "odt", "pdf", "jpg", "png", "tif")
#: what a new draft ends: it was done to the one before
_UNDONE = ("review", "review_given", "approve", "approval_given", "complete", "leader_key", "sign_by_leader",
           "agency_key", "sign_by_agency", "paper_in_hand", "sign_paper", "paper_sealed", "seal_paper", "scan_taken",
           "digitise")
oblige("task:draft", "Art. 8.1", sets="draft", when={"decision": "submit"}, clears=_UNDONE, direction="outgoing")
oblige("task:draft", "Art. 8.1", clears=("draft",), when={"decision": "cancel"}, direction="outgoing")
oblige("task:draft", "Art. 8.1", clears=_UNDONE, when={"decision": "consult"}, direction="outgoing")
oblige("task:draft", "Art. 8.1", bars=("dispatch",), direction="outgoing")
oblige("submit_draft", "Art. 8.1", needs=("draft",), bars=("dispatch",), sets="submit_draft",
       owes=("dispatch", "cancel_draft"), direction="outgoing", clears=_UNDONE)
oblige("cancel_draft", "NĐ 30/2020 Đ15", bars=("dispatch",), sets="cancel_draft", direction="outgoing",
       clears=("number", "complete", "leader_key", "sign_by_leader", "agency_key", "sign_by_agency"))
oblige("cancel_draft", "Art. 8.1", sets="cancel_draft", owes=("tell_cancelled",), direction="outgoing")
offer("task:draft", "Soạn thảo, hoàn thiện dự thảo", gives={
    "decision": ("submit", "cancel", "consult"), "approver_id": (1,), "reason": ("",), "opinion_holder_ids": ([1], []),
    "opinion_due_at": ("2026-01-08T17:00:00+07:00",)})
need("draft", "Điều 8.1", decision=Need("choice", ("submit", "cancel"), may=("consult",), is_required=True),
     subject=Need("text", is_required=True, hidden_when=("cancel",)),
     draft_file=Need("file", is_required=True, hidden_when=("cancel",)),
     appendices=Need("files"), addressees=Need("list", catalogue="agency"), recipients=Need("list", catalogue="agency"),
     approver_id=Need("choice", catalogue="leader", is_required=True, hidden_when=("cancel", "consult")),
     priority=Need("choice", ("0", "1", "2", "3")),
     reason=Need("text", is_required=True, hidden_when=("submit", "consult")),
     opinion_holders=Need("list", catalogue="holder"), opinion_due_date=Need("date"), opinion_question=Need("text"))
names_person("author_id", "officer")
names_person("approver_id", "leader")
offer("submit_draft", "Trình dự thảo")
offer("cancel_draft", "Hủy dự thảo")
cancels("outgoing", "void_number", "cancel_draft", "tell_cancelled")
begins("outgoing_electronic", "Phát hành văn bản đi: hoàn toàn điện tử", form="electronic",
       gives={"kind": ("fresh", "answer"), "author_id": (1,), "unit_id": (1,), "document_id": (1,)})
begins("outgoing_hybrid", "Phát hành văn bản đi: bản giấy kèm bản điện tử", form="hybrid",
       gives={"kind": ("fresh", "answer"), "author_id": (1,), "unit_id": (1,), "document_id": (1,)})


class AppendixKind(Refusal):
    """What goes with a draft is put behind it on pages: a spreadsheet or slides would be reckoned and laid out anew."""

    code, article = "appendix_kind", "Art. 9.1.b"


@catalogue.catalogue("document_type")
def _document_types(user: User) -> list[dict[str, str]]:
    return [{"label": name, "value": name} for name in layout.TYPES]


def begin(user: User, *, type_name: str, purpose: str, scope: str, subject: str, at: datetime,
          answers_id: int | None = None, closes_answered: bool | None = None,
          once: uuid.UUID | None = None, other_reason: str | None = None) -> Document:
    """Start a draft: Art. 4 decides its form of exchange and so its procedure. Commits.

    `other_reason`: the other form is asked for (Art. 4.1, 4.2), and why; who reviews reads it. Raises ReasonNeeded.

    `closes_answered`: whether its dispatch closes what it answers; who says so may (incoming/answer.py).
    `once`: the name of this start (a page's form); sent twice, it starts one draft.
    """
    found, said = verdict(type_name, purpose, scope, local_date(at)), ""
    form, clause = found.form, found.clause
    if other_reason is not None:
        form, clause, said = other_form.other(form), other_form.ASKED_FOR, other_form.asked(found, other_reason)
    document = Document(
        agency_id=user.agency_id, direction="outgoing", status="draft", type_name=type_name, purpose=purpose,
        exchange_form=form, exchange_clause=clause, exchange_rule=found.rule, subject=subject, answers_id=answers_id,
        closes_answered=closes_answered, unit_id=user.unit_id, author_id=user.id, addressees=[], recipients=[],
        created_at=at)
    return acts.start(PROCEDURE[form], document, actor=user, at=at, seed=once, said=said,
                      data={"kind": "fresh", "author_id": user.id, "unit_id": user.unit_id}).document


def require_fit(tools: Tools, document: Document, user: User, values: dict[str, Any], key: str = "draft_file") -> None:
    """At the door, before the task is completed (an act reads no file): the draft can be signed as it is.

    No tracked changes, no hidden text; of an electronic document the places of number and date (Art. 9.1.b), so
    that nothing is numbered that cannot be completed. `key`: the field that holds it; who returns a draft edited may
    leave the places to its author. Raises UploadMissing, PlaceMissing and what media.py refuses.
    """
    sha256 = values.get(key)
    if values.get("decision") == "cancel" or not isinstance(sha256, str) or not sha256:
        return  # the form says what is missing
    last = attachment.latest(document.id, "draft")
    is_last = last is not None and last.sha256 == sha256
    name = last.name if is_last else attachment.uploaded(sha256, user.id).name
    data = tools.blobs.read(sha256)
    media.sniff(data, name, refuse_changes=True)
    if document.exchange_form == "electronic" and values.get("decision") == "submit":
        docx.require_places(data, needs_number=document.type_name not in UNNUMBERED)
    fit.look(tools, document, sha256, datetime.now(UTC))


def require_joinable(tools: Tools, document: Document, user: User, values: dict[str, Any]) -> None:
    """At the door: what goes with the draft can be put behind it in one PDF (Art. 9.1.b; NĐ 30/2020 PL I.II.7).

    Raises UploadMissing, AppendixKind, what media.py refuses, what pdf_join.py refuses.
    """
    known = {one.sha256: one.name for one in attachment.of(document.id) if one.kind == "appendix"}
    for sha256 in values.get("appendices") or [] if values.get("decision") != "cancel" else []:
        if not isinstance(sha256, str):
            continue  # the form says so
        name = known.get(sha256) or attachment.uploaded(sha256, user.id).name
        data = tools.blobs.read(sha256)
        kind = media.sniff(data, name, refuse_changes=True).extension
        if kind not in GOES_WITH:
            raise AppendixKind(extension=kind)
        if kind == "pdf":
            pdf_join.require_joinable(data)


@taken("draft")
def draft(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """Keep the version and what goes with it; who is to approve signs later (Art. 9.1.c). Or ask what others think."""
    document = act.document
    if values["decision"] == "cancel":
        if not values.get("reason"):
            raise FormInvalid({"reason": ["Ghi lý do hủy dự thảo."]})
        act.say("reason", values["reason"])
        return {"decision": "cancel", "reason": values["reason"][:500]}
    document.subject = values["subject"]
    document.addressees = values.get("addressees") or []
    document.recipients = values.get("recipients") or []
    document.priority = int(values.get("priority") or 0)
    last = attachment.latest(document.id, "draft")
    if last is None or last.sha256 != values["draft_file"]:
        attachment.attach_upload(document, "draft", values["draft_file"], act.at, act.actor_id)
    _put_appendices(act, values.get("appendices") or [])
    if values["decision"] == "consult":
        return {"decision": "consult", **consult.ask(act, values)}
    return {"decision": "submit", "approver_id": int(values["approver_id"])}


def _put_appendices(act: Act, wanted: list[str]) -> None:
    """What goes with this version; what went with an older one stays at the document under another name."""
    known = [one for one in attachment.of(act.document.id) if one.kind == "appendix" and one.removed_at is None]
    for one in known:
        if one.sha256 not in wanted:
            one.kind = "appendix_old"
    for sha256 in wanted:
        if sha256 not in {one.sha256 for one in known}:
            attachment.attach_upload(act.document, "appendix", sha256, act.at, act.actor_id)


@step
def submit_draft(act: Act) -> dict[str, Any]:
    """The version goes to review; what was done to an older version holds no more (NĐ 30/2020 Đ11).

    Raises AlreadySent once a recipient may hold an older version.
    """
    message.require_not_sent(act.document.id)
    act.document.status = "draft"
    file = attachment.latest(act.document.id, "draft")
    act.sha256 = file.sha256 if file else None
    return {}


@step
def cancel_draft(act: Act) -> None:
    """The draft is given up; it stays in history, and a number that it had in the register (Art. 9.1.a)."""
    register.give_up(act.document, act.at, act.actor_id, str(act.data.get("reason") or "Hủy dự thảo"))
    act.document.status, act.document.closed_at = "cancelled", act.at
