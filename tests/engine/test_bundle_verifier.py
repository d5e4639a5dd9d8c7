"""The verifier of a bundle against forgers: small bundles made by hand, by a key of their own, without a database."""

import base64
import io
import json
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.records import bundle_verifier as verifier
from app.records import seal
from app.records.history import GENESIS, canonical
from app.tools.sealing import Sealer, is_signed

SCAN = b"%PDF-1.7 scan"
NAME = f"files/{sha256(SCAN).hexdigest()}-công văn.pdf"
Change = Callable[[dict[str, Any]], Any]


def attached(key: int, data: bytes, kind: str = "scan", **more: str) -> list[Any]:
    told = {"sha256": sha256(data).hexdigest(), "kind": kind} | more
    return ["attachment", key, {name: [None, value] for name, value in told.items()}]


class Forger:
    """Makes a bundle that is whole, with what he changes on the way: `acts`, `seal`, `manifest`, `files`."""

    def __init__(self, folder: Path) -> None:
        self.key = Sealer(folder / "key", lambda _: b"", folder, folder)
        self.path, self.after = folder / "bundle.zip", {}
        self.acts = [self.act("received", [attached(1, SCAN)]), self.act("done", []), self.act("done", [])]
        self.files = {name: b"{}" for name in verifier.ALWAYS} | {NAME: SCAN}
        self.files["trust/seal.pem"] = self.key.public.encode()
        self.manifest: dict[str, Any] = {
            "format": "qlvb-history", "version": 4, "subject": "document:1", "releases": {}, "signed": [],
            "agency": "Sở", "made_at": "2026-11-27T09:00:00+00:00"}

    @staticmethod
    def act(kind: str, changes: list[Any], **given: Any) -> dict[str, Any]:
        return dict.fromkeys(verifier.COVERED, "") | {
            "subject": "document:1", "agency_id": 1, "at": "2026-11-27T08:00:00+00:00", "kind": kind,
            "input": canonical(given).decode(), "changes": canonical(changes).decode()}

    def on(self, name: str, change: Change) -> "Forger":
        """`change` is applied to the acts, the seal or the manifest when all before it is made."""
        self.after[name] = change
        return self

    def make(self) -> dict[str, bytes]:
        previous = GENESIS
        for number, act in enumerate(self.acts, 1):
            act |= {"number": number, "previous_hash": previous} | act.pop("odd", {})
            for name in ("input", "changes"):
                act[f"{name}_hash"] = sha256((act[name] or "").encode()).hexdigest()
            act["hash"] = previous = sha256(canonical({name: act[name] for name in verifier.COVERED})).hexdigest()
        lines = b"".join(canonical(act) + b"\n" for act in self.acts)
        leaf = {name: self.acts[-1][name] for name in ("subject", "number", "hash")}
        made = {"agency_id": 1, "number": 1, "at": "2026-11-27T08:00:00+00:00", "last_act_id": 9, "leaves": 1,
                "root": seal.root_of([seal.leaf_hash(*leaf.values())]), "previous_hash": GENESIS,
                "key_id": self.key.key_id}
        self.after.get("seal", dict)(made)
        made |= {"hash": sha256(canonical(made)).hexdigest(), "signature": self.key.sign(canonical(made)), "stamp": ""}
        self.files |= {"acts.jsonl": self.after.get("lines", bytes)(lines),
                       "seal.json": canonical({"leaf": leaf, "proof": [], "seals": [made]})}
        self.manifest |= {"acts": len(self.acts), "files": {n: sha256(d).hexdigest() for n, d in self.files.items()}}
        self.after.get("manifest", dict)(self.manifest)
        whole = self.after.get("text", bytes)(json.dumps(self.manifest).encode())
        return self.files | {"manifest.json": whole, "manifest.sig": self.key.sign(whole).encode()}

    def said(self, files: dict[str, bytes] | None = None, *, folder: bool = False) -> str:
        """What the verifier finds; the files as a zip, or as a folder."""
        files = self.make() if files is None else files
        if folder:
            place = self.path.with_name("folder")
            for name, data in files.items():
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                (place / name).write_bytes(data)
            return judge(place)
        return self.judged(zipped(files))

    def judged(self, data: bytes) -> str:
        self.path.write_bytes(data)
        return judge(self.path)


def judge(path: Path) -> str:
    try:
        verifier.check(path, None, True)
    except verifier.Fault as fault:
        return str(fault)
    return "true"


def zipped(files: dict[Any, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, data in files.items():
            pack.writestr(name, data)
    return made.getvalue()


@pytest.fixture
def forger(tmp_path: Path) -> Forger:
    return Forger(tmp_path)


def test_s12_the_verifier_in_a_bundle_is_the_one_that_was_put_there(forger: Forger) -> None:
    whole = forger.make()
    assert forger.said(whole) == forger.said(whole, folder=True) == "true"
    assert forger.said(whole | {"verify.py": b"print('true')"}) == "verify.py was changed"
    short = {name: data for name, data in whole.items() if name != "verify.py"}
    assert forger.said(short) == "verify.py cannot be read"
    for name in verifier.ALWAYS - {"acts.jsonl", "seal.json"}:
        short = Forger(forger.path.parent)
        del short.files[name]
        assert short.said() == f"{name} is left out"


def test_s13_a_bundle_of_an_earlier_version_is_refused_in_words(forger: Forger) -> None:
    assert "have it made anew" in forger.on("manifest", lambda made: made.update(version=3)).said()


def entry(name: str, *, mode: int = 0o100600, extra: bytes = b"") -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.create_system, made.external_attr, made.extra, made.compress_type = 3, mode << 16, extra, zipfile.ZIP_DEFLATED
    return made


def field(number: int, data: bytes) -> bytes:
    return struct.pack("<HH", number, len(data)) + data


def test_s12_what_other_programs_would_unzip_otherwise_is_no_bundle(forger: Forger) -> None:
    """A zip of which the verifier reads one half, and others the other half."""
    files = forger.make()
    whole = zipped(files)
    more, odd = "the zip holds more than its entries", "the zip has an odd entry"
    other_name = field(0x7075, b"\1" + struct.pack("<I", zlib.crc32(b"course.pdf")) + NAME.encode())
    renamed = whole.replace(b"people.json", b"people.jsom", 1)
    comment = whole[:-2] + struct.pack("<H", 4) + b"more"
    between = io.BytesIO()
    with zipfile.ZipFile(between, "w") as pack:
        for name, data in files.items():
            pack.writestr(name, data)
            pack.fp.write(b"PK") if name == NAME else None
            pack.start_dir = pack.fp.tell()
    hidden = bytearray(zipped(files | {"zz": b"unseen"}))
    end, last = hidden.rindex(b"PK\5\6"), hidden.rindex(b"PK\1\2")
    start = struct.unpack("<I", hidden[end + 16:end + 20])[0]
    del hidden[last:end]
    struct.pack_into("<HHII", hidden, last + 8, len(files), len(files), last - start, start)
    for data, said in [
            (b"#!/bin/sh\n" + whole, more), (whole + b"more", more), (comment, more), (whole + whole, more),
            (between.getvalue(), more), (bytes(hidden), more), (renamed, odd),
            (zipped(files | {"course.pdf": b""}) + zipped(files), more)]:
        assert forger.judged(data) == said
    for one in (entry("course.pdf", extra=other_name), entry("people.json", mode=0o120777), entry("x/", mode=0o40700)):
        others = {name: data for name, data in files.items() if name != one.filename}
        assert forger.judged(zipped(others | {one: b"x"})) == odd
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", method) as pack:
            for name, data in files.items():
                pack.writestr(name, data)
        assert forger.judged(made.getvalue()) == odd


def test_s12_a_bundle_that_was_unzipped_and_zipped_again_is_still_true(forger: Forger) -> None:
    files = forger.make()
    times = field(0x5455, b"\3" + b"up" * 4) + field(0x7875, b"\1\4" + b"\0" * 4 + b"\4" + b"\0" * 4)
    again = {entry("files/", mode=0o40755): b""} | {entry(name, extra=times): data for name, data in files.items()}
    assert forger.judged(zipped(again)) == "true"
    piped = io.BytesIO()
    pipe = SimpleNamespace(write=piped.write, flush=piped.flush)
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as pack:  # type: ignore[call-overload]
        for name, data in files.items():
            pack.writestr(name, data)
    assert forger.judged(piped.getvalue()) == "true"


def ran(place: Path, **env: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-I", "-S", verifier.__file__, place, "--allow-unstamped"], text=True,
                          capture_output=True, env={"PATH": "/usr/bin:/bin"} | env, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_s12_names_of_a_forger_print_neither_true_nor_what_moves_a_cursor(forger: Forger) -> None:
    files = forger.make()
    for name, shown in (("true\n\x1b[8m", "true\\n\\x1b[8m"), ("\u2028\u202etxt", "\\u2028\\u202etxt"),
                        ("true" + " " * 300, "true")):
        forger.path.write_bytes(zipped(files | {name: b"x"}))
        code, said = ran(forger.path)
        assert code == 1 and said.startswith(f"not named by the manifest: {shown}") and said.count("\n") == 1
    forger.on("manifest", lambda made: made["files"].update({"\ud800": "x"}))
    forger.path.write_bytes(zipped(forger.make()))
    code, said = ran(forger.path, LC_ALL="C", PYTHONIOENCODING="ascii")
    assert code == 1 and "\\ud800" in said and "Traceback" not in said


def test_s12_what_is_no_file_or_too_large_is_a_fault_in_words(forger: Forger, monkeypatch: pytest.MonkeyPatch) -> None:
    assert forger.said(folder=True) == "true"
    folder = forger.path.with_name("folder")
    for put in (lambda place: place.symlink_to("/dev/zero"), lambda place: place.symlink_to("."), os.mkfifo):
        put(folder / "more")
        assert ran(folder) == (1, "the folder holds what is no file: more\n")
        (folder / "more").unlink()
    for name in ("people.json", "manifest.json"):
        (folder / name).unlink()
        (folder / name).mkdir()
        code, said = ran(folder)
        assert code == 1 and "Traceback" not in said
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as pack, pack.open("manifest.json", "w") as sink:
        for _ in range(257):
            sink.write(bytes(1 << 20))
    assert forger.judged(made.getvalue()) == "manifest.json is too large"
    assert ran(forger.path.with_name("none"))[0] == 1


def test_s13_a_forged_signature_is_seen_without_openssl(forger: Forger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    files, other = forger.make(), Forger(forger.path.parent / "other")
    assert forger.said(files) == "true"
    for sig in (other.key.sign(files["manifest.json"]), forger.key.sign(b"x"), "", "MAA=", "MAYCAQACAQA="):
        assert forger.said(files | {"manifest.sig": sig.encode()}) == "the signature of the manifest is false"
    theirs = json.loads(files["seal.json"])
    theirs["seals"][0]["signature"] = other.key.sign(b"x")
    files["seal.json"] = canonical(theirs)
    manifest = json.loads(files["manifest.json"])
    manifest["files"]["seal.json"] = sha256(files["seal.json"]).hexdigest()
    files["manifest.json"] = json.dumps(manifest).encode()
    files["manifest.sig"] = forger.key.sign(files["manifest.json"]).encode()
    assert forger.said(files) == "the signature of seal 1 is false"


def test_s13_signatures_are_judged_as_openssl_judges_them(forger: Forger, tmp_path: Path) -> None:
    public, other = forger.key.public.encode(), Forger(tmp_path / "other").key.public.encode()
    for number in range(20):
        data = b"%d" % number
        signature = forger.key.sign(data)
        assert verifier.is_signed(public, data, signature) and is_signed(public.decode(), data, signature)
        assert not verifier.is_signed(public, data + b" ", signature) and not verifier.is_signed(other, data, signature)
        der = bytearray(base64.b64decode(signature))
        der[number * 3 + 5] ^= 1
        turned = base64.b64encode(der).decode()
        assert verifier.is_signed(public, data, turned) is is_signed(public.decode(), data, turned) is False
    with pytest.raises(verifier.Fault, match="no key of P-256"):
        lines = public.split(b"\n")
        verifier.is_signed(b"\n".join([lines[0], lines[1], lines[2].replace(lines[2][:4], b"AAAA"), lines[3]]), b"", "")


def test_art_3_2_a_content_that_was_removed_does_not_lie_in_the_bundle(forger: Forger) -> None:
    secret, day = b"secret", "2026-11-27T08:00:00+00:00"
    forger.acts[1] = forger.act("done", [attached(2, secret)])
    forger.acts[2] = forger.act("content_removed", [["attachment", 2, {"removed_at": [None, day]}]], acts=0)
    assert forger.said() == "true"
    place = f"files/{sha256(secret).hexdigest()}-mat.pdf"
    forger.files[place] = secret
    assert forger.said() == f"no act has attached {place}"
    forger.acts.append(forger.act("done", [attached(3, secret)]))  # the same bytes, attached again by a row that stands
    assert forger.said() == "true"
    del forger.files[place]
    assert forger.said().endswith("is left out")


def test_art_10_3_one_content_may_have_two_names_one_of_them_signed(forger: Forger) -> None:
    hashed = sha256(SCAN).hexdigest()
    signed = [f"files/{hashed}-{name}.pdf" for name in ("a", "z")]
    forger.acts[1] = forger.act("done", [attached(2, SCAN, "signed")])
    bundle = SimpleNamespace(names=lambda: {NAME, *signed})
    manifest = {"files": dict.fromkeys([NAME, *signed], hashed), "signed": signed[:1]}
    verifier.check_attached(bundle, manifest, forger.acts)
    for named in ([], ["course.pdf"], [*signed, "course.pdf"]):
        with pytest.raises(verifier.Fault, match="signed"):
            verifier.check_attached(bundle, manifest | {"signed": named}, forger.acts)


def test_s12_what_readers_read_differently_is_a_fault(forger: Forger, tmp_path: Path) -> None:
    def fresh() -> Forger:
        return Forger(tmp_path)

    def swap(old: bytes, new: bytes) -> Change:
        return lambda text: text.replace(old, new, 1)  # type: ignore[attr-defined]

    for name, change, said in [
            ("lines", swap(b'"actor_id":', b'"actor_id":9,"actor_id":'), "a name stands twice in an object of act 1"),
            ("lines", swap(b'"number":1', b'"number":1.0'), "act 1 holds the number 1.0"),
            ("lines", swap(b'"number":1', b'"number":NaN'), "act 1 holds the number NaN"),
            ("lines", swap(b'"number":1', b'"number":true'), "act 1 is missing"),
            ("lines", lambda text: text[:-1], "a line of acts.jsonl does not end as it should"),
            ("lines", lambda text: text.replace(b"\n", b"\r\n"), "a line of acts.jsonl does not end as it should"),
            ("lines", lambda text: text + b"\n", "act 4 is no JSON"),
            ("lines", swap(b'{"', b'{"note":"approved","'), "act 1 has other fields"),
            ("text", swap(b'{"', b'{"signed":["x"],"'), "a name stands twice in an object of manifest.json"),
            ("text", swap(b'"version": 4', b'"version": 4.0'), "manifest.json holds the number 4.0"),
            ("text", lambda text: b"\xef\xbb\xbf" + text, "manifest.json is no JSON"),
            ("text", lambda text: text.decode().encode("utf-16"), "manifest.json is no JSON"),
            ("manifest", lambda made: made.update(note="x"), "the manifest has other fields"),
            ("manifest", lambda made: made.update(acts=True), "acts are cut off"),
            ("seal", lambda made: made.update(note="x"), "seal 1 has other fields"),
            ("seal", lambda made: made.update(agency_id=2), "seal 1 is of another agency")]:
        assert fresh().on(name, change).said() == said
    for name in ("readme.txt", "trust/x.pem", "../evil", "/etc/passwd", "releases/" + "0" * 64, f"{NAME}/x", "files/a"):
        forger = fresh()
        forger.files[name] = b"x"
        assert forger.said() == f"no file of a bundle: {name}"


def test_s12_acts_are_dated_in_their_order_and_not_after_the_stamp(forger: Forger, tmp_path: Path) -> None:
    forger.acts[1]["at"], forger.acts[2]["at"] = "2026-11-27T08:09:00+00:00", "2026-11-27T08:00:00+00:00"
    assert forger.said() == "true"  # clocks of two processes
    forger.acts[2]["at"] = "2026-11-27T07:58:00+00:00"
    assert forger.said() == "act 3 is dated before the act that it follows"
    forger.acts[2]["at"] = "2026-11-27T08:58:00"
    assert forger.said() == "the time of act 3 has no zone"


def test_s12_no_act_is_dated_after_the_stamp_over_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime(2026, 11, 27, 8, tzinfo=UTC)
    monkeypatch.setattr(verifier, "stamped_at", lambda folder: at)
    monkeypatch.setattr(verifier, "openssl", lambda *words: (0, ""))
    sealed = {"number": 1, "stamp": "", "hash": "", "at": at.isoformat()}
    verifier.check_stamp(tmp_path, sealed, at + verifier.SKEW)
    with pytest.raises(verifier.Fault, match="an act is dated 2026-11-27 08:10:01"):
        verifier.check_stamp(tmp_path, sealed, at + verifier.SKEW + timedelta(seconds=1))


def test_s12_a_removal_says_how_far_in_whole_numbers() -> None:
    gone = {"number": 1, "input": None, "kind": "done"}
    for said, fault in ((1, ""), (7, ""), (0, "no act has removed it"), (True, "how far"), (1.5, "how far"),
                        ("1", "how far"), (-1, "no act has removed it")):
        acts = [gone, {"number": 2, "kind": "content_removed", "input": json.dumps({"acts": said})}]
        if fault:
            with pytest.raises(verifier.Fault, match=fault):
                verifier.check_removed(acts)
        else:
            verifier.check_removed(acts)
