"""Photographed pages with known truth: `python -m train synthesize --out DIR --pages 100 --seed 1`.

Digits of MNIST's training writers, of drawn ones and of fonts are written on papers of many kinds, one writer and one
pen to a page, and the page is photographed. Each page depends on the seed and its number alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from pipeline.geometry import Box
from train.synthesis.handwriting.writers import WriterPool, gather_writers
from train.synthesis.pages.arrangements import LAYOUTS, LEAST_HEIGHT_PX
from train.synthesis.pages.ink_layout import Draft, Script, lean_alike
from train.synthesis.photos.color_paper import PENS
from train.synthesis.photos.gray_camera import aim, carry, shoot
from train.synthesis.photos.gray_paper import DARK, SURFACES, draw_grain, make_surface

_STRIP_SHARE = 0.4
"""Pages that are small pictures of one number, as cut out of a cheque or a form."""
_SPACED_SHARE = 0.1
"""Pages whose digits stand far apart within a number."""
_VISIBLE = 0.9
"""Share of its ink that must lie in the photo for a digit to count as written there."""
_MOST_HEIGHT_PX = 300.0
_LAYOUT_SHARES = {"rows": 0.64, "scattered": 0.2, "column": 0.16}
"""Of larger pages without boxes."""
_PAPER_PENS = ("blue ballpoint", "black ballpoint", "fine ballpoint", "gel pen", "red felt pen", "pencil", "marker")
_LUMINANCE = np.array((0.114, 0.587, 0.299))
"""Of blue, green and red."""
_TINTS = {"blue ballpoint": 0.45, "gel pen": 0.43, "red felt pen": 0.12}
"""Share of the written pictures with the color of each pen; the gel pen is black, or gray where its ink is pale."""
_MOST_CREAM = 0.17
"""How much blue the most yellowish paper lacks."""
_PAPER_DARKNESS, _INK_DARKNESS = 0.08, 0.45
"""How much darker than the paper around it a pixel may be to have the paper's color, and must be to have the ink's."""
_COARSE_PX, _MEDIAN_CELLS = 96, 21
"""The paper is measured in a picture of so many px, in windows of so many of them."""


@dataclass(frozen=True, slots=True, eq=False)
class PageTruth:
    """A photo and what is written on it.

    Attributes
    ----------
    photo : uint8 (H, W)
    owner : uint16 (H, W), 0 where nobody wrote, else 1 + index of the mark whose ink it is
    labels, kinds, groups : of each mark, as in `ink_layout.Draft`; a digit that the rim cuts is of the kind "cut"
    height_px : height of the page's digits
    is_ordered : whether reading order is plain
    tags : surface and layout
    is_printed : whether its digits are those of a font
    """

    photo: NDArray[np.uint8]
    owner: NDArray[np.uint16]
    labels: tuple[int, ...]
    kinds: tuple[str, ...]
    groups: tuple[int, ...]
    height_px: float
    is_ordered: bool
    tags: tuple[str, ...]
    is_printed: bool = False

    def list_digits(self) -> list[tuple[int, int, Box]]:
        """Return (label, group, box px) of every digit, in writing order."""
        found = []
        for at in (i for i, kind in enumerate(self.kinds) if kind == "digit"):
            left, top, width, height = cv2.boundingRect(cv2.compare(self.owner, float(at + 1), cv2.CMP_EQ))
            found.append((self.labels[at], self.groups[at], Box(left, top, left + width, top + height)))
        return found


def synthesize_page(pool: WriterPool, seed: int, number: int) -> PageTruth:
    """Return page `number` of those that `seed` and `pool` make."""
    rng = np.random.default_rng([seed, number])
    if rng.random() < _STRIP_SHARE:
        size, height = _draw_line_image(rng)
        surface, layout = str(rng.choice(["cheque", "plain", "ruled", "squared"], p=[0.6, 0.2, 0.12, 0.08])), "strip"
    else:
        size = _draw_size(rng)
        surface = str(rng.choice(list(SURFACES), p=list(SURFACES.values())))
        layout = str(rng.choice(list(_LAYOUT_SHARES), p=list(_LAYOUT_SHARES.values())))
        layout = "boxes" if surface == "boxes" else layout
        height = _draw_height(size, rng)
    script = draw_script(pool, height, layout, rng)
    draft = Draft.of_size(size)
    baselines, cells = LAYOUTS[layout](draft, height, script, rng)
    sheet = make_surface(surface, size, height, baselines, rng)
    thickness, level = max(1, round(height * rng.uniform(0.01, 0.04))), float(rng.uniform(0.35, 0.8) * sheet.mean())
    for left, top, right, bottom in cells:
        cv2.rectangle(sheet, (left, top), (right, bottom), level, thickness, cv2.LINE_AA)
    _lay_ink(sheet, draft, surface, rng)
    is_small = min(size) < 120
    has_desk = not is_small and height > 1.6 * LEAST_HEIGHT_PX and rng.random() < 0.3
    shot = aim(size, height, rng, has_desk, surface == "screen" or (is_small and rng.random() < 0.85))
    owner = carry(draft.owner, shot.view)
    kinds = _mark_cut(draft, owner, shot.view)
    labels, groups = tuple(draft.labels), tuple(draft.groups)
    photo = shoot(sheet, shot, rng)
    return PageTruth(
        photo, owner, labels, kinds, groups, height, layout != "scattered", (surface, layout), script.writer.is_printed
    )


def describe_page(page: PageTruth, file: str) -> dict[str, Any]:
    """Return the page's entry in truth.json: as in samples/, with a box and the number's index for every digit."""
    digits = page.list_digits()
    order = sorted({group for _, group, _ in digits})
    numbers = ["".join(str(label) for label, own, _ in digits if own == group) for group in order]
    boxes = [{"digit": str(label), "number": order.index(group), "box": box.as_list()} for label, group, box in digits]
    facts = {"file": file, "numbers": numbers, "grouped": page.is_ordered, "ordered": page.is_ordered}
    return {**facts, "tags": list(page.tags), "boxes": boxes}


def tint_photo(gray: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a gray photo with a white to cream paper and the ink of a pen, uint8 (H, W, 3), blue green red.

    Ink is what is darker than the paper around it, however bright the light is there; each pixel keeps its brightness.
    """
    cream = rng.uniform(0, _MOST_CREAM)
    paper = _level(np.array([1 - cream, 1 - 0.3 * cream, 1.0]))
    pen = _level(np.sqrt(PENS[str(rng.choice(list(_TINTS), p=list(_TINTS.values())))].color))
    bright = np.maximum(_find_paper(gray).astype(np.float32), 1)
    darkness = 1 - gray / bright
    share = np.clip((darkness - _PAPER_DARKNESS) / (_INK_DARKNESS - _PAPER_DARKNESS), 0, 1)[:, :, None]
    return np.clip(gray[:, :, None] * (paper + share * (pen - paper)) + 0.5, 0, 255).astype(np.uint8)


def _find_paper(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the brightness of the paper around each pixel, uint8 (H, W): the median of a wide window."""
    factor = min(1.0, _COARSE_PX / max(gray.shape))
    size = max(1, round(gray.shape[1] * factor)), max(1, round(gray.shape[0] * factor))
    coarse = cv2.medianBlur(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), _MEDIAN_CELLS)
    return cv2.resize(coarse, gray.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _level(color: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return a color, blue green red, scaled so that it leaves the brightness of what it tints as it is."""
    return (color / (_LUMINANCE @ color)).astype(np.float32)


def _draw_size(rng: np.random.Generator) -> tuple[int, int]:
    """Return (W, H) of a photo: a third of a megapixel mostly, up to one."""
    area = float(np.exp(rng.uniform(np.log(0.06e6), np.log(1.0e6))))
    aspect = float(rng.choice([4 / 3, 4 / 3, 3 / 4, 16 / 9, 1.0, 3.0]))
    return max(160, round((area * aspect) ** 0.5)), max(90, round((area / aspect) ** 0.5))


def _draw_line_image(rng: np.random.Generator) -> tuple[tuple[int, int], float]:
    """Return (W, H) of a small picture and the height of the one to four digits that fill it, px."""
    height = int(rng.integers(26, 85))
    height_px = height * rng.uniform(0.5, 0.85)
    n_digits = rng.choice([1, 2, 3, 4], p=[0.1, 0.3, 0.5, 0.1])
    return (max(30, round(height_px * (0.7 * n_digits + rng.uniform(0.2, 1.0)))), height), height_px


def _draw_height(size: tuple[int, int], rng: np.random.Generator) -> float:
    """Return the digits' height in px, log-evenly from 12 to half of the picture."""
    most = min(_MOST_HEIGHT_PX, 0.5 * min(size))
    least = max(LEAST_HEIGHT_PX if rng.random() < 0.3 else 1.5 * LEAST_HEIGHT_PX, 0.02 * max(size))
    return float(np.exp(rng.uniform(np.log(least), np.log(max(most, least + 1)))))


def draw_script(pool: WriterPool, height: float, layout: str, rng: np.random.Generator) -> Script:
    """Return a writer and a pen at random, for digits of a height, px."""
    writer = pool.draw_writer(rng)
    touches = rng.random() < (0.4 if layout == "strip" else 0.2)
    low = rng.uniform(-0.16, -0.02) if touches else rng.uniform(0.03, 0.25)
    if not touches and rng.random() < _SPACED_SHARE:
        low = rng.uniform(0.3, 0.9)
    high = low + (rng.uniform(0.05, 0.2) if touches else rng.uniform(0.05, 0.4))
    broadest = 0.13 if layout == "strip" else 0.15 if height < 20 else 0.2
    width_frac = float(np.exp(rng.uniform(np.log(0.028), np.log(broadest))))
    lean = lean_alike(rng, writer.is_printed)
    steady = 0.2 if writer.is_printed else 1.0
    spread = rng.uniform(0, 0.14) if rng.random() < 0.9 else rng.uniform(0.14, 0.35)
    return Script(writer, pool, lean, 20 * width_frac, (low, high), steady * rng.uniform(0, 0.07), steady * spread)


def _lay_ink(sheet: NDArray[np.float32], draft: Draft, surface: str, rng: np.random.Generator) -> None:
    """Lay the draft's ink over the sheet, in place, with a pen that suits the surface."""
    size = sheet.shape[1], sheet.shape[0]
    if surface in DARK:
        share = draft.coverage.astype(np.float32) * (1 / 255)
        tooth, level = (0.0, rng.uniform(0.6, 1)) if surface == "screen" else (rng.uniform(0.2, 0.7), 0.75)
        opacity = rng.uniform(0.7, 1)
    else:
        pen = PENS["board marker" if surface == "whiteboard" else str(rng.choice(_PAPER_PENS))]
        share = draft.coverage.astype(np.float32) * (1 / 255)
        tooth, level = pen.tooth * rng.uniform(0.5, 1.5), float(_LUMINANCE @ pen.color)
        opacity = pen.opacity * rng.uniform(0.6, 1)
    if tooth > 0.1:
        rough = draw_grain(size, rng.uniform(1.0, 2.5), rng)
        share *= np.clip(1 - tooth * (0.3 + 0.5 * rough), 0, 1)
    share *= opacity
    sheet *= 1 - share
    sheet += share * min(level, 1.0)


def _mark_cut(draft: Draft, owner: NDArray[np.uint16], view: NDArray[np.float64]) -> tuple[str, ...]:
    """Return the kinds of the marks as the photo shows them: what the rim cuts or other ink covers is "cut"."""
    n = len(draft.labels) + 1
    before = np.bincount(draft.owner.ravel(), minlength=n)[1:]
    height, width = owner.shape
    inside = cv2.warpPerspective(np.ones((height, width), np.uint8), np.linalg.inv(view), (width, height))
    seen = np.bincount(draft.owner[inside > 0], minlength=n)[1:]
    visible = np.bincount(owner.ravel(), minlength=n)[1:]
    is_cut = (seen < _VISIBLE * before) | (visible == 0)
    return tuple("cut" if cut else kind for cut, kind in zip(is_cut, draft.kinds, strict=True))


def write_pages(folder: Path, n_pages: int, seed: int, data_dir: Path | None, console: Console) -> None:
    """Write `n_pages` pictures and their truth.json into `folder`.

    Raises
    ------
    InputError : as for `gather_writers`
    """
    with console.status("reading the data"):
        pool = gather_writers(data_dir, seed)
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for number in track(range(n_pages), description=str(folder), console=console, transient=True):
        page, file = synthesize_page(pool, seed, number), f"page-{number:05}.jpg"
        tinted = tint_photo(page.photo, np.random.default_rng([seed, number, 1]))
        (folder / file).write_bytes(cv2.imencode(".jpg", tinted)[1].tobytes())
        entries.append(json.dumps(describe_page(page, file)))
    (folder / "truth.json").write_text("[\n" + ",\n".join(entries) + "\n]\n", "utf-8")
