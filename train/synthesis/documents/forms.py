"""Forms, cheques, envelopes and notes: labels in print, entries and words by hand, combs of boxes, dotted lines."""

from __future__ import annotations

import cv2
import numpy as np

from train.synthesis.documents.lettering import lay_stroke, measure_line, pen_px, print_line, write_phrase
from train.synthesis.documents.sheet import Hands, Sheet, draw_line
from train.synthesis.documents.vocabulary import LABELS, make_digits, make_entry, make_phrase, pick
from train.synthesis.pages.ink_layout import strike_out, write_number


def fill_form(sheet: Sheet, height_px: float, hands: Hands, rng: np.random.Generator) -> None:
    """Print labels, each with a blank line, dots, a box or a comb, filled by hand or left empty."""
    width, height = sheet.size_px
    y = rng.uniform(0.02, 0.12) * height + 1.5 * height_px
    label_px = max(7.0, height_px * rng.uniform(0.4, 0.9))
    left, n_columns = rng.uniform(0.03, 0.12) * width, int(rng.choice([1, 1, 2]))
    is_above = rng.random() < 0.4
    while y < 0.97 * height:
        for column in range(n_columns):
            x = left + column * (width - left) / n_columns
            end_of_room = x + (width - left) / n_columns - 0.5 * height_px
            label = pick(LABELS, rng) + pick(("", ":", ""), rng)
            end = print_line(sheet, label, (x, y - (1.35 * height_px if is_above else 0)), label_px, hands.print_font)
            start = x if is_above else min(end, x + 12 * height_px) + rng.uniform(0.3, 1.0) * height_px
            if end_of_room - start > 1.5 * height_px:
                _fill_field(sheet, start, end_of_room, y, height_px, hands, rng)
        y += height_px * rng.uniform(1.6, 3.2) + (1.2 * height_px if is_above else 0)


def _fill_field(
    sheet: Sheet, left: float, right: float, y: float, height_px: float, hands: Hands, rng: np.random.Generator
) -> None:
    kind = str(rng.choice(["line", "dots", "box", "comb", "comb", "plain"]))
    if kind == "comb":
        write_comb(sheet, left, right, y, height_px, hands, rng)
        return
    right = min(right, left + rng.uniform(4, 14) * height_px)
    thin = max(1.0, rng.uniform(0.02, 0.06) * height_px)
    drop = rng.uniform(0.02, 0.2) * height_px
    if kind == "line":
        draw_line(sheet, (left, y + drop), (right, y + drop), thin, 0, rng)
    elif kind == "dots":
        for x in np.arange(left, right, rng.uniform(0.15, 0.35) * height_px):
            cv2.circle(sheet.lines, (round(x), round(y + drop)), max(1, round(0.04 * height_px)), 255, -1, cv2.LINE_AA)
    elif kind == "box":
        up = height_px * rng.uniform(1.15, 1.6)
        corners = [(left, y + drop), (right, y + drop), (right, y - up), (left, y - up)]
        for k in range(4):
            draw_line(sheet, corners[k], corners[(k + 1) % 4], thin, 0, rng)
    if rng.random() < 0.75:
        room = int((right - left) / (0.8 * height_px))
        text = make_digits(rng, 1, max(1, min(9, room)))
        if rng.random() < 0.3:
            text = make_entry(rng)
        elif rng.random() < 0.35:
            text = make_phrase(rng, 3)
        write_phrase(sheet, text, (left + rng.uniform(0.1, 0.6) * height_px, y), height_px, hands, rng)


def write_comb(
    sheet: Sheet, left: float, right: float, y: float, height_px: float, hands: Hands, rng: np.random.Generator
) -> None:
    """Print a row of boxes, a digit to a box: they are one number, but printed signs between boxes part it."""
    side = height_px * rng.uniform(1.1, 1.6)
    gap = 0.0 if rng.random() < 0.7 else rng.uniform(0.05, 0.3) * side
    thin = max(1.0, rng.uniform(0.02, 0.07) * height_px)
    n = max(1, min(int((right - left) / (side + gap)), int(rng.integers(2, 13))))
    cuts = set(rng.integers(1, n, 2)) if n > 3 and rng.random() < 0.35 else set()
    x, is_wall = left, rng.random() < 0.85
    is_filled, half = rng.random() < 0.85, rng.random() < 0.25
    sheet.pen.n_groups += 1
    for k in range(n):
        if k in cuts:
            sign = pick(("/", "-", ".", ","), rng)
            print_line(sheet, sign, (x + 0.1 * height_px, y), height_px, hands.print_font)
            x += 0.6 * height_px
            sheet.pen.n_groups += 1
        top = y - (0.4 if half else 1.0) * side + 0.15 * height_px
        if is_wall:
            bottom = y + 0.15 * height_px
            for a, b in (
                ((x, bottom), (x + side, bottom)),
                ((x, bottom), (x, top)),
                ((x + side, bottom), (x + side, top)),
            ):
                draw_line(sheet, a, b, thin, 0, rng)
            if not half:
                draw_line(sheet, (x, top), (x + side, top), thin, 0, rng)
        else:
            draw_line(sheet, (x + 0.1 * side, y + 0.1 * height_px), (x + 0.9 * side, y + 0.1 * height_px), thin, 0, rng)
        if is_filled and rng.random() < 0.93:
            group, n_before = sheet.pen.n_groups - 1, len(sheet.pen.groups)
            at = x + max(0.0, side - 0.65 * height_px) / 2 + rng.normal(0, 0.06) * height_px
            foot = y + rng.normal(0, 0.06) * height_px
            write_number(sheet.pen, make_digits(rng, 1, 1), (at, foot), height_px, hands.script, rng)
            sheet.pen.groups[n_before:] = [group] * (len(sheet.pen.groups) - n_before)
            sheet.pen.n_groups = group + 1
        x += side + gap


def fill_cheque(sheet: Sheet, height_px: float, hands: Hands, rng: np.random.Generator) -> None:
    """Print a cheque: a bank's name and address, a comb for the date, an amount's box, a line of machine digits."""
    width, height = sheet.size_px
    small = max(7.0, 0.5 * height_px)
    for k in range(int(rng.integers(1, 4))):
        text = f"{make_phrase(rng, 3)} {make_digits(rng, 1, 6)}"
        size = small * (1.6 if k == 0 else 1)
        print_line(
            sheet,
            text,
            (rng.uniform(0.03, 0.3) * width, 0.06 * height + k * 1.6 * small + size),
            size,
            hands.print_font,
        )
    write_comb(sheet, 0.62 * width, 0.97 * width, 0.05 * height + 1.3 * height_px, height_px, hands, rng)
    for k, label in enumerate(("Pay", "Rupees", "A/c. No.", "Payee")[: int(rng.integers(2, 5))]):
        y = (0.32 + 0.15 * k) * height
        end = print_line(sheet, label, (0.04 * width, y), 1.2 * small, hands.print_font)
        draw_line(sheet, (end, y + 2), (0.65 * width, y + 2), 1, 0, rng)
        text = make_digits(rng, 6, 12) if "No" in label else make_phrase(rng, 4)
        write_phrase(sheet, text, (end + height_px, y), height_px, hands, rng)
    left, y = 0.7 * width, 0.5 * height
    right, up = 0.97 * width, 1.5 * height_px
    for a, b in (
        ((left, y + 4), (right, y + 4)),
        ((left, y + 4 - up), (right, y + 4 - up)),
        ((left, y + 4), (left, y + 4 - up)),
        ((right, y + 4), (right, y + 4 - up)),
    ):
        draw_line(sheet, a, b, 1, 0, rng)
    amount = make_digits(rng, 2, 7) + pick(("", "/-", "/-", ".00", "-", "="), rng)
    write_phrase(sheet, amount, (left + 0.4 * height_px, y), height_px, hands, rng)
    write_phrase(sheet, make_phrase(rng, 1), (0.75 * width, 0.8 * height), 1.3 * height_px, hands, rng)
    if rng.random() < 0.7:
        line = " ".join(make_digits(rng, 3, 9) for _ in range(int(rng.integers(2, 5))))
        print_line(sheet, line, (0.1 * width, 0.95 * height), 1.1 * small, hands.print_font)


def fill_envelope(sheet: Sheet, height_px: float, hands: Hands, rng: np.random.Generator) -> None:
    """Print an address or two, a logo and a stamp; write a post code or a few numbers by hand."""
    width, height = sheet.size_px
    small = max(7.0, rng.uniform(0.4, 0.9) * height_px)
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(0.02, 0.6) * width, rng.uniform(0.08, 0.75) * height
        for _ in range(int(rng.integers(2, 5))):
            text = make_phrase(rng, 4) + pick(("", " " + make_digits(rng, 1, 5)), rng)
            print_line(sheet, text, (x, y), small, hands.print_font)
            y += 1.6 * small
    if rng.random() < 0.6:
        x, y, size = rng.uniform(0.5, 0.85) * width, rng.uniform(0.05, 0.3) * height, rng.uniform(1.5, 4) * height_px
        for _ in range(int(rng.integers(2, 6))):
            at = (round(x + rng.uniform(0, size)), round(y + rng.uniform(0, size)))
            axes = (max(2, round(rng.uniform(0.1, 0.6) * size)), max(2, round(rng.uniform(0.1, 0.5) * size)))
            thick = -1 if rng.random() < 0.4 else max(1, round(0.06 * size))
            cv2.ellipse(sheet.lines, at, axes, rng.uniform(0, 180), 0, rng.uniform(90, 360), 255, thick, cv2.LINE_AA)
    for _ in range(int(rng.integers(1, 4))):
        at = (rng.uniform(0.05, 0.7) * width, rng.uniform(0.2, 0.95) * height)
        write_phrase(sheet, make_digits(rng, 3, 6), at, height_px, hands, rng)


def fill_notes(sheet: Sheet, height_px: float, hands: Hands, rng: np.random.Generator) -> None:
    """Write lines of words and numbers as in a notebook, some struck out, ringed, ticked or underlined."""
    width, height = sheet.size_px
    y, pitch = rng.uniform(0.02, 0.3) * height + height_px, height_px * rng.uniform(1.4, 2.6)
    words, marks = float(rng.choice([0.0, 0.3, 0.6, 0.85])), float(rng.choice([0.0, 0.1, 0.3]))
    while y < 0.97 * height:
        x = rng.uniform(0.03, 0.2) * width
        while x < 0.92 * width:
            before = x
            if rng.random() < 0.06:
                draw = write_tally if rng.random() < 0.5 else write_fraction
                x = draw(sheet, (x, y), height_px, hands, rng) + rng.uniform(0.5, 1.5) * height_px
                continue
            number = make_entry(rng) if rng.random() < 0.4 else make_digits(rng, 1, 6)
            text = make_phrase(rng, 2) if rng.random() < words else number
            x = write_phrase(sheet, text, (x, y), height_px, hands, rng)
            if rng.random() < marks:
                _mark(sheet, before, x, y, height_px, hands, rng)
            x += rng.uniform(0.8, 2.5) * height_px
            if rng.random() < 0.25:
                break
        y += pitch


def write_tally(
    sheet: Sheet, at_px: tuple[float, float], height_px: float, hands: Hands, rng: np.random.Generator
) -> float:
    """Write two to five strokes side by side, the fifth across; return where they end, px."""
    x, y = at_px
    n, step = int(rng.integers(2, 6)), rng.uniform(0.15, 0.35) * height_px
    for k in range(min(n, 4)):
        points = np.array([[x + k * step, y], [x + k * step, y - height_px]]) + rng.normal(0, 0.05 * height_px, (2, 2))
        lay_stroke(sheet, points, pen_px(hands, height_px), "sign")
    if n == 5:
        points = np.array([[x - 0.2 * height_px, y - 0.2 * height_px], [x + 3.5 * step, y - 0.8 * height_px]])
        lay_stroke(sheet, points, pen_px(hands, height_px), "sign")
    return x + 4 * step


def write_fraction(
    sheet: Sheet, at_px: tuple[float, float], height_px: float, hands: Hands, rng: np.random.Generator
) -> float:
    """Write a number over a bar over a number; return where they end, px."""
    x, y = at_px
    size = 0.6 * height_px
    upper = write_phrase(sheet, make_digits(rng, 1, 2), (x, y - 0.7 * size), size, hands, rng)
    lower = write_phrase(sheet, make_digits(rng, 1, 2), (x, y + 0.7 * size), size, hands, rng)
    end = max(upper, lower)
    lay_stroke(sheet, np.array([[x - 2, y - 0.5 * size], [end + 2, y - 0.5 * size]]), pen_px(hands, size), "sign")
    return end


def _mark(
    sheet: Sheet, left: float, right: float, y: float, height_px: float, hands: Hands, rng: np.random.Generator
) -> None:
    """Strike out, ring, underline or tick what stands between two places of a line."""
    kind, pen = str(rng.choice(["scribble", "strike", "ring", "line", "tick", "cross"])), pen_px(hands, height_px)
    middle = np.array([(left + right) / 2, y - 0.5 * height_px])
    if kind == "scribble":
        box = (round(left), round(y - height_px), round(right), round(y))
        strike_out(sheet.pen, box, height_px, hands.script, rng)
    elif kind in ("strike", "cross"):
        tilt = rng.uniform(-0.3, 0.3) if kind == "strike" else 0.6
        ends = [middle + [s * (right - left + 0.4 * height_px) / 2, -s * tilt * height_px] for s in (-1, 1)]
        strike(sheet, np.array(ends), (left, y - height_px, right, y), pen)
        if kind == "cross" or rng.random() < 0.3:
            ends = [middle + [s * (right - left + 0.4 * height_px) / 2, s * tilt * height_px] for s in (-1, 1)]
            strike(sheet, np.array(ends), (left, y - height_px, right, y), pen)
    elif kind == "ring":
        t = np.linspace(0, 2 * np.pi * rng.uniform(0.95, 1.1), 40)
        axes = np.array([(right - left) / 2 + 0.45 * height_px, rng.uniform(0.75, 1.0) * height_px])
        lay_stroke(sheet, middle + np.column_stack([np.cos(t), np.sin(t)]) * axes, pen, "ring", owns=False)
    elif kind == "line":
        for k in range(int(rng.integers(1, 3))):
            below = y + (0.15 + 0.15 * k) * height_px
            lay_stroke(sheet, np.array([[left, below], [right, below + rng.normal(0, 2)]]), pen, "line", owns=False)
    else:
        at = np.array([right + 0.5 * height_px, y - 0.3 * height_px])
        points = at + np.array([[0, 0], [0.25, 0.35], [0.8, -0.8]]) * height_px
        lay_stroke(sheet, points, pen, "sign")


def strike(sheet: Sheet, ends: np.ndarray, box: tuple[float, float, float, float], pen: float) -> None:
    """Draw a stroke through what stands in a box: its digits are no digits any more."""
    left, top, right, bottom = (max(0, round(v)) for v in box)
    struck = np.unique(sheet.pen.owner[top:bottom, left:right])
    for owner in struck[struck > 0]:
        sheet.pen.labels[owner - 1], sheet.pen.kinds[owner - 1], sheet.pen.groups[owner - 1] = 10, "scribble", -1
    lay_stroke(sheet, ends, pen, "scribble")


def fill_prose(sheet: Sheet, height_px: float, hands: Hands, rng: np.random.Generator) -> None:
    """Print a text with some numbers in it, at times with something written in the margin."""
    width, height = sheet.size_px
    size = max(8.0, height_px * rng.uniform(0.4, 1.0))
    left, y = rng.uniform(0.02, 0.15) * width, rng.uniform(0.02, 0.2) * height + size
    right = rng.uniform(0.6, 0.97) * width
    while y < 0.97 * height:
        line, x = "", left
        while x + measure_line(line, size, hands.print_font) < right:
            line += " " + (make_digits(rng, 1, 4) if rng.random() < 0.1 else make_phrase(rng, 1))
        print_line(sheet, line.strip(), (left, y), size, hands.print_font)
        y += size * rng.uniform(1.5, 1.9)
        if rng.random() < 0.15:
            y += 2 * height_px
            if rng.random() < 0.6 and y < 0.95 * height:
                write_phrase(
                    sheet,
                    make_digits(rng, 1, 5),
                    (rng.uniform(left, 0.7 * right), y - 0.3 * height_px),
                    height_px,
                    hands,
                    rng,
                )
            y += size


def fill_spaced(sheet: Sheet, height_px: float, hands: Hands, rng: np.random.Generator) -> None:
    """Write rows of one number each, its digits evenly spaced over the row, and now and then numbers at random."""
    width, height = sheet.size_px
    y, pitch = rng.uniform(0.05, 0.4) * height + height_px, height_px * rng.uniform(1.5, 3.5)
    step = height_px * rng.uniform(0.8, 2.2)
    for _ in range(int(rng.integers(1, 6))):
        x = rng.uniform(0.03, 0.3) * width
        n = max(1, min(int((0.95 * width - x) / step), int(rng.integers(3, 12))))
        sheet.pen.n_groups += 1
        group = sheet.pen.n_groups - 1
        for _ in range(n):
            before = len(sheet.pen.groups)
            foot = y + rng.normal(0, 0.08) * height_px
            write_number(sheet.pen, make_digits(rng, 1, 1), (x, foot), height_px, hands.script, rng)
            sheet.pen.groups[before:] = [group] * (len(sheet.pen.groups) - before)
            sheet.pen.n_groups = group + 1
            x += step * rng.uniform(0.9, 1.1)
        y += pitch
        if y > 0.97 * height:
            break
