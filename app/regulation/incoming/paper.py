"""Art. 3.4: what is validly signed is handled at once, without its paper, but for kinds with an appraisal file.

Such a document is received and registered as any other; before it goes to the leader it waits until the clerk says
that its file has come. Which kinds they are the agency says (records/paper_kind.py).

A paper that is scanned after its document was registered stands beside the files that came, and replaces none (Art.
6.2.a); one that is no paper of it is taken out again. Which scan is whose is tie.py's. A signed file that comes after
its paper is judged then (Art. 3.3); what is not valid the leader is asked about, once (Art. 6.3.b).
"""

from typing import Any

from sqlalchemy import exists, select

from app.db import db
from app.engine import task as tasks
from app.engine.form import FormInvalid
from app.engine.form_need import Need, need
from app.engine.obligation import oblige
from app.engine.step import Act, step, taken
from app.engine.task import Task
from app.engine.template import offer, tells
from app.records import attachment, notice, paper_kind
from app.records.attachment import Attachment, Upload
from app.records.document import Document
from app.records.people import User, with_role
from app.refusal import Refusal
from app.regulation.electronic_document import as_kept

#: the form of the task that waits
FORM = "await_paper"
#: the message that brings a scan to a registered document
SCANNED = "paper_scanned"


class SignedBefore(Refusal):
    """The document came with signed files, which were judged: another signed file is a document of its own."""

    code, article = "signed_before", "Art. 3.3"


#: what the leader is asked of a signed file that came later and is not valid
_DECIDE = ("Tệp ký số nhận sau “{name}” chưa hợp lệ: {reason} Đề nghị quyết định theo Điều 6.3.b: giữ tệp kèm văn bản, "
           "hay gỡ ra và đề nghị nơi gửi gửi lại.")

oblige("require_paper", "Art. 3.4", needs=("enter",), direction="incoming")
oblige("task:await_paper", "Art. 3.4", only={"paper_awaited": True}, roles=("clerk",), direction="incoming")
oblige("attach_paper", "Art. 6.2.a", needs=("enter",), direction="incoming")
tells(SCANNED, "Bản quét giấy ghép vào văn bản đã vào sổ, hoặc gỡ ra",
      {"paper_sha256": ("0" * 64,), "paper_out_id": (None, 1)}, needs=("enter",))
offer("attach_paper", "Đính kèm, gỡ bản quét giấy")
offer("require_paper", "Xét hồ sơ giấy kèm theo", gives={"paper_awaited": (False, True)})
offer("task:await_paper", "Chờ hồ sơ giấy (Điều 3.4)", roles=("clerk",),
      gives={"decision": ("arrived", "without"), "paper_awaited": (False,)})
need("await_paper", "Điều 3.4", decision=Need("choice", ("arrived", "without"), is_required=True),
     reason=Need("text", is_required=True, hidden_when=("arrived",)))


@step
def require_paper(act: Act) -> dict[str, Any]:
    """Whether it waits for its file: it came by wire, is of such a kind, and has not waited before.

    Returns {"paper_awaited": bool}.
    """
    return {"paper_awaited": waits(act.document)}


def waits(document: Document) -> bool:
    """Whether the document, once registered, is to wait for its file."""
    is_kind = document.channel != "paper" and document.type_name in paper_kind.names()
    return is_kind and not _has_waited(document.id)


@taken("await_paper")
def await_paper(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """The file has come, or the clerk says why it is not waited for any longer; the leader reads which."""
    if values["decision"] == "without":
        if not values.get("reason"):
            raise FormInvalid({"reason": ["Ghi lý do không chờ hồ sơ giấy."]})
        act.say("reason", f"Chuyển lãnh đạo khi hồ sơ giấy chưa đến: {values['reason']}")
    else:
        act.say("opinion", "Hồ sơ giấy kèm theo đã đến.")
    return {"decision": values["decision"], "paper_awaited": False}


@step
def attach_paper(act: Act) -> None:
    """The scan of the paper, or of its file, beside what is there; who works on the document reads that it came.

    Or one that was tied wrongly is no file of the document any more: why has been said.
    """
    if out := act.data.get("paper_out_id"):
        row, verdict = db.session.get_one(Attachment, out), act.document.verdict or {}
        row.removed_at = act.at
        if verdict.get("later") == row.sha256:
            act.document.verdict = verdict["before"]
        return
    sha256 = act.data["paper_sha256"]
    is_signed = attachment.uploaded(sha256, act.actor_id).is_signed
    row = attachment.attach_upload(act.document, "original" if is_signed else "paper", sha256, act.at, act.actor_id)
    act.say("opinion", f"{'Đã ghép tệp ký số nhận sau' if is_signed else 'Đã ghép bản quét giấy'}: {row.name}")


def require_unsigned(document: Document) -> None:
    """Nothing signed has come of the document yet. Raises SignedBefore."""
    if document.verdict and document.verdict["verdict"] != "unsigned":
        raise SignedBefore(document=document.id)


def keep_verdict(act: Act, found: dict[str, Any], file: Upload) -> None:
    """The verdict over a signed file that comes now is the document's; not valid, the leader is asked (Art. 6.3.b)."""
    document = act.document
    require_unsigned(document)
    document.verdict = as_kept(found, act.at) | {"later": file.sha256, "before": document.verdict}
    leader_id = _leader_of(document)
    if found["verdict"]["color"] != "green" and leader_id is not None:
        text = _DECIDE.format(name=file.name, reason=found["verdict"]["reasons"][0])
        notice.put(document, notice.ASKED, leader_id, act.at, from_user_id=act.actor_id, text=text)


def _leader_of(document: Document) -> int | None:
    """Before whom the document was laid, else the head of the agency."""
    laid = db.session.scalar(select(Task.assignee_id).where(
        Task.document_id == document.id, Task.form_key == "assign", Task.assignee_id.is_not(None))
        .order_by(Task.id.desc()).limit(1))
    return laid or min(((("KT." in one.competence), one.id) for one in with_role("leader")), default=(None, None))[1]


def waiting(user: User, limit: int) -> list[Task]:
    """The tasks that wait for paper, the oldest first, for the clerks of the agency."""
    if not user.has("clerk"):
        return []
    return list(db.session.scalars(select(Task).where(
        Task.form_key == FORM, Task.status == tasks.OPEN).order_by(Task.id).limit(limit)))


def waited_for(document_id: int) -> Task | None:
    """The task in which the document waits for its file now: since when, and until when."""
    return db.session.scalar(select(Task).where(
        Task.document_id == document_id, Task.form_key == FORM, Task.status == tasks.OPEN))


def _has_waited(document_id: int) -> bool:
    return bool(db.session.scalar(select(exists().where(
        Task.document_id == document_id, Task.form_key == FORM, Task.status == tasks.DONE))))
