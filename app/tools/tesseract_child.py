"""Tesseract in a process of its own, started by tesseract.py by its path: pictures in, tables of words out (Art. 2.2).

The engine, the system's library by its C interface, stays loaded from one picture to the next. It runs apart because a
page of mere specks keeps it busy for minutes and it heeds no time limit there: only a process can be ended (security.md
S7). It imports nothing of the house, opens no file but the language model, and ends when its caller does.
"""

import ctypes
import resource
import sys
from multiprocessing.connection import Connection

#: exit status when the model of the language is not installed; when the library is not
MISSING, NO_LIBRARY = 3, 4
#: address space, bytes (security.md S7)
MEMORY_BYTES = 2 * 1024 * 1024 * 1024
_LIBRARY = "libtesseract.so.5"
#: the engine that the fast models are made for
_LSTM_ONLY = 1


class Engine:
    """One engine with one language."""

    def __init__(self, language: str) -> None:
        """Raises OSError: no library; LookupError: no model."""
        self._library = ctypes.CDLL(_LIBRARY)
        for name in ("Create", "GetTsvText"):
            self._function(name).restype = ctypes.c_void_p
        self._handle = ctypes.c_void_p(self._function("Create")())
        if self._function("Init2")(self._handle, None, language.encode(), _LSTM_ONLY):
            raise LookupError(language)

    def table(self, mode: int, dpi: int, width: int, height: int, grey: bytes) -> bytes:
        """The words of a picture, one byte an element, as tab-separated values."""
        self._function("SetPageSegMode")(self._handle, mode)
        self._function("SetImage")(self._handle, grey, width, height, 1, width)
        self._function("SetSourceResolution")(self._handle, dpi)
        text = ctypes.c_void_p(self._function("GetTsvText")(self._handle, 0))
        try:
            return ctypes.string_at(text) if text else b""
        finally:
            self._library.TessDeleteText(text)
            self._function("Clear")(self._handle)

    def _function(self, name: str) -> "ctypes._CFuncPtr":
        return getattr(self._library, f"TessBaseAPI{name}")


def main(descriptor: int, language: str) -> None:
    """Answer until the caller is gone: (page segmentation, dots per inch, width, height), grey bytes -> a table."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    # no core file of what may be confidential
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        engine = Engine(language)
    except OSError:
        sys.exit(NO_LIBRARY)
    except LookupError:
        sys.exit(MISSING)
    caller = Connection(descriptor)
    while True:
        try:
            asked, grey = caller.recv(), caller.recv_bytes()
        except EOFError:
            return
        caller.send_bytes(engine.table(*asked, grey))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
