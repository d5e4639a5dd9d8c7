"""What is shown of a file in another form (a PDF of an office file, the picture of a page), made once and kept on disk.

Whoever can write to the folder must not be able to show something else: the name of what is kept bears a mark of its
bytes that only this installation can make; without it, it is made anew (security.md S12). It asks nobody's right.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable

from flask import current_app

from app.web.settings import settings


def shown(name: str, suffix: str, make: Callable[[], bytes]) -> bytes:
    """The bytes kept under this name, which begins with the file's sha256; made now when they are not there."""
    folder = settings().previews
    for place in folder.glob(f"{name}.*{suffix}"):
        try:
            data = place.read_bytes()
        except OSError:  # gone with its file
            continue
        if place.name == _marked(name, data, suffix):
            return data
        place.unlink(missing_ok=True)
    data = make()
    folder.mkdir(mode=0o700, exist_ok=True)
    fresh = folder / f"{name}.{secrets.token_hex(4)}"
    fresh.write_bytes(data)
    fresh.replace(folder / _marked(name, data, suffix))
    return data


def _marked(name: str, data: bytes, suffix: str) -> str:
    told = f"shown:{name}:{hashlib.sha256(data).hexdigest()}".encode()
    return f"{name}.{hmac.new(str(current_app.config['SECRET_KEY']).encode(), told, 'sha256').hexdigest()}{suffix}"
