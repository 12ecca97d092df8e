"""What the front end's spans are: digits, halves, pairs, letters, strays; shards that go on; crops in batches."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console

from pipeline.errors import InputError, UsageError
from pipeline.geometry import Box
from pipeline.recognition.column_classes import SPACE
from pipeline.types import Span
from tests.support.drawing import write_page
from tests.support.papers import make_supplies
from train.augmentation.non_digits import NonDigitSource
from train.datasets.examples import Examples
from train.datasets.harvested_crops import (
    FACTS_NAME,
    KINDS,
    NON_DIGIT_FRAC,
    Crops,
    balance,
    load_crops,
    load_shard,
    read_facts,
)
from train.datasets.harvested_lines import IGNORED, load_lines
from train.datasets.mnist import DigitSet
from train.fitting.batches import Sources
from train.fitting.photo_training_set import PhotoTrainingSet, add_harvest
from train.harvesting import harvest as harvest_room
from train.harvesting.harvest import HarvestPlan, analyze_photo, harvest, harvest_page, harvest_shard, turn_upright
from train.harvesting.span_labels import LEFT_OUT, judge_span, label_spans, own_page
from train.synthesis.documents.marked_page import MarkedPage
from train.synthesis.handwriting.drawn_digits import draw_digit_set
from train.synthesis.handwriting.writers import WriterPool, collect_writers
from train.synthesis.pages.synthesize import PageTruth

NONE = DigitSet(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8))
QUIET = Console(quiet=True)


def make_truth(photo: np.ndarray, owner: np.ndarray, labels: tuple[int, ...], kinds: tuple[str, ...]) -> PageTruth:
    return PageTruth(photo, owner.astype(np.uint16), labels, kinds, (0,) * len(labels), 40.0, True, ("plain", "rows"))


def write_truth(text: str) -> PageTruth:
    """Write a number whose digits stand apart: each connected component is a digit, left to right."""
    photo = write_page(text)
    _, owner, stats, _ = cv2.connectedComponentsWithStats((photo < 130).astype(np.uint8))
    order = np.argsort(stats[1:, cv2.CC_STAT_LEFT])
    assert len(order) == len(text)
    renamed = np.concatenate([[0], np.argsort(order) + 1])
    return make_truth(photo, renamed[owner], tuple(int(c) for c in text), ("digit",) * len(text))


def join_truth(truth: PageTruth) -> PageTruth:
    """Draw a bar through all digits, nobody's ink, so that they hang together."""
    photo = truth.photo.copy()
    rows, columns = np.nonzero(truth.owner)
    middle = int(rows.mean())
    photo[middle - 1 : middle + 2, columns.min() : columns.max()] = 40
    return make_truth(photo, truth.owner, truth.labels, truth.kinds)


def make_span(mask: np.ndarray, left: int, top: int) -> Span:
    return Span(0, 1, Box(left, top, left + mask.shape[1], top + mask.shape[0]), mask, 4.0)


def cut_span(truth: PageTruth, owners: list[int], columns: slice = slice(None)) -> Span:
    """Return the ink of `owners`, within `columns` of their common box, as a span."""
    ink = np.where(np.isin(truth.owner, owners), 255, 0).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(ink)
    part = ink[top : top + height, left : left + width][:, columns]
    x, y, w, h = cv2.boundingRect(part)
    start = columns.indices(width)[0]
    return make_span(np.ascontiguousarray(part[y : y + h, x : x + w]), left + start + x, top + y)


def judge(truth: PageTruth, span: Span) -> str:
    kind, _ = judge_span(span, truth, own_page(analyze_photo(truth.photo), truth))
    return "" if kind == LEFT_OUT else KINDS[kind]


@pytest.fixture(scope="module")
def pool() -> WriterPool:
    drawn = draw_digit_set(np.random.default_rng(0), 12, 0, 0)
    return collect_writers(drawn, NONE, np.random.default_rng(1), fonts=[])


def test_isolated_clean_digits_are_digits_and_never_non_digits() -> None:
    crops, _, losses = harvest_page(write_truth("20358"))
    assert crops.labels[crops.kinds == 0].tolist() == [2, 0, 3, 5, 8]
    assert losses == [""] * 5
    assert set(crops.kinds) <= {0, KINDS.index("pair")}


def test_crops_are_what_the_network_would_see() -> None:
    truth = write_truth("20")
    stages = analyze_photo(truth.photo)
    crops, _, _ = harvest_page(truth)
    kinds, _ = label_spans(stages, truth, own_page(stages, truth))
    seen = np.rint(255 * stages.recognition.batch[np.array(kinds) == 0, :, :, 0]).astype(np.uint8)
    np.testing.assert_array_equal(crops.images[crops.kinds == 0], seen)


@pytest.mark.parametrize(
    ("owners", "columns", "kind"),
    [
        pytest.param([1], slice(None), "digit", id="whole 0"),
        pytest.param([1], slice(0, 15), "half", id="left of a 0"),
        pytest.param([3], slice(15, None), "", id="right of an 8 reads as 3"),
        pytest.param([1, 2], slice(None), "pair", id="two digits"),
        pytest.param([1, 2, 3], slice(None), "pair", id="three digits"),
    ],
)
def test_spans_of_known_ink_are_named(owners: list[int], columns: slice, kind: str) -> None:
    truth = write_truth("0285")
    assert judge(truth, cut_span(truth, owners, columns)) == kind


def test_stems_and_cut_digits_are_left_out() -> None:
    truth = write_truth("1028")
    upper = cut_span(truth, [1])
    stem = make_span(upper.mask[: upper.mask.shape[0] // 3], upper.box.left, upper.box.top)
    assert judge(truth, stem) == ""
    cut = make_truth(truth.photo, truth.owner, truth.labels, ("digit", "cut", "digit", "digit"))
    assert judge(cut, cut_span(cut, [2])) == ""


def test_ink_of_letters_and_of_nobody_is_named() -> None:
    truth = write_truth("0285")
    letters = make_truth(truth.photo, truth.owner, (0, 10, 8, 5), ("digit", "letter", "digit", "digit"))
    assert judge(letters, cut_span(letters, [2])) == "letter"
    block = np.full((4, 30), 255, np.uint8)
    assert judge(truth, make_span(block, 10, 10)) == "stray"
    assert judge(truth, make_span(block[:, :8], 10, 10)) == "speck"


def test_digits_that_hang_together_give_halves_or_pairs() -> None:
    crops, _, losses = harvest_page(join_truth(write_truth("0022")))
    assert {KINDS.index("pair")} <= set(crops.kinds)
    assert (crops.labels[crops.kinds > 0] == 10).all()
    assert len(losses) == 4


def test_lost_digit_is_named_with_its_stage() -> None:
    truth = write_truth("28")
    hidden = truth.photo.copy()
    left, top, right, bottom = truth.list_digits()[1][2].as_list()
    hidden[top:bottom, left:right] = 225
    assert harvest_page(make_truth(hidden, truth.owner, truth.labels, truth.kinds))[2] == ["", "binarize"]


def test_balance_caps_non_digits_and_each_kind() -> None:
    kinds = np.repeat(np.arange(len(KINDS)), [100, 300, *[40] * 5, 5000, 300]).astype(np.uint8)
    labels = np.where(kinds == 0, 4, 10).astype(np.uint8)
    crops = balance(Crops(np.zeros((len(kinds), 28, 28), np.uint8), labels, kinds), np.random.default_rng(0))
    counts = np.bincount(crops.kinds, minlength=len(KINDS))
    assert counts[0] == 100
    assert counts[1:].sum() / counts.sum() <= NON_DIGIT_FRAC
    assert counts[KINDS.index("speck")] < 0.1 * counts[1:].sum()


@pytest.mark.slow
def test_shard_depends_on_seed_and_pages_alone(pool: WriterPool) -> None:
    (crops, lines, fates), (again, lines_again, _) = (harvest_shard(pool, 3, 20, 6) for _ in range(2))
    np.testing.assert_array_equal(crops.images, again.images)
    np.testing.assert_array_equal(lines.pixels, lines_again.pixels)
    np.testing.assert_array_equal(lines.columns, lines_again.columns)
    assert len(crops.labels) > 8 and crops.labels.max() <= 10
    assert ((crops.labels == 10) == (crops.kinds > 0)).all()
    assert fates["all/found"] > 0


@pytest.fixture
def threads(pool: WriterPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the workers in this process, with drawn hands."""
    from concurrent.futures import ThreadPoolExecutor

    monkeypatch.setattr(harvest_room, "ProcessPoolExecutor", lambda n, *rest: ThreadPoolExecutor(1))
    monkeypatch.setattr(harvest_room, "gather_writers", lambda *key: pool)
    monkeypatch.setattr(harvest_room, "PAGES_PER_SHARD", 3)
    monkeypatch.setattr(harvest_room, "_POOLS", {})


@pytest.mark.slow
def test_harvest_goes_on_where_it_was_and_counts(tmp_path: Path, threads: None) -> None:
    plan = HarvestPlan(None, tmp_path / "crops", pages=5, seed=2, workers=1)
    facts = harvest(plan, QUIET)
    names = sorted(path.name for path in plan.out.glob("*.npz"))
    assert names == ["train-0000.npz", "train-0001.npz", "validation-0000.npz"]
    first = (plan.out / names[0]).stat().st_mtime_ns
    (plan.out / names[1]).unlink()
    assert harvest(plan, QUIET) == facts == read_facts(plan.out)
    assert (plan.out / names[0]).stat().st_mtime_ns == first
    crops = load_crops(plan.out, "train")
    assert facts["n_train"] == len(crops.labels) == sum(facts["train_kinds"].values())
    assert (plan.out / ".gitignore").read_text() == "*\n"
    with pytest.raises(UsageError, match="holds another harvest"):
        harvest(HarvestPlan(None, plan.out, pages=5, seed=3), QUIET)


def test_unfinished_harvest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no whole harvest"):
        load_crops(tmp_path, "train")
    with pytest.raises(InputError, match="no whole harvest"):
        read_facts(tmp_path)


def make_crops(label: int, n: int) -> Crops:
    images = np.zeros((n, 28, 28), np.uint8)
    images[:, 8:20, 8:20] = 255
    return Crops(images, np.full(n, label, np.uint8), np.full(n, label == 10, np.uint8))


def test_harvest_of_another_split_is_refused_and_of_this_one_added(tmp_path: Path) -> None:
    for part, label in (("train", 7), ("validation", 10)):
        crops = make_crops(label, 4)
        np.savez(tmp_path / f"{part}-0000.npz", images=crops.images, labels=crops.labels, kinds=crops.kinds)
    facts = {"seed": 1, "pages": 2, "n_train": 4, "n_validation": 4, "train_kinds": {}}
    (tmp_path / FACTS_NAME).write_text(json.dumps(facts))
    seen = Examples(np.zeros((1, 28, 28, 1), np.float32), np.zeros(1, np.int64))
    digits = DigitSet(make_crops(3, 2).images, np.zeros(2, np.uint8))
    digits_only = PhotoTrainingSet(
        Sources(digits, NONE, NONE, NONE, NonDigitSource(digits.images, digits.labels, [])), seen, seen, {}
    )
    with pytest.raises(UsageError, match="seed 1"):
        add_harvest(digits_only, tmp_path, seed=0)
    training_set = add_harvest(digits_only, tmp_path, seed=1)
    assert training_set.train.harvest is not None and training_set.train.harvest.labels.tolist() == [7] * 4
    assert training_set.harvested is not None and training_set.harvested.images.max() == 1


def make_marked(photo: np.ndarray, owner: np.ndarray, up: tuple[float, float]) -> MarkedPage:
    return MarkedPage(photo, owner, (7,), ("digit",), (0,), (0,), (up,), ("notes", "plain"))


def test_level_page_stays_as_it_is() -> None:
    page = make_marked(np.zeros((40, 60), np.uint8), np.zeros((40, 60), np.uint16), (0.02, -1.0))
    assert turn_upright(page) is page
    empty = MarkedPage(page.photo, page.owner, (), (), (), (), (), ("negative",))
    assert turn_upright(empty) is empty


@pytest.mark.parametrize("turn_deg", [-40.0, 15.0, 90.0])
def test_turned_page_is_turned_upright(turn_deg: float) -> None:
    """A bar that runs to where up points stands upright afterwards, whole, and so does its map of owners."""
    photo, owner = np.full((200, 260), 220, np.uint8), np.zeros((200, 260), np.uint16)
    up = np.array([np.sin(np.deg2rad(turn_deg)), -np.cos(np.deg2rad(turn_deg))])
    middle = np.array([130, 100])
    ends = [tuple(np.rint(middle + side * up).astype(int).tolist()) for side in (-60, 60)]
    for picture, level in ((photo, 40), (owner, 1)):
        cv2.line(picture, ends[0], ends[1], level, 5)
    turned = turn_upright(make_marked(photo, owner, (float(up[0]), float(up[1]))))
    rows, columns = np.nonzero(turned.owner == 1)
    assert np.ptp(rows) == pytest.approx(124, abs=4) and np.ptp(columns) == pytest.approx(6, abs=3)
    assert (turned.photo[rows, columns] < 130).mean() > 0.9
    assert turned.photo.min() < 60 and np.median(turned.photo) == 220


def test_documents_among_the_shards_give_lines_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harvest_room, "PAGES_PER_SHARD", 4)
    monkeypatch.setattr(harvest_room, "find_data_dir", lambda _: tmp_path)
    monkeypatch.setattr(harvest_room, "gather_supplies", lambda *_: make_supplies())
    plan = HarvestPlan(None, tmp_path, pages=0, documents=4, seed=1, workers=1)
    assert [name for name, _, _ in plan.list_shards()] == ["validation-documents-0000", "train-documents-0000"]
    for shard in plan.list_shards():
        harvest_room._work(plan, *shard)
    lines = load_lines(tmp_path, "train")
    assert set(np.unique(lines.columns)) >= {SPACE, IGNORED} and ((lines.columns >= 0) & (lines.columns < 10)).any()
    assert (lines.columns > SPACE).any(), "no sign and no word on four papers"
    assert len(load_shard(tmp_path / "train-documents-0000.npz").labels) == 0
