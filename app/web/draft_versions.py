"""The versions of a draft, what was said of each, and two of them side by side (Art. 8.1, 8.2).

What differs is regulation/drafting/versions.py's; who may read a document may read its drafts.
"""

from itertools import groupby

from flask import Blueprint, render_template, request
from flask_babel import gettext

from app.engine import reading
from app.records.attachment import Attachment
from app.records.document import NotFound
from app.refusal import Refusal
from app.regulation.drafting import versions
from app.regulation.drafting.versions import Row, Version
from app.tools import docx
from app.tools.blobs import BlobMissing
from app.web import consult
from app.web.document import find
from app.web.gate import me
from app.web.moment import now
from app.web.settings import tools
from app.web.words import sentence

bp = Blueprint("draft_versions", __name__)

#: paragraphs that stay as they were, shown around a change
_AROUND = 1


@bp.get("/van-ban/<int:document_id>/phien-ban")
def page(document_id: int) -> str:
    """All versions with their opinions; the two that are named, or the last two, compared."""
    document = find(document_id)
    found = versions.of(document)
    if document.direction != "outgoing":
        raise NotFound()
    reading.note(document, me(), "page", now())
    old, new = _chosen(found, "cu", -2), _chosen(found, "moi", -1)
    rows, trouble = _compared(old.file, new.file) if old and new else ([], "")
    return render_template(
        "draft/versions.html", document=document, versions=found, old=old.number if old else 0,
        new=new.number if new else 0, parts=_folded(rows), trouble=trouble,
        changes=sum(row.kind != "same" for row in rows), **consult.shown(document))


def _chosen(found: list[Version], name: str, usual: int) -> Version | None:
    """The version of that number in the address; the usual one without it. Raises NotFound."""
    asked = request.args.get(name, "")
    if not asked:
        return found[usual] if len(found) > 1 else None
    for one in found:
        if str(one.number) == asked:
            return one
    raise NotFound()


def _compared(old: Attachment, new: Attachment) -> tuple[list[Row], str]:
    """The paragraphs; or why there are none, in words."""
    if old.removed_at or new.removed_at:
        return [], gettext("Nội dung của một phiên bản đã được xóa khỏi hệ thống.")
    try:
        texts = [_printed(tools().blobs.read(one.sha256)) for one in (old, new)]
        return versions.compare(*texts), ""
    except BlobMissing:
        raise
    except Refusal as refusal:
        return [], sentence(refusal)


def _printed(data: bytes) -> str:
    """All that a draft prints: its text, then its notes, then heads and feet of the pages."""
    return "\n".join((docx.text(data), docx.notes(data), docx.margins(data)))


def _folded(rows: list[Row]) -> list[tuple[bool, list[Row]]]:
    """Rows in parts: (is it folded away, rows): what stays as it was, but for what stands next to a change."""
    near = {place + by for place, row in enumerate(rows) if row.kind != "same" for by in range(-_AROUND, _AROUND + 1)}
    marked = [(place not in near, row) for place, row in enumerate(rows)]
    return [(is_folded, [row for _is, row in part]) for is_folded, part in groupby(marked, key=lambda one: one[0])]
