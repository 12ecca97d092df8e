"""Checkpoints for `--resume`: the fitted model with its optimizer, the averaged one, and the history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras

from pipeline.errors import InputError, UsageError
from train.networks.catalog import SAVED

STATE_NAME = "state.json"
BEST_NAME = "best.keras"

History = list[dict[str, float]]


def save_checkpoint(
    folder: Path,
    facts: dict[str, Any],
    fitted: keras.Model,
    averaged: keras.Model,
    history: History,
    is_best: bool = False,
) -> None:
    """Save the state after epoch len(history) of the run that `facts` describe, and drop the one before.

    Where `is_best`, the averaged model is kept as that of the best epoch. The history goes last and names the epoch, so
    that a save that breaks off costs one epoch and no more.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n", "utf-8")
    epoch = len(history)
    fitted.save(folder / f"fitted-{epoch}.keras")
    averaged.save(folder / f"averaged-{epoch}.keras")
    if is_best:
        averaged.save(folder / BEST_NAME)
    part = folder / f"{STATE_NAME}.part"
    part.write_text(json.dumps({"run": facts, "history": history}, indent=1), "utf-8")
    part.replace(folder / STATE_NAME)
    for kind in ("fitted", "averaged"):
        (folder / f"{kind}-{epoch - 1}.keras").unlink(missing_ok=True)


def load_best(folder: Path) -> keras.Model:
    """Return the model of the best epoch that a checkpoint folder keeps.

    Raises
    ------
    InputError : there is none, or it cannot be read
    """
    try:
        return keras.models.load_model(folder / BEST_NAME, compile=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{folder / BEST_NAME}: cannot be read ({error})", "run without --resume") from error


def load_init(path: Path, arch: str) -> keras.Model:
    """Return the model of a .keras file whose weights a run is to begin with.

    Raises
    ------
    InputError : the file cannot be read
    UsageError : it holds another network than `arch`; "cnn_saved" takes any
    """
    try:
        model = keras.models.load_model(path, compile=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no model to begin with ({str(error).splitlines()[0]})") from error
    if arch not in (model.name, SAVED):
        raise UsageError(f"{path}: holds the network {model.name!r}, not {arch!r}", "give the --arch that it has")
    return model


def copy_weights(source: keras.Model, target: keras.Model) -> None:
    """Give each layer of `target` the weights of the same layer of `source`, where their shapes agree.

    A last layer for other classes begins anew.

    Raises
    ------
    UsageError : the two have other layers
    """
    if [type(layer) for layer in source.layers] != [type(layer) for layer in target.layers]:
        raise UsageError(f"{source.name}: holds other layers than the network to be fitted", "give another --init")
    for before, after in zip(source.layers, target.layers, strict=True):
        weights = before.get_weights()
        if [w.shape for w in weights] == [w.shape for w in after.get_weights()]:
            after.set_weights(weights)


def load_checkpoint(folder: Path, facts: dict[str, Any]) -> tuple[keras.Model, keras.Model, History]:
    """Return the fitted model, the averaged one, and the history of the last whole epoch.

    Raises
    ------
    InputError : there is no checkpoint, or it cannot be read
    UsageError : it is of a run with other facts
    """
    path = folder / STATE_NAME
    try:
        state = json.loads(path.read_text("utf-8"))
        run, history = state["run"], state["history"]
        models = [keras.models.load_model(folder / f"{kind}-{len(history)}.keras") for kind in ("fitted", "averaged")]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: no checkpoint to resume from ({error})", "run without --resume") from error
    if run != facts:
        raise UsageError(f"{path}: is of another run, {run}", "give the same flags, or drop --resume")
    return models[0], models[1], history
