"""What an authority says of its certificates, asked at the address that a certificate names: OCSP answers and lists.

NĐ 23/2025 Art. 16: documents of public authorities come in, too. A certificate comes from a stranger and could name any
address, so only hosts that the installation lists are asked (no redirect, no more than so many bytes and seconds). What
came is kept in the folder of trust anchors for the next check; who signed it, and of which time it tells, is judged
where it is used (`signing_verify.py`). No answer is no answer: it is never taken for a good one.
"""

import base64
import hashlib
import logging
import os
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from asn1crypto import crl, ocsp, x509
from cryptography import x509 as certificates_of
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPRequestBuilder

from app.tools.whole_call import take

log = logging.getLogger(__name__)
#: longest call for one answer, seconds
SECONDS = 10
#: an address is not asked again before so many seconds, whatever it answered
PAUSE_SECONDS = 300
#: addresses asked for one file; lists kept of other authorities
MOST_ASKED, MOST_LISTS = 8, 200
#: largest list or answer that is kept with a document, bytes; and how many of them
MOST_KEPT, MOST_SAID = 8192, 3


def questions(wanted: Iterable[x509.Certificate], known: Iterable[x509.Certificate]) -> list[dict[str, str]]:
    """Where these certificates say one may ask after them: [{"kind": "crl" | "ocsp", "url", "about", "issuer"}].

    `known`: among whom their issuers are looked for. `about` and `issuer`: DER, Base64; empty for a list. Files bring
    certificates along that cannot be read to their end: of those nothing is asked.
    """
    found, by_name = [], {one.subject.hashable: one for one in filter(_is_whole, known)}
    for one in {one.sha256: one for one in filter(_is_whole, wanted)}.values():
        issuer = by_name.get(one.issuer.hashable)
        if one.self_signed != "no" or issuer is None:
            continue
        told = {"about": base64.b64encode(one.dump()).decode(), "issuer": base64.b64encode(issuer.dump()).decode()}
        found += [{"kind": "ocsp", "url": url} | told for url in one.ocsp_urls]
        found += [{"kind": "crl", "url": point.url, "about": "", "issuer": ""} for point in
                  one.crl_distribution_points if point.url]
    return found


def _is_whole(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.native) and bool(certificate.subject.hashable) and bool(certificate.issuer.hashable)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def answer_file(folder: Path, certificate: x509.Certificate) -> Path:
    """Where the last answer about a certificate lies."""
    return folder / f"ocsp/{certificate.sha256.hex()}.ocsp"


def told_by(certificate: x509.Certificate, lists: Iterable[Any], answers: Iterable[Any]) -> list[dict[str, str]]:
    """What there is about a certificate, to be kept as evidence: [{"kind", "by", "at", "sha256", "der"}], newest first.

    `by`: the name of who says it; `at`: of which time; `der`: Base64, empty of what is too large to be kept here.
    """
    found = []
    for kind, shape, data in [*(("crl", crl.CertificateList, one) for one in lists),
                              *(("ocsp", ocsp.OCSPResponse, one) for one in answers)]:
        try:
            one = shape.load(data) if isinstance(data, bytes) else data
            if about := (_of_list if kind == "crl" else _of_answer)(one, certificate):
                der = one.dump()
                found.append({"kind": kind, "by": about[0], "at": about[1].isoformat(),
                              "sha256": hashlib.sha256(der).hexdigest(),
                              "der": base64.b64encode(der).decode() if len(der) <= MOST_KEPT else ""})
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    unique = {one["sha256"]: one for one in found}
    return sorted(unique.values(), key=lambda one: one["at"], reverse=True)[:MOST_SAID]


def _of_list(one: crl.CertificateList, certificate: x509.Certificate) -> tuple[str, datetime] | None:
    body = one["tbs_cert_list"]
    return (body["issuer"].human_friendly, body["this_update"].native) if body["issuer"] == certificate.issuer else None


def _of_answer(one: ocsp.OCSPResponse, certificate: x509.Certificate) -> tuple[str, datetime] | None:
    for told in one.response_data["responses"]:
        if told["cert_id"]["serial_number"].native == certificate.serial_number:
            return certificate.issuer.human_friendly, told["this_update"].native
    return None


class Asker:
    """Asks authorities of the hosts that an installation lists, and keeps what they say."""

    def __init__(self, folder: Path, hosts: str) -> None:
        """`hosts`: apart by spaces, "host", "host:port", or "named=asked": an alias that only its own network knows."""
        pairs = (one.lower().partition("=") for one in hosts.split())
        self.folder, self.hosts = folder, {named: asked or named for named, _, asked in pairs}
        self._asked: dict[str, float] = {}

    def learn(self, asks: list[dict[str, str]]) -> bool:
        """Ask what can be asked and was not lately; True: something came that was not known."""
        known = {(one["kind"], one["url"], one["about"]): one for one in asks}
        return any([self._ask(one) for one in [*known.values()][:MOST_ASKED]])

    def _ask(self, one: dict[str, str]) -> bool:
        url, key = self._allowed(one["url"]), hashlib.sha256("\n".join(one.values()).encode()).hexdigest()
        if not url or time.monotonic() - self._asked.get(key, -PAUSE_SECONDS) < PAUSE_SECONDS:
            return False
        self._asked = {name: at for name, at in self._asked.items() if time.monotonic() - at < PAUSE_SECONDS}
        self._asked[key] = time.monotonic()
        try:
            return self._keep_answer(one, url) if one["kind"] == "ocsp" else self._keep_list(url)
        except (httpx.HTTPError, ValueError, TypeError, OSError) as error:
            log.warning("%s says nothing of revocation: %s", urlsplit(url).hostname, type(error).__name__)
            return False

    def _allowed(self, url: str) -> str:
        """The address as it is asked; "": it is not one that this installation asks."""
        try:
            parts = urlsplit(url)
            place = self.hosts.get(parts.netloc.lower(), "")
        except ValueError:
            return ""
        return parts._replace(netloc=place, fragment="").geturl() if place and parts.scheme in ("http", "https") else ""

    def _keep_answer(self, one: dict[str, str], url: str) -> bool:
        about, issuer = (base64.b64decode(one[name]) for name in ("about", "issuer"))
        asked = OCSPRequestBuilder().add_certificate(*map(certificates_of.load_der_x509_certificate, (about, issuer)),
                                                     SHA1()).build().public_bytes(Encoding.DER)
        data = take("POST", url, SECONDS, content=asked, is_direct=True,
                    headers={"Content-Type": "application/ocsp-request"})
        ocsp.OCSPResponse.load(data, strict=True).response_data  # noqa: B018  an answer that is one
        return _kept(answer_file(self.folder, x509.Certificate.load(about)), data)

    def _keep_list(self, url: str) -> bool:
        path = self.folder / f"crl/asked-{hashlib.sha256(url.encode()).hexdigest()[:32]}.crl"
        if not path.exists() and len(list(path.parent.glob("asked-*.crl"))) >= MOST_LISTS:
            raise ValueError("too many lists")
        data = take("GET", url, SECONDS, is_direct=True)
        crl.CertificateList.load(data, strict=True).native  # noqa: B018  to read all of it is the test
        return _kept(path, data)


def _kept(path: Path, data: bytes) -> bool:
    """Write it whole or not at all; False: that was known."""
    if path.exists() and path.read_bytes() == data:
        return False
    path.parent.mkdir(exist_ok=True)
    fresh: Any = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_bytes(data)
    fresh.replace(path)
    return True
