"""How looking into a channel goes: when it was reached last, when it is asked again, and what has been tried.

Art. 13.3: a channel that is away is asked again after growing pauses with a random part, so that agencies do not all
come back at once. All agencies ask one axis: that it answers nobody is on record for all of them after one failed look,
and one of them asks it when the pause is over (`claim`, `down`, `answered`; as the owner of the tables, since they
cross the wall: they say nothing of what an agency has). A packet or mail that fails each time, or kills its worker, is
given up after MOST_TRIES (security.md S11) and stops nothing behind it. What a channel holds is regulation/'s and
tools/'s.
"""

import random
from datetime import datetime, timedelta

from sqlalchemy import String, UniqueConstraint, delete, select, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.records import agency as agencies

EXCHANGE, MAIL = "exchange", "mail"
#: pause after the first failure, and the longest, seconds: QLVB asks the axis at least every five minutes
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 15, 300
#: tries of one packet or mail before it is given up
MOST_TRIES = 5
#: who asks again for all has so long before another one does, seconds: a look and its last call
TURN_SECONDS = 240


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
    #: it answers nobody, not only not this agency
    is_down: Mapped[bool] = mapped_column(default=False)


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


def away_since(channel: str) -> datetime | None:
    """Since when the agency has not reached a channel; None: it has, the last time."""
    found = of(channel)
    return found.away_since if found else None


def is_due(channel: str, at: datetime) -> bool:
    """May the channel be asked now?"""
    found = of(channel)
    return found is None or found.next_at is None or found.next_at <= at


#: of a channel that answers
_WELL: dict[str, object] = {"away_since": None, "next_at": None, "failures": 0, "error": "", "is_down": False}


def reached(agency_id: int, channel: str, at: datetime) -> None:
    """It was reached. Commits."""
    _keep(agency_id, channel, {"reached_at": at, **_WELL})


def missed(agency_id: int, channel: str, words: str, at: datetime) -> None:
    """It was not reached; asked again after a pause. Commits."""
    found = of(channel)
    failures = (found.failures if found else 0) + 1
    since = (found.away_since if found else None) or at
    _keep(agency_id, channel, {"away_since": since, "next_at": at + pause(failures), "failures": failures,
                               "error": words[:300], "is_down": False})


def claim(agency_id: int, channel: str, at: datetime) -> bool:
    """May this agency ask now? When it answered nobody, one asks for all: this one, whose turn it is then. Commits."""
    own, down = _one(agency_id, channel), (Poll.channel == channel, Poll.is_down)
    if own is None or not own.is_down:
        db.session.rollback()
        return own is None or own.next_at is None or own.next_at <= at
    taken = db.session.scalars(update(Poll).where(*down, Poll.next_at <= at).values(
        next_at=at + timedelta(seconds=TURN_SECONDS)).returning(Poll.agency_id)).all()
    db.session.commit()
    return agency_id in taken


def down(agency_id: int, channel: str, words: str, began: datetime, at: datetime) -> None:
    """It answers nobody: no agency that works here asks it before the pause is over. Commits.

    A look that `began` before another one told so tells nothing new.
    """
    own = _one(agency_id, channel)
    if own is None or not (own.is_down and own.away_since and own.away_since >= began):
        failures = (own.failures if own else 0) + 1
        values = {"next_at": at + pause(failures), "failures": failures, "error": words[:300], "is_down": True}
        for one in sorted({agency_id, *(agency.id for agency in agencies.served())}):
            found = _one(one, channel)
            db.session.execute(_write(one, channel, {**values, "away_since": (found and found.away_since) or at}))
    db.session.commit()


def answered(channel: str) -> None:
    """It answers again, whatever it says: all may ask it. Commits."""
    db.session.execute(update(Poll).where(Poll.channel == channel, Poll.is_down).values(_WELL))
    db.session.commit()


def is_down(channel: str) -> bool:
    """Does it answer nobody? For the operator, as the owner of the tables."""
    return bool(db.session.scalar(select(select(Poll.id).where(Poll.channel == channel, Poll.is_down).exists())))


def of_served(channel: str) -> dict[str, Poll]:
    """How each agency that works here, by its code, found a channel; for the operator, as the owner of the tables."""
    return {own.code: found for own in agencies.served() if (found := _one(own.id, channel)) is not None}


def _one(agency_id: int, channel: str) -> Poll | None:
    return db.session.scalar(select(Poll).where(Poll.channel == channel, Poll.agency_id == agency_id)
                             .execution_options(populate_existing=True))


def _keep(agency_id: int, channel: str, values: dict[str, object]) -> None:
    db.session.execute(_write(agency_id, channel, values))
    db.session.commit()


def _write(agency_id: int, channel: str, values: dict[str, object]) -> Insert:
    new = {"failures": 0, "error": "", "is_down": False, **values}
    return (insert(Poll).values(agency_id=agency_id, channel=channel, **new)
            .on_conflict_do_update(index_elements=["agency_id", "channel"], set_=values))


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
