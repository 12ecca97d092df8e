"""The lines of a blank form, level or upright: drawn through, or broken into dashes or dots."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Lines: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Level and upright lines, uint8 (H, W), 255 there."""

_BROADEST_FRAC = 0.2
"""Breadth of a line, of its length."""

_THIN_FRAC, _GAP_FRAC, _LEAST_THIN_PX, _LEAST_GAP_PX = 0.005, 0.01, 5, 4
"""Breadth of a broken line and of the gaps in it, at most, of the page's long side, or px where that is less."""

_LONGEST_DASH, _LEAST_FULL = 3, 0.5
"""Of the widest gap; and how much of its box a dash or dot fills, as few letters do."""

_LEAST_DASHES, _UNEVEN, _LEAST_EVEN = 3, 0.35, 0.7
"""Of a broken line; by how much a distance between its dashes differs from the usual one, and the share that do not."""

_MOST_FLANKED = 0.3
"""Of a broken line, that may have ink right above or below: where others meet it."""

_BRIDGED = 1.5
"""A broken line goes on beyond its last dash, of the widest gap: in corners and crossings its dashes hang together."""

_N_SIGMAS, _LEAST_CONTRAST, _EDGE_FRAC = 5.0, 7.0, 0.5
"""Contrast of a pale line, of the grain, and in levels of darkness; and of its darkest pixel, where it ends."""


def mark_pale(darkness: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what is darker than what is around it, however pale, uint8 (H, W), 255 there; shaded areas are not.

    Parameters
    ----------
    darkness : uint8 (H, W), from `pipeline.forms.blank.flatten`
    """
    thin = _measure_thin(darkness)
    detail = cv2.GaussianBlur(darkness, (3, 3), 0).astype(np.int16) - cv2.medianBlur(darkness, 4 * thin + 1)
    sigma = 1.4826 * float(np.median(np.abs(detail)))
    edge = _EDGE_FRAC * cv2.dilate(detail, np.ones((thin, thin), np.uint8))
    pale: NDArray[np.uint8] = (detail > np.maximum(edge, max(_LEAST_CONTRAST, _N_SIGMAS * sigma))).astype(
        np.uint8
    ) * 255
    return pale


def _measure_thin(picture: NDArray[np.uint8]) -> int:
    """Return the most breadth of a broken line, px."""
    return max(_LEAST_THIN_PX, round(_THIN_FRAC * int(max(picture.shape))))


def _measure_gap(picture: NDArray[np.uint8]) -> int:
    """Return the widest gap between dashes or dots, px."""
    return max(_LEAST_GAP_PX, round(_GAP_FRAC * int(max(picture.shape))))


def find_pale_lines(darkness: NDArray[np.uint8], least_px: int) -> tuple[Lines, Lines]:
    """Return the lines of any darkness, drawn through or broken; and these where broken ones reach what crosses them.

    Parameters
    ----------
    darkness : uint8 (H, W), from `pipeline.forms.blank.flatten`
    least_px : the shortest line
    """
    pale = mark_pale(darkness)
    broken = find_broken_lines(pale, least_px, True), find_broken_lines(pale, least_px, False)
    across = cv2.bitwise_or(find_lines(pale, least_px, True), broken[0])
    down = cv2.bitwise_or(find_lines(pale, least_px, False), broken[1])
    longer_across = cv2.bitwise_or(across, bridge_crossings(broken[0], down, True))
    longer_down = cv2.bitwise_or(down, bridge_crossings(broken[1], across, False))
    return (np.asarray(across), np.asarray(down)), (np.asarray(longer_across), np.asarray(longer_down))


def find_lines(ink: NDArray[np.uint8], least_px: int, is_level: bool) -> NDArray[np.uint8]:
    """Return the lines in ink, uint8 (H, W), 255 there: runs of at least `least_px`, level or upright.

    A line that is a little aslant is broken into steps: ink is thickened across before runs are looked for.
    """
    kept = _keep_runs(ink, least_px, is_level)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(kept)
    across = stats[:, cv2.CC_STAT_HEIGHT if is_level else cv2.CC_STAT_WIDTH]
    along = stats[:, cv2.CC_STAT_WIDTH if is_level else cv2.CC_STAT_HEIGHT]
    is_line = (along >= 0.6 * least_px) & (across <= np.maximum(_BROADEST_FRAC * along, 0.5 * least_px))
    is_line[0] = False
    lines: NDArray[np.uint8] = is_line[labels].astype(np.uint8) * 255
    return lines


def find_broken_lines(ink: NDArray[np.uint8], least_px: int, is_level: bool) -> NDArray[np.uint8]:
    """Return the dashed and dotted lines in ink, the gaps in them filled, uint8 (H, W), 255 there.

    Their dashes or dots are thin, near to one another, and evenly spaced, as letters and what is left of them are not.
    """
    if not is_level:
        return np.ascontiguousarray(find_broken_lines(np.ascontiguousarray(ink.T), least_px, True).T)
    thin, gap = _measure_thin(ink), _measure_gap(ink)
    dashes = _keep_dashes(ink, thin, _LONGEST_DASH * gap)
    joined = cv2.morphologyEx(
        cv2.dilate(dashes, np.ones((3, 1), np.uint8)), cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8)
    )
    count, labels, stats, _ = cv2.connectedComponentsWithStats(_keep_runs(joined, least_px, True))
    _, pieces, _, centers = cv2.connectedComponentsWithStats(dashes)
    lines = np.zeros_like(ink)
    for at in range(1, count):
        left, top, width, height, _ = stats[at].tolist()
        place = slice(top, top + height), slice(left, left + width)
        own = np.unique(pieces[place][(labels[place] == at) & (dashes[place] > 0)])
        is_thin = width >= 0.6 * least_px and height <= 2 * thin
        if is_thin and _is_even(centers[own, 0]) and not _is_flanked(ink, place, thin):
            lines[place] |= (labels[place] == at).astype(np.uint8) * 255
    return lines


def bridge_crossings(broken: NDArray[np.uint8], crossing: NDArray[np.uint8], is_level: bool) -> NDArray[np.uint8]:
    """Return broken lines, level or upright, drawn on to the lines that cross them where they hardly reach those.

    In corners and crossings the dashes of both lines hang together, and are of neither.
    """
    reach, thin = round(_BRIDGED * _measure_gap(broken)), _measure_thin(broken)
    along, near = np.ones((1, 2 * reach + 1), np.uint8), np.ones((3, 3), np.uint8)
    longer, longer_crossing = ((along, along.T), (along.T, along))[not is_level]
    walls = cv2.dilate(cv2.dilate(crossing, longer_crossing), np.ones((thin, thin), np.uint8))
    free = cv2.bitwise_not(cv2.bitwise_or(broken, walls))
    _, labels = cv2.connectedComponents(cv2.bitwise_and(cv2.dilate(broken, longer), free))
    is_bridge = np.zeros(int(labels.max()) + 1, bool)
    touching = (labels[cv2.dilate(one, near) > 0] for one in (broken, walls))
    is_bridge[np.intersect1d(*touching)] = True
    is_bridge[0] = False
    bridges = is_bridge[labels].astype(np.uint8) * 255
    end = np.ones((1, 2 * thin + 1), np.uint8)
    ends = cv2.bitwise_and(walls, cv2.dilate(bridges, end if is_level else end.T))
    return np.asarray(cv2.bitwise_or(broken, cv2.bitwise_or(bridges, ends)), np.uint8)


def _is_flanked(ink: NDArray[np.uint8], place: tuple[slice, slice], thin_px: int) -> bool:
    """Return whether much ink is right above or right below a level line: it is a row of letters' strokes."""
    rows, columns = place
    reach = 1 + thin_px // 2
    above = ink[max(0, rows.start - reach) : max(0, rows.start - 1), columns]
    below = ink[rows.stop + 1 : rows.stop + reach, columns]
    return any(part.size and np.mean(part.any(axis=0)) > _MOST_FLANKED for part in (above, below))


def _keep_runs(ink: NDArray[np.uint8], least_px: int, is_level: bool) -> NDArray[np.uint8]:
    """Return the ink in runs of at least `least_px`."""
    side = (least_px, 1) if is_level else (1, least_px)
    thick = cv2.dilate(ink, np.ones((3, 1) if is_level else (1, 3), np.uint8))
    opened = cv2.morphologyEx(thick, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, side))
    return np.asarray(cv2.bitwise_and(ink, opened), np.uint8)


def _keep_dashes(ink: NDArray[np.uint8], thin_px: int, longest_px: int) -> NDArray[np.uint8]:
    """Return the ink that may be dashes of level lines: thin components, and the level strokes of small other ones."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink)
    width, height, area = (stats[:, at] for at in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
    is_thin = (height <= thin_px) & (width <= longest_px) & (area >= _LEAST_FULL * width * height)
    is_crossing = (height > thin_px) & (height <= 2 * longest_px) & (width <= 2 * longest_px)
    is_thin[0] = is_crossing[0] = False
    strokes = cv2.morphologyEx(
        is_crossing[labels].astype(np.uint8) * 255, cv2.MORPH_OPEN, np.ones((1, thin_px + 2), np.uint8)
    )
    dashes: NDArray[np.uint8] = cv2.bitwise_or(is_thin[labels].astype(np.uint8) * 255, strokes)
    return dashes


def _is_even(places: NDArray[np.float64]) -> bool:
    """Return whether dashes at these places, px along their line, are as many and as evenly spaced as a line's."""
    if len(places) < _LEAST_DASHES:
        return False
    gaps = np.diff(np.sort(places))
    usual = float(np.median(gaps))
    return bool(np.mean(np.abs(gaps - usual) <= _UNEVEN * usual) >= _LEAST_EVEN)
