"""One running procedure: its document, its release, its state as bytes, its lock.

The state is written by spiff.py and read by nobody else. It does not move an instance (act.py does).
"""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, select
from sqlalchemy.orm import Load, Mapped, lazyload, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from app.db import AgencyOwned, Base, db
from app.engine import diagram
from app.records import history
from app.records.document import Document, NotFound
from app.refusal import Refusal

#: statuses of an instance that has not ended
OPEN = ("running", "incident", "suspended")


class InstanceSuspended(Refusal):
    """The instance is suspended; it goes on when somebody resumes it."""

    code, status = "instance_suspended", 409


class Instance(AgencyOwned, Base):
    """One procedure running for one document, on one release."""

    __tablename__ = "instance"
    __table_args__ = (
        Index("instance_due", "agency_id", "wake_at", postgresql_where="wake_at is not null"),
        Index("instance_of_release", "release_id", postgresql_where="ended_at is null"),
    )

    key: Mapped[str] = mapped_column(String(60))
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    #: the name from which the ids of its tokens are derived; one start has one name, however often it is asked for
    seed: Mapped[uuid.UUID] = mapped_column(unique=True)
    #: running, finished, incident, cancelled or suspended
    status: Mapped[str] = mapped_column(String(10))
    #: rows of spiff_state.py; never jsonb: the library restores data by the order of keys
    state: Mapped[bytes] = mapped_column(LargeBinary)
    #: acts done so far; the number of the next one seeds its ids
    acts: Mapped[int] = mapped_column(default=0)
    #: earliest waiting timer
    wake_at: Mapped[datetime | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    #: id of the end event it reached
    ended_at_element: Mapped[str] = mapped_column(String(60), default="")
    suspended_at: Mapped[datetime | None]
    suspended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    suspended_reason: Mapped[str] = mapped_column(String(500), default="")
    #: what it goes back to when it is resumed
    status_before: Mapped[str] = mapped_column(String(10), default="")

    document: Mapped[Document] = relationship(lazy="joined", innerjoin=True)
    release: Mapped[diagram.Release] = relationship(lazy="joined", innerjoin=True)

    @property
    def is_suspended(self) -> bool:
        """Whether somebody has suspended it."""
        return self.status == "suspended"

    @property
    def condition(self) -> str:
        """Its status, and of a suspended one what it was before."""
        return self.status_before if self.is_suspended else self.status

    def go_on_as(self, status: str) -> None:
        """Running or incident from here on; a suspended one when it is resumed."""
        if self.is_suspended:
            self.status_before = status
        else:
            self.status = status

    @property
    def bundle(self) -> diagram.Bundle:
        """The parsed release."""
        return diagram.bundle(self.release)


def refuse_suspended(instance: Instance) -> None:
    """Raise InstanceSuspended, with the reason, for one that is."""
    if instance.is_suspended:
        raise InstanceSuspended(reason=instance.suspended_reason)


#: option of a statement that locks instances: without their documents and releases. Joined, a row whose release has
#: changed while its lock was waited for (a migration) would not be found at all
BARE = Load(Instance).options(lazyload(Instance.document), lazyload(Instance.release))


def locked(instance_id: int) -> Instance:
    """The instance with its document, locked until the transaction ends. Raises NotFound."""
    found = db.session.scalar(
        select(Instance).where(Instance.id == instance_id).options(BARE).with_for_update(of=Instance)
        .execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return with_document(found)


def lock_of_document(document_id: int) -> Instance | None:
    """The document's instance, locked as by `locked`: whoever writes to the document's history holds this lock.

    None: it has none, as what is exchanged within the agency (Art. 4.1.a); then its chain is locked.
    """
    found = db.session.scalar(
        select(Instance).where(Instance.document_id == document_id).options(BARE).order_by(Instance.id.desc()).limit(1)
        .with_for_update(of=Instance).execution_options(populate_existing=True))
    if found is None:
        history.lock(f"document:{document_id}")
        return None
    return with_document(found)


def with_document(instance: Instance) -> Instance:
    """The instance, just locked by a statement with BARE, and its document and release as they are now.

    Who waits for a lock gets the locked row as it became, but what is joined to it as it was before the wait.
    """
    document, release = db.session.execute(
        select(Document, diagram.Release)
        .join_from(Document, diagram.Release, diagram.Release.id == instance.release_id)
        .where(Document.id == instance.document_id)
        .execution_options(populate_existing=True)).one()
    set_committed_value(instance, "document", document)
    set_committed_value(instance, "release", release)
    return instance


def of_document(document_id: int) -> Instance | None:
    """The newest instance of a document."""
    return db.session.scalar(
        select(Instance).where(Instance.document_id == document_id).order_by(Instance.id.desc()).limit(1))
