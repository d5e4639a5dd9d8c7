"""Whose certificates an agency believes when it judges what comes in: data of the agency, changed by two people.

NĐ 68/2024 Art. 32, NĐ 23/2025 Art. 16: a signature is worth what the root above it is worth; who could put in a root
alone could have any file look valid. An administrator asks with a reason, another administrator or a leader decides;
both are acts. As long as nobody has decided for one, the trust anchors of the installation count (`tools/pki.py`).
What is believed of one signature is `tools/signing_verify.py`'s; old verdicts stay as they were.
"""

import base64
from datetime import date, datetime
from typing import Any

from asn1crypto import x509
from sqlalchemy import CheckConstraint, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records import history
from app.records.people import User
from app.records.signing_key import read
from app.refusal import Refusal

#: who asks; who decides, but never what he has asked for himself
ASKING, DECIDING = ("admin",), ("admin", "leader")
#: what an anchor is believed about: who signed a document, or only when
DOCUMENTS, TIME = "documents", "time"
PURPOSES = (DOCUMENTS, TIME)
#: a change may be wanted long before or after; no signature of ours is of another time
EARLIEST, LATEST = date(2005, 1, 1), date(2100, 1, 1)


class NotTrustKeeper(Refusal):
    """An administrator asks for a change of the trust list, another one or a leader decides."""

    code, status, article = "not_trust_keeper", 403, "NĐ 68/2024 Art. 32"


class TrustOfOnePerson(Refusal):
    """Who asked for a change cannot decide it."""

    code, status, article = "trust_of_one_person", 403, "NĐ 68/2024 Art. 32"


class TrustWrong(Refusal):
    """An anchor needs a purpose, days in their order, and a reason of 5 to 500 characters."""

    code = "trust_wrong"


class NotAuthority(Refusal):
    """The certificate is not one of an authority."""

    code, article = "not_authority", "NĐ 68/2024 Art. 32"


class TrustThere(Refusal):
    """The certificate is in the list already, or it waits for a decision."""

    code, status = "trust_there", 409


class TrustAnchor(AgencyOwned, Base):
    """One certificate that is believed from a day to a day, once two people wanted it."""

    __tablename__ = "trust_anchor"
    __table_args__ = (
        CheckConstraint("granted_by_id <> asked_by_id", name="trust_anchor_granted_by_another"),
        CheckConstraint("ended_by_id <> ending_by_id", name="trust_anchor_ended_by_another"))

    #: documents or time
    purpose: Mapped[str] = mapped_column(String(10))
    #: DER, Base64; and its SHA-256, hex
    certificate: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(String(64))
    #: signatures of these days are believed, both included
    since: Mapped[date]
    until: Mapped[date]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    granted_at: Mapped[datetime | None]
    #: somebody wants it out
    ending_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ending_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]

    asked_by: Mapped[User] = relationship(foreign_keys=[asked_by_id])
    ending_by: Mapped[User | None] = relationship(foreign_keys=[ending_by_id])

    @property
    def state(self) -> str:
        """asked, believed, ending (still believed) or ended."""
        if self.granted_at is None:
            return "asked"
        return "ended" if self.ended_at else "ending" if self.ending_at else "believed"

    @property
    def asker(self) -> User | None:
        """Who asked for the change that waits; None: none waits."""
        return {"asked": self.asked_by, "ending": self.ending_by}.get(self.state)

    @property
    def told(self) -> dict[str, Any]:
        """What a person compares before he decides."""
        return told_of(base64.b64decode(self.certificate))


def told_of(der: bytes) -> dict[str, Any]:
    """name, issuer, serial (hex), fingerprint (SHA-256, hex), valid_from, valid_to (days) of a certificate."""
    one = x509.Certificate.load(der)
    name, issuer = (who.native.get("common_name") or who.human_friendly for who in (one.subject, one.issuer))
    return {"name": str(name), "issuer": str(issuer), "serial": f"{one.serial_number:x}",
            "fingerprint": one.sha256.hex(), "valid_from": one.not_valid_before.date(),
            "valid_to": one.not_valid_after.date()}


def listed() -> list[TrustAnchor]:
    """Those that are not ended, what waits first."""
    return sorted(db.session.scalars(select(TrustAnchor).where(TrustAnchor.ended_at.is_(None))),
                  key=lambda row: (row.asker is None, row.purpose, row.id))


def believed() -> list[dict[str, str]] | None:
    """The agency's own list, as `signing_trust.Trust.only` takes it; None: it has none, the installation's counts.

    Once two people have decided for an anchor there is a list, even when all are ended again.
    """
    rows = db.session.scalars(select(TrustAnchor).where(TrustAnchor.granted_at.is_not(None)).order_by(TrustAnchor.id))
    if not (granted := rows.all()):
        return None
    return [{"purpose": row.purpose, "certificate": row.certificate, "since": row.since.isoformat(),
             "until": row.until.isoformat()} for row in granted if row.ended_at is None]


def ask(keeper: User, data: bytes, purpose: str, since: date | None, until: date | None, reason: str,
        at: datetime) -> None:
    """Ask that a certificate (PEM or DER) be believed on these days; without days on those of the certificate. Commits.

    Raises NotTrustKeeper, TrustWrong, CertificateUnreadable, NotAuthority, TrustThere.
    """
    said = _reason(keeper, ASKING, reason)
    der = read(data)
    told = told_of(der)
    since, until = since or told["valid_from"], until or told["valid_to"]
    if purpose not in PURPOSES or not EARLIEST <= since <= until <= LATEST:
        raise TrustWrong()
    if not x509.Certificate.load(der).ca and purpose == DOCUMENTS:
        raise NotAuthority(name=told["name"])
    history.lock(_subject(keeper.agency_id))
    if any((row.fingerprint, row.purpose) == (told["fingerprint"], purpose) for row in listed()):
        raise TrustThere(name=told["name"])
    db.session.add(TrustAnchor(
        agency_id=keeper.agency_id, purpose=purpose, certificate=base64.b64encode(der).decode(),
        fingerprint=told["fingerprint"], since=since, until=until, asked_by_id=keeper.id, asked_at=at))
    _tell(keeper, "trust_asked", {"wants": "add", "fingerprint": told["fingerprint"], "reason": said}, at)


def ask_end(keeper: User, anchor_id: int, reason: str, at: datetime) -> bool:
    """Ask that it be believed no longer; False: that is asked already, or it is not in the list. Commits.

    Raises NotTrustKeeper, TrustWrong.
    """
    said = _reason(keeper, ASKING, reason)
    row = _locked(keeper, anchor_id)
    if row is None or row.state != "believed":
        db.session.rollback()
        return False
    row.ending_by_id, row.ending_at = keeper.id, at
    _tell(keeper, "trust_asked", {"wants": "end", "fingerprint": row.fingerprint, "reason": said}, at)
    return True


def decide(decider: User, anchor_id: int, wants: str, *, agrees: bool, reason: str, at: datetime) -> bool:
    """The second person's word on what waits ("add" or "end"); False: it waits no longer. Commits.

    Raises NotTrustKeeper, TrustOfOnePerson, TrustWrong.
    """
    said = _reason(decider, DECIDING, reason)
    row = _locked(decider, anchor_id)
    if row is None or (asker := row.asker) is None or wants != {"asked": "add", "ending": "end"}[row.state]:
        db.session.rollback()
        return False
    if asker.id == decider.id:
        db.session.rollback()
        raise TrustOfOnePerson()
    given = {"wants": wants, "agrees": agrees, "fingerprint": row.fingerprint, "asked_by": asker.id, "reason": said}
    match wants, agrees:
        case "add", True:
            row.granted_by_id, row.granted_at = decider.id, at
        case "add", False:
            db.session.delete(row)
        case "end", True:
            row.ended_by_id, row.ended_at = decider.id, at
        case _:
            row.ending_by_id = row.ending_at = None
    _tell(decider, "trust_decided", given, at)
    return True


def changes(agency_id: int, limit: int = 20) -> list[tuple[history.Act, dict]]:
    """The last words about the list, newest first: (act, what was put in)."""
    return history.latest(history.Act.subject == _subject(agency_id), limit=limit)


def _locked(user: User, anchor_id: int) -> TrustAnchor | None:
    history.lock(_subject(user.agency_id))
    return db.session.get(TrustAnchor, anchor_id, populate_existing=True)


def _reason(user: User, roles: tuple[str, ...], reason: str) -> str:
    if not user.has(*roles):
        raise NotTrustKeeper()
    return history.stated(reason, TrustWrong)


def _subject(agency_id: int) -> str:
    return f"trust:{agency_id}"


def _tell(user: User, kind: str, given: dict[str, object], at: datetime) -> None:
    db.session.flush()
    history.append(history.Act(agency_id=user.agency_id, subject=_subject(user.agency_id), at=at, actor_id=user.id,
                               kind=kind), input=given, changes=history.take_changes(), is_locked=True)
    db.session.commit()
