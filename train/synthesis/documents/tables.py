"""Tables of marks, counts and words, ruled in print or by hand, or by alignment alone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from pipeline.recognition.column_classes import class_of_sign
from train.synthesis.documents.lettering import lay_stroke, measure_line, pen_px, print_line, write_phrase
from train.synthesis.documents.sheet import Sheet, Style, draw_wobbly_line
from train.synthesis.documents.vocabulary import GRADES, HEADS, make_digits, make_phrase, pick
from train.synthesis.pages.ink_layout import strike_out

_CENTERED = (0.3, 0.6)
_SLACK_FRACS = {"center": None, "left": 0.05, "right": 0.9}
"""Share of a cell's spare width to the left of its number; of a centered one it is drawn from `_CENTERED`."""

_PRINT_FRAC = 0.8
"""Height of digits in print, of those by hand."""

_SIGNED = (
    "#,&", "#.&", "#/&", "#-&", "#:&", "(#)", "#%", "-#", "+#", "#)", "#=", "$#", "#a", "#b", "#c", "#d", "#A", "#B",
    "A#", "B#",
)  # fmt: skip
"""How a number with a sign or a letter beside it is written: `#` is its first digit, `&` its last."""

_LEAST_SHRINK = 0.4
"""A label that must be set smaller to fit is left out."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Edges of a table's columns and rows, px."""

    columns: tuple[float, ...]
    rows: tuple[float, ...]

    def cell(self, row: int, column: int) -> tuple[float, float, float, float]:
        """Return (left, top, right, bottom) px."""
        return self.columns[column], self.rows[row], self.columns[column + 1], self.rows[row + 1]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cell's text goes: the cell's left edge, the text's (x, foot), and how wide it may be, px."""

    left_px: float
    at_px: tuple[float, float]
    room_px: float


@dataclass(frozen=True, slots=True)
class Contents:
    """What stands in a table's cells.

    Attributes
    ----------
    n_digits : most digits of each column's numbers
    has_labels, is_label_printed : whether the first column holds words; in print or by hand
    is_serial : whether the words of the first column are its rows' numbers instead
    has_heads, is_head_printed : whether the first row holds words; in print or by hand
    label_px : height of digits among these words
    has_dashes : whether a dash stands before each number, as on cheques
    grades_at : column that holds grades or other lone letters, by hand or in print; None for none
    empty_share : of the cells
    is_printed : whether all numbers are
    sign_share : of the numbers, those with a sign between two digits
    slack_frac : share of a cell's spare width to the left of its number; None where it differs by cell
    """

    n_digits: list[int]
    has_labels: bool
    has_heads: bool
    is_head_printed: bool
    is_label_printed: bool
    is_serial: bool
    has_dashes: bool
    grades_at: int | None
    empty_share: float
    is_printed: bool
    sign_share: float
    label_px: float
    slack_frac: float | None


def fill_table(sheet: Sheet, height_px: float, style: Style, rng: np.random.Generator) -> None:
    """Rule a table and fill it: heads and labels, numbers with digits of `height_px`, some cells empty."""
    width, height = sheet.size_px
    margin = rng.uniform(0.02, 0.12) * width
    pitch = height_px * rng.uniform(1.35, 2.6)
    n_digits = [int(rng.choice([1, 1, 2, 2, 3, 4])) for _ in range(24)]
    if rng.random() < 0.5:
        n_digits = n_digits[:1] * len(n_digits)
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
            widths.append(0.85 * n_digits[len(widths)] * height_px + spare)
        x += widths[-1]
    n_columns = max(1, min(len(widths), int(rng.integers(2, 13))))
    top = rng.uniform(0.02, 0.3) * height
    if rng.random() < 0.4:
        _write_any(sheet, make_phrase(rng), (left, max(1.2 * height_px, top - 0.6 * height_px)), height_px, style, rng)
    n_rows = max(1, min(int((0.98 * height - top) / pitch), int(rng.integers(2, 19))))
    columns = np.concatenate([[0], np.cumsum(widths[:n_columns])]) + left
    rows = top + pitch * np.arange(n_rows + 1)
    grid = Grid(tuple(map(float, columns)), tuple(map(float, rows)))
    _rule(sheet, grid, height_px, rng)
    contents = _draw_contents(n_digits, has_labels, height_px, rng)
    _fill_cells(sheet, grid, contents, height_px, style, rng)


def _rule(sheet: Sheet, grid: Grid, height_px: float, rng: np.random.Generator) -> None:
    kind = str(rng.choice(["full", "full", "full", "rows", "frame", "none", "columns"]))
    width_px = max(1.0, height_px * rng.uniform(0.02, 0.14))
    wobble = 0.0 if rng.random() < 0.6 else 0.05 * height_px
    overhang = 0.0 if wobble == 0 else rng.uniform(-0.2, 0.5) * height_px
    x0, x1, y0, y1 = grid.columns[0], grid.columns[-1], grid.rows[0], grid.rows[-1]
    for at, y in enumerate(grid.rows):
        if kind in ("full", "rows") or (kind == "frame" and at in (0, 1, len(grid.rows) - 1)):
            draw_wobbly_line(sheet, (x0 - overhang, y), (x1 + overhang, y), width_px, wobble, rng)
    for at, x in enumerate(grid.columns):
        if kind in ("full", "columns") or (kind == "frame" and at in (0, 1, len(grid.columns) - 1)):
            draw_wobbly_line(sheet, (x, y0 - overhang), (x, y1 + overhang), width_px, wobble, rng)
    if rng.random() < 0.2:  # shaded heads
        left, top, right, bottom = (round(v) for v in (x0, y0, x1, grid.rows[1]))
        sheet.stains[max(0, top) : bottom, max(0, left) : right] *= np.float32(rng.uniform(0.5, 0.9))
    if rng.random() < 0.12:
        for at in range(1, len(grid.rows) - 1, 2):
            top, bottom = round(grid.rows[at]), round(grid.rows[at + 1])
            sheet.stains[max(0, top) : bottom, max(0, round(x0)) : round(x1)] *= np.float32(rng.uniform(0.75, 0.95))


def _write_any(
    sheet: Sheet, text: str, at_px: tuple[float, float], height_px: float, style: Style, rng: np.random.Generator
) -> None:
    if rng.random() < 0.5:
        print_line(sheet, text, at_px, height_px * rng.uniform(0.5, 1), style.print_font)
    else:
        write_phrase(sheet, text, at_px, height_px * rng.uniform(0.7, 1), style, rng)


def _draw_contents(n_digits: list[int], has_labels: bool, height_px: float, rng: np.random.Generator) -> Contents:
    return Contents(
        n_digits=n_digits,
        has_labels=has_labels,
        has_heads=rng.random() < 0.65,
        is_head_printed=rng.random() < 0.5,
        is_label_printed=rng.random() < 0.5,
        is_serial=rng.random() < 0.35,
        has_dashes=rng.random() < 0.12,
        grades_at=int(rng.integers(12)) if rng.random() < 0.5 else None,
        empty_share=float(rng.choice([0.0, 0.08, 0.3, 0.6])),
        is_printed=rng.random() < 0.08,
        sign_share=float(rng.choice([0.0, 0.0, 0.0, 0.3, 0.6])),
        label_px=height_px * rng.uniform(0.5, 1.0),
        slack_frac=_SLACK_FRACS[str(rng.choice(["center", "left", "right"]))],
    )


def _fill_cells(
    sheet: Sheet, grid: Grid, contents: Contents, height_px: float, style: Style, rng: np.random.Generator
) -> None:
    n_rows, n_columns = len(grid.rows) - 1, len(grid.columns) - 1
    for row, column in product(range(n_rows), range(n_columns)):
        left, top, right, bottom = grid.cell(row, column)
        foot = bottom - max(0.05 * height_px, (bottom - top - height_px) * rng.uniform(0.2, 0.7))
        start = left + 0.15 * height_px * rng.uniform(0.6, 1.6)
        place = Place(left, (start, foot), right - left - 0.3 * height_px)
        if row == 0 and contents.has_heads:
            head = pick(HEADS, rng) if rng.random() < 0.7 else make_phrase(rng, 1)
            _label(sheet, head, place, contents.label_px, contents.is_head_printed, style, rng)
        elif column == 0 and contents.has_labels:
            text = str(row) if contents.is_serial else make_phrase(rng, 3)
            _label(sheet, text, place, contents.label_px, contents.is_label_printed, style, rng)
        elif rng.random() < contents.empty_share:
            _leave_empty(sheet, place, height_px, style, rng)
        elif contents.grades_at is not None and column == min(contents.grades_at, n_columns - 1):
            _label(sheet, pick(GRADES, rng), place, height_px, contents.is_printed, style, rng)
        else:
            n_most = contents.n_digits[column % len(contents.n_digits)]
            _write_count(sheet, n_most, place, contents, height_px, style, rng)


def _leave_empty(sheet: Sheet, place: Place, height_px: float, style: Style, rng: np.random.Generator) -> None:
    """Leave a cell empty, or put a dash into it."""
    if rng.random() < 0.15:
        x, y = place.at_px[0], place.at_px[1] - 0.4 * height_px
        points = np.array([[x, y], [x + place.room_px * rng.uniform(0.2, 0.9), y]])
        lay_stroke(sheet, points, pen_px(style, height_px), "sign", class_of_sign("-"))


def _write_count(
    sheet: Sheet,
    n_most: int,
    place: Place,
    contents: Contents,
    height_px: float,
    style: Style,
    rng: np.random.Generator,
) -> None:
    """Write a number of up to `n_most` digits into a cell, in some tables behind a dash, now and then struck out."""
    text = make_digits(rng, max(1, n_most - (rng.random() < 0.3)), n_most)
    if rng.random() < contents.sign_share:
        text = pick(_SIGNED, rng).replace("#", text[0]).replace("&", text[-1])
    (start, foot), slack = place.at_px, max(0.0, place.room_px - 0.7 * height_px * len(text))
    centered = rng.uniform(*_CENTERED)
    x = start + slack * (centered if contents.slack_frac is None else contents.slack_frac)
    if contents.is_printed:
        print_line(sheet, text, (x, foot), _PRINT_FRAC * height_px, style.print_font)
        return
    if contents.has_dashes and slack > 0.5 * height_px:
        before = x + rng.uniform(-0.3, 0.1) * height_px, foot - rng.uniform(0.3, 0.5) * height_px
        points = np.array([[place.left_px, foot - 0.4 * height_px], before])
        lay_stroke(sheet, points, pen_px(style, height_px), "sign", class_of_sign("-"))
    end = write_phrase(sheet, text, (x, foot), height_px, style, rng)
    if rng.random() < 0.02:
        box = (round(x), round(foot - height_px), round(end), round(foot))
        strike_out(sheet.pen, box, height_px, style.script, rng)


def _label(
    sheet: Sheet,
    text: str,
    place: Place,
    height_px: float,
    is_printed: bool,
    style: Style,
    rng: np.random.Generator,
) -> None:
    """Write as much of a label as has room in its cell."""
    room_px = place.room_px
    height_px = min(height_px, max(6.0, 0.95 * room_px)) if len(text) < 3 else height_px
    words = text.split()
    while len(words) > 1 and measure_line(" ".join(words), height_px, style.print_font) > room_px:
        words.pop()
    line = " ".join(words)
    if is_printed:
        shrink = min(1.0, room_px / max(1.0, measure_line(line, height_px, style.print_font)))
        if shrink > _LEAST_SHRINK:
            print_line(sheet, line, place.at_px, height_px * shrink, style.print_font)
    elif line:
        most = max(1, int(room_px / (0.55 * height_px)))
        write_phrase(sheet, line[:most], place.at_px, height_px, style, rng)
