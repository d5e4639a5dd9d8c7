"""Tools of the same shape as the real ones, quick: for tests whose subject is not recognition or conversion.

Signing stays real everywhere: a document without true signatures does not pass the steps.
"""

import io
from functools import cache

from PIL import Image

from app.tools.ocr import Page


@cache
def pdf(mark: int = 0) -> bytes:
    """One white page; another mark gives another file."""
    picture, target = Image.new("L", (83, 117), 255), io.BytesIO()
    picture.putpixel((mark % 83, mark // 83), 0)
    picture.save(target, "PDF", resolution=10)
    return target.getvalue()


class FakeReader:
    """Recognises nothing: one empty page."""

    def open(self, data: bytes, media_type: str) -> list[Page]:
        return [Page(1, 595.0, 842.0, (), "ocr")]


class FakeConverter:
    """Makes the same PDF of everything, and remembers the drafts that it got."""

    def __init__(self) -> None:
        self.drafts: list[bytes] = []

    def to_pdf(self, data: bytes, name: str) -> bytes:
        self.drafts.append(data)
        return pdf()

    def close(self) -> None:
        """Nothing runs."""
