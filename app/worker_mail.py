"""The look into an agency's official mailbox: each mail once, taken in or left for the clerk (Art. 6.3).

The job `mail` of worker.py. A mail is known by its bytes, so a mailbox that was made anew, two workers or a killed one
make nothing twice; one that fails each time is listed and stops nothing behind it.
"""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from hashlib import sha256

from app.db import db
from app.records import attachment, poll
from app.records import mail as mails
from app.records.agency import Agency
from app.regulation.barred_text import CODES
from app.regulation.incoming import keep_out, mail_reply
from app.regulation.incoming import mail as incoming
from app.regulation.outgoing import by_mail
from app.tools import Tools
from app.tools.antivirus import Infected, ScannerAway
from app.tools.blobs import BlobMissing
from app.tools.mail_read import MAX_BYTES, MAX_HEADERS, Mail, MailRefused, read, read_head
from app.tools.mail_send import FINAL, Letter, Post, PostAway, PostRefused, send
from app.tools.mailbox import LOOK_SECONDS, Access, Box, MailboxAway, MailboxRefused, SecretMissing, secret
from config import Config

log = logging.getLogger(__name__)
#: mails of one look; the rest at the next
MOST_MAILS = 100
#: sentence of why the mailbox is not reached, for the clerk
_SAID = {"certificate": "Chứng thư TLS của máy chủ thư không được tin cậy.",
         "login": "Máy chủ thư không chấp nhận tên đăng nhập hoặc mật khẩu.",
         "folder": "Không mở được thư mục của hộp thư."}
#: of what is said why a mail did not go out (web/words.py)
_TOLD = FINAL | {"login", "certificate", "sender", "later"}
_AWAY = "Chưa kết nối được với máy chủ thư."
_NO_SECRET = "Chưa có tệp mật khẩu của hộp thư, hoặc người khác đọc được tệp đó."
#: one of many: its failure does not stop the others (worker.py)
Apart = Callable[[str], AbstractContextManager[None]]


def _now() -> datetime:
    return datetime.now(UTC)


def access(box: mails.Mailbox, config: Config) -> Access:
    """Where the mailbox is."""
    return Access(box.host, box.port, box.user_name, box.security, box.folder, config.mailbox_ca_file)


def look(agency_id: int, tools: Tools, config: Config, apart: Apart) -> None:
    """Read what is new, and what the clerk wants; then send what senders are to be told."""
    _read_box(agency_id, tools, config, apart)
    db.session.rollback()
    send_replies(agency_id, tools, config, apart)


def _read_box(agency_id: int, tools: Tools, config: Config, apart: Apart) -> None:
    """A mailbox that is away is asked again after a pause."""
    box = mails.mailbox()
    if box is None or not box.is_on or not (poll.is_due(poll.MAIL, _now()) or mails.wanted()):
        return
    own = db.session.get_one(Agency, agency_id)
    where, code = access(box, config), own.code
    db.session.rollback()
    try:
        with Box(where, secret(config.mailbox_secrets, code)) as opened:
            _read_new(agency_id, opened, tools, config, apart)
            for mail_id in [row.id for row in mails.wanted()]:
                if opened.has_time:
                    with apart(f"wanted mail {mail_id}"):
                        _one_wanted(agency_id, mail_id, opened, tools, config)
    except (MailboxAway, MailboxRefused, SecretMissing) as trouble:
        db.session.rollback()
        words = _NO_SECRET if isinstance(trouble, SecretMissing) else _SAID.get(str(trouble.facts.get("what")), _AWAY)
        poll.missed(agency_id, poll.MAIL, words, _now())
        log.warning("mailbox of agency %s: %s", agency_id, trouble.code)
        return
    poll.reached(agency_id, poll.MAIL, _now())


def send_replies(agency_id: int, tools: Tools, config: Config, apart: Apart) -> None:
    """Tell senders what became of their mail, and bring documents to recipients.

    What fails is tried again after a pause, and stands on the clerk's page.
    A try is on record before it begins. What is told to a sender may go twice, under the same Message-ID, when a worker
    dies between the server's word and ours, or that word does not come; a document that goes to a recipient may not:
    nobody knows then whether the server has it, so that a person decides (by_mail.UNKNOWN).
    """
    box = mails.mailbox()
    if box is None or not box.is_on or not box.smtp_host:
        return
    post, code = mail_reply.post_of(box, config.mailbox_ca_file), db.session.get_one(Agency, agency_id).code
    ids, ends = mails.due_replies(_now(), mails.TRIES), time.monotonic() + LOOK_SECONDS
    db.session.rollback()
    for reply_id in ids:
        if time.monotonic() > ends:  # the rest has the next look
            return
        with apart(f"reply {reply_id} of agency {agency_id}"):
            _send(reply_id, post, code, tools, config)


def _send(reply_id: int, post: Post, code: str, tools: Tools, config: Config) -> None:
    at = _now()
    tries = db.session.get_one(mails.MailReply, reply_id).tries
    reply = mails.claim_reply(reply_id, at, at + mail_reply.pause(tries))
    if reply is None:
        db.session.rollback()
        return
    letter, reply.error = _letter(reply, tools)
    db.session.commit()
    if letter is None:
        return
    error = what = said = ""
    try:
        send(post, secret(config.mailbox_secrets, code), letter)
    except (PostAway, PostRefused, SecretMissing) as trouble:
        what, said = (str(trouble.facts.get(one, "")) for one in ("what", "said"))
        error = f"post_{what}" if what in _TOLD else trouble.code
        log.warning("reply %s was not sent: %s %s", reply_id, error, what)
    reply = db.session.get_one(mails.MailReply, reply_id)
    is_unknown = what == "unknown" and reply.delivery_id is not None
    reply.said = said
    reply.error, reply.sent_at = by_mail.UNKNOWN if is_unknown else error, None if error else _now()
    if reply.sent_at and reply.delivery_id:
        by_mail.sent(reply, reply.sent_at)
    if is_unknown or what in FINAL:
        reply.tries = mails.TRIES
    db.session.commit()


def _letter(reply: mails.MailReply, tools: Tools) -> tuple[Letter | None, str]:
    """The mail of a claimed try, and what is said of it while nobody knows more; None: it does not go."""
    if not reply.delivery_id:
        return mail_reply.letter_of(reply), reply.error
    if reply.error == by_mail.UNKNOWN:  # a worker died over the try before
        reply.tries = mails.TRIES
        return None, by_mail.UNKNOWN
    try:
        letter = by_mail.letter_of(reply, tools)
    except (BlobMissing, Infected, ScannerAway) as gone:  # tried again as often as any other: it may come back
        log.warning("reply %s was not sent: %s", reply.id, gone.code)
        return None, gone.code
    if letter is None:  # taken back since, or he has it in another way
        reply.tries = mails.TRIES
        return None, by_mail.STOPPED
    return letter, by_mail.UNKNOWN


def _read_new(agency_id: int, opened: Box, tools: Tools, config: Config, apart: Apart) -> None:
    box = mails.mailbox()
    assert box is not None
    if box.uid_validity != opened.validity:
        box.uid_validity, box.last_uid = opened.validity, 0
    last, since = box.last_uid, box.taken_from
    db.session.commit()
    is_unbroken = True
    for uid, size in opened.after(last, MOST_MAILS, since):
        if not opened.has_time:
            return
        is_done = False
        with apart(f"mail {opened.validity}:{uid} of agency {agency_id}"):
            _one(agency_id, opened, uid, size, tools, config)
            is_done = True
        is_unbroken = is_unbroken and is_done
        if is_unbroken:  # a mail that failed is asked for again, and so are those behind it, which are known by then
            mails.mailbox().last_uid = uid  # type: ignore[union-attr]
            db.session.commit()


def _one(agency_id: int, opened: Box, uid: int, size: int, tools: Tools, config: Config) -> None:
    """One mail that may be new. Each try is on record before it begins."""
    place = (opened.validity, uid)
    if mails.at(*place) is not None:
        db.session.rollback()
        return
    own, key = db.session.get_one(Agency, agency_id), f"uid:{place[0]}:{uid}"
    is_large = size > MAX_BYTES
    if poll.begin(agency_id, poll.MAIL, key, _now()) > poll.MOST_TRIES:
        reason = "mail_too_large" if is_large else "mail_unreadable"
        incoming.leave(own, Mail(key, "", "", "", None), [], reason, place=place, size=size, at=_now())
    elif is_large:
        head = opened.fetch_head(uid, MAX_HEADERS)
        if head is not None:
            _list_large(own, read_head(head, size), place, size)
    else:
        raw = opened.fetch(uid, MAX_BYTES + 1)
        if raw is not None and _keep(own, raw, place, tools, config):
            opened.mark(uid)
    poll.done(poll.MAIL, key)


def _list_large(own: Agency, mail: Mail, place: tuple[int, int], size: int) -> None:
    """One that is too large to read is listed by its headers, so that the clerk finds it in the mailbox."""
    if _is_known(mail, place):
        return
    barred = keep_out.in_mail(mail, [], keep_out.rules(_now()))
    if barred:
        incoming.bar(own, mail, barred.refusal(), place=place, size=size, at=_now())
    else:
        incoming.leave(own, mail, [], "mail_too_large", place=place, size=size, at=_now())


def _is_known(mail: Mail, place: tuple[int, int]) -> bool:
    """Whether it has been there before: the mailbox was made anew, or the mail was moved."""
    before = mails.known(mail.sha256)
    if before is not None:
        before.uid_validity, before.uid = place
        db.session.commit()
    return before is not None


def _keep(own: Agency, raw: bytes, place: tuple[int, int], tools: Tools, config: Config) -> bool:
    """Take a mail in or list it; whether it was taken in now."""
    mail = _read(raw)
    if _is_known(mail, place):
        return False
    box = mails.mailbox()
    assert box is not None
    files = incoming.judged(mail, config.max_upload_bytes)
    barred = keep_out.in_mail(mail, [one.media_type for one in files], keep_out.rules(_now()))
    if barred:
        incoming.bar(own, mail, barred.refusal(), place=place, size=len(raw), at=_now())
        return False
    reason = incoming.obstacle(box, mail, files)
    if reason:
        incoming.leave(own, mail, files, reason, place=place, size=len(raw), at=_now())
        return False
    _take(own, box, mail, files, raw, place, tools)
    return True


def _take(own: Agency, box: mails.Mailbox, mail: Mail, files: list[incoming.Judged], raw: bytes,
          place: tuple[int, int], tools: Tools) -> None:
    for one in files:
        attachment.store(tools.blobs, one.file.data)
    raw_sha256 = attachment.store(tools.blobs, raw)
    incoming.take(own, box, mail, files, place=place, raw_sha256=raw_sha256, size=len(raw), at=_now())


def _read(raw: bytes) -> Mail:
    """What stands in it; one that must not even be parsed is known by its bytes alone."""
    try:
        return read(raw)
    except MailRefused as refusal:
        return Mail(sha256(raw).hexdigest(), "", "", "", None, trouble=(str(refusal.facts["code"]),))


def _one_wanted(agency_id: int, mail_id: int, opened: Box, tools: Tools, config: Config) -> None:
    """One that the clerk wants; when it fails each time he learns so."""
    key = f"wanted:{mail_id}"
    if poll.begin(agency_id, poll.MAIL, key, _now()) > poll.MOST_TRIES:
        row = db.session.get_one(mails.Mail, mail_id)
        row.status, row.reason = mails.LEFT, "mail_unreadable"
        db.session.commit()
    else:
        _take_wanted(agency_id, mail_id, opened, tools, config)
    poll.done(poll.MAIL, key)


def _take_wanted(agency_id: int, mail_id: int, opened: Box, tools: Tools, config: Config) -> None:
    """The clerk wants it: where it lay, or wherever a mail of its Message-ID lies; the same bytes only."""
    row = db.session.get_one(mails.Mail, mail_id)
    key, message_id, place = row.key, row.message_id, (row.uid_validity, row.uid)
    is_cleared = row.reason in CODES  # the clerk has said that it was kept out by mistake
    if not row.is_read:
        row.status, row.reason = mails.LEFT, "mail_too_large"
        db.session.commit()
        return
    db.session.rollback()
    uids = [place[1]] if place[0] == opened.validity else []
    for uid in [*uids, *(n for n in opened.named(message_id) if n not in uids)]:
        raw = opened.fetch(uid, MAX_BYTES + 1)
        mail = _read(raw) if raw is not None else None
        if mail is not None and mail.sha256 == key:
            own, box = db.session.get_one(Agency, agency_id), mails.mailbox()
            assert box is not None and raw is not None
            files = incoming.judged(mail, config.max_upload_bytes)
            barred = keep_out.in_mail(mail, [one.media_type for one in files], keep_out.rules(_now()))
            if barred and not is_cleared:
                incoming.bar(own, mail, barred.refusal(), place=place, size=len(raw), at=_now())
                return
            _take(own, box, mail, files, raw, (opened.validity, uid), tools)
            opened.mark(uid)
            return
    row = db.session.get_one(mails.Mail, mail_id)
    row.status, row.reason = mails.GONE, "mail_gone"
    db.session.commit()
