"""Temperature scaling: makes the network's confidence mean what it says. `python -m train.calibrate --help`.

Guo, Pleiss, Sun & Weinberger, "On Calibration of Modern Neural Networks", ICML 2017, arXiv 1706.04599: one number T
divides the logits before the softmax. It is fitted on the held-out writers' digits and junk as the front end would
see them, because that is what the confidence will be asked about; bare MNIST would make it far too sure.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from train.crops import load_crops
from train.export import LITERT_NAME, predict_litert, read_card, read_seed, write_card
from train.material import gather_material, show_crops
from train.scripts import add_common_flags, run_script

N_BINS = 15
_LEAST_T, _MOST_T = 0.2, 5.0
_SMALLEST = 1e-7


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted temperature and what it changed: expected calibration error and mean negative log likelihood."""

    temperature: float
    n_examples: int
    ece_before: float
    ece_after: float
    nll_before: float
    nll_after: float

    def as_dict(self) -> dict[str, float]:
        """Return the figures by name, rounded as a card shows them."""
        return {name: round(value, 5) for name, value in asdict(self).items()}


def calibrate(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> Calibration:
    """Return the temperature that makes the labels likeliest, with the errors before and after.

    `probabilities` is float32 (N, K) with rows that sum to 1, as the network gives them; `labels` int64 (N,).

    Raises
    ------
    ValueError : there are no examples
    """
    if len(labels) == 0:
        raise ValueError("calibrate: expected at least one example, received none")
    temperature = fit_temperature(probabilities, labels)
    scaled = apply_temperature(probabilities, temperature)
    return Calibration(
        temperature=temperature,
        n_examples=len(labels),
        ece_before=measure_ece(probabilities, labels),
        ece_after=measure_ece(scaled, labels),
        nll_before=measure_nll(probabilities, labels),
        nll_after=measure_nll(scaled, labels),
    )


def apply_temperature(probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Return softmax(log(p) / T), float32 (N, K): over 1 it makes the confidence humbler, under 1 bolder."""
    logits = np.log(np.maximum(probabilities, _SMALLEST)) / temperature
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


def measure_nll(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Return the mean negative log likelihood of the true classes."""
    true = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(true, _SMALLEST)).mean())


def measure_ece(probabilities: NDArray[np.float32], labels: NDArray[np.int64], n_bins: int = N_BINS) -> float:
    """Return the expected calibration error, 0..1: |confidence - accuracy| over even bins, weighted by their count."""
    confidence = probabilities.max(axis=1)
    is_right = probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    gaps = np.bincount(bins, weights=confidence - is_right, minlength=n_bins)
    return float(np.abs(gaps).sum() / len(labels))


def main(argv: list[str] | None = None) -> int:
    """Fit the temperature of a model folder anew and write it into its card; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.calibrate", description="Fit a model's temperature anew.")
    add_common_flags(parser)
    parser.add_argument("--model", type=Path, default=Path("models/digits"), metavar="DIR", help="folder (%(default)s)")
    parser.add_argument("--harvest", type=Path, metavar="DIR", help="fit it on this harvest's validation part instead")
    flags = parser.parse_args(argv)

    def run() -> None:
        card = read_card(flags.model)
        with Console(stderr=True).status("reading the data"):
            if flags.harvest is None:
                seen = gather_material(flags.data_dir, read_seed(card)).seen
            else:
                seen = show_crops(load_crops(flags.harvest, "validation"))
        found = calibrate(predict_litert(flags.model / LITERT_NAME, seen.images), seen.labels)
        write_card(flags.model, {**card, "temperature": round(found.temperature, 4), "calibration": found.as_dict()})
        print(f"temperature {found.temperature:.3f}: ECE {found.ece_before:.4f} before, {found.ece_after:.4f} after")

    return run_script(run)


if __name__ == "__main__":
    sys.exit(main())
