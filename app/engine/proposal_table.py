"""The tables of proposals: an edit of an agency's diagrams before it is published (Art. 10.2).

A proposal holds whole files beside those in force, who opened it in the editor, and remarks on elements. The
rules on them are proposal.py's, publishing is proposal_publish.py's; nothing here is read by a running instance.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import AgencyOwned, Base
from app.records.people import User


class Proposal(AgencyOwned, Base):
    """One edit of one procedure, with the forms, tables and scenarios that belong to it."""

    __tablename__ = "proposal"
    __table_args__ = (Index("proposal_of_key", "agency_id", "key", "status"),)

    #: the procedure: "incoming"
    key: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(200))
    #: the release it started from; empty when the agency has none of this procedure
    base_release_id: Mapped[int | None] = mapped_column(ForeignKey("release.id"))
    #: version of the province template that its files came from
    template_version: Mapped[int | None]
    #: open, published or discarded
    status: Mapped[str] = mapped_column(String(10))
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: why it was published or discarded
    reason: Mapped[str] = mapped_column(String(500), default="")
    #: what it became
    release_id: Mapped[int | None] = mapped_column(ForeignKey("release.id"))

    opened_by: Mapped[User] = relationship(foreign_keys=[opened_by_id], lazy="joined", innerjoin=True)
    closed_by: Mapped[User | None] = relationship(foreign_keys=[closed_by_id], lazy="select")


class ProposalFile(AgencyOwned, Base):
    """One file of a proposal as it was saved last; a file that is not here is the one in force."""

    __tablename__ = "proposal_file"
    __table_args__ = (UniqueConstraint("proposal_id", "name"),)

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id", ondelete="cascade"))
    #: "bpmn:incoming", "form:verify", "dmn:exchange_form", "case:incoming"
    name: Mapped[str] = mapped_column(String(65))
    text: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64))
    #: of the file in force that was edited; empty for a new one
    base_sha256: Mapped[str] = mapped_column(String(64), default="")
    #: counts the saves; who saves names the one he saw
    revision: Mapped[int]
    saved_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    saved_at: Mapped[datetime]
    #: ids of all who ever saved it here: none of them publishes it
    author_ids: Mapped[list[int]] = mapped_column(JSONB, default=list)
    #: the release will not have it
    is_removed: Mapped[bool] = mapped_column(default=False)

    saved_by: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class ProposalEditor(AgencyOwned, Base):
    """Who has a proposal open in an editor, and until when that was known."""

    __tablename__ = "proposal_editor"
    __table_args__ = (UniqueConstraint("proposal_id", "user_id"),)

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id", ondelete="cascade"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    seen_at: Mapped[datetime]
    #: the file that is on the screen; empty for the proposal's own page
    file: Mapped[str] = mapped_column(String(65), default="")

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class Remark(AgencyOwned, Base):
    """A comment on an element of a file of a proposal."""

    __tablename__ = "remark"

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id", ondelete="cascade"), index=True)
    #: "bpmn:incoming"
    file: Mapped[str] = mapped_column(String(65))
    #: id of the element; empty for the whole file
    element: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(String(2000))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="joined", innerjoin=True)
    resolved_by: Mapped[User | None] = relationship(foreign_keys=[resolved_by_id], lazy="joined")
