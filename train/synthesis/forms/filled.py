"""Forms filled by hand and photographed: a picture and what stands in each of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.constraints.constraint import Constraint
from pipeline.decoding.constraints.rules import is_allowed
from pipeline.forms.template import FormField, Template
from pipeline.types import Page
from train.synthesis.forms.kinds import KINDS
from train.synthesis.forms.sheet import FormSheet
from train.synthesis.handwriting.writers import WriterPool
from train.synthesis.pages.ink_layout import Draft, Script, write_number
from train.synthesis.pages.synthesize import draw_script
from train.synthesis.photos.color_camera import find_view
from train.synthesis.photos.gray_camera import Shot, draw_light, shoot
from train.synthesis.photos.gray_paper import draw_grain

BLANK_PX_PER_MM, SHEET_PX_PER_MM = 6.0, 9.0
"""Scale of the blank's picture, about 150 dpi, and of the sheet and its photo."""

_BLANK_SHARE = 0.05
"""Fields without a sum that are left blank."""

_MOST_TURN_DEG = 20.0
_TURNED_SHARE = 0.2
"""Photos that are upside down or lie on their side."""

_DIGIT_FRAC, _MOST_DIGIT_MM = (0.5, 0.72), 7.5
"""Height of the digits, of the field's and at most."""

_LEAST_GAP, _MOST_GAP, _MOST_SPREAD = 0.0, (0.1, 0.25), 0.12
"""Between digits, of their height: at 0 they touch; how much they differ in height: people write forms neatly."""

_WIDEST_FRAC = 0.92
"""Of a field's width that its number takes: people write smaller where room is short."""


@dataclass(frozen=True, slots=True, eq=False)
class FilledForm:
    """A photo of a filled form.

    Attributes
    ----------
    photo : uint8 (H, W)
    truth : text of each field by name, "" where it is blank
    view : float64 (3, 3), px of the blank's picture -> px of the photo
    """

    photo: NDArray[np.uint8]
    truth: Mapping[str, str]
    view: NDArray[np.float64]


def make_template(kind: str) -> Template:
    """Return the template of a kind of form, its blank as a clean picture."""
    sheet = KINDS[kind]()
    gray = 255 - (sheet.render(BLANK_PX_PER_MM).astype(np.float32) * 0.9).astype(np.uint8)
    return Template(kind, (Page(gray, kind),), sheet.list_fields(BLANK_PX_PER_MM), tuple(sheet.sums), kind)


def synthesize_form(kind: str, pool: WriterPool, seed: int, number: int) -> FilledForm:
    """Return form `number` of a kind of those that `seed` and the writers make."""
    rng = np.random.default_rng([seed, number, list(KINDS).index(kind)])
    sheet = KINDS[kind]()
    truth = choose_values(sheet, rng)
    fields = sheet.list_fields(SHEET_PX_PER_MM)
    printed = sheet.render(SHEET_PX_PER_MM)
    draft = Draft.of_size((printed.shape[1], printed.shape[0]))
    script = _draw_script(pool, rng)
    for field in fields:
        write_field(draft, field, truth[field.name], script, rng)
    paper = _lay_ink(printed, draft.coverage, rng)
    return _photograph(paper, truth, rng)


def choose_values(sheet: FormSheet, rng: np.random.Generator) -> dict[str, str]:
    """Return a text for each field as its constraint and the sums have it; some are blank."""
    summed = {name for one in sheet.sums for name in one.names}
    truth = {}
    for name, _, comb, constraint in sheet.fields:
        truth[name] = "" if name not in summed and rng.random() < _BLANK_SHARE else _draw_text(constraint, comb, rng)
    for one in sheet.sums:
        truth[one.total] = str(sum(int(truth[name]) for name in one.of))
    return truth


def _draw_text(constraint: Constraint, comb: int | None, rng: np.random.Generator) -> str:
    """Return digits at random that the constraint allows."""
    least, most = constraint.n_digits or (1, comb or 4)
    rules = constraint.rules
    while True:
        n = int(rng.integers(least, most + 1))
        text = "".join(str(d) for d in rng.integers(0, 10, n))
        if constraint.range is not None:
            text = str(rng.integers(constraint.range[0] or 0, (constraint.range[1] or 0) + 1))
        elif comb is None and n > 1 and text[0] == "0":
            text = str(rng.integers(1, 10)) + text[1:]
        if is_allowed(text, rules):
            return text


def _draw_script(pool: WriterPool, rng: np.random.Generator) -> Script:
    """Return a person and a pen, with gaps that let a number stay in its field."""
    script = draw_script(pool, 50, "rows", rng)
    while script.writer.is_printed:
        script = draw_script(pool, 50, "rows", rng)
    low, high = script.gap_frac
    pen = min(script.stroke_core_px, 2.6)
    gap = min(max(low, _LEAST_GAP), _MOST_GAP[0]), min(max(high, _LEAST_GAP), _MOST_GAP[1])
    return replace(script, gap_frac=gap, stroke_core_px=pen, size_spread=min(script.size_spread, _MOST_SPREAD))


def write_field(draft: Draft, field: FormField, text: str, script: Script, rng: np.random.Generator) -> None:
    """Write a text into a field, one digit to each box of a comb."""
    box = field.box
    height = min(_MOST_DIGIT_MM * SHEET_PX_PER_MM, box.height * rng.uniform(*_DIGIT_FRAC))
    foot = box.bottom - rng.uniform(0.3, 0.7) * (box.height - height)
    if field.comb:
        side = box.width / field.comb
        for k, digit in enumerate(text):
            wander = rng.normal(0, 0.03, 2) * side
            place = (box.left + k * side + wander[0], side), foot + wander[1]
            _write_fitting(draft, digit, place, min(height, 1.1 * side), script, 0.5, rng)
        return
    place = (box.left, box.width), foot
    height = min(height, 1.2 * box.width / max(1, len(text)))
    _write_fitting(draft, text, place, height, script, rng.uniform(0.1, 0.8), rng)


def _write_fitting(
    draft: Draft,
    text: str,
    place_px: tuple[tuple[float, float], float],
    height: float,
    script: Script,
    at_frac: float,
    rng: np.random.Generator,
) -> None:
    """Write a text into a place ((left, width), foot), smaller where it does not fit, at a share of what is left."""
    (left, room), foot = place_px
    while text:
        trial = Draft.of_size((round(room + 4 * height), round(3 * height)))
        write_number(trial, text, (height, 2 * height), height, script, rng)
        inked, _, wide, _ = cv2.boundingRect(trial.coverage)
        if wide <= _WIDEST_FRAC * room:
            place_ink(draft, trial.coverage, left + at_frac * (room - wide) - inked, foot - 2 * height)
            return
        height *= 0.9


def place_ink(draft: Draft, ink: NDArray[np.uint8], left: float, top: float) -> None:
    """Lay ink, uint8 (h, w), over what is written, its corner at (left, top) px; what is outside is left out."""
    shift = np.array([[1, 0, round(left)], [0, 1, round(top)]], np.float64)
    laid = cv2.warpAffine(ink, shift, draft.coverage.shape[::-1], flags=cv2.INTER_NEAREST)
    np.maximum(draft.coverage, laid, out=draft.coverage)


def _lay_ink(printed: NDArray[np.uint8], written: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the paper with its print and its writing, float32 (H, W) reflectance."""
    size = printed.shape[1], printed.shape[0]
    paper = np.full(size[::-1], rng.uniform(0.6, 0.9), np.float32)
    paper *= 1 + rng.uniform(0.002, 0.015) * draw_grain(size, rng.uniform(1, 3), rng)
    tooth = rng.uniform(0.0, 0.6)
    rough = np.clip(1 - tooth * (0.3 + 0.5 * draw_grain(size, rng.uniform(1.0, 2.5), rng)), 0, 1)
    for coverage, opacity, level, grain in (
        (printed, rng.uniform(0.6, 1.0), rng.uniform(0.03, 0.3), np.float32(1)),
        (written, rng.uniform(0.7, 1.0), rng.uniform(0.02, 0.25), rough.astype(np.float32)),
    ):
        share = coverage.astype(np.float32) * np.float32(opacity / 255) * grain
        paper *= 1 - share
        paper += share * np.float32(level)
    return paper


def _photograph(paper: NDArray[np.float32], truth: Mapping[str, str], rng: np.random.Generator) -> FilledForm:
    """Return the sheet photographed on a desk: turned, in perspective, in uneven light, a little blurred."""
    height, width = paper.shape
    side = round(1.06 * max(height, width))
    turn = np.deg2rad(rng.uniform(-_MOST_TURN_DEG, _MOST_TURN_DEG))
    if rng.random() < _TURNED_SHARE:
        turn += np.pi / 2 * rng.integers(1, 4)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * np.array([width, height]) / 2
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    placed = (corners + rng.uniform(-0.05, 0.05, (4, 2)) * min(width, height)) @ rotation
    placed *= rng.uniform(0.8, 0.97) * side / np.ptp(placed, axis=0).max()
    slack = (side - np.ptp(placed, axis=0)) / 2
    placed += side / 2 - (placed.max(axis=0) + placed.min(axis=0)) / 2 + rng.uniform(-0.8, 0.8, 2) * slack
    view = find_view(corners + np.array([width, height]) / 2, placed)
    blur, noise = float(np.exp(rng.uniform(np.log(0.5), np.log(1.6)))), float(rng.uniform(0.002, 0.015))
    shot = Shot(np.eye(3), False, draw_light(rng), blur, noise, int(rng.integers(60, 96)))
    photo = shoot(_lay_on_desk(paper, view, side, rng), shot, rng)
    return FilledForm(photo, truth, view @ _scale_up())


def _scale_up() -> NDArray[np.float64]:
    """Return the map (3, 3) of px of the blank's picture to px of the sheet; pixel centers are whole."""
    scale = SHEET_PX_PER_MM / BLANK_PX_PER_MM
    return np.array([[scale, 0, scale / 2 - 0.5], [0, scale, scale / 2 - 0.5], [0, 0, 1]])


def _lay_on_desk(
    paper: NDArray[np.float32], view: NDArray[np.float64], side_px: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return the scene, a square: the paper as the camera sees it, on a desk."""
    size = side_px, side_px
    seen = cv2.warpPerspective(paper, view, size, flags=cv2.INTER_LINEAR)
    there = cv2.warpPerspective(np.ones(paper.shape, np.float32), view, size)
    desk = np.full(size, rng.choice([rng.uniform(0.03, 0.3), rng.uniform(0.3, 0.7)]), np.float32)
    desk *= 1 + rng.uniform(0.01, 0.07) * draw_grain(size, rng.uniform(2, 12), rng)
    return desk * (1 - there) + seen * there
