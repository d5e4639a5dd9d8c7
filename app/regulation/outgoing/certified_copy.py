"""Copies of documents (Art. 4.1.b): who decides and makes them, of what, in which form (NĐ 30/2020 Đ25 to 27).

Who may read a document asks for a copy of it; the head of the agency decides (Đ27.1) and says who signs it; a clerk
makes it: gives the number, prints it, or signs it with the agency's key (Đ32.2.d). Each is an act beside the course,
which the copy does not move; what is copied stays as it is. The bytes are copy_file.py's.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.db import db
from app.engine import instance as instances
from app.records import attachment, certified_copy, history, people, register, right, text_layer
from app.records.agency import Agency
from app.records.attachment import Attachment
from app.records.calendar import local_date
from app.records.certified_copy import ASKED, CANCELLED, ELECTRONIC, MADE, ORDERED, PAPER, REFUSED, CertifiedCopy
from app.records.document import GONE, Document
from app.records.history import LONGEST_REASON, SHORTEST_REASON
from app.records.people import User
from app.refusal import Refusal
from app.regulation import layout
from app.regulation.outgoing import copy_file
from app.regulation.outgoing.signing_door import Choice
from app.tools import Tools

#: who asks for copies of what he may read
ASKS = ("officer", "head", "leader", "clerk")
#: who may be told to sign them (Đ27.1)
SIGNS = ("leader", "head")
#: from what to what a copy goes, by kind (Đ25): an electronic original is sent as it is, and not certified again
_ACROSS = {(PAPER, PAPER), (PAPER, ELECTRONIC), (ELECTRONIC, PAPER)}
DIRECTIONS = {"certified": _ACROSS, "recopied": _ACROSS, "extract": _ACROSS | {(ELECTRONIC, ELECTRONIC)}}
#: files that are a paper, scanned
_SCANS = ("scan", "paper")
#: the most lines of "Nơi nhận", and copies on paper
MOST_RECIPIENTS, MOST_COPIES = 30, 500


class NotCopyable(Refusal):
    """Only who works with documents asks, of a registered or dispatched one, not taken back, with a file of pages."""

    code, status, article = "not_copyable", 409, "NĐ 30/2020 Đ27"


class CopyWrong(Refusal):
    """What is asked for is no copy of NĐ 30/2020 Đ25; the fact `fields` says what is wrong by field."""

    code, article = "copy_wrong", "NĐ 30/2020 Đ25"


class CopyNotLeader(Refusal):
    """The head of the agency decides on copies."""

    code, status, article = "copy_not_leader", 403, "NĐ 30/2020 Đ27.1"


class CopyNotClerk(Refusal):
    """The clerk makes copies and gives them their number."""

    code, status, article = "copy_not_clerk", 403, "NĐ 30/2020 Đ32"


class CopyMoved(Refusal):
    """Somebody was first: the copy is decided, made or given up."""

    code, status = "copy_moved", 409


class CopyReason(Refusal):
    """Refusing a copy, or giving one up, says why."""

    code = "copy_reason"


@dataclass(frozen=True)
class Wish:
    """A copy as it is asked for."""

    kind: str
    form: str
    attachment_id: int
    #: [page, from, to in percent], of an extract
    pages: list[list[int]] = field(default_factory=list)
    part: str = ""
    recipients: list[str] = field(default_factory=list)
    amount: int = 1
    reason: str = ""
    signer_id: int = 0
    #: that the file is a certified copy itself, as the person says
    is_copy: bool = False


def may_ask(user: User, document: Document) -> bool:
    """Whether the person, who may read the document, may ask for a copy of it now."""
    return user.has(*ASKS) and not user.has("admin") and _is_copyable(document) and bool(sources(document))


def _is_copyable(document: Document) -> bool:
    """It is what it says: registered here, or dispatched by us; not taken back, no mark of secrecy (Đ27.2)."""
    if document.direction == "outgoing":
        return document.status == "dispatched"
    return document.status not in ("arrived", *GONE) and document.arrival_number is not None \
        and text_layer.mark_of(document.id) is None


def sources(document: Document) -> list[Attachment]:
    """The files that can be copied, the newest first: what was issued, or came; and electronic copies of our own.

    Of a paper that we issued its last scan stands (Art. 9.2.c): one before it was refused, and never issued.
    """
    issued = ("scan", "copy") if document.exchange_form == "hybrid" else ("signed", "copy")
    kinds = issued if document.direction == "outgoing" else (*_SCANS, "original", "copy")
    found = [file for file in attachment.of(document.id)
             if file.kind in kinds and file.removed_at is None and file.media_type in copy_file.PAGED]
    if document.direction == "outgoing":
        last = attachment.latest(document.id, "scan")
        found = [file for file in found if file.kind != "scan" or last is not None and file.id == last.id]
    return sorted(found, key=lambda file: (file.kind != "copy", file.id), reverse=True)


def medium(file: Attachment) -> str:
    """What the file stands for: a paper that was scanned, or an electronic document."""
    return PAPER if file.kind in _SCANS else ELECTRONIC


def signers() -> list[User]:
    """Who may sign copies on paper, the head of the agency first."""
    found = {one.id: one for role in SIGNS for one in people.with_role(role)}
    return sorted(found.values(), key=lambda one: (not one.has("leader"), "KT." in one.competence, one.full_name))


def wrong(tools: Tools, document: Document, wish: Wish) -> dict[str, str]:
    """What is wrong with it, by field; {} when nothing is (Đ25)."""
    found: dict[str, str] = {}
    file = next((one for one in sources(document) if one.id == wish.attachment_id), None)
    if wish.kind not in certified_copy.KINDS:
        found["kind"] = "kind"
    if wish.form not in certified_copy.FORMS:
        found["form"] = "form"
    if file is None:
        found["file"] = "file"
    if not found and file is not None:
        found |= _against_file(tools, file, wish)
    lines = wish.recipients
    if not 1 <= len(lines) <= MOST_RECIPIENTS or any(not 2 <= len(one) <= 200 for one in lines):
        found["recipients"] = "recipients"
    if not 1 <= wish.amount <= MOST_COPIES:
        found["amount"] = "amount"
    if not SHORTEST_REASON <= len(wish.reason) <= LONGEST_REASON:
        found["reason"] = "reason"
    if wish.signer_id not in {one.id for one in signers()}:
        found["signer"] = "signer"
    return found


def _against_file(tools: Tools, file: Attachment, wish: Wish) -> dict[str, str]:
    found = {}
    if (medium(file), wish.form) not in DIRECTIONS[wish.kind]:
        found["form"] = "direction"
    is_copy = file.kind == "copy" or wish.is_copy
    if wish.kind == "recopied" and not is_copy:
        found["is_copy"] = "no_copy"
    if wish.kind != "recopied" and file.kind == "copy":
        found["file"] = "of_copy"
    if wish.kind != "extract":
        return found | ({"pages": "whole"} if wish.pages else {})
    if not 3 <= len(wish.part) <= 200:
        found["part"] = "part"
    last, numbers = copy_file.pages_of(tools, file), [one[0] for one in wish.pages]
    is_sound = numbers == sorted(set(numbers)) and all(
        1 <= number <= last and 0 <= first < to <= 100 for number, first, to in wish.pages)
    is_all = len(numbers) == last and all(one[1:] == [0, 100] for one in wish.pages)
    if not is_sound or numbers[:1] != [1] or is_all:  # the first page bears the head (Đ25.3.b)
        found["pages"] = "pages"
    return found


def drawn_up(document: Document, user: User, wish: Wish, at: datetime) -> CertifiedCopy:
    """The copy as it would be kept; it is not."""
    signer = db.session.get_one(User, wish.signer_id)
    return CertifiedCopy(
        agency_id=document.agency_id, document_id=document.id, attachment_id=wish.attachment_id, kind=wish.kind,
        form=wish.form, pages=wish.pages, part=wish.part if wish.kind == "extract" else "",
        recipients=wish.recipients, amount=wish.amount if wish.form == PAPER else 1, reason=wish.reason,
        signer_id=signer.id, signer_name=signer.full_name, signer_position=signer.position or "NGƯỜI KÝ",
        signer_competence=_authority(signer), status=ORDERED if user.has("leader") else ASKED, asked_at=at,
        asked_by_id=user.id, reference="", organ_name="", parent_name="", place="")


def _authority(signer: User) -> str:
    """What stands above his title (Đ13): as his account says; a unit's head signs by order, a deputy for the head."""
    if signer.competence:
        return signer.competence.upper()
    head = people.head_title(signer.agency)
    if not signer.has("leader"):
        return f"TL. {head}"
    return f"KT. {head}" if signer.position.upper().startswith("PHÓ ") else ""


def ask(tools: Tools, document_id: int, user: User, wish: Wish, at: datetime, seed: uuid.UUID | None = None) -> int:
    """Ask for a copy; what a leader asks for is decided with it. Commits; the copy's id.

    `seed`: the page; sent twice, it is asked for once. Raises NotFound, NotCopyable, CopyWrong.
    """
    document = right.find(document_id, user, local_date(at))
    if may_ask(user, document) and (fields := wrong(tools, document, wish)):
        raise CopyWrong(fields=fields)
    instances.lock_of_document(document_id)
    history.lock(f"document:{document_id}")
    if known := certified_copy.asked(str(seed) if seed else None):
        db.session.rollback()
        return known.id
    db.session.refresh(document)
    if not may_ask(user, document) or wish.attachment_id not in {one.id for one in sources(document)}:
        raise NotCopyable()
    made = drawn_up(document, user, wish, at)
    made.seed, is_decided = str(seed) if seed else None, made.status == ORDERED
    if is_decided:
        made.decided_at, made.decided_by_id = at, user.id
    db.session.add(made)
    db.session.flush()
    given = {"reason": wish.reason} | ({"is_copy": True} if wish.is_copy else {})
    _tell(made, "copy_decided" if is_decided else "copy_asked", user,
          given | ({"decision": "allow"} if is_decided else {}), at)
    return made.id


def decide(copy_id: int, user: User, is_allowed: bool, reason: str, at: datetime) -> None:
    """The leader allows the copy, or refuses it with a reason (Đ27.1). Commits.

    Raises NotFound, CopyNotLeader, CopyMoved, NotCopyable, CopyReason.
    """
    copy = locked(copy_id, user, at)
    if not user.has("leader"):
        raise CopyNotLeader()
    if copy.status != ASKED:
        raise CopyMoved()
    said = "" if is_allowed else history.stated(reason, CopyReason)
    if is_allowed:
        require_source(copy)
        copy.status, copy.decided_at, copy.decided_by_id = ORDERED, at, user.id
    else:
        copy.status, copy.ended_at, copy.ended_by_id, copy.end_reason = REFUSED, at, user.id, said
    _tell(copy, "copy_decided", user, {"decision": "allow" if is_allowed else "refuse", "reason": said}, at)


def make(tools: Tools, copy_id: int, user: User, at: datetime, pin: str = "", choice: Choice | None = None) -> str:
    """The clerk makes an allowed copy: number and day; an electronic one with the agency's signature. Commits.

    Gives its number and notation. The signature is made before the act begins: when it cannot be had, nothing is
    written and no number is taken. Raises NotFound, CopyNotClerk, CopyMoved, NotCopyable, and what signing refuses.
    """
    copy = find(copy_id, user, at)
    _require_next(copy, user)
    sha256, size, how = "", 0, {}
    if copy.form == ELECTRONIC:
        data, how = copy_file.sealed(tools, copy, copy.source, user, at, pin, choice or Choice())
        db.session.rollback()  # what was read before the signature is read anew below
        sha256, size = attachment.store(tools.blobs, data), len(data)
    copy = locked(copy_id, user, at)
    _require_next(copy, user)
    document, own = copy.document, db.session.get_one(Agency, copy.agency_id)
    above = db.session.get(Agency, own.parent_id) if own.parent_id and not own.is_general else None
    form, abbreviation = certified_copy.KINDS[copy.kind]
    entry = register.take_number("copy", local_date(at).year, document, at, user.id)
    db.session.flush()
    copy.status, copy.made_at, copy.made_by_id, copy.entry_id = MADE, at, user.id, entry.id
    copy.reference = reference = f"{layout.format_number(entry.number)}/{abbreviation}-{own.abbreviation}"
    copy.organ_name, copy.place, copy.parent_name = own.name, own.place, above.name if above else ""
    if sha256:
        name = f"{reference}.pdf".replace("/", "-")
        file = attachment.attach(document, "copy", name, "application/pdf", sha256, size, at, user.id)
        db.session.flush()
        copy.file_id = file.id
    _tell(copy, "copy_made", user, {"number": entry.number, **how}, at, f"{form} {reference}")
    return reference


def cancel(copy_id: int, user: User, reason: str, at: datetime) -> None:
    """Give it up: before it is made, by who asked, a leader or a clerk; a made one on paper by the clerk. Commits.

    Its number stays in the register with the reason. Raises NotFound, CopyMoved, CopyReason.
    """
    copy = locked(copy_id, user, at)
    if not may_cancel(user, copy):
        raise CopyMoved()
    said = history.stated(reason, CopyReason)
    if copy.entry is not None:
        register.cancel(copy.entry, at, user.id, said)
    copy.status, copy.ended_at, copy.ended_by_id, copy.end_reason = CANCELLED, at, user.id, said
    _tell(copy, "copy_cancelled", user, {"reason": said}, at, copy.reference)


def may_cancel(user: User, copy: CertifiedCopy) -> bool:
    """Whether the person may give it up now: what bears the agency's signature is made, and stays; of a copy on paper
    whoever was given it has given it back (copy_dispatch.hand).
    """
    if copy.status == MADE:
        return user.has("clerk") and copy.form == PAPER and not copy.handed
    return copy.status in (ASKED, ORDERED) and (user.has("clerk", "leader") or copy.asked_by_id == user.id)


def find(copy_id: int, user: User, at: datetime) -> CertifiedCopy:
    """The copy, for who may read its document. Raises NotFound."""
    copy = certified_copy.get(copy_id)
    right.find(copy.document_id, user, local_date(at))
    return copy


def is_shown(copy: CertifiedCopy) -> bool:
    """Whether it is looked at and printed: it is made, or may still be."""
    is_there = copy.source.removed_at is None
    return is_there and (copy.status == MADE or (copy.status in (ASKED, ORDERED) and _is_copyable(copy.document)))


def require_source(copy: CertifiedCopy) -> Attachment:
    """What is copied, while it may be. Raises NotCopyable."""
    if not _is_copyable(copy.document) or copy.source.removed_at is not None:
        raise NotCopyable()
    return copy.source


def _require_next(copy: CertifiedCopy, user: User) -> None:
    if not user.has("clerk"):
        raise CopyNotClerk()
    if copy.status != ORDERED:
        raise CopyMoved()
    require_source(copy)


def locked(copy_id: int, user: User, at: datetime) -> CertifiedCopy:
    """The copy as `find` gives it, read anew under the locks of its document and of that history."""
    document_id = find(copy_id, user, at).document_id
    instances.lock_of_document(document_id)
    history.lock(f"document:{document_id}")
    db.session.expire_all()
    return find(copy_id, user, at)


def _tell(copy: CertifiedCopy, kind: str, user: User, given: dict[str, Any], at: datetime, label: str = "") -> None:
    document_id, label = copy.document_id, label or certified_copy.KINDS[copy.kind][0]
    history.append(history.Act(agency_id=copy.agency_id, subject=f"document:{document_id}", at=at, actor_id=user.id,
                               kind=kind, label=label),
                   input={"certified_copy": copy.id, **given}, changes=history.take_changes())
    db.session.commit()
