"""Art. 2.2: text and proposed fields are read from what came; a person confirms them at `verify`.

How a file is read is recognition.py's; an office file is laid out first. What cannot be read may bear a mark of
secrecy: a person must look (Art. 3.2). What is kept of each field is its value, how sure that is (below 0.6 a person
must look), its page, its boxes there, in points from the upper left corner, and the page's size.
"""

from datetime import date
from typing import Any

from app.db import db
from app.engine.step import Act, SlowStep, slow_step
from app.engine.template import offer
from app.records import attachment, deadline
from app.records.agency import Agency
from app.records.document import Document
from app.refusal import Refusal
from app.regulation import recognition
from app.regulation.barred_text import Rule, signs
from app.regulation.incoming import keep_out, text_layer
from app.tools import Tools

offer("recognise", "Nhận dạng văn bản (OCR)", is_outside=True,
      gives={"register_due_at": ("2026-01-05T17:00:00+07:00",)})

#: fields of layout.py that are columns of the document, taken over when the column is empty
PROPOSED = ("code_number", "code_notation", "organ_name", "type_name", "subject", "signer_name", "signer_position")
#: notations that are looked at, those used lately
_NOTATIONS = 500


@slow_step("ocr")
class Recognise(SlowStep):
    """Read the document and propose its fields."""

    def ask(self, act: Act) -> dict[str, Any] | None:
        """The file that shows the document, those that came with it, the agencies that may have sent it, and what is
        known of their notations.
        """
        files = attachment.of(act.document.id)
        file = text_layer.read_of(files)
        if file is None:
            return None
        beside = [[one.sha256, one.media_type, one.name] for one in files if one.kind == file.kind == "original"
                  and one is not file and one.removed_at is None and recognition.has_pages(one.media_type)]
        names = list(db.session.scalars(db.select(Agency.name).order_by(Agency.id)))
        return {"sha256": file.sha256, "media_type": file.media_type, "agencies": names[:500], "beside": beside,
                "notations": _notations(), "barred": [[rule.kind, rule.text] for rule in keep_out.rules(act.at)]}

    def work(self, tools: Tools, asked: dict[str, Any]) -> dict[str, Any]:
        """{"fields": {...}, "pages": int or None}; of an unreadable file that it is one: a person looks at it next."""
        found = _read(tools, asked["sha256"], asked["media_type"], asked)
        if found is None:
            return {"fields": {"secrecy": recognition.UNREAD}, "pages": None}
        sizes, turns = found.sizes(), found.turns()
        fields = {key: {**one, "size": sizes.get(one["page"])} for key, one in found.fields.items()}
        for one in fields.values():
            if turn := turns.get(one["page"]):
                one["turn"] = turn
        for sha256, media_type, name in () if signs(fields) else asked.get("beside", ()):
            other = _read(tools, sha256, media_type, {**asked, "agencies": ()})
            seen = {"secrecy": recognition.UNREAD} if other is None else signs(other.fields)
            if seen:  # the place is on no page of the file that is shown
                fields |= {sign: {**one, "page": None, "boxes": [], "size": None, "file": name}
                           for sign, one in seen.items()}
                break
        return {"fields": fields, "pages": found.page_count}

    def record(self, act: Act, found: dict[str, Any]) -> dict[str, Any]:
        """Propose: an empty field takes what was read; what the sender stated stays."""
        document, fields = act.document, found["fields"]
        document.recognised, document.page_amount = fields, document.page_amount or found["pages"]
        for name in PROPOSED:
            value = (fields.get(name) or {}).get("value")
            if value and not getattr(document, name):
                setattr(document, name, str(value)[:getattr(type(document), name).type.length])
        issued = (fields.get("issued_date") or {}).get("value")
        if issued and not document.issued_date:
            document.issued_date = date.fromisoformat(issued)
        priority = (fields.get("priority") or {}).get("value")
        text_layer.ask(act)
        if priority and int(priority) and document.priority == 0:
            document.priority = min(int(priority), 3)
            # an urgent document is registered at once (NĐ 30/2020 Đ15), from when it is known to be one
            return {"register_due_at": deadline.give(document, "verify", act.at)}
        return {}


def _notations() -> list[str]:
    """Notations with D or Đ of documents that were registered lately: which of the two it is, a clerk has said."""
    found = db.session.execute(
        db.select(Document.code_notation, db.func.max(Document.id)).where(
            Document.direction == "incoming", Document.arrival_number.is_not(None),
            Document.code_notation.regexp_match("[DĐ]")).group_by(Document.code_notation)
        .order_by(db.func.max(Document.id).desc()).limit(_NOTATIONS))
    return sorted(notation for notation, _ in found)


def _read(tools: Tools, sha256: str, media_type: str, asked: dict[str, Any]) -> recognition.Recognition | None:
    """What was read of a file; None: nobody can read it."""
    data = tools.blobs.read(sha256)  # a lost file is no unreadable one: an administrator must see it
    try:
        data, media_type = recognition.paged(tools.converter, data, media_type)
        return recognition.recognise(tools.reader, data, media_type, asked["agencies"],
                                     barred=[Rule(*rule) for rule in asked.get("barred", ())],
                                     notations=asked.get("notations", ()))
    except Refusal as refusal:
        if refusal.status == 503:  # the reader's trouble, not the file's: it is tried again
            raise
        return None
