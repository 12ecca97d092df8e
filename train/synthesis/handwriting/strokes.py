"""Draws handwriting: a writer's style turns digits into pen tracks, and a pen turns tracks into ink.

Each writer has one shape per digit, a slant, a width and a pace; each digit varies a little in place, size and
rotation; corners are rounded where the pen is fast; its pressure varies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from train.synthesis.handwriting.pen_paths import GLYPHS, UNUSUAL, find_paths

Track = NDArray[np.float64]
"""One pen-down movement: (N, 3), columns x px, y px, pressure about 1."""

_GRID = 100.0
_STEPS = 24
"""Points between two of a path's points; at 100 px height one step is about 1 px."""

_FINER = 4
"""Ink is stamped this many times finer than the page and averaged, which gives soft edges."""


@dataclass(frozen=True, slots=True)
class Writer:
    """One person's style of writing.

    Attributes
    ----------
    shapes : name of the shape, per digit
    slant_deg : lean to the right
    width_frac : width of digits, 1 as on the grid
    spacing_frac : gap between digits, of the height; below 0 they touch
    haste : 0 careful .. 1 hurried: cut corners
    tremor_frac : unsteadiness along a stroke, of the height
    jitter_frac : how far a digit strays from its place, size and turn
    pressure_spread : how unevenly the pen is pressed
    """

    shapes: dict[str, str]
    slant_deg: float = 6.0
    width_frac: float = 1.0
    spacing_frac: float = 0.22
    haste: float = 0.3
    tremor_frac: float = 0.004
    jitter_frac: float = 0.03
    pressure_spread: float = 0.12

    def __post_init__(self) -> None:
        for digit, shape in self.shapes.items():
            known = sorted((*GLYPHS[digit], *UNUSUAL[digit]))
            if shape not in known:
                raise ValueError(f"Writer: expected a shape of {digit} from {known}, received {shape}")


def draw_writer(rng: np.random.Generator) -> Writer:
    """Return a writer at random: a shape for each digit, and habits within what people do."""
    return Writer(
        shapes={digit: str(rng.choice(sorted(shapes))) for digit, shapes in GLYPHS.items()},
        slant_deg=float(rng.normal(5, 6)),
        width_frac=float(rng.uniform(0.85, 1.15)),
        spacing_frac=float(rng.uniform(0.16, 0.32)),
        haste=float(rng.uniform(0.1, 0.7)),
        tremor_frac=float(rng.uniform(0.002, 0.006)),
        jitter_frac=float(rng.uniform(0.015, 0.04)),
        pressure_spread=float(rng.uniform(0.05, 0.2)),
    )


def draw_unusual_writer(rng: np.random.Generator, n_unusual: int = 5) -> Writer:
    """Return a writer at random who writes `n_unusual` of the ten digits as few people do."""
    writer = draw_writer(rng)
    odd = rng.choice(sorted(UNUSUAL), n_unusual, replace=False)
    return replace(writer, shapes={**writer.shapes, **{str(digit): next(iter(UNUSUAL[digit])) for digit in odd}})


def write_number(text: str, writer: Writer, height_px: float, rng: np.random.Generator) -> list[list[Track]]:
    """Return the tracks of each digit of `text`, written left to right.

    Parameters
    ----------
    text : digits
    writer : whose style
    height_px : height of the digits
    rng : source of all chance

    Returns
    -------
    One list of tracks per digit, px, the first digit's grid at (0, 0)
    """
    digits, pen_x = [], 0.0
    for digit in text:
        tracks = write_digit(digit, writer, height_px, rng)
        left = min(track[:, 0].min() for track in tracks)
        shift = np.array([pen_x - left, 0.0, 0.0])
        digits.append([track + shift for track in tracks])
        right = max(track[:, 0].max() for track in digits[-1])
        pen_x = right + height_px * writer.spacing_frac * float(rng.uniform(0.75, 1.25))
    return digits


def write_digit(digit: str, writer: Writer, height_px: float, rng: np.random.Generator) -> list[Track]:
    """Return the tracks of one digit, its grid from (0, 0) to about (0.6, 1) times `height_px`."""
    jitter = writer.jitter_frac
    turn = rng.normal(0, jitter)
    size = rng.normal(1, 1.3 * jitter)
    shear = np.tan(np.deg2rad(writer.slant_deg) + rng.normal(0, jitter))
    lean = np.array([[size * writer.width_frac, -shear], [turn, size]])
    drop = rng.normal(0, jitter)
    tracks = []
    for path in find_paths(digit, writer.shapes[digit]):
        points = _run_path(path, 0.55 * jitter * _GRID, writer.haste, rng) / _GRID
        points = (points - [0.0, 1.0]) @ lean.T + [0.0, 1.0 + drop]
        points += _drift(len(points), 2, 12.0, rng) * writer.tremor_frac
        pressure = _press(len(points), writer.pressure_spread, rng)
        tracks.append(np.column_stack([points * height_px, pressure]))
    return tracks


def move_tracks(digits: list[list[Track]], x_px: float, y_px: float, turn_deg: float = 0.0) -> list[list[Track]]:
    """Return `digits` turned by `turn_deg` (counterclockwise to the eye) about (0, 0), then moved by (x_px, y_px)."""
    cosine, sine = np.cos(np.deg2rad(turn_deg)), np.sin(np.deg2rad(turn_deg))
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1.0]])
    return [[track @ turn + [x_px, y_px, 0.0] for track in tracks] for tracks in digits]


def join_digits(writer: Writer) -> Writer:
    """Return the writer in a hurry: digits touch their neighbors."""
    return replace(writer, spacing_frac=-0.03, haste=0.4)


def stamp_ink(coverage: NDArray[np.float32], tracks: list[Track], width_px: float, fading: float = 0.5) -> None:
    """Lay the ink of `tracks` into `coverage`, in place.

    Parameters
    ----------
    coverage : float32 (H, W), 0 blank .. about 1 fully inked; the larger of old and new stays
    tracks : pen tracks, px
    width_px : width of the stroke at pressure 1
    fading : how much paler the ink is where the pen is pressed less, 0 not at all .. 1
    """
    for track in tracks:
        margin = int(np.ceil(width_px)) + 2
        low = np.floor(track[:, :2].min(axis=0)).astype(int) - margin
        high = np.ceil(track[:, :2].max(axis=0)).astype(int) + margin
        low, high = np.maximum(low, 0), np.minimum(high, coverage.shape[::-1])
        if (high <= low).any():
            continue
        patch = _stamp_track(track - [*low, 0.0], (int(high[0] - low[0]), int(high[1] - low[1])), width_px, fading)
        view = coverage[low[1] : high[1], low[0] : high[0]]
        np.maximum(view, patch, out=view)


def _stamp_track(track: Track, size: tuple[int, int], width_px: float, fading: float) -> NDArray[np.float32]:
    """Return one track's ink, float32 of `size` (width, height)."""
    fine = np.zeros((size[1] * _FINER, size[0] * _FINER), np.float32)
    fraction_bits = 4
    scale = _FINER * (1 << fraction_bits)
    for x, y, pressure in _respace(track, 0.3 * max(1.0, width_px / 4)):
        radius = 0.5 * width_px * pressure**0.5
        center = (round((x + 0.5) * scale - scale / _FINER / 2), round((y + 0.5) * scale - scale / _FINER / 2))
        density = float(pressure**fading)
        cv2.circle(fine, center, round(radius * scale), density, -1, cv2.LINE_8, fraction_bits)
    return cv2.resize(fine, size, interpolation=cv2.INTER_AREA)


def _respace(track: Track, step_px: float) -> Track:
    """Return `track` with its points `step_px` apart."""
    lengths = np.hypot(*np.diff(track[:, :2], axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    at = np.linspace(0, along[-1], max(2, int(along[-1] / step_px) + 1))
    return np.column_stack([np.interp(at, along, column) for column in track.T])


def _run_path(path: str, stray: float, haste: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the points (N, 2) that the hand runs through, on the grid; each of the path's points strays a little."""
    words = path.split()
    points = np.array([[float(v) for v in word.rstrip("!").split(",")] for word in words])
    points += rng.normal(0, stray, points.shape)
    corners = [0, *(i for i, word in enumerate(words) if word.endswith("!")), len(words) - 1]
    runs = [_smooth_run(points[a : b + 1]) for a, b in zip(corners[:-1], corners[1:], strict=True)]
    whole = np.concatenate([runs[0], *(run[1:] for run in runs[1:])])
    return _blur(whole, 1.0 + 6.0 * haste)


def _smooth_run(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a centripetal Catmull-Rom curve through `points` (Yuksel et al. 2011, doi:10.1016/j.cad.2010.08.008)."""
    first, last = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    knots = np.concatenate([[first], points, [last]])
    t = np.concatenate([[0], np.cumsum(np.maximum(np.hypot(*np.diff(knots, axis=0).T), 1e-3) ** 0.5)])
    curve = [points[:1]]
    for i in range(len(points) - 1):
        p, k = knots[i : i + 4], t[i : i + 4]
        at = np.linspace(k[1], k[2], _STEPS + 1)[1:, None]
        a = [(k[j + 1] - at) / (k[j + 1] - k[j]) * p[j] + (at - k[j]) / (k[j + 1] - k[j]) * p[j + 1] for j in range(3)]
        b = [(k[j + 2] - at) / (k[j + 2] - k[j]) * a[j] + (at - k[j]) / (k[j + 2] - k[j]) * a[j + 1] for j in range(2)]
        curve.append((k[2] - at) / (k[2] - k[1]) * b[0] + (at - k[1]) / (k[2] - k[1]) * b[1])
    return np.concatenate(curve)


def _blur(signal: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Return `signal` (N, k) smoothed along its length; its ends stay where they are."""
    reach = int(3 * sigma) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    mirrored = np.concatenate(
        [2 * signal[0] - signal[reach:0:-1], signal, 2 * signal[-1] - signal[-2 : -reach - 2 : -1]]
    )
    columns = [np.convolve(column, kernel / kernel.sum(), mode="valid") for column in mirrored.T]
    return np.column_stack(columns)


def _drift(n: int, n_columns: int, sigma: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return slow noise (n, n_columns) with deviation 1."""
    padding = int(3 * sigma) + 2
    noise = _blur(rng.normal(0, 1, (n + 2 * padding, n_columns)), sigma)[padding : padding + n]
    return noise * np.sqrt(2 * np.sqrt(np.pi) * sigma)


def _press(n: int, spread: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the pressure along a stroke (n,): uneven, lighter where the pen lands and leaves."""
    along = np.linspace(0, 1, n)
    ends = 1 - 0.35 * np.exp(-along / 0.03) - 0.5 * np.exp(-(1 - along) / 0.05)
    return np.clip(ends + spread * _drift(n, 1, 14.0, rng)[:, 0], 0.35, 1.5)
