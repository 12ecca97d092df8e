"""Photographs a gray sheet, fast, and maps its truth to the photo.

`train.synthesis.photos.color_camera` does the same in color, slower and in more detail.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from train.synthesis.photos.color_camera import Light, find_view, light_scene
from train.synthesis.photos.gray_paper import Gray, draw_grain, draw_noise

Corners = NDArray[np.float64]

_SQUARE = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float64)
_MOST_BLUR_FRAC = 0.04
_LIGHT_STEP = 4
"""Light changes slowly: it is drawn this many times coarser than the photo."""


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """How a sheet is photographed: `view` takes px of the sheet to px of the photo, (3, 3)."""

    view: NDArray[np.float64]
    has_desk: bool
    light: Light
    blur_px: float
    noise: float
    quality: int


def aim(size_px: tuple[int, int], height_px: float, rng: np.random.Generator, has_desk: bool, is_flat: bool) -> Shot:
    """Return a shot at random of a sheet of `size_px` (W, H); the photo has the same size.

    Without a desk the sheet's rim lies outside of the photo; `is_flat` is a scan or a screen. It is never so blurred
    that digits of `height_px` cannot be read.
    """
    size = np.array(size_px, np.float64)
    light = Light(1.0, 0.0, 0.0, 0.0, (1.0, 1.0, 1.0)) if is_flat else draw_light(rng)
    small = min(size_px) < 120
    blur = rng.uniform(0.3, 0.7) if small else float(np.exp(rng.uniform(np.log(0.35), np.log(1.8))))
    blur = min(blur, max(0.3, _MOST_BLUR_FRAC * height_px))
    noise = float(np.exp(rng.uniform(np.log(0.001), np.log(0.02))))
    quality = int(rng.integers(60, 96) if small else rng.integers(30, 96))
    if is_flat:
        return Shot(np.eye(3), False, light, blur, noise / 3, quality)
    corners = _place_corners(size, rng, has_desk)
    view = find_view(_SQUARE * size, corners) if has_desk else find_view(corners, _SQUARE * size)
    return Shot(view, has_desk, light, blur, noise, quality)


def draw_light(rng: np.random.Generator) -> Light:
    """Return light at random: even or from one side, dim or bright, sometimes with a hard or a soft shadow."""
    shadow: tuple[tuple[float, float], ...] = ()
    if rng.random() < 0.25:
        at = rng.uniform(-0.2, 1.2, 2)
        shadow = tuple((float(x), float(y)) for x, y in at + rng.uniform(-0.8, 0.8, (int(rng.integers(3, 6)), 2)))
    return Light(
        level=rng.uniform(0.25, 1.0),
        fall_off=rng.uniform(0, 0.9) if rng.random() < 0.6 else 0.1,
        from_deg=rng.uniform(0, 360),
        vignette=rng.uniform(0, 0.7) if rng.random() < 0.5 else 0.1,
        tint=(1.0, 1.0, 1.0),
        shadow=shadow,
        shadow_depth=rng.uniform(0.2, 0.65),
        penumbra_frac=float(np.exp(rng.uniform(np.log(0.003), np.log(0.08)))),
    )


def shoot(sheet: Gray, shot: Shot, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the photo, uint8 (H, W), of a sheet, float32 (H, W) linear reflectance."""
    size = sheet.shape[1], sheet.shape[0]
    scene = sheet
    if not np.array_equal(shot.view, np.eye(3)):
        scene = cv2.warpPerspective(sheet, shot.view, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if shot.has_desk:
        scene = _lay_on_desk(scene, shot.view, rng)
    coarse = (max(8, size[0] // _LIGHT_STEP), max(8, size[1] // _LIGHT_STEP))
    light = light_scene(coarse, shot.light, rng)[:, :, 1]
    scene = scene * cv2.resize(light, size, interpolation=cv2.INTER_LINEAR)
    scene = cv2.GaussianBlur(scene, (0, 0), shot.blur_px)
    seen = np.sqrt(np.clip(scene, 0, 1))  # a camera's curve is about the root of the light, and so its noise is even
    soft = cv2.GaussianBlur(draw_noise(size, rng), (3, 3), 0.6)
    seen += shot.noise * 1.6 * soft
    gray = np.clip(255 * seen + 0.5, 0, 255).astype(np.uint8)
    coded = cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, shot.quality])[1]
    photo: NDArray[np.uint8] = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)  # type: ignore[assignment]
    return photo


def carry(owner: NDArray[np.uint16], view: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Return whose ink lies where in the photo: `owner` (H, W) of the sheet, seen through `view`."""
    if np.array_equal(view, np.eye(3)):
        return owner
    size = owner.shape[1], owner.shape[0]
    return cv2.warpPerspective(owner, view, size, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)


def _place_corners(size: NDArray[np.float64], rng: np.random.Generator, has_desk: bool) -> Corners:
    """Return the corners (4, 2): of the sheet in the photo where there is a desk, else of the photo on the sheet."""
    turn = np.deg2rad(np.clip(rng.normal(0, 4), -10, 10))
    cosine, sine = np.cos(turn), np.sin(turn)
    reach = size.max() / size.min()
    fit = 1 / (cosine + abs(sine) * reach) * (rng.uniform(0.65, 0.92) if has_desk else rng.uniform(0.93, 1.0))
    corners = (_SQUARE - 0.5) * size * fit
    corners += rng.uniform(-0.025, 0.025, (4, 2)) * size * fit
    corners = corners @ np.array([[cosine, sine], [-sine, cosine]])
    slack = (size / 2 - np.abs(corners).max(axis=0)).clip(0)
    if has_desk:
        slack = slack + 0.1 * size * (rng.random() < 0.5)
        return corners + size / 2 + rng.uniform(-1, 1, 2) * slack
    corners += size / 2 + rng.uniform(-1, 1, 2) * slack
    return np.clip(corners, 0, size)


def _lay_on_desk(sheet: Gray, view: NDArray[np.float64], rng: np.random.Generator) -> Gray:
    """Return the scene with a desk where the sheet ends, the sheet's soft shadow, and at times a spiral binding."""
    height, width = sheet.shape
    outline = cv2.perspectiveTransform((_SQUARE * [width, height])[None], view)[0]
    there = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(there, np.rint(outline * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    desk = np.full((height, width), rng.choice([rng.uniform(0.03, 0.3), rng.uniform(0.3, 0.8)]), np.float32)
    desk *= 1 + rng.uniform(0.01, 0.07) * draw_grain((width, height), rng.uniform(2, 12), rng)
    lift = max(1.0, 0.006 * width)
    shade = cv2.GaussianBlur(there, (0, 0), lift).astype(np.float32) / 255
    desk *= 1 - 0.5 * shade
    share = there.astype(np.float32) * np.float32(1 / 255)
    scene: Gray = desk * (1 - share) + sheet * share
    if rng.random() < 0.35:
        _bind(scene, outline, rng)
    return scene


def _bind(scene: Gray, outline: Corners, rng: np.random.Generator) -> None:
    """Draw a spiral binding along one edge of the sheet, in place: dark holes with a wire through each."""
    at = int(rng.integers(4))
    start, end = outline[at], outline[(at + 1) % 4]
    n = int(rng.integers(15, 45))
    inward = outline.mean(axis=0) - (start + end) / 2
    inward /= max(1.0, float(np.hypot(*inward)))
    pitch = float(np.hypot(*(end - start))) / n
    level = float(rng.uniform(0.02, 0.2))
    for along in np.linspace(0.02, 0.98, n):
        hole = start + along * (end - start) + inward * pitch * 0.8
        wire = hole - inward * pitch * rng.uniform(1.0, 1.3)
        cv2.circle(scene, tuple(int(v) for v in np.rint(hole)), max(1, round(pitch / 4)), level, -1, cv2.LINE_8)
        ends = [tuple(int(v) for v in np.rint(point)) for point in (hole, wire)]
        cv2.line(scene, ends[0], ends[1], 0.5 * level, max(1, round(pitch / 5)), cv2.LINE_AA)
