"""Agencies of the province and their units (Art. 5, 11.3.b).

The table of agencies is the directory that all agencies read; it stands outside the wall between agencies.
Units lie behind it. It does not know people (people.py).
"""

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

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
    """{code: name} of the codes that are known."""
    rows = db.session.execute(select(Agency.code, Agency.name).where(Agency.code.in_(codes)))
    return {code: name for code, name in rows}
