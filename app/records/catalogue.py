"""Lists from which forms let people choose: people, agencies, registers, kinds of documents (Art. 11.3.b).

A list is a function registered under its name; floors above add theirs. It does not check a choice
(engine/form.py does, against the same list).
"""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import or_, select

from app.db import db
from app.records import register
from app.records.agency import Agency, Unit
from app.records.calendar import local_date
from app.records.document import PRIORITIES
from app.records.people import User, with_role
from app.refusal import Refusal

Values = list[dict[str, str]]
#: what the value of a unit begins with where people and units can be chosen
UNIT = "unit:"
_lists: dict[str, Callable[[User], Values]] = {}


class CatalogueUnknown(Refusal):
    """A form asks for a list that does not exist."""

    code = "catalogue_unknown"


def catalogue(name: str) -> Callable[[Callable[[User], Values]], Callable[[User], Values]]:
    """Register the function below as the list `name`."""

    def keep(function: Callable[[User], Values]) -> Callable[[User], Values]:
        _lists[name] = function
        return function

    return keep


def names() -> set[str]:
    """The lists that exist."""
    return set(_lists)


def values(name: str, user: User) -> Values:
    """The list as [{"label", "value"}], for the person who looks. Raises CatalogueUnknown."""
    if name not in _lists:
        raise CatalogueUnknown(name=name)
    return _lists[name](user)


def _people(people: list[User]) -> Values:
    return [
        {"label": f"{p.full_name} - {p.position}" + (f", {p.unit.name}" if p.unit else ""), "value": str(p.id)}
        for p in people
    ]


@catalogue("person")
def _person(user: User) -> Values:
    query = select(User).where(User.is_active, ~User.roles.contains(["admin"]), ~User.roles.contains(["auditor"]))
    return _people(list(db.session.scalars(query.order_by(User.full_name))))


@catalogue("holder")
def _holder(user: User) -> Values:
    return _units(True) + _person(user)


@catalogue("handler")
def _handler(user: User) -> Values:
    query = select(User).where(User.is_active, or_(User.roles.contains(["officer"]), User.roles.contains(["head"])))
    # a person bears the name of his unit: who types that name and presses Enter means the unit
    return _units(False) + _people(list(db.session.scalars(query.order_by(User.full_name))))


def _units(is_any: bool) -> Values:
    """The units where people work; those with a head only, who leads in the unit's name."""
    worked = select(User.id).where(User.unit_id == Unit.id, User.is_active)
    if not is_any:
        worked = worked.where(User.roles.contains(["head"]))
    rows = db.session.scalars(select(Unit).where(worked.exists()).order_by(Unit.name))
    return [{"label": f"{row.name} (cả đơn vị)", "value": f"{UNIT}{row.id}"} for row in rows]


@catalogue("leader")
def _leader(user: User) -> Values:
    return _people(with_role("leader"))


@catalogue("agency")
def _agency(user: User) -> Values:
    rows = db.session.scalars(select(Agency).where(Agency.id != user.agency_id).order_by(Agency.name))
    return [{"label": row.name, "value": row.code} for row in rows]


@catalogue("incoming_register")
def _incoming_register(user: User) -> Values:
    year = local_date(datetime.now(UTC)).year
    return [{"label": r.name, "value": str(r.id)} for r in register.open_registers("incoming", year)]


@catalogue("priority")
def _priority(user: User) -> Values:
    return [{"label": word, "value": str(digit)} for digit, word in PRIORITIES.items()]
