"""Whether a certificate was revoked at a moment: every list and every answer at hand is asked (NĐ 23/2025 Art. 16).

pyHanko stops at the first answer that says "good", asks answers only about certificates that name a responder, and
knows neither the day from which a key is held to be lost nor what an additional list alone says. Here one word that
a certificate was revoked is enough, and "good" needs one word of its authority in force. It goes to no network.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from asn1crypto import core, crl, ocsp, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import (
    CRLFetchError,
    CRLNoMatchesError,
    CRLValidationError,
    OCSPFetchError,
    OCSPNoMatchesError,
    OCSPValidationError,
    PathError,
    PSSParameterMismatch,
    RevokedError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.revinfo.validate_crl import verify_crl
from pyhanko_certvalidator.revinfo.validate_ocsp import verify_ocsp_response
from pyhanko_certvalidator.sig_validate import DefaultSignatureValidator

#: what hostile bytes make of a list or an answer
_BROKEN = (ValueError, KeyError, TypeError, AttributeError, InvalidSignature, UnsupportedAlgorithm,
           PSSParameterMismatch)
_TOLD_NOTHING = (CRLFetchError, CRLNoMatchesError, CRLValidationError, OCSPFetchError, OCSPNoMatchesError,
                 OCSPValidationError, PathError, *_BROKEN)
#: may be taken back: only a list in force speaks of it, and pyHanko reads those
_HOLD, _REMOVED = "certificate_hold", "remove_from_crl"
_FOR_A_WHILE = {_HOLD, _REMOVED}
#: expiredCertsOnCRL: since when certificates that ended stay on a list
_KEEPS_ENDED = "2.5.29.60"


def issued_until(kind: type[Any], given: Iterable[Any], latest: datetime) -> list[Any]:
    """Those lists (or answers) that were issued by then: of a day to come nobody can know. Unreadable ones are none."""
    return [one for data in given if (one := _loaded(kind, data)) is not None and _issued(one) <= latest]


def _loaded(kind: type[Any], data: Any) -> Any:
    try:
        one = kind.load(data) if isinstance(data, bytes) else data
        _issued(one)
    except _BROKEN:
        return None
    return one


def _issued(one: Any) -> datetime:
    """When it says that it was issued; an answer about several, the last of its times."""
    if isinstance(one, crl.CertificateList):
        return one["tbs_cert_list"]["this_update"].native
    return max(told["this_update"].native for told in one.response_data["responses"])


def is_after(one: Any, ends: datetime | None) -> bool:
    """Whether a list (or answer) is of later than that, and does not say that it keeps what ended since (X.509)."""
    if ends is None or _issued(one) <= ends:
        return False
    kept = [entry["extn_value"].native for entry in one["tbs_cert_list"]["crl_extensions"] or ()
            if entry["extn_id"].native == _KEEPS_ENDED] if isinstance(one, crl.CertificateList) else []
    try:
        return not any(core.GeneralizedTime.load(since).native <= ends for since in kept)
    except _BROKEN:
        return True


async def was_revoked(path: ValidationPath, asked: ValidationContext, crls: Iterable[crl.CertificateList],
                      ocsps: Iterable[ocsp.OCSPResponse], moment: datetime) -> bool | None:
    """Whether one of the path's certificates was revoked at that moment; None: of one it is not known.

    `asked`: at that moment, with the same lists and answers, for a policy that needs them. Anchors are believed.
    """
    known = True
    for certificate in path.iter_certs(include_root=False):
        issuer = path.find_issuing_authority(certificate)
        entries = _entries(certificate, issuer, crls)
        dates = [*(one.since for one in entries if one.reason not in _FOR_A_WHILE),
                 *_of_answers(certificate, issuer, ocsps)]
        if any(one <= moment for one in dates) or _is_held(entries, issuer, crls, moment):
            return True
        told = []
        for ask in (verify_ocsp_response, verify_crl):
            try:
                await ask(certificate, path, asked)
                told.append(True)
            except RevokedError:  # by a list: on hold, for all else is known
                if ask is verify_crl and entries and max(entries, key=lambda one: one.issued).reason == _REMOVED:
                    continue  # by a list that continues none of those at hand: it may be good by now
                return True
            except _TOLD_NOTHING:
                continue
        known = known and bool(told) and not _is_unknown(certificate, issuer, ocsps)
    return False if known else None


def in_step(crls: Iterable[crl.CertificateList], moment: datetime) -> list[crl.CertificateList]:
    """The lists that tell what is so at that moment, of each authority and scope: a whole one speaks until the next
    before that moment, and of the additional ones the newest, where it continues a whole one at hand: not before its
    base, and before itself (RFC 5280 5.2.4). pyHanko takes all, whatever they are additions to.
    """
    whole, added = [], {}
    for one in crls:
        try:
            read = _Numbered.read(one)
        except _BROKEN:
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
        return cls(_issued(one), (one.issuer.hashable, place.dump() if place else b""),
                   -1 if number is None else number.native, None if base is None else base.native, one)


class _Entry(NamedTuple):
    """What one of the issuer's own lists says of a certificate."""

    issued: datetime
    since: datetime
    reason: str
    of: crl.CertificateList


def _entries(certificate: x509.Certificate, issuer: Any, crls: Iterable[crl.CertificateList]) -> list[_Entry]:
    """Of whole and additional lists, and old ones, too."""
    number, told = certificate["tbs_certificate"]["serial_number"].dump(), []
    for one in crls:
        try:
            body = one["tbs_cert_list"]
            if number not in body.dump() or body["issuer"] != certificate.issuer or _is_indirect(one):
                continue
            found = [_Entry(_issued(one), _since(entry["revocation_date"].native, entry["crl_entry_extensions"]),
                            _reason(entry["crl_entry_extensions"]), one)
                     for entry in body["revoked_certificates"] or ()
                     if entry["user_certificate"].native == certificate.serial_number]
            told += found if found and _is_by(issuer, one) else []
        except _BROKEN:
            continue
    return told


def _is_held(entries: list[_Entry], issuer: Any, crls: Iterable[crl.CertificateList], moment: datetime) -> bool:
    """Whether an additional list says last that it is on hold: no whole list of later is there, which would tell."""
    last = max(entries, key=lambda one: one.issued, default=None)
    if last is None or last.of.delta_crl_indicator_value is None or last.reason != _HOLD or last.since > moment:
        return False
    return not any(one.delta_crl_indicator_value is None and one.issuer == last.of.issuer and not _is_indirect(one)
                   and _issued(one) > last.issued and _is_by(issuer, one) for one in crls)


def _is_by(issuer: Any, one: crl.CertificateList) -> bool:
    return _is_signed(issuer.public_key, one["signature_algorithm"], one["tbs_cert_list"], one["signature"])


def _is_indirect(one: crl.CertificateList) -> bool:
    scope = one.issuing_distribution_point_value
    return scope is not None and bool(scope["indirect_crl"].native)


def _of_answers(certificate: x509.Certificate, issuer: Any, ocsps: Iterable[ocsp.OCSPResponse]) -> Iterator[datetime]:
    """The same of answers, signed by the issuer or by whom it made its responder."""
    for one in ocsps:
        try:
            dates = [_since(told["cert_status"].chosen["revocation_time"].native, told["single_extensions"])
                     for told in one.response_data["responses"] if _is_about(told["cert_id"], certificate, issuer)
                     and told["cert_status"].name == "revoked"
                     and told["cert_status"].chosen["revocation_reason"].native not in _FOR_A_WHILE]
            if dates and _is_authorised(one.basic_ocsp_response, issuer):
                yield from dates
        except _BROKEN:
            continue


def _is_unknown(certificate: x509.Certificate, issuer: Any, ocsps: Iterable[ocsp.OCSPResponse]) -> bool:
    """Whether the last answer of the authority is that it knows no such certificate: no list makes that good."""
    said = []
    for one in ocsps:
        try:
            found = [(told["this_update"].native, told["cert_status"].name) for told in one.response_data["responses"]
                     if _is_about(told["cert_id"], certificate, issuer)]
            if found and _is_authorised(one.basic_ocsp_response, issuer):
                said += found
        except _BROKEN:
            continue
    return bool(said) and max(said)[1] == "unknown"


def _is_about(said: ocsp.CertId, certificate: x509.Certificate, issuer: Any) -> bool:
    digest = said["hash_algorithm"]["algorithm"].native
    return (said["serial_number"].native == certificate.serial_number
            and said["issuer_name_hash"].native == getattr(certificate.issuer, digest)
            and said["issuer_key_hash"].native == getattr(issuer.public_key, digest))


def _is_authorised(answer: ocsp.BasicOCSPResponse, issuer: Any) -> bool:
    issued = max(one["this_update"].native for one in answer["tbs_response_data"]["responses"])
    responders = [one for one in answer["certs"] or ()
                  if "ocsp_signing" in (one.extended_key_usage_value or _NONE).native
                  and one.not_valid_before <= issued <= one.not_valid_after
                  and _is_signed(issuer.public_key, one["signature_algorithm"], one["tbs_certificate"],
                                 one["signature_value"])]
    return any(_is_signed(one.public_key, answer["signature_algorithm"], answer["tbs_response_data"],
                          answer["signature"]) for one in (issuer, *responders))


_NONE = x509.ExtKeyUsageSyntax([])


def _is_signed(key: Any, algorithm: Any, body: Any, signature: Any) -> bool:
    try:
        DefaultSignatureValidator().validate_signature(
            signature=signature.native, signed_data=body.dump(), public_key_info=key, signature_algorithm=algorithm)
    except _BROKEN:
        return False
    return True


def _since(stated: datetime, extensions: Any) -> datetime:
    """The day from which the key is held to be lost, when that is told and before the day of the revocation."""
    return min([stated, *(one["extn_value"].parsed.native for one in extensions or ()
                          if one["extn_id"].native == "invalidity_date")])


def _reason(extensions: Any) -> str:
    return next((one["extn_value"].parsed.native for one in extensions or ()
                 if one["extn_id"].native == "crl_reason"), "")
