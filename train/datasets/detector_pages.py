"""Photographed pages with the owner of each pixel of ink, as the page network learns from them.

A folder holds `pages.jsonl`, a line for each page: the photo's file, and of each mark its label, its kind, the number
that it belongs to, whether it is printed, and which way up it is. Beside each photo lies a map of the same name as
uint16 .png: 0 where nobody wrote, else 1 + index of the mark that owns the pixel's ink.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError

PAGES_NAME = "pages.jsonl"

DIGIT, CUT = "digit", "cut"
"""Kinds of marks: a whole digit, and one that the rim cuts or other ink covers; each other kind is other writing."""

LEAST_WIDTH_FRAC = 0.4
"""Of a digit's height: the hull of a 1 is widened to so much."""

_MOST_CORNERS = 12
_TOLERANCE_FRAC = 0.01
_CORNERS = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """A mark on a page, in px of the page, the corner of the top left pixel being (0, 0).

    Attributes
    ----------
    hull : float32 (K, 2), convex, around the mark's ink; a digit's is at least 0.4 of its height wide
    up : float32 (2,), of length 1, y down: (0, -1) for upright text
    height_px : extent of the ink along `up`
    kind : "digit", "cut", or what else it is
    group : index of the number that it belongs to, or -1
    is_printed : whether it is set in type
    """

    hull: NDArray[np.float32]
    up: NDArray[np.float32]
    height_px: float
    kind: str
    group: int
    is_printed: bool


class DetectorPages:
    """The pages of a folder; photos are decoded on demand, hulls are kept.

    Attributes
    ----------
    folder : that holds them
    entries : of pages.jsonl
    """

    def __init__(self, folder: Path) -> None:
        """Read pages.jsonl.

        Raises
        ------
        InputError : it is missing or damaged, or names no page
        """
        path = folder / PAGES_NAME
        try:
            entries = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
            lengths = [
                {len(entry[name]) for name in ("labels", "kinds", "groups", "printed", "up")} for entry in entries
            ]
            is_whole = all(
                len(of_page) == 1 and isinstance(entry["file"], str)
                for of_page, entry in zip(lengths, entries, strict=True)
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: cannot be read ({error!r})", "synthesize the pages anew") from error
        if not entries or not is_whole:
            raise InputError(f"{path}: holds no pages, or lists of unequal length", "synthesize the pages anew")
        self.folder, self.entries = folder, entries
        self._marks: dict[int, tuple[Mark, ...]] = {}

    def __len__(self) -> int:
        """Return the number of pages."""
        return len(self.entries)

    def load_photo(self, at: int) -> NDArray[np.uint8]:
        """Return the photo of page `at`, uint8 (H, W).

        Raises
        ------
        InputError : it is missing or damaged
        """
        photo: NDArray[np.uint8] = self._decode(self.folder / self.entries[at]["file"], cv2.IMREAD_GRAYSCALE)
        return photo

    def list_marks(self, at: int) -> tuple[Mark, ...]:
        """Return the marks of page `at` that show any ink, in the order of their index.

        Raises
        ------
        InputError : the map of owners is missing or damaged
        """
        if at not in self._marks:
            path = (self.folder / self.entries[at]["file"]).with_suffix(".png")
            self._marks[at] = outline_marks(self._decode(path, cv2.IMREAD_UNCHANGED), self.entries[at])
        return self._marks[at]

    @staticmethod
    def _decode(path: Path, how: int) -> NDArray[Any]:
        pixels = cv2.imread(str(path), how) if path.is_file() else None
        if pixels is None or pixels.ndim != 2:
            raise InputError(f"{path}: missing, or no gray picture", "synthesize the pages anew")
        return pixels


def outline_marks(owner: NDArray[np.uint16], entry: dict[str, Any]) -> tuple[Mark, ...]:
    """Return the marks of a page that own any pixel of `owner` (H, W); `entry` describes them as in pages.jsonl."""
    rows, columns = np.nonzero(owner)
    owners = owner[rows, columns]
    order = np.argsort(owners, kind="stable")
    points = np.stack([columns, rows], axis=1)[order].astype(np.int32)
    found, starts = np.unique(owners[order], return_index=True)
    marks = []
    parts = np.split(points, starts[1:]) if len(found) else []  # of nothing, numpy makes one part
    for index, ink in zip(found.astype(int) - 1, parts, strict=True):
        up = np.array(entry["up"][index], np.float32)
        up /= max(float(np.hypot(*up)), 1e-6)
        corners = cv2.convexHull(ink).reshape(-1, 2).astype(np.float32)
        hull = _wrap(corners[:, None] + _CORNERS)
        along = hull @ up
        height_px = float(along.max() - along.min())
        kind = str(entry["kinds"][index])
        hull = _simplify(_widen(hull, up, height_px) if kind in (DIGIT, CUT) else hull)
        marks.append(Mark(hull, up, height_px, kind, int(entry["groups"][index]), bool(entry["printed"][index])))
    return tuple(marks)


def _wrap(points: NDArray[np.float32]) -> NDArray[np.float32]:
    hull: NDArray[np.float32] = cv2.convexHull(np.ascontiguousarray(points.reshape(-1, 2))).reshape(-1, 2)
    return hull


def _widen(hull: NDArray[np.float32], up: NDArray[np.float32], height_px: float) -> NDArray[np.float32]:
    """Return a digit's hull, swept sideways evenly where it is under the least width."""
    side = np.array([-up[1], up[0]], np.float32)
    across = hull @ side
    lacking = LEAST_WIDTH_FRAC * height_px - float(across.max() - across.min())
    if lacking <= 0:
        return hull
    return _wrap(np.concatenate([hull + lacking / 2 * side, hull - lacking / 2 * side]))


def _simplify(hull: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the hull with few corners."""
    size = float(np.ptp(hull, axis=0).max())
    fraction = _TOLERANCE_FRAC
    while len(hull) > _MOST_CORNERS and fraction < 0.1:
        simple = cv2.approxPolyDP(hull, fraction * size, True).reshape(-1, 2)
        hull = _wrap(simple) if len(simple) >= 3 else hull
        fraction *= 1.5
    return hull
