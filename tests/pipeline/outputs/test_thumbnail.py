from __future__ import annotations

from base64 import b64decode

import cv2
import numpy as np
import pytest

from pipeline.outputs.thumbnail import encode_jpeg, make_thumbnail

HEAD = "data:image/webp;base64,"


def decode(uri: str) -> np.ndarray:
    assert uri.startswith(HEAD)
    raw = b64decode(uri.removeprefix(HEAD), validate=True)
    return cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((1200, 1600), (240, 320)),
        ((1600, 1200), (320, 240)),
        ((320, 320), (320, 320)),
        ((20, 30), (20, 30)),
        ((1, 1), (1, 1)),
        ((3, 4000), (1, 320)),
    ],
    ids=["wide", "tall", "just as large", "small", "1 px", "a strip"],
)
def test_aspect_is_kept_and_nothing_enlarged(size: tuple[int, int], small: tuple[int, int]) -> None:
    assert decode(make_thumbnail(np.full((*size, 3), 200, np.uint8))).shape == (*small, 3)


def test_it_shows_the_picture() -> None:
    bgr = np.full((600, 800, 3), 230, np.uint8)
    bgr[300:, 400:] = (200, 60, 20)
    small = decode(make_thumbnail(bgr)).astype(int)
    assert np.abs(small[60, 60] - 230).max() < 12
    assert np.abs(small[200, 260] - (200, 60, 20)).max() < 25
    assert (bgr[:300] == 230).all()


def test_a_grainy_photo_is_small_too() -> None:
    grain = np.random.default_rng(0).integers(0, 256, (1200, 1600, 3), np.uint8)
    worst = np.kron(np.random.default_rng(1).integers(0, 256, (240, 320, 3), np.uint8), np.ones((5, 5, 1), np.uint8))
    assert len(make_thumbnail(grain)) < 7_000
    assert len(make_thumbnail(worst)) < 7_000


@pytest.mark.parametrize(
    ("most_mpx", "shape"), [(None, (200, 400, 3)), (1, (200, 400, 3)), (0.02, (100, 200, 3))], ids=str
)
def test_large_picture_is_shrunk_to_its_limit(most_mpx: float | None, shape: tuple[int, int, int]) -> None:
    jpeg = encode_jpeg(np.full((200, 400, 3), 90, np.uint8), most_mpx)
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape == shape
