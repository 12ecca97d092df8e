"""The samples: still what their script draws, and read rightly through the public API."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline import PageReading, Settings, load_classifier, load_pages, read_page
from train.draw_samples import describe_page, draw_photo, enlarge_page, main
from train.sample_pages import SAMPLE_PAGES, SamplePage

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
BY_NAME = {page.file: page for page in SAMPLE_PAGES}

LEAST_DIGITS_FRAC = 0.97
"""Floor on digits read rightly, over all samples: one in 235 is 0.4 %."""

MOST_WRONG_FRAC = 0.05
"""Ceiling on accepted numbers that are wrong."""


def count_edits(want: str, got: str) -> int:
    row = list(range(len(got) + 1))
    for i, wanted in enumerate(want, 1):
        above_left, row[0] = row[0], i
        for j, read in enumerate(got, 1):
            above_left, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above_left + (wanted != read))
    return row[-1]


def list_numbers(page: SamplePage) -> list[str]:
    return [number for row in page.rows for number in row]


@pytest.fixture(scope="module")
def read_samples() -> dict[str, PageReading]:
    classifier = load_classifier()
    pages = {name: next(iter(load_pages(SAMPLES / name))) for name in BY_NAME}
    return {name: read_page(page, classifier, Settings()) for name, page in pages.items()}


@pytest.mark.parametrize(
    ("want", "got", "edits"), [("", "", 0), ("12", "", 2), ("12", "12", 0), ("1234", "234", 1), ("12", "21", 2)]
)
def test_edit_distance(want: str, got: str, edits: int) -> None:
    assert count_edits(want, got) == edits


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
        main(["--out", str(tmp_path / folder), "--only", "marker.jpg"])
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["marker.jpg"]
    assert (tmp_path / "one" / "marker.jpg").read_bytes() == (tmp_path / "other" / "marker.jpg").read_bytes()
    assert capsys.readouterr().out.count("marker.jpg") == 2


def test_larger_camera_sees_the_same_page() -> None:
    small, large = (cv2.resize(draw_photo(enlarge_page(BY_NAME["marker.jpg"], n)), (80, 60)) for n in (400, 1600))
    assert np.abs(small.astype(float) - large).mean() < 20


def test_digits_are_read(read_samples: dict[str, PageReading]) -> None:
    edits = {}
    for name, reading in read_samples.items():
        got = "".join(number.text for number in reading.readings)
        edits[name] = count_edits("".join(list_numbers(BY_NAME[name])), got)
    n_digits = sum(len("".join(list_numbers(page))) for page in SAMPLE_PAGES)
    assert 1 - sum(edits.values()) / n_digits >= LEAST_DIGITS_FRAC, {name: n for name, n in edits.items() if n}


def test_what_is_accepted_is_right(read_samples: dict[str, PageReading]) -> None:
    wrong, n_accepted = [], 0
    for name, reading in read_samples.items():
        left = list_numbers(BY_NAME[name])
        for number in (number.text for number in reading.readings if number.status == "accepted"):
            n_accepted += 1
            if number in left:
                left.remove(number)
            else:
                wrong.append((name, number))
    assert n_accepted > 30
    assert len(wrong) <= MOST_WRONG_FRAC * n_accepted, wrong


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
