"""Art. 6.3: mail of the official mailbox: its files become documents, or it is left for the clerk with a reason.

By itself only what an allowed sender sent, whole and of accepted kinds, and only once; all else when the clerk says
so. Whether the signatures are valid is asked by the diagram (Art. 3.3), as for what comes by the exchange. Reading the
mailbox is worker_mail.py's.
"""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.db import db, queue
from app.engine import act as acts
from app.engine import instance as instances
from app.engine.instance import Instance
from app.engine.reason import need_reason, operator
from app.records import agency as agencies
from app.records import attachment, history
from app.records import mail as mails
from app.records.agency import Agency
from app.records.barred import MAIL, BarredEntry
from app.records.document import Document, NotFound, Opinion
from app.records.mail import DISMISSED, LEFT, TAKEN, WANTED, Mailbox
from app.records.mail import Mail as MailRow
from app.records.message import Message
from app.records.people import User
from app.refusal import Refusal
from app.regulation.barred_text import NotToBeEntered
from app.regulation.incoming import keep_out, mail_reply
from app.tools.arrival import BESIDE, KINDS, judge
from app.tools.mail_read import Mail, MailFile

#: a file whose name says so goes with the document before it
_APPENDIX = re.compile(r"ph[uụ][ _-]*l[uụ]c|k[eè]m[ _-]*theo|appendix|annex|\bpl[ _-]?\d", re.IGNORECASE)
#: reasons of this file; the others are codes of mail_read.py and of refusals of files
STRANGER, REPEATED, HELD, REPLY = "mail_stranger", "mail_repeated", "mail_held", "mail_reply"
#: of a small picture that the text shows: what it is, not taken for a file and listed
PICTURE = "mail_picture"
ANSWERED, AUTOMATIC = "Nơi gửi trả lời thư của cơ quan", "Thư trả lời tự động"


#: where a mailbox is: another value, another mailbox
_PLACE = ("host", "user_name", "folder")


class MailDecided(Refusal):
    """Somebody has decided about the mail already, or it has no file that can come in."""

    code, status, article = "mail_decided", 409, "Art. 6.3"


@dataclass(frozen=True)
class Judged:
    """One file of a mail: its kind, and the code of what stands against it; "" = nothing."""

    file: MailFile
    media_type: str
    extension: str
    code: str = ""
    #: a person should look at it first; it may come in
    is_held: bool = False

    @property
    def can_be_document(self) -> bool:
        """Whether it can be shown and read as a letter."""
        return self.extension in KINDS and (not self.code or self.is_held)


def judged(mail: Mail, limit: int) -> list[Judged]:
    """Each file by its content (security.md S7)."""
    return [_judged(file, limit) for file in mail.files]


def _judged(file: MailFile, limit: int) -> Judged:
    try:
        found = judge(file.data, file.name, limit, BESIDE)
    except Refusal as refusal:
        return Judged(file, "application/octet-stream", "", refusal.code)
    held = found.held_for.code if found.held_for else ""
    return Judged(file, found.media.media_type, found.media.extension, held, bool(held))


def obstacle(box: Mailbox, mail: Mail, files: list[Judged]) -> str:
    """The code of what keeps it from being taken in by itself; "" = nothing. An answer to us is no new letter."""
    if mails.reply_to(mail.answers) is not None:
        return REPLY
    if mail.trouble:
        return mail.trouble[0]
    if box.code_of(mail.sender) is None:
        return STRANGER
    if mails.same_message(mail.message_id, mail.sha256):
        return REPEATED
    bad = [one for one in files if one.code]
    if bad:
        return HELD if all(one.is_held for one in bad) else bad[0].code
    return "" if _documents(files) else "mail_no_file"


def leave(own: Agency, mail: Mail, files: list[Judged], reason: str, *, place: tuple[int, int], size: int,
          at: datetime) -> MailRow:
    """List a mail for the clerk; it stays in the mailbox as it is. Commits."""
    same = mails.same_message(mail.message_id, mail.sha256)
    row = _row(own, mail, files, place, size, at)
    row.status, row.reason, row.document_ids = LEFT, reason, list(same.document_ids) if same else []
    db.session.add(row)
    if reason == REPLY:
        _list_reply(own, mail, row, at)
    db.session.commit()
    return row


def bar(own: Agency, mail: Mail, refusal: NotToBeEntered, *, place: tuple[int, int], size: int, at: datetime) -> None:
    """Art. 3.2: only that it came is kept of a mail, and who sent it, who is told: no subject, no name, no file.

    Its hash is kept, by which it is known when the mailbox is made anew: it is of the whole mail with all that
    post offices have written on it, so that nobody can prove a guess at a file with it. Commits.
    """
    row = mails.known(mail.sha256) or _row(own, mail, [], place, size, at)
    row.status, row.reason, row.subject, row.files = LEFT, refusal.code, "", []
    db.session.add(row)
    db.session.flush()
    mail_reply.tell_barred(own, row, at)
    keep_out.note(refusal, own.id, MAIL, at, partner=mail.sender, subject=f"mail:{row.id}")
    db.session.commit()


def _list_reply(own: Agency, mail: Mail, row: MailRow, at: datetime) -> None:
    """An answer to a mail of ours stands with its document; one that software wrote to a reply needs nobody."""
    reply = mails.reply_to(mail.answers)
    if reply is None:
        return
    row.document_ids = [reply.document_id] if reply.document_id else []
    if mail.is_automatic and reply.delivery_id is None:
        row.status, row.note, row.decided_at = DISMISSED, AUTOMATIC, at
        return
    if reply.document_id is None:
        return
    instances.lock_of_document(reply.document_id)
    text = f"{ANSWERED}: {mail.subject or '-'}"
    db.session.add(Opinion(agency_id=own.id, document_id=reply.document_id, kind="warning", text=text[:4000], at=at))
    history.append(history.Act(agency_id=own.id, subject=f"document:{reply.document_id}", at=at,
                               kind="message_received", element="mail", label=ANSWERED),
                   input={"mail": mail.sha256}, changes=history.take_changes())


def take(own: Agency, box: Mailbox, mail: Mail, files: list[Judged], *, place: tuple[int, int], raw_sha256: str,
         size: int, at: datetime) -> list[int]:
    """Make the documents of a mail and start them; their blobs are on disk already. Commits.

    Each document's start has a name of its own, made of the mail's bytes: a worker that died in between makes no
    document twice. Returns their ids.
    """
    groups = _documents([one for one in files if not one.code or one.is_held])
    row = mails.known(mail.sha256) or _row(own, mail, files, place, size, at)
    left_out = ", ".join(one.file.name for one in files if one.code and not one.is_held)
    ids: list[int] = []
    for number, group in enumerate(groups):
        seed = uuid.uuid5(uuid.NAMESPACE_OID, f"mail:{own.id}:{mail.sha256}:{number}")
        document, is_new = _begun(seed), False
        if document is None:
            document, is_new = _document(own, mail, group, box.code_of(mail.sender) or "", at), True
            document.description = _described(mail, len(groups))
            _evidence(document, mail, number, raw_sha256, left_out, at)
        ids.append(document.id)
        if number == len(groups) - 1:
            row.status, row.reason, row.document_ids, row.decided_at = TAKEN, "", ids, row.decided_at or at
            db.session.add(row)
            mail_reply.tell(own, document, "01", mail_reply.WORDS["01"], at)
        if is_new:
            acts.start("incoming", document, actor=row.decided_by, at=at, data={"channel": "mail"}, seed=seed)
    db.session.commit()
    return ids


def _begun(seed: uuid.UUID) -> Document | None:
    """The document that was started under this name."""
    return db.session.scalar(db.select(Document).join(Instance, Instance.document_id == Document.id).where(
        Instance.seed == seed))


def _evidence(document: Document, mail: Mail, number: int, raw_sha256: str, left_out: str, at: datetime) -> None:
    """The raw mail stays with the document, and what did not come in is said at it."""
    db.session.add(Message(
        agency_id=document.agency_id, direction="in", kind="document", key=f"mail:{mail.sha256}:{number}", at=at,
        document_id=document.id, partner=document.organ_id or "mail", sha256=raw_sha256, stated_at=mail.sent_at))
    if left_out:
        db.session.add(Opinion(agency_id=document.agency_id, document_id=document.id, kind="warning", at=at,
                               text=f"Tệp trong thư không được nhận: {left_out}"[:4000]))


def want(mail_id: int, user: User, at: datetime) -> None:
    """The clerk wants a mail taken in; the worker fetches it. Raises NotFound, MailDecided. Commits.

    Nothing is lost by a mail that was dismissed, or was not found: it is looked for in the mailbox again.
    """
    row = _locked(mail_id)
    if not row.can_be_taken:
        raise MailDecided()
    _want(row, user, at, "")


def want_cleared(entry: BarredEntry, user: User, at: datetime) -> None:
    """The mail that was kept out by mistake, as the clerk says, is taken in. Raises NotFound, MailDecided. Commits."""
    _want(_left(int(entry.subject.partition(":")[2])), user, at, entry.cleared_reason)


def _want(row: MailRow, user: User, at: datetime, reason: str) -> None:
    row.status, row.note, row.decided_by_id, row.decided_at = WANTED, "", user.id, at
    queue.defer(db.session, "mail", {"agency_id": row.agency_id}, queue="exchange", lock=f"mail:{row.agency_id}")
    _note(row, user, at, reason)
    db.session.commit()


def dismiss(mail_id: int, user: User, reason: str, at: datetime) -> None:
    """The mail needs nothing, says the clerk, with a reason. Raises ReasonNeeded, NotFound, MailDecided. Commits."""
    reason = need_reason(reason)
    row = _left(mail_id)
    row.status, row.note, row.decided_by_id, row.decided_at = DISMISSED, reason, user.id, at
    _note(row, user, at, reason)
    db.session.commit()


def _locked(mail_id: int) -> MailRow:
    row = db.session.get(MailRow, mail_id, with_for_update=True)
    if row is None:
        raise NotFound()
    return row


def _left(mail_id: int) -> MailRow:
    row = _locked(mail_id)
    if row.status != LEFT:
        raise MailDecided()
    return row


def _note(row: MailRow, user: User, at: datetime, reason: str) -> None:
    db.session.flush()
    history.append(history.Act(agency_id=row.agency_id, subject=f"mail:{row.id}", at=at, actor_id=user.id,
                               kind="mail_decided", label=row.status),
                   input={"reason": reason, "status": row.status}, changes=history.take_changes())


def _row(own: Agency, mail: Mail, files: list[Judged], place: tuple[int, int], size: int, at: datetime) -> MailRow:
    shown = [{"name": one.file.name, "size_bytes": len(one.file.data), "code": one.code,
              "is_document": one.can_be_document} for one in files]
    shown += [{"name": one.name, "size_bytes": len(one.data), "code": PICTURE, "is_document": False}
              for one in mail.pictures]
    return MailRow(agency_id=own.id, key=mail.sha256, uid_validity=place[0], uid=place[1], message_id=mail.message_id,
                   sender=mail.sender, subject=mail.subject, sent_at=mail.sent_at,
                   is_automatic=mail.is_automatic, size_bytes=size, files=shown,
                   document_ids=[], found_at=at)


def _documents(files: list[Judged]) -> list[list[Judged]]:
    """Which files make one document: each PDF that is no appendix begins one, what follows goes with it.

    Without such a PDF all files are one document, the first that can be shown in front.
    """
    shown = [one for one in files if one.extension in KINDS]
    starts = [one for one in shown if one.extension == "pdf" and not _APPENDIX.search(one.file.name)]
    if not shown:
        return []
    if not starts:
        return [sorted(files, key=lambda one: one is not shown[0])]
    groups: list[list[Judged]] = []
    before: list[Judged] = []
    for one in files:
        if one in starts:
            groups.append([one])
        elif groups:
            groups[-1].append(one)
        else:
            before.append(one)
    groups[0] += before
    return groups


def _document(own: Agency, mail: Mail, group: list[Judged], code: str, at: datetime) -> Document:
    names: dict[str, str] = agencies.names([code]) if code else {}
    document = Document(
        agency_id=own.id, direction="incoming", channel="mail", status="arrived", created_at=at, organ_id=code[:35],
        organ_name=names.get(code, "")[:200])
    db.session.add(document)
    db.session.flush()
    for one in group:
        attachment.attach(document, "original", one.file.name, one.media_type, one.file.sha256, len(one.file.data), at)
    return document


def _described(mail: Mail, letters: int) -> str:
    """Of a mail with several letters the subject may speak of another than this one, which must not be here."""
    return (f"Thư của {mail.sender}" + (f": {mail.subject}" if letters == 1 else ""))[:500]


def settings(user: User | None, own: Agency, values: dict[str, Any], reason: str, at: datetime) -> Mailbox:
    """Set an agency's mailbox: old and new go into history with the reason. Commits. Raises ReasonNeeded.

    What lies in a mailbox that is named for the first time, or in another one, was dealt with before: its mail is taken
    from now on, unless `taken_from` says from when.
    """
    reason = need_reason(reason)
    box = mails.mailbox()
    is_other = box is None or any(values.get(name, getattr(box, name)) != getattr(box, name) for name in _PLACE)
    if is_other:
        values = {"taken_from": at.replace(microsecond=0)} | values
    old = {name: getattr(box, name) for name in values} if box else {}
    if box is None:
        box = Mailbox(agency_id=own.id)
        db.session.add(box)
    elif is_other:
        box.uid_validity = box.last_uid = 0
    elif box.taken_from and values.get("taken_from", box.taken_from) < box.taken_from:
        box.last_uid = 0  # what was left alone lies below
    for name, value in values.items():
        setattr(box, name, value)
    if not db.session.is_modified(box) and box not in db.session.new:
        db.session.rollback()  # all of it was so already: there is nothing to tell
        return box
    db.session.flush()
    history.append(history.Act(agency_id=own.id, subject=f"mailbox:{own.id}", at=at, kind="mailbox_changed",
                               actor_id=user.id if user else None),
                   input={"reason": reason, "old": old, "new": values, **({} if user else {"operator": operator()})},
                   changes=history.take_changes())
    db.session.commit()
    return box
