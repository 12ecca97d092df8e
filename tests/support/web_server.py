"""A web server for tests: files by path, and paths that behave badly."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_MOVED = {"/moved": "/a.png", "/to-file": "file:///proc/self/status"}
_LENGTHS = {"/cut": 1000, "/drip": 1000, "/mute": 1000, "/huge": 5 << 30}
"""Lengths that are announced and never come."""


class WebServer(ThreadingHTTPServer):
    """Serves what is in `files`, and behaves badly at some paths: see `_Handler.choose`."""

    daemon_threads = True

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files, self.n_busy = dict(files), 0
        self.asked: list[tuple[str, str]] = []  # (method, path) of each request

    @property
    def address(self) -> str:
        """Address of its top."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: WebServer

    def do_HEAD(self) -> None:
        self.answer(has_body=False)

    def do_GET(self) -> None:
        self.answer(has_body=True)

    def choose(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        """Return status, body and headers: /busy says 503 two times, /secret 403."""
        if path in _MOVED:
            return 302, b"", {"Location": _MOVED[path]}
        if path in _LENGTHS:
            return 200, b"", {"Content-Length": str(_LENGTHS[path])}
        if path == "/secret":
            return 403, b"", {}
        if path == "/busy":
            self.server.n_busy += 1
            return (503, b"", {}) if self.server.n_busy < 3 else (200, b"at last", {})
        return 200 if path in self.server.files else 404, self.server.files.get(path, b""), {}

    def answer(self, has_body: bool) -> None:
        path = self.path.partition("?")[0]
        self.server.asked.append((self.command, path))
        status, raw, headers = self.choose(path)
        if path == "/mute":
            time.sleep(1)
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(raw)), "ETag": f'"{hash(raw)}"'} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(ConnectionError):  # of one that did not wait
            for _ in range(50 if path == "/drip" else 0):
                self.wfile.write(b"x")
                time.sleep(0.05)
            self.wfile.write(raw if has_body else b"")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(files: Mapping[str, bytes]) -> Iterator[WebServer]:
    """Yield a server that runs until the end of the context."""
    with WebServer(files) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
