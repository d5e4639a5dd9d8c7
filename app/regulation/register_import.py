"""A register of agencies that send and their leaders (`register.json` with its certificates), brought into the list of
an agency (Art. 3.3; NĐ 68/2024 Art. 32): what it would change, and what is wrong with it.

It comes from outside and is nothing but a wish: it is read within limits, and changes what is believed only once one
person has asked for it and another one has agreed (`records/trust_anchor.py`). It speaks of the agencies that it names;
of all others nothing changes. A leader without a certificate is named in it and cannot be in the list.
"""

import base64
import io
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import Any

from asn1crypto import pem, x509

from app.records import history, trust_anchor
from app.records.people import User
from app.records.signing_key import CertificateUnreadable, read, told_of
from app.records.trust_anchor import AGENCY, LEADER, SIGNERS, TrustAnchor, Wish
from app.refusal import Refusal
from app.regulation.signature_register import claimed_twice, entry, parsed
from app.tools.signing_policy import BROKEN
from app.tools.signing_trust import subscriber

#: bytes of all files, packed and unpacked, and of one certificate; files; certificates of one register
MOST_BYTES, LONGEST, MOST_FILES, MOST_CERTIFICATES = 4_000_000, 20_000, 2_000, 1_000
#: the file that says what the others are
REGISTER = "register.json"
_UNPACKS = (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, RuntimeError, EOFError, OSError)


class BundleWrong(Refusal):
    """It needs a register.json, alone or with files of certificates, as they are or in one ZIP within the limits."""

    code, article = "bundle_wrong", "Art. 3.3"


@dataclass(frozen=True)
class Fault:
    """What keeps a register from being asked for."""

    #: which row, counted from 1, and the code that it names
    row: int
    code: str
    #: as `leaders[1].certificates[2]`; "": the whole row
    field: str
    #: missing, wrong, unknown, key_twice, code_twice, no_file, twice, days; or the code of the refusal
    why: str
    refusal: Refusal | None = None


@dataclass(frozen=True)
class Change:
    """What the list has and what it shall have, of one key (`TrustAnchor.key`): a row for each term of a leader."""

    olds: list[TrustAnchor]
    news: list[TrustAnchor]

    @property
    def rows(self) -> list[TrustAnchor]:
        """Of which it is told."""
        return self.news or self.olds

    @property
    def row(self) -> TrustAnchor:
        """The first of them."""
        return self.rows[0]

    @property
    def kind(self) -> str:
        """new, changed or gone."""
        return "new" if not self.olds else "gone" if not self.news else "changed"

    @property
    def differs(self) -> list[tuple[str, Any, Any]]:
        """Of a changed one, term by term: (name, what stands, what shall stand); None: there is no such term."""
        return [(name, was, new) for old, row in zip_longest(self.olds, self.news)
                for name in ("code", "other_codes", "name", "position", "since", "until")
                if (was := getattr(old, name, None)) != (new := getattr(row, name, None))]


@dataclass
class Found:
    """What a register would change."""

    changes: list[Change] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    #: (code, name) of leaders without a certificate
    nameless: list[tuple[str, str]] = field(default_factory=list)
    #: rows of the list of which another change waits for a decision: this register changes nothing of them
    waiting: list[TrustAnchor] = field(default_factory=list)
    #: how many stay as they are
    same: int = 0

    @property
    def shown(self) -> str:
        """A mark of the changes: who asks sends back the one that he was shown."""
        return history.digest([[[old.id for old in one.olds], [
            [new.key, *new.codes, new.name, new.position, new.since.isoformat(), new.until.isoformat()]
            for new in one.news]] for one in self.changes])


def changes_of(rows: Iterable[TrustAnchor]) -> list[Change]:
    """What was asked for in one act, key by key."""
    olds, news = (_by_key(row for row in rows if row.state == state) for state in ("ending", "asked"))
    return [Change(olds.get(key, []), news.get(key, [])) for key in dict.fromkeys([*news, *olds])]


def _by_key(rows: Iterable[TrustAnchor]) -> dict[str, list[TrustAnchor]]:
    """Those of one key together, in the order of their days."""
    found: dict[str, list[TrustAnchor]] = {}
    for row in sorted(rows, key=_told):
        found.setdefault(row.key, []).append(row)
    return found


def bundled(files: list[tuple[str, bytes]]) -> bytes:
    """One ZIP of what was handed in: it, or the files beside each other. Raises BundleWrong."""
    if sum(len(data) for _, data in files) > MOST_BYTES or len(files) > MOST_FILES:
        raise BundleWrong()
    if len(files) == 1 and zipfile.is_zipfile(io.BytesIO(files[0][1])):
        return files[0][1]
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in dict(files).items():
            target.writestr(zipfile.ZipInfo(PurePosixPath(name.replace("\\", "/")).name or "x"), data)
    return sink.getvalue()


def _unpacked(bundle: bytes) -> dict[str, bytes]:
    """Path within the folder of the register -> content. Nothing is written anywhere. Raises BundleWrong."""
    found: dict[str, bytes] = {}
    left = MOST_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(bundle)) as source:
            entries = [one for one in source.infolist() if not one.is_dir()]
            if len(entries) > MOST_FILES or len(bundle) > MOST_BYTES:
                raise BundleWrong()
            for one in entries:
                with source.open(one) as part:
                    data = part.read(left + 1)
                if (left := left - len(data)) < 0 or one.filename in found:
                    raise BundleWrong()
                found[one.filename] = data
    except _UNPACKS as error:
        raise BundleWrong() from error
    places = [name for name in found if PurePosixPath(name).name == REGISTER]
    if len(places) != 1:
        raise BundleWrong()
    above = places[0].removesuffix(REGISTER)
    return {name.removeprefix(above): data for name, data in found.items() if name.startswith(above)}


def read_bundle(keeper: User, bundle: bytes, at: datetime) -> Found:
    """What the register in it would change of the list as it stands. Raises BundleWrong."""
    files = _unpacked(bundle)
    try:
        rows = parsed(files.pop(REGISTER))
    except (ValueError, RecursionError) as error:
        raise BundleWrong() from error
    if not rows:
        raise BundleWrong()
    return _Reading(keeper, files, at).read(rows)


class _Reading:
    """One register, row by row."""

    def __init__(self, keeper: User, files: dict[str, bytes], at: datetime) -> None:
        self._keeper, self._at, self._files = keeper, at, files
        listed = trust_anchor.listed(SIGNERS)
        self._listed = _by_key(listed)
        self._certificates = {row.fingerprint: row for row in listed}
        self._by_print = {told_of(der)["fingerprint"]: der for der in map(_certificate, files.values()) if der}
        self._made: dict[str, list[TrustAnchor]] = {}
        self._codes: set[str] = set()
        self._found = Found()

    def read(self, rows: list[Any]) -> Found:
        named, known = 0, [entry(raw) for raw in rows]
        self._found.faults = [Fault(number, names["code"][:35], place, why) for number, place, why, names in
                              claimed_twice(row for row, _ in known)]
        for number, (raw, (row, wrong)) in enumerate(zip(rows, known, strict=True), 1):
            said = raw.get("code") if isinstance(raw, dict) else ""
            code = said[:35] if isinstance(said, str) else ""
            self._found.faults += [Fault(number, code, place, why) for place, why in wrong]
            if row is None:
                continue
            named += len(row["agency_certificates"]) + sum(len(one["certificates"]) for one in row["leaders"])
            if named > MOST_CERTIFICATES:
                raise BundleWrong()
            self._codes |= {one.strip().upper() for one in (row["code"], *row["other_codes"])}
            self._of_agency(number, row)
        self._compare()
        return self._found

    def _of_agency(self, number: int, row: dict[str, Any]) -> None:
        code, others = row["code"].strip(), tuple(row["other_codes"])
        for n, given in enumerate(row["agency_certificates"], 1):
            self._one(number, f"agency_certificates[{n}]", given, Wish(
                AGENCY, code=code, name=row["name"], other_codes=others))
        for k, one in enumerate(row["leaders"], 1):
            wish = Wish(LEADER, one["since"], one["until"], code, one["name"], one["position"], others)
            if one["since"] and one["until"] and one["until"] < one["since"]:
                self._found.faults.append(Fault(number, code, f"leaders[{k}].until", "days"))
                continue
            for n, given in enumerate(one["certificates"], 1):
                self._one(number, f"leaders[{k}].certificates[{n}]", given, wish)
            if not one["certificates"]:
                self._found.nameless.append((code, one["name"]))

    def _one(self, number: int, place: str, given: str, wish: Wish) -> None:
        """One certificate of the register: a row that the list shall have, or a fault."""
        fault, row = "", None
        try:
            row = trust_anchor.made(self._keeper, self._data(given), wish, self._at)
        except KeyError:
            fault = "no_file"
        except Refusal as refusal:
            self._found.faults.append(Fault(number, wish.code, place, refusal.code, refusal))
            return
        if row is not None:
            made = self._made.setdefault(row.key, [])
            if any(_contradicts(row, other) for other in made):
                fault = "twice"
            elif _told(row) not in map(_told, made):
                made.append(row)
        if fault:
            self._found.faults.append(Fault(number, wish.code, place, fault))

    def _data(self, given: str) -> bytes:
        """The certificate that is named, by fingerprint or file. Raises KeyError, CertificateUnreadable."""
        spelled = given.replace(":", "").replace(" ", "").lower()
        if spelled in self._by_print:
            return self._by_print[spelled]
        if spelled in self._certificates:
            return base64.b64decode(self._certificates[spelled].certificate)
        path = given.replace("\\", "/").removeprefix("./")
        found = self._files[path] if path in self._files else self._files[PurePosixPath(path).name]
        if (der := _certificate(found)) is None:
            raise CertificateUnreadable()
        return der

    def _compare(self) -> None:
        found, changes = self._found, []
        made = _by_key(row for rows in self._made.values() for row in rows)
        for key in dict.fromkeys([*made, *self._listed]):
            olds, news = self._listed.get(key, []), made.get(key, [])
            if not news and not self._codes & {old.code.upper() for old in olds}:
                continue  # of an agency of which the register says nothing
            if any(old.asker for old in olds):
                found.waiting += olds
            elif list(map(_told, olds)) == list(map(_told, news)):
                found.same += 1
            else:
                changes.append(Change(olds, news))
        found.changes = sorted(changes, key=lambda one: (one.row.code, one.row.purpose, one.row.name, one.row.key))


def _told(row: TrustAnchor) -> tuple[date, date, list[str], str, str]:
    return row.since, row.until, [one.upper() for one in row.codes], row.name, row.position


def _contradicts(one: TrustAnchor, other: TrustAnchor) -> bool:
    """Whether they say of a certificate on the same days that it is of another one; a leader has positions beside."""
    return one.since <= other.until and other.since <= one.until and (
        one.code.upper(), one.name) != (other.code.upper(), other.name)


def _certificate(data: bytes) -> bytes | None:
    """The certificate of a file, of one with its chain the one that is no authority's; None: it is none."""
    if len(data) > LONGEST:
        return None
    try:
        ders = [der for _kind, _headers, der in pem.unarmor(data, multiple=True)] if pem.detect(data) else [data]
        own = subscriber([x509.Certificate.load(read(der)) for der in ders])
        if own is not None:
            told_of(own.dump())
    except (CertificateUnreadable, *BROKEN):
        return None
    return None if own is None else own.dump()
