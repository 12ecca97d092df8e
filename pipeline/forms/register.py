"""A picture of a filled form -> which page of the form it shows, and where each of its points is.

Features of the blank and of the picture are matched both ways, and a homography is fitted to the pairs (MAGSAC++,
Barath et al. 2020, doi 10.1109/CVPR42600.2020.00138). Where that fails, fainter features are matched, and then the
outline of the sheet, or of the picture, is laid on the blank in four turns. Each of these is refined by where the
blank's patches are found again, and believed only if enough of them are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import OtherFormError
from pipeline.forms.blank import (
    VIEW_PX,
    Blank,
    Features,
    find_features,
    flatten,
    measure_print,
    prepare_blank,
    resize,
    scale_px,
)
from pipeline.forms.outline import list_outlines
from pipeline.forms.patches import Sightings, find_patches
from pipeline.forms.template import Template
from pipeline.types import Page

LEAST_FOUND = 0.5
"""Share of the blank's patches that must be found again."""

_SURELY_FOUND = 0.75
"""Share from which no other page and no other turn is tried."""

_PICTURE_PX = 1600
"""Long side at which a picture is looked at: the form may fill three quarters of it."""

_LEAST_PAIRS = 10
_MOST_OFF_PX = 4.0
_REACHES_PX = (14, 6, 4)
"""How far the patches are searched for, round by round."""

_ROUGH_PX, _ROUGH_REACH_PX = 300, 40
"""Long side of the view at which outlines are compared, and the first search after them."""

_NEAR_FRAC, _STIFFNESS = 0.12, 2.0
"""How far around a point the paper bends alike, of the view; patches of no shift that count beside those found."""


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """Where a page of the form is in a picture.

    Attributes
    ----------
    page : of the form, from 1
    found_frac : share of the blank's patches that were found
    to_page : float64 (3, 3), px of the reference picture -> px of the picture's page, on the whole
    to_view, sightings : of the blank, for what the paper's bending adds
    """

    page: int
    found_frac: float
    to_page: NDArray[np.float64]
    to_view: NDArray[np.float64]
    sightings: Sightings

    def map_points(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where points (N, 2), px of the reference picture, are in the picture, px of its page (N, 2)."""
        view = _apply(self.to_view, points)
        near = self.sightings.is_found
        bent = view.copy()
        if near.any():
            centers, shifts = self.sightings.centers[near], self.sightings.shifts[near]
            apart = ((view[:, None] - centers[None]) ** 2).sum(axis=2)
            weights = np.exp(-0.5 * apart / (_NEAR_FRAC * VIEW_PX) ** 2)
            bent += (weights @ shifts) / (weights.sum(axis=1, keepdims=True) + _STIFFNESS)
        return _apply(self.to_page @ np.linalg.inv(self.to_view), bent)


def register(page: Page, template: Template) -> Registration:
    """Return which page of a form a picture shows, and where.

    Raises
    ------
    OtherFormError
        If it shows none, or too little of it.
    """
    scale = min(1.0, _PICTURE_PX / max(page.gray.shape))
    darkness = flatten(resize(page.gray, scale) if scale < 1 else page.gray)
    to_picture = scale_px(scale)
    blanks = [prepare_blank(reference) for reference in template.pages]
    best: Registration | None = None
    for attempts in (_list_matches, _list_faint_matches, _list_outlines):
        for number, start in attempts(blanks, darkness, page.gray):
            blank = blanks[number - 1]
            view_to_picture, sightings = _refine(blank, darkness, start, attempts is _list_outlines)
            if best is None or sightings.found_frac > best.found_frac:
                to_page = np.linalg.inv(to_picture) @ view_to_picture @ blank.to_view
                best = Registration(number, sightings.found_frac, to_page, blank.to_view, sightings)
            if best.found_frac >= _SURELY_FOUND and len(blanks) == 1:
                return best
        if best is not None and best.found_frac >= LEAST_FOUND:
            return best
    found = f"{100 * best.found_frac:.0f} %" if best else "nothing"
    raise OtherFormError(f"this does not show the form of {template.name}: {found} of its print is found")


def _apply(homography: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    mapped: NDArray[np.float64] = cv2.perspectiveTransform(points[None].astype(np.float64), homography)[0]
    return mapped


def _list_matches(
    blanks: Sequence[Blank], darkness: NDArray[np.uint8], gray: NDArray[np.uint8]
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield (page, view -> picture) as the features' pairs have it, for each page that has enough of them."""
    yield from _match_blanks(blanks, darkness, find_features(darkness))


def _list_faint_matches(
    blanks: Sequence[Blank], darkness: NDArray[np.uint8], gray: NDArray[np.uint8]
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield the same as the pairs with fainter features have it: of pale print in dim light few are strong."""
    yield from _match_blanks(blanks, darkness, find_features(darkness, is_faint=True))


def _match_blanks(
    blanks: Sequence[Blank], darkness: NDArray[np.uint8], features: Features
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield (page, view -> picture) for each page that has enough pairs with a picture's features."""
    for number, blank in enumerate(blanks, start=1):
        found = match_features(blank.features, features)
        if found is not None and _is_plausible(found, blank, darkness):
            yield number, found


def match_features(blank: Features, picture: Features) -> NDArray[np.float64] | None:
    """Return the homography (3, 3) that takes places of the blank to those of the picture; None without enough."""
    if min(len(blank[0]), len(picture[0])) < _LEAST_PAIRS:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2, crossCheck=True).match(blank[1], picture[1])
    if len(pairs) < _LEAST_PAIRS:
        return None
    start = blank[0][[pair.queryIdx for pair in pairs]]
    end = picture[0][[pair.trainIdx for pair in pairs]]
    homography, is_inlier = cv2.findHomography(start, end, cv2.USAC_MAGSAC, _MOST_OFF_PX, None, 5000, 0.999)
    if homography is None or np.count_nonzero(is_inlier) < _LEAST_PAIRS:
        return None
    return np.asarray(homography, np.float64)


def _is_plausible(view_to_picture: NDArray[np.float64], blank: Blank, darkness: NDArray[np.uint8]) -> bool:
    """Return whether the blank's outline becomes a convex one, not mirrored, not tiny, most of it in the picture."""
    height, width = blank.darkness.shape
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
    depth = view_to_picture[2] @ np.column_stack([corners, np.ones(4)]).T
    if (depth <= 0).any() and (depth >= 0).any():
        return False
    quad = _apply(view_to_picture, corners).astype(np.float32)
    edges = np.roll(quad, -1, axis=0) - quad
    turns = edges[:, 0] * np.roll(edges[:, 1], -1) - edges[:, 1] * np.roll(edges[:, 0], -1)
    area = cv2.contourArea(quad)
    return bool((turns > 0).all()) and 0.02 * darkness.size < area < 4 * darkness.size


def _list_outlines(
    blanks: Sequence[Blank], darkness: NDArray[np.uint8], gray: NDArray[np.uint8]
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield (page, view -> picture) as the sheet's outlines have it, the turns that look most like the page first."""
    scale = darkness.shape[1] / gray.shape[1]
    found = []
    for number, blank in enumerate(blanks, start=1):
        height, width = blank.darkness.shape
        corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32) - 0.5
        for outline in list_outlines(resize(gray, scale) if scale < 1 else gray):
            for turn in range(4):
                start = cv2.getPerspectiveTransform(corners, np.roll(outline, turn, axis=0).astype(np.float32))
                found.append((_compare_roughly(blank, darkness, start), number, start))
    found.sort(key=lambda one: -one[0])
    for _, number, start in found[:3]:
        yield number, start


def _compare_roughly(blank: Blank, darkness: NDArray[np.uint8], start: NDArray[np.float64]) -> float:
    """Return how much a picture laid on the blank looks like it, from afar: a correlation."""
    to_rough = scale_px(_ROUGH_PX / VIEW_PX)
    size = tuple(max(1, round(side * _ROUGH_PX / VIEW_PX)) for side in blank.darkness.shape[::-1])
    small = cv2.resize(cv2.GaussianBlur(measure_print(blank.darkness), (0, 0), 6), size, interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(measure_print(darkness), (0, 0), 6)
    seen = cv2.warpPerspective(blurred, to_rough @ np.linalg.inv(start), size, flags=cv2.INTER_LINEAR)
    return float(np.nan_to_num(cv2.matchTemplate(seen, small, cv2.TM_CCOEFF_NORMED)[0, 0]))


def _refine(
    blank: Blank, darkness: NDArray[np.uint8], start: NDArray[np.float64], is_rough: bool
) -> tuple[NDArray[np.float64], Sightings]:
    """Return the map view -> picture after some rounds of patches, and the patches of the last."""
    view_to_picture = start
    reaches = (_ROUGH_REACH_PX, *_REACHES_PX) if is_rough else _REACHES_PX
    size = blank.darkness.shape[::-1]
    for reach in reaches:
        registered = lay_on(darkness, view_to_picture, size)
        sightings = find_patches(blank, registered, reach)
        near = sightings.is_found
        if reach == reaches[-1] or np.count_nonzero(near) < _LEAST_PAIRS:
            break
        moved = sightings.centers[near] + sightings.shifts[near]
        step, _ = cv2.findHomography(sightings.centers[near], moved, cv2.RANSAC, _MOST_OFF_PX)
        if step is None:
            break
        view_to_picture = view_to_picture @ step
    return view_to_picture, sightings


def lay_on(darkness: NDArray[np.uint8], to_picture: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture as seen from a view of `size` (w, h), which `to_picture` (3, 3) takes to its px."""
    how = cv2.INTER_AREA if abs(np.linalg.det(to_picture[:2, :2])) > 1.5 else cv2.INTER_LINEAR
    laid: NDArray[np.uint8] = cv2.warpPerspective(
        darkness, to_picture, size, flags=how | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    return laid
