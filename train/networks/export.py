"""The files of a model folder: `model.keras` (the format of record), `model.tflite` (what is shipped), `card.json`.

`python -m train export --model DIR --weights int8` writes the `.tflite` of a folder anew. Weights of 8 bits take a
quarter of the bytes; LiteRT then rounds what comes in to 8 bits too, row by row, and a digit's scores do not depend on
the others in its batch.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from rich.console import Console

from pipeline.errors import ModelError, OutputError
from pipeline.recognition.classify import load_any_classifier
from pipeline.types import SIDE_PX
from train.scripts import run_script

KERAS_NAME, LITERT_NAME, CARD_NAME = "model.keras", "model.tflite", "card.json"
MOST_DISAGREEMENT = {"float32": 1e-3, "int8": 0.1}
"""Of the probabilities that Keras and LiteRT give, by the precision of the exported weights."""

Card = dict[str, Any]


def export_model(model: keras.Model, folder: Path, weights: str = "float32") -> None:
    """Write `model` into `folder` for Keras and for LiteRT, the latter's `weights` "float32" or "int8".

    Raises
    ------
    OutputError : the folder cannot be written
    ModelError : the two files disagree, so that the exported one must not be used
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        model.save(folder / KERAS_NAME)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error})") from error
    export_litert(model, folder, weights)


def export_litert(model: keras.Model, folder: Path, weights: str) -> None:
    """Write `model` into `folder` for LiteRT, and check that it says what Keras says.

    Raises
    ------
    ModelError : it does not, so that the exported file must not be used
    """
    write_litert(model, folder / LITERT_NAME, weights)
    images = np.random.default_rng(0).random((7, SIDE_PX, SIDE_PX, 1), np.float32)
    exported = load_any_classifier(folder / LITERT_NAME).network(images)
    gap = float(np.abs(exported - model.predict(images, verbose=0)).max())
    if gap > MOST_DISAGREEMENT[weights]:
        raise ModelError(f"{folder / LITERT_NAME}: differs from the Keras model by {gap:.4f}", "report this as a bug")


def write_litert(model: keras.Model, path: Path, weights: str = "float32") -> None:
    """Write `model` as a .tflite file; Keras's own export to LiteRT needs Keras 3.13 and with it Python 3.11."""
    with TemporaryDirectory() as saved:
        model.export(saved, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(saved)
        if weights == "int8":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        path.write_bytes(converter.convert())


def predict_litert(path: Path, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probabilities, float32 (N, K), of `images` (N, 28, 28, 1) by a .tflite file, without temperature.

    Raises
    ------
    ModelError : the file is missing or is no LiteRT model
    """
    return replace(load_any_classifier(path), temperature=1.0).classify(images).probabilities


def describe_model(model: keras.Model, folder: Path, classes: Sequence[str], weights: str = "float32") -> Card:
    """Return the facts of a card that the files themselves tell; `classes` names the outputs in their order."""
    return {
        "schema": 1,
        "name": folder.name,
        "classes": list(classes),
        "input": {"shape": [SIDE_PX, SIDE_PX, 1], "dtype": "float32", "range": [0, 1], "meaning": "0 paper .. 1 ink"},
        "n_parameters": model.count_params(),
        "n_multiplications": count_multiplications(model),
        "litert_weights": weights,
        "bytes": {name: (folder / name).stat().st_size for name in (KERAS_NAME, LITERT_NAME)},
    }


def count_multiplications(model: keras.Model) -> int:
    """Return the multiplications that the convolutions and dense layers of `model` do for one digit."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            _, height, width, _ = layer.output.shape
            total += height * width * int(np.prod(layer.kernel.shape))
        elif isinstance(layer, keras.layers.Dense):
            total += int(np.prod(layer.kernel.shape))
    return total


def read_card(folder: Path) -> Card:
    """Return the card of a model folder.

    Raises
    ------
    ModelError : there is none, or it is no JSON object
    """
    path = folder / CARD_NAME
    try:
        card = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read ({error})", "python -m train fit makes one") from error
    if not isinstance(card, dict):
        raise ModelError(f"{path}: expected a JSON object, received {type(card).__name__}", "")
    return card


def read_seed(card: Card) -> int:
    """Return the seed that a card says its model's split by writer was drawn with.

    Raises
    ------
    ModelError : it says none, so that nobody knows which writers were held out
    """
    seed = card.get("made", {}).get("seed")
    if not isinstance(seed, int):
        raise ModelError(f"{CARD_NAME}: tells no seed, so that the writers held out are not known", "fit or blend anew")
    return seed


def write_card(folder: Path, card: Card) -> None:
    """Write the card of a model folder.

    Raises
    ------
    OutputError : the folder cannot be written
    """
    try:
        (folder / CARD_NAME).write_text(json.dumps(card, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise OutputError(f"{folder / CARD_NAME}: cannot be written ({error})") from error


def load_keras(folder: Path) -> keras.Model:
    """Return the Keras model of a model folder.

    Raises
    ------
    ModelError : there is none, or it cannot be loaded
    """
    path = folder / KERAS_NAME
    try:
        return keras.models.load_model(path, safe_mode=True)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be loaded ({str(error).splitlines()[0]})") from error


def export_again(folder: Path, weights: str) -> Card:
    """Write the `.tflite` of a model folder anew, with `weights` "float32" or "int8"; return the card that tells it.

    Raises
    ------
    ModelError : the folder holds no model or no card, or the exported file disagrees with it
    OutputError : the folder cannot be written
    """
    card, model = read_card(folder), load_keras(folder)
    export_litert(model, folder, weights)
    card |= describe_model(model, folder, card["classes"], weights)
    write_card(folder, card)
    return card


def main(argv: list[str] | None = None) -> int:
    """Export a model folder's network anew; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train export", description="Write a model's .tflite file anew.")
    parser.add_argument("--model", type=Path, default=Path("models/digits"), metavar="DIR", help="folder (%(default)s)")
    precision = "precision of the exported weights (%(default)s)"
    parser.add_argument("--weights", choices=list(MOST_DISAGREEMENT), default="float32", help=precision)
    flags = parser.parse_args(argv)

    def run() -> None:
        with Console(stderr=True).status("exporting"):
            card = export_again(flags.model, flags.weights)
        print(f"{flags.model / LITERT_NAME}: {card['bytes'][LITERT_NAME]:,} bytes, weights {flags.weights}")

    return run_script(run)
