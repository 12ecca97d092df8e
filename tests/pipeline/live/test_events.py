"""What a live run leaves behind: the record of a number, snapshots, names that nobody has taken."""

from __future__ import annotations

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.errors import OutputError
from pipeline.geometry import Box
from pipeline.live import events
from pipeline.live.events import make_live_record, name_file, print_line, save_snapshot
from pipeline.live.frame_reader import LiveReading
from pipeline.live.tracker import Confirmation, TrackedNumber
from tests.support.sightings import make_video_frame, read_as

PICTURE = np.full((20, 30, 3), 200, np.uint8)


@pytest.fixture
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "strftime", lambda _: "20240501-120000")


def make_live_reading() -> LiveReading:
    numbers = (TrackedNumber(1, read_as("42"), True, 9), TrackedNumber(2, read_as("7"), False, 2))
    frame = make_video_frame(PICTURE, 12, 0.41234)
    return LiveReading(frame, Box(0, 0, 30, 20), numbers, (), {"total": 0.01}, 0.02)


def test_record_tells_where_and_when_a_number_was_seen() -> None:
    record = make_live_record(Confirmation(read_as("42"), 1.23456, 37, 6, "17"), "camera 0")
    told = ("source", "time_s", "frame", "frames_seen", "replaces", "text")
    assert [record[key] for key in told] == ["camera 0", 1.235, 37, 6, "17", "42"]


def test_name_that_is_taken_gets_a_number(tmp_path: Path, at_noon: None) -> None:
    for expected in ("shot-20240501-120000.png", "shot-20240501-120000-2.png", "shot-20240501-120000-3.png"):
        path = name_file("shot", ".png", tmp_path)
        assert path.name == expected
        path.touch()


def test_snapshot_lies_beside_the_numbers_in_sight(tmp_path: Path) -> None:
    path = save_snapshot(PICTURE, make_live_reading(), tmp_path, "camera 0")
    assert (cv2.imread(str(path)) == PICTURE).all()
    record = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert (record["frame"], record["time_s"], record["size_px"], record["region"]) == (
        12,
        0.412,
        [30, 20],
        [0, 0, 30, 20],
    )
    assert [(n["text"], n["confirmed"], n["frames_seen"]) for n in record["numbers"]] == [
        ("42", True, 9),
        ("7", False, 2),
    ]


def test_snapshot_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        save_snapshot(PICTURE, make_live_reading(), tmp_path / "none", "camera 0")


def test_record_is_one_line() -> None:
    stream = io.StringIO()
    print_line(make_live_record(Confirmation(read_as("42"), 1, 1, 6), "a\nb"), stream, "here")
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["source"] == "a\nb"
