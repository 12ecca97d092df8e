"""Measures of predicted probabilities against the truth: accuracy, confusion, calibration, risk by coverage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.types import N_DIGITS

N_BINS = 15
"""Of confidence, for calibration: as in Guo et al. 2017, arXiv 1706.04599."""

RISKS = {"coverage_at_risk_0.5_percent": 0.005, "coverage_at_risk_1_percent": 0.01}
"""How many wrong ones among the accepted a user may bear, and what the share of accepted is called then."""

SMALLEST = 1e-7
"""Stands for a probability of zero where its logarithm is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """What a model does on labelled examples of K classes; see `measure` for each figure."""

    accuracy: float
    best_guess_accuracy: float
    refused_frac: float
    ece: float
    confusion: NDArray[np.int64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name, as a card shows them; None where there is no precision or recall."""
        return {
            "accuracy": round(self.accuracy, 5),
            "best_guess_accuracy": round(self.best_guess_accuracy, 5),
            "errors": int(self.confusion.sum() - np.trace(self.confusion)),
            "digits_refused": round(self.refused_frac, 5),
            "ece": round(self.ece, 5),
            "precision": _list_shares(self.precision),
            "recall": _list_shares(self.recall),
        }


def _list_shares(shares: NDArray[np.float64]) -> list[float | None]:
    """Return the shares rounded, None for nan, which is no JSON."""
    return [None if np.isnan(share) else round(float(share), 4) for share in shares]


def measure(probabilities: NDArray[np.float32], labels: NDArray[np.int64], n_classes: int = N_DIGITS) -> Figures:
    """Return what `probabilities`, float32 (N, K or K + 1), say of examples with true `labels`, int64 (N,), 0..K-1.

    K is `n_classes`; a column past it is "not a digit", which is true of none of the examples.

    Returns
    -------
    accuracy : share of examples whose likeliest class is the true one; "not a digit" is wrong
    best_guess_accuracy : share whose likeliest of the K classes is the true one, as a reading's text has it
    refused_frac : share whose likeliest class is "not a digit"
    ece : expected calibration error of the likeliest class
    confusion : int64 (K, columns of `probabilities`), true class by taken class
    precision, recall : float64 (K,), per class; nan where it was never predicted, or never occurs

    Raises
    ------
    ValueError : there are no examples, or there are neither K nor K + 1 columns
    """
    if len(labels) == 0:
        raise ValueError("measure: expected at least one example, received none")
    n_columns = probabilities.shape[1]
    if n_columns not in (n_classes, n_classes + 1):
        raise ValueError(f"measure: expected {n_classes} or {n_classes + 1} columns, received {n_columns}")
    taken = probabilities.argmax(axis=1)
    confusion = count_confusion(labels, taken, n_classes, n_columns)
    right = np.diag(confusion).astype(np.float64)
    n_taken, n_true = confusion[:, :n_classes].sum(axis=0), confusion.sum(axis=1)
    return Figures(
        accuracy=float(np.mean(taken == labels)),
        best_guess_accuracy=float(np.mean(probabilities[:, :n_classes].argmax(axis=1) == labels)),
        refused_frac=float(np.mean(taken >= n_classes)),
        ece=measure_ece(probabilities, labels),
        confusion=confusion,
        precision=np.divide(right, n_taken, out=np.full(n_classes, np.nan), where=n_taken > 0),
        recall=np.divide(right, n_true, out=np.full(n_classes, np.nan), where=n_true > 0),
    )


def count_confusion(
    labels: NDArray[np.int64], taken: NDArray[np.int64], n_classes: int, n_columns: int
) -> NDArray[np.int64]:
    """Return how often each true class (row, `n_classes`) was predicted as each class (column, `n_columns`)."""
    cells = labels.astype(np.int64) * n_columns + taken
    return np.bincount(cells, minlength=n_classes * n_columns).reshape(n_classes, n_columns)


def measure_nll(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Return the mean negative log likelihood of the true classes."""
    true = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(true, SMALLEST)).mean())


class Reliability(NamedTuple):
    """Mean confidence and accuracy of each bin of confidence, float64, nan where it is empty; how many are in it."""

    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    n_examples: NDArray[np.int64]


def measure_reliability(
    probabilities: NDArray[np.float32], labels: NDArray[np.int64], n_bins: int = N_BINS
) -> Reliability:
    """Return how often the likeliest class is right, per bin of even width of its confidence, 0 to 1.

    `probabilities` is float32 (N, K), `labels` int64 (N,). Where confidence means what it says, both are the same
    (Guo et al. 2017, arXiv 1706.04599).
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    is_right = probabilities.argmax(axis=1) == labels
    bins = np.clip((confidence * n_bins).astype(int), 0, n_bins - 1)
    count = np.bincount(bins, minlength=n_bins)
    sums = [np.bincount(bins, weights=values, minlength=n_bins) for values in (confidence, is_right)]
    means = [np.divide(total, count, out=np.full(n_bins, np.nan), where=count > 0) for total in sums]
    return Reliability(means[0], means[1], count)


def measure_ece(probabilities: NDArray[np.float32], labels: NDArray[np.int64], n_bins: int = N_BINS) -> float:
    """Return the expected calibration error, 0..1: |confidence - accuracy| over even bins, weighted by their count."""
    confidence, accuracy, count = measure_reliability(probabilities, labels, n_bins)
    is_filled = count > 0
    return float(np.sum(np.abs(confidence - accuracy)[is_filled] * count[is_filled]) / len(labels))


class RiskCoverage(NamedTuple):
    """Coverage and risk, the wrong share of what is accepted, as the least confidence falls (El-Yaniv & Wiener 2010).

    Attributes
    ----------
    coverage : float64 (M,), rising to 1: share of the examples at least as confident, at each of M confidences
    risk : float64 (M,): share of those that are wrong; its last is 1 - accuracy
    """

    coverage: NDArray[np.float64]
    risk: NDArray[np.float64]

    @property
    def aurc(self) -> float:
        """The area under the curve: mean over the examples of the risk of accepting all that are as confident.

        As in Geifman & El-Yaniv 2017, arXiv 1705.08500, but that equally confident examples are accepted together.
        """
        return float(np.sum(np.diff(self.coverage, prepend=0) * self.risk))

    def find_coverage(self, most_risk: float) -> float:
        """Return the largest share that can be accepted with at most `most_risk` of it wrong; 0 where none can."""
        return float(self.coverage[self.risk <= most_risk].max(initial=0.0))

    def as_dict(self) -> dict[str, float]:
        """Return the area and the coverage at each of `RISKS`, as a card shows them."""
        coverages = {name: round(self.find_coverage(risk), 5) for name, risk in RISKS.items()}
        return {"aurc": round(self.aurc, 7), **coverages}


def measure_risk_coverage(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> RiskCoverage:
    """Return risk by coverage when the likeliest class is accepted, the most confident examples first.

    `probabilities` is float32 (N, K), `labels` int64 (N,). Examples of one confidence cannot be separated: they are
    accepted together and make one point.

    Raises
    ------
    ValueError : there are no examples
    """
    if len(labels) == 0:
        raise ValueError("measure_risk_coverage: expected at least one example, received none")
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    n_wrong = np.cumsum((probabilities.argmax(axis=1) != labels)[order])
    is_last = np.append(np.diff(confidence[order]) != 0, True)
    n_accepted = np.flatnonzero(is_last) + 1
    return RiskCoverage(n_accepted / len(labels), n_wrong[is_last] / n_accepted)
