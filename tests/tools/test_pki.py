"""The demo PKI: what it leaves in its folder, judged by OpenSSL where it can be."""

import stat
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from app.tools import pki

PIN = "246810"
OFFICE = {"code": "H38.01", "name": "Sở Nội vụ tỉnh Lào Cai"}
LONG = {"code": "H38.77", "name": "Ủy ban nhân dân xã Bát Xát, huyện Bát Xát, tỉnh Lào Cai (thị tứ cửa khẩu)"}
LEADER = {"username": "hoa", "full_name": "Trần Thị Hòa", "agency_code": "H38.01", "agency_name": OFFICE["name"],
          "position": "Giám đốc"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki")
    pki.make_demo(folder, [OFFICE], [LEADER], PIN)
    return folder


def _certificate(folder, stem):
    return x509.load_pem_x509_certificate((folder / f"{stem}.pem").read_bytes())


def _value(certificate, oid):
    return [a.value for a in certificate.subject.get_attributes_for_oid(oid)]


def test_a_second_call_adds_what_is_new_and_keeps_what_is_there(folder):
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    pki.make_demo(folder, [OFFICE, LONG], [LEADER], "another pin")
    after = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert {p: after[p] for p in before} == before
    assert {p.name for p in set(after) - set(before)} == {"agency-H38.77.p12", "agency-H38.77.pem"}


def test_a_start_killed_between_certificate_and_key_is_mended(folder):
    (folder / "person-hoa.p12").unlink()
    pki.make_demo(folder, [], [LEADER], PIN)
    key, certificate, _chain = pkcs12.load_key_and_certificates(
        (folder / "person-hoa.p12").read_bytes(), PIN.encode())
    assert key.public_key() == certificate.public_key() == _certificate(folder, "person-hoa").public_key()


def test_secrets_are_for_their_owner_alone(folder):
    secret = [p for p in folder.rglob("*") if p.suffix in (".p12", ".key")]
    assert len(secret) >= 5
    assert {stat.S_IMODE(p.stat().st_mode) for p in secret} == {0o600}


def test_a_key_opens_with_its_pin_only(folder):
    guarded = (folder / "agency-H38.01.p12").read_bytes()
    with pytest.raises(ValueError):
        pkcs12.load_key_and_certificates(guarded, b"000000")
    assert pkcs12.load_key_and_certificates(guarded, PIN.encode())[0].key_size == 2048


def test_every_subject_says_demo(folder):
    found = [x509.load_pem_x509_certificate(p.read_bytes()) for p in folder.rglob("*.pem")]
    assert len(found) >= 5
    for certificate in found:
        assert "DEMO" in certificate.subject.rfc4514_string()


def test_only_an_agency_carries_an_organisation_identifier(folder):
    agency, person = _certificate(folder, "agency-H38.01"), _certificate(folder, "person-hoa")
    assert _value(agency, NameOID.ORGANIZATION_IDENTIFIER) == ["H38.01"]
    assert _value(person, NameOID.ORGANIZATION_IDENTIFIER) == []
    assert _value(person, NameOID.COMMON_NAME) == ["Trần Thị Hòa"]
    assert _value(person, NameOID.ORGANIZATION_NAME) == ["DEMO - Sở Nội vụ tỉnh Lào Cai"]


def test_a_long_name_is_cut_in_the_common_name_and_whole_in_the_organisation():
    subject = pki.agency_subject(LONG["code"], LONG["name"])
    short = subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    whole = subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value
    assert len(short.encode()) <= 64 and short.endswith("…") and LONG["name"].startswith(short[:-1])
    assert whole == f"DEMO - {LONG['name']}"


@pytest.mark.parametrize("name", ["../root", "a/b", "", ".hidden", "x" * 65, "a\0b"])
def test_a_name_that_could_leave_the_folder_is_refused(tmp_path, name):
    with pytest.raises(pki.BadKeyName):
        pki.make_demo(tmp_path, [{"code": name, "name": "x"}], [], PIN)
    assert list(tmp_path.iterdir()) == []


def _openssl(folder, stem):
    lists = folder / "lists.pem"
    lists.write_bytes(b"".join(
        subprocess.run(["openssl", "crl", "-inform", "DER", "-in", str(p)], capture_output=True, check=True).stdout
        for p in sorted(folder.glob("crl/*.crl"))))
    return subprocess.run(
        ["openssl", "verify", "-crl_check_all", "-x509_strict", "-CAfile", str(folder / "trust/root.pem"),
         "-untrusted", str(folder / "chain/issuing.pem"), "-CRLfile", str(lists), str(folder / f"{stem}.pem")],
        capture_output=True, text=True)


def test_openssl_accepts_the_chains_and_sees_a_revocation(tmp_path):
    pki.make_demo(tmp_path, [OFFICE], [LEADER], PIN)
    for stem in ("agency-H38.01", "person-hoa", "tsa"):
        assert _openssl(tmp_path, stem).returncode == 0, stem
    pki.revoke(tmp_path, "person-hoa", datetime.now(UTC) - timedelta(days=1))
    assert "certificate revoked" in _openssl(tmp_path, "person-hoa").stderr
    assert _openssl(tmp_path, "agency-H38.01").returncode == 0


def test_a_chosen_life_is_kept(tmp_path):
    begins = datetime(2025, 1, 2, tzinfo=UTC)
    pki.issue(tmp_path, "person-cu", pki.person_subject("Lý A Cũ", "H38.01", "Sở", "Phó"), PIN, begins,
              begins + timedelta(days=3))
    certificate = _certificate(tmp_path, "person-cu")
    assert certificate.not_valid_before_utc == begins
    assert certificate.not_valid_after_utc == begins + timedelta(days=3)
