"""What a signing service at the signer's own computer gave back: is it this document with this one signature more?

Art. 9.1.c, 9.1.d; domain: the service is told an address to fetch the file from and one to send it to, so anything may
come. It is judged in full before it counts: the bytes that were given out are its beginning, exactly one signature was
added, by the certificate that was agreed, intact and with its proof, and nothing but it was added. It does NOT sign.
"""

from typing import Any

from asn1crypto import x509

from app.refusal import Refusal
from app.tools.signing import Signer
from app.tools.signing_coverage import only_signed
from app.tools.signing_proof import CertificateExpired, CertificateRevoked, CertificateUntrusted

#: what a signature of a lower level may lack
_MAY_LACK = {"B-B": {"time_unproven", "revocation_unknown"}, "B-T": {"revocation_unknown"},
             "B-LT": {"revocation_unknown"}}  # what is known of revocation is added by us (`Signer.prove`)
#: what may be wrong with the certificate alone: the signature is intact, and another will be no better
_OF_CERTIFICATE = {"expired", "not_yet_valid", "revoked", "untrusted"}


class NotThisDocument(Refusal):
    """What came back does not begin with the document that was given out."""

    code, status, article = "not_this_document", 422, "Art. 9.1.c"


class NotOneSignature(Refusal):
    """What came back does not bear exactly one signature more."""

    code, status, article = "not_one_signature", 422, "Art. 9.1.c"


class NotThisCertificate(Refusal):
    """What came back was signed with another certificate than the one registered for this person."""

    code, status, article = "not_this_certificate", 422, "Art. 9.1.c"


class NotSound(Refusal):
    """The signature that came back is broken, unproven, or brought something else along."""

    code, status, article = "not_sound", 422, "Art. 3.3"


class StampMissing(Refusal):
    """The signature that came back has no time stamp."""

    code, status = "stamp_missing", 422


def require_signed(signer: Signer, base: bytes, returned: bytes, certificate: bytes, level: str) -> dict[str, Any]:
    """The report over the signature that was added to `base` with `certificate` (DER), at least of this PAdES level.

    Raises NotThisDocument, NotOneSignature, NotThisCertificate, CertificateExpired, CertificateRevoked,
    CertificateUntrusted, StampMissing, NotSound.
    """
    if len(returned) <= len(base) or not returned.startswith(base):
        raise NotThisDocument()
    before, after = signer.verify(base), signer.verify(returned)
    if len(after) != len(before) + 1:
        raise NotOneSignature()
    fresh = after[-1]
    if not fresh["fingerprint"]:
        raise NotSound()
    if fresh["fingerprint"] != x509.Certificate.load(certificate).sha256.hex():
        raise NotThisCertificate(name=fresh["signer"])
    wrong = set(fresh["problems"]) - _MAY_LACK[level]
    changed = [one["field"] for one in after if one["coverage"] not in ("whole", "allowed")]
    if wrong - _OF_CERTIFICATE - {"time_unproven"} or changed or not only_signed(base, returned):
        raise NotSound(problems=sorted(wrong))
    _require_certificate(fresh, wrong)
    if wrong:
        raise StampMissing()
    return fresh


def _require_certificate(report: dict[str, Any], wrong: set[str]) -> None:
    """Say what is wrong with the certificate as the other ways do: signing again does not mend it."""
    if "revoked" in wrong:
        raise CertificateRevoked()
    if {"expired", "not_yet_valid"} & wrong:
        raise CertificateExpired(until=report["valid_to"][:10])
    if "untrusted" in wrong:
        raise CertificateUntrusted()
