from __future__ import annotations

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
