"""Gray sheets, made fast: papers and boards with what is printed on them, before they are written on.

`train.synthesis.photos.color_paper` makes sheets in color, slower and in more detail. A sheet here is float32 (H, W),
linear reflectance, 0 black .. 1 white.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.float32]

_BANK_SIDE_PX = 1536
SURFACES = {
    "plain": 0.28,
    "ruled": 0.2,
    "squared": 0.13,
    "boxes": 0.1,
    "cheque": 0.06,
    "crumpled": 0.09,
    "whiteboard": 0.06,
    "blackboard": 0.05,
    "screen": 0.03,
}
"""Share of each surface among the larger pages."""

DARK = ("blackboard", "screen")
"""Surfaces that are written on in white."""


def draw_noise(size_px: tuple[int, int], rng: np.random.Generator) -> Gray:
    """Return white noise of deviation 1, float32 (H, W): a piece of a stock that is drawn once, for speed."""
    width, height = size_px
    stock = _stock_noise()
    if max(width, height) > _BANK_SIDE_PX:
        return rng.standard_normal((height, width), dtype=np.float32)
    top, left = (int(rng.integers(_BANK_SIDE_PX - side + 1)) for side in (height, width))
    return stock[top : top + height, left : left + width]


@cache
def _stock_noise() -> Gray:
    return np.random.default_rng(0).standard_normal((_BANK_SIDE_PX, _BANK_SIDE_PX), dtype=np.float32)


def draw_grain(size_px: tuple[int, int], grain_px: float, rng: np.random.Generator) -> Gray:
    """Return soft noise of deviation about 1 whose blots are `grain_px` wide, float32 (H, W)."""
    cells = [max(2, int(np.ceil(side / grain_px)) + 1) for side in size_px]
    how = cv2.INTER_LINEAR if grain_px < 4 else cv2.INTER_CUBIC  # large blots would show the corners of their cells
    return cv2.resize(draw_noise((cells[0], cells[1]), rng), size_px, interpolation=how)


def make_surface(
    kind: str, size_px: tuple[int, int], height_px: float, baselines_px: NDArray[np.float64], rng: np.random.Generator
) -> Gray:
    """Return a blank sheet with its print.

    Parameters
    ----------
    kind : one of SURFACES
    size_px : (W, H)
    height_px : height of the digits that will be written on it: rulings are spaced to suit
    baselines_px : float64 (N,), rows on which digits stand, as far as they stand on rows
    rng : source of all chance
    """
    if kind == "screen":
        return np.zeros(size_px[::-1], np.float32)
    low, high = {"blackboard": (0.03, 0.09), "whiteboard": (0.6, 0.85)}.get(kind, (0.4, 0.9))
    sheet = np.full(size_px[::-1], rng.uniform(low, high), np.float32)
    sheet *= 1 + rng.uniform(0.002, 0.02) * draw_grain(size_px, rng.uniform(1, 3), rng)
    if kind == "crumpled":
        sheet *= crumple(size_px, rng)
    elif kind == "blackboard":
        dust = draw_grain((max(2, size_px[0] // 6), size_px[1]), max(4.0, size_px[1] / 40), rng)
        wipes = cv2.resize(dust, size_px, interpolation=cv2.INTER_LINEAR)
        sheet += np.clip(0.012 + 0.008 * wipes, 0, 0.05)
    elif kind == "cheque":
        sheet *= 1 - rng.uniform(0.06, 0.3) * draw_guilloche(size_px, height_px, rng)
    sheet *= 1 - np.float32(rng.uniform(0.08, 0.5)) * _draw_lines(kind, size_px, height_px, baselines_px, rng)
    return sheet


def crumple(size_px: tuple[int, int], rng: np.random.Generator) -> Gray:
    """Return the shading of a sheet that was crumpled and smoothed out again, float32 (H, W) about 1."""
    small = (max(4, size_px[0] // 3), max(4, size_px[1] // 3))
    slopes = np.zeros(small[::-1], np.float32)
    for grain_frac in (0.35, 0.15, 0.07):
        ridges = np.abs(draw_grain(small, grain_frac * small[0], rng))
        slopes += cv2.Sobel(ridges, cv2.CV_32F, 1, 1 if rng.random() < 0.3 else 0, ksize=3) * grain_frac * small[0] / 8
    shade = 1 + rng.uniform(0.02, 0.07) * np.clip(cv2.GaussianBlur(slopes, (3, 3), 0), -2, 2)
    return cv2.resize(shade, size_px, interpolation=cv2.INTER_LINEAR)


def draw_guilloche(size_px: tuple[int, int], height_px: float, rng: np.random.Generator) -> Gray:
    """Return a cheque's pattern, float32 (H, W), 0 blank .. 1: waves and rings, or a weave."""
    width, height = size_px
    layer = np.zeros((height, width), np.uint8)
    if rng.random() < 0.35:
        step = int(rng.integers(1, 3))
        weave = (draw_grain((width // step + 1, height // step + 1), 1, rng) > 0).astype(np.float32)
        return cv2.resize(rng.uniform(0.3, 0.8) * weave, size_px, interpolation=cv2.INTER_LINEAR).astype(np.float32)
    for _ in range(2):
        pitch = height_px * rng.uniform(0.1, 0.3)
        bow, period, angle = pitch * rng.uniform(1, 5), height_px * rng.uniform(1, 4), rng.normal(0, 0.5)
        reach = float(np.hypot(width, height))
        along = np.arange(-reach, reach, max(2.0, period / 12))
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        for i, across in enumerate(np.arange(-reach / 2, reach / 2, max(pitch, 2.5))):
            wave = across + bow * np.sin(2 * np.pi * along / period + 0.35 * i)
            points = np.stack([along, wave], axis=1) @ turn + [width / 2, height / 2]
            cv2.polylines(layer, [np.rint(points * 16).astype(np.int32)], False, 255, 1, cv2.LINE_AA, 4)
    return layer.astype(np.float32) * np.float32(1 / 255)


def _draw_lines(
    kind: str, size_px: tuple[int, int], height_px: float, baselines_px: NDArray[np.float64], rng: np.random.Generator
) -> Gray | float:
    """Return what is printed in straight lines, float32 (H, W), 0 blank .. 1; 0 where nothing is."""
    width, height = size_px
    layer = np.zeros((height, width), np.uint8)
    thickness = max(1, round(height_px * rng.uniform(0.008, 0.035)))
    if kind == "ruled" or (kind == "cheque" and rng.random() < 0.7):
        rows = _rule_rows(baselines_px, height_px, height, rng) if kind == "ruled" else baselines_px[:1] + 1
        if kind == "cheque" and rng.random() < 0.25:  # the field's upper side
            rows = np.append(rows, rows[:1] - height_px * rng.uniform(1.1, 1.4))
        for row in rows:
            cv2.line(layer, (0, round(row)), (width, round(row + rng.normal(0, 0.5))), 255, thickness, cv2.LINE_AA)
        if rng.random() < (0.4 if kind == "ruled" else 0.2):
            x = round(width * rng.uniform(0.01, 0.2))
            cv2.line(layer, (x, 0), (x, height), 255, thickness, cv2.LINE_AA)
    elif kind == "squared":
        step = max(5.0, height_px * rng.uniform(0.45, 1.4))
        for axis in (0, 1):
            for at in np.arange(rng.uniform(0, step), size_px[axis], step):
                ends = [(round(at), 0), (round(at), height)] if axis == 0 else [(0, round(at)), (width, round(at))]
                cv2.line(layer, ends[0], ends[1], 255, thickness, cv2.LINE_AA)
    else:
        return 0.0
    return cv2.GaussianBlur(layer, (3, 3), 0.5).astype(np.float32) / 255


def _rule_rows(
    baselines_px: NDArray[np.float64], height_px: float, height: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the rows of a ruled sheet: digits stand on them, float over them, or are crossed by them."""
    if len(baselines_px) > 1:
        step = float(np.median(np.diff(baselines_px))) / max(1, int(rng.integers(1, 3)))
    else:
        step = height_px * rng.uniform(1.1, 2.2)
    first = float(baselines_px[0]) if len(baselines_px) else rng.uniform(0, step)
    offset = rng.choice([0.03, 0.03, 0.15, rng.uniform(-0.6, 0.3)]) * height_px
    return np.arange((first + offset) % max(step, 8.0), height, max(step, 8.0))
