"""What lies on a paper besides writing: labels, creases, hairs, stains, stamps, stripes, a finger, the gutter."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from train.synthesis.photos.gray_paper import Gray, draw_grain

_HIDDEN = 0.5
"""Share of the light that a finger must take for the ink below it to be hidden."""


def damage_sheet(sheet: Gray, height_px: float, rng: np.random.Generator) -> None:
    """Crease, stain and litter a sheet, float32 (H, W) reflectance, in place; most sheets stay as they are.

    The damage is of a size that suits digits of `height_px`.
    """
    for share, damage in _DAMAGE:
        if rng.random() < share:
            damage(sheet, height_px, rng)


def put_finger(sheet: Gray, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Let a finger reach in from the rim of a sheet, float32 (H, W), in place; return what it hides, bool (H, W)."""
    height, width = sheet.shape
    side = int(rng.integers(4))
    along = rng.uniform(0.1, 0.9)
    at = ((along * width, 0), (along * width, height), (0, along * height), (width, along * height))[side]
    size = rng.uniform(0.05, 0.14) * min(width, height)
    layer = np.zeros((height, width), np.uint8)
    axes = (round(size), round(2.2 * size)) if side < 2 else (round(2.2 * size), round(size))
    cv2.ellipse(layer, tuple(round(v) for v in at), axes, rng.normal(0, 15), 0, 360, 255, -1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(layer, (0, 0), 1.5).astype(np.float32) / 255
    sheet *= 1 - soft
    sheet += soft * np.float32(rng.uniform(0.1, 0.5))
    return soft > _HIDDEN


def shine_through(sheet: Gray, back: NDArray[np.uint8], rng: np.random.Generator) -> None:
    """Let what stands on the back, uint8 (H, W), 255 ink, shine through a sheet, float32 (H, W), mirrored, in place."""
    moved = np.roll(back[:, ::-1], [int(rng.integers(side)) for side in back.shape], axis=(0, 1))
    soft = cv2.GaussianBlur(moved, (0, 0), rng.uniform(0.6, 2.0)).astype(np.float32) / 255
    sheet *= 1 - np.float32(rng.uniform(0.06, 0.3)) * soft


def _darken_label(sheet: Gray, height_px: float, rng: np.random.Generator) -> None:
    """Turn bright and dark around in a patch of digits' size or more."""
    rows, columns = sheet.shape
    tall, wide = (int(height_px * rng.uniform(*reach)) for reach in ((1.5, 6), (3, 16)))
    top, left = int(rng.integers(max(1, rows - tall))), int(rng.integers(max(1, columns - wide)))
    patch = sheet[top : top + tall, left : left + wide]
    patch[:] = np.float32(patch.max()) * np.float32(rng.uniform(0.7, 1.0)) - patch + np.float32(rng.uniform(0.03, 0.2))
    np.clip(patch, 0.01, 1, out=patch)


def _draw_path(shape: tuple[int, ...], points: NDArray[np.float64], width_px: float) -> Gray:
    layer = np.zeros(shape, np.uint8)
    thickness = max(1, round(width_px))
    cv2.polylines(layer, [np.rint(points * 16).astype(np.int32)], False, 255, thickness, cv2.LINE_AA, 4)
    return layer.astype(np.float32) / np.float32(255)


def _crease(sheet: Gray, height_px: float, rng: np.random.Generator) -> None:
    """Fold the sheet across: a dark line beside a bright one."""
    height, width = sheet.shape
    for _ in range(int(rng.integers(1, 4))):
        share = rng.uniform(0.1, 0.9) + rng.normal(0, 0.02, 2)
        is_upright = rng.random() < 0.5
        ends = [(share[k] * width, k * height) if is_upright else (k * width, share[k] * height) for k in (0, 1)]
        n = 12
        points = np.linspace(ends[0], ends[1], n) + rng.normal(0, 0.05 * height_px, (n, 2))
        wide = max(1.0, rng.uniform(0.02, 0.1) * height_px)
        sheet *= 1 - rng.uniform(0.05, 0.5) * _draw_path(sheet.shape, points, wide)
        sheet *= 1 + rng.uniform(0.0, 0.15) * _draw_path(sheet.shape, points + wide, wide)


def _lay_hair(sheet: Gray, height_px: float, rng: np.random.Generator) -> None:
    height, width = sheet.shape
    for _ in range(int(rng.integers(1, 4))):
        turn = np.cumsum(rng.normal(0, 0.25, 30)) + rng.uniform(0, 6.3)
        step = rng.uniform(0.1, 0.35) * height_px
        points = np.cumsum(np.column_stack([np.cos(turn), np.sin(turn)]) * step, axis=0)
        points += np.array([rng.uniform(0, width), rng.uniform(0, height)])
        sheet *= 1 - rng.uniform(0.3, 0.9) * _draw_path(sheet.shape, points, max(1.0, 0.02 * height_px))


def _stain(sheet: Gray, height_px: float, rng: np.random.Generator) -> None:
    height, width = sheet.shape
    at = (round(rng.uniform(0, width)), round(rng.uniform(0, height)))
    size = rng.uniform(1, 5) * height_px
    layer = np.zeros((height, width), np.uint8)
    thick = -1 if rng.random() < 0.4 else max(1, round(0.12 * size))
    cv2.ellipse(layer, at, (round(size), round(size * rng.uniform(0.7, 1))), 0, 0, 360, 255, thick, cv2.LINE_AA)
    soft = cv2.GaussianBlur(layer, (0, 0), max(0.8, 0.05 * size)).astype(np.float32) / 255
    sheet *= 1 - rng.uniform(0.08, 0.35) * soft


def _stamp(sheet: Gray, height_px: float, rng: np.random.Generator) -> None:
    """Press a round or square stamp with unreadable print."""
    height, width = sheet.shape
    size = rng.uniform(1.5, 4) * height_px
    x, y = rng.uniform(0, width), rng.uniform(0, height)
    layer = np.zeros((height, width), np.uint8)
    pen = max(1, round(0.06 * size))
    if rng.random() < 0.5:
        cv2.circle(layer, (round(x), round(y)), round(size), 255, pen, cv2.LINE_AA)
        cv2.circle(layer, (round(x), round(y)), round(0.7 * size), 255, pen, cv2.LINE_AA)
    else:
        cv2.rectangle(
            layer, (round(x - size), round(y - 0.6 * size)), (round(x + size), round(y + 0.6 * size)), 255, pen
        )
    for k in range(int(rng.integers(2, 12))):
        turn = 0.5 * k
        at = (round(x + 0.85 * size * np.cos(turn)), round(y + 0.85 * size * np.sin(turn)))
        cv2.putText(
            layer, chr(65 + int(rng.integers(26))), at, cv2.FONT_HERSHEY_SIMPLEX, size / 120, 255, max(1, pen // 2)
        )
    worn = layer.astype(np.float32) / 255 * np.clip(0.8 + 0.4 * draw_grain((width, height), 3.0, rng), 0, 1)
    sheet *= 1 - rng.uniform(0.2, 0.7) * worn


def _lay_stripes(sheet: Gray, height_px: float, rng: np.random.Generator) -> None:
    """Let a flickering lamp lay bands over the picture."""
    height, width = sheet.shape
    along = np.arange(height if rng.random() < 0.5 else width, dtype=np.float32)
    wave = 1 - rng.uniform(0.05, 0.4) * (0.5 + 0.5 * np.sin(2 * np.pi * along / (rng.uniform(0.5, 6) * height_px)))
    sheet *= (wave[:, None] if len(along) == height else wave[None]).astype(np.float32)


def _gutter(sheet: Gray, height_px: float, rng: np.random.Generator) -> None:
    """Darken the sheet towards a book's fold."""
    height, width = sheet.shape
    distance = np.abs(np.arange(width, dtype=np.float32) - rng.choice([0.0, 0.5, 1.0]) * width)
    reach = rng.uniform(0.5, 3) * height_px
    sheet *= 1 - np.float32(rng.uniform(0.2, 0.7)) * np.exp(-distance / reach)[None]


_DAMAGE = (
    (0.08, _darken_label),
    (0.15, _crease),
    (0.12, _lay_hair),
    (0.08, _stain),
    (0.06, _stamp),
    (0.04, _lay_stripes),
    (0.05, _gutter),
)
"""Share of the sheets with each kind of damage."""
