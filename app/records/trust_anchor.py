"""Whose certificates an agency believes when it judges what comes in: data of the agency, changed by two people.

Authorities, and of agencies that send the certificates that seal for them and their leaders' (Art. 3.3). NĐ 68/2024
Art. 32, NĐ 23/2025 Art. 16: a signature is worth what the root above it is worth; who could put in a root alone could
have any file look valid. An administrator asks with a reason, another administrator or a leader decides; both are acts.
As long as nobody has decided for one, the trust anchors of the installation count (`tools/pki.py`). What is believed of
one signature is `tools/signing_verify.py`'s; old verdicts stay as they were.
"""

import base64
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from asn1crypto import x509
from sqlalchemy import CheckConstraint, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records import history
from app.records.agency import codes_of
from app.records.calendar import local_date
from app.records.people import User
from app.records.signing_key import is_of_another, read, told_of
from app.refusal import Refusal
from app.tools.signing_path import is_for_documents, may_root

#: who asks; who decides, but never what he has asked for himself
ASKING, DECIDING = ("admin",), ("admin", "leader")
#: what an anchor is believed about: who signed a document, or only when
DOCUMENTS, TIME = "documents", "time"
#: whose a certificate is that signs itself: a sender's seal, or one of its leaders'
AGENCY, LEADER = "agency", "leader"
ANCHORS, SIGNERS = (DOCUMENTS, TIME), (AGENCY, LEADER)
#: a change may be wanted long before or after; no signature of ours is of another time
EARLIEST, LATEST = date(2005, 1, 1), date(2100, 1, 1)


class NotTrustKeeper(Refusal):
    """An administrator asks for a change of the trust list, another one or a leader decides."""

    code, status, article = "not_trust_keeper", 403, "NĐ 68/2024 Art. 32"


class TrustOfOnePerson(Refusal):
    """Who asked for a change cannot decide it."""

    code, status, article = "trust_of_one_person", 403, "NĐ 68/2024 Art. 32"


class TrustWrong(Refusal):
    """It needs a purpose, days in their order, a reason of 5 to 500 characters; a sender's its code and name."""

    code = "trust_wrong"


class NotAuthority(Refusal):
    """The certificate is not one of an authority that issues for this purpose."""

    code, article = "not_authority", "NĐ 68/2024 Art. 32"


class NotSigner(Refusal):
    """The certificate does not sign documents, or it bears the code of another agency."""

    code, article = "not_signer", "Art. 3.3"


class TrustThere(Refusal):
    """The certificate is in the list already, or it waits for a decision."""

    code, status = "trust_there", 409


class TrustAnchor(AgencyOwned, Base):
    """One certificate that is believed from a day to a day, once two people wanted it."""

    __tablename__ = "trust_anchor"
    __table_args__ = (
        CheckConstraint("granted_by_id <> asked_by_id", name="trust_anchor_granted_by_another"),
        CheckConstraint("ended_by_id <> ending_by_id", name="trust_anchor_ended_by_another"),
        # nobody at all is no second person
        CheckConstraint("(granted_at IS NULL) = (granted_by_id IS NULL)", name="trust_anchor_granted_by_somebody"),
        CheckConstraint("(ending_at IS NULL) = (ending_by_id IS NULL)", name="trust_anchor_ending_by_somebody"),
        CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="trust_anchor_ended_by_somebody"),
        CheckConstraint("ended_at IS NULL OR ending_at IS NOT NULL", name="trust_anchor_ended_as_asked"))

    #: documents, time, agency or leader
    purpose: Mapped[str] = mapped_column(String(10))
    #: of a sender's: its code, who bears the certificate, and a leader's position
    code: Mapped[str] = mapped_column(String(35), default="")
    #: old or new codes of the same agency, with commas between
    other_codes: Mapped[str] = mapped_column(String(200), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    position: Mapped[str] = mapped_column(String(200), default="")
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
    #: it shall count for signatures to this day: its leader leaves; None: it goes, as one that was registered wrongly
    ending_until: Mapped[date | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]

    asked_by: Mapped[User] = relationship(foreign_keys=[asked_by_id])
    ending_by: Mapped[User | None] = relationship(foreign_keys=[ending_by_id])

    @property
    def codes(self) -> list[str]:
        """All by which its agency is known, the first its own."""
        return [self.code, *filter(None, self.other_codes.split(", "))]

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
    def asked_in(self) -> tuple[int, datetime] | None:
        """The act in which the change that waits was asked for: whose it was, and when; None: none waits."""
        return None if (asker := self.asker) is None else (asker.id, self.ending_at or self.asked_at)

    @property
    def key(self) -> str:
        """What is believed of which certificate. Rows of one key count together, one for each term of a leader; others
        only in the place of all of them.
        """
        return f"{self.purpose}:{self.fingerprint}"

    @property
    def wish(self) -> str:
        """A mark of what is asked, all of it: who decides sends back the one that he was shown. "": nothing waits."""
        if (asker := self.asker) is None:
            return ""
        return history.digest([self.state, self.fingerprint, self.purpose, *self.codes, self.name, self.position, *(
            day.isoformat() if day else "" for day in (self.since, self.until, self.ending_until)), asker.id,
            (self.ending_at or self.asked_at).astimezone(UTC).isoformat()])

    @property
    def told(self) -> dict[str, Any]:
        """What a person compares before he decides."""
        return told_of(base64.b64decode(self.certificate))


def listed(purposes: tuple[str, ...] = ANCHORS + SIGNERS) -> list[TrustAnchor]:
    """Those of these purposes that are not ended, what waits first."""
    return sorted(db.session.scalars(select(TrustAnchor).where(TrustAnchor.ended_at.is_(None),
                                                               TrustAnchor.purpose.in_(purposes))),
                  key=lambda row: (row.asker is None, row.code, row.purpose, row.id))


def registered(codes: list[str]) -> list[dict[str, str]]:
    """The certificates registered for the agency of these codes, as `signature_register.of_sender` takes them; [] when
    the list never spoke of it: those whose days are over are among them, those that two people took out, too.
    """
    spelled = {one.strip().upper() for one in codes}
    return [{"purpose": row.purpose, "fingerprint": row.fingerprint, "name": row.name, "since": row.since.isoformat(),
             "until": row.until.isoformat()} | ({"other_codes": row.other_codes} if row.other_codes else {})
            | ({"taken_out": "yes"} if row.ended_at else {})
            for row in _registered() if spelled & {one.upper() for one in row.codes}]


def senders(at: datetime) -> list[dict[str, Any]]:
    """All agencies of which the list says something: [{"codes", "rows": as `registered`}]."""
    every: dict[str, list[str]] = {}
    for row in sorted(_registered(), key=lambda one: one.code):
        first, *others = codes_of(row.code, local_date(at))
        every.setdefault(first, []).extend([*others, *row.codes])
    return [{"codes": (codes := list(dict.fromkeys([first, *others]))), "rows": registered(codes)}
            for first, others in sorted(every.items())]


def _registered() -> list[TrustAnchor]:
    """What was granted of senders; of a certificate that is not in the list any more its last row."""
    rows = db.session.scalars(select(TrustAnchor).where(
        TrustAnchor.granted_at.is_not(None), TrustAnchor.purpose.in_(SIGNERS)).order_by(TrustAnchor.id)).all()
    last = {(row.fingerprint, row.code): row for row in sorted(rows, key=lambda row: (row.ended_at is None, row.id))}
    return [row for row in rows if row.ended_at is None or last[row.fingerprint, row.code] is row]


def believed() -> list[dict[str, str]] | None:
    """The agency's own list, as `signing_trust.Trust.only` takes it; None: it never had one."""
    rows = db.session.scalars(select(TrustAnchor).where(
        TrustAnchor.granted_at.is_not(None), TrustAnchor.purpose.in_(ANCHORS)).order_by(TrustAnchor.id))
    if not (granted := rows.all()):
        return None
    return [{"purpose": row.purpose, "certificate": row.certificate, "since": row.since.isoformat(),
             "until": row.until.isoformat()} for row in granted if row.ended_at is None]


@dataclass(frozen=True)
class Wish:
    """What shall be believed about a certificate; days left out are those of the certificate."""

    purpose: str
    since: date | None = None
    until: date | None = None
    #: of a sender's seal or leader
    code: str = ""
    name: str = ""
    position: str = ""
    other_codes: tuple[str, ...] = ()


def made(keeper: User, data: bytes, wish: Wish, at: datetime) -> TrustAnchor:
    """The row of a certificate (PEM or DER) that shall be believed on these days, which nobody has asked for yet.

    Raises TrustWrong, CertificateUnreadable, NotAuthority, NotSigner.
    """
    der = read(data)
    told = told_of(der)
    since, until = wish.since or max(told["valid_from"], EARLIEST), wish.until or min(told["valid_to"], LATEST)
    if wish.purpose not in ANCHORS + SIGNERS or not EARLIEST <= since <= until <= LATEST:
        raise TrustWrong()
    whose = _whose(der, wish, at) if wish.purpose in SIGNERS else {}
    if wish.purpose in ANCHORS and not may_root(x509.Certificate.load(der), of_time=wish.purpose == TIME):
        raise NotAuthority(name=told["name"])
    return TrustAnchor(
        agency_id=keeper.agency_id, purpose=wish.purpose, certificate=base64.b64encode(der).decode(), **whose,
        fingerprint=told["fingerprint"], since=since, until=until, asked_by_id=keeper.id, asked_at=at)


def ask(keeper: User, data: bytes, wish: Wish, reason: str, at: datetime) -> None:
    """Ask that a certificate (PEM or DER) be believed on these days. Commits.

    Raises NotTrustKeeper, TrustWrong, CertificateUnreadable, NotAuthority, NotSigner, TrustThere.
    """
    said = _reason(keeper, ASKING, reason)
    row = made(keeper, data, wish, at)
    history.lock(_subject(keeper.agency_id))
    _put([row], ())
    _tell(keeper, "trust_asked", {"wants": "add", "fingerprint": row.fingerprint, "reason": said}, at)


def ask_all(keeper: User, rows: Collection[TrustAnchor], ending: Collection[int], reason: str, at: datetime) -> None:
    """Ask in one act that all of these be believed (`made`), and those of the list that end be so no longer: new rows
    of a key stand in the place of all old ones. All or nothing. Commits.

    Raises NotTrustKeeper, TrustWrong, TrustThere.
    """
    said = _reason(keeper, ASKING, reason)
    history.lock(_subject(keeper.agency_id))
    for old in _put(rows, ending):
        old.ending_by_id, old.ending_at, old.ending_until = keeper.id, at, None
    for row in rows:
        row.asked_by_id, row.asked_at = keeper.id, at  # of one moment: so they are known as of one act
    _tell(keeper, "trust_asked", {"wants": "many", "added": len(rows), "ended": len(ending), "reason": said}, at)


def _put(rows: Collection[TrustAnchor], ending: Collection[int]) -> list[TrustAnchor]:
    """Add these rows; those that end. Raises TrustThere: one is in the list, or one that is to end is not."""
    known = listed()
    olds = [row for row in known if row.id in ending and row.state == "believed"]
    there = {row.key for row in known if row not in olds}
    twice = next((row for row in rows if row.key in there), None)
    if twice is not None or len(olds) != len(ending) or not (rows or olds):
        db.session.rollback()
        raise TrustThere(name=twice.told["name"] if twice else "")
    db.session.add_all(rows)
    return olds


def _whose(der: bytes, wish: Wish, at: datetime) -> dict[str, str]:
    """Code, name and position of a sender's certificate. Raises TrustWrong, NotSigner."""
    one, told = x509.Certificate.load(der), told_of(der)
    code, name = wish.code.strip() or told["code"], wish.name.strip() or told["name"]
    others = [one for one in dict.fromkeys(map(str.strip, wish.other_codes)) if one != code]
    if max(map(len, (name, wish.position, ", ".join(others)))) > 200 or not all(
            1 <= len(one) <= 35 for one in (code, *others)) or any("," in one for one in others):
        raise TrustWrong()
    same = {other.upper() for known in (code, *others) for other in codes_of(known, local_date(at))}
    if not is_for_documents(one) or is_of_another(der, same, at):
        raise NotSigner(name=told["name"])
    return {"code": code, "other_codes": ", ".join(others), "name": name,
            "position": wish.position.strip() if wish.purpose == LEADER else ""}


def ask_end(keeper: User, anchor_id: int, reason: str, at: datetime, last: date | None = None) -> bool:
    """Ask that it be believed no longer, or only for signatures to its `last` day, which a leader has who leaves.
    False: that is asked already, or it is not in the list. Commits. Raises NotTrustKeeper, TrustWrong.
    """
    said = _reason(keeper, ASKING, reason)
    row = _locked(keeper, anchor_id)
    if row is None or row.state != "believed":
        db.session.rollback()
        return False
    if last is not None and not row.since <= last <= LATEST:
        db.session.rollback()
        raise TrustWrong()
    row.ending_by_id, row.ending_at, row.ending_until = keeper.id, at, last
    _tell(keeper, "trust_asked", {"wants": "end", "fingerprint": row.fingerprint, "reason": said} | _last(last), at)
    return True


def _last(day: date | None) -> dict[str, str]:
    return {"last": day.isoformat()} if day else {}


def together(row: TrustAnchor) -> list[TrustAnchor]:
    """All that was asked for in the same act as the change of this row that waits; it is decided in one act, too."""
    return next((rows for rows in requests() if row in rows), [row])


def requests() -> list[list[TrustAnchor]]:
    """Changes that wait and were asked for several in one act."""
    found: dict[object, list[TrustAnchor]] = {}
    for row in sorted(listed(), key=lambda one: one.id):
        if row.asked_in:
            found.setdefault(row.asked_in, []).append(row)
    return [rows for rows in found.values() if len(rows) > 1]


def wish_of(rows: Collection[TrustAnchor]) -> str:
    """A mark of all that was asked for in one act, as `TrustAnchor.wish` is of one change."""
    return next(iter(rows)).wish if len(rows) == 1 else history.digest([row.wish for row in rows])


def decide(decider: User, anchor_id: int, wish: str, *, agrees: bool, reason: str, at: datetime,
           taken: Collection[str] = ()) -> bool:
    """The second person's word on what waits, as he was shown it (`wish_of`): nothing is granted but what was asked.
    Of many changes asked for in one act those are granted of which he takes the `key`. False: it waits no longer, or
    something else does. Commits.

    Raises NotTrustKeeper, TrustOfOnePerson, TrustWrong.
    """
    said = _reason(decider, DECIDING, reason)
    row = _locked(decider, anchor_id)
    if row is None or (asker := row.asker) is None or wish != wish_of(rows := together(row)):
        db.session.rollback()
        return False
    if asker.id == decider.id:
        db.session.rollback()
        raise TrustOfOnePerson()
    granted = [one for one in rows if agrees and (len(rows) == 1 or one.key in taken)]
    given = {"agrees": bool(granted), "asked_by": asker.id, "reason": said} | (
        {"wants": "add" if row.state == "asked" else "end", "fingerprint": row.fingerprint} | _last(row.ending_until)
        if len(rows) == 1 else {"wants": "many", "granted": len(granted), "left": len(rows) - len(granted)})
    for one in rows:
        _settle(one, decider, agrees=one in granted, at=at)
    _tell(decider, "trust_decided", given, at)
    return True


def _settle(row: TrustAnchor, decider: User, *, agrees: bool, at: datetime) -> None:
    """What was asked of this row is granted, or it is as if nobody had asked."""
    match row.state, agrees:
        case "asked", True:
            row.granted_by_id, row.granted_at = decider.id, at
        case "asked", False:
            db.session.delete(row)
        case "ending", True if row.ending_until is None:
            row.ended_by_id, row.ended_at = decider.id, at
        case "ending", True:  # it stays, with another last day
            row.until, row.ending_by_id, row.ending_at, row.ending_until = row.ending_until, None, None, None
        case _:
            row.ending_by_id = row.ending_at = row.ending_until = None


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
