"""The nightly checks of history: last results with their faults, the alarm, and a run at once (Art. 10.3; S12).

For auditors, leaders and administrators; what is against the regulation is told to auditor and leader only. No
document's content stands here (security.md S13). The checks themselves are jobs of the worker.
"""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from app.db import db, queue
from app.records import nightly, refused
from app.web.gate import me, need_role
from app.web.moment import now

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
#: what a refused attempt was about
_SUBJECTS = {
    "document": _("Văn bản"), "task": _("Việc"), "instance": _("Hồ sơ"), "proposal": _("Bản sửa quy trình"),
    "repair": _("Đề nghị sửa hồ sơ"), "procedure": _("Quy trình"), "page": _("Trang"),
    "seal": _("Con dấu lịch sử"), "register": _("Sổ"), "user": _("Tài khoản"),
}


def checks() -> tuple[str, ...]:
    """The checks that the person sees."""
    return nightly.CHECKS if me().has(*JUDGES) else nightly.CHECKS[:-1]


def alarm() -> dict[str, list[nightly.Result]]:
    """{"alarm", "notice"}: what the home page must say aloud to this person; nothing to all others."""
    if not me().has(*READERS):
        return {"alarm": [], "notice": []}
    found = [one for one in nightly.results(now()) if one.check in checks()]
    return {"alarm": [one for one in found if one.is_alarm], "notice": [one for one in found if one.is_notice]}


@bp.get("/lich-su/kiem-tra")
def page() -> str:
    """The newest result of each check, its faults, and how the runs before ended."""
    need_role(*READERS)
    return render_template(
        "audit/check.html", results=[one for one in nightly.results(now()) if one.check in checks()],
        names=NAMES, seen=_SEEN, runs={check: nightly.runs(check) for check in checks()}, fault_of=_fault,
        silent_hours=nightly.SILENT_HOURS, refusals=refused.newest() if me().has("auditor", "admin") else [],
        subject_of=_subject)


def _subject(given: dict[str, str]) -> str:
    """What a refused attempt was about, in words: "Văn bản 17"; nothing for the one that stands for many."""
    kind, _colon, name = given["subject"].partition(":")
    return f"{_SUBJECTS.get(kind, kind)} {name}".strip()


def _fault(fault: dict[str, Any]) -> dict[str, Any]:
    """A fault as a line: where, at which act, what; the document's id when it is about one the person may open."""
    subject = str(fault.get("subject") or f"document:{fault.get('document', '')}")
    kind, _colon, number = subject.partition(":")
    document = int(number) if kind == "document" and number.isascii() and number.isdigit() else None
    return {"subject": _subject({"subject": subject}), "act": fault.get("act") or "",
            "article": fault.get("article", ""), "message": fault.get("message") or fault.get("difference", ""),
            "document": document, "is_open": document is not None and me().has(*JUDGES)}


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
