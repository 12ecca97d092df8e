"""The temperatures of an adapted model: those before, changed as much as its scores have become surer or less sure.

Few examples are at hand, of another mixture than the one that the temperature before was fitted on. So both networks
are calibrated on the same ones, and the old temperature is multiplied by the ratio of the two.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.recognition.column_classes import COLUMN_CLASSES
from pipeline.recognition.line_images import LineImage
from pipeline.recognition.line_network import LineNetwork
from pipeline.recognition.load_network import load_line_network_file
from train.datasets.examples import show_crops
from train.datasets.harvested_crops import Crops
from train.datasets.harvested_lines import IGNORED, Lines
from train.fitting.calibrate import calibrate_file, fit_temperature, is_at_bound
from train.networks.model_folder import LITERT_NAME, Card

Labelled = tuple[NDArray[np.float32], NDArray[np.int64]]


def recalibrate_digits(before: Path, after: Path, card: Card, crops: Crops) -> float:
    """Return the temperature of the digit network in the folder `after`, from that in the card of `before`."""
    examples = show_crops(crops)
    fitted = [calibrate_file(folder / LITERT_NAME, examples).temperature for folder in (before, after)]
    return scale_temperature(float(card.get("temperature", 1.0)), *fitted)


def recalibrate_lines(before: Path, after: Path, card: Card, lines: Lines) -> float:
    """Return the temperature of the line network in the folder `after`, from that in the card of `before`."""
    fitted = [fit_temperature(*_predict_columns(folder / LITERT_NAME, lines)) for folder in (before, after)]
    return scale_temperature(float(card.get("temperature", 1.0)), *fitted)


def scale_temperature(temperature: float, fitted_before: float, fitted_after: float) -> float:
    """Return a temperature times the ratio of two fitted ones; itself where one of the three is at a bound."""
    scaled = temperature * fitted_after / fitted_before
    if is_at_bound(fitted_before) or is_at_bound(fitted_after) or is_at_bound(scaled):
        return temperature
    return round(scaled, 4)


def _predict_columns(path: Path, lines: Lines) -> Labelled:
    """Return the network's probabilities, float32 (N, K), of all labelled columns, and their labels, int64 (N,)."""
    network = LineNetwork(path.parent.name, 1.0, load_line_network_file(path, len(COLUMN_CLASSES)))
    ends = np.cumsum(lines.widths)
    images = [LineImage(part, np.eye(2, 3)) for part in np.split(lines.pixels, ends[:-1], axis=1)]
    rows = np.concatenate(network.predict(images))
    is_labelled = lines.columns != IGNORED
    return rows[is_labelled], lines.columns[is_labelled].astype(np.int64)
