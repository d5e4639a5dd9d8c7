"""Security headers of every answer (security.md S9, S7): no inline script, nothing from elsewhere.

Does not set cookies (gate.py).
"""

import re

from flask import Flask, Response, g, request

from app.web.gate import is_secure

_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self' data:; worker-src 'self' blob:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
#: the PDF reader's worker decodes JPEG 2000 and JBIG2 by WebAssembly; nothing else may
_WORKER = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"

#: what the bundler names by its hash: under this name it never changes
_NAMED_BY_CONTENT = re.compile(r"/dist/[\w-]+-[0-9A-Z]{8}\.\w+$")


def add_headers(answer: Response) -> Response:
    """Add what is missing; a view that set its own policy keeps it."""
    worker = request.path.endswith("/dist/pdf.worker.min.mjs")
    policy = _WORKER if worker else _PAGE
    if "connects" in g:  # the page speaks to the signing service of the person's own computer, and to nothing else
        policy = policy.replace("connect-src 'self'", f"connect-src 'self' {g.connects}")
    answer.headers.setdefault("Content-Security-Policy", policy)
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    answer.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    answer.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    answer.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if request.endpoint == "static":
        answer.headers["Cache-Control"] = (
            "private, max-age=31536000, immutable" if _is_for_ever(answer) else
            "private, max-age=3600" if "v" in request.args else "no-cache")
    else:
        answer.headers.setdefault("Cache-Control", "no-store")
    if is_secure():
        answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return answer


def _is_for_ever(answer: Response) -> bool:
    """Whether the same address will always answer this."""
    return answer.status_code < 400 and _NAMED_BY_CONTENT.search(request.path) is not None


def register_headers(app: Flask) -> None:
    """On every answer, errors included."""
    app.after_request(add_headers)
