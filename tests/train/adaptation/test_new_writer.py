from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipeline.geometry import Box
from pipeline.recognition.classify import load_classifier
from pipeline.types import Reading
from train.adaptation.new_writer import _answer, list_pages, write_review
from train.synthesis.handwriting.pen_paths import UNUSUAL


def read(text: str, box: Box, status: str = "rejected") -> Reading:
    return Reading(text, 0.5, box, (), status, "unsure" if status == "rejected" else None)


def test_writer_keeps_the_shapes_of_the_seed_on_pages_that_differ() -> None:
    first, second = list_pages(3, 0, 2)
    (again,) = list_pages(3, 1, 1)
    (other,) = list_pages(4, 0, 1)
    assert first.shapes == second.shapes != other.shapes
    assert (second.rows, second.seed) == (again.rows, again.seed)
    assert first.rows != second.rows
    assert sum(first.shapes[digit] in UNUSUAL[digit] for digit in UNUSUAL) == 5


def test_rejected_number_alone_in_its_row_gets_its_right_value() -> None:
    (page,) = list_pages(0, 0, 1)
    mm = page.size_px[0] / page.width_mm
    rows = [round((24 - 4.5 + 17 * row) * mm) for row in range(4)]
    readings = [
        read("1", Box(200, rows[0] - 30, 300, rows[0] + 30)),
        read("2", Box(200, rows[1] - 30, 300, rows[1] + 30), "accepted"),
        read("3", Box(200, rows[2] - 30, 250, rows[2] + 30)),
        read("4", Box(280, rows[2] - 30, 300, rows[2] + 30)),
    ]
    box = [str(side) for side in readings[0].box.as_list()]
    assert _answer(page, readings) == {(page.file, "1", *box): page.rows[0][0]}


@pytest.mark.slow
def test_review_is_filled_in(tmp_path: Path) -> None:
    done = write_review(tmp_path, 1, load_classifier(), 4)
    rows = list(csv.DictReader((tmp_path / "review.csv").read_text("utf-8-sig").splitlines()))
    filled = [row["right_value"] for row in rows if row["right_value"]]
    assert (len(filled), sum(map(len, filled))) == (done.n_numbers, done.n_digits)
    assert done.n_digits >= 4
    assert all((tmp_path / row["crop"]).is_file() for row in rows)
