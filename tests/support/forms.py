"""A small form drawn for the tests: labels, a box, a comb, an underlined blank; and copies of it, filled and warped."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.constraints.constraint import Constraint
from pipeline.forms.template import FormField, Template
from pipeline.geometry import Box
from pipeline.types import Page
from tests.support.drawing import STEADY, draw_tracks
from train.synthesis.handwriting.strokes import move_tracks, write_number

AMOUNT, CODE, AGE = Box(420, 150, 640, 210), Box(420, 260, 660, 320), Box(420, 360, 560, 420)
N_CODE = 4


def draw_blank(title: str = "Parish register of visits") -> NDArray[np.uint8]:
    """Return a blank form, uint8 (520, 800), with three fields."""
    gray = np.full((520, 800), 235, np.uint8)
    for words, at, size in (
        (title, (40, 70), 1.3),
        ("Amount received", (40, 192), 0.9),
        ("Code of the parish", (40, 302), 0.9),
        ("Age of the visitor", (40, 412), 0.9),
        ("Sign here and give it back", (40, 490), 0.7),
    ):
        cv2.putText(gray, words, at, cv2.FONT_HERSHEY_DUPLEX, size, 40, 2, cv2.LINE_AA)
    for box in (AMOUNT, CODE):
        cv2.rectangle(gray, (box.left, box.top), (box.right, box.bottom), 60, 2)
    for k in range(1, N_CODE):
        x = CODE.left + k * CODE.width // N_CODE
        cv2.line(gray, (x, CODE.top), (x, CODE.bottom), 60, 2)
    cv2.line(gray, (AGE.left, AGE.bottom), (AGE.right, AGE.bottom), 60, 2)
    return gray


def write_in(gray: NDArray[np.uint8], text: str, box: Box, height_px: float = 38) -> None:
    """Write digits into a box, in place, by the steady hand."""
    digits = write_number(text, STEADY, height_px, np.random.default_rng(0))
    draw_tracks(gray, move_tracks(digits, box.left + 14, box.top + 12), 30, 4)


def fill_blank(amount: str = "", code: str = "", age: str = "") -> NDArray[np.uint8]:
    """Return the form with its fields filled."""
    gray = draw_blank()
    write_in(gray, amount, AMOUNT)
    for k, digit in enumerate(code):
        side = CODE.width // N_CODE
        write_in(gray, digit, Box(CODE.left + k * side, CODE.top, CODE.left + (k + 1) * side, CODE.bottom))
    write_in(gray, age, AGE)
    return gray


def make_form(*constraints: Constraint | None) -> Template:
    """Return the form's template; the constraints are those of amount, code and age."""
    known = [*constraints, None, None, None]
    fields = (
        FormField("amount", AMOUNT, 1, None, known[0]),
        FormField("code", CODE, 1, N_CODE, known[1]),
        FormField("age", AGE, 1, None, known[2]),
    )
    return Template("visits.toml", (Page(draw_blank()),), fields)


def photograph(
    gray: NDArray[np.uint8], turn_deg: float = 0.0, scale: float = 1.0, tilt: float = 0.0, desk: int = 90
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return a picture of a sheet on a desk, turned and in perspective, and the map (3, 3) of its px to the picture's.

    `tilt` is how much smaller the far side looks, a share of the near one.
    """
    height, width = gray.shape
    side = round(1.25 * scale * max(gray.shape))
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64) - 0.5
    placed = (corners - [width / 2, height / 2]) * scale
    placed[:2, 0] *= 1 - tilt
    turn = np.deg2rad(turn_deg)
    placed = placed @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + side / 2
    view = cv2.getPerspectiveTransform(corners.astype(np.float32), placed.astype(np.float32))
    picture = np.full((side, side), desk, np.uint8)
    cv2.warpPerspective(gray, view, (side, side), picture, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT)
    return picture, view
