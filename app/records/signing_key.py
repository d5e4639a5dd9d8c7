"""Which keys sign for whom, and where they lie: data of the agency, an act when changed (Art. 9.1.c, 9.1.d).

A row lets a person, or the clerk with the agency's key, sign in one way (tools/signing_key.py: WAYS). Only what is
public is here: the certificate and what the key is called where it lies. Keys and PINs never are (security.md S13). An
agency whose keys shall lie on the server says so by a row of the way "file"; only an agency of the demo need not.
"""

import base64
import unicodedata
from codecs import BOM_UTF8
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from asn1crypto import pem, x509
from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records import history
from app.records.agency import Agency, bearer
from app.records.calendar import local_date
from app.records.people import User
from app.refusal import Refusal
from app.tools.signing_path import is_agencys
from app.tools.signing_policy import BROKEN

#: who keeps the list: accounts are his, too; he signs nothing himself (security.md S13)
KEEPERS = ("admin",)
#: ways that need to know what the key is called where it lies
_CALLED = {"token", "remote"}
#: how long before its last day an administrator is told of a certificate: a new one takes weeks
_TOLD_BEFORE = timedelta(days=30)


class NotKeyKeeper(Refusal):
    """An administrator keeps the list of keys that sign."""

    code, status, article = "not_key_keeper", 403, "Art. 11.3"


class SigningKeyWrong(Refusal):
    """A key needs its way, what it is called there, and a reason of 5 to 500 characters."""

    code = "signing_key_wrong"


class CertificateUnreadable(Refusal):
    """This is no certificate (X.509, PEM or DER)."""

    code = "certificate_unreadable"


class CertificateOfAnother(Refusal):
    """The certificate names somebody else."""

    code, article = "certificate_of_another", "Art. 9.1.c"


class CertificateNotInForce(Refusal):
    """The certificate is past its days, or before them: nothing could be signed with it today (NĐ 68/2024 Art. 29)."""

    code = "certificate_not_in_force"


class SigningKey(AgencyOwned, Base):
    """One way in which one person, or the agency, signs."""

    __tablename__ = "signing_key"
    __table_args__ = (
        Index("signing_key_person", "agency_id", "user_id", "way", unique=True, postgresql_nulls_not_distinct=True),)

    #: whose; empty = the agency's key
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    #: token, client, remote or file
    way: Mapped[str] = mapped_column(String(10))
    #: of a token "<token>/<key>", of a signing service the credential's id
    reference: Mapped[str] = mapped_column(String(200), default="")
    #: DER, Base64; empty for a file, whose certificate lies beside it
    certificate: Mapped[str] = mapped_column(Text, default="")

    user: Mapped[User | None] = relationship(lazy="joined")

    @property
    def owner(self) -> str:
        """Whom the certificate names; "" when there is none here."""
        return owner_of(base64.b64decode(self.certificate)) if self.certificate else ""

    @property
    def until(self) -> date | None:
        """Last day of its certificate; None when there is none here."""
        return told_of(base64.b64decode(self.certificate))["valid_to"] if self.certificate else None


def of(agency: Agency, user: User | None) -> list[tuple[str, str, bytes]]:
    """(way, reference, certificate in DER) of each key of the person, or of the agency; [] when there is none."""
    whose = SigningKey.user_id.is_(None) if user is None else SigningKey.user_id == user.id
    found = [(row.way, row.reference, base64.b64decode(row.certificate)) for row in
             db.session.scalars(select(SigningKey).where(whose).order_by(SigningKey.id))]
    return found or ([("file", "", b"")] if agency.is_demo else [])


def listed() -> list[SigningKey]:
    """All keys, the agency's first, then by person."""
    return sorted(db.session.scalars(select(SigningKey)),
                  key=lambda row: (row.user is not None, row.user.full_name if row.user else "", row.id))


def ending(at: datetime) -> list[SigningKey]:
    """Keys whose certificates are past their last day, or soon will be."""
    last = local_date(at + _TOLD_BEFORE)
    return [row for row in listed() if row.until is not None and row.until <= last]


def put(keeper: User, agency: Agency, key: SigningKey, reason: str, ways: tuple[str, ...], at: datetime) -> None:
    """From now on this key signs, in the place of the one of the same person and way. Commits.

    Raises NotKeyKeeper, SigningKeyWrong, CertificateUnreadable, CertificateOfAnother, CertificateNotInForce.
    """
    said = _reason(keeper, reason)
    person = db.session.get(User, key.user_id) if key.user_id else None
    if key.way not in ways or (key.way in _CALLED) != bool(key.reference) or (key.user_id and person is None):
        raise SigningKeyWrong()
    if key.way == "token" and not all(key.reference.partition("/")):
        raise SigningKeyWrong()
    if (key.way == "file") != (not key.certificate):
        raise CertificateUnreadable()
    if key.certificate:
        require_own(base64.b64decode(key.certificate), agency, person)
        _require_in_force(base64.b64decode(key.certificate), at)
    history.lock(_subject(keeper.agency_id))
    for old in db.session.scalars(select(SigningKey).where(
            SigningKey.way == key.way, SigningKey.user_id.is_not_distinct_from(key.user_id))):
        db.session.delete(old)
    db.session.flush()
    db.session.add(key)
    _tell(keeper, {"added": key.way, "user_id": key.user_id, "reason": said}, at)


def take(keeper: User, key_id: int, reason: str, at: datetime) -> bool:
    """This key signs no longer; False: it did not. Commits. Raises NotKeyKeeper, SigningKeyWrong."""
    said = _reason(keeper, reason)
    history.lock(_subject(keeper.agency_id))
    row = db.session.get(SigningKey, key_id)
    if row is None:
        db.session.rollback()
        return False
    told = {"removed": row.way, "user_id": row.user_id, "reason": said}
    db.session.delete(row)
    _tell(keeper, told, at)
    return True


def changes(agency_id: int, limit: int = 20) -> list[tuple[history.Act, dict]]:
    """The last changes, newest first: (act, what was put in)."""
    return history.latest(history.Act.subject == _subject(agency_id), limit=limit)


def read(data: bytes) -> bytes:
    """DER of a certificate that somebody hands in as PEM or DER. Raises CertificateUnreadable."""
    data = data.removeprefix(BOM_UTF8)  # an editor of Windows puts it before the armour
    try:
        der = pem.unarmor(data)[2] if pem.detect(data) else data
        x509.Certificate.load(der, strict=True).native  # noqa: B018  to read all of it is the test
    except BROKEN as error:
        raise CertificateUnreadable() from error
    return bytes(der)


def told_of(der: bytes) -> dict[str, Any]:
    """name, organ, code (an agency's, else ""), issuer, serial (hex), fingerprint (SHA-256, hex), valid_from, valid_to
    (days) of a certificate.
    """
    one = x509.Certificate.load(der)
    name, issuer = (who.native.get("common_name") or who.human_friendly for who in (one.subject, one.issuer))
    told = one.subject.native
    return {"name": str(name), "issuer": str(issuer), "serial": f"{one.serial_number:x}",
            "organ": str(told.get("organization_name", "")), "code": str(told.get("organization_identifier", "")),
            "fingerprint": one.sha256.hex(), "valid_from": one.not_valid_before.date(),
            "valid_to": one.not_valid_after.date()}


def owner_of(der: bytes) -> str:
    """The common name of a certificate."""
    return str(x509.Certificate.load(der, strict=True).subject.native.get("common_name", ""))


def require_own(der: bytes, agency: Agency, person: User | None) -> None:
    """A person's certificate bears the person's name; an agency's its code or its name. Raises CertificateOfAnother."""
    told, is_seal = (one := x509.Certificate.load(der)).subject.native, is_agencys(one)
    if person is not None:
        fits = not is_seal and _same(told.get("common_name"), person.full_name)
    else:
        fits = told.get("organization_identifier") == agency.code or _same(told.get("common_name"), agency.name)
    if not fits:
        raise CertificateOfAnother(name=str(told.get("common_name", "")))


def in_force(der: bytes, at: datetime) -> bool:
    """Whether the moment lies within the days of a certificate."""
    one = x509.Certificate.load(der)
    return bool(one.not_valid_before <= at <= one.not_valid_after)


def _require_in_force(der: bytes, at: datetime) -> None:
    if not in_force(der, at):
        told = told_of(der)
        raise CertificateNotInForce(since=f"{told['valid_from']:%d/%m/%Y}", until=f"{told['valid_to']:%d/%m/%Y}")


def _same(one: object, other: str) -> bool:
    return unicodedata.normalize("NFC", str(one or "")).casefold().split() == \
        unicodedata.normalize("NFC", other).casefold().split()


def _reason(keeper: User, reason: str) -> str:
    if not keeper.has(*KEEPERS):
        raise NotKeyKeeper()
    return history.stated(reason, SigningKeyWrong)


def _subject(agency_id: int) -> str:
    return f"signing_key:{agency_id}"


def _tell(keeper: User, given: dict[str, object], at: datetime) -> None:
    db.session.flush()
    history.append(
        history.Act(agency_id=keeper.agency_id, subject=_subject(keeper.agency_id), at=at, actor_id=keeper.id,
                    kind="signing_keys_changed"),
        input=given, changes=history.take_changes(), is_locked=True)
    db.session.commit()


def is_of_another(der: bytes, codes: Collection[str], at: datetime) -> bool:
    """Whether a certificate bears the code of an agency that is none of `codes` (capitals): a seal's is its own, a
    person's stands as a unit.
    """
    subject = x509.Certificate.load(der).subject.native
    units, own = subject.get("organizational_unit_name", []), str(subject.get("organization_identifier", ""))
    return bool(own) and own.upper() not in codes or any(
        unit.upper() not in codes and bearer(unit, local_date(at)) is not None
        for unit in ([units] if isinstance(units, str) else units))
