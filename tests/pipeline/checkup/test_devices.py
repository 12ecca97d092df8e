from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline.checkup.devices import check_camera, check_screen
from pipeline.errors import DisplayError


def test_cameras_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert check_camera(tmp_path).status == "missing"
    for name in ("video1", "video0", "null"):
        (tmp_path / name).touch()
    assert check_camera(tmp_path).text == "camera: video0, video1; --webcam opens the first"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert check_camera(tmp_path).status == "missing"


def test_screen() -> None:
    def fail() -> None:
        raise DisplayError("the screen does not answer")

    assert check_screen(lambda: None).status == "ok"
    missing = check_screen(fail)
    assert (missing.status, missing.exit_code) == ("missing", 0)
    assert missing.text == (
        "screen: the screen does not answer; for --webcam use --headless to print the numbers instead"
    )
