"""Components -> text lines -> number groups, in reading order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.settings import LineSettings
from pipeline.types import Component, NumberGroup


def group_numbers(components: Sequence[Component], settings: LineSettings) -> tuple[NumberGroup, ...]:
    """Return the numbers of a page in reading order: lines top to bottom, groups left to right."""
    groups = []
    for line_number, line in enumerate(find_lines(components, settings), start=1):
        for group_number, members in enumerate(split_line(line, settings), start=1):
            groups.append(NumberGroup(tuple(members), line_number, group_number))
    return tuple(groups)


def find_lines(components: Sequence[Component], settings: LineSettings) -> list[list[Component]]:
    """Return text lines top to bottom, each a list of its components left to right.

    Components are chained to their nearest neighbor on the right when they share enough of their height, so a line
    may slant or bend; chains that continue one another across a wide gap are one line.
    """
    chains = _chain(sorted(components, key=lambda c: c.box.left), settings)
    lines: list[list[Component]] = []
    for chain in sorted(chains, key=lambda c: c[0].box.left):
        follows = [line for line in lines if _continues(line, chain, settings)]
        if follows:
            min(follows, key=lambda line: chain[0].box.left - line[-1].box.right).extend(chain)
        else:
            lines.append(list(chain))
    return sorted(lines, key=_middle_y)


def split_line(line: Sequence[Component], settings: LineSettings) -> list[list[Component]]:
    """Return the number groups of a line: split where a gap is clearly wider than the gaps between digits."""
    gaps = np.array(measure_gaps(line))
    if len(gaps) == 0:
        return [list(line)]
    limit = find_gap_limit(gaps, float(np.median([c.box.height for c in line])), settings)
    groups = [[line[0]]]
    for component, gap in zip(line[1:], gaps, strict=True):
        if gap > limit:
            groups.append([])
        groups[-1].append(component)
    return groups


def measure_gaps(line: Sequence[Component]) -> list[float]:
    """Return the white space in px before each component but the first; negative where boxes overlap."""
    gaps, reached = [], line[0].box.right
    for component in line[1:]:
        gaps.append(float(component.box.left - reached))
        reached = max(reached, component.box.right)
    return gaps


def find_gap_limit(gaps: np.ndarray, height_px: float, settings: LineSettings) -> float:
    """Return the gap in px above which a new number begins; infinity where all gaps are alike.

    The gaps between digits and those between numbers are two clusters: the limit lies at the widest step, as a ratio,
    between one sorted gap and the next, if that step is wide enough to be no accident of handwriting.
    """
    floor = settings.least_gap_frac * height_px
    ordered = np.sort(np.maximum(gaps, floor))
    ratios = ordered[1:] / ordered[:-1]
    if len(ratios) == 0 or ratios.max() < settings.gap_ratio:
        return float("inf")
    step = int(np.argmax(ratios))
    return float(np.sqrt(ordered[step] * ordered[step + 1]))


def _chain(ordered: Sequence[Component], settings: LineSettings) -> list[list[Component]]:
    """Return chains of components, each linked to its nearest neighbor on the right that chose it as well."""
    rights = [_nearest_right(i, ordered, settings) for i in range(len(ordered))]
    lefts: dict[int, int] = {}
    for i, right in enumerate(rights):
        if right is not None and (right not in lefts or _distance(ordered[i], ordered[right]) < _distance(ordered[lefts[right]], ordered[right])):
            lefts[right] = i
    chains = []
    for start in range(len(ordered)):
        if start in lefts:
            continue
        chain, at = [ordered[start]], start
        while (right := rights[at]) is not None and lefts.get(right) == at:
            chain.append(ordered[right])
            at = right
        chains.append(chain)
    return chains


def _nearest_right(i: int, ordered: Sequence[Component], settings: LineSettings) -> int | None:
    here, best, least = ordered[i], None, float("inf")
    for j in range(i + 1, len(ordered)):
        there = ordered[j]
        distance = _distance(here, there)
        reach = settings.reach_heights * max(here.box.height, there.box.height)
        if distance < min(least, reach) and _overlap_frac(here, there) >= settings.least_overlap_frac:
            best, least = j, distance
    return best


def _distance(a: Component, b: Component) -> float:
    (ax, ay), (bx, by) = a.box.center, b.box.center
    return max(0, b.box.left - a.box.right) + 0.1 * abs(bx - ax) + 0.5 * abs(by - ay)


def _overlap_frac(a: Component, b: Component) -> float:
    """Return the shared height as a fraction of the smaller one's."""
    shared = min(a.box.bottom, b.box.bottom) - max(a.box.top, b.box.top)
    return shared / min(a.box.height, b.box.height)


def _continues(line: Sequence[Component], chain: Sequence[Component], settings: LineSettings) -> bool:
    last, first = line[-1], chain[0]
    return first.box.left >= last.box.left and _overlap_frac(last, first) >= settings.join_overlap_frac


def _middle_y(line: Sequence[Component]) -> float:
    return float(np.mean([c.box.center[1] for c in line]))
