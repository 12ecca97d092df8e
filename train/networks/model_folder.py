"""A model folder without Keras: the names of its files, its card, its predictions, and what must not be replaced."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError, ModelError, OutputError, UsageError
from pipeline.recognition.classify import MODELS_DIR, calibrate, infer_activation, locate_companion
from pipeline.recognition.load_network import load_network
from train.networks.catalog import SHIPPED
from train.scripts import suggest_name

KERAS_NAME, LITERT_NAME, CARD_NAME, HISTORY_NAME = "model.keras", "model.tflite", "card.json", "history.json"
ONNX_NAME = "model.onnx"

PRECISIONS = ("float32", "int8")
"""Of the weights of a .tflite file."""

Card = dict[str, Any]


def find_model_folder(name_or_path: Path) -> Path:
    """Return the model folder that is meant; a plain name means one of the shipped models first, as in reading."""
    shipped = MODELS_DIR / name_or_path
    return shipped if shipped.is_dir() else name_or_path


def check_model_folder(folder: Path, *names: str) -> None:
    """Check that a model folder holds the files called `names`.

    Raises
    ------
    ModelError : it does not, or there is no such folder
    """
    if not folder.is_dir():
        known = sorted(path.parent.name for path in folder.parent.glob(f"*/{CARD_NAME}"))
        raise ModelError(f"{folder}: no such model folder", suggest_name(folder.name, known) if known else "")
    for name in names:
        if not (folder / name).is_file():
            raise ModelError(f"{folder}: holds no {name}", "python -m train fit makes a model folder")


def check_replaceable(folder: Path, names: Sequence[str], remedy: str) -> None:
    """Check that no file of `folder` that matches one of `names`, globs, is tracked by git or shipped.

    Outside git, as in an installed package, the shipped models are known by their names.

    Raises
    ------
    UsageError : one is; `remedy` is what to do instead
    """
    tracked = _list_tracked(folder, names) if folder.is_dir() else []
    if tracked:
        raise UsageError(f"{folder / tracked[0]}: is tracked by git and would be replaced", remedy)
    is_shipped = folder.resolve().parent == MODELS_DIR and folder.resolve().name in SHIPPED
    if is_shipped and any(next(folder.glob(name), None) for name in names):
        raise UsageError(f"{folder}: is a shipped model and would be replaced", remedy)


def _list_tracked(folder: Path, names: Sequence[str]) -> list[str]:
    """Return the files of `folder` that git tracks and that match `names`; none outside git."""
    command = ["git", "ls-files", "-z", "--", *(f":(glob){name}" for name in names)]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return [name for name in done.stdout.split("\0") if name]


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


def locate_line_model(card: Card, folder: Path, out: Path) -> str | None:
    """Return what the card of a model folder `out` has to call the line network that the card of `folder` names.

    None where that names none; the name is a path seen from the folder that holds the model folder.
    """
    name = card.get("line_model")
    if name is None:
        return None
    target = locate_companion(folder, name)
    try:
        return Path(os.path.relpath(target, out.absolute().parent)).as_posix()
    except ValueError:  # on another drive of Windows
        return target.as_posix()


def read_seed(card: Card) -> int:
    """Return the seed of the split by writer with which a card's model was fitted.

    Raises
    ------
    ModelError : the card has none, so that nobody knows which writers were held out
    """
    seed = card.get("made", {}).get("seed")
    if not isinstance(seed, int):
        raise ModelError(f"{CARD_NAME}: has no seed, so that the writers held out are not known", "fit anew")
    return seed


def write_card(folder: Path, card: Card) -> Card:
    """Write the card of a model folder, with the checksum of its .tflite if there is one, and return it.

    Raises
    ------
    OutputError : the folder cannot be written
    """
    if (folder / LITERT_NAME).is_file():
        card = {**card, "litert_sha256": hash_file(folder / LITERT_NAME)}
    try:
        (folder / CARD_NAME).write_text(json.dumps(card, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise OutputError(f"{folder / CARD_NAME}: cannot be written ({error})") from error
    return card


def hash_file(path: Path) -> str:
    """Return the sha256 of a file's bytes.

    Raises
    ------
    InputError : the file cannot be read
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def predict_litert(path: Path, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probabilities, float32 (N, K), of `images` (N, 28, 28, 1) by a .tflite file, without temperature.

    Raises
    ------
    ModelError : the file is missing or is no LiteRT model
    """
    outputs = load_network(path)(images)
    return calibrate(outputs, 1.0, infer_activation(outputs))
