"""Sign PDFs as PAdES, in three parts that may lie apart: prepare, sign the digest, embed; and verify them.

Art. 2.2, 3.3, 9.1.c, 9.1.d, 9.2.c; NĐ 30/2020 Art. 32.2.d and Appendix I; NĐ 68/2024 Art. 29. `prepare` and `embed`
need no private key: between them the digest goes to where the key is (`signing_key.py`), and the signature gets its
time stamp (`signing_proof.py`). Nothing is kept between the calls, so a repeat after a crash gives another, equally
valid file with the same stamp. It does NOT decide who may sign, nor count wrong PINs.
"""

import base64
import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asn1crypto import cms, core, crl, ocsp, pem, x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.general import as_signing_certificate_v2, find_unique_cms_attribute
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import ExternalSigner, PdfCMSSignedAttributes
from pyhanko.sign.signers.pdf_signer import PdfTBSDocument
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator.registry import SimpleCertificateStore

from app.refusal import Refusal
from app.tools import edxml_signature, signing_path, signing_stamp, signing_trust
from app.tools.apart import Apart
from app.tools.revocation import Asker
from app.tools.signing_key import Holder, Key, KeyFiles, KeyMissing, WayMissing
from app.tools.signing_policy import BROKEN
from app.tools.signing_proof import LEVELS, GivenStamp, Prover, RevocationUnknown
from app.tools.signing_remote import RemoteKeys
from app.tools.signing_verifier import Verifier

#: bytes kept free for the signature with its time stamp, as hexadecimal digits
RESERVED_DIGITS = 2 * 16 * 1024


class ForeignSignature(Refusal):
    """The signature was not made with this certificate over this document."""

    code = "foreign_signature"
    status = 422
    article = "Art. 9.1.c"


class OtherKey(ForeignSignature):
    """The key that answered is not the one of the registered certificate."""

    code = "other_key"
    status = 409


class NotSignable(Refusal):
    """The PDF cannot be signed: unreadable, encrypted, or its content can change by itself."""

    code = "not_signable"
    status = 422


class LevelUnknown(Refusal):
    """The level asked of signatures is "B-T" or "B-LT"."""

    code = "level_unknown"
    status = 503


class LeaderSignatureMissing(Refusal):
    """The agency signs only what the leader has signed, unchanged since."""

    code = "leader_signature_missing"
    status = 409
    article = "Art. 9.1.d"


class AlreadySealed(Refusal):
    """The agency has signed: nobody may sign after it."""

    code = "already_sealed"
    status = 409
    article = "Art. 9.1.d"


class Signer(Verifier):
    """The keys that an installation reaches, the authorities that it asks, and whom it trusts."""

    def __init__(self, folder: Path, tsa_url: str = "", *, prover: Prover | None = None,
                 holders: dict[str, Holder] | None = None, level: str = "B-LT", apart: Apart | None = None,
                 asker: Asker | None = None, packet_keys: Path | None = None) -> None:
        """`folder`: trust anchors and, in a demo, keys (see `pki.py`). `holders`: more ways than its files.

        `level`: what is asked of a signature, one of LEVELS. `apart`, `asker`: as `Verifier`.
        `packet_keys`: `<code>.pem` of each agency that signs its packets. Raises LevelUnknown.
        """
        if level not in LEVELS[1:]:
            raise LevelUnknown(level=level)
        self.level = level
        super().__init__(folder, apart, asker)
        self.files = KeyFiles(folder)
        self.prover = prover or Prover(folder, tsa_url)
        self._packet_keys = packet_keys
        self.holders: dict[str, Holder] = {"file": self.files, **(holders or {})}

    def prepare(self, pdf: bytes, *, key: str, kind: str, reason: str, at: datetime, label: dict,
                certificate: bytes = b"", picture: bytes = b"") -> dict:
        """Add a signature field with its appearance and an empty place for the signature.

        `key`: "person:<username>" or "agency:<code>". `kind`: "leader", "agency" (seal over the leader's
        picture) or "copy" (a scanned paper: text only). `certificate`: DER, of a key that is no file here. `picture`:
        PNG in the place of the drawn one. `label`, each may be missing: {"signer_name": full name
        printed in the signature block, "agency": its name on the seal, "form": first line of a copy}.

        Returns {"prepared": the PDF as bytes; key, kind, field, attributes (base64 DER, the bytes to sign),
        digest (hex SHA-256 of the attributes), document_digest, start, end: plain values to hand to `embed`}.

        Whether the certificate may sign is asked when it signs (`sign`): until then it may be renewed, or another
        chosen. Raises KeyMissing, NotSignable, AlreadySealed, LeaderSignatureMissing.
        """
        if not key.startswith("person:" if kind == "leader" else "agency:"):
            raise KeyMissing(key=key)
        owner = x509.Certificate.load(certificate) if certificate else self.files.certificate(key)
        self._require_order(pdf, kind)
        writer = _writer(pdf)
        field = f"{kind}_{len(writer.prev.embedded_signatures) + 1}"
        place, style = signing_stamp.stamp(pdf, writer.prev, kind, label, _common_name(owner), at, picture)
        signer = ExternalSigner(owner, self._chain(), signature_value=owner.public_key.byte_size)
        meta = signers.PdfSignatureMetadata(
            field_name=field, md_algorithm="sha256", reason=reason, name=_common_name(owner),
            subfilter=fields.SigSeedSubFilter.PADES)
        spec = fields.SigFieldSpec(field, on_page=place.page, box=place.box)
        pdf_signer = signers.PdfSigner(meta, signer, stamp_style=style, new_field_spec=spec)
        digest, output = _with_room(writer, pdf_signer, at)
        attributes = _attributes(signer, digest.document_digest)
        return {
            "prepared": output, "key": key, "kind": kind, "field": field,
            "attributes": base64.b64encode(attributes).decode(),
            "digest": hashlib.sha256(attributes).hexdigest(),
            "document_digest": digest.document_digest.hex(),
            "start": digest.reserved_region_start, "end": digest.reserved_region_end,
        }

    def for_others(self, pdf: bytes) -> bytes:
        """The PDF as it is given out to be signed by other software: with an empty form, if it has none.

        Only so can be told afterwards whether a signature was added to it and nothing else. Raises NotSignable.
        """
        writer = _writer(pdf)
        if "/AcroForm" in writer.root:
            return pdf
        form = generic.DictionaryObject({generic.pdf_name("/Fields"): generic.ArrayObject(),
                                         generic.pdf_name("/SigFlags"): generic.NumberObject(3)})
        writer.root["/AcroForm"] = writer.add_object(form)
        writer.update_root()
        output = io.BytesIO()
        writer.write(output)
        return output.getvalue()

    def sign(self, key: Key, pin: str, state: dict) -> dict[str, str]:
        """Sign what `prepare` returned with a key, wherever it lies; the own certificate is checked before.

        Returns {"value", "attributes", "certificate"}, Base64: `embed` takes the last two in the state. The attributes
        name this very certificate: a person with two keys chooses when he signs.

        Raises what the key's holder and `Prover.check` refuse; OtherKey when another key answered.
        """
        certificate = x509.Certificate.load(key.certificate) if key.certificate else self.files.certificate(key.name)
        self.prover.check(certificate, datetime.now(UTC), must_know=False)
        attributes = _attributes(ExternalSigner(certificate, None, signature_value=certificate.public_key.byte_size),
                                 bytes.fromhex(state["document_digest"]))
        if key.way not in self.holders:
            raise WayMissing(way=key.way)
        value = self.holders[key.way].sign(key, pin, attributes, certificate)
        try:
            _require_signature(certificate, attributes, value)
        except ForeignSignature as error:
            raise OtherKey() from error
        plain = {"value": value, "attributes": attributes, "certificate": certificate.dump()}
        return {name: base64.b64encode(one).decode() for name, one in plain.items()}

    def sign_digest(self, key: str, pin: str, attributes: str) -> bytes:
        """Sign the attributes of `prepare` with the key's PKCS#12 file, as they are.

        Raises KeyMissing, WrongPin (fact field="pin"), CertificateExpired, CertificateRevoked, and
        ForeignSignature when the attributes name another certificate: a key signs what is prepared for it.
        """
        certificate, signed = self.files.certificate(key), base64.b64decode(attributes)
        self.prover.check(certificate, datetime.now(UTC), must_know=False)
        _require_named(signed, certificate)
        return self.files.sign(Key(key), pin, signed, certificate)

    def require_usable(self, certificate: bytes, at: datetime) -> None:
        """What is known of a certificate (DER) does not speak against signing with it.

        Raises CertificateExpired, CertificateRevoked, CertificateUntrusted.
        """
        self.prover.check(x509.Certificate.load(certificate), at, must_know=False)

    def remote_certificate(self, reference: str) -> bytes:
        """DER of the certificate of a credential in the signing service. Raises WayMissing, KeyMissing, ServiceAway."""
        holder = self.holders.get("remote")
        if not isinstance(holder, RemoteKeys):
            raise WayMissing(way="remote")
        return holder.certificate(reference)

    def prove(self, state: dict, signature: bytes | str, level: str, *, is_stamped: bool = False) -> dict[str, Any]:
        """What lifts a signature to this PAdES level ("B-B", "B-T", "B-LT"): plain values, for `embed`.

        `is_stamped`: it bears its time stamp already. Whether the certificate is revoked is asked at every level: a
        person who takes less than B-LT takes that nobody may answer, never that the answer is yes.

        Raises TimestampUnavailable, RevocationUnknown, CertificateRevoked, CertificateUntrusted: never less than asked.
        """
        if isinstance(signature, str):
            signature = base64.b64decode(signature)
        token = b"" if level == "B-B" or is_stamped else self.prover.stamp(hashlib.sha256(signature).digest())
        try:
            answers = self.prover.check(self._certificate(state), datetime.now(UTC))
        except RevocationUnknown:
            if level == "B-LT":
                raise
            answers = []
        return {"level": level, "token": base64.b64encode(token).decode(),
                "ocsps": [base64.b64encode(one).decode() for one in answers]}

    def embed(self, prepared: bytes, state: dict, signature: bytes, proof: dict[str, Any] | None = None) -> bytes:
        """Put the signature into the prepared PDF with its time stamp, then the validation data (PAdES B-LT).

        `state`: what `prepare` returned without "prepared". `proof`: what `prove` returned; without it, it is asked
        for now. The signature is checked against this very document and certificate before a byte is written; the
        result only appends to `prepared`.

        Raises ForeignSignature, KeyMissing, TimestampUnavailable, RevocationUnknown.
        """
        certificate = self._certificate(state)
        attributes = base64.b64decode(state["attributes"])
        _require_named(attributes, certificate)
        _require_document(prepared, state, attributes)
        _require_signature(certificate, attributes, signature)
        proof = proof or self.prove(state, signature, "B-LT")
        signer = ExternalSigner(certificate, self._chain(), signature_value=signature)
        stamp = GivenStamp(base64.b64decode(proof["token"])) if proof["token"] else None
        message = signing_path.run(signer.async_sign_prescribed_attributes(
            "sha256", cms.CMSAttributes.load(attributes), timestamper=stamp))
        output = io.BytesIO(prepared)
        document_digest = bytes.fromhex(state["document_digest"])
        digest = PreparedByteRangeDigest(document_digest, state["start"], state["end"])
        PdfTBSDocument.resume_signing(output, digest, message)
        return self.with_evidence(output.getvalue(), state, proof)

    def with_evidence(self, pdf: bytes, state: dict, proof: dict[str, Any]) -> bytes:
        """Certificates, lists and answers, so that who reads it later need ask nobody (the DSS of PAdES B-LT)."""
        if proof["level"] != "B-LT":
            return pdf
        certificate, output = self._certificate(state), io.BytesIO(pdf)
        trust = signing_trust.Trust.of(self.folder)
        crls = [crl.CertificateList.load(data) for data in trust.crls]
        told = [ocsp.OCSPResponse.load(base64.b64decode(one)) for one in proof["ocsps"]]
        DocumentSecurityStore.add_dss(output, None, certs=[*trust.roots, *trust.chain, certificate], crls=crls,
                                      ocsps=told, strict=False)
        return output.getvalue()

    def time_stamp(self, digest: bytes) -> bytes:
        """The authority's token (RFC 3161, DER) over a SHA-256 digest. Raises TimestampUnavailable."""
        return bytes(signing_path.run(self.prover.time_stamper().async_timestamp(digest, "sha256")).dump())

    def trust_files(self) -> dict[str, bytes]:
        """The certificates that a stranger needs to check signatures and stamps: PEM, for a bundle."""
        trust = signing_trust.Trust.of(self.folder)
        chain = [*trust.chain, *signing_trust.certificates(self.folder / "tsa.pem")]
        return {f"trust/{name}.pem": b"".join(pem.armor("CERTIFICATE", one.dump()) for one in found)
                for name, found in (("roots", trust.roots), ("chain", chain))}

    def sign_packet(self, data: bytes, code: str) -> bytes:
        """The packet with the signature of the agency's system, where the agency has a key for that; else as it is.

        Raises PacketKeyWrong.
        """
        file = self._packet_keys / f"{code}.pem" if self._packet_keys else None
        return edxml_signature.sign(data, file) if file and file.exists() else data

    def _require_order(self, pdf: bytes, kind: str) -> None:
        reports = self.verify(pdf)
        if any({"unreadable", "encrypted", "heavy"} & set(r["problems"]) for r in reports):
            raise NotSignable()
        if any(report["is_agency"] for report in reports):
            raise AlreadySealed()
        if kind == "agency":
            people = [r for r in reports if r["intact"] and r["coverage"] != "changed-after"]
            if not people or len(people) < len(reports):
                raise LeaderSignatureMissing()

    def _certificate(self, state: dict) -> x509.Certificate:
        """Whose signature it is: as the state tells, else of the file of its key."""
        told = state.get("certificate")
        return x509.Certificate.load(base64.b64decode(told)) if told else self.files.certificate(state["key"])

    def _chain(self) -> SimpleCertificateStore:
        trust = signing_trust.Trust.of(self.folder)
        return SimpleCertificateStore.from_certs([*trust.chain, *trust.roots])


def _attributes(signer: ExternalSigner, document_digest: bytes) -> bytes:
    """The bytes to sign (DER): they name the document's digest and the signer's certificate, and no time."""
    return bytes(signing_path.run(signer.signed_attrs(
        document_digest, "sha256", PdfCMSSignedAttributes(), use_pades=True)).dump())


def _writer(pdf: bytes) -> IncrementalPdfFileWriter:
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
        changing = _changes_by_itself(writer.prev)
    except BROKEN as error:
        raise NotSignable(reason="unreadable") from error
    if writer.prev.encrypted or changing:
        raise NotSignable(reason=changing or "encrypted")
    return writer


def _with_room(writer: IncrementalPdfFileWriter, pdf_signer: signers.PdfSigner,
               at: datetime) -> tuple[PreparedByteRangeDigest, bytes]:
    """The PDF with field, appearance and an empty place for the signature; and what is to be signed of it."""
    try:
        session = pdf_signer.init_signing_session(writer)
        session.system_time = at.astimezone(signing_stamp.VIETNAM)
        digest, output = session.prepare_tbs_document(None, RESERVED_DIGITS).digest_tbs_document()
    except BROKEN as error:  # a certified document that forbids further signatures, too
        raise NotSignable(reason="structure") from error
    return digest, output.getvalue()


def _changes_by_itself(reader: PdfFileReader) -> str:
    """What would let the signed page look different later: scripts, layers, form fields; "" when nothing."""
    root = reader.root
    if "/OCProperties" in root:
        return "layers"
    # indexing follows references, get() does not
    names, action, form = (root[k] if k in root else {} for k in ("/Names", "/OpenAction", "/AcroForm"))
    if "/AA" in root or "/JavaScript" in names:
        return "scripts"
    if isinstance(action, dict) and action and action["/S"] != "/GoTo":
        return "scripts"
    known = [one.get_object() for one in (form["/Fields"] if "/Fields" in form else ())]
    if "/XFA" in form or any("/FT" not in field or field["/FT"] != "/Sig" for field in known):
        return "form_fields"
    return ""


def _common_name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.native.get("common_name", ""))


def _require_named(attributes: bytes, certificate: x509.Certificate) -> None:
    """The signed attributes name this certificate (ESS signing-certificate-v2)."""
    named = _attribute(attributes, "signing_certificate_v2")["certs"][0]["cert_hash"].native
    if named != as_signing_certificate_v2(certificate)["certs"][0]["cert_hash"].native:
        raise ForeignSignature()


def _attribute(attributes: bytes, name: str) -> core.Asn1Value:
    try:
        return find_unique_cms_attribute(cms.CMSAttributes.load(attributes), name)
    except (ValueError, KeyError, TypeError) as error:
        raise ForeignSignature() from error


def _require_document(prepared: bytes, state: dict, attributes: bytes) -> None:
    """The attributes carry the digest of these very bytes, computed again."""
    start, end = state["start"], state["end"]
    digest = hashlib.sha256(prepared[:start] + prepared[end:]).digest()
    signed = _attribute(attributes, "message_digest").native
    if not (digest == signed and digest.hex() == state["document_digest"]):
        raise ForeignSignature()


def _require_signature(certificate: x509.Certificate, attributes: bytes, signature: bytes) -> None:
    public = load_der_public_key(certificate.public_key.dump())
    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, attributes, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, attributes, ec.ECDSA(hashes.SHA256()))
        else:
            raise ForeignSignature()
    except InvalidSignature as error:
        raise ForeignSignature() from error
