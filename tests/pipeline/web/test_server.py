from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import cv2
import httpx2
import pytest

from pipeline.cli import main
from pipeline.errors import UsageError
from pipeline.web import server
from pipeline.web.server import TOKEN_VARIABLE, listen
from tests.bench.batches import find_session, running
from tests.support.drawing import write_page

TOP = Path(__file__).resolve().parents[3]
PNG = cv2.imencode(".png", write_page("4237"))[1].tobytes()


@contextmanager
def serving(where: Path, *flags: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Yield a server, of 2 workers or as a flag says, which reads uploads called hang... badly; and its address."""
    log = where / "log"
    arguments = ("--api", "--port", "0", "--workers", "2", *flags)
    with running(where, *arguments, log=log, is_faulty=True) as process:
        until_s = time.monotonic() + 60
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text("utf-8"))):
            assert process.poll() is None and time.monotonic() < until_s, log.read_text("utf-8")
            time.sleep(0.05)
        yield process, found[0]


def send(address: str, name: str = "a.png", raw: bytes = PNG) -> tuple[int, object]:
    """Return the status, and the text of the first number or the code of the error."""
    answer = httpx2.post(f"{address}/read", files={"file": (name, raw)}, timeout=60)
    body = answer.json()
    return answer.status_code, body[0]["numbers"][0]["text"] if answer.status_code == 200 else body["error"]["code"]


def is_session_over(session: int) -> bool:
    """Return whether all processes of a session end within seconds: the one that keeps accounts is the last."""
    until_s = time.monotonic() + 10
    while find_session(session) and time.monotonic() < until_s:
        time.sleep(0.05)
    return not find_session(session)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_server_outlives_what_is_sent_and_ends_cleanly(tmp_path: Path) -> None:
    with serving(tmp_path, "--timeout", "3", "--max-mb", "1") as (process, address):
        assert send(address) == (200, "4237")
        assert send(address, "crash.png") == (422, "crash")
        assert send(address, "hang.png") == (504, "timeout")
        assert send(address, "bug.png") == (500, "bug")
        assert send(address, "memory.png") == (422, "memory")
        assert send(address, "big.png", bytes(3_000_000)) == (413, "too-large")
        assert send(address) == (200, "4237")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert is_session_over(process.pid)
    log = (tmp_path / "log").read_text("utf-8")
    assert "RuntimeError: boom" in log  # the traceback of the bug, and no other
    assert log.count("Traceback") == 1


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_it_while_a_page_is_read(tmp_path: Path) -> None:
    with serving(tmp_path, "--timeout", "60", "--workers", "1") as (process, address), ThreadPoolExecutor(1) as clients:
        hanging = clients.submit(send, address, "hang.png")
        until_s = time.monotonic() + 30
        while "in_flight 1.0" not in httpx2.get(f"{address}/metrics").text and time.monotonic() < until_s:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        assert hanging.result(30) == (503, "busy")
        assert process.wait(30) == 0
        assert is_session_over(process.pid)
    assert "Traceback" not in (tmp_path / "log").read_text("utf-8")


def test_listen_takes_a_free_port_and_says_why_it_cannot() -> None:
    with closing(listen("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert port > 0
        with pytest.raises(UsageError, match=rf"--host 127.0.0.1 --port {port}: cannot be listened at \(.*in use"):
            listen("127.0.0.1", port)
    with pytest.raises(UsageError, match="--host no.such.host.invalid --port 80: cannot be listened at"):
        listen("no.such.host.invalid", 80)


def test_open_host_without_a_token_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        (first,) = server._greet("127.0.0.1", listener, None)
        assert first.startswith(f"reading at http://127.0.0.1:{port}/read")
        assert len(server._greet("0.0.0.0", listener, None)) == 2
        assert TOKEN_VARIABLE in server._greet("0.0.0.0", listener, None)[1]
        assert len(server._greet("0.0.0.0", listener, "s3cret")) == 1
        assert server._greet("::1", listener, None)[0].startswith("reading at http://[::1]:")


@pytest.mark.parametrize("library", ["fastapi", "uvicorn", "prometheus_client"])
def test_missing_library_says_how_to_install_it(
    library: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if re.match(r"pipeline\.web\.(?!options)", name)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    assert main(["--api"]) == 70
    assert capsys.readouterr().err == f"error: {library} is not installed; for --api: pip install '.[web]'\n"


@pytest.mark.slow
def test_missing_model_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--api", "--port", "0", "--model", "nobody", "--workers", "1"]) == 4
    assert "there is no model 'nobody'" in capsys.readouterr().err


@pytest.mark.slow
def test_reading_and_the_flags_load_nothing_of_the_web() -> None:
    code = "import pipeline, pipeline.cli, sys; from pipeline.arguments import build_options; build_options(['--api'])"
    code += "; import pipeline.batch.run, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=TOP, capture_output=True, text=True, check=True)
    assert not {"fastapi", "starlette", "pydantic", "uvicorn", "prometheus_client"} & set(json.loads(done.stdout))
