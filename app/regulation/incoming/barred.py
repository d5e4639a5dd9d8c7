"""Art. 3.2: signs on a scan of what must not be entered: a mark of secrecy, a letter of complaint or dispute.

Nothing is registered that bears such a sign, or something that may be one, until the clerk has looked at it and says
that it is none (its name in `confirmed`, kept in history). A machine decides nothing here (security.md S9): the clerk
keeps the document out with the decision `not_entered`, which removes it.
"""

from typing import Any

from app.engine.form import FormInvalid
from app.records.document import Document
from app.regulation.incoming.doubt import DOUBTFUL

#: signs, as they are named in what was read and in `confirmed`
SIGNS = ("secrecy", "petition")
_REFUSED = {
    "secrecy": "Bản quét có dấu chỉ độ mật (hoặc dấu giống như vậy): không được cập nhật vào phần mềm (Điều 3.2). Hãy "
               "chọn “Không cập nhật”; nếu đã xem và không phải dấu mật, hãy bấm “Không phải”.",
    "petition": "Bản quét là đơn thư khiếu nại, tố cáo hoặc tranh chấp: không được cập nhật vào phần mềm (Điều 3.2). "
                "Hãy chọn “Không cập nhật”; nếu đã xem và không phải đơn thư như vậy, hãy bấm “Không phải”.",
}


def signs(document: Document) -> dict[str, dict[str, Any]]:
    """What was seen: sign -> {"value", "confidence", "page", "boxes", "size"}; a mere suspicion has no value."""
    found = document.recognised or {}
    return {sign: found[sign] for sign in SIGNS
            if sign in found and (found[sign]["value"] or found[sign]["confidence"] < DOUBTFUL)}


def refuse_signs(document: Document, values: dict[str, Any]) -> None:
    """Refuse to register what bears a sign that the clerk has not cleared, at the decision. Raises FormInvalid.

    A form that has no place for it (an older release) is not asked.
    """
    if (confirmed := values.get("confirmed")) is None:
        return
    if left := [sign for sign in signs(document) if sign not in confirmed]:
        raise FormInvalid({"decision": [_REFUSED[sign] for sign in left]})
