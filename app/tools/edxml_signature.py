"""The XML signature of an edXML packet: put in where the agency chose so, and judged when a packet comes in.

QCVN 102:2016 (header signature); Art. 3.3, security.md S8. A signature counts only when it covers the whole packet but
itself: one reference to "", no transform but the enveloped one and a canonicalisation. So what `edxml_read` reads is
what was signed, wherever it stands. Whether a packet is taken in never depends on it, and the PDF inside is judged by
itself (`signing_verify.py`). It knows no agency.
"""

import base64
from datetime import datetime
from pathlib import Path
from typing import Any

from asn1crypto import x509
from cryptography import x509 as certificates_of
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from lxml import etree
from pyhanko_certvalidator import CertificateValidator
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError
from pyhanko_certvalidator.policy_decl import NO_REVOCATION
from signxml import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConfiguration,
    SignatureMethod,
    XMLSigner,
    XMLVerifier,
)
from signxml.exceptions import SignXMLException

from app.refusal import Refusal
from app.tools.edxml_packet import MAX_BYTES, PacketRefused
from app.tools.edxml_tree import Node, parse
from app.tools.revocation import questions, told_by
from app.tools.signing_path import (
    context,
    is_for_documents,
    leads_to_documents,
    life,
    revoked,
    run,
)
from app.tools.signing_policy import BROKEN
from app.tools.signing_strength import RSA_BITS, is_strong
from app.tools.signing_trust import Trust
from app.tools.signing_verify import nothing, who

DS = "http://www.w3.org/2000/09/xmldsig#"
_DS = f"{{{DS}}}"
#: where a report says that it is the packet's
FIELD = "edXML"
_ENVELOPED = f"{DS}enveloped-signature"
_METHODS = {SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512,
            SignatureMethod.ECDSA_SHA256, SignatureMethod.ECDSA_SHA384, SignatureMethod.ECDSA_SHA512}
_DIGESTS = {DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512}
_CANONICAL = {"http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2006/12/xml-c14n11",
              "http://www.w3.org/2001/10/xml-exc-c14n#"}


class PacketKeyWrong(Refusal):
    """The agency's key for packets cannot be read, is not RSA of 2048 bits, or its certificate belongs to another."""

    code, status = "packet_key_wrong", 503


class _Form(Exception):
    """What stands there is no signature that could count; the problem's code."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def is_signed(data: bytes) -> bool:
    """Whether a packet holds an XML signature, wherever it stands; what samples leave as a dummy is none."""
    try:
        return _holds(parse(data))
    except PacketRefused:
        return False


def _holds(node: Node) -> bool:
    return (node.name, node.namespace) == ("Signature", DS) or any(map(_holds, node.children))


def verify(data: bytes, trust: Trust, at: datetime) -> dict[str, Any] | None:
    """One report, as of a signature in a PDF (`signing_verify.verify`); None: the packet bears none.

    `at`: when the packet came; that is what the certificate is judged by, for nothing else proves the time. Problems:
    unreadable, wrapped (it does not cover the packet as a whole, or not by itself), weak, altered, untrusted, purpose,
    revoked, revocation_unknown, expired, not_yet_valid.
    """
    if not is_signed(data):
        return None
    try:
        root = _tree(data)
        signature = _only_signature(root)
        held = _certificates(signature)
    except _Form as form:
        return nothing(form.problem, at) | {"field": FIELD}
    except BROKEN:
        return nothing("unreadable", at) | {"field": FIELD}
    report = nothing("", at) | who(held[0]) | {"field": FIELD, "problems": [], "coverage": "whole"}
    try:
        method = _strict(root, signature)
        report["algorithm"] = method.name.lower().replace("_", " ")
        report["intact"] = _is_intact(data, held[0], method)
        known = trust.with_answers([*held, *trust.chain]).known_at(at)
        report |= _judged(held, known, at) | {"told_by": told_by(held[0], known.crls, known.ocsps)}
    except _Form as form:
        return report | {"problems": [form.problem]}
    except BROKEN:
        return report | {"problems": ["unreadable"]}
    told = {"altered": not report["intact"], "untrusted": not report["trusted"],
            "purpose": not is_for_documents(held[0]), "revoked": report["revoked"] is True,
            "revocation_unknown": report["trusted"] and report["revoked"] is None, "expired": report["expired"],
            "not_yet_valid": report["not_yet_valid"]}
    report["problems"] = [code for code, is_so in told.items() if is_so]
    if "revocation_unknown" in report["problems"]:
        report["asks"] = questions([*held, *trust.chain], [*held, *trust.chain, *trust.roots])
    return report


def _parser() -> etree.XMLParser:
    # one attachment may be longer than a text of libxml2 may be; depth and number were counted (edxml_tree.parse)
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)


def _tree(data: bytes) -> etree._Element:
    """The packet as a tree; comments and instructions are refused: they are not signed and could part a value."""
    root = etree.fromstring(data, _parser())
    if next(root.iter(etree.Comment, etree.PI, etree.Entity), None) is not None:
        raise _Form("wrapped")
    return root


def _only_signature(root: etree._Element) -> etree._Element:
    """The one signature, in the header of the one envelope; no two elements share an Id."""
    found = list(root.iter(f"{_DS}Signature"))
    if len(found) != 1:
        raise _Form("wrapped")
    path = [etree.QName(one).localname for one in found[0].iterancestors()]
    if path != ["edXMLHeader", "edXMLEnvelope", "edXML"]:
        raise _Form("wrapped")
    seen: set[str] = set()
    for node in root.iter():
        for name, value in node.attrib.items():
            if etree.QName(name).localname.lower() == "id":
                if value in seen:
                    raise _Form("wrapped")
                seen.add(value)
    return found[0]


def _certificates(signature: etree._Element) -> list[x509.Certificate]:
    """Those that the signature brings along, the signer's first: a claim, which the chain to a root must prove."""
    found = signature.findall(f"{_DS}KeyInfo/{_DS}X509Data/{_DS}X509Certificate")
    if not found:
        raise _Form("unreadable")
    ders = [base64.b64decode("".join((one.text or "").split()), validate=True) for one in found]
    held = [x509.Certificate.load(der, strict=True) for der in ders]
    for one in held:
        one.native  # noqa: B018  to read all of it is the test
    return held


def _strict(root: etree._Element, signature: etree._Element) -> SignatureMethod:
    """The method, when the signature is of the one shape that covers the whole packet. Raises _Form."""
    children = [etree.QName(one) for one in signature]
    if [one.localname for one in children] != ["SignedInfo", "SignatureValue", "KeyInfo"]:
        raise _Form("wrapped")  # an Object could hold what was signed elsewhere
    told = [etree.QName(one).localname for one in signature[0]]
    if told != ["CanonicalizationMethod", "SignatureMethod", "Reference"]:
        raise _Form("wrapped")
    canonical, method, reference = signature[0]
    parts = [*signature, *signature[0], *reference]
    if ([etree.QName(one).localname for one in reference] != ["Transforms", "DigestMethod", "DigestValue"]
            or any(etree.QName(one).namespace != DS for one in parts)):
        raise _Form("wrapped")
    transforms = [one.get("Algorithm") for one in reference.findall(f"{_DS}Transforms/{_DS}Transform")]
    if (reference.get("URI") != "" or reference.get("Type") or len(canonical) or canonical.get("Algorithm") not in
            _CANONICAL or transforms[:1] != [_ENVELOPED] or len(transforms) > 2
            or not set(transforms[1:]) <= _CANONICAL or reference.findall(f"{_DS}Transforms/{_DS}Transform/*")):
        raise _Form("wrapped")
    digest = reference.find(f"{_DS}DigestMethod")
    try:
        found = SignatureMethod(method.get("Algorithm"))
        used = DigestAlgorithm(digest.get("Algorithm") if digest is not None else "")
    except ValueError as error:
        raise _Form("weak") from error
    if found not in _METHODS or used not in _DIGESTS or len(method):
        raise _Form("weak")  # HMAC, too: its key would be what is public
    return found


def _is_intact(data: bytes, signer: x509.Certificate, method: SignatureMethod) -> bool:
    if not is_strong(signer.public_key):
        raise _Form("weak")
    certificate = certificates_of.load_der_x509_certificate(signer.dump())
    asked = SignatureConfiguration(
        location="./{*}edXMLEnvelope/{*}edXMLHeader/", expect_references=1, signature_methods=frozenset({method}),
        digest_algorithms=frozenset(_DIGESTS), verification_time=signer.not_valid_before)
    try:
        XMLVerifier().verify(data, x509_cert=certificate, parser=_parser(), expect_config=asked)
    except (SignXMLException, ValueError, TypeError, etree.LxmlError):  # the last: not as the schema wants it
        return False
    return True


def _judged(held: list[x509.Certificate], trust: Trust, at: datetime) -> dict[str, Any]:
    """Trusted, revoked, in its life: of the signer's certificate, at this moment."""
    signer = held[0]
    begins, ends = signer.not_valid_before, signer.not_valid_after
    moment = min(max(at, begins), ends)

    asked = context(trust, moment, NO_REVOCATION, trust.at(moment), more=held[1:])
    facts: dict[str, Any] = life(signer, at) | {"trusted": True, "revoked": None}
    try:
        path = run(CertificateValidator(signer, validation_context=asked).async_validate_path())
    except (PathBuildingError, PathValidationError):
        return facts | {"trusted": False}
    if not leads_to_documents(path):
        return facts | {"trusted": False}
    return facts | {"revoked": run(revoked(trust, path, moment, held=held[1:]))}


class _Signer(XMLSigner):  # type: ignore[misc]
    """The library's, for packets whose attachments are longer than a text of libxml2 may be."""

    @property
    def parser(self) -> etree.XMLParser:
        """Reads what it copies."""
        return _parser()


def sign(data: bytes, key_file: Path) -> bytes:
    """The packet with a signature in its header: RSA, SHA-256, and the same bytes for the same packet.

    `key_file`: PEM, an unguarded RSA key and then its certificate, those above it after that: a key of the agency's
    system for packets (NĐ 68/2024: devices, services, software), never the one that seals. Raises PacketKeyWrong.
    """
    try:
        text = key_file.read_bytes()
        key, chain = load_pem_private_key(text, None), certificates_of.load_pem_x509_certificates(text)
    except (OSError, ValueError, TypeError) as error:
        raise PacketKeyWrong(file=key_file.name) from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < RSA_BITS \
            or chain[0].public_key() != key.public_key():
        raise PacketKeyWrong(file=key_file.name)
    root = etree.fromstring(data, _parser())
    header = root.find("{*}edXMLEnvelope/{*}edXMLHeader")
    etree.SubElement(header, f"{_DS}Signature", {"Id": "placeholder"}, nsmap={"ds": DS})
    signer = _Signer(signature_algorithm=SignatureMethod.RSA_SHA256, digest_algorithm=DigestAlgorithm.SHA256,
                       c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    pems = [one.public_bytes(Encoding.PEM).decode() for one in chain]
    signed = signer.sign(root, key=key, cert=pems)
    made: bytes = etree.tostring(signed, xml_declaration=True, encoding="UTF-8")
    if len(made) > MAX_BYTES:
        raise PacketRefused("too_large", limit=MAX_BYTES >> 20)
    return made
