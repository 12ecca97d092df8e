"""Drawing for the live window: numbers over the frame, statistics in the corner, messages, help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.live.tracker import TrackedNumber
from pipeline.outputs.annotate import draw_label, measure_label, place_labels
from pipeline.outputs.trace import draw_spans, draw_tensors
from pipeline.reading.stages import Stages

HELP = (
    ("q, Esc", "quit"),
    ("space", "freeze the picture"),
    ("s", "save the picture and its numbers"),
    ("r", "record, stop recording"),
    ("t", "show the ink and the tensors"),
    ("mouse", "drag a region to read, click for all"),
    ("h", "this help"),
)
"""(key, its action)."""

_CONFIRMED_BGR, _PENDING_BGR, _RECORDING_BGR = (60, 130, 0), (0, 150, 235), (40, 40, 220)
_WHITE, _GRAY = (255, 255, 255), (190, 190, 190)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_FONT_PX = 22
"""Height of a digit of this font at scale 1."""

_LETTER_FRAC = 1 / 52
"""Height of letters, as a fraction of the width of the picture."""

_LEAST_LETTER_PX = 9
_SHADE, _PANEL_SHADE = 0.45, 0.35
"""Factor of the brightness outside the region, and under a panel."""

_SHEET_FRAC = 0.3
"""Height of the sheet of tensors, as a fraction of the height of the picture."""

_MOST_TENSORS = 60


@dataclass(frozen=True, slots=True)
class Figures:
    """The statistics in the corner: frames read per second, latency in ms, frames skipped, and the state of the run."""

    fps: float = 0.0
    latency_ms: float = 0.0
    n_skipped: int = 0
    is_recording: bool = False
    is_frozen: bool = False


def mirror_box(box: Box, width: int) -> Box:
    """Return the box in the mirrored picture of that width; its own inverse."""
    return Box(width - box.right, box.top, width - box.left, box.bottom)


def draw_live(
    bgr: NDArray[np.uint8], numbers: Sequence[TrackedNumber], area: Box, is_mirrored: bool = False
) -> NDArray[np.uint8]:
    """Return the frame with its numbers drawn on it: confirmed ones green with a tick, others amber.

    Parameters
    ----------
    bgr : uint8 (H, W, 3), the frame that was read; not changed
    numbers : boxes in px of `bgr`
    area : the part that was read; the rest is darkened
    is_mirrored : mirror the picture, but not the text of the labels
    """
    width = bgr.shape[1]
    canvas = cv2.flip(bgr, 1) if is_mirrored else bgr.copy()
    _dim_outside(canvas, mirror_box(area, width) if is_mirrored else area)
    letter_px, pen = _choose_letter(canvas), max(1, round(_choose_letter(canvas) / 8))
    boxes = [_widen(n.reading.box, 2 * pen) for n in numbers]
    boxes = [mirror_box(box, width) for box in boxes] if is_mirrored else boxes
    labels = [_make_label(n) for n in numbers]
    sizes = [_measure(label, n.is_confirmed, letter_px) for label, n in zip(labels, numbers, strict=True)]
    places, _ = place_labels(boxes, sizes, width, range(0, canvas.shape[0]))
    for number, box, place, label in zip(numbers, boxes, places, labels, strict=True):
        color = _CONFIRMED_BGR if number.is_confirmed else _PENDING_BGR
        corners = (box.left, box.top), (box.right - 1, box.bottom - 1)
        cv2.rectangle(canvas, *corners, color, pen if number.is_confirmed else max(1, pen // 2), cv2.LINE_AA)
        draw_label(canvas, label, place, letter_px, color)
        if number.is_confirmed:
            _draw_tick(canvas, place, letter_px)
    return canvas


def draw_figures(canvas: NDArray[np.uint8], figures: Figures) -> None:
    """Write the statistics into the upper left corner, in place."""
    letter_px = _choose_small_letter(canvas)
    text = f"{figures.fps:.0f} fps   {figures.latency_ms:.0f} ms   {figures.n_skipped} skipped"
    right = _draw_panel(canvas, [text], (letter_px // 2, letter_px // 2), letter_px).right
    marks = [("REC", figures.is_recording, _RECORDING_BGR), ("FROZEN", figures.is_frozen, _PENDING_BGR)]
    for mark, is_on, color in marks:
        if is_on:
            width, height = measure_label(mark, letter_px)
            place = Box(right + letter_px // 2, letter_px // 2, right + letter_px // 2 + width, letter_px // 2 + height)
            draw_label(canvas, mark, place, letter_px, color)
            right = place.right


def draw_message(canvas: NDArray[np.uint8], message: str) -> None:
    """Write a line at the bottom of the picture, in place; nothing if it is empty."""
    if message:
        letter_px = _choose_small_letter(canvas)
        _draw_panel(canvas, [message], (letter_px // 2, canvas.shape[0] - letter_px // 2 - 2 * letter_px), letter_px)


def draw_help(canvas: NDArray[np.uint8]) -> None:
    """Draw the list of keys over the middle of the picture, in place."""
    letter_px = _choose_letter(canvas)
    column = max(measure_label(key, letter_px)[0] for key, _ in HELP) + letter_px
    width = column + max(measure_label(what, letter_px)[0] for _, what in HELP)
    height = round(2 * letter_px * (len(HELP) + 0.5))
    left, top = max(0, (canvas.shape[1] - width) // 2), max(0, (canvas.shape[0] - height) // 2)
    for _ in range(2):
        _shade(canvas, Box(left, top, left + width, top + height))
    for i, (key, what) in enumerate(HELP):
        foot = top + round(2 * letter_px * (i + 1))
        _write(canvas, key, (left + letter_px, foot), letter_px, _PENDING_BGR)
        _write(canvas, what, (left + column, foot), letter_px, _WHITE)


def draw_stages(canvas: NDArray[np.uint8], stages: Stages, area: Box, is_mirrored: bool = False) -> None:
    """Draw the ink with its digits over the area, and a sheet of the tensors at the bottom, in place.

    Parameters
    ----------
    canvas : uint8 (H, W, 3), of the frame's size
    stages : of that frame
    area : the part that was read, px of the frame
    is_mirrored : whether the canvas shows the frame mirrored
    """
    ink = cv2.resize(draw_spans(stages), (area.width, area.height), interpolation=cv2.INTER_AREA)
    shown = mirror_box(area, canvas.shape[1]) if is_mirrored else area
    canvas[shown.slices] = cv2.flip(ink, 1) if is_mirrored else ink
    sheet = draw_tensors(stages.recognition, _MOST_TENSORS)
    height, width = canvas.shape[:2]
    scale = min(width / sheet.shape[1], _SHEET_FRAC * height / sheet.shape[0], 1.0)
    size = max(1, round(sheet.shape[1] * scale)), max(1, round(sheet.shape[0] * scale))
    sheet = cv2.resize(sheet, size, interpolation=cv2.INTER_AREA)
    canvas[height - size[1] :, : size[0]] = sheet


def draw_region(canvas: NDArray[np.uint8], box: Box) -> None:
    """Draw the outline of a region that is being dragged, in place."""
    cv2.rectangle(canvas, (box.left, box.top), (box.right - 1, box.bottom - 1), _WHITE, 1)


def _dim_outside(canvas: NDArray[np.uint8], area: Box) -> None:
    height, width = canvas.shape[:2]
    if area == Box(0, 0, width, height):
        return
    kept = canvas[area.slices].copy()
    np.multiply(canvas, _SHADE, out=canvas, casting="unsafe")
    canvas[area.slices] = kept
    draw_region(canvas, area)


def _choose_letter(canvas: NDArray[np.uint8]) -> int:
    size: int = max(_LEAST_LETTER_PX, round(canvas.shape[1] * _LETTER_FRAC))
    return size


def _choose_small_letter(canvas: NDArray[np.uint8]) -> int:
    size: int = max(_LEAST_LETTER_PX, round(0.55 * canvas.shape[1] * _LETTER_FRAC))
    return size


def _make_label(number: TrackedNumber) -> str:
    mark = "" if number.is_confirmed else "?"
    return f"{number.reading.text}{mark} {100 * number.reading.confidence:.0f}%"


def _measure(label: str, is_confirmed: bool, letter_px: int) -> tuple[int, int]:
    width, height = measure_label(label, letter_px)
    return width + is_confirmed * round(1.3 * letter_px), height


def _draw_tick(canvas: NDArray[np.uint8], place: Box, letter_px: int) -> None:
    """Draw a check mark at the right end of a label, in place."""
    right, middle = place.right - letter_px // 2, (place.top + place.bottom) // 2
    shape = np.array([(-0.95, 0.05), (-0.62, 0.4), (0, -0.45)]) * letter_px + (right, middle)
    cv2.polylines(canvas, [np.rint(shape).astype(np.int32)], False, _WHITE, max(2, letter_px // 7), cv2.LINE_AA)


def _draw_panel(canvas: NDArray[np.uint8], lines: Sequence[str], at: tuple[int, int], letter_px: int) -> Box:
    """Write lines on a dark panel with its corner `at` (left, top), in place; return the panel."""
    width = max(measure_label(line, letter_px)[0] for line in lines)
    panel = Box(at[0], at[1], at[0] + width, at[1] + 2 * letter_px * len(lines))
    _shade(canvas, panel)
    for i, line in enumerate(lines):
        foot = at[1] + round(2 * letter_px * i + 1.5 * letter_px)
        _write(canvas, line, (at[0] + letter_px // 2, foot), letter_px, _WHITE)
    return panel


def _shade(canvas: NDArray[np.uint8], box: Box) -> None:
    view = canvas[max(0, box.top) : box.bottom, max(0, box.left) : box.right]
    np.multiply(view, _PANEL_SHADE, out=view, casting="unsafe")


def _write(
    canvas: NDArray[np.uint8], text: str, at: tuple[int, int], letter_px: int, color: tuple[int, int, int]
) -> None:
    pen = max(1, round(letter_px / 10))
    cv2.putText(canvas, text, at, _FONT, letter_px / _FONT_PX, color, pen, cv2.LINE_AA)


def _widen(box: Box, by_px: int) -> Box:
    return Box(box.left - by_px, box.top - by_px, box.right + by_px, box.bottom + by_px)
