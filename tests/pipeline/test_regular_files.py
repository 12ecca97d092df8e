from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest

from pipeline.regular_files import open_regular, read_regular


def test_regular_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("a")
    assert read_regular(tmp_path / "a", 5) == read_regular(str(tmp_path / "link"), 5) == b"12345"
    with open_regular(tmp_path / "a") as file:
        assert file.read() == b"12345"


def test_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(10 << 30)
    with pytest.raises(OSError, match="larger than 1 MB"):
        read_regular(tmp_path / "sparse", 1 << 20)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_no_regular_file_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket")
        for path, kind in (("pipe", "a named pipe"), ("socket", "a socket"), ("/dev/zero", "a device")):
            with pytest.raises(OSError, match=f"it is {kind}, not a regular file") as caught:
                open_regular(path)
            assert caught.value.errno == errno.EINVAL
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "none")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_file_that_becomes_a_pipe_while_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    regular = os.stat(tmp_path / "file")  # noqa: PTH116 - as the code does
    monkeypatch.setattr(os, "stat", lambda path: regular)
    with pytest.raises(OSError, match="a named pipe"):
        open_regular(tmp_path / "pipe")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_file_without_a_size_is_empty() -> None:
    assert read_regular("/proc/self/status", 1 << 20) == b""
