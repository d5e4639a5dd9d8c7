"""Since when what a file holds is proven to have been there: time stamps over the whole file, one over another.

PAdES B-LTA; ETSI EN 319 102-1 5.6 (past signature validation, proofs of existence). A stamp that one trusts when one
asks proves that the signatures and stamps in the bytes before it existed then, so those are judged at its time: who
stamped them may have ended since. Whoever has a key that ended, or was lost, can put any date into a stamp: only
another stamp over it, from before the loss, proves that it is no such one. A stamp never vouches for itself.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from pyhanko.sign.validation import DocumentTimestampStatus, EmbeddedPdfSignature, async_validate_pdf_timestamp
from pyhanko_certvalidator.policy_decl import NO_REVOCATION

from app.tools.signing_coverage import covered_end, range_is_exact
from app.tools.signing_path import context, is_strong_stamp, leads_to_time, revoked, run
from app.tools.signing_policy import BROKEN
from app.tools.signing_trust import CLOCKS, Trust


class Proof(NamedTuple):
    """All bytes of the file before `end` were there at `time`, as says who has the key `by`."""

    end: int
    time: datetime
    by: bytes


def existed(pdf: bytes, signature: EmbeddedPdfSignature, proofs: Iterable[Proof], at: datetime) -> datetime:
    """The earliest moment at which this signature (or stamp) is proven to have been there; else that of the check."""
    if not range_is_exact(pdf, signature):  # it says of other bytes than its own that they are its own
        return at
    return min([at, *(one.time for one in proofs if covered_end(signature) <= one.end)])


def proven_by(pdf: bytes, stamps: list[EmbeddedPdfSignature], trust: Trust,
              at: datetime) -> tuple[list[Proof], set[str]]:
    """What stamps over the whole file prove, and what is wrong with them; `stamps`: in the order of the file."""
    proofs: list[Proof] = []
    wrong = set()
    for stamp in reversed(stamps):  # the outer one proves when the inner one is judged
        try:
            moment = existed(pdf, stamp, proofs, at)
            found, trusted_at = run(_trusted_at(stamp, trust, dict.fromkeys([at, moment])))
            if trusted_at and _is_proof(pdf, stamp):
                proofs.append(Proof(int(stamp.byte_range[1]), min(found.timestamp, trusted_at),
                                    stamp.signer_cert.public_key.dump()))
            wrong.add(run(_fault(stamp, found, trust, at, is_trusted=trusted_at is not None)))
        except BROKEN:
            wrong.add("unreadable")
    return proofs, wrong - {""}


async def _trusted_at(stamp: EmbeddedPdfSignature, trust: Trust,
                      moments: Iterable[datetime]) -> tuple[DocumentTimestampStatus, datetime | None]:
    """What it says, and the first of these moments (one at least) at which one trusts it; None: at none."""
    for moment in moments:
        found = await async_validate_pdf_timestamp(
            stamp, context(trust, moment, NO_REVOCATION, trust.at(moment, of_time=True)), skip_diff=True)
        if (found.intact and found.valid and found.trusted and found.timestamp <= moment + CLOCKS
                and leads_to_time(found.validation_path)
                and await revoked(trust, found.validation_path, moment, of_time=True) is False):
            return found, moment
    return found, None


async def _fault(stamp: EmbeddedPdfSignature, found: DocumentTimestampStatus, trust: Trust, at: datetime, *,
                 is_trusted: bool) -> str:
    """What is wrong with a stamp; "": nothing. One whose authority has ended since proves nothing and is not false."""
    if not (found.intact and found.valid):
        return "altered"
    if is_trusted:
        return ""
    _found, then = await _trusted_at(stamp, trust, [found.timestamp])
    return "" if then is not None and then <= at + CLOCKS else "time_untrusted"


def _is_proof(pdf: bytes, stamp: EmbeddedPdfSignature) -> bool:
    """Whether nobody can have other bytes with the same stamp: it covers all but itself, by what is strong."""
    return is_strong_stamp(stamp.signed_data, stamp.signer_cert.public_key) and range_is_exact(pdf, stamp)
