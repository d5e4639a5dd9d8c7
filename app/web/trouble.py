"""What the doors answer when something says no: a page, or JSON for a script, in Vietnamese.

A Refusal is a rule (its own status and sentence); a database away or a full disk is 503 with a retry;
anything else is 500 without details. The log says why; the page never does (security.md S15).
"""

import errno
import logging
from urllib.parse import urlsplit

from flask import Flask, g, jsonify, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app.db import db
from app.refusal import Refusal
from app.web import field_words
from app.web.asked import too_large
from app.web.gate import wants_json
from app.web.language import onward
from app.web.moment import clock
from app.web.refused import note_refusal, note_status
from app.web.words import sentence

log = logging.getLogger(__name__)

Answer = Response | tuple[str, int] | tuple[str, int, dict[str, str]]


def _titles() -> dict[int, str]:
    return {
        400: gettext("Yêu cầu không hợp lệ"),
        401: gettext("Cần đăng nhập"),
        403: gettext("Không có quyền"),
        404: gettext("Không tìm thấy"),
        405: gettext("Yêu cầu không hợp lệ"),
        409: gettext("Đã có thay đổi"),
        413: gettext("Nội dung quá lớn"),
        422: gettext("Chưa đúng quy định"),
        503: gettext("Tạm thời chưa phục vụ được"),
    }


def _sentences() -> dict[int, str]:
    return {
        401: gettext("Hãy đăng nhập để tiếp tục."),
        403: gettext("Vai trò của bạn không được làm việc này. Nếu cần, hãy báo quản trị của cơ quan."),
        404: gettext("Trang hoặc văn bản này không có, hoặc bạn không có quyền xem."),
        413: too_large() if request.path == "/tep" else gettext("Nội dung gửi lên quá dài. Hãy rút gọn rồi gửi lại."),
        503: gettext("Hệ thống đang bận hoặc mất kết nối dữ liệu. Hãy thử lại sau ít phút."),
    }


def answer(status: int, message: str, **facts: object) -> Answer:
    """The answer to a script or to a page; what a person typed stays where it is."""
    headers = {"Retry-After": "30"} if status == 503 else {}
    if wants_json() or request.path == "/tep":
        reply = jsonify(message=message, error=message, **facts)
        reply.status_code = status
        reply.headers.update(headers)
        return reply
    title = _titles().get(status, gettext("Có lỗi xảy ra"))
    page = render_template("trouble.html", status=status, title=title, message=message, facts=facts, back=_back())
    return page, status, headers


def _back() -> str:
    """The page from which a form was sent that is refused, a path of this site; "": not known."""
    came = urlsplit(request.referrer or "")
    is_ours = request.method == "POST" and came.netloc == request.host and came.path != request.path
    return onward(f"{came.path}?{came.query}" if came.query else came.path, "") if is_ours else ""


def _refused(refusal: Refusal) -> Answer:
    db.session.rollback()
    level = logging.ERROR if refusal.status >= 500 else logging.INFO
    log.log(level, "refused %s: %s %s", request.endpoint, refusal.code, refusal.status)
    facts = {}
    if refusal.status == 409:
        when = refusal.facts.get("when")
        facts = {"who": str(refusal.facts.get("who") or ""), "when": clock(when) if when else ""}
    errors = getattr(refusal, "errors", None)
    if errors:
        facts["errors"] = field_words.told(errors)
    facts |= getattr(refusal, "beside", {})
    note_refusal(refusal)
    return answer(refusal.status, sentence(refusal), **facts)


def _csrf(_error: CSRFError) -> Answer:
    message = gettext("Trang đã mở quá lâu nên không còn hiệu lực. Hãy tải lại trang rồi gửi lại.")
    return answer(400, message)


def _http(error: HTTPException) -> Answer | HTTPException:
    status = error.code or 500
    if status < 400:
        return error
    note_status(status)
    otherwise = gettext("Yêu cầu không hợp lệ. Hãy quay lại trang trước.")
    return answer(status, _sentences().get(status, otherwise))


def _away(error: Exception) -> Answer:
    log.error("database away at %s: %s", request.endpoint, type(error).__name__)
    _forget()
    return answer(503, _sentences()[503])


def _disk(error: OSError) -> Answer:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return _unexpected(error)
    log.critical("disk full at %s", request.endpoint)
    _forget()
    return answer(503, gettext("Máy chủ hết chỗ lưu nên chưa nhận được. Nội dung đã nhập vẫn còn; hãy báo quản trị."))


def _unexpected(error: Exception) -> Answer:
    log.error("unexpected error at %s", request.endpoint, exc_info=error)
    _forget()
    return answer(500, gettext("Hệ thống gặp lỗi ngoài dự kiến. Việc vừa làm chưa được ghi; hãy thử lại."))


def _forget() -> None:
    """Drop the broken transaction and whoever was loaded by it: the page is drawn without records."""
    g.user = None
    try:
        db.session.rollback()
    except (OperationalError, InterfaceError):
        db.session.remove()


def register_trouble(app: Flask) -> None:
    """Hand every error to its answer."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    for away in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(away, _away)
    app.register_error_handler(OSError, _disk)
    if not app.testing:
        app.register_error_handler(Exception, _unexpected)
