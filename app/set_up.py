"""DOOR: what an operator sets up by command before anybody can log in: agencies, people, diagrams (Art. 11.3.b).

Runs as the owner of the tables, on the machine itself; pages have no way here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flask import Flask

from app.db import db, tenancy
from app.engine import diagram, diagram_template, proposal_publish
from app.engine.instance import OPEN, Instance
from app.engine.reason import need_reason, operator
from app.records import account, history
from app.records import agency as agencies
from app.records.account import AlreadyThere, Why
from app.records.agency import Agency, by_code, by_slug
from app.records.calendar import local_date
from app.records.document import NotFound
from app.records.register import Register
from app.records.verify_record import TAKEN_OVER
from app.refusal import Refusal

ROOT = Path(__file__).parents[1]


class AgencyMissing(Refusal):
    """No agency that works here has this address."""

    code, status = "agency_missing", 404


class AgencyBusy(Refusal):
    """Documents of the agency are still under way; they would stand still."""

    code, status, article = "agency_busy", 409, "Art. 11.3.b"


class NothingThere(Refusal):
    """The folder holds no processes/*.bpmn."""

    code = "nothing_there"


@contextmanager
def behind(app: Flask, slug: str) -> Iterator[Agency]:
    """Behind the wall of an agency, for commands that act as it. Raises AgencyMissing."""
    with app.app_context():
        own = by_slug(slug)
        if own is None:
            raise AgencyMissing(agency=slug)
        agency_id = own.id
        db.session.remove()
        with tenancy.acting_for(agency_id):
            yield db.session.get_one(Agency, agency_id)
            db.session.remove()


def served(app: Flask) -> list[str]:
    """The addresses of the agencies that work here."""
    with app.app_context():
        return [one.slug for one in agencies.served()]


def _why(reason: str) -> Why:
    """Why this is done, by whom on this machine. Raises ReasonNeeded."""
    return Why(need_reason(reason), operator(), datetime.now(UTC))


def add_agency(app: Flask, *, code: str, slug: str, name: str, abbreviation: str, place: str, reason: str,
               parent: str = "") -> None:
    """An agency with its registers of this year and the shipped diagrams in force; `parent`: address of the one above.

    Raises AlreadyThere, AgencyMissing, ReasonNeeded.
    """
    why = _why(reason)
    now = why.at
    with app.app_context(), tenancy.as_owner():
        if db.session.scalar(db.select(Agency.id).where((Agency.code == code) | (Agency.slug == slug))):
            raise AlreadyThere(name=code)
        above = _agency(parent) if parent else None
        row = Agency(code=code, slug=slug, name=name, abbreviation=abbreviation, place=place,
                     parent_id=above.id if above else None)
        db.session.add(row)
        db.session.commit()
        agency_id = row.id
        db.session.remove()
    with app.app_context(), tenancy.acting_for(agency_id):
        for kind, title in (("incoming", "Sổ văn bản đến"), ("outgoing", "Sổ văn bản đi")):
            db.session.add(Register(agency_id=agency_id, kind=kind, name=title, year=local_date(now).year))
        history.take_over(agency_id, TAKEN_OVER, now, "Cơ quan mới được lập")
        account.note_agency(agency_id, why, {"code": code, "name": name, "parent": parent})
        _begin(agency_id, now)
        db.session.commit()
        db.session.remove()


def add_alias(app: Flask, *, agency: str, code: str, since: date, until: date | None, reason: str) -> None:
    """An old code of an agency of the directory (renamed, merged) is understood for some time; again: other days.

    `agency`: its code of today. Raises AgencyUnknown, AliasTaken, ReasonNeeded.
    """
    why = _why(reason)
    with app.app_context(), tenancy.as_owner():
        try:
            account.alias(agency, code, since, until, why)
            db.session.commit()
        finally:
            db.session.remove()


def serve_agency(app: Flask, *, code: str, is_served: bool, reason: str, leaves_open: bool = False) -> int | None:
    """Put an agency in or out of service; how many documents are left under way, None: it was so already.

    Raises AgencyUnknown, ReasonNeeded; AgencyBusy when somebody still works on documents, unless that is said.
    """
    why = _why(reason)
    with app.app_context(), tenancy.as_owner():
        try:
            agency_id = by_code(code).id
            left = 0 if is_served else db.session.scalar(db.select(db.func.count()).select_from(Instance).where(
                Instance.agency_id == agency_id, Instance.status.in_(OPEN))) or 0
            if left and not leaves_open:
                raise AgencyBusy(documents=left)
            is_new = account.serve(agency_id, is_served, why, {"left_open": left} if left else {})
            db.session.commit()
        finally:
            db.session.remove()
    return left if is_new else None


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


def _agency(slug: str) -> Agency:
    """The agency of an address. Raises AgencyMissing."""
    found = by_slug(slug)
    if found is None:
        raise AgencyMissing(agency=slug)
    return found


@contextmanager
def _inside(app: Flask, slug: str) -> Iterator[int]:
    """Behind the wall of the agency: its id. Raises AgencyMissing."""
    with app.app_context():
        agency_id = _agency(slug).id
        db.session.rollback()
        with tenancy.acting_for(agency_id):
            try:
                yield agency_id
            finally:
                db.session.remove()


def add_person(app: Flask, *, slug: str, username: str, full_name: str, position: str, roles: list[str], reason: str,
               unit: str = "", unit_abbreviation: str = "") -> str:
    """A person of an agency; returns the one-time password, to be changed at the first log-in (Art. 11.1.b).

    The unit is made when it is new. Raises RoleUnknown, RolesApart, AlreadyThere, AgencyMissing, ReasonNeeded.
    """
    why = _why(reason)
    with _inside(app, slug) as agency_id:
        unit_id = account.unit(agency_id, unit, unit_abbreviation, why) if unit else None
        password = account.create(agency_id, username, full_name, position, roles, unit_id, why)
        db.session.commit()
    return password


def take_over(app: Flask) -> int:
    """After an upgrade: what an earlier version wrote without an act is history from here on, once; how many agencies.

    Each table of each agency is taken over once in its life, so that what is put in behind the back later is found.
    """
    taken = 0
    with app.app_context():
        ids = list(db.session.scalars(db.select(Agency.id)))
        db.session.remove()
    for agency_id in ids:
        with app.app_context(), tenancy.acting_for(agency_id):
            taken += bool(history.take_over(agency_id, TAKEN_OVER, datetime.now(UTC), "Có từ trước bản nâng cấp"))
            db.session.commit()
            db.session.remove()
    return taken


def change_person(app: Flask, *, slug: str, username: str, reason: str, roles: list[str] | None = None,
                  position: str | None = None, unit: str = "", is_active: bool | None = None) -> bool:
    """Change what is given of a person; False: it was so already. Raises NotFound and what add_person raises."""
    why = _why(reason)
    with _inside(app, slug) as agency_id:
        unit_id = account.unit(agency_id, unit, "", why) if unit else None
        done = account.change(username, why, roles=roles, position=position, unit_id=unit_id, is_active=is_active)
        db.session.commit()
    return done


def change_unit(app: Flask, *, slug: str, name: str, renamed: str, abbreviation: str, reason: str) -> None:
    """Add a unit, or rename it. Raises NotFound, AlreadyThere, AgencyMissing, ReasonNeeded."""
    why = _why(reason)
    with _inside(app, slug) as agency_id:
        account.unit(agency_id, name, abbreviation, why, renamed=renamed)
        db.session.commit()


def delegate(app: Flask, *, slug: str, holder: str, deputy: str, reason: str, since: date | None = None,
             until: date | None = None) -> None:
    """Let the deputy act for the holder until a day; without one, end it with yesterday (Art. 7).

    Raises NotFound, DelegationUnclear, AlreadyThere, AgencyMissing, ReasonNeeded.
    """
    why = _why(reason)
    today = local_date(why.at)
    with _inside(app, slug):
        if until is not None:
            account.delegate(holder, deputy, since or today, until, why)
        elif not account.end_delegation(holder, deputy, today - timedelta(days=1), why):
            raise NotFound()
        db.session.commit()


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
