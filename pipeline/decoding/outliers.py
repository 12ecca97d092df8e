"""Ink that reads like a digit but does not fit the page: dust, grain, ruling remains, the edge of a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.pick import Pick
from pipeline.geometry import Box
from pipeline.page_scale import crop_reduced, measure_digit_height
from pipeline.robust_stats import median, weighted_median
from pipeline.settings.decoding import OutlierSettings
from pipeline.types import Reading

_RIM_PX = 1
"""Ink this near the rim touches it."""


def drop_outliers(lines: Sequence[Sequence[Pick]], settings: OutlierSettings) -> list[list[Pick]]:
    """Return the lines with every digit that does not fit passed over.

    A digit fits when it is about as tall, as dark and as broad in stroke as the digits of its page. What is usual is a
    median over all digits read, each weighted by its size, darkness and confidence, so that one plain digit outweighs a
    field of specks around it. A 1 must also stand about as tall as the other digits of its line.
    """
    digits = [pick for line in lines for pick in line if pick.is_digit]
    if not settings.is_enabled or not digits:
        return [list(line) for line in lines]
    height = _measure_height(digits)
    weights = [_weigh(pick) for pick in digits]
    contrast = weighted_median([pick.span.contrast for pick in digits], weights)
    stroke = weighted_median([pick.span.stroke_width_px for pick in digits], weights)

    def fits(pick: Pick, beside_px: float | None) -> bool:
        span, tall = pick.span, pick.span.box.height
        least = settings.least_lone_frac if beside_px is None else settings.least_height_frac
        ok = least * height <= tall <= settings.most_height_ratio * height
        ok &= span.contrast >= settings.least_contrast_frac * contrast
        ok &= span.stroke_width_px <= settings.most_stroke_ratio * stroke
        if pick.is_one:
            shortest = settings.shortest_lone_one_frac if beside_px is None else settings.shortest_one_frac
            ok &= shortest <= tall / (beside_px or height) <= settings.tallest_one_ratio
        return bool(ok)

    kept = []
    for line in lines:
        kept.append([replace(p, is_digit=p.is_digit and fits(p, _measure_beside(p, line))) for p in line])
    return kept


def drop_edges(
    readings: Sequence[Reading], paper: NDArray[np.uint8], page_shape: tuple[int, ...], settings: OutlierSettings
) -> tuple[Reading, ...]:
    """Return the readings without lone digits at the rim of the page or where the sheet ends and the desk begins.

    What stands there alone is the edge itself, a binding, a thing on the desk. It stays where it is all that was read;
    what encloses darker or brighter paper, the outline of a cup or a coin, does not.

    Parameters
    ----------
    readings : numbers read, boxes in page px
    paper : uint8 (h, w), brightness of the bare paper, reduced
    page_shape : (H, W) of the page, px
    settings : how uneven the paper may be around a lone digit, and how different in its middle
    """
    if not settings.is_enabled:
        return tuple(readings)
    readings = [
        r for r in readings if len(r.digits) > 1 or measure_middle(r.box, paper, page_shape) >= settings.least_middle
    ]
    suspects = [
        len(r.digits) == 1 and measure_evenness(r.box, paper, page_shape) < settings.least_evenness for r in readings
    ]
    if all(suspects):
        return tuple(readings)
    return tuple(r for r, suspect in zip(readings, suspects, strict=True) if not suspect)


def measure_evenness(box: Box, paper: NDArray[np.uint8], page_shape: tuple[int, ...]) -> float:
    """Return the least over the greatest brightness of the paper around a box, 0..1; 0 where it touches the rim."""
    height, width = page_shape[:2]
    if box.left <= _RIM_PX or box.top <= _RIM_PX or box.right >= width - _RIM_PX or box.bottom >= height - _RIM_PX:
        return 0.0
    around = crop_reduced(paper, _widen(box, box.height / 2), page_shape)
    return float(around.min()) / float(max(1, around.max()))


def measure_middle(box: Box, paper: NDArray[np.uint8], page_shape: tuple[int, ...]) -> float:
    """Return how evenly bright the paper is in the middle of a box and along its sides, a little outside, 0..1."""
    outer = crop_reduced(paper, _widen(box, box.height / 4), page_shape)
    x, y = box.center
    inner = crop_reduced(
        paper, (x - box.width / 4, y - box.height / 4, x + box.width / 4, y + box.height / 4), page_shape
    )
    rim = np.concatenate([outer[0], outer[-1], outer[:, 0], outer[:, -1]])
    levels = median(inner), median(rim)
    return min(levels) / max(1.0, *levels)


def _widen(box: Box, margin: float) -> tuple[float, float, float, float]:
    return box.left - margin, box.top - margin, box.right + margin, box.bottom + margin


def _weigh(pick: Pick) -> float:
    return float(np.sqrt(pick.span.box.height) * (pick.span.contrast * pick.row.max()) ** 2)


def _measure_height(digits: Sequence[Pick]) -> float:
    return measure_digit_height([pick.span.box for pick in digits], [_weigh(pick) for pick in digits])


def _measure_beside(pick: Pick, line: Sequence[Pick]) -> float | None:
    """Return the height in px of the line's other digits that are no 1, or None where it has none."""
    others = [other for other in line if other is not pick and other.is_digit and not other.is_one]
    return _measure_height(others) if others else None
