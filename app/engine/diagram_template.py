"""Province templates: procedures that every agency may start from (Art. 10.2).

Published by set_up.py as the owner of the tables; agencies read them and change them in proposals of their own.
It is not an element template of the editor (template.py).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class DiagramTemplate(Base):
    """One version of one procedure of the province, with its forms and tables; owned by no agency."""

    __tablename__ = "diagram_template"
    __table_args__ = (UniqueConstraint("key", "version"),)

    key: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    #: {"bpmn:incoming": text, "form:verify": text, ...}
    parts: Mapped[dict[str, Any]] = mapped_column(JSONB, deferred=True)
    #: of the sha256s of its parts
    sha256: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(500), default="")
    published_at: Mapped[datetime]
