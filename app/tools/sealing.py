"""The seal's key: with time stamp (signing_time.py) and copies outside (seal_copies.py) history is provable (S12, S13).

The key lies in the data folder, never in the database. It knows no act and no table.
"""

import base64
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from app.tools.seal_copies import Copies
from app.tools.signing_time import Judge


class Sealer:
    """One installation's seal: ECDSA on P-256 over SHA-256."""

    def __init__(self, folder: Path, stamp: Callable[[bytes], bytes], copies: Path, trust: Path, *,
                 copies_are_own: bool = True) -> None:
        """`folder` holds seal.key (made at first use, 0600); `stamp`: sha256 digest -> RFC 3161 token; `trust`: folder
        of the roots that stamps lead to. `copies_are_own`: no folder of another owner is set for the copies.
        """
        self.folder, self._stamp, self.copies, self.trust = folder, stamp, copies, trust
        self.copies_are_own = copies_are_own

    def sign(self, data: bytes) -> str:
        """Base64 of the DER signature."""
        return base64.b64encode(self._key().sign(data, ec.ECDSA(hashes.SHA256()))).decode()

    def stamp(self, digest: str) -> str:
        """Base64 of the time-stamp token over a hex sha256. Raises TimestampUnavailable."""
        return base64.b64encode(self._stamp(bytes.fromhex(digest))).decode()

    @property
    def public(self) -> str:
        """The public key as PEM: what a stranger needs to check a seal."""
        return self._key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def key_id(self) -> str:
        """sha256 of the public key's PEM."""
        return hashlib.sha256(self.public.encode()).hexdigest()

    def copies_of(self, owner: str, folder: Path | None = None) -> Copies:
        """Where the copies of one agency's seals are; `folder`: they are read from elsewhere."""
        return Copies(folder or self.copies, owner, is_own=folder is None and self.copies_are_own)

    def judge(self) -> Judge:
        """Who tells whether a time stamp is to be trusted, by the roots as they are now."""
        return Judge.of(self.trust)

    def _key(self) -> ec.EllipticCurvePrivateKey:
        path = self.folder / "seal.key"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            made = ec.generate_private_key(ec.SECP256R1())
            fresh = path.with_suffix(f".{os.getpid()}")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(descriptor, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            os.close(descriptor)
            try:
                os.link(fresh, path)  # the first of two starting processes wins
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        key = load_pem_private_key(path.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key


def is_signed(public: str, data: bytes, signature: str) -> bool:
    """Whether the signature over the data is of this key."""
    try:
        key = load_pem_public_key(public.encode())
        key.verify(base64.b64decode(signature), data, ec.ECDSA(hashes.SHA256()))  # type: ignore[union-attr, call-arg, arg-type]
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
