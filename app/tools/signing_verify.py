"""Verify the signatures of a PDF: plain facts, on a policy of our own above pyHanko's.

Art. 3.3, 6.3.a; NĐ 30/2020 Art. 21.2.a. pyHanko's own verdict is "valid" for files that must not pass: form
fields refilled after the last signature, bytes or an empty revision appended, revocation data missing. Here
the byte range of every signature must lie exactly around its /Contents, between two signatures only signature
fields may be added, and after the last one only validation data (DSS). It does NOT say whether the signers
are the right ones (`regulation/verdict.py`) and never goes to the network.
"""

import asyncio
import base64
import io
import logging
import re
import struct
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import pem, x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DiffResult,
    DocInfoRule,
    DSSCompareRule,
    FormUpdatingRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    ReferenceUpdate,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    WhitelistRule,
    XrefStreamRule,
)
from pyhanko.sign.validation import EmbeddedPdfSignature, KeyUsageConstraints, async_validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import collect_timing_info
from pyhanko.sign.validation.status import (
    PdfSignatureStatus,
    SignatureCoverageLevel,
    TimestampSignatureStatus,
)
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.policy_decl import NO_REVOCATION, REQUIRE_REVINFO, CertRevTrustPolicy

# pyHanko writes subjects of certificates into its warnings; logs carry no names of people
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

#: what pyHanko and asn1crypto raise on hostile bytes
BROKEN = (PdfError, SignatureValidationError, ValueError, KeyError, IndexError, TypeError, AttributeError,
          AssertionError, NotImplementedError, OverflowError, RecursionError, struct.error)
#: digests and key lengths that still prove something
STRONG_DIGESTS, RSA_BITS, EC_BITS = {"sha256", "sha384", "sha512"}, 2048, 256
#: how far the clock of a time-stamping authority may be ahead of ours
CLOCKS = timedelta(minutes=5)
#: organizationIdentifier: only an agency's certificate carries it
ORGANIZATION_IDENTIFIER = "organization_identifier"


class _DateOfInfo(WhitelistRule):
    """The /Info dictionary may get another date and program, which writers of a DSS leave behind, and no more."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterator[ReferenceUpdate]:
        """Approve the new dictionary when all else in it is the same."""
        free = {"/ModDate", "/Producer"}
        references = [view.trailer_view.get_value_as_reference("/Info", optional=True) for view in (old, new)]
        before, after = (view(ref) if ref else {} for view, ref in zip((old, new), references, strict=True))
        if all(key in free or before.get(key) == after.get(key) for key in {*before, *after}):
            yield from DocInfoRule().apply(old, new)


_KEY_USAGE = KeyUsageConstraints(key_usage={"non_repudiation", "digital_signature"})
_CONTAINERS = [XrefStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
               ObjectStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
               DSSCompareRule().as_qualified(ModificationLevel.LTA_UPDATES)]
_ONLY_DSS = StandardDiffPolicy(
    [CatalogModificationRule(ignored_keys={"/DSS", "/Extensions"}), *_CONTAINERS,
     _DateOfInfo().as_qualified(ModificationLevel.LTA_UPDATES)],
    form_rule=None, ignore_orphaned_objects=False)
_NEXT_SIGNATURE = StandardDiffPolicy(
    [CatalogModificationRule(), *_CONTAINERS,
     DocInfoRule().as_qualified(ModificationLevel.LTA_UPDATES),
     MetadataUpdateRule().as_qualified(ModificationLevel.LTA_UPDATES)],
    form_rule=FormUpdatingRule(field_rules=[SigFieldCreationRule(), SigFieldModificationRule()]))
_OBJECT = re.compile(rb"(\d{1,10})[ \r\n]+(\d{1,5})[ \r\n]+obj\b")
_TABLE = re.compile(rb"xref\s+[\d\sfn]+?trailer\b")
_END = re.compile(rb"startxref\s+\d+\s+%%EOF(?:\r\n|\n|\r)?")


@dataclass(frozen=True)
class Trust:
    """Whom we trust, and what we know of revocations, as it lies in the PKI folder."""

    roots: list[x509.Certificate]
    chain: list[x509.Certificate]
    crls: list[bytes]

    @classmethod
    def of(cls, folder: Path) -> "Trust":
        """Read `trust/*.pem`, `chain/*.pem`, `crl/*.crl`; files may change while the worker runs."""
        return cls(
            [c for path in sorted(folder.glob("trust/*.pem")) for c in certificates(path)],
            [c for path in sorted(folder.glob("chain/*.pem")) for c in certificates(path)],
            [path.read_bytes() for path in sorted(folder.glob("crl/*.crl"))],
        )


def certificates(path: Path) -> list[x509.Certificate]:
    """Every certificate of a PEM file."""
    blocks = pem.unarmor(path.read_bytes(), multiple=True)
    return [x509.Certificate.load(der) for _kind, _headers, der in blocks]


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end in a thread of its own: the caller's may have an event loop already."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def verify(pdf: bytes, trust: Trust, at: datetime) -> list[dict]:
    """One report per signature, in the order in which they were made; [] when there is none.

    Keys: field, signer, organisation_code, organisation_name, is_agency, subject, serial (hex), issuer,
    algorithm, valid_from, valid_to, certificate (base64 DER), signed_at, time_source ("timestamp" |
    "claimed" | "none"), intact, trusted, revoked (None: not known), expired, coverage ("whole" | "allowed" |
    "changed-after"), checked_at, problems. Problems: unreadable, encrypted, altered, range, changed_after,
    untrusted, revoked, revocation_unknown, expired, weak, time_unproven, time_untrusted.

    Bytes that cannot be read give one report with the problem "unreadable": a verdict is always possible.
    """
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        if reader.encrypted:
            return [_nothing("encrypted", at)]
        found = [s for s in reader.embedded_signatures if s.sig_object_type == "/Sig"]
        found.sort(key=_covered_end)
    except BROKEN:
        return [_nothing("unreadable", at)]
    crls, ocsps, chain = _evidence(reader, trust)
    known = Trust(trust.roots, chain, crls)
    return [_report(pdf, reader, s, known, ocsps, at, is_last=s is found[-1]) for s in found]


def _nothing(problem: str, at: datetime) -> dict:
    return {
        "field": "", "signer": "", "organisation_code": "", "organisation_name": "", "is_agency": False,
        "subject": "", "serial": "", "issuer": "", "algorithm": "", "valid_from": None, "valid_to": None,
        "certificate": "", "signed_at": None, "time_source": "none", "intact": False, "trusted": False,
        "revoked": None, "expired": False, "coverage": "changed-after", "checked_at": _iso(at),
        "problems": [problem],
    }


def _evidence(reader: PdfFileReader, trust: Trust) -> tuple[list, list, list]:
    """Our own lists and certificates, and those of the file's DSS; pyHanko checks who signed them."""
    crls, ocsps, chain = list(trust.crls), [], list(trust.chain)
    try:
        store = DocumentSecurityStore.read_dss(reader)
        context = store.as_validation_context({"trust_roots": trust.roots, "allow_fetching": False})
        crls += context.crls
        ocsps += context.ocsps
        chain += list(store.load_certs())
    except BROKEN:
        pass  # no DSS, or one that proves nothing
    return crls, ocsps, chain


def _report(pdf: bytes, reader: PdfFileReader, signature: EmbeddedPdfSignature, trust: Trust, ocsps: list,
            at: datetime, is_last: bool) -> dict:
    try:
        report = _nothing("", at) | _who(signature) | {"problems": []}
    except BROKEN:
        return _nothing("unreadable", at)
    try:
        report |= run(_facts(signature, trust, ocsps, at))
        report["coverage"] = _coverage(pdf, reader, signature, is_last)
        if not _range_is_exact(pdf, signature):
            report["problems"].append("range")
    except BROKEN:
        report["problems"].append("unreadable")
    report["problems"] += _problems(report, signature)
    return report


def _who(signature: EmbeddedPdfSignature) -> dict:
    certificate = signature.signer_cert
    subject = certificate.subject.native
    code = subject.get(ORGANIZATION_IDENTIFIER, "")
    return {
        "field": signature.field_name,
        "signer": _text(subject.get("common_name")),
        "organisation_code": _text(code or subject.get("organizational_unit_name")),
        "organisation_name": _text(subject.get("organization_name")),
        "is_agency": bool(code),
        "subject": certificate.subject.human_friendly,
        "serial": f"{certificate.serial_number:x}",
        "issuer": certificate.issuer.human_friendly,
        "algorithm": f"{signature.md_algorithm} {certificate.public_key.algorithm}",
        "valid_from": _iso(certificate.not_valid_before),
        "valid_to": _iso(certificate.not_valid_after),
        "certificate": base64.b64encode(certificate.dump()).decode(),
    }


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


async def _facts(signature: EmbeddedPdfSignature, trust: Trust, ocsps: list, at: datetime) -> dict:
    """Intact, trusted, revoked, expired: at the proven time, else at the time of the check."""
    stamp_context = _context(trust, ocsps, at, REQUIRE_REVINFO)
    timing = await collect_timing_info(signature.signer_info, stamp_context, signature.compute_digest)
    stamp: TimestampSignatureStatus | None = timing.get("timestamp_validity")
    facts: dict = {"problems": []}
    if stamp and stamp.valid and stamp.intact and stamp.trusted and stamp.timestamp <= at + CLOCKS:
        proven, facts["time_source"], facts["signed_at"] = stamp.timestamp, "timestamp", _iso(stamp.timestamp)
    else:
        claimed = signature.self_reported_timestamp
        proven, facts["time_source"] = at, "claimed" if claimed else "none"
        facts["signed_at"] = _iso(claimed) if claimed else None
        facts["problems"].append("time_untrusted" if stamp else "time_unproven")
    begins, ends = signature.signer_cert.not_valid_before, signature.signer_cert.not_valid_after
    facts["expired"] = not begins <= proven <= ends
    # an expired certificate still has a chain: judge that at a moment inside its life
    moment = min(max(proven, begins), ends)
    chained = await _status(signature, trust, ocsps, moment, NO_REVOCATION)
    facts["intact"] = bool(chained.intact and chained.valid)
    facts["trusted"] = bool(chained.trusted)
    checked = await _status(signature, trust, ocsps, moment, REQUIRE_REVINFO)
    facts["revoked"] = True if checked.revoked else (False if checked.trusted else None)
    return facts


def _context(trust: Trust, ocsps: list, moment: datetime, policy: object) -> ValidationContext:
    # a list published after the signature still tells of the time of the signature
    revocation = CertRevTrustPolicy(policy, retroactive_revinfo=True)
    return ValidationContext(trust_roots=trust.roots, other_certs=trust.chain, crls=trust.crls, ocsps=ocsps,
                             moment=moment, revinfo_policy=revocation, allow_fetching=False)


async def _status(signature: EmbeddedPdfSignature, trust: Trust, ocsps: list, moment: datetime,
                  policy: object) -> PdfSignatureStatus:
    context = _context(trust, ocsps, moment, policy)
    return await async_validate_pdf_signature(
        signature, context, context, key_usage_settings=_KEY_USAGE, skip_diff=True)


def _range_is_exact(pdf: bytes, signature: EmbeddedPdfSignature) -> bool:
    """The ranges leave out exactly the hexadecimal string of /Contents, and nothing hides in its padding."""
    numbers = [int(n) for n in signature.byte_range]
    if len(numbers) != 4 or numbers[0] != 0 or numbers[3] < 0:
        return False
    _start, first, second, length = numbers
    gap = pdf[first:second]
    if not (0 < first < second and second + length <= len(pdf) and gap[:1] == b"<" and gap[-1:] == b">"):
        return False
    contents = bytes.fromhex(gap[1:-1].decode("ascii"))
    message = signature.pkcs7_content
    padding = contents[_der_length(contents):]
    return contents == message and not padding.strip(b"\0")


def _der_length(data: bytes) -> int:
    """Length of the first DER value, head included."""
    if data[1] < 0x80:
        return 2 + data[1]
    octets = data[1] & 0x7F
    return 2 + octets + int.from_bytes(data[2: 2 + octets], "big")


def _covered_end(signature: EmbeddedPdfSignature) -> int:
    return int(signature.byte_range[2]) + int(signature.byte_range[3])


def _coverage(pdf: bytes, reader: PdfFileReader, signature: EmbeddedPdfSignature, is_last: bool) -> str:
    end = _covered_end(signature)
    if signature.evaluate_signature_coverage() < SignatureCoverageLevel.ENTIRE_REVISION:
        return "changed-after"
    if end == len(pdf):
        return "whole"
    policy = _ONLY_DSS if is_last else _NEXT_SIGNATURE
    change = policy.review_file(reader, signature.signed_revision)
    level = ModificationLevel.LTA_UPDATES if is_last else ModificationLevel.FORM_FILLING
    allowed = isinstance(change, DiffResult) and change.modification_level.value <= level.value
    if is_last:
        allowed = allowed and _tail_is_tidy(pdf, end, reader, signature.signed_revision)
    return "allowed" if allowed else "changed-after"


def _tail_is_tidy(pdf: bytes, position: int, reader: PdfFileReader, signed_revision: int) -> bool:
    """After `position` come whole revisions and not one byte more, each with at least one object it declares.

    Bytes that no cross-reference names are unseen by a right reader, but a lenient one may find them.
    """
    revision, objects = signed_revision, 0
    while position < len(pdf):
        if pdf[position: position + 1].isspace():
            position += 1
        elif match := _OBJECT.match(pdf, position):
            if (int(match[1]), int(match[2])) not in _declared(reader, revision + 1):
                return False
            position, objects = pdf.find(b"endobj", match.end()) + len(b"endobj"), objects + 1
            if position < len(b"endobj"):
                return False
        elif match := _TABLE.match(pdf, position):
            position = pdf.find(b"startxref", match.end())
            if position < 0 or pdf[match.end(): position].strip()[-2:] != b">>":
                return False
        elif (match := _END.match(pdf, position)) and objects:
            position, objects, revision = match.end(), 0, revision + 1
        else:
            return False
    return objects == 0 and revision == reader.xrefs.total_revisions - 1


def _declared(reader: PdfFileReader, revision: int) -> set[tuple[int, int]]:
    """(number, generation) of the objects that a revision declares, its cross-reference stream included."""
    if revision >= reader.xrefs.total_revisions:
        return set()
    references = set(reader.xrefs.explicit_refs_in_revision(revision))
    references.add(reader.xrefs.get_xref_container_info(revision).stream_ref)
    return {(r.idnum, r.generation) for r in references if r is not None}


def _problems(report: dict, signature: EmbeddedPdfSignature) -> list[str]:
    key = signature.signer_cert.public_key
    weak = (signature.md_algorithm not in STRONG_DIGESTS
            or key.bit_size < (EC_BITS if key.algorithm == "ec" else RSA_BITS))
    told = {
        "altered": not report["intact"],
        "changed_after": report["coverage"] == "changed-after",
        "untrusted": not report["trusted"],
        "revoked": report["revoked"] is True,
        "revocation_unknown": report["trusted"] and report["revoked"] is None,
        "expired": report["expired"],
        "weak": weak,
    }
    return [code for code, is_so in told.items() if is_so]


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
