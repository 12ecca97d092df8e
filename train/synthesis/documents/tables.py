"""Tables: marks, counts, meters, sudokus and calendars, ruled in print or by hand, or by alignment alone."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from train.synthesis.documents.lettering import lay_stroke, measure_line, pen_px, print_line, write_phrase, write_word
from train.synthesis.documents.sheet import Hands, Sheet, draw_line
from train.synthesis.documents.vocabulary import GRADES, HEADS, make_digits, make_entry, make_phrase, pick
from train.synthesis.pages.ink_layout import strike_out, write_number


@dataclass(frozen=True, slots=True)
class Grid:
    """Edges of a table's columns and rows, px."""

    columns: tuple[float, ...]
    rows: tuple[float, ...]

    def cell(self, row: int, column: int) -> tuple[float, float, float, float]:
        """Return (left, top, right, bottom) px."""
        return self.columns[column], self.rows[row], self.columns[column + 1], self.rows[row + 1]


def fill_table(sheet: Sheet, height_px: float, hands: Hands, rng: np.random.Generator) -> None:
    """Rule a table and fill it: heads and labels in print or by hand, numbers by hand, some cells empty."""
    width, height = sheet.size_px
    margin = rng.uniform(0.02, 0.12) * width
    pitch = height_px * rng.uniform(1.35, 2.6)
    n_digits = [int(rng.choice([1, 1, 2, 2, 3, 4])) for _ in range(24)]
    is_alike = rng.random() < 0.5
    widths: list[float] = []
    has_labels = rng.random() < 0.6
    label_frac = rng.uniform(2.5, 8) * height_px
    left = margin if rng.random() < 0.7 else rng.uniform(margin, 0.5 * width)
    spare = rng.uniform(0.5, 2.2) * height_px
    x = left
    while x < width - margin and len(widths) < 14:
        if has_labels and not widths:
            widths.append(label_frac)
        else:
            n = n_digits[0 if is_alike else len(widths)]
            widths.append(0.85 * n * height_px + spare)
        x += widths[-1]
    n_columns = max(1, min(len(widths), int(rng.integers(2, 13))))
    top = rng.uniform(0.02, 0.3) * height
    if rng.random() < 0.4:
        _write_any(sheet, make_phrase(rng), (left, max(1.2 * height_px, top - 0.6 * height_px)), height_px, hands, rng)
    n_rows = max(1, min(int((0.98 * height - top) / pitch), int(rng.integers(2, 19))))
    columns = np.concatenate([[0], np.cumsum(widths[:n_columns])]) + left
    rows = top + pitch * np.arange(n_rows + 1)
    grid = Grid(tuple(map(float, columns)), tuple(map(float, rows)))
    _rule(sheet, grid, height_px, rng)
    _fill_cells(sheet, grid, height_px, hands, rng, n_digits, has_labels)


def _rule(sheet: Sheet, grid: Grid, height_px: float, rng: np.random.Generator) -> None:
    style = str(rng.choice(["full", "full", "full", "rows", "frame", "none", "columns"]))
    width_px = max(1.0, height_px * rng.uniform(0.02, 0.14))
    wobble = 0.0 if rng.random() < 0.6 else 0.05 * height_px
    overhang = 0.0 if wobble == 0 else rng.uniform(-0.2, 0.5) * height_px
    x0, x1, y0, y1 = grid.columns[0], grid.columns[-1], grid.rows[0], grid.rows[-1]
    for at, y in enumerate(grid.rows):
        if style in ("full", "rows") or (style == "frame" and at in (0, 1, len(grid.rows) - 1)):
            draw_line(sheet, (x0 - overhang, y), (x1 + overhang, y), width_px, wobble, rng)
    for at, x in enumerate(grid.columns):
        if style in ("full", "columns") or (style == "frame" and at in (0, 1, len(grid.columns) - 1)):
            draw_line(sheet, (x, y0 - overhang), (x, y1 + overhang), width_px, wobble, rng)
    if rng.random() < 0.2:  # shaded heads
        left, top, right, bottom = (round(v) for v in (x0, y0, x1, grid.rows[1]))
        sheet.stains[max(0, top) : bottom, max(0, left) : right] *= np.float32(rng.uniform(0.5, 0.9))
    if rng.random() < 0.12:
        for at in range(1, len(grid.rows) - 1, 2):
            top, bottom = round(grid.rows[at]), round(grid.rows[at + 1])
            sheet.stains[max(0, top) : bottom, max(0, round(x0)) : round(x1)] *= np.float32(rng.uniform(0.75, 0.95))


def _write_any(
    sheet: Sheet, text: str, at_px: tuple[float, float], height_px: float, hands: Hands, rng: np.random.Generator
) -> None:
    if rng.random() < 0.5:
        print_line(sheet, text, at_px, height_px * rng.uniform(0.5, 1), hands.print_font)
    else:
        write_phrase(sheet, text, at_px, height_px * rng.uniform(0.7, 1), hands, rng)


def _fill_cells(
    sheet: Sheet,
    grid: Grid,
    height_px: float,
    hands: Hands,
    rng: np.random.Generator,
    n_digits: list[int],
    has_labels: bool,
) -> None:
    has_heads, is_printed_head, is_printed_label = rng.random() < 0.65, rng.random() < 0.5, rng.random() < 0.5
    is_serial, has_dashes = rng.random() < 0.35, rng.random() < 0.12
    has_grades, empty = rng.random() < 0.3, rng.choice([0.0, 0.08, 0.3, 0.6])
    all_printed, signs = rng.random() < 0.08, rng.choice([0.0, 0.0, 0.0, 0.3])
    label_px = height_px * rng.uniform(0.5, 1.0)
    align = str(rng.choice(["center", "left", "right"]))
    for row in range(len(grid.rows) - 1):
        for column in range(len(grid.columns) - 1):
            left, top, right, bottom = grid.cell(row, column)
            foot = bottom - max(0.05 * height_px, (bottom - top - height_px) * rng.uniform(0.2, 0.7))
            start = left + 0.15 * height_px * rng.uniform(0.6, 1.6)
            room = right - left - 0.3 * height_px
            if row == 0 and has_heads:
                head = pick(HEADS, rng) if rng.random() < 0.7 else make_phrase(rng, 1)
                _label(sheet, head, (start, foot), label_px, room, is_printed_head, hands, rng)
            elif column == 0 and has_labels:
                text = str(row) if is_serial else make_phrase(rng, 3)
                _label(sheet, text, (start, foot), label_px, room, is_printed_label, hands, rng)
            elif rng.random() < empty:
                if rng.random() < 0.15:
                    lay_stroke(sheet, np.array([[start, foot - 0.4 * height_px], [start + room * rng.uniform(0.2, 0.9),
                               foot - 0.4 * height_px]]), pen_px(hands, height_px), "sign")  # fmt: skip
            elif has_grades and column == len(grid.columns) - 2:
                _label(sheet, pick(GRADES, rng), (start, foot), height_px, room, False, hands, rng)
            else:
                count = n_digits[column % len(n_digits)]
                text = make_digits(rng, max(1, count - (rng.random() < 0.3)), count)
                if rng.random() < signs:
                    text = pick((f"{text[0]},{text[-1]}", f"{text[0]}.{text[-1]}", f"{text[0]}/{text[-1]}"), rng)
                slack = max(0.0, room - 0.7 * height_px * len(text))
                x = start + slack * {"center": rng.uniform(0.3, 0.6), "left": 0.05, "right": 0.9}[align]
                if all_printed:
                    print_line(sheet, text, (x, foot), 0.8 * height_px, hands.print_font)
                    continue
                if has_dashes and slack > 0.5 * height_px:
                    points = np.array([[left, foot - 0.4 * height_px], [x + rng.uniform(-0.3, 0.1) * height_px,
                                       foot - rng.uniform(0.3, 0.5) * height_px]])  # fmt: skip
                    lay_stroke(sheet, points, pen_px(hands, height_px), "sign")
                end = write_phrase(sheet, text, (x, foot), height_px, hands, rng)
                if rng.random() < 0.02:
                    box = (round(x), round(foot - height_px), round(end), round(foot))
                    strike_out(sheet.pen, box, height_px, hands.script, rng)


def _label(
    sheet: Sheet,
    text: str,
    at_px: tuple[float, float],
    height_px: float,
    room_px: float,
    is_printed: bool,
    hands: Hands,
    rng: np.random.Generator,
) -> None:
    """Write as much of a label as has room in its cell."""
    height_px = min(height_px, max(6.0, 0.95 * room_px)) if len(text) < 3 else height_px
    words = text.split()
    while len(words) > 1 and measure_line(" ".join(words), height_px, hands.print_font) > room_px:
        words.pop()
    line = " ".join(words)
    if is_printed:
        shrink = min(1.0, room_px / max(1.0, measure_line(line, height_px, hands.print_font)))
        if shrink > 0.4:
            print_line(sheet, line, at_px, height_px * shrink, hands.print_font)
    elif line:
        most = max(1, int(room_px / (0.55 * height_px)))
        write_phrase(sheet, line[:most], at_px, height_px, hands, rng)


def fill_squares(sheet: Sheet, height_px: float, hands: Hands, rng: np.random.Generator) -> None:
    """Draw a sudoku, a calendar or a board of squares: one number to a square, none belongs to its neighbor's."""
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
            draw_line(sheet, (left + k * side, top), (left + k * side, top + n_rows * side), bold, wobble, rng)
        if k <= n_rows and has_lines:
            draw_line(sheet, (left, top + k * side), (left + n_columns * side, top + k * side), bold, wobble, rng)
    filled, by_hand = rng.uniform(0.15, 0.95), rng.choice([0.0, 0.5, 1.0, 1.0, 1.0])
    for row in range(n_rows):
        for column in range(n_columns):
            if rng.random() > filled:
                continue
            text = str(1 + row * n_columns + column) if is_calendar else make_digits(rng, 1, 1)
            x = left + column * side + max(0.0, side - 0.65 * size * len(text)) * rng.uniform(0.3, 0.6)
            foot = top + (row + 1) * side - (side - size) * rng.uniform(0.25, 0.75)
            if rng.random() < by_hand:
                write_number(sheet.pen, text, (x, foot), size, hands.script, rng)
            else:
                print_line(sheet, text, (x, foot), 0.8 * size, hands.print_font)


def fill_ledger(sheet: Sheet, height_px: float, hands: Hands, rng: np.random.Generator) -> None:
    """Write rows of a word, dots or a line, and a number; or a sum in a column with a line above its result."""
    width, height = sheet.size_px
    y, pitch = rng.uniform(0.03, 0.2) * height + height_px, height_px * rng.uniform(1.3, 2.4)
    left, right = rng.uniform(0.03, 0.3) * width, rng.uniform(0.6, 0.95) * width
    is_printed, leader = rng.random() < 0.4, str(rng.choice(["none", "dots", "line"]))
    while y < 0.97 * height:
        text = make_phrase(rng, 2)
        if is_printed:
            end = print_line(sheet, text, (left, y), height_px * 0.7, hands.print_font)
        else:
            end = write_phrase(sheet, text, (left, y), height_px, hands, rng)
        number = make_entry(rng) if rng.random() < 0.25 else make_digits(rng, 1, 5)
        start = max(end + height_px, right - 0.75 * height_px * len(number))
        if leader == "line":
            draw_line(sheet, (end + 4, y), (start + rng.uniform(0, 3) * height_px, y), max(1, 0.04 * height_px), 0, rng)
        elif leader == "dots":
            for x in np.arange(end + 0.3 * height_px, start - 0.2 * height_px, 0.3 * height_px):
                cv2.circle(sheet.lines, (round(x), round(y)), max(1, round(0.04 * height_px)), 255, -1, cv2.LINE_AA)
        write_phrase(sheet, number, (start, y), height_px, hands, rng)
        y += pitch
        if rng.random() < 0.08:
            points = np.array([[left, y - 0.8 * height_px], [right, y - 0.8 * height_px]])
            lay_stroke(sheet, points, pen_px(hands, height_px), "sign", owns=False)
            y += 0.4 * height_px


def write_heading(sheet: Sheet, height_px: float, hands: Hands, rng: np.random.Generator) -> None:
    """Print or write a line at the very top or bottom: a page number, a form's number, a title."""
    width, height = sheet.size_px
    y = 0.03 * height + height_px if rng.random() < 0.6 else 0.985 * height
    text = pick((f"Page {make_digits(rng, 1, 2)} of {make_digits(rng, 1, 2)}", f"Form {make_digits(rng, 1, 3)}-B",
                 make_phrase(rng, 4), f"{make_digits(rng, 2, 2)}.{make_digits(rng, 2, 2)}.20{make_digits(rng, 2, 2)}"), rng)  # fmt: skip
    at = (rng.uniform(0.02, 0.6) * width, y)
    if rng.random() < 0.75:
        print_line(sheet, text, at, max(7.0, height_px * rng.uniform(0.35, 0.9)), hands.print_font)
    else:
        write_word(sheet, text.split()[0], at, height_px, hands, rng)
