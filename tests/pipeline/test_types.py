"""The values that cross a seam: read-only arrays, and a clear message for every wrong shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.geometry import Box
from pipeline.types import N_DIGITS, Component, Digit, DigitScores, InkMask, Lattice, Page, Reading, Span, TextLine
from tests.support.drawing import make_component, make_line

BOX = Box(2, 3, 6, 10)
EMPTY, INK = np.zeros((0, 0), np.uint8), np.full((7, 4), 255, np.uint8)


def uniform(n_rows: int, n_classes: int) -> np.ndarray:
    return np.full((n_rows, n_classes), 1 / max(1, n_classes), np.float32)


def span(first: int, last: int) -> Span:
    return Span(first, last, BOX, INK, 2.0)


WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "box, empty": (lambda: Box(0, 0, 0, 0), "Box: expected left < right"),
    "box, upside down": (lambda: Box(0, 5, 5, 4), r"received \[0, 5, 5, 4\]"),
    "page, no pixels": (lambda: Page(EMPTY), r"gray \(H, W\), received \(0, 0\)"),
    "page, color": (lambda: Page(np.zeros((4, 4, 3), np.uint8)), r"received \(4, 4, 3\)"),
    "page, list": (lambda: Page([[1, 2]]), "Page: expected gray"),  # type: ignore[arg-type]
    "page, 16 bits": (lambda: Page(np.zeros((4, 4), np.uint16)), "uint8 gray, received uint16"),
    "page, flat transform": (lambda: Page(INK.copy(), to_source=np.eye(2)), r"\(3, 3\), received \(2, 2\)"),
    "page, number 0": (lambda: Page(INK.copy(), number=0), "number >= 1, received 0"),
    "mask, color": (lambda: InkMask(np.zeros((4, 4, 3), np.uint8)), "InkMask: expected uint8"),
    "mask, float": (lambda: InkMask(np.zeros((4, 4))), "float64"),
    "component, mask of another size": (lambda: Component(BOX, INK[1:], 4, 1.0), r"\(7, 4\), received \(6, 4\)"),
    "component, no ink": (lambda: Component(BOX, INK, 0, 1.0), "area_px > 0"),
    "line, empty": (lambda: TextLine(()), "at least one component"),
    "span, no width": (lambda: span(3, 3), "first < last"),
    "span, before the start": (lambda: span(-1, 2), "0 <= first"),
    "span, mask of another size": (lambda: Span(0, 1, BOX, INK.T, 1.0), "mask of the box's shape"),
    "lattice, one cut": (lambda: Lattice(make_line((0, 0, 9, 9)), 1, ()), "at least two cuts, received 1"),
    "lattice, span past the end": (lambda: Lattice(make_line((0, 0, 9, 9)), 2, (span(0, 2),)), "within the cuts"),
    "scores, nine classes": (lambda: DigitScores(uniform(2, 9)), r"received \(2, 9\)"),
    "scores, flat": (lambda: DigitScores(uniform(1, 10)[0]), r"received \(10,\)"),
    "scores, sum 2": (lambda: DigitScores(2 * uniform(1, 10)), "sum to 1"),
    "scores, NaN": (lambda: DigitScores(np.nan * uniform(1, 10)), "sum to 1"),
    "digit, too sure": (lambda: Digit("1", 1.01, BOX), "0..1, received 1.01"),
    "digit, NaN": (lambda: Digit("1", float("nan"), BOX), "0..1, received nan"),
    "reading, too sure": (lambda: Reading("1", -0.1, BOX, ()), "0..1"),
    "reading, other status": (lambda: Reading("1", 1, BOX, (), "maybe"), "accepted or rejected"),  # type: ignore
    "reading, rejected without a reason": (lambda: Reading("1", 1, BOX, (), "rejected"), "if and only if"),
    "reading, accepted with a reason": (lambda: Reading("1", 1, BOX, (), "accepted", "why"), "if and only if"),
}


@pytest.mark.parametrize(("make", "message"), WRONG.values(), ids=WRONG)
def test_wrong_value_is_refused_with_expected_and_received(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


FROZEN: dict[str, Callable[[], np.ndarray]] = {
    "page": lambda: Page(np.zeros((4, 4), np.uint8)).gray,
    "to_source": lambda: Page(np.zeros((4, 4), np.uint8)).to_source,
    "ink": lambda: InkMask(np.zeros((4, 4), np.uint8)).ink,
    "component": lambda: make_component(0, 0, 4, 4).mask,
    "span": lambda: Span(0, 1, BOX, INK.copy(), 1.0).mask,
    "scores": lambda: DigitScores(uniform(1, 10)).probabilities,
}


@pytest.mark.parametrize("make", FROZEN.values(), ids=FROZEN)
def test_arrays_are_read_only(make: Callable[[], np.ndarray]) -> None:
    with pytest.raises(ValueError, match="read-only"):
        make()[:] = 0


def test_page_tells_its_size_as_width_and_height() -> None:
    assert Page(np.zeros((3, 5), np.uint8)).source_size_px == (5, 3)
    assert Page(np.zeros((3, 5), np.uint8), source_size_px=(50, 30)).source_size_px == (50, 30)


@pytest.mark.parametrize(("boxes", "height_px"), [(((0, 0, 5, 9),), 9), (((0, 0, 5, 10), (6, 0, 9, 90)), 90)])
def test_height_of_a_line_is_that_of_large_ink(boxes: tuple[tuple[int, int, int, int], ...], height_px: float) -> None:
    line = make_line(*boxes)
    assert line.height_px == height_px
    assert line.box == Box.around([Box(*box) for box in boxes])


@pytest.mark.parametrize(("n_rows", "n_classes"), [(0, 10), (0, 11), (3, 10), (3, 11)])
def test_scores_of_ten_classes_have_no_other(n_rows: int, n_classes: int) -> None:
    scores = DigitScores(uniform(n_rows, n_classes))
    assert scores.digits.shape == (n_rows, N_DIGITS)
    assert scores.not_digit == pytest.approx(np.full(n_rows, 0 if n_classes == N_DIGITS else 1 / 11))
