"""A span on the best path through a lattice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.types import Span


@dataclass(frozen=True, slots=True, eq=False)
class Pick:
    """A span on the best path, its probabilities float32 (10,), and whether it is read as a digit or passed over.

    Ink passed over that the line network knows has its name of `COLUMN_CLASSES` as `sign`; other has "".
    """

    span: Span
    row: NDArray[np.float32]
    is_digit: bool
    sign: str = ""

    @property
    def is_one(self) -> bool:
        """Whether the best digit is 1: a bare stroke, which outliers most look like."""
        return self.is_digit and int(self.row.argmax()) == 1
