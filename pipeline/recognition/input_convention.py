"""What a network was trained to take: 0 paper .. 1 ink as ours, 0 to 255, dark ink on bright paper, transposed.

`card.json` states it as `"input": {"range": [paper, ink], "is_transposed": false}`. Of a model whose card does not,
nobody knows: it is tried with each convention on digits of a drawn font.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.recognition.load_network import Network
from pipeline.recognition.normalize import normalize_digit
from pipeline.settings.recognition import NormalizeSettings
from pipeline.types import N_DIGITS


@dataclass(frozen=True, slots=True)
class InputConvention:
    """The values that a network expects of paper and of ink, and whether it expects rows and columns exchanged."""

    paper: float = 0.0
    ink: float = 1.0
    is_transposed: bool = False

    def __str__(self) -> str:
        turned = ", transposed" if self.is_transposed else ""
        return f"{self.paper:g} for paper and {self.ink:g} for ink{turned}"

    def convert(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a batch of 0 paper .. 1 ink, float32 (N, 28, 28, 1), as the network expects it."""
        turned = batch.swapaxes(1, 2) if self.is_transposed else batch
        return np.ascontiguousarray(np.float32(self.paper) + np.float32(self.ink - self.paper) * turned)

    def adapt(self, network: Network) -> Network:
        """Return a network of our own convention that runs the given one by this."""
        return network if self == OURS else lambda batch: network(self.convert(batch))


OURS = InputConvention()
RANGES = ((0.0, 1.0), (0.0, 255.0), (1.0, 0.0), (255.0, 0.0), (-1.0, 1.0), (1.0, -1.0))
CONVENTIONS = tuple(InputConvention(*ends, is_transposed) for is_transposed in (False, True) for ends in RANGES)

KEPT_LOSS, TAKEN_LOSS = 1.6, 1.0
"""Mean negative log-likelihood of the drawn digits below which ours is kept, and at most another one is taken.

Guessing has 2.3. Of the shipped networks that of the right convention is 0.01 to 0.7, of a wrong one at least 2.3.
"""

CLEARLY_LESS, LEAST_RIGHT = 0.5, 0.6
"""Share of our own convention's loss, and share of digits read, at which another convention is taken instead."""


def recognize_convention(score: Network) -> InputConvention:
    """Return the convention by which a network reads drawn digits: ours, unless another is clearly better.

    `score` gives the probabilities, float32 (N, 10 or 11), of a batch as it is fed to the network. The loss decides and
    not the share read alone: a network for 0 to 255 that is fed 0 to 1 may read rightly, but is sure of nothing.
    """
    own_loss, _ = measure_convention(score, OURS)
    most = min(TAKEN_LOSS, CLEARLY_LESS * own_loss)
    for convention in CONVENTIONS if own_loss >= KEPT_LOSS else ():
        loss, share = measure_convention(score, convention)
        if loss < most and share >= LEAST_RIGHT:
            return convention
    return OURS


def measure_convention(score: Network, convention: InputConvention) -> tuple[float, float]:
    """Return (mean negative log-likelihood, share read) of the drawn digits when a network is fed by a convention."""
    batch, labels = draw_probe_digits()
    scores = score(convention.convert(batch))
    likely = scores[np.arange(len(labels)), labels]
    return float(-np.mean(np.log(np.maximum(likely, 1e-9)))), float(np.mean(scores.argmax(axis=1) == labels))


@lru_cache(maxsize=1)
def draw_probe_digits() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return digits of OpenCV's fonts as reading hands them on, float32 (40, 28, 28, 1), and int64 (40,) labels."""
    fonts = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_ITALIC)
    digits = []
    for font in fonts:
        for digit in range(N_DIGITS):
            mask = np.zeros((120, 120), np.uint8)
            cv2.putText(mask, str(digit), (20, 90), font, 3, 255, 9)
            digits.append(normalize_digit(mask, 9.0, NormalizeSettings()))
    return np.stack(digits)[..., None], np.tile(np.arange(N_DIGITS), len(fonts))
