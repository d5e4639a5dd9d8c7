"""What is refused or asked twice of the facts of a document: at its registration, and when its sender changes it.

Art. 6.2.b, NĐ 30/2020 PL VI III.1h: a day of issue that is to come is refused; a deadline that is past and a number,
notation and issuer that were registered before are warned of until confirmed: mostly a slip, seldom the truth. A form
that has no place for the word (an older release) is not asked. It reads no form and changes nothing.
"""

from datetime import date, datetime

from app.records import twin as twins
from app.records.calendar import local_date
from app.records.document import Document

#: tick that confirms -> the field at which it is asked for
TICKS = {"is_past_due": "due_date", "is_no_twin": "code_number"}
FUTURE = "Ngày ban hành không thể sau ngày hôm nay."


def future(issued: date | None, at: datetime) -> str | None:
    """What is wrong with a day of issue, as a sentence; None: nothing."""
    return FUTURE if issued and issued > local_date(at) else None


def past_due(due: date | None, at: datetime, is_confirmed: bool | None) -> str | None:
    """What is asked about a deadline that is past; None: nothing, or it was confirmed."""
    if is_confirmed is not False or not due or due >= local_date(at):
        return None
    return (f"Hạn xử lý {due:%d/%m/%Y} đã qua. Hãy sửa lại; nếu văn bản ghi đúng như vậy, đánh dấu ô “Hạn xử lý đã "
            "qua”.")


def twin(document: Document, is_confirmed: bool | None) -> str | None:
    """F-1h: what is asked about a document whose number, notation and issuer were registered before."""
    if is_confirmed is not False:
        return None
    other = next((one for one in twins.same_reference(document) if one.arrival_number), None)
    return None if other is None else (
        f"Trùng số, ký hiệu và cơ quan ban hành với văn bản số đến {other.arrival_number} ngày "
        f"{other.arrival_date:%d/%m/%Y}. Nếu không phải văn bản trùng, đánh dấu ô “Đã đối chiếu”.")


def unasked(document: Document, at: datetime) -> dict[str, str]:
    """The ticks that confirm nothing of the document as it is now, each with the field at which it may be asked for."""
    asked = {"is_past_due": past_due(document.due_date, at, False), "is_no_twin": twin(document, False)}
    return {tick: field for tick, field in TICKS.items() if asked[tick] is None}
