"""The verifier of a bundle against forgers: small bundles made by hand, told by a key of their own, without a database."""

import io
import json
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from app.records import bundle_verifier as verifier
from app.records import seal
from app.records.history import GENESIS, canonical
from app.tools.sealing import Sealer

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
        self.files = {name: b"{}" for name in verifier.ALWAYS} | {NAME: SCAN, "trust/seal.pem": self.key.public.encode()}
        self.manifest: dict[str, Any] = {"format": "qlvb-history", "version": 4, "subject": "document:1", "releases": {},
                                         "signed": [], "agency": "Sở", "made_at": "2026-11-27T09:00:00+00:00"}

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


def zipped(files: dict[str, bytes]) -> bytes:
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
    assert forger.said({name: data for name, data in whole.items() if name != "verify.py"}) == "verify.py cannot be read"
    for name in verifier.ALWAYS - {"acts.jsonl", "seal.json"}:
        short = Forger(forger.path.parent)
        del short.files[name]
        assert short.said() == f"{name} is left out"


def test_s13_a_bundle_of_an_earlier_version_is_refused_in_words(forger: Forger) -> None:
    assert "have it made anew" in forger.on("manifest", lambda made: made.update(version=3)).said()
