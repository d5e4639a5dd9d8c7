"""The recognition program: one picture -> a table of words (Art. 2.2).

Each picture goes to a process that keeps the engine loaded (tesseract_child.py); one that takes too long is ended, the
next picture gets another. Where the library is not the one that we know, the program is started for each picture by
pytesseract, whose only importer this is: the same table, more slowly. It knows no page and no points (ocr.py).
"""

import os
import re
import subprocess
import sys
from multiprocessing import Pipe
from pathlib import Path
from queue import Empty, LifoQueue
from typing import NamedTuple

import pytesseract
from PIL import Image

from app.refusal import Refusal
from app.tools import tesseract_child

#: language model
LANGUAGE = "vie"
#: page segmentation: a page; lines of one column; one line; scattered words
PAGE, BLOCK, LINE, SPARSE = 3, 6, 7, 11
#: the level of a word in the table
_WORD = "5"


class OcrFailed(Refusal):
    """Recognition of a page failed or took too long."""

    code = "ocr_failed"
    status = 503
    article = "Art. 2.2"


class OcrMissing(Refusal):
    """The recognition program or its Vietnamese model is not installed."""

    code = "ocr_missing"
    status = 503
    article = "Art. 2.2"


class Row(NamedTuple):
    """One word as the program gives it, in picture elements."""

    text: str
    #: 0..1
    confidence: float
    left: int
    top: int
    width: int
    height: int
    #: numbers of block, paragraph and line
    line: tuple[int, int, int]


class _NoLibrary(Exception):
    """The engine cannot be loaded as a library."""


class _Engine:
    """One process that reads picture after picture."""

    def __init__(self) -> None:
        self._end, its_end = Pipe()
        # one thread a process: more only fight for the same cores
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-I", tesseract_child.__file__, str(its_end.fileno()), LANGUAGE], env=environment,
            pass_fds=[its_end.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd=Path(tesseract_child.__file__).parent)
        its_end.close()

    def read(self, picture: Image.Image, mode: int, dpi: int, seconds: float) -> str:
        """The table; raises OcrFailed, OcrMissing and _NoLibrary, then the process has ended."""
        try:
            self._end.send((mode, dpi, *picture.size))
            self._end.send_bytes(picture.tobytes())
            if self._end.poll(seconds):
                return self._end.recv_bytes().decode()
        except (EOFError, OSError) as error:
            status = self.end()
            if status == tesseract_child.NO_LIBRARY:
                raise _NoLibrary from error
            if status == tesseract_child.MISSING:
                raise OcrMissing from error
            raise OcrFailed from error
        self._process.kill()
        self.end()
        raise OcrFailed(seconds=seconds)

    def end(self) -> int:
        """Let the process end and give its exit status."""
        self._end.close()
        return self._process.wait()


#: processes that wait for a picture; as many as threads ever read at once
_idle: "LifoQueue[_Engine]" = LifoQueue()


def recognise(picture: Image.Image, mode: int, dpi: int, seconds: float) -> list[Row]:
    """The words of a picture, read in grey, in the program's order. Raises OcrFailed, OcrMissing."""
    grey = picture.convert("L")
    try:
        table = by_library(grey, mode, dpi, seconds)
    except _NoLibrary:
        table = by_program(grey, mode, dpi, seconds)
    return [row for line in table.splitlines() if (row := _row(line.split("\t")))]


def by_library(grey: Image.Image, mode: int, dpi: int, seconds: float) -> str:
    """The table of a grey picture, by a process that stays."""
    try:
        engine = _idle.get_nowait()
    except Empty:
        engine = _Engine()
    table = engine.read(grey, mode, dpi, seconds)
    _idle.put(engine)
    return table


def by_program(grey: Image.Image, mode: int, dpi: int, seconds: float) -> str:
    """The same by the program, started for this picture."""
    try:
        return pytesseract.image_to_data(grey, lang=LANGUAGE, config=f"--psm {mode} --oem 1 --dpi {dpi}",
                                         timeout=seconds, output_type=pytesseract.Output.STRING)
    except pytesseract.TesseractNotFoundError as error:
        raise OcrMissing from error
    except pytesseract.TesseractError as error:
        if re.search(r"loading language|initialize tesseract", str(error)):
            raise OcrMissing from error
        raise OcrFailed from error
    except RuntimeError as error:  # pytesseract's way to say that the time is up
        raise OcrFailed(seconds=seconds) from error


def _row(cells: list[str]) -> Row | None:
    if len(cells) < 12 or cells[0] != _WORD:
        return None
    block, paragraph, line, _, left, top, width, height = map(int, cells[2:10])
    return Row(cells[11], float(cells[10]) / 100, left, top, width, height, (block, paragraph, line))
