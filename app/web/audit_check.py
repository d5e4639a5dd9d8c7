"""The nightly checks of history: last results with their faults, the alarm, and a run at once (Art. 10.3; S12).

For auditors, leaders and administrators; what is against the regulation is told to auditor and leader only. No
document's content stands here (security.md S13). The checks themselves are jobs of the worker.
"""

from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.db import db, queue
from app.records import nightly, refused
from app.records.calendar import local_date
from app.records.document import Document
from app.records.right import readable
from app.web.audit_words import page_word, recorded, table_word
from app.web.gate import me, need_role
from app.web.moment import now
from app.web.replay_words import difference_word

bp = Blueprint("audit_check", __name__)

#: who sees results and alarm; who sees what is against the regulation
READERS, JUDGES = ("auditor", "leader", "admin"), ("auditor", "leader")
#: what each check asks
NAMES = {
    "verify": _("Lịch sử có nguyên vẹn không"),
    "replay": _("Phát lại có khớp không"),
    "conform": _("Có đúng quy chế không"),
}
_SEEN = {
    "acts": _("bước lịch sử"), "seals": _("con dấu lịch sử"), "files": _("tệp"), "numbers": _("số trong sổ"),
    "removed": _("phần đã xóa nội dung (Điều 3.2)"), "unstamped": _("con dấu chưa có dấu thời gian"),
    "alterable": _("bản sao con dấu mà chính hệ thống còn sửa được"), "checked": _("hồ sơ"), "equal": _("hồ sơ khớp"),
}
#: what a refused attempt or a fault was about
_SUBJECTS = {
    "document": _("Văn bản"), "task": _("Việc"), "instance": _("Hồ sơ"), "proposal": _("Bản sửa quy trình"),
    "repair": _("Đề nghị sửa hồ sơ"), "procedure": _("Quy trình"), "page": _("Trang"),
    "seal": _("Con dấu lịch sử"), "register": _("Sổ"), "user": _("Tài khoản"), "table": _("Bảng"),
    "function": _("Hàm"), "trigger": _("Bộ kích hoạt"), "role": _("Vai trò"), "finding": _("Kết quả kiểm tra"),
    "setting": _("Thiết lập của máy chủ cơ sở dữ liệu"),
    "diagram_template": _("Mẫu của tỉnh"),
}


def checks() -> tuple[str, ...]:
    """The checks that the person sees."""
    return nightly.CHECKS if me().has(*JUDGES) else nightly.CHECKS[:-1]


def alarm() -> dict[str, list[nightly.Result]]:
    """{"alarm", "notice", "results"}: what the home page says aloud, more quietly, and for the record; nothing to all
    others. An administrator hears that the check against the regulation did not run, never what it found.
    """
    if not me().has(*READERS):
        return {"alarm": [], "notice": [], "results": []}
    found, mine = nightly.results(now()), checks()
    return {"alarm": [one for one in found if one.is_silent or (one.is_alarm and one.check in mine)],
            "notice": [one for one in found if one.is_notice and one.check in mine],
            "results": [one for one in found if one.check in mine]}


@bp.get("/lich-su/kiem-tra")
def page() -> str:
    """The newest result of each check, its faults, and how the runs before ended."""
    need_role(*READERS)
    results = [one for one in nightly.results(now()) if one.check in checks()]
    opens = _open_ones([fault for one in results if one.finding for fault in one.finding.faults])
    return render_template(
        "audit/check.html", results=results,
        names=NAMES, seen=_SEEN, fault_of=partial(_fault, opens),
        runs={check: nightly.runs(check) for check in checks()},
        silent_hours=nightly.SILENT_HOURS, refusals=refused.newest() if me().has("auditor", "admin") else [],
        subject_of=_subject)


def _subject(given: dict[str, str]) -> str:
    """What a refused attempt was about, in words: "Văn bản 17"; nothing for the one that stands for many."""
    kind, _colon, name = given["subject"].partition(":")
    if kind == "page":
        return f"{_SUBJECTS['page']} “{page_word(name)}”"
    return f"{_SUBJECTS.get(kind) or table_word(kind)} {name}".strip()


def _about(fault: dict[str, Any]) -> tuple[str, int | None]:
    """The subject of a fault, and the document's id when it is one."""
    subject = str(fault.get("subject") or f"document:{fault.get('document', '')}")
    kind, _colon, number = subject.partition(":")
    return subject, int(number) if kind == "document" and number.isascii() and number.isdigit() else None


def _open_ones(faults: list[dict[str, Any]]) -> set[int]:
    """The documents of these faults that the person may open."""
    ids = {document for _subject, document in map(_about, faults) if document is not None}
    return set(db.session.scalars(select(Document.id).where(
        Document.id.in_(ids), readable(me(), local_date(now()))))) if ids and me().has(*JUDGES) else set()


def _fault(opens: set[int], fault: dict[str, Any]) -> dict[str, Any]:
    """A fault as a line: where, at which act, what; whether the document that it is about opens to the person."""
    subject, document = _about(fault)
    return {"subject": _subject({"subject": subject}), "act": fault.get("act") or "",
            "article": fault.get("article", ""),
            "message": recorded(fault["message"]) if "message" in fault else difference_word(fault["difference"]),
            "document": document, "is_open": document in opens}


@bp.post("/lich-su/kiem-tra")
def run() -> Response:
    """Let the worker run all checks now; those that wait already are not asked for twice."""
    need_role(*READERS)
    agency_id, new = me().agency_id, 0
    for check in nightly.CHECKS:
        name = f"{check}:{agency_id}"
        new += queue.defer(db.session, check, {"agency_id": agency_id}, lock=name, queueing_lock=name)
    db.session.commit()
    flash(gettext("Đang kiểm tra. Kết quả hiện ở đây sau ít phút; hãy tải lại trang.") if new
          else gettext("Việc kiểm tra đang chờ chạy rồi."), "done" if new else "notice")
    return redirect(url_for("audit_check.page"), 303)
