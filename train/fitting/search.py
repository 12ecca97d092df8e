"""Searches the knobs of the plain CNN and of its fit: `python -m train search --method grid|random|tpe`.

Optuna keeps the books. It knows nothing of what it tunes, so that any backend of Keras will do; it brings random search
and TPE; and it is kept: nine releases from February 2025 to September 2026, where KerasTuner had one (1.4.8).

Every trial takes the very steps of `train.fitting.fit` and is judged by its accuracy on the validation part (whole
writers, where they are known); the test set is not touched. Each trial lies in the folder's SQLite file as soon as it
ends, and draws its chances from the seed and its place alone, so that the same command goes on after a stop as if there
had been none. One process at a time may search in a folder.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
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
from train.datasets.catalog import MNIST, load_dataset
from train.fitting.batches import count_batches
from train.fitting.fit import encode, fit_epoch, seed_dropout
from train.fitting.plain_training_set import PlainTrainingSet, gather_plain_set
from train.fitting.recipes import PLAIN, Recipe, compile_model
from train.networks.architectures import PlainCnn, build_plain_cnn, find_architecture
from train.scripts import add_common_flags, run_script

STUDY_FILE_NAME = "study.db"
TABLE_FILE_NAME = "trials.csv"
NETWORK = "cnn_tuned"
METHODS = ("grid", "random", "tpe")
N_TRIALS = 12
N_STARTUP = 6
"""Trials that TPE draws at random before it trusts its model (Bergstra et al. 2011); Optuna's 10 would leave it two."""

SPACE: dict[str, optuna.distributions.BaseDistribution] = {
    # filters and kernel are one knob: three convolutions of 5x5 with pooling leave nothing of 28 px
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


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """What one run is asked to do.

    `trials` is how many there shall be in all, those of earlier runs included; a grid has no more than its points.
    `limit` keeps only so many training digits (None: all).
    """

    method: str = "random"
    trials: int | None = None
    epochs: int = 3
    limit: int | None = None
    dataset: str = MNIST
    data_dir: Path | None = None
    seed: int = 0
    out: Path = Path("train/runs/search")

    @property
    def n_trials(self) -> int:
        """How many trials there are when all is done."""
        if self.method == "grid":
            return min(self.trials or sys.maxsize, len(list_grid()))
        return self.trials or N_TRIALS

    def facts(self, train_sha256: str) -> dict[str, Any]:
        """Return what must be equal for trials to stand in one table, as JSON gives it back."""
        space = {name: json.loads(distribution_to_json(knob)) for name, knob in SPACE.items()}
        asked = {"method": self.method, "dataset": self.dataset, "limit": self.limit, "epochs": self.epochs}
        told = {"seed": self.seed, "train_sha256": train_sha256, "space": GRID if self.method == "grid" else space}
        return json.loads(json.dumps(asked | told))


def list_grid() -> list[dict[str, Any]]:
    """Return the points of the grid, the last knob turning fastest."""
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
        facts = plan.facts(train_sha256)
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


def ask(study: optuna.Study, plan: SearchPlan, place: int) -> optuna.Trial:
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

    It takes the steps of `train.fitting.fit`, so that what is found holds there; `advance` is called after each, and
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
        whole = progress.add_task("trials", total=plan.n_trials, completed=n_done)
        for place in range(n_done, plan.n_trials):
            trial, (_, seed) = ask(study, plan, place), draw_seeds(plan.seed, place)
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


def parse_arguments(argv: list[str] | None) -> SearchPlan:
    """Return the plan that the command line describes.

    Raises
    ------
    UsageError : a number is too small
    """
    parser = argparse.ArgumentParser(prog="python -m train search", description=__doc__.splitlines()[0])
    add_common_flags(parser)
    default = SearchPlan()
    how = f"grid: {len(list_grid())} fixed points; random: the whole space; tpe: guided by the trials before"
    parser.add_argument("--method", choices=METHODS, default=default.method, help=f"{how} (%(default)s)")
    many = f"in all: the same command again runs those that are left (a grid: its points; else {N_TRIALS})"
    parser.add_argument("--trials", type=int, metavar="N", help=many)
    parser.add_argument("--epochs", type=int, default=default.epochs, metavar="N", help="of each trial (%(default)s)")
    parser.add_argument("--limit", type=int, metavar="N", help="use only the first N digits: for a quick search")
    parser.add_argument("--dataset", default=default.dataset, metavar="NAME", help="as fit's (%(default)s)")
    parser.add_argument("--seed", type=int, default=default.seed, help="of points, split, weights (%(default)s)")
    parser.add_argument("--out", type=Path, default=default.out, metavar="DIR", help="the study's folder (%(default)s)")
    plan = SearchPlan(**vars(parser.parse_args(argv)))
    for name, least in (("trials", 1), ("epochs", 1), ("limit", 1), ("seed", 0)):
        number = getattr(plan, name)
        if number is not None and number < least:
            raise UsageError(f"--{name}: expected at least {least}, received {number}", "")
    return plan


def main(argv: list[str] | None = None) -> int:
    """Run the script; return its exit code."""

    def run() -> None:
        console, results = Console(stderr=True), Console(width=120)
        plan = parse_arguments(argv)
        with console.status("reading the data"):
            dataset = load_dataset(plan.dataset, plan.data_dir)
            training_set = gather_plain_set(dataset, plan.seed, plan.limit)
        told = (
            f"{training_set.n_digits} digits x {plan.epochs}, seed {plan.seed}, commit {training_set.facts['commit']}"
        )
        with open_study(plan, dataset.train.checksum()) as study:
            search(study, plan, training_set, len(dataset.classes), console)
            write_trials(study, plan.out / TABLE_FILE_NAME)
            results.print(tabulate(study, f"{plan.dataset}: {told}"))
            print(describe_best(study, len(training_set.held_out.labels)))

    return run_script(run)
