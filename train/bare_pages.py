"""Pictures that hold no number, and what is read in them all the same: `python -m train.bare_pages --out DIR`.

Printed prose, handwriting, a face, grass, bricks, wood, blank sheets, scribbles, empty forms, drawings: a reader of
numbers must accept none in any of them. Each page depends on the seed, its number and the fonts at hand alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from pipeline.classify import Classifier, load_classifier
from pipeline.settings import Settings
from train.bare_scenes import draw_branches, draw_bricks, draw_desk, draw_grass, draw_leaves, draw_wood
from train.bare_sheets import (
    draw_binding,
    draw_blank,
    draw_chart,
    draw_form,
    draw_hatching,
    draw_scribble,
    draw_shapes,
)
from train.bare_texts import draw_crossed_out, draw_handwriting, draw_prose
from train.faces import draw_face
from train.fonts import find_fonts
from train.score import PageScore, read_folder
from train.scripts import run_script
from train.snapshot import aim, draw_light, shoot
from train.surfaces import Gray

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
class BarePage:
    """A picture without a number: uint8 (H, W), its kind, and how it was taken: "scan", "photo" or "photo-desk"."""

    photo: NDArray[np.uint8]
    kind: str
    shot: str


def find_prose_fonts(with_installed: bool = True) -> list[Path]:
    """Return the fonts that prose is set in."""
    return [path for path in find_fonts(with_installed) if not path.name.startswith(_UNREADABLE_PROSE)]


def draw_bare_page(kind: str, seed: int, number: int, fonts: list[Path]) -> BarePage:
    """Return page `number` of those of one kind that `seed` and `fonts` make."""
    rng = np.random.default_rng([seed, number, *kind.encode()])
    area, aspect = rng.uniform(0.2e6, 0.6e6), float(rng.choice([4 / 3, 4 / 3, 3 / 4, 16 / 9, 1.0]))
    size = round((area * aspect) ** 0.5), round((area / aspect) ** 0.5)
    if kind in SCENES:
        scene, way = SCENES[kind](size, rng), "photo"
    else:
        scene, way = (
            SHEETS[kind](size, fonts, rng),
            str(rng.choice(["scan", "photo", "photo-desk"], p=[0.25, 0.4, 0.35])),
        )
    is_level = kind in SCENES or way == "scan"
    shot = aim(size, 0.05 * min(size), rng, way == "photo-desk", is_level)
    if kind in SCENES and rng.random() < 0.6:
        shot = replace(shot, light=draw_light(rng))
    return BarePage(shoot(scene, shot, rng), kind, way)


def write_pages(folder: Path, n_pages: int, seed: int, fonts: list[Path]) -> None:
    """Write pictures, the kinds by turns, and their truth.json."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for number in track(range(n_pages), description=str(folder), console=Console(stderr=True), transient=True):
        page = draw_bare_page(KINDS[number % len(KINDS)], seed, number // len(KINDS), fonts)
        file = f"{page.kind}-{number // len(KINDS):03}.jpg"
        (folder / file).write_bytes(cv2.imencode(".jpg", page.photo, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())
        entries.append({"file": file, "numbers": [], "grouped": True, "ordered": True, "tags": [page.kind, page.shot]})
    lines = ",\n".join(json.dumps(entry) for entry in entries)
    (folder / "truth.json").write_text("[\n" + lines + "\n]\n", "utf-8")


def measure(folder: Path, classifier: Classifier, settings: Settings) -> dict[str, list[PageScore]]:
    """Return the counts of every page in a folder with a truth.json, by the first of its tags, its kind."""
    counts: dict[str, list[PageScore]] = {}
    for truth, score in read_folder(folder, classifier, settings):
        counts.setdefault(truth["tags"][0], []).append(score)
    return counts


def _print_table(counts: dict[str, list[PageScore]]) -> None:
    """Print for each kind how many of its pages gave any reading, and any that was accepted."""
    table = Table("kind", "pages", "with a reading", "with an accepted one", "readings", "accepted", box=None)
    for kind, scores in [*counts.items(), ("all", [score for own in counts.values() for score in own])]:
        total = sum(scores, PageScore())
        with_any = sum(score.n_read > 0 for score in scores), sum(score.n_accepted > 0 for score in scores)
        table.add_row(kind, *(str(n) for n in (len(scores), *with_any, total.n_read, total.n_accepted)))
    Console(width=100).print(table)


def main(argv: Sequence[str] | None = None) -> int:
    """Write pages, or measure those of a folder, or both; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.bare_pages", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for pictures and truth.json")
    parser.add_argument("--pages", type=int, metavar="N", help="draw so many (without --model: 100)")
    parser.add_argument("--seed", type=int, default=0, help="of all chance (%(default)s)")
    parser.add_argument("--model", help="read the folder with this model and print what it took for numbers")
    parser.add_argument("--settings", type=Path, help="a settings file, TOML or JSON")
    flags = parser.parse_args(argv)

    def run() -> None:
        if flags.pages is not None or flags.model is None:
            write_pages(flags.out, 100 if flags.pages is None else flags.pages, flags.seed, find_prose_fonts())
        if flags.model is not None:
            settings = Settings.from_file(flags.settings) if flags.settings else Settings()
            _print_table(measure(flags.out, load_classifier(flags.model), settings))

    return run_script(run)


if __name__ == "__main__":
    sys.exit(main())
