"""Verify the signatures of a PDF: plain facts, on a policy of our own above pyHanko's.

Art. 3.3, 6.3.a; NĐ 30/2020 Art. 21.2.a. pyHanko's own verdict is "valid" for files that must not pass: changed after
the last signature (`signing_coverage.py`), revocation data missing, a key that is for something else. It does NOT say
whether the signers are the right ones (`regulation/verdict.py`) and never goes to the network.
"""

import base64
import io
import logging
import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils.misc import PdfDecodeLimitError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    KeyUsageConstraints,
    async_validate_pdf_signature,
)
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.generic_cms import collect_timing_info, extract_tst_data_iter
from pyhanko.sign.validation.status import PdfSignatureStatus, TimestampSignatureStatus
from pyhanko_certvalidator.policy_decl import NO_REVOCATION
from pypdfium2 import PdfiumError

from app.tools.appearance import PageUnreadable
from app.tools.office import EncryptedFile, TruncatedFile, UnpacksTooLarge
from app.tools.page_readers import page_drawn_otherwise
from app.tools.revocation import questions, told_by
from app.tools.signing_cover import covering
from app.tools.signing_coverage import changes, coverage, covered_end, range_is_exact
from app.tools.signing_drawn import look_otherwise
from app.tools.signing_past import Proof, existed, proven_by
from app.tools.signing_path import (
    context,
    is_agencys,
    is_for_documents,
    is_strong_stamp,
    leads_to_documents,
    leads_to_time,
    life,
    names_certificate,
    revoked,
    run,
)
from app.tools.signing_place import Place, changed_after, place_of, places_of
from app.tools.signing_policy import BROKEN
from app.tools.signing_rebuilt import is_found_alike
from app.tools.signing_strength import STRONG_DIGESTS, is_strong
from app.tools.signing_trust import CLOCKS, Trust
from app.tools.signing_words import words_shown
from app.tools.suspect import shows_otherwise

# pyHanko writes subjects of certificates into its warnings; logs carry no names of people
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

#: revisions of a file: each signature of a document makes two or three; thousands are an attack on the reader
MOST_REVISIONS = 100
#: digits of one string, in which a signature stands with its proofs: real ones have a hundred thousand, with long lists
#: of revoked certificates some millions; the library reads them one by one, a million in half a second
MOST_DIGITS = 8 << 20
_LONG = re.compile(rb"<[0-9A-Fa-f\s\0]{%d}" % MOST_DIGITS)
#: what may be known once the authorities were asked
MAY_BE_TOLD = {"revocation_unknown", "time_untrusted"}
# the purpose of a key is judged apart from the path to a root (`is_for_documents`)
_ANY_USAGE = KeyUsageConstraints(key_usage=set())


def verify(pdf: bytes, trust: Trust, at: datetime) -> list[dict]:
    """One report per signature, in the order in which they were made; [] when there is none.

    Keys: field (one without a name: "#" and its place in the order), signer, organisation_code, organisation_name,
    is_agency, subject, serial (hex), issuer, algorithm, valid_from, valid_to, certificate (base64 DER), fingerprint
    (sha256, hex), signed_at, time_source ("timestamp" | "claimed" | "none"), intact, trusted, revoked (None: not
    known), expired, not_yet_valid, coverage ("whole" | "allowed" | "forbidden" | "changed-after"), changes_after
    (`signing_coverage.changes`), place, changed and words (where on the pages, an agency's in which words:
    `signing_place.py`), shows (by what the file is "active"), told_by (`revocation.told_by`), checked_at, problems;
    where an authority could tell more: asks (`revocation.questions`), which are no evidence.
    Problems: unreadable, too_many_revisions, encrypted, altered, range, changed_after, forbidden_after, untrusted,
    purpose, revoked, revocation_unknown, expired, not_yet_valid, weak, time_unproven, time_untrusted, active, swapped,
    certificate_unnamed, covers, adds.

    Bytes that cannot be read give one report with the problem "unreadable": a verdict is always possible.
    """
    try:
        if pdf.count(b"startxref") > MOST_REVISIONS:
            return [nothing("too_many_revisions", at)]
        if _LONG.search(pdf):
            return [nothing("heavy", at)]
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        if reader.encrypted:
            return [nothing("encrypted", at)]
        if reader.xrefs.total_revisions > MOST_REVISIONS:  # tables may name one another without an ending each
            return [nothing("too_many_revisions", at)]
        signed = {kind: sorted((s for s in reader.embedded_signatures if s.sig_object_type == kind), key=covered_end)
                  for kind in ("/Sig", "/DocTimeStamp")}
        found, stamps = signed["/Sig"], signed["/DocTimeStamp"]
        known_as = {one.field_name for one in (*found, *stamps)}
        strange = [name for name, _, _ in enumerate_sig_fields(reader, filled_status=True) if name not in known_as]
    except BROKEN:
        return [nothing("unreadable", at)]
    crls, ocsps, chain, is_bomb = _evidence(reader, trust)
    about = [one for signature in (*found, *stamps) for one in _held(signature)]
    known = replace(trust, chain=chain, crls=crls, ocsps=tuple(ocsps)).with_answers([*about, *chain]).known_at(at)
    proofs, wrong = proven_by(pdf, stamps, known, at)
    itself, shows = (["heavy"], "") if is_bomb else _itself(pdf, reader, found)
    is_drawn = "heavy" not in itself  # else it takes a minute to draw, and is valid in no case
    reports = [_report(pdf, reader, found, place, known, at, proofs, is_drawn=is_drawn) for place in range(len(found))]
    if is_drawn:
        _seen(pdf, reader, found, reports)
    _passed_on(reports[:-1])
    if reports:  # a stamp of the whole file proves nothing when it is false, and is told with what it is to prove
        reports[-1]["problems"] += sorted(wrong - set(reports[-1]["problems"]))
        if MAY_BE_TOLD & wrong:
            reports[-1]["asks"] = [*reports[-1].get("asks", ()), *_asks([
                one for stamp in stamps for one in _held(stamp)], known)]
        reports[-1] |= {"problems": [*reports[-1]["problems"], *itself]} | ({"shows": shows} if shows else {})
    # one of a kind that nobody reads is no valid one, and is not passed over
    return [nothing("unreadable", at) | {"field": name} for name in strange] + reports


def _passed_on(reports: list[dict]) -> None:
    """What was changed after a signature was changed after those before it, too; of those that are not the last."""
    for earlier, later in reversed(list(pairwise(reports))):
        if later["coverage"] == "changed-after" != earlier["coverage"]:
            earlier |= {"coverage": "changed-after", "changed": later.get("changed", []), "problems": [
                *(one for one in earlier["problems"] if one != "forbidden_after"), "changed_after"]}


def _lying_over(pdf: bytes, reader: PdfFileReader, found: list[EmbeddedPdfSignature], ends: list[int],
                places: list[list[Place]]) -> list[str]:
    """What is wrong with the pictures of later signatures ("covers", "adds", ""); all cover where nobody can tell."""
    try:
        return covering(pdf, reader, found, ends, places)
    except (*BROKEN, PageUnreadable, PdfiumError):
        return ["", *["covers"] * (len(found) - 1)][:len(found)]


def _looking_otherwise(pdf: bytes, ends: list[int], places: list[list[Place]]) -> list[bool]:
    """After which signatures a page came to look otherwise; all where nobody can tell."""
    try:
        return look_otherwise(pdf, ends, places)
    except (PdfiumError, ValueError):  # the latter: a page of which nothing is to be seen
        return [True] * len(ends)


def _seen(pdf: bytes, reader: PdfFileReader, found: list[EmbeddedPdfSignature], reports: list[dict]) -> None:
    """Add to the reports what one sees of the pages: what lies over what was signed, what is no longer as it was."""
    ends = [covered_end(one) for one in found]
    try:
        places = [places_of(reader, one) for one in found]
    except BROKEN:  # nobody can tell
        drawn, other = ["", *["covers"] * (len(found) - 1)][:len(found)], [True] * len(found)
    else:
        drawn, other = _lying_over(pdf, reader, found, ends, places), _looking_otherwise(pdf, ends, places)
    for report, wrong, looks in zip(reports, drawn, other, strict=True):
        report["problems"] += filter(None, [wrong])
        if looks and "changed_after" not in report["problems"]:
            report |= {"coverage": "changed-after", "problems": [*report["problems"], "changed_after"]}


def _itself(pdf: bytes, reader: PdfFileReader, found: list[EmbeddedPdfSignature]) -> tuple[list[str], str]:
    """What every signature covers and no change after it is: content that can show something else, do something on its
    own or be read otherwise by another, in the file as it is or as it was at a signature; and by what it shows it. What
    is "heavy" is not looked into.
    """
    if not found:
        return [], ""
    states = {covered_end(one): one.signed_revision for one in found} | {len(pdf): reader.xrefs.total_revisions - 1}
    try:
        shown = [shows_otherwise(pdf[:end]) for end in sorted(states)]
        if not any(shown) and (number := page_drawn_otherwise(pdf)):
            shown = [f"/Page {number}"]
    except UnpacksTooLarge:
        return ["heavy"], ""
    except (TruncatedFile, EncryptedFile, PdfiumError):  # what one reader opens and another does not
        return ["unreadable"], ""
    return ["active"] * any(shown) + ["unreadable"] * (not is_found_alike(pdf, reader, states)), next(
        filter(None, shown), "")


def nothing(problem: str, at: datetime) -> dict:
    """A report of which only the problem is known."""
    return {
        "field": "", "signer": "", "organisation_code": "", "organisation_name": "", "is_agency": False,
        "subject": "", "serial": "", "issuer": "", "algorithm": "", "valid_from": None, "valid_to": None,
        "certificate": "", "fingerprint": "", "signed_at": None, "time_source": "none", "intact": False,
        "trusted": False, "revoked": None, "expired": False, "not_yet_valid": False, "coverage": "changed-after",
        "changes_after": [], "checked_at": _iso(at), "problems": [problem]}


def _evidence(reader: PdfFileReader, trust: Trust) -> tuple[list, list, list, bool]:
    """Our own lists and certificates, and those of the file's DSS; pyHanko checks who signed them. Last: whether what
    the file brings unpacks to more than such data ever is.
    """
    crls, ocsps, chain = list(trust.crls), list(trust.ocsps), list(trust.chain)
    try:
        store = DocumentSecurityStore.read_dss(reader)
        context = store.as_validation_context({"trust_roots": trust.roots, "allow_fetching": False})
        crls += context.crls
        ocsps += context.ocsps
        chain += list(store.load_certs())
    except PdfDecodeLimitError:
        return crls, ocsps, chain, True
    except BROKEN:
        pass  # no DSS, or one that proves nothing
    return crls, ocsps, chain, False


def _asks(held: list[x509.Certificate], trust: Trust) -> list[dict[str, str]]:
    """Where one may ask after these certificates and those above them."""
    return questions([*held, *trust.chain], [*held, *trust.chain, *trust.roots, *trust.stamping])


def _held(signature: EmbeddedPdfSignature) -> list[x509.Certificate]:
    """The certificates that a signature and its time stamp bring along."""
    try:
        stamps = [one.chosen for data in extract_tst_data_iter(signature.signer_info, signed=False)
                  for one in data["certificates"] or ()]
        return [signature.signer_cert, *signature.other_embedded_certs, *stamps]
    except BROKEN:
        return []


def _report(pdf: bytes, reader: PdfFileReader, found: list[EmbeddedPdfSignature], place: int, trust: Trust,
            at: datetime, proofs: list[Proof], *, is_drawn: bool) -> dict:
    """`found`: the signatures in their order, `place`: of the one that is reported; `is_drawn`: it may be looked at."""
    signature, after = found[place], found[place + 1:]
    try:
        report = nothing("", at) | who(signature.signer_cert) | {
            # "" says that nothing could be read; a field may be called so, and its signature counts like every other
            "field": signature.field_name or f"#{place + 1}", "problems": [],
            "algorithm": f"{signature.md_algorithm} {signature.signer_cert.public_key.algorithm}"}
    except BROKEN as error:  # the signature names its certificate, and it is none of those that it brings (RFC 5035)
        told = getattr(error, "ades_subindication", None)
        return nothing("swapped" if told is AdESIndeterminate.NO_SIGNING_CERTIFICATE_FOUND else "unreadable", at)
    try:
        by_others = [one for one in proofs if one.by != signature.signer_cert.public_key.dump()]
        report |= run(_facts(signature, trust, at, existed(pdf, signature, by_others, at)))
        report["coverage"] = coverage(pdf, reader, signature, is_last=not after,
                                      following=after[0].signed_revision if len(after) > 1 else None)
        if covered_end(signature) < len(pdf):
            report["changes_after"] = changes(pdf, reader, signature)
        if not range_is_exact(pdf, signature):
            report["problems"].append("range")
    except BROKEN:
        report["problems"].append("unreadable")
    report["problems"] += _problems(report, signature)
    report["told_by"] = told_by(signature.signer_cert, trust.crls, trust.ocsps)
    if MAY_BE_TOLD & set(report["problems"]):
        report["asks"] = _asks(_held(signature), trust)
    return report | _places(reader, signature, is_changed="changed_after" in report["problems"]) | {
        "words": _words(reader, signature) if report["is_agency"] and is_drawn else []}


def _places(reader: PdfFileReader, signature: EmbeddedPdfSignature, *, is_changed: bool) -> dict[str, Any]:
    try:
        return {"place": place_of(reader, signature), "changed": changed_after(reader, signature) if is_changed else []}
    except BROKEN:  # it can be judged and not be drawn
        return {"place": None, "changed": []}


def _words(reader: PdfFileReader, signature: EmbeddedPdfSignature) -> list[str]:
    try:
        return words_shown(reader, signature)
    except (*BROKEN, PageUnreadable):  # a mark that cannot be read is none
        return []


def who(certificate: x509.Certificate) -> dict:
    """Whose certificate it is, as a report says it."""
    subject = certificate.subject.native
    code = subject.get("organization_identifier", "")
    return {
        "signer": _text(subject.get("common_name")),
        "organisation_code": _text(code or subject.get("organizational_unit_name")),
        "organisation_name": _text(subject.get("organization_name")),
        "is_agency": is_agencys(certificate),
        "subject": certificate.subject.human_friendly,
        "serial": f"{certificate.serial_number:x}",
        "issuer": certificate.issuer.human_friendly,
        "valid_from": _iso(certificate.not_valid_before),
        "valid_to": _iso(certificate.not_valid_after),
        "certificate": base64.b64encode(certificate.dump()).decode(),
        "fingerprint": certificate.sha256.hex(),
    }


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


async def _facts(signature: EmbeddedPdfSignature, trust: Trust, at: datetime, existed_at: datetime) -> dict:
    """Intact, trusted, revoked, in its life: at the time that its stamp proves, else when it is proven to be there."""
    facts: dict = {"problems": []}
    for moment in dict.fromkeys([at, existed_at]):
        stamp = await _own_stamp(signature, trust, moment)
        if stamp and stamp[1]:
            break
    if stamp and stamp[1]:
        proven, facts["time_source"], facts["signed_at"] = stamp[0], "timestamp", _iso(stamp[0])
    else:
        claimed = signature.self_reported_timestamp
        proven, facts["time_source"] = existed_at, "claimed" if claimed else "none"
        facts["signed_at"] = _iso(claimed) if claimed else None
        facts["problems"].append("time_untrusted" if stamp else "time_unproven")
    begins, ends = signature.signer_cert.not_valid_before, signature.signer_cert.not_valid_after
    facts |= life(signature.signer_cert, proven)
    # a certificate outside its life still has a chain: judge that at a moment inside
    moment = min(max(proven, begins), ends)
    chained = await _status(signature, trust, moment)
    facts["intact"] = bool(chained.intact and chained.valid)
    facts["trusted"] = bool(chained.trusted and leads_to_documents(chained.validation_path))
    facts["revoked"] = await revoked(trust, chained.validation_path, moment, held=_held(
        signature)) if chained.trusted else None
    return facts


async def _own_stamp(signature: EmbeddedPdfSignature, trust: Trust, moment: datetime) -> tuple[datetime, bool] | None:
    """The time of the stamp that a signature holds, and whether one trusts it at this moment; None: it holds none."""
    asked = context(trust, moment, NO_REVOCATION, trust.at(moment, of_time=True))
    timing = await collect_timing_info(signature.signer_info, asked, signature.compute_digest)
    stamp: TimestampSignatureStatus | None = timing.get("timestamp_validity")
    if stamp is None:
        return None
    return stamp.timestamp, bool(
        stamp.valid and stamp.intact and stamp.trusted and stamp.timestamp <= moment + CLOCKS
        and leads_to_time(stamp.validation_path)
        and stamp.signing_cert.public_key.dump() != signature.signer_cert.public_key.dump()
        and all(is_strong_stamp(one, stamp.signing_cert.public_key)
                for one in extract_tst_data_iter(signature.signer_info, signed=False))
        and await revoked(trust, stamp.validation_path, moment, of_time=True) is False)


async def _status(signature: EmbeddedPdfSignature, trust: Trust, moment: datetime) -> PdfSignatureStatus:
    asked = context(trust, moment, NO_REVOCATION, trust.at(moment))
    return await async_validate_pdf_signature(
        signature, asked, asked, key_usage_settings=_ANY_USAGE, skip_diff=True)


def _problems(report: dict, signature: EmbeddedPdfSignature) -> list[str]:
    key = signature.signer_cert.public_key
    weak = signature.md_algorithm not in STRONG_DIGESTS or not is_strong(key)
    told = {
        "altered": not report["intact"],
        "changed_after": report["coverage"] == "changed-after",
        "forbidden_after": report["coverage"] == "forbidden",
        "untrusted": not report["trusted"],
        "purpose": not is_for_documents(signature.signer_cert),
        "revoked": report["revoked"] is True,
        "revocation_unknown": report["trusted"] and report["revoked"] is None and not report["expired"] and not report[
            "not_yet_valid"],
        "expired": report["expired"], "not_yet_valid": report["not_yet_valid"],
        "weak": weak, "certificate_unnamed": not names_certificate(signature.signer_info),
    }
    return [code for code, is_so in told.items() if is_so]


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
