"""Readings made by hand, and videos drawn from pages, for the tests of live reading."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from pipeline.geometry import Box
from pipeline.live.frame_grabber import VideoFrame
from pipeline.types import Digit, Reading
from tests.support.drawing import write_page

DIGIT_PX = (30, 50)
"""Width and height of a digit in these readings."""


def read_as(text: str, left: float = 100, top: float = 100, sure: float = 0.99, rejected: bool = False) -> Reading:
    """Return a reading of `text` at (left, top) px, each digit `sure`, the next digit up its alternative."""
    width, height = DIGIT_PX
    digits = []
    for i, digit in enumerate(text):
        box = Box(round(left) + i * width, round(top), round(left) + (i + 1) * width - 4, round(top) + height)
        digits.append(Digit(digit, sure, box, ((str((int(digit) + 1) % 10), 0.8 * (1 - sure)),)))
    reason = "digit 1 is uncertain" if rejected else None
    confidence = float(np.prod([d.confidence for d in digits]))
    box = Box.around([d.box for d in digits])
    return Reading(text, confidence, box, tuple(digits), "rejected" if rejected else "accepted", reason)


def make_frames(n: int, *texts: str, size_px: tuple[int, int] = (420, 260)) -> list[np.ndarray]:
    """Return n frames of a page that wanders by a few pixels, uint8 (H, W, 3)."""
    frames = []
    for i in range(n):
        shift = 6 * np.sin(i / 5), 4 * np.cos(i / 7)
        frames.append(cv2.cvtColor(write_page(*texts, size_px=size_px, shift_px=shift), cv2.COLOR_GRAY2BGR))
    return frames


def write_video(path: Path, frames: list[np.ndarray], fps: float = 30) -> str:
    """Write frames as a video; return its path."""
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (width, height))
    assert writer.isOpened()
    for frame in frames:
        writer.write(frame)
    writer.release()
    return str(path)


def make_video_frame(bgr: np.ndarray, number: int = 1, time_s: float = 0.0) -> VideoFrame:
    return VideoFrame(bgr, number, time_s, 0.0)
