from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli import main
from tests.support.records import BLANK, make_page, make_reading

Captured = pytest.CaptureFixture[str]
FIRST = make_page(make_reading("05", 1), make_reading("174", 2, "unsure"), source="a.jpg")
SECOND = {**BLANK, "file": "b.jpg"}
COLUMNS = "crop,file,page,line,number,confidence,reason,left,top,right,bottom,right_value"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    numbers = [FIRST["numbers"][0], {**FIRST["numbers"][1], "box": [1, 2, 30, 40]}]
    path = tmp_path / "read.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in ({**FIRST, "numbers": numbers}, SECOND)))
    return path


@pytest.fixture
def fill(tmp_path: Path) -> Callable[[str], str]:
    def fill(value: str) -> str:
        (tmp_path / "review.csv").write_text(f"{COLUMNS}\n,a.jpg,1,2,174,0.1,unsure,1,2,30,40,{value}\n")
        return str(tmp_path / "review.csv")

    return fill


def test_right_values_go_into_every_format(
    results: Path, fill: Callable[[str], str], tmp_path: Path, capsys: Captured
) -> None:
    names = ["out.csv", "out.json", "out.html", "out.txt", "out.jsonl"]
    outputs = [word for name in names for word in ("-o", str(tmp_path / name))]
    assert main([str(results), "--apply-review", fill("124"), *outputs]) == 0
    assert capsys.readouterr().err == "1 corrected, 0 confirmed, 0 removed; 0 rejected still\n"
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert [(row["number"], row["status"], row["reason"]) for row in rows] == [
        ("05", "accepted", ""),
        ("124", "accepted", "corrected by a person, read as 174"),
        ("", "blank", ""),
    ]
    assert (tmp_path / "out.txt").read_text() == "a.jpg: 05 | 124\nb.jpg: (no numbers)\n"
    assert json.loads((tmp_path / "out.json").read_text())[0]["numbers"][1]["corrected_from"] == "174"
    assert "read as 174" in (tmp_path / "out.html").read_text()
    again = [str(tmp_path / "out.jsonl"), "--apply-review", fill("125"), "--strict", "-q"]
    assert main(again) == 0  # what has been corrected may be corrected again
    assert capsys.readouterr() == ("a.jpg: 05 | 125\nb.jpg: (no numbers)\n", "")


def test_blank_row_stays_rejected(results: Path, fill: Callable[[str], str], capsys: Captured) -> None:
    assert main([str(results), "--apply-review", fill(""), "--strict"]) == 6
    assert capsys.readouterr().out.startswith("a.jpg: 05 | 174?\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{results}", "--signs"], "--apply-review reads no pictures"),
        (["{results}", "--resume"], "--apply-review reads no pictures"),
        ([], "--apply-review needs the results that it corrects"),
        (["{results}", "{results}"], "page 1 of a.jpg is in the results twice"),
        (["missing.csv"], "missing.csv: there is no such file"),
        (["{results}", "-o", "{results}"], "is one of the results"),
        (["{results}", "-o", "{table}"], "is the table"),
        (["{results}", "-o", "{other}"], "this file is no result of this program"),
    ],
    ids=["signs", "resume", "no results", "twice", "missing", "over the results", "over the table", "over another"],
)
def test_bad_command_writes_nothing(
    results: Path, fill: Callable[[str], str], tmp_path: Path, words: list[str], message: str, capsys: Captured
) -> None:
    other = tmp_path / "letter.txt"
    other.write_text("Dear reader")
    places = {"results": results, "table": fill("124"), "other": other}
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    given = [word.format(**places) for word in words]
    assert main([*given, "--apply-review", fill("124")]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("error: ") and message in err and err.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("value", ["x", "12a"])
def test_bad_table_writes_nothing(
    results: Path, fill: Callable[[str], str], tmp_path: Path, value: str, capsys: Captured
) -> None:
    output = tmp_path / "out.csv"
    assert main([str(results), "--apply-review", fill(value), "-o", str(output)]) == 2
    assert "row 2" in capsys.readouterr().err
    assert not output.exists()


@pytest.mark.slow
def test_review_of_a_run_comes_back(tmp_path: Path, capsys: Captured) -> None:
    sample = str(Path(__file__).resolve().parents[3] / "samples" / "strip.png")
    table, folder = tmp_path / "read.csv", tmp_path / "review"
    assert main([sample, "-o", str(table), "--review", str(folder), "--reject-below", "1", "-q"]) == 0
    rows = list(csv.DictReader((folder / "review.csv").read_text("utf-8-sig").splitlines()))
    assert rows
    rows[0]["right_value"] = "007"
    with (folder / "review.csv").open("w", encoding="cp1252", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    assert main([str(table), "--apply-review", str(folder / "review.csv")]) == 0
    assert "007" in capsys.readouterr().out
