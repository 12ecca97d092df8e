"""Narrow shadows: found by their breadth and lifted; broad strokes that were read are none."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline import load_classifier, read_page
from pipeline.geometry import Box
from pipeline.ink.binarize import binarize
from pipeline.ink.illumination import estimate_paper, flatten_light, shrink
from pipeline.ink.shadows import clear_edges, find_patches, lift_shadows
from pipeline.settings.tree import Settings
from pipeline.types import Page
from tests.support.drawing import write_page

SETTINGS = Settings()
TEXTS = "4207 1936", "58 0617"
WEDGE = np.array([[130, 20], [190, 479], [90, 479]], np.int32)


def shade(page: np.ndarray) -> np.ndarray:
    """Return the page with a narrow shadow across it, as of a pen that is held over it."""
    shadow = cv2.fillPoly(np.zeros(page.shape, np.float32), [WEDGE], 1.0)
    return (page * (1 - 0.6 * cv2.GaussianBlur(shadow, (0, 0), 2))).astype(np.uint8)


PAGE = write_page(*TEXTS, size_px=(640, 480), height_px=36, pen_px=3)
SHADED = shade(PAGE)


def look(gray: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the picture reduced, its paper, and the ink."""
    small = shrink(gray, SETTINGS.illumination)
    paper = estimate_paper(small, SETTINGS.illumination)
    return small, paper, binarize(flatten_light(gray, paper), SETTINGS.binarize).ink


def test_page_without_a_patch_has_no_shadow() -> None:
    ink = look(PAGE)[2]
    assert ink.any()
    assert find_patches(ink, [], SETTINGS.illumination) is None
    assert find_patches(np.zeros_like(ink), [], SETTINGS.illumination) is None


def test_paper_is_dark_where_the_shadow_lies_and_as_before_elsewhere() -> None:
    small, paper, ink = look(SHADED)
    patches = find_patches(ink, [], SETTINGS.illumination)
    assert patches is not None and patches.shape == paper.shape
    shaded, edges = lift_shadows(small, paper, patches, SETTINGS.illumination)
    assert shaded.dtype == edges.dtype == np.uint8 and shaded.shape == edges.shape == paper.shape
    assert (shaded <= paper).all() and (shaded[:, 160:] == paper[:, 160:]).all()
    assert shaded[190, 70] < 0.6 * paper[190, 70]
    assert edges[190, 70] == 0 and edges[190, 54] == 255  # inside the shadow, and along its side


def test_what_was_read_is_no_shadow() -> None:
    ink = look(SHADED)[2]
    assert find_patches(ink, [Box(120, 300, 160, 340)], SETTINGS.illumination) is None
    assert find_patches(ink, [Box(400, 300, 440, 340)], SETTINGS.illumination) is not None


def test_ink_along_an_edge_goes_whole_or_stays_whole() -> None:
    ink = np.zeros((40, 80), np.uint8)
    ink[5:30, 10:13] = ink[5:35, 40:44] = 255
    ink[20, 44:70] = 255  # of the second component a third is off the edge
    edges = np.zeros((20, 40), np.uint8)
    edges[:, 18:24] = 255
    cleared = clear_edges(ink, edges)
    assert (cleared[:, :30] == ink[:, :30]).all() and not cleared[:, 30:].any()
    assert (clear_edges(ink, np.zeros_like(edges)) == ink).all()
    assert not clear_edges(np.zeros_like(ink), edges).any()


@pytest.mark.slow
@pytest.mark.parametrize("is_bright", [False, True])
def test_digits_beside_a_narrow_shadow_are_read(is_bright: bool) -> None:
    reader, gray = load_classifier(), 255 - SHADED if is_bright else SHADED
    expected = " ".join(TEXTS).split()
    assert [r.text for r in read_page(Page(gray), reader, SETTINGS).readings] == expected
    rules = replace(SETTINGS, detection=replace(SETTINGS.detection, is_enabled=False))
    assert [r.text for r in read_page(Page(gray), reader, rules).readings] == expected
    once = replace(rules, shadows=replace(rules.shadows, is_enabled=False))
    assert [r.text for r in read_page(Page(gray), reader, once).readings] != expected


def test_broad_digit_stays_a_digit() -> None:
    page = write_page("3", size_px=(320, 320), height_px=200, pen_px=34)
    assert [r.text for r in read_page(Page(page), load_classifier(), SETTINGS).readings] == ["3"]
