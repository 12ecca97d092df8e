"""Writes the files of a model folder: `model.keras` (the format of record), `model.tflite` (shipped), `card.json`.

`python -m train export --model DIR --weights int8` writes the `.tflite` of a folder anew. Weights of 8 bits take a
quarter of the bytes; LiteRT then rounds what comes in to 8 bits too, row by row, and a digit's scores do not depend on
the others in its batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
import tensorflow as tf

from pipeline.errors import ModelError, OutputError
from pipeline.recognition.load_network import load_network
from pipeline.system.runtimes.litert import LiteRtNetwork
from pipeline.types import SIDE_PX
from train.networks.litert_layers import suit_litert
from train.networks.model_folder import KERAS_NAME, LITERT_NAME, ONNX_NAME, Card, read_card, write_card

MOST_DISAGREEMENT = {"float32": 1e-3, "int8": 0.1}
"""Of the probabilities that Keras and LiteRT give, by the precision of the exported weights."""

_TRIED_PX, _ALIKE_FRAC, _PROBABILITIES = 96, 0.99, "probabilities"
"""Height and width at which a network for any size is tried, the share of its outputs that must agree, and the name of
a last layer that gives probabilities; any other gives logits."""


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
    """Write `model` into `folder` for LiteRT, and check that the outputs of both files agree.

    Raises
    ------
    ModelError : they differ, so that the exported file must not be used
    """
    write_litert(model, folder / LITERT_NAME, weights)
    images = np.random.default_rng(0).random((7, SIDE_PX, SIDE_PX, 1), np.float32)
    exported = load_network(folder / LITERT_NAME)(images)
    gap = float(np.abs(exported - model.predict(images, verbose=0)).max())
    if gap > MOST_DISAGREEMENT[weights]:
        raise ModelError(f"{folder / LITERT_NAME}: differs from the Keras model by {gap:.4f}", "report this as a bug")


def write_litert(model: keras.Model, path: Path, weights: str = "float32") -> None:
    """Write `model` as a .tflite file; Keras's own export to LiteRT needs Keras 3.13 and with it Python 3.11."""
    with TemporaryDirectory() as saved:
        suit_litert(model).export(saved, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(saved)
        if weights == "int8":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        path.write_bytes(converter.convert())


def export_onnx(folder: Path) -> Path:
    """Write the network of a model folder for ONNX, float32, beside it; return the path.

    Raises
    ------
    ModelError : the folder holds no model
    """
    model, path = load_keras(folder), folder / ONNX_NAME
    model(np.zeros((1, SIDE_PX, SIDE_PX, 1), np.float32))  # Keras exports only a model that was called
    model.export(path, format="onnx", verbose=False)
    return path


def describe_model(model: keras.Model, folder: Path, classes: Sequence[str], weights: str = "float32") -> Card:
    """Return the facts of a card that follow from the files; `classes` names the outputs in their order."""
    return {
        "schema": 1,
        "name": folder.name,
        "classes": list(classes),
        "input": {"shape": [SIDE_PX, SIDE_PX, 1], "dtype": "float32", "range": [0, 1], "meaning": "0 paper .. 1 ink"},
        "n_parameters": model.count_params(),
        "n_multiplications": count_multiplications(model),
        "litert_weights": weights,
        "bytes": _measure_files(folder),
    }


def _measure_files(folder: Path) -> dict[str, int]:
    """Return the bytes of both files of a model folder."""
    return {name: (folder / name).stat().st_size for name in (KERAS_NAME, LITERT_NAME)}


def count_multiplications(model: keras.Model) -> int:
    """Return the multiplications that the convolutions and dense layers of `model` do for one digit."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            total += count_multiplications(layer)
        elif isinstance(layer, keras.layers.Conv2D):
            _, height, width, _ = layer.output.shape
            total += height * width * int(np.prod(layer.kernel.shape))
        elif isinstance(layer, keras.layers.Dense):
            total += int(np.prod(layer.kernel.shape))
    return total


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
    """Write the `.tflite` of a model folder anew, with `weights` "float32" or "int8"; return its new card.

    Raises
    ------
    ModelError : the folder holds no model or no card, or the exported file disagrees with it
    OutputError : the folder cannot be written
    """
    card, model = read_card(folder), load_keras(folder)
    if model.input_shape[1:] == (SIDE_PX, SIDE_PX, 1):
        export_litert(model, folder, weights)
        card |= describe_model(model, folder, card["classes"], weights)
    else:
        write_litert(model, folder / LITERT_NAME, weights)
        _check_any_size(model, folder / LITERT_NAME, weights)
        card |= {"litert_weights": weights, "bytes": _measure_files(folder)}
        card.pop("litert_gap", None)  # measured on pages that are not at hand
    return write_card(folder, card)


def _check_any_size(model: keras.Model, path: Path, weights: str) -> None:
    """Check that both files of a network for pictures of any size agree, on noise.

    Raises
    ------
    ModelError : they differ, so that the exported file must not be used
    """
    shape = [side or _TRIED_PX for side in model.input_shape[1:]]
    noise = np.random.default_rng(0).random((2, *shape), np.float32)
    one, other = (np.asarray(predict(noise), np.float64) for predict in (LiteRtNetwork(path), model.predict_on_batch))
    if not model.layers[-1].name.startswith(_PROBABILITIES):
        one, other = (1 / (1 + np.exp(-logits)) for logits in (one, other))
    gap = float(np.quantile(np.abs(one - other), _ALIKE_FRAC))
    if gap > MOST_DISAGREEMENT[weights]:
        raise ModelError(f"{path}: differs from the Keras model by {gap:.4f}", "report this as a bug")
