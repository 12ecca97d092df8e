"""The annotated video as a file, at a constant number of frames per second whatever the speed of reading.

It is written under another name; at the end it takes its own, and only then replaces an earlier file. Its last box,
which players skip, tells that this program has recorded it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import OutputError, UsageError
from pipeline.outputs.overwriting import VIDEO_MARK
from pipeline.system.files import convert_write_errors
from pipeline.system.native_stderr import silence_native_stderr

SUFFIX = ".mp4"

_MARK_BOX = (8 + len(VIDEO_MARK)).to_bytes(4, "big") + b"free" + VIDEO_MARK
"""A box of an MP4 file: its size, its type, its content (ISO/IEC 14496-12)."""

_RESERVE_BYTES, _INDEX_BYTES = 1 << 21, 32
"""Room that is kept free for the index at the end of the file: at least, and for each frame."""

_LONGEST_GAP_S = 2.0
"""A longer time without a frame is shortened to this."""


class Recorder:
    """Writes pictures as an MP4 video; used as a context manager, it finishes the file.

    Parameters
    ----------
    path : of the file, which ends in .mp4; an old one is replaced on closing, if a picture was added
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
        target = Path(os.path.realpath(path))  # a link stays a link
        self._draft = target.with_name(f".{os.getpid()}.part{SUFFIX}")
        with convert_write_errors(path):
            self._draft.open("wb").close()
        if target.is_dir():
            self._draft.unlink()
            raise OutputError(f"{path}: this is a folder", "name a file")
        self.path, self._target, self._fps = path, target, fps
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
        """Finish the file; there is none, or still the earlier one, if no picture was added.

        Raises
        ------
        OutputError
            If what was written cannot be played: OpenCV reports no errors of the disk. The earlier file then stays.
        """
        writer, self._writer = self._writer, None
        try:
            if writer is None or not writer.isOpened():
                return
            with silence_native_stderr():
                writer.release()
                is_playable = _can_be_played(self._draft)
            if not is_playable:
                raise OutputError(f"{self.path}: the video could not be written completely", "check the disk")
            with convert_write_errors(self.path):
                _append(self._draft, _MARK_BOX)
                self._draft.replace(self._target)
        finally:
            self._draft.unlink(missing_ok=True)

    def _has_room(self) -> bool:
        """Return whether there is more room than the index needs without which no player opens the file."""
        return _measure_room(self._draft) > _RESERVE_BYTES + _INDEX_BYTES * self._n_written

    def _begin(self, bgr: NDArray[np.uint8], time_s: float) -> None:
        if not self._has_room():
            raise OutputError(f"{self.path}: the video cannot be written (no space is left)", "free some space")
        self._size_px, self._origin_s = (bgr.shape[1], bgr.shape[0]), time_s
        with silence_native_stderr():
            fourcc = cv2.VideoWriter.fourcc(*"mp4v")
            self._writer = cv2.VideoWriter(str(self._draft), fourcc, self._fps, self._size_px)
        if not self._writer.isOpened():
            raise OutputError(f"{self.path}: the video cannot be written")


def _can_be_played(path: Path) -> bool:
    capture = cv2.VideoCapture(str(path))
    try:
        return capture.isOpened() and capture.read()[0]
    finally:
        capture.release()


def _append(path: Path, content: bytes) -> None:
    """Write bytes to the end of a file; on return all of it is on the disk."""
    with path.open("ab") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


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
