"""What a sender asked about a document, as its pages show it: why, what changes, what it does to running work.

Read by the pages of a document and of a task. It decides nothing (regulation/incoming/sender_request.py).
"""

from typing import Any

from flask_babel import gettext, ngettext

from app.engine import instance as instances
from app.engine import task as tasks
from app.records import agency
from app.records import sender_request as requests
from app.records.document import Document, answers_to
from app.records.sender_request import SenderRequest
from app.web import words
from app.web.audit_words import COLUMN
from app.web.moment import day


def shown(document: Document) -> list[dict[str, Any]]:
    """The requests about a document or met by it, oldest first."""
    rows = requests.of_document(document.id)
    names = agency.names(sorted({row.partner for row in rows}))
    return [{
        "row": row, "who": names.get(row.partner, row.partner), "is_ours": row.document_id == document.id,
        "other": row.replacement if row.document_id == document.id else row.document,
        "changes": [[COLUMN.get(name, name), _value(name, before), _value(name, after)]
                    for name, before, after in row.changes],
        "effects": [*_recalled(rows, row), *effects(document, row)]
        if row.document_id == document.id and _is_open(row) else [],
    } for row in rows]


def pending(document: Document) -> list[dict[str, Any]]:
    """The one that lies before the clerk; a recall that came meanwhile is told beside it."""
    found = [one for one in shown(document) if one["is_ours"] and _is_open(one["row"])]
    return sorted(found, key=lambda one: one["row"].status != requests.OPEN)[:1]


def _recalled(rows: list[SenderRequest], row: SenderRequest) -> list[str]:
    """That the sender has asked for the same document to be given back since, in a sentence."""
    return [gettext("Sau đó nơi gửi đã yêu cầu thu hồi văn bản này (%(reason)s): giải quyết xong yêu cầu này, yêu cầu"
                    " thu hồi đến ngay.", reason=one.reason or gettext("không nêu lý do"))
            for one in rows if one.kind == requests.RECALL and one.id > row.id
            and one.document_id == row.document_id and _is_open(one)]


def effects(document: Document, row: SenderRequest) -> list[str]:
    """What agreeing does to the document and to the work on it, and what refusing does, in sentences."""
    work = _work(document)
    kept = gettext("Nếu từ chối, không có gì thay đổi; nơi gửi được báo từ chối kèm lý do.")
    if row.kind == requests.UPDATE:
        count = len(row.changes)
        said = [ngettext("Nếu đồng ý, %(num)d thông tin được sửa như nơi gửi đề nghị; tệp và số đến giữ nguyên.",
                         "Nếu đồng ý, %(num)d thông tin được sửa như nơi gửi đề nghị; tệp và số đến giữ nguyên.",
                         count)]
        said += [gettext("Việc đang làm vẫn tiếp tục: %(work)s.", work=work)] * bool(work)
        if any(one[0] == "due_date" for one in row.changes):
            said.append(gettext("Hạn của việc đang xử lý đổi theo; người đang làm được báo."))
        return [*said, kept]
    said = [gettext("Nếu đồng ý, việc đang làm dừng ngay: %(work)s.", work=work) if work
            else gettext("Nếu đồng ý, việc xử lý văn bản này kết thúc.")]
    number = document.arrival_number
    if row.kind == requests.REPLACE:
        said.append(gettext("Văn bản và tệp được giữ để tra cứu, gắn với văn bản thay thế."))
        said += [gettext("Số đến %(number)s vẫn giữ.", number=number)] * bool(number)
    else:
        said.append(gettext("Văn bản và tệp bị xóa, không khôi phục được."))
        said += [gettext("Số đến %(number)s bị hủy, lưu trong sổ kèm lý do.", number=number)] * bool(number)
    said += [gettext("Dự thảo trả lời “%(subject)s” được báo là không còn phải trả lời.", subject=answer.subject)
             for answer in answers_to(document.id) if answer.status not in ("dispatched", "cancelled", "withdrawn")]
    return [*said, kept]


def _work(document: Document) -> str:
    """The open tasks on a document beside the decision about the request, each with who has it."""
    run = instances.of_document(document.id)
    found = [task for task in tasks.open_of(run.id) if task.form_key != "decide_request"] if run else []
    people = [task.claimed_by or task.assignee for task in found]
    return "; ".join(f"{task.label} ({who.full_name if who else words.word(words.ROLE, task.role)})"
                     for task, who in zip(found, people, strict=True))


def _is_open(row: SenderRequest) -> bool:
    return row.status in (requests.ASKED, requests.OPEN)


def _value(name: str, value: Any) -> str:
    if name == "priority":
        return str(words.word(words.PRIORITY, value))
    if name.endswith("_date"):
        return day(value) if value else ""
    return "" if value is None else str(value)
