"""What the columns of a line's strip say about the spans of its lattice.

The line network tells, column by column, which digit's middle it sees. That a span is the digit d then means that its
columns show d in one run and nothing else: the probability is summed over all places of that run, as in connectionist
temporal classification (Graves et al. 2006, doi 10.1145/1143844.1143891).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.strips import Strip
from pipeline.types import N_DIGITS, Lattice

SPACE = N_DIGITS + 1
"""Column class: the space between two numbers."""

_LEAST = 1e-12
"""Floor of a probability before its logarithm."""


@dataclass(frozen=True, slots=True, eq=False)
class LineEvidence:
    """What the line network says of a lattice.

    Attributes
    ----------
    spans : float64 (N, 11), log-probabilities that span i is exactly one digit 0..9, and that it holds none
    spaces : float64 (cuts - 1,), probability that a number ends between cut k and cut k + 1
    """

    spans: NDArray[np.float64]
    spaces: NDArray[np.float64]


def weigh_lattice(lattice: Lattice, strip: Strip, shown: NDArray[np.float32]) -> LineEvidence:
    """Return what the columns of a line's strip, float32 (columns, 12) of digits, nothing, space, say of its lattice."""
    cuts = find_cut_columns(lattice, strip)
    firsts = cuts[[span.first for span in lattice.spans]]
    lasts = cuts[[span.last for span in lattice.spans]]
    spans = np.log(np.maximum(sum_alignments(shown, firsts, lasts), _LEAST))
    spaces = [shown[a:b, SPACE].max(initial=0.0) for a, b in pairwise(cuts)]
    return LineEvidence(spans, np.array(spaces, np.float64))


def find_joints(strip: Strip, shown: NDArray[np.float32]) -> list[float]:
    """Return page x of the places between two digits that the columns show next to each other, left to right."""
    best = shown.argmax(axis=1)
    best[best >= N_DIGITS] = -1
    edges = np.flatnonzero(np.diff(best, prepend=-1, append=-1))
    runs = [(a, b) for a, b in pairwise(edges) if best[a] >= 0]
    return [strip.find_x((b + c) / 2) for (_, b), (c, _) in pairwise(runs)]


def find_cut_columns(lattice: Lattice, strip: Strip) -> NDArray[np.int64]:
    """Return the column at which each cut lies, int64 (cuts,), never falling, the first 0, the last the strip's end.

    A cut's place is halfway between the spans that end and begin there, of those between neighboring cuts.
    """
    atoms = {span.first: span.box for span in lattice.spans if span.last == span.first + 1}
    between = [(atoms[i - 1].right + atoms[i].left) / 2 for i in range(1, lattice.n_cuts - 1)]
    columns = [0, *(round(strip.find_column(x)) for x in between), strip.n_columns]
    return np.maximum.accumulate(np.clip(columns, 0, strip.n_columns))


def sum_alignments(
    shown: NDArray[np.float32], firsts: NDArray[np.int64], lasts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return probabilities float64 (N, 11) for windows of columns `firsts` to `lasts`, half-open: one digit, or none."""
    n = len(firsts)
    steps = np.arange(int((lasts - firsts).max(initial=0)))
    columns = firsts[:, None] + steps
    inside = columns < lasts[:, None]
    rows = np.where(inside[:, :, None], shown[np.minimum(columns, len(shown) - 1)], 0).astype(np.float64)
    bare = np.where(inside, rows[:, :, N_DIGITS:].sum(axis=2), 1.0)
    before, during, after = np.ones(n), np.zeros((n, N_DIGITS)), np.zeros((n, N_DIGITS))
    for step in steps:
        digit, nothing = rows[:, step, :N_DIGITS], bare[:, step, None]
        after = (after + during) * nothing
        during = (during + before[:, None]) * digit
        before = before * nothing[:, 0]
    return np.concatenate([during + after, before[:, None]], axis=1)
