"""The door to pikepdf (qpdf): PDFs opened as objects, within limits (security.md S7).

The limits are the library's own and hold for the whole process; they are set once, here. It reads no page and
writes no file: suspect.py and page_cut.py do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pikepdf
from pikepdf import settings

from app.tools.office import EncryptedFile, TruncatedFile

#: most bytes that one packed stream may become, of those that are read to find objects
MAX_UNPACKED_BYTES = 64 * 1024 * 1024

settings.set_qpdf_limits(
    flate_max_memory=MAX_UNPACKED_BYTES, run_length_max_memory=MAX_UNPACKED_BYTES, png_max_memory=MAX_UNPACKED_BYTES,
    tiff_max_memory=MAX_UNPACKED_BYTES, dct_max_memory=MAX_UNPACKED_BYTES, parser_max_nesting=100,
    max_stream_filters=4, doc_max_warnings=200)


@contextmanager
def opened(source: bytes | Path) -> Iterator[pikepdf.Pdf]:
    """The PDF, to be read or copied from. Raises EncryptedFile, TruncatedFile."""
    try:
        with pikepdf.open(BytesIO(source) if isinstance(source, bytes) else source) as document:
            yield document
    except pikepdf.PasswordError as error:
        raise EncryptedFile() from error
    except (pikepdf.PdfError, RecursionError, MemoryError) as error:
        raise TruncatedFile() from error


def require_open(source: bytes | Path) -> None:
    """Refuse a PDF that is encrypted, even where no password is asked to read it. Raises what `opened` does."""
    with opened(source) as document:
        if document.is_encrypted:
            raise EncryptedFile()
