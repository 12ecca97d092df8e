"""Fits a network and writes its model folder. `python -m train.fit --help`.

Each epoch shows every training digit once, drawn afresh; after it the averaged weights are looked at on writers whom
the network never sees, and everything is saved so that `--resume` goes on exactly. MNIST's test set is not touched.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from pipeline.errors import InputError, UsageError
from train.architectures import build
from train.augment import AugmentSettings
from train.batches import NOT_A_DIGIT, FreshBatches, Mixture, Sources, collect_sources, draw_batch
from train.calibrate import calibrate
from train.data import N_VALIDATION, TRAIN_IMAGES, find_data_dir, load_train, split_validation
from train.export import LITERT_NAME, describe_model, export_model, find_commit, predict_litert, write_card
from train.extras import load_extras
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
    """What one run is asked to do; `limit` keeps only so many training digits (None: all)."""

    arch: str = "digits"
    data_dir: Path | None = None
    epochs: int = 40
    seed: int = 0
    out: Path = Path("models/digits")
    limit: int | None = None
    resume: bool = False

    @property
    def work_dir(self) -> Path:
        """Where checkpoints and the history lie; it tells git to ignore it."""
        return self.out / WORK_DIR_NAME

    def facts(self) -> dict[str, Any]:
        """Return what must be equal for a resumed run to be the same run."""
        return {"arch": self.arch, "epochs": self.epochs, "seed": self.seed, "limit": self.limit}


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Fixed examples to look at: images float32 (N, 28, 28, 1), labels int64 (N,)."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """All that a run needs: sources to train on, and of held-out writers the clean digits and the seen mixture."""

    train: Sources
    clean: Examples
    seen: Examples
    facts: dict[str, Any]


def gather_material(plan: FitPlan) -> Material:
    """Read the data and split it by writer; the validation part is drawn once, by the plan's seed.

    Raises
    ------
    InputError : as for `load_train` and `load_extras`
    """
    data_dir = find_data_dir(plan.data_dir)
    digits = load_train(data_dir)
    extras, extras_held_out = load_extras(data_dir)
    train, validation = split_validation(digits, N_VALIDATION, plan.seed)
    if plan.limit is not None:
        train, validation = train.take(slice(0, plan.limit)), validation.take(slice(0, plan.limit))
    rng = np.random.default_rng([plan.seed, 1])
    seen = collect_sources(validation, extras_held_out, rng)
    clean_images = validation.images[..., None].astype(np.float32) / np.float32(255)
    no_plain = Mixture(plain=0.0)
    facts = {
        "commit": find_commit(),
        "mnist_train_images_sha256": TRAIN_IMAGES.sha256,
        "n_train": len(train.labels),
        "n_validation": len(validation.labels),
        "n_extra_train": len(extras.labels),
        "n_extra_validation": len(extras_held_out.labels),
        "is_writer_disjoint": digits.writers is not None,
    }
    return Material(
        train=collect_sources(train, extras, rng),
        clean=Examples(clean_images, validation.labels.astype(np.int64)),
        seen=Examples(*draw_batch(seen, np.arange(len(validation.labels)), rng, no_plain, AugmentSettings())),
        facts=facts,
    )


def compile_model(model: keras.Model, n_steps: int) -> None:
    """Give `model` its optimizer (AdamW, warmup, cosine decay to zero over `n_steps`) and its loss."""
    warmup = max(1, round(WARMUP_FRAC * n_steps))
    rate = keras.optimizers.schedules.CosineDecay(
        PEAK_RATE / 20, max(1, n_steps - warmup), alpha=0.0, warmup_target=PEAK_RATE, warmup_steps=warmup
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
    }


class Averager(keras.callbacks.Callback):
    """Keeps a second model whose weights are the running mean of the fitted one's (Polyak & Juditsky 1992)."""

    def __init__(self, averaged: keras.Model, n_done: int = 0) -> None:
        super().__init__()
        self.averaged, self._n_done = averaged, n_done

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Move the mean a step; at first in longer steps, so that it forgets the untrained weights."""
        self._n_done += 1
        momentum = min(AVERAGE_MOMENTUM, self._n_done / (self._n_done + 10))
        for mean, weight in zip(_numbers(self.averaged), _numbers(self.model), strict=True):
            mean.assign(momentum * mean + (1 - momentum) * weight)


def _numbers(model: keras.Model) -> list[Any]:
    """Return the weights of `model` without the random states of its dropout layers, which cannot be averaged."""
    return [weight for weight in model.weights if weight.dtype.startswith("float")]


class EpochEnd(keras.callbacks.Callback):
    """After each epoch: looks at the averaged model, saves both models and the history, and tells the progress bar."""

    def __init__(self, plan: FitPlan, material: Material, averaged: keras.Model, progress: Progress) -> None:
        super().__init__()
        self._plan, self._material, self._averaged, self._progress = plan, material, averaged, progress
        self.history: list[dict[str, float]] = []
        self._bar = progress.add_task("fit", total=None)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Reset the bar, and each dropout's chance to what this epoch's is, so that a resumed run draws the same."""
        self._progress.reset(self._bar, total=self.params["steps"], description=f"epoch {epoch + 1}")
        for at, layer in enumerate(self.model.layers):
            if isinstance(layer, keras.layers.Dropout):
                layer.seed_generator.state.assign(np.array([self._plan.seed + epoch, at], np.uint32))

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Move the bar."""
        self._progress.advance(self._bar)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Look, save, say."""
        figures = {"epoch": epoch + 1, "loss": float((logs or {})["loss"]), **look(self._averaged, self._material)}
        self.history.append({name: round(value, 5) for name, value in figures.items()})
        save_checkpoint(self._plan, self.model, self._averaged, self.history)
        shown = "  ".join(f"{name} {value:g}" for name, value in self.history[-1].items())
        self._progress.console.print(shown, soft_wrap=True)


def save_checkpoint(plan: FitPlan, model: keras.Model, averaged: keras.Model, history: list[dict[str, float]]) -> None:
    """Save what `--resume` needs; the history goes last and names the epoch, so a torn save is only an epoch lost."""
    plan.work_dir.mkdir(parents=True, exist_ok=True)
    (plan.work_dir / ".gitignore").write_text("*\n", "utf-8")
    epoch = len(history)
    model.save(plan.work_dir / f"fitted-{epoch}.keras")
    averaged.save(plan.work_dir / f"averaged-{epoch}.keras")
    state = {"plan": plan.facts(), "history": history}
    torn = plan.work_dir / "state.json.part"
    torn.write_text(json.dumps(state, indent=1), "utf-8")
    torn.replace(plan.work_dir / "state.json")
    for name in (f"fitted-{epoch - 1}.keras", f"averaged-{epoch - 1}.keras"):
        (plan.work_dir / name).unlink(missing_ok=True)


def load_checkpoint(plan: FitPlan) -> tuple[keras.Model, keras.Model, list[dict[str, float]]]:
    """Return the fitted model with its optimizer, the averaged one, and the history of the last whole epoch.

    Raises
    ------
    InputError : there is no checkpoint, or it cannot be read
    UsageError : it is of a run with another network, seed, limit or number of epochs
    """
    path = plan.work_dir / "state.json"
    try:
        state = json.loads(path.read_text("utf-8"))
        history = state["history"]
        models = [keras.models.load_model(plan.work_dir / f"{n}-{len(history)}.keras") for n in ("fitted", "averaged")]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: no checkpoint to go on from ({error})", "run without --resume") from error
    if state["plan"] != plan.facts():
        raise UsageError(f"{path}: is of another run, {state['plan']}", "give the same flags, or drop --resume")
    return models[0], models[1], history


def fit(plan: FitPlan, material: Material, console: Console) -> tuple[keras.Model, list[dict[str, float]]]:
    """Return the averaged model after `plan.epochs` epochs, and what each epoch's look said."""
    n_steps = -(-len(material.train.digits.labels) // BATCH_SIZE)
    if plan.resume:
        model, averaged, history = load_checkpoint(plan)
    else:
        keras.utils.set_random_seed(plan.seed)
        model, history = build(plan.arch), []
        compile_model(model, n_steps * plan.epochs)
        averaged = build(plan.arch)
        averaged.set_weights(model.get_weights())
    n_done = len(history)
    batches = FreshBatches(material.train, BATCH_SIZE, plan.seed, first_epoch=n_done)
    with Progress(console=console, transient=True) as progress:
        end = EpochEnd(plan, material, averaged, progress)
        end.history = history
        callbacks = [Averager(averaged, n_done * n_steps), end]
        model.fit(batches, initial_epoch=n_done, epochs=plan.epochs, verbose=0, shuffle=False, callbacks=callbacks)
    return averaged, end.history


def finish(plan: FitPlan, material: Material, model: keras.Model, history: list[dict[str, float]]) -> dict[str, Any]:
    """Export `model`, calibrate what was exported on the seen validation part, write and return the card."""
    export_model(model, plan.out)
    calibration = calibrate(predict_litert(plan.out / LITERT_NAME, material.seen.images), material.seen.labels)
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
            material = gather_material(plan)
        model, history = fit(plan, material, console)
        with console.status("exporting and calibrating"):
            card = finish(plan, material, model, history)
        console.print(f"{plan.out}: temperature {card['temperature']:g}, {card['validation']}", soft_wrap=True)

    return run_script(run)


if __name__ == "__main__":
    sys.exit(main())
