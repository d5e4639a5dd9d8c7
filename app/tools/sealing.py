"""The seal's key, its time stamp, and its copies outside: what makes history provable to a stranger (S12, S13).

The key lies in the data folder, never in the database; a copy of each seal goes to a folder that should belong to
another owner, where a restored backup or a rewritten database shows. It knows no act and no table.
"""

import base64
import hashlib
import json
import os
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from asn1crypto import cms
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

_COPY = re.compile(r"([0-9]{1,12})\.json")


class Sealer:
    """One installation's seal: ECDSA on P-256 over SHA-256."""

    def __init__(self, folder: Path, stamp: Callable[[bytes], bytes], copies: Path) -> None:
        """`folder` holds seal.key (made at first use, 0600) and seal.pem; `stamp`: sha256 digest -> RFC 3161 token."""
        self.folder, self._stamp, self.copies = folder, stamp, copies

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

    def copy(self, owner: str, number: int, seal: dict[str, Any]) -> None:
        """Put a seal outside, once: a copy that is there is never written over."""
        folder = self.copies / re.sub(r"[^A-Za-z0-9._-]", "_", owner)
        if (folder / f"{number}.json").exists():
            return
        folder.mkdir(parents=True, exist_ok=True)
        place, fresh = folder / f"{number}.json", folder / f".{number}.{os.getpid()}"
        with open(fresh, "w", encoding="utf-8") as sink:
            json.dump(seal, sink, sort_keys=True)
            sink.flush()
            os.fsync(sink.fileno())
        try:
            os.link(fresh, place)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()

    def copied(self, owner: str) -> dict[int, dict[str, Any]]:
        """The copies outside by number; one that cannot be read is an empty seal, and so differs from its own."""
        folder = self.copies / re.sub(r"[^A-Za-z0-9._-]", "_", owner)
        found = {}
        for path in folder.iterdir() if folder.is_dir() else ():
            if named := _COPY.fullmatch(path.name):
                try:
                    read = json.loads(path.read_text(encoding="utf-8"))
                except ValueError:
                    read = {}
                found[int(named[1])] = read if isinstance(read, dict) else {}
        return found

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


def stamped_at(stamp: str, digest: str) -> datetime | None:
    """When the token says that the hex sha256 was there; None: it is no token, or one over something else.

    That the authority is one to be trusted is told by openssl and by the bundle's verifier, not here.
    """
    try:
        content = cms.ContentInfo.load(base64.b64decode(stamp))["content"]["encap_content_info"]["content"].parsed
        imprint, when = content["message_imprint"]["hashed_message"].native, content["gen_time"].native
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return when if imprint == bytes.fromhex(digest) and isinstance(when, datetime) else None
