"""Tables drawn for the tests, ruled or not, in the hand that `tests.support.drawing.make_reader` knows."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.support.drawing import STEADY, draw_tracks
from train.synthesis.handwriting.strokes import move_tracks, write_number

PAPER, PEN, LINE = 225, 40, 90
CELL_PX = (130, 80)
MARGIN_PX = 70
DIGIT_PX = 40

Rows = Sequence[Sequence[str]]
Walls = frozenset[tuple[int, int]]


def draw_table(
    rows: Rows, *, is_ruled: bool = True, joined: Sequence[tuple[int, int]] = (), cell_px: tuple[int, int] = CELL_PX
) -> NDArray[np.uint8]:
    """Return a page, uint8 (H, W), with a table: cells (row, column) of `joined`, from 0, are one with the next."""
    n_rows, n_columns = len(rows), max(map(len, rows))
    width, height = cell_px
    picture = np.full((n_rows * height + 2 * MARGIN_PX, n_columns * width + 2 * MARGIN_PX), PAPER, np.uint8)
    xs, ys = (MARGIN_PX + side * np.arange(n + 1) for side, n in ((width, n_columns), (height, n_rows)))
    if is_ruled:
        rule(picture, xs.tolist(), ys.tolist(), joined)
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            if text:
                write_text(picture, text, xs[column] + 20, ys[row] + (height - DIGIT_PX) / 2)
    return picture


def rule(picture: NDArray[np.uint8], xs: list[int], ys: list[int], joined: Sequence[tuple[int, int]] = ()) -> None:
    """Draw the lines of a table, in place."""
    for y in ys:
        cv2.line(picture, (xs[0], y), (xs[-1], y), LINE, 3)
    for at, x in enumerate(xs):
        for row, (top, bottom) in enumerate(zip(ys[:-1], ys[1:], strict=True)):
            if (row, at - 1) not in joined:
                cv2.line(picture, (x, top), (x, bottom), LINE, 3)


def write_text(picture: NDArray[np.uint8], text: str, left: float, top: float) -> None:
    """Write a number with its top left corner there, in place."""
    draw_tracks(picture, move_tracks(write_number(text, STEADY, DIGIT_PX, np.random.default_rng(0)), left, top), PEN, 4)


def turn(picture: NDArray[np.uint8], turn_deg: float) -> NDArray[np.uint8]:
    """Return the page turned clockwise on a larger sheet."""
    height, width = picture.shape
    side = round(np.hypot(height, width))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -turn_deg, 1.0)
    matrix[:, 2] += [(side - width) / 2, (side - height) / 2]
    return cv2.warpAffine(picture, matrix, (side, side), borderValue=PAPER)


def bend(picture: NDArray[np.uint8], bow_px: float) -> NDArray[np.uint8]:
    """Return the page with its middle `bow_px` higher than its sides."""
    x, y = np.meshgrid(*(np.arange(side, dtype=np.float32) for side in picture.shape[::-1]))
    bow = bow_px * (1 - (2 * x / picture.shape[1] - 1) ** 2)
    return cv2.remap(picture, x, y + bow, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def tilt(picture: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    """Return the page as seen from below: its top is narrower by `share`."""
    height, width = picture.shape
    square = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    seen = square.copy()
    seen[0, 0], seen[1, 0] = width * share / 2, width * (1 - share / 2)
    view = cv2.getPerspectiveTransform(square, seen)
    return cv2.warpPerspective(picture, view, (width, height), borderValue=PAPER)
