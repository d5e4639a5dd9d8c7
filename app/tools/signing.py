"""Sign PDFs as PAdES, in three parts that may lie apart: prepare, sign the digest, embed; and verify them.

Art. 2.2, 3.3, 9.1.c, 9.1.d, 9.2.c; NĐ 30/2020 Art. 32.2.d and Appendix I. `prepare` and `embed` need no
private key: between them the digest may go to a token, a SIM or a signing service. `sign_digest` is the
demo's stand-in for that device, with PKCS#12 files guarded by a PIN. Nothing is kept between the calls, so a
repeat after a crash gives another, equally valid file. It does NOT decide who may sign or count wrong PINs.
"""

import base64
import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path

import httpx
from asn1crypto import cms, core, crl, keys, pem, tsp, x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key, pkcs12
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.general import as_signing_certificate_v2, find_unique_cms_attribute
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import ExternalSigner, PdfCMSSignedAttributes
from pyhanko.sign.signers.pdf_signer import PdfTBSDocument
from pyhanko.sign.timestamps import DummyTimeStamper, TimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator.registry import SimpleCertificateStore

from app.refusal import Refusal
from app.tools import signing_stamp, signing_verify

#: bytes kept free for the signature with its time stamp, as hexadecimal digits
RESERVED_DIGITS = 2 * 16 * 1024
#: longest wait for a time-stamping authority
TSA_SECONDS = 20


class WrongPin(Refusal):
    """The PIN of the key is wrong."""

    code = "wrong_pin"
    status = 422


class KeyMissing(Refusal):
    """There is no key of this name here."""

    code = "key_missing"
    status = 409


class CertificateExpired(Refusal):
    """The certificate of the key is not valid at this time."""

    code = "certificate_expired"
    status = 409
    article = "NĐ 68/2024 Art. 29"


class CertificateRevoked(Refusal):
    """The certificate of the key is revoked."""

    code = "certificate_revoked"
    status = 409
    article = "NĐ 68/2024 Art. 29"


class ForeignSignature(Refusal):
    """The signature was not made with this certificate over this document."""

    code = "foreign_signature"
    status = 422
    article = "Art. 9.1.c"


class NotSignable(Refusal):
    """The PDF cannot be signed: unreadable, encrypted, or its content can change by itself."""

    code = "not_signable"
    status = 422


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


class TimestampUnavailable(Refusal):
    """The time-stamping authority does not answer."""

    code = "timestamp_unavailable"
    status = 503


class _HttpTimeStamper(TimeStamper):
    """An RFC 3161 authority over HTTP."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Post the request; any failure of transport is TimestampUnavailable, to be tried again."""
        kind = {"Content-Type": "application/timestamp-query"}
        try:
            async with httpx.AsyncClient(timeout=TSA_SECONDS) as client:
                answer = await client.post(self.url, content=req.dump(), headers=kind)
                answer.raise_for_status()
            return tsp.TimeStampResp.load(answer.content)
        except (httpx.HTTPError, ValueError) as error:
            raise TimestampUnavailable() from error


class Signer:
    """The keys and trust anchors of a folder (see `pki.py` for its layout), and a time-stamping authority."""

    def __init__(self, folder: Path, tsa_url: str = "") -> None:
        """`tsa_url` empty: the demo authority of the folder stamps in process."""
        self.folder = folder
        self.tsa_url = tsa_url

    def prepare(self, pdf: bytes, *, key: str, kind: str, reason: str, at: datetime, label: dict) -> dict:
        """Add a signature field with its appearance and an empty place for the signature.

        `key`: "person:<username>" or "agency:<code>". `kind`: "leader", "agency" (seal over the leader's
        picture) or "copy" (a scanned paper: text only). `label`, each may be missing: {"signer_name": full name
        printed in the signature block, "agency": its name on the seal, "form": first line of a copy}.

        Returns {"prepared": the PDF as bytes; key, kind, field, attributes (base64 DER, the bytes to sign),
        digest (hex SHA-256 of the attributes), document_digest, start, end: plain values to hand to `embed`}.

        Raises KeyMissing, CertificateExpired, CertificateRevoked, NotSignable, AlreadySealed,
        LeaderSignatureMissing.
        """
        if not key.startswith("person:" if kind == "leader" else "agency:"):
            raise KeyMissing(key=key)
        certificate = self._certificate(key)
        self._require_usable(certificate, at)
        self._require_order(pdf, kind)
        writer = _writer(pdf)
        field = f"{kind}_{len(writer.prev.embedded_signatures) + 1}"
        place, style = signing_stamp.stamp(pdf, writer.prev, kind, label, _common_name(certificate), at)
        chain = SimpleCertificateStore.from_certs(self._chain())
        signer = ExternalSigner(certificate, chain, signature_value=certificate.public_key.byte_size)
        meta = signers.PdfSignatureMetadata(
            field_name=field, md_algorithm="sha256", reason=reason, name=_common_name(certificate),
            subfilter=fields.SigSeedSubFilter.PADES)
        spec = fields.SigFieldSpec(field, on_page=place.page, box=place.box)
        pdf_signer = signers.PdfSigner(meta, signer, stamp_style=style, new_field_spec=spec)
        digest, output = _with_room(writer, pdf_signer, at)
        attributes = signing_verify.run(signer.signed_attrs(
            digest.document_digest, "sha256", PdfCMSSignedAttributes(), use_pades=True)).dump()
        return {
            "prepared": output, "key": key, "kind": kind, "field": field,
            "attributes": base64.b64encode(attributes).decode(),
            "digest": hashlib.sha256(attributes).hexdigest(),
            "document_digest": digest.document_digest.hex(),
            "start": digest.reserved_region_start, "end": digest.reserved_region_end,
        }

    def sign_digest(self, key: str, pin: str, attributes: str) -> bytes:
        """Sign the attributes of `prepare` with the key's PKCS#12 file.

        Raises KeyMissing, WrongPin (fact field="pin"), CertificateExpired, CertificateRevoked, and
        ForeignSignature when the attributes name another certificate: a key signs what is prepared for it.
        """
        certificate = self._certificate(key)
        private = self._private_key(key, pin)
        self._require_usable(certificate, datetime.now(UTC))
        signed = base64.b64decode(attributes)
        _require_named(signed, certificate)
        if isinstance(private, rsa.RSAPrivateKey):
            return private.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return private.sign(signed, ec.ECDSA(hashes.SHA256()))

    def embed(self, prepared: bytes, state: dict, signature: bytes) -> bytes:
        """Put the signature into the prepared PDF with a time stamp, then the validation data (PAdES B-LT).

        `state`: what `prepare` returned without "prepared". The signature is checked against this very
        document and certificate before a byte is written; the result only appends to `prepared`.

        Raises ForeignSignature, KeyMissing, TimestampUnavailable.
        """
        certificate = self._certificate(state["key"])
        attributes = base64.b64decode(state["attributes"])
        _require_named(attributes, certificate)
        _require_document(prepared, state, attributes)
        _require_signature(certificate, attributes, signature)
        chain = SimpleCertificateStore.from_certs(self._chain())
        signer = ExternalSigner(certificate, chain, signature_value=signature)
        message = signing_verify.run(signer.async_sign_prescribed_attributes(
            "sha256", cms.CMSAttributes.load(attributes), timestamper=self._time_stamper()))
        output = io.BytesIO(prepared)
        document_digest = bytes.fromhex(state["document_digest"])
        digest = PreparedByteRangeDigest(document_digest, state["start"], state["end"])
        PdfTBSDocument.resume_signing(output, digest, message)
        trust = signing_verify.Trust.of(self.folder)
        crls = [crl.CertificateList.load(data) for data in trust.crls]
        path = [*trust.roots, *trust.chain, certificate]
        DocumentSecurityStore.add_dss(output, None, certs=path, crls=crls, strict=False)
        return output.getvalue()

    def time_stamp(self, digest: bytes) -> bytes:
        """The authority's token (RFC 3161, DER) over a SHA-256 digest. Raises TimestampUnavailable."""
        return signing_verify.run(self._time_stamper().async_timestamp(digest, "sha256")).dump()

    def trust_files(self) -> dict[str, bytes]:
        """The certificates that a stranger needs to check signatures and stamps: PEM, for a bundle."""
        trust = signing_verify.Trust.of(self.folder)
        chain = [*trust.chain, *signing_verify.certificates(self.folder / "tsa.pem")]
        return {f"trust/{name}.pem": b"".join(pem.armor("CERTIFICATE", one.dump()) for one in found)
                for name, found in (("roots", trust.roots), ("chain", chain))}

    def verify(self, pdf: bytes, *, at: datetime | None = None) -> list[dict]:
        """One report per signature, in order (`signing_verify.verify`). `at`: moment of the check, or now."""
        return signing_verify.verify(pdf, signing_verify.Trust.of(self.folder), at or datetime.now(UTC))

    def _require_order(self, pdf: bytes, kind: str) -> None:
        reports = self.verify(pdf)
        if any("unreadable" in r["problems"] or "encrypted" in r["problems"] for r in reports):
            raise NotSignable()
        if any(report["is_agency"] for report in reports):
            raise AlreadySealed()
        if kind == "agency":
            people = [r for r in reports if r["intact"] and r["coverage"] != "changed-after"]
            if not people or len(people) < len(reports):
                raise LeaderSignatureMissing()

    def _require_usable(self, certificate: x509.Certificate, at: datetime) -> None:
        """NĐ 68/2024 Art. 29: the signer's own certificate is checked before signing."""
        if not certificate.not_valid_before <= at <= certificate.not_valid_after:
            raise CertificateExpired(until=certificate.not_valid_after.date().isoformat())
        for data in signing_verify.Trust.of(self.folder).crls:
            body = crl.CertificateList.load(data)["tbs_cert_list"]
            revoked = {entry["user_certificate"].native for entry in body["revoked_certificates"] or ()}
            if body["issuer"] == certificate.issuer and certificate.serial_number in revoked:
                raise CertificateRevoked()

    def _path(self, key: str, ending: str) -> Path:
        kind, _, name = key.partition(":")
        known = kind in ("person", "agency") and name and not set(name) & set("/\\\0") and name[0] != "."
        path = self.folder / f"{kind}-{name}{ending}"
        if not known or not path.exists():
            raise KeyMissing(key=key)
        return path

    def _certificate(self, key: str) -> x509.Certificate:
        return signing_verify.certificates(self._path(key, ".pem"))[0]

    def _private_key(self, key: str, pin: str) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
        guarded = self._path(key, ".p12").read_bytes()
        try:
            private, _certificate, _chain = pkcs12.load_key_and_certificates(guarded, pin.encode())
        except ValueError as error:
            raise WrongPin(field="pin") from error
        if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise KeyMissing(key=key)
        return private

    def _chain(self) -> list[x509.Certificate]:
        trust = signing_verify.Trust.of(self.folder)
        return [*trust.chain, *trust.roots]

    def _time_stamper(self) -> TimeStamper:
        if self.tsa_url:
            return _HttpTimeStamper(self.tsa_url)
        certificate = signing_verify.certificates(self.folder / "tsa.pem")[0]
        _kind, _headers, der = pem.unarmor((self.folder / "tsa.key").read_bytes())
        chain = SimpleCertificateStore.from_certs(self._chain())
        return DummyTimeStamper(certificate, keys.PrivateKeyInfo.load(der), certs_to_embed=chain)


def _writer(pdf: bytes) -> IncrementalPdfFileWriter:
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
        changing = _changes_by_itself(writer.prev)
    except signing_verify.BROKEN as error:
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
    except signing_verify.BROKEN as error:  # a certified document that forbids further signatures, too
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
    known = form["/Fields"] if "/Fields" in form else ()
    if "/XFA" in form or any(field.get_object().get("/FT") != "/Sig" for field in known):
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
