"""Components: boxes, area, stroke width and contrast are right; what is no digit's ink goes, digits stay."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from pipeline.ink.components import find_components
from pipeline.ink.labels import measure_stroke_width
from pipeline.settings.ink import ComponentSettings
from pipeline.types import PAPER_LEVEL as PAPER
from pipeline.types import Component, InkMask
from tests.support.drawing import draw_ink, parse, write_page

SETTINGS = ComponentSettings()
FINE = replace(SETTINGS, least_side_px=1)
TEXT = cv2.compare(255 - write_page("4207", "1936", paper=255, pen=0), 127, cv2.CMP_GT)
DIGIT = (200, 80, 206, 120)
N_DIGITS = 8


def find(ink: np.ndarray, settings: ComponentSettings = SETTINGS, contrast: float = 1) -> list[Component]:
    darkness = np.where(ink > 0, PAPER + contrast * (255 - PAPER), PAPER).astype(np.uint8)
    return sorted(find_components(InkMask(ink.copy()), darkness, settings), key=lambda c: c.box)


def test_components_by_eye() -> None:
    ink = np.pad(parse("###......#", "..#.....#.", "..#....#..", "..###.#..."), 3)
    boxes = {tuple(c.box.as_list()): c for c in find(ink, FINE, 0.5)}
    hook, slash = (3, 3, 8, 7), (9, 3, 13, 7)
    assert set(boxes) == {hook, slash}
    assert (boxes[hook].mask == parse("###..", "..#..", "..#..", "..###")).all()
    assert (boxes[hook].area_px, boxes[slash].area_px) == (8, 4)
    assert boxes[hook].contrast == pytest.approx(0.5, abs=0.01)


DROPPED: dict[str, tuple[int, int, int, int]] = {
    "speck": (50, 50, 50 + SETTINGS.least_side_px - 1, 50 + SETTINGS.least_side_px - 1),
    "edge of the sheet, left": (0, 0, 8, 200),
    "edge of the sheet, right": (394, 20, 400, 180),
    "edge of the sheet, top": (20, 0, 380, 7),
    "edge of the sheet, bottom": (0, 193, 400, 200),
    "blot": (20, 60, 100, 140),
    "small blot": (40, 60, 60, 80),
    "dash": (20, 20, 140, 24),
}


@pytest.mark.parametrize("box", DROPPED.values(), ids=DROPPED)
def test_what_is_no_digit_goes_and_the_digit_stays(box: tuple[int, int, int, int]) -> None:
    found = find(draw_ink(DIGIT, box))
    assert [c.box.as_list() for c in found] == [list(DIGIT)]


def test_round_blot_goes() -> None:
    ink = draw_ink(DIGIT)
    cv2.circle(ink, (80, 100), 30, 255, -1)
    assert len(find(ink)) == 1


@pytest.mark.parametrize(
    "box",
    [(200, 80, 203, 150), (0, 80, 6, 110), (200, 0, 206, 40), (100, 80, 118, 84)],
    ids=["thin 1", "1 at the rim", "1 at the top", "bar of a 5"],
)
def test_what_may_be_a_digit_stays(box: tuple[int, int, int, int]) -> None:
    assert list(box) in [c.box.as_list() for c in find(draw_ink((250, 80, 256, 120), box))]


def test_frame_goes_and_what_it_holds_stays() -> None:
    ink = TEXT.copy()
    cv2.rectangle(ink, (20, 20), (400, 240), 255, 2)
    assert [c.box for c in find(ink)] == [c.box for c in find(TEXT)]
    empty = np.zeros_like(TEXT)
    cv2.ellipse(empty, (200, 130), (30, 60), 0, 0, 360, 255, 3)
    assert len(find(empty)) == 1, "a large 0 holds nothing, and is no frame"


def test_ink_around_other_ink_stays_where_frames_are_known() -> None:
    around, within = (50, 40, 150, 140), (80, 75, 86, 115)
    ink = draw_ink(within)
    cv2.rectangle(ink, around[:2], (around[2] - 1, around[3] - 1), 255, 4)
    assert len(find(ink)) == 1
    assert len(find(ink, replace(SETTINGS, is_frame_dropped=False))) == 2


@pytest.mark.parametrize(("height", "n"), [(159, 2), (161, 1)])
def test_ink_taller_than_it_may_be_goes(height: int, n: int) -> None:
    ink = draw_ink(DIGIT, (300, 20, 320, 20 + height))
    assert len(find(ink)) == 2
    tallest = replace(SETTINGS, tallest_frac=160 / len(ink))
    assert len(find_components(InkMask(ink), np.where(ink > 0, 255, PAPER).astype(np.uint8), tallest)) == n


@pytest.mark.parametrize(
    ("pen_px", "n_strokes", "goes"),
    [(4, 1, True), (35, 1, False), (35, 2, True)],
    ids=["a fine pen", "as broad a pen", "as broad a pen, twice"],
)
def test_broad_surround_goes_where_a_finer_pen_or_several_things_are_in_it(
    pen_px: int, n_strokes: int, goes: bool
) -> None:
    ink = np.zeros((300, 420), np.uint8)
    cv2.rectangle(ink, (60, 60), (360, 240), 255, 50)  # the shadow around a card
    for x in (150, 230)[:n_strokes]:
        cv2.line(ink, (x, 120), (x, 180), 255, pen_px)
    boxes = [c.box.as_list() for c in find(ink)]
    assert ([35, 35, 386, 266] not in boxes) == goes
    assert len(boxes) == n_strokes + (not goes)


def test_pale_ink_goes_beside_dark_and_stays_alone() -> None:
    ink = draw_ink(DIGIT, (230, 80, 236, 120), (300, 80, 306, 120))
    darkness = np.where(ink > 0, 255, PAPER).astype(np.uint8)
    darkness[80:120, 300:306] = PAPER + 0.7 * SETTINGS.pale_frac * (255 - PAPER)
    assert [c.box.left for c in find_components(InkMask(ink), darkness, SETTINGS)] == [200, 230]
    assert len(find(ink, contrast=0.7 * SETTINGS.pale_frac)) == 3


@pytest.mark.parametrize("most", [1, 2, 3, 100])
def test_the_largest_are_kept(most: int) -> None:
    heights = (20, 30, 40)
    ink = draw_ink(*[(50 * i, 80, 50 * i + 6, 80 + height) for i, height in enumerate(heights, start=1)])
    kept = find(ink, replace(SETTINGS, most_components=most))
    assert [c.box.height for c in kept] == list(heights[-most:])


def test_a_tall_thin_stroke_is_kept_before_a_low_broad_one() -> None:
    kept = find(draw_ink((50, 80, 54, 120), (100, 95, 125, 115)), replace(SETTINGS, most_components=1))
    assert [c.box.left for c in kept] == [50]


@pytest.mark.parametrize(
    "ink", [draw_ink(), np.zeros((1, 1), np.uint8), draw_ink((9, 9, 10, 10))], ids=["blank", "1 px of paper", "1 px"]
)
def test_blank_page_has_none(ink: np.ndarray) -> None:
    assert find(ink) == []


@pytest.mark.parametrize("width", [0, 1, 2, 3, 5, 9, 16])
def test_stroke_width_of_a_straight_stroke(width: int) -> None:
    ink = draw_ink((100, 20, 100 + width, 180))
    for turned in (ink, np.ascontiguousarray(ink.T)):
        assert measure_stroke_width(turned) == pytest.approx(width, abs=max(1, 0.15 * width) if width else 0)


def test_stroke_width_of_writing_is_its_pens() -> None:
    widths = [np.median([c.stroke_width_px for c in find(TEXT)])]
    for pen_px in (7, 11):
        page = write_page("4207", "1936", paper=255, pen=0, pen_px=pen_px, height_px=60, size_px=(560, 400))
        ink = cv2.compare(255 - page, 127, cv2.CMP_GT)
        widths.append(np.median([c.stroke_width_px for c in find(ink)]))
    assert widths == pytest.approx([5, 8, 12], abs=1.5)  # a thick polyline is a pixel wider than it says


def test_digits_stay_whole() -> None:
    found = find(TEXT)
    drawn = np.zeros_like(TEXT)
    for component in found:
        drawn[component.box.slices] |= component.mask
    assert len(found) == N_DIGITS
    assert (drawn == TEXT).all()


@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=30)))
def test_components_are_pieces_of_the_ink(ink: np.ndarray) -> None:
    page = ink.astype(np.uint8) * 255
    drawn = np.zeros_like(page)
    for component in find(page, FINE):
        box = component.box
        assert 0 <= box.left < box.right <= page.shape[1] and 0 <= box.top < box.bottom <= page.shape[0]
        assert component.area_px == np.count_nonzero(component.mask)
        assert component.stroke_width_px > 0 and 0 <= component.contrast <= 1 + 1e-9
        assert not (drawn[box.slices] & component.mask).any(), "no pixel belongs to two"
        drawn[box.slices] |= component.mask
    assert not (drawn & ~page).any()


def test_more_specks_than_16_bits_count() -> None:
    ink = np.zeros((1000, 1000), np.uint8)
    ink[::3, ::3] = 255
    ink[500:530, 500:520] = 255
    (digit,) = find(ink)
    assert digit.area_px >= 600
    assert digit.box.left <= 500 and digit.box.right >= 520
