"""Pictures held before the camera, by a page that reads rightly and a truth that says otherwise of a part of it."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.bench.bench_held import hold, main
from tests.support.drawing import write_page


@pytest.mark.parametrize("shape", [(90, 400), (400, 90), (1500, 1500)])
def test_picture_is_whole_in_every_frame_and_moves(shape: tuple[int, int]) -> None:
    first, *others = hold(np.full(shape, 250, np.uint8), 12)
    scale = min(1280 / shape[1], 720 / shape[0])
    for frame in (first, *others):
        assert frame.shape == (720, 1280, 3)
        assert np.mean(frame > 200) == pytest.approx(shape[0] * shape[1] * scale**2 / (1280 * 720), rel=0.03)
    assert np.abs(first.astype(int) - others[-1]).max() > 100


@pytest.mark.slow
def test_faults_and_counts_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), write_page("4207", "58 36", size_px=(640, 360)))
    cv2.imwrite(str(tmp_path / "b.png"), write_page("917", size_px=(640, 360)))
    pages = [
        {"file": "a.png", "numbers": ["4207", "53", "36"]},
        {"file": "b.png", "numbers": ["917"], "tags": ["lone"]},
    ]
    (tmp_path / "truth.json").write_text(json.dumps(pages))
    main([str(tmp_path), "--frames", "20"])
    printed = "a.png: wrong 58; missed 53\n2 pictures with 4 numbers: 4 confirmed, 3 of them right\n"
    assert capsys.readouterr().out == printed
    main([str(tmp_path), "--frames", "20", "--tag", "lone"])
    assert capsys.readouterr().out == "1 pictures with 1 numbers: 1 confirmed, 1 of them right\n"
