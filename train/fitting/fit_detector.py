"""Fits the page network on synthesized pages and writes its model folder. `python -m train fit-detector --help`.

After each epoch the averaged weights are validated on crops of held-out pages, and everything is saved so that
`--resume` goes on. All chance depends on the seed and the epoch.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import keras
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from pipeline.detection.page_network import Channel, load_page_network
from pipeline.errors import ModelError
from train.datasets.detector_pages import DetectorPages
from train.fitting.detector_loss import measure_detector_loss
from train.fitting.detector_scores import DetectorScores
from train.fitting.detector_training_set import draw_batches
from train.fitting.local_sgd import Partners
from train.fitting.options import WORK_DIR_NAME, DetectorPlan
from train.fitting.recipes import PHOTO, WARMUP_FRAC
from train.fitting.training_loop import average_weights
from train.networks.average_weights import average_models
from train.networks.catalog import PAGE
from train.networks.checkpoint import History, load_checkpoint, load_init, save_checkpoint
from train.networks.export import write_litert
from train.networks.model_folder import HISTORY_NAME, KERAS_NAME, LITERT_NAME, Card, write_card
from train.networks.page_network import build_page_network
from train.scripts import find_commit

_N_VALIDATED = 384
"""Crops of held-out pages for validation."""

_MOST_DISAGREEMENT = 0.02
"""Mean difference, over cells of digits, of the probabilities that Keras and LiteRT give for a digit's area."""

_CLIP_NORM = 10.0
"""Of the gradient: one odd batch does not undo a hundred."""

_AVERAGED_EVERY = 5
"""Steps from one averaging of the weights to the next: at each, it would take a tenth of the time."""

_SHARED_EVERY, _SEEDS_APART = 25, 1_000_000
"""Steps from one averaging with the other processes to the next, and how far apart their seeds lie."""

Predict = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Float32 (N, H, W, 1) in, float32 (N, H / 4, W / 4, 8) out."""


def fit_detector(plan: DetectorPlan, console: Console) -> tuple[keras.Model, History]:
    """Return the averaged model after the last epoch, and each epoch's figures."""
    work_dir = plan.out / WORK_DIR_NAME
    with TemporaryDirectory() as folder:
        children = [_start(plan, Partners(Path(folder), rank, plan.processes)) for rank in range(1, plan.processes)]
        try:
            return _fit(plan, console, work_dir, Partners(Path(folder), 0, plan.processes))
        finally:
            for child in children:
                child.terminate()


def _start(plan: DetectorPlan, partners: Partners) -> BaseProcess:
    """Return a process that fits along, started."""
    child = get_context("spawn").Process(target=_fit_along, args=(plan, partners), daemon=True)
    child.start()
    return child


def _fit_along(plan: DetectorPlan, partners: Partners) -> None:
    """Fit in a process of its own: the first one validates and saves."""
    _fit(plan, Console(quiet=True), plan.out / WORK_DIR_NAME, partners)


def _fit(plan: DetectorPlan, console: Console, work_dir: Path, partners: Partners) -> tuple[keras.Model, History]:
    pages, held_out = DetectorPages(plan.pages), DetectorPages(plan.held_out)
    keras.mixed_precision.set_global_policy("mixed_bfloat16" if plan.half else "float32")
    keras.utils.set_random_seed(plan.seed)
    if plan.resume:
        fitted, averaged, history = load_checkpoint(work_dir, plan.facts())
    else:
        fitted, history = build_page_network(), []
        if plan.init is not None:
            fitted.set_weights(load_init(plan.init, PAGE).get_weights())
        averaged = keras.models.clone_model(fitted)
        averaged.set_weights(fitted.get_weights())
        fitted.compile(make_optimizer(plan), measure_detector_loss, jit_compile=False)
    with Progress(console=console, transient=True) as progress:
        for epoch in range(len(history), plan.epochs):
            start_s = perf_counter()
            bar = progress.add_task(f"epoch {epoch + 1} of {plan.epochs}", total=plan.steps)
            loss = fit_epoch(fitted, averaged, pages, plan, epoch, partial(progress.advance, bar), partners)
            progress.remove_task(bar)
            if partners.rank:
                history.append({"loss": loss})
                continue
            step_s = (perf_counter() - start_s) / plan.steps
            figures = {"epoch": epoch + 1, "loss": loss, "step_s": step_s}
            figures |= validate(averaged.predict_on_batch, held_out, plan.batch)
            history.append({name: round(value, 4) for name, value in figures.items()})
            save_checkpoint(work_dir, plan.facts(), fitted, averaged, history)
            console.print("  ".join(f"{name} {value:g}" for name, value in history[-1].items()), soft_wrap=True)
    return averaged, history


def make_optimizer(plan: DetectorPlan) -> keras.optimizers.Optimizer:
    """Return AdamW with warmup and cosine decay over the steps of the whole run."""
    n_steps = plan.steps * plan.epochs
    warmup = max(1, round(WARMUP_FRAC * n_steps))
    falling = keras.optimizers.schedules.CosineDecay(
        plan.rate / 20, max(1, n_steps - warmup), alpha=0.01, warmup_target=plan.rate, warmup_steps=warmup
    )
    return keras.optimizers.AdamW(falling, weight_decay=PHOTO.weight_decay, global_clipnorm=_CLIP_NORM)


def fit_epoch(
    fitted: keras.Model,
    averaged: keras.Model,
    pages: DetectorPages,
    plan: DetectorPlan,
    epoch: int,
    advance: Callable[[], None],
    partners: Partners,
) -> float:
    """Fit one epoch, share the weights and move the averaged ones now and then; return the mean loss."""
    losses = []
    n_done, seed = epoch * plan.steps, plan.seed + _SEEDS_APART * partners.rank
    for number, (crops, targets) in enumerate(draw_batches(pages, plan.steps, plan.batch, seed, epoch), 1):
        fitted.reset_metrics()  # else the loss is the mean of all batches so far
        losses.append(float(fitted.train_on_batch(crops, targets)))
        if number % _SHARED_EVERY == 0:
            partners.average(fitted, (n_done + number) // _SHARED_EVERY)
        if number % _AVERAGED_EVERY == 0:
            n_averaged = (n_done + number) // _AVERAGED_EVERY
            average_weights(averaged, fitted, n_averaged, PHOTO.average_momentum**_AVERAGED_EVERY)
        advance()
    return float(np.mean(losses))


def validate(predict: Predict, held_out: DetectorPages, batch_size: int) -> dict[str, float]:
    """Return the figures of `DetectorScores` on crops of held-out pages, always the same ones."""
    scores = DetectorScores()
    for crops, targets in draw_batches(held_out, -(-_N_VALIDATED // batch_size), batch_size, 0, 0):
        for maps, answers in zip(np.asarray(predict(crops)), targets, strict=True):
            scores.add(maps, answers)
    return scores.figures()


def finish(plan: DetectorPlan, model: keras.Model, history: History) -> Card:
    """Export `model` in single precision and for LiteRT, check what was exported, write and return the card.

    With a share of the first weights it is their average with those: fine-tuning gains on its own examples and may lose
    elsewhere (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022, arXiv 2109.01903).

    Raises
    ------
    ModelError : the two exported files disagree
    """
    keras.mixed_precision.set_global_policy("float32")
    single = build_page_network()
    single.set_weights(model.get_weights())
    if plan.init is not None and plan.init_share:
        single = average_models(single, load_init(plan.init, PAGE), plan.init_share)
    plan.out.mkdir(parents=True, exist_ok=True)
    single.save(plan.out / KERAS_NAME)
    write_litert(single, plan.out / LITERT_NAME, "int8")
    held_out, network = DetectorPages(plan.held_out), load_page_network(plan.out).network
    gap = measure_gap(single.predict_on_batch, network, held_out)
    if gap > _MOST_DISAGREEMENT:
        raise ModelError(f"{plan.out / LITERT_NAME}: differs from the Keras model by {gap:.4f}", "report this as a bug")
    card = {
        "schema": 1,
        "name": plan.out.name,
        "channels": [channel.name.lower() for channel in Channel],
        "input": {
            "shape": [None, None, 1],
            "dtype": "float32",
            "range": [-3, 3],
            "meaning": "gray of mean 0 and deviation 1",
        },
        "n_parameters": single.count_params(),
        "litert_weights": "int8",
        "bytes": {name: (plan.out / name).stat().st_size for name in (KERAS_NAME, LITERT_NAME)},
        "made": {"keras": keras.__version__, **plan.facts(), "init_share": plan.init_share, "commit": find_commit()},
        "validation": {name: round(value, 4) for name, value in validate(network, held_out, 1).items()},
        "litert_gap": round(gap, 5),
    }
    card = write_card(plan.out, card)
    (plan.out / HISTORY_NAME).write_text(json.dumps(history, indent=1) + "\n", "utf-8")
    return card


def measure_gap(first: Predict, second: Predict, held_out: DetectorPages) -> float:
    """Return the mean difference of two networks' probabilities, over the cells where either sees a digit."""
    differences = []
    for crops, _ in draw_batches(held_out, 8, 1, 0, 0):
        one, other = (
            1 / (1 + np.exp(-np.asarray(predict(crops))[..., Channel.AREA].astype(np.float64)))
            for predict in (first, second)
        )
        differences.append(np.abs(one - other)[np.maximum(one, other) > 0.1])
    together = np.concatenate(differences)
    return float(together.mean()) if len(together) else 0.0
