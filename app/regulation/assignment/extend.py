"""Art. 7, 10.4: who handles a document asks for more time, the leader who gave it grants or refuses; both see why.

The date moves only by the leader's word. What was asked and said stays with the document, as opinions and acts.
"""

from datetime import date
from typing import Any

from app.engine.form import FormInvalid
from app.engine.form_need import Need, need
from app.engine.obligation import oblige
from app.engine.step import Act, taken
from app.engine.template import offer
from app.records import deadline
from app.records.calendar import is_worked, local_date

oblige("task:extend", "Art. 7", needs=("assign",), bars=("returned",), roles=("leader",), direction="incoming")
offer("task:extend", "Lãnh đạo quyết định gia hạn", roles=("leader",),
      gives={"decision": ("grant", "refuse"), "due_date": ("2026-01-19", None)})
need("extend", "Điều 10.4", decision=Need("choice", ("grant", "refuse"), is_required=True),
     new_due_date=Need("date", is_required=True, hidden_when=("refuse",)),
     reason=Need("text", is_required=True, hidden_when=("grant",)))

#: what is said of an extension, as a kind of opinion
EXTENSION = "extension"


def ask(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """The officer asks for a later date. Returns {"extend_due_at"}: the leader answers by the next working day."""
    new = _later(act, values)
    old = act.document.due_date
    before = f" (hạn cũ {old:%d/%m/%Y})" if old else ""
    act.say(EXTENSION, f"Xin gia hạn đến {new:%d/%m/%Y}{before}: {values['reason']}")
    return {"extend_due_at": deadline.give(act.document, "extend", act.at)}


@taken("extend")
def extend(act: Act, values: dict[str, Any]) -> dict[str, Any]:
    """The leader's word: a granted date is the document's from now on; refused, the old one stands."""
    document, decision = act.document, values["decision"]
    if decision == "grant":
        old, document.due_date = document.due_date, _later(act, values)
        before = f", hạn cũ {old:%d/%m/%Y}" if old else ""
        act.say(EXTENSION, f"Cho gia hạn đến {document.due_date:%d/%m/%Y}{before}.")
    else:
        if not values.get("reason"):
            raise FormInvalid({"reason": ["Ghi lý do không cho gia hạn."]})
        act.say(EXTENSION, f"Không cho gia hạn: {values['reason']}")
    return {"decision": decision, "due_date": document.due_date.isoformat() if document.due_date else None}


def _later(act: Act, values: dict[str, Any]) -> date:
    """A working day after today and after the date that stands."""
    wrong = None
    new = date.fromisoformat(values["new_due_date"]) if values.get("new_due_date") else None
    if new is None:
        wrong = "Chọn ngày gia hạn."
    elif new <= max(local_date(act.at), act.document.due_date or new.min):
        wrong = "Ngày gia hạn phải sau hôm nay và sau hạn đang có."
    elif not is_worked(new):
        wrong = "Ngày này là ngày nghỉ theo lịch làm việc; hãy chọn ngày làm việc."
    if wrong:
        raise FormInvalid({"new_due_date": [wrong]})
    return new
