"""Searches the hyperparameters of the plain CNN: `python -m train search --method grid|random|tpe`.

Optuna manages the study. It works with any backend of Keras, has random search and TPE, and is maintained: nine
releases from February 2025 to September 2026, where KerasTuner had one (1.4.8).

Every trial takes the steps of `train.fitting.training_loop` and is scored by its accuracy on the validation part (whole
writers, where they are known); the test set is not touched. Each trial is stored in the folder's SQLite file as soon as
it ends, and is seeded by the search's seed and its place alone, so that the same command continues a stopped search
exactly. One process at a time may search in a folder.
"""

from __future__ import annotations

import csv
import itertools
import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution, distribution_to_json
from optuna.trial import TrialState
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from pipeline.errors import UsageError
from train.datasets.catalog import Dataset
from train.fitting.batches import count_batches
from train.fitting.options import SearchPlan
from train.fitting.plain_training_set import PlainTrainingSet, gather_plain_set
from train.fitting.recipes import PLAIN, Recipe
from train.fitting.training_loop import compile_model, encode, fit_epoch, seed_dropout
from train.networks.architectures import PlainCnn, build_plain_cnn
from train.networks.catalog import find_architecture

STUDY_FILE_NAME = "study.db"
TABLE_FILE_NAME = "trials.csv"
NETWORK = "cnn_tuned"
N_TRIALS = 12
"""By default, of random search and TPE."""

N_STARTUP = 6
"""Trials that TPE draws at random before it trusts its model (Bergstra et al. 2011); Optuna's 10 would leave it two."""

SPACE: dict[str, optuna.distributions.BaseDistribution] = {
    # filters and kernel are one hyperparameter: three convolutions of 5x5 with pooling leave nothing of 28 px
    "convolutions": CategoricalDistribution(
        ["16-32 3x3", "16-32 5x5", "32-64 3x3", "32-64 5x5", "32-64-64 3x3", "32-64-128 3x3"]
    ),
    "n_dense": IntDistribution(32, 256, step=32),
    "dropout": FloatDistribution(0.0, 0.5, step=0.1),
    "rate": FloatDistribution(3e-4, 5e-3, log=True),  # three to five times less or more than Adam's usual
    "batch_size": CategoricalDistribution([32, 64, 128, 256]),
}
"""What random search and TPE draw from."""

GRID: dict[str, list[Any]] = {
    "convolutions": ["32-64 3x3", "32-64-64 3x3"],
    "n_dense": [64, 128],
    "dropout": [0.0, 0.3],
    "rate": [1e-3, 2e-3],
    "batch_size": [64],
}
"""The grid, 16 points of the space that a person can wait for; both tutorial networks are among them."""


def count_trials(plan: SearchPlan) -> int:
    """Return how many trials the whole search has; a grid has no more than its points."""
    return min(plan.trials or len(list_grid()), len(list_grid())) if plan.method == "grid" else plan.trials or N_TRIALS


def describe_search(plan: SearchPlan, train_sha256: str) -> dict[str, Any]:
    """Return what must be equal for trials to stand in one table, as JSON gives it back."""
    space = {name: json.loads(distribution_to_json(knob)) for name, knob in SPACE.items()}
    facts: dict[str, Any] = {"method": plan.method, "dataset": plan.dataset, "limit": plan.limit, "epochs": plan.epochs}
    facts |= {"seed": plan.seed, "train_sha256": train_sha256, "space": GRID if plan.method == "grid" else space}
    return json.loads(json.dumps(facts))


def list_grid() -> list[dict[str, Any]]:
    """Return the points of the grid, the last hyperparameter changing fastest."""
    return [dict(zip(GRID, point, strict=True)) for point in itertools.product(*GRID.values())]


def read_knobs(values: dict[str, Any], n_epochs: int = PLAIN.epochs) -> tuple[PlainCnn, Recipe]:
    """Return the network and the recipe that a trial's `values` stand for, with the digits that the table shows."""
    filters, kernel = values["convolutions"].split(" ")
    rate, dropout = (float(f"{values[name]:.3g}") for name in ("rate", "dropout"))
    cnn = PlainCnn(tuple(map(int, filters.split("-"))), values["n_dense"], int(kernel.split("x")[0]), dropout)
    return cnn, replace(PLAIN, epochs=n_epochs, batch_size=values["batch_size"], rate=rate)


@contextmanager
def open_study(plan: SearchPlan, train_sha256: str) -> Iterator[optuna.Study]:
    """Give the study in the folder of `plan`, a new one if there is none; what was running when it stopped has failed.

    It lies in SQLite, not in Optuna's journal file, on which a killed process can leave a lock or half a line.

    Raises
    ------
    UsageError : the folder holds another search
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    plan.out.mkdir(parents=True, exist_ok=True)
    (plan.out / ".gitignore").write_text("*\n", "utf-8")
    storage = optuna.storages.RDBStorage(f"sqlite:///{(plan.out / STUDY_FILE_NAME).as_posix()}")
    try:
        study = optuna.create_study(storage=storage, study_name="search", direction="maximize", load_if_exists=True)
        facts = describe_search(plan, train_sha256)
        held = study.user_attrs.get("asked", facts)
        if held != facts:
            differing = ", ".join(name for name in {**held, **facts} if held.get(name) != facts.get(name))
            raise UsageError(f"{plan.out}: holds another search ({differing})", "give another --out")
        study.set_user_attr("asked", facts)
        for trial in study.get_trials(states=[TrialState.RUNNING]):
            study.tell(trial.number, state=TrialState.FAIL)
        yield study
    finally:
        storage.remove_session()
        storage.engine.dispose()


def draw_seeds(seed: int, place: int) -> tuple[int, int]:
    """Return the seed of the point and that of the fit for the trial at `place` in the search, 0 for the first."""
    point, fit = np.random.default_rng([seed, place]).integers(2**31, size=2)
    return int(point), int(fit)


def start_trial(study: optuna.Study, plan: SearchPlan, place: int) -> optuna.Trial:
    """Return a new trial with the point for `place`.

    Optuna's own grid sampler takes a point for visited even if its trial was killed: hence the points are queued here.
    """
    seed, _ = draw_seeds(plan.seed, place)
    study.sampler = optuna.samplers.RandomSampler(seed)
    if plan.method == "tpe":
        study.sampler = optuna.samplers.TPESampler(n_startup_trials=N_STARTUP, seed=seed)
    if plan.method == "grid" and not study.get_trials(states=[TrialState.WAITING]):
        study.enqueue_trial(list_grid()[place])
    return study.ask(SPACE)


def fit_knobs(
    cnn: PlainCnn,
    recipe: Recipe,
    training_set: PlainTrainingSet,
    n_classes: int,
    seed: int,
    advance: Callable[[], None],
) -> tuple[float, int]:
    """Return (accuracy on the validation part after the last epoch, number of parameters) of a network fitted anew.

    It takes the steps of `train.fitting.fit`, so that the result holds there; `advance` is called after each, and
    nothing is saved.
    """
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model, loss = build_plain_cnn(cnn, n_classes, NETWORK), find_architecture(NETWORK).loss
    n_steps = count_batches(training_set.n_digits, recipe.batch_size)
    compile_model(model, recipe, loss, n_steps * recipe.epochs, recipe.rate)
    for epoch in range(recipe.epochs):
        seed_dropout(model, seed, epoch)
        batches = encode(training_set.draw(recipe.batch_size, seed, epoch), n_classes, loss)
        fit_epoch(model, model, batches, epoch * n_steps, recipe, advance)
    return training_set.validate(model)["val_accuracy"], model.count_params()


def search(
    study: optuna.Study, plan: SearchPlan, training_set: PlainTrainingSet, n_classes: int, console: Console
) -> None:
    """Run the trials that are left, writing the table anew after each."""
    n_done = len(study.get_trials(states=[TrialState.COMPLETE]))
    with Progress(console=console, transient=True) as progress:
        whole = progress.add_task("trials", total=count_trials(plan), completed=n_done)
        for place in range(n_done, count_trials(plan)):
            trial, (_, seed) = start_trial(study, plan, place), draw_seeds(plan.seed, place)
            cnn, recipe = read_knobs(trial.params, plan.epochs)
            n_steps = recipe.epochs * count_batches(training_set.n_digits, recipe.batch_size)
            bar = progress.add_task(f"trial {trial.number}", total=n_steps)
            began = time.monotonic()
            accuracy, size = fit_knobs(cnn, recipe, training_set, n_classes, seed, partial(progress.advance, bar))
            trial.set_user_attr("parameters", size)
            trial.set_user_attr("seconds", round(time.monotonic() - began, 1))
            study.tell(trial, accuracy)
            progress.remove_task(bar)
            progress.advance(whole)
            console.print(f"trial {trial.number}: {100 * accuracy:.2f} %, {trial.params}", soft_wrap=True)
            write_trials(study, plan.out / TABLE_FILE_NAME)


def list_rows(study: optuna.Study) -> list[dict[str, str]]:
    """Return a row for each trial that was begun: number, state, knobs, and the figures of those that ended."""
    rows = []
    for trial in study.get_trials(states=[TrialState.COMPLETE, TrialState.FAIL]):
        row: dict[str, Any] = {"trial": trial.number, "state": "killed" if trial.value is None else "complete"}
        row |= {name: trial.params.get(name, "") for name in SPACE}
        row["val_accuracy"] = "" if trial.value is None else f"{trial.value:.5f}"
        row |= {name: str(trial.user_attrs.get(name, "")) for name in ("parameters", "seconds")}
        rows.append({name: f"{cell:.3g}" if isinstance(cell, float) else str(cell) for name, cell in row.items()})
    return rows


def write_trials(study: optuna.Study, path: Path) -> None:
    """Write the rows as CSV."""
    rows = list_rows(study)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def tabulate(study: optuna.Study, title: str) -> Table:
    """Return the rows as a table."""
    rows = list_rows(study)
    table = Table(*rows[0], title=title, box=box.SIMPLE, pad_edge=False)
    for row in rows:
        table.add_row(*row.values())
    return table


def describe_best(study: optuna.Study, n_validation: int) -> str:
    """Return a line that names the best trial, its accuracy with its standard error, and what to make of it."""
    best, accuracy = study.best_trial, study.best_value
    cnn, recipe = read_knobs(best.params)
    error = math.sqrt(accuracy * (1 - accuracy) / n_validation)
    return (
        f"best: trial {best.number}, {100 * accuracy:.2f} +- {100 * error:.2f} % of {n_validation}; write into "
        f"train/networks/architectures.py: TUNED = {cnn}, "
        f"fitted at rate {recipe.rate:g} in batches of {recipe.batch_size}"
    )


def run_search(plan: SearchPlan, dataset: Dataset, console: Console) -> tuple[Table, str]:
    """Run the trials that are left; return the table of all, and a line that names the best.

    Raises
    ------
    UsageError : as for `open_study`
    """
    training_set = gather_plain_set(dataset, plan.seed, plan.limit)
    facts = f"{training_set.n_digits} digits x {plan.epochs}, seed {plan.seed}, commit {training_set.facts['commit']}"
    with open_study(plan, dataset.train.checksum()) as study:
        search(study, plan, training_set, len(dataset.classes), console)
        write_trials(study, plan.out / TABLE_FILE_NAME)
        table = tabulate(study, f"{plan.dataset}: {facts}")
        return table, describe_best(study, len(training_set.held_out.labels))
