from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import pytest

from pipeline.checkup.samples import check_samples
from tests.support.drawing import make_reader, write_page


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of two samples that are read as they were written."""
    for name, text in (("a.png", "4237 90"), ("b.png", "17")):
        cv2.imwrite(str(tmp_path / name), write_page(text))
    write_truth(tmp_path, ["4237", "90"])
    return tmp_path


def write_truth(folder: Path, numbers: list[str]) -> None:
    pages = [{"file": "a.png", "numbers": numbers}, {"file": "b.png", "numbers": ["17"]}]
    (folder / "truth.json").write_text(json.dumps(pages))


def test_sample_is_read_and_the_speed_told(folder: Path) -> None:
    read, speed = check_samples(make_reader(), folder)
    assert (read.status, read.text) == ("ok", "sample a.png: 4237 90, as it is written there")
    assert speed.status == "ok"
    pattern = r"speed: [\d.]+ pages a second are read by one process, \d+ decoded \(2 of the samples\)"
    assert re.fullmatch(pattern, speed.text)


def test_sample_that_is_read_otherwise_is_wrong(folder: Path) -> None:
    write_truth(folder, ["4237", "91"])
    (finding,) = check_samples(make_reader(), folder)
    assert (finding.status, finding.exit_code) == ("wrong", 70)
    assert "read as 4237 90, but 4237 91 is written there" in finding.text


def test_damaged_sample_is_wrong_and_a_missing_one_missing(folder: Path) -> None:
    raw = (folder / "a.png").read_bytes()
    (folder / "a.png").write_bytes(raw[: len(raw) // 2])
    (finding,) = check_samples(make_reader(), folder)
    assert (finding.status, finding.exit_code) == ("wrong", 70)
    (folder / "a.png").unlink()
    (finding,) = check_samples(make_reader(), folder)
    assert (finding.status, finding.exit_code) == ("missing", 0)
    assert finding.text.startswith("sample a.png: there is no ")


@pytest.mark.parametrize("truth", [None, "", "[]", "{}", "[1]", '[{"file": "a.png"}]'])
def test_installation_without_samples_lacks_nothing_that_reading_needs(tmp_path: Path, truth: str | None) -> None:
    if truth is not None:
        (tmp_path / "truth.json").write_text(truth)
    (finding,) = check_samples(make_reader(), tmp_path)
    assert (finding.status, finding.exit_code) == ("missing", 0)
    assert "truth.json cannot be read (" in finding.text
