from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.errors import OutputError
from pipeline.system.files import make_folder, open_output


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
