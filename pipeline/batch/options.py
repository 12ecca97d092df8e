"""Which pages of a file are meant: ``1-3,7,20-``."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass

TIMEOUT_S = 60.0
"""A page of 100 megapixels that is read in all its turns takes a tenth of it."""


@dataclass(frozen=True, slots=True)
class PageRanges:
    """Ranges of page numbers, from 1, both ends in; None for the last page of whatever file."""

    ranges: tuple[tuple[int, int | None], ...] = ((1, None),)

    @property
    def first(self) -> int:
        """The lowest page."""
        return min(low for low, _ in self.ranges)

    def choose(self, n_pages: int) -> Sequence[int]:
        """Return those of a file's pages that are meant, ascending."""
        if self.ranges == ((1, None),):
            return range(1, n_pages + 1)
        chosen = {n for low, high in self.ranges for n in range(low, min(high or n_pages, n_pages) + 1)}
        return sorted(chosen)


def parse_pages(text: str) -> PageRanges:
    """Return the ranges that a text like ``1-3,7,20-`` means.

    Raises
    ------
    argparse.ArgumentTypeError
        If it means none.
    """
    ranges = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d{1,9})\s*(?:(-)\s*(\d{1,9})?)?\s*", part)
        low = int(found[1]) if found else 0
        high = low if found and not found[2] else int(found[3]) if found and found[3] else None
        if low < 1 or (high is not None and high < low):
            raise argparse.ArgumentTypeError(f"expected pages like 1-3,7,20-, received {text!r}")
        ranges.append((low, high))
    return PageRanges(tuple(ranges))
