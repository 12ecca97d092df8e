"""Pages without a number: drawn as promised, and none is read in them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline import Page, Reading, Settings, load_classifier, read_page
from pipeline.geometry import Box
from pipeline.types import Digit, PageReading
from train.__main__ import main
from train.evaluation import false_positives
from train.evaluation import score_pages as score
from train.evaluation.false_positives import measure, write_pages
from train.synthesis.handwriting.letters import Script, write_words
from train.synthesis.negatives.pages import KINDS, draw_negative_page, find_prose_fonts
from train.synthesis.negatives.texts import compose_sentence

FONTS = find_prose_fonts(with_installed=False)
"""Those that every computer has, so that the pages are the same everywhere."""

PROMISED = ("prose", "face", "grass", "bricks", "blank-white", "blank-plain", "blank-grainy", "scribble")
MOST_WRONG_FRAC = 0.2
"""Of pages of all kinds, letters that are written like digits among them."""

BUSY = ("crossed-out", "handwriting", "hatching", "scribble")
"""Kinds whose pages take a while to draw."""

N_PAGES = 2
"""Of each promised kind, read in every run."""


@cache
def list_accepted(kind: str, number: int) -> list[str]:
    page = Page(draw_negative_page(kind, 7, number, FONTS).photo)
    return [r.text for r in read_page(page, load_classifier(), Settings()).readings if r.status == "accepted"]


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] if kind in BUSY else []) for kind in KINDS]
)
def test_page_is_gray_8_bit_and_the_same_each_time(kind: str) -> None:
    one, again = (draw_negative_page(kind, 3, 0, FONTS) for _ in range(2))
    assert one.photo.dtype == np.uint8 and one.photo.ndim == 2
    assert 0.15e6 < one.photo.size < 0.7e6
    assert one.kind == kind and one.shot in ("scan", "photo", "photo-desk")
    assert np.array_equal(one.photo, again.photo) and one.shot == again.shot
    strokes = cv2.absdiff(one.photo, cv2.medianBlur(one.photo, 31))
    assert kind.startswith("blank") or strokes.max() > 12


@pytest.mark.parametrize(("seed", "number"), [(3, 1), (4, 0)], ids=["number", "seed"])
def test_another_number_or_seed_is_another_page(seed: int, number: int) -> None:
    one, other = draw_negative_page("face", 3, 0, FONTS), draw_negative_page("face", seed, number, FONTS)
    assert one.photo.shape != other.photo.shape or not np.array_equal(one.photo, other.photo)


def test_prose_has_signs_and_no_digits() -> None:
    rng = np.random.default_rng(0)
    text = " ".join(compose_sentence(rng) for _ in range(200))
    assert not any(character.isnumeric() for character in text)
    assert set(".,!?;:–’()") <= set(text)


@pytest.mark.parametrize(("text", "n_tracks"), [("", 0), ("no", 1), ("it", 3), ("To", 3), ("a b", 2), ("…", 0)])
def test_joined_letters_of_a_word_are_one_track(text: str, n_tracks: int) -> None:
    tracks = write_words(text, Script(0, 1, 0.5, True), 100, np.random.default_rng(0))
    assert len(tracks) == n_tracks
    assert all(track.shape[1] == 3 and np.isfinite(track).all() for track in tracks)


def test_tall_letters_have_the_height_asked_for() -> None:
    (track,) = write_words("l", Script(0, 1, 0, True), 100, np.random.default_rng(0))
    assert np.ptp(track[:, 1]) == pytest.approx(100, abs=15)


@pytest.mark.slow
def test_folder_holds_every_kind_by_turns(tmp_path: Path) -> None:
    write_pages(tmp_path, len(KINDS), 1, FONTS)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert [entry["tags"][0] for entry in truth] == list(KINDS)
    assert all(entry["numbers"] == [] and entry["grouped"] for entry in truth)
    assert {path.name for path in tmp_path.iterdir()} == {"truth.json", *(entry["file"] for entry in truth)}


def read_one_of_each(page, classifier, settings) -> PageReading:
    """Stand in for reading: a number that is accepted and one that is not, on every page."""
    box = Box(0, 0, 5, 5)
    readings = [Reading("1", 0.9, box, (Digit("1", 0.9, box),))]
    readings.append(Reading("2", 0.1, box, (Digit("2", 0.1, box),), "rejected", "uncertain"))
    return PageReading(page.source, 1, page.source_size_px, tuple(readings), "one", {"total": 0.0})


def test_measure_counts_pages_and_readings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(false_positives, "KINDS", ("blank-white", "wood"))
    monkeypatch.setattr(score, "read_page", read_one_of_each)
    write_pages(tmp_path, 3, 1, FONTS)
    counts = measure(tmp_path, load_classifier(), Settings())
    assert {kind: [(s.n_read, s.n_accepted) for s in own] for kind, own in counts.items()} == {
        "blank-white": [(2, 1), (2, 1)],
        "wood": [(2, 1)],
    }


@pytest.mark.slow
def test_command_draws_and_measures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(false_positives, "KINDS", ("blank-white",))
    assert main(["negatives", "--out", str(tmp_path / "pages"), "--pages", "1", "--seed", "2"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["negatives", "--out", str(tmp_path / "pages"), "--model", "digits"]) == 0
    assert capsys.readouterr().out.split()[-6:] == ["all", "1", "0", "0", "0", "0"]
    assert main(["negatives", "--out", str(tmp_path / "none"), "--model", "digits"]) == 1


@pytest.mark.slow
@pytest.mark.parametrize("number", range(N_PAGES))
@pytest.mark.parametrize("kind", PROMISED)
def test_no_number_is_accepted_where_there_is_none(kind: str, number: int) -> None:
    assert list_accepted(kind, number) == []


@pytest.mark.slow
def test_few_pages_of_any_kind_give_an_accepted_number() -> None:
    found = {kind: list_accepted(kind, 0) for kind in KINDS}
    wrong = {kind: texts for kind, texts in found.items() if texts}
    assert len(wrong) <= MOST_WRONG_FRAC * len(found), wrong
