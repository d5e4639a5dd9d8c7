"""Repair of an instance that cannot go on: one person asks, another decides (Art. 10.2, security.md S5).

The table of what was asked. It does not let anything pass that the obligations forbid (obligation.py is asked as
at every other step).
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import AgencyOwned, Base
from app.records.people import User


class Repair(AgencyOwned, Base):
    """A token that shall stand somewhere else, asked by one and decided by another."""

    __tablename__ = "repair"

    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), index=True)
    #: where the token stands
    element: Mapped[str] = mapped_column(String(60))
    occurrence: Mapped[int]
    #: where it shall go on
    to_element: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(500))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    #: asked, done or refused
    status: Mapped[str] = mapped_column(String(10))

    asked_by: Mapped[User] = relationship(foreign_keys=[asked_by_id], lazy="joined", innerjoin=True)
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id], lazy="joined")
