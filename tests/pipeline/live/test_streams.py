"""A stream served over HTTP by the test itself, read by the program, and cut off in the middle."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import pytest

from tests.support.sightings import make_frames

TOP = Path(__file__).resolve().parents[3]
FPS = 20
PATIENCE_S = 60
PART = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n"

pytestmark = pytest.mark.slow


class Camera(ThreadingHTTPServer):
    """A camera in the network: every client gets what is in view, as MJPEG; it can be cut off and come back."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Stream)
        self.view: list[bytes] = []
        self.is_on = True
        self.n_clients = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/video.mjpg"

    def show(self, *texts: str) -> None:
        self.view = [cv2.imencode(".jpg", frame)[1].tobytes() for frame in make_frames(40, *texts)]


class Stream(BaseHTTPRequestHandler):
    server: Camera

    def do_GET(self) -> None:  # noqa: N802
        if not self.server.is_on:
            self.send_error(503)
            return
        self.server.n_clients += 1
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        at = 0
        while self.server.is_on:
            jpeg = self.server.view[at % len(self.server.view)]
            try:
                self.wfile.write(PART % (len(jpeg), jpeg))
            except OSError:
                return
            at += 1
            time.sleep(1 / FPS)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def camera() -> Iterator[Camera]:
    server = Camera()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.is_on = False
    server.shutdown()
    server.server_close()
    thread.join()


def start_reading(url: str, *flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(TOP / "run_pipeline.py"), "--webcam", url, "--headless", *flags]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def read_text(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())["text"]


def test_a_stream_is_read_for_so_long(camera: Camera) -> None:
    camera.show("4207")
    process = start_reading(camera.url, "--max-seconds", "4")
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    (line,) = [json.loads(line) for line in out.splitlines()]
    assert (line["text"], line["source"]) == ("4207", camera.url)
    assert 0 <= line["time_s"] <= 4
    assert "1 number confirmed" in err


def test_a_stream_that_is_cut_off_comes_back(camera: Camera) -> None:
    camera.show("4207")
    process = start_reading(camera.url)
    try:
        assert read_text(process) == "4207"
        camera.is_on = False
        time.sleep(1.5)
        camera.show("316")
        camera.is_on = True
        assert read_text(process) == "316"
    finally:
        process.terminate()
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    lines = err.splitlines()
    assert lines[0] == f"{camera.url} is lost; trying again in 0.5 s"
    assert f"{camera.url} is back" in lines
    assert lines[-1] == "interrupted"
    assert camera.n_clients >= 2


def test_a_stream_that_stays_away_ends_the_run(camera: Camera, tmp_path: Path) -> None:
    settings = tmp_path / "impatient.toml"
    settings.write_text("[track]\nlost_after_s = 1\n", "utf-8")
    camera.show("4207")
    process = start_reading(camera.url, "--settings", str(settings))
    assert read_text(process) == "4207"
    camera.is_on = False
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (3, "")
    assert f"error: {camera.url} was lost and has not come back for 1 s" in err
    assert "check its plug or the network" in err
    assert "Traceback" not in err


def test_nobody_answers(camera: Camera) -> None:
    camera.is_on = False
    process = start_reading(camera.url)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (3, "")
    assert err.startswith(f"error: {camera.url}: no video comes from there")
