"""Art. 2.2: what is dead in a net costs time and tells nothing."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from app.tools.weights import alive, run_weights

FOLDER = Path(find_spec("rapidocr").submodule_search_locations[0]) / "models"


def _float(bits):
    return np.array([bits], "<u4").tobytes()


def test_only_weights_that_are_next_to_nothing_become_nothing():
    dead, small, minus = _float(0x0000FFFF), _float(0x00800000), _float(0xBF800000)

    def model(*numbers, kind=1):
        values = b"".join(numbers)
        weight = bytes([0x10, kind, 0x4A, len(values)]) + values
        graph = bytes([0x2A, len(weight)]) + weight
        # behind a number of two bytes and a name
        return b"\x08\x80\x01" + b"\x12\x04name" + bytes([0x3A, len(graph)]) + graph

    assert alive(model(dead, small, minus)) == model(_float(0), small, minus)
    # whole numbers look the same and are none
    assert alive(model(dead, small, kind=6)) == model(dead, small, kind=6)


@pytest.mark.parametrize(("name", "shape"), [("PP-OCRv6_det_small.onnx", (1, 3, 96, 160)),
                                             ("PP-OCRv6_rec_small.onnx", (1, 3, 48, 160))])
def test_art_2_2_a_net_says_the_same_without_its_dead_weights(name, shape):
    data = (FOLDER / name).read_bytes()
    assert sum(one != other for one, other in zip(data, alive(data), strict=True)) > 100
    values = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    as_made = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    said = as_made.run(None, {as_made.get_inputs()[0].name: values})[0]
    assert np.array_equal(run_weights(name, values), said)
