"""Whether this process answers: for the operator's monitor. It asks no database, and tells nothing else but that the
scanner, which is to be asked before files go out, is away (security.md S7): files wait then.
"""

from flask import Blueprint

from app.tools.antivirus import AWAY
from app.web.gate import open_to_all
from app.web.settings import tools

bp = Blueprint("health", __name__)


@bp.get("/suc-khoe")
@open_to_all
def page() -> tuple[str, dict[str, str]]:
    """"ok", and beneath it what is amiss."""
    amiss = "\nantivirus: no answer" if tools().scanner.state() == AWAY else ""
    return f"ok{amiss}", {"Content-Type": "text/plain; charset=utf-8"}
