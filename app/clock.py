"""DOOR: the clock. Each tick only defers jobs, one per agency, under a queueing lock: two clocks do no harm."""

import logging
from datetime import UTC, datetime

from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask
from sqlalchemy import select, text

from app.db import db, queue, tenancy
from app.records import agency as agencies
from app.records import verify_agency
from app.records.calendar import ZONE

log = logging.getLogger(__name__)
#: pause between two looks for due timers, seconds
WAKE_SECONDS = 60
#: pause between two looks for slow work that lost its job, minutes
SWEEP_MINUTES = 10
#: pause between two seals of history, minutes (security.md S12)
SEAL_MINUTES = 15
#: pause between two looks for what signatures lacked, minutes
RECHECK_MINUTES = 60
#: when the nightly checks of history begin: hour in Viet Nam
NIGHT_HOUR = 1
#: when blobs that nobody names are looked for, after those checks: hour in Viet Nam
SWEEP_HOUR = 4
#: those checks: of every agency that left history here, whatever its row says now
NIGHTLY = ("verify", "replay", "conform")
#: when those who are late are urged on working days: hour in Viet Nam
URGE_HOUR = 8


def tick(app: Flask, name: str, waits_for: str = "default") -> int:
    """Defer the job `name` for every agency that works here; returns how many were not waiting already."""
    with app.app_context():
        ids = _checked(app) if name in NIGHTLY else [agency.id for agency in agencies.served()]
        db.session.remove()
        new = 0
        for agency_id in ids:
            with tenancy.acting_for(agency_id):
                new += queue.defer(db.session, name, {"agency_id": agency_id}, queue=waits_for,
                                   lock=f"{name}:{agency_id}", queueing_lock=f"{name}:{agency_id}")
                db.session.commit()
                db.session.remove()
        return new


def _checked(app: Flask) -> list[int]:
    """The agencies whose history is looked at; one without a row of its own can keep no finding: the others tell it."""
    with tenancy.as_owner():
        found = verify_agency.to_check()
        known = set(db.session.scalars(select(agencies.Agency.id)))
        db.session.rollback()
    return [agency_id for agency_id, _slug in found if agency_id in known]


def wake_due(app: Flask) -> int:
    """Defer `wake` for agencies with a due timer only."""
    with app.app_context(), tenancy.as_owner():
        ids = list(db.session.scalars(
            text("select distinct agency_id from instance where wake_at <= :now"), {"now": datetime.now(UTC)}))
        for agency_id in ids:
            queue.defer(db.session, "wake", {"agency_id": agency_id}, queueing_lock=f"wake:{agency_id}")
        db.session.commit()
        db.session.remove()
    return len(ids)


def sweep_orphans(app: Flask) -> bool:
    """Defer `orphans` once for the store that all agencies share; False: nobody works here, or one waits already."""
    with app.app_context():
        ids = [agency.id for agency in agencies.served()]
        db.session.remove()
        if not ids:
            return False
        with tenancy.acting_for(ids[0]):
            is_new = queue.defer(db.session, "orphans", {"agency_id": ids[0]}, lock="orphans", queueing_lock="orphans")
            db.session.commit()
            db.session.remove()
        return is_new


def serve(app: Flask) -> None:
    """Tick until told to stop."""
    settings = app.config["SETTINGS"]
    scheduler = BlockingScheduler(timezone="UTC")
    scheduler.add_job(lambda: wake_due(app), "interval", seconds=WAKE_SECONDS, max_instances=1)
    scheduler.add_job(lambda: tick(app, "sweep"), "interval", minutes=SWEEP_MINUTES, max_instances=1)
    # the registers of a new year open in its first minute
    scheduler.add_job(tick, "cron", (app, "sweep"), month=1, day=1, hour=0, minute=0, timezone=str(ZONE))
    scheduler.add_job(lambda: tick(app, "seal"), "interval", minutes=SEAL_MINUTES, max_instances=1,
                      next_run_time=datetime.now(UTC))
    for name in NIGHTLY:
        scheduler.add_job(tick, "cron", (app, name), hour=NIGHT_HOUR, timezone=str(ZONE), max_instances=1)
    scheduler.add_job(lambda: tick(app, "recheck", "revocation"), "interval", minutes=RECHECK_MINUTES, max_instances=1)
    scheduler.add_job(sweep_orphans, "cron", (app,), hour=SWEEP_HOUR, timezone=str(ZONE), max_instances=1)
    scheduler.add_job(tick, "cron", (app, "urge"), hour=URGE_HOUR, timezone=str(ZONE), max_instances=1)
    scheduler.add_job(lambda: tick(app, "scan"), "interval", seconds=settings.scan_seconds, max_instances=1,
                      next_run_time=datetime.now(UTC))
    if settings.exchange_url:
        scheduler.add_job(lambda: tick(app, "fetch", "exchange"), "interval", seconds=settings.exchange_seconds,
                          max_instances=1, jitter=settings.exchange_seconds // 10, next_run_time=datetime.now(UTC))
    scheduler.add_job(lambda: tick(app, "mail", "mail"), "interval", seconds=settings.mailbox_seconds,
                      max_instances=1, jitter=settings.mailbox_seconds // 10, next_run_time=datetime.now(UTC))
    scheduler.start()
