"""The command that says what an installation lacks while it runs; it changes nothing and starts nothing."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from config import Config

if TYPE_CHECKING:
    from app.records.poll import Poll

#: what is fine, by what it is about
_WELL = frozenset({"none", "answers"})


@click.command()
@click.option("--json", "as_json", is_flag=True)
def doctor(as_json: bool) -> None:
    """Say what this installation lacks while it runs: a scanner for malware, the axis. Exit code 1: something does."""
    config = Config()
    found = {name: dict(zip(("state", "message"), told(config), strict=True)) for name, told in _CHECKS.items()}
    click.echo(json.dumps(found) if as_json else "\n".join(f"{name}: {one['message']}" for name, one in found.items()))
    if any(one["state"] not in _WELL for one in found.values()):
        raise SystemExit(1)


def _antivirus(config: Config) -> tuple[str, str]:
    """Whether a scanner is named, and answers."""
    from app.tools.antivirus import ANSWERS, AWAY, NONE, Scanner

    address = config.antivirus
    state = Scanner(address).state()
    return state, {NONE: "no scanner is named (QLVB_ANTIVIRUS is not set): files go out without being asked about",
                   ANSWERS: f"{address} answers",
                   AWAY: f"{address} does not answer: no file is given out until it does"}[state]


def _exchange(config: Config) -> tuple[str, str]:
    """Whether an axis is named and how the workers' last looks found it."""
    from sqlalchemy.exc import SQLAlchemyError

    from app.db.embedded import DatabaseMissing

    if not config.exchange_url:
        return "none", "no axis is named (QLVB_EXCHANGE_URL is not set): nothing is sent or fetched"
    try:
        return _as_found(config.exchange_url, _looks(config), datetime.now(UTC), config.exchange_seconds)
    except (SQLAlchemyError, DatabaseMissing):
        return "unknown", f"{config.exchange_url}: the database, in which the looks are written down, does not answer"


def _looks(config: Config) -> "dict[str, Poll]":
    """How each agency found the axis. Raises SQLAlchemyError, DatabaseMissing."""
    from app import create_app
    from app.db import db, embedded, tenancy
    from app.records import poll

    if not config.database_url and not embedded.Cluster(config.data).running():
        raise embedded.DatabaseMissing("it does not run")
    with create_app(config).app_context(), tenancy.as_owner():
        try:
            return poll.of_served(poll.EXCHANGE)
        finally:
            db.session.remove()


def _as_found(url: str, looks: "Mapping[str, Poll]", at: datetime, seconds: int) -> tuple[str, str]:
    """What the looks of all agencies say together; `seconds` lie between two."""
    from app.records.poll import LONGEST_PAUSE_SECONDS

    away = {code: one.away_since for code, one in looks.items() if one.away_since}
    reached = max((one.reached_at for one in looks.values() if one.reached_at), default=None)
    if any(one.is_down for one in looks.values()):
        since = max(one for one in (min(away.values()), reached) if one)  # who was refused before has an earlier one
        return "away", f"{url} has answered nobody since {_clock(since)}: what goes out and comes in waits"
    if away:
        refused = "; ".join(f"{code} since {_clock(since)} ({looks[code].error})" for code, since in away.items())
        return "refuses", f"{url} was last reached {_clock(reached)}, but not by {refused}"
    if reached is None or reached < at - timedelta(seconds=LONGEST_PAUSE_SECONDS + 2 * seconds):
        return "unasked", f"{url} was last asked {_clock(reached)}: do the clock and a worker run?"
    return "answers", f"{url} answers, last {_clock(reached)}"


def _clock(at: datetime | None) -> str:
    from app.records.calendar import ZONE

    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}" if at else "never"


_CHECKS = {"antivirus": _antivirus, "exchange": _exchange}
