"""Draws the picture of the live window from a sample."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.images.load import open_picture
from pipeline.live.frame_grabber import VideoFrame
from pipeline.live.frame_reader import LiveReader, make_live_settings
from pipeline.live.overlay import Figures
from pipeline.live.window import WindowState, compose
from pipeline.recognition.classify import load_classifier
from pipeline.settings.tree import Settings

LIVE_SAMPLE = "shadow.jpg"
SIZE_PX = (1280, 720)
FPS = 30.0
_N_FRAMES = 12
_SWAY_PX = 6.0


def move_camera(bgr: NDArray[np.uint8], n_frames: int) -> Iterator[VideoFrame]:
    """Yield frames of `SIZE_PX` of a picture, uint8 (H, W, 3), as a hand-held camera would see it."""
    width, height = SIZE_PX
    scale = max(width / bgr.shape[1], height / bgr.shape[0]) * 1.02
    middle = (np.array([width, height]) - scale * np.array([bgr.shape[1], bgr.shape[0]])) / 2
    for i in range(n_frames):
        sway = _SWAY_PX * np.array([np.sin(i / 3), np.cos(i / 4)])
        view = np.array([[scale, 0, middle[0] + sway[0]], [0, scale, middle[1] + sway[1]]])
        frame = cv2.warpAffine(bgr, view, SIZE_PX, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
        yield VideoFrame(frame, i + 1, i / FPS, 0.0)


def draw_window(picture: Path) -> NDArray[np.uint8]:
    """Return what the live window shows after some frames of a picture, uint8 (720, 1280, 3)."""
    reader = LiveReader(load_classifier(), make_live_settings(Settings()), picture.name)
    for frame in move_camera(open_picture(picture).load_color(), _N_FRAMES):
        reading = reader.read(frame)
    return compose(reading, WindowState(), Figures(FPS, 1000 * reading.seconds["total"], 0))
