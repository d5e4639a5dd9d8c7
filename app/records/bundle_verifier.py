#!/usr/bin/env python3
"""Is this bundle whole? Re-checks files, chain, seal and signatures of one document's history.

Usage: python3 -I -S verify.py [BUNDLE.zip | FOLDER] [--trust FOLDER] [--allow-unstamped]. Prints "true", and below
it what is left to believe, or the first fault; exits 1 on a fault.

Stands alone: one file (longer than others for that), the standard library only, and openssl for time stamps and
signatures in PDF files where it is present; the signatures of seals and manifest it checks by itself. It trusts the
folder named by --trust: the keys of the installation, had from itself. Without it the bundle's own `trust/` is taken,
which whoever made the bundle could have made, too. FORMAT.md says what is checked and why.
It knows nothing of the product that made the bundle.
"""

import argparse
import base64
import hashlib
import json
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

GENESIS = "0" * 64
COVERED = ("subject", "number", "actor_id", "on_behalf_of_id", "kind", "element", "occurrence", "label", "moves",
           "release_sha256", "input_hash", "changes_hash", "state_hash", "previous_hash", "agency_id", "at")
SEALED = ("agency_id", "number", "at", "last_act_id", "leaves", "root", "previous_hash", "key_id")
#: kinds of files that bear signatures: the leader's, the agency's too, an archive time stamp over both, a copy's
SIGNED = ("signed_leader", "signed", "preserved", "copy")
#: no bundle holds more: a zip that says so is not read
MOST_FILES, MOST_BYTES = 5000, 4 * 1024**3
#: nor a larger file among those that are read whole: all but those of which the hash alone is asked
MOST_WHOLE = 256 * 1024**2
#: the fields of the manifest
MANIFEST = {"format", "version", "subject", "acts", "files", "releases", "signed", "agency", "made_at"}
#: most seals: one, and those after it while the authority of time stamps was away
MOST_SEALS = 97
#: what every bundle holds, beside its releases and the document's files
ALWAYS = {"acts.jsonl", "seal.json", "people.json", "evidence.json", "course.pdf", "FORMAT.md", "verify.py",
          "trust/roots.pem", "trust/chain.pem", "trust/seal.pem"}
#: the curve P-256: its field, order, b and base point, and what stands before the point in the DER of a key
P, N = 2**256 - 2**224 + 2**192 + 2**96 - 1, 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
BASE = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
KEY_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
#: seconds between the time of a seal and that of its stamp
MOST_APART = 3600
#: by how much clocks of one installation, and that of the authority, may differ
SKEW = timedelta(minutes=10)


class Fault(Exception):
    """The first thing that is wrong."""


def canonical(value: Any) -> bytes:
    """One spelling per value: sorted keys, no spaces, UTF-8. Holds no fractions (inputs are kept as text)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(data: bytes) -> str:
    """Hex."""
    return hashlib.sha256(data).hexdigest()


def parse(text: str | bytes, what: str, *, is_whole: bool = True) -> Any:
    """JSON that all readers read alike: UTF-8, no name twice in an object, no NaN; with `is_whole` no fractions."""
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        need(len(dict(pairs)) == len(pairs), f"a name stands twice in an object of {what}")
        return dict(pairs)

    def never(word: str) -> None:
        raise Fault(f"{what} holds the number {word[:20]}")

    try:
        return json.loads(text if isinstance(text, str) else text.decode(), object_pairs_hook=once,
                          parse_constant=never, parse_float=never if is_whole else float)
    except (ValueError, RecursionError) as error:
        raise Fault(f"{what} is no JSON") from error


def need(is_right: Any, sentence: str) -> None:
    """Stop at the first fault."""
    if not is_right:
        raise Fault(sentence)


def fields(extra: bytes) -> dict[int, bytes]:
    """The extra fields of an entry of a zip by their numbers."""
    found = {}
    while len(extra) >= 4:
        number, size = struct.unpack("<HH", extra[:4])
        found[number], extra = extra[4:4 + size], extra[4 + size:]
    return found


def plain_zip(pack: zipfile.ZipFile) -> None:
    """Every reader of zips finds the same names and contents: entries one after the other from the first byte to the
    directory, the end record last, no second name of an entry, no link, no directory with bytes.
    """
    end = spare = 0
    for entry in sorted(pack.infolist(), key=lambda one: one.header_offset):
        pack.fp.seek(entry.header_offset)
        flags, method, packed, names, more = struct.unpack("<6xHH8xI4xHH", pack.fp.read(30).ljust(30, b"\0"))
        name, local = pack.fp.read(names).decode("utf-8" if flags & 0x800 else "cp437"), fields(pack.fp.read(more))
        need(0 <= entry.header_offset - end <= spare, "the zip holds more than its entries")
        need(name == entry.orig_filename == entry.filename and 0x7075 not in local | fields(entry.extra)
             and method == entry.compress_type and method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
             and not (flags | entry.flag_bits) & 0x2041 and not (flags ^ entry.flag_bits) & 0x808
             and (method or not flags & 8 and entry.compress_size == entry.file_size)
             and (flags & 8 or packed == entry.compress_size or packed == 0xFFFFFFFF
                  and local.get(1, b"")[8:16] == entry.compress_size.to_bytes(8, "little"))
             and entry.external_attr >> 28 in (0, 4, 8) and not (entry.is_dir() and entry.file_size),
             "the zip has an odd entry")
        # behind an entry written into a pipe stand its sizes
        end, spare = entry.header_offset + 30 + names + more + entry.compress_size, 24 if flags & 8 else 0
    pack.fp.seek(-22, 2)
    mark, _, count, _, start, comment = struct.unpack("<4s4xHHIIH", pack.fp.read())
    need(mark == b"PK\5\6" and count in (len(pack.infolist()), 0xFFFF) and start in (pack.start_dir, 0xFFFFFFFF)
         and not comment and 0 <= pack.start_dir - end <= spare, "the zip holds more than its entries")


class Bundle:
    """The files of a bundle: a zip or a folder."""

    def __init__(self, path: Path) -> None:
        """Opens it; what is of unfit size, or holds what is no file, is refused."""
        self.folder, self.zip = path, None if path.is_dir() else zipfile.ZipFile(path)
        if self.zip:
            infos = self.zip.infolist()
            need(len({i.filename for i in infos}) == len(infos), "the zip names a file twice")
            plain_zip(self.zip)
            self.sizes = {i.filename: i.file_size for i in infos if not i.is_dir()}
        else:
            found = list(path.rglob("*"))
            odd = [p.name for p in found if p.is_symlink() or not (p.is_file() or p.is_dir())]
            need(not odd, f"the folder holds what is no file: {min(odd, default='')}")
            self.sizes = {p.relative_to(path).as_posix(): p.stat().st_size for p in found if p.is_file()}
        need(len(self.sizes) <= MOST_FILES and sum(self.sizes.values()) <= MOST_BYTES, "the bundle is too large")

    def names(self) -> set[str]:
        """All files."""
        return set(self.sizes)

    def pieces(self, name: str) -> Iterator[bytes]:
        """One file, which may be large."""
        need(name in self.sizes, f"{name} cannot be read")
        try:
            with self.zip.open(name) if self.zip else (self.folder / name).open("rb") as stream:
                while piece := stream.read(1 << 20):
                    yield piece
        except (OSError, EOFError, RuntimeError, zlib.error, zipfile.BadZipFile) as error:
            raise Fault(f"{name} cannot be read") from error

    def read(self, name: str) -> bytes:
        """One file, whole."""
        need(self.sizes.get(name, 0) <= MOST_WHOLE, f"{name} is too large")
        return b"".join(self.pieces(name))

    def digest(self, name: str) -> str:
        """The hash of one file."""
        found = hashlib.sha256()
        for piece in self.pieces(name):
            found.update(piece)
        return found.hexdigest()

    def json(self, name: str) -> Any:
        """One JSON file."""
        return parse(self.read(name), name)


def check_files(bundle: Bundle, manifest: dict) -> None:
    """Every file of a bundle, this program too, the parts of the releases and the document's files are there, each with
    the hash that the manifest says; nothing else is, but the manifest itself and its signature.
    """
    parts = {f"releases/{sha}" for release in manifest["releases"].values() for sha in release.values()}
    for name in sorted(set(manifest["files"]) - ALWAYS):
        need(re.fullmatch(r"files/[0-9a-f]{64}-[^/\\]+|releases/[0-9a-f]{64}", name)
             and (name in parts or name.startswith("files/")), f"no file of a bundle: {name}")
    for name, expected in sorted(manifest["files"].items()):
        need(bundle.digest(name) == expected, f"{name} was changed")
    extra = bundle.names() - set(manifest["files"]) - {"manifest.json", "manifest.sig"}
    need(not extra, f"not named by the manifest: {min(extra, default='')}")
    lost = ALWAYS - set(manifest["files"])
    need(not lost, f"{min(lost, default='')} is left out")


def read_acts(bundle: Bundle) -> list[dict]:
    """One act a line. Only LF ends a line: a text may hold other characters that some take for the end of one."""
    text = bundle.read("acts.jsonl").decode()
    need(text.endswith("\n") and "\r" not in text, "a line of acts.jsonl does not end as it should")
    return [parse(line, f"act {number}") for number, line in enumerate(text[:-1].split("\n"), 1)]


def check_chain(acts: list[dict], manifest: dict) -> None:
    """Acts from 1, each over the one before; inputs and changes fit their hashes, or both are gone."""
    previous = GENESIS
    for number, act in enumerate(acts, 1):
        where = f"act {number}"
        need(set(act) == {*COVERED, "hash", "input", "changes"}, f"{where} has other fields")
        need(canonical(act["number"]) == canonical(number), f"{where} is missing")
        need(act["subject"] == manifest["subject"], f"{where} is of another document")
        need(act["previous_hash"] == previous, f"{where} does not follow the act before")
        need(sha256(canonical({name: act[name] for name in COVERED})) == act["hash"], f"{where} was changed")
        need((act["input"] is None) == (act["changes"] is None), f"only a part of the content of {where} is gone")
        for name in ("input", "changes"):
            if act[name] is not None:
                need(sha256(act[name].encode()) == act[f"{name}_hash"], f"the {name} of {where} was changed")
        previous = act["hash"]
    need(acts and canonical(manifest["acts"]) == canonical(len(acts)), "acts are cut off")


def check_times(acts: list[dict]) -> datetime:
    """No act is dated before an earlier one, clocks that differ aside. The latest of their times."""
    latest = None
    for act in acts:
        at = datetime.fromisoformat(act["at"])
        need(at.tzinfo, f"the time of act {act['number']} has no zone")
        need(latest is None or at >= latest - SKEW, f"act {act['number']} is dated before the act that it follows")
        latest = max(at, latest or at)
    return latest


def check_removed(acts: list[dict]) -> None:
    """Content is gone of those acts only that a later one, itself whole, says it has removed: from the first up to."""
    removed = 0
    for act in reversed(acts):
        if act["input"] is None:
            need(act["number"] <= removed, f"the content of act {act['number']} is gone, and no act has removed it")
        elif act["kind"] == "content_removed":
            said = parse(act["input"], f"the input of act {act['number']}", is_whole=False).get("acts", act["number"])
            need(type(said) is int, f"act {act['number']} does not say how far it has removed")
            removed = max(removed, min(said, act["number"] - 1))


def check_attached(bundle: Bundle, manifest: dict, acts: list[dict]) -> None:
    """The document's files are those that its acts attached, whole: none put in, none left out, none exchanged."""
    rows: dict[Any, dict] = {}
    for act in acts:
        for table, key, columns in parse(act["changes"] or "[]", "what an act has changed", is_whole=False):
            if table == "attachment":
                rows.setdefault(key, {}).update({name: pair[1] for name, pair in columns.items()})
    there = [row for row in rows.values() if row.get("sha256") and not row.get("removed_at")]
    held: dict[str, set[str]] = {}
    for name in sorted(bundle.names()):
        if name.startswith("files/"):
            need(manifest["files"][name] == name[6:70], f"{name} is not the file that it is named after")
            need(any(row["sha256"] == name[6:70] for row in there), f"no act has attached {name}")
            held.setdefault(name[6:70], set()).add(name)
    for row in there:
        sha = row["sha256"]
        need(sha in held, f"the file {sha[:12]} is left out")
        need(row.get("kind") not in SIGNED or held[sha] & set(manifest["signed"]), f"{sha[:12]} is not named as signed")
    need(set(manifest["signed"]) <= set().union(*held.values()), "what is named as signed is no file of the document")


def check_seal(bundle: Bundle, acts: list[dict], key: bytes) -> list[dict]:
    """The last act is a leaf of the first seal; those after it, if any, are chained to it; all are of this key."""
    sealed = bundle.json("seal.json")
    leaf, seals, last = sealed["leaf"], sealed["seals"], acts[-1]
    need([leaf["subject"], leaf["number"], leaf["hash"]] == [last["subject"], last["number"], last["hash"]],
         "the seal is of another act than the last")
    found = hashlib.sha256(b"\0" + canonical([leaf["subject"], leaf["number"], leaf["hash"]])).digest()
    for side, beside in sealed["proof"]:
        need(side in ("left", "right"), "the proof has an odd side")
        pair = bytes.fromhex(beside) + found if side == "left" else found + bytes.fromhex(beside)
        found = hashlib.sha256(b"\1" + pair).digest()
    need(seals and found.hex() == seals[0]["root"], "the last act is not under the seal's root")
    previous, before = seals[0]["previous_hash"], seals[0]["number"] - 1
    for seal in seals:
        need(set(seal) == {*SEALED, "hash", "signature", "stamp"}, f"seal {seal['number']} has other fields")
        need(seal["previous_hash"] == previous and seal["number"] == before + 1,
             f"seal {seal['number']} does not follow the seal before")
        made = sha256(canonical({name: seal[name] for name in SEALED}))
        need(made == seal["hash"], f"seal {seal['number']} was changed")
        need(seal["key_id"] == sha256(key), f"seal {seal['number']} is of another key")
        need({act["agency_id"] for act in acts} == {seal["agency_id"]}, f"seal {seal['number']} is of another agency")
        previous, before = seal["hash"], seal["number"]
    need(len(seals) <= MOST_SEALS and not any(seal["stamp"] for seal in seals[:-1]), "seals follow the first stamp")
    return seals


def check_stamped(seals: list[dict], is_unstamped_allowed: bool) -> list[str]:
    """Somebody else than the seals' key says when: a stamp of a seal also covers those before it. Returns notes."""
    stamped = next((seal["number"] for seal in seals if seal["stamp"]), None)
    need(stamped is not None or is_unstamped_allowed, "no seal bears a time stamp (--allow-unstamped)")
    if stamped is None:
        return ["unstamped: when the last act was there is said by the seal's key alone"]
    if stamped != seals[0]["number"]:
        return [f"seal {seals[0]['number']} is unstamped; seal {stamped}, chained to it, is stamped"]
    return []


def check_releases(bundle: Bundle, manifest: dict, acts: list[dict]) -> None:
    """The release of every act is there, and its parts have the hashes that make its own."""
    for act in acts:
        need(act["release_sha256"] in {"", *manifest["releases"]}, f"the release of act {act['number']} is missing")
    for release, parts in manifest["releases"].items():
        need(sha256(canonical(parts)) == release, f"release {release[:12]} was changed")
        for name, expected in parts.items():
            made = sha256(bundle.read(f"releases/{expected}"))
            need(made == expected, f"the part {name} of release {release[:12]} was changed")


def openssl(folder: Path, *words: str) -> tuple[int, str]:
    """(exit code, what it said)."""
    ran = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def trusted(bundle: Bundle, trust: Path | None, name: str) -> bytes:
    """A file of the trust that was given, or else of the one that the bundle brings."""
    if trust is None:
        return bundle.read(f"trust/{name}")
    need((trust / name).is_file(), f"{name} is not in the folder of --trust")
    return (trust / name).read_bytes()


def add(one: tuple[int, int] | None, two: tuple[int, int] | None) -> tuple[int, int] | None:
    """Two points of the curve; None is the one at infinity."""
    if one is None or two is None:
        return one or two
    if one[0] == two[0] and (one[1] + two[1]) % P == 0:
        return None
    rise, run = (3 * one[0] ** 2 - 3, 2 * one[1]) if one == two else (two[1] - one[1], two[0] - one[0])
    slope = rise * pow(run, -1, P) % P
    x = (slope * slope - one[0] - two[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def times(count: int, point: tuple[int, int] | None) -> tuple[int, int] | None:
    """The point, so many times."""
    found = None
    while count:
        found = add(found, point) if count & 1 else found
        point, count = add(point, point), count >> 1
    return found


def is_signed(key: bytes, data: bytes, signature: str | bytes) -> bool:
    """ECDSA over P-256 and SHA-256: the signature (DER in Base64) over the data is of this key (PEM)."""
    der, held = base64.b64decode(key.split(b"-----")[2]), base64.b64decode(signature, validate=True)
    x, y = int.from_bytes(der[27:59], "big"), int.from_bytes(der[59:], "big")
    need(der[:27] == KEY_HEAD and len(der) == 91 and max(x, y) < P and (y * y - x**3 + 3 * x - B) % P == 0,
         "seal.pem is no key of P-256")
    size = held[3] if 8 <= len(held) <= 72 else 0
    one, two = held[4:4 + size], held[6 + size:]
    r, s = int.from_bytes(one, "big"), int.from_bytes(two, "big")
    is_der = size and held == bytes((48, len(held) - 2, 2, size, *one, 2, len(two), *two))
    if not is_der or not 0 < r < N or not 0 < s < N:
        return False
    inverse, digest = pow(s, -1, N), int.from_bytes(hashlib.sha256(data).digest(), "big")
    found = add(times(digest * inverse % N, BASE), times(r * inverse % N, (x, y)))
    return found is not None and found[0] % N == r


def check_keys(bundle: Bundle, seals: list[dict], key: bytes) -> None:
    """The signatures of the seals and of the manifest are of this key."""
    for seal in seals:
        need(is_signed(key, canonical({name: seal[name] for name in SEALED}), seal["signature"]),
             f"the signature of seal {seal['number']} is false")
    need(is_signed(key, bundle.read("manifest.json"), bundle.read("manifest.sig")),
         "the signature of the manifest is false")


def stamped_at(folder: Path) -> datetime | None:
    """The time that the token in the folder states."""
    _, said = openssl(folder, "ts", "-reply", "-token_in", "-in", "tst", "-text")
    found = re.search(r"^Time stamp: (\w{3} +\d+ [\d:]{8})(?:\.\d+)? (\d{4}) GMT$", said, re.MULTILINE)
    return datetime.strptime(" ".join(found.groups()) + " +0000", "%b %d %H:%M:%S %Y %z") if found else None


def check_stamp(folder: Path, seal: dict, latest: datetime) -> None:
    """With openssl: the stamp is over the seal, of the seal's time, by an authority that was to be trusted then, and
    no act under it is dated later.
    """
    (folder / "tst").write_bytes(base64.b64decode(seal["stamp"]))
    at, name = stamped_at(folder), f"the time stamp of seal {seal['number']}"
    need(at, f"{name} is false")
    # as it was then: certificates of authorities end, stamps are for later
    code, _ = openssl(folder, "ts", "-verify", "-digest", seal["hash"], "-token_in", "-in", "tst",
                      "-CAfile", "roots.pem", "-untrusted", "chain.pem", "-attime", str(int(at.timestamp())))
    need(code == 0, f"{name} is false")
    apart = abs((at - datetime.fromisoformat(seal["at"])).total_seconds())
    need(apart <= MOST_APART, f"{name} is of another time: {at}")
    need(latest <= at + SKEW, f"an act is dated {latest}, and was there at {at} by {name}")


def check_signatures(bundle: Bundle, manifest: dict, seals: list[dict], latest: datetime, trust: Path | None,
                     folder: Path) -> None:
    """With openssl: the stamps of the seals, and every signature inside the PDF files."""
    for name in ("roots.pem", "chain.pem"):
        (folder / name).write_bytes(trusted(bundle, trust, name))
    for seal in seals:
        if seal["stamp"]:
            check_stamp(folder, seal, latest)
    for name in sorted(manifest["signed"]):
        check_pdf(bundle.read(name), name, folder)


def der_bytes(held: bytes) -> int:
    """Length of the DER value that the zeros of its place follow."""
    if held[1] < 128:
        return 2 + held[1]
    size = held[1] & 127
    return 2 + size + int.from_bytes(held[2:2 + size], "big")


def check_pdf(data: bytes, name: str, folder: Path) -> None:
    """Every signature of a PDF covers its range and is of a trusted certificate; so does a time stamp in the place of
    one, which alone signs nothing.
    """
    ranges = re.findall(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", data)
    signatures = 0
    for start, length, onward, rest in (tuple(int(part) for part in found) for found in ranges):
        held = bytes.fromhex(data[start + length:onward].strip(b"<> \r\n").decode())
        for place in ("cms", "tst"):
            (folder / place).write_bytes(held[:der_bytes(held)])
        (folder / "signed").write_bytes(data[start:start + length] + data[onward:onward + rest])
        if at := stamped_at(folder):
            code, _ = openssl(folder, "ts", "-verify", "-data", "signed", "-token_in", "-in", "tst",
                              "-CAfile", "roots.pem", "-untrusted", "chain.pem", "-attime", str(int(at.timestamp())))
            need(code == 0, f"a time stamp of {name} is false")
            continue
        signatures += 1
        code, said = openssl(folder, "cms", "-verify", "-inform", "DER", "-in", "cms", "-binary", "-content", "signed",
                             "-CAfile", "roots.pem", "-certfile", "chain.pem", "-purpose", "any", "-no_check_time",
                             "-out", "ignored")
        need(code == 0, f"a signature of {name} is false: {said.strip().splitlines()[-1] if said.strip() else ''}")
    need(signatures, f"{name} bears no signature")


def check(path: Path, trust: Path | None = None, is_unstamped_allowed: bool = False) -> list[str]:
    """Raise Fault for the first thing that is wrong; returns what is left to believe, in words."""
    bundle = Bundle(path)
    manifest = bundle.json("manifest.json")
    need(manifest.get("format") == "qlvb-history" and manifest.get("version") == 4,
         "this is no bundle of version 4; one of version 3 did not bind its verify.py: have it made anew")
    need(set(manifest) == MANIFEST, "the manifest has other fields")
    check_files(bundle, manifest)
    acts = read_acts(bundle)
    check_chain(acts, manifest)
    latest = check_times(acts)
    check_removed(acts)
    check_attached(bundle, manifest, acts)
    check_releases(bundle, manifest, acts)
    key = trusted(bundle, trust, "seal.pem")
    seals = check_seal(bundle, acts, key)
    left = check_stamped(seals, is_unstamped_allowed)
    check_keys(bundle, seals, key)
    if trust is None:
        left.append(f"by the bundle's own trust/, seal.pem {sha256(key)}: compare it, or use --trust FOLDER")
    if not shutil.which("openssl"):
        return [*left, "no time stamp and no signature in a PDF was checked: openssl is not here"]
    with tempfile.TemporaryDirectory() as folder:
        check_signatures(bundle, manifest, seals, latest, trust, Path(folder))
    return left


def plain(said: str) -> str:
    """On one line, whatever names a forger gave: no end of line, nothing that moves a cursor or cannot be printed."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in said)
    return shown.encode(sys.stdout.encoding or "ascii", "backslashreplace").decode(sys.stdout.encoding or "ascii")


def main() -> int:
    """The command."""
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("bundle", nargs="?", type=Path, default=Path(__file__).parent)
    reader.add_argument("--trust", type=Path, help="folder with the installation's seal.pem, roots.pem and chain.pem")
    reader.add_argument("--allow-unstamped", action="store_true", help="no time stamp at all is no fault")
    asked = reader.parse_args()
    try:
        left = check(asked.bundle, asked.trust, asked.allow_unstamped)
    except Fault as fault:
        print(plain(str(fault)))
        return 1
    except Exception as error:  # whatever a forger thought of is no whole bundle
        print(plain(f"the bundle cannot be read: {type(error).__name__}: {error}"))
        return 1
    print("\n".join(["true", *map(plain, left)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
