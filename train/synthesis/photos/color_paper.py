"""Sheets in color before they are photographed: paper, printed lines, ink of pens, pencils, markers and chalk.

A sheet is what its surface reflects: float32 (H, W, 3), blue green red, 0 black .. 1 white, linear in light.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Sheet = NDArray[np.float32]
Color = tuple[float, float, float]
"""Reflectance in blue, green and red, 0..1."""


@dataclass(frozen=True, slots=True)
class Pen:
    """What writes.

    Attributes
    ----------
    width_mm : width of its stroke
    color : what its ink reflects where it lies thick
    opacity : share of the paper that one stroke hides, 0..1
    tooth : how much the paper's roughness shows in the stroke, 0 for ink .. 1 for chalk
    fading : how much paler it writes where it is pressed less, 0..1
    """

    width_mm: float
    color: Color
    opacity: float = 0.95
    tooth: float = 0.0
    fading: float = 0.5


PENS = {
    "blue ballpoint": Pen(0.48, (0.36, 0.09, 0.05), 0.94, 0.16),
    "black ballpoint": Pen(0.5, (0.05, 0.04, 0.04), 0.92, 0.2),
    "fine ballpoint": Pen(0.3, (0.32, 0.08, 0.06), 0.92, 0.18),
    "gel pen": Pen(0.6, (0.03, 0.03, 0.03), 0.97, 0.03, 0.1),
    "red felt pen": Pen(0.8, (0.09, 0.07, 0.56), 0.93, 0.04, 0.2),
    "pencil": Pen(0.6, (0.14, 0.14, 0.14), 0.82, 0.5),
    "marker": Pen(2.2, (0.03, 0.025, 0.025), 0.97, 0.0, 0.04),
    "board marker": Pen(4.5, (0.34, 0.06, 0.04), 0.93, 0.1, 0.35),
    "chalk": Pen(7.0, (0.74, 0.78, 0.78), 0.92, 0.6, 0.6),
}
"""Pens by name; widths are those of the shops."""

BLUE_PRINT: Color = (0.74, 0.55, 0.44)
GRAY_PRINT: Color = (0.56, 0.55, 0.54)
RED_PRINT: Color = (0.45, 0.42, 0.78)


def make_cloud(size_px: tuple[int, int], grain_px: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return soft noise, float32 (H, W) with deviation about 1, whose blots are `grain_px` wide; size is (W, H)."""
    cells = [max(2, int(np.ceil(side / grain_px)) + 1) for side in size_px]
    noise = rng.standard_normal((cells[1], cells[0]), dtype=np.float32)
    return cv2.resize(noise, size_px, interpolation=cv2.INTER_CUBIC)


def make_sheet(size_px: tuple[int, int], px_per_mm: float, color: Color, rng: np.random.Generator) -> Sheet:
    """Return a blank sheet (H, W, 3) of one color with fibers and a little waviness; size is (W, H)."""
    fibers = 0.012 * make_cloud(size_px, max(1.0, 0.12 * px_per_mm), rng)
    fibers += 0.008 * make_cloud(size_px, 0.7 * px_per_mm, rng)
    waves = 0.012 * make_cloud(size_px, 35 * px_per_mm, rng)
    sheet = (1 + fibers + waves)[:, :, None] * np.array(color, np.float32)
    return np.clip(sheet, 0, 1).astype(np.float32)


def make_board(size_px: tuple[int, int], px_per_mm: float, color: Color, rng: np.random.Generator) -> Sheet:
    """Return a chalkboard (H, W, 3) wiped with a sponge: dark, with traces of chalk along the wipes."""
    board = make_sheet(size_px, px_per_mm, color, rng)
    long_px = (size_px[0] // 6 + 2, size_px[1])
    wipes = cv2.resize(make_cloud(long_px, 9 * px_per_mm, rng), size_px, interpolation=cv2.INTER_LINEAR)
    wipes += 0.4 * cv2.resize(make_cloud(long_px, 2.5 * px_per_mm, rng), size_px, interpolation=cv2.INTER_LINEAR)
    dust = np.clip(0.016 + 0.009 * wipes + 0.008 * make_cloud(size_px, 90 * px_per_mm, rng), 0, 0.05)
    return np.clip(board + dust[:, :, None], 0, 1).astype(np.float32)


def make_desk(size_px: tuple[int, int], color: Color, rng: np.random.Generator) -> Sheet:
    """Return a wooden table top (H, W, 3) with its grain running from left to right."""
    width, height = size_px
    grain = np.zeros((height, width), np.float32)
    for depth, across in ((0.10, height / 14), (0.07, height / 60), (0.05, 3.0)):
        thin = make_cloud((max(2, width // 24), height), across, rng)
        grain += depth * cv2.resize(thin, size_px, interpolation=cv2.INTER_CUBIC)
    return np.clip((1 + grain)[:, :, None] * np.array(color, np.float32), 0, 1).astype(np.float32)


def rule_lines(sheet: Sheet, at_px: NDArray[np.float64], width_px: float, color: Color, axis: int = 0) -> None:
    """Print lines right across `sheet`, in place: rows at `at_px` for axis 0, columns for axis 1."""
    steps = np.arange(sheet.shape[axis])
    profile = np.zeros(len(steps), np.float32)
    for at in at_px:
        np.maximum(profile, np.clip(0.5 + width_px / 2 - np.abs(steps - at), 0, min(1.0, width_px)), out=profile)
    print_ink(sheet, np.expand_dims(profile, 1 - axis), color)


def rule_boxes(sheet: Sheet, corners_px: NDArray[np.float64], width_px: float, color: Color) -> None:
    """Print outlines of boxes, in place; `corners_px` (N, 4) holds left, top, right, bottom of each."""
    printed = np.zeros(sheet.shape[:2], np.float32)
    rows, columns = (np.arange(side) for side in sheet.shape[:2])
    reach = width_px / 2
    for left, top, right, bottom in corners_px:
        outer = np.outer(_span(rows, top - reach, bottom + reach), _span(columns, left - reach, right + reach))
        inner = np.outer(_span(rows, top + reach, bottom - reach), _span(columns, left + reach, right - reach))
        np.maximum(printed, outer - inner, out=printed)
    print_ink(sheet, printed, color)


def _span(steps: NDArray[np.int64], low: float, high: float) -> NDArray[np.float64]:
    """Return the share of each pixel that lies between `low` and `high`, 0..1."""
    return np.clip(steps - low + 0.5, 0, 1) * np.clip(high - steps + 0.5, 0, 1)


def print_ink(sheet: Sheet, coverage: NDArray[np.float32], color: Color) -> None:
    """Lay printing ink over `sheet`, in place, `coverage` 0..1 broadcast over its rows and columns."""
    share = coverage[:, :, None]
    sheet *= 1 - share
    sheet += share * np.array(color, np.float32)


def lay_ink(sheet: Sheet, coverage: NDArray[np.float32], pen: Pen, px_per_mm: float, rng: np.random.Generator) -> None:
    """Lay the strokes of a pen over `sheet`, in place.

    Parameters
    ----------
    sheet : float32 (H, W, 3), linear reflectance
    coverage : float32 (H, W), from `strokes.stamp_ink`
    pen : what wrote
    px_per_mm : scale of the sheet
    rng : source of the paper's roughness
    """
    size = sheet.shape[1], sheet.shape[0]
    rough = 0.65 * make_cloud(size, max(1.0, 0.2 * px_per_mm), rng) + 0.5 * make_cloud(size, 0.6 * px_per_mm, rng)
    share = coverage * pen.opacity * np.clip(1 - pen.tooth * (0.35 + 0.55 * rough), 0, 1)
    print_ink(sheet, np.clip(share, 0, 1).astype(np.float32), pen.color)


def fold_sheet(sheet: Sheet, px_per_mm: float, rng: np.random.Generator) -> None:
    """Shade `sheet`, in place, as if it had once been folded: one edge catches the light, the other loses it."""
    height, width = sheet.shape[:2]
    angle = rng.normal(0, 0.05) + np.pi / 2 * rng.integers(2)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    offset = (x - width * rng.uniform(0.3, 0.7)) * np.sin(angle) + (y - height * rng.uniform(0.3, 0.7)) * np.cos(angle)
    across = offset / np.float32(0.8 * px_per_mm)
    ridge = 0.07 * across * np.exp(-0.5 * across**2) - 0.05 * np.exp(-0.5 * (3 * across) ** 2)
    sheet *= (1 + ridge + 0.012 * np.tanh(across / 4))[:, :, None].astype(np.float32)
