"""The gate of the pages: who is here, which agency's wall the request stands behind (security.md S6, S14).

The cookie holds "<agency id>.<random token>"; the session itself is a row (records/session.py). Every
endpoint needs a person unless it is marked `@open_to_all`. Does not check rights on documents.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, TypeVar
from urllib.parse import unquote_plus

from flask import Flask, Response, abort, current_app, g, jsonify, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.db import db
from app.db.tenancy import acting_for
from app.engine import reading
from app.engine.task import counts
from app.records import certified_copy, internal_paper
from app.records.people import User
from app.records.session import close_others, close_session, open_session, session_user
from app.web.asked import storable
from app.web.moment import now
from app.web.settings import settings

#: what an auditor may send: he reads, runs checks and takes histories out; nothing else is his to do (S12)
AUDITOR_SENDS = frozenset({
    "login.enter", "login.leave", "login.change_now", "language.choose", "audit_answer.ask",
    "audit_check.run", "audit_grant.take", "audit_mining.take"})
View = TypeVar("View", bound=Callable[..., Any])

#: endpoints a person with a one-time password may reach
_PASSWORD_ENDPOINTS = {"login.change", "login.change_now", "login.leave", "language.choose", "static"}


def open_to_all(view: View) -> View:
    """Mark a view that needs no person."""
    view.open_to_all = True  # type: ignore[attr-defined]
    return view


def wants_json() -> bool:
    """Whether a script asks, not a page."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.is_json or best == "application/json"


def me() -> User:
    """The person of this request."""
    if g.get("user") is None:
        abort(401)
    return g.user


def waiting() -> dict[str, int]:
    """How many tasks, copies of documents and internal papers wait for the person, counted once per request."""
    if "waiting" not in g:
        g.waiting = counts(me(), now()) | {"copies": certified_copy.count_waiting(me()),
                                           "internal": internal_paper.count_unread(me())}
    return g.waiting


def need_role(*roles: str) -> None:
    """Refuse with 403 unless the person has one of the roles."""
    if not set(roles) & set(me().roles):
        abort(403)


def note_list() -> None:
    """An auditor looks through the list of documents of this address: an act, before it is shown (Art. 10.3)."""
    reading.note_list(me(), storable(unquote_plus(request.full_path.rstrip("?"))), now())


def is_secure() -> bool:
    """Whether cookies are for TLS only: always in production, where TLS may end before this process."""
    return settings().production or request.is_secure


def cookie_name() -> str:
    """With the __Host- prefix wherever the browser would accept it."""
    return "__Host-qlvb_session" if is_secure() else "qlvb_session"


def remember(answer: AnyResponse, name: str, value: str) -> None:
    """A small choice kept in this browser for a year: agency, language."""
    answer.set_cookie(name, value, max_age=31_536_000, samesite="Lax", httponly=True, secure=is_secure())


def let_in(answer: AnyResponse, user: User) -> AnyResponse:
    """Open a session for the person and put its cookie on the answer."""
    agency_id, token = user.agency_id, open_session(user, now(), request.remote_addr or "")
    db.session.commit()
    value, secure = f"{agency_id}.{token}", is_secure()
    answer.set_cookie(cookie_name(), value, httponly=True, samesite="Lax", secure=secure, path="/")
    return answer


def end_others() -> None:
    """End the other sessions of this person; the transaction stays open."""
    held = _held()
    if held is not None:
        close_others(me(), held[1])


def let_out(answer: AnyResponse) -> AnyResponse:
    """End the session of this request."""
    held = _held()
    if held is not None and g.get("user") is not None:
        close_session(held[1])
        db.session.commit()
    answer.delete_cookie(cookie_name(), path="/", secure=is_secure(), httponly=True, samesite="Lax")
    return answer


def stand_behind(agency_id: int) -> None:
    """From here on this request's transactions see this agency only; undone at its end."""
    db.session.rollback()
    if "wall" not in g:
        g.wall = ExitStack()
    g.wall.enter_context(acting_for(agency_id))


def _held() -> tuple[int, str] | None:
    agency, dot, token = request.cookies.get(cookie_name(), "").partition(".")
    well_formed = dot and agency.isascii() and agency.isdigit() and len(agency) < 19
    return (int(agency), token) if well_formed else None


def _enter() -> AnyResponse | None:
    g.user = None
    if request.endpoint == "static":
        return None
    held = _held()
    if held is not None:
        stand_behind(held[0])
        limits = settings()
        g.user = session_user(held[1], now(), limits.session_idle_minutes, limits.session_hours)
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or getattr(view, "open_to_all", False):
        return None
    if g.user is None:
        return _to_login()
    if g.user.must_change_password and request.endpoint not in _PASSWORD_ENDPOINTS:
        return redirect(url_for("login.change"))
    if request.method != "GET" and g.user.has("auditor") and request.endpoint not in AUDITOR_SENDS:
        abort(403)
    return None


def _to_login() -> AnyResponse:
    if wants_json() or request.method != "GET":
        message = gettext("Phiên làm việc đã hết. Hãy đăng nhập lại; nội dung đang nhập vẫn còn.")
        answer: Response = jsonify(message=message, login=url_for("login.page"))
        answer.status_code = 401
        return answer
    onward = request.full_path.rstrip("?") if request.path != "/" else None
    return redirect(url_for("login.page", tiep=onward))


def _leave(_error: BaseException | None) -> None:
    wall = g.pop("wall", None)
    if wall is not None:
        wall.close()


def register_gate(app: Flask) -> None:
    """Every request enters and leaves by here."""
    app.before_request(_enter)
    app.teardown_request(_leave)
