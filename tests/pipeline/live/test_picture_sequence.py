from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.live.picture_sequence import PictureSequence, is_sequence


def draw(path: Path, level: int) -> None:
    path.write_bytes(cv2.imencode(".png", np.full((20, 30), level, np.uint8))[1].tobytes())


def read_levels(pattern: Path) -> list[int | None]:
    sequence = PictureSequence(str(pattern))
    read = [sequence.read() for _ in range(int(sequence.get(cv2.CAP_PROP_FRAME_COUNT)))]
    assert sequence.read() == (False, None)
    return [None if bgr is None else int(bgr.max()) for _, bgr in read]


def test_sequences_are_told_by_their_number(tmp_path: Path) -> None:
    assert is_sequence("img_%03d.png")
    assert is_sequence("%d.jpg")
    assert not is_sequence("100%.mp4")
    (tmp_path / "100%done.mp4").write_bytes(b"")
    assert not is_sequence(str(tmp_path / "100%done.mp4"))


def test_order_gaps_and_damage(tmp_path: Path) -> None:
    for number in (7, 8, 10, 11, 100):
        draw(tmp_path / f"a_{number}.png", number)
    (tmp_path / "a_8.png").write_text("no picture")
    draw(tmp_path / "a_7.png.png", 255)
    assert read_levels(tmp_path / "a_%d.png") == [7, None, 10, 11, 100]


@pytest.mark.parametrize(
    ("pattern", "levels"), [("a_%03d.png", [7, 1000]), ("b_%03d.png", []), ("none/a_%03d.png", [])]
)
def test_names_that_the_pattern_stands_for(pattern: str, levels: list[int], tmp_path: Path) -> None:
    for name, level in (("a_007.png", 7), ("a_8.png", 8), ("a_1000.png", 1000)):
        draw(tmp_path / name, level % 256)
    assert read_levels(tmp_path / pattern) == [level % 256 for level in levels]
    assert PictureSequence(str(tmp_path / pattern)).isOpened() == bool(levels)
