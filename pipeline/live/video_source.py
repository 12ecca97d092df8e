"""Opens cameras, videos, streams and numbered pictures through OpenCV, and explains failures."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import SourceError
from pipeline.images.decode import set_log_level
from pipeline.live.picture_sequence import PictureSequence, is_sequence
from pipeline.system.native_stderr import silence_native_stderr

DEFAULT_FPS = 30.0
"""Of a source that does not state its own."""

_MOST_FPS = 1000.0
_MOST_FRAMES = 1e8
_WITH_FRAME_TABLE = (".mp4", ".m4v", ".mov", ".avi")
_STREAM_TIMEOUT_MS = 5000
_FFMPEG_LOG_LEVEL = "OPENCV_FFMPEG_LOGLEVEL"
_FFMPEG_QUIET = "-8"

Kind = Literal["camera", "stream", "file"]


@dataclass(frozen=True, slots=True)
class VideoSource:
    """A source of frames.

    Attributes
    ----------
    name : as the user gave it
    kind : "camera", "stream" (a URL), or "file" (a video or a numbered sequence of pictures)
    """

    name: str
    kind: Kind

    @classmethod
    def parse(cls, name: str) -> VideoSource:
        """Return the source of a name: a number or a device is a camera, a URL is a stream, anything else a file."""
        if re.fullmatch(r"\d+", name) or _is_device(name):
            return cls(name, "camera")
        return cls(name, "stream" if "://" in name else "file")

    @property
    def device(self) -> Path | None:
        """Path of a camera's device under Linux; None on other systems and for other kinds."""
        if self.kind != "camera" or not sys.platform.startswith("linux"):
            return None
        return Path(f"/dev/video{int(self.name)}" if self.name.isdecimal() else self.name)


def _is_device(name: str) -> bool:
    return name.startswith("/dev/") or Path(name).is_char_device()


@dataclass(frozen=True, slots=True)
class CameraRequest:
    """The format to ask a camera for: (width, height) and frames per second; None leaves the choice to it."""

    size_px: tuple[int, int] | None = None
    fps: float | None = None


class Capture(Protocol):
    """The methods of `cv2.VideoCapture` that are used."""

    def isOpened(self) -> bool: ...  # noqa: N802, D102
    def read(self) -> tuple[bool, NDArray[np.uint8] | None]: ...  # noqa: D102
    def get(self, what: int) -> float: ...  # noqa: D102
    def release(self) -> None: ...  # noqa: D102


OpenCapture = Callable[[VideoSource, CameraRequest], Capture]


def open_capture(source: VideoSource, request: CameraRequest) -> Capture:
    """Return an opened capture.

    Raises
    ------
    SourceError
        If the camera or file does not exist, may not be used, or cannot be decoded, or if the network does not answer.
    """
    os.environ.setdefault(_FFMPEG_LOG_LEVEL, _FFMPEG_QUIET)  # it logs each damaged packet on stderr
    set_log_level(0)
    if source.kind == "file":
        _check_file(source.name)
    with silence_native_stderr():
        capture = _open(source, request)
    if not capture.isOpened():
        capture.release()
        raise _explain(source)
    return capture


def _open(source: VideoSource, request: CameraRequest) -> Capture:
    if source.kind == "camera":
        backend = cv2.CAP_V4L2 if sys.platform.startswith("linux") else cv2.CAP_ANY
        capture = cv2.VideoCapture(int(source.name) if source.name.isdecimal() else source.name, backend)
        _configure_camera(capture, request)
        return capture
    if source.kind == "stream":
        waits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, cv2.CAP_PROP_READ_TIMEOUT_MSEC]
        parameters = [value for wait in waits for value in (wait, _STREAM_TIMEOUT_MS)]
        capture = cv2.VideoCapture(source.name, cv2.CAP_FFMPEG, parameters)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        return capture
    return PictureSequence(source.name) if is_sequence(source.name) else cv2.VideoCapture(source.name)


def _configure_camera(capture: cv2.VideoCapture, request: CameraRequest) -> None:
    """Ask for MJPG (many cameras give only 5 or 10 large frames per second without it), a size and no queue."""
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    if request.size_px:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, request.size_px[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, request.size_px[1])
    if request.fps:
        capture.set(cv2.CAP_PROP_FPS, request.fps)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)


def is_endless(source: VideoSource, capture: Capture) -> bool:
    """Return whether a source has no end: a camera, or a stream that states no number of frames."""
    return source.kind == "camera" or (source.kind == "stream" and capture.get(cv2.CAP_PROP_FRAME_COUNT) <= 0)


def count_expected(source: VideoSource, capture: Capture) -> int:
    """Return how many frames a file, or a stream that has an end, states; 0 if it states none.

    Containers without a table of frames (MKV, WebM) state a duration: up to 1 % and a frame less is then no loss.
    """
    n = capture.get(cv2.CAP_PROP_FRAME_COUNT) if source.kind != "camera" else 0.0
    if not 0 < n < _MOST_FRAMES:
        return 0
    is_exact = is_sequence(source.name) or source.name.lower().endswith(_WITH_FRAME_TABLE)
    return int(n) if is_exact else int(0.99 * n) - 1


def choose_fps(capture: Capture, request: CameraRequest) -> float:
    """Return the frames per second that were asked for, else those that the source states, else `DEFAULT_FPS`."""
    fps = request.fps or capture.get(cv2.CAP_PROP_FPS)
    return float(fps) if 0 < fps <= _MOST_FPS else DEFAULT_FPS


def _check_file(name: str) -> None:
    path = Path(name)
    if is_sequence(name):
        if not path.parent.is_dir():
            raise SourceError(f"{name}: there is no folder {path.parent}", "check the path")
        return
    if not path.exists():
        raise SourceError(f"{name}: there is no such file", "check the path")
    if path.is_dir():
        raise SourceError(f"{name}: this is a folder", "name a video in it, or a numbered sequence like img_%03d.png")
    if not os.access(path, os.R_OK):
        raise SourceError(f"{name}: the file may not be read", "check its permissions")


def _explain(source: VideoSource) -> SourceError:
    """Return the error that explains, as far as possible, why a source cannot be opened."""
    if source.kind == "stream":
        return SourceError(f"{source.name}: no video comes from there", "check the address and the network")
    if source.kind == "file":
        if is_sequence(source.name):
            return SourceError(f"{source.name}: there are no such pictures", "check the name around the number")
        return SourceError(f"{source.name}: this is no video that can be decoded", "give an MP4, MOV, MKV or AVI file")
    device = source.device
    if device is None:
        return SourceError(f"camera {source.name} cannot be opened", "check that it is plugged in and not in use")
    if not device.exists():
        return SourceError(f"camera {source.name}: there is no {device}", _list_cameras())
    if not os.access(device, os.R_OK | os.W_OK):
        return SourceError(f"camera {source.name}: {device} may not be used", "add yourself to the group video")
    return SourceError(f"camera {source.name} is busy, or {device} is no camera", "close the program that uses it")


def _list_cameras() -> str:
    found = sorted(path.name for path in Path("/dev").glob("video*"))
    return f"there are {', '.join(found)} in /dev" if found else "no camera is plugged in; --webcam also takes a video"
