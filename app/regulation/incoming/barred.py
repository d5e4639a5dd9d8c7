"""Art. 3.2: signs on a scan of what must not be entered: a mark of secrecy, a letter of complaint, the agency's list.

A scan of a paper on which such a sign was read for sure is discarded by the diagram at once (`exclude`): it must not
stay stored until somebody finds the time, and a false alarm loses nothing, for the paper is in the clerk's hands and
the clerk's word lets its next scan in (records/barred.py). What is doubtful, and what came by wire, of which nobody
has a paper, waits for the clerk: nothing is registered that bears a sign, until the clerk says that it is none (its
name in `confirmed`, kept in history) or keeps it out with the decision `not_entered`.
"""

from datetime import datetime
from typing import Any

from app.db import db
from app.engine.form import FormInvalid
from app.engine.obligation import oblige
from app.engine.step import Act, step
from app.engine.template import offer
from app.records import attachment, intake, text_layer
from app.records import barred as records
from app.records.document import Document
from app.regulation import barred_text
from app.regulation.incoming.text_layer import read_of

oblige("exclude", "Art. 3.2", sets="excluded", when={"barred": True}, direction="incoming")
offer("exclude", "Xét dấu mật, đơn thư, danh mục không được cập nhật (Điều 3.2)", gives={"barred": (False, True)})

_REFUSED = {
    "secrecy": "Bản quét có dấu chỉ độ mật (hoặc dấu giống như vậy): không được cập nhật vào phần mềm (Điều 3.2). Hãy "
               "chọn “Không cập nhật”; nếu đã xem và không phải dấu mật, hãy bấm “Không phải”.",
    "petition": "Bản quét là đơn thư khiếu nại, tố cáo hoặc tranh chấp: không được cập nhật vào phần mềm (Điều 3.2). "
                "Hãy chọn “Không cập nhật”; nếu đã xem và không phải đơn thư như vậy, hãy bấm “Không phải”.",
    "listed": "Bản quét thuộc danh mục mà thủ trưởng cơ quan quy định không cập nhật (Điều 3.2). Hãy chọn “Không cập "
              "nhật”; nếu đã xem và không thuộc danh mục, hãy bấm “Không phải”.",
}


def signs(document: Document) -> dict[str, dict[str, Any]]:
    """What was seen on the document, as barred_text.signs gives it, and on its later pages."""
    found = barred_text.signs(document.recognised)
    mark = None if records.SECRECY in found else text_layer.mark_of(document.id)
    return {records.SECRECY: mark, **found} if mark else found


@step
def exclude(act: Act) -> dict[str, Any]:
    """Art. 3.2: whether a scan of a paper bears a sign that was read for sure, and nobody has called it a mistake.

    Returns {"barred": bool}.
    """
    document = act.document
    sure = barred_text.sure(document.recognised)
    file = read_of(attachment.of(document.id))
    if document.channel != "paper" or file is None or not sure:
        return {"barred": False}
    came_as = {file.sha256, *(one.sha256 for one in intake.of_document(document.id))}
    return {"barred": not all(_is_mistake(sign, document, came_as, file.created_by_id, act.at) for sign in sure)}


def _is_mistake(sign: str, document: Document, came_as: set[str], user_id: int | None, at: datetime) -> bool:
    """Whether whoever brought the scan has said so of its file, or of the next scan that shows this sign."""
    word = records.word_for(sign, came_as, at, user_id=user_id) if user_id else None
    if word is None or word.let_in:
        return word is not None
    is_used = db.session.scalar(db.select(Document.id).where(
        Document.author_id == user_id, Document.created_at > word.cleared_at, Document.id < document.id,
        Document.recognised.has_key(sign)).limit(1))
    return is_used is None


def refuse_signs(document: Document, values: dict[str, Any]) -> None:
    """Refuse to register what bears a sign that the clerk has not cleared, at the decision. Raises FormInvalid.

    A form that has no place for it (an older release) is not asked.
    """
    if (confirmed := values.get("confirmed")) is None:
        return
    if left := [sign for sign in signs(document) if sign not in confirmed]:
        raise FormInvalid({"decision": [_REFUSED[sign] for sign in left]})
