"""Art. 3.2 at every way in: what must not be entered is found before it is stored, and only the fact is kept.

A file by its name and by the text that it brings along, a mail by its subject, a packet by its headers too. What
shows nothing before it is recognised is looked at again then (`exclude`). How it is known is barred_text.py's; what is
kept is records/barred.py's. A person who has the thing in hand overrules the machine, by a word that is an act.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from app.records import barred
from app.records.barred import SECRECY
from app.records.calendar import local_date
from app.refusal import Refusal
from app.regulation import barred_text
from app.regulation.barred_text import Barred, NotToBeEntered, RuleLike
from app.tools import docx, office_text
from app.tools.edxml import Packet
from app.tools.mail_read import Mail
from app.tools.media import TYPES
from app.tools.ocr import printed

#: files whose text is read without laying them out
_OFFICE = {TYPES[name] for name in ("xlsx", "pptx", "odt")}


def in_file(data: bytes, name: str, media_type: str, rules: Sequence[RuleLike] = ()) -> Barred | None:
    """What a file shows by its name and its own text; a picture shows nothing before it is recognised."""
    if stated := barred_text.in_stated([_stem(name)], rules):
        return stated
    try:
        if media_type == TYPES["pdf"]:
            return barred_text.in_pages(printed(data, barred_text.is_suspect), rules)
        if media_type == TYPES["docx"]:
            text, around = docx.shown(data)
            return barred_text.in_text(text, rules) or barred_text.in_margins(around)
        if media_type in _OFFICE:
            return next(filter(None, (_in_part(number, one, rules) for number, one in enumerate(
                office_text.parts(data), 1))), None)
    except Refusal as refusal:  # no reader opens it: whoever judges files says so
        if refusal.status >= 500:
            raise
    return None


def is_doubtful(data: bytes, media_type: str) -> bool:
    """Whether a file in which nothing was found for sure may be a letter of complaint: it is stored, and recognition
    asks a person.
    """
    try:
        if media_type == TYPES["pdf"]:
            return barred_text.is_doubtful(printed(data, barred_text.is_suspect))
        return media_type == TYPES["docx"] and barred_text.is_doubtful_text(docx.shown(data)[0])
    except Refusal as refusal:
        if refusal.status >= 500:
            raise
    return False


def _in_part(number: int, part: office_text.Part, rules: Sequence[RuleLike]) -> Barred | None:
    """A sheet, a slide or a text: titles and what the list names on the first, marks of secrecy on all."""
    found = barred_text.in_text(part.text, rules) if number == 1 else barred_text.in_margins(part.text)
    found = found or barred_text.in_margins(part.around)
    return replace(found, page=number) if found else None


def in_files(files: Iterable[tuple[str, str, bytes]], rules: Sequence[RuleLike] = ()) -> Barred | None:
    """The first thing in several files, each (name, media type, content)."""
    return next((found for name, kind, data in files if (found := in_file(data, name, kind, rules))), None)


def in_packet(packet: Packet, rules: Sequence[RuleLike] = ()) -> Barred | None:
    """What a packet of the exchange states of itself, and what its files show.

    Why it was sent may speak of complaints, as a recall of one does: in that only a mark of secrecy counts.
    """
    stated = (packet.subject, packet.content, *packet.appendixes)
    if found := barred_text.in_stated(stated, rules, packet.type_name):
        return found
    why = barred_text.in_stated((packet.description, packet.business.get("reason") or ""))
    if why is not None and why.rule == SECRECY:
        return why
    return in_files(((file.name, file.media_type, file.data) for file in packet.files), rules)


def in_mail(mail: Mail, kinds: Iterable[str], rules: Sequence[RuleLike] = ()) -> Barred | None:
    """What a mail states in its subject, and what its files show; `kinds`: their media types by content, in order."""
    return barred_text.in_stated([mail.subject], rules) or in_files(
        ((file.name, kind, file.data) for file, kind in zip(mail.files, kinds, strict=True)), rules)


def rules(at: datetime) -> list[barred.BarredRule]:
    """What the agency's list says today."""
    return barred.rules(local_date(at))


def require_free(data: bytes, name: str, media_type: str, at: datetime, user_id: int | None = None) -> None:
    """Refuse a file that must not be entered, unless this person has said that it was found by mistake.

    Raises NotToBeEntered: nothing is stored then, and the caller keeps the fact (`note`).
    """
    found = in_file(data, name, media_type, rules(at))
    if found is None:
        return
    if user_id is None or not barred.let_in(found.rule, sha256(data).hexdigest(), at, user_id=user_id):
        raise found.refusal()


def note(refusal: NotToBeEntered, agency_id: int, way: str, at: datetime, *, user_id: int | None = None,
         partner: str = "", subject: str = "") -> None:
    """Keep the fact that something was refused, in an act; the caller commits."""
    barred.note(agency_id, way, str(refusal.facts["rule"]), at, user_id=user_id, partner=partner, subject=subject)


def _stem(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    return stem if dot and len(extension) <= 5 else name
