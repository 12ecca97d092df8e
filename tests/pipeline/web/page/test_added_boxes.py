from __future__ import annotations

import pytest

from pipeline.web.page.added_boxes import apply_boxes, list_boxes, list_read
from pipeline.web.page.session import OpenedPage
from tests.support.records import BOX, make_page, make_reading
from tests.support.sessions import open_page

NEW = {"name": "", "box": [10, 20.4, 30.6, 40], "text": ""}


def open_read() -> OpenedPage:
    return open_page(make_page(make_reading("12"), make_reading("34", 2, "unsure")))


def list_added(page: OpenedPage) -> list[tuple[str, list[int], str]]:
    return [(one.name, one.box.as_list(), one.text) for one in page.added]


def test_box_is_drawn_typed_moved_and_deleted() -> None:
    page = open_read()
    assert apply_boxes(page, [NEW]) == []
    assert list_added(page) == [("added 1", [10, 20, 31, 40], "")]
    assert (page.typed, page.n_numbers, page.is_corrected) == ([], 2, False)
    (sent,) = list_boxes(page)
    assert apply_boxes(page, [{**sent, "text": " 7 "}, {**NEW, "box": [0, 0, 9, 9]}]) == []
    assert list_added(page) == [("added 1", [10, 20, 31, 40], "7"), ("added 2", [0, 0, 9, 9], "")]
    assert (page.n_numbers, page.is_corrected) == (3, True)
    apply_boxes(page, [{**list_boxes(page)[0], "box": [11, 20, 32, 40]}])
    assert list_added(page) == [("added 1", [11, 20, 32, 40], "7")]
    apply_boxes(page, [])
    assert (page.added, page.version) == ([], 4)


@pytest.mark.parametrize(
    ("typed", "kept", "n_wrong"), [("8x", ["7"], 1), ("-", [], 0), ("", [""], 0), ("12/03", ["12/03"], 0)]
)
def test_what_is_typed_is_a_number_or_told(typed: str, kept: list[str], n_wrong: int) -> None:
    page = open_read()
    apply_boxes(page, [{**NEW, "text": "7"}])
    wrong = apply_boxes(page, [{**list_boxes(page)[0], "text": typed}])
    assert [one.text for one in page.added] == kept
    assert [sentence.startswith("the number that you added: '8x' is no number") for sentence in wrong] == [
        True
    ] * n_wrong


def test_two_numbers_do_not_have_the_same_box() -> None:
    page = open_read()
    apply_boxes(page, [{**NEW, "box": BOX.as_list()}, NEW, NEW])
    assert len(page.added) == 1


def test_box_that_was_taken_away_meanwhile_does_not_come_back() -> None:
    page = open_read()
    apply_boxes(page, [{"name": "added 1", "box": [1, 2, 3, 4], "text": "7"}])
    assert page.added == []


def test_numbers_that_were_read_are_shown_beside_it() -> None:
    page = open_read()
    apply_boxes(page, [{**NEW, "text": "7"}])
    assert [one["status"] for one in list_read(page)] == ["accepted", "rejected"]
