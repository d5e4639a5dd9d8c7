"""Whether this process answers: for the operator's monitor. It answers without a database, too, and tells nothing else
but that the scanner, which is to be asked before files go out, is away (security.md S7: files wait then), or that the
axis answers no agency (Art. 13.3: what goes out and comes in waits).
"""

from flask import Blueprint
from sqlalchemy.exc import SQLAlchemyError

from app.db import db, tenancy
from app.records import poll
from app.tools.antivirus import AWAY
from app.web.gate import open_to_all
from app.web.settings import tools

bp = Blueprint("health", __name__)


@bp.get("/suc-khoe")
@open_to_all
def page() -> tuple[str, dict[str, str]]:
    """"ok", and beneath it what is amiss."""
    amiss = "\nantivirus: no answer" if tools().scanner.state() == AWAY else ""
    if _is_axis_down():
        amiss += "\nexchange: no answer"
    return f"ok{amiss}", {"Content-Type": "text/plain; charset=utf-8"}


def _is_axis_down() -> bool:
    """As the worker's last look found it; a database that is away is told by every page."""
    db.session.remove()
    try:
        with tenancy.as_owner():
            return poll.is_down(poll.EXCHANGE)
    except SQLAlchemyError:
        return False
    finally:
        db.session.remove()
