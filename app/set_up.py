"""DOOR: what an operator sets up by command before anybody can log in: agencies, people, diagrams (Art. 11.3.b).

Runs as the owner of the tables, on the machine itself; pages have no way here.
"""

import secrets
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask

from app.db import db, tenancy
from app.engine import diagram, diagram_template, proposal_publish
from app.records import history
from app.records.agency import Agency, Unit, by_slug
from app.records.calendar import local_date
from app.records.people import ROLES, User, hash_password
from app.records.register import Register
from app.records.verify_record import STANDING
from app.refusal import Refusal

ROOT = Path(__file__).parents[1]


class AlreadyThere(Refusal):
    """An agency or person of that name exists."""

    code, status = "already_there", 409


class RoleUnknown(Refusal):
    """A role is one of: clerk, leader, head, officer, admin, auditor, designer, publisher, migrator."""

    code = "role_unknown"


class NothingThere(Refusal):
    """The folder holds no processes/*.bpmn."""

    code = "nothing_there"


def add_agency(app: Flask, *, code: str, slug: str, name: str, abbreviation: str, place: str) -> None:
    """An agency with its registers of this year and the shipped diagrams in force. Raises AlreadyThere."""
    now = datetime.now(UTC)
    with app.app_context(), tenancy.as_owner():
        if db.session.scalar(db.select(Agency.id).where((Agency.code == code) | (Agency.slug == slug))):
            raise AlreadyThere(name=code)
        row = Agency(code=code, slug=slug, name=name, abbreviation=abbreviation, place=place)
        db.session.add(row)
        db.session.commit()
        agency_id = row.id
        db.session.remove()
    with app.app_context(), tenancy.acting_for(agency_id):
        for kind, title in (("incoming", "Sổ văn bản đến"), ("outgoing", "Sổ văn bản đi")):
            db.session.add(Register(agency_id=agency_id, kind=kind, name=title, year=local_date(now).year))
        history.take_over(agency_id, STANDING, now, "Cơ quan mới được lập")
        _begin(agency_id, now)
        db.session.commit()
        db.session.remove()


def _begin(agency_id: int, at: datetime) -> None:
    """The agency's first diagrams: those of the province where it has some, else the shipped ones (Art. 10.2)."""
    files, credit = diagram.shipped(ROOT), diagram.Credit(reason="Bản khởi đầu")
    for key, template in diagram_template.versions().items():
        files |= diagram_template.texts(template)
        credit.templates[key] = template.version
    diagram.publish(agency_id, files, at=at, note="Bản khởi đầu", credit=credit)


def publish_templates(app: Flask, folder: Path, note: str) -> dict[str, int]:
    """Publish processes/ and forms/ of a folder as the province's templates; {key: new version} of what changed.

    Agencies keep what they have in force: each is told and decides. Raises CheckFailed, ScenariosFail, DiagramMissing
    and what the parsers raise.
    """
    files = diagram.shipped(folder)
    if not any(name.startswith("bpmn:") for name in files):
        raise NothingThere(folder=str(folder))
    proposal_publish.refuse_unsound(proposal_publish.judge_files(files, frozenset(files)))
    with app.app_context(), tenancy.as_owner():
        made = diagram_template.publish(files, note, datetime.now(UTC))
        db.session.commit()
        db.session.remove()
    return made


def add_person(app: Flask, *, slug: str, username: str, full_name: str, position: str, roles: list[str],
               unit: str = "", unit_abbreviation: str = "") -> str:
    """A person of an agency; returns the one-time password, to be changed at the first log-in (Art. 11.1.b).

    The unit is made when it is new. Raises RoleUnknown, AlreadyThere, NotFound's kin when the agency is unknown.
    """
    if not roles or not set(roles) <= set(ROLES):
        raise RoleUnknown(roles=", ".join(roles))
    password = secrets.token_urlsafe(15)
    with app.app_context():
        agency = by_slug(slug)
        if agency is None:
            raise Refusal(f"No agency of address {slug!r}.")
        agency_id = agency.id
        db.session.rollback()
        with tenancy.acting_for(agency_id):
            if db.session.scalar(db.select(User.id).where(User.username == username)):
                raise AlreadyThere(name=username)
            row = User(agency_id=agency_id, username=username.lower(), full_name=full_name, position=position,
                       roles=roles, unit_id=_unit(agency_id, unit, unit_abbreviation),
                       password_hash=hash_password(password))
            db.session.add(row)
            db.session.flush()
            history.note(f"user:{row.id}", "account_changed", agency_id=agency_id, at=datetime.now(UTC), actor_id=None,
                         input={"username": row.username, "full_name": full_name, "position": position,
                                "roles": list(roles)})
            db.session.commit()
            db.session.remove()
    return password


def take_over(app: Flask) -> int:
    """After an upgrade: what an earlier version wrote without an act is history from here on, once; how many agencies.

    Each table of each agency is taken over once in its life, so that what is put in behind the back later is found.
    """
    taken = 0
    with app.app_context():
        ids = list(db.session.scalars(db.select(Agency.id).where(Agency.is_served)))
        db.session.remove()
    for agency_id in ids:
        with app.app_context(), tenancy.acting_for(agency_id):
            taken += bool(history.take_over(agency_id, STANDING, datetime.now(UTC), "Có từ trước bản nâng cấp"))
            db.session.commit()
            db.session.remove()
    return taken


def _unit(agency_id: int, name: str, abbreviation: str) -> int | None:
    if not name:
        return None
    row = db.session.scalar(db.select(Unit).where(Unit.name == name))
    if row is None:
        row = Unit(agency_id=agency_id, name=name, abbreviation=abbreviation)
        db.session.add(row)
        db.session.flush()
    return row.id


def load_diagrams(app: Flask) -> dict[str, list[str] | None]:
    """Publish the shipped diagrams and forms to the agencies that work here; {slug: releases that are new}.

    None: the agency has published diagrams of its own, or follows the province's; they are its own to change (Art.
    10.2), it is told of a template instead (`publish_templates`). Raises CheckFailed, ScenariosFail.
    """
    with app.app_context():
        known = [(a.id, a.slug) for a in db.session.scalars(db.select(Agency).where(Agency.is_served))]
        db.session.remove()
    files = diagram.shipped(ROOT)
    proposal_publish.refuse_unsound(proposal_publish.judge_files(files, frozenset(files)))
    made = {}
    for agency_id, slug in known:
        with app.app_context(), tenancy.acting_for(agency_id):
            history.lock(f"diagrams:{agency_id}")
            made[slug] = None if _has_its_own() else diagram.publish(
                agency_id, files, at=datetime.now(UTC), note="Nạp từ thư mục processes, forms")
            db.session.commit()
            db.session.remove()
    return made


def _has_its_own() -> bool:
    """Whether a person published what is in force, or it follows a template of the province."""
    of = diagram.Release
    return db.session.scalar(db.select(of.id).where(
        of.status == "published", of.publisher_id.is_not(None) | of.template_version.is_not(None)).limit(1)) is not None
