from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.errors import InputError, MissingInputError, RemoteInputError
from pipeline.remote import web_files
from pipeline.remote.web_files import fetch_web_file, identify_web_file
from tests.support.web_server import WebServer, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    monkeypatch.setattr(web_files, "_PAUSE_S", 0.01)
    monkeypatch.setattr(web_files, "_SILENCE_S", 0.1)
    with serving({"/a.png": b"pixels", "/b c.png": b"more", "/b%20c.png": b"more"}) as server:
        yield server


def test_bytes_come_with_size_and_version(server: WebServer) -> None:
    raw, identity = fetch_web_file(f"{server.address}/a.png", 100, 5)
    assert raw == b"pixels" and identity[0] == 6
    assert identify_web_file(f"{server.address}/a.png", 5) == identity
    server.files["/a.png"] = b"others"
    assert identify_web_file(f"{server.address}/a.png", 5) != identity


def test_redirection_and_spaces(server: WebServer) -> None:
    assert fetch_web_file(f"{server.address}/moved", 100, 5)[0] == b"pixels"
    assert fetch_web_file(f"{server.address}/b c.png", 100, 5)[0] == b"more"


def test_busy_server_is_asked_again_and_no_more_than_thrice(server: WebServer) -> None:
    assert fetch_web_file(f"{server.address}/busy", 100, 5)[0] == b"at last"
    server.n_busy = -10
    with pytest.raises(RemoteInputError, match="the server says 503"):
        fetch_web_file(f"{server.address}/busy", 100, 5)
    assert server.n_busy == -7


@pytest.mark.parametrize(
    ("path", "kind", "told"),
    [
        ("/none.png", MissingInputError, "there is nothing at that address \\(404"),
        ("/secret", RemoteInputError, "the server says 403 .* presigned"),
        ("/huge", RemoteInputError, "it is larger than 0 MB"),
        ("/cut", RemoteInputError, "the connection broke after 0 of 1,000 bytes"),
        ("/drip", RemoteInputError, "did not come within its time; raise --timeout"),
        ("/mute", RemoteInputError, "the server does not answer"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(
    server: WebServer, path: str, kind: type[InputError], told: str
) -> None:
    with pytest.raises(kind, match=told):
        fetch_web_file(server.address + path, 1000, 0.25)
    assert identify_web_file(server.address + "/none.png", 1) is None


def test_file_of_the_most_bytes_is_read_and_one_more_is_not(server: WebServer) -> None:
    assert fetch_web_file(f"{server.address}/a.png", 6, 5)[0] == b"pixels"
    with pytest.raises(RemoteInputError, match="larger"):
        fetch_web_file(f"{server.address}/a.png", 5, 5)


def test_server_that_is_away(server: WebServer) -> None:
    with pytest.raises(RemoteInputError, match="cannot be reached"):
        fetch_web_file("http://127.0.0.1:1/a.png", 100, 5)


def test_redirection_to_a_file_is_not_followed(server: WebServer) -> None:
    with pytest.raises(RemoteInputError, match="302"):
        fetch_web_file(f"{server.address}/to-file", 10_000, 1)
