from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.errors import OutputError
from pipeline.system.files import is_device, make_folder, open_output, sync_folder, write_file


def test_output_appears_when_all_is_done(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")
    with open_output(path) as stream:
        stream.write("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    with pytest.raises(ZeroDivisionError), open_output(path) as stream:
        stream.write("half")
        raise ZeroDivisionError
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]


def test_output_through_a_link_and_to_a_device(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("real")
    with open_output(tmp_path / "link") as stream:
        stream.write("x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "x"
    with open_output(Path("/dev/null")) as stream:
        stream.write("x")
    assert Path("/dev/null").is_char_device()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_error_on_close_is_an_output_error() -> None:
    with pytest.raises(OutputError, match="/dev/full: cannot be written"), open_output(Path("/dev/full")) as stream:
        stream.write("x")  # kept in the buffer until the stream is closed
    with pytest.raises(ZeroDivisionError), open_output(Path("/dev/full")) as stream:
        stream.write("x")
        raise ZeroDivisionError


def test_error_in_the_block_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No space"), open_output(tmp_path / "a.txt"):
        raise OSError(28, "No space left on device")
    with pytest.raises(BrokenPipeError), open_output(tmp_path / "a.txt"):
        raise BrokenPipeError
    assert list(tmp_path.iterdir()) == []


def test_file_is_replaced_and_what_it_links_to_is_not(tmp_path: Path) -> None:
    real, soft, hard = (tmp_path / name for name in ("real", "soft", "hard" + "x" * 240))
    real.write_bytes(b"photo")
    soft.symlink_to("real")
    os.link(real, hard)
    for path in (soft, hard):
        write_file(path, b"crop")
        assert path.read_bytes() == b"crop"
    assert real.read_bytes() == b"photo"
    assert sorted(tmp_path.iterdir()) == sorted([real, soft, hard])
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "folder", tmp_path / "no" / "file"):
        with pytest.raises(OutputError, match="cannot be written"):
            write_file(path, b"crop")


def test_devices(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("/dev/null", "/dev/stdout", "/dev/fd/1", str(tmp_path / "pipe")):
        assert is_device(Path(name)), name
    for name in (str(tmp_path), __file__, "/dev/shm/none", str(tmp_path / "none")):
        assert not is_device(Path(name)), name


def test_folder_that_cannot_be_synchronized_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr("os.fsync", fail)
    sync_folder(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_output_to_a_pipe_needs_a_reader(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OutputError, match="no program reads from this pipe"), open_output(pipe):
        pass
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with open_output(pipe) as stream:
        assert os.get_blocking(stream.fileno())
        stream.write("x")
    assert os.read(reader, 9) == b"x"
    os.close(reader)


def test_output_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    for path, message in (
        (tmp_path, "folder"),
        (tmp_path / "no" / "out", "No such"),
        (tmp_path / "file" / "o", "Not a"),
    ):
        with pytest.raises(OutputError, match=message), open_output(path):
            pass
    with pytest.raises(OutputError, match="cannot be made"):
        make_folder(tmp_path / "file" / "new")
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(OutputError, match="write-protected"), open_output(tmp_path / "file"):
        pass
    with pytest.raises(OutputError, match="write-protected"):
        make_folder(tmp_path)
