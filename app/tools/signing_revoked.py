"""Whether a certificate was revoked at a moment: every list and every answer at hand is asked (NĐ 23/2025 Art. 16).

pyHanko stops at the first answer that says "good", asks answers only about certificates that name a responder, and
knows neither the day from which a key is held to be lost nor what an additional list alone says. Here one word that
a certificate was revoked is enough, and "good" needs one word of its authority in force. It goes to no network.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from asn1crypto import core, crl, ocsp, x509
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import (
    CRLFetchError,
    CRLNoMatchesError,
    CRLValidationError,
    OCSPFetchError,
    OCSPNoMatchesError,
    OCSPValidationError,
    PathError,
    RevokedError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.revinfo.validate_crl import verify_crl
from pyhanko_certvalidator.revinfo.validate_ocsp import verify_ocsp_response

from app.tools.signing_authority import (
    BROKEN,
    Certificates,
    Told,
    believed,
    is_about,
    is_indirect,
    issued,
    may_answer,
    may_list,
)

_TOLD_NOTHING = (CRLFetchError, CRLNoMatchesError, CRLValidationError, OCSPFetchError, OCSPNoMatchesError,
                 OCSPValidationError, PathError, *BROKEN)
#: may be taken back: only what is in force speaks of it, or an additional list
_HOLD, _REMOVED = "certificate_hold", "remove_from_crl"
_REVOKED, _SUPERSEDED = "revoked", "superseded"
#: expiredCertsOnCRL: since when certificates that ended stay on a list
_KEEPS_ENDED = "2.5.29.60"


def issued_until(kind: type[Any], given: Iterable[Any], latest: datetime) -> list[Any]:
    """Those lists (or answers) that were issued by then: of a day to come nobody can know. Unreadable ones are none."""
    return [one for data in given if (one := _loaded(kind, data)) is not None and issued(one) <= latest]


def _loaded(kind: type[Any], data: Any) -> Any:
    try:
        one = kind.load(data) if isinstance(data, bytes) else data
        issued(one)
    except BROKEN:
        return None
    return one


def is_after(one: Any, ends: datetime | None) -> bool:
    """Whether a list (or answer) is of later than that, and does not say that it keeps what ended since (X.509)."""
    if ends is None or issued(one) <= ends:
        return False
    kept = [entry["extn_value"].native for entry in one["tbs_cert_list"]["crl_extensions"] or ()
            if entry["extn_id"].native == _KEEPS_ENDED] if isinstance(one, crl.CertificateList) else []
    try:
        return not any(core.GeneralizedTime.load(since).native <= ends for since in kept)
    except BROKEN:
        return True


async def was_revoked(path: ValidationPath, told: Told, of_its_life: Told, asked: Callable[[Told], ValidationContext],
                      moment: datetime) -> bool | None:
    """Whether one of the path's certificates was revoked at that moment; None: of one it is not known.

    `of_its_life`: what of `told` may call one of them good; `asked`: at that moment, for a policy that needs such a
    word. Anchors are believed.
    """
    known, way = True, [*path.iter_certs(include_root=True)]
    for place, certificate in enumerate(way[1:], 1):
        above = way[:place]
        good = believed(certificate, above, of_its_life)
        context = asked(good)
        entries, answers = _entries(certificate, above, told), _answers(certificate, above, told)
        if (any(one.since <= moment for one in (*entries, *answers) if one.status in (_REVOKED, _SUPERSEDED))
                or _is_held(entries, above, good, moment) or _is_held_by_answer(answers, good, moment)):
            return True
        found = []
        for ask in (verify_ocsp_response, verify_crl):
            try:
                await ask(certificate, path, context)
                found.append(True)
            except RevokedError:  # by a list: on hold, for all else is known
                if ask is verify_crl and entries and max(entries, key=lambda one: one.issued).status == _REMOVED:
                    continue  # by a list that continues none of those at hand: it may be good by now
                return True
            except _TOLD_NOTHING:
                continue
        known = known and bool(found) and not _is_unknown(answers)
    return False if known else None


def around_superseded(path: ValidationPath, told: Told, moment: datetime) -> Iterable[ValidationPath]:
    """The same path by another certificate of the same authority and key, where one was superseded and nothing else is
    said of it: its key is not lost. Nobody has validated it.
    """
    way = [*path.iter_certs(include_root=True)]
    for place in range(1, len(way) - 1):
        old, above = way[place], way[:place]
        said = {one.status for one in (*_entries(old, above, told), *_answers(old, above, told))
                if one.since <= moment}
        if said - {"good"} == {_SUPERSEDED}:
            yield from (ValidationPath(path.trust_anchor, [*way[1:place], new, *way[place + 1:-1]], way[-1])
                        for new in told.known if new.subject == old.subject and new.sha256 != old.sha256
                        and new.public_key.dump() == old.public_key.dump())


def in_step(crls: Iterable[crl.CertificateList], moment: datetime) -> list[crl.CertificateList]:
    """The lists that tell what is so at that moment, of each authority and scope: a whole one speaks until the next
    before that moment, and of the additional ones the newest, where it continues a whole one at hand: not before its
    base, and before itself (RFC 5280 5.2.4). pyHanko takes all, whatever they are additions to.
    """
    whole, added = [], {}
    for one in crls:
        try:
            read = _Numbered.read(one)
        except BROKEN:
            continue
        if read.base is None:
            whole.append(read)
        elif read.scope not in added or added[read.scope].issued < read.issued:
            added[read.scope] = read
    last = {read.scope: read.issued for read in sorted(whole, key=lambda one: one.issued) if read.issued <= moment}
    whole = [read for read in whole if read.issued >= last.get(read.scope, read.issued)]
    return [read.of for read in (*whole, *(one for one in added.values() if any(
        read.scope == one.scope and one.base <= read.number < one.number for read in whole)))]


class _Numbered(NamedTuple):
    """A list with its place among those of its authority; `base`: of an additional one, which it begins at."""

    issued: datetime
    scope: tuple[str, bytes]
    number: int
    base: int | None
    of: crl.CertificateList

    @classmethod
    def read(cls, one: crl.CertificateList) -> "_Numbered":
        base, number, place = (one.delta_crl_indicator_value, one.crl_number_value,
                               one.issuing_distribution_point_value)
        return cls(issued(one), (one.issuer.hashable, place.dump() if place else b""),
                   -1 if number is None else number.native, None if base is None else base.native, one)


class _Word(NamedTuple):
    """What a list or an answer of an authority says of a certificate: good, unknown, revoked, superseded, on hold,
    removed.
    """

    issued: datetime
    until: datetime | None
    status: str
    since: datetime
    of: crl.CertificateList | ocsp.OCSPResponse


def _entries(certificate: x509.Certificate, above: Certificates, told: Told) -> list[_Word]:
    """Of whole and additional lists, and old ones, too."""
    number, found = certificate["tbs_certificate"]["serial_number"].dump(), []
    for one in told.lists:
        try:
            if number in one["tbs_cert_list"].dump() and (words := _of_list(certificate, one)) and may_list(
                    one, above, told.known):
                found += words
        except BROKEN:
            continue
    return found


def _of_list(certificate: x509.Certificate, one: crl.CertificateList) -> list[_Word]:
    """An indirect list names the authority of a certificate, and of all that follow (RFC 5280 5.3.3)."""
    body, of_several = one["tbs_cert_list"], is_indirect(one)
    if not of_several and one.issuer != certificate.issuer:
        return []
    found, authority = [], one.issuer
    for entry in body["revoked_certificates"] or ():
        if of_several and (named := _said(entry["crl_entry_extensions"], "certificate_issuer")) is not None:
            authority = next(name.chosen for name in named if name.name == "directory_name")
        if entry["user_certificate"].native == certificate.serial_number and authority == certificate.issuer:
            extensions = entry["crl_entry_extensions"]
            reason = _said(extensions, "crl_reason")
            found.append(_Word(issued(one), body["next_update"].native, _status(reason and reason.native),
                               _since(entry["revocation_date"].native, extensions), one))
    return found


def _is_held(entries: list[_Word], above: Certificates, good: Told, moment: datetime) -> bool:
    """Whether a list says last that it is on hold: an additional one, or one in force. No whole list of later is there,
    which would tell.
    """
    last = max(entries, key=lambda one: one.issued, default=None)
    if last is None or not _holds(last, moment, always=last.of.delta_crl_indicator_value is not None):
        return False
    return not any(one.delta_crl_indicator_value is None and one.issuer == last.of.issuer
                   and is_indirect(one) == is_indirect(last.of) and issued(one) > last.issued
                   and may_list(one, above, good.known) for one in good.lists)


def _is_held_by_answer(answers: list[_Word], good: Told, moment: datetime) -> bool:
    """Whether an answer in force says that it is on hold, and no later one that may say so that it is good."""
    released = [one.issued for one in answers if one.status == "good" and one.of in good.answers]
    return any(_holds(one, moment) and one.issued > max(released, default=one.issued.min.replace(tzinfo=UTC))
               for one in answers)


def _holds(word: _Word, moment: datetime, *, always: bool = False) -> bool:
    return word.status == _HOLD and word.since <= moment and (always or word.until is None or moment <= word.until)


def _answers(certificate: x509.Certificate, above: Certificates, told: Told) -> list[_Word]:
    """What answers say of it, signed by the authority or by whom it made its responder."""
    found: list[_Word] = []
    for one in told.answers:
        try:
            words = [_of_answer(single, one) for single in one.response_data["responses"]
                     if is_about(single["cert_id"], certificate, above[-1])]
            found += words if words and may_answer(one, above[-1], told.known) else []
        except BROKEN:
            continue
    return found


def _of_answer(single: ocsp.SingleResponse, one: ocsp.OCSPResponse) -> _Word:
    at, status = single["this_update"].native, single["cert_status"]
    if status.name != _REVOKED:
        return _Word(at, single["next_update"].native, status.name, at, one)
    said = status.chosen
    return _Word(at, single["next_update"].native, _status(said["revocation_reason"].native),
                 _since(said["revocation_time"].native, single["single_extensions"]), one)


def _is_unknown(answers: list[_Word]) -> bool:
    """Whether the last answer of the authority is that it knows no such certificate: no list makes that good."""
    return bool(answers) and max((one.issued, one.status) for one in answers)[1] == "unknown"


def _since(stated: datetime, extensions: Any) -> datetime:
    """The day from which the key is held to be lost, when that is told and before the day of the revocation."""
    lost = _said(extensions, "invalidity_date")
    return stated if lost is None else min(stated, lost.native)


def _status(reason: str | None) -> str:
    return reason if reason in (_HOLD, _REMOVED, _SUPERSEDED) else _REVOKED


def _said(extensions: Any, name: str) -> Any:
    """What an extension of that name says; None: there is none."""
    return next((one["extn_value"].parsed for one in extensions or () if one["extn_id"].native == name), None)
