from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.errors import SourceError
from pipeline.live import frame_grabber as room
from pipeline.live.frame_grabber import FrameGrabber, VideoFrame
from pipeline.live.video_source import CameraRequest, Capture, VideoSource
from tests.support.sightings import make_frames, write_video

CAMERA = VideoSource.parse("0")
STREAM = VideoSource.parse("rtsp://host/stream")
DROP, DIE = "drop", "die"
WAIT_S = 60.0
"""A test that waits for so long has failed."""
NEVER_S = 1e6


class FakeCapture:
    """A camera that gives the frames of a script: a number is a gray level, DROP a miss, DIE the end for good."""

    def __init__(self, script: Iterator[int | str], fps: float = 30, count: float = -1) -> None:
        self._script, self._fps, self._count = script, fps, count
        self.is_dead = False

    def isOpened(self) -> bool:  # noqa: N802
        return True

    def read(self) -> tuple[bool, np.ndarray | None]:
        step = DIE if self.is_dead else next(self._script, DIE)
        if step == DIE:
            self.is_dead = True
        if isinstance(step, str):
            return False, None
        time.sleep(0.001)
        return True, np.full((4, 6, 3), step, np.uint8)

    def get(self, what: int) -> float:
        return {cv2.CAP_PROP_FPS: self._fps, cv2.CAP_PROP_FRAME_COUNT: self._count}.get(what, 0.0)

    def release(self) -> None:
        self.is_dead = True


def opening(*scripts: list[int | str] | SourceError) -> Callable[[VideoSource, CameraRequest], Capture]:
    """Return an opener that gives a capture for each script in turn, or raises; past the last it raises."""
    left = iter(scripts)

    def open_source(source: VideoSource, request: CameraRequest) -> Capture:
        script = next(left, SourceError("gone"))
        if isinstance(script, SourceError):
            raise script
        return FakeCapture(iter(script))

    return open_source


def take_all(grabber: FrameGrabber) -> list[VideoFrame]:
    frames, until = [], time.monotonic() + WAIT_S
    while not grabber.is_over and time.monotonic() < until:
        frame = grabber.take(0.05)
        if frame is not None:
            frames.append(frame)
    return frames


def wait_until_grabbed(grabber: FrameGrabber, n: int) -> None:
    until = time.monotonic() + WAIT_S
    while grabber.n_grabbed < n and time.monotonic() < until:
        time.sleep(0.001)
    assert grabber.n_grabbed == n


def take_levels(grabber: FrameGrabber, n: int) -> list[int]:
    return [level(frame) for frame in (grabber.take(WAIT_S) for _ in range(n)) if frame]


def level(frame: VideoFrame) -> int:
    return int(frame.bgr[0, 0, 0])


class Clock(threading.Event):
    """Stands for the clock, and for the event that the grabber waits for: a wait takes no time, and moves the clock."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def wait(self, timeout: float | None = None) -> bool:
        self.now_s += timeout or 0
        return self.is_set()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(room, "LONGEST_WAIT_S", 0.04)
    monkeypatch.setattr(room, "_MISS_WAIT_S", 0.001)
    monkeypatch.setattr(room, "_JOIN_S", WAIT_S)


def test_only_the_newest_frame_is_kept_and_the_others_are_counted() -> None:
    script: list[int | str] = list(range(1, 41))
    with FrameGrabber(CAMERA, open_source=opening(script), lost_after_s=NEVER_S) as grabber:
        wait_until_grabbed(grabber, 40)
        frame = grabber.take(WAIT_S)
        assert frame is not None
        assert (level(frame), frame.number, grabber.n_skipped) == (40, 40, 39)
        assert grabber.take(0.01) is None


def test_every_frame_of_a_file_in_order(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", make_frames(12, "42"), fps=20)
    with FrameGrabber(VideoSource.parse(path), has_every_frame=True) as grabber:
        frames = take_all(grabber)
    assert [frame.number for frame in frames] == list(range(1, 13))
    assert [frame.time_s for frame in frames] == pytest.approx([i / 20 for i in range(12)])
    assert grabber.n_skipped == 0


def test_a_file_plays_in_real_time_and_drops_what_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, clock = write_video(tmp_path / "clip.mp4", make_frames(20, "42"), fps=40), Clock()
    monkeypatch.setattr(room, "perf_counter", clock)
    grabber = FrameGrabber(VideoSource.parse(path))
    grabber._is_closing = clock
    with grabber:
        wait_until_grabbed(grabber, 20)
        frame = grabber.take(WAIT_S)
    assert frame is not None and frame.number == 20
    assert frame.grabbed_s == frame.time_s == pytest.approx(19 / 40)
    assert grabber.n_skipped == 19


def test_dropped_frames_do_no_harm() -> None:
    script: list[int | str] = [1, DROP, 2, DROP, DROP, 3]
    with FrameGrabber(CAMERA, has_every_frame=True, open_source=opening(script), lost_after_s=NEVER_S) as grabber:
        assert take_levels(grabber, 3) == [1, 2, 3]


@pytest.mark.parametrize("source", [CAMERA, STREAM])
def test_a_camera_that_dies_comes_back(source: VideoSource) -> None:
    gone = SourceError("gone")
    open_next, troubles = opening([1, 2, DIE], gone, gone, gone, [3, 4, 5, 6]), []

    def open_source(source: VideoSource, request: CameraRequest) -> Capture:
        troubles.append(grabber.trouble)
        return open_next(source, request)

    grabber = FrameGrabber(source, has_every_frame=True, open_source=open_source, lost_after_s=NEVER_S)
    with grabber:
        assert take_levels(grabber, 4) == [1, 2, 3, 4]
        assert grabber.trouble == ""
    name = "camera 0" if source is CAMERA else source.name
    waits_s = ("0.01", "0.02", "0.04", "0.04")
    assert troubles == ["", *(f"{name} is lost; trying again in {wait_s} s" for wait_s in waits_s)]


def test_a_camera_that_stays_away_is_an_error() -> None:
    with FrameGrabber(CAMERA, has_every_frame=True, open_source=opening([1, DIE]), lost_after_s=0.05) as grabber:
        assert grabber.take(WAIT_S) is not None
        with pytest.raises(SourceError, match=r"camera 0 was lost and has not come back for 0.05 s") as caught:
            take_all(grabber)
    assert caught.value.exit_code == 3


def test_a_stream_of_so_many_frames_ends() -> None:
    def open_source(source: VideoSource, request: CameraRequest) -> Capture:
        return FakeCapture(iter([1, 2]), count=2)

    with FrameGrabber(STREAM, has_every_frame=True, open_source=open_source) as grabber:
        assert [level(frame) for frame in take_all(grabber)] == [1, 2]


@pytest.mark.parametrize(
    ("source", "script", "levels", "n_damaged"),
    [
        (STREAM, [1, 2, DIE], [1, 2], 1),
        (VideoSource.parse("a.avi"), [1, DROP, 2, DROP, DROP, 3, DIE], [1, 2, 3], 2),
        (VideoSource.parse("a.avi"), [1, 2, 3, 4, 5, DIE], [1, 2, 3, 4, 5], 0),
        (VideoSource.parse("a.avi"), [1, 2, 3, 4, 5, 6, DIE], [1, 2, 3, 4, 5, 6], 0),
        (VideoSource.parse("a.avi"), [1, *[DROP] * 90, 2, DIE], [1, 2], 3),
    ],
    ids=["broken off", "between good ones", "none", "more than stated", "many in a row"],
)
def test_frames_that_do_not_come_are_counted(
    source: VideoSource, script: list[int | str], levels: list[int], n_damaged: int
) -> None:
    def open_source(source: VideoSource, request: CameraRequest) -> Capture:
        return FakeCapture(iter(script), count=5)

    with FrameGrabber(source, has_every_frame=True, open_source=open_source) as grabber:
        assert [level(frame) for frame in take_all(grabber)] == levels
        assert grabber.n_damaged == n_damaged


def test_a_file_without_a_frame_is_an_error() -> None:
    with (
        FrameGrabber(VideoSource.parse("empty.mp4"), open_source=opening([])) as grabber,
        pytest.raises(SourceError, match="there is no frame in it"),
    ):
        take_all(grabber)


def test_what_cannot_be_opened_is_said_at_once() -> None:
    with pytest.raises(SourceError), FrameGrabber(CAMERA, open_source=opening()):
        pytest.fail("it was not opened")


def test_it_lets_go_while_nobody_takes() -> None:
    with FrameGrabber(CAMERA, has_every_frame=True, open_source=opening([1, 2, 3])) as grabber:
        wait_until_grabbed(grabber, 1)
    assert not [thread for thread in threading.enumerate() if thread.name == "grabber"]


@pytest.mark.parametrize(
    "stored",
    [np.full((4, 6), 80, np.uint8), np.full((4, 6, 4), (80, 80, 80, 255), np.uint8), np.full((4, 6), 65535, np.uint16)],
    ids=["gray", "with alpha", "16 bits"],
)
def test_numbered_pictures_come_in_color(stored: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "img_1.png").write_bytes(cv2.imencode(".png", stored)[1].tobytes())
    with FrameGrabber(VideoSource.parse(str(tmp_path / "img_%d.png")), has_every_frame=True) as grabber:
        (frame,) = take_all(grabber)
    assert (frame.bgr.shape, frame.bgr.dtype, level(frame)) == (
        (4, 6, 3),
        np.uint8,
        255 if stored.dtype == np.uint16 else 80,
    )
