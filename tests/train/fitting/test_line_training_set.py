"""What the line network learns from: windows drawn by seed and epoch, bent so that columns stay where the ink is."""

from __future__ import annotations

import numpy as np
import pytest

from train.datasets.harvested_lines import IGNORED, Lines
from train.fitting.line_training_set import WINDOWS_PX, LineTrainingSet, _ignore_cut_digits, augment_window

LINE_IMAGES = (40, 64, 90, 150, 160, 400)


def make_lines(*widths: int, label: int = 3) -> Lines:
    """Return line images with a bright bar each, 4 px wide, in the middle, labelled a digit; the last has none."""
    pixels, columns = np.zeros((32, sum(widths), 2), np.uint8), np.full(sum(widths) // 2, 10, np.int8)
    for at, width in enumerate(widths[:-1]):
        middle = sum(widths[:at]) + 2 * (width // 4)
        pixels[:, middle - 2 : middle + 2] = 255
        columns[middle // 2 - 1 : middle // 2 + 1] = label
    return Lines(pixels, columns, np.array(widths))


def test_windows_are_whole_batches_of_pixels_and_columns() -> None:
    training_set = LineTrainingSet(make_lines(*LINE_IMAGES), 100)
    batches = list(training_set.draw(16, 0, 0))
    assert sum(len(pixels) for pixels, _ in batches) == 100
    for pixels, columns in batches:
        assert pixels.dtype == np.float32 and columns.dtype == np.int32
        assert pixels.shape == (len(columns), 32, pixels.shape[2], 2) and pixels.shape[2] in WINDOWS_PX
        assert columns.shape[1] == pixels.shape[2] // 2 and len(columns) <= 16
        assert pixels.min() >= 0 and pixels.max() <= 1
        assert columns.min() >= IGNORED and columns.max() <= 11
    assert {pixels.shape[2] for pixels, _ in batches} == set(WINDOWS_PX)
    assert abs(training_set.count_batches(16) - len(batches)) <= len(WINDOWS_PX)


def test_epoch_depends_on_seed_and_number_alone() -> None:
    training_set = LineTrainingSet(make_lines(*LINE_IMAGES), 20)

    def draw(seed: int, epoch: int) -> bytes:
        return b"".join(pixels.tobytes() + columns.tobytes() for pixels, columns in training_set.draw(8, seed, epoch))

    assert draw(1, 2) == draw(1, 2)
    assert len({draw(1, 2), draw(2, 2), draw(1, 3)}) == 3


def test_line_images_without_digits_are_few_among_what_is_drawn() -> None:
    widths = np.array([64] * 4 + [64] * 36)
    columns = np.full(widths.sum() // 2, 10, np.int8)
    columns[16 : 4 * 32 : 32] = 5
    training_set = LineTrainingSet(Lines(np.zeros((32, widths.sum(), 2), np.uint8), columns, widths), 2000)
    starts = np.cumsum(widths) - widths
    shares = training_set._weigh(starts)
    assert shares.sum() == pytest.approx(1)
    assert shares[4:].sum() == pytest.approx(0.2) and np.ptp(shares[:4]) == pytest.approx(0)


@pytest.mark.parametrize("label", [10, 4], ids=["without digits only", "with digits only"])
def test_line_images_all_of_one_kind_are_drawn(label: int) -> None:
    lines = Lines(np.zeros((32, 128, 2), np.uint8), np.full(64, label, np.int8), np.array([64, 64]))
    assert sum(len(pixels) for pixels, _ in LineTrainingSet(lines, 10).draw(4, 0, 0)) == 10


@pytest.mark.parametrize("window", WINDOWS_PX)
@pytest.mark.parametrize("width", [16, 64, 96, 300])
def test_columns_follow_the_bent_picture(width: int, window: int) -> None:
    lines = make_lines(width, 2)
    pixels, columns = lines.pixels[:, :width], lines.columns[: width // 2]
    n_seen = 0
    for seed in range(40):
        bent, shows = augment_window(pixels, columns, window, np.random.default_rng(seed))
        assert bent.shape == (32, window, 2) and shows.shape == (window // 2,)
        seen = np.flatnonzero(shows == 3)
        if len(seen):
            n_seen += 1
            brightness = bent[14:18, :, 0].mean(axis=0)  # a shear turns about the middle
            bright = np.flatnonzero(brightness > 0.6 * brightness.max())
            assert (seen.mean() + 0.5) * 2 == pytest.approx(bright.mean() + 0.5, abs=2.5)
    assert n_seen > 3


@pytest.mark.parametrize(
    ("shows", "left"),
    [
        ([10, 10, 10, 10], [10, 10, 10, 10]),
        ([3, 3, 10, 5, 10, 10], [-1, -1, 10, 5, 10, 10]),
        ([10, 3, 10, 10, -1, 4], [10, 3, 10, 10, -1, -1]),
        ([3] * 9 + [10] * 2, [-1] * 6 + [3] * 3 + [10] * 2),
        ([3, 3], [-1, -1]),
        ([], []),
    ],
    ids=["nothing", "cut on the left", "cut on the right", "wide", "all cut", "no columns"],
)
def test_digits_that_the_rim_cuts_are_ignored(shows: list[int], left: list[int]) -> None:
    assert _ignore_cut_digits(np.array(shows, np.int32)).tolist() == left
