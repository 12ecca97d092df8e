from __future__ import annotations

import pytest

from pipeline.geometry import Box
from pipeline.web.page.numbers_table import apply_edits, make_rows, order_numbers
from pipeline.web.page.session import AddedNumber, OpenedPage
from tests.support.records import make_page, make_reading
from tests.support.sessions import open_page


def make_mixed() -> dict:
    record = make_page(*(make_reading(text, line) for line, text in enumerate(("1", "2", "3", "4"), 1)))
    for at, confidence in ((1, 0.6), (3, 0.2)):
        record["numbers"][at] |= {"status": "rejected", "reason": "unsure", "confidence": confidence}
    return record


def test_doubtful_numbers_come_first_the_least_sure_before() -> None:
    assert order_numbers(make_mixed()) == [3, 1, 0, 2]


def test_rows_show_what_was_corrected() -> None:
    rows = make_rows(open_page(make_mixed(), n3="9"), ["a", "b", "c", "d"])
    assert [(row["picture"], row["number"], row["right"]) for row in rows] == [
        ("d", "9", True), ("b", "2", False), ("a", "1", False), ("c", "3", False)
    ]  # fmt: skip
    assert [row["reason"] for row in rows] == ["unsure", "unsure", "", ""]
    assert rows[0]["place"] == "line 4"


def test_place_is_the_cell_of_a_table_or_the_field_of_a_form() -> None:
    record = make_page(make_reading("1"))
    record["numbers"][0] |= {"table": 1, "row": 2, "column": 3}
    assert make_rows(open_page(record), [""])[0]["place"] == "row 2, column 3"
    record["fields"] = [{"name": "week", "text": ""}, {"name": "hours", "text": "1"}]
    assert make_rows(open_page(record), [""])[0]["place"] == "hours"


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ({"number": "12"}, {1: "12"}),
        ({"number": " 12 "}, {1: "12"}),
        ({"number": "-"}, {1: "-"}),
        ({"number": "2"}, {}),
        ({"number": ""}, {}),
        ({"number": None}, {}),
        ({"right": True}, {1: "2"}),
        ({"right": False}, {}),
        ({"number": "12", "right": False}, {}),
        ({"number": "2", "right": True}, {1: "2"}),
        ({}, {}),
    ],
    ids=str,
)
def test_what_an_edit_says(edit: dict[str, object], expected: dict[int, str]) -> None:
    page = open_page(make_mixed())
    assert apply_edits(page, {1: edit}) == []
    assert page.corrections == expected
    assert apply_edits(page, {1: edit}) == []  # the table sends all edits again with each of them
    assert page.corrections == expected


def test_what_is_no_number_is_told_and_not_kept() -> None:
    page = open_page(make_mixed(), n1="7")
    (sentence,) = apply_edits(page, {1: {"number": "12a"}})
    assert sentence.startswith("row 2: '12a' is no number; write digits and signs")
    assert page.corrections == {}


def test_value_that_would_widen_the_picture_is_told_and_not_kept() -> None:
    page = open_page(make_mixed())
    (sentence,) = apply_edits(page, {1: {"number": "1" * 201}})
    assert sentence.startswith("row 2: '11111111111111111111'... has 201 characters")
    assert page.corrections == {}
    assert apply_edits(page, {1: {"number": "1" * 200}}) == []


def test_an_edit_of_no_row_is_left_out() -> None:
    page = open_page(make_mixed())
    assert apply_edits(page, {4: {"number": "12"}, -1: {"number": "12"}}) == []
    assert page.corrections == {}


def test_a_correction_is_taken_back() -> None:
    page = open_page(make_mixed(), n1="7", n0="8")
    apply_edits(page, {1: {"right": False}})
    assert page.corrections == {0: "8"}


def open_with_added() -> OpenedPage:
    page = open_page(make_mixed())
    page.added = [AddedNumber("added 1", Box(700, 255, 800, 325), "12"), AddedNumber("added 2", Box(1, 1, 9, 9))]
    return page


def test_added_numbers_come_first() -> None:
    first, second, *_ = make_rows(open_with_added(), ["a", "b", "c", "d", "e"])
    assert (first["picture"], first["number"], first["right"]) == ("e", "12", True)
    assert (first["reason"], first["place"], first["sure"]) == ("added by a person", "line 1", None)
    assert second["picture"] == "d"


def test_place_of_an_added_number_is_the_field_of_a_form() -> None:
    page = open_with_added()
    page.record["fields"] = [{"name": "week", "text": "", "box": [690, 250, 900, 400]}]
    assert make_rows(page, ["a", "b", "c", "d", "e"])[0]["place"] == "week"


@pytest.mark.parametrize(
    ("edit", "expected"),
    [({"number": "13"}, ["13", ""]), ({"number": "-"}, [""]), ({"number": None}, [""]), ({"right": False}, [""])],
    ids=str,
)
def test_added_number_is_edited_and_taken_away(edit: dict[str, object], expected: list[str]) -> None:
    page = open_with_added()
    assert apply_edits(page, {1: {"number": "44"}, 0: edit}) == []
    assert [one.text for one in page.added] == expected
    assert page.corrections == {3: "44"}  # of the most doubtful number, in the row below
    assert page.version == 2 - len(expected)


def test_added_number_that_is_edited_to_none_stays() -> None:
    page = open_with_added()
    (sentence,) = apply_edits(page, {0: {"number": "x"}})
    assert sentence.startswith("row 1: 'x' is no number")
    assert page.added[0].text == "12"
