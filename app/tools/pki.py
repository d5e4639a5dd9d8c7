"""The demo certificate authority: root, issuing authority, time-stamping authority, agencies, people.

Serves Art. 2.2 and 3.3 where no certificate of the government's own authority is at hand, and the tests.
It does NOT sign documents and does NOT decide whom to trust: `signing.py` reads the files left here. Nothing
here may be used in a real installation; every subject says DEMO.

    ca/root.key, ca/issuing.key, ca/revoked.json   the authority itself (0600)
    trust/root.pem                                 trust anchors
    chain/issuing.pem                              certificates between an anchor and a signer
    crl/root.crl, crl/issuing.crl                  revocation lists, DER
    tsa.key (0600), tsa.pem                        the time-stamping authority
    agency-<code>.p12, person-<username>.p12       keys, guarded by the PIN (0600)
    agency-<code>.pem, person-<username>.pem       their certificates alone
"""

import fcntl
import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.refusal import Refusal

#: says in every subject that the certificate has no legal value
DEMO = "DEMO"
#: a certificate is back-dated, so that a demo may hold letters of the past year
BACKDATED = timedelta(days=400)
#: whole life of a subscriber's certificate: at most five years (NĐ 68/2024)
LIFE = timedelta(days=5 * 365)
#: whole life of an authority's certificate: twenty years (NĐ 68/2024)
AUTHORITY_LIFE = timedelta(days=20 * 365)
#: how long a revocation list is good, and the age at which the next start renews it
CRL_LIFE, CRL_RENEWED_AFTER = timedelta(days=90), timedelta(days=7)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class BadKeyName(Refusal):
    """A code or user name for a key has characters that a file name may not have."""

    code = "bad_key_name"


@dataclass(frozen=True)
class _Issuer:
    certificate: x509.Certificate
    key: RSAPrivateKey


def make_demo(folder: Path, agencies: list[dict], people: list[dict], pin: str) -> None:
    """Make what is missing of the demo PKI in `folder`; what is there stays, keys and PIN included.

    `agencies`: dicts of code, name. `people`: dicts of username, full_name, agency_code, agency_name,
    position. May be called again with more of both, also by two processes at once. Renews revocation
    lists older than a week.

    Raises BadKeyName for a code or user name that could leave the folder.
    """
    wanted = [(f"agency-{_safe(a['code'])}", _agency_name(a)) for a in agencies]
    wanted += [(f"person-{_safe(p['username'])}", _person_name(p)) for p in people]
    with _locked(folder):
        issuing = _authorities(folder)
        missing = [(stem, name) for stem, name in wanted if not _complete(folder, stem)]
        # generating a key frees the interpreter, so two run at once on two cores
        with ThreadPoolExecutor(max_workers=2) as pool:
            for (stem, name), key in zip(missing, pool.map(lambda _: _new_key(), missing), strict=True):
                _save_subscriber(folder, stem, key, _subscriber(issuing, name, key), issuing, pin)
        _renew_lists(folder, force=False)


def issue(folder: Path, stem: str, name: x509.Name, pin: str, begins: datetime, ends: datetime) -> None:
    """Issue one certificate with a chosen subject and life, for tests of expired and coming certificates."""
    with _locked(folder):
        issuing, key = _authorities(folder), _new_key()
        certificate = _subscriber(issuing, name, key, begins, ends)
        _save_subscriber(folder, stem, key, certificate, issuing, pin)


def revoke(folder: Path, stem: str, at: datetime) -> None:
    """Revoke the certificate `agency-<code>` or `person-<username>` as of `at` and publish new lists."""
    certificate = x509.load_pem_x509_certificate((folder / f"{stem}.pem").read_bytes())
    with _locked(folder):
        revoked = _revoked(folder)
        revoked[str(certificate.serial_number)] = at.astimezone(UTC).isoformat()
        _write(folder / "ca/revoked.json", json.dumps(revoked).encode(), secret=True)
        _renew_lists(folder, force=True)


def agency_subject(code: str, name: str) -> x509.Name:
    """Subject of an agency: its name, and its code as organisation identifier (OID 2.5.4.97)."""
    return _agency_name({"code": code, "name": name})


def person_subject(full_name: str, agency_code: str, agency_name: str, position: str) -> x509.Name:
    """Subject of a person: name, position, agency, its code as unit, never as organisation identifier."""
    return _person_name({"full_name": full_name, "agency_code": agency_code, "agency_name": agency_name,
                         "position": position})


def _agency_name(agency: dict) -> x509.Name:
    return _subject([
        (NameOID.ORGANIZATION_NAME, f"{DEMO} - {agency['name']}"),
        (NameOID.ORGANIZATION_IDENTIFIER, agency["code"]),
        (NameOID.COMMON_NAME, agency["name"]),
    ])


def _person_name(person: dict) -> x509.Name:
    return _subject([
        (NameOID.ORGANIZATION_NAME, f"{DEMO} - {person['agency_name']}"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, person["agency_code"]),
        (NameOID.TITLE, person["position"]),
        (NameOID.COMMON_NAME, person["full_name"]),
    ])


def _subject(parts: list[tuple[x509.ObjectIdentifier, str]]) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")]
    for oid, value in parts:
        # X.520 bounds a common name at 64 bytes; the whole name stands in O
        text = _cut(value, 64) if oid == NameOID.COMMON_NAME else value
        if text:
            attributes.append(x509.NameAttribute(oid, text))
    return x509.Name(attributes)


def _cut(text: str, limit_bytes: int) -> str:
    if len(text.encode()) <= limit_bytes:
        return text
    whole = text.encode()[: limit_bytes - 3].decode(errors="ignore")
    return whole.rsplit(" ", 1)[0] + "…"


def _safe(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise BadKeyName(name=name)
    return name


def _complete(folder: Path, stem: str) -> bool:
    return (folder / f"{stem}.pem").exists() and (folder / f"{stem}.p12").exists()


def _new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def _authorities(folder: Path) -> _Issuer:
    """The issuing authority, made with root and time-stamping authority when they are missing."""
    root = _authority(folder, "root", folder / "trust/root.pem", None)
    issuing = _authority(folder, "issuing", folder / "chain/issuing.pem", root)
    if not (folder / "tsa.pem").exists() or not (folder / "tsa.key").exists():
        key = _new_key()
        _write(folder / "tsa.key", _pem(key), secret=True)
        name = _subject([(NameOID.ORGANIZATION_NAME, DEMO), (NameOID.COMMON_NAME, f"{DEMO} Dấu thời gian")])
        begins = datetime.now(UTC) - BACKDATED
        builder = _builder(issuing, name, key, begins, begins + AUTHORITY_LIFE / 2, _usage(sign=True))
        stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(stamping, critical=True)
        _write(folder / "tsa.pem", builder.sign(issuing.key, hashes.SHA256()).public_bytes(Encoding.PEM))
    return issuing


def _authority(folder: Path, name: str, certificate_path: Path, issuer: _Issuer | None) -> _Issuer:
    key_path = folder / f"ca/{name}.key"
    if not certificate_path.exists() or not key_path.exists():
        titles = {"root": f"{DEMO} - Cơ quan chứng thực gốc", "issuing": f"{DEMO} - Cơ quan chứng thực"}
        key = _new_key()
        subject = _subject([(NameOID.ORGANIZATION_NAME, f"{DEMO} - không có giá trị pháp lý"),
                            (NameOID.COMMON_NAME, titles[name])])
        begins = datetime.now(UTC) - 2 * BACKDATED
        limits = x509.BasicConstraints(ca=True, path_length=0 if issuer else 1)
        builder = _builder(issuer, subject, key, begins, begins + AUTHORITY_LIFE, _usage(sign=False), limits)
        _write(key_path, _pem(key), secret=True)
        certificate = builder.sign(issuer.key if issuer else key, hashes.SHA256())
        _write(certificate_path, certificate.public_bytes(Encoding.PEM))
    key = load_pem_private_key(key_path.read_bytes(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return _Issuer(x509.load_pem_x509_certificate(certificate_path.read_bytes()), key)


def _subscriber(issuing: _Issuer, name: x509.Name, key: RSAPrivateKey, begins: datetime | None = None,
                ends: datetime | None = None) -> x509.Certificate:
    begins = begins or datetime.now(UTC) - BACKDATED
    builder = _builder(issuing, name, key, begins, ends or begins + LIFE, _usage(sign=True))
    return builder.sign(issuing.key, hashes.SHA256())


def _builder(issuer: _Issuer | None, subject: x509.Name, key: RSAPrivateKey, begins: datetime, ends: datetime,
             usage: x509.KeyUsage, limits: x509.BasicConstraints | None = None) -> x509.CertificateBuilder:
    """What every certificate of the demo has in common; without an issuer it signs itself."""
    issuing_key = (issuer.key if issuer else key).public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(limits or x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing_key), critical=False)
    )


def _usage(sign: bool) -> x509.KeyUsage:
    """Key usage of a subscriber (`sign`) or of an authority."""
    return x509.KeyUsage(
        digital_signature=sign, content_commitment=sign, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=not sign, crl_sign=not sign, encipher_only=False,
        decipher_only=False,
    )


def _save_subscriber(folder: Path, stem: str, key: RSAPrivateKey, certificate: x509.Certificate,
                     issuing: _Issuer, pin: str) -> None:
    """Certificate first, key last: a pair is complete exactly when both are there."""
    guarded = pkcs12.serialize_key_and_certificates(
        stem.encode(), key, certificate, [issuing.certificate], BestAvailableEncryption(pin.encode())
    )
    _write(folder / f"{stem}.pem", certificate.public_bytes(Encoding.PEM))
    _write(folder / f"{stem}.p12", guarded, secret=True)


def _renew_lists(folder: Path, force: bool) -> None:
    now = datetime.now(UTC)
    for name, place in (("root", "trust"), ("issuing", "chain")):
        target = folder / f"crl/{name}.crl"
        if not force and target.exists():
            if now - x509.load_der_x509_crl(target.read_bytes()).last_update_utc < CRL_RENEWED_AFTER:
                continue
        issuer = _authority(folder, name, folder / place / f"{name}.pem", None)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.certificate.subject)
            .last_update(now - timedelta(minutes=1))
            .next_update(now + CRL_LIFE)
            .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
        )
        for serial, at in _revoked(folder).items() if name == "issuing" else ():
            entry = x509.RevokedCertificateBuilder().serial_number(int(serial))
            entry = entry.revocation_date(datetime.fromisoformat(at))
            builder = builder.add_revoked_certificate(entry.build())
        _write(target, builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER))


def _revoked(folder: Path) -> dict[str, str]:
    path = folder / "ca/revoked.json"
    return json.loads(path.read_text()) if path.exists() else {}


def _pem(key: RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, data: bytes, secret: bool = False) -> None:
    """Write beside, then rename: a killed start leaves the old file or the new one, never half a key."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if path.parent.name == "ca" else 0o755)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if secret else 0o644)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    fresh.replace(path)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
