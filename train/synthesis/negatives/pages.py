"""Draws negative pages, pictures without a number: `python -m train negatives --out DIR`.

Printed prose, handwriting, a face, grass, bricks, wood, blank sheets, scribbles, empty forms, drawings: a reader of
numbers must accept none in any of them. Each page depends on the seed, its number and the installed fonts alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.augmentation.printed_glyphs import find_fonts
from train.synthesis.negatives.faces import draw_face
from train.synthesis.negatives.scenes import draw_branches, draw_bricks, draw_desk, draw_grass, draw_leaves, draw_wood
from train.synthesis.negatives.sheets import (
    draw_binding,
    draw_blank,
    draw_chart,
    draw_form,
    draw_hatching,
    draw_scribble,
    draw_shapes,
)
from train.synthesis.negatives.texts import draw_crossed_out, draw_handwriting, draw_prose
from train.synthesis.photos.gray_camera import aim, draw_light, shoot
from train.synthesis.photos.gray_paper import Gray

_DrawSheet = Callable[[tuple[int, int], list[Path], np.random.Generator], Gray]
_DrawScene = Callable[[tuple[int, int], np.random.Generator], Gray]

_BLANKS = ("white", "plain", "grainy", "ruled", "squared", "crumpled", "folded", "cheque", "whiteboard", "blackboard")


def _take_blank(kind: str) -> _DrawSheet:
    """Return the drawing of an empty sheet of one kind."""

    def draw(size_px: tuple[int, int], fonts: list[Path], rng: np.random.Generator) -> Gray:
        return draw_blank(size_px, kind, rng)

    return draw


SCENES: dict[str, _DrawScene] = {
    "face": draw_face,
    "grass": draw_grass,
    "bricks": draw_bricks,
    "wood": draw_wood,
    "desk": draw_desk,
    "leaves": draw_leaves,
    "branches": draw_branches,
}
"""Kinds that fill the picture: the camera stands in them."""

SHEETS: dict[str, _DrawSheet] = {
    "prose": draw_prose,
    "handwriting": draw_handwriting,
    "crossed-out": draw_crossed_out,
    "scribble": draw_scribble,
    "hatching": draw_hatching,
    "form": draw_form,
    "binding": draw_binding,
    "shapes": draw_shapes,
    "chart": draw_chart,
    **{f"blank-{kind}": _take_blank(kind) for kind in _BLANKS},
}
"""Kinds that lie on paper: they are scanned, or photographed with a desk around them or without."""

KINDS = (*SHEETS, *SCENES)
_UNREADABLE_PROSE = ("cm", "Kristi", "OCR")
"""Beginnings of the names of fonts without the signs of prose."""


@dataclass(frozen=True, slots=True, eq=False)
class NegativePage:
    """A picture without a number: uint8 (H, W), its kind, and how it was taken: "scan", "photo" or "photo-desk"."""

    photo: NDArray[np.uint8]
    kind: str
    shot: str


def find_prose_fonts(with_installed: bool = True) -> list[Path]:
    """Return the fonts that prose is set in."""
    return [path for path in find_fonts(with_installed) if not path.name.startswith(_UNREADABLE_PROSE)]


def draw_negative_page(kind: str, seed: int, number: int, fonts: list[Path]) -> NegativePage:
    """Return page `number` of those of one kind that `seed` and `fonts` make."""
    rng = np.random.default_rng([seed, number, *kind.encode()])
    area, aspect = rng.uniform(0.2e6, 0.6e6), float(rng.choice([4 / 3, 4 / 3, 3 / 4, 16 / 9, 1.0]))
    size = round((area * aspect) ** 0.5), round((area / aspect) ** 0.5)
    if kind in SCENES:
        scene, shot_kind = SCENES[kind](size, rng), "photo"
    else:
        scene, shot_kind = (
            SHEETS[kind](size, fonts, rng),
            str(rng.choice(["scan", "photo", "photo-desk"], p=[0.25, 0.4, 0.35])),
        )
    is_level = kind in SCENES or shot_kind == "scan"
    shot = aim(size, 0.05 * min(size), rng, shot_kind == "photo-desk", is_level)
    if kind in SCENES and rng.random() < 0.6:
        shot = replace(shot, light=draw_light(rng))
    return NegativePage(shoot(scene, shot, rng), kind, shot_kind)
