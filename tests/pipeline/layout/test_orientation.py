"""Pages on their side or head: found by reading, turned without losing a pixel's place, left alone where sure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.layout.orientation import mirror_page, turn_page
from pipeline.reading.read_page import note_reading, read_page
from pipeline.recognition.classify import load_classifier
from pipeline.settings.layout import OrientationSettings
from pipeline.settings.tree import Settings
from pipeline.types import Page
from tests.support.drawing import write_page

ROWS = ("4237", "5836", "2749")
PAGE = write_page(*ROWS, size_px=(400, 300))
PAGE_OF = {text: write_page(text, size_px=(500, 160)) for text in ("8008 1818", "0880 8101 1088")}


@pytest.mark.parametrize("n_quarters", [1, 2, 3])
def test_turned_page_knows_where_each_pixel_was(n_quarters: int) -> None:
    page = Page(np.random.default_rng(0).integers(0, 255, (3, 5), np.uint8))
    turned = turn_page(page, n_quarters)
    for (y, x), value in np.ndenumerate(turned.gray):
        at = turned.to_source @ (x, y, 1)
        assert page.gray[int(at[1]), int(at[0])] == value
    assert turned.turned_deg == 90 * n_quarters
    assert turned.source_size_px == page.source_size_px
    assert turn_page(turned, 4 - n_quarters).turned_deg == 0


@pytest.mark.parametrize("n_quarters", [0, 1, 2, 3])
def test_page_is_read_whichever_way_it_lies(n_quarters: int) -> None:
    photo = np.ascontiguousarray(np.rot90(PAGE, -n_quarters))
    read = read_page(Page(photo), load_classifier())
    assert [r.text for r in read.readings] == list(ROWS)
    assert read.turned_deg == 90 * n_quarters
    upright = read_page(Page(PAGE.copy()), load_classifier())
    for reading, expected in zip(read.readings, upright.readings, strict=True):
        ink = photo[reading.box.slices].astype(int).sum()
        assert ink == PAGE[expected.box.slices].astype(int).sum()  # the same ink, in px of the photo as it lies


def test_mirrored_page_knows_where_each_pixel_was() -> None:
    page = turn_page(Page(np.random.default_rng(0).integers(0, 255, (3, 5), np.uint8)), 1)
    mirrored = mirror_page(page)
    upright = turn_page(page, 3)
    for (y, x), value in np.ndenumerate(mirrored.gray):
        at = mirrored.to_source @ (x, y, 1)
        assert upright.gray[int(at[1]), int(at[0])] == value
    assert (mirrored.turned_deg, mirrored.source_size_px) == (page.turned_deg, page.source_size_px)
    assert np.array_equal(mirror_page(mirrored).gray, page.gray)
    assert np.array_equal(mirror_page(mirrored).to_source, page.to_source)


def test_numbers_of_a_mirrored_page_are_read_told_and_rejected() -> None:
    photo = np.ascontiguousarray(PAGE[:, ::-1])
    read = read_page(Page(photo), load_classifier())
    assert [(r.text, r.status, r.reason) for r in read.readings] == [
        (text, "rejected", "the picture looks mirrored") for text in ROWS
    ]
    assert "looks mirrored" in str(note_reading(read))
    upright = read_page(Page(PAGE.copy()), load_classifier())
    assert note_reading(upright) is None
    for reading, expected in zip(read.readings, upright.readings, strict=True):
        ink = photo[reading.box.slices].astype(int).sum()
        assert ink == PAGE[expected.box.slices].astype(int).sum()


@pytest.mark.parametrize("text", ["8008 1818", "0880 8101 1088"])
def test_page_that_reads_the_same_either_way_is_no_mirrored_one(text: str) -> None:
    for photo in (PAGE_OF[text], np.ascontiguousarray(PAGE_OF[text][:, ::-1])):
        assert note_reading(read_page(Page(photo.copy()), load_classifier())) is None


def test_no_page_is_turned_where_that_is_forbidden() -> None:
    as_it_lies = replace(Settings(), orientation=OrientationSettings(is_enabled=False))
    photo = np.ascontiguousarray(np.rot90(PAGE))
    assert read_page(Page(photo), load_classifier(), as_it_lies).turned_deg == 0


@pytest.mark.parametrize("photo", [np.full((90, 120), 200, np.uint8), PAGE], ids=["blank", "sure"])
def test_blank_and_sure_pages_stay_as_they_are(photo: np.ndarray) -> None:
    assert read_page(Page(photo.copy()), load_classifier()).turned_deg == 0


def test_few_digits_do_not_tell() -> None:
    photo = np.ascontiguousarray(np.rot90(write_page("427", size_px=(300, 200))))
    assert read_page(Page(photo), load_classifier()).turned_deg == 0
