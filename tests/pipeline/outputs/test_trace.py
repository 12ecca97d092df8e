"""The trace: numbered pictures of every stage, only when asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.errors import OutputError
from pipeline.outputs.trace import (
    Trace,
    draw_line_images,
    draw_lines,
    draw_rulings,
    draw_spans,
    draw_tensors,
    format_trials,
)
from pipeline.reading.read_page import read_page
from pipeline.reading.stages import Recognition, Stages, Trial
from pipeline.recognition.line_images import LineImage
from pipeline.types import Digit, InkMask, Page, Reading
from tests.support.drawing import (
    capture_stages,
    draw_ink,
    make_lattice,
    make_line,
    make_reader,
    make_scores,
    parse,
    write_page,
)

NAMES = ["gray", "darkness", "ink", "rulings", "lines", "cuts", "tensors", "line-images"]


def stage(ink: np.ndarray, cleared: np.ndarray | None = None, **later: Any) -> Stages:
    masks = {"ink": InkMask(ink.copy()), "cleared": InkMask((ink if cleared is None else cleared).copy())}
    blank = capture_stages(np.full_like(ink, 255))
    return replace(blank, ink=replace(blank.ink, **masks), **later)


@pytest.mark.parametrize("gray", [write_page("4207"), np.full((90, 120), 255, np.uint8), np.zeros((1, 1), np.uint8)])
def test_pictures_are_numbered_and_of_the_pages_size(gray: np.ndarray, tmp_path: Path) -> None:
    Trace(tmp_path / "deep" / "er", "a.b").write(capture_stages(gray))
    *paths, trials = sorted((tmp_path / "deep" / "er").iterdir())
    assert trials.name == "a.b.hypotheses.txt"
    assert [path.name for path in paths] == [f"a.b.{i}-{name}.png" for i, name in enumerate(NAMES, start=1)]
    pictures = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in paths]
    assert (pictures[0] == gray).all()
    assert all(picture.shape[:2] == gray.shape for picture in pictures[:-2])


def test_nothing_is_written_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    read_page(Page(write_page("4207")), make_reader())
    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot be made"):
        Trace(tmp_path / "file" / "sub", "a").write(capture_stages(write_page("4")))


def test_rulings_by_eye() -> None:
    picture = draw_rulings(stage(parse(".#.", "###"), parse(".#.", ".#.")))
    is_red = (picture[:, :, 2] > picture[:, :, 0]).astype(int)
    assert is_red.tolist() == [[0, 0, 0], [1, 0, 1]]
    assert (picture[0, 0] == 255).all() and len(set(picture[0, 1].tolist())) == 1 and picture[0, 1, 0] < 200


def test_lines_and_spans_are_drawn_around_their_ink() -> None:
    ink = draw_ink((20, 20, 40, 60), (60, 20, 80, 60), size_px=(100, 80))
    line = make_line((20, 20, 40, 60), (60, 20, 80, 60))
    lattice = make_lattice(3, (0, 1), (1, 2))
    box = lattice.spans[0].box
    reading = Reading("1", 0.9, box, (Digit("1", 0.9, box),))
    plain = draw_rulings(stage(ink))
    with_lines = draw_lines(stage(ink, lines=(line,)))
    with_spans = draw_spans(stage(ink, recognition=Recognition(lattices=(lattice,)), readings=(reading,)))
    assert (with_lines[20, 20] != plain[20, 20]).any() and (with_lines[40, 50] != plain[40, 50]).any()
    assert with_spans[10, 0, 1] > with_spans[10, 0, 2], "read: green"
    assert with_spans[10, 20, 2] > with_spans[10, 20, 1], "lost: red"
    assert (draw_lines(stage(ink)) == plain).all() and (draw_spans(stage(ink)) == plain).all()


@pytest.mark.parametrize(("n_tensors", "n_rows"), [(0, 0), (1, 1), (20, 1), (21, 2), (1000, 20)])
def test_tensors_are_laid_out_in_rows(n_tensors: int, n_rows: int) -> None:
    batch = np.zeros((n_tensors, 28, 28, 1), np.float32)
    picture = draw_tensors(Recognition(batch=batch, scores=make_scores(*[{"7": 0.9}] * n_tensors)))
    tile = draw_tensors(Recognition(batch=np.zeros((1, 28, 28, 1), np.float32), scores=make_scores({"7": 0.9})))
    if n_tensors:
        assert picture.shape == (n_rows * tile.shape[0], min(n_tensors, 20) * tile.shape[1], 3)
        assert (picture[: tile.shape[0], : tile.shape[1]] == tile).all()
    else:
        assert (picture == 255).all()


def test_digits_stand_under_the_columns_of_their_middle() -> None:
    image = LineImage(np.zeros((32, 40, 2), np.uint8), np.eye(2, 3))
    posteriors = np.zeros((20, 12), np.float32)
    posteriors[:, 10] = 1
    blank = draw_line_images(Recognition(line_images=(image,), column_posteriors=(posteriors,)))
    posteriors[5] = np.eye(12)[4]
    seen = draw_line_images(Recognition(line_images=(image,), column_posteriors=(posteriors.copy(),)))
    assert blank.shape == seen.shape == (32 * 3 + 18 + 4, 40 * 3, 3)
    rows, columns = np.nonzero((blank != seen).any(axis=2))
    assert rows.min() >= 32 * 3
    assert abs(columns.mean() - 3 * 2 * 5.5) < 6
    assert draw_line_images(Recognition()).shape == (32, 32, 3)


def test_trials_name_the_hypothesis_that_won() -> None:
    trials = (Trial("as it lies", 1.5), Trial("turned by 90 degrees", 7.25), Trial("rulings kept", -3.0))
    assert format_trials(trials, "turned by 90 degrees").splitlines()[1:] == [
        "    1.50  as it lies",
        "    7.25  turned by 90 degrees  <- won",
        "   -3.00  rulings kept",
    ]
