"""The last results of the nightly checks of history, and when they are an alarm (security.md S12; Art. 10.3).

Reads what verify.py, engine/replay_many.py and engine/conformance_night.py have written down. It checks nothing itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from app.db import db
from app.records.history import Act
from app.records.verify import Finding

#: every nightly check; the first two say whether history is whole
CHECKS = ("verify", "replay", "conform")
#: a check that has not run for so long is an alarm of its own, hours
SILENT_HOURS = 48


@dataclass(frozen=True)
class Result:
    """The newest finding of one check."""

    check: str
    finding: Finding | None
    #: it should have run and did not
    is_silent: bool

    @property
    def is_alarm(self) -> bool:
        """Is history not whole, or has nobody looked? What is only late or out of order is told more quietly."""
        return self.is_silent or (self.check != "conform" and self.finding is not None and not self.finding.is_whole)

    @property
    def is_notice(self) -> bool:
        """Did it find histories that do not keep the regulation?"""
        return self.check == "conform" and self.finding is not None and not self.finding.is_whole


def results(at: datetime) -> list[Result]:
    """One per check, in the order of CHECKS. A check that never ran is silent once there are acts of that age."""
    newest = {row.check: row for row in db.session.scalars(
        select(Finding).ext(distinct_on(Finding.check)).order_by(Finding.check, Finding.id.desc()))}
    limit = at - timedelta(hours=SILENT_HOURS)
    is_old = len(newest) < len(CHECKS) and db.session.scalar(select(Act.id).where(Act.at < limit).limit(1)) is not None
    found = [(check, newest.get(check)) for check in CHECKS]
    return [Result(check, one, one.at < limit if one else is_old) for check, one in found]


def is_clean(check: str, since: datetime) -> bool:
    """Whether a check has run since then for every agency that it ever ran for, and found nothing; False: it never did.

    Of the agencies that the connection sees.
    """
    rows = db.session.execute(select(Finding.is_whole, Finding.at).ext(distinct_on(Finding.agency_id))
                              .where(Finding.check == check).order_by(Finding.agency_id, Finding.id.desc())).all()
    return bool(rows) and all(is_whole and at >= since for is_whole, at in rows)


def runs(check: str, limit: int = 14) -> list[Finding]:
    """The last findings of a check, newest first."""
    return list(db.session.scalars(
        select(Finding).where(Finding.check == check).order_by(Finding.id.desc()).limit(limit)))
