"""Art. 8.2: the head of unit reviews; Art. 8.3: the leader approves the content. What he approved is what is signed.

Who returns a draft says why, and may edit it himself: his file is the next version, which its author submits again, so
that it passes review and approval as any other (draft.py clears what was done to the one before).
"""

from typing import Any

from app.engine.form import FormInvalid
from app.engine.form_need import Need, need
from app.engine.obligation import oblige
from app.engine.step import Act, step, taken
from app.engine.template import offer
from app.records import attachment
from app.refusal import Refusal
from app.regulation.drafting import fit

oblige("task:review", "Art. 8.2", needs=("submit_draft",), sets="review_given", when={"decision": "accept"},
       roles=("head",), direction="outgoing")
oblige("task:review", "Art. 8.2", clears=("review_given",), when={"decision": "return"}, direction="outgoing")
oblige("review", "Art. 8.2", needs=("submit_draft",), sets="review", when={"decision": "accept"},
       direction="outgoing")
oblige("task:approve", "Art. 8.3", needs=("review", "review_given"), sets="approval_given",
       when={"decision": "approve"}, roles=("leader",), direction="outgoing")
oblige("task:approve", "Art. 8.3", clears=("approval_given",), when={"decision": "return"}, direction="outgoing")
oblige("approve", "Art. 8.3", needs=("submit_draft", "review"), sets="approve", when={"decision": "approve"},
       direction="outgoing")
offer("task:review", "Lãnh đạo phòng kiểm duyệt", roles=("head",), gives={"decision": ("accept", "return")})
offer("review", "Ghi ý kiến kiểm duyệt")
offer("task:approve", "Lãnh đạo duyệt nội dung", roles=("leader",),
      gives={"decision": ("approve", "return"), "approver_id": (1,)})
offer("approve", "Ghi kết quả duyệt")

for _key, _article, _yes in (("review", "Điều 8.2", "accept"), ("approve", "Điều 8.3", "approve")):
    need(_key, _article, decision=Need("choice", (_yes, "return"), is_required=True),
         opinion=Need("text", is_kept=True), edited_file=Need("file", hidden_when=(_yes,)))


class NotALeader(Refusal):
    """Only a leader approves a draft: who approves must sign it himself."""

    code, status, article = "not_a_leader", 403, "Art. 8.3"


def _judge(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    if values["decision"] == "return" and not values.get("opinion"):
        raise FormInvalid({"opinion": ["Ghi ý kiến khi trả lại."]})
    if values["decision"] != "return":
        fit.require_right(act)
    act.say("reason" if values["decision"] == "return" else "opinion", values.get("opinion"))
    edited, last = values.get("edited_file"), attachment.latest(act.document.id, "draft")
    if values["decision"] == "return" and edited and (last is None or last.sha256 != edited):
        attachment.attach_upload(act.document, "draft", edited, act.at, act.actor_id)
    return {"decision": values["decision"]}


@taken("review")
def take_review(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """Art. 8.2: accept, or return with an opinion. Raises what `fit.require_right` does (Art. 3.1.đ)."""
    return _judge(act, values)


@taken("approve", is_personal=True)
def take_approval(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """Art. 8.3: approve, or return with an opinion; who approves is who signs (Art. 9.1.c).

    Delegation (Art. 7) reaches incoming documents; a draft is approved by a leader, who has a key to sign it.
    Raises NotALeader, and what `fit.require_right` does (Art. 3.1.đ).
    """
    if act.actor is None or not act.actor.has("leader"):
        raise NotALeader()
    return _judge(act, values) | {"approver_id": act.actor_id}


@step
def review(act: Act) -> None:
    """Art. 8.2: what the head of unit decided; a returned draft has passed no review."""
    act.is_reached = act.data["decision"] == "accept"
    act.document.status = "reviewed" if act.is_reached else "draft"


@step
def approve(act: Act) -> None:
    """Art. 8.3: the leader has approved this very version: its hash is kept with his name."""
    document, file = act.document, attachment.latest(act.document.id, "draft")
    act.is_reached = act.data["decision"] == "approve"
    if not act.is_reached:
        document.status = "draft"
        return
    act.sha256 = file.sha256 if file else None
    document.status = "approved"
    if act.actor is not None:
        document.signer_name, document.signer_position = act.actor.full_name, act.actor.position
        document.signer_competence = act.actor.competence
