"""A face drawn by code: a shaded head with hair, eyes, brows, nose and mouth, soft light, skin and shoulders."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from train.synthesis.photos.gray_paper import Gray, draw_grain


@dataclass(frozen=True, slots=True, eq=False)
class _Head:
    """Coordinates about the head: x, y float32 (H, W), the head about 1 wide either way and 1.3 high; `scale` in px."""

    x: Gray
    y: Gray
    scale: float

    def blot(self, x: float, y: float, wide: float, high: float) -> Gray:
        """Return a soft blot about (x, y), 0..1."""
        return np.exp(-(((self.x - x) / wide) ** 2) - ((self.y - y) / high) ** 2).astype(np.float32)

    def disc(self, x: float, y: float, wide: float, high: float, power: float = 2.0) -> Gray:
        """Return a filled ellipse about (x, y) with an edge of about 1.5 px, 0..1."""
        away = (np.abs((self.x - x) / wide) ** power + np.abs((self.y - y) / high) ** power) ** (1 / power)
        return np.clip(0.5 + (1 - away) * min(wide, high) * self.scale / 1.5, 0, 1).astype(np.float32)

    def place(self, points: NDArray[np.float64]) -> NDArray[np.int32]:
        """Return points (N, 2) of the head in sixteenths of a px."""
        height, width = self.x.shape
        origin = np.array([-self.x[0, 0], -self.y[0, 0]]) * self.scale
        return np.rint((points * self.scale + origin) * 16).astype(np.int32)


def draw_face(size_px: tuple[int, int], rng: np.random.Generator) -> Gray:
    """Return a portrait, float32 (H, W), linear reflectance; size is (W, H)."""
    head = _place_head(size_px, rng)
    scene = np.full(head.x.shape, rng.uniform(0.1, 0.8), np.float32)
    scene *= 1 + rng.uniform(0.02, 0.25) * draw_grain(size_px, size_px[0] / rng.uniform(3, 9), rng)
    skin, hair = float(rng.uniform(0.15, 0.65)), float(rng.choice([0.02, 0.05, 0.12, 0.35, 0.6]))
    is_long = rng.random() < 0.5
    _cover(scene, head.disc(0, -0.35, 1.12, 1.12), hair)
    if is_long:
        _cover(scene, head.disc(0, 0.5, 1.25, 1.5, 3), hair)
    _cover(scene, head.disc(0, 1.5, 0.48, 0.9, 4), 0.75 * skin)
    _cover(scene, head.disc(0, 3.0, 2.2, 1.25, 3), float(rng.uniform(0.03, 0.7)))
    for side in (-1, 1):
        _cover(scene, head.disc(side * 0.97, 0.1, 0.13, 0.27), 0.8 * skin)
    _shade_head(scene, head, skin, rng)
    open_frac = rng.uniform(0.6, 1.2)
    for side in (-1, 1):
        _draw_eye(scene, head, side * 0.4, -0.08, open_frac, skin, rng)
    _draw_nose(scene, head, skin)
    _draw_mouth(scene, head, skin, rng)
    _draw_hair(scene, head, hair, is_long, rng)
    if rng.random() < 0.3:
        _draw_glasses(scene, head, rng)
    scene *= 1 + 0.015 * draw_grain(size_px, 1.5, rng)
    return np.clip(cv2.GaussianBlur(scene, (0, 0), 0.8), 0, 1).astype(np.float32)


def _place_head(size_px: tuple[int, int], rng: np.random.Generator) -> _Head:
    """Return where the head is: somewhere near the middle, at most filling the picture."""
    width, height = size_px
    scale = min(width, height) * rng.uniform(0.16, 0.36)
    middle = np.array([width * rng.uniform(0.38, 0.62), height * rng.uniform(0.38, 0.5)])
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = (x - np.float32(middle[0])) / scale, (y - np.float32(middle[1])) / scale
    return _Head(x.astype(np.float32), y.astype(np.float32), float(scale))


def _cover(scene: Gray, there: Gray, level: float | Gray) -> None:
    """Lay a shape over the scene, in place."""
    scene *= 1 - there
    scene += there * np.asarray(level, np.float32)


def _shade_head(scene: Gray, head: _Head, skin: float, rng: np.random.Generator) -> None:
    """Lay the head over the scene, lit as an egg is: cheeks bright, eye sockets, temples and the far side dark."""
    jaw = 0.95 - 0.22 * np.clip(head.y, 0, 1.3) ** 1.6
    wide, high = jaw.astype(np.float32), np.float32(1.3)
    away = (head.x / wide) ** 2 + (head.y / high) ** 2
    outward = np.sqrt(np.clip(1 - away, 0, 1))
    light = np.array([rng.uniform(-0.7, 0.7), rng.uniform(-0.6, 0.1), 1.0])
    light /= np.linalg.norm(light)
    lit = 0.45 + 0.65 * np.clip(light[0] * head.x / wide + light[1] * head.y / high + light[2] * outward, 0, 1)
    for side in (-1, 1):
        lit -= 0.22 * head.blot(side * 0.4, -0.13, 0.26, 0.16)
        lit += 0.10 * head.blot(side * 0.48, 0.3, 0.25, 0.2)
    lit -= 0.12 * head.blot(0, 0.92, 0.3, 0.07)
    lit *= 1 + 0.025 * draw_grain((head.x.shape[1], head.x.shape[0]), 0.12 * head.scale, rng)
    there = np.clip(0.5 + (1 - np.sqrt(away)) * head.scale / 1.5, 0, 1).astype(np.float32)
    _cover(scene, there, (skin * lit).astype(np.float32))


def _draw_eye(
    scene: Gray, head: _Head, x: float, y: float, open_frac: float, skin: float, rng: np.random.Generator
) -> None:
    """Draw an eye with its lid and its brow, in place."""
    white = head.disc(x, y, 0.2, 0.09 * open_frac, 1.7)
    _cover(scene, white, min(0.8, 0.3 + skin))
    _cover(scene, white * head.disc(x, y, 0.09, 0.09), float(rng.uniform(0.03, 0.25)))
    _cover(scene, white * head.disc(x, y, 0.04, 0.04), 0.01)
    _cover(scene, head.disc(x + 0.03, y - 0.03, 0.015, 0.015), 0.95)
    t = np.linspace(-1, 1, 15)
    lid = np.stack([x + 0.22 * t, y - 0.09 * open_frac * (1 - t**2) ** 0.7 - 0.005], axis=1)
    cv2.polylines(scene, [head.place(lid)], False, 0.15 * skin, max(1, round(0.03 * head.scale)), cv2.LINE_AA, 4)
    crease = lid + [0, -0.06]
    cv2.polylines(scene, [head.place(crease)], False, 0.55 * skin, max(1, round(0.012 * head.scale)), cv2.LINE_AA, 4)
    outward = np.sign(x)
    for _ in range(90):
        along = rng.uniform(-1, 1)
        start = np.array([x + 0.25 * along * outward, y - 0.27 - 0.05 * (1 - along**2) + rng.normal(0, 0.014)])
        hair = np.stack([start, start + [0.05 * outward, rng.normal(-0.01, 0.015)]])
        cv2.polylines(scene, [head.place(hair)], False, 0.2 * skin, 1, cv2.LINE_AA, 4)


def _draw_nose(scene: Gray, head: _Head, skin: float) -> None:
    """Draw the nose, in place: a bright ridge, dark sides below, two nostrils."""
    scene *= 1 + 0.14 * head.blot(0, 0.1, 0.05, 0.35) + 0.12 * head.blot(-0.01, 0.38, 0.06, 0.06)
    scene *= 1 - 0.22 * head.blot(0.14, 0.36, 0.06, 0.14) - 0.12 * head.blot(-0.15, 0.38, 0.05, 0.1)
    scene *= 1 - 0.25 * head.blot(0, 0.49, 0.16, 0.03)
    for side in (-1, 1):
        _cover(scene, 0.85 * head.blot(side * 0.075, 0.465, 0.04, 0.02), 0.12 * skin)


def _draw_mouth(scene: Gray, head: _Head, skin: float, rng: np.random.Generator) -> None:
    """Draw the lips and the line between them, in place."""
    smile, wide = rng.uniform(-0.03, 0.09), rng.uniform(0.24, 0.34)
    curve = (head.y - 0.74 + smile * (head.x / wide) ** 2 - smile / 2).astype(np.float32)
    inside = np.clip(1 - (head.x / wide) ** 2, 0, 1)
    for low, high, share in ((-0.08, 0.0, 0.55), (0.0, 0.11, 0.7)):
        there = np.clip((curve - low * inside) * head.scale, 0, 1) * np.clip((high * inside - curve) * head.scale, 0, 1)
        _cover(scene, (0.8 * there).astype(np.float32), share * skin)
    line = np.exp(-((curve / 0.014) ** 2)) * np.clip(inside * 3, 0, 1)
    _cover(scene, (0.9 * line).astype(np.float32), 0.15 * skin)


def _draw_hair(scene: Gray, head: _Head, hair: float, is_long: bool, rng: np.random.Generator) -> None:
    """Draw nearly two thousand hairs from a parting over the top and, where it is long, down both sides, in place."""
    parting = rng.uniform(-0.4, 0.4)
    down = 1.7 if is_long else 0.05
    for _ in range(1800):
        side = 1 if rng.random() < 0.5 + parting / 2 else -1
        t = np.linspace(0, 1, 12)
        out = rng.uniform(0.88, 1.17)
        swing = rng.uniform(0.75, 1.0) * np.pi / 2 * t
        x = parting * (1 - t) + side * out * np.sin(swing)
        y = (
            -0.2
            - rng.uniform(0.85, 1.2) * np.cos(swing)
            + (down - 0.05) * rng.uniform(0.7, 1.0) * np.clip(t - 0.5, 0, 1) * 2
        )
        path = np.stack([x, y], axis=1) + rng.normal(0, 0.02, 2)
        level = float(np.clip(hair * rng.uniform(0.75, 1.3), 0, 1))
        cv2.polylines(scene, [head.place(path)], False, level, max(1, round(0.015 * head.scale)), cv2.LINE_AA, 4)


def _draw_glasses(scene: Gray, head: _Head, rng: np.random.Generator) -> None:
    """Draw a pair of glasses, in place."""
    level, width_px = float(rng.uniform(0.02, 0.3)), max(1, round(rng.uniform(0.02, 0.05) * head.scale))
    turn = np.linspace(0, 2 * np.pi, 40)
    for side in (-1, 1):
        rim = np.stack([side * 0.42 + 0.3 * np.cos(turn), -0.05 + 0.22 * np.sin(turn)], axis=1)
        cv2.polylines(scene, [head.place(rim)], True, level, width_px, cv2.LINE_AA, 4)
        arm = np.array([(side * 0.72, -0.07), (side * 0.97, -0.02)])
        cv2.polylines(scene, [head.place(arm)], False, level, width_px, cv2.LINE_AA, 4)
    bridge = np.array([(-0.12, -0.06), (0, -0.1), (0.12, -0.06)])
    cv2.polylines(scene, [head.place(bridge)], False, level, width_px, cv2.LINE_AA, 4)
