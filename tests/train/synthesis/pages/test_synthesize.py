"""Synthesized pages: the truth lies where the ink is, chance comes from the seed, every paper and layout is made."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.recognition.column_classes import class_of_sign
from train.__main__ import main
from train.datasets.mnist import DigitSet
from train.synthesis.handwriting.drawn_digits import draw_digit_set
from train.synthesis.handwriting.writers import WriterDigits, WriterPool, collect_writers, guess_writers
from train.synthesis.pages import synthesize as synthesize_room
from train.synthesis.pages.arrangements import LAYOUTS
from train.synthesis.pages.ink_layout import Draft, Script, draw_text, lean_alike, strike_out, write_number, write_sign
from train.synthesis.pages.synthesize import PageTruth, describe_page, synthesize_page, tint_photo
from train.synthesis.photos.gray_camera import aim, carry, draw_light, shoot
from train.synthesis.photos.gray_paper import DARK, SURFACES, make_surface

NONE = DigitSet(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8))


@pytest.fixture(scope="module")
def pool() -> WriterPool:
    drawn = draw_digit_set(np.random.default_rng(0), 12, 0, 0)
    writers = np.repeat(np.arange(12, dtype=np.int32), 10)
    return collect_writers(DigitSet(drawn.images, drawn.labels, writers), NONE, np.random.default_rng(1), fonts=[])


@pytest.fixture(scope="module")
def pages(pool: WriterPool) -> list[PageTruth]:
    return [synthesize_page(pool, 5, number) for number in range(40)]


def make_script(pool: WriterPool, gap_frac: tuple[float, float] = (0.1, 0.2)) -> Script:
    writer = WriterDigits(pool.drawn, pool.everybody)
    return Script(writer, pool, lean_alike(np.random.default_rng(0), False), 2.5, gap_frac, 0.0, 0.0)


@pytest.mark.slow
def test_boxes_lie_inside_the_page_and_hold_the_digits_ink(pages: list[PageTruth]) -> None:
    for page in pages:
        height, width = page.photo.shape
        assert page.photo.dtype == np.uint8 and page.owner.shape == page.photo.shape
        assert len(page.labels) == len(page.kinds) == len(page.groups)
        for label, group, box in page.list_digits():
            assert box.left >= 0 and box.top >= 0 and box.right <= width and box.bottom <= height
            assert 0 <= label <= 9 and group >= 0
            assert page.owner[box.slices].any()


@pytest.mark.slow
def test_ink_is_seen_where_the_truth_says(pages: list[PageTruth]) -> None:
    contrasts = []
    for page in pages:
        inked, paper = page.photo[page.owner > 0], page.photo[cv2.dilate(page.owner, np.ones((9, 9))) == 0]
        if len(inked) > 100 and page.tags[0] not in DARK:
            contrasts.append(float(np.median(paper)) - float(np.median(inked)))
    assert len(contrasts) > 20
    assert np.mean(np.array(contrasts) > 5) > 0.9


def test_same_seed_and_number_make_the_same_page(pool: WriterPool) -> None:
    one, again, other = (synthesize_page(pool, seed, 3) for seed in (5, 5, 6))
    np.testing.assert_array_equal(again.photo, one.photo)
    assert again.labels == one.labels
    assert other.photo.shape != again.photo.shape or (other.photo != again.photo).any()


@pytest.mark.slow
def test_pages_are_of_many_kinds(pages: list[PageTruth]) -> None:
    assert len({page.tags[0] for page in pages}) >= 6
    assert {page.tags[1] for page in pages} >= {"strip", "rows"}
    assert {page.height_px < 30 for page in pages} == {True, False}


@pytest.mark.parametrize("surface", SURFACES)
def test_each_surface_is_a_sheet_of_its_brightness(surface: str) -> None:
    sheet = make_surface(surface, (200, 120), 30, np.array([60.0, 110.0]), np.random.default_rng(0))
    assert sheet.shape == (120, 200) and sheet.dtype == np.float32
    assert (sheet.mean() < 0.2) == (surface in DARK)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_writes_digits(layout: str, pool: WriterPool) -> None:
    draft = Draft.of_size((400, 300))
    baselines, boxes = LAYOUTS[layout](draft, 40, make_script(pool), np.random.default_rng(2))
    assert "digit" in draft.kinds and len(baselines)
    assert bool(boxes) == (layout == "boxes")
    assert draft.owner.max() == len(draft.labels)


def test_digits_stand_in_order_a_gap_apart(pool: WriterPool) -> None:
    draft = Draft.of_size((400, 100))
    write_number(draft, "2047", (20, 80), 50, make_script(pool), np.random.default_rng(0))
    assert draft.labels == [2, 0, 4, 7] and draft.groups == [0] * 4
    lefts = [np.nonzero(draft.owner == i)[1].min() for i in range(1, 5)]
    assert lefts == sorted(lefts)
    assert cv2.connectedComponents((draft.coverage > 100).astype(np.uint8))[0] - 1 >= 4


def test_negative_gap_makes_digits_touch(pool: WriterPool) -> None:
    draft = Draft.of_size((400, 100))
    write_number(draft, "00", (20, 80), 50, make_script(pool, (-0.1, -0.08)), np.random.default_rng(0))
    assert cv2.connectedComponents((draft.coverage > 100).astype(np.uint8))[0] == 2


def test_struck_out_digits_are_digits_no_more(pool: WriterPool) -> None:
    draft, rng = Draft.of_size((200, 100)), np.random.default_rng(0)
    end = write_number(draft, "35", (20, 80), 50, make_script(pool), rng)
    strike_out(draft, (20, 30, round(end), 80), 50, make_script(pool), rng)
    assert draft.kinds[-1] == "scribble"
    assert set(np.unique(draft.owner)) == {0, 3}


@pytest.mark.parametrize(("sign", "kind"), [(".", "speck"), (",", "speck"), ("=", "sign"), ("letter", "letter")])
def test_signs_are_marks_of_their_kind(sign: str, kind: str, pool: WriterPool) -> None:
    draft = Draft.of_size((100, 100))
    end = write_sign(draft, sign, (20, 70), 40, make_script(pool), np.random.default_rng(0))
    assert draft.kinds == [kind] and draft.labels == [10 if sign == "letter" else class_of_sign(sign)] and end > 20


def test_mark_beyond_the_rim_is_not_laid() -> None:
    draft = Draft.of_size((50, 40))
    ink = np.full((10, 10), 255, np.uint8)
    assert not draft.lay(ink, 45, 5, 3, "digit") and not draft.lay(ink, 5, -20, 3, "digit")
    assert draft.lay(ink, 5, 5, 3, "digit") and draft.labels == [3]


def test_truth_goes_where_the_photo_shows_the_ink() -> None:
    sheet, owner = np.full((300, 400), 0.8, np.float32), np.zeros((300, 400), np.uint16)
    sheet[120:170, 180:230], owner[120:170, 180:230] = 0.05, 7
    for seed in range(6):
        rng = np.random.default_rng(seed)
        shot = aim((400, 300), 50, rng, has_desk=seed % 2 == 0, is_flat=False)
        there = carry(owner, shot.view) == 7
        photo = shoot(sheet, shot, rng)
        around = cv2.dilate(there.astype(np.uint8), np.ones((25, 25), np.uint8)).astype(bool) & ~there
        assert there.sum() > 400
        assert np.median(photo[there]) < 0.7 * np.median(photo[around])


def test_light_is_within_what_a_camera_meets() -> None:
    lights = [draw_light(np.random.default_rng(seed)) for seed in range(30)]
    assert all(0.2 <= light.level <= 1 and 0 <= light.fall_off <= 1 for light in lights)
    assert {bool(light.shadow) for light in lights} == {True, False}


def test_numbers_have_as_many_digits_as_asked() -> None:
    rng = np.random.default_rng(0)
    assert {len(draw_text(rng, most=3)) for _ in range(60)} == {1, 2, 3}
    assert {len(draw_text(rng, most=3, least=3)) for _ in range(20)} == {3}
    assert max(len(draw_text(rng, most=40)) for _ in range(200)) == 12


def test_digits_of_one_slant_and_width_are_guessed_to_be_one_writer() -> None:
    upright, leaning = np.zeros((2, 28, 28), np.uint8)
    cv2.line(upright, (14, 4), (14, 23), 255, 3)
    cv2.line(leaning, (20, 4), (8, 23), 255, 3)
    ids = guess_writers(np.stack([upright] * 50 + [leaning] * 50))
    assert not set(ids[:50]) & set(ids[50:])


def test_writer_without_a_digit_borrows_it(pool: WriterPool) -> None:
    empty = tuple(pile[:0] for pile in pool.drawn)
    picture = WriterDigits(empty, pool.everybody).pick(4, np.random.default_rng(0))
    assert any((picture == other).all() for other in pool.everybody[4])


@pytest.mark.parametrize("light", [1.0, 0.45], ids=["bright", "dim"])
def test_tinted_papers_are_white_to_cream_and_inks_of_pens(light: float) -> None:
    gray = np.full((80, 120), round(230 * light), np.uint8)
    cv2.putText(gray, "27", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.5, round(70 * light), 4)
    inks = []
    for seed in range(40):
        tinted = tint_photo(gray, np.random.default_rng(seed))
        assert tinted.dtype == np.uint8 and tinted.shape == (80, 120, 3)
        assert np.abs(cv2.cvtColor(tinted, cv2.COLOR_BGR2GRAY).astype(int) - gray).max() <= 2
        blue, green, red = tinted[0, 0].astype(float)
        assert 0.8 * red < blue <= green <= red
        blue, _, red = tinted[gray == gray.min()].mean(axis=0)
        inks.append("blue" if blue > 1.5 * red else "red" if red > 1.5 * blue else "gray")
    assert 12 <= inks.count("blue") <= 25 and 2 <= inks.count("red") <= 12 and inks.count("gray") >= 10


def test_tint_keeps_black_and_one_pixel() -> None:
    tinted = tint_photo(np.zeros((1, 1), np.uint8), np.random.default_rng(0))
    assert tinted.tolist() == [[[0, 0, 0]]]


def test_command_writes_pictures_and_truth(tmp_path: Path, pool: WriterPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthesize_room, "gather_writers", lambda data_dir, seed: pool)
    assert main(["synthesize", "--out", str(tmp_path), "--pages", "3", "--seed", "5"]) == 0
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert [entry["file"] for entry in truth] == [f"page-{n:05}.jpg" for n in range(3)]
    for entry in truth:
        assert cv2.imread(str(tmp_path / entry["file"])) is not None
        spelled = [[b["digit"] for b in entry["boxes"] if b["number"] == n] for n in range(len(entry["numbers"]))]
        assert ["".join(digits) for digits in spelled] == entry["numbers"]


def test_page_without_digits_is_described() -> None:
    photo = np.full((40, 60), 220, np.uint8)
    blank = PageTruth(photo, np.zeros_like(photo, np.uint16), (), (), (), 30.0, True, ("plain", "rows"))
    assert describe_page(blank, "a.jpg")["numbers"] == []
