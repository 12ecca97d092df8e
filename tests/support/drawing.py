"""Pages drawn for the tests, and a reader that knows the hand they are written in: no trained model takes part."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.ink.labels import measure_stroke_width
from pipeline.reading.read_page import analyze_page, read_page
from pipeline.reading.stages import Stages
from pipeline.recognition.classify import Classifier
from pipeline.recognition.column_classes import COLUMN_CLASSES, NOTHING
from pipeline.recognition.line_network import LineNetwork
from pipeline.recognition.normalize import normalize_digit
from pipeline.settings.recognition import NormalizeSettings
from pipeline.settings.tree import Settings
from pipeline.types import Component, DigitScores, Lattice, Page, Span, TextLine
from train.synthesis.handwriting.pen_paths import GLYPHS
from train.synthesis.handwriting.strokes import Track, Writer, move_tracks, write_number

STEADY = Writer(
    {digit: next(iter(shapes)) for digit, shapes in GLYPHS.items()},
    **dict.fromkeys(("slant_deg", "haste", "tremor_frac", "jitter_frac", "pressure_spread"), 0.0),
    spacing_frac=0.3,
)
"""A hand without a tremble: the same digit twice is the same ink."""

DIGITS = "0123456789"


def draw_tracks(picture: NDArray[np.uint8], digits: list[list[Track]], color: int, pen_px: int) -> None:
    for track in (track for tracks in digits for track in tracks):
        points = np.rint(track[:, :2] * 16).astype(np.int32)
        cv2.polylines(picture, [points], False, color, pen_px, cv2.LINE_AA, 4)


def write_page(
    *rows: str,
    size_px: tuple[int, int] = (420, 260),
    height_px: float = 40,
    pen_px: int = 4,
    turn_deg: float = 0.0,
    shift_px: tuple[float, float] = (0, 0),
    paper: int = 225,
    pen: int = 40,
) -> NDArray[np.uint8]:
    """Return a page with `rows` of numbers in its middle, running `turn_deg` downhill: uint8 (H, W) for (W, H)."""
    picture = np.full(size_px[::-1], paper, np.uint8)
    for i, row in enumerate(rows):
        pen_x, written = 0.0, []
        for word in row.split():
            digits = move_tracks(write_number(word, STEADY, height_px, np.random.default_rng(0)), pen_x, 0)
            written += digits
            pen_x = max(track[:, 0].max() for tracks in digits for track in tracks) + 1.6 * height_px
        y = (i - (len(rows) - 1) / 2) * 1.8 * height_px - height_px / 2
        centered = move_tracks(written, -(pen_x - 1.6 * height_px) / 2, y)
        middle = [side / 2 + shift for side, shift in zip(size_px, shift_px, strict=True)]
        draw_tracks(picture, move_tracks(centered, *middle, -turn_deg), pen, pen_px)
    return picture


def write_signed(text: str, size_px: tuple[int, int] = (420, 160), height_px: float = 40) -> NDArray[np.uint8]:
    """Return a page with `text` on one line: digits, points, commas, level dashes, colons, and gaps for spaces."""
    picture = np.full(size_px[::-1], 225, np.uint8)
    pen_x, pen_px = height_px, round(height_px / 10)
    foot = size_px[1] / 2 + height_px / 2
    strokes: dict[str, list[list[tuple[float, float]]]] = {
        ".": [[(0, 0), (0.02, 0)]],
        ",": [[(0.12, -0.02), (0, 0.24)]],
        ":": [[(0, 0), (0.02, 0)], [(0, -0.5), (0.02, -0.5)]],
        "-": [[(0, -0.5), (0.4, -0.48)]],
        "=": [[(0, -0.6), (0.4, -0.6)], [(0, -0.4), (0.4, -0.4)]],
        " ": [[(0, 0), (1.0, 0)]],
    }
    for character in text:
        if character in DIGITS:
            (tracks,) = write_number(character, STEADY, height_px, np.random.default_rng(0))
        else:
            tracks = [np.array([(x * height_px, (1 + y) * height_px, 1.0) for x, y in s]) for s in strokes[character]]
        (tracks,) = move_tracks([tracks], pen_x - min(track[:, 0].min() for track in tracks), foot - height_px)
        if character != " ":
            draw_tracks(picture, [tracks], 40, pen_px + (character in ".:"))
        pen_x = max(track[:, 0].max() for track in tracks) + 0.3 * height_px
    return picture


def draw_ink(*boxes: tuple[int, int, int, int], size_px: tuple[int, int] = (400, 200)) -> NDArray[np.uint8]:
    """Return ink, uint8 (H, W): full inside `boxes` (left, top, right, bottom), bare elsewhere."""
    ink = np.zeros(size_px[::-1], np.uint8)
    for left, top, right, bottom in boxes:
        ink[top:bottom, left:right] = 255
    return ink


def parse(*rows: str) -> NDArray[np.uint8]:
    """Return the picture that `rows` draw: 255 where there is a #, 0 elsewhere."""
    return np.array([[255 * (mark == "#") for mark in row] for row in rows], np.uint8)


def make_component(left: int, top: int, right: int, bottom: int) -> Component:
    box = Box(left, top, right, bottom)
    return Component(box, np.full((box.height, box.width), 255, np.uint8), box.width * box.height, 4.0)


def make_line(*boxes: tuple[int, int, int, int]) -> TextLine:
    return TextLine(tuple(make_component(*box) for box in boxes))


def make_lattice(n_cuts: int, *edges: tuple[int, int], number: int = 1) -> Lattice:
    """Return the lattice of line `number`: its cuts lie 10 px apart, its spans run between the `edges`."""
    spans = [Span(a, b, Box(10 * a, 0, 10 * b, 20), np.full((20, 10 * (b - a)), 255, np.uint8), 3.0) for a, b in edges]
    line = TextLine((make_component(0, 0, 10 * (n_cuts - 1), 20),), number)
    return Lattice(line, n_cuts, tuple(spans))


def make_scores(*rows: dict[str, float]) -> DigitScores:
    """Return scores over 0..9 and "-": each row as named, what is left spread evenly over the classes not named."""
    table = np.zeros((len(rows), 11), np.float32)
    for line, row in zip(table, rows, strict=True):
        line[:] = (1 - sum(row.values())) / (11 - len(row))
        for name, probability in row.items():
            line[f"{DIGITS}-".index(name)] = probability
    return DigitScores(table)


@cache
def make_reader() -> Classifier:
    """Return a classifier that knows the steady hand only: the digit that looks alike, or none that does."""
    crops = [255 - write_page(digit, size_px=(80, 80), paper=255, pen=0) for digit in DIGITS]
    masks = [cv2.compare(crop, 127, cv2.CMP_GT) for crop in crops]
    known = np.stack([normalize_digit(m, measure_stroke_width(m), NormalizeSettings()) for m in masks])
    known = _describe(known)

    def compare(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        alike = _describe(batch[:, :, :, 0]) @ known.T
        return 40 * np.hstack([alike, np.full((len(batch), 1), 0.8, np.float32)])

    return Classifier("steady hand", 11, 1.0, "linear", compare)


def _describe(tensors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return one unit vector for each tensor, blurred so that a pixel's shift matters little: float32 (N, 784)."""
    soft = np.stack([cv2.GaussianBlur(tensor, (5, 5), 0) for tensor in tensors]).reshape(len(tensors), -1)
    return soft / np.maximum(np.linalg.norm(soft, axis=1, keepdims=True), 1e-6)


def see_ones(row: NDArray[np.float32]) -> NDArray[np.float32]:
    """Stand in for a line network that half believes in a 1 wherever a column has ink: (1, 32, W, 2) to (1, W / 2, K).

    It reads lines as one stroke after another, so what it is asked for counts.
    """
    has_ink = row[0, :, :, 1].reshape(len(row[0]), -1, 2).max(axis=(0, 2)) > 0.5
    shown = np.full((1, len(has_ink), len(COLUMN_CLASSES)), 0.005, np.float32)
    shown[0, :, 1] = np.where(has_ink, 0.5, 0.01)
    shown[0, :, NOTHING] += 1 - shown[0].sum(axis=1)
    return shown


def capture_stages(
    gray: NDArray[np.uint8], settings: Settings | None = None, line_network: LineNetwork | None = None
) -> Stages:
    return analyze_page(Page(gray.copy()), replace(make_reader(), line_network=line_network), settings)


def read_texts(gray: NDArray[np.uint8], settings: Settings | None = None) -> list[str]:
    return [reading.text for reading in read_page(Page(gray), make_reader(), settings).readings]
