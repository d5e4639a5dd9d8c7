"""Art. 7: the leader, or whom he delegated, reads, directs, and gives the rights to read, handle and co-handle."""

from datetime import date, datetime
from typing import Any

from app.engine.form import FormInvalid
from app.engine.form_need import Need, need
from app.engine.obligation import expect, oblige
from app.engine.step import Act, step, taken
from app.engine.template import names_person, offer
from app.records import deadline, notice, right
from app.records.calendar import local_date
from app.records.catalogue import UNIT
from app.records.document import Document
from app.regulation import given
from app.regulation.assignment import holder
from app.regulation.assignment.extend import ask

oblige("task:assign", "Art. 6.2.c", needs=("forward",), direction="incoming")
oblige("task:assign", "Art. 7", sets="directed", when={"decision": "assign"}, clears=("handled", "refused"),
       roles=("leader",), direction="incoming")
oblige("task:assign", "Art. 7", sets="directed", when={"decision": "inform"}, clears=("refused",), direction="incoming")
oblige("task:assign", "Art. 7", sets="handled", when={"decision": "inform"}, direction="incoming")  # nothing to handle
oblige("task:assign", "Art. 7", clears=("directed", "handled"), when={"decision": "return"}, direction="incoming")
oblige("assign", "Art. 7", needs=("enter", "directed"), bars=("returned",), sets="assign", direction="incoming")
oblige("assign", "Art. 10.4", sets="assign", owes=("close", "returned", "withdrawn"), direction="incoming")
oblige("task:handle", "Art. 7", needs=("assign",), bars=("returned",), direction="incoming")
for _done in ("finish", "answer"):
    oblige("task:handle", "Art. 7", sets="handled", when={"decision": _done}, direction="incoming")
for _on in ("extend", "reassign", "return"):
    oblige("task:handle", "Art. 7", clears=("handled",), when={"decision": _on}, direction="incoming")
expect("task:assign", "Art. 7", direction="incoming")
expect("task:handle", "Art. 7", direction="incoming")
offer("task:assign", "Lãnh đạo phân công, bút phê", roles=("leader",),
      gives={"decision": ("assign", "inform", "return"), "handler_id": (1, None), "handler_unit_id": (None, 1),
             "co_handler_ids": ([],), "co_unit_ids": ([],), "co_handler_dues": ([],), "co_unit_dues": ([],),
             "reader_ids": ([],), "reader_unit_ids": ([],), "due_date": (None, "2026-01-12"),
             "register_due_at": ("2026-01-05T17:00:00+07:00",)})
names_person("handler_id")
names_person("assigned_by")
offer("assign", "Phân quyền đọc, xử lý, phối hợp", gives={"assigned_by": (1,), "giver_ids": ([],)})
offer("task:handle", "Xử lý văn bản đến",
      gives={"decision": ("finish", "answer", "extend", "reassign", "return"), "answer_type_name": ("Công văn",),
             "answer_purpose": ("other",), "handler_id": (1,), "handler_unit_id": (None, 1), "giver_ids": ([],),
             "due_date": (None, "2026-01-12"), "forward_due_at": ("2026-01-05T17:00:00+07:00",),
             "extend_due_at": ("2026-01-05T17:00:00+07:00",)})

need("assign", "Điều 7", decision=Need("choice", ("assign", "inform", "return"), is_required=True),
     directive=Need("text"), due_date=Need("date"), is_past_due=Need("tick"),
     co_handlers=Need("list", catalogue="holder"), readers=Need("list", catalogue="holder"),
     handler_id=Need("choice", catalogue="handler", is_required=True, hidden_when=("inform", "return")),
     reason=Need("text", is_required=True, hidden_when=("assign", "inform")))
need("handle", "Điều 7",
     decision=Need("choice", ("answer", "finish", "extend", "reassign", "return"), is_required=True),
     answer_type_name=Need("choice", catalogue="document_type", is_required=True,
                           hidden_when=("finish", "extend", "reassign", "return")),
     answer_purpose=Need("choice", catalogue="purpose"),
     handler_id=Need("choice", catalogue="handler", is_required=True,
                     hidden_when=("answer", "finish", "extend", "return")),
     result=Need("text", is_required=True, hidden_when=("answer", "extend", "reassign", "return")),
     new_due_date=Need("date", is_required=True, hidden_when=("answer", "finish", "reassign", "return")),
     reason=Need("text", is_required=True, hidden_when=("answer", "finish")))


@taken("assign")
def take_assignment(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """What the leader ordered, as plain ids; `assign` gives the rights."""
    decision = values["decision"]
    if decision != "return":
        holder.refuse_marked(act.document)
    if decision == "assign" and not values.get("handler_id"):
        raise FormInvalid({"handler_id": ["Chọn người chủ trì xử lý."]})
    if decision == "return" and not values.get("reason"):
        raise FormInvalid({"reason": ["Ghi lý do trả lại."]})
    if decision == "inform" and not values.get("readers"):  # given to nobody, it would be finished unseen
        raise FormInvalid({"readers": ["Chọn ít nhất một người hoặc đơn vị được đọc."]})
    act.say("directive", values.get("directive"))
    act.say("reason", values.get("reason"))
    if decision != "return":
        _take_due(act, values)
    due = act.document.due_date
    lead, unit = holder.lead(values.get("handler_id"))
    dues = holder.own_dues(act, values, due)
    people, units = holder.split([one for one in values.get("co_handlers") or [] if one != values.get("handler_id")])
    readers, reading_units = holder.split(values.get("readers"))
    return {
        "decision": decision, "handler_id": lead, "handler_unit_id": unit, "co_handler_ids": people,
        "co_unit_ids": units, "co_handler_dues": [dues.get(str(one)) for one in people],
        "co_unit_dues": [dues.get(f"{UNIT}{one}") for one in units],
        "reader_ids": readers, "reader_unit_ids": reading_units,
        "due_date": due.isoformat() if due else None,
        **({"register_due_at": deadline.give(act.document, "verify", act.at)} if decision == "return" else {}),
    }


def _take_due(act: Act, values: dict[str, Any]) -> None:
    """The deadline that the leader chose: a working day to come. The document's own stands as its sender wrote it, on a
    day off too; when it is past it may be kept knowingly.

    A form that has no place for the word (an older release) is not asked. Raises FormInvalid.
    """
    own = act.document.due_date
    chosen = date.fromisoformat(values["due_date"]) if values.get("due_date") else own
    if chosen == own and is_past(act.document, act.at):
        if values["decision"] == "assign" and values.get("is_past_due") is False:
            raise FormInvalid({"due_date": [f"Hạn {own:%d/%m/%Y} của văn bản đã qua. Hãy chọn hạn khác; nếu vẫn giữ "
                                            "hạn này, đánh dấu ô “Giữ hạn xử lý đã qua”."]})
    elif chosen != own and (wrong := deadline.wrong(values["due_date"], act.at)):
        raise FormInvalid({"due_date": [wrong]}, {"due_date": deadline.instead(values["due_date"], act.at)})
    act.document.due_date = chosen


def is_past(document: Document, at: datetime) -> bool:
    """Whether the deadline that the document states is past: who gives it on says what holds."""
    return document.due_date is not None and document.due_date < local_date(at)


@step
def assign(act: Act) -> dict[str, Any]:
    """Art. 7: rights follow the assignment; a new one replaces the old."""
    given.take_rights(act.document, act.at)
    holder.give_rights(act.document, act.data)
    holding = right.of(act.document.id)
    notice.end_recalled(act.document.id, lambda user: any(
        row.user_id == user.id or row.unit_id is not None and row.unit_id == user.unit_id for row in holding), act.at)
    act.document.status = "assigned"
    return {"assigned_by": act.actor_id, "giver_ids": []}


@taken("handle")
def handle(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """The officer says what comes of it: an answer, an end, more time, another handler, or back to the leader."""
    decision = values["decision"]
    needed = {"answer": "answer_type_name", "extend": "reason", "reassign": "handler_id", "return": "reason",
              "finish": "result"}
    if not values.get(needed[decision]):
        raise FormInvalid({needed[decision]: ["Bắt buộc nhập."]})
    if decision in ("finish", "answer", "reassign"):
        holder.refuse_marked(act.document)
    act.say("result", values.get("result"))
    found = {"decision": decision}
    if decision == "extend":
        return found | ask(act, values)
    act.say("reason", values.get("reason"))
    if decision == "answer":
        found |= {"answer_type_name": values["answer_type_name"], "answer_purpose": values.get("answer_purpose")}
    if decision == "return" and (given := holder.give_back(act)) is not None:
        return given
    if decision == "return":
        found["forward_due_at"] = deadline.give(act.document, "assign", act.at)
    if decision == "reassign":
        found = holder.pass_on(act, values["handler_id"])
    return found
