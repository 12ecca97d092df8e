"""Fits the line network on a harvest's line images and writes its model folder. `python -m train fit-lines --help`.

After each epoch the averaged weights are validated on held-out writers, and everything is saved so that `--resume` goes
on. All chance depends on the seed and the epoch.
"""

from __future__ import annotations

import json
from functools import partial

import keras
import numpy as np
from rich.console import Console
from rich.progress import Progress

from pipeline.errors import ModelError
from pipeline.recognition.column_classes import COLUMN_CLASSES
from pipeline.recognition.line_images import LINE_IMAGE_PX
from pipeline.recognition.line_network import LineNetwork
from pipeline.recognition.load_network import load_line_network_file
from pipeline.system.runtimes.litert import LiteRtNetwork
from train.datasets.harvested_lines import IGNORED, Lines, load_lines
from train.fitting.calibrate import calibrate, is_at_bound
from train.fitting.line_training_set import LineTrainingSet
from train.fitting.options import WORK_DIR_NAME, LinePlan
from train.fitting.recipes import PHOTO
from train.fitting.training_loop import compile_model, fit_epoch, seed_dropout
from train.networks.average_weights import average_models
from train.networks.catalog import LINES
from train.networks.checkpoint import History, copy_weights, load_checkpoint, load_init, save_checkpoint
from train.networks.export import MOST_DISAGREEMENT, write_litert
from train.networks.line_network import build_line_network
from train.networks.model_folder import HISTORY_NAME, KERAS_NAME, LITERT_NAME, Card, hash_file, write_card
from train.scripts import find_commit

N_CLASSES = len(COLUMN_CLASSES)
BATCH_SIZE = 128
_N_COMPARED, _ALIKE_FRAC = 100, 0.99
"""Windows in which the two exported files are compared, and the share of their columns in which they must agree: where
two classes are as probable, eight bits decide otherwise."""

_N_VALIDATED = 6000
"""Windows of held-out line images for validation and for fitting the temperature."""


def fit_lines(plan: LinePlan, console: Console) -> tuple[keras.Model, History]:
    """Return the averaged model after the last epoch, mixed with another by its share, and each epoch's figures."""
    training_set, held_out = (
        LineTrainingSet(load_lines(plan.harvest, "train"), plan.windows),
        load_lines(plan.harvest, "validation"),
    )
    n_steps, work_dir = training_set.count_batches(BATCH_SIZE), plan.out / WORK_DIR_NAME
    keras.mixed_precision.set_global_policy("mixed_bfloat16" if plan.half else "float32")
    keras.utils.set_random_seed(plan.seed)
    if plan.resume:
        fitted, averaged, history = load_checkpoint(work_dir, plan.facts())
    else:
        fitted, history = build_line_network(N_CLASSES), []
        if plan.init is not None:
            copy_weights(load_init(plan.init, LINES), fitted)
        averaged = keras.models.clone_model(fitted)
        averaged.set_weights(fitted.get_weights())
        compile_model(fitted, PHOTO, "sparse_categorical_crossentropy", n_steps * plan.epochs, plan.rate)
    fitted.compile(
        optimizer=fitted.optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(ignore_class=IGNORED),
        metrics=["accuracy"],
        jit_compile=False,
    )
    with Progress(console=console, transient=True) as progress:
        for epoch in range(len(history), plan.epochs):
            seed_dropout(fitted, plan.seed, epoch)
            bar = progress.add_task(f"epoch {epoch + 1} of {plan.epochs}", total=n_steps)
            batches = training_set.draw(BATCH_SIZE, plan.seed, epoch)
            figures = fit_epoch(fitted, averaged, batches, epoch * n_steps, PHOTO, partial(progress.advance, bar))
            progress.remove_task(bar)
            figures = {"epoch": epoch + 1, "loss": figures["loss"], **validate(averaged, held_out)}
            history.append({name: round(value, 5) for name, value in figures.items()})
            save_checkpoint(work_dir, plan.facts(), fitted, averaged, history)
            console.print("  ".join(f"{name} {value:g}" for name, value in history[-1].items()), soft_wrap=True)
    other = plan.average or plan.init
    if other is not None and plan.share < 1:
        averaged = average_models(load_init(other, LINES), averaged, plan.share)
    return averaged, history


def finish(plan: LinePlan, model: keras.Model, history: History) -> Card:
    """Export `model` in single precision and for LiteRT, calibrate what was exported, write and return the card.

    Raises
    ------
    ModelError : the two exported files disagree
    """
    keras.mixed_precision.set_global_policy("float32")
    single = build_line_network(N_CLASSES)
    single.set_weights(model.get_weights())
    single.save(plan.out / KERAS_NAME)
    write_litert(single, plan.out / LITERT_NAME, "int8")
    reader = LineNetwork(LINES, 1.0, load_line_network_file(plan.out / LITERT_NAME, N_CLASSES))
    exported, outputs, labels, gaps = LiteRtNetwork(plan.out / LITERT_NAME), [], [], []
    for pixels, own in LineTrainingSet(load_lines(plan.harvest, "validation"), _N_VALIDATED).draw(1, 0, 0):
        outputs.append(reader.network(pixels)[0])
        labels.append(own[0])
        if len(labels) <= _N_COMPARED:
            gaps.append(np.abs(exported(pixels)[0] - np.asarray(single(pixels))[0]).max(axis=1))
    gap = float(np.quantile(np.concatenate(gaps), _ALIKE_FRAC))
    if gap > MOST_DISAGREEMENT["int8"]:
        raise ModelError(f"{plan.out / LITERT_NAME}: differs from the Keras model by {gap:.4f}", "report this as a bug")
    posteriors, true = np.concatenate(outputs), np.concatenate(labels)
    calibration = calibrate(posteriors[true != IGNORED], true[true != IGNORED].astype(np.int64))
    card = {
        "schema": 1,
        "name": plan.out.name,
        "classes": list(COLUMN_CLASSES),
        "input": {
            "shape": [LINE_IMAGE_PX, None, 2],
            "dtype": "float32",
            "range": [0, 1],
            "meaning": "0 paper .. 1 ink",
        },
        "n_parameters": single.count_params(),
        "litert_weights": "int8",
        "bytes": {name: (plan.out / name).stat().st_size for name in (KERAS_NAME, LITERT_NAME)},
        "temperature": 1.0 if is_at_bound(calibration.temperature) else round(calibration.temperature, 4),
        "made": {"keras": keras.__version__, **plan.facts(), **_describe_average(plan), "commit": find_commit()},
        "validation": history[-1] if history else {},
        "calibration": calibration.as_dict(),
    }
    card = write_card(plan.out, card)
    (plan.out / HISTORY_NAME).write_text(json.dumps(history, indent=1) + "\n", "utf-8")
    return card


def _describe_average(plan: LinePlan) -> dict[str, float | str]:
    """Return the share of the fitted weights, and with which others they were averaged, for the card."""
    other = plan.average or plan.init
    return {"share": plan.share} if other is None else {"share": plan.share, "average_sha256": hash_file(other)}


def validate(model: keras.Model, lines: Lines, n_windows: int = _N_VALIDATED) -> dict[str, float]:
    """Return the log-loss of `model` on held-out columns, and its accuracy on those of digits and on the rest."""
    right, count, loss = np.zeros(2), np.zeros(2), 0.0
    for pixels, columns in LineTrainingSet(lines, n_windows).draw(256, 0, 0):
        rows = keras.ops.convert_to_numpy(model(pixels, training=False))
        is_labeled = columns != IGNORED
        best, true = rows.argmax(axis=2)[is_labeled], columns[is_labeled]
        loss -= float(np.log(np.maximum(rows[is_labeled][np.arange(len(true)), true], 1e-9)).sum())
        for kind, own in enumerate((true < 10, true >= 10)):
            right[kind] += np.count_nonzero(best[own] == true[own])
            count[kind] += np.count_nonzero(own)
    share = right / np.maximum(count, 1)
    return {"held_out_loss": loss / max(1, count.sum()), "digit_columns": share[0], "other_columns": share[1]}
