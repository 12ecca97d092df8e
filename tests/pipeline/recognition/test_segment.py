"""Touching digits: cuts lie where little ink is crossed, and every lattice has a way through."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.geometry import Box
from pipeline.ink.labels import measure_stroke_width
from pipeline.recognition.segment import build_lattice, find_cuts
from pipeline.settings.recognition import SegmentSettings
from pipeline.types import Component, Lattice, TextLine
from tests.support.drawing import make_line, parse

SETTINGS = SegmentSettings()


def make_touching(ink: np.ndarray, left: int = 0, top: int = 0) -> TextLine:
    box = Box(left, top, left + ink.shape[1], top + ink.shape[0])
    return TextLine((Component(box, ink, np.count_nonzero(ink), measure_stroke_width(ink)),))


def draw_handcuffs(n_digits: int = 2, bar_px: int = 4) -> np.ndarray:
    """Return `n_digits` blocks, 60 px high and 36 px apart, hollow, tied by bars in between."""
    ink = np.zeros((60, 36 * n_digits), np.uint8)
    for x in range(4, 36 * n_digits, 36):
        ink[:, x : x + 28] = 255
        ink[6:-6, x + 6 : x + 22] = 0
    ink[28 : 28 + bar_px, 4:-4] |= 255
    return ink[:, 4:-4].copy()


def cut(ink: np.ndarray, stroke_width_px: float = 6.0, settings: SegmentSettings = SETTINGS) -> list[int]:
    return find_cuts(ink, stroke_width_px, settings)


def edges(lattice: Lattice) -> list[tuple[int, int]]:
    return [(span.first, span.last) for span in lattice.spans]


def has_path(lattice: Lattice) -> bool:
    reached = {0}
    for first, last in sorted(edges(lattice)):
        if first in reached:
            reached.add(last)
    return lattice.n_cuts - 1 in reached


FULL = np.full((20, 30), 255, np.uint8)


@pytest.mark.parametrize(
    ("ink", "n_cuts"),
    [(FULL[:, :1], 0), (FULL, 0), (FULL[:1, :1], 0), (draw_handcuffs(1), 0)],
    ids=["1 column", "all ink", "1 px", "one digit"],
)
def test_nothing_to_cut(ink: np.ndarray, n_cuts: int) -> None:
    assert len(cut(ink, 4.0, replace(SETTINGS, deepest_cut_strokes=1.0))) == n_cuts


@pytest.mark.parametrize("n_digits", [2, 3, 5])
def test_every_tie_is_cut(n_digits: int) -> None:
    cuts = cut(draw_handcuffs(n_digits))
    for gap in range(28, 36 * (n_digits - 1), 36):
        assert any(gap <= x <= gap + 8 for x in cuts), f"the tie at {gap}..{gap + 8} is not among {cuts}"


def test_limits_hold() -> None:
    ink = draw_handcuffs(4, bar_px=6)
    cuts = cut(ink)
    assert np.diff(cuts).min() >= SETTINGS.least_part_frac * len(ink) - 1
    assert cut(ink, 6.0, replace(SETTINGS, most_cuts=0)) == []
    assert len(cut(ink, 6.0, replace(SETTINGS, most_cuts=2))) == 2
    assert len(cut(ink, 6.0, replace(SETTINGS, deepest_cut_strokes=0.5, deepest_joint_frac=0.05))) == 0
    assert len(cut(ink, 6.0, replace(SETTINGS, least_part_frac=1.0))) < len(cuts)


@pytest.mark.parametrize("slant", [-0.5, -0.2, 0, 0.1, 0.3, 0.6])
def test_cuts_follow_the_slant(slant: float) -> None:
    upright = np.pad(draw_handcuffs(3), ((0, 0), (40, 40)))
    lean = np.array([[1, -slant, slant * 30], [0, 1, 0]], np.float32)
    leaning = cv2.warpAffine(upright, lean, upright.shape[::-1], flags=cv2.INTER_NEAREST)
    x, y, width, height = cv2.boundingRect(leaning)
    line = make_touching(leaning[y : y + height, x : x + width].copy())
    centers = [span.box.center[0] + x for span in build_lattice(line, SETTINGS, slant=slant).spans]
    assert all(min(abs(center - (40 + 14 + 36 * i)) for center in centers) <= 4 for i in range(3))


WALL = np.full((60, 60), 255, np.uint8)
"""Ink in which nothing tells where to cut."""


def find_seams(lattice: Lattice) -> list[float]:
    """Return page x halfway between neighboring pieces."""
    atoms = sorted((s for s in lattice.spans if s.last == s.first + 1), key=lambda s: s.first)
    return [(left.box.right + right.box.left) / 2 for left, right in pairwise(atoms)]


@pytest.mark.parametrize(
    ("touching_px", "seams"),
    [
        pytest.param([], [], id="none"),
        pytest.param([130.0], [130], id="one"),
        pytest.param([120.0, 140.0], [120, 140], id="two"),
        pytest.param([140.0, 120.0], [120, 140], id="in any order"),
        pytest.param([130.0, 130.0], [130], id="twice the same"),
        pytest.param([50.0, 300.0], [], id="beside the ink"),
        pytest.param([100.5, 159.5], [], id="at its ends"),
    ],
)
def test_known_joints_are_cut(touching_px: list[float], seams: list[int]) -> None:
    settings = replace(SETTINGS, deepest_cut_strokes=0.5, deepest_joint_frac=0.05)
    lattice = build_lattice(make_touching(WALL, 100, 50), settings, touching_px, 0.0)
    assert find_seams(lattice) == pytest.approx(seams, abs=1)
    assert has_path(lattice)


def test_narrow_ink_is_cut_where_a_joint_is_known() -> None:
    settings = replace(SETTINGS, split_width_frac=5.0)
    ink = draw_handcuffs()
    assert edges(build_lattice(make_touching(ink), settings)) == [(0, 1)]
    assert len(find_seams(build_lattice(make_touching(ink), settings, [32.0]))) >= 1


def test_joint_lies_where_the_ink_next_to_it_is_thinnest() -> None:
    notched = WALL.copy()
    notched[:40, 33] = 0
    settings = replace(SETTINGS, deepest_cut_strokes=0.5, deepest_joint_frac=0.05)
    assert find_seams(build_lattice(make_touching(notched, 100, 50), settings, [130.0], 0.0)) == pytest.approx(
        [133], abs=1
    )


def test_joint_next_to_a_cut_adds_none() -> None:
    ink = draw_handcuffs()
    plain = build_lattice(make_touching(ink, 100, 50), SETTINGS, [], 0.0)
    joint = find_seams(plain)[0] + 2
    assert edges(build_lattice(make_touching(ink, 100, 50), SETTINGS, [joint], 0.0)) == edges(plain)


@pytest.mark.parametrize("slant", [-0.3, 0.0, 0.5])
def test_cut_at_a_joint_leans_as_it_is_told(slant: float) -> None:
    settings = replace(SETTINGS, deepest_cut_strokes=0.5, deepest_joint_frac=0.05)
    lattice = build_lattice(make_touching(WALL, 100, 50), settings, [130.0], slant)
    left = next(s for s in lattice.spans if (s.first, s.last) == (0, 1))
    ends = left.box.left + np.count_nonzero(left.mask, axis=1)
    assert ends[[30, 29]].mean() == pytest.approx(130, abs=1.5)
    assert (ends[0] - ends[-1]) / 59 == pytest.approx(slant, abs=0.05)


def test_lattice_by_eye() -> None:
    lattice = build_lattice(make_line((10, 5, 20, 45), (22, 5, 32, 45), (200, 5, 210, 45)), SETTINGS)
    assert lattice.n_cuts == 4
    assert set(edges(lattice)) == {(0, 1), (1, 2), (0, 2), (2, 3)}
    joined = next(span for span in lattice.spans if (span.first, span.last) == (0, 2))
    assert joined.box == Box(10, 5, 32, 45)
    assert (joined.mask[:, :10] == 255).all() and not joined.mask[:, 10:12].any() and (joined.mask[:, 12:] == 255).all()


def test_pieces_of_touching_digits_are_the_ink() -> None:
    ink = draw_handcuffs()
    lattice = build_lattice(make_touching(ink, 100, 50), SETTINGS)
    pieces = sorted((s for s in lattice.spans if s.last == s.first + 1), key=lambda s: s.first)
    assert len(pieces) == lattice.n_cuts - 1 >= 2
    drawn = np.zeros((200, 300), np.uint8)
    for piece in pieces:
        assert not drawn[piece.box.slices].any()
        drawn[piece.box.slices] = piece.mask
    assert (drawn[50:110, 100 : 100 + ink.shape[1]] == ink).all()
    assert drawn.sum() == ink.sum(dtype=int)


def test_narrow_ink_stays_whole() -> None:
    ink = draw_handcuffs()
    whole = build_lattice(make_touching(ink), replace(SETTINGS, split_width_frac=5.0))
    assert edges(whole) == [(0, 1)]
    assert (whole.spans[0].mask == ink).all()


@pytest.mark.parametrize(
    ("changed", "n_spans"),
    [
        ({}, 3 + 2 + 1),
        ({"most_atoms": 1}, 3),
        ({"most_atoms": 2}, 3 + 2),
        ({"join_gap_frac": 0.0}, 3),
        ({"widest_digit_frac": 0.3}, 3),
    ],
    ids=str,
)
def test_spans_of_three_close_pieces(changed: dict[str, float], n_spans: int) -> None:
    line = make_line((0, 0, 8, 40), (10, 0, 18, 40), (20, 0, 28, 40))
    settings = replace(SETTINGS, most_atoms=4, join_gap_frac=0.2, widest_digit_frac=1.5)
    assert len(build_lattice(line, replace(settings, **changed)).spans) == n_spans


def test_pieces_that_overlap_are_joined_without_loss() -> None:
    hook, dot = parse("###", "#..", "#.."), parse("#")
    parts = [Component(Box(0, 0, 3, 3), hook, 5, 1.0), Component(Box(2, 2, 3, 3), dot, 1, 1.0)]
    lattice = build_lattice(TextLine(tuple(parts)), replace(SETTINGS, split_width_frac=5.0))
    assert (lattice.spans[edges(lattice).index((0, 2))].mask == parse("###", "#..", "#.#")).all()


INKS = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40)).filter(lambda ink: ink.any())


@given(INKS, st.lists(st.tuples(*[st.integers(0, 90)] * 2, *[st.integers(1, 40)] * 2), max_size=5), st.integers(1, 8))
def test_every_lattice_has_a_way_through(
    ink: np.ndarray, places: list[tuple[int, int, int, int]], most_atoms: int
) -> None:
    others = [make_line((x, y, x + w, y + h)).components[0] for x, y, w, h in places]
    line = TextLine(tuple(sorted([*make_touching(ink * np.uint8(255)).components, *others], key=lambda c: c.box.left)))
    lattice = build_lattice(line, replace(SETTINGS, most_atoms=most_atoms))
    assert {(i, i + 1) for i in range(lattice.n_cuts - 1)} <= set(edges(lattice)), "single pieces tile the cuts"
    assert has_path(lattice)
    assert len(set(edges(lattice))) == len(lattice.spans)
    bounds = line.components[0].box
    for component in line.components:
        bounds = Box.around([bounds, component.box])
    for span in lattice.spans:
        assert span.last - span.first <= most_atoms
        assert span.mask.any() and span.stroke_width_px > 0
        assert Box.around([bounds, span.box]) == bounds


@given(INKS, st.floats(1, 12))
def test_cuts_lie_strictly_inside_in_order(ink: np.ndarray, stroke_width_px: float) -> None:
    cuts = cut(ink, stroke_width_px)
    assert cuts == sorted(set(cuts)) and len(cuts) <= SETTINGS.most_cuts
    assert all(0 < x < ink.shape[1] for x in cuts)
