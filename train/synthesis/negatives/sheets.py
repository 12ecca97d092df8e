"""Sheets that hold no number: blank ones, scribbles, hatching, empty forms, a binding, drawings, charts.

A sheet is as in `train.synthesis.photos.gray_paper`: float32 (H, W), linear reflectance; size is (W, H).
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from train.synthesis.handwriting.strokes import Track
from train.synthesis.negatives.texts import ink_tracks, set_label
from train.synthesis.photos.color_paper import fold_sheet
from train.synthesis.photos.gray_paper import Gray, draw_grain, make_surface

_LABELS = ("Name", "Street", "Town", "Country", "Signature", "Remarks", "Office", "Date", "Subject", "Place", "Total")


def draw_blank(size_px: tuple[int, int], kind: str, rng: np.random.Generator) -> Gray:
    """Return an empty sheet of a surface of `photos.gray_paper`, or one that is "white", "folded" or "grainy"."""
    if kind == "white":
        return np.ones(size_px[::-1], np.float32)
    letter_px = size_px[1] * rng.uniform(0.03, 0.09)
    rows = np.arange(rng.uniform(1, 3) * letter_px, size_px[1], 2 * letter_px)
    sheet = make_surface("plain" if kind in ("folded", "grainy") else kind, size_px, letter_px, rows, rng)
    for _ in range(int(rng.integers(1, 4)) if kind == "folded" else 0):
        fold_sheet(sheet[:, :, None], size_px[0] / rng.uniform(100, 220), rng)
    if kind == "grainy":
        sheet *= 1 + rng.uniform(0.05, 0.3) * draw_grain(size_px, rng.uniform(1, 3), rng)
    return np.clip(sheet, 0, 1)


def draw_scribble(size_px: tuple[int, int], fonts: list[Path], rng: np.random.Generator) -> Gray:
    """Return a sheet that somebody scribbled on: curls, tangles and waves of a pen."""
    sheet = _take_sheet(size_px, rng)
    tracks = []
    for _ in range(int(rng.integers(1, 5))):
        t = np.linspace(0, 1, int(rng.integers(300, 900)))
        start, end = rng.uniform(0.1, 0.9, (2, 2)) * size_px
        reach = min(size_px) * rng.uniform(0.06, 0.2)
        if rng.random() < 0.5:  # curls that move on
            turn = 2 * np.pi * rng.uniform(6, 22) * t
            wobble = 1 + 0.3 * np.sin(turn / rng.uniform(3, 9))
            loop = reach * wobble[:, None] * np.stack([np.cos(turn), 1.2 * np.sin(turn + rng.uniform(0, 1))], axis=1)
        else:  # a tangle
            loop = np.zeros((len(t), 2))
            for rate in rng.uniform(1, 14, 6):
                loop += reach * rng.uniform(0.3, 1) * np.sin(2 * np.pi * (rate * t[:, None] + rng.random(2)))
        points = start + (end - start) * 0.6 * t[:, None] + loop
        tracks.append(_press(points))
    return ink_tracks(sheet, tracks, min(size_px) * rng.uniform(0.003, 0.014), rng)


def draw_hatching(size_px: tuple[int, int], fonts: list[Path], rng: np.random.Generator) -> Gray:
    """Return patches of hatching: slanted strokes close together, crossed at times, or one zigzag."""
    sheet = _take_sheet(size_px, rng)
    tracks: list[Track] = []
    for _ in range(int(rng.integers(1, 5))):
        low = rng.uniform(0.05, 0.6, 2) * size_px
        extent = rng.uniform(0.15, 0.45, 2) * size_px
        pitch = min(size_px) * rng.uniform(0.012, 0.04)
        base = rng.uniform(0.4, 1.1) * rng.choice([-1, 1])
        for angle in [base, base + rng.uniform(1, 2)][: int(rng.integers(1, 3))]:
            ends = _hatch(low, extent, pitch, angle, rng)
            is_zigzag = rng.random() < 0.4
            tracks += [_press(ends.reshape(-1, 2))] if is_zigzag else [_press(pair) for pair in ends]
    return ink_tracks(sheet, tracks, min(size_px) * rng.uniform(0.003, 0.009), rng)


def _hatch(
    low: NDArray[np.float64], extent: NDArray[np.float64], pitch: float, angle: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the ends (N, 2, 2) of strokes at an angle that fill an ellipse, every other one drawn backward."""
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    radius, middle = extent.min() / 2 + 0.25 * extent.max(), low + extent / 2
    offsets = np.arange(-radius * 0.95, radius * 0.95, pitch)
    half = np.sqrt(radius**2 - offsets**2)
    ends = middle + offsets[:, None, None] * across + half[:, None, None] * np.array([[-1.0], [1.0]]) * along
    ends[1::2] = ends[1::2, ::-1]
    return ends + rng.normal(0, 0.15 * pitch, ends.shape)


def draw_form(size_px: tuple[int, int], fonts: list[Path], rng: np.random.Generator) -> Gray:
    """Return an empty form: rows of boxes, a table, check boxes, dotted lines, printed labels."""
    width, height = size_px
    letter_px = height * rng.uniform(0.025, 0.05)
    sheet = make_surface("plain", size_px, letter_px, np.zeros(0), rng)
    font, level = fonts[int(rng.integers(len(fonts)))], float(rng.uniform(0.05, 0.5) * sheet.mean())
    pen, has_labels = int(rng.integers(1, 4)), rng.random() < 0.5
    y = height * rng.uniform(0.04, 0.12)
    while y < 0.9 * height:
        left, step = width * rng.uniform(0.05, 0.2), letter_px * rng.uniform(1.3, 2.4)
        if has_labels:
            set_label(sheet, str(rng.choice(_LABELS)), (left, y), font, 0.7 * letter_px, level)
            y += letter_px
        kind = str(rng.choice(["boxes", "table", "checks", "line"]))
        n_rows, n_columns = (int(rng.integers(2, 5)), int(rng.integers(2, 7))) if kind == "table" else (1, 12)
        wide, gap = (3 * step, 0.0) if kind == "table" else (step, float(rng.choice([0.0, 0.15, 0.6])) * step)
        for row in range(n_rows if kind != "line" else 0):
            for column in range(n_columns if kind != "checks" else 3):
                x = left + column * (wide + gap)
                corners = np.rint([(x, y + row * step), (x + wide, y + (row + 1) * step)]).astype(int)
                cv2.rectangle(sheet, corners[0].tolist(), corners[1].tolist(), level, pen, cv2.LINE_AA)
        if kind == "line":
            cv2.line(sheet, (int(left), int(y + step)), (int(0.9 * width), int(y + step)), level, pen, cv2.LINE_AA)
        y += n_rows * step + letter_px * rng.uniform(0.6, 2)
    return sheet


def draw_binding(size_px: tuple[int, int], fonts: list[Path], rng: np.random.Generator) -> Gray:
    """Return an empty sheet of a pad with its spiral binding, punched holes or a torn perforation along one edge."""
    sheet = draw_blank(size_px, str(rng.choice(["plain", "ruled", "squared"])), rng)
    upright = rng.random() < 0.5
    sheet = np.ascontiguousarray(sheet.T) if upright else sheet
    height, width = sheet.shape
    pitch = width / rng.uniform(12, 45)
    row, dark = rng.uniform(1.2, 2.5) * pitch, float(rng.uniform(0.02, 0.2))
    has_wire, is_square = rng.random() < 0.7, rng.random() < 0.4
    for x in np.arange(pitch / 2, width, pitch):
        at, reach = np.array([x, row]), 0.25 * pitch
        if is_square:
            low, high = np.rint([at - reach, at + reach]).astype(int)
            cv2.rectangle(sheet, low.tolist(), high.tolist(), dark, cv2.FILLED)
        else:
            cv2.circle(sheet, np.rint(at).astype(int).tolist(), max(1, round(reach)), dark, cv2.FILLED, cv2.LINE_AA)
        if has_wire:
            end = at - [rng.normal(0, 0.05) * pitch, 1.3 * row]
            ends = np.rint([at, end]).astype(int).tolist()
            cv2.line(sheet, ends[0], ends[1], 0.5 * dark, max(2, round(0.25 * pitch)), cv2.LINE_AA)
            cv2.line(sheet, ends[0], ends[1], 0.6, max(1, round(0.08 * pitch)), cv2.LINE_AA)
    return np.ascontiguousarray(sheet.T if upright else sheet)


def draw_shapes(size_px: tuple[int, int], fonts: list[Path], rng: np.random.Generator) -> Gray:
    """Return drawings of a pen: houses, stars, arrows, cubes, suns, hearts, flowers, faces of three strokes."""
    sheet = _take_sheet(size_px, rng)
    tracks = []
    for _ in range(int(rng.integers(2, 8))):
        figure = _FIGURES[str(rng.choice(sorted(_FIGURES)))]
        side = min(size_px) * rng.uniform(0.15, 0.4)
        at, turn = rng.uniform(0.02, 0.75, 2) * size_px, rng.normal(0, 0.1)
        matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) * side
        for part in figure:
            points = np.array(part, np.float64)
            dense = np.linspace(0, len(points) - 1, 12 * len(points))
            line = np.stack([np.interp(dense, np.arange(len(points)), column) for column in points.T], axis=1)
            line = line + 0.008 * np.cumsum(rng.normal(0, 0.25, line.shape), axis=0)
            tracks.append(_press(line @ matrix + at))
    return ink_tracks(sheet, tracks, min(size_px) * rng.uniform(0.004, 0.012), rng)


def draw_chart(size_px: tuple[int, int], fonts: list[Path], rng: np.random.Generator) -> Gray:
    """Return a printed chart without a number: axes, a grid, bars, curves or a pie, words at most."""
    width, height = size_px
    sheet = np.full((height, width), rng.uniform(0.6, 0.95), np.float32)
    low, high = np.array([0.15 * width, 0.12 * height]), np.array([0.92 * width, 0.82 * height])
    dark, pen = float(rng.uniform(0.0, 0.2)), int(rng.integers(1, 4))
    (x0, y0), (x1, y1) = low.astype(int).tolist(), high.astype(int).tolist()
    for share in np.linspace(0, 1, int(rng.integers(3, 8)))[1:] if rng.random() < 0.6 else ():
        y = int(y1 + (y0 - y1) * share)
        cv2.line(sheet, (x0, y), (x1, y), float(rng.uniform(0.4, 0.6)), 1)
    kind = str(rng.choice(["bars", "curves", "pie"]))
    if kind == "bars":
        n = int(rng.integers(3, 9))
        for left in np.linspace(x0, x1, n, endpoint=False) + 0.1 * (x1 - x0) / n:
            top = int(y1 - (y1 - y0) * rng.uniform(0.1, 0.95))
            cv2.rectangle(
                sheet, (int(left), top), (int(left + 0.7 * (x1 - x0) / n), y1), float(rng.uniform(0.1, 0.6)), -1
            )
    elif kind == "curves":
        for _ in range(int(rng.integers(1, 4))):
            t = np.linspace(0, 1, int(rng.integers(4, 30)))
            steps = np.cumsum(rng.normal(0, 1, len(t)))
            level = (steps - steps.min()) / max(float(np.ptp(steps)), 1e-6)
            points = np.stack([x0 + (x1 - x0) * t, y1 - (y1 - y0) * (0.05 + 0.85 * level)], axis=1)
            cv2.polylines(sheet, [np.rint(points).astype(np.int32)], False, dark, pen + 1, cv2.LINE_AA)
    else:
        edges = np.sort(rng.uniform(0, 360, int(rng.integers(3, 7))))
        for start, end in zip(edges, [*edges[1:], edges[0] + 360], strict=True):
            size, middle = ((y1 - y0) // 2,) * 2, ((x0 + x1) // 2, (y0 + y1) // 2)
            cv2.ellipse(sheet, middle, size, 0, start, end, float(rng.uniform(0.05, 0.6)), cv2.FILLED, cv2.LINE_AA)
    if kind != "pie":
        cv2.polylines(sheet, [np.array([(x0, y0), (x0, y1), (x1, y1)], np.int32)], False, dark, pen)
    for x in np.linspace(x0, x1, 4)[:3] if rng.random() < 0.5 else ():
        set_label(sheet, str(rng.choice(_LABELS)), (x, y1 + 0.03 * height), fonts[0], 0.04 * height, dark)
    return sheet


def _take_sheet(size_px: tuple[int, int], rng: np.random.Generator) -> Gray:
    kind = str(rng.choice(["plain", "ruled", "squared", "crumpled", "whiteboard"], p=[0.5, 0.2, 0.1, 0.1, 0.1]))
    sheet = draw_blank(size_px, kind, rng)
    return sheet * (1 + 0.005 * draw_grain(size_px, 2, rng))


def _press(points: NDArray[np.float64]) -> Track:
    return np.column_stack([points, np.ones(len(points))])


def _ring(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    turns = np.linspace(0, 2 * np.pi, 25)
    return [(x + radius * float(np.cos(turn)), y + radius * float(np.sin(turn))) for turn in turns]


_STAR = [(0.5 + 0.5 * float(np.sin(turn)), 0.5 - 0.5 * float(np.cos(turn))) for turn in np.arange(6) * 0.8 * np.pi]
_RAYS = [
    [(x + 0.3 * c, y + 0.3 * s), (x + 0.5 * c, y + 0.5 * s)] for x, y in [(0.5, 0.5)] for c, s in _ring(0, 0, 1)[::3]
]
_FIGURES: dict[str, list[list[tuple[float, float]]]] = {
    "house": [[(0, 1), (0, 0.4), (0.5, 0), (1, 0.4), (1, 1), (0, 1)], [(0.4, 1), (0.4, 0.65), (0.62, 0.65), (0.62, 1)]],
    "star": [_STAR],
    "arrow": [[(0, 0.5), (1, 0.5)], [(0.75, 0.3), (1, 0.5), (0.75, 0.7)]],
    "cube": [
        [(0, 0.3), (0.7, 0.3), (0.7, 1), (0, 1), (0, 0.3), (0.3, 0), (1, 0), (1, 0.7), (0.7, 1)],
        [(0.7, 0.3), (1, 0)],
    ],
    "sun": [_ring(0.5, 0.5, 0.3), *_RAYS],
    "heart": [
        [(0.5, 0.3), (0.35, 0.05), (0.1, 0.1), (0.05, 0.4), (0.5, 1), (0.95, 0.4), (0.9, 0.1), (0.65, 0.05), (0.5, 0.3)]
    ],
    "smile": [
        _ring(0.5, 0.5, 0.5),
        [(0.25, 0.6), (0.4, 0.75), (0.6, 0.75), (0.75, 0.6)],
        *(_ring(x, 0.35, 0.05) for x in (0.33, 0.67)),
    ],
    "flower": [
        _ring(0.5, 0.3, 0.1),
        *(_ring(0.5 + 0.2 * c, 0.3 + 0.2 * s, 0.11) for c, s in _ring(0, 0, 1)[::5]),
        [(0.5, 0.4), (0.52, 1)],
    ],
    "triangle": [[(0, 1), (0.5, 0), (1, 1), (0, 1)]],
    "square": [[(0, 0), (1, 0.02), (1, 1), (0, 0.98), (0, 0)], [(0, 0), (1, 1)]],
    "tree": [[(0.45, 1), (0.45, 0.6), (0.1, 0.6), (0.5, 0), (0.9, 0.6), (0.55, 0.6), (0.55, 1)]],
}
"""Pen strokes of each drawing on a square of side 1, y down."""
