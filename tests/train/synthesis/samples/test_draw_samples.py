"""The samples are still what their script draws, from the seed alone and whatever the camera."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from train.synthesis.samples.draw_samples import draw_photo, draw_samples, enlarge_page
from train.synthesis.samples.sample_pages import SAMPLE_PAGES

SAMPLES = Path(__file__).resolve().parents[4] / "samples"
BY_NAME = {page.file: page for page in SAMPLE_PAGES}


@pytest.mark.parametrize("name", ["marker.jpg", "rotated.jpg", "strip.png", "blank.jpg"])
def test_picture_is_what_the_script_draws(name: str) -> None:
    committed, drawn = cv2.imread(str(SAMPLES / name)), draw_photo(BY_NAME[name])
    assert committed.shape == drawn.shape
    assert np.abs(cv2.blur(committed, (3, 3)).astype(float) - cv2.blur(drawn, (3, 3))).mean() < 3


@pytest.mark.slow
def test_same_seed_draws_the_same_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("one", "other"):
        draw_samples(tmp_path / folder, ["marker.jpg"])
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["marker.jpg"]
    assert (tmp_path / "one" / "marker.jpg").read_bytes() == (tmp_path / "other" / "marker.jpg").read_bytes()
    assert capsys.readouterr().out.count("marker.jpg") == 2


@pytest.mark.slow
def test_larger_camera_sees_the_same_page() -> None:
    small, large = (cv2.resize(draw_photo(enlarge_page(BY_NAME["marker.jpg"], n)), (80, 60)) for n in (400, 1600))
    assert np.abs(small.astype(float) - large).mean() < 20
