"""Tables as CSV: grids by eye, one file each, and which files are taken for grids."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.outputs.grid_writer import format_grid, list_numbered, resembles_grid, write_grids
from tests.support.records import BLANK, FAILED, make_tables


def test_grid_by_eye() -> None:
    (table,) = make_tables([["12", "", "3?"], ["", "007 8", ""]])["tables"]
    assert format_grid(table) == "12,,3?\n,007 8,\n"


def test_each_table_has_its_file(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    records = [make_tables([["1"]], [["2"]]), BLANK, FAILED, make_tables([["3"]])]
    paths = write_grids(path, records)
    assert [one.name for one in paths] == ["marks.csv", "marks-2.csv", "marks-3.csv"]
    assert [one.read_text() for one in paths] == ["1\n", "2\n", "3\n"]
    assert list(list_numbered(path)) == paths[1:]


def test_no_table_is_an_empty_file(tmp_path: Path) -> None:
    assert write_grids(tmp_path / "marks.csv", [BLANK, FAILED]) == [tmp_path / "marks.csv"]
    assert (tmp_path / "marks.csv").read_text() == ""


def test_only_numbered_names_are_those_of_further_tables(tmp_path: Path) -> None:
    for name in ("marks-2.csv", "marks-10.csv", "marks-1.csv", "marks-02.csv", "marks-a.csv", "other-2.csv"):
        (tmp_path / name).touch()
    assert [one.name for one in list_numbered(tmp_path / "marks.csv")] == ["marks-10.csv", "marks-2.csv"]
    assert list(list_numbered(tmp_path / "none" / "marks.csv")) == []


@pytest.mark.parametrize(
    ("text", "is_grid"), [("1,2?\n,3\n", True), ("12 7,-3\n", True), ("", True), ("name,mark\n1,2\n", False)]
)
def test_what_resembles_a_grid(text: str, is_grid: bool) -> None:
    assert resembles_grid(text.encode()) == is_grid
