"""Maps that the page network is to answer, by eye and under turns."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.detection.page_network import N_CHANNELS, Channel
from train.datasets.detector_pages import Mark
from train.fitting.detector_targets import make_targets, move_marks


def make_mark(left: float, top: float, right: float, bottom: float, kind: str = "digit", group: int = -1) -> Mark:
    """Return an upright printed box of a mark."""
    hull = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
    return Mark(hull, np.array((0, -1), np.float32), bottom - top, kind, group, True)


def split(targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return targets[..., :N_CHANNELS], targets[..., N_CHANNELS:]


def test_bare_crop_asks_for_nothing() -> None:
    maps, weights = split(make_targets([], (32, 64)))
    assert maps.shape == (8, 16, N_CHANNELS) and not maps.any()
    assert (weights[..., : Channel.HEIGHT] == 1).all() and not weights[..., Channel.HEIGHT :].any()


def test_digit_by_eye() -> None:
    maps, weights = split(make_targets([make_mark(16, 8, 28, 24)], (32, 64)))
    expected = np.zeros((8, 16))
    expected[2:6, 4:7] = 1
    assert (maps[..., Channel.AREA] == expected).all()
    assert np.argwhere(maps[..., Channel.CENTER] == 1).tolist() == [[4, 5]]
    assert 0.5 < maps[4, 6, Channel.CENTER] < 1 and maps[4, 9, Channel.CENTER] == 0
    assert not maps[..., Channel.LINK].any() and not maps[..., Channel.OTHER].any()
    assert maps[3, 5, Channel.HEIGHT :].tolist() == [-1, 0, -1, 1], "16 px, upright, printed"
    assert (weights[..., Channel.HEIGHT] == expected).all()


def test_large_digit_counts_as_thirty_cells() -> None:
    _, weights = split(make_targets([make_mark(8, 8, 120, 120)], (128, 128)))
    assert weights[..., Channel.HEIGHT].sum() == pytest.approx(30)


@pytest.mark.parametrize(
    ("mark", "n_ignored", "n_other"),
    [
        (make_mark(16, 8, 28, 24, "cut"), 12, 0),
        (make_mark(16, 8, 20, 14), 2, 0),
        (make_mark(16, -8, 28, 8), 6, 0),
        (make_mark(16, 8, 28, 24, "letter"), 0, 12),
        (make_mark(-40, 8, -10, 24), 0, 0),
    ],
    ids=["cut digit", "too low", "cut by the crop", "letter", "outside"],
)
def test_what_is_no_whole_digit(mark: Mark, n_ignored: int, n_other: int) -> None:
    maps, weights = split(make_targets([mark], (32, 64)))
    assert not maps[..., Channel.AREA].any()
    assert np.count_nonzero(weights[..., Channel.AREA] == 0) == n_ignored
    assert np.count_nonzero(maps[..., Channel.OTHER]) == n_other


def test_consecutive_digits_of_a_number_are_linked() -> None:
    marks = [make_mark(8 + 24 * n, 8, 20 + 24 * n, 24, group=n // 2) for n in range(4)]
    links = split(make_targets(marks, (32, 128)))[0][..., Channel.LINK]
    assert links[3, 4:9].all() and links[3, 16:21].all()
    assert not links[:, 11:14].any(), "another number begins"


def test_link_to_a_digit_that_is_cut_is_ignored() -> None:
    marks = [make_mark(8, 8, 20, 24, group=0), make_mark(40, 8, 52, 24, "cut", group=0)]
    maps, weights = split(make_targets(marks, (32, 64)))
    assert not maps[..., Channel.LINK].any()
    assert weights[4, 7, Channel.LINK] == 0 and weights[4, 4, Channel.AREA] == 1


@pytest.mark.parametrize("kind", ["digit", "letter"])
def test_hull_may_run_either_way_round(kind: str) -> None:
    mark = make_mark(16, 8, 28, 24, kind)
    other_way = Mark(mark.hull[::-1], mark.up, mark.height_px, kind, -1, True)
    assert (make_targets([mark], (32, 64)) == make_targets([other_way], (32, 64))).all()


def test_turned_marks_have_turned_maps() -> None:
    marks = [make_mark(8, 8, 24, 40, group=0), make_mark(32, 8, 48, 40, group=0), make_mark(8, 48, 20, 60, "sign")]
    clockwise = np.array([(0.0, -1.0, 64.0), (1.0, 0.0, 0.0)])
    upright, turned = make_targets(marks, (64, 64)), make_targets(move_marks(marks, clockwise), (64, 64))
    for channel in (Channel.AREA, Channel.LINK, Channel.OTHER, Channel.HEIGHT):
        assert (turned[..., channel] == np.rot90(upright[..., channel], -1)).all()
    assert turned[5, 10, [Channel.UP_X, Channel.UP_Y]].tolist() == [1, 0], "its top is at the right"


def test_scale_changes_the_height_alone() -> None:
    (moved,) = move_marks([make_mark(8, 8, 24, 40)], np.array([(2.0, 0.0, 1.0), (0.0, 2.0, 3.0)]))
    assert moved.height_px == pytest.approx(64) and moved.up.tolist() == [0, -1]
    assert moved.hull.min(axis=0).tolist() == [17, 19]
