"""Whether the signatures found in a document make it a validly signed one: a verdict, a colour, the reasons.

Art. 3.3: a) a scan of an issued paper with the issuing agency's signature; b) a document with the leader's and then the
issuing agency's. Art. 3.4 gives both the value of paper; others go to the leader (Art. 6.3.b). An electronic copy is
signed by the agency that copies alone, in words that say so (NĐ 30/2020 Đ25, 26, PL I). Pure: reports in
(`tools/signing_verify.py`), judgement out. It does NOT read files, certificates or records.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

from app.regulation import verdict_copy
from app.regulation.verdict_copy import spelt
from app.regulation.verdict_name import FAR, off, speaks_of
from app.regulation.verdict_reason import COLOURS, INVALID, VALID, Reason

#: in whose days a certificate is registered
_VIETNAM = timezone(timedelta(hours=7))
#: an end of a term that nobody gave
_OPEN = "…"


@dataclass(frozen=True)
class Registered:
    """A certificate that two people registered as an agency's or as its leader's, for signatures of these days."""

    #: sha256 (hex); "": a leader of whom only the name is registered
    fingerprint: str
    name: str = ""
    since: date = date.min
    until: date = date.max

    def is_at(self, day: date | None) -> bool:
        """Does it count on this day, both ends included; None: not known when."""
        return self.since <= day <= self.until if day else (self.since, self.until) == (date.min, date.max)


@dataclass(frozen=True)
class Agency:
    """What is registered of the agency that a document says it is from."""

    #: its code, and other codes of the same agency, old or new; all empty: not known
    codes: tuple[str, ...] = ()
    #: those that seal for it, and its leaders'; None: the register is silent about them
    certificates: tuple[Registered, ...] | None = None
    leaders: tuple[Registered, ...] | None = None
    name: str = ""
    #: fingerprints that two people took out: they count at no time, whatever they bear and whoever else knows them
    taken_out: frozenset[str] = frozenset()

    def named(self, report: dict) -> dict:
        """A report with what the register knows of its certificate: whether it is the agency's, or a leader's, or was
        taken out.
        """
        if report["fingerprint"] in self.taken_out:
            return report | {"problems": list(dict.fromkeys([*report["problems"], "taken_out"]))}
        for is_agency, those in ((True, self.certificates), (False, self.leaders)):
            if report["fingerprint"] and report["fingerprint"] in {one.fingerprint for one in those or ()}:
                return report | {"is_agency": is_agency, "organisation_code": self.codes[0],
                                 "organisation_name": self.name or report["organisation_name"]}
        return report


@dataclass(frozen=True)
class Judgement:
    """The verdict over the signatures of one document."""

    #: 3.3.a or 3.3.b, by who signed; "copy": an electronic copy
    kind: str | None
    reasons: tuple[Reason, ...]

    @property
    def does(self) -> str:
        """The worst of the reasons: invalid, incomplete, indeterminate, unsigned or valid."""
        return min((one.does for one in self.reasons), key=list(COLOURS).index)

    @property
    def verdict(self) -> str:
        """As `does`; a valid document bears its point of Art. 3.3, a valid copy (NĐ 30/2020 Đ26) is "copy"."""
        if self.does != VALID or self.kind is None:
            return self.does
        return self.kind if self.kind == "copy" else f"3.3.{self.kind}"

    @property
    def handling(self) -> str:
        """The point of Art. 6.3 that says what comes next."""
        return "6.3.a" if self.does == VALID else "6.3.b"


def judge(reports: list[dict], *, sender_code: str, signer_name: str | None, also: Iterable[str] = (),
          is_scan: bool | None = None, attached: Iterable[list[dict]] = (), packet: dict | None = None,
          is_own: bool = False, is_read: bool = False, notation: str = "",
          registered: Agency | None = None, is_second: bool = False,
          prints: dict[str, str] | None = None, belongs: Iterable[tuple[str, str, str]] = ()) -> dict[str, Any]:
    """Judge the signatures of one document, as a document keeps it.

    `reports`: from `Signer.verify`, in the order of signing. `sender_code`: code of the agency that the
    document says it is from, `also`: other codes of the same agency, old or new. `signer_name`: full name
    printed on the document; None when not known. `is_read`: it was read, not clearly, and nobody has looked at it yet.
    `is_scan`: are its pages pictures; None: not known. `attached`: the reports of each separate attachment; `packet`:
    the report of the signature of the packet itself. `is_own`: the
    agency is signing it itself, nothing has come. `notation`: the document's as its sender gives it; "": not known.
    `registered`: what the register knows of the sender; None: nothing. `is_second`: a file that bears no signature
    comes before it in its packet; `prints`: it prints another number than its packet tells, {"found", "wanted"};
    `belongs`: attachments that say that they belong to another document, or to none: (code, which, number found).

    Returns {"color": "green" | "amber" | "red" | "none", "kind": "a" | "b" | "copy" | None, "verdict", "handling": as
    in `Judgement`, "reasons": [sentences], "told": [{"code", "names"}], the same for other languages}.
    Red: something is false. Amber: something is missing or unproven. Only green is valid under Art. 3.3.
    """
    codes = tuple(filter(None, (sender_code.strip(), *also)))
    sender = replace(registered, codes=tuple(dict.fromkeys((*codes, *registered.codes)))) if registered and codes \
        else Agency(codes)
    found = judgement(reports, sender, signer_name=signer_name, is_scan=is_scan, is_own=is_own, is_read=is_read,
                      notation=notation)
    told = [Reason(code, {"n": str(n)}) for n, one in enumerate(attached, 1) if
            (code := attachment(one, sender, {of["fingerprint"] for of in reports if of["is_agency"]}))]
    if is_own:  # nobody decides about it: the agency's turn is next
        found = replace(found, reasons=tuple(
            Reason("agency_to_sign") if one.code == "agency_missing" else one for one in found.reasons))
    told += [] if packet is None else of_packet(packet, sender)
    told += [Reason("not_first")] if is_second and reports else []
    told += [Reason("other_number", prints)] if prints and reports else []
    told += [Reason(code, {"n": n} | ({"found": number} if number else {})) for code, n, number in belongs]
    return _kept(Judgement(found.kind, _worst_first([*found.reasons, *told])))


def _kept(found: Judgement) -> dict[str, Any]:
    return {"color": COLOURS[found.does], "kind": found.kind, "verdict": found.verdict, "handling": found.handling,
            "reasons": list(dict.fromkeys(one.sentence() for one in found.reasons)),
            "told": [{"code": one.code, "names": one.names} for one in found.reasons]}


def left_open(found: dict[str, Any]) -> dict[str, Any]:
    """A judgement (`judge`) of what waited while others were registered as leaders: that who signed is none of them
    leaves it open, until he is registered, too.
    """
    return _kept(Judgement(found["kind"], _worst_first(
        Reason("others_lead" if one["code"] == "not_leader" else one["code"], one["names"]) for one in found["told"])))


def judgement(reports: list[dict], agency: Agency, *, signer_name: str | None = None,
              is_scan: bool | None = None, is_own: bool = False, is_read: bool = False,
              notation: str = "") -> Judgement:
    """Judge the signatures of one document from this agency. `is_scan`, `notation`, `is_own`, `is_read`: as in `judge`.

    Where the register is silent about a sender, an authority's word in the certificate (the agency's code) and the
    printed name count, and the answer says so; without that name nobody can tell who leads the agency, and whoever of
    it signed is not taken for its leader. Of what an agency signs itself its own list of keys was asked.
    """
    if not reports:
        return Judgement(None, (Reason("unsigned"),))
    kind, reasons = _structure(reports, agency)
    form = verdict_copy.form(reports[-1], notation, is_scan) if kind == "a" else ""
    if form:
        kind = "copy"
        reasons += [Reason(*fault) for fault in verdict_copy.faults(reports[-1], form, is_scan)]
    elif kind == "a" and is_scan is False:
        reasons.append(Reason("leader_missing"))
    if kind == "b":
        near = _near(reports, agency, signer_name) if is_read and signer_name else []
        reasons += near + _signer(reports, agency, "" if near else signer_name)
        if agency.leaders is None and agency.codes and not signer_name and not is_own:
            people = ", ".join(one["signer"] for one in reports if one["field"] and not one["is_agency"])
            reasons.append(Reason("leader_unknown", {"found": people, "wanted": agency.codes[0]}))
    silent = _silent(kind, agency) if kind and not reasons and not is_own else []
    for report in reports:
        who = report["signer"] or report["organisation_name"] or "người ký"
        shows = {"what": report["shows"]} if report.get("shows") else {}
        reasons += [Reason(problem, {"who": who} | (shows if problem == "active" else {}))
                    for problem in report["problems"]]
    if not reasons:
        # who signed stands in the reason: a person compares
        names = {"names": ", ".join(one["signer"] for one in reports)} | ({"wanted": form} if form else {})
        reasons = [Reason(f"valid_{kind}", names)]
    return Judgement(kind, _worst_first([*_to_be_done(reasons), *silent]))


def _to_be_done(reasons: list[Reason]) -> list[Reason]:
    """Where something is false, nobody is asked to register a certificate: it is not judged again, and who forges one
    writes the name of a registered leader into it.
    """
    if not any(one.does == INVALID for one in reasons):
        return reasons
    return [one for one in reasons if one.code not in ("agency_not_registered", "leader_not_registered")]


def _silent(kind: str, agency: Agency) -> list[Reason]:
    """What the register did not know, so that it could not be asked."""
    names = {"wanted": agency.codes[0]}
    if agency.certificates is None:
        return [Reason("register_silent", names)]
    return [Reason("leaders_silent", names)] if kind == "b" and agency.leaders is None else []


def attachment(reports: list[dict], agency: Agency, sealing: Iterable[str]) -> str:
    """What is wrong with the signatures of a separate attachment, as a code; empty: the agency signed it, too, with its
    registered certificate, or where none is, with one of those that sealed the document (`sealing`, fingerprints).
    """
    worst = _worst_first(Reason(problem) for report in reports for problem in report["problems"])
    if worst:
        return "attachment_false" if worst[0].does == INVALID else "attachment_unproven"
    seals = [one for one in reports if one["is_agency"] and (_is_of(one, agency) or not agency.codes)]
    if not seals:
        return "attachment_unsigned"
    if any(one not in seals for one in reports[reports.index(seals[0]):]):  # as of the document itself
        return "attachment_not_last"
    if agency.certificates is not None:
        wrong = [one for one in seals if not _fits(one, agency.certificates)]
        if any(_days(one, agency.certificates) for one in wrong):
            return "attachment_other_days"
        return "attachment_not_registered" if wrong else ""
    return "" if {one["fingerprint"] for one in seals} & set(sealing) else "attachment_other"


def of_packet(report: dict, agency: Agency) -> list[Reason]:
    """What is to be said of the signature of a packet from this agency; [] when it is a registered one and whole.

    A packet is signed by a key of the sender's exchange system, which seals nothing: where the register does not name
    its certificate, the code that a trusted authority wrote into it counts, and the answer says so.
    """
    worst = _worst_first(Reason(problem) for problem in report["problems"])
    if worst:
        return [Reason("packet_false" if worst[0].does == INVALID else "packet_unproven")]
    those, names = agency.certificates or (), {
        "found": report["signer"] or report["organisation_code"], "serial": report.get("serial", ""),
        "issuer": _issuer(report), "wanted": next(iter(agency.codes), "")}
    if not report["is_agency"] or not _is_of(report, agency):
        return [Reason("packet_other_agency", names)]
    if _fits(report, those):
        return []
    days = _days(report, those)
    return [Reason("packet_other_days", names | days) if days else Reason("packet_by_code", names)]


def _worst_first(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(reasons, key=lambda one: list(COLOURS).index(one.does)))


def _structure(reports: list[dict], agency: Agency) -> tuple[str | None, list[Reason]]:
    """Kind of Art. 3.3, and what is wrong in who signed in which order."""
    readable = [r for r in reports if r["field"]]
    agencies = [r for r in readable if r["is_agency"]]
    if not readable:
        return None, []
    if not agencies:
        return None, [Reason("agency_missing")]
    sealed = next((one for one in agencies if _is_of(one, agency)), agencies[-1])
    if not all(one["is_agency"] for one in readable[readable.index(sealed):]):  # nobody signs after the sender's seal
        return None, [Reason("agency_not_last")]
    kind, last = "b" if len(readable) > len(agencies) else "a", agencies[-1]
    if not agency.codes:
        return kind, [Reason("sender_unknown")]
    if not _is_of(last, agency):
        return kind, [Reason("other_agency", {"found": last["signer"] or last["organisation_code"],
                                              "wanted": agency.codes[0]})]
    return kind, [found for one in agencies if _is_of(one, agency) and (found := _unregistered(one, agency))]


def _unregistered(seal: dict, agency: Agency) -> Reason | None:
    """Why a seal in the agency's name does not count, where the register knows those of the agency."""
    if agency.certificates is None or _fits(seal, agency.certificates):
        return None
    names = {"found": seal["signer"], "serial": seal.get("serial", ""), "issuer": _issuer(seal),
             "wanted": agency.codes[0]}
    days = _days(seal, agency.certificates)
    return Reason("agency_other_days", names | days) if days else Reason("agency_not_registered", names)


def _issuer(report: dict) -> str:
    """Who issued a certificate, by the common name alone where it bears one."""
    issuer = str(report.get("issuer", ""))
    found = re.search(r"(?:^|, )Common Name: (.+?)(?=, [A-Z][A-Za-z/ ]*: |$)", issuer)
    return found[1] if found else issuer


def _fits(report: dict, those: Iterable[Registered]) -> bool:
    day = _day(report)
    return any(one.fingerprint == report["fingerprint"] and one.is_at(day) for one in those if one.fingerprint)


def _days(report: dict, those: Iterable[Registered]) -> dict[str, str]:
    """For which days the certificate is registered, all its terms, and when it signed, where that is the trouble; else
    {}.
    """
    terms = sorted({(one.since, one.until) for one in those if one.fingerprint == report["fingerprint"] != ""})
    if not terms:
        return {}
    day, told = _day(report), [[_OPEN if one in (date.min, date.max) else f"{one:%d/%m/%Y}" for one in term]
                               for term in terms]
    return {"since": told[0][0], "until": "; ".join([told[0][1], *map(" – ".join, told[1:])]),
            "day": f"{day:%d/%m/%Y}" if day else "?"}


def _day(report: dict) -> date | None:
    """The day of the signature by its proven time, else the day on which it was judged."""
    told = report.get("signed_at") if report.get("time_source") == "timestamp" else report.get("checked_at")
    return datetime.fromisoformat(told).astimezone(_VIETNAM).date() if told else None


def _is_of(report: dict, agency: Agency) -> bool:
    return _code(report["organisation_code"]) in {_code(one) for one in agency.codes}


def _code(text: str) -> str:
    return text.strip().upper()


def _signer(reports: list[dict], agency: Agency, signer_name: str | None) -> list[Reason]:
    """What is wrong with the people who signed: one of them leads the agency, and is who the document names."""
    people = [r for r in reports if r["field"] and not r["is_agency"]]
    found = {"found": ", ".join(p["signer"] for p in people)}
    leading = people if agency.leaders is None else [p for p in people if _leads(p, agency)]
    reasons = [] if leading else [_no_leader(people, agency)]
    if signer_name and not any(spelt(name) == spelt(signer_name) for p in leading or people
                               for name in _names_of(p, agency)):
        reasons.append(Reason("other_person", found | {"wanted": signer_name}))
    own = [agency.name, *(seal[name] for seal in reports if seal["is_agency"] and _is_of(seal, agency)
                          for name in ("organisation_name", "signer"))]
    return reasons + [
        Reason("other_unit", {"found": ", ".join(filter(None, (
            person["organisation_name"], person["organisation_code"]))) or "?", "wanted": agency.codes[0]})
        for person in people if agency.codes and not speaks_of(person, agency.codes, own)]


def _near(reports: list[dict], agency: Agency, printed: str) -> list[Reason]:
    """A name that was not read clearly and is off by a letter or two from the registered leader's who signed may be
    his: nobody knows until the clerk has compared it. It is another's where it is as near to another leader's.
    """
    if not agency.leaders:
        return []
    people = [one for one in reports if one["field"] and not one["is_agency"]]
    own = [name for one in people if _leads(one, agency) for name in _names_of(one, agency)]
    least, name = min(((off(printed, one), one) for one in own), default=(FAR, ""))
    known = [spelt(one) for one in own]
    others = [off(printed, one.name) for one in agency.leaders if one.name and spelt(one.name) not in known]
    if spelt(printed) in known or least >= min([FAR, *others]):
        return []
    return [Reason("signer_near", {"found": name, "wanted": printed})]


def _no_leader(people: list[dict], agency: Agency) -> Reason:
    """Nobody who signed leads the agency: none of them is registered, or not for that day, or by another certificate:
    one that was renewed bears the same name.
    """
    those = agency.leaders or ()
    for person in people:
        if days := _days(person, those):
            return Reason("leader_other_days", days | {"found": person["signer"], "wanted": agency.codes[0]})
    again = [person for person in people if any(
        spelt(person["signer"]) == spelt(one.name) and one.is_at(_day(person)) for one in those)]
    return Reason("leader_not_registered" if again else "not_leader", {
        "found": ", ".join(p["signer"] for p in people), "wanted": agency.codes[0],
        "serial": ", ".join(filter(None, (p.get("serial", "") for p in people)))})


def _leads(person: dict, agency: Agency) -> bool:
    """By his certificate; a leader of whom none is registered by his name."""
    those = agency.leaders or ()
    return _fits(person, those) or any(spelt(person["signer"]) == spelt(one.name) and one.is_at(_day(person))
                                       for one in those if not one.fingerprint)


def _names_of(person: dict, agency: Agency) -> list[str]:
    """As his certificate and as the register spell it."""
    return [person["signer"], *(one.name for one in agency.leaders or () if one.name and one.fingerprint and
                                one.fingerprint == person["fingerprint"])]
