"""A public key infrastructure with every fault a certificate can have, beside the demo's; trust folders over it.

Each faulty subscriber is one pair of files as `pki.py` leaves them (`person-<name>.p12`, `.pem`), so that a hand of
`signing_world` signs with it (NĐ 68/2024 Art. 31, 32; NĐ 23/2025 Art. 16).
"""

import json
import shutil
from datetime import UTC, datetime, timedelta

from asn1crypto import core, keys
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.sign.timestamps import DummyTimeStamper
from signing_world import AGENCIES, NAME, OFFICE, PIN

from app.tools import pki

#: user name of a leader -> what is wrong with the certificate
FAULTS = ("server", "stamper", "encipher", "authority", "weak", "orphan", "lookalike", "stranger", "mail")


def make(folder):
    """Issue the faulty certificates into a folder that `pki.make_demo` made."""
    issuing, root = pki._authorities(folder), pki._authority(folder, "root", folder / "trust/root.pem", None)
    lost = _issuer(root, "DEMO - Cơ quan chứng thực khác")
    alike = _issuer(None, None, subject=issuing.certificate.subject)
    stranger = _issuer(None, "DEMO - Người lạ")
    served, stamping, mail = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.TIME_STAMPING,
                              ExtendedKeyUsageOID.EMAIL_PROTECTION)
    _person(folder, issuing, "server", purposes=[served])
    _person(folder, issuing, "stamper", purposes=[stamping])
    _person(folder, issuing, "mail", purposes=[mail])
    _person(folder, issuing, "encipher", usage=_only_encipherment())
    _person(folder, root, "authority", limits=x509.BasicConstraints(ca=True, path_length=0))
    _person(folder, issuing, "weak", bits=1024)
    _person(folder, lost, "orphan", chain=issuing)
    _person(folder, alike, "lookalike")
    _person(folder, stranger, "stranger")


def authorities(folder):
    """Name -> (an authority that is wrong or not, whether it is a root itself)."""
    root = pki._authority(folder, "root", folder / "trust/root.pem", None)
    servers, mail = [ExtendedKeyUsageOID.SERVER_AUTH], [ExtendedKeyUsageOID.EMAIL_PROTECTION]
    return {
        "right root": (_issuer(None, "DEMO - Gốc"), True),
        "root past its life": (_issuer(None, "DEMO - Gốc cũ", ends=timedelta(days=490)), True),
        "root that is no authority": (_issuer(None, "DEMO - Gốc giả", is_authority=False), True),
        "root for servers": (_issuer(None, "DEMO - Gốc máy chủ", purposes=servers), True),
        "authority for servers": (_issuer(root, "DEMO - Máy chủ", purposes=servers), False),
        "authority for mail": (_issuer(root, "DEMO - Thư", purposes=mail), False)}


def _issuer(above, name, subject=None, *, purposes=(), ends=pki.AUTHORITY_LIFE, is_authority=True):
    key = pki._new_key()
    subject = subject or pki._subject([(x509.oid.NameOID.COMMON_NAME, name)])
    limits = x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None)
    begins = datetime.now(UTC) - timedelta(days=500)
    builder = pki._builder(above, subject, key, begins, begins + ends, pki._usage(sign=False), limits)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    return pki._Issuer(builder.sign(above.key if above else key, hashes.SHA256()), key)


def _person(folder, issuer, username, *, purposes=(), usage=None, limits=None, bits=2048, chain=None):
    key = generate_private_key(public_exponent=65537, key_size=bits)
    begins = datetime.now(UTC) - timedelta(days=300)
    name = pki.person_subject(NAME, OFFICE, AGENCIES[0]["name"], "Giám đốc")
    builder = pki._builder(issuer, name, key, begins, begins + pki.LIFE, usage or pki._usage(sign=True), limits)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    certificate = builder.sign(issuer.key, hashes.SHA256())
    pki._save_subscriber(folder, f"person-{username}", key, certificate, chain or issuer, PIN)


def subscriber(folder, stem, name, *, same_key=None, purposes=(), is_critical=False):
    """Issue a right certificate in a name; `same_key`: for the key of this pair of files; its number."""
    issuer, key, begins = pki._authorities(folder), pki._new_key(), datetime.now(UTC) - timedelta(days=300)
    if same_key:
        key = pkcs12.load_key_and_certificates((folder / f"{same_key}.p12").read_bytes(), PIN.encode())[0]
    builder = pki._builder(issuer, name, key, begins, begins + pki.LIFE, pki._usage(sign=True))
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=is_critical)
    certificate = builder.sign(issuer.key, hashes.SHA256())
    pki._save_subscriber(folder, stem, key, certificate, issuer, PIN)
    return pki._Issuer(certificate, key)


def _only_encipherment():
    return x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=True, data_encipherment=True,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False)


def trust(folder, target, leaders=(), *, without=()):
    """A trust folder as a stranger hands it over: `leaders` are user names of people registered as leaders."""
    for ours, theirs in (("trust", "roots"), ("chain", "intermediates"), ("crl", "crl")):
        if theirs not in without:
            shutil.copytree(folder / ours, target / theirs)
    shutil.copytree(folder, target / "keys", ignore=lambda _, names: [n for n in names if not n.endswith(".pem")])
    led = [{"name": NAME, "position": "Giám đốc", "certificates": [f"keys/person-{n}.pem" for n in leaders]}]
    rows = [{"code": one["code"], "name": one["name"], "agency_certificates": [f"keys/agency-{one['code']}.pem"],
             "leaders": led if one["code"] == OFFICE and leaders else []} for one in AGENCIES]
    (target / "register.json").write_text(json.dumps(rows), "utf-8")
    return target


def fingerprint(folder, stem):
    """The sha256 of a certificate, as a register may name it: with colons, in capitals."""
    found = x509.load_pem_x509_certificate((folder / f"{stem}.pem").read_bytes()).fingerprint(hashes.SHA256())
    return found.hex(":").upper()


def der(folder, stem):
    return x509.load_pem_x509_certificate((folder / f"{stem}.pem").read_bytes()).public_bytes(Encoding.DER)




def listed(issuer, serials=(), *, issued=timedelta(minutes=-5), until=timedelta(days=5), revoked=timedelta(days=-1),
           additional=False, lost=None, hold=False, removed=False, number=9, base=9, freshest=False,
           keeps=None, indirect=False, of=None, superseded=False):
    """A list of an authority (DER); all times from now. `additional`: a delta to the list `base`; `freshest`: it says
    that there are deltas; `lost`: since when the key is; `removed`: no longer revoked or on hold; `keeps`: it keeps
    what ended so long ago; `indirect`: it says that it may be of others, `of`: this authority's certificates.
    """
    now = datetime.now(UTC)
    if indirect:
        scope = x509.IssuingDistributionPoint(None, None, False, False, None, True, False)
    builder = (x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject).last_update(now + issued)
               .next_update(now + until).add_extension(x509.CRLNumber(number), critical=False))
    if additional:
        builder = builder.add_extension(x509.DeltaCRLIndicator(base), critical=True)
    if indirect:
        builder = builder.add_extension(scope, critical=True)
    if keeps:
        builder = builder.add_extension(x509.UnrecognizedExtension(
            x509.ObjectIdentifier("2.5.29.60"), core.GeneralizedTime(now - keeps).dump()), critical=False)
    if freshest:
        builder = builder.add_extension(x509.FreshestCRL([x509.DistributionPoint(
            [x509.UniformResourceIdentifier("http://crl.example.vn/delta.crl")], None, None, None)]), critical=False)
    for serial in serials:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now + revoked)
        if of:
            entry = entry.add_extension(x509.CertificateIssuer([x509.DirectoryName(of)]), critical=True)
        if lost:
            entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
            entry = entry.add_extension(x509.InvalidityDate((now + lost).replace(tzinfo=None)), critical=False)
        if hold:
            entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags.certificate_hold), critical=False)
        if superseded:
            entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags.superseded), critical=False)
        if removed:
            entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags.remove_from_crl), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def answered(issuer, certificate, *, revoked=None, unknown=False, issued=timedelta(minutes=-5),
             until=timedelta(hours=5), by=None, named_by=None, hold=False, odd=False):
    """An answer about a certificate (DER), good unless `revoked`; `by`: who signs it, else the issuer; `named_by`: the
    digest; `odd`: under a condition that nobody knows.
    """
    now, signer = datetime.now(UTC), by or issuer
    status = ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD
    status = ocsp.OCSPCertStatus.UNKNOWN if unknown else status
    builder = ocsp.OCSPResponseBuilder().add_response(
        certificate, issuer.certificate, named_by or hashes.SHA1(), status, now + issued, now + until,
        now + revoked if revoked else None, x509.ReasonFlags.certificate_hold if hold else None).responder_id(
        ocsp.OCSPResponderEncoding.HASH, signer.certificate)
    if by:
        builder = builder.certificates([by.certificate])
    if odd:
        builder = builder.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\0"), True)
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def stamping(folder, target, purposes):
    """The keys again, with a time-stamping authority under one that is for these purposes; its certificate."""
    shutil.copytree(folder, target)
    root = pki._authority(folder, "root", folder / "trust/root.pem", None)
    above = _issuer(root, "DEMO - Trên dấu", purposes=purposes)
    key, begins = pki._new_key(), datetime.now(UTC) - timedelta(days=9)
    name = pki._subject([(x509.oid.NameOID.COMMON_NAME, "DEMO - Dấu")])
    builder = pki._builder(above, name, key, begins, begins + pki.LIFE, pki._usage(sign=True)).add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    (target / "tsa.key").write_bytes(pki._pem(key))
    (target / "tsa.pem").write_bytes(builder.sign(above.key, hashes.SHA256()).public_bytes(Encoding.PEM))
    return above, listed(above)


def responder(issuer, *, bits=2048):
    """Whom an authority made the one who answers for it."""
    key, begins = generate_private_key(public_exponent=65537, key_size=bits), datetime.now(UTC) - timedelta(days=1)
    name = pki._subject([(x509.oid.NameOID.COMMON_NAME, "DEMO - Trả lời")])
    builder = pki._builder(issuer, name, key, begins, begins + pki.LIFE, pki._usage(sign=True))
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
    builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    return pki._Issuer(builder.sign(issuer.key, hashes.SHA256()), key)


def lister(issuer, name=None, *, may=True):
    """A key for lists that an authority made, in its own name or another; unless it `may` not."""
    key, begins = pki._new_key(), datetime.now(UTC) - timedelta(days=90)
    subject = pki._subject([(x509.oid.NameOID.COMMON_NAME, name)]) if name else issuer.certificate.subject
    builder = pki._builder(issuer, subject, key, begins, begins + pki.LIFE, pki._usage(sign=not may))
    return pki._Issuer(builder.sign(issuer.key, hashes.SHA256()), key)


def renewed(authority, above):
    """Another certificate of an authority, for the same name and key."""
    begins = datetime.now(UTC) - timedelta(days=90)
    builder = pki._builder(above, authority.certificate.subject, authority.key, begins, begins + pki.LIFE,
                           pki._usage(sign=False), x509.BasicConstraints(ca=True, path_length=0))
    return pki._Issuer(builder.sign(above.key, hashes.SHA256()), authority.key)


def listed_elsewhere(issuer, by):
    """A certificate whose lists are another's, as it says."""
    key, begins = pki._new_key(), datetime.now(UTC) - timedelta(days=90)
    builder = pki._builder(issuer, pki._subject([(x509.oid.NameOID.COMMON_NAME, "Ai đó")]), key, begins,
                           begins + pki.LIFE, pki._usage(sign=True))
    return builder.add_extension(x509.CRLDistributionPoints([x509.DistributionPoint(
        None, None, None, [x509.DirectoryName(by.certificate.subject)])]), critical=False).sign(
            issuer.key, hashes.SHA256())


def weakly(shape, data, key, digest):
    """A list (`crl.CertificateList`), an answer or a certificate, signed anew by another digest."""
    one, algorithm = shape.load(data), {"algorithm": f"{digest.name}_rsa"}
    if shape is asn1_ocsp.OCSPResponse:
        part = one["response_bytes"]["response"].parsed
        part["signature_algorithm"] = algorithm
        part["signature"] = key.sign(part["tbs_response_data"].dump(), padding.PKCS1v15(), digest)
        return shape({"response_status": "successful", "response_bytes": {
            "response_type": "basic_ocsp_response", "response": part}}).dump()
    body, signature = {asn1_crl.CertificateList: ("tbs_cert_list", "signature"),
                       asn1_x509.Certificate: ("tbs_certificate", "signature_value")}[shape]
    one[body]["signature"] = one["signature_algorithm"] = algorithm
    one[signature] = key.sign(one[body].dump(force=True), padding.PKCS1v15(), digest)
    return one.dump(force=True)


def stamper(issuer, name, *, ends=timedelta(days=900), bits=2048, listed_at=""):
    """An authority of time under another one, which ends so long from now; `listed_at`: where its list can be had."""
    key, begins = generate_private_key(public_exponent=65537, key_size=bits), datetime.now(UTC) - timedelta(days=90)
    builder = pki._builder(issuer, pki._subject([(x509.oid.NameOID.COMMON_NAME, name)]), key, begins,
                           datetime.now(UTC) + ends, pki._usage(sign=True))
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    if listed_at:
        builder = builder.add_extension(x509.CRLDistributionPoints([x509.DistributionPoint(
            [x509.UniformResourceIdentifier(listed_at)], None, None, None)]), critical=False)
    return pki._Issuer(builder.sign(issuer.key, hashes.SHA256()), key)


def stamps(by, moment, digest=None):
    """What stamps in the name of an authority, at whatever time it pleases who has the key, by which digest."""
    der = by.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return DummyTimeStamper(asn1_x509.Certificate.load(by.certificate.public_bytes(Encoding.DER)),
                            keys.PrivateKeyInfo.load(der), fixed_dt=moment, override_md=digest)
