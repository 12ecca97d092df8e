"""A baseline, the usual tutorial's method: one threshold, a contour for each digit, a plain resize.

The tutorials invert the photo by one threshold for all of it (Otsu 1979, doi:10.1109/TSMC.1979.4310076), take every
outer contour as a digit, crop its box, resize it to 28x28 and classify it by a network trained on MNIST. As in the
better ones, a slight blur comes first, tiny contours are skipped, each digit gets a margin, and rows are read in order.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.recognition.classify import Classifier
from pipeline.types import N_DIGITS, SIDE_PX

LEAST_AREA_PX = 100
"""Contours with a smaller area are skipped as specks."""

_BLUR_PX = 5
_MARGIN_FRAC = 0.2
"""Margin on each side of a crop, of the digit's side: MNIST leaves 4 px on each side of 20."""

_COLOR_BGR = (40, 40, 220)


@dataclass(frozen=True, slots=True)
class ContourDigit:
    """One contour classified: its box, the likeliest digit, its probability, and its row from 0."""

    box: Box
    text: str
    confidence: float
    row: int


def read_contours(gray: NDArray[np.uint8], classifier: Classifier) -> list[ContourDigit]:
    """Return every contour of a page as a digit, row by row from left to right.

    Parameters
    ----------
    gray : uint8 (H, W), dark ink on bright paper
    classifier : any model of digits

    Returns
    -------
    One ContourDigit for each outer contour of at least `LEAST_AREA_PX`
    """
    smooth = cv2.GaussianBlur(gray, (_BLUR_PX, _BLUR_PX), 0)
    ink = cv2.threshold(smooth, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)[1]
    contours = cv2.findContours(ink, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
    bounds = [cv2.boundingRect(contour) for contour in contours]
    boxes = [Box(x, y, x + w, y + h) for x, y, w, h in bounds if w * h >= LEAST_AREA_PX]
    placed = sorted(zip(find_rows(boxes), boxes, strict=True), key=lambda pair: (pair[0], pair[1].left))
    crops = [_cut_out(ink, box) for _, box in placed]
    batch = np.array(crops, np.float32).reshape(-1, SIDE_PX, SIDE_PX, 1) * np.float32(1 / 255)
    scores = classifier.classify(batch).probabilities[:, :N_DIGITS]
    return [
        ContourDigit(box, str(own.argmax()), float(own.max()), row)
        for (row, box), own in zip(placed, scores, strict=True)
    ]


def find_rows(boxes: list[Box]) -> list[int]:
    """Return the row of each box, from 0 at the top: a box joins the row above if its middle lies within that row."""
    rows = [0] * len(boxes)
    row, bottom = -1, -1
    for at in sorted(range(len(boxes)), key=lambda at: boxes[at].center[1]):
        if boxes[at].center[1] >= bottom:
            row, bottom = row + 1, boxes[at].bottom
        rows[at] = row
    return rows


def format_rows(digits: list[ContourDigit]) -> str:
    """Return the digits as text, rows separated by ` | `."""
    rows: dict[int, str] = {}
    for digit in digits:
        rows[digit.row] = rows.get(digit.row, "") + digit.text
    return " | ".join(rows.values())


def draw_contours(bgr: NDArray[np.uint8], digits: list[ContourDigit]) -> NDArray[np.uint8]:
    """Return the picture with every contour's box and digit drawn on it, uint8 (H, W, 3)."""
    canvas = bgr.copy()
    letter_px = max(bgr.shape) / 40
    for digit in digits:
        box, pen = digit.box, max(1, round(letter_px / 12))
        cv2.rectangle(canvas, (box.left, box.top), (box.right - 1, box.bottom - 1), _COLOR_BGR, pen)
        at = (box.left, round(max(letter_px, box.top - 3)))
        cv2.putText(canvas, digit.text, at, cv2.FONT_HERSHEY_SIMPLEX, letter_px / 22, _COLOR_BGR, 2 * pen, cv2.LINE_AA)
    return canvas


def _cut_out(ink: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """Return the ink of a box with a margin around it, stretched to 28x28: uint8, 255 ink."""
    crop = ink[box.slices]
    down, across = (max(1, round(_MARGIN_FRAC * side)) for side in crop.shape)
    padded = cv2.copyMakeBorder(crop, down, down, across, across, cv2.BORDER_CONSTANT, value=0)
    return cv2.resize(padded, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
