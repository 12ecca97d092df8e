from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.cli import main
from pipeline.live import session as live
from pipeline.live.window import WindowState
from tests.support.sightings import make_frames, write_video

TOP = Path(__file__).resolve().parents[3]
Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a video: 4207 and 58 on a page that wanders, then 316 alone."""
    frames = [*make_frames(20, "4207", "58"), *make_frames(20, "316")]
    return write_video(tmp_path_factory.mktemp("video") / "clip.mp4", frames, fps=20)


def read_lines(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.slow
def test_headless_prints_a_line_for_each_number(video: str, capsys: Captured) -> None:
    assert main(["--webcam", video, "--headless", "--every-frame"]) == 0
    out, err = capsys.readouterr()
    lines = read_lines(out)
    assert [line["text"] for line in lines] == ["4207", "58", "316"]
    first = lines[0]
    assert (first["schema"], first["source"], first["frame"], first["frames_seen"]) == (1, video, 6, 6)
    assert first["time_s"] == pytest.approx(0.25)
    assert (first["status"], first["reason"], first["replaces"]) == ("accepted", None, None)
    assert "".join(digit["text"] for digit in first["digits"]) == "4207"
    assert 0.9 <= first["confidence"] <= 1
    left, top, right, bottom = first["box"]
    assert 0 <= left < right <= 420 and 0 <= top < bottom <= 260
    assert err.startswith("40 frames read (")
    assert "0 skipped; 3 numbers confirmed\nfrom grab to result: " in err


def test_quiet_and_verbose(video: str, capsys: Captured) -> None:
    assert main(["--webcam", video, "--headless", "--every-frame", "--max-seconds", "0.2", "-q"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["--webcam", video, "--headless", "--every-frame", "--max-seconds", "0.2", "-v"]) == 0
    assert "ms a frame: decode" in capsys.readouterr().err


def test_max_seconds_of_video(video: str, capsys: Captured) -> None:
    assert main(["--webcam", video, "--headless", "--every-frame", "--max-seconds", "0.5"]) == 0
    assert capsys.readouterr().err.startswith("10 frames read (")


def test_a_region_leaves_out_the_rest(video: str, capsys: Captured) -> None:
    assert main(["--webcam", video, "--headless", "--every-frame", "--roi", "0,0,420,130", "-q"]) == 0
    assert "58" not in [line["text"] for line in read_lines(capsys.readouterr().out)]


@pytest.mark.slow
def test_how_soon_and_how_sure(video: str, capsys: Captured) -> None:
    flags = ["--webcam", video, "--headless", "--every-frame", "-q"]
    assert main([*flags, "--confirm-frames", "10"]) == 0
    assert [line["frame"] for line in read_lines(capsys.readouterr().out)][:2] == [10, 10]
    assert main([*flags, "--min-confidence", "1"]) == 0
    sure = read_lines(capsys.readouterr().out)
    assert all(line["confidence"] == 1 for line in sure)


@pytest.mark.slow
def test_recording(video: str, tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "out.mp4"
    assert main(["--webcam", video, "--headless", "--every-frame", "--record", str(out), "-q"]) == 0
    capture, frames = cv2.VideoCapture(str(out)), []
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(20)
    while (read := capture.read())[0]:
        frames.append(read[1])
    assert len(frames) == 40
    assert frames[0].shape == (260, 420, 3)
    blue, green, red = np.moveaxis(frames[15].astype(int), 2, 0)
    assert np.count_nonzero((green > blue + 40) & (green > red + 40)) > 300


def test_numbered_pictures(tmp_path: Path, capsys: Captured) -> None:
    for i, frame in enumerate(make_frames(8, "4207")):
        (tmp_path / f"img_{i:03}.png").write_bytes(cv2.imencode(".png", frame)[1].tobytes())
    assert main(["--webcam", str(tmp_path / "img_%03d.png"), "--headless", "--every-frame", "--fps", "10", "-q"]) == 0
    (line,) = read_lines(capsys.readouterr().out)
    assert (line["text"], line["time_s"]) == ("4207", 0.5)


REFUSED: list[tuple[str, list[str], int, str]] = [
    ("a missing file", ["--webcam", "none.mp4", "--headless"], 3, "none.mp4: there is no such file"),
    ("a missing camera", ["--webcam", "97", "--headless"], 3, "camera 97"),
    ("a picture beside it", ["a.jpg", "--webcam", "--headless"], 2, "INPUT cannot be used with --webcam"),
    ("a flag of pages", ["--webcam", "--format", "csv"], 2, "--format cannot be used with --webcam"),
    ("turning", ["--webcam", "--no-turn"], 2, "--no-turn cannot be used with --webcam"),
    ("a flag of cameras", ["a.jpg", "--headless"], 2, "--headless needs --webcam"),
    ("a region in percent", ["--webcam", "--roi", "1%,2%,3%,4%"], 2, "--webcam takes --roi in pixels of the frame"),
    ("a region inside out", ["--webcam", "--roi", "9,2,3,4"], 2, "expected left,top,right,bottom"),
    ("a size of a file", ["--webcam", "a.mp4", "--size", "640x480"], 2, "--size is asked of a camera"),
    ("a size of one number", ["--webcam", "--size", "640"], 2, "expected WIDTHxHEIGHT"),
    ("every frame of a camera", ["--webcam", "--every-frame"], 2, "--every-frame is for a video file"),
    ("a mirror without a window", ["--webcam", "--headless", "--mirror"], 2, "--mirror is for the window"),
    ("snapshots without a window", ["--webcam", "--headless", "--annotate", "x"], 2, "--annotate is for the window"),
    ("two outputs", ["--webcam", "-o", "a.jsonl", "-o", "b.jsonl"], 2, "--webcam takes one --output"),
    ("a table of a camera", ["--webcam", "-o", "a.csv"], 2, "name a file that ends in .jsonl"),
    ("an output in no folder", ["--webcam", "97", "--headless", "-o", "none/a.jsonl"], 5, "cannot be written"),
    ("another model", ["--webcam", "--headless", "--model", "none"], 4, "there is no model 'none'"),
]


@pytest.mark.parametrize(("words", "code", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refusals(
    words: list[str], code: int, said: str, capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.startswith("error: ")
    assert len(err.splitlines()) <= 3


def test_a_recording_that_cannot_be_written(video: str, tmp_path: Path, capsys: Captured) -> None:
    flags = ["--webcam", video, "--headless", "-q", "--record"]
    assert main([*flags, str(tmp_path / "none" / "out.mp4")]) == 5
    assert main([*flags, str(tmp_path / "out.avi")]) == 2
    assert "ends in .mp4" in capsys.readouterr().err


def test_recording_over_what_is_read_is_refused(video: str, tmp_path: Path, capsys: Captured) -> None:
    before = Path(video).read_bytes()
    link, other, own = tmp_path / "link.mp4", tmp_path / "other.mp4", tmp_path / "own.toml"
    link.symlink_to(video)
    other.write_bytes(b"another video")
    own.write_text("")
    flags = ["--webcam", video, "--headless", "--settings", str(own), "--record"]
    for path, message in (
        (video, "is the video that is read; choose another name"),
        (str(link), "is the video that is read"),
        (str(own), "is the settings file"),
        (str(other), "this file is no result of this program; choose another name, or give --force"),
    ):
        assert main([*flags, path]) == 2
        err = capsys.readouterr().err
        assert f"--record {path}" in err
        assert message in err
        assert err.count("\n") == 1
    assert main(["--webcam", f"file://{video}", *flags[2:], video]) == 2
    assert (Path(video).read_bytes(), other.read_bytes(), own.read_text()) == (before, b"another video", "")
    assert main([*flags, str(other), "--force", "--max-seconds", "0.2", "-q"]) == 0
    assert main([*flags, str(other), "--max-seconds", "0.2", "-q"]) == 0  # it is ours now


def test_results_over_what_is_read_or_another_file_are_refused(video: str, tmp_path: Path, capsys: Captured) -> None:
    link, other = tmp_path / "link.jsonl", tmp_path / "other.jsonl"
    link.symlink_to(video)
    other.write_text('{"name": "Anna"}\n')
    flags = ["--webcam", video, "--headless", "--output"]
    before = Path(video).read_bytes()
    for path, message in ((link, "is the video that is read"), (other, "this file is no result of this program")):
        assert main([*flags, str(path)]) == 2
        assert f"--output {path}" in (err := capsys.readouterr().err)
        assert message in err
    assert (Path(video).read_bytes(), other.read_text()) == (before, '{"name": "Anna"}\n')
    assert main([*flags, str(other), "--force", "--every-frame", "-q"]) == 0
    assert main([*flags, str(other), "--every-frame", "-q"]) == 0  # it is ours now
    assert read_lines(other.read_text())


def test_no_screen_names_headless(video: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main(["--webcam", video]) == 2
    assert "--headless" in capsys.readouterr().err


class FakeWindow:
    """A window whose keys are pressed by a script: what to press, by the number of the picture shown."""

    keys: dict[int, str] = {}

    def __init__(self, state: WindowState) -> None:
        self._state, self.n_shown = state, 0

    def __enter__(self) -> FakeWindow:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, canvas: np.ndarray) -> None:
        self.n_shown += 1

    def handle_events(self, wait_ms: int = 1) -> None:
        for key in self.keys.get(self.n_shown, ""):
            self._state.press_key(ord(key))


def test_keys_at_the_window(video: str, capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(live, "check_display", lambda: None)
    monkeypatch.setattr(live, "Window", FakeWindow)
    monkeypatch.setattr(live, "_WAIT_S", 60.0)  # each picture shows a new frame, however busy the machine is
    monkeypatch.setattr(FakeWindow, "keys", {2: "r", 8: "s", 9: "rt", 10: " ", 12: "  s", 14: " ", 15: "q"})
    assert main(["--webcam", video, "--every-frame", "--annotate", "shots"]) == 0
    out, err = capsys.readouterr()
    assert [line["text"] for line in read_lines(out)] == ["4207", "58"]
    assert "2 numbers confirmed" in err
    pictures = sorted((tmp_path / "shots").glob("snapshot-*.png"))
    assert len(pictures) == 2
    records = [json.loads(path.with_suffix(".json").read_text()) for path in pictures]
    assert [(n["text"], n["confirmed"]) for n in records[0]["numbers"]] == [("4207", True), ("58", True)]
    assert records[0]["size_px"] == [420, 260]
    assert sorted(record["frame"] for record in records) == [8, 10]
    assert len(list(tmp_path.glob("live-*.mp4"))) == 1


def test_results_of_a_window_in_a_file(
    video: str, capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "check_display", lambda: None)
    monkeypatch.setattr(live, "Window", FakeWindow)
    monkeypatch.setattr(FakeWindow, "keys", {})
    out = tmp_path / "numbers.jsonl"
    assert main(["--webcam", video, "--every-frame", "-o", str(out)]) == 0
    assert [line["text"] for line in read_lines(out.read_text())] == ["4207", "58", "316"]
    assert capsys.readouterr().out == ""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_results_to_a_pipe_need_a_reader(video: str, tmp_path: Path, capsys: Captured) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert main(["--webcam", video, "--headless", "-o", str(tmp_path / "pipe")]) == 5
    assert "no program reads from this pipe" in capsys.readouterr().err


def test_damaged_frames_are_counted_and_the_others_read(tmp_path: Path, capsys: Captured) -> None:
    for i, frame in enumerate(make_frames(12, "4207")):
        (tmp_path / f"img_{i:03}.png").write_bytes(cv2.imencode(".png", frame)[1].tobytes())
    pattern = str(tmp_path / "img_%03d.png")
    flags = ["--webcam", pattern, "--headless", "--every-frame", "-q"]
    (tmp_path / "img_003.png").write_text("no picture")
    assert main(flags) == 1
    out, err = capsys.readouterr()
    assert [(line["text"], line["frame"]) for line in read_lines(out)] == [("4207", 6)]
    assert err == f"error: {pattern}: 1 frame could not be decoded; the others were read\n"
    for path in tmp_path.iterdir():
        path.write_text("no picture")
    assert main(flags) == 3


def test_video_with_damaged_bytes_is_read_to_its_end(tmp_path: Path, capsys: Captured) -> None:
    frames = make_frames(30, "4207")
    writer = cv2.VideoWriter(str(tmp_path / "a.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 20, frames[0].shape[1::-1])
    for frame in frames:
        writer.write(frame)
    writer.release()
    raw = bytearray((tmp_path / "a.avi").read_bytes())
    at = raw.find(b"\xff\xd8\xff", len(raw) // 2)
    raw[at : at + 1000] = bytes(1000)
    (tmp_path / "a.avi").write_bytes(raw)
    assert main(["--webcam", str(tmp_path / "a.avi"), "--headless", "--every-frame"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("29 frames read") and "1 frame could not be decoded" in err


def run_program(*words: str, **more: object) -> subprocess.Popen[str]:
    command = [sys.executable, str(TOP / "run_pipeline.py"), "--webcam", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, env=os.environ | {"PYTHONPATH": str(TOP)}, **pipes, **more)  # type: ignore[call-overload]


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_with_the_recording_finished(sent: int, tmp_path: Path) -> None:
    video = write_video(tmp_path / "long.mp4", make_frames(200, "4207"), fps=5)
    process = run_program(video, "--headless", "--record", str(tmp_path / "out.mp4"))
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["text"] == "4207"
    process.send_signal(sent)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "frames read" in err and err.endswith("interrupted\n")
    assert cv2.VideoCapture(str(tmp_path / "out.mp4")).read()[0]


@pytest.mark.slow
def test_a_closed_pipe_is_no_error(video: str) -> None:
    process = run_program(video, "--headless", "--every-frame", "-q")
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 0


def test_output_that_cannot_be_written(video: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("sys.stdout", Full())
    assert main(["--webcam", video, "--headless", "--every-frame", "-q"]) == 5
    assert "standard output: cannot be written" in capsys.readouterr().err
