"""Scenarios of videos: what is in front of the camera, how it moves, and what light and lens do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any

import numpy as np

from train.synthesis.handwriting.writers import WriterPool
from train.synthesis.negatives.scenes import draw_desk, draw_wood
from train.synthesis.pages.ink_layout import draw_text
from train.synthesis.photos.gray_camera import draw_light
from train.synthesis.photos.gray_paper import draw_grain
from train.synthesis.videos.cards import (
    Card,
    Style,
    draw_hand_card,
    draw_negative_card,
    draw_style,
    spread_page,
    write_card,
)
from train.synthesis.videos.clip import Clip, SceneObject, Shade
from train.synthesis.videos.motion import Jerk, Path, Pose, Sway, draw_sway, make_pose

SIZE_PX = (1280, 720)
"""Of the frame that lengths are given for."""

_DARKEST = 0.45
"""Least level of light: a camera's gain makes up for less."""


@dataclass(slots=True, eq=False)
class SceneBuilder:
    """Makes scenes of one video, from writers, fonts, a seed, and the frame's size px."""

    pool: WriterPool
    fonts: list[FilePath]
    seed: tuple[int, ...]
    size_px: tuple[int, int]
    fps: float
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    @property
    def unit(self) -> float:
        """Size of the frame against 1280x720."""
        return self.size_px[0] / SIZE_PX[0]

    def draw_texts(self, n: int, most: int = 6) -> list[str]:
        """Return n different numbers."""
        texts: list[str] = []
        while len(texts) < n:
            text = draw_text(self.rng, most)
            if text not in texts:
                texts.append(text)
        return texts

    def write(self, n: int, most: int = 6) -> Card:
        """Return a card with n numbers in rows."""
        return self.write_texts(self.draw_texts(n, most))

    def write_texts(self, texts: list[str]) -> Card:
        """Return a card with these numbers in rows."""
        return write_card([[text] for text in texts], self.draw_style(texts), self.rng)

    def draw_style(self, texts: list[str]) -> Style:
        """Return a style in which these numbers fit."""
        return draw_style(self.pool, max(map(len, texts)), len(texts), self.rng, self.size_px)

    def sway(self, reach_px: tuple[float, float] = (4, 22), turn_deg: float = 3.0, scale: float = 0.05) -> Sway:
        """Return a hand's sway."""
        share = self.rng.uniform(0.3, 1)
        return draw_sway(self.rng, self.unit * self.rng.uniform(*reach_px), share * turn_deg, share * scale)

    def find_place(self, card: Card, slack: float = 1.0) -> Pose:
        """Return a pose in which the card lies wholly in view, as far as it fits."""
        room = [
            max(0.0, (own - wide) / 2 - 30 * self.unit) for own, wide in zip(self.size_px, card.size_px, strict=True)
        ]
        at = [own / 2 + slack * self.rng.uniform(-1, 1) * free for own, free in zip(self.size_px, room, strict=True)]
        return make_pose(at[0], at[1], 1.0, self.rng.normal(0, 0.7))

    def find_away(self, card: Card) -> Pose:
        """Return a pose in which the card lies wholly beside the picture: to a side, above or below."""
        width, height = self.size_px
        across, down = (width + 1.2 * card.size_px[0]) / 2, (height + 1.2 * card.size_px[1]) / 2 + 0.1 * width
        x, y = ((across, 0.0), (-across, 0.0), (0.0, down), (0.0, -down))[int(self.rng.integers(4))]
        return make_pose(width / 2 + x, height / 2 + y, 1.0, self.rng.normal(0, 3))

    def hold(self, card: Card, sway: Sway | None = None) -> SceneObject:
        """Return the card, held still."""
        return SceneObject(card, Path(((0.0, self.find_place(card)),), sway or self.sway()))

    def show(self, *objects: SceneObject, seconds: float, **effects: Any) -> Clip:
        """Return the clip of objects before a desk that a fixed camera sees."""
        rng, size = self.rng, self.size_px
        light = replace(draw_light(rng), shadow=(), tint=(1.0, 1.0, 1.0))
        light = replace(light, level=max(_DARKEST, light.level), fall_off=min(0.6, light.fall_off))
        still = Path(((0.0, make_pose(size[0] / 2, size[1] / 2)),), draw_sway(rng, 0.0))
        tint = np.rint(np.arange(256)[:, None, None] * rng.uniform(0.85, 1.0, 3)).astype(np.uint8)
        effects = {"noise": ((0.0, rng.uniform(0.003, 0.012)),), "blur_px": ((0.0, rng.uniform(0.4, 0.9)),)} | effects
        return Clip(
            size, self.fps, seconds, SceneObject(self.draw_back(), still), objects, light, tint, self.seed, **effects
        )

    def draw_back(self) -> Card:
        """Return what is behind: a table, or a wall out of focus."""
        size = round(1.1 * self.size_px[0]), round(1.1 * self.size_px[1])
        if self.rng.random() < 0.4:
            return Card(draw_wood(size, self.rng))
        wall = self.rng.uniform(0.05, 0.5) * (1 + 0.25 * draw_grain(size, 0.2 * size[0], self.rng))
        return Card(np.clip(wall, 0.02, 0.9).astype(np.float32))


def show_steady(builder: SceneBuilder) -> Clip:
    """Return a card or a page with one to four numbers, held in the hand."""
    card = builder.write(int(builder.rng.integers(1, 5)))
    if builder.rng.random() < 0.5:
        card = spread_page(card, (round(1.2 * builder.size_px[0]), round(1.2 * builder.size_px[1])))
    return builder.show(builder.hold(card), seconds=builder.rng.uniform(6, 8))


def show_passing(builder: SceneBuilder) -> Clip:
    """Return two cards that come into the picture one after the other, stay, and go again."""
    objects, start, texts = [], 0.4, builder.draw_texts(4, 5)
    for own in (texts[:2], texts[2:]):
        card, stay = builder.write_texts(own[: int(builder.rng.integers(1, 3))]), builder.rng.uniform(1.6, 2.6)
        place, away = builder.find_place(card, 0.6), [builder.find_away(card) for _ in range(2)]
        times = np.cumsum([start, builder.rng.uniform(0.5, 0.9), stay, builder.rng.uniform(0.5, 0.9)])
        poses = tuple(zip(times.tolist(), [away[0], place, place, away[1]], strict=True))
        objects.append(SceneObject(card, Path(poses, builder.sway((3, 12))), start, times[-1]))
        start = times[-1] + builder.rng.uniform(0.1, 0.6)
    return builder.show(*objects, seconds=min(10.0, start + 0.3))


def show_replaced(builder: SceneBuilder) -> Clip:
    """Return a card over which another of its size is laid, and then a third; what is covered is taken away."""
    n_digits = int(builder.rng.integers(1, 6))
    style, sway = builder.draw_style(["0" * n_digits]), builder.sway((3, 10), 1.5, 0.02)
    starts = [0.0, *(2.6 * i + builder.rng.uniform(-0.2, 0.2) for i in (1, 2)), np.inf]
    objects, place = [], None
    for i, first in enumerate(builder.rng.permutation(9)[:3] + 1):
        text = f"{first}{draw_text(builder.rng, n_digits - 1, n_digits - 1)}" if n_digits > 1 else str(first)
        card = write_card([[text]], style, builder.rng)
        place = builder.find_place(card, 0.3) if place is None else place
        poses = ((0.0, place),) if i == 0 else ((starts[i], builder.find_away(card)), (starts[i] + 0.7, place))
        objects.append(SceneObject(card, Path(poses, sway), starts[i], starts[i + 1] + 0.75))
    return builder.show(*objects, seconds=8.4)


def show_counting(builder: SceneBuilder) -> Clip:
    """Return a meter that counts: at one place one number after the other, the digits that stay being the same ones."""
    n_digits, each_s = int(builder.rng.integers(2, 6)), builder.rng.uniform(1.6, 2.4)
    n_numbers = int(8.5 // each_s)
    first = int(builder.rng.integers(10 ** (n_digits - 1), 10**n_digits - n_numbers))
    style, ink_seed = builder.draw_style(["0" * n_digits]), int(builder.rng.integers(1 << 30))
    sway, objects, path = builder.sway((3, 10), 1.5, 0.02), [], None
    for i in range(n_numbers):
        card = write_card([[str(first + i)]], style, np.random.default_rng(ink_seed))
        path = path or Path(((0.0, builder.find_place(card)),), sway)
        objects.append(SceneObject(card, path, i * each_s, (i + 1) * each_s if i < n_numbers - 1 else np.inf))
    return builder.show(*objects, seconds=n_numbers * each_s)


def show_light(builder: SceneBuilder) -> Clip:
    """Return a card while the light goes down and up, and shadows pass over it."""
    rng = builder.rng
    level = ((0.0, 1.0), (2.0, 1.0), (2.6, rng.uniform(0.35, 0.6)), (4.5, 0.5), (4.7, rng.uniform(0.9, 1.3)))
    shades = tuple(
        Shade(start, rng.uniform(1.2, 2.2), rng.uniform(0.3, 0.65), rng.uniform(0.15, 0.5)) for start in (1.2, 5.0)
    )
    return builder.show(builder.hold(builder.write(int(rng.integers(1, 3)))), seconds=7.5, level=level, shades=shades)


def show_blur(builder: SceneBuilder) -> Clip:
    """Return a card that the lens loses and finds again, and that is jerked about."""
    rng, card = builder.rng, builder.write(int(builder.rng.integers(1, 3)))
    deep, height = builder.unit * rng.uniform(4, 8), 0.6
    keys = [(0.0, height)]
    for start in (1.6, 5.4):
        keys += [(start, height), (start + 0.2, deep), (start + 0.4, deep), (start + 0.6, height)]
    jerks = tuple(
        Jerk(start, 0.6, builder.unit * rng.uniform(25, 60), rng.uniform(2.5, 4.5), rng.uniform(0, 360))
        for start in (3.2, 4.2)
    )
    held = Path(((0.0, builder.find_place(card)),), builder.sway(), jerks)
    return builder.show(SceneObject(card, held), seconds=7.5, blur_px=tuple(keys), exposure_s=0.025)


def show_noise(builder: SceneBuilder) -> Clip:
    """Return a card in the dim, with the sensor's gain turned up and down."""
    high = builder.rng.uniform(0.03, 0.06)
    noise = ((0.0, 0.015), (2.5, 0.015), (2.7, high), (5.0, high), (5.3, 0.02))
    return builder.show(
        builder.hold(builder.write(int(builder.rng.integers(1, 4)))), seconds=7, noise=noise, level=((0, 0.6),)
    )


def show_zoom(builder: SceneBuilder) -> Clip:
    """Return a card that comes nearer and goes off again."""
    card = builder.write(1)
    widest = min(1.5, 0.94 * builder.size_px[0] / card.size_px[0], 0.94 * builder.size_px[1] / card.size_px[1])
    small = max(0.6, 1.05 * 42 * builder.unit / card.numbers[0].height_px)
    at = builder.size_px[0] / 2, builder.size_px[1] / 2
    scales = ((0.0, min(1.0, widest)), (1.5, min(1.0, widest)), (3.5, widest), (4.5, widest), (6.5, min(small, widest)))
    path = Path(tuple((time, make_pose(*at, scale)) for time, scale in scales), builder.sway((3, 8)))
    return builder.show(SceneObject(card, path), seconds=7.5)


def show_swing(builder: SceneBuilder) -> Clip:
    """Return a card that is turned a little to and fro."""
    card = builder.write(int(builder.rng.integers(1, 3)), 4)
    place, reach = builder.find_place(card, 0.3), builder.rng.uniform(5, 10)
    turns = ((0.0, 0.0), (1.5, 0.0), (2.7, reach), (4.3, -reach), (5.5, 0.0))
    poses = tuple((time, place + make_pose(0, 0, 1, turn)) for time, turn in turns)
    return builder.show(SceneObject(card, Path(poses, builder.sway())), seconds=6.5)


def show_negative_page(builder: SceneBuilder) -> Clip:
    """Return a page without a number, moved by hand."""
    wide = builder.rng.uniform(0.7, 1.25)
    size = round(wide * builder.size_px[0]), round(wide * builder.size_px[1])
    card = draw_negative_card(builder.seed[0], builder.seed[1], builder.fonts, builder.rng, size)
    middle = make_pose(builder.size_px[0] / 2, builder.size_px[1] / 2)
    poses = tuple(
        (time, middle + make_pose(*builder.rng.normal(0, 60 * builder.unit, 2))) for time in (0.0, 2.0, 4.0, 6.0)
    )
    return builder.show(SceneObject(card, Path(poses, builder.sway())), seconds=7)


def show_desk(builder: SceneBuilder) -> Clip:
    """Return a desk with things on it, seen by a camera in the hand."""
    size = round(1.2 * builder.size_px[0]), round(1.2 * builder.size_px[1])
    desk = Card(draw_desk(size, builder.rng))
    middle = make_pose(builder.size_px[0] / 2, builder.size_px[1] / 2)
    return builder.show(SceneObject(desk, Path(((0.0, middle),), builder.sway((10, 60))), has_shadow=False), seconds=7)


def show_hand(builder: SceneBuilder) -> Clip:
    """Return a page without a number over which a hand passes, with its shadow."""
    page = show_negative_page(builder)
    hand = draw_hand_card(builder.rng, (round(0.45 * builder.size_px[0]), round(1.1 * builder.size_px[1])))
    width, height = builder.size_px
    stops = [(1.0, (-0.3, 0.9)), (3.0, (0.5, 0.6)), (4.2, (0.55, 0.65)), (6.0, (1.3, 1.0))]
    poses = tuple((time, make_pose(x * width, y * height, 1.0, 10 * x)) for time, (x, y) in stops)
    return replace(page, objects=(*page.objects, SceneObject(hand, Path(poses, builder.sway((5, 20))))))


Scenario = Callable[[SceneBuilder], Clip]
KINDS: dict[str, Scenario] = {
    "steady": show_steady,
    "passing": show_passing,
    "replaced": show_replaced,
    "negative-page": show_negative_page,
    "counting": show_counting,
    "light": show_light,
    "blur": show_blur,
    "negative-desk": show_desk,
    "noise": show_noise,
    "zoom": show_zoom,
    "swing": show_swing,
    "negative-hand": show_hand,
}
