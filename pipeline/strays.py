"""Ink that reads like a digit but does not fit the page: dust, grain, ruling remains, the edge of a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.robust import weighted_median
from pipeline.settings import StraySettings
from pipeline.types import Span


@dataclass(frozen=True, slots=True, eq=False)
class Pick:
    """A span on the best path, its probabilities float32 (10,), and whether it is read as a digit or passed over."""

    span: Span
    row: NDArray[np.float32]
    is_digit: bool

    @property
    def is_one(self) -> bool:
        """Whether the best digit is 1: a bare stroke, which is what strays most look like."""
        return self.is_digit and int(self.row.argmax()) == 1


def drop_strays(lines: Sequence[Sequence[Pick]], settings: StraySettings) -> list[list[Pick]]:
    """Return the lines with every digit that does not fit passed over.

    A digit fits when it is about as tall, as dark and as broad in stroke as the digits of its page. What is usual is a
    median over all digits read, each weighted by its size, darkness and confidence, so that one plain digit outweighs a
    field of specks around it. A 1 must also stand about as tall as the other digits of its line.
    """
    digits = [pick for line in lines for pick in line if pick.is_digit]
    if not digits:
        return [list(line) for line in lines]
    weights = [_weigh(pick) for pick in digits]
    height = weighted_median([pick.span.box.height for pick in digits], weights)
    contrast = weighted_median([pick.span.contrast for pick in digits], weights)
    stroke = weighted_median([pick.span.stroke_width_px for pick in digits], weights)

    def fits(pick: Pick, beside_px: float) -> bool:
        span, tall = pick.span, pick.span.box.height
        ok = settings.least_height_frac * height <= tall <= settings.most_height_ratio * height
        ok &= span.contrast >= settings.least_contrast_frac * contrast
        ok &= span.stroke_width_px <= settings.most_stroke_ratio * stroke
        if pick.is_one:
            ok &= settings.shortest_one_frac * beside_px <= tall <= settings.tallest_one_ratio * beside_px
        return bool(ok)

    kept = []
    for line in lines:
        beside_px = _measure_height(line, height)
        kept.append([Pick(p.span, p.row, p.is_digit and fits(p, beside_px)) for p in line])
    return kept


def _weigh(pick: Pick) -> float:
    return float(np.sqrt(pick.span.box.height) * (pick.span.contrast * pick.row.max()) ** 2)


def _measure_height(line: Sequence[Pick], page_px: float) -> float:
    """Return the height in px of the line's digits other than 1; the page's where it has none."""
    others = [pick for pick in line if pick.is_digit and not pick.is_one]
    if not others:
        return page_px
    return weighted_median([pick.span.box.height for pick in others], [_weigh(pick) for pick in others])
