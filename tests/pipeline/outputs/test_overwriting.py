from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from pipeline.errors import Failure, UsageError
from pipeline.geometry import Box
from pipeline.outputs.formats import FORMATS
from pipeline.outputs.overwriting import VIDEO_MARK, check_replaceable, check_sources_are_kept, is_own_result
from pipeline.outputs.records import make_record
from pipeline.outputs.report import Report
from pipeline.types import PageReading, Reading


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"photo")
    return path


def link_hard(photo: Path, path: Path) -> None:
    os.link(photo, path)


def link_softly(photo: Path, path: Path) -> None:
    path.symlink_to(photo.name)


@pytest.mark.parametrize("link", [link_hard, link_softly])
def test_source_is_kept_under_any_name(photo: Path, tmp_path: Path, link: object) -> None:
    other = tmp_path / "other.csv"
    link(photo, other)  # type: ignore[operator]
    for output, source in ((photo, photo), (other, photo), (photo, other)):
        with pytest.raises(UsageError, match=f"--output {output} is one of the inputs; choose another name"):
            check_sources_are_kept([("--output", output)], [("one of the inputs", source)])


def test_source_that_is_missing_is_kept_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    with pytest.raises(UsageError, match="is one of the inputs"):
        check_sources_are_kept([("-o", path)], [("one of the inputs", os.path.realpath(path))])


def test_other_files_and_devices_are_fine(photo: Path, tmp_path: Path) -> None:
    outputs = [("-o", tmp_path / "new.csv"), ("-o", Path("/dev/stdout")), ("-o", Path("/dev/null"))]
    check_sources_are_kept(outputs, [("an input", photo), ("an input", "a\0b"), ("an input", "/dev/null")])
    check_replaceable(outputs)


READING = Reading("47", 0.5, Box(1, 2, 30, 40), (), "accepted", None)
PAGES = {
    "number": PageReading("a b: c.jpg", 1, (90, 90), (READING, READING), "digits", {"total": 0.1}),
    "blank": PageReading("a.tif", 2, (90, 90), (), "digits", {"total": 0.1}),
    "failed": Failure("@list", None, "missing", "there is no such list", ""),
}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("pages", [[], ["number"], ["blank"], ["failed"], [*PAGES] * 500], ids=len)
def test_own_results_are_known(tmp_path: Path, format: str, pages: list[str]) -> None:
    path, row = tmp_path / "out", FORMATS[format]
    records = [make_record(PAGES[page]) for page in pages]
    if row.write_files:
        row.write_files(path, records)
    else:
        stream = io.StringIO()
        with Report(stream, row) as report:
            for record in records:
                report.add(record)
        path.write_text(stream.getvalue())
    assert is_own_result(path)
    check_replaceable([("--output", path)])


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", True),
        (b"video" + VIDEO_MARK, True),
        (b"damaged\n" + b'{"schema": 1, "file": "a"}\n', True),
        (b'{"schema": 1, "source": "0", "time_s": 0.5}\n', True),
        (b"\xff\xd8\xff\xe0 JFIF", False),
        (b"a.jpg\nb.jpg\n", False),
        (b"name,number\nAnna,12\n", False),
        (b'{"name": "Anna"}\n', False),
        (b"[1, 2]", False),
        (b"<!DOCTYPE html>\n<html>my page</html>", False),
        (b"dear: all\n", False),
        (b"a.jpg: 12\nand a remark\n", False),
        (b"\n", False),
    ],
)
def test_what_is_a_result_and_what_is_not(tmp_path: Path, raw: bytes, expected: bool) -> None:
    path = tmp_path / "out.csv"
    path.write_bytes(raw)
    assert is_own_result(path) is expected
    if not expected:
        with pytest.raises(UsageError, match="no result of this program; choose another name, or give --force"):
            check_replaceable([("--output", path)])


def test_file_that_cannot_be_read_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise PermissionError

    (tmp_path / "out.csv").touch()
    monkeypatch.setattr(Path, "open", fail)
    assert not is_own_result(tmp_path / "out.csv")


def test_grid_is_known_beside_its_journal_alone(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text("12,,7?\n,3,\n")
    check_replaceable([("--output", path)], [path])
    with pytest.raises(UsageError, match="this file is no result of this program"):
        check_replaceable([("--output", path)])
    path.write_text("name,mark\n")
    with pytest.raises(UsageError, match="this file is no result of this program"):
        check_replaceable([("--output", path)], [path])
