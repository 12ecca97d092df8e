from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UsageError
from pipeline.live.options import LiveOptions


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"source": "a.mp4", "size_px": (640, 480)}, "--size is asked of a camera"),
        ({"source": "http://host/a.mp4", "size_px": (640, 480)}, "--size is asked of a camera"),
        ({"source": "0", "has_every_frame": True}, "--every-frame is for a video file"),
        ({"source": "/dev/video2", "has_every_frame": True}, "--every-frame is for a video file"),
        ({"source": "rtsp://host", "has_every_frame": True}, "--every-frame is for a video file"),
        ({"is_headless": True, "is_mirrored": True}, "--mirror is for the window"),
        ({"is_headless": True, "snapshots": Path("shots")}, "--annotate is for the window"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_options_that_contradict_each_other_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        LiveOptions(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"source": "1", "size_px": (640, 480)},
        {"source": "/dev/video0", "size_px": (640, 480)},
        {"source": "a.mp4", "has_every_frame": True, "is_headless": True},
        {"source": "img_%03d.png", "has_every_frame": True, "is_mirrored": True, "snapshots": Path("shots")},
    ],
    ids=lambda values: " ".join(values),
)
def test_options_that_fit_their_source_are_taken(values: dict[str, Any]) -> None:
    assert LiveOptions(**values).source == values["source"]


def test_options_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        LiveOptions().fps = 10.0  # type: ignore[misc]
