"""The ink of a digit, cut out of its picture, by eye."""

from __future__ import annotations

import pytest

from tests.support.drawing import parse
from train.augmentation.ink import crop_ink


@pytest.mark.parametrize(
    ("rows", "cropped"),
    [
        (("...", "..."), ("...", "...")),
        (("....", ".##.", "..#.", "...."), ("##", ".#")),
        (("##", "##"), ("##", "##")),
        (("#...", "....", "...#"), ("#...", "....", "...#")),
    ],
    ids=["empty", "with margins", "tight", "two corners"],
)
def test_tight_box_by_eye(rows: tuple[str, ...], cropped: tuple[str, ...]) -> None:
    assert crop_ink(parse(*rows)).tolist() == parse(*cropped).tolist()
