"""What the columns of a line image say about the spans of its lattice.

The line network tells, column by column, which digit's middle it sees. That a span is the digit d then means that its
columns show d in one run and nothing else: the probability is summed over all places of that run, as in connectionist
temporal classification (Graves et al. 2006, doi 10.1145/1143844.1143891).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.detection.detection import Detection
from pipeline.detection.page_network import Channel
from pipeline.recognition.line_images import LineImage
from pipeline.types import N_DIGITS, Lattice, Span

_LEAST_SEEN = 0.02
"""What the page network says of a span is never surer than that."""

_LEAST = 1e-12
"""Floor of a probability before its logarithm."""


def score_spans(
    lattice: Lattice, images: Sequence[LineImage], posteriors: Sequence[NDArray[np.float32]]
) -> NDArray[np.float64]:
    """Return log-probabilities float64 (N, 11): that span i is exactly one digit 0..9, and that it holds none.

    A span is looked at in that line image around it which shows it nearest to the size that the network knows.

    Parameters
    ----------
    lattice : N spans; the spans between neighboring cuts give the cuts' places
    line images : of the lattice's line, that of the whole line first
    posteriors : per line image, float32 (columns, K) of `COLUMN_CLASSES`, rows of sum 1
    """
    home = _choose_line_images(lattice.spans, images)
    weights = np.empty((len(lattice.spans), N_DIGITS + 1))
    for number, (image, rows) in enumerate(zip(images, posteriors, strict=True)):
        own = np.flatnonzero(home == number)
        cuts = find_cut_columns(lattice, image)
        firsts, lasts = (cuts[[getattr(lattice.spans[i], end) for i in own]] for end in ("first", "last"))
        weights[own] = np.log(np.maximum(sum_alignments(rows, firsts, lasts), _LEAST))
        weights[own] += score_cuts(rows, firsts)[:, None]
    return weights


def score_cuts(posteriors: NDArray[np.float32], columns: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the log-probability, float64 (N,), that no digit's middle lies across each of `columns`, int64 (N,).

    A run of one digit's columns that a cut parts would else count as that digit twice.
    """
    inner = np.clip(columns, 1, len(posteriors) - 1)
    across = np.sum(posteriors[inner - 1, :N_DIGITS].astype(np.float64) * posteriors[inner, :N_DIGITS], axis=1)
    is_inner = (columns > 0) & (columns < len(posteriors))
    return np.where(is_inner, np.log(np.maximum(1 - across, _LEAST)), 0.0)


def _choose_line_images(spans: Sequence[Span], images: Sequence[LineImage]) -> NDArray[np.intp]:
    """Return the index of the line image to look at each span in; the first, of the whole line, holds every span."""
    lefts, rights, heights = np.array([(s.box.left, s.box.right, s.box.height) for s in spans], np.float64).T
    misfits = np.empty((len(images), len(spans)))
    for image, row in zip(images, misfits, strict=True):
        held = (image.find_columns(lefts) >= 0) & (image.find_columns(rights) <= image.n_columns)
        row[:] = np.where(held, np.abs(np.log(heights / image.digit_height_px)), np.inf)
    chosen: NDArray[np.intp] = misfits.argmin(axis=0)
    return chosen


def find_touching_points(images: Sequence[LineImage], posteriors: Sequence[NDArray[np.float32]]) -> list[float]:
    """Return page x of the places between two digits that columns show next to each other, in any order."""
    joints = []
    for image, rows in zip(images, posteriors, strict=True):
        best = rows.argmax(axis=1)
        best[best >= N_DIGITS] = -1
        edges = np.flatnonzero(np.diff(best, prepend=-1, append=-1))
        runs = [(a, b) for a, b in pairwise(edges) if best[a] >= 0]
        joints += [image.find_x((b + c) / 2) for (_, b), (c, _) in pairwise(runs)]
    return joints


def find_cut_columns(lattice: Lattice, image: LineImage) -> NDArray[np.int64]:
    """Return the column of each cut, int64 (cuts,), never falling, the first 0, the last the image's end.

    A cut's place is halfway between the spans that end and begin there, of those between neighboring cuts.
    """
    atoms = {span.first: span.box for span in lattice.spans if span.last == span.first + 1}
    between = np.array([(atoms[i - 1].right + atoms[i].left) / 2 for i in range(1, lattice.n_cuts - 1)], np.float64)
    columns = np.array([0, *np.rint(image.find_columns(between)), image.n_columns], np.int64)
    return np.maximum.accumulate(np.clip(columns, 0, image.n_columns))


def sum_alignments(
    posteriors: NDArray[np.float32], firsts: NDArray[np.int64], lasts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return probabilities float64 (N, 11) of one digit, or none, in columns `firsts` to `lasts`, half-open."""
    n = len(firsts)
    steps = np.arange(int((lasts - firsts).max(initial=0)))
    columns = firsts[:, None] + steps
    inside = columns < lasts[:, None]
    rows = np.where(inside[:, :, None], posteriors[np.minimum(columns, len(posteriors) - 1)], 0).astype(np.float64)
    bare = np.where(inside, rows[:, :, N_DIGITS:].sum(axis=2), 1.0)
    before, during, after = np.ones(n), np.zeros((n, N_DIGITS)), np.zeros((n, N_DIGITS))
    for step in steps:
        digit, nothing = rows[:, step, :N_DIGITS], bare[:, step, None]
        after = (after + during) * nothing
        during = (during + before[:, None]) * digit
        before = before * nothing[:, 0]
    return np.concatenate([during + after, before[:, None]], axis=1)


def weigh_seen(
    lattices: Sequence[Lattice], log_likelihoods: Sequence[NDArray[np.float64]], detection: Detection, weight: float
) -> tuple[NDArray[np.float64], ...]:
    """Return the log-likelihoods of the spans, with how probable a digit is where the ink of each lies.

    Parameters
    ----------
    lattices : of the page that `detection` looked at
    log_likelihoods : per lattice, float64 (N, 11), from `score_spans`
    detection : the digits seen
    weight : how much they count
    """
    weighed = []
    for lattice, own in zip(lattices, log_likelihoods, strict=True):
        seen = np.clip(detection.measure_spans(Channel.AREA, lattice.spans), _LEAST_SEEN, 1 - _LEAST_SEEN)
        as_digit, as_none = weight * np.log(seen), weight * np.log(1 - seen)
        weighed.append(own + np.column_stack([*[as_digit] * N_DIGITS, as_none]))
    return tuple(weighed)
