"""The handling slip of an incoming document, phiếu giải quyết văn bản đến (Art. 7; NĐ 30/2020 PL IV.VII), by its acts.

What the leader directed, to whom it was passed on, what who handles it said: as the acts keep it, with the ĐẾN stamp
(PL IV.V) as a frame. Files are not touched: a signed one bears no stamp. It makes no PDF.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.db import db
from app.engine.task import DONE, Task
from app.records import document as documents
from app.records import register_print
from app.records.agency import Agency, Unit
from app.records.calendar import local_date
from app.records.document import Document, NotFound
from app.records.history import Act, ActContent
from app.records.people import User
from app.records.right import HANDLE
from app.regulation.assignment import holder
from app.regulation.assignment.extend import WITHDRAWN
from app.regulation.assignment.recall import RECALLED
from app.tools import docx_table

#: what was read further down than this share of the page is not its head
_HEAD_ENDS = 0.5
#: what an officer decided, as the slip says it
_DECIDED = {"finish": "Đã giải quyết xong", "answer": "Trả lời bằng văn bản", "return": "Trả lại người giao",
            "extend": "Xin gia hạn"}


@dataclass(frozen=True)
class Stamp:
    """The four lines of the ĐẾN stamp."""

    agency: str
    number: str
    date: str
    to: str
    #: number and notation of the dossier
    file: str = ""
    #: where the head of the page that was read ends, as a share of its height; None: not known
    below: float | None = None


def stamp(document: Document) -> Stamp | None:
    """What the stamp of a registered incoming document says; None before it has a number."""
    if document.direction != "incoming" or document.arrival_number is None or document.arrival_date is None:
        return None
    leads = register_print.receivers([document.id], (HANDLE,))
    return Stamp(db.session.get_one(Agency, document.agency_id).name.upper(), str(document.arrival_number),
                 f"{document.arrival_date:%d/%m/%Y}", leads.get(document.id, ""), below=_below(document))


def _below(document: Document) -> float | None:
    """NĐ 30/2020 PL IV.V: the stamp stands below number and notation, of an official letter below its subject."""
    names = ("code_number", "code_notation", *(("subject",) if document.type_name == "Công văn" else ()))
    read = [one for name in names if (one := (document.recognised or {}).get(name)) and one.get("page") == 1]
    ends = [box[3] / one["size"][1] for one in read if one.get("size") and not one.get("turn") for box in one["boxes"]]
    return round(max(ends), 4) if ends and max(ends) < _HEAD_ENDS else None


def slip(document: Document) -> bytes:
    """The slip as DOCX. Raises NotFound for what was not registered."""
    seal = stamp(document)
    if seal is None:
        raise NotFound()
    done, undone = _done(document.id), _undone(document.id)
    parts = [
        [["\n".join((seal.agency, "ĐẾN", f"Số: {seal.number}", f"Ngày: {seal.date}", f"Chuyển: {seal.to}",
                     f"Số và ký hiệu HS: {seal.file}")), _about(document)]],
        [["Ý kiến của lãnh đạo cơ quan", _joined(
            _directed(act, values) + _ended(act, "Đã thu hồi phân công", undone[RECALLED], done, "assign")
            for act, key, values in done if key == "assign")]],
        [["Ý kiến của lãnh đạo đơn vị, chuyển người giải quyết",
          _joined(_passed(act, values) for act, key, values in done
                  if key == "handle" and values.get("decision") == "reassign")]],
        [["Quyết định gia hạn", _joined(_extended(act, values) for act, key, values in done if key == "extend")]],
        [["Ý kiến đề xuất của người giải quyết",
          _joined(_proposed(act, values) + (_ended(act, "Đã rút lại đề nghị", undone[WITHDRAWN], done, "handle")
                                            if values["decision"] == "extend" else [])
                  for act, key, values in done if key == "handle" and values.get("decision") in _DECIDED)]],
        [["Ý kiến của người phối hợp, người được hỏi",
          _joined([f"Ý kiến: {one.text}", _by(one.user, one.on_behalf_of, one.at)]
                  for one in documents.opinions(document.id) if one.kind == "opinion")]]]
    return docx_table.form([(seal.agency, 12), ("PHIẾU GIẢI QUYẾT VĂN BẢN ĐẾN", 15)], parts, [[52, 128]] * len(parts))


def _done(document_id: int) -> list[tuple[Act, str, dict[str, Any]]]:
    """(act, form, values) of all tasks that people completed, in order; what was removed (Art. 3.2) is not there."""
    rows = db.session.execute(
        db.select(Act, Task.form_key, ActContent.input)
        .join(ActContent, ActContent.act_id == Act.id)
        .join(Task, (Task.element == Act.element) & (Task.occurrence == Act.occurrence) & (Task.status == DONE)
              & (Task.document_id == document_id))
        .where(Act.subject == f"document:{document_id}", Act.kind == "task_completed").order_by(Act.number))
    return [(act, key, given.get("values") or {}) for act, key, given in rows]


def _undone(document_id: int) -> dict[str, list[Act]]:
    """The acts by which an assignment, and a request for more time, were taken back, each kind in order."""
    acts = db.session.scalars(db.select(Act).where(
        Act.subject == f"document:{document_id}", Act.kind == "message_received",
        Act.element.in_((RECALLED, WITHDRAWN))).order_by(Act.number)).all()
    return {name: [one for one in acts if one.element == name] for name in (RECALLED, WITHDRAWN)}


def _ended(act: Act, words: str, undone: list[Act], done: list[tuple[Act, str, dict[str, Any]]],
           form: str) -> list[str]:
    """That what was given by an act holds no more: it was taken back before such a task was done again."""
    until = next((one.number for one, key, _ in done if key == form and one.number > act.number), None)
    found = next((one for one in undone if act.number < one.number and (until is None or one.number < until)), None)
    return [f"{words}: {_signed(found)}"] if found else []


def _about(document: Document) -> str:
    return "\n".join((
        f"Tên loại: {document.type_name}", f"Số, ký hiệu: {document.reference}",
        f"Ngày, tháng: {document.issued_date:%d/%m/%Y}" if document.issued_date else "Ngày, tháng:",
        f"Cơ quan ban hành: {document.organ_name}", f"Trích yếu: {document.subject}",
        f"Thời hạn giải quyết: {document.due_date:%d/%m/%Y}" if document.due_date else "Thời hạn giải quyết:"))


def _directed(act: Act, values: dict[str, Any]) -> list[str]:
    if values.get("decision") == "return":
        return [f"Trả lại văn thư: {values.get('reason') or ''}", _signed(act)]
    return [
        f"Giao chủ trì: {_names([values.get('handler_id')])}", f"Phối hợp: {_names(values.get('co_handlers') or [])}",
        *(f"Hạn phối hợp của {_names([one.get('holder')])}: {_day(one.get('own_due_date'))}"
          for one in values.get("own_dues") or []),
        f"Để biết: {_names(values.get('readers') or [])}", f"Thời hạn: {_day(values.get('due_date'))}",
        f"Ý kiến: {values.get('directive') or ''}", _signed(act)]


def _passed(act: Act, values: dict[str, Any]) -> list[str]:
    return [f"Giao cho: {_names([values.get('handler_id')])}", f"Lý do: {values.get('reason') or ''}", _signed(act)]


def _extended(act: Act, values: dict[str, Any]) -> list[str]:
    granted = f"Cho gia hạn đến {_day(values.get('new_due_date'))}"
    return [granted if values.get("decision") == "grant" else f"Không cho gia hạn: {values.get('reason') or ''}",
            _signed(act)]


def _proposed(act: Act, values: dict[str, Any]) -> list[str]:
    until = f" đến {_day(values['new_due_date'])}" if values.get("new_due_date") else ""
    said = values.get("result") or values.get("reason") or values.get("answer_type_name") or ""
    return [f"{_DECIDED[values['decision']]}{until}: {said}", _signed(act)]


def _signed(act: Act) -> str:
    return _by(act.actor, act.on_behalf_of, act.at)


def _by(user: User | None, in_name: User | None, at: datetime) -> str:
    who = user.full_name if user else ""
    if in_name:
        who += f" (theo ủy quyền của {in_name.full_name})"
    return f"{who}, ngày {local_date(at):%d/%m/%Y}"


def _joined(blocks: Any) -> str:
    return "\n\n".join("\n".join(line for line in lines if not line.endswith(": ")) for lines in blocks)


def _names(chosen: list[Any]) -> str:
    """The people, each with his unit, then the units among what was chosen."""
    people, units = holder.split([str(one) for one in chosen if one])
    known = db.session.scalars(db.select(User).where(User.id.in_(people)).order_by(User.id)).all()
    names = db.session.scalars(db.select(Unit.name).where(Unit.id.in_(units)).order_by(Unit.id)).all()
    return "; ".join([f"{one.full_name}{', ' + one.unit.name if one.unit else ''}" for one in known] + list(names))


def _day(text: str | None) -> str:
    return f"{date.fromisoformat(text[:10]):%d/%m/%Y}" if text else ""
