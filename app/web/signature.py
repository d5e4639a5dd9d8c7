"""The verdict over a document's signatures with every fact behind it, as it was judged at arrival (Art. 3.3, 3.4, 6.3).

To read, to print and as JSON, for who may read the document. What is judged is `regulation/verdict.py`'s; nothing is
judged anew here: an old verdict stays as it was.
"""

import io
import re
from itertools import zip_longest
from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template, send_file, url_for
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _

from app.db import db
from app.engine import reading
from app.records import attachment, milestone
from app.records.document import Document
from app.regulation import signature_report
from app.regulation.incoming.paper import waits
from app.tools import docx_table
from app.web.document import files_of, find
from app.web.gate import me
from app.web.moment import clock, now
from app.web.settings import tools
from app.web.signature_words import (
    BESIDE,
    CHANGE,
    HANDLING,
    HANDLING_WAITS,
    NAME_PART,
    REVOCATION,
    ROLE,
    TIME_PROOF,
    TOLD_BY,
    VERDICT,
)
from app.web.words import word

bp = Blueprint("signature", __name__)

#: what a part of a name is called before its value
_PART = re.compile(rf"(?:^|(?<=, ))({'|'.join(NAME_PART)}): ")
#: facts without which an own document bears no signature that counts
_SIGNED = {"sign_by_leader", "sign_by_agency"}
_YES_NO = {True: _("Có"), False: _("Không")}


@bp.app_template_global()
def verdict_of(document: Document) -> dict[str, Any] | None:
    """What is said in one place of a document's signatures, on its own page, at a task and over the facts: whether it
    is valid and by which point of Art. 3.3, why, and what Art. 6.3 says comes next. None: nothing was judged.
    """
    if not document.verdict or (document.direction == "outgoing" and not _SIGNED & milestone.standing(
            document.id).keys()):  # the number was given up, or the draft changed: the signatures with it
        return None
    found = signature_report.kept(document.verdict)
    return {"color": document.verdict["color"], "says": word(VERDICT, found["verdict"]),
            # without a signature the verdict is the reason
            "because": [] if found["verdict"] == "unsigned" else _says(found["reasons"]),
            "has_facts": bool(document.verdict["reports"] or found["packet"]),
            # of one's own document the recipient decides
            "next": "" if document.direction == "outgoing" else str(HANDLING_WAITS) if (
                found["handling"] == "6.3.a" and waits(document)) else word(HANDLING, found["handling"])}


@bp.get("/van-ban/<int:document_id>/chu-ky")
def page(document_id: int) -> str:
    """Every fact behind the verdict."""
    document, found = _found(document_id)
    judged = _judged_files(document, found)
    shown = [(one, _facts(one)) for one in found["signatures"]]
    files = files_of(document, [file for file in reversed(judged) if file])
    return render_template(
        "document/signature.html", document=document, found=found, shown=shown,
        places=_places(found), files=[one | {"is_read": bool(judged[0]) and one is files[-1]} for one in files],
        beside=_beside(found, judged[1:]), is_own=document.direction == "outgoing",
        verdicts=VERDICT, roles=ROLE, verdicts_beside=BESIDE)


@bp.get("/van-ban/<int:document_id>/chu-ky.json")
def data(document_id: int) -> Response:
    """The same as `bin/qlvb signature verify --json` prints."""
    return jsonify(_found(document_id)[1])


@bp.get("/van-ban/<int:document_id>/chu-ky.pdf")
def paper(document_id: int) -> Response:
    """The same to keep beside the printed document."""
    document, found = _found(document_id)
    parts = [[[gettext("Văn bản"), f"{document.reference} {document.subject}".strip()],
              [gettext("Kết luận"), word(VERDICT, found["verdict"])],
              *([] if document.direction == "outgoing" else [[gettext("Xử lý"), word(HANDLING, found["handling"])]]),
              [gettext("Căn cứ"), "\n".join(_says(found["reasons"]))],
              [gettext("Kiểm tra lúc"), clock(found["checked_at"])]]]
    parts += [[[word(ROLE, one["role"]), one["signer"]], *([label, str(text)] for label, text in _facts(one))]
              for one in found["signatures"]]
    for title, one in _beside(found, _judged_files(document, found)[1:]):
        parts.append([[title, word(BESIDE, one["verdict"])], [gettext("Căn cứ"), "\n".join(one["says"]) or "-"]])
        parts += [[[word(ROLE, signed["role"]), signed["signer"]], *([label, str(text)] for label, text in facts)]
                  for signed, facts in one["shown"]]
    made = docx_table.form([(gettext("KẾT QUẢ KIỂM TRA CHỮ KÝ SỐ"), 14)], parts, [[52, 128]] * len(parts))
    db.session.rollback()  # the converter may take seconds: no transaction waits for it
    return send_file(io.BytesIO(tools().converter.to_pdf(made, "chu-ky.docx")), mimetype="application/pdf",
                     as_attachment=True, download_name=f"kiem-tra-chu-ky-{document_id}.pdf")


def _found(document_id: int) -> tuple[Document, dict[str, Any]]:
    """The document and its check; 404 without one. Reading it is an act."""
    document = find(document_id)
    if not document.verdict:
        abort(404)
    reading.note(document, me(), "page", now())
    return document, signature_report.kept(document.verdict)


def _judged_files(document: Document, found: dict[str, Any]) -> list[attachment.Attachment | None]:
    """The files that were judged, the document itself first; None: it is not here any more."""
    files = [one for one in attachment.of(document.id) if one.removed_at is None]
    if not found["sha256"]:  # judged before the files were named: the PDFs that came, in their order
        return [*(one for one in files if one.kind == "original" and one.media_type == "application/pdf")] or [None]
    shas = [found["sha256"], *(one["sha256"] for one in found["attachments"])]
    return [next((one for one in files if one.sha256 == sha256), None) for sha256 in shas]


def _beside(found: dict[str, Any], files: list[attachment.Attachment | None]) -> list[tuple[str, dict[str, Any]]]:
    """What came with the document, each with a title and its own verdict: attachments, and the signed packet."""
    titled = []
    for number, (one, file) in enumerate(zip_longest(found["attachments"], files[:len(found["attachments"])]), 1):
        title = gettext("Tệp kèm theo thứ %(n)s", n=number) + (f": {file.name}" if file else "")
        titled.append((title, one | {"url": url_for(
            "upload.download", document_id=file.document_id, attachment_id=file.id) if file else ""}))
    if found["packet"]:
        titled.append((gettext("Gói tin liên thông"), found["packet"]))
    return [(title, one | {"says": _says(one["reasons"]), "shown": [(signed, _facts(signed)) for signed in
                                                                     one["signatures"]]}) for title, one in titled]


def _says(reasons: list[dict[str, str]]) -> list[str]:
    """The reasons in the reader's language, each once."""
    is_english = str(get_locale()) == "en"
    return list(dict.fromkeys(one["message_en"] if is_english and one["message_en"] else one["message"]
                              for one in reasons))


def _places(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Where on the pages a signature stands, and what came after it: for the viewer, with the section it leads to."""
    places = []
    for number, one in enumerate(found["signatures"], 1):
        words = f"{number}. {word(ROLE, one['role'])}: {one['signer']}"
        if one["place"]:
            places.append(one["place"] | {"words": words, "section": f"chu-ky-{number}", "isDoubtful": False})
        places += [place | {"words": gettext("Thay đổi sau khi %(who)s ký", who=one["signer"]),
                            "section": f"chu-ky-{number}", "isDoubtful": True} for place in one["changed"]]
    return places


def _named(name: str) -> str:
    """A name of a certificate, its parts in words: "Common Name: A, Country: VN"."""
    return _PART.sub(lambda found: f"{word(NAME_PART, found[1])}: ", name)


def _facts(one: dict[str, Any]) -> list[tuple[str, str]]:
    """What is known of one signature: (what, in words)."""
    changes = ", ".join(str(word(CHANGE, what)) for what in one["changes_after"])
    return [
        (gettext("Cơ quan"), f"{one['organ']} ({one['organ_code']})" if one["organ_code"] else one["organ"]),
        *([(gettext("Ký lúc"), f"{clock(one['signed_at'])}, {word(TIME_PROOF, one['time_proof'])}")]
          if one["signed_at"] else []),  # a packet's signature tells no time
        (gettext("Phần đã ký còn nguyên vẹn"), word(_YES_NO, one["intact"])),
        (gettext("Chứng thư do nơi tin cậy cấp"), word(_YES_NO, one["trusted"])),
        (gettext("Thu hồi chứng thư số"), word(REVOCATION, one["revocation"])),
        *([(gettext("Theo"), "; ".join(str(TOLD_BY[said["kind"]]) % {"when": clock(said["at"])} for said in
                                       one["told_by"]))] if one["told_by"] and one["revocation"] != "unknown" else []),
        (gettext("Thêm vào tệp sau khi ký"), changes or gettext("Không có gì")),
        *([(gettext("Hiển thị không chắc chắn"), gettext(
            "%(what)s: mã lệnh, lệnh gửi, in, phần ẩn hiện, ô biểu mẫu, lớp, ghi chú, phần lấy từ tệp khác, hoặc lệnh "
            "vẽ mà mỗi chương trình hiển thị một cách", what=one["shows"]))] if one["shows"] else []),
        (gettext("Chứng thư số"), _named(one["subject"])), (gettext("Nơi cấp"), _named(one["issuer"])),
        (gettext("Số chứng thư"), one["serial"]),
        (gettext("Hiệu lực"), f"{clock(one['valid_from'])} - {clock(one['valid_to'])}"),
        (gettext("Thuật toán"), one["algorithm"]), ("ETSI EN 319 102-1", one["indication"])]
