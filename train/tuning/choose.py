"""Chooses the value of each setting from the edits per value and page: pure functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.tuning.candidates import Change

Edits = NDArray[np.int64]
Changes = tuple[Change, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One setting tried: its N changes, the nearest first, and edits (1 + N, P) per page, row 0 as shipped."""

    changes: Sequence[Change]
    edits: Edits


def choose_row(edits: Edits, is_other: NDArray[np.bool_], is_cautious: bool) -> tuple[int, int]:
    """Return (row, gain) of the best value: that with the fewest edits on the others' pages, of equals the first.

    Parameters
    ----------
    edits : int (1 + N, P), row 0 as shipped, then the nearest first
    is_other : (P,), whether a page is of another source than the one left out
    is_cautious : count a value's gain without the page that gains most
    """
    gains = (edits[0] - edits)[:, is_other]
    totals = gains.sum(axis=1)
    if is_cautious and gains.size:
        totals = totals - gains.max(axis=1).clip(0)
    row = int(totals.argmax())
    return (row, int(totals[row])) if totals[row] > 0 else (0, 0)


def rank_changes(trials: Sequence[Trial], is_other: NDArray[np.bool_], is_cautious: bool) -> list[Change]:
    """Return the best change of every setting that gains by one, the greatest gain first, equals as they come."""
    chosen = [(trial, *choose_row(trial.edits, is_other, is_cautious)) for trial in trials]
    gaining = sorted((c for c in chosen if c[2] > 0), key=lambda c: -c[2])
    return [trial.changes[row - 1] for trial, row, _ in gaining]


def keep_gains(ranked: Sequence[Change], count: Callable[[Changes], int]) -> tuple[Changes, int]:
    """Return the changes that are kept, and their edits: each is, unless with it there are more edits than before.

    Parameters
    ----------
    ranked : in the order to add them
    count : the edits under a set of changes
    """
    kept: Changes = ()
    fewest = count(kept)
    for change in ranked:
        n_edits = count((*kept, change))
        if n_edits <= fewest:
            kept, fewest = (*kept, change), n_edits
    return kept, fewest


def list_open(trial: Trial, is_other: NDArray[np.bool_]) -> list[tuple[Change | None, int]]:
    """Return what on the others equals the shipped value (None), and the edits each adds on the source's pages.

    Only None where the others prefer another value: that one is chosen, and nothing is open.
    """
    others = trial.edits[:, is_other].sum(axis=1)
    own = trial.edits[:, ~is_other].sum(axis=1)
    equals = np.flatnonzero(others == others[0]) if others[0] == others.min() else [0]
    return [(trial.changes[row - 1] if row else None, int(own[row] - own[0])) for row in map(int, equals)]
