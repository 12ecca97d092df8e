"""Counts of a page, worked by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from pipeline.errors import InputError
from tests.support.sightings import read_as
from train.evaluation.page_score import PageScore, edit_distance, load_truth, score_page


@pytest.mark.parametrize(
    ("a", "b", "n_edits"),
    [("", "", 0), ("", "12", 2), ("12", "", 2), ("123", "13", 1), ("123", "143", 1), ("12", "21", 2), ("1234", "5", 4)],
)
def test_edits_by_hand(a: str, b: str, n_edits: int) -> None:
    assert edit_distance(a, b) == edit_distance(b, a) == n_edits


def test_page_by_hand() -> None:
    readings = [read_as("42"), read_as("17"), read_as("17"), read_as("8", rejected=True)]
    score = score_page({"numbers": ["42", "17", "9"]}, readings)
    assert (score.n_digits, score.n_edits, score.n_numbers, score.n_read) == (5, 3, 3, 4)
    assert (score.n_hits, score.n_accepted, score.n_accepted_wrong) == (2, 3, 1)  # the second 17 was written once
    assert score.figures["risk"] == pytest.approx(100 / 3)
    assert score.figures["coverage"] == 75
    assert score.figures["numbers"] == pytest.approx(400 / 7)


def test_scattered_digits_count_in_any_order() -> None:
    readings = [read_as("3"), read_as("1"), read_as("2")]
    assert score_page({"numbers": ["123"], "ordered": False, "grouped": False}, readings) == PageScore(1, 1, 3, 0)
    assert score_page({"numbers": ["123"], "grouped": False}, readings).n_edits > 0


def test_blank_page_is_right_where_nothing_is_read() -> None:
    assert score_page({"numbers": []}, []).n_right_pages == 1
    assert score_page({"numbers": []}, [read_as("1")]).n_accepted_wrong == 1


def test_pages_add_up_and_nothing_is_no_percentage() -> None:
    assert PageScore(1, 0, 4, 1) + PageScore(1, 1, 6, 0) == PageScore(2, 1, 10, 1)
    assert (PageScore(1, 0, 4, 1) + PageScore(1, 1, 6, 0)).figures["digits"] == 90
    assert math.isnan(PageScore().figures["pages"])


@pytest.mark.parametrize("content", [None, "[{"], ids=["missing", "damaged"])
def test_truth_that_cannot_be_read_is_told(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "truth.json").write_text(content, "utf-8")
    with pytest.raises(InputError, match=r"truth\.json: cannot be read") as caught:
        load_truth(tmp_path)
    assert "Errno" not in str(caught.value) and str(caught.value).count(str(tmp_path)) == 1
