"""Art. 3.3, 3.4, 6.3: the verdict over whole files, as the command gives it: a truth table, nothing better than it."""

import io
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import faulty_pki
import pikepdf
import pytest
from click.testing import CliRunner
from PIL import Image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from signing_attacks import (
    ON_THE_FILE,
    appended,
    certificate_swapped,
    grafted,
    last_revision_removed,
)
from signing_world import FOREIGN_SEAL, LEADER, NAME, OFFICE, OTHER, SEAL, elsewhere, make_letter, with_note

from app.cli import cli
from app.regulation.signature_register import RegisterUnreadable, register
from app.regulation.signature_report import report
from app.tools import pki
from app.tools.signing import Signer
from app.tools.signing_trust import Trust, TrustUnreadable
from app.tools.signing_verify import MOST_REVISIONS
from config import Config


@pytest.fixture(scope="module")
def keys(pki_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("faulty") / "pki"
    shutil.copytree(pki_folder, folder)
    faulty_pki.make(folder)
    return folder


@pytest.fixture(scope="module")
def trust(keys, tmp_path_factory):
    return faulty_pki.trust(keys, tmp_path_factory.mktemp("trust"), ["thao", *faulty_pki.FAULTS, "het", "mat", "muon"])


@pytest.fixture(scope="module")
def both(keys, letter):
    """Leader, then agency, as other software signs: no validation data inside."""
    return elsewhere(keys, elsewhere(keys, letter, LEADER), SEAL)


def told(pdf, trust, *, sender=OFFICE, at=None):
    return report(pdf, Trust.given(trust), register(trust), sender=sender, at=at or datetime.now(UTC))


def codes(found):
    return [one["code"] for one in found["reasons"]]


def scan():
    picture, target = io.BytesIO(), io.BytesIO()
    Image.new("L", (827, 1169), 250).save(picture, "PDF", resolution=100)
    with pikepdf.open(picture) as pdf:
        pdf.save(target)
    return target.getvalue()


# --- what is valid


def test_art_3_3_b_leader_then_agency(both, trust):
    found = told(both, trust)
    assert (found["verdict"], found["handling"], codes(found)) == ("3.3.b", "6.3.a", ["valid_b"])
    leader, agency = found["signatures"]
    assert (leader["role"], agency["role"], leader["signer"]) == ("personal", "agency", NAME)
    assert agency["covers_whole_file"] and not leader["covers_whole_file"]
    assert leader["changes_after"] and "signature" in leader["changes_after"] and agency["changes_after"] == []
    for one in (leader, agency):
        facts = one["time_proof"], one["intact"], one["trusted"], one["revocation"]
        assert facts == ("timestamp", True, True, "good")
    assert "Điều 3.3.b" in found["reasons"][0]["message"] and "Art. 3.3.b" in found["reasons"][0]["message_en"]


def test_art_3_3_a_the_agency_alone_on_a_scan_and_on_nothing_else(keys, trust, letter):
    assert told(elsewhere(keys, scan(), SEAL), trust)["verdict"] == "3.3.a"
    assert (lambda f: (f["verdict"], codes(f)))(told(elsewhere(keys, letter, SEAL), trust)) == (
        "incomplete", ["leader_missing"])


def test_the_sender_may_be_known_by_the_register_alone(both, trust, keys):
    assert told(both, trust, sender="")["verdict"] == "3.3.b"
    unknown = report(both, Trust.given(trust), [], sender="", at=datetime.now(UTC))
    assert (unknown["verdict"], codes(unknown)) == ("indeterminate", ["sender_unknown"])
    for name, verdict in ((NAME, "3.3.b"), ("Phạm Văn Chuyên", "incomplete"), ("", "indeterminate")):
        assert report(both, Trust.given(trust), [], sender=OFFICE, signer=name,
                      at=datetime.now(UTC))["verdict"] == verdict


def test_an_agency_is_the_sender_under_its_old_code_too(both, trust):
    """The packet bears the code of before the province renamed the agency, the certificate the new one."""
    known = [replace(one, codes=(*one.codes, "H38.OLD")) if one.codes == (OFFICE,) else one for one in register(trust)]
    verdicts = [report(both, Trust.given(trust), given, sender="h38.old", at=datetime.now(UTC))["verdict"]
                for given in (known, register(trust))]
    assert verdicts == ["3.3.b", "invalid"]


def test_validation_data_and_unseen_time_stamps_of_the_document_may_follow(issued, keys, trust):
    """PAdES B-LT and B-LTA."""
    found = told(issued, trust)
    assert found["verdict"] == "3.3.b" and found["signatures"][-1]["covers_whole_file"]
    after = found["signatures"][-1]["changes_after"]
    assert "validation_data" in after and "content" not in after, "proofs are no words of the page"
    archived = io.BytesIO(issued)
    PdfTimeStamper(Signer(keys).prover.time_stamper()).timestamp_pdf(
        IncrementalPdfFileWriter(archived), "sha256", validation_context=None, in_place=True)
    found = told(archived.getvalue(), trust)
    assert found["verdict"] == "3.3.b" and "timestamp" in found["signatures"][-1]["changes_after"]
    assert told(with_note(archived.getvalue()), trust)["verdict"] == "invalid"


# --- who signed, in which order


def test_art_6_3_who_signs_what(keys, letter, both, trust):
    table = [
        (letter, "unsigned", "unsigned"), (elsewhere(keys, letter, LEADER), "incomplete", "agency_missing"),
        (elsewhere(keys, elsewhere(keys, letter, SEAL), LEADER), "invalid", "agency_not_last"),
        (elsewhere(keys, elsewhere(keys, letter, LEADER), FOREIGN_SEAL), "invalid", "other_agency"),
        (elsewhere(keys, elsewhere(keys, letter, "person:chuyen"), SEAL), "incomplete", "not_leader"),
        (last_revision_removed(both), "incomplete", "agency_missing")]
    for pdf, verdict, why in table:
        found = told(pdf, trust)
        assert (found["verdict"], found["handling"]) == (verdict, "6.3.b") and why in codes(found), why
    assert told(both, trust, sender=OTHER)["verdict"] == "invalid"


def test_a_certificate_in_the_agencys_name_counts_only_when_it_is_registered(keys, letter, trust, tmp_path):
    now = datetime.now(UTC)
    copied = tmp_path / "keys"
    shutil.copytree(keys, copied)
    pki.issue(copied, f"agency-{OFFICE}", pki.agency_subject(OFFICE, "Sở Nội vụ tỉnh Lào Cai"), "135790",
              now - timedelta(days=9), now + timedelta(days=9))
    found = told(elsewhere(copied, elsewhere(copied, letter, LEADER), SEAL), trust)
    assert (found["verdict"], codes(found)) == ("indeterminate", ["agency_not_registered"])


# --- attacks


@pytest.mark.parametrize("attack", ON_THE_FILE)
def test_nd_30_21_2_a_no_attack_on_the_file_looks_better_than_it_is(both, trust, attack):
    attacked = ON_THE_FILE[attack](both)
    found = told(attacked, trust)
    assert attacked != both
    # a forged signature that no reader takes for one leaves the leader's: not signed by the agency
    assert found["verdict"] == "invalid" or (found["verdict"], attack[:17]) == ("incomplete", "universal_forgery")
    assert found["handling"] == "6.3.b" and found["reasons"][0]["message"]


def test_content_that_was_replaced_before_signing_does_not_come_back(keys, trust, letter):
    """Shadow, hide and replace: both versions lie in the signed bytes; a table after the signature names the other."""
    with pikepdf.open(io.BytesIO(letter)) as pdf:
        contents = pdf.pages[0].obj.Contents
        first = (contents[0] if isinstance(contents, pikepdf.Array) else contents).objgen[0]
    old = letter.index(b"%d 0 obj" % first)
    shown = appended(letter, {first: b"<</Length 0>>\nstream\n\nendstream"})
    signed = elsewhere(keys, elsewhere(keys, shown, LEADER), SEAL)
    assert told(signed, trust)["verdict"] == "3.3.b"
    found = told(appended(signed, {first: old}), trust)
    assert (found["verdict"], found["reasons"][0]["code"]) == ("invalid", "changed_after")


def test_a_graft_and_a_swapped_certificate_are_invalid(keys, both, trust):
    other = elsewhere(keys, elsewhere(keys, make_letter([[(90, 700, "Khác")]]), LEADER), SEAL)
    assert told(grafted(both, other), trust)["verdict"] == "invalid"
    assert told(certificate_swapped(both, faulty_pki.der(keys, f"agency-{OTHER}")), trust)["verdict"] == "invalid"


# --- certificates (NĐ 68/2024 Art. 31, 32; NĐ 23/2025 Art. 16)


@pytest.mark.parametrize(("leader", "why"), [
    ("server", "purpose"), ("stamper", "purpose"), ("encipher", "purpose"), ("authority", "purpose"), ("weak", "weak"),
    ("orphan", "untrusted"), ("lookalike", "untrusted"), ("stranger", "untrusted"), ("het", "expired"),
    ("mat", "revoked")])
def test_nd_68_a_faulty_certificate_is_never_valid(keys, trust, letter, leader, why):
    found = told(elsewhere(keys, elsewhere(keys, letter, f"person:{leader}"), SEAL), trust)
    assert (found["verdict"], found["handling"]) == ("invalid", "6.3.b") and why in codes(found)


def test_a_certificate_for_mail_signs_documents(keys, trust, letter):
    assert told(elsewhere(keys, elsewhere(keys, letter, "person:mail"), SEAL), trust)["verdict"] == "3.3.b"


def test_nd_23_16_a_revocation_after_the_proven_time_takes_nothing_away(keys, letter, tmp_path):
    copied = tmp_path / "keys"
    shutil.copytree(keys, copied)
    signed = elsewhere(copied, elsewhere(copied, letter, "person:muon"), SEAL)
    pki.revoke(copied, "person-muon", datetime.now(UTC) + timedelta(hours=1))
    trust = faulty_pki.trust(copied, tmp_path / "trust", ["muon"])
    assert told(signed, trust)["verdict"] == "3.3.b"
    unstamped = elsewhere(copied, elsewhere(copied, letter, "person:muon", stamped=False), SEAL)
    found = told(unstamped, trust, at=datetime.now(UTC) + timedelta(hours=2))
    assert found["verdict"] == "invalid" and "revoked" in codes(found)


def test_what_cannot_be_proven_is_indeterminate(keys, letter, both, tmp_path):
    found = told(both, faulty_pki.trust(keys, tmp_path / "bare", ["thao"], without=["crl"]))
    assert found["verdict"] == "indeterminate" and "revocation_unknown" in codes(found)
    assert {one["revocation"] for one in found["signatures"]} == {"unknown"}
    unstamped = elsewhere(keys, elsewhere(keys, letter, LEADER, stamped=False), SEAL)
    whole = faulty_pki.trust(keys, tmp_path / "whole", ["thao"])
    assert (lambda f: (f["verdict"], codes(f)))(told(unstamped, whole)) == ("indeterminate", ["time_unproven"])


def test_a_time_stamping_authority_is_believed_about_time_and_nothing_else(keys, letter, tmp_path):
    """The authorities of `tsa/` may stand under a root of their own; that root makes no signer trusted."""
    foreign = tmp_path / "foreign"
    pki.make_demo(foreign, [], [{"username": "la", "full_name": NAME, "agency_code": OFFICE, "agency_name": "Sở",
                                 "position": "Giám đốc"}], "135790")
    trust, copied = faulty_pki.trust(keys, tmp_path / "trust", ["thao"]), tmp_path / "keys"
    shutil.copytree(keys, copied)
    for name in ("tsa.pem", "tsa.key"):
        shutil.copy(foreign / name, copied / name)
    signed = elsewhere(copied, elsewhere(copied, letter, LEADER), SEAL)
    assert "time_untrusted" in codes(told(signed, trust))
    (trust / "tsa").mkdir()
    shutil.copy(foreign / "tsa.pem", trust / "tsa/stamping.pem")
    assert told(signed, trust)["verdict"] == "3.3.b"
    by_stranger = elsewhere(foreign, letter, "person:la")
    assert "untrusted" in codes(told(by_stranger, trust))


# --- limits, settings, the command


def test_s7_what_is_no_signed_pdf_is_refused_with_a_reason(both, trust):
    endings = b"\nstartxref\n0\n%%EOF" * (MOST_REVISIONS + 1)
    for data, why in ((b"", "unreadable"), (b"no pdf", "unreadable"), (both + endings, "too_many_revisions"),
                      (both[: len(both) // 2], None)):
        found = told(data, trust)
        assert found["handling"] == "6.3.b" and found["verdict"] in ("invalid", "incomplete", "unsigned")
        assert why is None or codes(found) == [why]


def test_nd_23_16_a_check_at_a_day_to_come_says_so_beside_its_verdict(both, trust):
    now = datetime.now(UTC)
    assert "moment_ahead" not in codes(told(both, trust, at=now)) + codes(told(both, trust, at=now - timedelta(days=1)))
    ahead = told(both, trust, at=now + timedelta(days=2))
    assert (ahead["verdict"], ahead["reasons"][-1]["code"]) == ("3.3.b", "moment_ahead")
    for pdf in (b"no pdf", scan()):
        assert codes(told(pdf, trust, at=now + timedelta(days=2)))[-1] == "moment_ahead"
    said = ahead["reasons"][-1]
    assert "chưa đến" in said["message"] and "ahead of now" in said["message_en"]


def command(*arguments):
    return CliRunner().invoke(cli, ["signature", "verify", *map(str, arguments)])


def test_the_command_gives_the_verdict_offline_and_says_what_is_wrong_with_settings(both, trust, tmp_path):
    file, empty = tmp_path / "a.pdf", tmp_path / "empty"
    file.write_bytes(both)
    empty.mkdir()
    done = command(file, "--trust", trust, "--sender", OFFICE, "--json")
    assert done.exit_code == 0 and json.loads(done.output)["verdict"] == "3.3.b"
    for moment in ("hôm qua", "0001-01-01", "1999-12-31", "9999-12-31T23:59:59Z"):
        assert command(file, "--trust", trust, "--at", moment).exit_code == 2
    assert command(file, "--trust", trust, "--at", "2100-12-31T23:59:59Z").exit_code == 0
    assert command(file, "--trust", empty).exit_code == 1
    done = command(file, "--trust", empty, "--json")
    error = json.loads(done.output)["error"]
    assert done.exit_code == 1 and error["code"] == "roots_missing" and "ignored" not in error["facts"]
    assert error["message_en"].isascii() and error["facts"]["file"] == str(empty / "roots") in error["message"]
    with pytest.raises(TrustUnreadable):
        Trust.given(empty)
    for name in ("roots", "intermediates"):  # a name that is off by a letter
        folder = shutil.copytree(trust, tmp_path / f"no-{name}")
        (folder / name).rename(folder / name[:-1])
        done = command(file, "--trust", folder, "--sender", OFFICE)
        assert f"{name[:-1]}/" in done.output and (done.exit_code == 1) == (f"{folder}/roots" in done.output)


def test_nd_68_31_a_moment_before_a_certificates_life_and_one_without_a_zone_is_vietnams(both, trust, tmp_path):
    (tmp_path / "a.pdf").write_bytes(both)
    found = told(both, trust, at=datetime.now(UTC) - timedelta(days=4000))
    assert found["verdict"] == "invalid" and "expired" not in codes(found)
    said = next(one for one in found["reasons"] if one["code"] == "not_yet_valid")
    assert "chưa" in said["message"] and "not begun" in said["message_en"]
    assert {one["indication"] for one in found["signatures"]} == {"TOTAL-FAILED (NOT_YET_VALID)"}
    for given in ("2100-12-31", "2100-12-31T08:00"):
        one, other = (json.loads(command(tmp_path / "a.pdf", "--trust", trust, "--json", "--at", at).output)["reasons"]
                      for at in (given, f"{given}{'' if 'T' in given else 'T00:00'}+07:00"))
        assert one == other and "+07:00" in one[-1]["message"], one


def test_a_root_may_be_der_and_what_is_no_certificate_by_its_name_is_left_out(both, trust, tmp_path):
    (tmp_path / "a.pdf").write_bytes(both)
    folder = shutil.copytree(trust, tmp_path / "trust")
    root = faulty_pki.x509.load_pem_x509_certificate((folder / "roots/root.pem").read_bytes())
    (folder / "roots/root.pem").unlink()
    (folder / "roots/root.cer").write_bytes(root.public_bytes(faulty_pki.Encoding.DER))
    (folder / "roots/README").write_text("Gốc")
    found = json.loads(command(tmp_path / "a.pdf", "--trust", folder, "--json").output)
    assert (found["verdict"], found["ignored"]) == ("3.3.b", ["roots/README"])
    assert "ignored: roots/README" in command(tmp_path / "a.pdf", "--trust", folder).output
    (folder / "roots/broken.der").write_bytes(root.public_bytes(faulty_pki.Encoding.DER)[:-9])
    with pytest.raises(TrustUnreadable):
        Trust.given(folder)


def test_the_command_says_nothing_beside_the_verdict(both, trust, tmp_path):
    (tmp_path / "a.pdf").write_bytes(both)
    done = subprocess.run([sys.executable, "-m", "app.cli", "signature", "verify", str(tmp_path / "a.pdf"), "--trust",
                           str(trust)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("3.3.b -> 6.3.a\n  valid_b: ") and done.stderr == ""


def test_s7_a_file_beyond_the_limit_is_not_even_read(trust, tmp_path):
    file = tmp_path / "large.pdf"
    with file.open("wb") as handle:
        handle.truncate(Config().max_upload_bytes + 1)
    found = json.loads(command(file, "--trust", trust, "--json").output)
    assert (found["verdict"], codes(found)) == ("invalid", ["too_large"])


@pytest.mark.parametrize("text", ["{", "[{}]", '[{"code": "A", "agency_certificates": ["../../etc/passwd"]}]',
                                  '[{"code": "A", "agency_certificates": ["nothing.pem"]}]', "[" * 9000, "",
                                  '[{"code": "A", "agency_certificates": ["a\\u0000.pem"]}]',
                                  '[{"code": "A", "agency_certificates": ["%s.pem"]}]' % ("a" * 5000)])
def test_a_register_that_cannot_be_read_is_told(tmp_path, text):
    (tmp_path / "register.json").write_text(text)
    with pytest.raises(RegisterUnreadable):
        register(tmp_path)


def test_a_register_that_is_a_folder_is_told_and_one_with_a_mark_of_its_coding_is_read(tmp_path):
    (tmp_path / "register.json").mkdir()
    with pytest.raises(RegisterUnreadable):
        register(tmp_path)
    (tmp_path / "register.json").rmdir()
    (tmp_path / "register.json").write_text('[{"code": "A"}]', "utf-8-sig")
    assert [one.codes for one in register(tmp_path)] == [("A",)]


def test_art_3_3_rows_of_one_agency_count_together(tmp_path):
    """An empty row does not silence the one that names its certificate."""
    mark = "a" * 64
    (tmp_path / "register.json").write_text(json.dumps([
        {"code": "A"}, {"code": " a ", "name": "Sở A", "agency_certificates": [mark], "other_codes": ["A.1"]},
        {"code": "B"}]))
    first, second = register(tmp_path)
    assert (first.codes, first.name, [one.fingerprint for one in first.certificates]) == (("A", "A.1"), "Sở A", [mark])
    assert (second.codes, second.certificates) == (("B",), None)


def test_a_register_may_name_fingerprints(keys, tmp_path):
    given = [{"code": "A", "agency_certificates": [faulty_pki.fingerprint(keys, f"agency-{OFFICE}")],
              "other_codes": ["B"]}]
    (tmp_path / "register.json").write_text(json.dumps(given))
    assert register(tmp_path)[0].codes == ("A", "B")
    assert [one.fingerprint for one in register(tmp_path)[0].certificates] == [
        faulty_pki.fingerprint(keys, f"agency-{OFFICE}").replace(":", "").lower()]
