"""Art. 2.2, 6.2.b: what was read of a scan and is doubtful is confirmed or corrected before the document is registered.

A reading below `DOUBTFUL` that still stands in its field needs the clerk's word: the key of the field in `confirmed`,
or another value. What was read and what was confirmed is kept (records/reading_check.py). It reads no scan.
"""

import unicodedata
from datetime import date
from typing import Any

from app.engine.form import FormInvalid
from app.engine.step import Act
from app.records import reading_check
from app.records.document import Document
from app.records.reading_check import CAUGHT, DOUBTED, MISSED, RIGHT, SILENT

#: fields that are read of a scan and stand in the form
FIELDS = ("code_number", "code_notation", "issued_date", "organ_name", "type_name", "priority", "subject",
          "signer_name", "signer_position")
#: a reading less sure than this must be looked at
DOUBTFUL = 0.6
UNCONFIRMED = "Máy đọc chưa chắc: hãy đối chiếu với bản quét rồi bấm “Đúng” (phím F2), hoặc sửa lại."


def stated(document: Document) -> tuple[str, ...]:
    """Fields that the exchange has stated and nobody changes here (NĐ 30/2020 Đ21.2)."""
    return ("code_number", "code_notation", "issued_date", "organ_name") if document.channel == "exchange" else ()


def doubtful(document: Document) -> dict[str, float]:
    """{field: confidence} of what was read, is doubtful, stands in its field and was not confirmed before."""
    found = document.recognised or {}
    doubts = {key: float(found[key]["confidence"]) for key in FIELDS
              if key in found and found[key]["confidence"] < DOUBTFUL and key not in stated(document)
              and read(document, key) and read(document, key) == _text(key, getattr(document, key))}
    if not doubts or (checked := reading_check.of(document.id)) is None:
        return doubts
    return {key: sure for key, sure in doubts.items() if key not in checked.fields}


def read(document: Document, key: str) -> str:
    """What was read for a field, as the field holds it; "" for nothing."""
    value = ((document.recognised or {}).get(key) or {}).get("value") or ""
    if key == "priority":
        return _text(key, min(int(value or 0), 3))
    length = getattr(getattr(Document, key).type, "length", None)
    return _text(key, str(value)[:length])


def require_confirmed(document: Document, values: dict[str, Any]) -> None:
    """Refuse a doubtful value that was neither confirmed nor changed, at its field. Raises FormInvalid.

    A form that has no place for the confirmation (an older release) is not asked for one.
    """
    if (confirmed := values.get("confirmed")) is None:
        return
    open_doubts = [key for key in doubtful(document) if key in values and key not in confirmed
                   and _text(key, values[key]) == read(document, key)]
    if open_doubts:
        raise FormInvalid({key: [UNCONFIRMED] for key in open_doubts})


def keep(act: Act, values: dict[str, Any]) -> None:
    """Keep what was read beside what the clerk confirms; nothing where no scan was read, nor of the exchange: there
    the packet brings the fields, and nobody judges what was read.
    """
    document, fields = act.document, {}
    if document.recognised is None or document.channel == "exchange":
        return
    for key in FIELDS:
        was, now = read(document, key), _text(key, values.get(key))
        if key in values and (was or now):
            sure = round(float((document.recognised.get(key) or {}).get("confidence") or 0.0), 2)
            fields[key] = {"verdict": _verdict(was, now, sure), "confidence": sure,
                           **({"read": was, "kept": now} if was != now else {})}
    reading_check.keep(document.agency_id, document.id, act.at, fields)


def _verdict(was: str, now: str, sure: float) -> str:
    if not was:
        return MISSED
    if was == now:
        return RIGHT if sure >= DOUBTFUL else DOUBTED
    return SILENT if sure >= DOUBTFUL else CAUGHT


def _text(key: str, value: Any) -> str:
    """One spelling of a field's value: NFC, single blanks, a date ISO; the usual urgency is none."""
    if isinstance(value, date):
        return value.isoformat()
    plain = " ".join(unicodedata.normalize("NFC", str(value if value is not None else "")).split())
    return "" if key == "priority" and plain == "0" else plain
