"""Temperature scaling: calibrates the network's confidence. `python -m train calibrate --help`.

Guo, Pleiss, Sun & Weinberger, "On Calibration of Modern Neural Networks", ICML 2017, arXiv 1706.04599: one number T
divides the logits before the softmax. It is fitted on the held-out writers' digits and non-digits as the front end
makes them, since these are what the product classifies; plain MNIST would make it far too confident. A tutorial's
network gets its temperature from what was held out of its own data.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.datasets.catalog import MNIST, load_dataset
from train.datasets.examples import Examples, show_crops
from train.datasets.harvested_crops import load_crops
from train.fitting.photo_training_set import gather_photo_set
from train.fitting.plain_training_set import gather_plain_set
from train.fitting.recipes import PLAIN
from train.metrics import SMALLEST, measure_ece, measure_nll, measure_risk_coverage
from train.networks.model_folder import Card, predict_litert, read_seed

_LEAST_T, _MOST_T = 0.2, 5.0
_NEAR_BOUND = 0.01


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted temperature and what it changed.

    That is the expected calibration error (ECE), the mean negative log likelihood (NLL), the area under the curve of
    risk by coverage (AURC), and the coverage where 1 % of the accepted is wrong. The last two need only the order of
    the confidences, which one temperature for all changes little: a better order must come from a better network.
    """

    temperature: float
    n_examples: int
    ece_before: float
    ece_after: float
    nll_before: float
    nll_after: float
    aurc_before: float
    aurc_after: float
    coverage_at_risk_1_percent_before: float
    coverage_at_risk_1_percent_after: float

    def as_dict(self) -> dict[str, float]:
        """Return the figures by name, rounded as a card shows them."""
        return {name: round(value, 5) for name, value in asdict(self).items()}


def calibrate(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> Calibration:
    """Return the temperature that makes the labels likeliest, with the errors before and after.

    `probabilities` is float32 (N, K), as `predict_litert` gives them; `labels` int64 (N,).

    Raises
    ------
    ValueError : there are no examples
    """
    if len(labels) == 0:
        raise ValueError("calibrate: expected at least one example, received none")
    temperature = fit_temperature(probabilities, labels)
    scaled = apply_temperature(probabilities, temperature)
    before, after = (measure_risk_coverage(p, labels) for p in (probabilities, scaled))
    return Calibration(
        temperature=temperature,
        n_examples=len(labels),
        ece_before=measure_ece(probabilities, labels),
        ece_after=measure_ece(scaled, labels),
        nll_before=measure_nll(probabilities, labels),
        nll_after=measure_nll(scaled, labels),
        aurc_before=before.aurc,
        aurc_after=after.aurc,
        coverage_at_risk_1_percent_before=before.find_coverage(0.01),
        coverage_at_risk_1_percent_after=after.find_coverage(0.01),
    )


def apply_temperature(probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Return softmax(log(p) / T), float32 (N, K): over 1 it makes the confidence humbler, under 1 bolder."""
    logits = np.log(np.maximum(probabilities, SMALLEST)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def fit_temperature(probabilities: NDArray[np.float32], labels: NDArray[np.int64], n_steps: int = 40) -> float:
    """Return the T between 0.2 and 5 of the least negative log likelihood, which is convex in 1/T: golden section."""
    golden = (np.sqrt(5) - 1) / 2
    low, high = np.log(_LEAST_T), np.log(_MOST_T)
    for _ in range(n_steps):
        left, right = high - golden * (high - low), low + golden * (high - low)
        at_left, at_right = (
            measure_nll(apply_temperature(probabilities, float(np.exp(t))), labels) for t in (left, right)
        )
        low, high = (low, right) if at_left < at_right else (left, high)
    return float(np.exp((low + high) / 2))


def is_at_bound(temperature: float) -> bool:
    """Return whether a fitted temperature is the least or the most that is tried, so that it says nothing."""
    return not _LEAST_T * (1 + _NEAR_BOUND) < temperature < _MOST_T * (1 - _NEAR_BOUND)


def gather_held_out(card: Card, data_dir: Path | None) -> Examples:
    """Return what the run that made a card's model held out: as the front end sees it, or as it is for a plain run.

    Raises
    ------
    ModelError : the card has no seed
    InputError : the data cannot be read
    """
    made = card.get("made", {})
    seed, name = read_seed(card), made.get("dataset", MNIST)
    if made.get("recipe") == PLAIN.name:
        return gather_plain_set(load_dataset(name, data_dir), seed).held_out
    own = None if name == MNIST else load_dataset(name, data_dir)
    return gather_photo_set(data_dir, seed, own=own).seen


def load_harvested(folder: Path) -> Examples:
    """Return the validation part of a harvest.

    Raises
    ------
    InputError : the folder holds no whole harvest
    """
    return show_crops(load_crops(folder, "validation"))


def calibrate_file(path: Path, held_out: Examples) -> Calibration:
    """Return the calibration of a .tflite file; examples of classes that it does not have are left out.

    Raises
    ------
    ModelError : the file is missing or is no LiteRT model
    """
    outputs = predict_litert(path, held_out.images)
    is_known = held_out.labels < outputs.shape[1]
    return calibrate(outputs[is_known], held_out.labels[is_known])


def format_calibration(found: Calibration) -> str:
    """Return the temperature, and the errors before and after it, as text."""
    return (
        f"temperature {found.temperature:.3f}: ECE {found.ece_before:.4f} before, {found.ece_after:.4f} after; "
        f"area under risk by coverage {found.aurc_before:.5f} before, {found.aurc_after:.5f} after; "
        f"coverage at 1 % risk {found.coverage_at_risk_1_percent_before:.1%} before, "
        f"{found.coverage_at_risk_1_percent_after:.1%} after"
    )
