"""The clerk confirms the fields (Art. 6.1, 6.2.b) and the document gets its number of arrival (NĐ 30/2020 Đ22)."""

from datetime import date
from typing import Any

from app.engine.form import FormInvalid
from app.engine.form_need import Need, need
from app.engine.obligation import expect, oblige
from app.engine.step import Act, step, taken
from app.engine.template import names_person, offer
from app.records import deadline, register
from app.records.calendar import local_date
from app.regulation.barred_text import SIGNS
from app.regulation.incoming import barred, doubt, plausible, text_layer

oblige("task:verify", "Art. 6.1", sets="verify", when={"decision": "register"}, clears=("excluded", "refused"),
       roles=("clerk",), direction="incoming")
oblige("task:verify", "Art. 3.2", sets="excluded", when={"decision": "not_entered"}, clears=("verify", "refused"),
       direction="incoming")
oblige("task:verify", "Art. 6.1", sets="refused", clears=("verify", "excluded", "enter"), when={"decision": "return"},
       direction="incoming")
oblige("task:decide_unsigned", "Art. 6.3.b", needs=("check_signatures",), sets="admitted", when={"decision": "accept"},
       clears=("refused",), roles=("leader",), direction="incoming")
oblige("task:decide_unsigned", "Art. 6.3.b", sets="refused", clears=("admitted",), when={"decision": "return"},
       direction="incoming")
oblige("enter", "Art. 6.2.b", needs=("receive", "verify"), bars=("returned",), sets="enter", direction="incoming")
oblige("enter", "Art. 6.3", needs=("admitted",), direction="incoming")
oblige("enter", "Art. 6.2.c", sets="enter", owes=("forward", "withdrawn"), direction="incoming")
expect("enter", "Art. 6.2.b", direction="incoming")
expect("task:decide_unsigned", "Art. 6.3.b", direction="incoming")
offer("task:verify", "Kiểm tra, nhập thông tin văn bản đến", roles=("clerk",),
      gives={"decision": ("register", "not_entered", "return"), "register_id": (None, 1), "leader_id": (None, 1),
             "clerk_id": (1,), "reason": ("",)})
need("verify", "Điều 6.2.b", decision=Need("choice", ("register", "not_entered", "return"), is_required=True),
     code_number=Need("text"), code_notation=Need("text"), issued_date=Need("date"), due_date=Need("date"),
     organ_name=Need("text", is_required=True, hidden_when=("not_entered",)),
     type_name=Need("choice", catalogue="document_type", is_required=True, hidden_when=("not_entered",)),
     subject=Need("text", is_required=True, hidden_when=("not_entered",)),
     signer_name=Need("text"), signer_position=Need("text"), priority=Need("choice", ("0", "1", "2", "3")),
     page_amount=Need("number"), leader_id=Need("choice", catalogue="leader"),
     register_id=Need("choice", catalogue="incoming_register", is_required=True,
                      hidden_when=("not_entered", "return")),
     confirmed=Need("list", (*doubt.FIELDS, *SIGNS), is_kept=True, hidden_when=("not_entered", "return")),
     is_no_twin=Need("tick"), is_past_due=Need("tick"), void_number=Need("tick"),
     reason=Need("text", is_required=True, hidden_when=("register",)))
need("decide_unsigned", "Điều 6.3.b", decision=Need("choice", ("accept", "return"), is_required=True),
     reason=Need("text", is_required=True, hidden_when=("accept",)))
offer("task:decide_unsigned", "Lãnh đạo quyết định văn bản chưa ký số hợp lệ (Điều 6.3.b)", roles=("leader",),
      gives={"decision": ("accept", "return"), "decided_by": (1,), "reason": ("",),
             "register_due_at": ("2026-01-05T17:00:00+07:00",)})
names_person("leader_id", "leader")
names_person("clerk_id", "clerk")
names_person("decided_by", "leader")
offer("enter", "Vào sổ, cấp số đến", gives={"arrival_number": (1,)}, is_outside=True)


@taken("verify")
def verify(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """The clerk's word is what counts; what the exchange stated of number, date and issuer stays as sent."""
    document = act.document
    locked = doubt.stated(document)
    if values["decision"] == "register":
        barred.refuse_signs(document, values)
        doubt.require_confirmed(document, values)
        text_layer.clear(document)
    for name in ("code_number", "code_notation", "organ_name", "type_name", "subject", "signer_name",
                 "signer_position"):
        if name in values and name not in locked:
            setattr(document, name, values[name] or "")
    for name in ("issued_date", "due_date"):
        if name in values and name not in locked:
            setattr(document, name, date.fromisoformat(values[name]) if values[name] else None)
    if values.get("priority") is not None:
        document.priority = int(values["priority"])
    document.page_amount = values.get("page_amount") or document.page_amount
    _refuse_unlikely(act, values)
    if values["decision"] == "register":
        doubt.keep(act, values)
    act.say("reason", values.get("reason"))
    if values["decision"] == "return" and values.get("void_number"):
        register.void(document, "incoming", act.at, act.actor_id, f"Trả lại, không đăng ký: {values['reason']}")
    return {"decision": values["decision"], "register_id": _number(values.get("register_id")),
            "leader_id": _number(values.get("leader_id")), "clerk_id": act.actor_id, **_told(values)}


def _refuse_unlikely(act: Act, values: dict[str, Any]) -> None:
    """What cannot be, and what a clerk confirms first (plausible.py); not asked of what is not registered."""
    document, is_new = act.document, act.document.arrival_number is None
    wrong = {"issued_date": plausible.future(document.issued_date, act.at)}
    if values["decision"] == "register":
        wrong["due_date"] = plausible.past_due(document.due_date, act.at, values.get("is_past_due"))
        wrong["code_number"] = plausible.twin(document, values.get("is_no_twin")) if is_new else None
    for field, sentence in wrong.items():
        if sentence:
            raise FormInvalid({field: [sentence]})


@taken("decide_unsigned")
def decide_unsigned(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """Art. 6.3.b: the leader decides on a document that is neither signed nor a scan of an issued paper."""
    act.say("reason", values.get("reason"))
    due = {"register_due_at": deadline.give(act.document, "verify", act.at)} if values["decision"] == "accept" else {}
    return {"decision": values["decision"], "decided_by": act.actor_id, **due, **_told(values)}


@step
def enter(act: Act) -> dict[str, Any]:
    """Art. 6.2.b; NĐ 30/2020 Đ22.2: the next number of arrival, one series for paper and electronic.

    A document keeps its first number: entering it again after a return changes nothing, but when the clerk has chosen
    another register of the same year. Then the old number is cancelled, with that as its reason.
    """
    document, wanted = act.document, act.data.get("register_id")
    entry = register.entry_of(document.id, "incoming")
    if entry is not None and (other := register.other_of_year(entry, wanted)) is not None:
        register.void(document, "incoming", act.at, act.actor_id, f"Chuyển sang {other.name}")
    if document.arrival_number is None:
        today = local_date(act.at)
        entry = register.take_number("incoming", today.year, document, act.at, act.actor_id,
                                     wanted)
        document.arrival_number, document.arrival_date = entry.number, today
    document.status = "registered"
    return {"arrival_number": document.arrival_number}


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """The reason why it is not taken in: it goes to the sender with status 02."""
    is_refused = values["decision"] in ("return", "not_entered")
    return {"reason": (values.get("reason") or "")[:500]} if is_refused else {}


def _number(value: str | None) -> int | None:
    return int(value) if value else None
