"""Agencies of the province and their units (Art. 5, 11.3.b).

The table of agencies is the directory that all agencies read; it stands outside the wall between agencies, and so do
the codes that an agency had before it was renamed or merged (QĐ 20/2020/QĐ-TTg; Thông tư 01/2022/TT-BTTTT gave new
ones). Units lie behind it. It does not know people (people.py).
"""

from datetime import date

from sqlalchemy import ForeignKey, String, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.refusal import Refusal


class AgencyUnknown(Refusal):
    """No agency of this code."""

    code, status = "agency_unknown", 404


class Agency(Base):
    """One agency: a tenant of the product and an address of the exchange."""

    __tablename__ = "agency"

    #: organisation code, QĐ 20/2020/QĐ-TTg: at most 35 characters, highest level first
    code: Mapped[str] = mapped_column(String(35), unique=True)
    #: name as it stands on documents
    name: Mapped[str] = mapped_column(String(200))
    #: abbreviation in notations: "UBND", "STC"
    abbreviation: Mapped[str] = mapped_column(String(30))
    #: part of the address: /dang-nhap?coquan=<slug>
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    #: place written before the date, NĐ 30/2020 PL I.II.4
    place: Mapped[str] = mapped_column(String(50))
    #: the agency above
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    #: made by the demo; refused in production
    is_demo: Mapped[bool] = mapped_column(default=False)
    #: works in this installation; False = an address of the directory only
    is_served: Mapped[bool] = mapped_column(default=True)

    @property
    def is_general(self) -> bool:
        """Whether it is an authority of general competence: above its name stands no other (NĐ 30/2020 PL I.II.2)."""
        return self.name.startswith(("Ủy ban nhân dân", "Hội đồng nhân dân"))


class AgencyAlias(Base):
    """An organisation code under which an agency is written to or writes, beside its own, for some time."""

    __tablename__ = "agency_alias"

    #: the old code
    code: Mapped[str] = mapped_column(String(35), unique=True)
    #: whose it is now
    owner_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    #: from this day it stands for that agency, to the last day on which it is still understood; None = no end
    since: Mapped[date]
    until: Mapped[date | None]

    owner: Mapped[Agency] = relationship()


class Unit(AgencyOwned, Base):
    """A department, office or group inside an agency."""

    __tablename__ = "unit"

    name: Mapped[str] = mapped_column(String(200))
    #: abbreviation in notations: "VX" in "12/UBND-VX"
    abbreviation: Mapped[str] = mapped_column(String(30), default="")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))


def served() -> list[Agency]:
    """The agencies that work here, by name."""
    return list(db.session.scalars(select(Agency).where(Agency.is_served).order_by(Agency.name)))


def by_code(code: str) -> Agency:
    """The agency of an organisation code; raises AgencyUnknown."""
    found = db.session.scalar(select(Agency).where(Agency.code == code))
    if found is None:
        raise AgencyUnknown(agency=code)
    return found


def by_slug(slug: str) -> Agency | None:
    """The agency of an address."""
    return db.session.scalar(select(Agency).where(Agency.slug == slug, Agency.is_served))


def names(codes: list[str]) -> dict[str, str]:
    """{code: name} of the codes that are known, old ones too: for pages, whatever the day."""
    rows = db.session.execute(select(Agency.code, Agency.name).where(Agency.code.in_(codes)))
    old = db.session.execute(select(AgencyAlias.code, Agency.name).join(Agency, Agency.id == AgencyAlias.owner_id)
                             .where(AgencyAlias.code.in_(codes)))
    return {code: name for code, name in [*rows, *old]}


def code_named(name: str) -> tuple[str, bool]:
    """(code, is it sure) of the agency that a letterhead names; ("", True) for none, or for several.

    A letterhead may leave out the province, which stands above it: "SỞ NỘI VỤ" is then likely the one of that name.
    """
    begins = func.lower(Agency.name).startswith(f"{name.lower()} ", autoescape=True)
    for rule, is_sure in ((func.lower(Agency.name) == name.lower(), True), (begins, False)):
        found = db.session.scalars(select(Agency.code).where(rule).limit(2)).all()
        if name and len(found) == 1:
            return found[0], is_sure
    return "", True


def bearer(code: str, day: date) -> Agency | None:
    """The agency that a code stands for on a day, its own or an old one."""
    alias = select(AgencyAlias.owner_id).where(AgencyAlias.code == code, AgencyAlias.since <= day,
                                               or_(AgencyAlias.until.is_(None), AgencyAlias.until >= day))
    return db.session.scalar(select(Agency).where(Agency.id == alias.scalar_subquery())) or db.session.scalar(
        select(Agency).where(Agency.code == code))


def codes_of(code: str, day: date) -> list[str]:
    """All codes by which the agency of this code is known on a day, its own first; an unknown code stands alone."""
    found = bearer(code, day)
    if found is None:
        return [code]
    return [found.code, *db.session.scalars(select(AgencyAlias.code).where(
        AgencyAlias.owner_id == found.id, AgencyAlias.since <= day,
        or_(AgencyAlias.until.is_(None), AgencyAlias.until >= day)).order_by(AgencyAlias.code))]
