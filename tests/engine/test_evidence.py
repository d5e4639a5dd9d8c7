"""A bundle proves itself where the product has never been: an empty folder, Python's standard library, openssl."""

import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from app import audit, worker
from app.db import db
from app.engine import evidence, reading
from app.records import bundle_verifier, history, seal
from app.records.document import Document
from app.records.history import GENESIS, canonical, digest
from app.regulation.assignment import urge
from app.regulation.incoming import cancel_number
from app.regulation.outgoing import preserve
from app.tools.sealing import Sealer
from app.tools.signing_proof import TimestampUnavailable
from tests.steps import Office, quick


@pytest.fixture
def office(world: Any) -> Office:
    quick(world.app)
    return Office(world.app)


def bundle(office: Office, document_id: int) -> bytes:
    made = io.BytesIO()
    with office.inside():
        evidence.write(db.session.get_one(Document, document_id), office.app.extensions["tools"], datetime.now(UTC),
                       made)
    return made.getvalue()


def unpack(data: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        pack.extractall(folder)
    return folder


def verify(folder: Path, *more: str, path: str = "/usr/bin:/bin") -> tuple[int, str]:
    """As a stranger runs it: isolated, no site packages, nothing of ours on the path."""
    ran = subprocess.run([sys.executable, "-I", "-S", "verify.py", *more], cwd=folder, capture_output=True, text=True,
                         env={"PATH": path}, check=False)
    return ran.returncode, ran.stdout.strip() + ran.stderr.strip()


def trusted(office: Office, folder: Path) -> str:
    """What an auditor has had from the installation: the folder."""
    assert audit.put_trust(office.app, folder / "trust") == sha256((folder / "trust/seal.pem").read_bytes()).hexdigest()
    assert (folder / "trust/verify.py").read_bytes() == Path(evidence.verifier.__file__).read_bytes()
    return str(folder / "trust")


def second(data: bytes, folder: Path, *trust: str) -> tuple[int, str]:
    """Another verifier in another language, written from FORMAT.md."""
    (folder / "second.zip").write_bytes(data)
    program = Path(__file__).with_name("second_verifier.mjs")
    ran = subprocess.run(["node", program, folder / "second.zip", *trust], capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout.strip() + ran.stderr.strip()


def packed(folder: Path) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as pack:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                pack.write(path, path.relative_to(folder).as_posix())
    return target.getvalue()


def test_art_10_3_the_bundle_of_a_signed_document_proves_itself(office: Office, tmp_path: Path) -> None:
    written = office.begin()
    office.approved(written)
    office.sign(written)
    office.seal(written)
    with office.inside():
        preserve.preserve(office.app.extensions["tools"], written, office.user("vanthu"), datetime.now(UTC))
    data = bundle(office, written)
    (tmp_path / "zip").mkdir()
    folder = unpack(data, tmp_path / "all")
    shutil.copy(folder / "verify.py", tmp_path / "zip")
    (tmp_path / "zip" / "bundle.zip").write_bytes(data)
    trust = trusted(office, tmp_path)
    assert verify(folder, "--trust", trust) == (0, "true")
    assert verify(tmp_path / "zip", "bundle.zip", "--trust", trust) == (0, "true")
    assert second(data, tmp_path, trust) == (0, "true")
    manifest = json.loads(whole := (folder / "manifest.json").read_text())
    assert len(manifest["signed"]) == 3 and manifest["releases"] and (folder / "course.pdf").read_bytes()[:4] == b"%PDF"
    names = manifest["signed"]
    for name in names:
        (folder / "manifest.json").write_text(json.dumps(manifest | {"signed": [one for one in names if one != name]}))
        assert "is not named as signed" in verify(folder)[1] and second(packed(folder), tmp_path)[0] == 1
    (folder / "manifest.json").write_text(whole)
    _stamps_are_judged(max((folder / name for name in names), key=lambda one: one.stat().st_size), tmp_path)
    assert verify(folder, "--trust", trust, path="/nowhere") == (
        0, "true\nno time stamp and no signature in a PDF was checked: openssl is not here")


def _stamps_are_judged(preserved: Path, folder: Path) -> None:
    """The archive time stamp of a file that bears one is over its bytes."""
    trust, work = folder / "trust", folder / "work"
    work.mkdir()
    for name in ("roots.pem", "chain.pem"):
        shutil.copy(trust / name, work)
    data = preserved.read_bytes()
    assert data.count(b"/ETSI.RFC3161") == 1
    bundle_verifier.check_pdf(data, "a.pdf", work)
    last = data.rindex(b"/ETSI.RFC3161")
    with pytest.raises(bundle_verifier.Fault, match="a time stamp of a.pdf is false"):
        bundle_verifier.check_pdf(data[:last] + b"/ETSI.RFC3162" + data[last + 13:], "a.pdf", work)
    with pytest.raises(bundle_verifier.Fault, match="a.pdf bears no signature"):
        bundle_verifier.check_pdf(data[:data.index(b"/ByteRange")], "a.pdf", work)


def alter(folder: Path, name: str, change: Any, *, is_named: bool = True) -> None:
    """Change a file, put one in or, with None, leave it out; and the manifest with it, as a forger would."""
    path, manifest = folder / name, json.loads((folder / "manifest.json").read_text())
    if change is None:
        path.unlink()
        del manifest["files"][name]
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(change(path.read_bytes() if path.exists() else b""))
        manifest["files"][name] = sha256(path.read_bytes()).hexdigest()
    if is_named:
        (folder / "manifest.json").write_text(json.dumps(manifest))


def swap(one: bytes, other: bytes) -> Any:
    def change(data: bytes) -> bytes:
        assert one in data
        return data.replace(one, other, 1)

    return change


def without(*names: str, only: int = 0) -> Any:
    """Acts that lack some of their content: all, or the one of this number."""
    def change(data: bytes) -> bytes:
        acts = [json.loads(line) for line in data.split(b"\n") if line]
        lost = [act | dict.fromkeys(names) if act["number"] == only or not only else act for act in acts]
        return b"".join(json.dumps(act, ensure_ascii=False).encode() + b"\n" for act in lost)

    return change


def test_s12_what_a_forger_changes_in_a_bundle_is_the_first_fault(office: Office, tmp_path: Path) -> None:
    letter = office.take_in()
    office.verify(letter, subject="Về việc góp ý\u2028dự thảo")  # no end of a line but to some
    whole = unpack(bundle(office, letter), tmp_path / "whole")
    trust = trusted(office, tmp_path)
    assert verify(whole, "--trust", trust) == (0, "true")
    assert second(packed(whole), tmp_path) == (0, "true")
    drop = lambda data: b"\n".join(data.split(b"\n")[:-2]) + b"\n"  # noqa: E731
    other = json.dumps({"a": 1}).encode()
    scan, release = (min(path.relative_to(whole).as_posix() for path in (whole / name).iterdir())
                     for name in ("files", "releases"))
    forged = [
        ("acts.jsonl", swap(b'"kind":"task_completed"', b'"kind":"sent_back"'), True, "was changed"),
        ("acts.jsonl", swap(b'"previous_hash":"', b'"previous_hash":"f'), True, "does not follow"),
        ("acts.jsonl", swap(b"receive_paper", b"receive_Paper"), False, "acts.jsonl was changed"),
        ("acts.jsonl", drop, True, "acts are cut off"),
        ("acts.jsonl", lambda data: b"\n".join([*data.split(b"\n")[-2::-1], b""]), True, "act 1 is missing"),
        ("acts.jsonl", swap(b'"at":"20', b'"at":"19'), True, "act 1 was changed"),
        ("acts.jsonl", swap("góp ý".encode(), b"gop y"), True, "of act"),
        ("acts.jsonl", without("changes"), True, "only a part of the content of act 1"),
        ("acts.jsonl", without("changes", only=3), True, "only a part of the content of act 3"),
        ("acts.jsonl", without("input", only=2), True, "only a part of the content of act 2"),
        ("acts.jsonl", without("input", "changes", only=2), True, "content of act 2 is gone"),
        (scan, lambda _: b"%PDF-1.7 another scan", True, "is not the file that it is named after"),
        (f"files/{'0' * 64}-them.pdf", lambda _: b"x", True, "is not the file that it is named after"),
        (f"files/{sha256(b'x').hexdigest()}-them.pdf", lambda _: b"x", True, "no act has attached"),
        (scan, None, True, "is left out"),
        (release, lambda data: data + b" ", True, "of release"),
        ("seal.json", swap(b'"root":"', b'"root":"0'), True, "not under the seal's root"),
        ("seal.json", swap(b'"signature":"ME', b'"signature":"MF'), True, "signature of seal"),
        ("seal.json", lambda data: re.sub(rb'"stamp":"[^"]+"', b'"stamp":""', data), True, "bears a time stamp"),
        ("course.pdf", lambda data: data + b" ", False, "course.pdf was changed"),
        ("people.json", lambda data: data + b" ", True, "signature of the manifest"),
        ("trust/seal.pem", lambda _: other, True, "another key"),
    ]
    for name, change, is_named, said in forged:
        folder = tmp_path / "forged"
        shutil.copytree(whole, folder)
        alter(folder, name, change, is_named=is_named)
        code, words = verify(folder)
        assert code == 1 and said in words, (name, words)
        code, others = second(packed(folder), tmp_path)
        assert code == 1 and "not readable" not in others, (name, others)
        shutil.rmtree(folder)
    manifest = (whole / "manifest.json").read_text()
    assert '"made_at": "20' in manifest
    (whole / "manifest.json").write_text(manifest.replace('"made_at": "20', '"made_at": "19'))
    assert "signature of the manifest" in verify(whole)[1] and "not signed" in second(packed(whole), tmp_path)[1]
    (whole / "manifest.json").write_text(manifest)
    (whole / "them.txt").write_text("x")
    assert "not named" in verify(whole)[1]


def forge(folder: Path, forger: Sealer) -> None:
    """Another history by a key of the forger's own: acts chained anew, one seal of one leaf, all of it signed."""
    acts, previous = [json.loads(line) for line in (folder / "acts.jsonl").read_bytes().split(b"\n") if line], GENESIS
    for act in acts:
        act |= {"actor_id": 1, "previous_hash": previous}
        act["hash"] = previous = digest({name: act[name] for name in evidence.verifier.COVERED})
    leaf = {name: acts[-1][name] for name in ("subject", "number", "hash")}
    made = {"agency_id": acts[0]["agency_id"], "number": 1, "at": acts[-1]["at"], "last_act_id": 9, "leaves": 1,
            "root": seal.root_of([seal.leaf_hash(*leaf.values())]), "previous_hash": GENESIS, "key_id": forger.key_id}
    made |= {"hash": digest(made), "signature": forger.sign(canonical(made)), "stamp": ""}
    for name, data in (("acts.jsonl", b"".join(canonical(act) + b"\n" for act in acts)),
                       ("seal.json", canonical({"leaf": leaf, "proof": [], "seals": [made]})),
                       ("trust/seal.pem", forger.public.encode())):
        alter(folder, name, lambda _, data=data: data)
    (folder / "manifest.sig").write_text(forger.sign((folder / "manifest.json").read_bytes()))


def test_s13_a_bundle_forged_whole_is_of_another_key_than_the_installations(office: Office, tmp_path: Path) -> None:
    folder, trust = unpack(bundle(office, office.take_in()), tmp_path / "all"), trusted(office, tmp_path)
    own = sha256((folder / "trust/seal.pem").read_bytes()).hexdigest()
    code, said = verify(folder)
    assert code == 0 and said.startswith("true\nby the bundle's own trust/") and own in said
    forger = Sealer(tmp_path / "forger", lambda _: b"", tmp_path, tmp_path)
    forge(folder, forger)
    assert verify(folder) == (1, "no seal bears a time stamp (--allow-unstamped)")
    code, said = verify(folder, "--allow-unstamped")
    assert code == 0 and "unstamped: " in said and forger.key_id in said and own not in said
    assert verify(folder, "--allow-unstamped", "--trust", trust) == (1, "seal 1 is of another key")
    assert "no seal is stamped" in second(packed(folder), tmp_path)[1]
    (Path(trust) / "seal.pem").unlink()
    assert verify(folder, "--trust", trust) == (1, "seal.pem is not in the folder of --trust")


def test_art_3_2_a_bundle_of_removed_content_is_still_whole(office: Office, tmp_path: Path) -> None:
    removed = office.take_in()
    office.verify(removed, decision="not_entered", reason="Văn bản mật")
    worker.run_due(office.app)
    folder = unpack(bundle(office, removed), tmp_path / "all")
    trust = trusted(office, tmp_path)
    assert verify(folder, "--trust", trust) == second(packed(folder), tmp_path, trust) == (0, "true")
    lines = [json.loads(line) for line in (folder / "acts.jsonl").read_text().splitlines()]
    assert lines[0]["input"] is None and lines[-1]["kind"] == "content_removed"
    assert json.loads(lines[-1]["input"])["acts"] == len(lines) - 1
    for name, change, said, others in (
            ("acts.jsonl", without("input", "changes"), f"content of act {len(lines)} is gone", "not what was done"),
            (f"files/{sha256(b'x').hexdigest()}-them.pdf", lambda _: b"x", "no act has attached", "was put in")):
        shutil.copytree(folder, tmp_path / "forged")
        alter(tmp_path / "forged", name, change)
        assert said in verify(tmp_path / "forged")[1]
        assert others in second(packed(tmp_path / "forged"), tmp_path)[1]
        shutil.rmtree(tmp_path / "forged")
    kept = [line | {"input": None, "changes": None} if n == 0 else line for n, line in enumerate(lines[:-1])]
    alter(folder, "acts.jsonl", lambda _: b"".join(json.dumps(line).encode() + b"\n" for line in kept))
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"acts": len(kept)}))
    assert "no act has removed it" in verify(folder)[1]
    assert "is not what was done" in second(packed(folder), tmp_path)[1]


def test_the_control_slip_says_what_the_system_did(office: Office) -> None:
    """A step of the system has no person's name alone, though a person's act led to it."""
    written = office.begin()
    office.approved(written)
    with office.inside():
        made = evidence.slip(db.session.get(Document, written), history.course(f"document:{written}"))
    with zipfile.ZipFile(io.BytesIO(made)) as pack:
        assert "Hệ thống (do " in pack.read("word/document.xml").decode()


def test_art_10_3_the_control_slip_says_who_of_above_read_what_and_what_a_word_of_a_person_did(office: Office) -> None:
    letter = office.take_in()
    office.verify(letter)
    with office.inside():
        cancel_number.cancel(letter, office.user("vanthu"), "Đã đăng ký bản giấy", datetime.now(UTC))
    office.verify(letter)
    office.assign(letter)
    with office.inside():
        urge.urge(letter, office.user("lanhdao"), "Sắp đến hạn", datetime.now(UTC))
        reading.note_above(letter, office.agency_id, {"by": "Phùng Quốc Bảo", "by_agency": "UBND tỉnh", "grant": 1},
                           "history", datetime.now(UTC))
        db.session.commit()
        told, clerk = office.user("chuyenvien").full_name, office.user("vanthu").full_name
    with office.inside():
        made = evidence.slip(db.session.get(Document, letter), history.course(f"document:{letter}"))
    with zipfile.ZipFile(io.BytesIO(made)) as pack:
        text = pack.read("word/document.xml").decode()
    rows = [re.findall(r"<w:t[^>]*>([^<]*)</w:t>", row) for row in text.split("<w:tr>")[2:] or text.split("<w:tr ")[2:]]
    by = {row[4]: row for row in rows}
    assert by["Nhận thông báo"][2:4] == [clerk, "Văn thư hủy số đến"]
    assert by["Đọc văn bản"][2:4] == ["Phùng Quốc Bảo (UBND tỉnh)", "Lịch sử"]
    assert by["Đôn đốc"][3] == told and "number_cancelled" not in text
    assert all(row[3] for row in rows)


def test_a_bundle_can_be_made_while_others_act(office: Office, tmp_path: Path) -> None:
    """What was sealed long ago, and moved since, is sealed anew."""
    letter = office.take_in()
    trust = trusted(office, tmp_path)
    assert verify(unpack(bundle(office, letter), tmp_path / "one"), "--trust", trust) == (0, "true")
    office.verify(letter)
    assert verify(unpack(bundle(office, letter), tmp_path / "two"), "--trust", trust) == (0, "true")


def test_a_bundle_holds_seals_up_to_the_first_that_is_stamped(office: Office, tmp_path: Path) -> None:
    """Not all those of the years since; the authority was away twice."""
    letter, (sealer, now) = office.take_in(), (office.app.extensions["tools"].sealer, datetime.now(UTC))
    stamp = sealer._stamp

    def away(_digest: bytes) -> bytes:
        raise TimestampUnavailable()

    with office.inside():
        for day, stamps in enumerate([away, away, stamp, stamp, stamp]):
            sealer._stamp = stamps
            # the first stamp is of today
            assert seal.take(office.agency_id, sealer, now + timedelta(days=2 * (day - 2)))
    data = bundle(office, letter)
    folder = unpack(data, tmp_path / "all")
    seals = json.loads((folder / "seal.json").read_text())["seals"]
    assert [(one["number"], bool(one["stamp"])) for one in seals] == [(1, False), (2, False), (3, True)]
    trust = trusted(office, tmp_path)
    assert second(data, tmp_path, trust) == (0, "true")
    assert verify(folder, "--trust", trust) == (0, "true\nseal 1 is unstamped; seal 3, chained to it, is stamped")
    alter(folder, "seal.json", lambda text: json.dumps(json.loads(text) | {"seals": [seals[0], seals[2]]}).encode())
    assert "does not follow" in verify(folder)[1] and "does not follow" in second(packed(folder), tmp_path)[1]


def test_s12_a_seal_of_another_day_than_its_stamp_is_found(office: Office, tmp_path: Path) -> None:
    letter, sealer = office.take_in(), office.app.extensions["tools"].sealer
    with office.inside():
        assert seal.take(office.agency_id, sealer, datetime.now(UTC) - timedelta(days=365))
    code, said = verify(unpack(bundle(office, letter), tmp_path / "all"), "--trust", trusted(office, tmp_path))
    assert code == 1 and said.startswith("the time stamp of seal 1 is of another time: 20")


def test_s12_a_bit_turned_in_the_zip_is_seen_unless_it_is_of_no_content(tmp_path: Path) -> None:
    """FORMAT.md: times, versions, attributes and spare bits of a zip are no part of what a bundle says."""
    made, place = io.BytesIO(), tmp_path / "bundle.zip"
    texts = {name: sha256(name.encode()).hexdigest().encode() for name in ("manifest.json", "acts.jsonl")}
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, text in texts.items():
            with pack.open(evidence._entry(name), "w", force_zip64=True) as sink:
                sink.write(text)
        held = {offset for one in pack.infolist() for start in [one.header_offset + 30 + len(one.filename) + 20]
                for offset in range(start, start + one.compress_size)}
    whole, unseen = made.getvalue(), []
    for bit in range(len(whole) * 8):
        turned = bytearray(whole)
        turned[bit // 8] ^= 1 << bit % 8
        place.write_bytes(turned)
        try:
            read = evidence.verifier.Bundle(place)
            same = {name: read.read(name) for name in read.names()} == texts
        except (evidence.verifier.Fault, zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, OSError):
            continue
        unseen += [bit // 8] if same else []
    assert unseen and sum(offset in held for offset in unseen) < 16 * len(texts), "in what is deflated only spare bits"
