"""Art. 7: "các phòng, ban, đơn vị trực thuộc hoặc cán bộ, công chức": to whom a document is given, people and units.

A unit that leads is its head. Who handles it gives it on within his unit: out of it goes what he gives back, and the
leader directs anew. Each who co-handles may have a deadline of his own, not after the lead's without a word. Who gave
it on is kept, so that it can be given back to him. It moves nothing itself.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from app.db import db
from app.engine.form import FormInvalid
from app.engine.step import Act
from app.engine.task import Task
from app.records import deadline, notice, right, text_layer
from app.records.catalogue import UNIT
from app.records.document import Document
from app.records.people import User
from app.records.right import CO_HANDLE, HANDLE, READ, Right
from app.regulation import given

Values = Mapping[str, Any]
#: newest tasks among which recent choices are looked for
LOOKED_AT = 2000


def refuse_marked(document: Document) -> None:
    """Art. 3.2: nothing goes on with a document that bears a mark of secrecy on a later page. Raises FormInvalid."""
    if mark := text_layer.mark_of(document.id):
        raise FormInvalid({"decision": [f"Trang {mark['page']} mang dấu “{mark['value']}”: hãy chọn trả lại để văn thư "
                                        "xem và xử lý theo Điều 3.2."]})


def lead(value: str | None) -> tuple[int | None, int | None]:
    """(person, unit) of a choice: a unit leads by its head. Raises FormInvalid for a unit without one."""
    if not value or not value.startswith(UNIT):
        return (int(value) if value else None), None
    unit_id = int(value.removeprefix(UNIT))
    head = db.session.scalar(select(User.id).where(
        User.unit_id == unit_id, User.is_active, User.roles.contains(["head"])).order_by(User.id).limit(1))
    if head is None:
        raise FormInvalid({"handler_id": ["Đơn vị này chưa có lãnh đạo để nhận; hãy chọn một người."]})
    return head, unit_id


def split(chosen: list[str] | None) -> tuple[list[int], list[int]]:
    """The people and the units among what was chosen."""
    people = [int(one) for one in chosen or [] if not one.startswith(UNIT)]
    return people, [int(one.removeprefix(UNIT)) for one in chosen or [] if one.startswith(UNIT)]


def own_dues(act: Act, values: Values, due: date | None) -> dict[str, str]:
    """The deadlines of those who co-handle: {choice: ISO date}; why one is late is said. Raises FormInvalid."""
    found: dict[str, str] = {}
    for row, one in enumerate(values.get("own_dues") or []):
        who, day = one.get("holder"), one.get("own_due_date")
        if who not in (values.get("co_handlers") or []):
            raise FormInvalid({f"own_dues.{row}.holder": ["Chọn người hoặc đơn vị đã có trong phần phối hợp."]})
        if who in found:
            raise FormInvalid({f"own_dues.{row}.holder": ["Mỗi người, đơn vị phối hợp chỉ có một hạn."]})
        if wrong := deadline.wrong(day, act.at) if day else "Chọn hạn phối hợp.":
            raise FormInvalid({f"own_dues.{row}.own_due_date": [wrong]},
                              {f"own_dues.{row}.own_due_date": deadline.instead(day, act.at)} if day else None)
        if due and date.fromisoformat(day) > due and not one.get("why_later"):
            raise FormInvalid({f"own_dues.{row}.why_later": ["Hạn này sau hạn của người chủ trì; hãy ghi lý do."]})
        act.say("reason", one.get("why_later"))
        found[who] = day
    return found


def give_rights(document: Document, data: Values) -> None:
    """What `take_assignment` found, as rights. Who is to read does so by this, no longer by an asking only."""
    if data.get("handler_unit_id"):
        right.grant(document, HANDLE, unit_id=data["handler_unit_id"])
    elif data.get("handler_id"):
        right.grant(document, HANDLE, user_id=data["handler_id"])
    for user_id, due in _paired(data, "co_handler_ids", "co_handler_dues"):
        right.grant(document, CO_HANDLE, user_id=user_id, due_date=due)
    for unit_id, due in _paired(data, "co_unit_ids", "co_unit_dues"):
        right.grant(document, CO_HANDLE, unit_id=unit_id, due_date=due)
    for user_id in data.get("reader_ids") or []:
        right.grant(document, READ, user_id=user_id)
    for one in notice.open_on(document.id):
        if one.to_user_id in (data.get("reader_ids") or []):
            one.gave_read = False
    for unit_id in data.get("reader_unit_ids") or []:
        right.grant(document, READ, unit_id=unit_id)


def _paired(data: Values, ids: str, dues: str) -> list[tuple[int, date | None]]:
    """Each with its own deadline, if it has one; an instance begun before there were any has none."""
    given = data.get(ids) or []
    days = [date.fromisoformat(one) if one else None for one in data.get(dues) or []]
    return list(zip(given, days if len(days) == len(given) else [None] * len(given), strict=True))


def pass_on(act: Act, chosen: str) -> dict[str, Any]:
    """Who handles it gives it to another of his unit. The leader, and the head who gave it, are warned until they
    confirm (F-3c).

    Returns what the instance goes on with. Raises FormInvalid.
    """
    person, unit_id = lead(chosen)
    before = act.data.get("handler_id")
    holder = db.session.get(User, before) if before else act.actor
    other = db.session.get(User, person)
    if other is None or person == before:
        raise FormInvalid({"handler_id": ["Chọn một người khác."]})
    if holder is not None and not _is_within(holder, other):
        raise FormInvalid({"handler_id": ["Chỉ chuyển cho người trong đơn vị; nếu không thuộc nhiệm vụ của đơn vị, hãy "
                                          "trả lại."]})
    givers = list(act.data.get("giver_ids") or [])
    if before and holder is not None and holder.has("head"):  # a head gives on; officers hand over to each other
        givers.append(before)
    if person in givers:
        givers = givers[:givers.index(person)]
    _move(act, person, unit_id)
    if holder is not None:
        gave = (act.data.get("giver_ids") or [])[-1:]
        warn(act, f"{holder.full_name} chuyển quyền xử lý cho {other.full_name}", *({*gave} - {person}))
    return {"decision": "reassign", "handler_id": person, "handler_unit_id": unit_id, "giver_ids": givers,
            **limit(act.document)}


def takers(task: Task, offered: list[dict[str, str]]) -> list[dict[str, str]]:
    """Of the people and units of a list those to whom who handles this may give it on: what is refused then is not
    offered first.
    """
    holder = db.session.get(User, task.assignee_id or 0)
    if holder is None:
        return offered
    near = {f"{UNIT}{holder.unit_id}"} if not holder.has("head") else set()
    near |= {str(one.id) for one in db.session.scalars(select(User)) if one.id != holder.id and _is_within(holder, one)}
    return [one for one in offered if one["value"] in near or holder.has("leader") and one["value"].startswith(UNIT)]


def _is_within(holder: User, other: User) -> bool:
    """Whether it stays in the unit by which he holds it; a leader directs the whole agency."""
    return holder.has("leader") or other.unit_id == holder.unit_id


def give_back(act: Act) -> dict[str, Any] | None:
    """Back to who gave it on; None: that was the leader."""
    givers = act.data.get("giver_ids") or []
    if not givers:
        return None
    _move(act, givers[-1], None)
    return {"decision": "reassign", "handler_id": givers[-1], "handler_unit_id": None, "giver_ids": givers[:-1],
            **limit(act.document)}


def limit(document: Document) -> dict[str, str | None]:
    """The deadline as it stands, for who has the document next: its sender may have changed it since it was given."""
    return {"due_date": document.due_date.isoformat() if document.due_date else None}


def warn(act: Act, what: str, *others: int) -> None:
    """Rights have changed by another's hand than the leader's: he and these are told until they confirm (F-3c)."""
    leader = act.data.get("leader_id") or act.data.get("assigned_by")
    for told in dict.fromkeys((leader, *others)):
        if told and told != act.actor_id:
            notice.put(act.document, notice.RIGHTS, told, act.at, from_user_id=act.actor_id, text=what,
                       on_behalf_of_id=act.on_behalf_of.id if act.on_behalf_of else None)


def recent(user: User) -> list[str]:
    """Whom the person gave documents to lately, as choices, the last first: of the newest tasks only."""
    newest = select(Task.id).order_by(Task.id.desc()).limit(LOOKED_AT).subquery()
    rows = db.session.execute(
        select(Right.user_id, Right.unit_id).join(Task, Task.document_id == Right.document_id)
        .where(Task.id.in_(select(newest.c.id)), Task.form_key == "assign", Task.done_by_id == user.id,
               Right.kind == HANDLE).order_by(Task.id.desc()))
    return list(dict.fromkeys(f"{UNIT}{unit}" if unit else str(person) for person, unit in rows))


def _move(act: Act, user_id: int, unit_id: int | None) -> None:
    """The right to handle, from who has it to another."""
    document = act.document
    for row in right.of(document.id):
        if row.kind == HANDLE and row.user_id and row.user_id != document.author_id:
            right.withdraw(document, READ, row.user_id)
    right.withdraw(document, HANDLE)
    if unit_id:
        right.grant(document, HANDLE, unit_id=unit_id)
    else:
        right.grant(document, HANDLE, user_id=user_id)
    given.keep_asked(document, act.at)
