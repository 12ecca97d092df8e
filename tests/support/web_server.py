"""A web server for tests: files by path, and paths that behave badly."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class WebServer(ThreadingHTTPServer):
    """Serves what is in `files`. Besides /moved (to /a.png), /to-file, /busy (503 two times), /cut, /drip, /mute, /huge, /secret."""

    daemon_threads = True

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files, self.n_busy, self.asked = dict(files), 0, []

    @property
    def address(self) -> str:
        """Address of its top."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    asked: list[tuple[str, str]]
    """(method, path) of each request."""


class _Handler(BaseHTTPRequestHandler):
    server: WebServer

    def do_HEAD(self) -> None:
        self.answer(has_body=False)

    def do_GET(self) -> None:
        self.answer(has_body=True)

    def answer(self, has_body: bool) -> None:
        path, server = self.path.partition("?")[0], self.server
        server.asked.append((self.command, path))
        raw, status, headers = server.files.get(path, b""), 200 if path in server.files else 404, {}
        if path == "/moved":
            status, headers = 302, {"Location": "/a.png"}
        elif path == "/to-file":
            status, headers = 302, {"Location": "file:///proc/self/status"}
        elif path == "/secret":
            status = 403
        elif path == "/busy":
            server.n_busy += 1
            status, raw = (503, b"") if server.n_busy < 3 else (200, b"at last")
        elif path in ("/cut", "/drip", "/huge", "/mute"):
            status = 200
            headers = {"Content-Length": str(5 << 30) if path == "/huge" else "1000"}
        if path == "/mute":
            time.sleep(5)
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(raw)), "ETag": f'"{hash(raw)}"'} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if path == "/drip":
            for _ in range(50):
                self.wfile.write(b"x")
                time.sleep(0.05)
        elif has_body:
            self.wfile.write(raw)

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
