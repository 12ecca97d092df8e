"""Ledgers: rows of a word and a number, with sums."""

from __future__ import annotations

import numpy as np

from train.synthesis.documents.lettering import lay_stroke, pen_px, print_line, write_phrase
from train.synthesis.documents.sheet import Sheet, Style, draw_dots, draw_line
from train.synthesis.documents.vocabulary import make_digits, make_entry, make_phrase


def fill_ledger(sheet: Sheet, height_px: float, style: Style, rng: np.random.Generator) -> None:
    """Write rows of a word, dots or a line, and a number of digits `height_px` high; at times a line above a sum."""
    width, height = sheet.size_px
    y, pitch = rng.uniform(0.03, 0.2) * height + height_px, height_px * rng.uniform(1.3, 2.4)
    left, right = rng.uniform(0.03, 0.3) * width, rng.uniform(0.6, 0.95) * width
    are_words_printed, leader = rng.random() < 0.4, str(rng.choice(["none", "dots", "line"]))
    while y < 0.97 * height:
        text = make_phrase(rng, 2)
        if are_words_printed:
            end = print_line(sheet, text, (left, y), height_px * 0.7, style.print_font)
        else:
            end = write_phrase(sheet, text, (left, y), height_px, style, rng)
        number = make_entry(rng) if rng.random() < 0.4 else make_digits(rng, 1, 5)
        start = max(end + height_px, right - 0.75 * height_px * len(number))
        if leader == "line":
            draw_line(sheet, (end + 4, y), (start + rng.uniform(0, 3) * height_px, y), max(1, 0.04 * height_px))
        elif leader == "dots":
            draw_dots(sheet, (end + 0.3 * height_px, start - 0.2 * height_px), y, 0.3 * height_px, height_px)
        write_phrase(sheet, number, (start, y), height_px, style, rng)
        y += pitch
        if rng.random() < 0.08:
            points = np.array([[left, y - 0.8 * height_px], [right, y - 0.8 * height_px]])
            lay_stroke(sheet, points, pen_px(style, height_px), None)
            y += 0.4 * height_px
