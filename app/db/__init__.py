"""The ground: the one SQLAlchemy handle, and the mixin that puts a table behind the agency wall.

Does not set the wall (tenancy.py) nor know any table.
"""

from datetime import datetime

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

from app.db import readable

readable.register()


class Base(DeclarativeBase):
    """Every table: a bigint identity as key; every time with its zone."""

    registry = registry(type_annotation_map={datetime: DateTime(timezone=True), int: BigInteger})

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)


class AgencyOwned:
    """A table behind the wall: a transaction sees and writes rows of its own agency only (tenancy.py)."""

    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)


db = SQLAlchemy(model_class=Base, disable_autonaming=True)
