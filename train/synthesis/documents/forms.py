"""Forms, cheques and envelopes: labels in print, entries by hand, combs of boxes, dotted lines."""

from __future__ import annotations

import cv2
import numpy as np

from train.synthesis.documents.lettering import print_line, write_digit, write_phrase
from train.synthesis.documents.sheet import Sheet, Style, draw_box, draw_dots, draw_line
from train.synthesis.documents.vocabulary import LABELS, make_digits, make_entry, make_phrase, pick

_LEAST_PRINT_PX = 7.0
"""Height of digits in print, below which nobody could read it in a photo."""

_DIGIT_WIDTH_FRAC = 0.65
"""Usual width of a digit, of its height."""


def fill_form(sheet: Sheet, height_px: float, style: Style, rng: np.random.Generator) -> None:
    """Print labels, each with a blank line, dots, a box or a comb, filled by digits of `height_px` or left empty."""
    width, height = sheet.size_px
    y = rng.uniform(0.02, 0.12) * height + 1.5 * height_px
    label_px = max(_LEAST_PRINT_PX, height_px * rng.uniform(0.4, 0.9))
    left, n_columns = rng.uniform(0.03, 0.12) * width, int(rng.choice([1, 1, 2]))
    is_above = rng.random() < 0.4
    while y < 0.97 * height:
        for column in range(n_columns):
            x = left + column * (width - left) / n_columns
            end_of_room = x + (width - left) / n_columns - 0.5 * height_px
            label = pick(LABELS, rng) + pick(("", ":", ""), rng)
            end = print_line(sheet, label, (x, y - (1.35 * height_px if is_above else 0)), label_px, style.print_font)
            start = x if is_above else min(end, x + 12 * height_px) + rng.uniform(0.3, 1.0) * height_px
            if end_of_room - start > 1.5 * height_px:
                _fill_field(sheet, (start, end_of_room), y, height_px, style, rng)
        y += height_px * rng.uniform(1.6, 3.2) + (1.2 * height_px if is_above else 0)


def _fill_field(
    sheet: Sheet, room_px: tuple[float, float], y: float, height_px: float, style: Style, rng: np.random.Generator
) -> None:
    """Print the field between two x px on the baseline `y`, and mostly fill it."""
    kind = str(rng.choice(["line", "dots", "box", "comb", "comb", "plain"]))
    if kind == "comb":
        write_comb(sheet, room_px, y, height_px, style, rng)
        return
    left = room_px[0]
    right = min(room_px[1], left + rng.uniform(4, 14) * height_px)
    thin = max(1.0, rng.uniform(0.02, 0.06) * height_px)
    drop = rng.uniform(0.02, 0.2) * height_px
    if kind == "line":
        draw_line(sheet, (left, y + drop), (right, y + drop), thin)
    elif kind == "dots":
        draw_dots(sheet, (left, right), y + drop, rng.uniform(0.15, 0.35) * height_px, height_px)
    elif kind == "box":
        draw_box(sheet, (left, y - height_px * rng.uniform(1.15, 1.6), right, y + drop), thin)
    if rng.random() < 0.75:
        n_fitting = int((right - left) / (0.8 * height_px))
        text = make_digits(rng, 1, max(1, min(9, n_fitting)))
        if rng.random() < 0.4:
            text = make_entry(rng)
        elif rng.random() < 0.35:
            text = make_phrase(rng, 3)
        write_phrase(sheet, text, (left + rng.uniform(0.1, 0.6) * height_px, y), height_px, style, rng)


def write_comb(
    sheet: Sheet, room_px: tuple[float, float], y: float, height_px: float, style: Style, rng: np.random.Generator
) -> None:
    """Print a row of boxes between two x px, a digit to a box: one number, but printed signs between boxes part it."""
    side = height_px * rng.uniform(1.1, 1.6)
    gap = 0.0 if rng.random() < 0.7 else rng.uniform(0.05, 0.3) * side
    thin = max(1.0, rng.uniform(0.02, 0.07) * height_px)
    n = max(1, min(int((room_px[1] - room_px[0]) / (side + gap)), int(rng.integers(2, 13))))
    cuts = set(rng.integers(1, n, 2)) if n > 3 and rng.random() < 0.35 else set()
    x, has_walls = room_px[0], rng.random() < 0.85
    is_filled, is_low = rng.random() < 0.85, rng.random() < 0.25
    group = sheet.start_number()
    for k in range(n):
        if k in cuts:
            sign = pick(("/", "-", ".", ","), rng)
            print_line(sheet, sign, (x + 0.1 * height_px, y), height_px, style.print_font)
            x += 0.6 * height_px
            group = sheet.start_number()
        if has_walls:
            foot = y + 0.15 * height_px
            top = y - (0.4 if is_low else 1.0) * side + 0.15 * height_px
            draw_box(sheet, (x, top, x + side, foot), thin, is_open=is_low)
        else:
            draw_line(sheet, (x + 0.1 * side, y + 0.1 * height_px), (x + 0.9 * side, y + 0.1 * height_px), thin)
        if is_filled and rng.random() < 0.93:
            at = x + max(0.0, side - _DIGIT_WIDTH_FRAC * height_px) / 2 + rng.normal(0, 0.06) * height_px
            foot = y + rng.normal(0, 0.06) * height_px
            write_digit(sheet, make_digits(rng, 1, 1), group, (at, foot), height_px, style, rng)
        x += side + gap


def fill_cheque(sheet: Sheet, height_px: float, style: Style, rng: np.random.Generator) -> None:
    """Print a cheque and fill it by digits of `height_px`.

    It has a bank's name and address, a comb for the date, lines, a box for the amount and a line of machine digits.
    """
    width, height = sheet.size_px
    small = max(_LEAST_PRINT_PX, 0.5 * height_px)
    for k in range(int(rng.integers(1, 4))):
        text = f"{make_phrase(rng, 3)} {make_digits(rng, 1, 6)}"
        size = small * (1.6 if k == 0 else 1)
        at = rng.uniform(0.03, 0.3) * width, 0.06 * height + k * 1.6 * small + size
        print_line(sheet, text, at, size, style.print_font)
    write_comb(sheet, (0.62 * width, 0.97 * width), 0.05 * height + 1.3 * height_px, height_px, style, rng)
    for k, label in enumerate(("Pay", "Rupees", "A/c. No.", "Payee")[: int(rng.integers(2, 5))]):
        y = (0.32 + 0.15 * k) * height
        end = print_line(sheet, label, (0.04 * width, y), 1.2 * small, style.print_font)
        draw_line(sheet, (end, y + 2), (0.65 * width, y + 2), 1)
        text = make_digits(rng, 6, 12) if "No" in label else make_phrase(rng, 4)
        write_phrase(sheet, text, (end + height_px, y), height_px, style, rng)
    left, y = 0.7 * width, 0.5 * height
    draw_box(sheet, (left, y + 4 - 1.5 * height_px, 0.97 * width, y + 4), 1)
    amount = make_digits(rng, 2, 7) + pick(("", "/-", "/-", ".00", "-", "="), rng)
    write_phrase(sheet, amount, (left + 0.4 * height_px, y), height_px, style, rng)
    write_phrase(sheet, make_phrase(rng, 1), (0.75 * width, 0.8 * height), 1.3 * height_px, style, rng)
    if rng.random() < 0.7:
        line = " ".join(make_digits(rng, 3, 9) for _ in range(int(rng.integers(2, 5))))
        print_line(sheet, line, (0.1 * width, 0.95 * height), 1.1 * small, style.print_font)


def fill_envelope(sheet: Sheet, height_px: float, style: Style, rng: np.random.Generator) -> None:
    """Print an address or two and a logo or stamp; write a post code or a few numbers, digits of `height_px`."""
    width, height = sheet.size_px
    small = max(_LEAST_PRINT_PX, rng.uniform(0.4, 0.9) * height_px)
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(0.02, 0.6) * width, rng.uniform(0.08, 0.75) * height
        for _ in range(int(rng.integers(2, 5))):
            text = make_phrase(rng, 4) + pick(("", " " + make_digits(rng, 1, 5)), rng)
            print_line(sheet, text, (x, y), small, style.print_font)
            y += 1.6 * small
    if rng.random() < 0.6:
        _draw_logo(sheet, height_px, rng)
    for _ in range(int(rng.integers(1, 4))):
        at = (rng.uniform(0.05, 0.7) * width, rng.uniform(0.2, 0.95) * height)
        write_phrase(sheet, make_digits(rng, 3, 6), at, height_px, style, rng)


def _draw_logo(sheet: Sheet, height_px: float, rng: np.random.Generator) -> None:
    """Draw a few arcs and blots, up to four digits wide, at the upper right."""
    width, height = sheet.size_px
    x, y, size = rng.uniform(0.5, 0.85) * width, rng.uniform(0.05, 0.3) * height, rng.uniform(1.5, 4) * height_px
    for _ in range(int(rng.integers(2, 6))):
        at = (round(x + rng.uniform(0, size)), round(y + rng.uniform(0, size)))
        axes = (max(2, round(rng.uniform(0.1, 0.6) * size)), max(2, round(rng.uniform(0.1, 0.5) * size)))
        thickness = -1 if rng.random() < 0.4 else max(1, round(0.06 * size))
        cv2.ellipse(sheet.lines, at, axes, rng.uniform(0, 180), 0, rng.uniform(90, 360), 255, thickness, cv2.LINE_AA)
