"""Proposals: diagrams are edited beside those in force, by several people, and nobody writes over another (Art. 10.2).

The door of its family: proposal_table.py holds the tables, proposal_publish.py puts a proposal in force. Texts are kept
as they come, also those that the check refuses: a person saves what is half done. It does not check them.
"""

import re
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert

from app.db import db
from app.engine import diagram
from app.engine.diagram import Diagram, Release, sha256_of
from app.engine.proposal_table import Proposal, ProposalEditor, ProposalFile, Remark
from app.records.document import NotFound
from app.records.people import User
from app.refusal import Refusal

OPEN, PUBLISHED, DISCARDED = "open", "published", "discarded"
#: kinds of files, and the name of one
KINDS = ("bpmn", "dmn", "form", "case")
_NAME = re.compile(r"(bpmn|dmn|form|case):[a-z][a-z0-9_]{0,49}")
#: the largest file and the most of them in one proposal
MOST_BYTES, MOST_FILES = 2 * 1024 * 1024, 200
#: how long a person counts as being here after the page was heard of, seconds
HERE_SECONDS = 45


class Overtaken(Refusal):
    """Somebody saved this file first: what the person typed was made from an older text."""

    code, status = "proposal_overtaken", 409


class ProposalClosed(Refusal):
    """The proposal was published or discarded; nothing is changed in it any more."""

    code, status = "proposal_closed", 409


class FileNameUnfit(Refusal):
    """A file of a proposal is called kind:key, in small letters, digits and underscores."""

    code = "proposal_file_name"


class FileTooLarge(Refusal):
    """A file of a proposal is at most 2 MB, a proposal at most 200 files."""

    code, status = "proposal_file_too_large", 413


class DrawingNeeded(Refusal):
    """The drawing of a procedure is changed, never taken away."""

    code = "drawing_needed"


class RemarkEmpty(Refusal):
    """A remark says something, in at most 2000 characters."""

    code = "remark_empty"


def get(proposal_id: int) -> Proposal:
    """The proposal, of this agency. Raises NotFound."""
    found = db.session.get(Proposal, proposal_id)
    if found is None:
        raise NotFound()
    return found


def locked(proposal_id: int) -> Proposal:
    """The proposal as it is now, kept from others until the transaction ends. Raises NotFound."""
    found = db.session.scalar(select(Proposal).where(Proposal.id == proposal_id).with_for_update(of=Proposal)
                              .execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def locked_open(proposal_id: int) -> Proposal:
    """The proposal, locked, if it may still be changed. Raises NotFound, ProposalClosed."""
    found = locked(proposal_id)
    if found.status != OPEN:
        raise ProposalClosed(status=found.status, who=found.closed_by.full_name if found.closed_by else "",
                             when=found.closed_at)
    return found


def listed(*of: ColumnElement[bool], limit: int = 50) -> list[Proposal]:
    """Proposals of the agency, newest first; `of` = conditions on Proposal."""
    return list(db.session.scalars(select(Proposal).where(*of).order_by(Proposal.id.desc()).limit(limit)))


def open_(key: str, title: str, user: User, at: datetime, files: dict[str, bytes] | None = None, *,
          template_version: int | None = None) -> Proposal:
    """A new proposal of a procedure on what is in force now, with `files` already saved in it.

    Several may be open at once: the first that is published moves the ground under the others.
    """
    base_of = diagram.published(key)
    made = Proposal(agency_id=user.agency_id, key=key, title=title.strip()[:200] or key, status=OPEN,
                    base_release_id=base_of.id if base_of else None, template_version=template_version,
                    opened_by_id=user.id, opened_at=at)
    _check_name(f"bpmn:{key}")
    db.session.add(made)
    db.session.flush()
    present = diagram.hashes_in_force()
    for name, text in (files or {}).items():
        if present.get(name) != sha256_of(text):
            save(made, name, text, 0, user, at)
    return made


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise FileNameUnfit(name=name[:80])


def saved(proposal: Proposal) -> list[ProposalFile]:
    """The files that were ever saved in it, by name; without their texts."""
    return list(db.session.scalars(
        select(ProposalFile).where(ProposalFile.proposal_id == proposal.id).order_by(ProposalFile.name)))


def changed(proposal: Proposal) -> list[ProposalFile]:
    """Those of them that differ from what is in force; a file removed that nobody has is no change."""
    present = diagram.hashes_in_force()
    return [file for file in saved(proposal)
            if (file.name in present if file.is_removed else file.sha256 != present.get(file.name))]


def texts(proposal: Proposal) -> dict[str, bytes]:
    """The texts that were saved in it, by name; of what it removes there is none."""
    return dict(db.session.execute(select(ProposalFile.name, ProposalFile.text).where(
        ProposalFile.proposal_id == proposal.id, ProposalFile.is_removed.is_(False))).all())


def files(proposal: Proposal) -> dict[str, bytes]:
    """All files of the agency as they would be in force once the proposal is published."""
    found = diagram.texts_in_force()
    for name, text, is_removed in db.session.execute(
            select(ProposalFile.name, ProposalFile.text, ProposalFile.is_removed)
            .where(ProposalFile.proposal_id == proposal.id)):
        if is_removed:
            found.pop(name, None)
        else:
            found[name] = text
    return dict(sorted(found.items()))


def base(proposal: Proposal) -> dict[str, bytes]:
    """All files of the agency with those of the release that the proposal started from."""
    present = diagram.texts_in_force()
    start = db.session.get(Release, proposal.base_release_id) if proposal.base_release_id else None
    if start is None or start.status == "published":
        return present
    return dict(sorted({**present, **diagram.texts_of(start)}.items()))


def file(proposal: Proposal, name: str) -> tuple[bytes | None, int]:
    """(the text of a file as the proposal has it, None when it has none; its revision, 0 when never saved)."""
    row = db.session.execute(
        select(ProposalFile.text, ProposalFile.is_removed, ProposalFile.revision)
        .where(ProposalFile.proposal_id == proposal.id, ProposalFile.name == name)).first()
    if row is not None:
        return (None if row.is_removed else row.text), row.revision
    kind, _, key = name.partition(":")
    return db.session.scalar(select(Diagram.text).where(
        Diagram.kind == kind, Diagram.key == key, Diagram.status == "published")), 0


def save(proposal: Proposal, name: str, text: bytes, revision: int, user: User, at: datetime, *,
         is_removed: bool = False) -> int:
    """Keep a file of the proposal; `revision` = the one that the person's text was made from, 0 = never saved.

    Returns the new revision. The same text again (a double click, a lost answer) is no save. Raises Overtaken
    with who and when, ProposalClosed, FileNameUnfit, FileTooLarge; nothing is ever written over.
    """
    _check_name(name)
    if len(text) > MOST_BYTES:
        raise FileTooLarge(name=name, limit=MOST_BYTES)
    locked_open(proposal.id)
    row = db.session.scalar(select(ProposalFile).where(
        ProposalFile.proposal_id == proposal.id, ProposalFile.name == name).execution_options(populate_existing=True))
    sha256 = sha256_of(text)
    if row is None:
        return _first(proposal, name, text, revision, user, at, is_removed)
    if row.sha256 == sha256 and row.is_removed == is_removed:
        return row.revision
    if row.revision != revision:
        raise Overtaken(who=row.saved_by.full_name, when=row.saved_at, revision=row.revision)
    row.text, row.sha256, row.is_removed = text, sha256, is_removed
    row.revision, row.saved_by_id, row.saved_at = revision + 1, user.id, at
    if user.id not in row.author_ids:
        row.author_ids = [*row.author_ids, user.id]
    db.session.flush()
    return row.revision


def _first(proposal: Proposal, name: str, text: bytes, revision: int, user: User, at: datetime,
           is_removed: bool) -> int:
    if revision:
        raise Overtaken(who="", when=None, revision=0)
    if len(saved(proposal)) >= MOST_FILES:
        raise FileTooLarge(name=name, limit=MOST_FILES)
    db.session.add(ProposalFile(
        agency_id=proposal.agency_id, proposal_id=proposal.id, name=name, text=text, sha256=sha256_of(text),
        base_sha256=diagram.hashes_in_force().get(name, ""), revision=1, saved_by_id=user.id, saved_at=at,
        author_ids=[user.id], is_removed=is_removed))
    db.session.flush()
    return 1


def remove(proposal: Proposal, name: str, revision: int, user: User, at: datetime) -> int:
    """The release will not have this file; `restore` brings it back. Returns the revision.

    Raises DrawingNeeded for a drawing, and as `save`.
    """
    if name.startswith("bpmn:"):
        raise DrawingNeeded(name=name)
    return save(proposal, name, b"", revision, user, at, is_removed=True)


def restore(proposal: Proposal, name: str, revision: int, user: User, at: datetime) -> int:
    """The file as it is in force; a file that is not in force is removed. Returns the revision; raises as `save`."""
    kind, _, key = name.partition(":")
    text = db.session.scalar(select(Diagram.text).where(
        Diagram.kind == kind, Diagram.key == key, Diagram.status == "published"))
    return save(proposal, name, text or b"", revision, user, at, is_removed=text is None)


def seen(proposal: Proposal, user: User, at: datetime, file: str = "") -> list[ProposalEditor]:
    """Note that the person has the proposal open (`file` on the screen); the others who have, by name."""
    db.session.execute(
        insert(ProposalEditor).values(agency_id=proposal.agency_id, proposal_id=proposal.id, user_id=user.id,
                                      seen_at=at, file=file[:65])
        .on_conflict_do_update(index_elements=["proposal_id", "user_id"], set_={"seen_at": at, "file": file[:65]}))
    return here(proposal, user, at)


def here(proposal: Proposal, user: User, at: datetime) -> list[ProposalEditor]:
    """Who else has the proposal open in an editor, by name."""
    others = db.session.scalars(
        select(ProposalEditor).where(ProposalEditor.proposal_id == proposal.id, ProposalEditor.user_id != user.id,
                                     ProposalEditor.seen_at > at - timedelta(seconds=HERE_SECONDS))
        .execution_options(populate_existing=True))
    return sorted(others, key=lambda one: one.user.full_name)


def remark(proposal: Proposal, file: str, element: str, text: str, user: User, at: datetime) -> Remark:
    """A remark on an element of a file ("" = the whole file). Raises RemarkEmpty, FileNameUnfit, ProposalClosed."""
    _check_name(file)
    if not text.strip() or len(text) > 2000 or len(element) > 200:
        raise RemarkEmpty()
    locked_open(proposal.id)
    made = Remark(agency_id=proposal.agency_id, proposal_id=proposal.id, file=file, element=element,
                  text=text.strip(), user_id=user.id, at=at)
    db.session.add(made)
    db.session.flush()
    return made


def remarks(proposal: Proposal, file: str = "") -> list[Remark]:
    """The remarks of a proposal, or of one of its files, oldest first."""
    asked = select(Remark).where(Remark.proposal_id == proposal.id).order_by(Remark.id)
    return list(db.session.scalars(asked.where(Remark.file == file) if file else asked))


def resolve(proposal: Proposal, remark_id: int, user: User, at: datetime, *, is_resolved: bool = True) -> Remark:
    """Mark a remark as settled, or open it again; twice does no harm. Raises NotFound, ProposalClosed."""
    locked_open(proposal.id)
    found = db.session.scalar(select(Remark).where(Remark.id == remark_id, Remark.proposal_id == proposal.id))
    if found is None:
        raise NotFound()
    if is_resolved != (found.resolved_at is not None):
        found.resolved_at, found.resolved_by_id = (at, user.id) if is_resolved else (None, None)
    db.session.flush()
    return found


def rename(proposal: Proposal, title: str) -> None:
    """Give the proposal another title. Raises ProposalClosed."""
    locked_open(proposal.id).title = title[:200]
    db.session.flush()


def discard(proposal: Proposal, user: User, at: datetime, reason: str = "") -> None:
    """Put the proposal away; nothing is deleted, `reopen` brings it back. Raises ProposalClosed."""
    found = locked_open(proposal.id)
    found.status, found.closed_at, found.closed_by_id, found.reason = DISCARDED, at, user.id, reason.strip()[:500]
    db.session.flush()


def reopen(proposal: Proposal) -> None:
    """Go on with a proposal that was discarded; one that is open stays so. Raises ProposalClosed when published."""
    found = locked(proposal.id)
    if found.status == PUBLISHED:
        raise ProposalClosed(status=found.status)
    found.status, found.closed_at, found.closed_by_id, found.reason = OPEN, None, None, ""
    db.session.flush()
