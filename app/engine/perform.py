"""Slow steps: the row that keeps what was asked and found, and the job that does the work.

Twice is harmless: what `work` found is kept as soon as it is there; a second run finds it and skips the work.
A crash before that repeats the work. After the last attempt the step becomes an incident. It moves no
instance (act.py does, through the functions handed in).
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db, queue
from app.engine import step
from app.engine.instance import Instance
from app.refusal import Refusal

if TYPE_CHECKING:
    from app.tools import Tools

log = logging.getLogger(__name__)


class SlowWork(AgencyOwned, Base):
    """One asking of one slow step."""

    __tablename__ = "slow_work"
    __table_args__ = (
        UniqueConstraint("instance_id", "element", "occurrence"),
        Index("slow_work_open", "agency_id", "status", postgresql_where="status::text in ('asked', 'worked')"),
    )

    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"))
    element: Mapped[str] = mapped_column(String(60))
    occurrence: Mapped[int]
    name: Mapped[str] = mapped_column(String(60))
    queue: Mapped[str] = mapped_column(String(20))
    asked: Mapped[dict[str, Any]] = mapped_column(JSONB)
    found: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    #: asked, worked, recorded, failed or cancelled
    status: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(default=0)
    #: the last error, for the administrator
    error: Mapped[str] = mapped_column(Text, default="")
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: in whose name (Art. 7), when not in his own
    asked_for_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]

    @staticmethod
    def of(instance_id: int, element: str, occurrence: int) -> "SlowWork":
        """The asking of an element's occurrence."""
        return db.session.scalars(select(SlowWork).where(
            SlowWork.instance_id == instance_id, SlowWork.element == element,
            SlowWork.occurrence == occurrence)).one()


def is_under_way(document_id: int, names: tuple[str, ...]) -> bool:
    """Whether slow work of one of these names has been asked for the document and is not on record yet."""
    return bool(db.session.scalar(select(select(SlowWork.id).join(Instance, Instance.id == SlowWork.instance_id).where(
        Instance.document_id == document_id, SlowWork.name.in_(names),
        SlowWork.status.in_(("asked", "worked"))).exists())))


def job_lock(instance_id: int) -> str:
    """Jobs of one instance run one after another."""
    return f"instance:{instance_id}"


def perform(work_id: int, tools: "Tools", *, attempts: int, pause_seconds: int,
            finish: Callable[[int, datetime], bool], fail: Callable[[int, str, datetime], None]) -> None:
    """Do the work of one asking and hand the result to `finish`; after `attempts` failures, to `fail`.

    No transaction is open while working. Runs behind the wall of the agency (act.run_for).
    """
    row = db.session.scalar(select(SlowWork).where(SlowWork.id == work_id).with_for_update())
    if row is None or row.status not in ("asked", "worked") or _is_suspended(row):
        db.session.rollback()
        return
    if row.status == "asked" and row.attempts >= attempts:  # it has killed its worker each time (security.md S11)
        db.session.rollback()
        fail(work_id, "WorkerDied: " + (row.error or "the worker died each time"), datetime.now(UTC))
        return
    if row.status == "asked":
        row.attempts += 1
        name, asked, tried = row.name, row.asked, row.attempts
        agency_id, instance_id, waits_for = row.agency_id, row.instance_id, row.queue
        db.session.commit()
        db.session.remove()
        try:
            found = step.slow(name).work(tools, asked)
        except Exception as error:
            final = isinstance(error, Refusal) and error.status != 503
            log.warning("step %s of instance %s failed, attempt %s: %s", name, instance_id, tried, type(error).__name__,
                        exc_info=not isinstance(error, Refusal))
            if final or tried >= attempts:
                fail(work_id, _said(error), datetime.now(UTC))
            else:
                pause = timedelta(seconds=pause_seconds * 2 ** (tried - 1))
                queue.defer(db.session, "perform", {"agency_id": agency_id, "work_id": work_id}, queue=waits_for,
                            lock=job_lock(instance_id), at=datetime.now(UTC) + pause)
                db.session.commit()
            return
        kept = db.session.scalar(select(SlowWork).where(SlowWork.id == work_id).with_for_update())
        if kept is None or kept.status != "asked":
            db.session.rollback()
            return
        kept.found, kept.status = found, "worked"
        db.session.commit()
    else:
        db.session.rollback()
    try:
        finish(work_id, datetime.now(UTC))
    except (OperationalError, InterfaceError):
        raise  # the database is away: the queue runs the job again, the result is kept
    except Exception as error:  # a rule forbids what the diagram does with the result, or its step is broken
        db.session.rollback()
        log.warning("result of work %s cannot be recorded: %s", work_id, type(error).__name__,
                    exc_info=not isinstance(error, Refusal))
        fail(work_id, _said(error), datetime.now(UTC))


def _is_suspended(row: SlowWork) -> bool:
    """Whether its instance is: nothing goes out for it, and what was found waits (suspend.py defers it again)."""
    return db.session.scalar(select(Instance.status).where(Instance.id == row.instance_id)) == "suspended"


def _said(error: Exception) -> str:
    """The error for the administrator: a refusal's code and words, else its kind only; its text may hold content."""
    if isinstance(error, Refusal):
        return f"{error.code}: {error}" + (f" ({error.article})" if error.article else "")
    return type(error).__name__
