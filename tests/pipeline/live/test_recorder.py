from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.errors import OutputError, UsageError
from pipeline.live import recorder as room
from pipeline.live.recorder import Recorder
from pipeline.outputs.overwriting import is_own_result

PICTURE = np.full((48, 64, 3), 128, np.uint8)


def count_frames(path: Path) -> int:
    capture = cv2.VideoCapture(str(path))
    n = 0
    while capture.read()[0]:
        n += 1
    capture.release()
    return n


@pytest.mark.parametrize(
    ("times_s", "n_frames"),
    [
        ([0.0], 1),
        ([0.0, 0.1, 0.2], 3),
        ([7.0, 7.1, 7.2], 3),
        ([0.0, 0.5], 6),
        ([0.0, 0.01, 0.02, 0.03], 1),
        ([0.0, 600.0], 21),
        ([0.0, 600.0, 600.1], 22),
    ],
    ids=["one", "in step", "begun late", "a slow reader", "a fast reader", "a long gap", "and on after it"],
)
def test_constant_frames_a_second(times_s: list[float], n_frames: int, tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    with Recorder(path, 10) as recorder:
        for time_s in times_s:
            recorder.add(PICTURE, time_s)
    assert count_frames(path) == n_frames


def test_pictures_of_another_size_are_fitted(tmp_path: Path) -> None:
    with Recorder(tmp_path / "out.mp4", 10) as recorder:
        recorder.add(PICTURE, 0)
        recorder.add(np.zeros((100, 30, 3), np.uint8), 0.1)
    assert count_frames(tmp_path / "out.mp4") == 2


def test_nothing_recorded_leaves_no_file(tmp_path: Path) -> None:
    Recorder(tmp_path / "out.mp4", 10).close()
    assert not (tmp_path / "out.mp4").exists()


def test_full_disk_leaves_what_can_be_played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rooms = iter([10**9] * 6)
    monkeypatch.setattr(room, "_measure_room", lambda path: next(rooms, 1000))
    recorder = Recorder(tmp_path / "out.mp4", 10)
    with pytest.raises(OutputError, match=r"no space is left; it holds the first 0\.5 s"):
        for i in range(10):
            recorder.add(PICTURE, i / 10)
    recorder.close()
    assert count_frames(tmp_path / "out.mp4") == 5
    with pytest.raises(OutputError, match="no space is left"):
        Recorder(tmp_path / "late.mp4", 10).add(PICTURE, 0)


def test_video_that_cannot_be_played_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(b"earlier")
    recorder = Recorder(tmp_path / "out.mp4", 10)
    recorder.add(PICTURE, 0)
    next(tmp_path.glob(".*.part.mp4")).unlink()
    with pytest.raises(OutputError, match="could not be written completely"):
        recorder.close()
    assert (tmp_path / "out.mp4").read_bytes() == b"earlier"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_limit_on_the_size_of_files(tmp_path: Path) -> None:
    code = "import resource, sys; import numpy as np; from pathlib import Path\n"
    code += (
        "from pipeline.live.recorder import Recorder\nresource.setrlimit(resource.RLIMIT_FSIZE, (4 << 20, 4 << 20))\n"
    )
    code += "rng = np.random.default_rng(1)\nwith Recorder(Path(sys.argv[1]), 10) as recorder:\n"
    code += "    for i in range(2000): recorder.add(rng.integers(0, 256, (240, 320, 3), np.uint8), i / 10)\n"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.mp4")], capture_output=True, text=True)
    assert "OutputError" in done.stderr and "it holds the first" in done.stderr
    assert count_frames(tmp_path / "a.mp4") > 10


def test_earlier_recording_stays_until_there_is_another(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"earlier")
    with Recorder(path, 10) as recorder:
        assert path.read_bytes() == b"earlier"
    assert path.read_bytes() == b"earlier"
    with Recorder(path, 10) as recorder:
        recorder.add(PICTURE, 0)
        assert path.read_bytes() == b"earlier"
    assert count_frames(path) == 1
    assert is_own_result(path)
    assert list(tmp_path.iterdir()) == [path]


def test_link_to_a_recording_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link.mp4").symlink_to("real.mp4")
    with Recorder(tmp_path / "link.mp4", 10) as recorder:
        recorder.add(PICTURE, 0)
    assert (tmp_path / "link.mp4").is_symlink()
    assert count_frames(tmp_path / "real.mp4") == 1


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ends in \.mp4"):
        Recorder(tmp_path / "out.avi", 10)
    with pytest.raises(OutputError, match="cannot be written"):
        Recorder(tmp_path / "no" / "out.mp4", 10)
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(OutputError, match="this is a folder"):
        Recorder(tmp_path / "folder.mp4", 10)
