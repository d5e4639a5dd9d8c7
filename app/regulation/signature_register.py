"""What is registered of agencies that send: the certificates that seal for them, and their leaders' (Art. 3.3, 3.3.b).

Two sources: an agency's own list, changed by two people (`records/trust_anchor.py`); and for each certificate of which
it says nothing the file `register.json` beside the certificates that one trusts, an operator's: who registers a seal or
a leader takes no other away. Where both are silent, the verdict says so (`verdict.py`). It judges nothing.

A name that it does not know, or that stands twice, is refused with its place, and so is a code that two agencies
claim: what is dropped, or the last of two, would take a seal or a leader away unseen.

    register.json  [{"code", "name", "agency_certificates": [sha256 (hex) or name of a PEM file of the folder; of one
                     with a chain, the certificate that is no authority's counts],
                     "leaders": [{"name", "position", "certificates": [as above], "since", "until": ISO days of the
                                  signatures that count, both included; may be left out}],
                     "other_codes": [old or new codes of the same agency; may be left out]}]
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from app.refusal import Refusal
from app.regulation.verdict import Agency, Registered
from app.regulation.verdict_copy import spelt
from app.tools.signing_trust import certificates, subscriber

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


class RegisterUnreadable(Refusal):
    """The register of agencies and leaders is not as it must be."""

    code = "register_unreadable"
    status = 422
    article = "Art. 3.3"


class RegisterWrong(RegisterUnreadable):
    """A value of the register is missing or of the wrong kind."""

    code = "register_wrong"


class RegisterKeyTwice(RegisterUnreadable):
    """The register names a value twice in one entry, so that nobody knows which of them counts."""

    code = "register_key_twice"


class RegisterKeyUnknown(RegisterUnreadable):
    """The register names a value that it does not have, as one that was mistyped."""

    code = "register_key_unknown"


class RegisterCodeTwice(RegisterUnreadable):
    """Two entries of the register claim the same code for different agencies."""

    code = "register_code_twice"


class RegisterFileWrong(RegisterUnreadable):
    """A file that the register names is not there, or holds not one certificate that is no authority's."""

    code = "register_file_wrong"


#: what is wrong with a value -> how it is refused
_REFUSED = {"missing": RegisterWrong, "wrong": RegisterWrong, "key_twice": RegisterKeyTwice,
            "unknown": RegisterKeyUnknown, "code_twice": RegisterCodeTwice}


class Object(dict[str, Any]):
    """One of JSON; a name that stands in it twice is kept, for the last one would count unseen."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice = sorted(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)


class _Leader(Schema):
    name = fields.String(required=True)
    position = fields.String(load_default="")
    certificates = fields.List(fields.String(), load_default=list)
    since = fields.Date(load_default=date.min)
    until = fields.Date(load_default=date.max)


class _Entry(Schema):
    code = fields.String(required=True, validate=validate.Length(min=1))
    name = fields.String(load_default="")
    other_codes = fields.List(fields.String(validate=validate.Length(min=1)), load_default=list)
    agency_certificates = fields.List(fields.String(), load_default=list)
    leaders = fields.List(fields.Nested(_Leader), load_default=list)


def register(folder: Path) -> list[Agency]:
    """The register of a folder; [] when there is none. Raises RegisterUnreadable, TrustUnreadable."""
    path = folder / "register.json"
    if not path.exists():
        return []
    try:
        raw = parsed(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise RegisterUnreadable(file=path.name, reason=str(error)[:500]) from error
    found = [entry(one) for one in raw]
    rows = [row for row, _ in found]
    for number, place, why, names in (*((n, place, why, {}) for n, (_, wrong) in enumerate(found, 1)
                                        for place, why in wrong), *claimed_twice(rows)):
        raise _REFUSED[why](file=path.name, row=number, field=place or "-", **names)
    return [Agency(
        (row["code"], *row["other_codes"]), _all(Registered(print_) for print_ in _fingerprints(
            folder, row["agency_certificates"])), _all(_leaders(folder, row["leaders"])), row["name"])
        for row in _joined(filter(None, rows))]


def parsed(data: bytes) -> list[Any]:
    """The entries of a register. Raises ValueError, RecursionError."""
    found = json.loads(data.decode("utf-8-sig"), object_pairs_hook=Object)
    if not isinstance(found, list):
        raise ValueError("no list")
    return found


def claimed_twice(rows: Iterable[dict[str, Any] | None]) -> Iterable[tuple[int, str, str, dict[str, Any]]]:
    """Codes that a row claims though they are another agency's: (its number from 1, field, "code_twice", {"code",
    "other": the row's that had it}). Several rows of one code are one agency's.
    """
    had: dict[str, tuple[int, str]] = {}
    for number, row in enumerate(rows, 1):
        own = next(iter(_spelled([row["code"]]))) if row else ""
        for field, given in (("code", [row["code"]]), ("other_codes", row["other_codes"])) if row else ():
            for code in sorted(_spelled(given)):
                other, of = had.setdefault(code, (number, own))
                if of != own:
                    yield number, field, "code_twice", {"code": code, "other": other}


def entry(raw: object) -> tuple[dict[str, Any] | None, list[tuple[str, str]]]:
    """One row of a register as the file has it, days left out None; and what is wrong with it: [(field,
    "missing" | "wrong" | "unknown" | "key_twice")], the field as `leaders[1].since`, counted from 1.
    """
    if twice := sorted(_twice(raw)):
        return None, twice
    try:
        row: dict[str, Any] = _Entry().load(raw)
    except ValidationError as error:
        return None, sorted(_flat(error.messages))
    for one in row["leaders"]:
        one["since"] = None if one["since"] == date.min else one["since"]
        one["until"] = None if one["until"] == date.max else one["until"]
    return row, []


def _twice(raw: object) -> Iterable[tuple[str, str]]:
    """However deep it is."""
    left = [("", raw)]
    while left:
        place, one = left.pop()
        if isinstance(one, Object):
            yield from ((f"{place}.{key}".lstrip("."), "key_twice") for key in one.twice)
        left += [(f"{place}.{key}", value) for key, value in one.items()] if isinstance(one, dict) else [
            (f"{place}[{n}]", value) for n, value in enumerate(one, 1)] if isinstance(one, list) else []


def _flat(messages: Any, place: str = "") -> Iterable[tuple[str, str]]:
    if isinstance(messages, dict):
        for key, one in messages.items():
            name = f"[{key + 1}]" if isinstance(key, int) else "" if key == "_schema" else f".{key}"
            yield from _flat(one, place + name)
    else:
        said = str(messages[0])
        yield place.lstrip("."), "missing" if said.startswith("Missing") else "unknown" if said.startswith(
            "Unknown") else "wrong"


def _joined(rows: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """One for each code: what several rows say of it counts together, so that none silences another."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        code, = _spelled([row["code"]])
        known = found.setdefault(code, row)
        if known is not row:
            found[code] = known | {"name": known["name"] or row["name"]} | {
                key: [*known[key], *row[key]] for key in ("other_codes", "agency_certificates", "leaders")}
    return found.values()


def _leaders(folder: Path, rows: Iterable[dict[str, Any]]) -> Iterable[Registered]:
    """One for each certificate; a leader without one is known by name."""
    for one in rows:
        for print_ in _fingerprints(folder, one["certificates"]) or [""]:
            yield Registered(print_, one["name"], one["since"] or date.min, one["until"] or date.max)


def _all(those: Iterable[Registered]) -> tuple[Registered, ...] | None:
    """None: nothing is registered, which is not the same as nothing that fits."""
    return tuple(those) or None


def of_sender(rows: Iterable[dict[str, str]], folder: Path, codes: Iterable[str]) -> tuple[Agency | None, str]:
    """What is registered of the agency of these codes, and where: "agency" (its own list, `rows` as of
    `trust_anchor.registered`, perhaps with what the folder's file adds), "installation" (the file alone), "" (nowhere:
    None). Raises RegisterUnreadable.
    """
    wanted, known = tuple(filter(None, codes)), register(folder)
    if rows := list(rows):
        return _completed(_listed(wanted, rows), known), "agency"
    found = _of_codes(known, wanted)
    return found, "installation" if found else ""


def of_lists(senders: Iterable[dict[str, Any]], known: Iterable[Agency]) -> list[Agency]:
    """All that an agency's own list says (`trust_anchor.senders`), and what the file does beside it."""
    known = list(known)
    own = [_completed(_listed(tuple(one["codes"]), one["rows"]), known) for one in senders]
    listed = {code for one in own for code in _spelled(one.codes)}
    return own + [one for one in known if not listed & _spelled(one.codes)]


def _of_codes(known: Iterable[Agency], codes: Iterable[str]) -> Agency | None:
    wanted = _spelled(codes)
    return next((one for one in known if wanted & _spelled(one.codes)), None)


def _completed(own: Agency, known: Iterable[Agency]) -> Agency:
    """An agency's own list, and beside it what the file says of certificates of which the list says nothing: who
    registers one takes nothing away from others. A leader whom the file knows by name alone is known by the list's word
    where that names him, too: it may have given him a last day.
    """
    filed = _of_codes(known, own.codes)
    if filed is None:
        return own
    said = {one.fingerprint for one in (*(own.certificates or ()), *(own.leaders or ()))}
    named = [spelt(one.name) for one in own.leaders or ()]
    beside = [[one for one in those or () if (one.fingerprint not in said if one.fingerprint else
                                              spelt(one.name) not in named)]
              for those in (filed.certificates, filed.leaders)]
    return replace(own, codes=tuple(dict.fromkeys((*own.codes, *filed.codes))), name=own.name or filed.name,
                   certificates=_all((*(own.certificates or ()), *beside[0])),
                   leaders=_all((*(own.leaders or ()), *beside[1])))


def _listed(codes: tuple[str, ...], rows: list[dict[str, str]]) -> Agency:
    gone = frozenset(one["fingerprint"] for one in rows if one.get("taken_out"))
    rows = [one for one in rows if not one.get("taken_out")]
    held = {purpose: _all(Registered(one["fingerprint"], one["name"], date.fromisoformat(one["since"]),
                                     date.fromisoformat(one["until"])) for one in rows if one["purpose"] == purpose)
            for purpose in ("agency", "leader")}
    name = next((one["name"] for one in rows if one["purpose"] == "agency"), "")
    others = (code for one in rows for code in one.get("other_codes", "").split(", ") if code)
    return Agency(tuple(dict.fromkeys((*codes, *others))), held["agency"], held["leader"], name,
                  gone - {one["fingerprint"] for one in rows})


def _spelled(codes: Iterable[str]) -> set[str]:
    return {one.strip().upper() for one in codes}


def _fingerprints(folder: Path, given: Iterable[str]) -> list[str]:
    found: list[str] = []
    for one in given:
        spelled = one.replace(":", "").replace(" ", "").lower()
        if _FINGERPRINT.fullmatch(spelled):
            found.append(spelled)
            continue
        try:
            place = (folder / one).resolve()
            is_there = place.is_relative_to(folder.resolve()) and place.is_file()
        except (OSError, ValueError):  # a name that no file can have
            is_there = False
        own = subscriber(certificates(place)) if is_there else None
        if own is None:
            raise RegisterFileWrong(file="register.json", name=one[:200])
        found.append(own.sha256.hex())
    return found
