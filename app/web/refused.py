"""A refused attempt of a person is written into the history of his account (security.md S12).

Told by trouble.py, after the request's transaction is undone. What is written and how often, records/refused.py says.
"""

import logging

from flask import g, request
from sqlalchemy.exc import InterfaceError, OperationalError

from app.db import db
from app.engine import obligation
from app.records import refused
from app.refusal import Refusal
from app.web.moment import now

log = logging.getLogger(__name__)

#: argument of an address -> what it names
_NAMED = {"document_id": "document", "task_id": "task", "instance_id": "instance", "proposal_id": "proposal",
          "repair_id": "repair", "remark_id": "remark", "key": "procedure"}
_FORBIDDEN = (obligation.OutOfOrder, obligation.OnlyOnce, obligation.TooLate, obligation.NotTheirTask,
              obligation.OutOfPlace, obligation.StillOwed)


def note_refusal(refusal: Refusal) -> None:
    """A rule said no: written when it is about a right, or about what the regulation orders."""
    if refusal.status == 404:
        _note(refused.ACCESS, refusal.code)
    elif refusal.status == 403 or isinstance(refusal, _FORBIDDEN):
        _note(refused.ACT, refusal.code, refusal.article)


def note_status(status: int) -> None:
    """A door said no: 403 anywhere, 404 where the address names something."""
    if status == 403 or (status == 404 and _subject(is_named=True)):
        _note(refused.ACCESS, f"http_{status}")


def _subject(*, is_named: bool = False) -> str:
    for name, kind in _NAMED.items():
        if name in (request.view_args or {}):
            return f"{kind}:{str(request.view_args[name])[:40]}"  # type: ignore[index]
    return "" if is_named else f"page:{request.endpoint or ''}"[:60]


def _note(kind: str, code: str, article: str = "") -> None:
    user = g.get("user")
    if user is None:
        return
    try:
        db.session.rollback()
        refused.note(user, kind, code, _subject(), now(), article=article)
        db.session.commit()
    except (OperationalError, InterfaceError) as error:  # the refusal stands, written or not
        log.error("a refusal at %s could not be written: %s", request.endpoint, type(error).__name__)
        g.user = None
        db.session.remove()
