"""Scenes that hold no writing: a face, grass, a brick wall, leaves, branches, a desk with things on it.

A scene is gray, float32 (H, W), linear reflectance, 0 black .. 1 white; size is (W, H).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from train.synthesis.photos.color_camera import find_view
from train.synthesis.photos.color_paper import make_desk
from train.synthesis.photos.gray_paper import Gray, draw_grain

_SUBPIXEL_BITS = 4
_ONE = 1 << _SUBPIXEL_BITS


def draw_grass(size_px: tuple[int, int], rng: np.random.Generator) -> Gray:
    """Return thousands of blades in perspective, under a sky at times, or a lawn from above."""
    width, height = size_px
    horizon = height * rng.choice([-0.6, -0.15, rng.uniform(0.1, 0.4)])
    scene = np.full((height, width), rng.uniform(0.02, 0.1), np.float32)
    if horizon > 0:
        scene[: int(horizon)] = np.linspace(rng.uniform(0.4, 0.8), 0.9, int(horizon))[:, None]
    longest, bright = height * rng.uniform(0.08, 0.3), rng.uniform(0.15, 0.5)
    n = int(rng.integers(2500, 6000))
    for depth in np.sort(rng.random(n) ** 0.6):
        root = np.array([rng.uniform(-0.05, 1.05) * width, horizon + (1.1 * height - horizon) * depth])
        length = longest * (0.08 + depth) * rng.uniform(0.5, 1.3)
        lean = rng.normal(0.1, 0.5)
        t = np.linspace(0, 1, 7)
        path = root + length * np.stack([lean * t**2, -t * np.sqrt(1 / (1 + lean**2))], axis=1)
        level = bright * rng.uniform(0.3, 1.5) * (0.7 + 0.3 * depth)
        _draw_blade(scene, path, max(0.7, 0.035 * length * rng.uniform(0.5, 1.5)), level)
    return np.clip(scene * (1 + 0.05 * draw_grain(size_px, 2.0, rng)), 0, 1).astype(np.float32)


def _draw_blade(scene: Gray, path: NDArray[np.float64], width_px: float, level: float) -> None:
    """Fill a blade along `path` (N, 2), in place: broad at its root, pointed at its tip."""
    along = np.gradient(path, axis=0)
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.maximum(np.hypot(*along.T), 1e-6)[:, None]
    half = normal * (0.5 * width_px * (1 - np.linspace(0, 1, len(path)) ** 2))[:, None]
    outline = np.concatenate([path - half, (path + half)[::-1]])
    cv2.fillPoly(scene, [np.rint(outline * _ONE).astype(np.int32)], float(min(level, 1)), cv2.LINE_AA, _SUBPIXEL_BITS)


def draw_bricks(size_px: tuple[int, int], rng: np.random.Generator) -> Gray:
    """Return a brick wall, square to the camera or aslant: mortar, a shade for each brick, chips and stains."""
    width, height = size_px
    course = height / rng.uniform(5, 22)
    long, joint = course * rng.uniform(1.8, 3.6), max(1.5, course * rng.uniform(0.08, 0.2))
    mortar, level = rng.uniform(0.25, 0.75), rng.uniform(0.1, 0.5)
    wide, tall = int(1.5 * width), int(1.5 * height)
    wall = np.full((tall, wide), mortar, np.float32)
    for row, top in enumerate(np.arange(-course, tall, course)):
        left = -(row % 2) * long / 2 - long + rng.normal(0, 0.03 * long)
        while left < wide:
            length = long / 2 if rng.random() < 0.1 else long
            corners = np.array([(left, top), (left + length - joint, top + course - joint)])
            corners += rng.normal(0, 0.08 * joint, (2, 2))
            (x0, y0), (x1, y1) = np.rint(corners).astype(int)
            cv2.rectangle(wall, (x0, y0), (x1, y1), float(level * rng.uniform(0.7, 1.35)), cv2.FILLED)
            left += length
    rough = draw_grain((wide, tall), rng.uniform(1.5, 4), rng)
    wall *= 1 + rng.uniform(0.03, 0.15) * rough + 0.1 * draw_grain((wide, tall), 0.4 * course, rng)
    wall = cv2.GaussianBlur(wall, (0, 0), 0.8)
    low = np.array([(0.17, 0.17), (0.83, 0.17), (0.83, 0.83), (0.17, 0.83)]) + rng.uniform(-0.13, 0.13, (4, 2))
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float64) * size_px
    view = find_view(low * [wide, tall], square)
    return np.clip(cv2.warpPerspective(wall, view, size_px, flags=cv2.INTER_AREA), 0, 1).astype(np.float32)


def draw_wood(size_px: tuple[int, int], rng: np.random.Generator) -> Gray:
    """Return planks: grain that runs along them, knots that it flows around, joints between them."""
    width, height = size_px
    grain = make_desk(size_px, (float(rng.uniform(0.1, 0.6)),) * 3, rng)[:, :, 0]
    rows, x = np.mgrid[0:height, 0:width].astype(np.float32)
    y = rows.astype(np.float64)
    for _ in range(int(rng.integers(0, 5))):
        at, reach = rng.uniform(0, 1, 2) * size_px, height * rng.uniform(0.03, 0.1)
        away = np.hypot((x - at[0]) / 2, y - at[1]) / reach
        y = y + reach * np.exp(-(away**2)) * np.sign(y - at[1])
        grain = grain * (1 - 0.5 * np.exp(-4 * away**2) * (0.7 + 0.3 * np.cos(14 * away)))
    scene = cv2.remap(
        grain.astype(np.float32), x, y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    for at_y in np.arange(rng.uniform(0.1, 0.4), 1, rng.uniform(0.15, 0.5)) * height * (rng.random() < 0.6):
        cv2.line(scene, (0, int(at_y)), (width, int(at_y)), float(0.4 * scene.mean()), int(rng.integers(1, 4)))
    return np.ascontiguousarray(scene.T if width == height and rng.random() < 0.5 else scene)


def draw_desk(size_px: tuple[int, int], rng: np.random.Generator) -> Gray:
    """Return a desk from above: blank sheets, a cup, pens and an eraser on wood or on one color."""
    width, height = size_px
    scene = (
        draw_wood(size_px, rng) if rng.random() < 0.6 else np.full((height, width), rng.uniform(0.05, 0.7), np.float32)
    )
    for _ in range(int(rng.integers(1, 4))):
        sides = np.array([rng.uniform(0.25, 0.5), rng.uniform(0.2, 0.4)]) * width
        _lay_slab(scene, rng.uniform(0.1, 0.9, 2) * size_px, sides, rng.uniform(0, np.pi), rng.uniform(0.5, 0.9), 3)
    for _ in range(int(rng.integers(1, 5))):
        sides = np.array([0.28, rng.uniform(0.012, 0.025)]) * width * rng.uniform(0.7, 1.2)
        at, turn = rng.uniform(0.1, 0.9, 2) * size_px, rng.uniform(0, np.pi)
        _lay_slab(scene, at, sides, turn, rng.uniform(0.02, 0.5), 4)
        _lay_slab(scene, at, sides * [0.98, 0.25], turn, rng.uniform(0.3, 0.9), 0)
    if rng.random() < 0.6:
        x, y = np.rint(rng.uniform(0.15, 0.85, 2) * size_px).astype(int)
        radius = round(width * rng.uniform(0.08, 0.14))
        for share, level in ((1.0, rng.uniform(0.5, 0.9)), (0.88, rng.uniform(0.2, 0.4)), (0.82, 0.05)):
            cv2.circle(scene, (int(x), int(y)), round(radius * share), float(level), cv2.FILLED, cv2.LINE_AA)
    _lay_slab(scene, rng.uniform(0.1, 0.9, 2) * size_px, np.array([0.09, 0.04]) * width, rng.uniform(0, 3), 0.8, 4)
    return np.clip(scene * (1 + 0.01 * draw_grain(size_px, 1.5, rng)), 0, 1).astype(np.float32)


def _lay_slab(
    scene: Gray, at: NDArray[np.float64], sides: NDArray[np.float64], turn: float, level: float, lift_px: float
) -> None:
    """Lay a flat thing of two sides at a place, in place, with its soft shadow."""
    across = np.array([np.cos(turn), np.sin(turn)]) * sides[0] / 2
    down = np.array([-np.sin(turn), np.cos(turn)]) * sides[1] / 2
    corners = np.array([at - across - down, at + across - down, at + across + down, at - across + down])
    there = np.zeros(scene.shape, np.float32)
    cv2.fillConvexPoly(there, np.rint(corners * _ONE).astype(np.int32), 1.0, cv2.LINE_AA, _SUBPIXEL_BITS)
    if lift_px > 0:
        move = np.array([[1, 0, lift_px], [0, 1, lift_px]], np.float64)
        scene *= 1 - 0.5 * cv2.GaussianBlur(cv2.warpAffine(there, move, there.shape[::-1]), (0, 0), lift_px)
    scene *= 1 - there
    scene += there * np.float32(level)


def draw_leaves(size_px: tuple[int, int], rng: np.random.Generator) -> Gray:
    """Return fallen leaves or a hedge: many pointed ellipses with a vein, one over the other."""
    width, height = size_px
    scene = np.full((height, width), rng.uniform(0.03, 0.5), np.float32)
    scene *= 1 + 0.2 * draw_grain(size_px, 6, rng)
    length = width * rng.uniform(0.05, 0.25)
    bright = rng.uniform(0.1, 0.5)
    for _ in range(int(rng.integers(1, 4) * 60 * (0.12 * width / length) ** 1.5) + 5):
        long, turn = length * rng.uniform(0.6, 1.3), rng.uniform(0, 2 * np.pi)
        t = np.linspace(0, 1, 20)
        half = 0.28 * long * np.sin(np.pi * t) ** 0.8 * (1.3 - 0.6 * t)
        middle = np.stack([long * t, 0.1 * long * np.sin(np.pi * t) * rng.normal()], axis=1)
        rim = np.concatenate([middle + np.stack([0 * t, half], 1), (middle - np.stack([0 * t, half], 1))[::-1]])
        matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        at, level = rng.uniform(-0.05, 1.05, 2) * size_px, float(bright * rng.uniform(0.5, 1.7))
        outline, vein = (np.rint((part @ matrix + at) * _ONE).astype(np.int32) for part in (rim, middle))
        cv2.fillPoly(scene, [outline + 3 * _ONE], float(0.4 * scene.mean()), cv2.LINE_AA, _SUBPIXEL_BITS)
        cv2.fillPoly(scene, [outline], min(level, 1.0), cv2.LINE_AA, _SUBPIXEL_BITS)
        cv2.polylines(scene, [vein], False, min(1.0, 1.5 * level), max(1, round(0.015 * long)), cv2.LINE_AA, 4)
    return np.clip(scene * (1 + 0.06 * draw_grain(size_px, 3, rng)), 0, 1).astype(np.float32)


def draw_branches(size_px: tuple[int, int], rng: np.random.Generator) -> Gray:
    """Return a leafless tree against the sky: limbs that part into ever thinner twigs."""
    width, height = size_px
    sky = np.linspace(rng.uniform(0.4, 0.8), rng.uniform(0.6, 0.95), height, dtype=np.float32)[:, None]
    scene: Gray = np.ascontiguousarray(np.broadcast_to(sky, (height, width))).astype(np.float32)
    scene *= 1 + 0.04 * draw_grain(size_px, width / 5, rng)
    for _ in range(int(rng.integers(1, 4))):
        root = np.array([rng.uniform(0.05, 0.95) * width, height * rng.uniform(0.9, 1.05)])
        _grow(scene, root, rng.normal(-np.pi / 2, 0.2), height * rng.uniform(0.2, 0.3), 0.03 * height, 8, rng)
    return np.clip(scene, 0, 1).astype(np.float32)


def _grow(
    scene: Gray,
    root: NDArray[np.float64],
    angle: float,
    length: float,
    width_px: float,
    left: int,
    rng: np.random.Generator,
) -> None:
    """Draw a limb and what grows from its end, in place."""
    if left == 0 or width_px < 0.4:
        return
    bend = rng.normal(0, 0.25)
    steps = np.cumsum([[np.cos(angle + bend * t), np.sin(angle + bend * t)] for t in np.linspace(0, 1, 5)], axis=0)
    path = np.concatenate([[root], root + steps * length / 5])
    bark = float(rng.uniform(0.03, 0.12))
    cv2.polylines(scene, [np.rint(path * _ONE).astype(np.int32)], False, bark, max(1, round(width_px)), cv2.LINE_AA, 4)
    for _ in range(2 if rng.random() < 0.75 else 3):
        _grow(
            scene,
            path[-1],
            angle + bend + rng.normal(0, 0.5),
            length * rng.uniform(0.6, 0.9),
            0.66 * width_px,
            left - 1,
            rng,
        )
