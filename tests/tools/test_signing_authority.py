"""NĐ 23/2025 Art. 16, NĐ 68/2024 Art. 31, S10: a word of revocation is heard of whomever an authority lets speak and
however weakly it is signed; "good" is believed only of strong ones that speak of the certificate. A truth table.
"""

from datetime import UTC, datetime, timedelta

import faulty_pki
import pytest
from asn1crypto import crl, ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from faulty_pki import answered, lister, responder, weakly
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.path import ValidationPath
from signing_world import OFFICE

from app.tools import pki
from app.tools.signing_path import leads_to_documents, revoked, run
from app.tools.signing_trust import Trust

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
GOOD, UNKNOWN, REVOKED = False, None, True
OLD = {"issued": -9 * DAY, "until": -8 * DAY, "revoked": -10 * DAY}
LOST = {"revoked": HOUR, "lost": -9 * DAY}


class World:
    """An authority of the demo, one whom it certified, and what is said of him."""

    def __init__(self, folder):
        self.root = pki._authority(folder, "root", folder / "trust/root.pem", None)
        self.issuing = pki._authorities(folder)
        self.whose = x509.load_pem_x509_certificate((folder / f"agency-{OFFICE}.pem").read_bytes())
        self.roots_list = (folder / "crl/root.crl").read_bytes()
        self.own, self.other = lister(self.issuing), lister(self.issuing, "DEMO - Danh sách")
        self.no_lister, self.above = lister(self.issuing, may=False), lister(self.root, "DEMO - Danh sách của gốc")
        self.stranger = faulty_pki._issuer(None, None, subject=self.issuing.certificate.subject)
        self.elsewhere = faulty_pki.listed_elsewhere(self.issuing, self.other)

    def listed(self, by=None, *, of=True, name=False, about=None, **more):
        serial = (about or self.whose).serial_number
        return faulty_pki.listed(by or self.issuing, [serial] if of else [],
                                 of=self.issuing.certificate.subject if name else None, **more)

    def weak_list(self, digest=hashes.MD5, **more):
        return weakly(crl.CertificateList, self.listed(**more), self.issuing.key, digest())

    def answered(self, digest=None, **more):
        answer = answered(self.issuing, self.whose, **more)
        return weakly(ocsp.OCSPResponse, answer, self.issuing.key, digest()) if digest else answer

    def path(self, certificate=None):
        root, issuing, whose = map(read, (
            self.root.certificate, self.issuing.certificate, certificate or self.whose))
        return ValidationPath(CertTrustAnchor(root), [issuing], whose)

    def told(self, lists=(), answers=(), about=None, more=()):
        known = [read(one.certificate) for one in (self.own, self.other, self.no_lister, self.above, self.stranger)]
        now = datetime.now(UTC)
        trust = Trust([read(self.root.certificate)], [read(self.issuing.certificate), *known, *more],
                      [self.roots_list, *lists], tuple(answers)).known_at(now)
        return run(revoked(trust, self.path(about), now))


def read(certificate):
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


@pytest.fixture(scope="module")
def world(pki_folder):
    return World(pki_folder)


SHA1, SHA224, SHA384, SHA512, MD5 = hashes.SHA1, hashes.SHA224, hashes.SHA384, hashes.SHA512, hashes.MD5
INDIRECT, AN_HOUR_AGO = {"indirect": True}, {"revoked": -HOUR}
#: what is said -> (lists, answers, what is true)
TABLE = {
    # an answer names the certificate by another digest
    "list good, revoked by SHA-384": lambda w: ([w.listed(of=False)], [
        w.answered(named_by=SHA384(), **AN_HOUR_AGO)], REVOKED),
    "list good, revoked by SHA-512": lambda w: ([w.listed(of=False)], [
        w.answered(named_by=SHA512(), **AN_HOUR_AGO)], REVOKED),
    "list good, revoked by SHA-224": lambda w: ([w.listed(of=False)], [
        w.answered(named_by=SHA224(), **AN_HOUR_AGO)], REVOKED),
    "good by SHA-512 before good by SHA-1": lambda w: ([], [w.answered(named_by=SHA512()), w.answered()], GOOD),
    "good by SHA-512 alone": lambda w: ([], [w.answered(named_by=SHA512())], UNKNOWN),
    "list good, on hold by SHA-512": lambda w: ([w.listed(of=False)], [
        w.answered(named_by=SHA512(), hold=True, **AN_HOUR_AGO)], REVOKED),
    "list good, unknown by SHA-512": lambda w: ([w.listed(of=False)], [
        w.answered(named_by=SHA512(), unknown=True)], UNKNOWN),
    "good, on hold since": lambda w: ([], [w.answered(issued=-2 * HOUR), w.answered(
        hold=True, **AN_HOUR_AGO)], REVOKED),
    "was on hold by SHA-512, good since": lambda w: ([], [w.answered(
        named_by=SHA512(), hold=True, issued=-2 * HOUR, revoked=-3 * HOUR), w.answered()], GOOD),
    "good under an unknown condition": lambda w: ([], [w.answered(odd=True)], UNKNOWN),
    "revoked under an unknown condition": lambda w: ([w.listed(of=False)], [
        w.answered(odd=True, **AN_HOUR_AGO)], REVOKED),
    # lists that may be of others
    "own indirect list": lambda w: ([w.listed(of=False, **INDIRECT)], [], GOOD),
    "own indirect list revoked": lambda w: ([w.listed(**INDIRECT)], [], REVOKED),
    "own indirect list, key lost before": lambda w: ([w.listed(**INDIRECT, **LOST)], [], REVOKED),
    "old own indirect list revoked, answer good": lambda w: ([w.listed(**INDIRECT, **OLD)], [w.answered()], REVOKED),
    "own indirect list, of another authority": lambda w: ([w.listed(of=False), faulty_pki.listed(
        w.issuing, [w.whose.serial_number], of=w.root.certificate.subject, **INDIRECT)], [], GOOD),
    "indirect list of whom it lets list, revoked": lambda w: ([w.listed(of=False), w.listed(
        w.other, name=True, **INDIRECT)], [], REVOKED),
    "the same, key lost before": lambda w: ([w.listed(of=False), w.listed(
        w.other, name=True, **INDIRECT, **LOST)], [], REVOKED),
    "the same of whom the root lets list": lambda w: ([w.listed(of=False), w.listed(
        w.above, name=True, **INDIRECT)], [], REVOKED),
    "the same that names no authority": lambda w: ([w.listed(of=False), w.listed(w.other, **INDIRECT)], [], GOOD),
    "the same that is not indirect": lambda w: ([w.listed(of=False), w.listed(w.other)], [], GOOD),
    "the same good, which no certificate names": lambda w: ([w.listed(w.other, of=False, **INDIRECT)], [], UNKNOWN),
    "the same good, not indirect": lambda w: ([w.listed(w.other, of=False)], [], UNKNOWN),
    # the authority's key for lists
    "own key for lists": lambda w: ([w.listed(w.own, of=False)], [], GOOD),
    "own key for lists revoked": lambda w: ([w.listed(w.own)], [], REVOKED),
    "own key for lists, key lost before": lambda w: ([w.listed(w.own, **LOST)], [], REVOKED),
    "old list by the own key for lists revoked, answer good": lambda w: ([w.listed(w.own, **OLD)], [
        w.answered()], REVOKED),
    "key of the same name that may not list": lambda w: ([w.listed(of=False), w.listed(w.no_lister, **LOST)], [], GOOD),
    "stranger of the same name": lambda w: ([w.listed(of=False), w.listed(w.stranger, **LOST)], [], GOOD),
    # weak ones
    "list good by SHA-1": lambda w: ([w.weak_list(SHA1, of=False)], [], UNKNOWN),
    "list good by MD5": lambda w: ([w.weak_list(of=False)], [], UNKNOWN),
    "list good by SHA-224": lambda w: ([w.weak_list(SHA224, of=False)], [], UNKNOWN),
    "answer good by SHA-1": lambda w: ([], [w.answered(SHA1)], UNKNOWN),
    "answer good by MD5": lambda w: ([], [w.answered(MD5)], UNKNOWN),
    "answer good by SHA-224": lambda w: ([], [w.answered(SHA224)], UNKNOWN),
    "answer good by a short key": lambda w: ([], [w.answered(by=responder(w.issuing, bits=1024))], UNKNOWN),
    "list good, list revoked by MD5": lambda w: ([w.listed(of=False), w.weak_list()], [], REVOKED),
    "list good, answer revoked by MD5": lambda w: ([w.listed(of=False)], [w.answered(MD5, **AN_HOUR_AGO)], REVOKED),
    "list good, answer revoked by a short key": lambda w: ([w.listed(of=False)], [
        w.answered(by=responder(w.issuing, bits=1024), **AN_HOUR_AGO)], REVOKED),
    "answer good, list on hold by MD5": lambda w: ([w.weak_list(hold=True)], [w.answered()], REVOKED),
    "list on hold, later list good by MD5, answer good": lambda w: ([
        w.listed(hold=True, issued=-2 * HOUR), w.weak_list(of=False)], [w.answered()], REVOKED),
    "answer on hold by MD5, list good": lambda w: ([w.listed(of=False)], [
        w.answered(MD5, hold=True, **AN_HOUR_AGO)], REVOKED),
    "answer on hold, later answer good by MD5, list good": lambda w: ([w.listed(of=False)], [
        w.answered(hold=True, issued=-2 * HOUR, revoked=-3 * HOUR), w.answered(MD5)], REVOKED),
}


@pytest.mark.parametrize("name", TABLE)
def test_nd_23_16_revocation_is_heard_of_all_and_good_believed_of_strong_ones(world, name):
    lists, answers, true = TABLE[name](world)
    assert world.told(lists, answers) is true


def test_nd_23_16_a_certificate_may_name_who_lists_for_its_authority(world):
    """RFC 5280 6.3.3 b: then that list, if it is indirect, is believed, and the authority's own is not asked."""
    assert world.told([world.listed(world.other, of=False, **INDIRECT), world.listed(of=False)], (),
                      world.elsewhere) is GOOD
    assert world.told([world.listed(world.other, name=True, about=world.elsewhere, **INDIRECT)], (),
                      world.elsewhere) is REVOKED
    assert world.told([world.listed(of=False)], (), world.elsewhere) is UNKNOWN


def test_nd_23_16_an_authority_whose_other_certificate_was_superseded_is_not_revoked(world):
    """The path through the new one is whole, whichever is found first; a lost key is lost for both."""
    issuing, own = world.issuing.certificate, world.listed(of=False)
    again = faulty_pki.renewed(world.issuing, world.root)
    new, stranger = read(again.certificate), read(faulty_pki.renewed(world.issuing, world.stranger).certificate)

    def told(more, *gone, **how):
        lists = [faulty_pki.listed(world.root, [one.serial_number], **how) for one in gone]
        return world.told([own, *lists], more=more)

    assert told([new], issuing, superseded=True) is GOOD
    assert told([], issuing, superseded=True) is REVOKED
    assert told([stranger], issuing, superseded=True) is REVOKED
    assert told([new], issuing) is REVOKED
    assert told([new], issuing, again.certificate, superseded=True) is REVOKED
    mixed = [own, faulty_pki.listed(world.root, [issuing.serial_number], superseded=True),
             faulty_pki.listed(world.root, [issuing.serial_number], lost=-DAY)]
    assert world.told(mixed, more=[new]) is REVOKED
    assert world.told([own, faulty_pki.listed(world.root, [world.whose.serial_number])], more=[new]) is GOOD
    assert world.told([world.listed(superseded=True)], more=[new]) is REVOKED


@pytest.mark.parametrize(("digest", "is_so"), [(hashes.SHA256, True), (hashes.SHA224, False), (hashes.SHA1, False)])
def test_s10_a_certificate_signed_by_a_weak_digest_leads_nowhere(world, digest, is_so):
    signed = weakly(asn1_x509.Certificate, world.whose.public_bytes(Encoding.DER), world.issuing.key, digest())
    path = world.path(x509.load_der_x509_certificate(signed))
    assert leads_to_documents(path) is is_so
