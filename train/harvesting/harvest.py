"""Training crops from the front end itself: `python -m train harvest --out train/runs/harvest --pages 10000 --seed 1`.

Synthesized pages go through the pipeline's own stages, and every candidate span of every lattice becomes a crop: a
digit, or a kind of non-digit (`train.harvesting.span_labels`); every text line becomes a labelled line image
(`train.harvesting.line_labels`). Of synthesized documents (`--documents 8000`), which have words and signs, the lines
alone are taken. Shards are written one by one, so that a stopped run continues, and one with more
pages adds to it: each depends on the seed and its number alone. The version of the front end is not recorded: after a
change of it, harvest into another folder.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from pipeline.detection.page_network import load_page_network
from pipeline.errors import ModelError, UsageError
from pipeline.ink.illumination import darken_ink
from pipeline.reading.read_page import analyze_page
from pipeline.reading.run_stages import StageRunner
from pipeline.reading.stage_timer import StageTimer
from pipeline.reading.stages import Stages
from pipeline.recognition.classify import MODELS_DIR, Classifier
from pipeline.settings.ink import RulingSettings
from pipeline.settings.layout import OrientationSettings
from pipeline.settings.tree import Settings
from pipeline.types import N_DIGITS, SIDE_PX, Page
from train.augmentation.printed_glyphs import find_fonts
from train.datasets.harvested_crops import FACTS_NAME, KINDS, NO_CROPS, Crops, balance, concatenate, load_shard
from train.datasets.harvested_lines import Lines, concatenate_lines, name_arrays
from train.datasets.mnist import find_data_dir
from train.harvesting.line_labels import cut_lines
from train.harvesting.span_labels import LEFT_OUT, Ownership, find_losses, label_spans, own_page
from train.networks.catalog import PAGE
from train.synthesis.documents.marked_page import MarkedPage
from train.synthesis.documents.supplies import Supplies, gather_supplies
from train.synthesis.documents.synthesize_documents import synthesize_document
from train.synthesis.handwriting.writers import WriterPool, gather_writers
from train.synthesis.negatives.pages import KINDS as KINDS_OF_PAGES
from train.synthesis.negatives.pages import draw_negative_page
from train.synthesis.pages.synthesize import PageTruth, synthesize_page

PAGES_PER_SHARD = 200
_MOST_PER_DIGIT = 3
"""Most spans taken of one digit: dust around it makes many that differ by a speck."""

_EVERY_KEEPS_RULINGS = 5
"""On every fifth page rulings are kept, as in one of reading's hypotheses."""

_EVERY_IS_NEGATIVE = 8
"""Every eighth page is a negative page."""
_NEGATIVE_HEIGHT_PX = 30.0
_find_fonts = cache(find_fonts)

_DOCUMENTS = "documents-"
"""In the names of shards of documents."""

_LEVEL_DEG = 2.0
"""Documents turned farther are turned upright; less is what reading leaves."""

_FIRST_VALIDATION_PAGE = 10_000_000
_VALIDATION_FRAC = 0.06


@dataclass(frozen=True, slots=True)
class HarvestPlan:
    """Options of `python -m train harvest`."""

    data_dir: Path | None
    out: Path
    pages: int = 10_000
    documents: int = 0
    seed: int = 0
    workers: int = 2

    def list_shards(self) -> Iterator[tuple[str, int, int]]:
        """Yield (name, first page, number of pages) of each shard, all of one size, the validation part first."""
        for kind, n_pages in (("", self.pages), (_DOCUMENTS, self.documents)):
            n_validation = max(1, round(_VALIDATION_FRAC * n_pages)) if n_pages else 0
            for part, first, n in (("validation", _FIRST_VALIDATION_PAGE, n_validation), ("train", 0, n_pages)):
                for at in range(0, n, PAGES_PER_SHARD):
                    yield f"{part}-{kind}{at // PAGES_PER_SHARD:04}", first + at, PAGES_PER_SHARD


_BLIND = Classifier("none", N_DIGITS + 1, 1.0, "linear", lambda batch: np.zeros((len(batch), N_DIGITS + 1), np.float32))
"""Classifies nothing."""


def analyze_photo(photo: NDArray[np.uint8], has_rulings: bool = False) -> Stages:
    """Return what the stages of reading make of a photo, uint8 (H, W), as it is held; nothing is classified.

    Parameters
    ----------
    photo : the page
    has_rulings : whether its rulings are left in
    """
    settings = Settings(
        orientation=OrientationSettings(is_enabled=False), rulings=RulingSettings(is_enabled=not has_rulings)
    )
    return analyze_page(Page(photo), _BLIND, settings)


def draw_page(pool: WriterPool, seed: int, number: int) -> PageTruth:
    """Return page `number`: numbers on paper, and now and then a page without any."""
    if number % _EVERY_IS_NEGATIVE:
        return synthesize_page(pool, seed, number)
    kind = KINDS_OF_PAGES[number // _EVERY_IS_NEGATIVE % len(KINDS_OF_PAGES)]
    photo = draw_negative_page(kind, seed, number, _find_fonts()).photo
    return PageTruth(
        photo, np.zeros(photo.shape, np.uint16), (), (), (), _NEGATIVE_HEIGHT_PX, False, ("negative", kind)
    )


def harvest_page(truth: PageTruth, keeps_rulings: bool = False) -> tuple[Crops, Lines, list[str]]:
    """Return the crops of one page, its text lines, and what became of each written digit."""
    stages = analyze_photo(truth.photo, keeps_rulings)
    owned = own_page(stages, truth)
    crops, losses = crop_page(stages, truth, owned)
    return crops, cut_lines(stages.lines, stages.ink.darkness, owned.core, truth), losses


def crop_page(stages: Stages, truth: PageTruth, owned: Ownership) -> tuple[Crops, list[str]]:
    """Return the crops of one page that are clearly digits or clearly none, and what became of each written digit."""
    kinds, owners = label_spans(stages, truth, owned)
    has_ink = stages.recognition.batch.max(axis=(1, 2, 3), initial=0) > 0  # a speck in a vast span is averaged away
    kept = [
        at
        for at, (kind, owner) in enumerate(zip(kinds, owners, strict=True))
        if kind != LEFT_OUT and has_ink[at] and (not owner or owners[:at].count(owner) < _MOST_PER_DIGIT)
    ]
    images = np.rint(255 * stages.recognition.batch[kept, :, :, 0]).astype(np.uint8).reshape(-1, SIDE_PX, SIDE_PX)
    labels = [truth.labels[owners[at] - 1] if owners[at] else N_DIGITS for at in kept]
    crops = Crops(images, np.array(labels, np.uint8), np.array([kinds[at] for at in kept], np.uint8))
    return crops, find_losses(stages, truth, owned, set(owners))


def harvest_shard(pool: WriterPool, seed: int, first: int, n_pages: int) -> tuple[Crops, Lines, Counter[str]]:
    """Return the balanced crops and the lines of pages `first` on, and counts of digits by fate and surface."""
    parts, lines, fates = [], [], Counter[str]()
    for number in range(first, first + n_pages):
        truth = draw_page(pool, seed, number)
        crops, own_lines, losses = harvest_page(truth, number % _EVERY_KEEPS_RULINGS == 0)
        parts.append(crops)
        lines.append(own_lines)
        for loss in losses:
            fates.update([f"all/{loss or 'found'}", *(f"{tag}/{loss or 'found'}" for tag in truth.tags)])
    crops = balance(concatenate(parts), np.random.default_rng([seed, first, 3]))
    return crops, concatenate_lines(lines), fates


def harvest(plan: HarvestPlan, console: Console) -> dict[str, Any]:
    """Write the shards that are missing, then the facts; return these.

    Raises
    ------
    UsageError : the folder holds shards of another seed
    """
    plan.out.mkdir(parents=True, exist_ok=True)
    (plan.out / ".gitignore").write_text("*\n", "utf-8")
    asked = {"seed": plan.seed}
    begun = plan.out / "asked.json"
    if begun.exists() and json.loads(begun.read_text("utf-8")) != asked:
        raise UsageError(f"{plan.out}: holds another harvest, {begun.read_text('utf-8')}", "give another --out")
    begun.write_text(json.dumps(asked), "utf-8")
    shards = list(plan.list_shards())
    missing = [shard for shard in shards if not (plan.out / f"{shard[0]}.npz").exists()]
    with (
        ProcessPoolExecutor(plan.workers, get_context("spawn"), cv2.setNumThreads, (1,)) as workers,
        Progress(console=console, transient=True) as progress,
    ):
        bar = progress.add_task("pages", total=sum(n for _, _, n in shards))
        progress.advance(bar, sum(n for name, _, n in shards if (plan.out / f"{name}.npz").exists()))
        running = {workers.submit(_work, plan, *shard): shard for shard in missing}
        for done in as_completed(running):
            done.result()
            progress.advance(bar, running[done][2])
    facts = {**asked, **_count(plan.out)}
    (plan.out / FACTS_NAME).write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    return facts


def harvest_documents(supplies: Supplies, viewer: Classifier, seed: int, first: int, n_pages: int) -> Lines:
    """Return the lines of documents `first` on, of each second one without the ink that `viewer` sees to be no digit's.

    Parameters
    ----------
    supplies : what they are made from
    viewer : its page network looks at them
    seed, first, n_pages : which of them
    """
    lines = []
    for number in range(first, first + n_pages):
        page = turn_upright(synthesize_document(supplies, seed, number))
        settings = Settings(rulings=RulingSettings(is_enabled=number % _EVERY_KEEPS_RULINGS > 0))
        runner = StageRunner(viewer if number % 2 else _BLIND, settings, StageTimer(0.0))
        photo = darken_ink(Page(page.photo), runner.settings.illumination)
        ink = runner.find_ink(photo)
        lines.append(cut_lines(runner.find_lines(ink), ink.darkness, page.owner, page))
    return concatenate_lines(lines)


def turn_upright(page: MarkedPage) -> MarkedPage:
    """Return the page turned so that its writing is level, where it is not; photo and owners keep their scale."""
    if not page.ups:
        return page
    x, y = page.ups[0]
    turn_deg = float(np.degrees(np.arctan2(x, -y)))
    if abs(turn_deg) <= _LEVEL_DEG:
        return page
    height, width = page.photo.shape
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), turn_deg, 1.0)
    wide, high = (np.abs(turn[:, :2]) @ [width, height]).astype(int)
    turn[:, 2] += (wide - width) / 2, (high - height) / 2
    photo = cv2.warpAffine(page.photo, turn, (wide, high), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    owner = cv2.warpAffine(page.owner, turn, (wide, high), flags=cv2.INTER_NEAREST)
    return replace(page, photo=photo, owner=owner)


_POOLS: dict[tuple[Path | None, int, bool], WriterPool] = {}
"""The writers that this worker process has gathered."""

_SUPPLIES: dict[tuple[Path | None, int, bool], tuple[Supplies, Classifier]] = {}
"""What this worker process makes documents from, and the classifier that looks at them."""


def _work(plan: HarvestPlan, name: str, first: int, n_pages: int) -> None:
    """Harvest one shard and write it, whole or not at all."""
    key = plan.data_dir, plan.seed, first >= _FIRST_VALIDATION_PAGE
    if _DOCUMENTS in name:
        if key not in _SUPPLIES:
            _SUPPLIES.clear()
            _SUPPLIES[key] = gather_supplies(find_data_dir(plan.data_dir), *key[1:]), _load_viewer()
        lines = harvest_documents(*_SUPPLIES[key], plan.seed, first, n_pages)
        crops, fates = NO_CROPS, Counter[str]()
    else:
        if key not in _POOLS:
            _POOLS.clear()
            _POOLS[key] = gather_writers(*key)
        crops, lines, fates = harvest_shard(_POOLS[key], plan.seed, first, n_pages)
    arrays: dict[str, Any] = {**asdict(crops), **name_arrays(lines), "fates": np.array(json.dumps(fates))}
    part = plan.out / f"{name}.part"
    with part.open("wb") as file:
        np.savez_compressed(file, **arrays)
    part.replace(plan.out / f"{name}.npz")


def _load_viewer() -> Classifier:
    """Return what looks at documents with the shipped page network, if there is one, and classifies nothing."""
    try:
        return replace(_BLIND, page_network=load_page_network(MODELS_DIR / PAGE))
    except ModelError:
        return _BLIND


def _count(folder: Path) -> dict[str, Any]:
    """Return counts of pages, of crops by label and kind, and of written digits by fate, over all shards there are."""
    counts: dict[str, Any] = {
        "pages": PAGES_PER_SHARD * len([path for path in folder.glob("train-*.npz") if _DOCUMENTS not in path.name])
    }
    fates = Counter[str]()
    for part in ("train", "validation"):
        labels, kinds = np.zeros(N_DIGITS + 1, np.int64), np.zeros(len(KINDS), np.int64)
        for path in sorted(folder.glob(f"{part}-*.npz")):
            crops = load_shard(path)
            labels += np.bincount(crops.labels, minlength=N_DIGITS + 1)
            kinds += np.bincount(crops.kinds, minlength=len(KINDS))
            with np.load(path) as arrays:
                fates.update(json.loads(str(arrays["fates"])))
        counts[f"n_{part}"] = int(labels.sum())
        counts[f"{part}_labels"] = labels.tolist()
        counts[f"{part}_kinds"] = dict(zip(KINDS, kinds.tolist(), strict=True))
    return {**counts, "digits_by_fate": dict(sorted(fates.items()))}
