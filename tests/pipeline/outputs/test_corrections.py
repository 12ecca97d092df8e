from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.outputs.corrections import Counts, correct_records, read_corrections
from pipeline.outputs.csv_writer import make_rows
from pipeline.outputs.review import COLUMNS
from tests.support.records import FAILED, make_page, make_reading

ROW = ["crops/a.1-3fa1b9c0.png", "a.jpg", "1", "1", "0174", "0.5", "unsure", "62", "255", "680", "325", ""]


def write(folder: Path, *rows: list[str], separator: str = ",", end: str = "\r\n", encoding: str = "utf-8") -> Path:
    path = folder / "review.csv"
    path.write_bytes((end.join(separator.join(row) for row in [list(COLUMNS), *rows]) + end).encode(encoding))
    return path


def fill(value: str, **cells: str) -> list[str]:
    return [{"right_value": value, **cells}.get(name, cell) for name, cell in zip(COLUMNS, ROW, strict=True)]


def correct(folder: Path, *rows: list[str], text: str = "0174") -> tuple[dict, Counts, list[str]]:
    table = write(folder, *rows)
    records, counts, doubts = correct_records(
        [(make_page(make_reading(text, 1, "unsure")), ())], read_corrections(table), table
    )
    return records[0], counts, doubts


def test_right_value_takes_the_place_of_what_was_read(tmp_path: Path) -> None:
    record, counts, doubts = correct(tmp_path, fill("0124"))
    (number,) = record["numbers"]
    assert (number["text"], number["status"], number["reason"]) == ("0124", "accepted", None)
    assert (number["confidence"], number["corrected_from"]) == (0.1235, "0174")
    assert [digit["text"] for digit in number["digits"]] == [*"0174"]
    assert counts == Counts(n_changed=1)
    assert doubts == []


@pytest.mark.parametrize(
    ("value", "texts", "expected"),
    [
        ("", ["0174"], Counts(n_open=1)),
        ("0174", ["0174"], Counts(n_confirmed=1)),
        ("-", [], Counts(n_removed=1)),
        ("\u2013", [], Counts(n_removed=1)),
        ("'0124", ["0124"], Counts(n_changed=1)),
        ("12/03", ["12/03"], Counts(n_changed=1)),
        ("(415)  555", ["(415) 555"], Counts(n_changed=1)),
    ],
    ids=["blank", "confirmed", "no number", "a long dash", "an apostrophe", "a date", "two spaces"],
)
def test_value_says_what_becomes_of_a_number(tmp_path: Path, value: str, texts: list[str], expected: Counts) -> None:
    record, counts, _ = correct(tmp_path, fill(value))
    assert [number["text"] for number in record["numbers"]] == texts
    assert counts == expected
    assert [n["text"] for n in record.get("removed", [])] == (["0174"] if value in ("-", "\u2013") else [])


@pytest.mark.parametrize("value", ["12a", "1.2E+11", "12. Mrz", "seven", "/", "\u0663"])
def test_value_that_is_no_number_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(UsageError, match=r"review\.csv row 2: .* is no number; write digits"):
        read_corrections(write(tmp_path, fill(value)))


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"file": "b.jpg"}, "row 2: the results have no page 1 of b.jpg"),
        ({"page": "2"}, "row 2: the results have no page 2 of a.jpg"),
        ({"left": "63"}, r"row 2: the results have no number at \(63, 255, 680, 325\)"),
        ({"number": "0199"}, "row 2: was written for another reading than the 0174"),
        ({"page": "one"}, "row 2: expected page and box in whole numbers, received one"),
    ],
    ids=["file", "page", "box", "reading", "no page number"],
)
def test_row_of_other_results_is_refused(tmp_path: Path, cells: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        correct(tmp_path, fill("0124", **cells))


def test_row_of_another_crop_is_refused(tmp_path: Path) -> None:
    table = write(tmp_path, fill("0124"))
    page = make_page(make_reading("0174", 1, "unsure"))
    correct_records([(page, [ROW[0]])], read_corrections(table), table)
    with pytest.raises(UsageError, match="another reading"):
        correct_records([(page, ["crops/a.1-00000000.png"])], read_corrections(table), table)


def test_one_number_has_one_right_value(tmp_path: Path) -> None:
    assert correct(tmp_path, fill("0124"), fill("0124"))[1] == Counts(n_changed=1)
    assert correct(tmp_path, fill("-"), fill("-"))[1] == Counts(n_removed=1)
    with pytest.raises(UsageError, match="row 3: gives a number two right values"):
        correct(tmp_path, fill("0124"), fill("0125"))


@pytest.mark.parametrize(
    ("value", "number", "expected"),
    [
        ("124", "0174", ["row 2: 124 is shorter than the 0174 that was read: check"]),
        ("124", "174", ["row 2: 124 is shorter than the 0174 that was read, and the table has lost those of what"]),
        ("0124", "174", []),
        ("10124", "0174", []),
    ],
    ids=["shorter", "lost in both", "kept", "longer"],
)
def test_lost_leading_zeros_are_told(tmp_path: Path, value: str, number: str, expected: list[str]) -> None:
    _, _, doubts = correct(tmp_path, fill(value, number=number))
    assert [part in doubt for part, doubt in zip(expected, doubts, strict=True)] == [True] * len(expected)


@pytest.mark.parametrize(
    "form",
    [
        {"encoding": "utf-8-sig"},
        {"separator": ";", "encoding": "cp1252"},
        {"separator": "\t"},
        {"end": "\n"},
    ],
    ids=["byte order mark", "semicolons", "tabs", "line ends"],
)
def test_table_that_a_spreadsheet_has_saved_is_read(tmp_path: Path, form: dict[str, str]) -> None:
    (one,) = read_corrections(write(tmp_path, fill("0124", file="M\u00e4rz.jpg"), **form))
    assert (one.file, one.page, one.box, one.text, one.row) == ("M\u00e4rz.jpg", 1, (62, 255, 680, 325), "0124", 2)


def test_rounded_number_of_a_spreadsheet_is_known_again(tmp_path: Path) -> None:
    record, _, _ = correct(tmp_path, fill("493015572865", number="4.93016E+11"), text="493015572864")
    assert record["numbers"][0]["text"] == "493015572865"


def test_table_without_its_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such table"):
        read_corrections(tmp_path / "review.csv")
    (tmp_path / "review.csv").write_text("file,page\na.jpg,1\n")
    with pytest.raises(UsageError, match="no table of an earlier review"):
        read_corrections(tmp_path / "review.csv")


def test_tables_say_that_a_person_has_corrected_a_number(tmp_path: Path) -> None:
    record, _, _ = correct(tmp_path, fill("0124"))
    assert make_rows(record)[0][3:7] == ["0124", 0.1235, "accepted", "corrected by a person, read as 0174"]


ADDED = {"number": "", "confidence": "", "reason": "", "left": "700", "right": "800"}


def test_row_without_what_was_read_adds_a_number(tmp_path: Path) -> None:
    record, counts, doubts = correct(tmp_path, fill("42", **ADDED), fill("0124"))
    assert [(number["text"], number.get("added")) for number in record["numbers"]] == [("0124", None), ("42", True)]
    assert (counts, doubts) == (Counts(n_changed=1, n_added=1), [])
    assert make_rows(record)[1][3:] == ["42", 1.0, "accepted", "added by a person", 700, 255, 800, 325]


def test_added_number_is_changed_and_taken_away_again(tmp_path: Path) -> None:
    before, _, _ = correct(tmp_path, fill("42", **ADDED))
    for value, texts, removed in (("42", ["0174", "42"], []), ("43", ["0174", "43"], []), ("-", ["0174"], ["42"])):
        table = write(tmp_path, fill(value, **ADDED))
        (record,), counts, _ = correct_records([(before, ())], read_corrections(table), table)
        assert [number["text"] for number in record["numbers"]] == texts
        assert [number["text"] for number in record.get("removed", [])] == removed
        assert counts == Counts(n_removed=len(removed), n_open=1)
    (again,), _, _ = correct_records([(record, ())], read_corrections(table), table)
    assert again == record


def test_where_nothing_was_read_there_is_nothing_to_take_away(tmp_path: Path) -> None:
    record, counts, _ = correct(tmp_path, fill("-", **ADDED))
    assert [number["text"] for number in record["numbers"]] == ["0174"]
    assert counts == Counts(n_open=1)


@pytest.mark.parametrize("sides", [{"right": "9999"}, {"right": "700"}], ids=["beyond the page", "no box"])
def test_number_is_added_on_its_page_alone(tmp_path: Path, sides: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"row 2: page 1 of a\.jpg has no place"):
        correct(tmp_path, fill("42", **{**ADDED, **sides}))


def test_no_number_is_added_to_a_page_that_was_not_read(tmp_path: Path) -> None:
    table = write(tmp_path, fill("42", **{**ADDED, "file": "b.jpg"}))
    with pytest.raises(UsageError, match=r"row 2: page 1 of b\.jpg has no place"):
        correct_records([({**FAILED, "page": 1}, ())], read_corrections(table), table)
