"""Times and deadlines as people read them: Vietnam's clock, dd/mm/yyyy, how long is left.

Jinja filters only; nothing here decides that something is overdue for the records.
"""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import gettext, ngettext

#: the clock of all pages
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def now() -> datetime:
    """The aware UTC time of this moment; the doors hand it down."""
    return datetime.now(UTC)


def _local(value: datetime | date | str) -> datetime | date:
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
    return value.astimezone(ZONE) if isinstance(value, datetime) else value


def day(value: datetime | date | str | None) -> str:
    """dd/mm/yyyy in Vietnam."""
    return "" if not value else _local(value).strftime("%d/%m/%Y")


def clock(value: datetime | str | None) -> str:
    """dd/mm/yyyy HH:MM in Vietnam; a plain date without hours."""
    if not value:
        return ""
    local = _local(value)
    return local.strftime("%d/%m/%Y %H:%M" if isinstance(local, datetime) else "%d/%m/%Y")


def iso(value: datetime | date | None) -> str:
    """For the datetime attribute of <time>."""
    return value.isoformat() if value else ""


def short(value: datetime | date | str | None) -> str:
    """The hour for today, the day and month this year, else the whole date."""
    if not value:
        return ""
    local, today = _local(value), now().astimezone(ZONE)
    if isinstance(local, datetime) and local.date() == today.date():
        return local.strftime("%H:%M")
    return local.strftime("%d/%m" if local.year == today.year else "%d/%m/%Y")


def _end(value: datetime | date | str) -> datetime:
    """A date is due at the end of its day in Vietnam."""
    local = _local(value)
    return local if isinstance(local, datetime) else datetime.combine(local, time(23, 59, 59), ZONE)


def due_state(value: datetime | date | str | None) -> str:
    """"overdue", "soon" (within two days), "later" or ""."""
    if not value:
        return ""
    left = _end(value) - now()
    if left.total_seconds() < 0:
        return "overdue"
    return "soon" if left.days < 2 else "later"


def due_words(value: datetime | date | str | None) -> str:
    """How long is left or how long it has been overdue, in words."""
    if not value:
        return ""
    days = (_end(value).astimezone(ZONE).date() - now().astimezone(ZONE).date()).days
    if due_state(value) == "overdue":
        if days == 0:
            return gettext("Quá hạn hôm nay")
        return ngettext("Quá hạn %(num)s ngày", "Quá hạn %(num)s ngày", -days)
    if days == 0:
        return gettext("Hạn hôm nay")
    if days == 1:
        return gettext("Hạn ngày mai")
    return gettext("Hạn %(day)s", day=short(value))


def is_new(value: datetime | None) -> bool:
    """Whether it came within the last 24 hours."""
    return value is not None and (now() - value).total_seconds() < 86_400


def size(count: int | None) -> str:
    """Bytes in KB or MB with a decimal comma."""
    if count is None:
        return ""
    if count < 1024 * 1024:
        return f"{max(1, round(count / 1024))} KB"
    return f"{count / 1024 / 1024:.1f} MB".replace(".", ",")


def register_filters(app: Flask) -> None:
    """Make them filters of the templates."""
    for filter_ in (day, clock, iso, short, due_state, due_words, is_new, size):
        app.jinja_env.filters[filter_.__name__] = filter_
