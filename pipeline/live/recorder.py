"""The annotated video as a file, at a constant number of frames per second whatever the speed of reading."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import OutputError, UsageError
from pipeline.system.native_stderr import silence_native_stderr

SUFFIX = ".mp4"

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
            If the video cannot be opened for writing.
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
            self._writer.write(bgr)  # type: ignore[union-attr]
            self._n_written += 1

    def close(self) -> None:
        """Finish the file; delete it if it has no picture."""
        if self._writer is None:
            self.path.unlink(missing_ok=True)
            return
        self._writer.release()

    def _begin(self, bgr: NDArray[np.uint8], time_s: float) -> None:
        self._size_px, self._origin_s = (bgr.shape[1], bgr.shape[0]), time_s
        with silence_native_stderr():
            fourcc = cv2.VideoWriter.fourcc(*"mp4v")
            self._writer = cv2.VideoWriter(str(self.path), fourcc, self._fps, self._size_px)
        if not self._writer.isOpened():
            raise OutputError(f"{self.path}: the video cannot be written")
