"""Sudokus, calendars and other boards of squares: one number to a square, which none of its neighbors belongs to."""

from __future__ import annotations

import numpy as np

from train.synthesis.documents.lettering import print_line
from train.synthesis.documents.sheet import Sheet, Style, draw_wobbly_line
from train.synthesis.documents.vocabulary import make_digits
from train.synthesis.pages.ink_layout import write_number

_PRINT_FRAC = 0.8
"""Height of digits in print, of those by hand."""

_DIGIT_WIDTH_FRAC = 0.65
"""Usual width of a digit, of its height."""


def fill_squares(sheet: Sheet, height_px: float, style: Style, rng: np.random.Generator) -> None:
    """Draw a board of squares with one number to a square, of digits up to `height_px`."""
    width, height = sheet.size_px
    is_calendar = rng.random() < 0.3
    n_columns = 7 if is_calendar else int(rng.choice([9, 9, 6, 4, 10, 5]))
    n_rows = int(rng.integers(5, 7)) if is_calendar else n_columns
    side = min(height_px * rng.uniform(1.2, 2.2), 0.95 * width / n_columns, 0.95 * height / n_rows)
    size = min(height_px, 0.8 * side)
    left = rng.uniform(0.02 * width, max(0.03 * width, 0.98 * width - n_columns * side))
    top = rng.uniform(0.02 * height, max(0.03 * height, 0.98 * height - n_rows * side))
    thin = max(1.0, side * rng.uniform(0.01, 0.05))
    wobble = 0.0 if rng.random() < 0.6 else 0.03 * side
    has_lines = rng.random() < 0.9
    for k in range(max(n_rows, n_columns) + 1):
        bold = thin * (rng.uniform(1.5, 3) if n_columns == 9 and k % 3 == 0 else 1)
        if k <= n_columns and has_lines:
            draw_wobbly_line(sheet, (left + k * side, top), (left + k * side, top + n_rows * side), bold, wobble, rng)
        if k <= n_rows and has_lines:
            draw_wobbly_line(
                sheet, (left, top + k * side), (left + n_columns * side, top + k * side), bold, wobble, rng
            )
    filled_share, hand_share = rng.uniform(0.15, 0.95), rng.choice([0.0, 0.5, 1.0, 1.0, 1.0])
    for row in range(n_rows):
        for column in range(n_columns):
            if rng.random() > filled_share:
                continue
            text = str(1 + row * n_columns + column) if is_calendar else make_digits(rng, 1, 1)
            x = left + column * side + max(0.0, side - _DIGIT_WIDTH_FRAC * size * len(text)) * rng.uniform(0.3, 0.6)
            foot = top + (row + 1) * side - (side - size) * rng.uniform(0.25, 0.75)
            if rng.random() < hand_share:
                write_number(sheet.pen, text, (x, foot), size, style.script, rng)
            else:
                print_line(sheet, text, (x, foot), _PRINT_FRAC * size, style.print_font)
