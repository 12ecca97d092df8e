"""Draws the pictures of samples/ and writes their truth.json: `python -m train samples --out samples`.

Every picture is drawn by this code alone, from a seed: the same machine and library versions make the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from train.synthesis.handwriting.strokes import (
    Track,
    Writer,
    draw_writer,
    join_digits,
    move_tracks,
    stamp_ink,
    write_digit,
    write_number,
)
from train.synthesis.photos.color_camera import find_view, lay_on, take_photo
from train.synthesis.photos.color_paper import (
    BLUE_PRINT,
    GRAY_PRINT,
    PENS,
    RED_PRINT,
    Sheet,
    fold_sheet,
    lay_ink,
    make_board,
    make_desk,
    make_sheet,
    rule_boxes,
    rule_lines,
)
from train.synthesis.samples.sample_page import OAK, SamplePage
from train.synthesis.samples.sample_pages import SAMPLE_PAGES

_RIM_FRAC = 0.1
"""The sheet reaches this much beyond each side of a close photo, which the camera does not hold quite square."""

_BOX_MM = 11.0
_SQUARE_MM = 5.0
_CELL_MM = (5.0, 4.0)
"""From the left and lower walls of a table's cell to its number."""

_ORIENTATION_TAG = 0x0112


def draw_photo(page: SamplePage) -> NDArray[np.uint8]:
    """Return the upright photo of `page`, uint8 (H, W, 3), blue green red."""
    rng = np.random.default_rng(page.seed)
    scale = page.size_px[0] / page.width_mm
    rim = np.zeros(2) if page.corners or page.is_scan else np.rint(_RIM_FRAC * np.array(page.size_px))
    sheet = _print_sheet(page, rim, scale, rng)
    coverage = np.zeros(sheet.shape[:2], np.float32)
    pen = PENS[page.pen]
    for tracks in _write_rows(page, scale, rng):
        stamp_ink(coverage, [track + [*rim, 0.0] for track in tracks], pen.width_mm * scale, pen.fading)
    lay_ink(sheet, coverage, pen, scale, rng)
    scene = _frame_view(sheet, page, rim, rng)
    return take_photo(scene, page.light, page.camera, rng)


def enlarge_page(page: SamplePage, width_px: int) -> SamplePage:
    """Return `page` photographed by a camera whose photos are `width_px` wide."""
    factor = width_px / page.size_px[0]
    sharpness = replace(
        page.camera,
        blur_px=page.camera.blur_px * factor**0.5,
        corner_blur_px=page.camera.corner_blur_px * factor**0.5,
    )
    return replace(page, size_px=(width_px, round(page.size_px[1] * factor)), camera=sharpness)


def save_photo(photo: NDArray[np.uint8], page: SamplePage, path: Path) -> None:
    """Write an upright photo in the format of `path`'s ending, turned as the page's EXIF orientation says."""
    rgb = cv2.cvtColor(photo, cv2.COLOR_BGR2RGB)
    picture = Image.fromarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY) if page.is_scan else rgb)
    exif = Image.Exif()
    if page.orientation == 6:
        picture = picture.transpose(Image.Transpose.ROTATE_90)
        exif[_ORIENTATION_TAG] = page.orientation
    picture.save(path, quality=page.quality, exif=exif.tobytes() if page.orientation != 1 else b"", optimize=True)


def _print_sheet(page: SamplePage, rim: NDArray[np.float64], scale: float, rng: np.random.Generator) -> Sheet:
    """Return the sheet with what is printed on it, before anyone writes."""
    width, height = (int(side + 2 * r) for side, r in zip(page.size_px, rim, strict=True))
    if page.surface == "board":
        return make_board((width, height), scale, page.color, rng)
    sheet = make_sheet((width, height), scale, page.color, rng)
    if page.is_folded:
        fold_sheet(sheet, scale, rng)
    first = rim + np.array(page.layout.start_mm) * scale
    if page.surface == "ruled":
        step = page.layout.row_mm / 2 * scale
        rule_lines(sheet, np.arange(first[1] % step, height, step), 0.25 * scale, BLUE_PRINT)
        rule_lines(sheet, np.array([first[0] - 9 * scale]), 0.3 * scale, RED_PRINT, axis=1)
    elif page.surface == "squared":
        step = _SQUARE_MM * scale
        for axis in (0, 1):
            at = np.arange(first[1 - axis] % step, (height, width)[axis], step)
            rule_lines(sheet, at, 0.2 * scale, BLUE_PRINT, axis)
    elif page.surface == "boxes":
        corners = [np.tile(rim, 2) + scale * np.array(box) for box in _place_boxes(page)]
        rule_boxes(sheet, np.array(corners), 0.35 * scale, GRAY_PRINT)
    elif page.surface == "table":
        corners = [np.tile(rim, 2) + scale * np.array(cell) for cell in _place_cells(page)]
        rule_boxes(sheet, np.array(corners), 0.4 * scale, GRAY_PRINT)
    return sheet


def _place_cells(page: SamplePage) -> list[tuple[float, float, float, float]]:
    """Return left, top, right, bottom in mm of the cells of a table, row by row."""
    cells = []
    (start_x, start_y), at = page.layout.start_mm, page.layout
    for n, row in enumerate(page.rows):
        bottom = start_y + n * at.row_mm + _CELL_MM[1]
        for k in range(len(row)):
            left = start_x + k * at.column_mm - _CELL_MM[0]
            cells.append((left, bottom - at.row_mm, left + at.column_mm, bottom))
    return cells


def _place_boxes(page: SamplePage) -> list[tuple[float, float, float, float]]:
    """Return left, top, right, bottom in mm of the box of each digit, in writing order."""
    boxes = []
    for n, row in enumerate(page.rows):
        bottom = page.layout.start_mm[1] + n * page.layout.row_mm + 2.2
        for k in range(len("".join(row))):
            left = page.layout.start_mm[0] + k * _BOX_MM
            boxes.append((left, bottom - _BOX_MM * 1.1, left + _BOX_MM, bottom))
    return boxes


def _write_rows(page: SamplePage, scale: float, rng: np.random.Generator) -> list[list[Track]]:
    """Return the tracks of every digit on the page, px of the photo held square."""
    writer = draw_writer(rng)
    writer = replace(writer, shapes=writer.shapes | page.shapes)
    writer = join_digits(writer) if page.is_hurried else writer
    if page.surface == "boxes":
        return _fill_boxes(page, writer, scale, rng)
    written = []
    for n, row in enumerate(page.rows):
        height = page.layout.digits_mm[min(n, len(page.layout.digits_mm) - 1)] * scale
        x, baseline = 0.0, (page.layout.start_mm[1] + n * page.layout.row_mm) * scale
        digits = []
        for k, number in enumerate(row):
            if page.layout.column_mm:
                x = k * page.layout.column_mm * scale
            if not number:
                continue
            placed = move_tracks(write_number(number, writer, height, rng), x, -height)
            digits += placed
            x = max(track[:, 0].max() for tracks in placed for track in tracks) + page.layout.gap_mm * scale
        written += move_tracks(
            digits, page.layout.start_mm[0] * scale, baseline, page.layout.turn_deg + float(rng.normal(0, 0.4))
        )
    return written


def _fill_boxes(page: SamplePage, writer: Writer, scale: float, rng: np.random.Generator) -> list[list[Track]]:
    """Return the tracks of the digits, each written into its own box."""
    height = page.layout.digits_mm[0] * scale
    written = []
    for digit, (left, _top, right, bottom) in zip("".join(sum(page.rows, ())), _place_boxes(page), strict=True):
        tracks = write_digit(digit, writer, height, rng)
        xs = np.concatenate([track[:, 0] for track in tracks])
        x = (left + right) / 2 * scale - (xs.min() + xs.max()) / 2 + rng.normal(0, 0.06 * height)
        written += move_tracks([tracks], x, (bottom - 2.2) * scale - height + rng.normal(0, 0.05 * height))
    return written


def _frame_view(sheet: Sheet, page: SamplePage, rim: NDArray[np.float64], rng: np.random.Generator) -> Sheet:
    """Return what lies in front of the camera: the sheet, and the desk where the sheet ends."""
    if page.is_scan:
        return sheet
    size = np.array(page.size_px, np.float64)
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float64)
    if page.corners:
        desk = make_desk(page.size_px, OAK, rng)
        view = find_view(square * (size - 1), np.array(page.corners) * size)
        return lay_on(desk, sheet, view, lift_px=0.004 * float(size[0]))
    aim = rng.uniform(-0.25, 0.25, (4, 2)) * rim
    view = find_view(rim + square * size + aim, square * size)
    return lay_on(np.zeros((page.size_px[1], page.size_px[0], 3), np.float32), sheet, view)


def describe_page(page: SamplePage) -> dict[str, object]:
    """Return the page's entry in truth.json."""
    numbers = [number for row in page.rows for number in row if number]
    return {"file": page.file, "numbers": numbers, "grouped": True, "ordered": True, "tags": list(page.tags)}


def draw_samples(folder: Path, files: Sequence[str] = ()) -> None:
    """Write the samples called `files` into `folder`, or all of them and their truth.json; print each path."""
    folder.mkdir(parents=True, exist_ok=True)
    for page in SAMPLE_PAGES:
        if not files or page.file in files:
            save_photo(draw_photo(page), page, folder / page.file)
            print(folder / page.file)
    if not files:
        lines = ",\n".join(json.dumps(describe_page(page)) for page in SAMPLE_PAGES)
        (folder / "truth.json").write_text("[\n" + lines + "\n]\n", encoding="utf-8")
