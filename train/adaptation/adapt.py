"""Adapts a model to a user's corrections and writes its folder. `python -m train adapt --help`.

The digits of the corrected numbers are cut out by the pipeline itself (`align`). A quarter of the numbers is held out;
both networks are fine-tuned on the others and on what they knew before (`replay`, `fine_tune`), and averaged with their
own weights before (`judge`). A model that reads anything worse than before is not written.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
from rich.console import Console

from pipeline.errors import InputError, ModelError
from pipeline.recognition.classify import Classifier, load_classifier, locate_companion
from pipeline.system.files import convert_write_errors
from pipeline.types import SIDE_PX
from train.adaptation.align import CutNumber, FoundLine, cut_number, find_lines
from train.adaptation.corrections import load_corrections
from train.adaptation.fine_tune import N_STEPS, fit_digits, fit_lines, wrap
from train.adaptation.judge import HeldOut, compare, list_worse, measure, prepare_folder, prepare_written, rank_shares
from train.adaptation.recalibrate import recalibrate_digits, recalibrate_lines
from train.adaptation.replay import gather_pool, harvest_replay, join, list_held_out_pages, replay_samples
from train.datasets.examples import show_crops
from train.datasets.harvested_crops import concatenate
from train.datasets.mnist import find_data_dir
from train.evaluation.fine_tuning import SAMPLES, Change
from train.fitting.options import RUNS
from train.harvesting.harvest import harvest_page
from train.networks.average_weights import average_models
from train.networks.export import describe_model, export_model, load_keras, write_litert
from train.networks.model_folder import (
    CARD_NAME,
    KERAS_NAME,
    LITERT_NAME,
    Card,
    find_model_folder,
    read_card,
    write_card,
)
from train.scripts import find_commit

LINES_NAME, PAGE_NAME = "lines", "page"
"""Folders of the other networks within that of an adapted model."""

LEAST_NUMBERS = 12
"""Fewer corrected numbers say too little of how a hand is read, before and after."""

_HELD_OUT_FRAC = 0.25
_SHARES = (0.3, 0.6, 1.0)
"""Shares of the fine-tuned weights that are tried."""


@dataclass(frozen=True, slots=True)
class AdaptPlan:
    """Options of `python -m train adapt`; `steps` and `pages` say how long it fits and how much it replays."""

    corrections: Path
    out: Path = RUNS / "adapted"
    model: str = "digits"
    data_dir: Path | None = None
    seed: int = 0
    force: bool = False
    steps: int = N_STEPS
    pages: int = 80


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What is learned on, and what nothing is learned on."""

    corrected: CutNumber
    replay: CutNumber
    held_out: HeldOut
    held_out_cut: CutNumber
    facts: dict[str, Any]


def adapt(plan: AdaptPlan, console: Console) -> list[Change]:
    """Write the adapted model, and return what changed.

    Raises
    ------
    InputError : there are too few corrected numbers, or a file cannot be read
    UsageError : a table of corrections holds a wrong value
    ModelError : the model cannot be adapted, or the adapted one reads something worse and is not written
    """
    folder = find_model_folder(Path(plan.model))
    card, classifier = read_card(folder), load_classifier(str(folder))
    line_folder = locate_companion(folder, card["line_model"]) if card.get("line_model") else None
    digits = load_keras(folder)
    _check_network(folder, digits, classifier)
    keras.utils.set_random_seed(plan.seed)  # of dropout
    lines = load_keras(line_folder) if line_folder is not None else None
    with console.status("cutting the corrected numbers and replaying what the model knows"):
        material = gather_material(plan, classifier)
    before = measure(classifier, material.held_out)
    with console.status("fitting") as status:
        fitted = fit(plan, material, digits, lines, status.update)
    by_share = {}
    for share in _SHARES:
        averaged = _average((digits, lines), fitted, share)
        by_share[share] = measure(wrap(classifier, *averaged), material.held_out)
    failed: list[Change] = []
    for share in rank_shares(before, by_share):
        with console.status("exporting and comparing"), TemporaryDirectory() as draft:
            made = {"adapted": folder.name, "share": share, "seed": plan.seed, "commit": find_commit()}
            out = Path(draft) / plan.out.name
            networks = _average((digits, lines), fitted, share)
            _export(networks, (folder, line_folder), out, material, made | material.facts)
            changes = compare(before, measure(load_classifier(str(out)), material.held_out))
            if worse := list_worse(changes):  # by eight bits, or by another temperature
                failed = failed or worse
                continue
            _describe(out, changes)
            with convert_write_errors(plan.out):
                shutil.copytree(out, plan.out, dirs_exist_ok=True)
        return changes
    raise ModelError(f"not written, as it reads no better or worse: {'; '.join(map(str, failed))}", _REMEDY)


def _check_network(folder: Path, digits: keras.Model, classifier: Classifier) -> None:
    """Raise ModelError for a digit network of another make: its inputs and outputs are not those that are fitted."""
    if digits.input_shape != (None, SIDE_PX, SIDE_PX, 1) or classifier.activation != "softmax":
        expected = f"expected (N, {SIDE_PX}, {SIDE_PX}, 1) in and a softmax out"
        received = f"{digits.input_shape} and {classifier.activation}"
        raise ModelError(f"{folder}: {expected}, received {received}", "adapt the shipped model, digits")


_REMEDY = "correct more numbers, and check their right values"


def gather_material(plan: AdaptPlan, classifier: Classifier) -> Material:
    """Return what the corrections and the replay give to learn from and to judge by.

    Raises
    ------
    InputError : there are too few corrected numbers, or a file cannot be read
    """
    crops, left_out = load_corrections(plan.corrections)
    cut: list[tuple[FoundLine, CutNumber]] = []
    for crop in crops:
        found = find_lines(crop, classifier)
        if (own := cut_number(found, classifier)) is not None:
            cut.append((found[0], own))
    left_out["cannot be cut into its digits"] += len(crops) - len(cut)
    if len(cut) < LEAST_NUMBERS:
        reasons = "".join(f", {n} {reason}" for reason, n in left_out.items() if n)
        received = f"expected {LEAST_NUMBERS} corrected numbers or more, received {len(cut)}{reasons}"
        raise InputError(f"{plan.corrections}: {received}", "fill in more right values")
    order = np.random.default_rng([plan.seed, 7]).permutation(len(cut))
    n_held_out = max(1, round(_HELD_OUT_FRAC * len(cut)))
    held, learned = [cut[i] for i in order[:n_held_out]], [cut[i] for i in order[n_held_out:]]
    data_dir = find_data_dir(plan.data_dir)
    training, others = gather_pool(data_dir, False), gather_pool(data_dir, True)
    replay = [harvest_replay(training, classifier, plan.seed, plan.pages)]
    replay += [replay_samples(classifier, SAMPLES)] if SAMPLES.is_dir() else []
    pages = list_held_out_pages(others, plan.seed, plan.pages)
    harvested = [harvest_page(page) for page in pages]
    held_out = HeldOut(
        [found for found, _ in held],
        prepare_written(pages, classifier),
        show_crops(concatenate([own for own, _, _ in harvested])),
        prepare_folder(SAMPLES, classifier),
    )
    known = join(*(CutNumber(crops, lines) for crops, lines, _ in harvested))
    facts = {"n_learned": len(learned), "n_held_out": len(held), "n_left_out": dict(left_out)}
    facts["has_data_dir"] = data_dir is not None
    return Material(
        join(*(own for _, own in learned)), join(*replay), held_out, join(known, *(own for _, own in held)), facts
    )


def describe_plan(plan: AdaptPlan) -> str:
    """Return a line that says what was written, and how it is used."""
    facts = read_card(plan.out)["made"]
    left_out = "".join(f", {n} {reason}" for reason, n in facts["n_left_out"].items() if n)
    numbers = f"{facts['n_learned']} numbers learned, {facts['n_held_out']} held out{left_out}"
    return f"{plan.out}: {numbers}; share {facts['share']:g}; read with --model {plan.out}"


Networks = tuple[keras.Model, keras.Model | None]


def fit(
    plan: AdaptPlan, material: Material, digits: keras.Model, lines: keras.Model | None, tell: Callable[[str], None]
) -> Networks:
    """Return the fine-tuned digit network, and the line network where there is one."""
    steps = {"digit": 0, "line": 0}

    def advance(name: str) -> None:
        steps[name] += 1
        tell(f"fitting the {name} network: step {steps[name]} of {plan.steps}")

    learned, replay = material.corrected, material.replay
    fitted = fit_digits(digits, learned.crops, replay.crops, plan.seed, plan.steps, partial(advance, "digit"))
    if lines is None:
        return fitted, None
    return fitted, fit_lines(lines, learned, replay, plan.seed, plan.steps, partial(advance, "line"))


def _average(before: Networks, after: Networks, share: float) -> Networks:
    lines = None if before[1] is None else average_models(before[1], after[1], share)
    return average_models(before[0], after[0], share), lines


def _export(
    networks: Networks, folders: tuple[Path, Path | None], out: Path, material: Material, made: dict[str, Any]
) -> None:
    """Write the folder of an adapted model: its networks, calibrated as those before, and the page network beside."""
    (digits, lines), (folder, line_folder) = networks, folders
    card = read_card(folder)
    weights = card.get("litert_weights", "float32")
    export_model(digits, out, weights)
    kept: Card = {name: card[name] for name in ("temperature", "page_model", "line_model", "input") if name in card}
    new: Card = {
        **describe_model(digits, out, card["classes"], weights),
        **kept,
        "made": {**made, "before": card.get("made")},
    }
    new["temperature"] = recalibrate_digits(folder, out, card, material.held_out_cut.crops)
    if lines is not None and line_folder is not None:
        _export_lines(lines, line_folder, out / LINES_NAME, material, made)
        new["line_model"] = LINES_NAME
    if "page_model" in card:
        source = locate_companion(folder, card["page_model"])
        (out / PAGE_NAME).mkdir()
        for name in (LITERT_NAME, CARD_NAME):
            shutil.copyfile(source / name, out / PAGE_NAME / name)
        new["page_model"] = PAGE_NAME
    write_card(out, new)


def _export_lines(lines: keras.Model, before: Path, out: Path, material: Material, made: dict[str, Any]) -> None:
    card = read_card(before)
    out.mkdir()
    lines.save(out / KERAS_NAME)
    write_litert(lines, out / LITERT_NAME, card.get("litert_weights", "int8"))
    kept = {name: value for name, value in card.items() if name not in ("validation", "calibration")}
    new: Card = {**kept, "name": out.name, "made": {**made, "before": card.get("made")}}
    new["bytes"] = {name: (out / name).stat().st_size for name in (KERAS_NAME, LITERT_NAME)}
    new["temperature"] = recalibrate_lines(before, out, card, material.held_out_cut.lines)
    write_card(out, new)


def _describe(folder: Path, changes: Sequence[Change]) -> None:
    """Put the figures before and after into the card of an adapted model."""
    figures = {one.what: {"before": round(one.before, 2), "after": round(one.after, 2)} for one in changes}
    write_card(folder, {**read_card(folder), "validation": figures})
