"""The line network: all line images of a page in, posteriors of their columns out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelError
from pipeline.recognition.column_classes import COLUMN_CLASSES
from pipeline.recognition.line_images import COLUMN_PX, LINE_IMAGE_PX, LineImage
from pipeline.recognition.load_network import Network, load_line_network_file
from pipeline.recognition.model_card import load_json

_BETWEEN_PX = 32
"""Bare paper between two line images: the network does not look farther."""

_MOST_PX = 8192
"""Width of what is read at once; bounds the memory."""


@dataclass(frozen=True, slots=True, eq=False)
class LineNetwork:
    """A loaded line network.

    Attributes
    ----------
    name : of the model's folder
    temperature : divides the logits; 1 leaves the scores as the network gave them
    network : float32 (1, 32, W, 2) in, float32 (1, W / 2, K) out, K classes of `COLUMN_CLASSES`
    """

    name: str
    temperature: float
    network: Network

    def predict(self, images: Sequence[LineImage]) -> list[NDArray[np.float32]]:
        """Return, per line image, calibrated probabilities float32 (columns, K), of `COLUMN_CLASSES`.

        The line images are laid end to end, bare paper between them, so that the network runs once for a page.
        """
        posteriors: list[NDArray[np.float32]] = []
        for first, last in _portion([image.pixels.shape[1] + _BETWEEN_PX for image in images]):
            posteriors += self._predict_together(images[first:last])
        return posteriors

    def _predict_together(self, images: Sequence[LineImage]) -> list[NDArray[np.float32]]:
        widths = [image.pixels.shape[1] for image in images]
        starts = np.cumsum([0, *(width + _BETWEEN_PX for width in widths)])
        row = np.zeros((1, LINE_IMAGE_PX, int(starts[-1]), 2), np.float32)
        for image, start in zip(images, starts, strict=False):
            row[0, :, start : start + image.pixels.shape[1]] = image.pixels * np.float32(1 / 255)
        posteriors = np.log(np.maximum(self.network(row)[0], np.finfo(np.float32).tiny)) / self.temperature
        posteriors = np.exp(posteriors - posteriors.max(axis=1, keepdims=True))
        posteriors /= posteriors.sum(axis=1, keepdims=True)
        ends = zip(starts, widths, strict=False)
        return [posteriors[start // COLUMN_PX : (start + width) // COLUMN_PX] for start, width in ends]


def _portion(widths: Sequence[int]) -> list[tuple[int, int]]:
    """Return (first, last) of runs of line images, together no wider than what is read at once; one at least."""
    runs, first, total = [], 0, 0
    for at, width in enumerate(widths):
        if at > first and total + width > _MOST_PX:
            runs.append((first, at))
            first, total = at, 0
        total += width
    return [*runs, (first, len(widths))] if widths else []


def load_line_network(folder: Path) -> LineNetwork:
    """Return the line network of a model folder, loaded and tried out.

    Raises
    ------
    ModelError
        If it is missing or damaged, or takes or gives anything else than a line network does.
    """
    path = folder / "model.tflite"
    network = load_line_network_file(path, len(COLUMN_CLASSES))
    try:
        card = load_json(folder / "card.json")
        temperature = float(card.get("temperature", 1.0))
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise ModelError(f"{folder / 'card.json'}: the model's card cannot be read ({error})") from error
    if not 0 < temperature < np.inf:
        raise ModelError(f"{folder / 'card.json'}: expected a temperature above 0, received {temperature}")
    return LineNetwork(folder.name, temperature, network)
