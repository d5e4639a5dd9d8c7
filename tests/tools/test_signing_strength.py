"""Keys that no standard of digital signatures names, or that are too short (security.md S10)."""

import io
from datetime import UTC, datetime, timedelta

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore


def test_s10_a_key_of_a_kind_that_no_standard_names_is_weak(signer, letter):
    """Ed25519, signed by itself: told, where the size of its key cannot even be asked."""
    private, name = ed25519.Ed25519PrivateKey.generate(), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ai đó")])
    now = datetime.now(UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
            .serial_number(5).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=9))
            .sign(private, None))
    pair = signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(made.public_bytes(Encoding.DER)),
        signing_key=asn1_keys.PrivateKeyInfo.load(private.private_bytes(
            Encoding.DER, PrivateFormat.PKCS8, NoEncryption())), cert_registry=SimpleCertificateStore())
    meta = signers.PdfSignatureMetadata(field_name="ky", md_algorithm="sha512", subfilter=SigSeedSubFilter.PADES)
    signed = signers.PdfSigner(meta, pair).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(letter))).getvalue()
    [found] = signer.verify(signed)
    assert {"weak", "untrusted"} <= set(found["problems"])
