"""Videos with known truth: times and boxes are where the frames show the ink, and chance comes from the seed alone."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.errors import OutputError
from train.__main__ import main
from train.datasets.mnist import DigitSet
from train.synthesis.handwriting.drawn_digits import draw_digit_set
from train.synthesis.handwriting.writers import WriterPool, collect_writers
from train.synthesis.videos import write_videos as videos_room
from train.synthesis.videos.clip import Clip
from train.synthesis.videos.motion import Jerk, draw_sway, make_pose, read_keys
from train.synthesis.videos.motion import Path as Track
from train.synthesis.videos.scenarios import KINDS
from train.synthesis.videos.write_videos import describe_video, film_video, write_video

SMALL_PX, FPS = (320, 180), 10.0
NONE = DigitSet(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8))
NEGATIVES = [kind for kind in KINDS if kind.startswith("negative")]
EACH_KIND = [pytest.param(kind, marks=[pytest.mark.slow] if kind in NEGATIVES else []) for kind in KINDS]
"""Negative pages take a while to draw."""


@pytest.fixture(scope="module")
def pool() -> WriterPool:
    drawn = draw_digit_set(np.random.default_rng(5), 4, 6, 6)
    writers = np.repeat(np.arange(8), -(-len(drawn.labels) // 8))[: len(drawn.labels)].astype(np.int32)
    return collect_writers(DigitSet(drawn.images, drawn.labels, writers), NONE, np.random.default_rng(1), fonts=[])


def film(pool: WriterPool, kind: str, seed: int = 3) -> Clip:
    return film_video(pool, [], seed, 0, SMALL_PX, FPS, kind)[1]


@pytest.mark.parametrize("kind", EACH_KIND)
def test_truth_lies_within_the_video(pool: WriterPool, kind: str) -> None:
    clip = film(pool, kind)
    entry = describe_video(kind, clip, "a.mp4")
    assert 6 <= entry["seconds"] <= 10
    assert (entry["file"], entry["kind"], entry["fps"], entry["size_px"]) == ("a.mp4", kind, FPS, list(SMALL_PX))
    assert bool(entry["numbers"]) == (kind not in NEGATIVES)
    texts = [number["text"] for number in entry["numbers"]]
    assert len(set(texts)) == len(texts)
    for number in entry["numbers"]:
        assert number["text"].isdecimal()
        assert 0 <= number["from_s"] < number["to_s"] <= entry["seconds"]
        assert number["path"][0] == [number["from_s"], *number["box"]]
        for _, left, top, right, bottom in number["path"]:
            assert 0 <= left < right <= SMALL_PX[0] and 0 <= top < bottom <= SMALL_PX[1]


@pytest.mark.parametrize("kind", EACH_KIND)
def test_frames_come_from_the_seed_alone(pool: WriterPool, kind: str) -> None:
    one, same, other = film(pool, kind), film(pool, kind), film(pool, kind, seed=4)
    frame = one.shoot(17)
    assert (frame.shape, frame.dtype) == ((SMALL_PX[1], SMALL_PX[0], 3), np.uint8)
    same.shoot(3)  # frames do not depend on those before them
    assert np.array_equal(frame, same.shoot(17))
    assert one.describe_numbers() == same.describe_numbers()
    assert not np.array_equal(frame, other.shoot(17))


@pytest.mark.parametrize("kind", ["steady", "passing", "counting", "zoom"])
def test_a_number_is_where_truth_says(pool: WriterPool, kind: str) -> None:
    """Ink stands out from the paper within the box, and hardly just outside of it."""
    clip = film(pool, kind)
    for number in clip.describe_numbers():
        time_s, left, top, right, bottom = number["path"][1]
        gray = cv2.cvtColor(clip.shoot(round(time_s * FPS)), cv2.COLOR_BGR2GRAY).astype(int)
        inside = gray[top:bottom, left:right]
        middle = np.median(gray[top - 2 : bottom + 2, left - 2 : right + 2])
        is_ink = np.abs(gray - middle) > 0.5 * np.abs(inside - middle).max()
        assert is_ink[top:bottom, left:right].mean() > 0.04
        assert is_ink[top:bottom, left : left + 3].any() or is_ink[top : top + 3, left:right].any()


def test_a_covered_number_is_not_legible(pool: WriterPool) -> None:
    numbers = film(pool, "replaced").describe_numbers()
    assert len(numbers) == 3
    for before, after in zip(numbers, numbers[1:], strict=False):
        assert before["from_s"] < after["from_s"]
        assert before["to_s"] <= after["from_s"] + 0.5


def test_a_long_blur_ends_a_stay_and_a_short_one_does_not(pool: WriterPool) -> None:
    clip = film(pool, "steady")
    n_numbers = len(clip.describe_numbers())
    for seconds, n_stays in ((0.8, 1), (1.6, 2)):
        blur = ((1.9, 0.5), (2.0, 30.0), (1.9 + seconds, 30.0), (2.0 + seconds, 0.5))
        object.__setattr__(clip, "blur_px", blur)
        assert len(clip.describe_numbers()) == n_stays * n_numbers


def test_sway_stays_within_its_reach_and_is_smooth() -> None:
    sway = draw_sway(np.random.default_rng(1), 20, turn_deg=3, scale=0.05)
    poses = np.array([sway.at(t) for t in np.arange(0, 20, 1 / 60)])
    assert (np.abs(poses) <= sway.reach + 1e-9).all()
    assert (np.ptp(poses[:, :4], axis=0) > 0.5 * sway.reach[:4]).all()
    assert np.abs(np.diff(poses[:, 0])).max() < 2 * np.pi * 2.2 * 20 / 60


def test_a_path_goes_from_pose_to_pose_with_jerks() -> None:
    still = draw_sway(np.random.default_rng(1), 0)
    track = Track(((1.0, make_pose(0, 0)), (2.0, make_pose(100, 40, 2.0, 10))), still, (Jerk(3.0, 1.0, 30, 2.5, 0),))
    assert np.allclose(track.at(0.5)[:2], 0)
    assert np.allclose(track.at(1.5), make_pose(50, 20, 2**0.5, 5))
    assert np.allclose(track.at(2.5), make_pose(100, 40, 2.0, 10))
    assert np.allclose(track.find_view(2.5, (60, 20)) @ [30, 10, 1], [100, 40, 1])
    assert max(abs(track.at(t)[0] - 100) for t in np.arange(3, 4, 0.02)) > 20
    assert track.measure_step(0.5, 0.02) == (0, 0)
    assert track.measure_step(1.5, 0.02)[0] == pytest.approx(3, abs=0.1)
    assert read_keys(((0.0, 1.0), (2.0, 3.0)), 1.0) == 2.0


@pytest.mark.slow
def test_the_command_writes_videos_that_read_back(
    pool: WriterPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(videos_room, "gather_writers", lambda *_: pool)
    monkeypatch.setattr(videos_room, "find_prose_fonts", list)
    monkeypatch.setattr(
        videos_room, "film_video", lambda p, f, s, n: ("steady", film_video(p, f, s, n, SMALL_PX, FPS, "steady")[1])
    )
    for name in ("one", "two"):
        assert main(["videos", "--out", str(tmp_path / name), "--videos", "1", "--seed", "7"]) == 0
    (entry,) = json.loads((tmp_path / "one" / "truth.json").read_text())
    video = tmp_path / "one" / entry["file"]
    assert video.read_bytes() == (tmp_path / "two" / entry["file"]).read_bytes()
    capture, n_frames = cv2.VideoCapture(str(video)), 0
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(FPS)
    while capture.read()[0]:
        n_frames += 1
    assert n_frames == round(entry["seconds"] * FPS)


def test_a_video_that_cannot_be_written(pool: WriterPool, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no video can be written there"):
        write_video(film(pool, "steady"), tmp_path / "none" / "a.mp4")
