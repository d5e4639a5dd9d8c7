"""Make the demo province: agencies, people, registers, holidays, keys, diagrams (Art. 11.3.b).

Everything is marked demo; a production installation refuses to start beside it. Documents are made by
story.py, through the same acts as people use.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask

from app import axis
from app.db import db, tenancy
from app.demo.people import AGENCIES, PASSWORD, PIN, PROVINCE, DemoAgency
from app.engine import diagram, handover
from app.engine.reason import operator
from app.records import calendar_law, history
from app.records.agency import Agency, Unit
from app.records.calendar import Holiday, local_date
from app.records.people import Delegation, User, hash_password
from app.records.register import Register
from app.records.verify_record import TAKEN_OVER
from app.tools import pki
from config import Config

ROOT = Path(__file__).parents[2]
#: years whose days off are there from the beginning
CALENDAR_YEARS = (2026, 2027)
#: the agency above first: the others lie under it
_ALL = (PROVINCE, *AGENCIES)


def is_made(app: Flask) -> bool:
    """Whether the province is there."""
    with app.app_context():
        found = db.session.scalar(db.select(Agency.id).limit(1))
        db.session.remove()
    return found is not None


def make_keys(config: Config) -> None:
    """Certificates, PKCS#12 files and the agencies' secrets of the axis; what is there stays."""
    agencies = [{"code": a.code, "name": a.name} for a in _ALL]
    people = [{"username": f"{a.slug}.{username}", "full_name": full_name, "agency_code": a.code,
               "agency_name": a.name, "position": title}
              for a in _ALL for unit in a.units for username, full_name, title, roles in unit.people
              if "leader" in roles]
    pki.make_demo(config.pki, agencies, people, PIN)
    (config.pki / "register.json").write_text(json.dumps([
        {"code": a.code, "name": a.name, "agency_certificates": [f"agency-{a.code}.pem"], "leaders": [
            {"name": one["full_name"], "position": one["position"], "certificates": [f"person-{one['username']}.pem"]}
            for one in people if one["agency_code"] == a.code]} for a in _ALL], ensure_ascii=False))
    path = config.data / "axis-secrets.json"
    if not path.exists():
        secrets = {a.code: axis.register(config.data / "axis", a.code, a.name) for a in _ALL}
        path.touch(mode=0o600)
        path.write_text(json.dumps(secrets))


def make(app: Flask, at: datetime | None = None) -> None:
    """All rows of the province but documents; one transaction per agency."""
    at = at or datetime.now(UTC)
    stored = hash_password(PASSWORD)
    with app.app_context(), tenancy.as_owner():
        rows = {}
        for drawn in _ALL:
            row = Agency(code=drawn.code, slug=drawn.slug, name=drawn.name, abbreviation=drawn.abbreviation,
                         place=drawn.place, is_demo=True, is_served=True,
                         parent_id=rows[PROVINCE.code].id if rows else None)
            db.session.add(row)
            db.session.flush()
            rows[drawn.code] = row
        db.session.commit()
        ids = {code: row.id for code, row in rows.items()}
        db.session.remove()
    for drawn in _ALL:
        with app.app_context(), tenancy.acting_for(ids[drawn.code]):
            people = _people(ids[drawn.code], drawn, stored, at)
            history.take_over(ids[drawn.code], TAKEN_OVER, at, "Cơ quan mới được lập")
            for user in people:
                told = {"username": user.username, "full_name": user.full_name, "position": user.position,
                        "roles": list(user.roles), "reason": "Tài khoản mẫu của bản demo", "operator": operator()}
                history.note(f"user:{user.id}", "account_changed", agency_id=user.agency_id, at=at, actor_id=None,
                             input=told)
            diagram.publish(ids[drawn.code], diagram.shipped(ROOT), at=at, user_id=None, note="Bản khởi đầu")
            db.session.commit()
            _audits(drawn, at)
            db.session.remove()


def _people(agency_id: int, drawn: DemoAgency, stored: str, at: datetime) -> list[User]:
    """What an agency has before its first document; its people."""
    users = {}
    for shape in drawn.units:
        unit = Unit(agency_id=agency_id, name=shape.name, abbreviation=shape.abbreviation)
        db.session.add(unit)
        db.session.flush()
        for username, full_name, title, roles in shape.people:
            deputy = "leader" in roles and title.startswith("PHÓ")
            head = next(t for u in drawn.units for _, _, t, r in u.people if "leader" in r and not t.startswith("PHÓ"))
            competence = "; ".join(filter(None, (drawn.competence, f"KT. {head}" if deputy else "")))
            users[username] = User(
                agency_id=agency_id, username=username, full_name=full_name, position=title, roles=list(roles),
                competence=competence if "leader" in roles else "", unit_id=unit.id, password_hash=stored,
                must_change_password=False, is_demo=True)
            db.session.add(users[username])
    db.session.flush()
    today = local_date(at)
    if "truongphong" in users:
        db.session.add(Delegation(
            agency_id=agency_id, from_user_id=users["lanhdao"].id, to_user_id=users["truongphong"].id,
            from_date=today, until_date=today + timedelta(days=30), reason="Lãnh đạo đi công tác"))
    for kind, name in (("incoming", "Sổ văn bản đến"), ("outgoing", "Sổ văn bản đi")):
        for year in (today.year - 1, today.year):
            db.session.add(Register(agency_id=agency_id, kind=kind, name=name, year=year))
    for one in [one for year in CALENDAR_YEARS for one in calendar_law.days_of(year)]:
        db.session.add(Holiday(agency_id=agency_id, day=one.day, kind=one.kind, name=one.name, source=one.source))
    return list(users.values())


def _audits(drawn: DemoAgency, at: datetime) -> None:
    """The leader lets the agency's auditor read all of it, and the department's the one above a register."""
    people = {user.username: user for user in db.session.scalars(db.select(User))}
    until = local_date(at) + timedelta(days=handover.LONGEST_DAYS)
    handover.give(people["lanhdao"], people["thanhtra"].id, handover.Scope(is_whole=True), until,
                  "Kiểm tra thường xuyên việc thực hiện quy chế", at)
    if drawn.slug == "stc":
        book = db.session.scalars(db.select(Register).where(
            Register.kind == "incoming", Register.year == local_date(at).year)).one()
        handover.give(people["lanhdao"], None, handover.Scope(register_id=book.id), until,
                      "Theo kế hoạch kiểm tra công tác văn thư của tỉnh", at)
