"""Art. 4.1.a: papers exchanged within the agency: notices, invitations, calendars, working papers, with read receipts.

Who works here sends to all, to units, roles or people; each recipient is written down by name on that day. Opening one
is the receipt (engine/reading.py). A kind whose rule asks for a number is sent with a document that was issued with
one (Art. 9.1.a): nothing gets a number here. What must not be entered (Art. 3.2) is refused by its words, and its files
by the upload; what came in all the same is removed, with what acts kept of it. Every thing done is an act of the
document; it has no procedure, for nothing waits. Answers to invitations are internal_answer.py's.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import exists, select

from app.db import db, queue
from app.engine.instance import lock_of_document
from app.records import attachment, barred, history, internal_kind, internal_paper, notice, right
from app.records.agency import Unit
from app.records.attachment import Attachment
from app.records.calendar import is_worked, local_date
from app.records.document import INTERNAL, REMOVED, Document, NotFound
from app.records.internal_kind import Kind
from app.records.internal_paper import RECALLED, SENT, InternalPaper, InternalRecipient
from app.records.notice import Notice
from app.records.people import WORK_ROLES, User
from app.refusal import Refusal
from app.regulation import barred_text

#: characters of a title and of a text; files of one paper; issued documents offered
LONGEST_TITLE, LONGEST_TEXT, MOST_FILES, MOST_ISSUED = 500, 20_000, 20, 50
#: where an issued document stands, and its file, the newest of these
_ISSUED, _ISSUED_FILES = ("signed", "dispatched"), ("signed", "preserved")
#: status of a paper whose content was removed (Art. 3.2)
DISCARDED = "discarded"
ALL, UNIT, ROLE, PERSON = "all", "unit", "role", "user"


class InternalPaperWrong(Refusal):
    """What is to be sent is not complete; the fact `fields` says what is wrong by field."""

    code, article = "internal_paper_wrong", "Art. 4.1.a"


class NotInternalSender(Refusal):
    """Who works with documents sends; who sent one takes it back and urges, while it stands."""

    code, status, article = "not_internal_sender", 403, "Art. 4.1.a"


class InternalReason(Refusal):
    """Taking a paper back says why."""

    code = "internal_reason"


@dataclass(frozen=True)
class Paper:
    """A paper as it is to be sent."""

    kind: str
    title: str
    text: str = ""
    #: "all", "unit:3", "role:head", "user:5"
    chosen: list[str] = field(default_factory=list)
    #: sha256 of files that the person uploaded
    files: list[str] = field(default_factory=list)
    issued_id: int | None = None
    meeting_at: datetime | None = None
    place: str = ""
    #: until when it is to be read
    due_date: date | None = None


def may_send(user: User) -> bool:
    """Whether the person sends papers, and gets them: an administrator reads no content (security.md S13)."""
    return user.is_active and user.has(*WORK_ROLES) and not user.has("admin")


def staff() -> list[User]:
    """Who may get papers, by name."""
    found = db.session.scalars(select(User).where(User.is_active, User.roles.overlap(list(WORK_ROLES)))
                               .order_by(User.full_name, User.id))
    return [one for one in found if may_send(one)]


def units() -> list[Unit]:
    """The units where somebody may get one, by name."""
    ids = {one.unit_id for one in staff()}
    return [one for one in db.session.scalars(select(Unit).order_by(Unit.name)) if one.id in ids]


def chosen_by(codes: list[str], user: User) -> tuple[list[User], list[str]]:
    """Who is meant by these, the person himself left out, and the codes in which nobody is."""
    everybody = [one for one in staff() if one.id != user.id]
    found: dict[int, User] = {}
    empty = []
    for code in codes:
        what, _, key = code.partition(":")
        some = [one for one in everybody if what == ALL and not key or what == UNIT and str(one.unit_id) == key
                or what == ROLE and key in WORK_ROLES and one.has(key) or what == PERSON and str(one.id) == key]
        found |= {one.id: one for one in some}
        empty += [] if some else [code]
    return list(found.values()), empty


def issued(user: User, at: datetime) -> list[Document]:
    """Documents with a number, signed, that the person may read, newest first."""
    return list(db.session.scalars(select(Document).where(
        Document.direction == "outgoing", Document.status.in_(_ISSUED), Document.code_number != "",
        right.readable(user, local_date(at))).order_by(Document.id.desc()).limit(MOST_ISSUED)))


def may_circulate(user: User, document: Document) -> bool:
    """Whether the person, who may read it, may send this issued document within the agency."""
    return may_send(user) and document.direction == "outgoing" and document.status in _ISSUED \
        and document.code_number != ""


def _issued_file(document_id: int | None) -> Attachment | None:
    return attachment.latest(document_id, *_ISSUED_FILES) if document_id is not None else None


def wrong(user: User, paper: Paper, at: datetime) -> dict[str, str]:
    """What is wrong with it, by field; {} when nothing is."""
    found: dict[str, str] = {}
    kind = internal_kind.used().get(paper.kind)
    if kind is None:
        found["kind"] = "kind"
    if not 3 <= len(paper.title) <= LONGEST_TITLE:
        found["title"] = "title"
    if len(paper.text) > LONGEST_TEXT:
        found["text"] = "text"
    people_, empty = chosen_by(paper.chosen, user)
    if not people_ or empty:
        found["chosen"] = "nobody" if people_ else "chosen"
    if len(paper.files) > MOST_FILES:
        found["files"] = "files"
    if paper.due_date is not None and paper.due_date < local_date(at):
        found["due_date"] = "due_date"
    elif paper.due_date is not None and not is_worked(paper.due_date):
        found["due_date"] = "day_off"
    elif kind is not None and kind.is_meeting and paper.due_date and paper.meeting_at \
            and paper.due_date > local_date(paper.meeting_at):
        found["due_date"] = "after_meeting"
    if kind is not None:
        found |= _against_rule(user, paper, kind, at)
    if not (found or paper.text or paper.files or kind and (kind.bears_number or kind.is_meeting)):
        found["text"] = "empty"
    return found


def _against_rule(user: User, paper: Paper, kind: Kind, at: datetime) -> dict[str, str]:
    """What the rule of the kind asks for: a number (NĐ 30/2020 Đ15), a time and a place."""
    found = {}
    is_known = paper.issued_id in {one.id for one in issued(user, at)} and _issued_file(paper.issued_id) is not None
    if kind.bears_number and not is_known:
        found["issued"] = "issued"
    if kind.is_meeting and (paper.meeting_at is None or paper.meeting_at <= at):
        found["meeting_at"] = "meeting_at"
    if kind.is_meeting and not 2 <= len(paper.place) <= 200:
        found["place"] = "place"
    return found


def send(user: User, paper: Paper, at: datetime, seed: str) -> int:
    """Send it; its document's id. Commits. `seed`: the page; sent twice, it is sent once.

    Raises NotInternalSender, InternalPaperWrong, UploadMissing, NotToBeEntered (the caller keeps the fact).
    """
    if not may_send(user):
        raise NotInternalSender()
    history.lock(f"internal:{seed}")
    if known := internal_paper.sent_from(seed):
        db.session.rollback()
        return known
    if fields := wrong(user, paper, at):
        raise InternalPaperWrong(fields=fields)
    rules = barred.rules(local_date(at))
    if bad := barred_text.in_stated([paper.title, paper.place], rules) or barred_text.in_text(paper.text, rules):
        raise bad.refusal()
    kind = internal_kind.used()[paper.kind]
    document = Document(
        agency_id=user.agency_id, direction=INTERNAL, status=SENT, type_name=kind.name, subject=paper.title,
        organ_name=user.agency.name, author_id=user.id, unit_id=user.unit_id, due_date=paper.due_date, created_at=at)
    db.session.add(document)
    db.session.flush()
    _fill(document, user, paper, kind, at, seed)
    tell(document, "internal_sent", user, {"kind": kind.name, "chosen": paper.chosen}, at)
    return document.id


def _fill(document: Document, user: User, paper: Paper, kind: Kind, at: datetime, seed: str) -> None:
    """What was written, its files, and each who gets it."""
    issued_id = paper.issued_id if kind.bears_number else None
    if (file := _issued_file(issued_id)) is not None:
        attachment.hold(file.sha256)
        attachment.attach(document, "internal", file.name, file.media_type, file.sha256, file.size_bytes, at, user.id)
    for sha256 in dict.fromkeys(paper.files):
        attachment.attach_upload(document, "internal", sha256, at, user.id)
    db.session.add(InternalPaper(
        agency_id=user.agency_id, document_id=document.id, text=paper.text, issued_id=issued_id, seed=seed,
        is_meeting=kind.is_meeting, meeting_at=paper.meeting_at if kind.is_meeting else None,
        place=paper.place if kind.is_meeting else "", chosen=paper.chosen, chosen_names=names_of(paper.chosen)))
    found, _ = chosen_by(paper.chosen, user)
    db.session.add_all(InternalRecipient(agency_id=user.agency_id, document_id=document.id, user_id=one.id)
                       for one in found)


def names_of(codes: list[str]) -> list[str]:
    """What was chosen, as it is called today; "" of the whole agency and the roles, which the page words."""
    named = {f"{UNIT}:{one.id}": one.name for one in units()} | {f"{PERSON}:{one.id}": one.full_name for one in staff()}
    return [named.get(code, "") for code in codes]


def call_back(document_id: int, user: User, reason: str, at: datetime) -> bool:
    """Take it back: who has not opened it sees it no longer, who has keeps it, marked. Commits; False: it was.

    Raises NotFound, NotInternalSender, InternalReason.
    """
    paper = _own(document_id, user)
    if paper.document.status == RECALLED:
        db.session.rollback()
        return False
    said = history.stated(reason, InternalReason)
    paper.document.status, paper.document.closed_at = RECALLED, at
    paper.called_back_at, paper.call_back_reason = at, said
    for one in notice.open_on(document_id):
        one.done_at, one.done_by_id = at, user.id
    for row in internal_paper.recipients(document_id):
        if row.read_at is not None and row.user.is_active:  # he may count on it: he came to know of it
            notice.put(paper.document, notice.RECALLED, row.user_id, at, from_user_id=user.id, text=said)
    tell(paper.document, "internal_called_back", user, {"reason": said}, at)
    return True


def may_discard(user: User, paper: InternalPaper) -> bool:
    """Whether the person may remove it: who sent it, and a leader or clerk who got it (Art. 3.2)."""
    return paper.document.status in (SENT, RECALLED) and may_send(user) and (
        paper.document.author_id == user.id
        or user.has("leader", "clerk") and internal_paper.of(paper.document_id, user.id) is not None)


def discard(document_id: int, user: User, reason: str, at: datetime) -> bool:
    """Art. 3.2: its content goes, here at once, its files and what acts kept by the job `purge`; who was sent it and
    when stays. Commits; False: it is gone already. Raises NotFound, NotInternalSender, InternalReason.
    """
    locked(document_id)
    document, paper = right.find(document_id, user, local_date(at)), internal_paper.get(document_id, fresh=True)
    if document.status == DISCARDED:
        db.session.rollback()
        return False
    if not may_discard(user, paper):
        raise NotInternalSender()
    said = history.stated(reason, InternalReason)
    sha256s = []
    for file in attachment.of(document_id):
        sha256s.append(file.sha256)
        file.removed_at, file.name, file.sha256 = at, REMOVED, ""
    paper.text = paper.place = paper.call_back_reason = document.subject = ""
    document.status, document.closed_at = DISCARDED, at
    for one in notice.open_on(document_id):
        one.done_at, one.done_by_id = at, user.id
    notice.forget(document_id)
    queue.defer(db.session, "purge", {"agency_id": document.agency_id, "document_id": document_id,
                                      "sha256s": sha256s, "wanted_by": 1})
    tell(document, "internal_discarded", user, {"reason": said}, at)
    return True


def remind(document_id: int, user: User, text: str, at: datetime) -> int:
    """Urge who has not opened it; gives how many were told now: who was told the same already is not told again.

    Commits. Raises NotFound, NotInternalSender.
    """
    paper = _own(document_id, user)
    if paper.document.status != SENT:
        raise NotInternalSender()
    told = [row.user_id for row in internal_paper.recipients(document_id)
            if row.read_at is None and row.user.is_active and notice.put(
                paper.document, notice.URGED, row.user_id, at, from_user_id=user.id, text=text)]
    if not told:
        db.session.rollback()
        return 0
    tell(paper.document, "urged", user, {"to": told, "text": text}, at)
    return len(told)


def due(at: datetime) -> list[int]:
    """Papers that are to be read by today and that somebody has not opened; none on a day off."""
    today = local_date(at)
    if not is_worked(today):
        return []
    unread = exists().where(InternalRecipient.document_id == Document.id, InternalRecipient.read_at.is_(None),
                            InternalRecipient.withdrawn_at.is_(None))
    return list(db.session.scalars(select(Document.id).where(
        Document.direction == INTERNAL, Document.status == SENT, Document.due_date <= today, unread)
        .order_by(Document.id)))


def urge_due(document_id: int, at: datetime) -> int:
    """Urge who has not opened what is due, each once (Art. 10.4); how many were told now. Commits."""
    locked(document_id)
    paper = internal_paper.get(document_id, fresh=True)
    if paper.document.status != SENT or paper.document.due_date is None:
        db.session.rollback()
        return 0
    said = f"Đọc trước hết ngày {paper.document.due_date:%d/%m/%Y}"
    known = set(db.session.scalars(select(Notice.to_user_id).where(
        Notice.document_id == document_id, Notice.from_user_id.is_(None), Notice.text == said)))
    told = [row.user_id for row in internal_paper.recipients(document_id)
            if row.read_at is None and row.user.is_active and row.user_id not in known
            and notice.put(paper.document, notice.URGED, row.user_id, at, text=said)]
    if not told:
        db.session.rollback()
        return 0
    tell(paper.document, "urged", None, {"to": told, "text": said}, at)
    return len(told)


def run_due(now: Callable[[], datetime], apart: Callable[[str], AbstractContextManager[None]]) -> None:
    """Each working morning; `apart` keeps the failure of one from the others."""
    for document_id in due(now()):
        with apart(f"urging to read document {document_id}"):
            urge_due(document_id, now())


def _own(document_id: int, user: User) -> InternalPaper:
    """The paper that the person sent, locked. Raises NotFound to whom it is hidden, NotInternalSender."""
    locked(document_id)
    paper = internal_paper.get(document_id, fresh=True)
    if paper.document.author_id != user.id or not may_send(user):
        raise NotInternalSender() if internal_paper.of(document_id, user.id) else NotFound()
    return paper


def locked(document_id: int) -> None:
    """What is read from here on is as it is while nobody else writes to the document's chain."""
    lock_of_document(document_id)
    db.session.expire_all()


def tell(document: Document, kind: str, user: User | None, given: dict[str, object], at: datetime) -> None:
    """Keep what changed as an act of the document. Commits."""
    history.append(
        history.Act(agency_id=document.agency_id, subject=f"document:{document.id}", at=at,
                    actor_id=user.id if user else None, kind=kind, label=document.type_name),
        input=given, changes=history.take_changes())
    db.session.commit()
