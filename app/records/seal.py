"""Seals: every 15 minutes the heads of all chains that moved, under one Merkle root, signed, stamped, chained (S12).

A chain of hashes shows a change within it; it does not show that its end, or all of it, is gone. A seal does: each
of its leaves names a chain, its last act and that act's hash. Heads that did not move since are in the seal before.
Append-only like the acts. It judges nothing: `verify.py` does.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.records import history
from app.refusal import Refusal
from app.tools.sealing import Sealer

#: a seal is made at least so often, moved heads or not: a restored backup then lacks one, hours
LONGEST_HOURS = 24
#: how long an act may wait for its commit and still be looked for by its id, minutes
LOOK_BACK_MINUTES = 30
#: seals read at a time to be copied outside
COPIED = 200


class Seal(AgencyOwned, Base):
    """One seal of one agency's history."""

    __tablename__ = "seal"
    __table_args__ = (UniqueConstraint("agency_id", "number"),)

    number: Mapped[int]
    at: Mapped[datetime]
    #: the largest id of an act that was seen: where the next search begins
    last_act_id: Mapped[int]
    #: how many leaves it has
    leaves: Mapped[int]
    #: Merkle root, hex; of no leaves: zeros
    root: Mapped[str] = mapped_column(String(64))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    #: sha256 of the public key
    key_id: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(Text)
    #: Base64 of the RFC 3161 token over `hash`; empty: the authority was away
    stamp: Mapped[str] = mapped_column(Text, default="")


class SealLeaf(AgencyOwned, Base):
    """The head of one chain at the time of a seal."""

    __tablename__ = "seal_leaf"
    __table_args__ = (Index("seal_leaf_of_subject", "agency_id", "subject", "number"),)

    seal_id: Mapped[int] = mapped_column(ForeignKey("seal.id"), index=True)
    position: Mapped[int]
    subject: Mapped[str] = mapped_column(String(60))
    number: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))


#: subject, number and hash of the last act of a chain
Head = tuple[str, int, str]


def leaf_hash(subject: str, number: int, act_hash: str) -> bytes:
    """What the tree is built of: 0x00 and the canonical [subject, number, hash]."""
    return hashlib.sha256(b"\0" + history.canonical([subject, number, act_hash])).digest()


def _pair(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """All levels of the tree from the leaves up; an odd one goes up as it is."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        row = levels[-1]
        levels.append([_pair(*row[i:i + 2]) if i + 1 < len(row) else row[i] for i in range(0, len(row), 2)])
    return levels


def root_of(leaves: Sequence[bytes]) -> str:
    """The Merkle root, hex."""
    return _levels(leaves)[-1][0].hex() if leaves else history.GENESIS


def proof(leaves: Sequence[bytes], position: int) -> list[list[str]]:
    """The way from a leaf to the root: ["left" or "right", hex of the neighbour] per level."""
    found = []
    for row in _levels(leaves)[:-1]:
        beside = position ^ 1
        if beside < len(row):
            found.append(["left" if beside < position else "right", row[beside].hex()])
        position //= 2
    return found


def covered(seal: Seal) -> dict[str, Any]:
    """What hash and signature of a seal cover."""
    return {"agency_id": seal.agency_id, "number": seal.number, "at": seal.at.astimezone(UTC).isoformat(),
            "last_act_id": seal.last_act_id, "leaves": seal.leaves, "root": seal.root,
            "previous_hash": seal.previous_hash, "key_id": seal.key_id}


def as_json(seal: Seal) -> dict[str, Any]:
    """The seal as it is copied outside and put into a bundle."""
    return covered(seal) | {"hash": seal.hash, "signature": seal.signature, "stamp": seal.stamp}


def last() -> Seal | None:
    """The newest seal of the agency."""
    return db.session.scalar(select(Seal).order_by(Seal.number.desc()).limit(1))


def copy_out(agency_id: int, sealer: Sealer) -> int:
    """Put outside every seal after the last one that is there, oldest first; how many. Ends the transaction.

    So what was missed is caught up. A copy that is missing before the last one was taken away: that is for verify.py
    to tell, and not for the database to mend. Raises CopyImpossible.
    """
    copies, found = sealer.copies_of(str(agency_id)), 0
    since = max(copies.numbers(), default=0)
    try:
        for made in db.session.scalars(select(Seal).where(Seal.number > since).order_by(Seal.number),
                                       execution_options={"yield_per": COPIED}):
            copies.put(made.number, as_json(made))
            found += 1
    finally:
        db.session.rollback()
    return found


def leaves_of(seal_id: int) -> list[SealLeaf]:
    """The leaves of a seal in their order."""
    return list(db.session.scalars(select(SealLeaf).where(SealLeaf.seal_id == seal_id).order_by(SealLeaf.position)))


def take(agency_id: int, sealer: Sealer, at: datetime, subject: str = "") -> Seal | None:
    """Seal what moved since the last seals, and `subject`; None: nothing did, and the last one is young. Commits.

    The authority is asked with no transaction open; when another process was quicker, its seal stands.
    """
    before = last()
    heads = _moved(before, subject)
    if before is not None and not heads and before.at > at - timedelta(hours=LONGEST_HOURS):
        db.session.rollback()
        return None
    return over(before, heads, agency_id, sealer, at)


def over(before: Seal | None, heads: list[Head], agency_id: int, sealer: Sealer, at: datetime) -> Seal | None:
    """Seal these heads of chains after the agency's last seal; None: it is not the last any more. Commits."""
    seen = db.session.scalar(select(history.Act.id).order_by(history.Act.id.desc()).limit(1)) or 0
    number, previous = (before.number, before.hash) if before else (0, history.GENESIS)
    db.session.rollback()
    made = Seal(agency_id=agency_id, number=number + 1, at=at, last_act_id=seen, leaves=len(heads),
                root=root_of([leaf_hash(*head) for head in heads]), previous_hash=previous, key_id=sealer.key_id)
    data = history.canonical(covered(made))
    made.hash, made.signature = hashlib.sha256(data).hexdigest(), sealer.sign(data)
    try:
        made.stamp = sealer.stamp(made.hash)
    except Refusal:
        made.stamp = ""  # said by verify.py; the next seal, stamped again, covers this one by its chain
    history.lock(f"seal:{agency_id}")
    newest = last()
    if (newest.number if newest else 0) != number:
        db.session.rollback()
        return None
    db.session.add(made)
    db.session.flush()
    rows = [{"agency_id": agency_id, "seal_id": made.id, "position": position, "subject": subject, "number": n,
             "hash": act_hash} for position, (subject, n, act_hash) in enumerate(heads)]
    for start in range(0, len(rows), 5000):
        db.session.execute(insert(SealLeaf), rows[start:start + 5000])
    db.session.commit()
    return made


def _moved(before: Seal | None, subject: str) -> list[Head]:
    """Every chain whose head is not sealed yet, by subject.

    An act's id may be older than its commit: the search begins well before the last seal, however many were taken
    since, and the subject that is asked for is looked for wherever it lies.
    """
    since = 0
    if before is not None:
        since = db.session.scalar(
            select(Seal.last_act_id).where(Seal.at <= before.at - timedelta(minutes=LOOK_BACK_MINUTES))
            .order_by(Seal.number.desc()).limit(1)) or 0
    rows = db.session.execute(text("""
        select subject, number, hash from (
            select distinct on (subject) subject, number, hash from act where id > :since or subject = :subject
            order by subject, number desc) head
        where not exists (select 1 from seal_leaf l where l.subject = head.subject and l.number >= head.number)
        order by subject"""), {"since": since, "subject": subject})
    return [(row.subject, row.number, row.hash) for row in rows]
