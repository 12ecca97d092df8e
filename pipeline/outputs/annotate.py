"""The annotated picture: each number's box, text and confidence drawn over it.

Accepted numbers are green, rejected ones orange with a question mark, the cells of tables blue. A label is no taller
than the number that it names; a small picture, or one of small numbers, is enlarged first. A label is placed where it
covers no number and no other label, and as little ink as can be; if there is no such place, the picture is padded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.system.files import write_file
from pipeline.table import Table
from pipeline.types import PageReading, Reading

ANNOTATED = ".annotated"
"""Suffix of the stem of an annotated picture's name."""

_ACCEPTED_BGR, _REJECTED_BGR = (60, 130, 0), (0, 90, 230)
_CELL_BGR = (200, 140, 40)
_BAND_GRAY = 235
_LEAST_SIDE_PX = 640
"""A picture with a shorter long side is enlarged by an integer factor to about this; labels would hide it."""

_LEAST_NUMBER_PX, _MOST_MPX = 30, 16
"""A picture whose usual number is lower is enlarged until it is so high, or the picture so large."""

_LABEL_FRAC, _LETTER_FRACS = 1 / 45, (0.6, 0.45, 0.35, 0.25)
"""Height of a label's letters, at most: as a fraction of the long side of the picture, and of the number's height, the
first at which there is room for all labels."""

_LEAST_LETTER_PX = 10
_PAD_FRAC = 0.3
"""Of the letters' height: margin around them."""

_WINDOW_PX, _INK_LEVELS, _COVERED_PRICE = 31, 24, 8
"""What differs so much from the mean around it is ink; one px of a number counts as so many of it."""
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_FONT_PX = 22
"""Height of a digit of this font at scale 1."""


def annotate(
    bgr: NDArray[np.uint8], reading: PageReading, to_source: NDArray[np.float64] | None = None
) -> NDArray[np.uint8]:
    """Return the picture with each number's box, text and confidence drawn on it, and the cells of tables.

    Parameters
    ----------
    bgr : uint8 (H, W, 3), upright; not changed
    reading : of the page
    to_source : float64 (3, 3), px of `bgr` -> px of the boxes (pixel centers); the same px where None

    Returns
    -------
    uint8 (H', W', 3) in BGR, enlarged by an integer factor if `bgr` is small, and padded if the labels need it
    """
    factor = _choose_factor(bgr, reading, to_source)
    canvas = cv2.resize(bgr, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC) if factor > 1 else bgr.copy()
    most_px = max(_LEAST_LETTER_PX, round(max(canvas.shape[:2]) * _LABEL_FRAC))
    pen = max(1, round(most_px / 14))
    for table in reading.tables or ():
        _draw_cells(canvas, table, to_source, factor, pen)
    boxes = [_map_box(r.box, to_source, factor, pen) for r in reading.readings]
    labels = [_make_label(r) for r in reading.readings]
    letters_px, places = _choose_letters(boxes, labels, canvas, most_px)
    canvas, above = _add_room(canvas, places)
    boxes, places = [_move_down(b, above) for b in boxes], [_move_down(p, above) for p in places]
    for r, box, place, label, letter_px in zip(reading.readings, boxes, places, labels, letters_px, strict=True):
        color = _ACCEPTED_BGR if r.status == "accepted" else _REJECTED_BGR
        cv2.rectangle(canvas, (box.left, box.top), (box.right - 1, box.bottom - 1), color, pen)
        draw_label(canvas, label, place, letter_px, color)
    return canvas


def _choose_factor(bgr: NDArray[np.uint8], reading: PageReading, to_source: NDArray[np.float64] | None) -> int:
    """Return how many times as large the picture is drawn, so that its numbers and their labels can be read."""
    factor = max(1, round(_LEAST_SIDE_PX / max(bgr.shape[:2])))
    if reading.readings:
        usual_px = float(np.median([_map_box(r.box, to_source, 1, 0).height for r in reading.readings]))
        wanted = math.ceil(_LEAST_NUMBER_PX / max(1.0, usual_px))
        most = int(math.sqrt(_MOST_MPX * 1e6 / (bgr.shape[0] * bgr.shape[1])))
        factor = max(factor, min(wanted, most))
    return int(factor)


def _draw_cells(
    canvas: NDArray[np.uint8], table: Table, to_source: NDArray[np.float64] | None, factor: int, pen: int
) -> None:
    """Draw the outlines of a table's cells, in place."""
    from_source = np.eye(3) if to_source is None else np.linalg.inv(to_source)
    for cell in table.cells:
        corners = np.column_stack([np.array(cell.corners, np.float64), np.ones(4)]) @ from_source.T
        outline = np.rint((corners[:, :2] + 0.5) * factor - 0.5).astype(np.int32)
        cv2.polylines(canvas, [outline], True, _CELL_BGR, pen, cv2.LINE_AA)


def _map_box(box: Box, to_source: NDArray[np.float64] | None, factor: int, pen: int) -> Box:
    """Return the box in px of the canvas, widened so that its outline does not cover the ink."""
    from_source = np.eye(3) if to_source is None else np.linalg.inv(to_source)
    corners = np.array([[box.left, box.right], [box.top, box.bottom], [1.5, 1.5]]) - 0.5  # edges -> pixel centers
    (x0, x1), (y0, y1) = np.sort(((from_source @ corners)[:2] + 0.5) * factor, axis=1)
    return Box(int(x0) - 2 * pen, int(y0) - 2 * pen, int(np.ceil(x1)) + 2 * pen, int(np.ceil(y1)) + 2 * pen)


def _make_label(reading: Reading) -> str:
    mark = "" if reading.status == "accepted" else "?"
    return f"{reading.text}{mark} {100 * reading.confidence:.0f}%"


def measure_label(label: str, letter_px: int) -> tuple[int, int]:
    """Return (width, height) of the filled background of a label, px."""
    (width, _), _ = cv2.getTextSize(label, _FONT, letter_px / _FONT_PX, _text_pen(letter_px))
    return width + 2 * _measure_pad(letter_px), letter_px + 2 * _measure_pad(letter_px)


def _measure_pad(letter_px: int) -> int:
    return max(2, round(_PAD_FRAC * letter_px))


def _text_pen(letter_px: int) -> int:
    return max(1, round(letter_px / 10))


def _choose_letters(
    boxes: Sequence[Box], labels: Sequence[str], canvas: NDArray[np.uint8], most_px: int
) -> tuple[list[int], list[Box]]:
    """Return the height of each label's letters, at most `most_px`, and its place."""
    ink = _sum_ink(canvas)
    letters_px: list[int] = []
    places: list[Box] = []
    for fraction in _LETTER_FRACS:
        letters_px = [min(most_px, max(_LEAST_LETTER_PX, round(fraction * box.height))) for box in boxes]
        sizes = [measure_label(label, letter_px) for label, letter_px in zip(labels, letters_px, strict=True)]
        places, is_free = _find_room(boxes, sizes, ink)
        if is_free:
            break
    return letters_px, places


def _find_room(
    boxes: Sequence[Box], sizes: Sequence[tuple[int, int]], ink: NDArray[np.int32]
) -> tuple[list[Box], bool]:
    """Return a place for each label: in the picture if there is room for all, else also above, below or beside it."""
    places: list[Box] = []
    is_free = True
    height, width = ink.shape[0] - 1, ink.shape[1] - 1
    band, margin = 2 * max((h for _, h in sizes), default=0), max((w for w, _ in sizes), default=0)
    for above, beside in ((0, 0), (band, 0), (0, margin), (band, margin)):
        places, is_free = place_labels(boxes, sizes, width + beside, range(-above, height + above), ink)
        if is_free:
            break
    return places, is_free


def _add_room(canvas: NDArray[np.uint8], places: Sequence[Box]) -> tuple[NDArray[np.uint8], int]:
    """Return the picture, padded with gray as the labels need, and the height of the padding above it, px."""
    height, width = canvas.shape[:2]
    above = max([0, *(-place.top for place in places)])
    below = max([0, *(place.bottom - height for place in places)])
    beside = max([0, *(place.right - width for place in places)])
    gray = (_BAND_GRAY,) * 3
    return cv2.copyMakeBorder(canvas, above, below, 0, beside, cv2.BORDER_CONSTANT, value=gray), above


def _sum_ink(canvas: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return the integral image, int32 (H + 1, W + 1), of where the picture shows ink, 0 or 1."""
    gray = cv2.cvtColor(canvas, cv2.COLOR_BGR2GRAY)
    inked = cv2.absdiff(gray, cv2.blur(gray, (_WINDOW_PX, _WINDOW_PX))) > _INK_LEVELS
    sums: NDArray[np.int32] = cv2.integral(inked.astype(np.uint8))
    return sums


def _measure_ink(sums: NDArray[np.int32], place: Box) -> int:
    """Return how many px of ink lie within a place, which may reach out of the picture."""
    rows = np.clip((place.top, place.bottom), 0, sums.shape[0] - 1)
    columns = np.clip((place.left, place.right), 0, sums.shape[1] - 1)
    (a, b), (c, d) = sums[np.ix_(rows, columns)].tolist()
    return int(a - b - c + d)


def place_labels(
    boxes: Sequence[Box],
    sizes: Sequence[tuple[int, int]],
    width: int,
    rows: range,
    ink: NDArray[np.int32] | None = None,
) -> tuple[list[Box], bool]:
    """Return a place for each label and whether all of them are free of boxes and of one another.

    Parameters
    ----------
    boxes : of the numbers, px
    sizes : (width, height) of their labels, px
    width, rows : where labels may lie, px
    ink : int32 (H + 1, W + 1), integral image of the ink that they had better not cover; None for a live picture
    """
    places: list[Box] = []
    has_room = True
    for box, size in zip(boxes, sizes, strict=True):
        taken = [*boxes, *places]
        candidates = [_keep_inside(p, width, rows) for p in _list_places(box, size)]
        covered = [sum(p.measure_shared(t) for t in taken) for p in candidates]
        inked = [_measure_ink(ink, p) if ink is not None else 0 for p in candidates]
        best = int(np.argmin(_COVERED_PRICE * np.array(covered) + inked))
        has_room &= covered[best] == 0
        places.append(candidates[best])
    return places, has_room


def _list_places(box: Box, size: tuple[int, int]) -> Iterator[Box]:
    """Yield the possible places of a label, the best first: above, below, right and left of its box."""
    width, height = size
    middle = (box.top + box.bottom - height) // 2
    corners = [
        (box.left, box.top - height),
        (box.right - width, box.top - height),
        (box.left, box.bottom),
        (box.right - width, box.bottom),
        (box.right, middle),
        (box.left - width, middle),
    ]
    for left, top in corners:
        yield Box(left, top, left + width, top + height)


def _keep_inside(place: Box, width: int, rows: range) -> Box:
    """Return the place moved into the picture; one that is larger starts at the left and top edges."""
    left = max(0, min(place.left, width - place.width))
    top = max(rows.start, min(place.top, rows.stop - place.height))
    return Box(left, top, left + place.width, top + place.height)


def _move_down(box: Box, by_px: int) -> Box:
    return Box(box.left, box.top + by_px, box.right, box.bottom + by_px)


def draw_label(canvas: NDArray[np.uint8], label: str, place: Box, letter_px: int, color: tuple[int, int, int]) -> None:
    """Draw a label, white letters on a filled background, in place."""
    cv2.rectangle(canvas, (place.left, place.top), (place.right - 1, place.bottom - 1), color, cv2.FILLED)
    pad = _measure_pad(letter_px)
    baseline = (place.left + pad, place.top + letter_px + pad)
    white = (255, 255, 255)
    cv2.putText(canvas, label, baseline, _FONT, letter_px / _FONT_PX, white, _text_pen(letter_px), cv2.LINE_AA)


def write_annotated(bgr: NDArray[np.uint8], folder: Path, stem: str, suffix: str) -> Path:
    """Write an annotated picture and return its path, ``folder/stem.annotated.png`` or ``.jpg``.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    path = folder / f"{stem}{ANNOTATED}{suffix}"
    _, encoded = cv2.imencode(suffix, bgr)
    write_file(path, encoded.tobytes())
    return path
