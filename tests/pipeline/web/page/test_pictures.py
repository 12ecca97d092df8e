from __future__ import annotations

from base64 import b64decode

import cv2
import numpy as np
import pytest

from pipeline.geometry import Box
from pipeline.outputs.records import make_record
from pipeline.outputs.thumbnail import encode_jpeg
from pipeline.reading.read_page import read_page
from pipeline.web.page.pictures import (
    decode_picture,
    draw_annotated,
    make_crops,
    map_to_boxes,
    measure_widest,
    rebuild_reading,
    shrink_picture,
)
from pipeline.web.page.session import AddedNumber, GivenFile, OpenedPage
from tests.support.drawing import make_reader, write_page
from tests.support.records import make_page, make_tables

GRAY = write_page("4237", "56")


def make_opened(scale: float = 1.0) -> OpenedPage:
    """Return a page that was read, its picture shrunk by a factor."""
    record = make_record(read_page(GRAY, make_reader()))
    small = cv2.resize(cv2.cvtColor(GRAY, cv2.COLOR_GRAY2BGR), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return OpenedPage(GivenFile("k", "a.png", b""), record, encode_jpeg(small))


def decode_uri(uri: str) -> np.ndarray:
    return decode_picture(b64decode(uri.partition(",")[2]))


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_crops_hold_their_numbers(scale: float) -> None:
    page = make_opened(scale)
    crops = make_crops(page)
    assert [len(number["text"]) for number in page.record["numbers"]] == [4, 2]
    assert all(again is crop for again, crop in zip(make_crops(page), crops, strict=True))
    for uri in crops:
        crop = decode_uri(uri)
        assert crop.shape[0] == 72 and crop.shape[1] <= 2.5 * 72 + 1
        dark = np.argwhere(crop.min(axis=2) < 100)
        assert dark.min() > 2 and (crop.shape[:2] - dark.max(axis=0) > 2).all()  # paper around the ink


def test_added_number_has_a_crop() -> None:
    page = make_opened()
    before = make_crops(page)
    page.added = [AddedNumber("a", Box(0, 0, 40, 30), "1"), AddedNumber("b", Box(0, 0, 90, 30))]
    assert make_crops(page)[:-1] == before
    assert decode_uri(make_crops(page)[-1]).shape[0] == 72


def test_page_without_numbers_has_no_crops() -> None:
    assert make_crops(OpenedPage(GivenFile("k", "a", b""), make_page())) == []


def test_widest_crop() -> None:
    assert 1 <= measure_widest(make_opened()) <= 2.5
    assert measure_widest(OpenedPage(GivenFile("k", "a", b""), make_page())) == 1


def test_boxes_are_mapped_from_a_smaller_picture() -> None:
    to_boxes = map_to_boxes(np.zeros((10, 20, 3), np.uint8), [60, 30])
    assert (to_boxes @ [0, 0, 1]).tolist() == [1, 1, 1]  # the middle of a pixel of 3 x 3
    assert (to_boxes @ [19.5, 9.5, 1]).tolist() == [59.5, 29.5, 1]


def test_annotated_picture_changes_with_a_correction() -> None:
    page = make_opened()
    before = draw_annotated(page)
    page.corrections = {0: "99"}
    assert decode_picture(before).shape[2] == 3
    assert draw_annotated(page) != before


def test_reading_is_rebuilt_from_its_record() -> None:
    record = make_opened().record
    assert make_record(rebuild_reading(record), record["note"]) == record
    tables = make_tables([["1", ""], ["2", "3"]])
    assert rebuild_reading(tables).to_dict()["tables"] == tables["tables"]


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="expected an encoded picture"):
        decode_picture(b"x" * 100)


def test_shrunk_picture_keeps_its_shape() -> None:
    assert decode_picture(shrink_picture(np.zeros((100, 400, 3), np.uint8), 200)).shape == (50, 200, 3)
    assert decode_picture(shrink_picture(np.zeros((10, 40, 3), np.uint8), 200)).shape == (10, 40, 3)
