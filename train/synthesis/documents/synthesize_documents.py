"""Photographed papers with the truth of every mark: `python -m train synthesize-documents --out DIR --pages 100`.

Tables, forms, cheques, envelopes, notes, print, plain pages of numbers and pictures without any are written, damaged
and photographed. Each paper depends on the seed, its number and the fonts alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from train.synthesis.documents.damage import damage_sheet, put_finger, shine_through
from train.synthesis.documents.forms import fill_cheque, fill_envelope, fill_form
from train.synthesis.documents.ledgers import fill_ledger
from train.synthesis.documents.marked_page import MarkedPage, write_marked_page
from train.synthesis.documents.notes import fill_few, fill_notes, fill_prose, fill_spaced, write_heading
from train.synthesis.documents.sheet import UPRIGHT, Sheet, Style
from train.synthesis.documents.squares import fill_squares
from train.synthesis.documents.supplies import N_LETTERS, Supplies, gather_supplies
from train.synthesis.documents.tables import fill_table
from train.synthesis.negatives.pages import KINDS, draw_negative_page, find_prose_fonts
from train.synthesis.pages.ink_layout import Script
from train.synthesis.pages.synthesize import draw_script, synthesize_page
from train.synthesis.photos.gray_camera import Shot, aim, carry, shoot
from train.synthesis.photos.gray_paper import Gray, draw_grain, make_surface

Fill = Callable[[Sheet, float, Style, np.random.Generator], None]

PAPERS: dict[str, tuple[Fill, float]] = {
    "table": (fill_table, 0.22),
    "squares": (fill_squares, 0.08),
    "ledger": (fill_ledger, 0.08),
    "form": (fill_form, 0.14),
    "cheque": (fill_cheque, 0.06),
    "envelope": (fill_envelope, 0.05),
    "notes": (fill_notes, 0.15),
    "prose": (fill_prose, 0.03),
    "spaced": (fill_spaced, 0.08),
    "few": (fill_few, 0.11),
}
"""How each kind of paper is filled, and its share."""

_PLAIN_SHARE, _NEGATIVE_SHARE = 0.3, 0.06
"""Pages of numbers alone, and pictures without any, among all."""
_HEADING_SHARE, _DESK_SHARE, _FLAT_SHARE, _TURNED_SHARE, _FINGER_SHARE = 0.3, 0.4, 0.2, 0.25, 0.06
"""Papers with a heading, on a desk, scanned, held askew, and with a finger, among the papers."""
_SURFACES = {"plain": 0.5, "ruled": 0.12, "squared": 0.12, "crumpled": 0.1, "cheque": 0.08, "whiteboard": 0.05,
             "blackboard": 0.03}  # fmt: skip
"""Share of each surface among the papers."""

_PAPER_STREAM = 15
"""Keeps the chance of a paper apart from that of the plain page of the same seed and number."""

_VISIBLE, _LEAST_VISIBLE_PX = 0.9, 4
"""Share of its ink that must show for a digit to count as whole, and its least ink."""

_MOST_TURN_DEG, _FITTED, _LEAST_READABLE_PX = 45.0, (0.3, 0.95), 10.0
"""How far a camera is held askew at the outside; how much smaller the sheet then is in the photo, as long as its digits
stay so high."""

_BACK_SHARE = 0.06
"""Papers through which the back shines, among the papers."""

_MOST_GAPS_FRAC = (0.15, 0.3)
"""Greatest gaps between the digits of papers with cells, of the height: a number is to stay in its cell."""


def synthesize_document(supplies: Supplies, seed: int, number: int) -> MarkedPage:
    """Return paper `number` of those that `seed` and `supplies` make."""
    rng = np.random.default_rng([seed, number, _PAPER_STREAM])
    chance = rng.random()
    if chance < _NEGATIVE_SHARE:
        kind = str(rng.choice(KINDS))
        page = draw_negative_page(kind, seed, number, find_prose_fonts())
        return MarkedPage(page.photo, np.zeros(page.photo.shape, np.uint16), (), (), (), (), (), ("negative", kind))
    if chance < _NEGATIVE_SHARE + _PLAIN_SHARE:
        plain = synthesize_page(supplies.pool, seed, number)
        n = len(plain.labels)
        return MarkedPage(
            plain.photo, plain.owner, plain.labels, plain.kinds, plain.groups,
            (int(plain.is_printed),) * n, (UPRIGHT,) * n, ("plain", *plain.tags),
        )  # fmt: skip
    return _make_paper(supplies, rng)


def _make_paper(supplies: Supplies, rng: np.random.Generator) -> MarkedPage:
    names = list(PAPERS)
    kind = str(rng.choice(names, p=[PAPERS[name][1] for name in names]))
    size = _draw_size(kind, rng)
    height = _draw_height(size, rng)
    surface = str(rng.choice(list(_SURFACES), p=list(_SURFACES.values())))
    style = draw_style(supplies, height, kind, rng)
    sheet = Sheet.of_size(size)
    PAPERS[kind][0](sheet, height, style, rng)
    if rng.random() < _HEADING_SHARE:
        write_heading(sheet, height, style, rng)
    paper = make_surface(surface, size, height, np.zeros(0), rng)
    is_dark = surface == "blackboard"
    lay_layers(paper, sheet, is_dark, rng)
    if rng.random() < _BACK_SHARE:
        shine_through(paper, np.maximum(sheet.print.coverage, sheet.pen.coverage), rng)
    damage_sheet(paper, height, rng)
    has_desk, is_flat = rng.random() < _DESK_SHARE, rng.random() < _FLAT_SHARE
    shot = aim(size, height, rng, has_desk and not is_flat, is_flat)
    if not is_flat and rng.random() < _TURNED_SHARE:
        shot = _turn(shot, size, height, rng)
    shown = sheet.pen.owner
    if rng.random() < _FINGER_SHARE:
        shown = np.where(put_finger(paper, rng), np.uint16(0), shown)
    owner = carry(shown, shot.view)
    kinds = _mark_cut(sheet, shown, owner, shot.view)
    photo = shoot(paper, shot, rng)
    labels, groups = tuple(sheet.pen.labels), tuple(sheet.pen.groups)
    printed = tuple(int(at in sheet.printed) for at in range(len(labels)))
    ups = (find_up(shot.view, size),) * len(labels)
    return MarkedPage(photo, owner, labels, kinds, groups, printed, ups, (kind, surface))


def _turn(shot: Shot, size: tuple[int, int], height_px: float, rng: np.random.Generator) -> Shot:
    """Return the shot from further off and with the camera held askew by up to 45 degrees."""
    center = (size[0] / 2, size[1] / 2)
    least, most = _FITTED
    fitted = float(rng.uniform(min(most, max(least, _LEAST_READABLE_PX / height_px)), most))
    turn = np.eye(3)
    turn[:2] = cv2.getRotationMatrix2D(center, float(rng.uniform(-_MOST_TURN_DEG, _MOST_TURN_DEG)), fitted)
    return replace(shot, view=turn @ shot.view, has_desk=True)


def find_up(view: NDArray[np.float64], size_px: tuple[int, int]) -> tuple[float, float]:
    """Return where the up of a sheet of `size_px` (W, H) points in the photo, a unit vector (x, y), at its center.

    `view` (3, 3) takes px of the sheet to px of the photo.
    """
    x, y = size_px[0] / 2, size_px[1] / 2
    start, end = cv2.perspectiveTransform(np.array([[[x, y], [x, y - 10]]]), view)[0]
    up = (end - start) / max(1e-6, float(np.hypot(*(end - start))))
    return round(float(up[0]), 4), round(float(up[1]), 4)


def _draw_size(kind: str, rng: np.random.Generator) -> tuple[int, int]:
    area = float(np.exp(rng.uniform(np.log(0.1e6), np.log(1.2e6))))
    aspect = float(rng.choice([4 / 3, 3 / 4, 3 / 4, 16 / 9, 1.0, 2.2] if kind != "cheque" else [2.1, 2.4, 1.9]))
    return max(200, round((area * aspect) ** 0.5)), max(140, round((area / aspect) ** 0.5))


def _draw_height(size: tuple[int, int], rng: np.random.Generator) -> float:
    """Return the digits' height, px: of papers with much on them mostly small."""
    least, most = max(11.0, 0.018 * max(size)), max(16.0, min(0.14 * min(size), 120.0))
    return float(np.exp(rng.uniform(np.log(least), np.log(max(most, least + 1)))))


def draw_style(supplies: Supplies, height: float, kind: str, rng: np.random.Generator) -> Style:
    """Return how a paper of a kind is filled, by a writer at random, with digits of a height, px."""
    script: Script = draw_script(supplies.pool, height, "rows", rng)
    while script.writer.is_printed:
        script = draw_script(supplies.pool, height, "rows", rng)
    if kind in ("table", "squares", "cheque", "form"):  # many digits to a paper: a gap that does not leave the cell
        script = replace(
            script, gap_frac=(min(script.gap_frac[0], _MOST_GAPS_FRAC[0]), min(script.gap_frac[1], _MOST_GAPS_FRAC[1]))
        )
    word_style = str(rng.choice(["font", "letters", "cursive"], p=[0.4, 0.35, 0.25]))
    alphabet = supplies.alphabets[int(rng.integers(len(supplies.alphabets)))]
    if rng.random() < 0.15 and len(supplies.foreign) >= N_LETTERS:
        alphabet = tuple(supplies.foreign[int(k)] for k in rng.integers(len(supplies.foreign), size=N_LETTERS))
    fonts = supplies.script_fonts, supplies.print_fonts
    chosen = [paths[int(rng.integers(len(paths)))] for paths in fonts]
    return Style(script, word_style, chosen[0], chosen[1], alphabet)


def lay_layers(paper: Gray, sheet: Sheet, is_dark: bool, rng: np.random.Generator) -> None:
    """Lay shades, lines, print and ink over the paper, float32 (H, W) reflectance, in place."""
    size = sheet.size_px
    paper *= sheet.stains
    bright = rng.uniform(0.6, 1.0)
    level = bright if is_dark else rng.uniform(0.02, 0.35)
    for coverage, opacity, own in (
        (sheet.lines, rng.uniform(0.15, 1.0), bright if is_dark else rng.uniform(0.02, 0.5)),
        (sheet.print.coverage, rng.uniform(0.6, 1.0), bright if is_dark else rng.uniform(0.02, 0.3)),
        (sheet.pen.coverage, rng.uniform(0.4, 1.0), level),
    ):
        share = coverage.astype(np.float32) * np.float32(opacity / 255)
        if coverage is sheet.pen.coverage and rng.random() < 0.6:
            tooth = rng.uniform(0.1, 0.7)
            share *= np.clip(1 - tooth * (0.3 + 0.5 * draw_grain(size, rng.uniform(1.0, 2.5), rng)), 0, 1)
        paper *= 1 - share
        paper += share * np.float32(own)


def _mark_cut(
    sheet: Sheet, shown: NDArray[np.uint16], owner: NDArray[np.uint16], view: NDArray[np.float64]
) -> tuple[str, ...]:
    """Return the kinds of the marks as the photo shows them: what the rim cuts or anything covers is "cut".

    `shown` holds the owners of the sheet's ink that nothing hides, `owner` those of the photo.
    """
    n = len(sheet.pen.labels) + 1
    height, width = owner.shape
    inside = cv2.warpPerspective(np.ones((height, width), np.uint8), np.linalg.inv(view), (width, height))
    before = np.bincount(sheet.pen.owner.ravel(), minlength=n)[1:]
    seen = np.bincount(shown[inside > 0], minlength=n)[1:]
    visible = np.bincount(owner.ravel(), minlength=n)[1:]
    is_cut = (seen < _VISIBLE * before) | (visible < _LEAST_VISIBLE_PX)
    return tuple("cut" if cut else kind for cut, kind in zip(is_cut, sheet.pen.kinds, strict=True))


def write_documents(
    folder: Path, n_pages: int, seed: int, data_dir: Path | None, is_held_out: bool, console: Console
) -> None:
    """Write papers `page-00000.jpg`, whose ink is whose as `.png`, and `pages.jsonl` into `folder`.

    Raises
    ------
    InputError : as for `gather_supplies`
    """
    with console.status("reading the data"):
        supplies = gather_supplies(data_dir, seed, is_held_out)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "pages.jsonl").open("w", encoding="utf-8") as lines:
        for number in track(range(n_pages), description=str(folder), console=console, transient=True):
            page = synthesize_document(supplies, seed, number)
            lines.write(json.dumps(write_marked_page(page, folder, f"page-{number:05}")) + "\n")
