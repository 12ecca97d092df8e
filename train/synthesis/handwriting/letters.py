"""Draws words in joined script: one pen stroke for each letter, and whole lines.

Letters stand on 0; small ones reach 50, tall ones 100, and tails hang down to -50. Capitals are printed, as most do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.synthesis.handwriting.strokes import Track

_SMALL = {
    "a": "40,40 25,50 8,38 6,15 18,0 34,12 42,48 40,12 52,0",
    "b": "0,8 20,70 20,96 10,94 8,40 10,6 26,0 38,20 30,44 48,44",
    "c": "36,38 22,50 8,35 8,12 20,0 42,8",
    "d": "36,40 20,50 6,30 8,8 22,0 36,20 44,98 40,16 52,0",
    "e": "2,20 26,28 32,42 20,50 8,36 8,12 20,0 44,8",
    "f": "0,10 20,60 28,92 18,98 13,60 10,-30 4,-48 18,-36 14,2 36,8",
    "g": "36,40 20,50 6,32 10,10 24,8 38,46 38,-20 24,-48 8,-38 24,-12 54,6",
    "h": "0,10 18,72 18,98 9,90 9,0 10,30 24,50 32,40 32,8 46,0",
    "i": "2,18 11,50 10,12 22,0",
    "j": "2,20 16,50 14,-20 4,-48 -8,-38 12,-10 30,6",
    "k": "0,10 18,72 18,98 9,90 9,0 10,28 30,48 32,36 14,28 26,14 42,0",
    "l": "0,10 20,70 20,98 9,92 9,14 24,0",
    "m": "2,36 9,50 9,0 10,30 22,50 29,38 29,0 30,30 42,50 49,38 49,10 60,0",
    "n": "2,36 9,50 9,0 10,30 24,50 32,38 32,10 44,0",
    "o": "30,46 14,48 5,28 12,4 28,2 38,22 30,46 48,40",
    "p": "2,30 12,50 10,-48 11,30 26,50 38,30 28,4 14,6 46,4",
    "q": "36,42 20,50 6,30 12,6 26,6 38,46 38,-48 46,-20 50,6",
    "r": "0,8 10,44 12,56 18,46 30,48 26,14 38,0",
    "s": "0,4 22,52 32,24 28,4 12,0 8,8 40,6",
    "t": "0,10 16,60 17,86 12,20 20,0 36,8",
    "u": "2,36 10,50 8,12 18,0 32,14 36,50 34,12 46,0",
    "v": "2,38 10,48 20,0 36,44 46,44",
    "w": "2,38 10,48 16,2 28,36 38,2 50,44 60,44",
    "x": "4,44 14,46 28,4 44,4",
    "y": "2,38 10,50 10,16 20,6 34,20 36,50 34,-20 22,-48 8,-38 24,-12 50,6",
    "z": "4,42 20,50 28,36 12,18 28,12 26,-24 10,-46 2,-34 20,-10 44,6",
}
_MARKS = {"i": "13,70 14,72", "j": "18,70 19,72", "t": "2,64 32,66", "x": "36,48 6,2", "f": "4,44 30,46"}
_CAPITALS = {
    "A": ("0,0 26,98 52,0", "10,36 44,36"),
    "D": ("8,98 8,0", "0,96 34,92 52,52 36,6 0,0"),
    "E": ("46,96 10,96 10,50 10,0 48,0", "10,50 38,50"),
    "F": ("48,96 10,98 10,0", "10,54 38,54"),
    "H": ("8,98 8,0", "50,98 50,0", "8,50 50,50"),
    "K": ("8,98 8,0", "48,96 10,46 50,0"),
    "M": ("2,0 10,98 32,30 54,98 62,0",),
    "N": ("6,0 8,98 46,2 48,98",),
    "P": ("8,0 10,98", "0,94 34,98 48,76 32,52 10,50"),
    "R": ("8,0 10,98", "0,94 34,98 46,76 30,54 10,52 50,0"),
    "T": ("0,96 54,98", "27,97 26,0"),
    "W": ("0,98 16,2 32,66 48,2 64,98",),
}
_SIGNS = {".": "4,2 5,3", ",": "6,4 2,-14", "!": "8,96 6,26", "?": "4,78 20,96 34,78 18,50 18,28", "-": "4,34 34,36"}
_STEP = 4.0
"""Distance of two points along a stroke, of the grid."""


@dataclass(frozen=True, slots=True)
class Script:
    """How somebody writes words: lean to the right, width, haste 0..1, and whether the letters of a word are joined."""

    slant_deg: float
    width_frac: float
    haste: float
    is_joined: bool


def draw_script(rng: np.random.Generator) -> Script:
    """Return a script at random."""
    return Script(rng.normal(8, 9), rng.uniform(0.8, 1.25), rng.uniform(0, 1), bool(rng.random() < 0.75))


def write_words(text: str, script: Script, height_px: float, rng: np.random.Generator) -> list[Track]:
    """Return the tracks of a line of words, px, its tall letters `height_px` high, its baseline at y = 0 from x = 0.

    Characters that have no stroke here are left out; capitals that have none are written small.
    """
    strokes: list[NDArray[np.float64]] = []
    pen_x = 0.0
    for word in text.split():
        joined: list[NDArray[np.float64]] = []
        for character in word:
            main, marks = _find_strokes(character)
            if not main:
                continue
            parts = [_parse(part) + [pen_x, 0] + rng.normal(0, 1.5, 2) for part in (*main, *marks)]
            is_small = character.lower() in _SMALL and character not in _CAPITALS
            if is_small and script.is_joined:
                joined.append(parts[0])
                strokes += parts[1:]
            else:
                strokes += parts
            pen_x = max(part[:, 0].max() for part in parts) + (0.0 if is_small and script.is_joined else 10.0)
        strokes += [np.concatenate(joined)] if joined else []
        pen_x += rng.uniform(30, 55)
    return [_hurry(stroke, script, height_px, rng) for stroke in strokes]


def _find_strokes(character: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the strokes of a character and the marks (dots, bars) that are set when the word is done."""
    if character in _CAPITALS:
        return _CAPITALS[character], ()
    if character in _SIGNS:
        return (_SIGNS[character],), ("6,2 7,3",) if character in "!?" else ()
    small = character.lower()
    return ((_SMALL[small],) if small in _SMALL else ()), ((_MARKS[small],) if small in _MARKS else ())


def _parse(stroke: str) -> NDArray[np.float64]:
    return np.array([[float(v) for v in point.split(",")] for point in stroke.split()])


def _hurry(stroke: NDArray[np.float64], script: Script, height_px: float, rng: np.random.Generator) -> Track:
    """Return a stroke of the grid as the hand draws it: rounded, leaning, a little off, pressed unevenly; px."""
    stroke = stroke + rng.normal(0, 1.0 + 1.5 * script.haste, stroke.shape)
    lengths = np.hypot(*np.diff(stroke, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(np.maximum(lengths, 1e-6))])
    at = np.linspace(0, along[-1], max(3, int(along[-1] / _STEP) + 1))
    points = np.stack([np.interp(at, along, column) for column in stroke.T], axis=1)
    reach = min(1 + int(1 + 2 * script.haste), (len(points) - 1) // 2)
    kernel = np.hanning(2 * reach + 3)[1:-1]
    padded = np.pad(points, ((reach, reach), (0, 0)), mode="edge")
    points = np.stack([np.convolve(column, kernel / kernel.sum(), mode="valid") for column in padded.T], axis=1)
    x = points[:, 0] * script.width_frac + points[:, 1] * np.tan(np.deg2rad(script.slant_deg))
    pressure = np.clip(1 + 0.15 * np.sin(np.cumsum(rng.normal(0, 0.3, len(x)))) - 0.004 * points[:, 1], 0.4, 1.4)
    return np.column_stack([x * height_px / 100, -points[:, 1] * height_px / 100, pressure])
