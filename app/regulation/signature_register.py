"""What is registered of agencies that send: the certificates that seal for them, and their leaders' (Art. 3.3, 3.3.b).

Two sources: an agency's own list, changed by two people (`records/trust_anchor.py`); and for each certificate of which
it says nothing the file `register.json` beside the certificates that one trusts, an operator's: who registers a seal or
a leader takes no other away. Where both are silent, the verdict says so (`verdict.py`). It judges nothing.

    register.json  [{"code", "name", "agency_certificates": [sha256 (hex) or name of a PEM file of the folder],
                     "leaders": [{"name", "position", "certificates": [as above], "since", "until": ISO days of the
                                  signatures that count, both included; may be left out}],
                     "other_codes": [old or new codes of the same agency; may be left out]}]
"""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from app.refusal import Refusal
from app.regulation.verdict import Agency, Registered
from app.regulation.verdict_copy import spelt
from app.tools.signing_trust import certificates

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
    since = fields.Date(load_default=date.min)
    until = fields.Date(load_default=date.max)


class _Entry(Schema):
    class Meta:
        unknown = EXCLUDE

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
        rows = _Entry(many=True).load(json.loads(path.read_text("utf-8-sig")))
    except (OSError, ValueError, RecursionError, ValidationError) as error:
        raise RegisterUnreadable(file=path.name, reason=str(error)[:500]) from error
    return [Agency(
        (row["code"], *row["other_codes"]), _all(Registered(print_) for print_ in _fingerprints(
            folder, row["agency_certificates"])), _all(_leaders(folder, row["leaders"])), row["name"])
        for row in _joined(rows)]


def entry(raw: object) -> tuple[dict[str, Any] | None, list[tuple[str, str]]]:
    """One row of a register as the file has it, days left out None; and what is wrong with it: [(field, "missing" |
    "wrong")], the field as `leaders[1].since`, counted from 1.
    """
    try:
        row: dict[str, Any] = _Entry().load(raw)
    except ValidationError as error:
        return None, sorted(_flat(error.messages))
    for one in row["leaders"]:
        one["since"] = None if one["since"] == date.min else one["since"]
        one["until"] = None if one["until"] == date.max else one["until"]
    return row, []


def _flat(messages: Any, place: str = "") -> Iterable[tuple[str, str]]:
    if isinstance(messages, dict):
        for key, one in messages.items():
            name = f"[{key + 1}]" if isinstance(key, int) else "" if key == "_schema" else f".{key}"
            yield from _flat(one, place + name)
    else:
        yield place.lstrip("."), "missing" if str(messages[0]).startswith("Missing") else "wrong"


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
            yield Registered(print_, one["name"], one["since"], one["until"])


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
        except (OSError, ValueError) as error:  # a name that no file can have
            raise RegisterUnreadable(file="register.json", reason=one[:200]) from error
        if not is_there:
            raise RegisterUnreadable(file="register.json", reason=one[:200])
        found.append(certificates(place)[0].sha256.hex())
    return found
