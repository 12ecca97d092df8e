"""A numbered picture of every stage, only when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import OutputError
from pipeline.reading.stages import Stages
from pipeline.recognition.line_images import COLUMN_PX, STRIP_PX, Strip
from pipeline.types import N_DIGITS

_RED, _GREEN, _BLUE = (40, 40, 220), (60, 160, 0), (220, 120, 0)
"""Colors, blue-green-red."""

_WHITE = (255, 255, 255)
_MOST_STRIPS = 60
_LEAST_SHOWN = 0.2
"""What a column shows less surely is not written under it."""

_MOST_TENSORS = 400
"""Tensors on the sheet; a page of scribbles has thousands."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Where the pictures of a page go: DIRECTORY/STEM.1-gray.png and so on."""

    directory: Path
    stem: str

    def write(self, stages: Stages) -> None:
        """Write the pictures.

        Raises
        ------
        OutputError
            If the folder cannot be made or a picture not be written.
        """
        pictures = {
            "gray": stages.page.gray,
            "darkness": cv2.bitwise_not(stages.darkness),
            "ink": cv2.bitwise_not(stages.ink.ink),
            "rulings": draw_rulings(stages),
            "lines": draw_lines(stages),
            "cuts": draw_spans(stages),
            "tensors": draw_tensors(stages),
            "strips": draw_strips(stages),
        }
        for number, (name, picture) in enumerate(pictures.items(), start=1):
            path = self.directory / f"{self.stem}.{number}-{name}.png"
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
            except OSError as error:
                raise OutputError(f"trace {path}: {error.strerror}") from error


def draw_rulings(stages: Stages) -> NDArray[np.uint8]:
    """Return the ink, what was taken out as rulings in red: uint8 (H, W, 3)."""
    picture = _paint(stages.cleared.ink)
    picture[(stages.ink.ink > 0) & (stages.cleared.ink == 0)] = _RED
    return picture


def draw_lines(stages: Stages) -> NDArray[np.uint8]:
    """Return the ink with a box around each component and each line's components joined: uint8 (H, W, 3)."""
    picture = _paint(stages.cleared.ink)
    width = _pen_width(picture)
    for line in stages.lines:
        color = (_GREEN, _BLUE)[line.number % 2]
        centers = np.array([c.box.center for c in line.components], np.int32)
        cv2.polylines(picture, [centers], False, color, width)
        for c in line.components:
            cv2.rectangle(picture, (c.box.left, c.box.top), (c.box.right, c.box.bottom), color, width)
    return picture


def draw_spans(stages: Stages) -> NDArray[np.uint8]:
    """Return the ink with the digits read in green and candidate digits that lost in red: uint8 (H, W, 3)."""
    picture = _paint(stages.cleared.ink)
    width = _pen_width(picture)
    for span in (span for lattice in stages.lattices for span in lattice.spans):
        cv2.rectangle(picture, (span.box.left, span.box.top), (span.box.right, span.box.bottom), _RED, 1)
    for digit in (digit for reading in stages.readings for digit in reading.digits):
        cv2.rectangle(picture, (digit.box.left, digit.box.top), (digit.box.right, digit.box.bottom), _GREEN, width)
    return picture


def draw_tensors(stages: Stages) -> NDArray[np.uint8]:
    """Return a sheet of the network's inputs, the best class and its probability under each: uint8 (H, W, 3)."""
    tiles = [
        _draw_tensor(tensor[:, :, 0], row)
        for tensor, row in zip(stages.batch[:_MOST_TENSORS], stages.scores.probabilities, strict=False)
    ]
    return _tile(tiles, 20) if tiles else np.full((28, 28, 3), 255, np.uint8)


def draw_strips(stages: Stages) -> NDArray[np.uint8]:
    """Return the strips that the line network looked at, under each the digits that it sees: uint8 (H, W, 3).

    A digit stands under the columns that show its middle, the darker the surer.
    """
    tiles = [
        _draw_strip(strip, shown)
        for strip, shown in zip(stages.strips[:_MOST_STRIPS], stages.shown[:_MOST_STRIPS], strict=True)
    ]
    width = max((tile.shape[1] for tile in tiles), default=STRIP_PX)
    wide = [cv2.copyMakeBorder(t, 0, 4, 0, width - t.shape[1], cv2.BORDER_CONSTANT, value=(90,) * 3) for t in tiles]
    return np.vstack(wide) if wide else np.full((STRIP_PX, width, 3), 255, np.uint8)


def _draw_strip(strip: Strip, shown: NDArray[np.float32]) -> NDArray[np.uint8]:
    gray = cv2.resize(255 - strip.pixels[:, :, 0], None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST)
    bgr = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)
    tile: NDArray[np.uint8] = cv2.copyMakeBorder(bgr, 0, 18, 0, 0, cv2.BORDER_CONSTANT, value=_WHITE)
    digits = shown[:, :N_DIGITS]
    for column in np.flatnonzero(digits.max(axis=1) > _LEAST_SHOWN):
        level = int(255 * (1 - digits[column].max()))
        at = (3 * COLUMN_PX * int(column) - 3, tile.shape[0] - 4)
        text = str(digits[column].argmax())
        cv2.putText(tile, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (level,) * 3, 1, cv2.LINE_AA)
    return tile


def _draw_tensor(tensor: NDArray[np.float32], row: NDArray[np.float32]) -> NDArray[np.uint8]:
    best = int(row.argmax())
    shown = cv2.resize((tensor * 255).astype(np.uint8), (56, 56), interpolation=cv2.INTER_NEAREST)
    tile: NDArray[np.uint8] = cv2.copyMakeBorder(
        cv2.cvtColor(shown, cv2.COLOR_GRAY2BGR), 2, 18, 2, 2, cv2.BORDER_CONSTANT, value=(90,) * 3
    )
    text = f"{best if best < 10 else '-'} {row[best]:.2f}"
    cv2.putText(tile, text, (4, 72), cv2.FONT_HERSHEY_SIMPLEX, 0.42, _WHITE, 1, cv2.LINE_AA)
    return tile


def _tile(tiles: Sequence[NDArray[np.uint8]], columns: int) -> NDArray[np.uint8]:
    columns = min(columns, len(tiles))
    blank = np.full_like(tiles[0], 90)
    filled = [*tiles, *[blank] * (-len(tiles) % columns)]
    return np.vstack([np.hstack(filled[i : i + columns]) for i in range(0, len(filled), columns)])


def _paint(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the ink in gray on white, uint8 (H, W, 3)."""
    bgr: NDArray[np.uint8] = cv2.cvtColor(255 - ink // 2, cv2.COLOR_GRAY2BGR)
    return bgr


def _pen_width(picture: NDArray[np.uint8]) -> int:
    width: int = max(1, round(max(picture.shape) / 600))
    return width
