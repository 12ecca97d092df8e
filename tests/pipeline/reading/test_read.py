"""Pictures of every kind of source give the same numbers, and a wrong kind is told the call that works."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

import pipeline
from pipeline import PageReading, load_classifier, read, read_page
from pipeline.errors import PictureTypeError
from pipeline.region import Region
from tests.support.drawing import write_page

GRAY = write_page("4237", "5836", size_px=(300, 200))
BGR = np.stack([GRAY, GRAY // 2 + 100, GRAY], axis=2)
BGR[GRAY < 100] = (200, 30, 30)  # blue ink
RGB = np.ascontiguousarray(BGR[:, :, ::-1])
PNG = cv2.imencode(".png", BGR)[1].tobytes()


def list_texts(pages: list[PageReading]) -> list[str]:
    return [reading.text for page in pages for reading in page.readings]


def write_photo(folder: Path) -> Path:
    path = folder / "photo.png"
    path.write_bytes(PNG)
    return path


SOURCES: dict[str, Any] = {
    "path": write_photo,
    "name": lambda folder: str(write_photo(folder)),
    "bytes": lambda _: PNG,
    "bytearray": lambda _: bytearray(PNG),
    "file": lambda folder: write_photo(folder).open("rb"),
    "buffer": lambda _: io.BytesIO(PNG),
    "PIL picture": lambda _: Image.fromarray(RGB),
    "PIL picture with alpha": lambda _: Image.fromarray(RGB).convert("RGBA"),
    "gray array": lambda _: GRAY,
    "one channel": lambda _: GRAY[:, :, None],
}


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_every_kind_of_source_reads_alike(make: Any, tmp_path: Path) -> None:
    source = make(tmp_path)
    assert list_texts(read(source)) == ["4237", "5836"]
    if hasattr(source, "close"):
        source.close()


@pytest.mark.parametrize(("array", "channels"), [(BGR, "bgr"), (RGB, "rgb")])
def test_color_array_by_the_order_of_its_channels(array: np.ndarray, channels: Any) -> None:
    expected = read(PNG)[0].to_dict()["numbers"]
    assert read(array, channels=channels)[0].to_dict()["numbers"] == expected
    reading = read_page(array, load_classifier(), channels=channels)
    assert reading.to_dict()["numbers"] == expected


def test_photo_held_sideways_is_turned_by_its_exif() -> None:
    picture = Image.fromarray(np.ascontiguousarray(np.rot90(RGB)))
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", exif=exif, quality=95)
    (page,) = read(Image.open(buffer))
    assert (list_texts([page]), page.size_px, page.turned_deg) == (["4237", "5836"], (300, 200), 0)


def test_large_array_is_shrunk_and_its_boxes_are_of_the_original() -> None:
    large = cv2.resize(GRAY, None, fx=14, fy=14, interpolation=cv2.INTER_LINEAR)
    (page,) = read(large)
    assert list_texts([page]) == ["4237", "5836"]
    assert page.size_px == (4200, 2800)
    boxes = [np.array(reading.box.as_list()) for reading in page.readings]
    small = [np.array(reading.box.as_list()) for reading in read(GRAY)[0].readings]
    assert all(np.abs(a / 14 - b).max() < 3 for a, b in zip(boxes, small, strict=True))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (None, r'received NoneType; call read\("photo.jpg"\)'),
        (42, "received int"),
        ([[0, 255]], "received list"),
        (BGR, r'needs the order of its channels; call read\(array, channels="bgr"\)'),
        (GRAY / 255, r"expected an array of uint8, received float64 .*255 \* array"),
        (np.zeros((0, 3), np.uint8), "expected an array"),
        (np.zeros((3, 3, 2), np.uint8), r"received uint8 of shape \(3, 3, 2\)"),
    ],
    ids=["None", "number", "list", "color without channels", "floats", "empty", "two channels"],
)
def test_wrong_source_is_told_the_call_that_works(source: Any, message: str) -> None:
    for call in (lambda: read(source), lambda: read_page(source, load_classifier())):
        with pytest.raises(PictureTypeError, match=message):
            call()
        with pytest.raises(TypeError):
            call()


def test_one_classifier_serves_many_threads() -> None:
    classifier = load_classifier()
    with ThreadPoolExecutor(4) as threads:
        texts = set(threads.map(lambda _: tuple(list_texts([read_page(GRAY, classifier)])), range(12)))
    assert texts == {("4237", "5836")}


def test_constraint_reaches_every_page(tmp_path: Path) -> None:
    for source in (write_photo(tmp_path), GRAY):
        (page,) = read(source, constraint=pipeline.Constraint(values=("4287", "5836")))
        assert [(r.text, r.status) for r in page.readings] == [("4237", "rejected"), ("5836", "accepted")]


def test_array_of_the_caller_stays_writable() -> None:
    own = GRAY.copy()
    read(own)
    own[0, 0] = 7


def test_model_is_kept_for_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    read(GRAY)
    monkeypatch.setattr("pipeline.reading.read.load_classifier", lambda _: pytest.fail("loaded again"))
    read(GRAY)
    assert pipeline.read is read


def test_part_of_a_picture() -> None:
    whole = read(GRAY)[0].readings
    part = read(GRAY, region=Region(0, 50, 100, 100, is_percent=True))[0]
    assert [r.text for r in part.readings] == ["5836"]
    assert (part.size_px, part.readings[0].box) == ((300, 200), whole[1].box)


def test_part_that_ends_between_two_digits() -> None:
    digits = read(GRAY)[0].readings[1].digits
    between = (digits[1].box.right + digits[2].box.left) // 2
    [number] = read(GRAY, region=Region(0, 100, between, 200))[0].readings
    assert (number.text, number.status) == ("58", "rejected")
