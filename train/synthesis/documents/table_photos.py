"""Photographed tables whose every cell is known: ruled or aligned, straight, aslant, bent, with spanning cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from train.synthesis.documents.lettering import measure_line, print_line, write_phrase
from train.synthesis.documents.sheet import Sheet, Style, draw_wobbly_line
from train.synthesis.documents.supplies import Supplies
from train.synthesis.documents.synthesize_documents import draw_style, lay_layers
from train.synthesis.documents.vocabulary import HEADS, make_digits, pick
from train.synthesis.photos.gray_camera import Shot, aim, shoot
from train.synthesis.photos.gray_paper import Gray, make_surface

KINDS = ("ruled", "unruled", "slanted", "bent", "spanning")
"""Kinds of tables, in turn: level and ruled, aligned without lines, ruled and turned by 5 to 15 degrees, on bent paper,
with cells over two columns or rows."""

_EMPTY_SHARE, _SPAN_SHARE, _HEAD_SHARE, _BY_HAND_SHARE = 1 / 3, 0.15, 0.5, 0.3
_DIGIT_WIDTH_FRAC = 0.95
"""Room for a digit, of its height: no number leaves its cell."""

_STREAM = 16
"""Keeps these tables' chance apart from that of other pages of the same seed."""

_BRIGHT = (0.6, 0.9)
"""Reflectance of the paper: more than that of its lines."""

_BEND_STEPS = 8


@dataclass(frozen=True, slots=True, eq=False)
class TrueCell:
    """A cell of a table: rows and columns count from 1; `text` is empty where no number is written.

    `corners` are px of the photo, float64 (4, 2), clockwise from the top left one.
    """

    row: int
    column: int
    row_span: int
    column_span: int
    text: str
    corners: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class TablePhoto:
    """A photo uint8 (H, W) of a table, its cells in reading order, and one of `KINDS`."""

    photo: NDArray[np.uint8]
    cells: tuple[TrueCell, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell that is being filled: of the grid from (row, column), from 0, over so many rows and columns."""

    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    text: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """Edges of columns and rows, px of the sheet, and how many digits each column's numbers have at most."""

    xs: NDArray[np.float64]
    ys: NDArray[np.float64]
    n_digits: tuple[int, ...]

    def find_box(self, cell: _Cell) -> tuple[float, float, float, float]:
        """Return (left, top, right, bottom) px."""
        right, bottom = self.xs[cell.column + cell.column_span], self.ys[cell.row + cell.row_span]
        return float(self.xs[cell.column]), float(self.ys[cell.row]), float(right), float(bottom)


def photograph_table(supplies: Supplies, seed: int, number: int) -> TablePhoto:
    """Return table `number` of those that `seed` and `supplies` make; its kind is the next of `KINDS`."""
    kind = KINDS[number % len(KINDS)]
    rng = np.random.default_rng([seed, number, _STREAM])
    height = float(rng.uniform(24, 42))
    grid, size = _place_grid(height, rng)
    style = draw_style(supplies, height, "table", rng)
    sheet = Sheet.of_size(size)
    cells = _choose_texts(_split(grid, kind, rng), grid, rng)
    if kind != "unruled":
        _rule(sheet, grid, cells, height, rng)
    has_heads = kind != "unruled" and rng.random() < _HEAD_SHARE
    is_printed = rng.random() >= _BY_HAND_SHARE
    for index, cell in enumerate(cells):
        if has_heads and cell.row == 0:
            cells[index] = replace(cell, text="")
            _write_head(sheet, grid.find_box(cell), height, is_printed, style, rng)
        elif cell.text:
            _write_number(sheet, grid.find_box(cell), cell.text, height, style, rng)
    if kind == "unruled":
        cells = _drop_bare(cells)
    paper = make_surface("plain", size, height, np.zeros(0), rng)
    paper *= np.float32(rng.uniform(*_BRIGHT) / paper.mean())
    lay_layers(paper, sheet, False, rng)
    bow = rng.uniform(0.3, 0.9, 2) * rng.choice([-1, 1], 2) * height if kind == "bent" else np.zeros(2)
    shot = _aim(size, height, kind, rng)
    photo = shoot(_bend(paper, bow), shot, rng)
    return TablePhoto(photo, tuple(_describe(cells, grid, bow, size, shot)), kind)


def _place_grid(height: float, rng: np.random.Generator) -> tuple[_Grid, tuple[int, int]]:
    """Return a grid of 3 to 7 columns and 4 to 10 rows, and the size (W, H) px of the sheet that it lies on."""
    n_columns, n_rows = int(rng.integers(3, 8)), int(rng.integers(4, 11))
    n_digits = tuple(int(n) for n in rng.integers(1, 5, n_columns))
    spare = rng.uniform(0.7, 1.8)
    widths = height * (_DIGIT_WIDTH_FRAC * np.array(n_digits) + spare)
    pitch = height * rng.uniform(1.5, 2.4)
    margin = height * rng.uniform(0.8, 2.5, 4)
    xs = np.concatenate([[0], np.cumsum(widths)]) + margin[0]
    ys = pitch * np.arange(n_rows + 1) + margin[1]
    return _Grid(xs, ys, n_digits), (round(xs[-1] + margin[2]), round(ys[-1] + margin[3]))


def _split(grid: _Grid, kind: str, rng: np.random.Generator) -> list[_Cell]:
    """Return the grid's cells in reading order, some of them over two columns or rows where the kind has such."""
    n_rows, n_columns = len(grid.ys) - 1, len(grid.xs) - 1
    taken = np.zeros((n_rows, n_columns), bool)
    cells = []
    for row in range(n_rows):
        for column in range(n_columns):
            if taken[row, column]:
                continue
            down, across = 1, 1
            if kind == "spanning" and rng.random() < _SPAN_SHARE:
                is_wide = rng.random() < 0.6
                down, across = (1, 2) if is_wide else (2, 1)
            block = (slice(row, row + down), slice(column, column + across))
            if taken[block].size < down * across or taken[block].any():
                down, across = 1, 1
                block = (slice(row, row + 1), slice(column, column + 1))
            taken[block] = True
            cells.append(_Cell(row, column, down, across))
    return cells


def _choose_texts(cells: list[_Cell], grid: _Grid, rng: np.random.Generator) -> list[_Cell]:
    chosen = []
    for cell in cells:
        most = grid.n_digits[cell.column]
        text = "" if rng.random() < _EMPTY_SHARE else make_digits(rng, max(1, most - int(rng.random() < 0.3)), most)
        chosen.append(replace(cell, text=text))
    return chosen


def _rule(sheet: Sheet, grid: _Grid, cells: list[_Cell], height: float, rng: np.random.Generator) -> None:
    """Draw the walls of all cells, from one end of the table to the other where they meet."""
    width, wobble = max(1.0, height * rng.uniform(0.03, 0.12)), 0.0 if rng.random() < 0.7 else 0.04 * height
    n_rows, n_columns = len(grid.ys) - 1, len(grid.xs) - 1
    owner = np.zeros((n_rows + 2, n_columns + 2), int)
    for index, cell in enumerate(cells, start=1):
        top, left = cell.row + 1, cell.column + 1
        owner[top : top + cell.row_span, left : left + cell.column_span] = index
    for row in range(n_rows + 1):
        for start, end in _find_runs(owner[row, 1:-1] != owner[row + 1, 1:-1]):
            ends = (float(grid.xs[start]), float(grid.ys[row])), (float(grid.xs[end]), float(grid.ys[row]))
            draw_wobbly_line(sheet, *ends, width, wobble, rng)
    for column in range(n_columns + 1):
        for start, end in _find_runs(owner[1:-1, column] != owner[1:-1, column + 1]):
            ends = (float(grid.xs[column]), float(grid.ys[start])), (float(grid.xs[column]), float(grid.ys[end]))
            draw_wobbly_line(sheet, *ends, width, wobble, rng)


def _find_runs(is_wall: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield the first and the end of each run of walls."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_wall, [False]]).astype(int)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _write_number(
    sheet: Sheet,
    box: tuple[float, float, float, float],
    text: str,
    height: float,
    style: Style,
    rng: np.random.Generator,
) -> None:
    left, top, right, bottom = box
    slack = max(0.0, right - left - _DIGIT_WIDTH_FRAC * height * len(text))
    foot = bottom - (bottom - top - height) * rng.uniform(0.25, 0.6)
    write_phrase(sheet, text, (left + slack * rng.uniform(0.25, 0.6), foot), height, style, rng)


def _write_head(
    sheet: Sheet,
    box: tuple[float, float, float, float],
    height: float,
    is_printed: bool,
    style: Style,
    rng: np.random.Generator,
) -> None:
    """Write a word as large as its cell lets it be."""
    left, top, right, bottom = box
    word, foot = pick(HEADS, rng).split()[0], bottom - 0.3 * (bottom - top)
    word = "".join(letter for letter in word if letter.isalpha()) or "Name"
    wanted = 0.6 * height
    size = wanted * min(1.0, 0.85 * (right - left) / max(1.0, measure_line(word, wanted, style.print_font)))
    if is_printed:
        print_line(sheet, word, (left + 0.1 * height, foot), size, style.print_font)
    else:
        most = max(1, int((right - left - 0.3 * height) / (0.7 * wanted)))
        write_phrase(sheet, word[:most], (left + 0.15 * height, foot), wanted, style, rng)


def _drop_bare(cells: list[_Cell]) -> list[_Cell]:
    """Return the cells of rows and columns that hold a number: nobody sees others where there are no lines."""
    rows = sorted({cell.row for cell in cells if cell.text})
    columns = sorted({cell.column for cell in cells if cell.text})
    kept = [cell for cell in cells if cell.row in rows and cell.column in columns]
    return [replace(cell, row=rows.index(cell.row), column=columns.index(cell.column)) for cell in kept]


def _aim(size: tuple[int, int], height: float, kind: str, rng: np.random.Generator) -> Shot:
    """Return a shot of the whole sheet on a desk, turned as the kind is, from not quite above."""
    shot = aim(size, height, rng, has_desk=True, is_flat=False)
    most = {"slanted": (5, 15)}.get(kind, (0, 3))
    turn = np.deg2rad(rng.uniform(*most) * rng.choice([-1, 1]))
    turning = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float64)
    corners = ((square - 0.5) * size) @ turning
    corners *= 1 + rng.uniform(-0.04, 0.04, (4, 1))
    fit = 0.96 * float((np.array(size) / 2 / np.abs(corners).max(axis=0)).min())
    target = corners * fit + np.array(size) / 2
    view = cv2.getPerspectiveTransform((square * size).astype(np.float32), target.astype(np.float32))
    return replace(shot, view=view)


def _bend(paper: Gray, bow: NDArray[np.float64]) -> Gray:
    """Return the sheet bent: its middle moved by `bow` (x, y) px, its edges in place."""
    if not bow.any():
        return paper
    height, width = paper.shape
    target = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float64)
    source = target.copy()
    for _ in range(_BEND_STEPS):
        source = target - _measure_bow(source, bow, (width, height))
    x, y = source.astype(np.float32).transpose(2, 0, 1)
    return cv2.remap(paper, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _measure_bow(points: NDArray[np.float64], bow: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    """Return by how much bent paper moves points (..., 2) px: sideways along its height, up or down along its width."""
    share = 2 * points / np.array(size) - 1
    return np.stack([bow[0] * (1 - share[..., 1] ** 2), bow[1] * (1 - share[..., 0] ** 2)], axis=-1)


def _describe(
    cells: list[_Cell], grid: _Grid, bow: NDArray[np.float64], size: tuple[int, int], shot: Shot
) -> Iterator[TrueCell]:
    for cell in cells:
        left, top, right, bottom = grid.find_box(cell)
        corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
        bent = corners + _measure_bow(corners, bow, size)
        seen = cv2.perspectiveTransform(bent[None], shot.view)[0]
        yield TrueCell(cell.row + 1, cell.column + 1, cell.row_span, cell.column_span, cell.text, seen)
