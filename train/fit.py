"""Fits a network and writes its model folder. `python -m train.fit --help`.

Each epoch shows every training digit once, drawn afresh; after it the averaged weights are looked at on writers whom
the network never sees, and everything is saved so that `--resume` goes on exactly. MNIST's test set is not touched.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from rich.console import Console
from rich.progress import Progress

from pipeline.errors import UsageError
from train.architectures import build
from train.batches import NOT_A_DIGIT, Batch, count_batches, draw_epoch
from train.calibrate import calibrate
from train.checkpoint import History, hash_file, load_checkpoint, load_init, save_checkpoint
from train.crops import FACTS_NAME
from train.export import LITERT_NAME, Card, describe_model, export_model, predict_litert, write_card
from train.material import Examples, Material, gather_material
from train.scripts import add_common_flags, run_script

BATCH_SIZE = 256
PEAK_RATE = 2e-3
WEIGHT_DECAY = 0.02
LABEL_SMOOTHING = 0.02
"""Junk and digits overlap a little (half an 8 is a 3): the network is not to be dead sure of any label."""
AVERAGE_MOMENTUM = 0.998
"""Averages over about two epochs of steps; averaged weights lie flatter and read other hands better."""
WARMUP_FRAC = 0.05
WORK_DIR_NAME = ".work"


@dataclass(frozen=True, slots=True)
class FitPlan:
    """What one run is asked to do.

    `limit` keeps only so many training digits (None: all); `init` is a .keras file of the same network whose weights
    the run begins with (None: drawn ones); `rate` is the peak of the learning rate; `harvest` is a folder of crops to
    mix in.
    """

    arch: str = "digits"
    data_dir: Path | None = None
    epochs: int = 40
    seed: int = 0
    out: Path = Path("models/digits")
    limit: int | None = None
    resume: bool = False
    init: Path | None = None
    rate: float = PEAK_RATE
    harvest: Path | None = None

    @property
    def work_dir(self) -> Path:
        """Where checkpoints and the history lie; it tells git to ignore it."""
        return self.out / WORK_DIR_NAME

    def facts(self) -> dict[str, Any]:
        """Return what must be equal for a resumed run to be the same run."""
        facts = {"arch": self.arch, "epochs": self.epochs, "seed": self.seed, "limit": self.limit, "rate": self.rate}
        facts |= {} if self.init is None else {"init_sha256": hash_file(self.init)}
        return facts | ({} if self.harvest is None else {"harvest_sha256": hash_file(self.harvest / FACTS_NAME)})


def compile_model(model: keras.Model, n_steps: int, peak_rate: float) -> None:
    """Give `model` its optimizer (AdamW, warmup, cosine decay to zero over `n_steps`) and its loss."""
    warmup = max(1, round(WARMUP_FRAC * n_steps))
    rate = keras.optimizers.schedules.CosineDecay(
        peak_rate / 20, max(1, n_steps - warmup), alpha=0.0, warmup_target=peak_rate, warmup_steps=warmup
    )
    model.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=LABEL_SMOOTHING),
        metrics=["accuracy"],
        jit_compile=keras.backend.backend() != "tensorflow",  # TensorFlow's own CPU kernels beat XLA's; JAX needs it
    )


def look(model: keras.Model, material: Material) -> dict[str, float]:
    """Return what `model` does on writers it never saw: shares right on clean digits, seen digits, and junk."""
    clean = model.predict(material.clean.images, batch_size=512, verbose=0).argmax(axis=1)
    seen = model.predict(material.seen.images, batch_size=512, verbose=0).argmax(axis=1)
    is_right, is_junk = seen == material.seen.labels, material.seen.labels == NOT_A_DIGIT
    return {
        "clean_accuracy": float(np.mean(clean == material.clean.labels)),
        "seen_accuracy": float(np.mean(is_right[~is_junk])),
        "seen_digits_refused": float(np.mean(seen[~is_junk] == NOT_A_DIGIT)),
        "junk_refused": float(np.mean(is_right[is_junk])),
        **({} if material.harvested is None else look_at_harvest(model, material.harvested)),
    }


def look_at_harvest(model: keras.Model, harvested: Examples) -> dict[str, float]:
    """Return what `model` does on crops of synthesized pages: shares right on digits, and on junk."""
    taken = model.predict(harvested.images, batch_size=512, verbose=0).argmax(axis=1)
    is_right, is_junk = taken == harvested.labels, harvested.labels == NOT_A_DIGIT
    return {
        "harvest_accuracy": float(np.mean(is_right[~is_junk])),
        "harvest_digits_refused": float(np.mean(taken[~is_junk] == NOT_A_DIGIT)),
        "harvest_junk_refused": float(np.mean(is_right[is_junk])),
    }


def average_weights(averaged: keras.Model, fitted: keras.Model, n_done: int) -> None:
    """Move the weights of `averaged` towards those of `fitted` after `n_done` steps (Polyak & Juditsky 1992).

    At first by longer steps, so that the mean forgets the untrained weights.
    """
    momentum = min(AVERAGE_MOMENTUM, n_done / (n_done + 10))
    for mean, weight in zip(averaged.weights, fitted.weights, strict=True):
        if weight.dtype.startswith("float"):  # the random states of dropout layers have no mean
            mean.assign(momentum * mean + (1 - momentum) * weight)


def seed_dropout(model: keras.Model, seed: int, epoch: int) -> None:
    """Set the chance of each dropout layer to what this epoch's is, so that a resumed run draws the same."""
    for at, layer in enumerate(model.layers):
        if isinstance(layer, keras.layers.Dropout):
            layer.seed_generator.state.assign(np.array([seed + epoch, at], np.uint32))


def fit(plan: FitPlan, material: Material, console: Console) -> tuple[keras.Model, History]:
    """Return the averaged model after `plan.epochs` epochs, and what each epoch's look said.

    Raises
    ------
    UsageError : there is no network of that name, `plan.resume` is asked of another run, or `plan.init` holds another
        network
    InputError : there is no checkpoint to resume from, or `plan.init` cannot be read
    """
    n_steps = count_batches(material.train, BATCH_SIZE)
    if plan.resume:
        fitted, averaged, history = load_checkpoint(plan.work_dir, plan.facts())
    else:
        keras.utils.set_random_seed(plan.seed)
        fitted, averaged, history = build(plan.arch), build(plan.arch), []
        if plan.init is not None:
            fitted.set_weights(load_init(plan.init, plan.arch).get_weights())
        averaged.set_weights(fitted.get_weights())
        compile_model(fitted, n_steps * plan.epochs, plan.rate)
    with Progress(console=console, transient=True) as progress:
        for epoch in range(len(history), plan.epochs):
            seed_dropout(fitted, plan.seed, epoch)
            bar = progress.add_task(f"epoch {epoch + 1} of {plan.epochs}", total=n_steps)
            batches = draw_epoch(material.train, BATCH_SIZE, plan.seed, epoch)
            loss = fit_epoch(fitted, averaged, batches, epoch * n_steps, partial(progress.advance, bar))
            progress.remove_task(bar)
            figures = {"epoch": epoch + 1, "loss": loss, **look(averaged, material)}
            history.append({name: round(value, 5) for name, value in figures.items()})
            save_checkpoint(plan.work_dir, plan.facts(), fitted, averaged, history)
            console.print("  ".join(f"{name} {value:g}" for name, value in history[-1].items()), soft_wrap=True)
    return averaged, history


def fit_epoch(
    fitted: keras.Model, averaged: keras.Model, batches: Iterable[Batch], n_done: int, advance: Callable[[], None]
) -> float:
    """Fit one epoch's `batches`, after `n_done` steps before it, and return their mean loss."""
    losses, sizes = [], []
    for n_steps, (images, labels) in enumerate(batches, n_done + 1):
        fitted.reset_metrics()  # older releases of Keras give the mean of all batches so far
        losses.append(float(fitted.train_on_batch(images, labels, return_dict=True)["loss"]))
        sizes.append(len(images))
        average_weights(averaged, fitted, n_steps)
        advance()
    return float(np.average(losses, weights=sizes))


def finish(plan: FitPlan, material: Material, model: keras.Model, history: History) -> Card:
    """Export `model`, calibrate what was exported on the validation part as seen, write and return the card."""
    export_model(model, plan.out)
    seen = material.harvested or material.seen
    calibration = calibrate(predict_litert(plan.out / LITERT_NAME, seen.images), seen.labels)
    card = {
        **describe_model(model, plan.out),
        "temperature": round(calibration.temperature, 4),
        "made": {"keras": keras.__version__, **plan.facts(), **material.facts},
        "validation": history[-1] if history else {},
        "calibration": calibration.as_dict(),
    }
    write_card(plan.out, card)
    (plan.out / "history.json").write_text(json.dumps(history, indent=1) + "\n", "utf-8")
    return card


def parse_arguments(argv: list[str] | None) -> FitPlan:
    """Return the plan that the command line describes."""
    parser = argparse.ArgumentParser(prog="python -m train.fit", description="Fit a network; write its model folder.")
    add_common_flags(parser)
    default = FitPlan()
    parser.add_argument("--arch", default=default.arch, help="network by name, see train/architectures.py")
    parser.add_argument(
        "--epochs", type=int, default=default.epochs, help="times that every digit is shown (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=default.seed, help="of weights, split, examples (%(default)s)")
    parser.add_argument("--out", type=Path, default=default.out, metavar="DIR", help="model folder (%(default)s)")
    parser.add_argument("--limit", type=int, metavar="N", help="use only the first N digits: for a quick trial")
    parser.add_argument("--init", type=Path, metavar="FILE", help="begin with the weights of this .keras file")
    parser.add_argument("--rate", type=float, default=default.rate, help="peak of the learning rate (%(default)s)")
    parser.add_argument("--harvest", type=Path, metavar="DIR", help="crops from train.harvest to mix in")
    parser.add_argument("--resume", action="store_true", help="go on after the last whole epoch of the same run")
    plan = FitPlan(**vars(parser.parse_args(argv)))
    if plan.epochs < 1 or (plan.limit is not None and plan.limit < 1):
        raise UsageError("--epochs and --limit: expected at least 1", "see python -m train.fit --help")
    return plan


def main(argv: list[str] | None = None) -> int:
    """Run the script; return its exit code."""

    def run() -> None:
        console = Console(stderr=True)
        plan = parse_arguments(argv)
        with console.status("reading the data"):
            material = gather_material(plan.data_dir, plan.seed, plan.limit, plan.harvest)
        model, history = fit(plan, material, console)
        with console.status("exporting and calibrating"):
            card = finish(plan, material, model, history)
        console.print(f"{plan.out}: temperature {card['temperature']:g}, {card['validation']}", soft_wrap=True)

    return run_script(run)


if __name__ == "__main__":
    sys.exit(main())
