"""The authorities of a folder of keys as a real HTTP server: time stamps, OCSP answers, lists (RFC 3161, 6960).

Each of them can be put out of order, as real ones are: it answers 503 then.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from app.tools import pki
from app.tools.signing_proof import Prover


class Authorities:
    """At `url`: /tsa, /ocsp, /crl/<name>.crl. `fails`: the paths that answer 503; `asked`: how often each was."""

    def __init__(self, folder, url):
        self.folder, self.url, self.fails, self.asked = folder, url, set(), []

    def answer(self, path, body):
        """The bytes that answer, or None: out of order."""
        self.asked.append(path)
        if path in self.fails:
            return None
        if path == "/tsa":
            return Prover(self.folder).time_stamper().request_tsa_response(tsp.TimeStampReq.load(body)).dump()
        if path == "/ocsp":
            return self._status(ocsp.load_der_ocsp_request(body))
        return (self.folder / path.lstrip("/")).read_bytes()

    def _status(self, asked):
        issuing = pki._authorities(self.folder)
        at, revoked = datetime.now(UTC), pki._revoked(self.folder).get(str(asked.serial_number))
        answer = ocsp.OCSPResponseBuilder().add_response_by_hash(
            asked.issuer_name_hash, asked.issuer_key_hash, asked.serial_number, asked.hash_algorithm,
            ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD, at - timedelta(seconds=5),
            at + timedelta(hours=1), datetime.fromisoformat(revoked) if revoked else None,
            x509.ReasonFlags.unspecified if revoked else None)
        answer = answer.responder_id(ocsp.OCSPResponderEncoding.HASH, issuing.certificate)
        return answer.sign(issuing.key, hashes.SHA256()).public_bytes(Encoding.DER)


@contextmanager
def running(folder) -> Iterator[Authorities]:
    """The authorities of the folder on a free port of this machine."""
    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            made = found.answer(self.path, self.rfile.read(int(self.headers.get("Content-Length", 0))))
            self.send_response(503 if made is None else 200)
            self.end_headers()
            self.wfile.write(made or b"")

        do_GET = do_POST

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    found = Authorities(folder, f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()
