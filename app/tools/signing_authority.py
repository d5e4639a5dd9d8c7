"""Who speaks for an authority about revocation, and which of its lists and answers may call a certificate good.

RFC 5280 5.2.5, 6.3.3; RFC 6960 4.2.2.2, 4.4. A word that something was revoked is heard of whomever the authority made
its speaker, however weakly he signs it; "good" is believed only of what nobody else can have made, and of a list that
speaks of that certificate. It tells nothing of dates (`signing_revoked.py`).
"""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from asn1crypto import crl, ocsp, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from pyhanko_certvalidator.errors import PSSParameterMismatch
from pyhanko_certvalidator.sig_validate import DefaultSignatureValidator

from app.tools.signing_strength import has_strong_digest, is_strong

#: what hostile bytes make of a list or an answer
BROKEN = (ValueError, KeyError, TypeError, AttributeError, InvalidSignature, UnsupportedAlgorithm, PSSParameterMismatch)
#: by which digests an answer may name a certificate: pyHanko reads no others, and one such answer ends its reading
_READ = {"sha1", "sha256"}
_NONE = x509.ExtKeyUsageSyntax([])

Certificates = Sequence[x509.Certificate]


class Told(NamedTuple):
    """What there is: lists and answers, and certificates among which those who signed them are looked for."""

    lists: Sequence[crl.CertificateList]
    answers: Sequence[ocsp.OCSPResponse]
    known: Certificates


def issued(one: Any) -> Any:
    """When a list or an answer says that it was issued; an answer about several, the last of its times."""
    if isinstance(one, crl.CertificateList):
        return one["tbs_cert_list"]["this_update"].native
    return max(told["this_update"].native for told in one.response_data["responses"])


def is_indirect(one: crl.CertificateList) -> bool:
    """Whether a list may speak of certificates of other authorities than of who signs it."""
    scope = one.issuing_distribution_point_value
    return scope is not None and bool(scope["indirect_crl"].native)


def may_list(one: crl.CertificateList, above: Certificates, known: Certificates) -> bool:
    """Whether it is signed by who may list certificates of an authority: itself, also by a key of its own for lists;
    an indirect one by whomever an authority of the path lets sign lists. `above`: the path down to the authority.
    """
    named = [by for by in (*above, *known) if by.subject == one.issuer]
    return any(_signed_list(by, one) and (
        by.public_key.dump() == above[-1].public_key.dump()
        or (is_indirect(one) or by.subject == above[-1].subject) and (by in above or _made_for(by, "crl", one, above)))
        for by in named)


def may_answer(one: ocsp.OCSPResponse, issuer: x509.Certificate, known: Certificates) -> bool:
    """Whether it is signed by the authority, or by whom it made its responder."""
    answer = one.basic_ocsp_response
    responders = [by for by in (*(answer["certs"] or ()), *known) if _made_for(by, "ocsp", one, [issuer])]
    return any(_signed_answer(by, answer) for by in (issuer, *responders))


def _made_for(certificate: x509.Certificate, what: str, one: Any, above: Certificates) -> bool:
    """Whether one of the authorities made it for lists, or for answers, and it was in its life then."""
    asked, name = ((certificate.key_usage_value, "crl_sign") if what == "crl" else
                   (certificate.extended_key_usage_value, "ocsp_signing"))
    begins, ends = certificate.not_valid_before, certificate.not_valid_after
    return (name in (asked or _NONE).native and begins <= issued(one) <= ends and any(
        by.subject == certificate.issuer and is_signed(
            by.public_key, certificate["signature_algorithm"], certificate["tbs_certificate"],
            certificate["signature_value"]) for by in above))


def is_about(said: ocsp.CertId, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether an answer names this certificate, by whatever digest."""
    if said["serial_number"].native != certificate.serial_number:
        return False
    name = said["hash_algorithm"]["algorithm"].native
    try:
        hashed = [hashlib.new(name, one).digest() for one in (
            certificate.issuer.dump(), bytes(issuer.public_key["public_key"]))]
    except ValueError:  # a digest that nobody has
        return False
    return [said["issuer_name_hash"].native, said["issuer_key_hash"].native] == hashed


def believed(certificate: x509.Certificate, above: Certificates, told: Told) -> Told:
    """What of it may call the certificate good, or who speaks of it: signed by what is strong, under no condition that
    nobody here knows; a list by an authority above it, or by one whom the certificates name for their lists.
    """
    names = {one.subject.hashable for one in above} | {
        name.chosen.hashable for one in (certificate, *above) for point in one.crl_distribution_points_value or ()
        for name in point["crl_issuer"] or () if name.name == "directory_name"}
    signers = (*above, *told.known)
    return told._replace(lists=[one for one in told.lists if _holds(_is_strong_list, one, names, signers)],
                         answers=[one for one in told.answers if _holds(_is_strong_answer, one, signers)])


def _holds(rule: Any, *arguments: Any) -> bool:
    try:
        return bool(rule(*arguments))
    except BROKEN:
        return False


def _is_strong_list(one: crl.CertificateList, names: set[str], known: Certificates) -> bool:
    return one.issuer.hashable in names and has_strong_digest(one["signature_algorithm"]) and any(
        _is_strong_signer(by) and _signed_list(by, one) for by in known if by.subject == one.issuer)


def _is_strong_answer(one: ocsp.OCSPResponse, known: Certificates) -> bool:
    answer = one.basic_ocsp_response
    body = answer["tbs_response_data"]
    told = [*(body["response_extensions"] or ()), *(
        more for single in body["responses"] for more in single["single_extensions"] or ())]
    # an extension that has no name here is a row of numbers
    return (all(single["cert_id"]["hash_algorithm"]["algorithm"].native in _READ for single in body["responses"])
            and not any(more["critical"].native and "." in more["extn_id"].native for more in told)
            and has_strong_digest(answer["signature_algorithm"])
            and any(_is_strong_signer(by) and _signed_answer(by, answer) for by in (*(answer["certs"] or ()), *known)
                    if _is_responder(body["responder_id"], by)))


def _is_responder(said: ocsp.ResponderId, by: x509.Certificate) -> bool:
    if said.name == "by_name":
        return bool(said.chosen == by.subject)
    return said.native in (by.public_key.sha1, by.key_identifier)


def _is_strong_signer(by: x509.Certificate) -> bool:
    """By key and certificate; of what a root says of itself nothing depends on its digest."""
    return is_strong(by.public_key) and (by.self_issued or has_strong_digest(by["signature_algorithm"]))


def _signed_list(by: x509.Certificate, one: crl.CertificateList) -> bool:
    return is_signed(by.public_key, one["signature_algorithm"], one["tbs_cert_list"], one["signature"])


def _signed_answer(by: x509.Certificate, answer: ocsp.BasicOCSPResponse) -> bool:
    return is_signed(by.public_key, answer["signature_algorithm"], answer["tbs_response_data"], answer["signature"])


def is_signed(key: Any, algorithm: Any, body: Any, signature: Any) -> bool:
    """Whether a signature over something is that of a key."""
    try:
        DefaultSignatureValidator().validate_signature(
            signature=signature.native, signed_data=body.dump(), public_key_info=key, signature_algorithm=algorithm)
    except BROKEN:
        return False
    return True
