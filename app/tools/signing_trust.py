"""Whom an installation trusts, and what it knows of revocations, read from a folder (NĐ 68/2024 Art. 32).

Either the folder of keys (`pki.py`) or one that a stranger hands over. It judges nothing (`signing_verify.py`).
"""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from asn1crypto import crl, ocsp, pem, x509

from app.refusal import Refusal
from app.tools.revocation import answer_file
from app.tools.signing_policy import BROKEN
from app.tools.signing_revoked import issued_until

#: how far the clock of a time-stamping authority may be ahead of ours
CLOCKS = timedelta(minutes=5)
#: how names of files end that hold certificates
_ENDINGS = {".pem", ".crt", ".cer", ".der"}
#: what a folder that a stranger hands over may hold
_FOLDERS = ("roots", "intermediates", "tsa", "crl", "ocsp")


class TrustUnreadable(Refusal):
    """A file of the trust settings is not what its folder says."""

    code = "trust_unreadable"
    status = 422
    article = "NĐ 68/2024 Art. 32"


class RootsMissing(TrustUnreadable):
    """No certificate lies in the folder of the roots: it is missing or empty, or no file's name ends as one's does."""

    code = "roots_missing"


@dataclass(frozen=True)
class Trust:
    """Whom we trust, and what we know of revocations, as it lies in the PKI folder."""

    roots: list[x509.Certificate]
    chain: list[x509.Certificate]
    crls: list[Any]
    ocsps: tuple[Any, ...] = ()
    #: authorities that are believed about time, and about nothing else
    stamping: tuple[x509.Certificate, ...] = ()
    #: by fingerprint: the first and the last day on which an anchor is believed; one that is not here always is
    days: dict[str, tuple[date, date]] = field(default_factory=dict)
    #: the folder in which answers of OCSP responders are kept (`revocation.py`)
    folder: Path | None = None
    #: files that lie among certificates and by their names are none; folders that are none by a letter or two
    ignored: tuple[str, ...] = ()

    @classmethod
    def of(cls, folder: Path) -> "Trust":
        """Read `trust/*.pem`, `chain/*.pem`, `crl/*.crl`; files may change while the worker runs."""
        return cls(
            [c for path in sorted(folder.glob("trust/*.pem")) for c in certificates(path)],
            [c for path in sorted(folder.glob("chain/*.pem")) for c in certificates(path)],
            [path.read_bytes() for path in sorted(folder.glob("crl/*.crl"))], folder=folder,
        )

    @classmethod
    def given(cls, folder: Path) -> "Trust":
        """Read `roots/`, `intermediates/`, `tsa/`, `crl/`, `ocsp/` (DER or PEM). Raises TrustUnreadable."""
        found = {name: _files(folder / name) for name in _FOLDERS[:3]}
        ignored = [*_misspelt(folder), *(f"{name}/{path.name}" for name, paths in found.items() for path in paths
                                         if path.suffix.lower() not in _ENDINGS)]
        roots, chain, stamping = (
            [c for path in paths if path.suffix.lower() in _ENDINGS for c in certificates(path)]
            for paths in found.values())
        if not roots:
            raise RootsMissing(file=str(folder / "roots"), **({"ignored": ", ".join(ignored)} if ignored else {}))
        return cls(roots, chain, [_loaded(path, crl.CertificateList) for path in _files(folder / "crl")],
                   tuple(_loaded(path, ocsp.OCSPResponse) for path in _files(folder / "ocsp")), tuple(stamping),
                   ignored=tuple(ignored))

    def only(self, anchors: Iterable[dict[str, str]]) -> "Trust":
        """With these anchors and no others; what else is known stays. Each: certificate (Base64 DER), purpose
        ("documents", "time"), since and until (ISO days). Raises TrustUnreadable.
        """
        found: dict[str, list[x509.Certificate]] = {"documents": [], "time": []}
        days = {}
        for one in anchors:
            try:
                certificate = x509.Certificate.load(base64.b64decode(one["certificate"]), strict=True)
                days[certificate.sha256.hex()] = date.fromisoformat(one["since"]), date.fromisoformat(one["until"])
            except BROKEN as error:
                raise TrustUnreadable(file=one["purpose"]) from error
            found[one["purpose"]].append(certificate)
        return replace(self, roots=found["documents"], stamping=tuple(found["time"]), days=days)

    def with_answers(self, about: Iterable[x509.Certificate]) -> "Trust":
        """With what responders said of these certificates, where that is kept."""
        paths = {answer_file(self.folder, one) for one in about} if self.folder else set()
        return replace(self, ocsps=(*self.ocsps, *(one.read_bytes() for one in sorted(paths) if one.exists())))

    def known_at(self, at: datetime) -> "Trust":
        """Without lists and answers that say they were issued later than this moment, or than now when it is past."""
        latest = max(at, datetime.now(UTC)) + CLOCKS
        return replace(self, crls=issued_until(crl.CertificateList, self.crls, latest),
                       ocsps=tuple(issued_until(ocsp.OCSPResponse, self.ocsps, latest)))

    def at(self, moment: datetime, *, of_time: bool = False) -> list[x509.Certificate]:
        """The anchors that are believed at this moment: about documents, or about time as well. RFC 5280 lets an anchor
        be past its life, and be no authority; here neither is one. One that stamps itself is no authority.
        """
        anchors = [*(one for one in self.roots if one.ca), *(self.stamping if of_time else ())]
        return [one for one in anchors if one.not_valid_before <= moment <= one.not_valid_after and
                ((days := self.days.get(one.sha256.hex())) is None or days[0] <= moment.date() <= days[1])]


def _misspelt(folder: Path) -> list[str]:
    """Folders whose name is near that of one which is not there: nobody asks for them."""
    there = {path.name for path in folder.iterdir() if path.is_dir()}
    missing = [name for name in _FOLDERS if name not in there]
    return [f"{name}/" for name in sorted(there.difference(_FOLDERS)) if get_close_matches(name.lower(), missing)]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_file() and not path.name.startswith("."))


def _loaded(path: Path, kind: type[Any]) -> bytes:
    """The DER of a list or an answer, which stands in a file as it is or armoured."""
    try:
        data = path.read_bytes()
        der: bytes = pem.unarmor(data)[2] if pem.detect(data) else data
        kind.load(der, strict=True).native  # noqa: B018  to read all of it is the test
    except (*BROKEN, OSError) as error:
        raise TrustUnreadable(file=path.name) from error
    return der


def certificates(path: Path) -> list[x509.Certificate]:
    """Every certificate of a PEM file, the one of a DER file. Raises TrustUnreadable."""
    try:
        data = path.read_bytes()
        ders = [der for _kind, _headers, der in pem.unarmor(data, multiple=True)] if pem.detect(data) else [data]
        found = [x509.Certificate.load(der, strict=True) for der in ders]
        for one in found:
            one.native  # noqa: B018  to read all of it is the test
    except (*BROKEN, OSError) as error:
        raise TrustUnreadable(file=path.name) from error
    return found


def subscriber(found: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """Of a file with a whole chain the one that is no authority's; None: nobody knows which one is meant."""
    own = found if len(found) == 1 else [one for one in found if not one.ca]
    return own[0] if len(own) == 1 else None
