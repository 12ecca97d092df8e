"""A smooth map that straightens the lines of a table, fitted to their pieces: slant, perspective and bends at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.tables.fragments import Fragment

Points = NDArray[np.float64]
"""float64 (..., 2), x and y."""

_STIFFNESS = np.array([1e-4, 1e-3, 3e-3, 1e-3, 3e-3])
"""How much each term of a bend costs, of the number of points: what the lines do not show stays straight."""

_N_ROUNDS, _OUTLIER_DEVIATIONS, _LEAST_STRAY_PX = 4, 2.5, 1.5
_N_STEPS = 15
_FARTHEST = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Straightening:
    """The map from px of the page, where lines bend, to px of a straight table, where they do not, and back.

    Attributes
    ----------
    center : of the table, px; float64 (2,)
    reach_px : half of its longer side
    level, upright : float64 (5,), the bend of level lines along x, and of upright ones along y
    """

    center: NDArray[np.float64]
    reach_px: float
    level: NDArray[np.float64]
    upright: NDArray[np.float64]

    def straighten(self, points: Points) -> Points:
        """Return where points of the page lie on the straight table."""
        near = (points - self.center) / self.reach_px
        return self.center + self.reach_px * (near - self._bend(near))

    def bend(self, points: Points) -> Points:
        """Return where points of the straight table lie on the page."""
        straight = (points - self.center) / self.reach_px
        near = straight
        for _ in range(_N_STEPS):
            near = straight + self._bend(near)
        return self.center + self.reach_px * near

    def _bend(self, near: Points) -> Points:
        x, y = np.moveaxis(np.clip(near, -_FARTHEST, _FARTHEST), -1, 0)  # far out, a bend would grow without end
        return np.stack([list_terms(y, x) @ self.upright, list_terms(x, y) @ self.level], axis=-1)


def fit_straightening(level: Sequence[Fragment], upright: Sequence[Fragment]) -> Straightening:
    """Return the map that straightens level and upright pieces of lines, at least one in all."""
    points = np.concatenate([fragment.points for fragment in (*level, *upright)])
    low, high = points.min(axis=0), points.max(axis=0)
    center, reach = (low + high) / 2, max(1.0, float((high - low).max()) / 2)
    pieces = [[(f.points - center) / reach for f in fragments] for fragments in (level, upright)]
    along_x = _fit_bend(pieces[0], 1 / reach)
    along_y = _fit_bend([piece[:, ::-1] for piece in pieces[1]], 1 / reach)
    return Straightening(center, reach, along_x, along_y)


def list_terms(along: NDArray[np.float64], across: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the terms of a bend, (..., 5)."""
    return np.stack([along, along**2, along**3, along * across, along**2 * across], axis=-1)


def _fit_bend(pieces: Sequence[Points], px: float) -> NDArray[np.float64]:
    """Return the weights of the terms by which pieces (along, across) of lines bend, each line at its own level.

    Least squares over what is left of each piece without its mean, so that its level need not be known; pieces that no
    smooth bend explains are left out.
    """
    kept = list(pieces)
    weights = np.zeros(len(_STIFFNESS))
    for _ in range(_N_ROUNDS):
        if not kept:
            break
        terms = np.concatenate([_center(list_terms(piece[:, 0], piece[:, 1])) for piece in kept])
        across = np.concatenate([_center(piece[:, 1]) for piece in kept])
        stiffness = np.diag(_STIFFNESS * len(across))
        weights = np.linalg.solve(terms.T @ terms + stiffness, terms.T @ across)
        strays = np.array([_measure_stray(piece, weights) for piece in pieces])
        most = max(_LEAST_STRAY_PX * px, _OUTLIER_DEVIATIONS * float(np.median(strays)))
        kept = [piece for piece, stray in zip(pieces, strays, strict=True) if stray <= most]
    return weights


def _center(values: NDArray[np.float64]) -> NDArray[np.float64]:
    centered: NDArray[np.float64] = values - values.mean(axis=0)
    return centered


def _measure_stray(piece: Points, weights: NDArray[np.float64]) -> float:
    left = _center(piece[:, 1] - list_terms(piece[:, 0], piece[:, 1]) @ weights)
    return float(np.sqrt(np.mean(left**2)))
