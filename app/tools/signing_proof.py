"""What makes a signature lasting: its time stamp (PAdES B-T), what is known of revocation (B-LT), whose it may be.

NĐ 68/2024 Art. 29, 31, 32: before signing, the own certificate is checked up to a root that one trusts; after it, the
time is stamped. Addresses of authorities are settings; without them those of the folder count: the demo's authority
stamps in process, lists of `crl/` tell of revocation. It does NOT sign, and never takes less than was asked for.
"""

import logging
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from asn1crypto import cms, crl, keys, ocsp, pem, tsp, x509
from cryptography import x509 as certificates_of
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPRequestBuilder
from pyhanko.sign.timestamps import DummyTimeStamper, TimeStamper
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    InsufficientRevinfoError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
)
from pyhanko_certvalidator.policy_decl import NO_REVOCATION, REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleCertificateStore

from app.refusal import Refusal
from app.tools.signing_path import run
from app.tools.signing_time import Judge
from app.tools.signing_trust import Trust, certificates
from app.tools.whole_call import take

log = logging.getLogger(__name__)
#: longest call to an authority, seconds
SECONDS = 15
#: a list that was fetched is fetched again after
LIST_LIFE = timedelta(hours=1)
#: PAdES levels, the least first
LEVELS = ("B-B", "B-T", "B-LT")


class CertificateExpired(Refusal):
    """The certificate of the key is not valid at this time."""

    code = "certificate_expired"
    status = 409
    article = "NĐ 68/2024 Art. 29"


class CertificateRevoked(Refusal):
    """The certificate of the key is revoked."""

    code = "certificate_revoked"
    status = 409
    article = "NĐ 68/2024 Art. 29"


class CertificateUntrusted(Refusal):
    """The certificate of the key leads to no root that this installation trusts."""

    code = "certificate_untrusted"
    status = 409
    article = "NĐ 68/2024 Art. 32"


class TimestampUnavailable(Refusal):
    """The time-stamping authority does not answer, or not with a stamp that is believed."""

    code = "timestamp_unavailable"
    status = 503


class RevocationUnknown(Refusal):
    """It cannot be learnt whether the certificate is revoked: the authority does not answer."""

    code = "revocation_unknown"
    status = 503


class GivenStamp(TimeStamper):
    """A stamp that is there already, handed to who embeds it."""

    def __init__(self, token: bytes) -> None:
        super().__init__()
        self.token = cms.ContentInfo.load(token)

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """The stamp, whatever is asked: that it is over this digest was judged before."""
        return self.token


class _HttpTimeStamper(TimeStamper):
    """An RFC 3161 authority over HTTP."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Post the request; any failure of transport is TimestampUnavailable, to be tried again."""
        kind = {"Content-Type": "application/timestamp-query"}
        try:
            return tsp.TimeStampResp.load(take("POST", self.url, SECONDS, content=req.dump(), headers=kind))
        except (httpx.HTTPError, ValueError) as error:
            raise TimestampUnavailable() from error


class Prover:
    """The authorities that an installation asks, and the folder of trust anchors (see `pki.py`)."""

    def __init__(self, folder: Path, tsa_url: str = "", ocsp_url: str = "", crl_url: str = "") -> None:
        """`tsa_url` empty: the demo authority of the folder stamps. `crl_url`: several, apart by spaces."""
        self.folder, self.tsa_url, self.ocsp_url, self.crl_urls = folder, tsa_url, ocsp_url, crl_url.split()

    def time_stamper(self) -> TimeStamper:
        """The authority, as pyHanko asks it."""
        if self.tsa_url:
            return _HttpTimeStamper(self.tsa_url)
        certificate = certificates(self.folder / "tsa.pem")[0]
        _kind, _headers, der = pem.unarmor((self.folder / "tsa.key").read_bytes())
        trust = Trust.of(self.folder)
        chain = SimpleCertificateStore.from_certs([*trust.chain, *trust.roots])
        return DummyTimeStamper(certificate, keys.PrivateKeyInfo.load(der), certs_to_embed=chain)

    def stamp(self, digest: bytes) -> bytes:
        """The authority's token (DER) over a SHA-256 digest, believed by this folder. Raises TimestampUnavailable."""
        try:
            token = run(self.time_stamper().async_timestamp(digest, "sha256")).dump()
        except (ValueError, OSError) as error:  # an answer that is none, a folder without authority
            raise TimestampUnavailable() from error
        problem = Judge.of(self.folder).judge(token, digest.hex()).problem
        if problem:
            raise TimestampUnavailable(problem=problem)
        return bytes(token)

    def check(self, certificate: x509.Certificate, at: datetime, *, must_know: bool = True) -> list[bytes]:
        """NĐ 68/2024 Art. 29, 31, 32: the own certificate, before it signs; the OCSP answers that told of it.

        `must_know`: that it is not revoked must be told by somebody; else what is known must not speak against it.
        Raises CertificateExpired, CertificateRevoked, CertificateUntrusted, RevocationUnknown.
        """
        if not certificate.not_valid_before <= at <= certificate.not_valid_after:
            raise CertificateExpired(until=certificate.not_valid_after.date().isoformat())
        trust = Trust.of(self.folder)
        self._refuse_listed(certificate, trust.crls)
        answers, lists = self._asked(certificate, trust) if must_know else ([], trust.crls)
        policy = CertRevTrustPolicy(REQUIRE_REVINFO if must_know else NO_REVOCATION, retroactive_revinfo=True)
        context = ValidationContext(trust_roots=trust.roots, other_certs=trust.chain, crls=lists, ocsps=answers,
                                    moment=at, revinfo_policy=policy, allow_fetching=False)
        try:
            run(CertificateValidator(certificate, validation_context=context).async_validate_path())
        except RevokedError as error:
            raise CertificateRevoked() from error
        except InsufficientRevinfoError as error:
            raise RevocationUnknown() from error
        except (PathBuildingError, PathValidationError) as error:
            raise CertificateUntrusted() from error
        return answers

    def _asked(self, certificate: x509.Certificate, trust: Trust) -> tuple[list[bytes], list[bytes]]:
        """What the responder and the lists say. That one of them is away hides no word of the other: a list that tells
        of a revocation is heard. Raises CertificateRevoked, RevocationUnknown.
        """
        away, answers = None, list[bytes]()
        try:
            answers = self._answers(certificate, trust)
        except RevocationUnknown as error:
            away = error
        lists = [*trust.crls, *self._lists()]
        self._refuse_listed(certificate, lists)
        if away is not None:
            raise away
        return answers, lists

    @staticmethod
    def _refuse_listed(certificate: x509.Certificate, lists: Iterable[bytes]) -> None:
        """A list that says so is believed, also when it is old."""
        for data in lists:
            body = crl.CertificateList.load(data)["tbs_cert_list"]
            if body["issuer"] != certificate.issuer:
                continue
            if certificate.serial_number in {entry["user_certificate"].native
                                             for entry in body["revoked_certificates"] or ()}:
                raise CertificateRevoked()

    def _answers(self, certificate: x509.Certificate, trust: Trust) -> list[bytes]:
        """What the OCSP responder says of the certificate; [] when none is set. Raises RevocationUnknown."""
        issuer = next((one for one in (*trust.chain, *trust.roots) if one.subject == certificate.issuer), None)
        if not self.ocsp_url or issuer is None:
            return []
        ours, theirs = (certificates_of.load_der_x509_certificate(one.dump()) for one in (certificate, issuer))
        asked = OCSPRequestBuilder().add_certificate(ours, theirs, SHA1()).build()
        try:
            answer = take("POST", self.ocsp_url, SECONDS, content=asked.public_bytes(Encoding.DER),
                          headers={"Content-Type": "application/ocsp-request"})
            [told] = ocsp.OCSPResponse.load(answer, strict=True).response_data["responses"]
        except (httpx.HTTPError, ValueError, TypeError) as error:  # also an answer without response, or with several
            raise RevocationUnknown() from error
        if told["cert_status"].name == "revoked":
            raise CertificateRevoked()
        return [answer]

    def renew(self) -> bool:
        """Fetch the lists that are old, so that what comes in can be judged when their place is away; False: it is."""
        try:
            self._lists()
        except RevocationUnknown:
            log.warning("a list of revoked certificates cannot be fetched")
            return False
        return True

    def _lists(self) -> list[bytes]:
        """Fetch what is older than an hour of the lists that are set, into the folder. Raises RevocationUnknown."""
        fetched = []
        for number, url in enumerate(self.crl_urls):
            path = self.folder / f"crl/fetched-{number}.crl"
            if path.exists() and datetime.now(UTC).timestamp() - path.stat().st_mtime < LIST_LIFE.total_seconds():
                continue  # `Trust.of` has read it
            try:
                answer = take("GET", url, SECONDS)
                crl.CertificateList.load(answer, strict=True)
            except (httpx.HTTPError, ValueError) as error:
                raise RevocationUnknown() from error
            path.parent.mkdir(exist_ok=True)
            fresh = path.with_name(f".{path.name}.{os.getpid()}")
            fresh.write_bytes(answer)
            fresh.replace(path)
            fetched.append(answer)
        return fetched
