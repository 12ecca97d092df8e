"""Objects before a camera: cards and pages with numbers, pages without, desks, a hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from train.synthesis.handwriting.writers import WriterPool
from train.synthesis.negatives.pages import SHEETS, draw_negative_page
from train.synthesis.pages.ink_layout import Draft, Script, lean_alike, write_number
from train.synthesis.photos.color_paper import PENS
from train.synthesis.photos.gray_paper import DARK, Gray, draw_grain, make_surface

LEAST_HEIGHT_PX, MOST_HEIGHT_PX = 42.0, 150.0
"""Of the digits on a card held before a webcam, in a frame of 1280x720."""

_ROOM_HEIGHTS = 1.3
"""Width that is kept free for a digit: more than any takes."""
_PITCH_HEIGHTS = 1.8
_SURFACES = {"plain": 0.4, "ruled": 0.16, "squared": 0.12, "crumpled": 0.16, "whiteboard": 0.1, "blackboard": 0.06}
_PENS = ("marker", "red felt pen", "gel pen", "black ballpoint", "blue ballpoint")
_LUMINANCE = np.array((0.114, 0.587, 0.299))


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A number on a card: its text, the hull of its ink, px of the card, float64 (N, 2), and its digits' height."""

    text: str
    hull: NDArray[np.float64]
    height_px: float


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """A thing that is seen: reflectance float32 (H, W); mask uint8 (H, W), 255 where it is, None for all of it."""

    sheet: Gray
    numbers: tuple[Written, ...] = ()
    mask: NDArray[np.uint8] | None = None

    @property
    def size_px(self) -> tuple[int, int]:
        """(W, H)."""
        return self.sheet.shape[1], self.sheet.shape[0]


@dataclass(frozen=True, slots=True, eq=False)
class Style:
    """How a card is written: writer and pen, paper, height of the digits px, margin px."""

    script: Script
    pen: str
    surface: str
    height_px: float
    margin_px: float


def draw_style(
    pool: WriterPool, n_digits: int, n_rows: int, rng: np.random.Generator, frame_px: tuple[int, int]
) -> Style:
    """Return a style at random in which rows of so many digits fit into the frame."""
    writer = pool.draw_writer(rng)
    most = min(
        MOST_HEIGHT_PX,
        0.78 * frame_px[0] / (_ROOM_HEIGHTS * n_digits + 1),
        0.85 * frame_px[1] / (_PITCH_HEIGHTS * n_rows + 1),
    )
    height = float(np.exp(rng.uniform(np.log(min(LEAST_HEIGHT_PX, 0.9 * most)), np.log(most))))
    low = rng.uniform(0.04, 0.2)
    steady = 0.2 if writer.is_printed else 1.0
    width_frac = float(np.exp(rng.uniform(np.log(max(0.05, 2.5 / height)), np.log(0.16))))
    script = Script(
        writer,
        pool,
        lean_alike(rng, writer.is_printed),
        20 * width_frac,
        (low, low + rng.uniform(0.03, 0.2)),
        steady * rng.uniform(0, 0.05),
        steady * rng.uniform(0, 0.1),
    )
    surface = str(rng.choice(list(_SURFACES), p=list(_SURFACES.values())))
    pen = "board marker" if surface == "whiteboard" else str(rng.choice(_PENS))
    return Style(script, pen, surface, height, height * rng.uniform(0.5, 1.0))


def write_card(rows: Sequence[Sequence[str]], style: Style, rng: np.random.Generator) -> Card:
    """Return a card with rows of numbers; its size depends on the style and on how many digits there are alone."""
    height, margin = style.height_px, style.margin_px
    n_most = max(sum(len(text) + 1 for text in row) for row in rows)
    size = (
        round(2 * margin + _ROOM_HEIGHTS * height * n_most),
        round(2 * margin + _PITCH_HEIGHTS * height * (len(rows) - 1) + 1.3 * height),
    )
    draft = Draft.of_size(size)
    baselines = margin + 1.15 * height + _PITCH_HEIGHTS * height * np.arange(len(rows), dtype=np.float64)
    for row, y in zip(rows, baselines, strict=True):
        x = margin + 0.3 * height
        for text in row:
            x = write_number(draft, text, (x, float(y)), height, style.script, rng) + 1.5 * height
    sheet = make_surface(style.surface, size, height, baselines, rng)
    _lay_ink(sheet, draft, style, rng)
    texts = [text for row in rows for text in row]
    return Card(sheet, tuple(_find_written(draft, at, text, height) for at, text in enumerate(texts)))


def _lay_ink(sheet: Gray, draft: Draft, style: Style, rng: np.random.Generator) -> None:
    pen = PENS["chalk" if style.surface in DARK else style.pen]
    share = draft.coverage.astype(np.float32) * (1 / 255)
    tooth = 0.5 * pen.tooth * rng.uniform(0.5, 1.5)
    rough = draw_grain((sheet.shape[1], sheet.shape[0]), rng.uniform(1.0, 2.5), rng)
    share *= pen.opacity * rng.uniform(0.8, 1) * np.clip(1 - tooth * (0.3 + 0.5 * rough), 0, 1)
    sheet *= 1 - share
    sheet += share * min(1.0, float(_LUMINANCE @ pen.color))


def _find_written(draft: Draft, group: int, text: str, height_px: float) -> Written:
    marks = [at + 1 for at, own in enumerate(draft.groups) if own == group]
    if len(marks) != len(text):
        raise ValueError(f"expected room for the {len(text)} digits of {text}, received room for {len(marks)}")
    ink = np.isin(draft.owner, marks).astype(np.uint8)
    hull = cv2.convexHull(cv2.findNonZero(ink))
    return Written(text, hull.reshape(-1, 2).astype(np.float64), height_px)


def spread_page(card: Card, size_px: tuple[int, int]) -> Card:
    """Return the card's writing in the middle of a page of at least `size_px` (W, H), its paper mirrored outward."""
    width, height = card.size_px
    left, top = (max(0, round((wanted - own) / 2)) for wanted, own in zip(size_px, (width, height), strict=True))
    page = np.full((height + 2 * top, width + 2 * left), float(np.median(card.sheet)), np.float32)
    fade = np.zeros_like(page)
    inset = max(2, round(0.02 * width))
    fade[top + inset : top + height - inset, left + inset : left + width - inset] = 1
    fade = cv2.GaussianBlur(fade, (0, 0), inset / 2.5)
    seen = cv2.copyMakeBorder(card.sheet, top, top, left, left, cv2.BORDER_REPLICATE)
    numbers = tuple(replace(number, hull=number.hull + (left, top)) for number in card.numbers)
    return Card(page * (1 - fade) + seen * fade, numbers)


def draw_negative_card(
    seed: int, number: int, fonts: list[Path], rng: np.random.Generator, size_px: tuple[int, int]
) -> Card:
    """Return a sheet of `size_px` (W, H) without a number: prose, a scribble, a form, a blank, a drawing."""
    kind = str(rng.choice(list(SHEETS)))
    photo = draw_negative_page(kind, seed, number, fonts).photo
    light = photo.astype(np.float32) * np.float32(1 / 255)
    scale = max(size_px[0] / light.shape[1], size_px[1] / light.shape[0])
    large = cv2.resize(light**2, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    return Card(np.ascontiguousarray(large[: size_px[1], : size_px[0]]))


def draw_hand_card(rng: np.random.Generator, size_px: tuple[int, int]) -> Card:
    """Return a hand that reaches up from below, with its sleeve: five fingers, soft in outline and shade."""
    width, height = size_px
    mask = np.zeros((height, width), np.uint8)
    palm = width // 2, round(0.45 * height)
    radius = round(0.16 * height)
    cv2.circle(mask, palm, radius, 255, cv2.FILLED)
    for i, angle in enumerate(np.deg2rad([150, 112, 92, 72, 48])):
        long = radius * (2.0 if i else 1.6) * rng.uniform(0.9, 1.1)
        tip = round(palm[0] + long * np.cos(angle)), round(palm[1] - long * np.sin(angle))
        cv2.line(mask, palm, tip, 255, round(0.42 * radius), cv2.LINE_AA)
    cv2.line(mask, palm, (palm[0], height), 255, round(1.3 * radius), cv2.LINE_AA)
    mask = cv2.GaussianBlur(mask, (0, 0), 2)
    shade = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 3) / radius
    skin = rng.uniform(0.12, 0.45) * (0.6 + 0.5 * np.clip(shade, 0, 1)) * (1 + 0.03 * draw_grain(size_px, 3, rng))
    return Card(skin.astype(np.float32), (), mask)
