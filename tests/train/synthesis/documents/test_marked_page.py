"""Pages with the truth of every mark are written as the page network's training reads them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from train.datasets.detector_pages import PAGES_NAME, DetectorPages
from train.synthesis.documents.marked_page import MarkedPage, write_marked_page


def make_page() -> MarkedPage:
    """Return a page with an upright 1, a printed 7 on its side, a word, and a mark without ink."""
    owner = np.zeros((40, 60), np.uint16)
    owner[10:30, 5:13], owner[5:15, 20:40], owner[30:38, 30:50] = 1, 2, 3
    photo = np.where(owner > 0, 30, 220).astype(np.uint8)
    return MarkedPage(
        photo=photo,
        owner=owner,
        labels=(1, 7, 10, 4),
        kinds=("digit", "cut", "word", "cut"),
        groups=(3, 1, -1, 1),
        printed=(0, 1, 0, 0),
        ups=((0.0, -1.0), (1.0, 0.0), (0.0, -1.0), (0.0, -1.0)),
        tags=("notes", "plain"),
    )


def test_written_page_is_read_again(tmp_path: Path) -> None:
    line = write_marked_page(make_page(), tmp_path, "page-00000")
    (tmp_path / PAGES_NAME).write_text(json.dumps(line) + "\n", "utf-8")
    pages = DetectorPages(tmp_path)
    assert len(pages) == 1 and pages.entries[0]["tags"] == ["notes", "plain"]
    assert np.abs(pages.load_photo(0).astype(int) - make_page().photo).mean() < 3
    one, seven, word = pages.list_marks(0)
    assert (one.kind, one.group, one.is_printed, one.height_px) == ("digit", 3, False, 20)
    assert (seven.kind, seven.group, seven.is_printed, seven.height_px) == ("cut", 1, True, 20)
    assert (word.kind, word.group, word.is_printed) == ("word", -1, False)
    assert one.up.tolist() == [0, -1] and seven.up.tolist() == [1, 0]


def test_page_without_marks_is_read_again(tmp_path: Path) -> None:
    blank = MarkedPage(np.full((8, 9), 200, np.uint8), np.zeros((8, 9), np.uint16), (), (), (), (), (), ("negative",))
    (tmp_path / PAGES_NAME).write_text(json.dumps(write_marked_page(blank, tmp_path, "a")) + "\n", "utf-8")
    pages = DetectorPages(tmp_path)
    assert pages.load_photo(0).shape == (8, 9) and pages.list_marks(0) == ()
