"""Arrangements of numbers on a page: rows, columns, scattered, boxes, or one that fills a small picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.types import N_DIGITS
from train.synthesis.pages.ink_layout import Draft, Script, draw_text, print_text, strike_out, write_number, write_sign

LEAST_HEIGHT_PX = 12.0
"""Smaller digits cannot be read by people either."""

Cells = list[tuple[int, int, int, int]]
Filled = tuple[NDArray[np.float64], Cells]
Fill = Callable[[Draft, float, Script, np.random.Generator], Filled]
"""Writes digits of about a height into a draft; returns the rows that they stand on, float64 (N,), and the boxes
(left, top, right, bottom px) to be printed around them."""


def fill_rows(draft: Draft, height_px: float, script: Script, rng: np.random.Generator) -> Filled:
    """Write rows of numbers from the top down, now and then a letter, a sign, a date or something struck out."""
    height, width = draft.coverage.shape
    pitch = height_px * rng.uniform(1.35, 2.6)
    margin = 0.1 * width
    most = int(rng.integers(1, 9)) if rng.random() < 0.7 else 40
    baselines = np.arange(0.1 * height + height_px, 0.93 * height, pitch)
    if len(baselines) > most:
        first = int(rng.integers(len(baselines) - most + 1))
        baselines = baselines[first : first + most]
    odd = rng.choice([0.0, 0.1, 0.4], p=[0.35, 0.35, 0.3])
    slope = float(np.clip(rng.normal(0, 0.012), -0.04, 0.04))
    space = height_px * max(rng.uniform(0.9, 2.5), script.gap_frac[1] * rng.uniform(1.6, 3))
    n_written = 0
    for y in baselines:
        x = margin * rng.uniform(0.6, 1.6)
        while x < width - margin - 0.5 * height_px and n_written < 60:
            foot = y + slope * x
            if rng.random() < odd:
                x = _write_other(draft, (x, foot), height_px, script, rng) + 0.4 * space
                continue
            text = draw_text(rng, most=max(1, int((width - margin - x) / (0.8 * height_px))))
            n_written += len(text)
            x = write_number(draft, text, (x, foot), height_px, script, rng, slope) + space
            if rng.random() < 0.25:
                break
    return baselines, []


def _write_other(
    draft: Draft, at_px: tuple[float, float], height_px: float, script: Script, rng: np.random.Generator
) -> float:
    """Write what is no number: a sign, a few letters, a caption in print, something struck out. Return its end, px."""
    x, y = at_px
    kind = rng.choice(["sign", "letters", "print", "struck", "dot"], p=[0.32, 0.25, 0.13, 0.15, 0.15])
    if kind == "sign":
        return write_sign(draft, str(rng.choice(list("-+x=/"))), at_px, height_px, script, rng)
    if kind == "dot":
        return write_sign(draft, str(rng.choice(list(".,"))), at_px, height_px, script, rng)
    if kind == "letters":
        for _ in range(int(rng.integers(1, 4))):
            x = write_sign(draft, "letter", (x, y), height_px, script, rng) + rng.uniform(0.02, 0.25) * height_px
        return x
    if kind == "print":
        size = max(7.0, height_px * rng.uniform(0.25, 0.7))
        n, pick = int(rng.integers(3, 14)), int(rng.integers(1_000_000))
        print_text(draft, at_px, size, script.pool, n, pick)
        return x + 0.8 * n * size
    end = x + height_px * rng.uniform(0.7, 2.2)
    if rng.random() < 0.7:
        end = write_number(draft, draw_text(rng, most=3), at_px, height_px, script, rng)
    strike_out(draft, (round(x), round(y - height_px), round(end), round(y)), height_px, script, rng)
    return end


def fill_scattered(draft: Draft, height_px: float, script: Script, rng: np.random.Generator) -> Filled:
    """Write short numbers of all sizes anywhere, none over another."""
    height, width = draft.coverage.shape
    taken: list[tuple[float, float, float]] = []
    for _ in range(40):
        own = max(LEAST_HEIGHT_PX, height_px * float(np.exp(rng.uniform(-0.6, 0.5))))
        x, y = rng.uniform(0.08, 0.85) * width, rng.uniform(0.15, 0.9) * height
        if own > y or any(abs(x - a) < 2.2 * max(own, c) and abs(y - b) < 1.4 * max(own, c) for a, b, c in taken):
            continue
        taken.append((x, y, own))
        if rng.random() < 0.12:
            _write_other(draft, (x, y), own, script, rng)
        else:
            write_number(draft, draw_text(rng, most=2), (x, y), own, script, rng)
    return np.array([y for _, y, _ in taken[:1]]), []


def fill_column(draft: Draft, height_px: float, script: Script, rng: np.random.Generator) -> Filled:
    """Write one short number to a row, one below the other, in one to three columns."""
    height, width = draft.coverage.shape
    baselines = np.arange(0.08 * height + height_px, 0.95 * height, height_px * rng.uniform(1.15, 1.9))[:14]
    for column in np.linspace(rng.uniform(0.08, 0.4), 0.75, int(rng.integers(1, 4))):
        for y in baselines:
            write_number(draft, draw_text(rng, most=3), (column * width, y), height_px, script, rng)
    return baselines, []


def fill_boxes(draft: Draft, height_px: float, script: Script, rng: np.random.Generator) -> Filled:
    """Write one digit to a box, in combs of boxes; some stay empty, some are overrun."""
    height, width = draft.coverage.shape
    side = height_px * rng.uniform(1.05, 1.6)
    step = side * rng.choice([1.0, 1.0, 1.15])
    cells: Cells = []
    baselines = np.arange(0.1 * height + side, 0.95 * height, side * rng.uniform(1.3, 2))[: int(rng.integers(1, 7))]
    n = max(1, min(int((0.9 * width) / step), int(rng.integers(3, 13))))
    left = rng.uniform(0.03 * width, max(0.04 * width, 0.97 * width - n * step))
    for bottom in baselines:
        draft.n_groups += 1
        for k in range(n):
            x = left + k * step
            cells.append((round(x), round(bottom - side), round(x + side), round(bottom)))
            if rng.random() < 0.12:
                continue
            text = str(int(rng.integers(N_DIGITS)))
            foot = bottom - (side - height_px) * rng.uniform(0.15, 0.7)
            at = x + max(0.0, side - 0.65 * height_px) / 2 + rng.normal(0, 0.06) * height_px
            write_number(draft, text, (at, foot), height_px, script, rng)
            draft.n_groups -= 1
            if draft.groups:
                draft.groups[-1] = draft.n_groups - 1
    return baselines, cells


def fill_strip(draft: Draft, height_px: float, script: Script, rng: np.random.Generator) -> Filled:
    """Write one number that fills the picture, often with a full stop, a comma or a dash behind it."""
    height, width = draft.coverage.shape
    foot = (height + height_px) / 2 + rng.uniform(-0.5, 0.5) * (height - height_px)
    n = max(1, round((width / height_px - 0.3) / 0.75))
    text = draw_text(rng, most=n) if rng.random() < 0.2 else draw_text(rng, most=n, least=n)
    end = write_number(draft, text, (rng.uniform(0.02, 0.08) * width, foot), height_px, script, rng)
    if rng.random() < 0.4:
        end = write_sign(draft, str(rng.choice(list(".,"))), (end + 0.08 * height_px, foot), height_px, script, rng)
    if rng.random() < 0.3:
        sign, at = str(rng.choice(list("-__="))), end + rng.uniform(0.05, 0.5) * height_px
        write_sign(draft, sign, (at, foot), height_px, script, rng)
    return np.array([foot + rng.uniform(-0.05, 0.12) * height_px]), []


LAYOUTS: dict[str, Fill] = {
    "rows": fill_rows,
    "scattered": fill_scattered,
    "column": fill_column,
    "boxes": fill_boxes,
    "strip": fill_strip,
}
