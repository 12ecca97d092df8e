"""Lines seen as ridges of darkness, and the bend under which they add up: faint lines show in the sum over a table."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.tables.mesh import list_terms

_ALONG_HEIGHTS, _BESIDE_HEIGHTS = 0.5, 0.14
"""Length of the mean along a ridge, and how far beside it the paper is, of the digits' height."""

_MOST_DEVIATIONS = 5.0
"""A ridge counts no more than so many deviations of the grain: one dark stroke is no line."""

_STRIP_HEIGHTS, _BIN_HEIGHTS = 0.5, 0.08
_SLOPES, _N_SLOPES = 0.2, 33
_TURNS, _N_TURNS = 0.08, 7
_BOW_HEIGHTS, _N_BOWS = 1.2, 9
"""What is tried first: slopes, their change from the middle to a side, and bows, of the digits' height."""

_N_HALVINGS = 6

Map = NDArray[np.float32]
"""float32 (H, W)."""


def measure_ridges(darkness: Map, is_bare: NDArray[np.bool_], core: NDArray[np.float64], digit_height_px: float) -> Map:
    """Return by how much nearly level runs are darker than the paper above and below, in deviations of the grain.

    Parameters
    ----------
    darkness : of the page
    is_bare : bool (H, W), where there is no writing; elsewhere the result is 0
    core : float64 (2, 2), the top left and bottom right corner of where the grain is measured
    digit_height_px : usual height of the digits
    """
    run, beside = round(_ALONG_HEIGHTS * digit_height_px) | 1, max(2, round(_BESIDE_HEIGHTS * digit_height_px))
    weights = is_bare.astype(np.float32)
    seen = cv2.blur(weights, (run, 3))
    along = cv2.blur(darkness * weights, (run, 3)) / np.maximum(seen, 1e-3)
    above = cv2.copyMakeBorder(along, beside, 0, 0, 0, cv2.BORDER_REPLICATE)[: along.shape[0]]
    below = cv2.copyMakeBorder(along, 0, beside, 0, 0, cv2.BORDER_REPLICATE)[beside:]
    ridges = along - np.maximum(above, below)
    is_seen = is_bare & (seen > 0.5)
    (left, top), (right, bottom) = np.rint(np.maximum(core, 0)).astype(int)
    inner = ridges[top:bottom, left:right][is_seen[top:bottom, left:right]]
    if not len(inner):
        return np.zeros_like(darkness)
    middle = float(np.median(inner))
    grain = max(0.3, 1.4826 * float(np.median(np.abs(inner - middle))))
    scaled: Map = np.clip((ridges - middle) / grain, -_MOST_DEVIATIONS, _MOST_DEVIATIONS)
    scaled[~is_seen] = 0
    return scaled


def fit_bend(ridges: Map, center: NDArray[np.float64], reach_px: float, digit_height_px: float) -> NDArray[np.float64]:
    """Return the weights of the terms (5,) of the bend under which level ridges add up to the sharpest lines.

    Parameters
    ----------
    ridges : of the part of a page where a table is
    center, reach_px : as in `Straightening`
    digit_height_px : usual height of the digits
    """
    width = max(2, round(_STRIP_HEIGHTS * digit_height_px))
    n_strips = max(2, ridges.shape[1] // width)
    edges = np.linspace(0, ridges.shape[1], n_strips + 1).astype(int)
    strips = np.maximum(np.add.reduceat(ridges, edges[:-1], axis=1) / np.diff(edges), 0).T.astype(np.float64)
    x = ((edges[:-1] + edges[1:] - 1) / 2 - center[0]) / reach_px
    y = (np.arange(ridges.shape[0]) - center[1]) / reach_px
    terms = list_terms(*np.broadcast_arrays(x[:, None], y[None])) * reach_px
    rows = np.broadcast_to(np.arange(ridges.shape[0], dtype=np.float64), strips.shape)
    is_on = strips > 0.5
    ridge, row, listed = strips[is_on], rows[is_on], np.ascontiguousarray(terms[is_on].T)
    n_bins = ridges.shape[0] * 2

    def measure(weights: NDArray[np.float64], bin_px: float) -> float:
        at = (row - weights @ listed + ridges.shape[0] / 2) / bin_px
        low = np.clip(at.astype(int), 0, n_bins)
        share = at - low
        profile = np.bincount(low, ridge * (1 - share), n_bins + 2) + np.bincount(low + 1, ridge * share, n_bins + 2)
        return float(np.sum(profile**2)) * bin_px

    along, across = float(np.abs(x).max()), float(np.abs(y).max())
    bow, turns = _BOW_HEIGHTS * digit_height_px / reach_px / along**2, _TURNS / across
    coarse = max(1.0, 2 * _BIN_HEIGHTS * digit_height_px)
    tried = product(
        np.linspace(-_SLOPES, _SLOPES, _N_SLOPES), np.linspace(-bow, bow, _N_BOWS), np.linspace(-turns, turns, _N_TURNS)
    )
    starts = [np.array([slope, curve, 0, turn, 0]) for slope, curve, turn in tried]
    scores = [measure(start, coarse) for start in starts]
    best = starts[int(np.argmax(scores))]
    curve = bow / _N_BOWS
    steps = np.array([_SLOPES / _N_SLOPES, curve, curve / along, turns / _N_TURNS, curve / across])
    fine = max(1.0, _BIN_HEIGHTS * digit_height_px)
    return _climb(lambda weights: measure(weights, fine), best, steps)


def _climb(
    measure: Callable[[NDArray[np.float64]], float], best: NDArray[np.float64], steps: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the weights that measure highest, from `best` on, term by term, by steps that are halved."""
    score = measure(best)
    for _ in range(_N_HALVINGS):
        for _ in range(2):
            for term, sign in product(range(len(steps)), (1, -1)):
                other = best.copy()
                other[term] += sign * steps[term]
                found = measure(other)
                if found > score:
                    best, score = other, found
        steps = steps / 2
    return best
