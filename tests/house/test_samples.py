"""The samples: still what their script draws, and read rightly through the public API."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline import PageReading, Settings, load_classifier, load_pages, read_page
from train.evaluation.page_score import PageScore, score_page
from train.synthesis.samples.draw_samples import describe_page, draw_photo, draw_samples, enlarge_page
from train.synthesis.samples.sample_pages import SAMPLE_PAGES, SamplePage

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
BY_NAME = {page.file: page for page in SAMPLE_PAGES}

LEAST_DIGITS = 97.0
"""Floor on digits read rightly, percent over all samples: one digit is 0.4."""

LEAST_COVERAGE = 90.0
MOST_RISK = 5.0
"""Ceiling on accepted numbers that are wrong, percent."""


def list_numbers(page: SamplePage) -> list[str]:
    return [number for row in page.rows for number in row]


@pytest.fixture(scope="module")
def read_samples() -> dict[str, PageReading]:
    classifier = load_classifier()
    pages = {name: next(iter(load_pages(SAMPLES / name))) for name in BY_NAME}
    return {name: read_page(page, classifier, Settings()) for name, page in pages.items()}


@pytest.fixture(scope="module")
def scores(read_samples: dict[str, PageReading]) -> dict[str, PageScore]:
    return {name: score_page(describe_page(BY_NAME[name]), page.readings) for name, page in read_samples.items()}


def test_truth_names_every_picture() -> None:
    truth = json.loads((SAMPLES / "truth.json").read_text(encoding="utf-8"))
    assert truth == [describe_page(page) for page in SAMPLE_PAGES]
    assert {path.name for path in SAMPLES.iterdir()} == {*BY_NAME, "truth.json"}
    assert len({page.seed for page in SAMPLE_PAGES}) == len(SAMPLE_PAGES)


def test_samples_stay_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.iterdir()) < 3_000_000


@pytest.mark.parametrize("name", ["marker.jpg", "rotated.jpg", "strip.png", "blank.jpg"])
def test_picture_is_what_the_script_draws(name: str) -> None:
    committed, drawn = cv2.imread(str(SAMPLES / name)), draw_photo(BY_NAME[name])
    assert committed.shape == drawn.shape
    assert np.abs(cv2.blur(committed, (3, 3)).astype(float) - cv2.blur(drawn, (3, 3))).mean() < 3


def test_same_seed_draws_the_same_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("one", "other"):
        draw_samples(tmp_path / folder, ["marker.jpg"])
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["marker.jpg"]
    assert (tmp_path / "one" / "marker.jpg").read_bytes() == (tmp_path / "other" / "marker.jpg").read_bytes()
    assert capsys.readouterr().out.count("marker.jpg") == 2


def test_larger_camera_sees_the_same_page() -> None:
    small, large = (cv2.resize(draw_photo(enlarge_page(BY_NAME["marker.jpg"], n)), (80, 60)) for n in (400, 1600))
    assert np.abs(small.astype(float) - large).mean() < 20


def test_digits_are_read(scores: dict[str, PageScore]) -> None:
    total = sum(scores.values(), PageScore())
    assert total.figures["digits"] >= LEAST_DIGITS, {name: s.n_edits for name, s in scores.items() if s.n_edits}


def test_what_is_accepted_is_right(scores: dict[str, PageScore]) -> None:
    total = sum(scores.values(), PageScore())
    assert total.figures["coverage"] >= LEAST_COVERAGE
    assert total.figures["risk"] <= MOST_RISK, {name: s for name, s in scores.items() if s.n_accepted_wrong}


@pytest.mark.parametrize("name", ["plain.jpg", "marker.jpg", "rotated.jpg", "strip.png", "shadow.jpg"])
def test_easy_page_is_read_whole_and_in_order(read_samples: dict[str, PageReading], name: str) -> None:
    assert [number.text for number in read_samples[name].readings] == list_numbers(BY_NAME[name])


def test_blank_page_has_no_numbers(read_samples: dict[str, PageReading]) -> None:
    assert read_samples["blank.jpg"].readings == ()


def test_turned_photo_is_measured_upright(read_samples: dict[str, PageReading]) -> None:
    reading = read_samples["rotated.jpg"]
    assert reading.size_px == BY_NAME["rotated.jpg"].size_px
    first = reading.readings[0].box
    assert first.right <= reading.size_px[0] and first.width > first.height
