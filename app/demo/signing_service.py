"""Two signing services as others run them, pretended over the keys of the demo: for it and for tests, never in earnest.

At the signer's computer (domain: signatures, section 7): a WebSocket takes a request, fetches the file, asks its own
PIN, signs the whole file and posts it back. Remote, by CSC API v1: credentials/info, credentials/authorize,
signatures/signHash. Both sign with the keys of the demo's folder; a PIN is the one that the key has. A stranger to the
product: it knows the addresses that it is told, and no database.
"""

import asyncio
import base64
import json
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.serialization import pkcs12

from app.refusal import Refusal
from app.tools.signing import Signer
from app.tools.signing_proof import TimestampUnavailable

#: operation of the local service -> what its signature looks like
_KINDS = {"SignApproved": "leader", "SignIssued": "agency", "SignCopy": "copy"}
#: what a wrong PIN and an unknown credential are called
_WRONG_PIN, _UNKNOWN = "invalid_pin", "invalid_request"
#: tries of one credential before it locks itself
_TRIES = 3


class Service:
    """Both services over one folder of keys."""

    def __init__(self, folder: Path, pin: str, token: str) -> None:
        """`pin`: what the person would type into the local service's own dialog. `token`: lets in to the remote one."""
        self.signer, self.pin, self.token = Signer(folder), pin, token
        self.leaves: dict[str, tuple[str, str]] = {}
        self.wrong: dict[str, int] = {}
        #: what the local service gives back in the place of what it signed: for tests of who distrusts it
        self.swap: bytes | None = None

    def app(self) -> web.Application:
        """The addresses."""
        app = web.Application(client_max_size=1024 * 1024)
        app.add_routes([web.get(f"/{name}", self.local) for name in _KINDS])
        for name in ("credentials/info", "credentials/authorize", "signatures/signHash"):
            app.router.add_post(f"/csc/v1/{name}", self.remote)
        return app

    # ---- at the signer's computer

    async def local(self, request: web.Request) -> web.WebSocketResponse:
        """One request per connection, answered when the signed file has been taken."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        asked = json.loads(await socket.receive_str())
        try:
            answer = await self._sign_file(request.path.lstrip("/"), asked)
        except (aiohttp.ClientError, ValueError, KeyError, Refusal) as error:
            answer = {"Status": 1, "Message": type(error).__name__}
        await socket.send_json({"FileName": "", "FileServer": "", "DocumentNumber": "", "DocumentDate": "",
                                "Signature": "", **answer})
        await socket.close()
        return socket

    async def _sign_file(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        told = {one["Key"]: one["Value"] for one in asked["MetaData"]}
        async with aiohttp.ClientSession() as session:
            async with session.get(asked["FileName"]) as answer:
                answer.raise_for_status()
                pdf = await answer.read()
            signed = self.swap or await asyncio.to_thread(self._signed, pdf, operation, told)
            form = aiohttp.FormData()
            form.add_field("uploadfile", signed, filename="signed.pdf", content_type="application/pdf")
            async with session.post(asked["FileUploadHandler"], data=form) as answer:
                taken = await answer.json()
        return {"Status": 0 if taken.get("Status") else 2, "Message": taken.get("Message", "")}

    def _signed(self, pdf: bytes, operation: str, told: dict[str, str]) -> bytes:
        key = told["KeyName"]
        label = {"signer_name": told.get("SignerName", ""), "agency": told.get("Agency", ""),
                 "form": told.get("Form", "")}
        state = self.signer.prepare(pdf, key=key, kind=_KINDS[operation], reason="", at=datetime.now(UTC), label=label,
                                    picture=base64.b64decode(told.get("Picture", "")))
        value = self.signer.sign_digest(key, self.pin, state["attributes"])
        try:
            proof = self.signer.prove(state, value, "B-T")
        except TimestampUnavailable:  # as such services do; whether it counts is for who asked
            proof = self.signer.prove(state, value, "B-B")
        return self.signer.embed(state.pop("prepared"), state, value, proof)

    # ---- remote

    async def remote(self, request: web.Request) -> web.Response:
        """One call of CSC API v1."""
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.json_response({"error": "invalid_token"}, status=401)
        asked, call = await request.json(), request.path.rpartition("/")[2]
        name = str(asked.get("credentialID", ""))
        path = self.signer.folder / f"{name.replace(':', '-')}.p12"
        if ":" not in name or "/" in name or not path.exists():
            return web.json_response({"error": _UNKNOWN}, status=400)
        if call == "info":
            der = self.signer.files.certificate(name).dump()
            return web.json_response({"cert": {"certificates": [base64.b64encode(der).decode()]}, "multisign": 1,
                                      "PIN": {"presence": "true"}})
        answer = self._leave(name, path, asked) if call == "authorize" else self._hash(name, asked)
        return web.json_response(answer, status=400 if "error" in answer else 200)

    def _leave(self, name: str, path: Path, asked: dict[str, Any]) -> dict[str, Any]:
        if self.wrong.get(name, 0) >= _TRIES:
            return {"error": "credential_locked", "error_description": "Khóa ký đã khóa sau ba lần sai mã PIN"}
        try:
            pkcs12.load_key_and_certificates(path.read_bytes(), str(asked.get("PIN", "")).encode())
        except ValueError:
            self.wrong[name] = self.wrong.get(name, 0) + 1
            left = _TRIES - self.wrong[name]
            return {"error": _WRONG_PIN, "error_description": f"Còn {left} lần thử trước khi khóa ký bị khóa"}
        self.wrong.pop(name, None)
        leave = secrets.token_urlsafe(16)
        self.leaves[leave] = (asked["hash"][0], str(asked["PIN"]))
        return {"SAD": leave, "expiresIn": 300}

    def _hash(self, name: str, asked: dict[str, Any]) -> dict[str, Any]:
        digest, pin = self.leaves.pop(str(asked.get("SAD")), ("", ""))
        if asked["hash"] != [digest]:  # leave was given for another hash, or for none
            return {"error": "invalid_sad"}
        guarded = (self.signer.folder / f"{name.replace(':', '-')}.p12").read_bytes()
        private, _certificate, _chain = pkcs12.load_key_and_certificates(guarded, pin.encode())
        assert isinstance(private, rsa.RSAPrivateKey)  # the demo has no others
        value = private.sign(base64.b64decode(digest), padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
        return {"signatures": [base64.b64encode(value).decode()]}


def main(folder: Path, token_file: Path, port: int, pin: str) -> None:
    """Both services on this machine, until stopped; who may ask the remote one is written to the file (0600)."""
    token = secrets.token_urlsafe(32)
    token_file.unlink(missing_ok=True)
    with open(os.open(token_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(token)
    web.run_app(Service(folder, pin, token).app(), host="127.0.0.1", port=port, print=None)
