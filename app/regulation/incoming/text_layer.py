"""Art. 2.2: all pages of what came are read in the background: a text to search, a searchable copy beside the original.

It is asked for when the fields have been read, and never before them. What bears a mark of secrecy, or something that
may be one, is not read further (Art. 3.2): a mark on a later page stops the document, in an act, until the clerk keeps
it out or says that it is none. The original stays as it is; a signed file and one that has a text of its own get no
copy. The act tells of the file and of its copy (records/text_layer.py).
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from app.db import db, queue
from app.engine import instance as instances
from app.engine import task as tasks
from app.engine.step import Act
from app.records import attachment, barred, history, notice, people, text_layer
from app.records.attachment import Attachment
from app.records.document import Document
from app.records.text_layer import TextLayer
from app.refusal import Refusal
from app.regulation.barred_text import signs
from app.regulation.layout_stamp import mark_within
from app.regulation.recognition import has_pages, paged
from app.tools import Tools, page_cut
from app.tools import text_layer as layers

#: kinds of files that show the document
READ = ("scan", "original")
#: after whatever else waits to be read
_LAST = -10
#: what those are told who have to do with a document that is stopped
STOPPED = ("Trang {page} mang dấu “{mark}”: dừng xử lý, không in, không chuyển tiếp (Điều 3.2). Nếu văn bản đã được "
           "chuyển, hãy trả lại văn thư; văn thư chọn “Không cập nhật”, hoặc xác nhận đã xem và không phải dấu mật.")


def read_of(files: Iterable[Attachment]) -> Attachment | None:
    """The file that shows the document: the newest scan; of what came by wire the first that has pages.

    What stands behind that one goes with it.
    """
    there = [file for file in files if file.kind in READ and file.removed_at is None]
    scans = [file for file in there if file.kind == "scan"]
    return scans[-1] if scans else next((file for file in there if has_pages(file.media_type)), next(iter(there), None))


def ask(act: Act) -> None:
    """Let the worker read all of it, after this transaction and after everything that people wait for."""
    if act.document.recognised and not signs(act.document.recognised):
        _defer(act.document.agency_id, act.document.id)


def clear(document: Document) -> None:
    """The clerk says that the mark on a later page is none: the file is read, in an act of the caller."""
    if text_layer.mark_of(document.id):
        text_layer.remove(document.id)
        _defer(document.agency_id, document.id, is_cleared=True)


def _defer(agency_id: int, document_id: int, *, is_cleared: bool = False) -> None:
    """One file of an agency at a time: the other hands of the worker stay free for what people wait for."""
    cleared = {"is_cleared": True} if is_cleared else {}
    queue.defer(db.session, "read_all", {"agency_id": agency_id, "document_id": document_id, **cleared}, queue="ocr",
                priority=_LAST, lock=f"read_all:{agency_id}")


def make(document_id: int, tools: Tools, clock: Callable[[], datetime], *, is_cleared: bool = False) -> None:
    """Read the document's file. Again is harmless; a file that cannot be read has no text. Commits.

    When the fields of another document wait to be read, it stops after a new page and asks for itself again; the reader
    remembers the pages that it has. `is_cleared`: the clerk has looked at the marks on later pages. `clock`:
    reading takes minutes, and acts are told in the order of their times.
    """
    file, known = read_of(attachment.of(document_id)), text_layer.of(document_id)
    if file is None or (known is not None and known.source_sha256 == file.sha256):
        db.session.rollback()
        return
    agency_id, sha256, media_type, bringer = file.agency_id, file.sha256, file.media_type, file.created_by_id
    db.session.rollback()  # reading takes minutes: no transaction waits for it
    layer = TextLayer(agency_id=agency_id, document_id=document_id, source_sha256=sha256, sha256="", size_bytes=0,
                      text="", made_at=clock())
    try:
        is_done = _read(layer, media_type, tools, is_cleared)
    except Refusal as refusal:
        if refusal.status == 503:  # the reader's trouble, not the file's: it is tried again
            raise
        return
    if not is_done:
        _defer(agency_id, document_id, is_cleared=is_cleared)
        db.session.commit()
        return
    instances.lock_of_document(document_id)  # first, as everywhere
    document = db.session.scalar(db.select(Document).where(Document.id == document_id).with_for_update())
    newest = read_of(attachment.of(document_id))  # discarded or replaced meanwhile: nothing of it may stay
    if document is None or newest is None or newest.sha256 != sha256:
        db.session.rollback()
        if layer.sha256:
            queue.defer(db.session, "forget", {"agency_id": agency_id, "sha256": layer.sha256})
    else:
        text_layer.keep(layer)
        if layer.mark:
            _stop(document, layer.mark, bringer, clock())
        else:
            _tell(document, "text_read", {"sha256": sha256, "copy": layer.sha256}, clock())
    db.session.commit()


def _stop(document: Document, mark: dict[str, Any], bringer: int | None, at: datetime) -> None:
    """Who brought it (of what came by wire, the clerks), the responsible person and who works on it are told."""
    officer = barred.officer_of(barred.SECRECY)
    told = {bringer} if bringer else {one.id for one in people.with_role("clerk")}
    told |= {officer.id} if officer else set()
    run = instances.of_document(document.id)
    told |= {one.claimed_by_id or one.assignee_id for one in (tasks.open_of(run.id) if run else ())}
    text = STOPPED.format(page=mark["page"], mark=mark["value"])
    made = [one for one in sorted(filter(None, told)) if notice.put(document, notice.MARKED, one, at, text=text)]
    db.session.flush()
    _tell(document, "mark_found", {"page": mark["page"], "mark": mark["value"], "to": made}, at)


def _tell(document: Document, kind: str, given: dict[str, Any], at: datetime) -> None:
    history.append(
        history.Act(agency_id=document.agency_id, subject=f"document:{document.id}", at=at, kind=kind),
        input=given, changes=history.take_changes())


def _read(layer: TextLayer, media_type: str, tools: Tools, is_cleared: bool) -> bool:
    """Text and copy into the layer, or where a mark stands; False when something more urgent waits."""
    pages = []
    data, kind = paged(tools.converter, tools.blobs.read(layer.source_sha256), media_type)
    for page, is_new in tools.reader.words(data, kind):
        pages.append(page.as_it_lies())
        if page.number > 1 and not is_cleared and (mark := mark_within(page)):
            size = page.lying((0.0, 0.0, page.width, page.height))[2:]
            layer.mark = {**mark.as_json(), "size": [round(value, 1) for value in size],
                          "boxes": [list(page.lying(tuple(box))) for box in mark.boxes]}
            return True
        if is_new and _is_other_wanted():
            return False
    layer.text = layers.text_of(pages)
    is_scan = any(page.source == "ocr" and page.words for page in pages)
    if is_scan and kind == media_type and not (media_type == page_cut.PDF and page_cut.is_signed(data)):
        made = layers.searchable(tools.blobs.path(layer.source_sha256), media_type, pages)
        layer.sha256, layer.size_bytes = tools.blobs.put(made), len(made)
    return True


def _is_other_wanted() -> bool:
    try:
        return queue.is_wanted(db.session, "ocr", _LAST)
    finally:
        db.session.rollback()  # no transaction waits for the next page
