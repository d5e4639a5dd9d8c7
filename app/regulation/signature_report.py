"""What a PDF's signatures are and what the regulation says of them, as one answer (Art. 3.3, 3.4, 6.3).

The facts are `tools/signing_verify.py`'s, the judgement `verdict.py`'s; here they meet what is registered of agencies
and their leaders, without a database: `register.json` beside the certificates one trusts. It stores nothing.

    register.json  [{"code", "name", "agency_certificates": [sha256 (hex) or name of a PEM file of the folder],
                     "leaders": [{"name", "position", "certificates": [as above]}],
                     "other_codes": [old or new codes of the same agency; may be left out]}]
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from app.refusal import Refusal
from app.regulation import verdict
from app.regulation.verdict import Agency, Judgement, Reason
from app.tools import edxml_signature
from app.tools.page_source import is_scanned
from app.tools.signing_trust import Trust, certificates
from app.tools.signing_verify import verify

#: problem of a signature -> indication and sub-indication of ETSI EN 319 102-1
_ETSI = {
    "altered": "TOTAL-FAILED (HASH_FAILURE)", "range": "TOTAL-FAILED (FORMAT_FAILURE)",
    "changed_after": "TOTAL-FAILED (FORMAT_FAILURE)", "forbidden_after": "TOTAL-FAILED (FORMAT_FAILURE)",
    "unreadable": "TOTAL-FAILED (FORMAT_FAILURE)",
    "too_many_revisions": "TOTAL-FAILED (FORMAT_FAILURE)", "revoked": "TOTAL-FAILED (REVOKED)",
    "heavy": "TOTAL-FAILED (FORMAT_FAILURE)", "wrapped": "TOTAL-FAILED (FORMAT_FAILURE)",
    "expired": "TOTAL-FAILED (EXPIRED)", "untrusted": "INDETERMINATE (NO_CERTIFICATE_CHAIN_FOUND)",
    "purpose": "INDETERMINATE (CHAIN_CONSTRAINTS_FAILURE)", "weak": "INDETERMINATE (CRYPTO_CONSTRAINTS_FAILURE_NO_POE)",
    "active": "INDETERMINATE (SIG_CONSTRAINTS_FAILURE)",
    "encrypted": "INDETERMINATE (SIGNED_DATA_NOT_FOUND)", "revocation_unknown": "INDETERMINATE (TRY_LATER)",
    "time_unproven": "INDETERMINATE (NO_POE)", "time_untrusted": "INDETERMINATE (NO_POE)",
}
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


class RegisterUnreadable(Refusal):
    """The register of agencies and leaders is not as it must be."""

    code = "register_unreadable"
    status = 422
    article = "Art. 3.3"


class _Leader(Schema):
    class Meta:
        unknown = EXCLUDE

    name = fields.String(required=True)
    position = fields.String(load_default="")
    certificates = fields.List(fields.String(), load_default=list)


class _Entry(Schema):
    class Meta:
        unknown = EXCLUDE

    code = fields.String(required=True, validate=validate.Length(min=1))
    name = fields.String(load_default="")
    other_codes = fields.List(fields.String(validate=validate.Length(min=1)), load_default=list)
    agency_certificates = fields.List(fields.String(), load_default=list)
    leaders = fields.List(fields.Nested(_Leader), load_default=list)


@dataclass(frozen=True)
class Entry:
    """One agency of the register."""

    code: str
    name: str
    certificates: frozenset[str]
    #: fingerprints of its leaders' certificates, and the names of leaders of whom none is registered
    leaders: frozenset[str]
    leader_names: tuple[str, ...]
    other_codes: tuple[str, ...] = ()

    @property
    def agency(self) -> Agency:
        """As the judgement asks for it: nothing registered is not the same as nothing that fits."""
        knows_leaders = bool(self.leaders or self.leader_names)
        return Agency((self.code, *self.other_codes), self.certificates or None,
                      self.leaders if knows_leaders else None, self.leader_names)


def register(folder: Path) -> list[Entry]:
    """The register of a folder; [] when there is none. Raises RegisterUnreadable, TrustUnreadable."""
    path = folder / "register.json"
    if not path.exists():
        return []
    try:
        rows = _Entry(many=True).load(json.loads(path.read_text("utf-8-sig")))
    except (OSError, ValueError, RecursionError, ValidationError) as error:
        raise RegisterUnreadable(file=path.name, reason=str(error)[:500]) from error
    return [Entry(row["code"], row["name"], _fingerprints(folder, row["agency_certificates"]),
                  frozenset().union(*(_fingerprints(folder, one["certificates"]) for one in row["leaders"])),
                  tuple(one["name"] for one in row["leaders"] if not one["certificates"]), tuple(row["other_codes"]))
            for row in rows]


def _fingerprints(folder: Path, given: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for one in given:
        spelled = one.replace(":", "").replace(" ", "").lower()
        if _FINGERPRINT.fullmatch(spelled):
            found.add(spelled)
            continue
        try:
            place = (folder / one).resolve()
            is_there = place.is_relative_to(folder.resolve()) and place.is_file()
        except (OSError, ValueError) as error:  # a name that no file can have
            raise RegisterUnreadable(file="register.json", reason=one[:200]) from error
        if not is_there:
            raise RegisterUnreadable(file="register.json", reason=one[:200])
        found.add(certificates(place)[0].sha256.hex())
    return frozenset(found)


def report(pdf: bytes, trust: Trust, known: list[Entry], *, sender: str, at: datetime) -> dict[str, Any]:
    """{"verdict", "handling", "reasons", "signatures"} of a file; `sender`: the code of who sent it, "": not known.

    verdict: "3.3.a", "3.3.b", "incomplete", "indeterminate", "invalid" or "unsigned"; handling: "6.3.a" or "6.3.b";
    reasons: [{"code", "message", "message_en"}], the worst first; signatures in the order in which they were made.
    """
    reports = [_registered(one, known) for one in verify(pdf, trust, at)]
    found = verdict.judgement(reports, _agency(reports, known, sender), is_scan=is_scanned(pdf) if reports else None)
    return answer(found, reports)


def of_packet(data: bytes, trust: Trust, known: list[Entry], *, sender: str, at: datetime) -> dict[str, Any] | None:
    """{"reasons", "signature"} of the signature of an edXML packet itself, as `report` gives them; None: it has none.

    `sender`: the code that the packet gives as its sender's; `at`: when it came.
    """
    found = edxml_signature.verify(data, trust, at)
    if found is None:
        return None
    found = _registered(found, known)
    return {"reasons": [_told(one) for one in verdict.of_packet(found, _agency([found], known, sender))],
            "signature": _signature(found, is_last=True)}


def refused(code: str, message: str, message_en: str) -> dict[str, Any]:
    """The same for a file that is not even looked into."""
    return {"verdict": verdict.INVALID, "handling": "6.3.b", "signatures": [],
            "reasons": [{"code": code, "message": message, "message_en": message_en}]}


def kept(found: dict[str, Any]) -> dict[str, Any]:
    """The same of what a document keeps of its check at arrival (`Document.verdict`), whatever is known since."""
    told = tuple(Reason(**one) for one in found.get("told", ()))
    given = answer(Judgement(found["kind"], told or (Reason("kept"),)), found["reports"])
    if not told:  # judged before reasons had codes
        given |= {"verdict": found["color"], "handling": "6.3.a" if found["color"] == "green" else "6.3.b",
                  "reasons": [{"code": "", "message": one, "message_en": ""} for one in found["reasons"]]}
    shas = found.get("files") or [""] * (1 + len(found.get("attached", ())))
    attached = [_beside(reports, [one for one in told if one.code in verdict.OF_ATTACHMENT
                                  and one.names["n"] == str(n)]) | {"sha256": shas[n]}
                for n, reports in enumerate(found.get("attached", ()), 1)]
    packet = found.get("packet")
    return given | {
        "checked_at": found.get("checked_at"), "sha256": shas[0], "attachments": attached, "first": found.get("first"),
        "packet": _beside([packet], [one for one in told if one.code in verdict.OF_PACKET]) if packet else None}


#: what the document's verdict says of a file beside it -> the verdict over that file
_BESIDE = {"attachment_unsigned": "unsigned", "attachment_unproven": verdict.INDETERMINATE,
           "attachment_other": verdict.INDETERMINATE,
           "packet_unproven": verdict.INDETERMINATE}


def _beside(reports: list[dict], told: list[Reason]) -> dict[str, Any]:
    """The verdict over what came with a document, an attachment or the packet itself: valid, unsigned, ..."""
    because = told + [Reason(problem, {"who": one["signer"] or "?"}) for one in reports for problem in one["problems"]]
    return {"verdict": _BESIDE.get(told[0].code, verdict.INVALID) if told else verdict.VALID,
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
        "changes_after": one.get("changes_after", []), "problems": one["problems"], "subject": one["subject"],
        "valid_from": one["valid_from"], "valid_to": one["valid_to"], "fingerprint": one.get("fingerprint", ""),
        "indication": indication(one["problems"]), "place": one.get("place"), "changed": one.get("changed", []),
        "told_by": [{name: said[name] for name in ("kind", "by", "at", "sha256")} for said in one.get("told_by", ())],
    }


def indication(problems: Iterable[str]) -> str:
    """The indication of ETSI EN 319 102-1 for one signature, with its reason: the worst of its problems."""
    found = [_ETSI[one] for one in problems if one in _ETSI]
    return min(found, key=lambda one: not one.startswith("TOTAL-FAILED"), default="TOTAL-PASSED")


def _registered(one: dict, known: list[Entry]) -> dict:
    """A report with what the register knows of its certificate: whose it is, an agency's or a leader's."""
    for entry in known:
        if one["fingerprint"] and one["fingerprint"] in entry.certificates | entry.leaders:
            return one | {"is_agency": one["fingerprint"] in entry.certificates, "organisation_code": entry.code,
                          "organisation_name": entry.name or one["organisation_name"]}
    return one


def _agency(reports: list[dict], known: list[Entry], sender: str) -> Agency:
    """Who should have signed: the sender; where it is not known, the registered agency that signed last."""
    code = sender.strip()
    if not code:
        last = next((one for one in reversed(reports) if one["is_agency"]), None)
        code = last["organisation_code"] if last and any(last["fingerprint"] in e.certificates for e in known) else ""
    entry = next((one for one in known if code.upper() in {other.upper() for other in one.agency.codes}), None)
    return entry.agency if entry else Agency((code,) if code else ())
