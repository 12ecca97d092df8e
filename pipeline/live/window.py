"""The live window: its picture, keys and mouse. The picture is drawn by `pipeline.live.overlay`."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DisplayError
from pipeline.geometry import Box
from pipeline.live.frame_reader import LiveReading
from pipeline.live.overlay import (
    Figures,
    draw_figures,
    draw_help,
    draw_live,
    draw_message,
    draw_region,
    draw_stages,
    mirror_box,
)
from pipeline.system.native_stderr import silence_native_stderr

TITLE = "Handwritten numbers"

_WIDEST_PX = 1280
"""The window opens no wider; it can be resized."""

_LEAST_DRAG_PX = 16
"""A drag shorter than this is a click."""

_SHOWN_FRAMES = 3
"""A number that was read in fewer frames is not shown: it would flicker."""

_ESCAPE = 27
_PROBE = f"import cv2; cv2.namedWindow({TITLE!r}); cv2.waitKey(1)"
_PROBE_S = 20.0


@dataclass(slots=True)
class WindowState:
    """What the user has chosen at the window; `press_key` and `move_mouse` change it.

    Attributes
    ----------
    region : the part of each frame to read, px of the frame; None for all of it
    is_mirrored : whether the display is mirrored
    is_recording, has_ended, is_frozen, has_stages, has_help : switched by r, q, space, t, h
    has_snapshot_request : s was pressed; reset when the snapshot is saved
    dragged : the region while it is being dragged, px of the display
    start : where the drag began, px of the display; None without a drag
    """

    region: Box | None = None
    is_mirrored: bool = False
    is_recording: bool = False
    has_ended: bool = False
    is_frozen: bool = False
    has_stages: bool = False
    has_help: bool = False
    has_snapshot_request: bool = False
    dragged: Box | None = None
    start: tuple[int, int] | None = None

    def press_key(self, key: int) -> None:
        """Apply a key as `cv2.waitKey` returns it; -1 and unknown keys have no effect."""
        if key < 0:
            return
        letter = chr(key & 0xFF).lower()
        if letter == "q" or key & 0xFF == _ESCAPE:
            self.has_ended = True
        elif letter == " ":
            self.is_frozen = not self.is_frozen
        elif letter == "s":
            self.has_snapshot_request = True
        elif letter == "r":
            self.is_recording = not self.is_recording
        elif letter == "t":
            self.has_stages = not self.has_stages
        elif letter == "h":
            self.has_help = not self.has_help

    def move_mouse(self, event: int, x: int, y: int, width: int) -> None:
        """Apply a mouse event at (x, y) px of a display of that width: a drag sets the region, a click removes it."""
        if event == cv2.EVENT_LBUTTONDOWN:
            self.start = (x, y)
        elif self.start is None:
            return
        elif event == cv2.EVENT_MOUSEMOVE:
            self.dragged = _span(self.start, (x, y))
        elif event == cv2.EVENT_LBUTTONUP:
            box, self.start, self.dragged = _span(self.start, (x, y)), None, None
            is_click = min(box.width, box.height) < _LEAST_DRAG_PX
            self.region = None if is_click else mirror_box(box, width) if self.is_mirrored else box


def _span(a: tuple[int, int], b: tuple[int, int]) -> Box:
    """Return the box between two points, at least a pixel wide and high."""
    return Box(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]) + 1, max(a[1], b[1]) + 1)


def compose(reading: LiveReading, state: WindowState, figures: Figures, message: str = "") -> NDArray[np.uint8]:
    """Return the picture of the window, uint8 (H, W, 3), of the size of the frame."""
    numbers = [n for n in reading.numbers if n.is_confirmed or n.n_frames >= _SHOWN_FRAMES]
    canvas = draw_live(reading.frame.bgr, numbers, reading.area, state.is_mirrored)
    if state.has_stages and reading.stages is not None:
        draw_stages(canvas, reading.stages, reading.area, state.is_mirrored)
    draw_figures(canvas, replace(figures, is_recording=state.is_recording, is_frozen=state.is_frozen))
    draw_message(canvas, message)
    if state.dragged is not None:
        draw_region(canvas, state.dragged)
    if state.has_help:
        draw_help(canvas)
    return canvas


def check_display() -> None:
    """Check that a window can be opened, in a process of its own: without a screen, Qt ends the process that tries.

    Raises
    ------
    DisplayError
        If no window can be opened.
    """
    is_x11 = sys.platform.startswith("linux") and not os.environ.get("QT_QPA_PLATFORM")
    if is_x11 and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise DisplayError("there is no screen to open a window on")
    try:
        done = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, timeout=_PROBE_S)
    except subprocess.TimeoutExpired as error:
        raise DisplayError("the screen does not answer") from error
    if done.returncode != 0:
        raise DisplayError("no window can be opened on this screen")


class Window:
    """The window on the screen; used as a context manager, it closes at the end.

    Parameters
    ----------
    state : changed by the keys and the mouse
    """

    def __init__(self, state: WindowState) -> None:
        self._state = state
        self._width = 0

    def __enter__(self) -> Window:
        return self

    def __exit__(self, *_: object) -> None:
        if self._width:
            cv2.destroyAllWindows()

    def show(self, canvas: NDArray[np.uint8]) -> None:
        """Show a picture, uint8 (H, W, 3)."""
        if not self._width:
            self._open(canvas)
        self._width = canvas.shape[1]
        cv2.imshow(TITLE, canvas)

    def handle_events(self, wait_ms: int = 1) -> None:
        """Let the window handle its events, and apply a pressed key; closing the window ends the run like q."""
        if not self._width:
            return
        self._state.press_key(cv2.waitKey(wait_ms))
        if not _is_open():
            self._state.has_ended = True

    def _open(self, canvas: NDArray[np.uint8]) -> None:
        height, width = canvas.shape[:2]
        scale = min(1.0, _WIDEST_PX / width)
        with silence_native_stderr():  # Qt warns of fonts that OpenCV's wheels lack
            cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
            cv2.resizeWindow(TITLE, round(width * scale), round(height * scale))
            cv2.setMouseCallback(TITLE, self._point)
            cv2.imshow(TITLE, canvas)
            cv2.waitKey(1)

    def _point(self, event: int, x: int, y: int, *_: object) -> None:
        self._state.move_mouse(event, x, y, self._width)


def _is_open() -> bool:
    try:
        return cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1
    except cv2.error:  # with Qt, once the last window has been closed
        return False
