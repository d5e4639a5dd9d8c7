"""The keys that sign, wherever they lie: one small interface, and a row in `holders` for each place.

Art. 2.2, 9.1.c, 9.1.d; NĐ 68/2024 Art. 29. A holder is handed a key's name, its PIN and the bytes to sign, and gives
the raw signature back: RSA as PKCS#1 v1.5, an elliptic curve as DER, over SHA-256. Three ways of the four are such: a
PKCS#12 file (`file`), a token or HSM by PKCS#11 (`token`), a signing service by CSC (`remote`, signing_remote.py). The
fourth, the service on the signer's own computer (`client`), signs the whole file there (signing_returned.py).
It does NOT decide who may use a key, and keeps no PIN.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Protocol

from asn1crypto import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from pkcs11 import Attribute, ObjectClass, PKCS11Error, TokenFlag, exceptions
from pyhanko.config.pkcs11 import TokenCriteria
from pyhanko.sign.pkcs11 import PKCS11Signer, find_token, open_pkcs11_session, p11_lib

from app.refusal import Refusal
from app.tools.signing_path import run
from app.tools.signing_trust import certificates

#: where a key may lie, in the order in which they are offered
WAYS = ("token", "client", "remote", "file")
#: ways that want the PIN on our page; the service on the signer's computer asks for it itself
WITH_PIN = frozenset({"token", "remote", "file"})


class WrongPin(Refusal):
    """The PIN of the key is wrong."""

    code = "wrong_pin"
    status = 422


class LastPinTry(WrongPin):
    """The PIN is wrong, and the token locks itself with the next wrong one."""

    code = "last_pin_try"


class KeyMissing(Refusal):
    """There is no key of this name here."""

    code = "key_missing"
    status = 409


class TokenLocked(Refusal):
    """The token has locked itself after wrong PINs, or nobody has set its PIN."""

    code = "token_locked"
    status = 409


class TokenAbsent(Refusal):
    """The token is not plugged in, or its module is not there: to be tried again when it is."""

    code = "token_absent"
    status = 503


class WayMissing(Refusal):
    """This installation is not set up for this way of signing."""

    code = "way_missing"
    status = 409


@dataclass(frozen=True)
class Key:
    """One key: whose ("person:<username>", "agency:<code>"), where, and how it is called there."""

    name: str
    way: str = "file"
    #: of a token: "<token>/<key>", both labels; of a signing service: the credential's id
    reference: str = ""
    #: DER; empty for a file, whose certificate lies beside it
    certificate: bytes = field(default=b"", repr=False)


class Holder(Protocol):
    """Where keys of one way lie."""

    def sign(self, key: Key, pin: str, data: bytes, certificate: x509.Certificate) -> bytes:
        """The signature over `data`; the caller holds it against the certificate. Raises WrongPin, KeyMissing, ..."""
        ...


class KeyFiles:
    """PKCS#12 files of a folder (see `pki.py`), each guarded by its PIN: where the agency chose so, and in the demo."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def certificate(self, name: str) -> x509.Certificate:
        """The certificate beside the key. Raises KeyMissing."""
        return certificates(self.path(name, ".pem"))[0]

    def path(self, name: str, ending: str) -> Path:
        """The file of a key's name. Raises KeyMissing, also for a name that would leave the folder."""
        kind, _, rest = name.partition(":")
        known = kind in ("person", "agency") and rest and not set(rest) & set("/\\\0") and rest[0] != "."
        path = self.folder / f"{kind}-{rest}{ending}"
        if not known or not path.exists():
            raise KeyMissing(key=name)
        return path

    def sign(self, key: Key, pin: str, data: bytes, certificate: x509.Certificate) -> bytes:
        """Open the file with the PIN, sign, forget."""
        guarded = self.path(key.name, ".p12").read_bytes()
        try:
            private, _certificate, _chain = pkcs12.load_key_and_certificates(guarded, pin.encode())
        except ValueError as error:
            raise WrongPin(field="pin") from error
        if isinstance(private, rsa.RSAPrivateKey):
            return private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        if isinstance(private, ec.EllipticCurvePrivateKey):
            return private.sign(data, ec.ECDSA(hashes.SHA256()))
        raise KeyMissing(key=key.name)


class Tokens:
    """Tokens and HSMs behind one PKCS#11 module, by the labels of token and key."""

    #: who is logged in at a token is so for the whole process: without this, a second one at the same moment would
    #: sign with the first one's PIN
    _alone = Lock()

    def __init__(self, module: str) -> None:
        """`module`: path of the shared library, from the settings only: it is code."""
        self.module = module

    def sign(self, key: Key, pin: str, data: bytes, certificate: x509.Certificate) -> bytes:
        """Log in at the token once, sign, log out; at a token that says it is locked no PIN is tried.

        Raises WrongPin, TokenLocked, TokenAbsent, KeyMissing, WayMissing.
        """
        if not self.module:
            raise WayMissing(way=key.way)
        token, _, label = key.reference.partition("/")
        with self._alone, _told(key, lambda: self._flags(token)):
            if _is_shut(self._flags(token)):
                raise TokenLocked(key=key.name)
            with open_pkcs11_session(self.module, token_criteria=TokenCriteria(label=token), user_pin=pin) as session:
                if not list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: label})):
                    raise KeyMissing(key=key.name)
                signer = PKCS11Signer(session, key_label=label, signing_cert=certificate, other_certs_to_pull=(),
                                      use_raw_mechanism=certificate.public_key.algorithm == "ec")
                return bytes(run(signer.async_sign_raw(data, "sha256")))

    def _flags(self, token: str) -> TokenFlag:
        """What the token says of itself now."""
        found = find_token(p11_lib(self.module).get_slots(), token_criteria=TokenCriteria(label=token))
        if found is None:
            raise exceptions.TokenNotPresent()
        return found.flags


def _is_shut(flags: TokenFlag) -> bool:
    return bool(flags & TokenFlag.USER_PIN_LOCKED) or not flags & TokenFlag.USER_PIN_INITIALIZED


_NOTHING = TokenFlag(0)
_LOCKED = (exceptions.PinLocked, exceptions.PinExpired, exceptions.UserPinNotInitialized)
_WRONG = (exceptions.PinIncorrect, exceptions.PinInvalid, exceptions.PinLenRange)


@contextmanager
def _told(key: Key, flags: Callable[[], TokenFlag]) -> Iterator[None]:
    """What the module says, as a refusal in our words; `flags`: asked after a wrong PIN."""
    try:
        yield
    except PKCS11Error as error:
        now = _NOTHING
        if isinstance(error, _WRONG):
            with suppress(PKCS11Error):
                now = flags()
        raise refusal_of(error, key, now) from error
    except RuntimeError as error:  # the module cannot be loaded
        raise TokenAbsent(key=key.name) from error


def refusal_of(error: PKCS11Error, key: Key, flags: TokenFlag = _NOTHING) -> Refusal:
    """The refusal that an error of PKCS#11 stands for; what is not known is a token that cannot be used now.

    `flags`: what the token says of itself after a wrong PIN, which may have been the last one.
    """
    if isinstance(error, _WRONG) and not flags & TokenFlag.USER_PIN_LOCKED:
        return LastPinTry(field="pin") if flags & TokenFlag.USER_PIN_FINAL_TRY else WrongPin(field="pin")
    if isinstance(error, _WRONG):
        return TokenLocked(key=key.name)
    return TokenLocked(key=key.name) if isinstance(error, _LOCKED) else TokenAbsent(key=key.name)
