"""PDFium within bounds: its lock, and the process beside this one in which it reads what came (security.md S7).

The library keeps global state, so in one process one thread uses it at a time: every file of app/tools that imports
pypdfium2 holds LOCK around its calls. A file of a few hundred bytes can make it take all memory there is, or end the
process by a trap that nobody catches: so whatever it reads or draws of a file that came is done apart, by `beside` or
`Opened`, in one process that stays warm.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from ctypes import c_uint
from functools import partial, wraps
from hashlib import sha256
from typing import Any, ParamSpec, TypeVar

import numpy as np
import pypdfium2
import pypdfium2.raw as raw
from numpy.typing import NDArray

from app.tools.apart import Apart, is_apart
from app.tools.suspect_stream import unpacks_too_large

LOCK = threading.RLock()
#: most pages that are looked at; no file may have more (media.py)
MAX_PAGES = 500
#: most picture elements of one picture, and of one page at the resolution at which pages are read
MAX_PIXELS, _READ_DPI = 100_000_000, 200
#: why a PDF cannot be opened: a page or a picture on it is larger; its streams become larger than they may
TOO_LARGE, UNPACKS_TOO_LARGE = "too many pixels", "unpacks too large"
#: what is asked of a file, to lay all its pages open too, takes at most so many seconds and bytes of addresses
SECONDS, BYTES = 30, 1536 * 1024 * 1024
#: files of which the answer is remembered; that stay open
_REMEMBERED, _MOST_OPEN = 64, 2

P, R = ParamSpec("P"), TypeVar("R")

_apart = Apart(SECONDS, BYTES)
_known: dict[str, tuple[int, str]] = {}
#: in the process beside: by the sha256 of the file
_open: OrderedDict[str, pypdfium2.PdfDocument] = OrderedDict()


def seen(page: pypdfium2.PdfPage, most: int, fine: float = 1.0) -> NDArray[np.uint8]:
    """A page as one sees it, (rows, columns, red-green-blue). `fine`: picture elements per point, at `most` so many.

    The caller holds LOCK; fields are drawn when the document's forms were begun before its page was.
    """
    width, height = page.get_size()
    scale = min(fine, (most / max(1.0, width * height)) ** 0.5)
    return page.render(scale=scale, rev_byteorder=True).to_numpy()


def beside(function: Callable[P, R]) -> Callable[P, R]:
    """The function, run in the process beside this one; at once in one that is apart itself. What it takes and gives is
    picklable. It raises TookTooLong and BrokeReader, too.
    """
    @wraps(function)
    def asked(*arguments: P.args, **named: P.kwargs) -> R:
        if is_apart():
            return function(*arguments, **named)
        answer: R = _apart.run(partial(asked, **named), *arguments)
        return answer

    return asked


class Opened:
    """A PDF that stays open beside for many questions, its fields drawn, too."""

    def __init__(self, data: bytes) -> None:
        """Nothing is read of it yet."""
        self._data, self._key = data, sha256(data).hexdigest()

    def ask(self, question: Callable[..., Any], *arguments: Any) -> Any:
        """question(document, *arguments), asked there.

        Raises what it raises, PdfiumError of what is no PDF, TookTooLong, BrokeReader.
        """
        if is_apart():
            return _answered(self._key, self._data, question, arguments)
        try:
            return _apart.run(_answered, self._key, None, question, arguments)
        except _NotOpen:
            return _apart.run(_answered, self._key, self._data, question, arguments)


class _NotOpen(Exception):
    """The process beside does not have the file open (any more)."""


def _answered(key: str, data: bytes | None, question: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Runs in the other process."""
    with LOCK:
        if key not in _open:
            if data is None:
                raise _NotOpen
            while len(_open) >= _MOST_OPEN:
                _open.popitem(last=False)[1].close()
            _open[key] = pypdfium2.PdfDocument(data)
            _open[key].init_forms()
        _open.move_to_end(key)
        return question(_open[key], *arguments)


def laid_open(data: bytes) -> tuple[int, str]:
    """How many pages a PDF has, and why it cannot be opened ("" when it can). Raises TookTooLong, BrokeReader."""
    key = sha256(data).hexdigest()
    if (known := _known.get(key)) is not None:
        return known
    found: tuple[int, str] = _apart.run(_laid_open, data)
    if len(_known) >= _REMEMBERED:
        _known.clear()
    _known[key] = found
    return found


def _laid_open(data: bytes) -> tuple[int, str]:
    """Runs in the other process."""
    if unpacks_too_large(data):
        return 0, UNPACKS_TOO_LARGE
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        return 0, str(error).lower()
    try:
        for number in range(min(len(document), MAX_PAGES)):
            if _lay_open(document, number) > MAX_PIXELS:
                return len(document), TOO_LARGE
        return len(document), ""
    finally:
        document.close()


def _lay_open(document: pypdfium2.PdfDocument, number: int) -> float:
    """How many picture elements the page has, or the largest picture on it; 0: whoever reads pages says why."""
    try:
        page = document[number]
        page.get_textpage().close()
        width, height = page.get_size()
        largest = max(map(_elements, objects(page, depth=4)), default=0)
        page.close()
    except pypdfium2.PdfiumError:
        return 0.0
    drawn = width * height * (_READ_DPI / 72) ** 2
    return max(drawn, float(largest))


def objects(holder: Any, depth: int) -> Iterator[Any]:
    """All that a page, or a form, draws, and what the forms among them draw, so many levels deep. By hand: of each of
    millions the library would make an object.
    """
    is_page = isinstance(holder, pypdfium2.PdfPage)
    count, get = (raw.FPDFPage_CountObjects, raw.FPDFPage_GetObject) if is_page else (
        raw.FPDFFormObj_CountObjects, raw.FPDFFormObj_GetObject)
    for number in range(count(holder)):
        one = get(holder, number)
        yield one
        if depth > 1 and raw.FPDFPageObj_GetType(one) == raw.FPDF_PAGEOBJ_FORM:
            yield from objects(one, depth - 1)


def _elements(item: Any) -> int:
    """Of how many picture elements a picture is; 0: it is none."""
    across, down = c_uint(), c_uint()
    is_picture = raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_IMAGE
    return across.value * down.value if is_picture and raw.FPDFImageObj_GetImagePixelSize(item, across, down) else 0
