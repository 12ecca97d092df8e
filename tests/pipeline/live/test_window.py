from __future__ import annotations

import ctypes
import ctypes.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.errors import DisplayError
from pipeline.geometry import Box
from pipeline.live.frame_reader import LiveReading
from pipeline.live.overlay import Figures
from pipeline.live.tracker import TrackedNumber
from pipeline.live.window import TITLE, WindowState, check_display, compose
from tests.support.drawing import capture_stages, write_page
from tests.support.sightings import make_frames, make_video_frame, read_as, write_video

TOP = Path(__file__).resolve().parents[3]
N_FRAMES, FPS = 300, 5
"""Of the video: it lasts for a minute, far longer than any test."""

DOWN, MOVE, UP = cv2.EVENT_LBUTTONDOWN, cv2.EVENT_MOUSEMOVE, cv2.EVENT_LBUTTONUP


@pytest.mark.parametrize(
    ("key", "switched"),
    [
        (ord("q"), "has_ended"),
        (ord("Q"), "has_ended"),
        (27, "has_ended"),
        (ord(" "), "is_frozen"),
        (ord("s"), "has_snapshot_request"),
        (ord("r"), "is_recording"),
        (ord("t"), "has_stages"),
        (ord("h"), "has_help"),
        (0x100000 + ord("h"), "has_help"),
    ],
)
def test_keys(key: int, switched: str) -> None:
    state = WindowState()
    state.press_key(key)
    others = ("has_ended", "is_frozen", "has_snapshot_request", "is_recording", "has_stages", "has_help")
    assert [name for name in others if getattr(state, name)] == [switched]
    state.press_key(key)
    assert getattr(state, switched) == (switched in ("has_ended", "has_snapshot_request"))


@pytest.mark.parametrize("key", [-1, ord("x"), 13])
def test_other_keys_do_nothing(key: int) -> None:
    state = WindowState()
    state.press_key(key)
    assert not (state.has_ended or state.is_frozen or state.has_help or state.has_stages)


@pytest.mark.parametrize(("is_mirrored", "region"), [(False, Box(100, 50, 301, 201)), (True, Box(339, 50, 540, 201))])
def test_a_drag_sets_the_region_in_pixels_of_the_frame(is_mirrored: bool, region: Box) -> None:
    state = WindowState(is_mirrored=is_mirrored)
    state.move_mouse(MOVE, 5, 5, 640)
    assert state.dragged is None
    state.move_mouse(DOWN, 300, 200, 640)
    state.move_mouse(MOVE, 150, 100, 640)
    assert state.dragged == Box(150, 100, 301, 201)
    state.move_mouse(UP, 100, 50, 640)
    assert (state.region, state.dragged) == (region, None)


def test_a_click_takes_the_region_away() -> None:
    state = WindowState(region=Box(1, 2, 300, 400))
    state.move_mouse(DOWN, 50, 50, 640)
    state.move_mouse(UP, 52, 51, 640)
    assert state.region is None


def make_reading(has_stages: bool = False) -> LiveReading:
    page = write_page("4207", size_px=(640, 360))
    bgr = cv2.cvtColor(page, cv2.COLOR_GRAY2BGR)
    number = TrackedNumber(1, read_as("4207", 200, 150), True, 9)
    stages = capture_stages(page) if has_stages else None
    return LiveReading(make_video_frame(bgr), Box(0, 0, 640, 360), (number,), (), {}, 0.02, stages)


def test_the_whole_picture_has_the_frames_size_and_changes_with_what_is_chosen() -> None:
    reading = make_reading(has_stages=True)
    chosen = [
        WindowState(),
        WindowState(has_help=True),
        WindowState(has_stages=True),
        WindowState(is_frozen=True),
        WindowState(is_recording=True),
        WindowState(is_mirrored=True),
        WindowState(dragged=Box(10, 10, 100, 100)),
    ]
    pictures = [compose(reading, state, Figures(30, 20, 0)) for state in chosen]
    pictures.append(compose(reading, WindowState(), Figures(30, 20, 0), "a message"))
    assert {picture.shape for picture in pictures} == {(360, 640, 3)}
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)


def test_no_display_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DisplayError, match="no screen to open a window on; use --headless") as caught:
        check_display()
    assert caught.value.exit_code == 2


def test_a_display_that_is_not_there_ends_no_process_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.setenv("DISPLAY", ":4711")
    with pytest.raises(DisplayError, match="no window can be opened"):
        check_display()


@pytest.fixture
def xvfb() -> Iterator[str]:
    """Yield a display of its own; skip where there is none to be had."""
    for tool in ("Xvfb", "xdotool"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed (apt-get install xvfb xdotool)")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as stream:
        display = f":{stream.readline().strip()}"
    yield display
    server.terminate()
    server.wait(10)


class Shown:
    """A live run in a window, and hands to press its keys."""

    def __init__(self, display: str, folder: Path, *flags: str) -> None:
        self.folder = folder
        self._env = os.environ | {"DISPLAY": display, "PYTHONPATH": str(TOP)}
        for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY"):
            self._env.pop(name, None)
        video = write_video(folder / "clip.mp4", make_frames(N_FRAMES, "4207", "58", size_px=(640, 360)), fps=FPS)
        command = [sys.executable, str(TOP / "run_pipeline.py"), "--webcam", video, *flags]
        self.process = subprocess.Popen(command, cwd=folder, env=self._env, stderr=subprocess.PIPE, text=True)
        self._tool("search", "--sync", "--onlyvisible", "--name", TITLE)

    def _tool(self, *words: str) -> str:
        done = subprocess.run(["xdotool", *words], env=self._env, capture_output=True, text=True, timeout=60)
        return done.stdout.strip()

    def press(self, *keys: str) -> None:
        for key in keys:
            self._tool("search", "--name", TITLE, "windowfocus", "--sync", "key", key)
            time.sleep(0.4)

    def drag(self, *points: tuple[int, int]) -> None:
        window = self._tool("search", "--onlyvisible", "--name", TITLE).splitlines()[-1]
        (x0, y0), (x1, y1) = points
        self._tool("mousemove", "--window", window, str(x0), str(y0), "mousedown", "1")
        time.sleep(0.3)
        self._tool("mousemove", "--window", window, str((x0 + x1) // 2), str((y0 + y1) // 2))
        time.sleep(0.3)
        self._tool("mousemove", "--window", window, str(x1), str(y1), "mouseup", "1")
        time.sleep(0.5)

    def close(self) -> None:
        """Ask the window to close, as a window manager does when its cross is clicked."""
        window = int(self._tool("search", "--onlyvisible", "--name", TITLE).splitlines()[-1])
        x11 = ctypes.CDLL(ctypes.util.find_library("X11"))
        x11.XOpenDisplay.restype = ctypes.c_void_p
        display = ctypes.c_void_p(x11.XOpenDisplay(self._env["DISPLAY"].encode()))
        x11.XInternAtom.restype = ctypes.c_ulong
        protocols, delete = (x11.XInternAtom(display, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"))
        client_message, no_mask = 33, ctypes.c_long(0)
        # XClientMessageEvent: type, serial, send_event, display, window, message_type, format, data; padded as XEvent.
        event = (ctypes.c_long * 24)(client_message, 0, 1, 0, window, protocols, 32, delete)
        x11.XSendEvent(display, ctypes.c_ulong(window), 0, no_mask, event)
        x11.XCloseDisplay(display)

    def end(self) -> tuple[int, str]:
        """Wait for the end, which comes long before that of the video."""
        _, err = self.process.communicate(timeout=N_FRAMES / FPS / 2)
        return self.process.returncode, err


@pytest.mark.slow
def test_the_window_its_keys_and_its_mouse(xvfb: str, tmp_path: Path) -> None:
    shown = Shown(xvfb, tmp_path)
    time.sleep(1.5)
    shown.press("s", "h", "h", "t", "t", "r")
    time.sleep(0.5)
    shown.press("r", "space", "space")
    shown.drag((100, 60), (400, 175))
    shown.press("s", "q")
    code, err = shown.end()
    assert (code, "confirmed" in err) == (0, True), err
    assert "Traceback" not in err
    snapshots = sorted(tmp_path.glob("snapshot-*.png"))
    assert len(snapshots) == 2
    assert cv2.imread(str(snapshots[0])).shape == (360, 640, 3)
    whole, part = (path.with_suffix(".json").read_text() for path in snapshots)
    assert '"region": [\n  0,\n  0,\n  640,\n  360\n ]' in whole
    assert '"region": [\n  0,\n  0,\n  640,\n  360\n ]' not in part
    assert '"4207"' in whole
    (recorded,) = tmp_path.glob("live-*.mp4")
    capture = cv2.VideoCapture(str(recorded))
    is_read, bgr = capture.read()
    assert is_read
    assert np.shape(bgr) == (360, 640, 3)


@pytest.mark.slow
def test_closing_the_window_by_its_cross_ends_the_run(xvfb: str, tmp_path: Path) -> None:
    shown = Shown(xvfb, tmp_path, "--mirror")
    time.sleep(1.0)
    shown.close()
    code, err = shown.end()
    assert (code, "confirmed" in err) == (0, True), err
