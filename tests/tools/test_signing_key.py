"""The ways of signing, and what makes a signature lasting: real tokens, real authorities (NĐ 68/2024 Art. 29)."""

import base64
import io
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import softhsm
from asn1crypto import pem
from authorities import running
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import AuthorityInformationAccessOID
from pkcs11 import TokenFlag, exceptions
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore
from signing_world import LABEL, LEADER, NAME, OFFICE, PIN

from app.tools import pki, signing_key
from app.tools.signing import OtherKey, Signer
from app.tools.signing_key import (
    Key,
    KeyMissing,
    LastPinTry,
    TokenAbsent,
    TokenLocked,
    Tokens,
    WayMissing,
    WrongPin,
    refusal_of,
)
from app.tools.signing_proof import (
    CertificateRevoked,
    CertificateUntrusted,
    Prover,
    RevocationUnknown,
    TimestampUnavailable,
)

TOKEN_PIN = "24681357"


@pytest.fixture(scope="module")
def token(pki_folder):
    """A token that holds the leader's key."""
    softhsm.make("Ban lanh dao", TOKEN_PIN, pki_folder / "person-thao.p12", PIN, "thao")
    return Key(LEADER, "token", "Ban lanh dao/thao", der(pki_folder / "person-thao.pem"))


@pytest.fixture(scope="module")
def state(signer, letter):
    return signer.prepare(letter, key=LEADER, kind="leader", reason="", at=datetime.now(UTC), label=LABEL)


def der(path):
    return pem.unarmor(path.read_bytes())[2]


def embedded(signer, state, signed, level="B-LT"):
    """What was signed, embedded: as the worker does it, from plain values."""
    told = json.loads(json.dumps({name: value for name, value in state.items() if name != "prepared"}
                                 | {name: signed[name] for name in ("attributes", "certificate")}))
    value = base64.b64decode(signed["value"])
    return signer.embed(state["prepared"], told, value, signer.prove(told, value, level))


def test_nd_68_29_a_token_signs_and_the_wrong_pin_or_key_does_not(pki_folder, token, state):
    signer = Signer(pki_folder, holders={"token": Tokens(softhsm.MODULE)})
    with ThreadPoolExecutor(2) as pool:  # one token, two at once: the second waits, and gives its own PIN
        good, bad = pool.submit(signer.sign, token, TOKEN_PIN, state), pool.submit(signer.sign, token, "0" * 8, state)
        signed = good.result()
        with pytest.raises(WrongPin):
            bad.result()
    [report] = signer.verify(embedded(signer, state, signed))
    assert (report["signer"], report["problems"], report["time_source"]) == (NAME, [], "timestamp")
    for key, refusal in ((Key(LEADER, "token", "Ban lanh dao/khac", token.certificate), KeyMissing),
                         (Key(LEADER, "token", "Khong cam/thao", token.certificate), TokenAbsent),
                         (Key(LEADER, "token", "Ban lanh dao/thao", der(pki_folder / "person-chuyen.pem")),
                          OtherKey)):
        with pytest.raises(refusal):
            signer.sign(key, TOKEN_PIN, state)
    with pytest.raises(TokenAbsent):
        Signer(pki_folder, holders={"token": Tokens("/no/such/module.so")}).sign(token, TOKEN_PIN, state)
    for without in (Signer(pki_folder, holders={"token": Tokens("")}), Signer(pki_folder)):
        with pytest.raises(WayMissing):
            without.sign(token, TOKEN_PIN, state)


@pytest.mark.parametrize(("error", "refusal"), [
    (exceptions.PinLocked, TokenLocked), (exceptions.PinExpired, TokenLocked), (exceptions.PinLenRange, WrongPin),
    (exceptions.DeviceRemoved, TokenAbsent), (exceptions.SessionCount, TokenAbsent)],
    ids=["locked", "expired", "length", "removed", "full"])
def test_what_a_token_says_is_told_in_our_words(error, refusal):  # SoftHSM never locks: other tokens do
    assert type(refusal_of(error(), Key(LEADER, "token", "a/b"))) is refusal


@pytest.mark.parametrize(("flags", "refusal"), [
    (TokenFlag.USER_PIN_COUNT_LOW, WrongPin), (TokenFlag.USER_PIN_FINAL_TRY, LastPinTry),
    (TokenFlag.USER_PIN_LOCKED, TokenLocked)], ids=["low", "last", "locked"])
def test_after_a_wrong_pin_the_token_says_whether_it_was_the_last_one(flags, refusal):
    assert type(refusal_of(exceptions.PinIncorrect(), Key(LEADER, "token", "a/b"), flags)) is refusal


def test_at_a_token_that_is_shut_no_pin_is_tried(token, signer, state, pki_folder, monkeypatch):
    softhsm.make_without_pin("Khong PIN")
    real = Signer(pki_folder, holders={"token": Tokens(softhsm.MODULE)})
    shut, tried = Key(LEADER, "token", "Khong PIN/thao", token.certificate), []
    monkeypatch.setattr(signing_key, "open_pkcs11_session", lambda *where, **how: tried.append(how))
    with pytest.raises(TokenLocked):
        real.sign(shut, TOKEN_PIN, state)
    assert tried == []


def test_who_has_two_keys_chooses_when_he_signs(signer, state, pki_folder):
    """The attributes name the certificate that signs, not the one that the place was prepared with."""
    signed = signer.sign(Key("person:chuyen"), PIN, state)
    assert base64.b64decode(signed["certificate"]) == der(pki_folder / "person-chuyen.pem")
    [report] = signer.verify(embedded(signer, state, signed))
    assert report["problems"] == [] and report["signer"] == "Phạm Văn Chuyên"


def test_nd_68_29_a_signature_is_as_lasting_as_asked_or_it_waits(pki_folder, state):
    with running(pki_folder) as there:
        signer = Signer(pki_folder, prover=Prover(pki_folder, f"{there.url}/tsa", f"{there.url}/ocsp"))
        signed = signer.sign(Key(LEADER), PIN, state)
        whole = embedded(signer, state, signed)
        assert signer.verify(whole)[0]["problems"] == []
        assert len(DocumentSecurityStore.read_dss(reader(whole)).ocsps) == 1
        there.fails = {"/ocsp"}
        with pytest.raises(RevocationUnknown):
            embedded(signer, state, signed)
        stamped = embedded(signer, state, signed, "B-T")
        assert signer.verify(stamped)[0]["time_source"] == "timestamp" and "/DSS" not in reader(stamped).root
        there.fails = {"/tsa"}
        with pytest.raises(TimestampUnavailable):
            embedded(signer, state, signed, "B-T")
        bare = embedded(signer, state, signed, "B-B")
        assert "time_unproven" in signer.verify(bare)[0]["problems"]


def test_nd_68_31_who_takes_less_than_asked_never_takes_a_revoked_certificate(pki_folder, state, tmp_path):
    folder = shutil.copytree(pki_folder, tmp_path / "pki")
    with running(folder) as there:
        signer = Signer(folder, prover=Prover(folder, f"{there.url}/tsa", f"{there.url}/ocsp"))
        signed = signer.sign(Key(LEADER), PIN, state)
        before = {path: path.read_bytes() for path in folder.glob("crl/*")}
        pki.revoke(folder, LEADER.replace(":", "-"), datetime.now(UTC))
        for path, data in before.items():  # the lists do not know of it yet; the responder does
            path.write_bytes(data)
        there.fails = {"/tsa"}
        with pytest.raises(CertificateRevoked):
            embedded(signer, state, signed, "B-B")
        there.fails = set()
        with pytest.raises(CertificateRevoked):
            embedded(signer, state, signed, "B-T")
        there.fails = {"/tsa", "/ocsp"}  # nobody answers: that is what was accepted
        assert "time_unproven" in signer.verify(embedded(signer, state, signed, "B-B"))[0]["problems"]
        there.fails = {"/ocsp"}  # the responder is away, a list is not: it has learnt of it meanwhile
        pki.revoke(folder, LEADER.replace(":", "-"), datetime.now(UTC))
        (folder / "crl").rename(folder / "elsewhere")
        (folder / "crl").mkdir()
        listed = Prover(folder, f"{there.url}/tsa", f"{there.url}/ocsp", f"{there.url}/elsewhere/issuing.crl")
        with pytest.raises(CertificateRevoked):
            listed.check(signer.files.certificate(LEADER), datetime.now(UTC))


def test_nd_68_29_the_own_certificate_is_asked_after_before_it_signs(pki_folder, tmp_path):
    folder = shutil.copytree(pki_folder, tmp_path / "pki")
    with running(folder) as there:
        prover = Prover(folder, ocsp_url=f"{there.url}/ocsp", crl_url=f"{there.url}/crl/issuing.crl")
        at, chuyen = datetime.now(UTC), Signer(folder).files.certificate("person:chuyen")
        assert prover.check(chuyen, at) and (folder / "crl/fetched-0.crl").exists()
        assert there.asked == ["/ocsp", "/crl/issuing.crl"]
        prover.check(chuyen, at)
        assert there.asked[2:] == ["/ocsp"]  # the list is kept for an hour
        before = {path: path.read_bytes() for path in folder.glob("crl/*")}
        pki.revoke(folder, "person-chuyen", at)
        for path, data in before.items():  # the lists do not know of it yet; the responder does
            path.write_bytes(data)
        with pytest.raises(CertificateRevoked):
            prover.check(chuyen, at)
        leader = with_responder(folder, "tro")
        for path in folder.glob("crl/[!r]*"):
            path.unlink()
        assert len(Prover(folder, ocsp_url=f"{there.url}/ocsp").check(leader, at)) == 1  # its word is enough
        with pytest.raises(RevocationUnknown):
            Prover(folder).check(leader, at)
        for path in folder.glob("trust/*"):
            path.unlink()
        with pytest.raises(CertificateUntrusted):
            Prover(folder).check(chuyen, at, must_know=False)


def test_a_stamp_of_a_stranger_is_no_stamp(pki_folder, tmp_path):
    pki.make_demo(tmp_path, [], [], PIN)
    with running(tmp_path) as there, pytest.raises(TimestampUnavailable) as raised:
        Prover(pki_folder, f"{there.url}/tsa").stamp(bytes(32))
    assert raised.value.facts == {"problem": "stranger"}


def with_responder(folder, username):
    """A new certificate of the demo's authority that says where one may ask after it, as real ones do."""
    issuing, key = pki._authorities(folder), pki._new_key()
    begins = datetime.now(UTC) - timedelta(days=30)
    name = pki.person_subject(NAME, OFFICE, "Sở Nội vụ", "Giám đốc")
    builder = pki._builder(issuing, name, key, begins, begins + pki.LIFE, pki._usage(sign=True))
    asked = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://ocsp/"))
    made = builder.add_extension(x509.AuthorityInformationAccess([asked]), False).sign(issuing.key, hashes.SHA256())
    pki._save_subscriber(folder, f"person-{username}", key, made, issuing, PIN)
    return Signer(folder).files.certificate(f"person:{username}")


def reader(pdf):
    return PdfFileReader(io.BytesIO(pdf))
