"""Digits spoiled in fifteen ways: what each does to a picture worked by hand, and the figures of a fake model."""

from __future__ import annotations

import io
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from pipeline.errors import InputError
from pipeline.recognition.classify import Classifier
from train.datasets.mnist import DigitSet
from train.evaluation import corrupted_mnist as corruptions
from train.evaluation.corrupted_mnist import (
    CORRUPTIONS,
    SEVERITY,
    Severity,
    corrupt,
    measure_robustness,
    normalize_framed,
)
from train.synthesis.handwriting.drawn_digits import draw_digit_set

NOTHING_RANDOM = ("scale", "brightness", "canny_edges")
NEEDS_INK = ("shot_noise", "glass_blur", "motion_blur", "shear", "scale", "rotate", "translate", "canny_edges")


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    """Draw 0 to 9 in one hand, a 1 and a 7; read-only, for no corruption may write on what it is given."""
    images = draw_digit_set(np.random.default_rng(0), n_writers=1, n_ones=1, n_sevens=1).images
    images.flags.writeable = False
    return images


def spoil(image: np.ndarray, name: str, seed: int = 0) -> np.ndarray:
    return corrupt(image[None], name, seed)[0]


def draw(rows: slice | int, columns: slice | int, ink: int = 255) -> np.ndarray:
    image = np.zeros((28, 28), np.uint8)
    image[rows, columns] = ink
    return image


BLANK = draw(0, 0, 0)


def test_there_are_the_fifteen_kinds() -> None:
    assert len(CORRUPTIONS) == 15


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_every_digit_is_changed_and_stays_a_picture(digits: np.ndarray, name: str) -> None:
    spoiled = corrupt(digits, name, 0)
    assert spoiled.shape == digits.shape
    assert spoiled.dtype == np.uint8
    assert (spoiled != digits).any(axis=(1, 2)).all()


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_result_hangs_on_seed_kind_and_number_alone(digits: np.ndarray, name: str) -> None:
    spoiled = corrupt(digits, name, 3)
    np.testing.assert_array_equal(corrupt(digits, name, 3), spoiled)
    np.testing.assert_array_equal(corrupt(digits[:5], name, 3), spoiled[:5])
    others = digits[::-1].copy()
    others[4] = digits[4]
    np.testing.assert_array_equal(corrupt(others, name, 3)[4], spoiled[4])
    assert np.array_equal(corrupt(digits, name, 4), spoiled) == (name in NOTHING_RANDOM)


@pytest.mark.parametrize("name", sorted(set(CORRUPTIONS) - set(NOTHING_RANDOM)))
def test_equal_digits_are_spoiled_differently(digits: np.ndarray, name: str) -> None:
    assert len(np.unique(corrupt(digits[[2] * 12], name, 0), axis=0)) > 1


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_degenerate_pictures(name: str) -> None:
    assert spoil(BLANK, name).any() == (name not in NEEDS_INK)
    assert spoil(draw(slice(None), slice(None)), name).shape == (28, 28)
    assert spoil(draw(14, 14, 1), name).shape == (28, 28)
    assert corrupt(np.zeros((0, 28, 28), np.uint8), name, 0).shape == (0, 28, 28)


def test_translate_takes_a_pixel_five_along_and_five_down_or_up() -> None:
    found = {tuple(np.argwhere(spoil(draw(14, 14), "translate", seed))[0].tolist()) for seed in range(40)}
    assert found == {(9, 9), (9, 19), (19, 9), (19, 19)}
    assert not spoil(draw(27, slice(None)), "translate", 0)[5:22].any()


def test_rotate_turns_a_bar_by_thirty_degrees_either_way() -> None:
    bar = draw(slice(13, 15), slice(4, 24))
    angles = []
    for seed in range(8):
        rows, columns = np.nonzero(spoil(bar, "rotate", seed) > 127)
        angles.append(float(np.rad2deg(np.arctan(np.polyfit(columns, rows, 1)[0]))))
    assert np.abs(angles) == pytest.approx(30, abs=2)
    assert min(angles) < 0 < max(angles)


def test_shear_moves_half_a_column_per_row_and_no_row() -> None:
    stem = draw(slice(4, 24), 14)
    rows, columns = np.nonzero(spoil(stem, "shear"))
    assert (rows.min(), rows.max()) == (4, 23)
    assert abs(np.polyfit(rows, columns, 1)[0]) == pytest.approx(0.5, abs=0.05)


def test_scale_leaves_eleven_of_twenty_pixels_in_the_middle() -> None:
    rows, columns = np.nonzero(spoil(draw(slice(4, 24), slice(4, 24)), "scale") > 127)
    assert np.ptp(rows) + 1 == np.ptp(columns) + 1 == pytest.approx(11, abs=1)
    assert (rows.mean(), columns.mean()) == pytest.approx((13.5, 13.5), abs=0.5)


def test_brightness_adds_half_of_full_ink() -> None:
    image = draw(0, slice(0, 3))
    image[0, :3] = 20, 127, 255
    assert spoil(image, "brightness")[0, :4].tolist() == [148, 255, 255, 128]


def test_stripe_exchanges_nine_columns(digits: np.ndarray) -> None:
    for seed in range(10):
        changed = spoil(digits[8], "stripe", seed) ^ digits[8]
        columns = np.flatnonzero(changed.any(axis=0))
        assert len(columns) == np.ptp(columns) + 1 == 9
        assert (changed[:, columns] == 255).all()


def test_shot_noise_counts_photons_of_ink_only(digits: np.ndarray) -> None:
    assert set(np.unique(spoil(draw(slice(4, 24), slice(4, 24)), "shot_noise"))) == {0, 102, 204, 255}
    assert not spoil(digits[0], "shot_noise")[digits[0] == 0].any()


def test_impulse_noise_is_half_salt_half_pepper() -> None:
    noisy = spoil(np.full((28, 28), 100, np.uint8), "impulse_noise")
    assert np.mean(noisy == 0) == pytest.approx(0.1, abs=0.04)
    assert np.mean(noisy == 255) == pytest.approx(0.1, abs=0.04)
    assert set(np.unique(noisy)) == {0, 100, 255}


def test_motion_spreads_a_pixel_along_a_line() -> None:
    for seed in range(10):
        smeared = spoil(draw(14, 14), "motion_blur", seed)
        spread = np.cov(np.indices((28, 28)).reshape(2, -1), aweights=smeared.ravel(), bias=True)
        across, along = np.linalg.eigvalsh(spread)
        assert along == pytest.approx(2, abs=0.5)  # of five pixels in a row, (4 + 1 + 0 + 1 + 4) / 5
        assert across < 0.4
        assert smeared.sum(dtype=int) == pytest.approx(255, abs=5)


def test_glass_keeps_ink_near_its_place() -> None:
    rows, columns = np.nonzero(spoil(draw(slice(13, 15), slice(13, 15)), "glass_blur") > 16)
    assert len(rows)
    assert max(np.abs(rows - 13.5).max(), np.abs(columns - 13.5).max()) <= 5


def test_fog_lies_over_everything_and_leaves_ink_darkest(digits: np.ndarray) -> None:
    haze = spoil(BLANK, "fog").astype(int)
    assert (haze.min(), haze.max()) == (0, round(255 * 1.2 / 2.2))
    gained = spoil(digits[3], "fog") - haze
    assert gained[digits[3] == 255] == pytest.approx(255 / 2.2, abs=1)


def test_spatter_drops_thin_ink_on_a_seventh() -> None:
    drops = corrupt(np.stack([BLANK] * 20), "spatter", 0)
    assert set(np.unique(drops)) == {0, round(255 * 0.7)}
    assert np.mean(drops > 0) == pytest.approx(1 / 7, abs=0.03)


def test_dotted_line_is_two_on_two_off_from_rim_to_rim() -> None:
    dotted = spoil(BLANK, "dotted_line")
    is_dot = np.arange(28) % 4 < 2
    assert dotted.any(axis=0).tolist() == is_dot.tolist()
    assert (dotted > 0).sum() == is_dot.sum()
    assert not dotted[:4].any()
    assert not dotted[24:].any()


def test_zigzag_turns_at_its_corners() -> None:
    for seed in range(5):
        crooked = spoil(BLANK, "zigzag", seed)
        assert crooked.any(axis=0).all()  # one line from rim to rim
        heights = crooked[:, [0, 4, 8, 12, 15, 19, 23, 27]].argmax(axis=0).astype(int)
        turns = np.sign(np.diff(heights))[1:-1]
        assert np.abs(np.diff(turns)).tolist() == [2] * 4


def test_edges_of_a_block_are_its_outline() -> None:
    edges = spoil(draw(slice(6, 22), slice(6, 22)), "canny_edges")
    assert set(np.unique(edges)) == {0, 255}
    assert not edges[10:18, 10:18].any()
    for across in (edges[:, 10], edges[10, :]):
        assert set(np.flatnonzero(across)) in ({5, 22}, {6, 21}, {5, 6, 21, 22})


@pytest.mark.parametrize("knob", [knob.name for knob in fields(Severity)])
def test_no_knob_is_dead(digits: np.ndarray, monkeypatch: pytest.MonkeyPatch, knob: str) -> None:
    before = {name: corrupt(digits[:3], name, 0) for name in CORRUPTIONS}
    monkeypatch.setattr(corruptions, "SEVERITY", replace(SEVERITY, **{knob: 2 * getattr(SEVERITY, knob)}))
    assert any(not np.array_equal(corrupt(digits[:3], name, 0), before[name]) for name in CORRUPTIONS)


@pytest.mark.parametrize(
    ("images", "name", "message"),
    [
        pytest.param(
            np.zeros((1, 28, 28), np.uint8), "snow", "expected one of shot_noise, .* received 'snow'", id="kind"
        ),
        pytest.param(np.zeros((28, 28), np.uint8), "fog", "received uint8 \\(28, 28\\)", id="one image"),
        pytest.param(np.zeros((1, 28, 28), np.float32), "fog", "received float32", id="dtype"),
    ],
)
def test_what_cannot_be_corrupted(images: np.ndarray, name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        corrupt(images, name, 0)


def test_framed_digits_are_normalized_as_in_reading(digits: np.ndarray) -> None:
    batch = normalize_framed(DigitSet(np.concatenate([digits, [BLANK]]), np.zeros(13, np.uint8)))
    assert batch.shape == (13, 28, 28, 1)
    assert not batch[12].any()
    for image, tensor in zip(digits, batch[:12, :, :, 0], strict=True):
        assert tensor.max() == 1
        assert np.average(np.arange(28), weights=tensor.sum(axis=0)) == pytest.approx(14, abs=0.51)
        assert np.abs(np.fft.ifft2(np.fft.fft2(image) * np.fft.fft2(tensor).conj())).max() > 0.85 * (
            np.linalg.norm(image.astype(float)) * np.linalg.norm(tensor)
        )  # the same picture, somewhere shifted


def say_three_where_there_is_ink(batch: np.ndarray) -> np.ndarray:
    """Refuse everything; the next likeliest class is 3 where there is ink, else 7."""
    probabilities = np.zeros((len(batch), 11), np.float32)
    probabilities[:, 10] = 0.6
    has_ink = batch.max(axis=(1, 2, 3)) == 1
    probabilities[np.arange(len(batch)), np.where(has_ink, 3, 7)] = 0.4
    return probabilities


FAKE = Classifier("fake", 11, 1.0, "softmax", say_three_where_there_is_ink)


def take(digits: np.ndarray, labels: list[int]) -> DigitSet:
    return DigitSet(digits[: len(labels)], np.array(labels, np.uint8))


def test_robustness_by_hand(digits: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    none = take(digits, [])
    sets = {"a": (take(digits, [7, 7]), take(digits, [3, 3, 3, 1])), "b": (none, take(digits, [1])), "c": (none, none)}
    monkeypatch.setattr(
        corruptions, "CORRUPTIONS", {"keep": lambda image, rng: image, "wipe": lambda image, rng: BLANK}
    )
    monkeypatch.setattr(corruptions, "load_test", lambda data_dir: take(digits, [3, 3, 7, 1]))
    monkeypatch.setattr(corruptions, "load_extra_sets", lambda data_dir: sets)
    assert measure_robustness(FAKE, tmp_path, Console(file=io.StringIO())) == {
        "corruptions": {"keep": 0.5, "wipe": 0.25},
        "mean_corruption_accuracy": 0.375,
        "other_hands": {"a": {"n": 4, "accuracy": 0.75}, "b": {"n": 1, "accuracy": 0.0}},
    }


def test_robustness_without_other_writers_keeps_stdout_clean(
    digits: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(corruptions, "load_test", lambda data_dir: take(digits, [3, 3, 7, 1]))
    figures = measure_robustness(FAKE, tmp_path)
    assert figures["other_hands"] == {}
    assert list(figures["corruptions"]) == list(CORRUPTIONS)
    assert capsys.readouterr().out == ""


def test_robustness_without_mnist_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds neither"):
        measure_robustness(FAKE, tmp_path, Console(file=io.StringIO()))
