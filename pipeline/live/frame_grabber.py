"""A thread that reads a source without pause and keeps only its newest frame, so that reading never lags behind.

A video file plays in real time, like a camera; if every frame is wanted, the thread waits until each one is taken. A
lost source is opened again, after waits of growing length.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from time import perf_counter
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DigitsError, SourceError
from pipeline.images.pixels import flatten
from pipeline.live.video_source import (
    CameraRequest,
    OpenCapture,
    VideoSource,
    choose_fps,
    count_expected,
    is_endless,
    open_capture,
)

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 8.0
"""Seconds until a lost source is opened again, doubled after each failure up to a limit."""

_MISSES = 3
"""A camera that gives no frame this many times in a row is lost."""

_FILE_MISSES = 100
"""A file ends if it gives no frame this many times in a row: damaged frames may stand between good ones."""

_MISS_WAIT_S = 0.02
_JOIN_S = 2.0
_LATE_FRAMES = 30
"""If a file plays this many frames late, its clock is set back: the computer cannot decode it in real time."""


@dataclass(frozen=True, slots=True, eq=False)
class VideoFrame:
    """One frame.

    Attributes
    ----------
    bgr : uint8 (H, W, 3)
    number : from 1, with the skipped frames counted
    time_s : since the first frame; for a file, from its frames per second
    grabbed_s : when it was read from the source, by `time.perf_counter`
    """

    bgr: NDArray[np.uint8]
    number: int
    time_s: float
    grabbed_s: float


def _convert_to_bgr(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return a frame as uint8 (H, W, 3): numbered pictures may have any type and number of channels."""
    if pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.dtype == np.uint8:
        return pixels
    return flatten(pixels, is_color=True)


class FrameGrabber:
    """Grabs frames in a thread of its own; used as a context manager, it releases the source at the end.

    Parameters
    ----------
    source, request : what to open, and the format to ask a camera for
    has_every_frame : wait until each frame is taken, and skip none
    open_source : opens the source; tests pass another function
    lost_after_s : how long to try to open a lost camera or stream again

    Attributes
    ----------
    fps : frames per second of the source
    n_grabbed, n_skipped : frames read from the source, and those of them that were not taken in time
    n_damaged : frames of a file that could not be decoded; known at its end

    Raises
    ------
    SourceError
        On entering, if the source cannot be opened.
    """

    def __init__(
        self,
        source: VideoSource,
        request: CameraRequest | None = None,
        has_every_frame: bool = False,
        open_source: OpenCapture = open_capture,
        lost_after_s: float = 120.0,
    ) -> None:
        self.source, self._request, self._has_every_frame = source, request or CameraRequest(), has_every_frame
        self._open, self._lost_after_s = open_source, lost_after_s
        self._changed = threading.Condition()
        self._is_closing = threading.Event()
        self._newest: VideoFrame | None = None
        self._error: DigitsError | None = None
        self._is_over = False
        self.fps = 0.0
        self.n_grabbed = self.n_skipped = self.n_damaged = 0
        self.trouble = ""
        """The present problem with the source, for the user; empty if there is none."""

    def __enter__(self) -> FrameGrabber:
        self._capture = self._open(self.source, self._request)
        self.fps = choose_fps(self._capture, self._request)
        self.is_endless = is_endless(self.source, self._capture)
        self._n_expected = count_expected(self.source, self._capture)
        self._thread = threading.Thread(target=self._run, name="grabber", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._is_closing.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join(_JOIN_S)  # a camera may hang; the thread is a daemon

    def take(self, timeout_s: float) -> VideoFrame | None:
        """Return the newest frame that was not taken yet; wait for one, and return None if none came in time.

        Raises
        ------
        SourceError
            If the source is lost for good, or gave no frame at all.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._is_over, timeout_s)
            frame, self._newest = self._newest, None
            self._changed.notify_all()
            if frame is None and self._error is not None:
                raise self._error
            return frame

    @property
    def is_over(self) -> bool:
        """Whether the source has ended and its last frame was taken; False while `take` has an error to raise."""
        with self._changed:
            return self._is_over and self._newest is None and self._error is None

    def _run(self) -> None:
        try:
            self._grab()
        except DigitsError as error:
            self._error = error
        finally:
            self._capture.release()
            with self._changed:
                self._is_over = True
                self._changed.notify_all()

    def _grab(self) -> None:
        start, n_missed = perf_counter(), 0
        while not self._is_closing.is_set():
            is_read, bgr = self._capture.read()
            if is_read and bgr is not None:
                start, n_missed = self._offer(bgr, start), 0
            elif self.is_endless and n_missed + 1 < _MISSES:
                n_missed += 1
                self._is_closing.wait(_MISS_WAIT_S)
            elif self.is_endless:
                self._reopen()
            elif n_missed + 1 < self._count_tries():
                n_missed += 1  # past a damaged frame there may be good ones
            elif self.n_grabbed == 0:
                raise SourceError(f"{self.source.name}: there is no frame in it", "check that it was copied completely")
            else:
                self.n_damaged = max(0, self._n_expected - self.n_grabbed)
                return

    def _count_tries(self) -> int:
        """Return how often in a row no frame may come before the end; each try at a lost stream takes seconds."""
        return _MISSES if self.source.kind == "stream" else max(_FILE_MISSES, self._n_expected - self.n_grabbed)

    def _offer(self, bgr: NDArray[np.uint8], start: float) -> float:
        """Offer a frame at its time; return the start of the clock, moved if the file plays late."""
        if self.n_grabbed == 0:
            start = perf_counter()
        time_s = perf_counter() - start if self.is_endless else self.n_grabbed / self.fps
        if not (self.is_endless or self._has_every_frame):
            early_s = start + time_s - perf_counter()
            if early_s > 0:
                self._is_closing.wait(early_s)
            elif -early_s > _LATE_FRAMES / self.fps:
                start -= early_s
        with self._changed:
            if self._has_every_frame:
                self._changed.wait_for(lambda: self._newest is None or self._is_closing.is_set())
            self.n_skipped += self._newest is not None
            self.n_grabbed += 1
            self._newest = VideoFrame(_convert_to_bgr(bgr), self.n_grabbed, time_s, perf_counter())
            self._changed.notify_all()
        return start

    def _reopen(self) -> None:
        """Open a lost source again; raise SourceError if it does not come back."""
        self._capture.release()
        lost, wait_s = perf_counter(), FIRST_WAIT_S
        while not self._is_closing.is_set():
            if perf_counter() - lost > self._lost_after_s:
                raise SourceError(
                    f"{self._format_name()} was lost and has not come back for {self._lost_after_s:g} s",
                    "check its plug or the network, and start again",
                )
            self.trouble = f"{self._format_name()} is lost; trying again in {wait_s:g} s"
            if self._is_closing.wait(wait_s):
                return
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)
            try:
                self._capture = self._open(self.source, self._request)
            except SourceError:
                continue
            self.trouble = ""
            return

    def _format_name(self) -> str:
        return f"camera {self.source.name}" if self.source.kind == "camera" else self.source.name
