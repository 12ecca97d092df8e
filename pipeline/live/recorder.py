"""The annotated video as a file, at a constant number of frames per second whatever the speed of reading."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import OutputError, UsageError
from pipeline.system.native_stderr import silence_native_stderr

SUFFIX = ".mp4"

_RESERVE_BYTES, _INDEX_BYTES = 1 << 21, 32
"""Room that is kept free for the index at the end of the file: at least, and for each frame."""

_LONGEST_GAP_S = 2.0
"""A longer time without a frame is shortened to this."""


class Recorder:
    """Writes pictures as an MP4 video; used as a context manager, it finishes the file.

    Parameters
    ----------
    path : of the file, which ends in .mp4; an old one is replaced
    fps : frames per second

    Raises
    ------
    UsageError
        If the name does not end in .mp4.
    OutputError
        If the file cannot be written.
    """

    def __init__(self, path: Path, fps: float) -> None:
        if path.suffix.lower() != SUFFIX:
            raise UsageError(f"--record {path}: expected a name that ends in {SUFFIX}")
        try:
            path.open("ab").close()
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
        self.path, self._fps = path, fps
        self._writer: cv2.VideoWriter | None = None
        self._size_px = (0, 0)
        self._n_written = 0
        self._origin_s = 0.0

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def add(self, bgr: NDArray[np.uint8], time_s: float) -> None:
        """Write a picture, uint8 (H, W, 3), as often as the time since the last one requires: 0 or more times.

        Raises
        ------
        OutputError
            If the video cannot be opened for writing, or the disk is full; what was written can then be played.
        """
        if self._writer is None:
            self._begin(bgr, time_s)
        if (bgr.shape[1], bgr.shape[0]) != self._size_px:
            bgr = cv2.resize(bgr, self._size_px, interpolation=cv2.INTER_AREA)
        n_due = round((time_s - self._origin_s) * self._fps) + 1
        most = round(_LONGEST_GAP_S * self._fps)
        if n_due - self._n_written > most:
            self._origin_s += (n_due - self._n_written - most) / self._fps
            n_due = self._n_written + most
        while self._n_written < n_due:
            if not self._has_room():
                self.close()
                seconds = self._n_written / self._fps
                what = f"no space is left; it holds the first {seconds:.1f} s"
                raise OutputError(f"{self.path}: {what}", "free some space")
            self._writer.write(bgr)  # type: ignore[union-attr]
            self._n_written += 1

    def close(self) -> None:
        """Finish the file; delete it if it is empty.

        Raises
        ------
        OutputError
            If what was written cannot be played: OpenCV reports no errors of the disk.
        """
        if self._writer is None:
            if self._n_written == 0 and self.path.stat().st_size == 0:
                self.path.unlink(missing_ok=True)
            return
        with silence_native_stderr():
            self._writer.release()
            self._writer = None
            capture = cv2.VideoCapture(str(self.path))
            is_playable = capture.isOpened() and capture.read()[0]
            capture.release()
        if not is_playable:
            raise OutputError(f"{self.path}: the video could not be written completely", "check the disk")

    def _has_room(self) -> bool:
        """Return whether there is more room than the index needs without which no player opens the file."""
        return _measure_room(self.path) > _RESERVE_BYTES + _INDEX_BYTES * self._n_written

    def _begin(self, bgr: NDArray[np.uint8], time_s: float) -> None:
        if not self._has_room():
            raise OutputError(f"{self.path}: the video cannot be written (no space is left)", "free some space")
        self._size_px, self._origin_s = (bgr.shape[1], bgr.shape[0]), time_s
        with silence_native_stderr():
            fourcc = cv2.VideoWriter.fourcc(*"mp4v")
            self._writer = cv2.VideoWriter(str(self.path), fourcc, self._fps, self._size_px)
        if not self._writer.isOpened():
            raise OutputError(f"{self.path}: the video cannot be written")


def _measure_room(path: Path) -> int:
    """Return by how many bytes the file can grow, as far as the disk and the limits of the process tell."""
    try:
        room = shutil.disk_usage(path.parent).free
    except OSError:
        return _RESERVE_BYTES**2
    try:
        import resource
    except ImportError:  # Windows
        return room
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return room if limit == resource.RLIM_INFINITY else min(room, limit - path.stat().st_size)
