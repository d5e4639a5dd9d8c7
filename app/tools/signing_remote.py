"""Keys in a signing service, by the interface of the Cloud Signature Consortium (CSC API v1): authorize, signHash.

NĐ 68/2024 Art. 29. The person's PIN opens the credential for one hash; only the hash leaves the house. The service's
address and the token that lets this installation in come from settings, never from data. It does NOT keep a PIN, and
does NOT try again by itself: a credential may count each try.
"""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
from asn1crypto import x509

from app.refusal import Refusal
from app.tools.signing_key import Key, KeyMissing, TokenLocked, WayMissing, WrongPin
from app.tools.whole_call import ask

#: longest wait for one answer, seconds
SECONDS = 20
#: algorithms by object identifier, as CSC wants them
_SHA256, _RSA, _ECDSA = "2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"
#: what the services call a wrong PIN or one-time password, and a credential that is shut
_WRONG, _SHUT = {"invalid_pin", "invalid_otp"}, {"credential_locked", "locked_pin", "credential_disabled"}
#: characters of the service's own words that are shown
_LONGEST = 200


class ServiceAway(Refusal):
    """The signing service does not answer, or not as it should."""

    code = "service_away"
    status = 503


class ServiceRefuses(Refusal):
    """The signing service refuses: the installation may not use it, or not this credential."""

    code = "service_refuses"
    status = 409


class ServicePinWrong(WrongPin):
    """The signing service says that the PIN is wrong; it counts the tries by a rule of its own."""

    code = "service_pin_wrong"


class CredentialLocked(TokenLocked):
    """The signing service has shut the credential."""

    code = "credential_locked"


class RemoteKeys:
    """The credentials of one signing service."""

    def __init__(self, url: str, token_file: Path) -> None:
        """`url`: with the path before /credentials, e.g. https://host/csc/v1. `token_file`: the access token."""
        self.url, self.token_file = url.rstrip("/"), token_file

    def certificate(self, reference: str) -> bytes:
        """DER of the credential's certificate. Raises KeyMissing and what `sign` does."""
        found = self._ask("credentials/info", {"credentialID": reference, "certificates": "single"})
        try:
            der = base64.b64decode(found["cert"]["certificates"][0], validate=True)
            return bytes(x509.Certificate.load(der, strict=True).dump())
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise KeyMissing(key=reference) from error

    def sign(self, key: Key, pin: str, data: bytes, certificate: x509.Certificate) -> bytes:
        """Authorize this one hash, have it signed.

        Raises ServicePinWrong, CredentialLocked, ServiceAway, ServiceRefuses.
        """
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        credential = {"credentialID": key.reference}
        leave = self._ask("credentials/authorize", credential | {"numSignatures": 1, "hash": [digest], "PIN": pin})
        algorithm = _ECDSA if certificate.public_key.algorithm == "ec" else _RSA
        found = self._ask("signatures/signHash", credential | {
            "SAD": leave.get("SAD"), "hash": [digest], "hashAlgo": _SHA256, "signAlgo": algorithm})
        try:
            [signature] = found["signatures"]
            return base64.b64decode(signature, validate=True)
        except (KeyError, TypeError, ValueError) as error:
            raise ServiceAway() from error

    def _ask(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        if not self.url or not self.token_file.exists():
            raise WayMissing(way="remote")
        headers = {"Authorization": f"Bearer {self.token_file.read_text().strip()}"}
        try:
            status, answer = ask("POST", f"{self.url}/{method}", SECONDS, json=body, headers=headers)
            told = json.loads(answer)
        except (httpx.HTTPError, ValueError) as error:
            raise ServiceAway() from error
        if status == httpx.codes.OK and isinstance(told, dict):
            return told
        raise _refusal(status, told if isinstance(told, dict) else {})


def _refusal(status: int, told: dict[str, Any]) -> Refusal:
    error = str(told.get("error"))
    said = _plain(str(told.get("error_description") or error))
    if error in _WRONG:
        return ServicePinWrong(field="pin", said=said)
    if error in _SHUT:
        return CredentialLocked(said=said)
    return ServiceRefuses() if 400 <= status < 500 else ServiceAway()


def _plain(text: str) -> str:
    """The service's own words, as a line that can be shown."""
    return " ".join("".join(one for one in text if one.isprintable() or one.isspace()).split())[:_LONGEST]
