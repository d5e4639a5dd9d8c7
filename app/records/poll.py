"""How looking into a channel goes: when it was reached last, when it is asked again, and what has been tried.

Art. 13.3: a channel that is away is asked again after growing pauses with a random part, so that agencies do not all
come back at once. A packet or mail that fails each time, or kills its worker, is given up after MOST_TRIES
(security.md S11) and stops nothing behind it. What a channel holds is regulation/'s and tools/'s.
"""

import random
from datetime import datetime, timedelta

from sqlalchemy import String, UniqueConstraint, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db

EXCHANGE, MAIL = "exchange", "mail"
#: pause after the first failure, and the longest, seconds: QLVB asks the axis at least every five minutes
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 15, 300
#: tries of one packet or mail before it is given up
MOST_TRIES = 5


class Poll(AgencyOwned, Base):
    """One channel of one agency."""

    __tablename__ = "poll"
    __table_args__ = (UniqueConstraint("agency_id", "channel"),)

    channel: Mapped[str] = mapped_column(String(10))
    #: when it was last reached
    reached_at: Mapped[datetime | None]
    #: since when it has not been reached; None = it was, the last time
    away_since: Mapped[datetime | None]
    #: not asked before
    next_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    #: sentence of the last failure
    error: Mapped[str] = mapped_column(String(300), default="")


class PollTry(AgencyOwned, Base):
    """A packet or mail that is being taken in, or whose taking in has failed so often."""

    __tablename__ = "poll_try"
    __table_args__ = (UniqueConstraint("agency_id", "channel", "key"),)

    channel: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(200))
    tries: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime]


def pause(failures: int) -> timedelta:
    """The pause after so many failures in a row: doubling, at most LONGEST_PAUSE_SECONDS, a half of it random."""
    longest = min(FIRST_PAUSE_SECONDS * 2 ** min(failures - 1, 10), LONGEST_PAUSE_SECONDS)
    return timedelta(seconds=longest * random.uniform(0.5, 1))


def of(channel: str) -> Poll | None:
    """The agency's look into a channel; None before the first."""
    return db.session.scalar(select(Poll).where(Poll.channel == channel))


def is_due(channel: str, at: datetime) -> bool:
    """May the channel be asked now?"""
    found = of(channel)
    return found is None or found.next_at is None or found.next_at <= at


def reached(agency_id: int, channel: str, at: datetime) -> None:
    """It was reached. Commits."""
    _keep(agency_id, channel, {"reached_at": at, "away_since": None, "next_at": None, "failures": 0, "error": ""})


def missed(agency_id: int, channel: str, words: str, at: datetime) -> None:
    """It was not reached; asked again after a pause. Commits."""
    found = of(channel)
    failures = (found.failures if found else 0) + 1
    since = (found.away_since if found else None) or at
    _keep(agency_id, channel, {"away_since": since, "next_at": at + pause(failures), "failures": failures,
                               "error": words[:300]})


def _keep(agency_id: int, channel: str, values: dict[str, object]) -> None:
    new = {"failures": 0, "error": "", **values}
    db.session.execute(insert(Poll).values(agency_id=agency_id, channel=channel, **new)
                       .on_conflict_do_update(index_elements=["agency_id", "channel"], set_=values))
    db.session.commit()


def begin(agency_id: int, channel: str, key: str, at: datetime) -> int:
    """One more try of a packet or mail, on record before it begins: the how-manieth. Commits."""
    tries = db.session.scalar(
        insert(PollTry).values(agency_id=agency_id, channel=channel, key=key[:200], tries=1, at=at)
        .on_conflict_do_update(index_elements=["agency_id", "channel", "key"],
                               set_={"tries": PollTry.tries + 1, "at": at}).returning(PollTry.tries))
    db.session.commit()
    return int(tries or 1)


def done(channel: str, key: str) -> None:
    """It is settled, or it was not its fault: nothing is counted any more. Commits."""
    db.session.execute(delete(PollTry).where(PollTry.channel == channel, PollTry.key == key[:200]))
    db.session.commit()
