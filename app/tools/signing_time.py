"""Judges the time stamp of a seal: over this seal, by an authority that this installation trusts, in its time (S12).

What a token says of revocation is not asked: lists of revoked certificates of years ago are gone. It asks no network.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from asn1crypto import cms, tsp, x509
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import InvalidCertificateError, PathBuildingError, PathValidationError

from app.tools.signing_path import is_for_time, run
from app.tools.signing_trust import Trust


@dataclass(frozen=True)
class Judged:
    """What a token says, and what is wrong with it."""

    #: empty: nothing; unreadable, other (over something else), false (its signature), stranger (no trusted authority),
    #: expired (the authority's certificate was not valid at that time)
    problem: str
    at: datetime | None = None


@dataclass
class Judge:
    """Knows whom to trust; a certificate is followed to its root once, not for each of ten thousand seals."""

    trust: Trust
    #: sha256 of a certificate -> the span in which its whole path is valid; None: there is none to a root of ours
    paths: dict[bytes, tuple[datetime, datetime] | None] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> "Judge":
        """By the roots of a folder of keys (`pki.py`)."""
        return cls(Trust.of(folder))

    def judge(self, token: bytes, digest: str) -> Judged:
        """Whether the token (RFC 3161, DER) is over this sha256, hex."""
        try:
            signed = cms.ContentInfo.load(token)["content"]
            content = signed["encap_content_info"]["content"]
            info, body = content.parsed, content.contents
            signer, held = signed["signer_infos"][0], [one.chosen for one in signed["certificates"] or ()]
            imprint, at = info["message_imprint"], info["gen_time"].native
            algorithm = signer["digest_algorithm"]["algorithm"].native
            if not isinstance(info, tsp.TSTInfo) or not isinstance(at, datetime):
                return Judged("unreadable")
            if (imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native.hex()) != (
                    "sha256", digest):
                return Judged("other", at)
            found = next((one for one in held if _is_of(one, signer["sid"])), None)
            if found is None:
                return Judged("stranger", at)
            fits = validate_sig_integrity(signer, found, "tst_info", hashlib.new(algorithm, body).digest())
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, SignatureValidationError):
            return Judged("unreadable")
        if fits != (True, True):
            return Judged("false", at)
        span = self._path(found, held, at)
        if span is None:
            return Judged("stranger", at)
        return Judged("" if span[0] <= at <= span[1] else "expired", at)

    def _path(self, certificate: x509.Certificate, held: list[x509.Certificate],
              at: datetime) -> tuple[datetime, datetime] | None:
        if certificate.sha256 not in self.paths:
            begins, ends = certificate.not_valid_before, certificate.not_valid_after
            context = ValidationContext(trust_roots=self.trust.roots, other_certs=[*self.trust.chain, *held],
                                        moment=min(max(at, begins), ends), allow_fetching=False)
            try:
                if not is_for_time(certificate):
                    raise InvalidCertificateError("It is no authority of time.")
                path = run(CertificateValidator(certificate, validation_context=context).async_validate_path())
                spans = [(one.not_valid_before, one.not_valid_after) for one in path
                         if isinstance(one, x509.Certificate)]
                self.paths[certificate.sha256] = (max(b for b, _ in spans), min(e for _, e in spans))
            except (InvalidCertificateError, PathBuildingError, PathValidationError):
                self.paths[certificate.sha256] = None
        return self.paths[certificate.sha256]


def _is_of(certificate: x509.Certificate, sid: cms.SignerIdentifier) -> bool:
    if sid.name == "subject_key_identifier":
        return bool(certificate.key_identifier == sid.native)
    named = sid.chosen
    if certificate.serial_number != named["serial_number"].native:
        return False
    # the same bytes nearly always; else spelled otherwise, which costs as much as the rest of the judgement
    return bool(certificate.issuer.dump() == named["issuer"].dump() or certificate.issuer == named["issuer"])
