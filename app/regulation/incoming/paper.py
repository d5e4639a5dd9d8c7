"""Art. 3.4: what is validly signed is handled at once, without its paper, but for kinds with an appraisal file.

Such a document is received and registered as any other; before it goes to the leader it waits until the clerk says
that its file has come. Which kinds they are the agency says (records/paper_kind.py).

A paper that is scanned after its document was registered stands beside the files that came, and replaces none (Art.
6.2.a); one that is no paper of it is taken out again. Which scan is whose is tie.py's.
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
from app.records import attachment, paper_kind
from app.records.attachment import Attachment
from app.records.people import User

#: the form of the task that waits
FORM = "await_paper"
#: the message that brings a scan to a registered document
SCANNED = "paper_scanned"

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
    document = act.document
    is_kind = document.channel != "paper" and document.type_name in paper_kind.names()
    return {"paper_awaited": is_kind and not _has_waited(document.id)}


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
        db.session.get_one(Attachment, out).removed_at = act.at
        return
    row = attachment.attach_upload(act.document, "paper", act.data["paper_sha256"], act.at, act.actor_id)
    act.say("opinion", f"Đã ghép bản quét giấy: {row.name}")


def waiting(user: User, limit: int) -> list[Task]:
    """The tasks that wait for paper, the oldest first, for the clerks of the agency."""
    if not user.has("clerk"):
        return []
    return list(db.session.scalars(select(Task).where(
        Task.form_key == FORM, Task.status == tasks.OPEN).order_by(Task.id).limit(limit)))


def _has_waited(document_id: int) -> bool:
    return bool(db.session.scalar(select(exists().where(
        Task.document_id == document_id, Task.form_key == FORM, Task.status == tasks.DONE))))
