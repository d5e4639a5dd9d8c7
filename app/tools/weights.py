"""Nets out of the wheel of `rapidocr` (Apache-2.0), run by onnxruntime from the installed file (Art. 2.2).

Some of their weights are dead: so near to nothing that the processor reckons each by hand, which made up two thirds of
the line finder's time. They are read as nothing, which changes no result. The runtime's own switch for this holds for
one thread of a process only, and jobs run in several.
"""

import importlib.util
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.refusal import Refusal

if TYPE_CHECKING:
    import onnxruntime

#: fields of the file (ONNX): the graph of a model, a weight of the graph, the kind and the bytes of a weight
_GRAPH, _WEIGHT, _KIND, _BYTES = 7, 5, 2, 9
#: the kind: numbers of four bytes
_FLOAT = 1
#: the bits of such a number that are all nought when it is dead
_EXPONENT = 0x7F800000
#: how long a field is, by the last three bits of its name; one of 2 says it itself
_LENGTHS = {1: 8, 5: 4}


class LineReaderMissing(Refusal):
    """The weights of the line reader are not installed."""

    code = "line_reader_missing"
    status = 503
    article = "Art. 2.2"


def run_weights(name: str, values: np.ndarray) -> np.ndarray:
    """What the weights of the wheel's file `name` make of a picture. Raises LineReaderMissing."""
    weights = session(name)
    return weights.run(None, {weights.get_inputs()[0].name: values})[0]


@lru_cache(maxsize=2)
def session(name: str) -> "onnxruntime.InferenceSession":
    """Ready to be run, on one thread. Raises LineReaderMissing."""
    # loaded at the first line: most processes read none
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # one thread, as Tesseract: more only fight for the same cores
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(alive(_file(name).read_bytes()), options, providers=["CPUExecutionProvider"])


def _file(name: str) -> Path:
    found = importlib.util.find_spec("rapidocr")
    folder = Path(next(iter(found.submodule_search_locations or [""]))) if found else Path()
    weights = folder / "models" / name
    if not weights.is_file():
        raise LineReaderMissing(weights=name)
    return weights


def alive(model: bytes) -> bytes:
    """The model with its dead weights as nothing."""
    made = bytearray(model)
    for _, first, last in _fields(made, 0, len(made), _GRAPH):
        for _, start, end in _fields(made, first, last, _WEIGHT):
            parts = {number: (at, behind) for number, at, behind in _fields(made, start, end, _KIND, _BYTES)}
            if _BYTES in parts and parts.get(_KIND) == (_FLOAT, None):
                at, behind = parts[_BYTES]
                numbers = np.frombuffer(made, "<u4", (behind - at) // 4, at)
                numbers[numbers & _EXPONENT == 0] = 0
    return bytes(made)


def _fields(data: bytearray, at: int, end: int, *wanted: int) -> Iterator[tuple[int, int, int | None]]:
    """Number, first byte and the byte behind the last of each wanted field; of a number its value and None."""
    while at < end:
        name, at = _number(data, at)
        kind = name & 7
        if kind == 0:
            value, at = _number(data, at)
            found = name >> 3, value, None
        else:
            length, at = _number(data, at) if kind == 2 else (_LENGTHS[kind], at)
            found = name >> 3, at, at + length
            at += length
        if found[0] in wanted:
            yield found


def _number(data: bytearray, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, the lowest first, and where it ends."""
    value = shift = 0
    while data[at] & 128:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
    return value | data[at] << shift, at + 1
