"""The samples: named by their truth, small, and read rightly through the public API."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from pipeline import PageReading, Settings, load_classifier, load_pages, read_page
from pipeline.tables.read_tables import read_tables
from train.evaluation.page_score import PageScore, score_page
from train.synthesis.samples.draw_samples import describe_page
from train.synthesis.samples.sample_page import SamplePage
from train.synthesis.samples.sample_pages import SAMPLE_PAGES

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
BY_NAME = {page.file: page for page in SAMPLE_PAGES}

LEAST_DIGITS = 97.0
"""Floor on digits read rightly, percent over all samples: one digit is 0.4."""

LEAST_COVERAGE = 90.0
MOST_RISK = 5.0
"""Ceiling on accepted numbers that are wrong, percent."""


def list_numbers(page: SamplePage) -> list[str]:
    return [number for row in page.rows for number in row if number]


@cache
def read_sample(name: str) -> PageReading:
    return read_page(next(iter(load_pages(SAMPLES / name))), load_classifier(), Settings())


@pytest.fixture
def scores() -> dict[str, PageScore]:
    return {name: score_page(describe_page(page), read_sample(name).readings) for name, page in BY_NAME.items()}


def test_truth_names_every_picture() -> None:
    truth = json.loads((SAMPLES / "truth.json").read_text(encoding="utf-8"))
    assert truth == [describe_page(page) for page in SAMPLE_PAGES]
    assert {path.name for path in SAMPLES.iterdir()} == {*BY_NAME, "truth.json", "form"}
    assert len({page.seed for page in SAMPLE_PAGES}) == len(SAMPLE_PAGES)


def test_samples_stay_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*.*")) < 3_000_000


@pytest.mark.slow
def test_digits_are_read(scores: dict[str, PageScore]) -> None:
    total = sum(scores.values(), PageScore())
    assert total.figures["digits"] >= LEAST_DIGITS, {name: s.n_edits for name, s in scores.items() if s.n_edits}


@pytest.mark.slow
def test_what_is_accepted_is_right(scores: dict[str, PageScore]) -> None:
    total = sum(scores.values(), PageScore())
    assert total.figures["coverage"] >= LEAST_COVERAGE
    assert total.figures["risk"] <= MOST_RISK, {name: s for name, s in scores.items() if s.n_accepted_wrong}


@pytest.mark.parametrize("name", ["plain.jpg", "marker.jpg", "rotated.jpg", "strip.png", "shadow.jpg"])
def test_easy_page_is_read_whole_and_in_order(name: str) -> None:
    assert [number.text for number in read_sample(name).readings] == list_numbers(BY_NAME[name])


@pytest.mark.slow
def test_table_is_read_cell_by_cell() -> None:
    reading = read_tables(next(iter(load_pages(SAMPLES / "table.jpg"))), load_classifier())
    (table,) = reading.tables or ()
    texts = {(cell.row, cell.column): cell.text for cell in table.cells}
    rows = BY_NAME["table.jpg"].rows
    assert texts == {(r, c): text for r, row in enumerate(rows, 1) for c, text in enumerate(row, 1)}
    assert "rejected" not in {cell.status for cell in table.cells}


def test_blank_page_has_no_numbers() -> None:
    assert read_sample("blank.jpg").readings == ()


def test_turned_photo_is_measured_upright() -> None:
    reading = read_sample("rotated.jpg")
    assert reading.size_px == BY_NAME["rotated.jpg"].size_px
    first = reading.readings[0].box
    assert first.right <= reading.size_px[0] and first.width > first.height
