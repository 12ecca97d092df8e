"""The load on the HTTP API: what its clients count, by a server of a few lines."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.bench.bench_api import Load, list_texts, main

ANSWERS = {
    b"read": (200, [{"numbers": [{"text": "17"}, {"text": "4"}], "error": None}]),
    b"bad": (422, {"numbers": [], "error": {"code": "damaged"}}),
    b"full": (503, {"error": {"code": "busy"}}),
}


class Handler(BaseHTTPRequestHandler):
    """Answers as `ANSWERS` says, and closes the connection on anything else."""

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body not in ANSWERS:
            return
        status, answer = ANSWERS[body]
        self.send_response(status)
        self.send_header("Retry-After", "0.01")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("body", "expected", "is_answered", "is_lost", "is_different"),
    [
        (b"read", ["17", "4"], True, False, False),
        (b"read", ["17"], True, False, True),
        (b"bad", ["damaged"], True, False, False),
        (b"full", [], False, False, False),
        (b"gone", [], False, True, False),
    ],
    ids=["read", "read otherwise", "bad", "full", "lost"],
)
def test_answers_are_counted(
    port: int, body: bytes, expected: list[str], is_answered: bool, is_lost: bool, is_different: bool
) -> None:
    load = Load(port, {"a.png": body}, {"a.png": expected})
    load.send_all(0.05, 0)
    assert (bool(load.seconds), bool(load.lost), bool(load.different)) == (is_answered, is_lost, is_different)
    assert set(load.statuses) == ({ANSWERS[body][0]} if body in ANSWERS else set())


def test_texts_of_pages_and_failures() -> None:
    assert list_texts(ANSWERS[b"read"][1]) == ["17", "4"]
    assert list_texts([ANSWERS[b"bad"][1]]) == ["damaged"]
    assert list_texts([{"numbers": [], "error": None}]) == []


@pytest.mark.slow
def test_figures_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seconds", "3", "--clients", "12", "--workers", "1"]) == 0
    printed = capsys.readouterr().out
    assert ", lost 0 (" in printed and "without HTTP: 0\n" in printed and "exit code after SIGTERM: 0\n" in printed
