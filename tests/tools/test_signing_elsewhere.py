"""Keys in a signing service (CSC), and files signed elsewhere: what is believed of what comes back (Art. 9.1.c)."""

import base64
import io
from datetime import UTC, datetime

import pypdfium2 as pdfium
import pytest
from asn1crypto import pem
from PIL import Image
from signing_services import TOKEN, running
from signing_world import AGENCIES, FOREIGN_SEAL, LABEL, LEADER, NAME, PIN, SEAL, elsewhere, person, sign, with_note

from app.demo.signing_service import Service
from app.tools import pki
from app.tools.pdfium import LOCK
from app.tools.signing import Signer
from app.tools.signing_key import Key, TokenLocked, WayMissing, WrongPin
from app.tools.signing_proof import CertificateExpired, CertificateRevoked, CertificateUntrusted
from app.tools.signing_remote import RemoteKeys, ServiceAway, ServiceRefuses
from app.tools.signing_returned import (
    NotOneSignature,
    NotSound,
    NotThisCertificate,
    NotThisDocument,
    StampMissing,
    require_signed,
)


def der(folder, stem):
    return pem.unarmor((folder / f"{stem}.pem").read_bytes())[2]


def test_nd_68_29_a_signing_service_signs_one_hash_for_one_pin(pki_folder, letter, tmp_path):
    token = tmp_path / "csc.token"
    token.write_text(TOKEN)
    with running(pki_folder, PIN) as there:
        url = f"http://127.0.0.1:{there.port}/csc/v1"
        signer = Signer(pki_folder, holders={"remote": RemoteKeys(url, token)})
        key = Key(LEADER, "remote", LEADER, signer.remote_certificate(LEADER))
        assert key.certificate == der(pki_folder, "person-thao")
        state = signer.prepare(letter, key=LEADER, kind="leader", reason="", at=datetime.now(UTC), label=LABEL,
                               certificate=key.certificate)
        signed = signer.sign(key, PIN, state)
        told = state | {name: signed[name] for name in ("attributes", "certificate")}
        [report] = signer.verify(signer.embed(state["prepared"], told, base64.b64decode(signed["value"])))
        assert report["problems"] == []
        for left in (2, 1, 0):  # the service's own count, in its own words
            with pytest.raises(WrongPin) as wrong:
                signer.sign(key, "000000", state)
            assert wrong.value.code == "service_pin_wrong" and wrong.value.facts["field"] == "pin"
            assert f"Còn {left} lần thử" in wrong.value.facts["said"]
        with pytest.raises(TokenLocked) as locked:
            signer.sign(key, PIN, state)
        assert locked.value.code == "credential_locked" and "ba lần" in locked.value.facts["said"]
        with pytest.raises(ServiceRefuses):
            signer.remote_certificate("person:nobody")
        token.write_text("stranger")
        with pytest.raises(ServiceRefuses):
            signer.sign(key, PIN, state)
    with pytest.raises(ServiceAway):
        signer.sign(key, PIN, state)
    with pytest.raises(WayMissing):
        Signer(pki_folder, holders={"remote": RemoteKeys("", token)}).sign(key, PIN, state)
    with pytest.raises(WayMissing):
        Signer(pki_folder).remote_certificate(LEADER)



def test_art_9_1_c_what_comes_back_is_this_document_with_one_signature_more(pki_folder, signer, letter):
    letter = signer.for_others(letter)
    led = sign(signer, letter, LEADER, "leader")
    issued = sign(signer, led, SEAL, "agency")
    assert signer.for_others(led) == led
    mine, other = der(pki_folder, "person-thao"), der(pki_folder, "person-chuyen")
    seal = der(pki_folder, f"agency-{SEAL.partition(':')[2]}")
    right = elsewhere(pki_folder, letter, LEADER)
    assert require_signed(signer, letter, right, mine, "B-LT")["signer"]
    assert require_signed(signer, led, issued, seal, "B-LT")["is_agency"]
    bare = elsewhere(pki_folder, letter, LEADER, stamped=False)
    assert require_signed(signer, letter, bare, mine, "B-B")
    twice = sign(signer, right, "person:chuyen", "leader")
    broken = right[:-200].replace(b"/Contents <30", b"/Contents <31") + right[-200:]
    for base, returned, certificate, refusal in (
            (letter, letter, mine, NotThisDocument), (letter, led[1:], mine, NotThisDocument),
            (with_note(letter), right, mine, NotThisDocument), (letter, b"", mine, NotThisDocument),
            (letter, letter + b"\n%%EOF\n", mine, NotSound), (letter, with_note(letter), mine, NotOneSignature),
            (letter, twice, other, NotOneSignature), (letter, right, other, NotThisCertificate),
            (led, sign(signer, led, FOREIGN_SEAL, "agency"), seal, NotThisCertificate),
            (letter, bare, mine, StampMissing), (letter, with_note(right), mine, NotSound),
            (letter, elsewhere(pki_folder, with_note(letter), LEADER), mine, NotSound),
            (letter, right + b"x", mine, NotSound)):
        with pytest.raises(refusal):
            require_signed(signer, base, returned, certificate, "B-LT")
            pytest.fail(f"{refusal.code} was believed")
    assert broken != right
    with pytest.raises((NotSound, NotOneSignature)):
        require_signed(signer, letter, broken, mine, "B-LT")


def test_nd_68_29_what_is_wrong_with_the_certificate_is_said_also_of_what_comes_back(
        pki_folder, signer, letter, tmp_path):
    """One who is told to sign again would sign for ever."""
    pki.make_demo(tmp_path, AGENCIES, [person("thao", NAME)], PIN)
    ours, letter = signer.prover.time_stamper(), signer.for_others(letter)
    for folder, key, refusal in ((pki_folder, "person:het", CertificateExpired),
                                 (pki_folder, "person:mat", CertificateRevoked),
                                 (tmp_path, LEADER, CertificateUntrusted)):
        certificate = der(folder, key.replace(":", "-"))
        for stamped in (True, False):  # with another certificate the stamp comes later
            back = elsewhere(folder, letter, key, stamped=stamped, stamper=ours)
            with pytest.raises(refusal) as said:
                require_signed(signer, letter, back, certificate, "B-LT")
            assert ("until" in said.value.facts) == (refusal is CertificateExpired)
        with pytest.raises(NotSound):  # and of a broken one nothing else is believed
            require_signed(signer, letter, with_note(back), certificate, "B-LT")


def test_nd_30_pl_i_a_signing_service_shows_what_it_is_handed(pki_folder, letter, tmp_path):
    """The picture of the person or of the seal; of a copy its form, in words."""
    def shown(operation, key, **told):
        return Service(pki_folder, PIN, TOKEN)._signed(letter, operation, {
            "KeyName": key, "Agency": "Sở Tài chính", "SignerName": LABEL["signer_name"]} | told)

    sink = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 200, 0, 255)).save(sink, "PNG")
    green = base64.b64encode(sink.getvalue()).decode()

    def is_green(pdf):
        with LOCK:
            document = pdfium.PdfDocument(pdf)
            document.init_forms()
            pixels = document[0].render(scale=1, may_draw_forms=True).to_pil().convert("RGB").getcolors(10**6)
        return any(g > 150 and r < 90 and b < 90 for _, (r, g, b) in pixels)

    assert [is_green(shown("SignApproved", LEADER, **told)) for told in ({}, {"Picture": green})] == [False, True]
    [report] = Signer(pki_folder).verify(shown("SignCopy", SEAL, Form="SAO Y"))
    assert "SAO Y" in report["words"]
