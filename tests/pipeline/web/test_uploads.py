from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable

import pytest
from fastapi import Request

from pipeline.web.request_errors import LargeUploadError, RequestError, SlowUploadError
from pipeline.web.uploads import UNNAMED, Upload, receive_upload

FORM = "multipart/form-data; boundary=line"


def make_form(*parts: tuple[str, bytes]) -> bytes:
    """Return the body of a form of parts, each a Content-Disposition and what it holds."""
    heads = [b"--line\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (h.encode(), c) for h, c in parts]
    return b"".join(heads) + b"--line--\r\n"


def receive(
    chunks: Iterable[bytes], kind: str = "", length: int | None = None, wait_s: float = 0.0, is_cut: bool = False
) -> Upload:
    """Return the upload of a request whose body comes in chunks, `wait_s` apart; with `is_cut` it breaks off."""
    headers = [(b"content-type", kind.encode())]
    headers += [] if length is None else [(b"content-length", str(length).encode())]
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append({"type": "http.disconnect"} if is_cut else {"type": "http.request", "body": b""})

    async def receive_message() -> dict[str, object]:
        await asyncio.sleep(wait_s)
        return messages.pop(0)

    scope = {"type": "http", "method": "POST", "path": "/read", "headers": headers, "query_string": b""}
    return asyncio.run(receive_upload(Request(scope, receive_message), 2_000_000, 0.2))


def test_bytes_and_form() -> None:
    plain = receive([b"ab", b"c"], "image/png")
    assert (plain.name, plain.raw, plain.password) == (UNNAMED, b"abc", None)
    form = make_form(('name="password"', b"secret"), ('name="file"; filename="a b.pdf"', b"\x00\r\n\xff"))
    sent = receive([form], FORM)
    assert (sent.name, sent.raw, sent.password) == ("a b.pdf", b"\x00\r\n\xff", "secret")
    assert "secret" not in repr(sent)


def test_nothing_is_written_to_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a file was made")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", refuse)
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    raw = bytes(2_000_000)
    assert receive([make_form(('name="file"; filename="a.png"', raw))], FORM).raw == raw


def test_stated_length_is_enough_to_refuse() -> None:
    with pytest.raises(LargeUploadError, match="the file has more than 2 MB"):
        receive([], "image/png", length=2_000_001)
    assert receive([b"a"], "image/png", length=2_000_000).raw == b"a"


def test_body_without_a_length_is_counted() -> None:
    for kind in ("image/png", FORM):
        start = make_form(('name="file"; filename="a.png"', b""))[:-12] if kind == FORM else b""
        with pytest.raises(LargeUploadError):
            receive([start, *[bytes(500_000)] * 5], kind)


def test_upload_that_does_not_arrive() -> None:
    with pytest.raises(SlowUploadError, match=r"within 0.2 s"):
        receive([b"a"] * 5, "image/png", wait_s=0.1)


@pytest.mark.parametrize("kind", ["image/png", FORM])
def test_upload_that_breaks_off(kind: str) -> None:
    with pytest.raises(RequestError, match="the upload broke off"):
        receive([make_form(('name="file"; filename="a.png"', b"abc"))[:70]], kind, is_cut=True)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([], "it is empty"),
        ([('name="picture"; filename="a.png"', b"a")], "its fields are 'picture'"),
        ([('name="file"', b"a.png")], "no file in a field 'file'"),
        ([('name="file"; filename="a"', b"a"), ('name="file"; filename="b"', b"b")], "Too many files"),
    ],
    ids=["empty", "other", "text", "two"],
)
def test_wrong_form(parts: list[tuple[str, bytes]], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        receive([make_form(*parts)], FORM)
