"""Photographs a sheet in color: pose of the camera, light, lens, sensor."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from train.synthesis.photos.color_paper import Color, Sheet, make_cloud

Outline = tuple[tuple[float, float], ...]
"""Corners (x, y) of a shape, as shares of the photo's width and height."""


@dataclass(frozen=True, slots=True)
class Light:
    """How a scene is lit.

    Attributes
    ----------
    level : brightness at the middle of the photo, 1 leaves white white
    fall_off : how much darker the far side is than the near one, 0..1
    from_deg : where the light comes from, 0 right, 90 top
    vignette : how much darker the corners are, 0..1
    tint : the lamp's blue, green and red
    shadow : outline of what stands in the light, or nothing
    shadow_depth : share of the light that it takes, 0..1
    penumbra_frac : softness of the shadow's edge, of the photo's width
    """

    level: float = 0.62
    fall_off: float = 0.25
    from_deg: float = 120.0
    vignette: float = 0.15
    tint: Color = (0.96, 1.0, 1.02)
    shadow: Outline = ()
    shadow_depth: float = 0.5
    penumbra_frac: float = 0.01


@dataclass(frozen=True, slots=True)
class Camera:
    """What lens and sensor add: blur as a deviation in px, noise as a deviation of white, lens blur at the corners."""

    blur_px: float = 0.7
    noise: float = 0.012
    corner_blur_px: float = 0.5


def light_scene(size_px: tuple[int, int], light: Light, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the light that falls on each pixel, float32 (H, W, 3); size is (W, H)."""
    width, height = size_px
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    angle = np.deg2rad(light.from_deg)
    toward = (x * np.cos(angle) - y * np.sin(angle)) / np.sqrt(2)
    amount = 1 + light.fall_off * (0.5 * toward + 0.15 * toward**2)
    amount = amount * (1 - light.vignette * (x**2 + y**2) / 2)
    amount = amount * (1 + 0.02 * make_cloud(size_px, width / 3, rng))
    if light.shadow:
        amount = amount * (1 - light.shadow_depth * _cast_shadow(size_px, light))
    return (light.level * amount)[:, :, None] * np.array(light.tint, np.float32)


def _cast_shadow(size_px: tuple[int, int], light: Light) -> NDArray[np.float32]:
    """Return where the shadow lies, float32 (H, W), 0 lit .. 1 dark."""
    corners = np.rint(np.array(light.shadow) * np.array(size_px)).astype(np.int32)
    shade = np.zeros(size_px[::-1], np.float32)
    cv2.fillPoly(shade, [corners], 1.0, cv2.LINE_AA)
    return cv2.GaussianBlur(shade, (0, 0), max(0.6, light.penumbra_frac * size_px[0]))


def find_view(sheet_corners_px: NDArray[np.float64], photo_corners_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the homography (3, 3) that takes four points of the sheet to four points of the photo, px (4, 2) each."""
    return cv2.getPerspectiveTransform(sheet_corners_px.astype(np.float32), photo_corners_px.astype(np.float32))


def lay_on(desk: Sheet, sheet: Sheet, view: NDArray[np.float64], lift_px: float = 0.0) -> Sheet:
    """Return `desk` (H, W, 3) with `sheet` lying on it as `view` says; a lifted sheet throws a soft shadow."""
    size = desk.shape[1], desk.shape[0]
    seen = cv2.warpPerspective(sheet, view, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    there = cv2.warpPerspective(np.ones(sheet.shape[:2], np.float32), view, size, flags=cv2.INTER_LINEAR)[:, :, None]
    if lift_px > 0:
        shift = np.array([[1, 0, lift_px], [0, 1, lift_px]], np.float64)
        shade = cv2.GaussianBlur(cv2.warpAffine(there, shift, size), (0, 0), lift_px)[:, :, None]
        desk = desk * (1 - 0.55 * shade)
    return desk * (1 - there) + seen * there


def take_photo(scene: Sheet, light: Light, camera: Camera, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the photo of a lit scene.

    Parameters
    ----------
    scene : float32 (H, W, 3), linear reflectance
    light, camera : how it is lit and with what it is taken
    rng : source of the noise

    Returns
    -------
    uint8 (H, W, 3), blue green red, with the curve of sRGB
    """
    size = scene.shape[1], scene.shape[0]
    lit = scene * light_scene(size, light, rng)
    lit = _blur_lens(lit, camera)
    lit += _draw_noise(lit, camera.noise, rng)
    lit = np.clip(lit, 0, 1)
    encoded = np.where(lit <= 0.0031308, 12.92 * lit, 1.055 * np.power(lit, 1 / 2.4) - 0.055)
    return np.rint(255 * encoded).astype(np.uint8)


def _blur_lens(lit: Sheet, camera: Camera) -> Sheet:
    """Return `lit` as the lens draws it: a little soft, softer toward the corners."""
    sharp = cv2.GaussianBlur(lit, (0, 0), camera.blur_px)
    if camera.corner_blur_px <= 0:
        return sharp
    soft = cv2.GaussianBlur(sharp, (0, 0), camera.corner_blur_px + 0.5)
    x = np.linspace(-1, 1, lit.shape[1], dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, lit.shape[0], dtype=np.float32)[:, None]
    share = np.clip((x**2 + y**2) / 2, 0, 1)[:, :, None]
    return sharp * (1 - share) + soft * share


def _draw_noise(lit: Sheet, deviation: float, rng: np.random.Generator) -> Sheet:
    """Return sensor noise for `lit`: it grows with the light's root, and a phone's own smoothing has clumped it."""
    shape = lit.shape[:2]
    luma = rng.standard_normal(shape, dtype=np.float32)[:, :, None]
    chroma = cv2.GaussianBlur(rng.standard_normal((*shape, 3), dtype=np.float32), (0, 0), 1.6) * 3.0
    grain = cv2.GaussianBlur(luma, (0, 0), 0.6)[:, :, None] * 1.6 + 0.5 * chroma
    return deviation * grain * np.sqrt(np.clip(lit, 0, 1) * 0.9 + 0.02)
