"""Whether this process answers: for the operator's monitor. It tells nothing else and asks no database."""

from flask import Blueprint

from app.web.gate import open_to_all

bp = Blueprint("health", __name__)


@bp.get("/suc-khoe")
@open_to_all
def page() -> tuple[str, dict[str, str]]:
    """"ok"."""
    return "ok", {"Content-Type": "text/plain; charset=utf-8"}
