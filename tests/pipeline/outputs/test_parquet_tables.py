from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline.errors import OutputError, SetupError
from pipeline.outputs import parquet_tables
from pipeline.outputs.overwriting import is_own_result
from pipeline.outputs.parquet_tables import check_parquet_library, write_parquet
from tests.support.records import BLANK, FAILED, FULL

pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra parquet")


def test_a_row_per_number_and_a_row_per_page(tmp_path: Path) -> None:
    path, pages = write_parquet(tmp_path / "read.parquet", [FULL, BLANK, FAILED])
    numbers = pq.read_table(path).to_pylist()
    assert pages == tmp_path / "read.pages.parquet"
    assert [(row["file"], row["number"], row["status"]) for row in numbers] == [
        ("a.jpg", "05", "accepted"),
        ("a.jpg", "7", "rejected"),
        ("a.jpg", "12", "accepted"),
    ]
    assert numbers[1]["reason"] == "unsure" and numbers[0]["left"] == 62 and numbers[0]["bottom"] == 325
    rows = pq.read_table(pages).to_pylist()
    assert [(row["file"], row["page"], row["status"], row["n_numbers"], row["n_rejected"]) for row in rows] == [
        ("a.jpg", 1, "ok", 3, 1),
        ("a.jpg", 1, "blank", 0, 0),
        ("b.jpg", None, "failed", 0, 0),
    ]
    assert rows[0]["width_px"] == 3024 and rows[2]["error_code"] == "missing"


def test_no_record_gives_empty_tables_of_the_same_columns(tmp_path: Path) -> None:
    empty, full = tmp_path / "empty.parquet", tmp_path / "full.parquet"
    write_parquet(empty, [])
    write_parquet(full, [FULL])
    assert pq.read_table(empty).num_rows == 0
    assert pq.read_schema(empty) == pq.read_schema(full)


def test_groups_hold_all_rows_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_tables, "_GROUP_ROWS", 4)
    write_parquet(tmp_path / "read.parquet", [FULL] * 5)
    assert pq.read_table(tmp_path / "read.parquet").column("number").to_pylist() == ["05", "7", "12"] * 5
    assert pq.ParquetFile(tmp_path / "read.parquet").num_row_groups > 1


def test_names_that_are_no_text_are_escapes(tmp_path: Path) -> None:
    write_parquet(tmp_path / "read.parquet", [{**FULL, "file": "caf\udce9.jpg"}])
    assert pq.read_table(tmp_path / "read.parquet").column("file")[0].as_py() == "caf\\udce9.jpg"


def test_error_leaves_the_earlier_tables(tmp_path: Path) -> None:
    path = tmp_path / "read.parquet"
    write_parquet(path, [FULL])
    with pytest.raises(KeyError):
        write_parquet(path, [FULL, {}])
    assert pq.read_table(path).num_rows == 3
    assert sorted(file.name for file in tmp_path.iterdir()) == ["read.pages.parquet", "read.parquet"]
    with pytest.raises(OutputError):
        write_parquet(tmp_path / "none" / "read.parquet", [FULL])


def test_own_tables_are_known_and_others_are_not(tmp_path: Path) -> None:
    import pyarrow as pa

    path, pages = write_parquet(tmp_path / "read.parquet", [FULL])
    other, damaged = tmp_path / "other.parquet", tmp_path / "damaged.parquet"
    pq.write_table(pa.table({"a": [1]}), other)
    damaged.write_bytes(b"PAR1 and nothing else")
    assert [is_own_result(one) for one in (path, pages, other, damaged)] == [True, True, False, False]


def test_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(SetupError, match="pip install pyarrow"):
        check_parquet_library()
