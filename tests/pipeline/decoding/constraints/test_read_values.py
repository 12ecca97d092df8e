"""Files of values: what is read, and what is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.decoding.constraints.read_values import read_values
from pipeline.errors import ConstraintError

READ = {
    "bare": (b"4071\n0806\n", ("4071", "0806")),
    "header": (b"id\n4071\n", ("4071",)),
    "header with a digit": (b"column 1\n4071\n", ("4071",)),
    "spreadsheet": (b'\xef\xbb\xbf"id"\r\n"0071"\r\n\r\n', ("0071",)),
    "signs": (b"1,250.00\n(415) 555-0132\n98%\n", ("1,250.00", "(415) 555-0132", "98%")),
    "twice": (b"7\n8\n7", ("7", "8")),
    "no number first": (b"\n--\n7", None),
}


@pytest.mark.parametrize(("raw", "values"), READ.values(), ids=READ)
def test_values_of_a_file(raw: bytes, values: tuple[str, ...] | None, tmp_path: Path) -> None:
    path = tmp_path / "ids.csv"
    path.write_bytes(raw)
    if values is None:
        with pytest.raises(ConstraintError, match="line 2: '--' is no number"):
            read_values(path)
    else:
        assert read_values(path) == values


REFUSED = {
    "empty": (b"", "it holds no number"),
    "header alone": (b"id\n", "it holds no number"),
    "bell": (b"1\n2\a\n", "line 2: '2\\x07' is no number"),
    "word": (b"1\nabc\n", "line 2: 'abc' is no number"),
    "two columns": (b"id,name\n1,Ann\n", "more than one column"),
    "two columns without a header": (b"1;2\n", "more than one column"),
    "UTF-16": ("id\n1\n".encode("utf-16"), "no text in UTF-8"),
}


@pytest.mark.parametrize(("raw", "message"), REFUSED.values(), ids=REFUSED)
def test_unusable_file_is_one_line(raw: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "ids.csv"
    path.write_bytes(raw)
    with pytest.raises(ConstraintError) as caught:
        read_values(path)
    assert str(path) in str(caught.value) and message in str(caught.value)
    assert "\n" not in str(caught.value) and caught.value.exit_code == 2


@pytest.mark.parametrize(("name", "message"), [("none.csv", "No such file"), (".", "Is a directory")])
def test_what_is_no_file_is_refused(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConstraintError, match=f"it cannot be read .{message}"):
        read_values(tmp_path / name)
