from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.errors import SourceError
from pipeline.live.video_source import (
    DEFAULT_FPS,
    CameraRequest,
    VideoSource,
    choose_fps,
    count_expected,
    is_endless,
    open_capture,
)
from tests.support.sightings import make_frames, write_video


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("0", "camera"),
        ("1", "camera"),
        ("/dev/video0", "camera"),
        ("clip.mp4", "file"),
        ("img_%03d.png", "file"),
        ("rtsp://host/stream", "stream"),
        ("http://host:8080/video.mjpg", "stream"),
    ],
)
def test_what_a_name_means(name: str, kind: str) -> None:
    assert VideoSource.parse(name).kind == kind


def test_a_video_is_read(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", make_frames(7, "42"), fps=25)
    capture = open_capture(VideoSource.parse(path), CameraRequest())
    assert choose_fps(capture, CameraRequest()) == pytest.approx(25)
    assert choose_fps(capture, CameraRequest(fps=12)) == 12
    assert not is_endless(VideoSource.parse(path), capture)
    n = 0
    while capture.read()[0]:
        n += 1
    capture.release()
    assert n == 7


def test_numbered_pictures_are_read(tmp_path: Path) -> None:
    for i in range(3):
        (tmp_path / f"img_{i:03}.png").write_bytes(
            cv2.imencode(".png", np.full((20, 30), 80 * i, np.uint8))[1].tobytes()
        )
    capture = open_capture(VideoSource.parse(str(tmp_path / "img_%03d.png")), CameraRequest())
    assert choose_fps(capture, CameraRequest()) == DEFAULT_FPS
    levels = []
    while (read := capture.read())[0]:
        levels.append(int(read[1].max()))  # type: ignore[union-attr]
    assert levels == [0, 80, 160]


def test_nothing_is_printed_about_what_cannot_be_read(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.mp4").write_text("I am a letter, not a video.")
    for name in (str(tmp_path / "letter.mp4"), "97", str(tmp_path / "img_%03d.png"), "http://127.0.0.1:9/video"):
        with pytest.raises(SourceError):
            open_capture(VideoSource.parse(name), CameraRequest())
    assert capfd.readouterr() == ("", "")


class Stating:
    """A capture that states so many frames."""

    def __init__(self, n: float) -> None:
        self._n = n

    def get(self, what: int) -> float:
        return self._n


@pytest.mark.parametrize(
    ("name", "stated", "expected"),
    [
        ("a.mp4", 100, 100),
        ("a.mkv", 100, 98),
        ("a.avi", -1, 0),
        ("a.avi", 1e19, 0),
        ("http://host/a.mp4", 100, 100),
        ("0", 100, 0),
    ],
)
def test_frames_that_a_file_promises(name: str, stated: float, expected: int) -> None:
    assert count_expected(VideoSource.parse(name), Stating(stated)) == expected  # type: ignore[arg-type]


REFUSED = [
    ("missing.mp4", "there is no such file"),
    (".", "this is a folder"),
    ("letter.mp4", "no video that can be decoded"),
    ("none/img_%03d.png", "there is no folder"),
    ("img_%03d.png", "there are no such pictures"),
]


@pytest.mark.parametrize(("name", "said"), REFUSED)
def test_why_a_file_cannot_be_read(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "letter.mp4").write_text("I am a letter, not a video.")
    with pytest.raises(SourceError, match=said) as caught:
        open_capture(VideoSource.parse(str(tmp_path / name)), CameraRequest())
    assert caught.value.exit_code == 3


class Refusing:
    """A capture that never opens."""

    def __init__(self, *_: object) -> None:
        self.asked: list[int] = []

    def isOpened(self) -> bool:  # noqa: N802
        return False

    def set(self, what: int, value: float) -> bool:
        self.asked.append(what)
        return True

    def release(self) -> None:
        pass


def test_a_busy_camera_is_told_from_a_missing_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", Refusing)
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(SourceError, match="there is no /dev/video97"):
        open_capture(VideoSource.parse("97"), CameraRequest())
    with pytest.raises(SourceError, match="is busy, or /dev/null is no camera"):
        open_capture(VideoSource.parse("/dev/null"), CameraRequest())
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(SourceError, match="/dev/null may not be used; add yourself to the group video"):
        open_capture(VideoSource.parse("/dev/null"), CameraRequest())
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(SourceError, match="camera 0 cannot be opened"):
        open_capture(VideoSource.parse("0"), CameraRequest())


def test_a_camera_is_asked_for_mjpg_a_size_and_no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[int, float] = {}

    class Willing(Refusing):
        def isOpened(self) -> bool:  # noqa: N802
            return True

        def set(self, what: int, value: float) -> bool:
            asked[what] = value
            return True

    monkeypatch.setattr(cv2, "VideoCapture", Willing)
    open_capture(VideoSource.parse("0"), CameraRequest((1280, 720), 30))
    assert list(asked) == [
        cv2.CAP_PROP_FOURCC,
        cv2.CAP_PROP_FRAME_WIDTH,
        cv2.CAP_PROP_FRAME_HEIGHT,
        cv2.CAP_PROP_FPS,
        cv2.CAP_PROP_BUFFERSIZE,
    ]
    assert asked[cv2.CAP_PROP_FOURCC] == cv2.VideoWriter.fourcc(*"MJPG")
    assert asked[cv2.CAP_PROP_BUFFERSIZE] == 1
