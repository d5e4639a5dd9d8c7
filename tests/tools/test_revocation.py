"""NĐ 23/2025 Art. 16: authorities that a certificate names are asked, of the hosts that are listed, and no others."""

import io
import shutil
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import faulty_pki
import pytest
from asn1crypto import x509 as certificates
from authorities import running
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfTimeStamper
from signing_world import AGENCIES, LEADER, OFFICE, PIN, SEAL, elsewhere, judged, person

from app.tools import pki, revocation, whole_call
from app.tools.revocation import Asker
from app.tools.signing import Signer
from app.tools.signing_path import run


def named(folder, stem, subject, urls, answers=()):
    """A subscriber whose certificate names where one may ask: lists at `urls`, OCSP at `answers`."""
    issuing, key = pki._authorities(folder), pki._new_key()
    begins = datetime.now(UTC) - timedelta(days=30)
    builder = pki._builder(issuing, subject, key, begins, begins + pki.LIFE, pki._usage(sign=True))
    if urls:
        builder = builder.add_extension(x509.CRLDistributionPoints([x509.DistributionPoint(
            [x509.UniformResourceIdentifier(one) for one in urls], None, None, None)]), critical=False)
    if answers:
        builder = builder.add_extension(x509.AuthorityInformationAccess([x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(one)) for one in answers]),
            critical=False)
    pki._save_subscriber(folder, stem, key, builder.sign(issuing.key, hashes.SHA256()), issuing, PIN)


@pytest.fixture
def public(tmp_path):
    """A public authority with its services; (folder with its keys, the services)."""
    folder = tmp_path / "public"
    pki.make_demo(folder, AGENCIES, [person("thao", "x")], PIN)
    with running(folder) as there:
        yield folder, there


@pytest.fixture
def receiver(public, tmp_path):
    """Who trusts that authority and knows no list of it; `hosts`: whom he asks."""
    folder, _there = public
    ours = tmp_path / "ours"
    for name in ("trust", "chain"):
        shutil.copytree(folder / name, ours / name)
    (ours / "crl").mkdir()
    # what is told of the authority itself and of the stamp is no subject here, but is needed
    shutil.copy(folder / "crl/root.crl", ours / "crl/root.crl")

    def made(hosts):
        return Signer(ours, asker=Asker(ours, hosts))

    return ours, made


def letter_of(public, letter, urls=(), answers=()):
    folder, _there = public
    named(folder, "person-thao", pki.person_subject("Lê Thu", OFFICE, AGENCIES[0]["name"], "Giám đốc"), urls, answers)
    named(folder, f"agency-{OFFICE}", pki.agency_subject(OFFICE, AGENCIES[0]["name"]), urls, answers)
    return elsewhere(folder, elsewhere(folder, letter, LEADER), SEAL)


def colour(signer, pdf):
    return judged(signer, pdf, name="Lê Thu")["color"], [one["revoked"] for one in signer.verify(pdf)]


def test_a_list_is_fetched_once_from_a_listed_host_and_kept(public, receiver, letter):
    _folder, there = public
    ours, made = receiver
    pdf, host = letter_of(public, letter, [f"{there.url}/crl/issuing.crl"]), there.url.removeprefix("http://")
    signer = made(host)
    assert colour(signer, pdf) == ("amber", [None, None])  # nobody asked yet
    found = signer.verify(pdf, may_ask=True)
    assert [(one["revoked"], one["problems"]) for one in found] == [(False, []), (False, [])]
    assert there.asked == ["/crl/issuing.crl"] and "asks" not in found[0]
    assert [said["kind"] for said in found[0]["told_by"]] == ["crl"] and found[0]["told_by"][0]["der"]
    there.fails = {"/crl/issuing.crl"}
    assert colour(made(""), pdf) == ("green", [False, False])  # offline, by what was kept
    assert len(list((ours / "crl").glob("asked-*.crl"))) == 1


def test_who_made_an_archive_stamp_is_asked_after_too(public, receiver, letter):
    """PAdES B-LTA: nothing is known of the authority of the stamp over the whole file, all of the signers."""
    folder, there = public
    ours, made = receiver
    shutil.copy(folder / "crl/issuing.crl", ours / "crl/issuing.crl")
    above = faulty_pki._issuer(pki._authority(folder, "root", folder / "trust/root.pem", None), "DEMO - Trên dấu")
    (ours / "chain/stamping.pem").write_bytes(above.certificate.public_bytes(Encoding.PEM))
    (folder / "crl/stamping.crl").write_bytes(faulty_pki.listed(above))
    by, output = faulty_pki.stamper(above, "DEMO - Dấu", listed_at=f"{there.url}/crl/stamping.crl"), io.BytesIO()
    run(PdfTimeStamper(faulty_pki.stamps(by, None)).async_timestamp_pdf(IncrementalPdfFileWriter(
        io.BytesIO(letter_of(public, letter)), strict=False), "sha256", output=output))
    signer = made(there.url.removeprefix("http://"))
    assert [one["problems"] for one in signer.verify(output.getvalue())] == [[], ["time_untrusted"]]
    assert [one["problems"] for one in signer.verify(output.getvalue(), may_ask=True)] == [[], []]
    assert there.asked == ["/crl/stamping.crl"]


def test_an_answer_tells_of_a_revocation_that_no_list_has(public, receiver, letter):
    folder, there = public
    ours, made = receiver
    pdf, host = letter_of(public, letter, answers=[f"{there.url}/ocsp"]), there.url.removeprefix("http://")
    pki.revoke(folder, "person-thao", datetime.now(UTC) - timedelta(hours=1))
    shutil.copy(folder / "crl/root.crl", ours / "crl/root.crl")
    found = made(host).verify(pdf, may_ask=True)
    assert set(there.asked) == {"/ocsp"} and found[0]["revoked"] is True and "revoked" in found[0]["problems"]
    assert len(list((ours / "ocsp").glob("*.ocsp"))) == 2
    assert "revoked" in made("").verify(pdf)[0]["problems"]


def test_what_is_unreachable_slow_or_no_answer_stays_unknown_and_is_never_green(public, receiver, letter, monkeypatch):
    _folder, there = public
    _ours, made = receiver
    pdf, host = letter_of(public, letter, [f"{there.url}/crl/issuing.crl"]), there.url.removeprefix("http://")
    there.fails = {"/crl/issuing.crl"}
    signer, start = made(host), time.monotonic()
    for _ in range(3):
        found = signer.verify(pdf, may_ask=True)
        assert all("revocation_unknown" in one["problems"] for one in found)
    assert there.asked == ["/crl/issuing.crl"]  # once in a while only
    there.fails, there.answer = set(), lambda path, body: b"<html>no list</html>"
    assert "revocation_unknown" in made(host).verify(pdf, may_ask=True)[0]["problems"]
    monkeypatch.setattr(whole_call, "MOST_BYTES", 10)
    assert "revocation_unknown" in made(host).verify(pdf, may_ask=True)[0]["problems"]
    assert time.monotonic() - start < 60


@pytest.mark.parametrize("url", [
    "http://{host}@127.0.0.1:1/x.crl", "http://127.0.0.1:1/{host}", "file:///etc/passwd", "ftp://{host}/x",
    "http://{host}.example.vn/x", "http://localhost/x", "http://169.254.169.254/latest", "ldap://{host}/x",
    "http://[::1/x", "//{host}/x", ""])
def test_asvs_1_3_6_no_other_address_is_asked(public, receiver, url):
    _folder, there = public
    _ours, made = receiver
    host = there.url.removeprefix("http://")
    asker = made(host)._asker
    assert asker._allowed(url.format(host=host)) == ""
    assert asker.learn([{"kind": "crl", "url": url.format(host=host), "about": "", "issuer": ""}]) is False
    assert there.asked == [] and Asker(there.folder, "").hosts == {}


def test_asvs_1_3_6_a_redirect_leads_nowhere(public, tmp_path):
    _folder, there = public

    class Door(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", f"{there.url}/crl/issuing.crl")
            self.end_headers()

        def log_message(self, *_args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        place = f"127.0.0.1:{server.server_port}"
        asker = Asker(tmp_path, f"{place} {there.url.removeprefix('http://')}")
        assert asker.learn([{"kind": "crl", "url": f"http://{place}/x", "about": "", "issuer": ""}]) is False
        server.shutdown()
    assert there.asked == [] and not (tmp_path / "crl").exists()


def test_an_alias_of_another_network_is_asked_where_it_is_known(public, tmp_path):
    _folder, there = public
    host = there.url.removeprefix("http://")
    asker = Asker(tmp_path, f"ocsp.ca.ptc={host}")
    ask = {"kind": "crl", "url": "http://ocsp.ca.ptc/crl/issuing.crl", "about": "", "issuer": ""}
    assert asker.learn([ask]) is True and there.asked == ["/crl/issuing.crl"]
    assert asker._allowed("http://ocsp.ca.ptc/a#b") == f"http://{host}/a"
    many = [ask | {"url": f"http://ocsp.ca.ptc/crl/{n}.crl"} for n in range(50)]
    there.answer = lambda path, body: there.asked.append(path)
    asker.learn(many)
    assert len(there.asked) == 1 + revocation.MOST_ASKED


def test_s10_a_certificate_that_cannot_be_read_to_its_end_is_not_asked_about(public, receiver, letter):
    """One byte of what a file brings along beside the signer's: it needs a verdict all the same."""
    folder, there = public
    _ours, made = receiver
    pdf = letter_of(public, letter, [f"{there.url}/crl/issuing.crl"])
    der = x509.load_pem_x509_certificate((folder / "chain/issuing.pem").read_bytes()).public_bytes(Encoding.DER)
    for place in range(0, len(der), 7):
        broken = der[:place] + bytes([der[place] ^ 0xA0]) + der[place + 1:]
        assert revocation.questions([certificates.Certificate.load(broken)] if place > 3 else [], []) == []
    place = der.index(b"\x06\x03\x55\x04")  # a part of a name is of no kind
    broken = der[:place] + b"\xa6" + der[place + 1:]
    before, _, after = pdf.rpartition(der.hex().upper().encode())
    found = made("").verify(before + broken.hex().encode() + after)
    assert ["revocation_unknown" in one["problems"] for one in found] == [True, True]
