"""Lays the ink of numbers, letters and signs on a page, mark by mark, and records which mark owns each pixel."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.recognition.column_classes import STRUCK, class_of_sign
from pipeline.types import N_DIGITS
from train.augmentation.augment import AugmentSettings, change_stroke, warp_digit
from train.augmentation.ink import Mask, crop_ink
from train.augmentation.non_digits import bend_glyph
from train.synthesis.handwriting.writers import WriterDigits, WriterPool

_INKED = 100
"""Coverage, of 255, from which a pixel counts as inked."""

_MOST_CHANGE_PX = 20.0
"""Greatest change of stroke width, MNIST px: in effect no limit, since pens may be finer or broader than MNIST's."""

_LEAST_INSIDE = 0.9

_ITALIC, _ITALIC_SHARE = (0.35, 0.15), 0.2
"""Mean and deviation of the slant of writers that lean far, px right per px up, and their share."""


@dataclass(slots=True, eq=False)
class Draft:
    """What has been written on a sheet.

    Attributes
    ----------
    coverage : uint8 (H, W), 0 blank .. 255 fully inked
    owner : uint16 (H, W), 0 where nobody wrote, else 1 + index of the mark whose ink it is
    labels : of each mark: 0..9, a sign's or struck ink's of `COLUMN_CLASSES`, or 10 for any other
    kinds : of each mark: "digit", or what else it is
    groups : of each mark: index of the number that it belongs to, -1 for none
    """

    coverage: NDArray[np.uint8]
    owner: NDArray[np.uint16]
    labels: list[int] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    n_groups: int = 0

    @classmethod
    def of_size(cls, size_px: tuple[int, int]) -> Draft:
        """Return an empty draft; size is (W, H)."""
        return cls(np.zeros(size_px[::-1], np.uint8), np.zeros(size_px[::-1], np.uint16))

    def lay(self, patch: Mask, left: int, top: int, label: int, kind: str, group: int = -1) -> bool:
        """Lay a mark's ink, uint8 (h, w), with its corner at (left, top); return False if it does not fit."""
        height, width = self.coverage.shape
        rows = slice(max(0, top), min(height, top + patch.shape[0]))
        columns = slice(max(0, left), min(width, left + patch.shape[1]))
        if rows.stop <= rows.start or columns.stop <= columns.start:
            return False
        part = patch[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        if part.size < _LEAST_INSIDE * patch.size:
            return False
        view = self.coverage[rows, columns]
        np.maximum(view, part, out=view)
        self.labels.append(label)
        self.kinds.append(kind)
        self.groups.append(group)
        self.owner[rows, columns][part > min(_INKED, 0.4 * int(part.max()))] = len(self.labels)
        return True


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """How one page is written.

    Attributes
    ----------
    writer : whose digits
    pool : where letters and signs come from
    knobs : lean, turn and width that the page's digits share, within little
    stroke_core_px : width of the pen, px of a digit 20 px high
    gap_frac : least and greatest clear space between two digits, of the height; below 0 they overlap
    wander_frac : how far digits stray from the line, of the height
    size_spread : how much digits differ in height
    """

    writer: WriterDigits
    pool: WriterPool
    knobs: AugmentSettings
    stroke_core_px: float
    gap_frac: tuple[float, float]
    wander_frac: float
    size_spread: float


def ink_digit(digit: int, height_px: float, script: Script, rng: np.random.Generator) -> Mask:
    """Return the ink of one digit about `height_px` high, uint8 (h, w), 0 blank .. 255 inked, soft at its edges."""
    mask = crop_ink(warp_digit(script.writer.pick(digit, rng), rng, script.knobs))
    return _scale_ink(change_stroke(mask, script.stroke_core_px, _MOST_CHANGE_PX), height_px)


def write_number(
    draft: Draft,
    text: str,
    at_px: tuple[float, float],
    height_px: float,
    script: Script,
    rng: np.random.Generator,
    slope: float = 0.0,
) -> float:
    """Write `text` with its first digit's foot at `at_px` (x, y), each digit a gap behind the ink before it.

    Digits are set apart row by row, as leaning digits are written, so that a gap of 0 touches. Returns the x px at
    which the last digit ends.
    """
    x, y = at_px
    edge = np.full(draft.coverage.shape[0], -np.inf)
    draft.n_groups += 1
    end = x
    for digit in text:
        patch = ink_digit(int(digit), height_px * max(0.4, rng.normal(1, script.size_spread)), script, rng)
        foot = y + slope * (end - x) + rng.normal(0, script.wander_frac) * height_px
        top = round(foot) - len(patch)
        rows = np.arange(top, top + len(patch))
        on_page = (rows >= 0) & (rows < len(edge)) & (patch > _INKED).any(axis=1)
        inked = patch[on_page] > _INKED
        room = edge[rows[on_page]] - inked.argmax(axis=1)
        gap = rng.uniform(*script.gap_frac) * (height_px if script.gap_frac[0] > 0 else patch.shape[1])
        left = x if not np.isfinite(room).any() else max(room.max() + gap, end - 0.4 * patch.shape[1])
        if not draft.lay(patch, round(left), top, int(digit), "digit", draft.n_groups - 1):
            break
        right = round(left) + patch.shape[1] - 1 - inked[:, ::-1].argmax(axis=1)
        edge[rows[on_page]] = np.maximum(edge[rows[on_page]], right)
        end = max(end, float(right.max(initial=round(left))))
    return end


def write_sign(
    draft: Draft, sign: str, at_px: tuple[float, float], height_px: float, script: Script, rng: np.random.Generator
) -> float:
    """Write one of `. , : - _ + x = /`, for anything else a letter, at `at_px` (x, foot); return where it ends, px."""
    x, y = at_px
    label = N_DIGITS
    if sign in SIGN_STROKES:
        kind = "speck" if sign in ".," else "sign"
        label = class_of_sign("-" if sign == "_" else sign)
        patch = _draw_sign(sign, height_px, script, rng)
        y -= {"-": 0.4, "_": rng.uniform(0, 0.5), "=": 0.3, "+": 0.2, "x": 0.2, ".": 0.0, ",": -0.15, ":": 0.1}.get(
            sign, 0
        ) * height_px
    else:
        glyph = script.pool.glyphs[int(rng.integers(len(script.pool.glyphs)))]
        kind = "letter"
        mask = change_stroke(crop_ink(bend_glyph(glyph, rng, script.knobs)), script.stroke_core_px, _MOST_CHANGE_PX)
        patch = _scale_ink(mask, height_px * rng.uniform(0.6, 1.05))
    draft.lay(patch, round(x), round(y) - len(patch), label, kind)
    return x + patch.shape[1]


SIGN_STROKES: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    ".": ((0, 0, 0.02, 0.02),),
    ",": ((0.06, 0, 0, 0.2),),
    ":": ((0, 0, 0.02, 0.02), (0, 0.4, 0.02, 0.42)),
    "-": ((0, 0, 0.5, 0),),
    "_": ((0, 0, 1.7, 0),),
    "=": ((0, 0, 0.5, 0), (0, 0.2, 0.5, 0.2)),
    "+": ((0, 0.28, 0.56, 0.28), (0.28, 0, 0.28, 0.56)),
    "x": ((0, 0, 0.45, 0.5), (0.45, 0, 0, 0.5)),
    "/": ((0.45, 0, 0, 1.0),),
}
"""Strokes of each sign, from (x, y) to (x, y), of a digit's height; "_" is the long dash that closes an amount."""


def _draw_sign(sign: str, height_px: float, script: Script, rng: np.random.Generator) -> Mask:
    """Return a sign's ink, drawn four times finer than the page."""
    fine = 4 * height_px
    pen = max(1, round(script.stroke_core_px / 20 * fine * (1.3 if sign in ".:" else 1.0)))
    picture = np.zeros((round(1.3 * fine) + 2 * pen, round(2 * fine) + 2 * pen), np.uint8)
    for stroke in SIGN_STROKES[sign]:
        ends = (np.array(stroke) + rng.normal(0, 0.03, 4)) * fine + pen
        x0, y0, x1, y1 = (max(0, round(float(v))) for v in ends)
        cv2.line(picture, (x0, y0), (x1, y1), 255, pen)
    ink = crop_ink(picture)
    size = max(1, round(ink.shape[1] / 4)), max(1, round(ink.shape[0] / 4))
    return cv2.resize(ink, size, interpolation=cv2.INTER_AREA)


def strike_out(
    draft: Draft, box: tuple[int, int, int, int], height_px: float, script: Script, rng: np.random.Generator
) -> None:
    """Scribble over what stands in `box` (left, top, right, bottom px), or over blank paper: it is no digit then."""
    left, top, right, bottom = box
    height, width = draft.coverage.shape
    left, top, right, bottom = max(0, left), max(0, top), min(width, right), min(height, bottom)
    if right - left < 4 or bottom - top < 4:
        return
    n = int(rng.integers(4, 12))
    xs = np.linspace(left, right - 1, n) + rng.normal(0, 0.03 * height_px, n)
    ys = np.where(np.arange(n) % 2, top + 0.15 * height_px, bottom - 0.15 * height_px)
    points = np.stack([xs, ys + rng.normal(0, 0.1 * height_px, n)], axis=1)
    layer = np.zeros_like(draft.coverage)
    pen = max(1, round(script.stroke_core_px / 20 * height_px))
    cv2.polylines(layer, [np.rint(points * 16).astype(np.int32)], False, 255, pen, cv2.LINE_AA, 4)
    struck = np.unique(draft.owner[top:bottom, left:right])
    np.maximum(draft.coverage, layer, out=draft.coverage)
    draft.labels.append(STRUCK)
    draft.kinds.append("scribble")
    draft.groups.append(-1)
    for owner in struck[struck > 0]:
        draft.owner[draft.owner == owner] = len(draft.labels)
    draft.owner[layer > _INKED] = len(draft.labels)


def print_text(draft: Draft, at_px: tuple[float, float], height_px: float, pool: WriterPool, n: int, pick: int) -> None:
    """Print `n` letters in a row from `at_px` (x, foot): a form's caption."""
    x, y = at_px
    for i in range(n):
        glyph = pool.glyphs[(pick + 131 * i) % len(pool.glyphs)]
        patch = _scale_ink(glyph, height_px * (1.0 if i == 0 else 0.75))
        if not draft.lay(patch, round(x), round(y) - len(patch), N_DIGITS, "letter"):
            return
        x += patch.shape[1] + max(1.5, 0.15 * height_px)


def _scale_ink(mask: Mask, height_px: float) -> Mask:
    """Return drawn ink at the page's scale, uint8 (h, w): averaged where smaller, smoothed where larger."""
    factor = height_px / len(mask)
    size = max(1, round(mask.shape[1] * factor)), max(1, round(height_px))
    if factor <= 1:
        return cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(cv2.copyMakeBorder(mask, 2, 2, 2, 2, cv2.BORDER_CONSTANT), (0, 0), 1.2)
    large = cv2.resize(soft[2:-2, 2:-2], size, interpolation=cv2.INTER_LINEAR).astype(np.float32)
    return np.clip((large - 127) * min(6.0, 2 * factor) + 127, 0, 255).astype(np.uint8)


def lean_alike(rng: np.random.Generator, is_printed: bool) -> AugmentSettings:
    """Return knobs that let the digits of one page lean, turn and stretch about alike."""
    slant = 0.0 if is_printed else rng.normal(*(_ITALIC if rng.random() < _ITALIC_SHARE else (0.05, 0.14)))
    aspect = float(np.exp(rng.normal(0, 0.13)))
    wobble = 0.15 if is_printed else 0.7
    return AugmentSettings(
        rotation_deg=(-3 * wobble, 3 * wobble),
        slant=(slant - 0.06 * wobble, slant + 0.06 * wobble),
        aspect=(aspect * 0.95, aspect * 1.05),
        perspective=(0, 0),
        elastic_px=(0, wobble),
        ink_level=(0.42, 0.58),
    )


def draw_text(rng: np.random.Generator, most: int, least: int = 1) -> str:
    """Return `least` to `most` digits at random (12 at the outside), round amounts like 100 among them."""
    most = min(12, max(1, most))
    n = int(rng.integers(min(least, most), most + 1))
    if n >= 2 and rng.random() < 0.12:
        return f"{rng.integers(1, 10)}{'0' * (n - 1)}"
    return "".join(str(digit) for digit in rng.integers(0, N_DIGITS, n))
