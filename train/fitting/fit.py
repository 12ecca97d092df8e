"""Fits a network and writes its model folder. `python -m train fit --help`.

Each epoch uses every training picture once; after it the network (of the photo recipe, its averaged weights) is
validated, and everything is saved so that `--resume` continues exactly. The test set is not touched.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Protocol

import keras
from rich.console import Console
from rich.progress import Progress

from pipeline.errors import UsageError
from train.datasets.catalog import DIGIT_CLASSES, MNIST, NOT_A_DIGIT_NAME, load_dataset
from train.datasets.examples import Examples
from train.fitting.batches import Batch, count_batches
from train.fitting.calibrate import calibrate, is_at_bound
from train.fitting.epochs import find_best, is_stalled, log_epochs
from train.fitting.options import FitPlan
from train.fitting.photo_training_set import gather_photo_set
from train.fitting.plain_training_set import gather_plain_set
from train.fitting.recipes import PLAIN
from train.fitting.training_loop import compile_model, encode, fit_epoch, seed_dropout
from train.networks.adapt_input import adapt_model
from train.networks.architectures import build
from train.networks.checkpoint import History, load_best, load_checkpoint, load_init, save_checkpoint
from train.networks.export import describe_model, export_model
from train.networks.model_folder import (
    CARD_NAME,
    HISTORY_NAME,
    LITERT_NAME,
    Card,
    locate_line_model,
    predict_litert,
    read_card,
    write_card,
)

FEW_HELD_OUT = 200
"""Of fewer held-out pictures an accuracy of 95 % has a standard error of over 1.5 points."""


class TrainingSet(Protocol):
    """Training and validation data of a run: batches by epoch, held-out examples, and the facts for the card."""

    @property
    def n_digits(self) -> int: ...  # noqa: D102
    @property
    def held_out(self) -> Examples: ...  # noqa: D102
    @property
    def facts(self) -> dict[str, Any]: ...  # noqa: D102
    def draw(self, batch_size: int, seed: int, epoch: int) -> Iterator[Batch]: ...  # noqa: D102
    def validate(self, model: keras.Model) -> dict[str, float]: ...  # noqa: D102


def gather_training_set(
    plan: FitPlan, tell: Callable[[str], None] = lambda note: None
) -> tuple[TrainingSet, tuple[str, ...]]:
    """Return the training set of the run, and the names of its classes; `tell` is given the notes on the data.

    Raises
    ------
    InputError : as for `load_dataset` and `gather_photo_set`
    UsageError : the photo recipe is asked for pictures that are no digits
    """
    is_plain = plan.how.name == PLAIN.name
    own = None  # MNIST, which the photo training set reads itself
    if is_plain or plan.dataset != MNIST:
        own = load_dataset(plan.dataset, plan.data_dir)
        if not is_plain and own.classes != DIGIT_CLASSES:
            raise UsageError(f"{plan.dataset}: the photo recipe is for digits", "give --arch cnn_tuned")
        for note in own.notes:
            tell(f"{plan.dataset}: {note}")
    if is_plain and own is not None:
        return gather_plain_set(own, plan.seed, plan.limit), own.classes
    training_set = gather_photo_set(plan.data_dir, plan.seed, plan.limit, plan.harvest, plan.parts, own, plan.plain)
    return training_set, (*DIGIT_CLASSES, NOT_A_DIGIT_NAME) if "non-digits" in plan.parts else DIGIT_CLASSES


def begin(plan: FitPlan, n_classes: int, console: Console) -> keras.Model:
    """Return the network before its first step; one of another make is adapted, and that is said.

    Raises
    ------
    UsageError : there is no network of that name, or `plan.init` holds another, or one of other classes or inputs
    InputError : `plan.init` cannot be read
    """
    keras.utils.set_random_seed(plan.seed)
    if plan.init is None:
        return build(plan.arch, n_classes)
    begun, notes = adapt_model(load_init(plan.init, plan.arch))
    for note in notes:
        console.print(f"{plan.init}: {note}", style="yellow", soft_wrap=True, markup=False)
    if begun.output_shape != (None, n_classes):
        raise UsageError(f"{plan.init}: has {begun.output_shape[-1]} classes, the data {n_classes}", "")
    return begun


def fit(plan: FitPlan, training_set: TrainingSet, n_classes: int, console: Console) -> tuple[keras.Model, History]:
    """Return the model (averaged, if the recipe says so) after the last epoch, and the figures of each epoch.

    With `plan.patience` a run may end early, and the model is that of the best epoch.

    Raises
    ------
    UsageError : as for `begin`, or `plan.resume` is set for another run
    InputError : as for `begin`, or there is no checkpoint to resume from
    """
    recipe, loss = plan.how, plan.architecture.loss
    n_steps = count_batches(training_set.n_digits, recipe.batch_size)
    if plan.resume:
        fitted, averaged, history = load_checkpoint(plan.work_dir, plan.facts())
    else:
        fitted, history = begin(plan, n_classes, console), []
        averaged = keras.models.clone_model(fitted)
        averaged.set_weights(fitted.get_weights())
        compile_model(fitted, recipe, loss, n_steps * plan.n_epochs, plan.peak_rate)
    with Progress(console=console, transient=True) as progress, log_epochs(fitted, plan.tensorboard) as logger:
        for epoch in range(len(history), plan.n_epochs):
            if is_stalled(history, plan.patience):
                break
            seed_dropout(fitted, plan.seed, epoch)
            bar = progress.add_task(f"epoch {epoch + 1} of {plan.n_epochs}", total=n_steps)
            batches = encode(training_set.draw(recipe.batch_size, plan.seed, epoch), n_classes, loss)
            figures = fit_epoch(fitted, averaged, batches, epoch * n_steps, recipe, partial(progress.advance, bar))
            progress.remove_task(bar)
            figures = {"epoch": epoch + 1, **figures, **training_set.validate(averaged)}
            history.append({name: round(value, 5) for name, value in figures.items()})
            logger.on_epoch_end(epoch, history[-1])
            is_best = plan.patience is not None and find_best(history) == epoch
            save_checkpoint(plan.work_dir, plan.facts(), fitted, averaged, history, is_best)
            console.print("  ".join(f"{name} {value:g}" for name, value in history[-1].items()), soft_wrap=True)
    return averaged if plan.patience is None else load_best(plan.work_dir), history


def describe_origin(plan: FitPlan) -> Card:
    """Return how the network that the run began with was made, if a card beside it says so."""
    card = read_init_card(plan)
    return {"begun_with": card.get("made", {})} if card else {}


def read_init_card(plan: FitPlan) -> Card:
    """Return the card of the network that the run began with; empty where there is none."""
    has_card = plan.init is not None and (plan.init.parent / CARD_NAME).is_file()
    return read_card(plan.init.parent) if plan.init is not None and has_card else {}


def describe_doubts(plan: FitPlan, card: Card) -> list[str]:
    """Return a line for each thing in the card of a run that makes reading with its network doubtful."""
    lines, calibration = [], card["calibration"]
    if is_at_bound(calibration["temperature"]):
        fitted = f"the fitted temperature, {calibration['temperature']:g}, is the least or most that is tried"
        lines.append(f"{fitted}, so the card has {card['temperature']:g}: hold out more pictures")
    if calibration["n_examples"] < FEW_HELD_OUT:
        lines.append(f"{calibration['n_examples']} pictures were held out: its figures and temperature are rough")
    lost = read_init_card(plan).get("line_model")
    if lost and "line_model" not in card:
        lines.append(f"the line network {lost!r} of {plan.init} is left out: it reads digits, not these classes")
    return lines


def choose_temperature(plan: FitPlan, fitted: float) -> float:
    """Return the temperature for the card: at a bound, that of the network that the run began with, or 1."""
    return float(read_init_card(plan).get("temperature", 1.0)) if is_at_bound(fitted) else fitted


def find_line_model(plan: FitPlan) -> str | None:
    """Return the line network that reads beside the new one, as a path from the folder that holds the new one's folder.

    It is the one that the card there names already, else that of the network that the run began with.
    """
    if (plan.out / CARD_NAME).is_file() and (kept := read_card(plan.out).get("line_model")):
        return str(kept)
    return None if plan.init is None else locate_line_model(read_init_card(plan), plan.init.parent, plan.out)


def finish(
    plan: FitPlan, training_set: TrainingSet, model: keras.Model, history: History, classes: tuple[str, ...]
) -> Card:
    """Export `model`, calibrate what was exported on what was held out, write and return the card."""
    export_model(model, plan.out, plan.how.litert_weights)
    held_out = training_set.held_out
    calibration = calibrate(predict_litert(plan.out / LITERT_NAME, held_out.images), held_out.labels)
    card = {
        **describe_model(model, plan.out, classes, plan.how.litert_weights),
        "temperature": round(choose_temperature(plan, calibration.temperature), 4),
        "made": {"keras": keras.__version__, **plan.facts(), **training_set.facts, **describe_origin(plan)},
        "validation": history[-1 if plan.patience is None else find_best(history)] if history else {},
        "calibration": calibration.as_dict(),
    }
    if classes[: len(DIGIT_CLASSES)] == DIGIT_CLASSES and (line_model := find_line_model(plan)):
        card["line_model"] = line_model
    card = write_card(plan.out, card)
    (plan.out / HISTORY_NAME).write_text(json.dumps(history, indent=1) + "\n", "utf-8")
    return card
