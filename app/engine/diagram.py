"""Diagrams of an agency: stored once per version, published together as a release (Art. 10.2).

A published row is never updated but to retire it. What runs is read from the database, never from disk;
parsed releases are kept in a process-wide cache by their sha256. It does not check a diagram against the
regulation.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, LargeBinary, String, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.engine import decision, form, scenario, spiff
from app.engine.reason import operator
from app.records import history
from app.refusal import Refusal

#: parsed releases and drawings kept per process: those of some fifty agencies with a few versions in use
MOST_BUNDLES = 512


class DiagramMissing(Refusal):
    """The agency has no published diagram of this key."""

    code, status, article = "diagram_missing", 404, "Art. 10.2"


class ReleaseWithdrawn(DiagramMissing):
    """The procedure's release was withdrawn and none is in force: nothing starts on it."""

    code, status = "release_withdrawn", 409


class Diagram(AgencyOwned, Base):
    """One version of one file: a procedure, a table, a form, or the scenarios of a procedure."""

    __tablename__ = "diagram"
    __table_args__ = (
        Index("diagram_in_force", "agency_id", "kind", "key", "status"),
        Index("diagram_one_in_force", "agency_id", "kind", "key", unique=True,
              postgresql_where="status = 'published'"),
    )

    #: "incoming", "exchange_form", "verify"
    key: Mapped[str] = mapped_column(String(60))
    #: bpmn, dmn, form or case
    kind: Mapped[str] = mapped_column(String(4))
    version: Mapped[int]
    text: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64))
    #: published or retired
    status: Mapped[str] = mapped_column(String(10))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    publisher_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    published_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(500), default="")


class Release(AgencyOwned, Base):
    """What is published together: one procedure with the forms and tables it uses."""

    __tablename__ = "release"
    __table_args__ = (
        Index("release_in_force", "agency_id", "key", "status"),
        Index("release_one_in_force", "agency_id", "key", unique=True, postgresql_where="status = 'published'"),
    )

    key: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    #: of the sha256s of its parts
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    #: published, retired or withdrawn; never two published of one key
    status: Mapped[str] = mapped_column(String(10))
    #: {"bpmn:incoming": sha256, "form:verify": sha256, ...}
    parts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    published_at: Mapped[datetime]
    #: who made it and who put it in force: two people; empty when it was loaded at set-up
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    publisher_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str] = mapped_column(String(500), default="")
    #: version of the province template that it started from
    template_version: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    withdrawn_reason: Mapped[str] = mapped_column(String(500), default="")


@dataclass(frozen=True)
class Bundle:
    """A release, parsed: shared by all who run it."""

    sha256: str
    drawing: bytes
    compiled: spiff.Compiled
    form_texts: dict[str, bytes]
    table_texts: dict[str, bytes]

    @cached_property
    def labels(self) -> dict[str, str]:
        """The words that stand at each element, "" at most flows and gateways."""
        return {name: one.label for name, one in self.compiled.elements.items()}

    @cached_property
    def annotations(self) -> dict[str, str]:
        """What stands at each row of its decision tables, by the row's id."""
        return {line.id: line.annotation for key in self.table_texts for line in self.table(key).lines()}

    def form(self, key: str) -> form.Form:
        """The parsed form of a key. Raises DiagramMissing."""
        if key not in self.form_texts:
            raise DiagramMissing(key=key)
        return _form(self.form_texts[key])

    def table(self, key: str) -> decision.Table:
        """The parsed decision table of a key. Raises DiagramMissing."""
        if key not in self.table_texts:
            raise DiagramMissing(key=key)
        return _table(self.table_texts[key])


@lru_cache(maxsize=512)
def _form(text: bytes) -> form.Form:
    return form.load(text)


@lru_cache(maxsize=128)
def _table(text: bytes) -> decision.Table:
    return decision.load(text)


@lru_cache(maxsize=MOST_BUNDLES)
def _compiled(text: bytes) -> spiff.Compiled:
    return spiff.compile_diagram(text)


_bundles: OrderedDict[str, Bundle] = OrderedDict()
_guard = Lock()


def bundle(release: Release) -> Bundle:
    """The parsed release, read once per process; of very many, those used last are kept."""
    with _guard:
        if release.sha256 in _bundles:
            _bundles.move_to_end(release.sha256)
            return _bundles[release.sha256]
    made = _read(release)
    with _guard:
        _bundles[release.sha256] = made
        while len(_bundles) > MOST_BUNDLES:
            _bundles.popitem(last=False)
    return made


def _read(release: Release) -> Bundle:
    rows = db.session.execute(
        select(Diagram.kind, Diagram.key, Diagram.text).where(Diagram.sha256.in_(set(release.parts.values()))))
    texts = {f"{kind}:{key}": text for kind, key, text in rows}
    drawing = texts.get(f"bpmn:{release.key}")
    if drawing is None:  # taken out of the database behind the application's back
        raise DiagramMissing(key=release.key)
    return Bundle(
        release.sha256, drawing, _compiled(drawing),
        {name[5:]: text for name, text in texts.items() if name.startswith("form:")},
        {name[4:]: text for name, text in texts.items() if name.startswith("dmn:")})


def published(key: str) -> Release | None:
    """The release in force; None when there is none, or it was withdrawn."""
    return db.session.scalar(select(Release).where(Release.key == key, Release.status == "published"))


def in_force(key: str) -> Release:
    """The release that new documents follow. Raises DiagramMissing."""
    found = published(key)
    if found is None and _has_withdrawn(key):
        raise ReleaseWithdrawn(key=key)
    if found is None:
        raise DiagramMissing(key=key)
    return found


def to_start(key: str) -> Release:
    """The release that a new instance follows: until the transaction ends nobody withdraws it. Raises DiagramMissing.

    While one is being withdrawn the first statement waits and finds it gone, the second finds what came in its place.
    """
    held = (select(Release).where(Release.key == key, Release.status == "published")
            .with_for_update(read=True, key_share=True).execution_options(populate_existing=True))
    return db.session.scalar(held) or db.session.scalar(held) or in_force(key)


def _has_withdrawn(key: str, **of: str) -> bool:
    query = select(Release.id).where(Release.key == key, Release.status == "withdrawn").filter_by(**of)
    return db.session.scalar(query.limit(1)) is not None


def table_in_force(key: str) -> decision.Table:
    """The published decision table of a key. Raises DiagramMissing."""
    text = db.session.scalar(
        select(Diagram.text).where(Diagram.kind == "dmn", Diagram.key == key, Diagram.status == "published"))
    if text is None:
        raise DiagramMissing(key=key)
    return _table(text)


@dataclass(frozen=True)
class Credit:
    """Who made what is published, who put it in force and why; empty at set-up, where nobody has logged in yet."""

    author_id: int | None = None
    publisher_id: int | None = None
    reason: str = ""
    #: ids of all who saved one of the files
    author_ids: tuple[int, ...] = ()
    #: what it changes, {key of a procedure: sentences}
    changes: dict[str, list[str]] = field(default_factory=dict)
    #: {key of a procedure: version of the province template that it follows}
    templates: dict[str, int] = field(default_factory=dict)

    def by(self) -> dict[str, str]:
        """Who does it by command of the machine, as its act says; empty: a person of the agency does it."""
        return {} if self.publisher_id else {"operator": operator()}


def publish(agency_id: int, files: dict[str, bytes], *, at: datetime, note: str, user_id: int | None = None,
            removed: Iterable[str] = (), credit: Credit | None = None, key: str = "") -> list[str]:
    """Publish files {"bpmn:incoming": text, ...} and the releases they make; same sha256 = nothing to do.

    `removed` are taken out of force. `key`: the procedure for whose sake it is done. One at a time in an agency. Each
    release is one act of its own chain. Raises what the parsers raise, before anything is written, and DiagramMissing
    for a form that a procedure asks for. Returns the keys of the new releases.
    """
    credit = credit or Credit(author_id=user_id, publisher_id=user_id, reason=note)
    for name, text in files.items():
        _PARSERS[name.split(":")[0]](text)
    history.lock(f"diagrams:{agency_id}")
    changed = {name for name, text in files.items() if _publish_one(agency_id, name, text, at, credit, note)}
    for name in removed:
        kind, _, of = name.partition(":")
        for row in db.session.scalars(select(Diagram).where(Diagram.kind == kind, Diagram.key == of,
                                                            Diagram.status == "published")):
            row.status = "retired"
            changed.add(name)
    db.session.flush()
    current = hashes_in_force()
    made = [name[5:] for name in sorted(current) if name.startswith("bpmn:")
            and _release(agency_id, name[5:], current, at, credit, changed, is_asked=name[5:] == key)]
    if changed and not made:  # files of no release in force: the agency's own chain tells of them
        history.note(f"agency:{agency_id}", "diagram_published", agency_id=agency_id, at=at,
                     actor_id=credit.publisher_id,
                     input={"files": sorted(changed), "reason": credit.reason, **credit.by()})
    return made


def sha256_of(text: bytes) -> str:
    """The name of a file's content."""
    return hashlib.sha256(text).hexdigest()


_PARSERS: dict[str, Callable[[bytes], Any]] = {"bpmn": _compiled, "form": _form, "dmn": _table, "case": scenario.load}


def _publish_one(agency_id: int, name: str, text: bytes, at: datetime, credit: Credit, note: str) -> bool:
    """Put a file in force; False: it is already."""
    kind, key = name.split(":")
    sha256 = sha256_of(text)
    present, newest = _last(Diagram, Diagram.kind == kind, Diagram.key == key)
    if present is not None and present.sha256 == sha256:
        return False
    if present is not None:
        present.status = "retired"
        db.session.flush()  # never two in force, not even within the transaction
    db.session.add(Diagram(agency_id=agency_id, key=key, kind=kind, version=newest + 1, text=text, sha256=sha256,
                           status="published", author_id=credit.author_id, publisher_id=credit.publisher_id,
                           published_at=at, note=note))
    return True


def _last(table: type[Diagram] | type[Release], *of: ColumnElement[bool]) -> tuple[Any, int]:
    """(the one in force or None, the highest version ever given, 0 when none was)."""
    present = db.session.scalar(select(table).where(table.status == "published", *of))
    return present, db.session.scalar(select(func.max(table.version)).where(*of)) or 0


def _release(agency_id: int, key: str, current: dict[str, str], at: datetime, credit: Credit,
             changed: set[str], *, is_asked: bool) -> bool:
    """Make the release of a procedure when one of its parts changed.

    One that was withdrawn and has nothing in its place comes back only with another drawing, or when what is published
    is published for its sake (`is_asked`) and changes a form or table that it names: never with another procedure.
    """
    named = names_of(key, db.session.scalar(select(Diagram.text).where(
        Diagram.kind == "bpmn", Diagram.key == key, Diagram.status == "published")))
    forms = {name for name in named if name.startswith("form:")}
    if missing := sorted(forms - set(current)):
        raise DiagramMissing(key=missing[0])
    parts = {name: sha for name, sha in current.items()
             if name in (f"bpmn:{key}", f"case:{key}") or name in forms or name.startswith("dmn:")}
    sha256 = history.digest(parts)
    present, newest = _last(Release, Release.key == key)
    if present is not None and present.sha256 == sha256:
        return False
    is_meant = f"bpmn:{key}" in changed or (is_asked and bool(changed & named))
    if present is None and newest and (not is_meant or _has_withdrawn(key, sha256=sha256)):
        return False
    if present is not None:
        present.status = "retired"
        db.session.flush()  # never two in force, not even within the transaction
    made = Release(agency_id=agency_id, key=key, version=newest + 1, sha256=sha256, status="published", parts=parts,
                   published_at=at, author_id=credit.author_id, publisher_id=credit.publisher_id,
                   reason=credit.reason[:500],
                   template_version=credit.templates.get(key, present.template_version if present else None))
    db.session.add(made)
    history.note(f"release:{key}", "diagram_published", agency_id=agency_id, at=at, actor_id=credit.publisher_id,
                 input={"version": made.version, "sha256": sha256, "parts": parts, "author": credit.author_id,
                        "authors": list(credit.author_ids), "publisher": credit.publisher_id, "reason": credit.reason,
                        "template_version": made.template_version, "changes": credit.changes.get(key, []),
                        **credit.by()})
    return True


def names_of(key: str, drawing: bytes) -> frozenset[str]:
    """What is a procedure's own: its drawing, and the forms and tables that the drawing names."""
    elements = _compiled(drawing).elements.values()
    return frozenset({f"bpmn:{key}", *(f"form:{e.form_key}" for e in elements if e.form_key),
                      *(f"dmn:{(e.arguments or {}).get('table')}" for e in elements if e.kind == "rule")})


def shipped(root: Path) -> dict[str, bytes]:
    """The files an agency starts with: processes/ and forms/ under `root`."""
    found = {}
    for folder, pattern, kind in (("processes", "*.bpmn", "bpmn"), ("processes", "*.dmn", "dmn"),
                                  ("processes", "*.case.json", "case"), ("forms", "*.json", "form")):
        for path in sorted((root / folder).glob(pattern)):
            found[f"{kind}:{path.name.split('.')[0]}"] = path.read_bytes()
    return found


def hashes_in_force() -> dict[str, str]:
    """{"bpmn:incoming": sha256, ...} of all that is in force in the agency."""
    return {f"{kind}:{key}": sha for kind, key, sha in db.session.execute(
        select(Diagram.kind, Diagram.key, Diagram.sha256).where(Diagram.status == "published"))}


def texts_in_force() -> dict[str, bytes]:
    """{"bpmn:incoming": text, ...} of all that is in force in the agency, by name."""
    rows = db.session.execute(select(Diagram.kind, Diagram.key, Diagram.text).where(Diagram.status == "published"))
    return dict(sorted((f"{kind}:{key}", text) for kind, key, text in rows))


def texts_of(release: Release) -> dict[str, bytes]:
    """{"bpmn:incoming": text, ...}: the parts of a release, by name."""
    rows = db.session.execute(select(Diagram.kind, Diagram.key, Diagram.sha256, Diagram.text)
                              .where(Diagram.sha256.in_(set(release.parts.values()))))
    return dict(sorted((name, text) for kind, key, sha, text in rows
                       if release.parts.get(name := f"{kind}:{key}") == sha))
