"""Synthesized papers: chance comes from the seed, the truth of every mark fits the photo, the folder can be read."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.recognition.column_classes import SPACE, STRUCK
from tests.support.papers import find_centers, make_pool, make_supplies, write_data_folder
from train.__main__ import main
from train.datasets.detector_pages import DetectorPages
from train.synthesis.documents import supplies as supplies_room
from train.synthesis.documents import synthesize_documents as room
from train.synthesis.documents.marked_page import MarkedPage
from train.synthesis.documents.sheet import Sheet
from train.synthesis.documents.synthesize_documents import PAPERS, find_up, synthesize_document
from train.synthesis.pages.synthesize import synthesize_page


def fill_poles(sheet: Sheet, *rest: object) -> None:
    """Lay a 1 in the middle of the sheet and another above it."""
    (width, height), ink = sheet.size_px, np.full((24, 4), 255, np.uint8)
    for top in (height // 2, height // 2 - 40):
        sheet.pen.lay(ink, width // 2, top, 1, "digit", sheet.start_number())


def draw_papers(kind: str, n: int, fill: room.Fill | None = None, **shares: float) -> list[MarkedPage]:
    """Return papers of one kind, without a heading; `shares` are those of the module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "PAPERS", {kind: (fill or PAPERS[kind][0], 1.0)})
        for name, share in {"PLAIN": 0.0, "NEGATIVE": 0.0, "HEADING": 0.0, "FINGER": 0.0, **shares}.items():
            patch.setattr(room, f"_{name}_SHARE", share)
        return [synthesize_document(make_supplies(), 5, number) for number in range(n)]


@cache
def draw_usual(kind: str) -> list[MarkedPage]:
    return draw_papers(kind, 3)


def test_shares_of_papers_are_all() -> None:
    assert sum(share for _, share in PAPERS.values()) == pytest.approx(1)


def test_same_seed_and_number_make_the_same_paper() -> None:
    one, again = (draw_papers("form", 1)[0] for _ in range(2))
    other = synthesize_document(make_supplies(), 6, 0)
    np.testing.assert_array_equal(again.photo, one.photo)
    np.testing.assert_array_equal(again.owner, one.owner)
    assert (again.labels, again.groups, again.ups) == (one.labels, one.groups, one.ups)
    assert other.photo.shape != one.photo.shape or (other.photo != one.photo).any()


@pytest.mark.parametrize("kind", PAPERS)
def test_marks_of_each_kind_of_paper_fit_the_photo(kind: str) -> None:
    n_digits = 0
    for page in draw_usual(kind):
        n = len(page.labels)
        assert page.photo.dtype == np.uint8 and page.owner.dtype == np.uint16
        assert page.photo.shape == page.owner.shape and page.owner.max() <= n
        assert n == len(page.kinds) == len(page.groups) == len(page.printed) == len(page.ups)
        area = np.bincount(page.owner.ravel(), minlength=n + 1)[1:]
        for at, mark in enumerate(page.kinds):
            assert (page.labels[at] < 10) == (page.groups[at] >= 0)
            assert mark in ("digit", "cut") or page.labels[at] == 10 or SPACE < page.labels[at] <= STRUCK
            assert mark == "cut" or area[at] >= 4
            n_digits += mark == "digit"
        assert set(page.printed) <= {0, 1} and np.allclose(np.hypot(*np.array(page.ups).reshape(-1, 2).T), 1, atol=1e-3)
        assert page.tags[0] == kind
    assert n_digits > 5


@pytest.mark.parametrize("kind", PAPERS)
def test_digits_of_a_number_lie_along_its_line(kind: str) -> None:
    n_pairs = 0
    for page in draw_usual(kind):
        centers = find_centers(page.owner, len(page.labels))
        for group in set(page.groups) - {-1}:
            own = [at for at, of in enumerate(page.groups) if of == group and page.kinds[at] == "digit"]
            steps = np.diff(centers[own], axis=0)
            up = np.array(page.ups[own[0]] if own else (0, -1))
            assert (steps @ [-up[1], up[0]] > 0).all(), "to the right, as the paper lies"
            assert (np.abs(steps @ up) <= np.maximum(np.abs(steps @ [-up[1], up[0]]), 12) * 1.5).all()
            n_pairs += len(steps)
    assert n_pairs > 0 or kind in ("squares", "few")


def test_ink_is_seen_where_the_truth_says() -> None:
    contrasts = []
    for page in draw_papers("notes", 4):
        around = (cv2.dilate(page.owner, np.ones((9, 9))) > 0) & (page.owner == 0)
        difference = np.median(page.photo[around]) - np.median(page.photo[page.owner > 0])
        contrasts.append(-difference if page.tags[1] == "blackboard" else difference)
    assert np.median(contrasts) > 20 and np.sum(np.array(contrasts) > 4) >= 3


@pytest.mark.parametrize(
    ("turn_deg", "up"),
    [(0, (0, -1)), (90, (-1, 0)), (180, (0, 1)), (-90, (1, 0)), (30, (-0.5, -0.866))],
)
def test_up_of_a_turned_sheet(turn_deg: float, up: tuple[float, float]) -> None:
    view = np.eye(3)
    view[:2] = cv2.getRotationMatrix2D((50, 40), turn_deg, 0.7)
    assert find_up(view, (100, 80)) == pytest.approx(up, abs=1e-3)


def test_up_leads_from_a_mark_to_the_one_above_it() -> None:
    turns = []
    for page in draw_papers("poles", 8, fill_poles, TURNED=1.0, FLAT=0.0):
        lower, upper = find_centers(page.owner, 2)
        way = (upper - lower) / np.hypot(*(upper - lower))
        assert way @ page.ups[0] > np.cos(np.deg2rad(5))
        turns.append(np.rad2deg(np.arctan2(way[0], -way[1])))
    assert min(turns) < -10 and max(turns) > 10


def test_digit_below_a_finger_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    def hide_upper_half(paper: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        hidden = np.zeros(paper.shape, bool)
        hidden[: len(paper) // 2 - 8] = True
        return hidden

    monkeypatch.setattr(room, "put_finger", hide_upper_half)
    (page,) = draw_papers("poles", 1, fill_poles, FINGER=1.0, FLAT=1.0)
    assert page.kinds == ("digit", "cut")
    assert (page.owner == 1).sum() == 24 * 4 and not (page.owner == 2).any()


def test_printed_marks_are_told() -> None:
    for page in draw_usual("form"):
        in_print, by_hand = ({k for k, own in zip(page.kinds, page.printed, strict=True) if own == p} for p in (1, 0))
        assert in_print and in_print <= {"print", "digit", "cut"}
        assert by_hand and "print" not in by_hand


def test_plain_page_is_that_of_the_pages() -> None:
    (page,) = draw_papers("form", 1, PLAIN=1.0)
    plain = synthesize_page(make_pool(), 5, 0)
    np.testing.assert_array_equal(page.photo, plain.photo)
    assert page.labels == plain.labels and page.tags == ("plain", *plain.tags)


def test_negative_page_has_no_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "KINDS", ("blank-plain",))
    (page,) = draw_papers("form", 1, NEGATIVE=1.0)
    assert page.labels == () and not page.owner.any() and page.tags == ("negative", "blank-plain")


def test_command_writes_papers_that_training_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supplies_room, "gather_writers", lambda data_dir, seed, is_held_out: make_pool())
    data, out = write_data_folder(tmp_path / "data"), tmp_path / "papers"
    argv = ["synthesize-documents", "--data-dir", str(data), "--out", str(out), "--pages", "2", "--seed", "5"]
    assert main(argv) == 0
    pages = DetectorPages(out)
    assert [entry["file"] for entry in pages.entries] == [f"page-{n:05}.jpg" for n in range(2)]
    for at in range(2):
        height, width = pages.load_photo(at).shape
        for mark in pages.list_marks(at):
            center = mark.hull.mean(axis=0)
            assert (center >= 0).all() and (center <= [width, height]).all()
    assert any(mark.kind == "digit" for at in range(2) for mark in pages.list_marks(at))


def test_command_names_what_lacks_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "papers"
    assert main(["synthesize-documents", "--data-dir", str(tmp_path), "--out", str(out)]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: ") and "fonts/print: expected two typefaces" in line
    assert not out.exists()
