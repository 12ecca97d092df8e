from __future__ import annotations

import pytest

from pipeline.geometry import Box
from pipeline.outputs.added_numbers import add_number
from pipeline.outputs.records import Record
from tests.support.records import BLANK, FAILED, make_page, make_reading, make_tables

BOXES = {"1": [100, 100, 200, 150], "2": [400, 110, 500, 160], "3": [100, 300, 200, 350], "4": [100, 500, 200, 550]}


def make_lines() -> Record:
    """Return a page of three lines: 1 and 2, 3, 4."""
    record = make_page(*(make_reading(text, line) for text, line in zip("1234", (1, 1, 2, 3), strict=True)))
    for number in record["numbers"]:
        number["box"] = BOXES[number["text"]]
    return record


def list_lines(record: Record) -> str:
    lines: dict[int, str] = {}
    for number in record["numbers"]:
        lines[number["line"]] = lines.get(number["line"], "") + number["text"]
    return " ".join(f"{line}:{texts}" for line, texts in lines.items())


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((250, 105, 350, 155), "1:192 2:3 3:4"),
        ((600, 105, 700, 155), "1:129 2:3 3:4"),
        ((0, 105, 50, 155), "1:912 2:3 3:4"),
        ((300, 310, 400, 360), "1:12 2:39 3:4"),
        ((100, 0, 200, 50), "1:9 2:12 3:3 4:4"),
        ((100, 400, 200, 450), "1:12 2:3 3:9 4:4"),
        ((100, 900, 200, 950), "1:12 2:3 3:4 4:9"),
    ],
    ids=["between", "behind", "before", "second line", "above all", "between lines", "below all"],
)
def test_number_is_added_in_reading_order(box: tuple[int, int, int, int], expected: str) -> None:
    record = make_lines()
    before = [dict(number) for number in record["numbers"]]
    numbers = record["numbers"]
    add_number(record, Box(*box), "9")
    assert list_lines(record) == expected
    assert numbers == before


def test_reading_order_of_a_page_that_was_turned() -> None:
    record = make_lines()
    width, height = record["size_px"]
    record["turned_deg"], record["size_px"] = 90, [height, width]
    for number in record["numbers"]:  # as they lie before the page is turned
        left, top, right, bottom = number["box"]
        number["box"] = [height - bottom, left, height - top, right]
    add_number(record, Box(height - 155, 250, height - 105, 350), "9")
    assert list_lines(record) == "1:192 2:3 3:4"


def test_added_number_says_what_it_is() -> None:
    record = {**BLANK}
    add_number(record, Box(1, 2, 30, 40), "12/03")
    assert record["numbers"] == [
        {
            **{"text": "12/03", "confidence": 1.0, "status": "accepted", "reason": None, "line": 1},
            **{"box": [1, 2, 30, 40], "writing": None, "digits": [], "added": True},
        }
    ]


def test_number_belongs_to_the_cell_that_its_center_lies_in() -> None:
    record = make_tables([["1", ""]])
    record["tables"][0]["cells"][1]["corners"] = [[100, 0], [200, 0], [210, 90], [100, 90]]
    add_number(record, Box(180, 10, 220, 40), "5")
    add_number(record, Box(900, 900, 950, 950), "6")
    assert [tuple(n[key] for key in ("table", "row", "column")) for n in record["numbers"] if n.get("added")] == [
        (1, 1, 2),
        (None, None, None),
    ]


def test_number_joins_the_line_of_its_row_however_the_table_slopes() -> None:
    record = make_tables([["1", "2", ""], ["3", "4", "5"]])
    for number, box in zip(
        record["numbers"],
        ([0, 0, 9, 20], [100, 30, 109, 50], [0, 40, 9, 60], [100, 70, 109, 90], [200, 100, 209, 120]),
        strict=True,
    ):
        number["box"] = box
    record["tables"][0]["cells"][2]["corners"] = [[190, 50], [290, 70], [290, 90], [190, 90]]
    add_number(record, Box(200, 65, 209, 85), "9")
    assert list_lines(record) == "1:129 2:345"


@pytest.mark.parametrize("record", [BLANK, FAILED], ids=["beyond the page", "not read"])
def test_there_is_no_such_place(record: Record) -> None:
    with pytest.raises(ValueError, match="expected one within"):
        add_number({**record}, Box(0, 0, 9000, 10), "1")
