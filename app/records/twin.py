"""Perhaps the same letter twice: on paper, by the exchange and by mail (NĐ 30/2020 PL VI III.1h).

Told to the clerk, who decides; nothing is dropped or joined here.
"""

from sqlalchemy import ColumnElement, and_, func, or_, select

from app.db import db
from app.records import agency
from app.records.attachment import Attachment
from app.records.calendar import local_date
from app.records.document import Document

#: why two documents may be one
PACKET, REFERENCE, FILE = "packet", "reference", "file"
#: documents told at most
MOST = 5
#: statuses of documents that were not kept
_GONE = ("returned", "discarded")
_CAME = ("scan", "original")


def of(document: Document) -> list[tuple[Document, str]]:
    """Other incoming documents that may be this one, newest first, each with the strongest reason."""
    mine = select(Attachment.sha256).where(Attachment.document_id == document.id, Attachment.kind.in_(_CAME),
                                           Attachment.removed_at.is_(None))
    same_file = select(Attachment.document_id).where(Attachment.sha256.in_(mine), Attachment.kind.in_(_CAME))
    reasons = {FILE: Document.id.in_(same_file)}
    if document.packet_id and document.organ_id:
        reasons[PACKET] = and_(Document.packet_id == document.packet_id,
                               Document.organ_id.in_(_codes(document)))
    if document.code_number:
        reasons[REFERENCE] = _same_reference(document)
    found: dict[int, tuple[Document, str]] = {}
    for why in (PACKET, FILE, REFERENCE):
        if why in reasons:
            for other in db.session.scalars(select(Document).where(
                    Document.direction == "incoming", Document.id != document.id, reasons[why],
                    Document.status.not_in(_GONE)).order_by(Document.id.desc()).limit(MOST)):
                found.setdefault(other.id, (other, why))
    return sorted(found.values(), key=lambda pair: -pair[0].id)[:MOST]


def same_reference(document: Document) -> list[Document]:
    """Incoming documents with the same number, notation and issuer, as far as it has a number."""
    return list(db.session.scalars(select(Document).where(
        Document.direction == "incoming", Document.id != document.id, _same_reference(document),
        Document.status.not_in(_GONE)).limit(MOST))) if document.code_number else []


def _codes(document: Document) -> list[str]:
    """All codes of its issuer on the day it came."""
    return agency.codes_of(document.organ_id, local_date(document.created_at))


def _same_reference(document: Document) -> ColumnElement[bool]:
    """The same number and notation of the same issuer, by name or by code, of the same day where both are known."""
    issuers = [func.lower(Document.organ_name) == document.organ_name.lower()]
    if document.organ_id:
        issuers.append(Document.organ_id.in_(_codes(document)))
    day = [] if document.issued_date is None else [
        or_(Document.issued_date.is_(None), Document.issued_date == document.issued_date)]
    return and_(Document.code_number == document.code_number,
                func.lower(Document.code_notation) == document.code_notation.lower(),
                or_(*issuers), *day)
