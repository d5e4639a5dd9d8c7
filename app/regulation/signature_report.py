"""What a PDF's signatures are and what the regulation says of them, as one answer (Art. 3.3, 3.4, 6.3).

The facts are `tools/signing_verify.py`'s, the judgement `verdict.py`'s; here they meet what is registered of agencies
and their leaders (`signature_register.py`). It stores nothing.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.refusal import Refusal
from app.regulation import layout_agency, layout_head, verdict, verdict_reason
from app.regulation.verdict import Agency, Judgement
from app.regulation.verdict_copy import spelt
from app.regulation.verdict_reason import Reason
from app.tools import edxml_signature
from app.tools.ocr import printed
from app.tools.page_scan import is_scanned
from app.tools.signing_trust import CLOCKS, Trust
from app.tools.signing_verify import verify

#: problem of a signature -> indication and sub-indication of ETSI EN 319 102-1
_ETSI = {
    "altered": "TOTAL-FAILED (HASH_FAILURE)", "range": "TOTAL-FAILED (FORMAT_FAILURE)",
    "changed_after": "TOTAL-FAILED (FORMAT_FAILURE)", "forbidden_after": "TOTAL-FAILED (FORMAT_FAILURE)",
    "unreadable": "TOTAL-FAILED (FORMAT_FAILURE)", "swapped": "INDETERMINATE (NO_SIGNING_CERTIFICATE_FOUND)",
    "too_many_revisions": "TOTAL-FAILED (FORMAT_FAILURE)", "revoked": "TOTAL-FAILED (REVOKED)",
    "heavy": "TOTAL-FAILED (FORMAT_FAILURE)", "wrapped": "TOTAL-FAILED (FORMAT_FAILURE)",
    "taken_out": "INDETERMINATE (CHAIN_CONSTRAINTS_FAILURE)",
    "expired": "TOTAL-FAILED (EXPIRED)", "not_yet_valid": "TOTAL-FAILED (NOT_YET_VALID)",
    "untrusted": "INDETERMINATE (NO_CERTIFICATE_CHAIN_FOUND)",
    "purpose": "INDETERMINATE (CHAIN_CONSTRAINTS_FAILURE)", "weak": "INDETERMINATE (CRYPTO_CONSTRAINTS_FAILURE_NO_POE)",
    "active": "INDETERMINATE (SIG_CONSTRAINTS_FAILURE)", "covers": "INDETERMINATE (SIG_CONSTRAINTS_FAILURE)",
    "adds": "INDETERMINATE (SIG_CONSTRAINTS_FAILURE)",
    "certificate_unnamed": "INDETERMINATE (SIG_CONSTRAINTS_FAILURE)",
    "encrypted": "INDETERMINATE (SIGNED_DATA_NOT_FOUND)", "revocation_unknown": "INDETERMINATE (TRY_LATER)",
    "time_unproven": "INDETERMINATE (NO_POE)", "time_untrusted": "INDETERMINATE (NO_POE)",
}


def report(pdf: bytes, trust: Trust, known: list[Agency], *, sender: str, at: datetime,
           signer: str = "") -> dict[str, Any]:
    """{"verdict", "handling", "reasons", "signatures"} of a file; `sender`: the code of who sent it, `signer`: the full
    name that it prints as its signer's; "": not known.

    verdict: "3.3.a", "3.3.b", "incomplete", "indeterminate", "invalid" or "unsigned"; handling: "6.3.a" or "6.3.b";
    reasons: [{"code", "message", "message_en"}], the worst first; signatures in the order in which they were made.
    """
    raw, code = verify(pdf, trust, at), sender.strip()
    is_drawn = bool(raw) and not any("heavy" in one["problems"] for one in raw)
    agency, is_named = (_of_code(code, known), True) if code else _taken(raw, known, pdf if is_drawn else b"")
    reports = [_named(one, agency, known) for one in raw]
    found = verdict.judgement(reports, agency, signer_name=signer.strip() or None,
                              is_scan=is_scanned(pdf) if is_drawn else None)
    if not is_named:
        by_seal = Reason("sender_by_seal", {"found": f"{agency.name} ({agency.codes[0]})".strip()})
        found = replace(found, reasons=(*found.reasons, by_seal))
    if at > datetime.now(UTC) + CLOCKS:
        ahead = Reason(verdict_reason.AHEAD, {"day": at.isoformat(" ", "minutes")})
        found = replace(found, reasons=(*found.reasons, ahead))
    return answer(found, reports)


def of_packet(data: bytes, trust: Trust, known: list[Agency], *, sender: str, at: datetime) -> dict[str, Any] | None:
    """{"verdict", "reasons", "signature"} of the signature of an edXML packet itself, as `report` gives them; None: it
    has none.

    `sender`: the code that the packet gives as its sender's; `at`: when it came.
    """
    found = edxml_signature.verify(data, trust, at)
    if found is None:
        return None
    agency = _of_code(sender.strip(), known)
    found = _named(found, agency, known)
    reasons = verdict.of_packet(found, agency)
    return {"verdict": reasons[0].does if reasons else verdict_reason.VALID, "reasons": list(map(_told, reasons)),
            "signature": _signature(found, is_last=True)}


def refused(code: str, message: str, message_en: str) -> dict[str, Any]:
    """The same for a file that is not even looked into."""
    return {"verdict": verdict_reason.INVALID, "handling": "6.3.b", "signatures": [],
            "reasons": [{"code": code, "message": message, "message_en": message_en}]}


def kept(found: dict[str, Any]) -> dict[str, Any]:
    """The same of what a document keeps of its check at arrival (`Document.verdict`), whatever is known since."""
    told = tuple(Reason(**one) for one in found.get("told", ()))
    given = answer(Judgement(found["kind"], told or (Reason("kept"),)), found["reports"])
    if not told:  # judged before reasons had codes
        given |= {"verdict": found["color"], "handling": "6.3.a" if found["color"] == "green" else "6.3.b",
                  "reasons": [{"code": "", "message": one, "message_en": ""} for one in found["reasons"]]}
    shas = found.get("files") or [""] * (1 + len(found.get("attached", ())))
    attached = [_beside(reports, [one for one in told if one.code in verdict_reason.OF_ATTACHMENT
                                  and one.names["n"] == str(n)]) | {"sha256": shas[n]}
                for n, reports in enumerate(found.get("attached", ()), 1)]
    packet = found.get("packet")
    return given | {
        "checked_at": found.get("checked_at"), "sha256": shas[0], "attachments": attached, "first": found.get("first"),
        # where the sender's certificates were looked up: "agency" (its own list), "installation", "own", "" (nowhere)
        "register": found.get("register"),
        "packet": _beside([packet], [one for one in told if one.code in verdict_reason.OF_PACKET]) if packet else None}


#: what the document's verdict says of a file beside it -> the verdict over that file
_BESIDE = {"attachment_unsigned": "unsigned", "attachment_unproven": verdict_reason.INDETERMINATE,
           "attachment_other": verdict_reason.INDETERMINATE, "packet_unproven": verdict_reason.INDETERMINATE,
           "attachment_not_registered": verdict_reason.INDETERMINATE,
           "attachment_elsewhere": verdict_reason.INDETERMINATE,
           "attachment_other_letter": verdict_reason.INDETERMINATE, "attachment_untied": verdict_reason.INDETERMINATE,
           "attachment_not_last": verdict_reason.INDETERMINATE, "packet_by_code": verdict_reason.VALID}


def _beside(reports: list[dict], told: list[Reason]) -> dict[str, Any]:
    """The verdict over what came with a document, an attachment or the packet itself: valid, unsigned, ..."""
    because = told + [Reason(problem, {"who": one["signer"] or "?"}) for one in reports for problem in one["problems"]]
    return {"verdict": _BESIDE.get(told[0].code, verdict_reason.INVALID) if told else verdict_reason.VALID,
            "reasons": list(map(_told, because)),
            "signatures": [_signature(one, one is reports[-1]) for one in reports if one["field"]]}


def answer(found: Judgement, reports: list[dict]) -> dict[str, Any]:
    """A judgement and the facts under it, as plain values."""
    return {"verdict": found.verdict, "handling": found.handling, "reasons": list(map(_told, found.reasons)),
            "signatures": [_signature(one, one is reports[-1]) for one in reports if one["field"]]}


def _told(one: Reason) -> dict[str, str]:
    return {"code": one.code, "message": one.sentence(), "message_en": one.sentence(english=True)}


def _signature(one: dict, is_last: bool) -> dict[str, Any]:
    return {
        "field": one["field"], "role": "agency" if one["is_agency"] else "personal", "signer": one["signer"],
        "organ": one["organisation_name"], "organ_code": one["organisation_code"], "issuer": one["issuer"],
        "serial": one["serial"], "algorithm": one["algorithm"], "signed_at": one["signed_at"],
        "time_proof": "timestamp" if one["time_source"] == "timestamp" else "claimed", "intact": one["intact"],
        "trusted": one["trusted"], "revocation": {True: "revoked", False: "good", None: "unknown"}[one["revoked"]],
        # the last one covers the file when nothing but proof of it came after
        "covers_whole_file": is_last and one["coverage"] in ("whole", "allowed") and "range" not in one["problems"],
        "changes_after": one.get("changes_after", []), "problems": one["problems"], "shows": one.get("shows", ""),
        "subject": one["subject"],
        "valid_from": one["valid_from"], "valid_to": one["valid_to"], "fingerprint": one.get("fingerprint", ""),
        "indication": indication(one["problems"]), "place": one.get("place"), "changed": one.get("changed", []),
        "told_by": [{name: said[name] for name in ("kind", "by", "at", "sha256")} for said in one.get("told_by", ())],
    }


def indication(problems: Iterable[str]) -> str:
    """The indication of ETSI EN 319 102-1 for one signature, with its reason: the worst of its problems."""
    found = [_ETSI[one] for one in problems if one in _ETSI]
    return min(found, key=lambda one: not one.startswith("TOTAL-FAILED"), default="TOTAL-PASSED")


def _named(one: dict, sender: Agency, known: Iterable[Agency]) -> dict:
    """A report with what the register knows of its certificate, by what it says of the sender; of a certificate that
    only others have, by all of those: nobody knows for which of them it signed here.
    """
    if (named := sender.named(one)) is not one:
        return named
    those = [named for agency in known if (named := agency.named(one)) is not one]
    those = [named for named in those if "taken_out" not in named["problems"]] or those[:1]
    return those[0] | {name: "; ".join(dict.fromkeys(each[name] for each in those))
                       for name in ("organisation_code", "organisation_name")} if those else one


def _of_code(code: str, known: Iterable[Agency]) -> Agency:
    return next((one for one in known if code.upper() in {other.upper() for other in one.codes}),
                Agency((code,) if code else ()))


def _taken(reports: list[dict], known: list[Agency], pdf: bytes) -> tuple[Agency, bool]:
    """Who is taken for the sender where nobody says it, and whether its letterhead names it: a registered agency, else
    the one whose seal came last. Of several that this may be, none; as at intake none whose name is longer than the
    printed one (a province) and who did not seal.
    """
    seals = [those for report in reports if (those := [one for one in known if report["fingerprint"] in {
        held.fingerprint for held in one.certificates or ()}]) or report["is_agency"]]
    if not seals or not seals[-1]:
        return Agency(), True
    head = spelt(_letterhead(pdf))
    likely = [one for one in known if head and spelt(one.name)[:len(head)] == head]
    named = [one for one in likely if spelt(one.name) == head] or [one for one in likely if one in seals[-1]]
    found = named or ([] if likely else seals[-1])
    return (found[0], bool(named)) if len(found) == 1 else (Agency(), True)


def _letterhead(pdf: bytes) -> str:
    """The agency that the first page names as its own, by the letters of the file; "": it is a picture, or none."""
    try:
        page = next(printed(pdf, lambda number, _: number == 1), None)
    except (Refusal, RuntimeError):  # PDFium cannot open it
        return ""
    found = layout_agency.agency(layout_head.cut_head(page), ()) if page else None
    return str(found.value) if found else ""
