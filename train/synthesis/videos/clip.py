"""Frames of a moving scene, and the numbers legible in each: in view, uncovered, and sharp enough."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from train.synthesis.photos.color_camera import Light, light_scene
from train.synthesis.photos.gray_paper import Gray, draw_noise
from train.synthesis.videos.cards import Card, Written
from train.synthesis.videos.motion import Keys, Path, read_keys

_LIGHT_STEP = 4
_LIFT_PX = 7
_MOST_BLUR, _MOST_SMEAR = 0.06, 0.2
"""Of the digits' height: deviation of the blur and length of the smear beyond which a frame cannot be read."""

_LEAST_RUN_S, _MOST_GAP_S = 0.3, 1.0
"""A number's stay begins with a run of legible frames; a blur shorter than the gap is a part of it."""

_BOX_EVERY_S = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class SceneObject:
    """An object in the scene, where it moves, and from when until when it is there, s."""

    card: Card
    path: Path
    from_s: float = 0.0
    until_s: float = np.inf
    has_shadow: bool = True


@dataclass(frozen=True, slots=True)
class Shade:
    """A shadow that passes: when, for how long, what share of the light it takes, how broad a share of the frame."""

    start_s: float
    seconds: float
    depth: float
    width_frac: float


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A scene and the camera that looks at it.

    Attributes
    ----------
    size_px, fps, seconds : of the video; size is (W, H)
    desk : what is behind all: reflectance float32 (H, W), larger than the frame, and where it moves
    objects : what lies or moves before it, the nearest last
    light : how it is lit
    level, blur_px, noise : brightness, deviation of the defocus and of the noise, over time
    exposure_s : how long the shutter is open
    shades : shadows that pass
    tint : of the lamp: a colormap uint8 (256, 1, 3), blue green red
    """

    size_px: tuple[int, int]
    fps: float
    seconds: float
    desk: SceneObject
    objects: tuple[SceneObject, ...]
    light: Light
    tint: NDArray[np.uint8]
    seed: tuple[int, ...]
    level: Keys = ((0.0, 1.0),)
    blur_px: Keys = ((0.0, 0.6),)
    noise: Keys = ((0.0, 0.008),)
    exposure_s: float = 0.012
    shades: tuple[Shade, ...] = ()
    _lit: list[Gray] = field(default_factory=list, repr=False)

    @property
    def n_frames(self) -> int:
        """Frames of the video."""
        return round(self.fps * self.seconds)

    def shoot(self, number: int) -> NDArray[np.uint8]:
        """Return frame `number`, from 0, uint8 (H, W, 3), blue green red."""
        time_s = number / self.fps
        scene = self._compose(time_s)
        scene *= self._light(time_s)
        scene = cv2.GaussianBlur(scene, (0, 0), read_keys(self.blur_px, time_s))
        scene = _smear(scene, self._measure_smear(time_s))
        np.clip(scene, 0, 1, out=scene)
        seen = np.sqrt(scene)  # a camera's curve is about the root of the light
        grain = draw_noise(self.size_px, np.random.default_rng([*self.seed, number]))
        seen += 1.6 * read_keys(self.noise, time_s) * cv2.GaussianBlur(grain, (3, 3), 0.6)
        gray = np.clip(255 * seen + 0.5, 0, 255).astype(np.uint8)
        return cv2.applyColorMap(gray, self.tint)

    def _list_objects(self, time_s: float) -> list[SceneObject]:
        return [item for item in self.objects if item.from_s <= time_s < item.until_s]

    def _compose(self, time_s: float) -> Gray:
        """Return what lies before the camera, float32 (H, W)."""
        desk = self.desk.card
        view = self.desk.path.find_view(time_s, desk.size_px)
        scene: Gray = cv2.warpPerspective(desk.sheet, view, self.size_px, borderMode=cv2.BORDER_REFLECT_101)
        for item in self._list_objects(time_s):
            _lay(scene, item, time_s)
        return scene

    def _light(self, time_s: float) -> Gray:
        if not self._lit:  # it changes in level and by shadows only
            coarse = self.size_px[0] // _LIGHT_STEP, self.size_px[1] // _LIGHT_STEP
            lit = light_scene(coarse, self.light, np.random.default_rng(self.seed))[:, :, 1]
            self._lit.append(cv2.resize(lit, self.size_px, interpolation=cv2.INTER_LINEAR))
        light: Gray = self._lit[0] * np.float32(read_keys(self.level, time_s))
        for shade in self.shades:
            at = (time_s - shade.start_s) / shade.seconds
            if 0 < at < 1:
                light *= _pass_shade(shade, at, self.size_px[0])
        return light

    def _measure_smear(self, time_s: float) -> tuple[float, float]:
        """Return how far what is written moves while the shutter is open, px (x, y)."""
        present = [item for item in self._list_objects(time_s) if item.card.numbers] or [self.desk]
        return max((item.path.measure_step(time_s, self.exposure_s) for item in present), key=lambda s: np.hypot(*s))

    def find_legible(self, number: int) -> dict[Written, Box]:
        """Return the numbers that frame `number` shows so that they can be read, and their boxes, px of the frame."""
        time_s = number / self.fps
        objects = self._list_objects(time_s)
        blur = read_keys(self.blur_px, time_s)
        views = [item.path.find_view(time_s, item.card.size_px) for item in objects]
        outlines = [_outline(item.card, view) for item, view in zip(objects, views, strict=True)]
        found = {}
        for at, (item, view) in enumerate(zip(objects, views, strict=True)):
            scale = float(np.exp(item.path.at(time_s)[2]))
            smear = float(np.hypot(*self._measure_smear(time_s)))
            for written in item.card.numbers:
                height = scale * written.height_px
                hull = cv2.perspectiveTransform(written.hull[None], view)[0].astype(np.float32)
                is_covered = any(cv2.intersectConvexConvex(hull, other)[0] > 0 for other in outlines[at + 1 :])
                is_sharp = blur <= _MOST_BLUR * height and smear <= _MOST_SMEAR * height
                if is_sharp and not is_covered and self._is_inside(hull):
                    left, top, width, breadth = cv2.boundingRect(hull)
                    found[written] = Box(left, top, left + width, top + breadth)
        return found

    def _is_inside(self, hull: NDArray[np.float32]) -> bool:
        return bool((hull >= 2).all() and (hull < np.array(self.size_px) - 2).all())

    def describe_numbers(self) -> list[dict[str, Any]]:
        """Return each number's stay: text, from_s, to_s, box in its first legible frame, and boxes along its path."""
        stays: dict[Written, list[tuple[int, Box]]] = {}
        for number in range(self.n_frames):
            for written, box in self.find_legible(number).items():
                stays.setdefault(written, []).append((number, box))
        parts = [(written, part) for written, seen in stays.items() for part in self._split(seen)]
        return [self._describe(written, part) for written, part in sorted(parts, key=lambda part: part[1][0][0])]

    def _split(self, seen: list[tuple[int, Box]]) -> list[list[tuple[int, Box]]]:
        """Return the stays of a number: legible frames with short gaps, each beginning with a run of them."""
        runs: list[list[tuple[int, Box]]] = []
        for found in seen:
            if runs and found[0] == runs[-1][-1][0] + 1:
                runs[-1].append(found)
            else:
                runs.append([found])
        stays: list[list[tuple[int, Box]]] = []
        for run in runs:
            if stays and run[0][0] - stays[-1][-1][0] <= _MOST_GAP_S * self.fps:
                stays[-1].extend(run)
            elif len(run) >= _LEAST_RUN_S * self.fps:
                stays.append(run)
        return stays

    def _describe(self, written: Written, stay: list[tuple[int, Box]]) -> dict[str, Any]:
        every = max(1, round(_BOX_EVERY_S * self.fps))
        (first, box), (last, _) = stay[0], stay[-1]
        path = [[round(number / self.fps, 3), *own.as_list()] for number, own in stay[::every]]
        times = {"from_s": round(first / self.fps, 3), "to_s": round((last + 1) / self.fps, 3)}
        return {"text": written.text, **times, "box": box.as_list(), "path": path}


def _lay(scene: Gray, item: SceneObject, time_s: float) -> None:
    """Lay a thing over the scene, in place, with the soft shadow that it throws."""
    card, size = item.card, (scene.shape[1], scene.shape[0])
    view = item.path.find_view(time_s, card.size_px)
    mask = np.full(card.sheet.shape, 255, np.uint8) if card.mask is None else card.mask
    there = cv2.warpPerspective(mask, view, size, flags=cv2.INTER_LINEAR)
    if not there.any():
        return
    share = there.astype(np.float32) * np.float32(1 / 255)
    seen = cv2.warpPerspective(card.sheet, view, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if item.has_shadow:
        small = cv2.resize(share, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
        soft = cv2.GaussianBlur(small, (0, 0), _LIFT_PX / 4)
        scene *= 1 - 0.45 * cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR)
    scene *= 1 - share
    scene += share * seen


def _outline(card: Card, view: NDArray[np.float64]) -> NDArray[np.float32]:
    width, height = card.size_px
    corners = np.array([[(0, 0), (width, 0), (width, height), (0, height)]], np.float64)
    return cv2.perspectiveTransform(corners, view)[0].astype(np.float32)


def _smear(scene: Gray, step_px: tuple[float, float]) -> Gray:
    """Return the scene smeared along a step, px (x, y)."""
    reach = round(float(np.hypot(*step_px)) / 2)
    if reach < 1:
        return scene
    side = 2 * reach + 1
    kernel = np.zeros((side, side), np.float32)
    half = np.array(step_px) / 2
    ends = [tuple(int(v) for v in np.rint(reach + sign * half)) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_AA)
    return cv2.filter2D(scene, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)


def _pass_shade(shade: Shade, at: float, width: int) -> Gray:
    """Return what a shadow leaves of the light, float32 (1, W), at the share `at` of its path."""
    half = shade.width_frac / 2
    middle = -half - 0.1 + at * (1.2 + 2 * half)
    away = np.abs(np.linspace(0, 1, width, dtype=np.float32) - np.float32(middle)) - half
    dark = np.clip(0.5 - away / 0.08, 0, 1)
    return (1 - shade.depth * dark)[None]
