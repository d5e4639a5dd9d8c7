"""Working days of an agency and due dates (Art. 6.2.c "trong thời hạn quy định").

Saturdays and Sundays are off unless a row says that they are worked; holidays are rows of each agency.
It knows no hours.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db

#: the zone of all dates on documents (QĐ 28/2018 Đ14.4)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


class Holiday(AgencyOwned, Base):
    """A day that differs from its weekday."""

    __tablename__ = "holiday"
    __table_args__ = (UniqueConstraint("agency_id", "day"),)

    day: Mapped[date]
    #: False: a weekend day that is worked instead
    is_off: Mapped[bool] = mapped_column(default=True)
    name: Mapped[str] = mapped_column(String(100))


def local_date(at: datetime) -> date:
    """The day in Viet Nam of a moment."""
    return at.astimezone(ZONE).date()


def add_working_days(start: date, days: int) -> date:
    """The `days`-th working day after `start` (0: start itself when worked, else the next worked day)."""
    rows = db.session.execute(
        select(Holiday.day, Holiday.is_off).where(Holiday.day >= start,
                                                  Holiday.day <= start + timedelta(days=days * 3 + 60)))
    special = {day: is_off for day, is_off in rows}

    def worked(day: date) -> bool:
        return not special[day] if day in special else day.weekday() < 5

    day = start
    while not worked(day):
        day += timedelta(days=1)
    for _ in range(days):
        day += timedelta(days=1)
        while not worked(day):
            day += timedelta(days=1)
    return day
