"""Art. 3.3: every signature counts, is its holder's, by the certificate that it names, at another's time."""

import hashlib
import io
import json
import shutil
from datetime import UTC, datetime, timedelta

import faulty_pki
import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.attributes import SigningCertificateV2Provider
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import PdfSignedData
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from signing_attacks import certificate_swapped
from signing_world import FOREIGN_SEAL, LEADER, NAME, OFFICE, OTHER, ROOM, SEAL, elsewhere, opened

from app.regulation.signature_register import register
from app.regulation.signature_report import report
from app.regulation.verdict import Agency, judgement
from app.tools import pki
from app.tools.signing import Signer
from app.tools.signing_path import run
from app.tools.signing_time import Judge
from app.tools.signing_trust import Trust
from app.tools.signing_verify import nothing, who

OFFICER = "person:chuyen"


@pytest.fixture(scope="module")
def keys(pki_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("holder") / "pki"
    shutil.copytree(pki_folder, folder)
    return folder


@pytest.fixture(scope="module")
def trust(keys, tmp_path_factory):
    return faulty_pki.trust(keys, tmp_path_factory.mktemp("trust"), ["thao"])


def signed(keys, pdf, key, name=None, *, by=None, stamper=None,
           kind=fields.SigSeedSubFilter.PADES):
    """Signed by the bytes of a signature and its field alone; `name`: of the field, as its file has it; `by`: signs in
    the place of the folder's key, `stamper`: says when; `kind`: of signature.
    """
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    steps = PdfCMSEmbedder().write_cms(f"Chữ ký {len(pdf)}", writer)
    field = next(steps).get_object()
    if name is not None:
        field[generic.pdf_name("/T")] = generic.pdf_string(name)
    steps.send(SigObjSetup(PdfSignedData(
        obj_type=generic.pdf_name("/Sig"), subfilter=kind, bytes_reserved=ROOM)))
    prepared, sink = steps.send(SigIOSetup(md_algorithm="sha256"))
    steps.send(run((by or opened(keys, key)).async_sign(
        prepared.document_digest, "sha256", use_pades=kind == fields.SigSeedSubFilter.PADES,
        timestamper=stamper or Signer(keys).prover.time_stamper())))
    return sink.getvalue()


def told(pdf, trust, known=None, **given):
    found = report(pdf, Trust.given(trust), register(trust) if known is None else known, sender=OFFICE,
                   at=datetime.now(UTC), **given)
    return found["verdict"], [one["code"] for one in found["reasons"]], found["signatures"]


#: who signs in which order -> verdict and reasons, whatever the field of the one in brackets is called
ORDERS = {
    ("(leader)", SEAL): ("3.3.b", ["valid_b"]),
    (LEADER, SEAL, "(leader)"): ("invalid", ["agency_not_last"]),
    (LEADER, SEAL, "(officer)"): ("invalid", ["agency_not_last"]),
    (LEADER, SEAL, "(foreign)"): ("invalid", ["other_agency"]),
    ("(officer)", SEAL): ("incomplete", ["not_leader"])}
WHO = {"(leader)": LEADER, "(officer)": OFFICER, "(foreign)": FOREIGN_SEAL}


@pytest.mark.parametrize("name", [None, ""])
@pytest.mark.parametrize("order", ORDERS)
def test_art_3_3_a_signature_counts_whatever_its_field_is_called(keys, trust, letter, order, name):
    for one in order:
        letter = signed(keys, letter, WHO.get(one, one), name if one in WHO else None)
    verdict, codes, found = told(letter, trust)
    assert (verdict, codes) == ORDERS[order]
    assert len({one["field"] for one in found}) == len(order), "each is listed, under a name of its own"
    assert NAME in {one["signer"] for one in found} or "(officer)" in order


class Unnamed(signers.SimpleSigner):
    """Signs as programs do that follow PKCS #7 alone: which certificate it was stands in no byte that is signed."""

    def _signed_attr_providers(self, *args, **given):
        yield from (one for one in super()._signed_attr_providers(*args, **given)
                    if not isinstance(one, SigningCertificateV2Provider))


def unnamed(keys, key):
    held = opened(keys, key)
    return Unnamed(signing_cert=held.signing_cert, signing_key=held.signing_key, cert_registry=held.cert_registry)


def test_nd_30_21_2_a_a_signature_that_names_no_certificate_proves_not_which(keys, letter, tmp_path):
    """S10: an old certificate was revoked, and the one for the same key that came after it is put in its place, where
    no digest looks. Only of a signature that names its certificate is that seen.
    """
    again = faulty_pki.subscriber(keys, "agency-again", pki.agency_subject(OFFICE, "Sở Nội vụ tỉnh Lào Cai"),
                                  same_key=f"agency-{OFFICE}")
    pki.revoke(keys, "agency-again", datetime.now(UTC) - timedelta(days=1))
    trust = faulty_pki.trust(keys, tmp_path / "trust", ["thao"])
    rows = json.loads((trust / "register.json").read_text("utf-8"))
    rows[0]["agency_certificates"].append(again.certificate.fingerprint(SHA256()).hex())
    (trust / "register.json").write_text(json.dumps(rows), "utf-8")
    led, right = signed(keys, letter, LEADER), faulty_pki.der(keys, f"agency-{OFFICE}")
    for by, wanted in ((None, ["swapped"]), (unnamed(keys, "agency:again"), ["certificate_unnamed"])):
        old = signed(keys, led, "agency:again", by=by)
        verdict, codes, found = told(old, trust)
        assert verdict == "invalid" and "revoked" in codes
        verdict, codes, found = told(certificate_swapped(old, right), trust)
        assert verdict == ("invalid" if by is None else "indeterminate") and codes[:1] == wanted
    assert found[-1]["indication"] == "INDETERMINATE (SIG_CONSTRAINTS_FAILURE)"
    for adobe in (fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED, fields.SigSeedSubFilter.PADES):
        assert told(signed(keys, led, SEAL, kind=adobe), trust)[0] == "3.3.b"


MAIL, TIME = ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.TIME_STAMPING
#: purposes of the certificate that stamps, are they critical, is it for the signer's own key -> is it believed
STAMPERS = {
    "an authority of time": ([TIME], True, False, True),
    "an authority of more than time": ([MAIL, TIME], True, False, False),
    "one whose purpose is not critical": ([TIME], False, False, False), "one of any purpose": ([], False, False, False),
    "the signer by another certificate": ([TIME], True, True, False),
    "the signer by one for both": ([MAIL, TIME], False, True, False)}


@pytest.mark.parametrize("stamper", STAMPERS)
def test_nd_68_29_who_tells_the_time_does_nothing_else_and_is_never_the_signer(keys, letter, tmp_path, stamper):
    """RFC 3161 2.3; a time that the signer says himself is claimed, whatever he says it by."""
    purposes, is_critical, is_signer, is_believed = STAMPERS[stamper]
    moment, name = datetime.now(UTC) - timedelta(days=5), pki.person_subject(NAME, OFFICE, "Sở Nội vụ", "Giám đốc")
    by = faulty_pki.subscriber(keys, "person-time", name, same_key="person-thao" if is_signer else None,
                               purposes=purposes, is_critical=is_critical)
    trust = faulty_pki.trust(keys, tmp_path / "trust", ["thao", "het"])
    stamps = faulty_pki.stamps(by, moment)
    verdict, codes, found = told(signed(keys, signed(keys, letter, LEADER, stamper=stamps), SEAL), trust)
    assert (verdict, codes) == (("3.3.b", ["valid_b"]) if is_believed else ("indeterminate", ["time_untrusted"]))
    assert found[0]["time_proof"] == ("timestamp" if is_believed else "claimed")


@pytest.mark.parametrize("is_signer", [False, True])
def test_nd_68_31_no_stamp_of_the_document_by_the_signer_says_when_he_signed(keys, letter, tmp_path, is_signer):
    """His certificate ended two days ago; who stamps over all of it says that it was there before."""
    by = faulty_pki.subscriber(keys, "person-time", pki.person_subject(NAME, OFFICE, "Sở Nội vụ", "Giám đốc"),
                               same_key="person-het" if is_signer else None, purposes=[TIME], is_critical=True)
    trust = faulty_pki.trust(keys, tmp_path / "trust", ["thao", "het"])
    sink = io.BytesIO(signed(keys, elsewhere(keys, letter, "person:het", stamped=False), SEAL))
    PdfTimeStamper(faulty_pki.stamps(by, datetime.now(UTC) - timedelta(days=5))).timestamp_pdf(
        IncrementalPdfFileWriter(sink), "sha256", validation_context=None, in_place=True)
    assert ("expired" in told(sink.getvalue(), trust)[1]) is is_signer


def test_s12_a_seal_of_the_records_is_stamped_by_who_does_nothing_else(keys):
    for purposes, is_critical, _, _ in STAMPERS.values():
        by = faulty_pki.subscriber(keys, "person-time", pki.person_subject(NAME, OFFICE, "Sở", "Giám đốc"),
                                   purposes=purposes, is_critical=is_critical)
        digest = hashlib.sha256(b"seal")
        token = run(faulty_pki.stamps(by, datetime.now(UTC)).async_timestamp(digest.digest(), "sha256")).dump()
        wrong = "" if (purposes, is_critical) == ([TIME], True) else "stranger"
        assert Judge.of(keys).judge(token, digest.hexdigest()).problem == wrong, purposes


AGENCY = "Sở Nội vụ tỉnh Lào Cai"
SEALS = [(NameOID.ORGANIZATION_NAME, AGENCY), (NameOID.ORGANIZATION_IDENTIFIER, OFFICE), (NameOID.COMMON_NAME, AGENCY)]
#: what a certificate that bears the agency's code says beside -> is it the agency's
BESIDE = {
    "nothing": ([], True), "a tax number": ([(NameOID.SERIAL_NUMBER, "VATVN-0100109106")], True),
    "a tax number as here": ([(NameOID.USER_ID, "MST:0100109106")], True),
    "a place": ([(NameOID.LOCALITY_NAME, "Lào Cai")], True), "a surname": ([(NameOID.SURNAME, "Lê")], False),
    "a given name": ([(NameOID.GIVEN_NAME, "Văn Cán")], False), "a title": ([(NameOID.TITLE, "Chuyên viên")], False),
    "a pseudonym": ([(NameOID.PSEUDONYM, "Cán")], False),
    "an identity card": ([(NameOID.SERIAL_NUMBER, "IDCVN-010090001234")], False),
    "a passport": ([(NameOID.SERIAL_NUMBER, "PASVN-C1234567")], False),
    "a card as here": ([(NameOID.USER_ID, "CCCD:010090001234")], False),
    "an old card as here": ([(NameOID.USER_ID, "CMND: 063090001")], False)}


@pytest.mark.parametrize("beside", BESIDE)
def test_art_3_3_a_persons_certificate_is_no_seal_though_it_bears_the_agencys_code(beside):
    """ETSI EN 319 412-2: it may bear the identifier of whom he works for."""
    more, is_agencys = BESIDE[beside]
    assert who(_certificate(pki._subject([*SEALS, *more])))["is_agency"] is is_agencys


def _certificate(name):
    """Of nobody's key: who it says that it is of is all that is asked."""
    made = asn1_x509.Certificate({"tbs_certificate": {
        "serial_number": 1, "signature": {"algorithm": "sha256_rsa"},
        "issuer": asn1_x509.Name.build({"common_name": "x"}),
        "validity": {one: asn1_x509.Time("utc_time", datetime.now(UTC)) for one in ("not_before", "not_after")},
        "subject": asn1_x509.Name.load(name.public_bytes()), "subject_public_key_info": {
            "algorithm": {"algorithm": "rsa"}, "public_key": {"modulus": 1, "public_exponent": 3}}},
        "signature_algorithm": {"algorithm": "sha256_rsa"}, "signature_value": b""})
    return asn1_x509.Certificate.load(made.dump())


def test_art_3_3_who_works_for_an_agency_signs_for_himself(keys, letter, tmp_path):
    """Whatever is registered, nobody's own certificate seals; a leader's that bears the code leads."""
    name = pki._subject([*SEALS[:2], (NameOID.SURNAME, "Lê"), (NameOID.COMMON_NAME, NAME)])
    faulty_pki.subscriber(keys, "person-coded", name)
    trust = faulty_pki.trust(keys, tmp_path / "trust", ["thao"])
    led = signed(keys, letter, LEADER)
    for known in (None, []):
        assert told(signed(keys, led, "person:coded"), trust, known, signer=NAME)[1] == ["agency_missing"]
    verdict, codes, found = told(signed(keys, signed(keys, letter, "person:coded"), SEAL), trust, [], signer=NAME)
    assert (verdict, codes, found[0]["role"]) == ("3.3.b", ["valid_b", "register_silent"], "personal")


#: agency and units in a leader's certificate -> does it speak of the sender
UNITS = [
    (AGENCY, [], True), (AGENCY, ["Ban Giám đốc"], True), (AGENCY, ["Ban Giám đốc", OFFICE], True),
    ("UBND tỉnh Lào Cai", [AGENCY], True), ("UBND tỉnh Lào Cai", [AGENCY, OFFICE], True),
    ("UBND tỉnh Lào Cai", ["Sở Nội vụ, Lào Cai", OFFICE.lower()], True),
    ("SỞ NỘI VỤ  tỉnh Lào Cai", ["Văn phòng"], True),
    ("UBND tỉnh Lào Cai", [], False), ("UBND tỉnh Lào Cai", ["Ban Giám đốc"], False), (AGENCY, [OTHER], False),
    (AGENCY, ["Ban Giám đốc", OTHER], False), (AGENCY, [OFFICE, OTHER], False), (AGENCY, [f"{OFFICE}.03"], False),
    (AGENCY, ["000.00.11.H38"], False), ("Sở Tài chính", [AGENCY, OTHER], False)]


@pytest.mark.parametrize(("agency", "units", "is_ours"), UNITS)
def test_art_3_3_b_a_leaders_certificate_speaks_of_his_agency_by_code_or_name(agency, units, is_ours):
    """A unit beside the agency's name takes nothing away; another agency's code does."""
    name = pki._subject([(NameOID.ORGANIZATION_NAME, agency),
                         *((NameOID.ORGANIZATIONAL_UNIT_NAME, one) for one in units), (NameOID.COMMON_NAME, NAME)])
    reports = [nothing("", datetime.now(UTC)) | who(_certificate(one)) | {"field": "a", "problems": []}
               for one in (name, pki._subject(SEALS))]
    codes = [one.code for one in judgement(reports, Agency((OFFICE,)), signer_name=NAME).reasons]
    assert codes == (["valid_b", "register_silent"] if is_ours else ["other_unit"])


def test_art_3_3_b_no_other_seal_in_the_file_says_whose_leader_one_is():
    """Two agencies may seal what both issue: the name in the seal of the one is not the other's."""
    seal, foreign = SEALS, [(NameOID.ORGANIZATION_NAME, "Sở Tài chính"), (NameOID.ORGANIZATION_IDENTIFIER, OTHER)]
    person = [(NameOID.ORGANIZATION_NAME, "Sở Tài chính"), (NameOID.COMMON_NAME, NAME)]
    reports = [nothing("", datetime.now(UTC)) | who(_certificate(pki._subject(one))) | {"field": "a", "problems": []}
               for one in (person, foreign, seal)]
    assert judgement(reports, Agency((OFFICE,)), signer_name=NAME).reasons[0].code == "other_unit"
