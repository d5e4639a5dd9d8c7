"""An electronic copy is sent through the exchange, to whom the clerk chooses (NĐ 30/2020 Đ18, 25, 26; Art. 4.1.b).

It goes as a document of its own: number, day and identifier are the copy's, its file bears the agency's text-only
signature. Each recipient has one row, which the look into the exchange sends (resend.py) and to which its statuses
come back (receipt.py); more may be chosen later, nobody gets it twice. It is taken back, corrected and replaced as a
document is (recall.py, update.py, replace.py). Of a copy on
paper the clerk ticks who was given it. What was copied is not moved by any of it.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from app.db import db
from app.engine.reason import LONGEST_REASON, SHORTEST_TOLD, need_reason
from app.records import agency, attachment, certified_copy, history, message
from app.records.agency import Agency
from app.records.calendar import ZONE, local_date
from app.records.certified_copy import ELECTRONIC, MADE, PAPER, CertifiedCopy
from app.records.document import GONE
from app.records.message import Message
from app.records.people import User
from app.records.recipient_group import MOST_MEMBERS
from app.refusal import Refusal
from app.regulation import addressed
from app.regulation.outgoing import copy_file, otherwise, recall, replace, resend, update
from app.regulation.outgoing.certified_copy import find, locked
from app.tools import Tools, edxml

#: how its subject begins; its kind is that of what was copied, which it is worth (Đ26)
_BEGINS = {"certified": "Sao y", "recopied": "Sao lục", "extract": "Trích sao"}
#: characters of a subject, of a line of "Nơi nhận" (edXML)
_SUBJECT, _PLACE = 500, 150


class CopyNotSendable(Refusal):
    """A clerk sends an electronic copy that is made, while what it is a copy of is not taken back."""

    code, status, article = "copy_not_sendable", 409, "NĐ 30/2020 Đ18"


class CopyNamed(Refusal):
    """Whom the order names is sent it, or why not is said."""

    code, article = "copy_named", "NĐ 30/2020 Đ25"


class CopyRecipients(Refusal):
    """It is sent to agencies of the directory, at least one and not oneself."""

    code, article = "copy_recipients", "Art. 9.1.d"


def may_send(user: User, copy: CertifiedCopy) -> bool:
    """Whether the person may send it, or send it again, now."""
    return (user.has("clerk") and copy.status == MADE and copy.form == ELECTRONIC and copy.file is not None
            and copy.file.removed_at is None and copy.document.status not in GONE and replaced_by(copy) is None)


def replaced_by(copy: CertifiedCopy) -> CertifiedCopy | None:
    """The copy that was sent to replace this one."""
    return db.session.scalar(select(CertifiedCopy).where(CertifiedCopy.replaces_id == copy.id)
                             .order_by(CertifiedCopy.id).limit(1))


def replaceable(copy: CertifiedCopy) -> list[CertifiedCopy]:
    """What this copy, not sent yet, may replace: copies of the same document that somebody has (NĐ 30/2020 Đ18.3)."""
    if message.sent_for(copy.document_id, copy.id):
        return []
    return [one for one in certified_copy.of(copy.document_id)
            if one.id != copy.id and one.status == MADE and replaced_by(one) is None
            and recall.holders(one.document_id, one.id)]


def unsent(copy: CertifiedCopy, user: User) -> dict[str, str]:
    """Whom its "Nơi nhận" names, {code: the line}, who is not sent it yet and was not left out for a reason."""
    acts = history.latest(history.Act.subject == f"document:{copy.document_id}", history.Act.kind == "copy_sent",
                          limit=MOST_MEMBERS)
    known = {code for _, told in acts if told.get("certified_copy") == copy.id for code in told.get("left", {})}
    known |= {row.partner for row in message.sent_for(copy.document_id, copy.id)} | {user.agency.code}
    return {code: line for code, line in addressed.codes_of(copy.recipients).items() if code not in known}


def _left(copy: CertifiedCopy, codes: list[str], why: str, user: User) -> dict[str, str]:
    """Who is named and not among these, with why. Raises CopyNamed."""
    left = {code: line for code, line in unsent(copy, user).items() if code not in codes}
    said = " ".join(why.split())
    if left and not SHORTEST_TOLD <= len(said) <= LONGEST_REASON:
        raise CopyNamed(names="; ".join(left.values()))
    return dict.fromkeys(left, said)


def send(tools: Tools, copy_id: int, codes: list[str], user: User, at: datetime, replaces_id: int | None = None,
         why: str = "") -> int:
    """Let the next look send it to those who are not sent it yet; how many they are. Commits.

    `replaces_id`: the copy that it replaces, said when it is sent first. `why`: those whom its "Nơi nhận" names and who
    are not chosen are not sent it. Raises NotFound, CopyNotSendable, CopyRecipients, CopyNamed.
    """
    copy = find(copy_id, user, at)
    if not may_send(user, copy) or not _may_replace(copy, replaces_id):
        raise CopyNotSendable()
    replaces_id = copy.replaces_id or replaces_id
    codes = _known(codes, user)
    left = _left(copy, codes, why, user)
    sent = message.sent_for(copy.document_id, copy.id)
    new = [code for code in codes if code not in {row.partner for row in sent}]
    if not new:
        db.session.rollback()
        return 0
    packet, file, code = _packet(tools, copy, user.agency, new, sent, at, replaces_id), copy.file, user.agency.code
    assert file is not None, "may_send"
    what = {"name": file.name, "media_type": file.media_type, "data": tools.released(file.sha256)}
    db.session.rollback()  # what was read is read anew below
    data = tools.signer.sign_packet(edxml.build_document(packet, [what]), code)
    sha256, packet_id = attachment.store(tools.blobs, data), packet["document_id"]
    copy = locked(copy_id, user, at)
    if not may_send(user, copy) or not _may_replace(copy, replaces_id):
        raise CopyNotSendable()
    there = {row.partner for row in message.sent_for(copy.document_id, copy.id)}
    new = [one for one in new if one not in there]
    for one in new:
        db.session.add(Message(
            agency_id=copy.agency_id, direction="out", kind="document", key=f"{packet_id}:{one}", partner=one, at=at,
            document_id=copy.document_id, certified_copy_id=copy.id, packet_id=packet_id, sha256=sha256))
    if not new:  # another click was first
        db.session.rollback()
        return 0
    copy.replaces_id = replaces_id
    db.session.flush()
    history.append(history.Act(agency_id=copy.agency_id, subject=f"document:{copy.document_id}", at=at,
                               actor_id=user.id, kind="copy_sent", label=copy.reference),
                   input={"certified_copy": copy.id, "recipients": new, "sha256": sha256}
                   | ({"replaces": replaces_id} if replaces_id else {}) | ({"left": left} if left else {}),
                   changes=history.take_changes())
    db.session.commit()
    return len(new)


def _may_replace(copy: CertifiedCopy, replaces_id: int | None) -> bool:
    """Whether it may be sent as replacing this one: none, or the one that it was sent to replace before."""
    return replaces_id in (None, copy.replaces_id) or replaces_id in {one.id for one in replaceable(copy)}


def _known(codes: list[str], user: User) -> list[str]:
    """Each code once. Raises CopyRecipients."""
    asked = list(dict.fromkeys(codes))
    known = set(db.session.scalars(select(Agency.code).where(Agency.code.in_(asked), Agency.id != user.agency_id)))
    if not asked or len(asked) > MOST_MEMBERS or set(asked) - known:
        raise CopyRecipients()
    return asked


def _packet(tools: Tools, copy: CertifiedCopy, own: Agency, codes: list[str], sent: list[Message],
            at: datetime, replaces_id: int | None = None) -> dict[str, Any]:
    """The plain values of its packet (edXML sections 3, 4); nobody signs it but the agency."""
    document, known = copy.document, agency.names(codes)
    made = local_date(copy.made_at or at)
    form = _BEGINS[copy.kind]
    number, _, notation = copy.reference.partition("/")
    of = " ".join(filter(None, (document.type_name, document.reference, f"({copy.part})" if copy.part else "")))
    subject = f"{form} {of}: {document.subject}"[:_SUBJECT]
    identifier = sent[0].packet_id if sent else f"{own.code},{made:%Y/%m/%d},{copy.reference}"
    pages = copy_file.pages_of(tools, copy.file) if copy.file else 0
    return {
        "from_": {"organ_id": own.code, "organ_name": own.name},
        "to": [{"organ_id": code, "organ_name": known.get(code, code)} for code in codes],
        "document_id": identifier, "code_number": number, "code_notation": notation, "place": copy.place,
        "promulgation_date": made.isoformat(), "type_name": document.type_name or form,
        "subject": subject, "content": subject, "priority": document.priority, "page_amount": pages,
        "to_places": [line[:_PLACE] for line in copy.recipients],
        "business": {"doc_type": 0, "reason": "Văn bản điện tử mới", "paper": 0,
                     "staff": {"department": "Văn thư", "staff": copy.made_by.full_name if copy.made_by else ""}}
        | (_replacing(replaces_id) if replaces_id else {}),
        "traces": [{"organ_id": own.code, "timestamp": at.astimezone(ZONE).isoformat()}],
    }


def _replacing(replaces_id: int) -> dict[str, Any]:
    old = certified_copy.get(replaces_id)
    rows = recall.holders(old.document_id, old.id)
    return replace.told(rows[0].packet_id, old.reference, [row.partner for row in rows]) if rows else {}


def take_back(copy_id: int, user: User, reason: str, at: datetime) -> None:
    """Ask who has it to give it up; it goes to nobody any more. As `recall.ask`. Commits."""
    recall.ask_copy(locked(copy_id, user, at), user, reason, at)


def correct(tools: Tools, copy_id: int, user: User, reason: str, at: datetime) -> None:
    """Tell who has it what stands now of the document, when that is not what they were told (update.py). Commits.

    Raises NotFound, NotUpdatable, UpdateWrong, ReasonNeeded, ReasonShort.
    """
    copy = locked(copy_id, user, at)
    reason = need_reason(reason, SHORTEST_TOLD)
    rows = recall.holders(copy.document_id, copy.id)
    if not may_send(user, copy) or not rows:
        raise update.NotUpdatable()
    packet = _packet(tools, copy, user.agency, [row.partner for row in rows], rows, at)
    asked = [row for row in message.asked_of(copy.document_id, copy.id) if row.kind == message.UPDATE]
    told = edxml.read(tools.blobs.read((asked or rows)[-1].sha256), own_codes=[rows[0].partner])
    if all(packet[name] == getattr(told, name) for name in ("subject", "type_name", "priority")):
        raise update.UpdateWrong(fields={"update": "same"})
    update.tell(tools, packet, rows, user, reason, at)


def send_again(copy_id: int, partner: str, user: User, at: datetime) -> None:
    """The same packet once more to a recipient that could not take it. Raises NotFound, NotResendable. Commits."""
    copy = locked(copy_id, user, at)
    if not may_send(user, copy):
        raise resend.NotResendable()
    resend.again(message.sent_for(copy.document_id, copy.id), partner, user, at)


def may_tell(user: User, row: Message) -> bool:
    """Whether the person may say that this recipient, whom it did not reach, got it in another way."""
    return user.has("clerk") and row.is_failed


def tell_otherwise(copy_id: int, partner: str, way: str, note: str, user: User, at: datetime) -> None:
    """Write that down. Raises NotFound, NotSentOtherwise. Commits."""
    copy = locked(copy_id, user, at)
    row = next((one for one in message.sent_for(copy.document_id, copy.id) if one.partner == partner), None)
    if row is None or not may_tell(user, row):
        raise otherwise.NotSentOtherwise()
    otherwise.keep(row, way, note, user, at)


def may_hand(user: User, copy: CertifiedCopy) -> bool:
    """Whether the person may say now who was given a copy on paper."""
    return user.has("clerk") and copy.form == PAPER and copy.status == MADE


def hand(copy_id: int, place: int, way: str, note: str, user: User, at: datetime) -> None:
    """This line of "Nơi nhận" was given it so (`way`: otherwise.WAYS), or, by "", does not have it: it was taken back,
    or was never given, as `note` says. Commits.

    Said again it is corrected, said twice it is said once. Raises NotFound, NotSentOtherwise, ReasonNeeded.
    """
    copy = locked(copy_id, user, at)
    if not may_hand(user, copy) or not 0 <= place < len(copy.recipients) or way not in ("", *otherwise.WAYS):
        raise otherwise.NotSentOtherwise()
    key, given = str(place), dict(copy.handed or {})
    was = given.pop(key, None)
    note = otherwise.noted(way or otherwise.NOT_SENT, note) if way or was else ""
    if (was["way"], was["note"]) == (way, note) if was else not way:
        db.session.rollback()
        return
    if way:
        given[key] = {"way": way, "note": note, "at": at.astimezone(UTC).isoformat(), "by_id": user.id}
    copy.handed = given or None
    history.append(history.Act(agency_id=copy.agency_id, subject=f"document:{copy.document_id}", at=at,
                               actor_id=user.id, kind="sent_otherwise", label=copy.recipients[place][:200]),
                   input={"certified_copy": copy.id, "place": place, "way": way, "note": note},
                   changes=history.take_changes())
    db.session.commit()
