"""A camera and a screen, for live reading."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from pipeline.checkup.findings import Finding
from pipeline.errors import DisplayError
from pipeline.live.window import check_display

_DEVICES = Path("/dev")


def check_camera(devices: Path = _DEVICES) -> Finding:
    """Return which cameras there are; none is opened, as its light would go on, or the system ask for permission."""
    if not sys.platform.startswith("linux"):
        return Finding("missing", "camera: is not looked for on this system; try python run_pipeline.py --webcam")
    found = sorted(path.name for path in devices.glob("video*"))
    if not found:
        return Finding("missing", "camera: none is plugged in; --webcam also takes a video")
    return Finding("ok", f"camera: {', '.join(found)}; --webcam opens the first")


def check_screen(check: Callable[[], None] = check_display) -> Finding:
    """Return whether a window can be opened."""
    try:
        check()
    except DisplayError as error:
        return Finding("missing", f"screen: {error.message}; for --webcam {error.hint}")
    return Finding("ok", "screen: a window can be opened")
