"""Province templates: procedures that every agency may start from (Art. 10.2).

Published by set_up.py as the owner of the tables; agencies read them and change them in proposals of their own.
It is not an element template of the editor (template.py).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, db
from app.engine import diagram, spiff
from app.records import history


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


def publish(files: dict[str, bytes], note: str, at: datetime) -> dict[str, int]:
    """A new version of each procedure of the province that changed; {key: version}. Only the owner may write.

    `files` as diagram.shipped gives them: each drawing with the forms it asks for, all tables, its scenarios. Raises
    what the parsers raise, and DiagramMissing for a form that is not there.
    """
    made = {}
    for key in sorted(name[5:] for name in files if name.startswith("bpmn:")):
        parts = _parts(key, files)
        sha256 = history.digest({name: diagram.sha256_of(text) for name, text in parts.items()})
        last = newest(key)
        if last is not None and last.sha256 == sha256:
            continue
        made[key] = last.version + 1 if last else 1
        db.session.add(DiagramTemplate(key=key, version=made[key], sha256=sha256, note=note[:500], published_at=at,
                                       parts={name: text.decode() for name, text in parts.items()}))
    db.session.flush()
    return made


def _parts(key: str, files: dict[str, bytes]) -> dict[str, bytes]:
    asked = {f"form:{one.form_key}" for one in spiff.compile_diagram(files[f"bpmn:{key}"]).elements.values()
             if one.form_key}
    if missing := sorted(asked - set(files)):
        raise diagram.DiagramMissing(key=missing[0])
    return {name: text for name, text in files.items()
            if name in asked or name in (f"bpmn:{key}", f"case:{key}") or name.startswith("dmn:")}


def newest(key: str) -> DiagramTemplate | None:
    """The newest version of a procedure of the province; None when it has none."""
    return db.session.scalar(select(DiagramTemplate).where(DiagramTemplate.key == key)
                             .order_by(DiagramTemplate.version.desc()).limit(1))


def versions() -> dict[str, DiagramTemplate]:
    """{key: newest version} of all procedures of the province."""
    rows = db.session.scalars(select(DiagramTemplate).order_by(DiagramTemplate.key, DiagramTemplate.version))
    return {row.key: row for row in rows}


def texts(template: DiagramTemplate) -> dict[str, bytes]:
    """{"bpmn:incoming": text, ...}: its files."""
    return {name: text.encode() for name, text in sorted(template.parts.items())}


def is_news(template: DiagramTemplate | None, release: diagram.Release | None) -> bool:
    """Whether the agency follows an older version, or none, and what it has in force is another text."""
    if template is None:
        return False
    if release is None:
        return True
    return (release.template_version or 0) < template.version and history.digest(release.parts) != template.sha256
