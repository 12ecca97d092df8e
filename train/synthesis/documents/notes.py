"""Notes, prose, headings and rows of digits: words and numbers by hand, struck out or ringed, or beside print."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.recognition.column_classes import STRUCK
from pipeline.types import N_DIGITS
from train.synthesis.documents.lettering import (
    lay_stroke,
    measure_line,
    pen_px,
    print_line,
    write_digit,
    write_phrase,
)
from train.synthesis.documents.sheet import Sheet, Style
from train.synthesis.documents.vocabulary import make_digits, make_entry, make_phrase, pick
from train.synthesis.pages.ink_layout import strike_out

_LEAST_PROSE_PX, _LEAST_PRINT_PX = 8.0, 7.0
"""Height of digits in print, below which nobody could read it in a photo."""

_FEW_WRITTEN = 0.9
"""Share of the places on a sheet of few digits that hold one."""

_STRUCK_FRAC = 0.5
"""Share of a mark's ink that must lie in a box for the mark to be struck out with it: the line above reaches in."""


def fill_notes(sheet: Sheet, height_px: float, style: Style, rng: np.random.Generator) -> None:
    """Write lines of words and numbers, digits of `height_px`, some struck out, ringed, ticked or underlined."""
    width, height = sheet.size_px
    y, pitch = rng.uniform(0.02, 0.3) * height + height_px, height_px * rng.uniform(1.4, 2.6)
    word_share, mark_share = float(rng.choice([0.0, 0.3, 0.6, 0.85])), float(rng.choice([0.0, 0.1, 0.3]))
    while y < 0.97 * height:
        x = rng.uniform(0.03, 0.2) * width
        while x < 0.92 * width:
            before = x
            if rng.random() < 0.06:
                write = write_tally if rng.random() < 0.5 else write_fraction
                x = write(sheet, (x, y), height_px, style, rng) + rng.uniform(0.5, 1.5) * height_px
                continue
            number = make_entry(rng) if rng.random() < 0.6 else make_digits(rng, 1, 6)
            text = make_phrase(rng, 2) if rng.random() < word_share else number
            x = write_phrase(sheet, text, (x, y), height_px, style, rng)
            if rng.random() < mark_share:
                _mark(sheet, (before, y - height_px, x, y), height_px, style, rng)
            x += rng.uniform(0.8, 2.5) * height_px
            if rng.random() < 0.25:
                break
        y += pitch


def write_tally(
    sheet: Sheet, at_px: tuple[float, float], height_px: float, style: Style, rng: np.random.Generator
) -> float:
    """Write two to five strokes side by side from `at_px` (x, foot), the fifth across; return where they end, px."""
    x, y = at_px
    n, step = int(rng.integers(2, 6)), rng.uniform(0.15, 0.35) * height_px
    for k in range(min(n, 4)):
        points = np.array([[x + k * step, y], [x + k * step, y - height_px]]) + rng.normal(0, 0.05 * height_px, (2, 2))
        lay_stroke(sheet, points, pen_px(style, height_px), "sign")
    if n == 5:
        points = np.array([[x - 0.2 * height_px, y - 0.2 * height_px], [x + 3.5 * step, y - 0.8 * height_px]])
        lay_stroke(sheet, points, pen_px(style, height_px), "sign")
    return x + 4 * step


def write_fraction(
    sheet: Sheet, at_px: tuple[float, float], height_px: float, style: Style, rng: np.random.Generator
) -> float:
    """Write a number over a bar over a number, together about as high as a digit; return where they end, px."""
    x, y = at_px
    size = 0.6 * height_px
    upper = write_phrase(sheet, make_digits(rng, 1, 2), (x, y - 0.7 * size), size, style, rng)
    lower = write_phrase(sheet, make_digits(rng, 1, 2), (x, y + 0.7 * size), size, style, rng)
    end = max(upper, lower)
    lay_stroke(sheet, np.array([[x - 2, y - 0.5 * size], [end + 2, y - 0.5 * size]]), pen_px(style, size), "sign")
    return end


def _mark(
    sheet: Sheet, box_px: tuple[float, float, float, float], height_px: float, style: Style, rng: np.random.Generator
) -> None:
    """Strike out, ring, underline or tick what stands in a box (left, top, right, bottom)."""
    kind, pen = str(rng.choice(["scribble", "strike", "ring", "line", "tick", "cross"])), pen_px(style, height_px)
    left, _, right, y = box_px
    middle = np.array([(left + right) / 2, y - 0.5 * height_px])
    if kind == "scribble":
        left_px, top_px, right_px, bottom_px = (round(v) for v in box_px)
        strike_out(sheet.pen, (left_px, top_px, right_px, bottom_px), height_px, style.script, rng)
    elif kind in ("strike", "cross"):
        tilt = rng.uniform(-0.3, 0.3) if kind == "strike" else 0.6
        reach = np.array([(right - left + 0.4 * height_px) / 2, -tilt * height_px])
        strike(sheet, np.array([middle - reach, middle + reach]), box_px, pen)
        if kind == "cross" or rng.random() < 0.3:
            reach *= [1, -1]
            strike(sheet, np.array([middle - reach, middle + reach]), box_px, pen)
    elif kind == "ring":
        t = np.linspace(0, 2 * np.pi * rng.uniform(0.95, 1.1), 40)
        axes = np.array([(right - left) / 2 + 0.45 * height_px, rng.uniform(0.75, 1.0) * height_px])
        lay_stroke(sheet, middle + np.column_stack([np.cos(t), np.sin(t)]) * axes, pen, None)
    elif kind == "line":
        for k in range(int(rng.integers(1, 3))):
            below = y + (0.15 + 0.15 * k) * height_px
            lay_stroke(sheet, np.array([[left, below], [right, below + rng.normal(0, 2)]]), pen, None)
    else:
        at = np.array([right + 0.5 * height_px, y - 0.3 * height_px])
        points = at + np.array([[0, 0], [0.25, 0.35], [0.8, -0.8]]) * height_px
        lay_stroke(sheet, points, pen, "sign")


def strike(
    sheet: Sheet, ends_px: NDArray[np.float64], box_px: tuple[float, float, float, float], width_px: float
) -> None:
    """Draw a stroke, `ends_px` (2, 2), through what stands in a box (left, top, right, bottom): it is no digit then."""
    left, top, right, bottom = (max(0, round(v)) for v in box_px)
    draft = sheet.pen
    n = len(draft.labels) + 1
    inside = np.bincount(draft.owner[top:bottom, left:right].ravel(), minlength=n)
    whole = np.bincount(draft.owner.ravel(), minlength=n)
    for at in np.flatnonzero((inside > 0) & (inside >= _STRUCK_FRAC * whole)) - 1:
        if at >= 0:
            draft.labels[at], draft.kinds[at], draft.groups[at] = STRUCK, "scribble", -1
    lay_stroke(sheet, ends_px, width_px, "scribble", STRUCK)


def fill_prose(sheet: Sheet, height_px: float, style: Style, rng: np.random.Generator) -> None:
    """Print a text with some numbers in it, at times with a number, digits of `height_px`, by hand below a line."""
    width, height = sheet.size_px
    size = max(_LEAST_PROSE_PX, height_px * rng.uniform(0.4, 1.0))
    left, y = rng.uniform(0.02, 0.15) * width, rng.uniform(0.02, 0.2) * height + size
    right = rng.uniform(0.6, 0.97) * width
    while y < 0.97 * height:
        line = ""
        while left + measure_line(line, size, style.print_font) < right:
            line += " " + (make_digits(rng, 1, 4) if rng.random() < 0.1 else make_phrase(rng, 1))
        print_line(sheet, line.strip(), (left, y), size, style.print_font)
        y += size * rng.uniform(1.5, 1.9)
        if rng.random() < 0.15:
            y += 2 * height_px
            if rng.random() < 0.6 and y < 0.95 * height:
                text, at = make_digits(rng, 1, 5), (rng.uniform(left, 0.7 * right), y - 0.3 * height_px)
                write_phrase(sheet, text, at, height_px, style, rng)
            y += size


def fill_spaced(sheet: Sheet, height_px: float, style: Style, rng: np.random.Generator) -> None:
    """Write rows of one number each, its digits, `height_px` high, evenly spaced over the row."""
    width, height = sheet.size_px
    y, pitch = rng.uniform(0.05, 0.4) * height + height_px, height_px * rng.uniform(1.5, 3.5)
    step = height_px * rng.uniform(0.8, 3.0)
    for _ in range(int(rng.integers(1, 6))):
        x = rng.uniform(0.03, 0.3) * width
        n = max(1, min(int((0.95 * width - x) / step), int(rng.integers(3, 12))))
        group = sheet.start_number()
        for _ in range(n):
            foot = y + rng.normal(0, 0.08) * height_px
            write_digit(sheet, make_digits(rng, 1, 1), group, (x, foot), height_px, style, rng)
            x += step * rng.uniform(0.9, 1.1)
        y += pitch
        if y > 0.97 * height:
            break


def fill_few(sheet: Sheet, height_px: float, style: Style, rng: np.random.Generator) -> None:
    """Write one to ten lone digits, as large as the sheet allows or down to `height_px`, counted up or at random."""
    width, height = sheet.size_px
    n_rows, n_columns = int(rng.integers(1, 4)), int(rng.integers(1, 6))
    cell = min(width / n_columns, height / n_rows)
    size = float(np.exp(rng.uniform(np.log(min(height_px, 0.75 * cell)), np.log(0.85 * cell))))
    first = int(rng.integers(N_DIGITS)) if rng.random() < 0.5 else None
    for k in range(n_rows * n_columns):
        row, column = divmod(k, n_columns)
        digit = make_digits(rng, 1, 1) if first is None else str((first + k) % N_DIGITS)
        x = (column + 0.5) * width / n_columns - 0.3 * size + rng.normal(0, 0.08) * cell
        foot = (row + 0.5) * height / n_rows + 0.5 * size + rng.normal(0, 0.05) * cell
        if rng.random() < _FEW_WRITTEN:
            write_digit(sheet, digit, sheet.start_number(), (x, foot), size, style, rng)


def write_heading(sheet: Sheet, height_px: float, style: Style, rng: np.random.Generator) -> None:
    """Print or write, by digits of `height_px`, a page number, a form's number or a title at the very top or bottom."""
    width, height = sheet.size_px
    y = 0.03 * height + height_px if rng.random() < 0.6 else 0.985 * height
    texts = (
        f"Page {make_digits(rng, 1, 2)} of {make_digits(rng, 1, 2)}",
        f"Form {make_digits(rng, 1, 3)}-B",
        make_phrase(rng, 4),
        f"{make_digits(rng, 2, 2)}.{make_digits(rng, 2, 2)}.20{make_digits(rng, 2, 2)}",
    )
    text = pick(texts, rng)
    at = (rng.uniform(0.02, 0.6) * width, y)
    if rng.random() < 0.75:
        print_line(sheet, text, at, max(_LEAST_PRINT_PX, height_px * rng.uniform(0.35, 0.9)), style.print_font)
    else:
        write_phrase(sheet, text.split()[0], at, height_px, style, rng)
