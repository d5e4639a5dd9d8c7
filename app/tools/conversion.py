"""Office files and pictures -> PDF (Art. 9.1.b).

DOCX and ODT by one warm LibreOffice per converter (soffice.py), pictures without it; a PDF comes back as it is.
It does not decide whether a draft may be signed (media.py refuses tracked changes).
"""

import atexit
import os
import threading
import time
from io import BytesIO

from PIL import Image, ImageOps, ImageSequence

from app.refusal import Refusal
from app.tools.media import clean_name, sniff
from app.tools.soffice import START_SECONDS, ConversionFailed, ConversionTimeout, Office

#: inches of the long side of A4, assumed of a picture that does not say its resolution
A4_LONG = 11.69


class NotConvertible(Refusal):
    """No PDF can be made of a file of this kind."""

    code, article = "not_convertible", "Art. 9.1.b"


class Converter:
    """One warm LibreOffice, started at the first office file; safe in threads, one per process."""

    def __init__(self, seconds: int) -> None:
        """`seconds`: longest conversion of one file."""
        self.seconds = seconds
        self._lock = threading.Lock()
        self._office: Office | None = None
        atexit.register(self.close)

    def to_pdf(self, data: bytes, name: str) -> bytes:
        """A PDF of a DOCX, ODT, JPEG, PNG or TIFF; a PDF comes back as it is.

        `name` gives the extension; content against extension is refused as media.sniff does. Raises
        NotConvertible, ConversionMissing, ConversionTimeout, ConversionFailed.
        """
        extension = sniff(data, clean_name(name)).extension
        if extension == "pdf":
            return data
        if extension in ("jpg", "png", "tif"):
            return _picture_to_pdf(data)
        if extension in ("docx", "odt"):
            with self._lock:
                return self._convert(data, extension)
        raise NotConvertible(extension=extension)

    def close(self) -> None:
        """End the program and remove its folder."""
        with self._lock:
            self._drop()

    def _convert(self, data: bytes, extension: str) -> bytes:
        deadline = time.monotonic() + START_SECONDS + self.seconds
        while True:
            office = self._warm()
            try:
                return office.convert(data, extension, self.seconds)
            except ConversionTimeout:
                self._drop()
                raise
            except ConversionFailed:
                if office.is_alive():
                    raise  # it read the file and said no
                self._drop()
                if office.converted == 1 or time.monotonic() > deadline:
                    raise  # a fresh program died of this very file

    def _warm(self) -> Office:
        office = self._office
        if office and (office.owner != os.getpid() or office.is_spent()):
            self._drop()
        if not self._office:
            try:
                self._office = Office()
            except (ConversionFailed, ConversionTimeout):
                self._office = Office()  # once more: a start is the one moment that others can disturb
        return self._office

    def _drop(self) -> None:
        office, self._office = self._office, None
        if office and office.owner == os.getpid():
            office.stop()


def _picture_to_pdf(data: bytes) -> bytes:
    """One page per frame, at the resolution that the picture states, else the long side as of A4."""
    sink = BytesIO()
    try:
        with Image.open(BytesIO(data), formats=("JPEG", "PNG", "TIFF")) as image:
            stated = float(image.info.get("dpi", (0, 0))[0] or 0)
            dpi = stated if 50 <= stated <= 2400 else max(image.size) / A4_LONG
            if getattr(image, "n_frames", 1) > 1 and image.format == "TIFF":
                modes = {frame.mode for frame in ImageSequence.Iterator(image)}
                image.save(sink, "PDF", save_all=True, resolution=dpi, **_quality(modes))
            else:
                page = _opaque(ImageOps.exif_transpose(image))
                page.save(sink, "PDF", resolution=dpi, **_quality({page.mode}))
    except (OSError, ValueError, SyntaxError) as error:
        raise ConversionFailed() from error
    return sink.getvalue()


def _quality(modes: set[str]) -> dict[str, int]:
    """Black and white pages are packed without loss, and their packer refuses to hear of quality."""
    return {} if "1" in modes else {"quality": 90}


def _opaque(image: Image.Image) -> Image.Image:
    """On white paper, in a mode that a PDF knows."""
    if image.mode in ("1", "L", "RGB", "CMYK"):
        return image
    if image.mode.startswith(("I", "F")):
        return image.convert("L")
    colours = image.convert("RGBA")
    paper = Image.new("RGBA", colours.size, "white")
    return Image.alpha_composite(paper, colours).convert("RGB")
