"""Log in, log out, change password (Art. 11.1.b; security.md section 4).

The agency is known before anything of it is read: chosen in the form or given by /dang-nhap?coquan=slug,
then remembered in a cookie. Rules on passwords and locks are in records/people.py.
"""

import secrets

from flask import Blueprint, abort, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.db import db
from app.records import agency
from app.records.people import authenticate, change_password
from app.refusal import Refusal
from app.web.gate import end_others, let_in, let_out, me, open_to_all, remember, stand_behind
from app.web.language import onward
from app.web.moment import now
from app.web.words import sentence

bp = Blueprint("login", __name__)

_COOKIE = "coquan"


def _page(slug: str | None, error: str = "", username: str = "", status: int = 200) -> Response:
    page = render_template(
        "login/page.html",
        agencies=agency.served(),
        slug=slug,
        error=error,
        username=username,
        onward=onward(request.values.get("tiep"), ""),
    )
    return make_response(page, status)


@bp.get("/dang-nhap")
@open_to_all
def page() -> Response:
    """The form; a person already logged in goes home."""
    if g.user is not None:
        return redirect(url_for("home.page"))
    return _page(request.args.get("coquan") or request.cookies.get(_COOKIE))


@bp.post("/dang-nhap")
@open_to_all
def enter() -> Response:
    """Log in; what was typed but the password stays in the form when it is refused."""
    slug, username = request.form.get("coquan", "")[:100], request.form.get("username", "").strip()[:100]
    chosen = agency.by_slug(slug)
    if chosen is None:
        return _page(None, gettext("Hãy chọn cơ quan."), username, 422)
    stand_behind(chosen.id)
    try:
        user = authenticate(chosen, username, request.form.get("password", ""), now(), request.remote_addr or "")
    except Refusal as refusal:
        return _page(slug, sentence(refusal), username, refusal.status)
    target = url_for("login.change") if user.must_change_password else onward(request.form.get("tiep"))
    answer = let_in(redirect(target), user)
    remember(answer, _COOKIE, slug)
    return answer


@bp.post("/dang-xuat")
def leave() -> Response:
    """Log out; drafts kept in this browser are cleared by the login page's script."""
    return let_out(redirect(url_for("login.page", ra=secrets.token_hex(4))))


@bp.get("/doi-mat-khau")
def change() -> str:
    """The form to change one's own password; the only page after a first login."""
    return render_template("login/change.html", errors={})


@bp.post("/doi-mat-khau")
def change_now() -> Response | tuple[str, int]:
    """Change it; every other session of the person ends."""
    old, new = request.form.get("old", ""), request.form.get("new", "")
    if max(len(old), len(new)) > 1000:
        abort(413)
    if new != request.form.get("again", ""):
        errors = {"again": gettext("Hai lần nhập mật khẩu mới không giống nhau.")}
        return render_template("login/change.html", errors=errors), 422
    user = me()
    try:
        # counts wrong ones: a session is no way to guess
        authenticate(user.agency, user.username, old, now(), request.remote_addr or "")
        change_password(user, old, new)
    except Refusal as refusal:
        db.session.rollback()
        field = "new" if refusal.code == "password_weak" else "old"
        wrong = refusal.code == "wrong_password"
        message = gettext("Mật khẩu hiện tại không đúng.") if wrong else sentence(refusal)
        return render_template("login/change.html", errors={field: message}), refusal.status
    flash(gettext("Đã đổi mật khẩu. Các phiên đăng nhập khác của bạn đã kết thúc."), "done")
    end_others()
    db.session.commit()
    return redirect(url_for("home.page"))
