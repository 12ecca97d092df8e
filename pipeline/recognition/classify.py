"""Load a model; one batch in, calibrated digit scores out.

A `.tflite` runs in LiteRT, which loads in milliseconds. A `.keras` file works too and brings Keras and TensorFlow with
it, several seconds, so they are imported only then.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.detection.page_network import PageNetwork, load_page_network
from pipeline.errors import ModelError
from pipeline.recognition.input_convention import OURS, InputConvention, recognize_convention
from pipeline.recognition.line_network import LineNetwork, load_line_network
from pipeline.recognition.load_network import Network, load_network, try_out
from pipeline.recognition.model_card import MODEL_FILES, read_card
from pipeline.system.runtimes.keras import KERAS_SUFFIXES, SAVED_MODEL_NAME
from pipeline.types import N_DIGITS, SIDE_PX, DigitScores

MODELS_DIR = Path(__file__).resolve().parents[2] / "models"
"""Where the shipped models lie, a folder each."""

_LEAST_PROBABILITY = float(np.finfo(np.float32).tiny)
"""Stands for zero where its logarithm is taken."""

_LEAST_REST = 2.0**-25
"""What a sigmoid of 1 in single precision may still be short of 1."""

_ROUNDING = 1e-3
"""A softmax may pass 0 or 1 by a little."""

_DIGITS = tuple(str(digit) for digit in range(N_DIGITS))

Activation = Literal["softmax", "sigmoid", "linear"]
"""What a network's last layer ends in, which tells how its outputs become logits."""


@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """A loaded model.

    Attributes
    ----------
    name : of the model's folder or file
    n_classes : 10, or 11 with "not a digit" last
    temperature : divides the logits; 1 leaves the scores as the network gave them (Guo et al. 2017, arXiv 1706.04599)
    activation : of the network's last layer; "linear" gives logits
    network : the network itself
    classes : names of the classes, where its card tells them
    line_network : the network that reads whole lines beside it, where its card names one
    page_network : the network that tells where digits are, where its card names one
    notes : a line for each thing that the user should know of the model
    """

    name: str
    n_classes: int
    temperature: float
    activation: Activation
    network: Network
    classes: tuple[str, ...] = ()
    line_network: LineNetwork | None = None
    page_network: PageNetwork | None = None
    notes: tuple[str, ...] = ()

    def classify(self, batch: NDArray[np.float32]) -> DigitScores:
        """Return calibrated class probabilities.

        Parameters
        ----------
        batch : float32 (N, 28, 28, 1), 0 paper .. 1 ink; N may be 0

        Returns
        -------
        DigitScores of N rows, each of sum 1

        Raises
        ------
        ValueError
            If the batch has another shape.
        """
        if batch.ndim != 4 or batch.shape[1:] != (SIDE_PX, SIDE_PX, 1):
            raise ValueError(f"batch: expected (N, {SIDE_PX}, {SIDE_PX}, 1), received {batch.shape}")
        if len(batch) == 0:
            return DigitScores(np.zeros((0, self.n_classes), np.float32))
        outputs = self.network(np.ascontiguousarray(batch, np.float32))
        return DigitScores(calibrate(outputs, self.temperature, self.activation))


def calibrate(outputs: NDArray[np.float32], temperature: float, activation: Activation) -> NDArray[np.float32]:
    """Return the softmax of logits / temperature.

    Probabilities of a softmax have their logarithms for logits. Each of a layer of sigmoids has log(p / (1 - p)): they
    need not sum to 1, and Keras on TensorFlow fits them by the softmax of just these logits.

    Parameters
    ----------
    outputs : float (N, K), the network's last layer
    temperature : > 1 makes the scores less sure, < 1 surer
    activation : what that layer ends in

    Returns
    -------
    float32 (N, K), rows of sum 1
    """
    logits = outputs.astype(np.float64)
    if activation != "linear":
        rest = np.maximum(1 - logits, _LEAST_REST) if activation == "sigmoid" else 1.0
        logits = np.log(np.maximum(logits, _LEAST_PROBABILITY) / rest)
    logits = (logits - logits.max(axis=1, keepdims=True)) / temperature
    weights = np.exp(logits)
    scores: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return scores


def infer_activation(outputs: NDArray[np.float32]) -> Activation:
    """Return what the last layer that gave `outputs`, float32 (N, K), must have ended in."""
    if (outputs < -_ROUNDING).any() or (outputs > 1 + _ROUNDING).any():
        return "linear"
    return "softmax" if np.allclose(outputs.sum(axis=1), 1, atol=_ROUNDING * outputs.shape[1]) else "sigmoid"


def load_classifier(name_or_path: str | os.PathLike[str] = "digits", models_dir: Path | None = None) -> Classifier:
    """Return the model, loaded and tried out.

    Parameters
    ----------
    name_or_path : a name under `models_dir`, a folder that holds model.tflite or model.keras, such a file, an .h5 file,
        or the folder of a SavedModel of TensorFlow; beside a file called model.* a card.json may state the
        `temperature`, what the network takes as `input`, as `line_model` the folder of the line network that reads with
        it and as `page_model` that of the page network, both seen from its own folder or the one around it
    models_dir : the folder of named models; the project's own by default

    Raises
    ------
    ModelError
        If it is missing or damaged, takes what no digit can be brought to, gives anything but (N, 10 or 11), or its
        card says that it tells other things than digits.
    """
    classifier = load_any_classifier(name_or_path, models_dir)
    if classifier.n_classes not in (N_DIGITS, N_DIGITS + 1):
        raise ModelError(
            f"{name_or_path}: expected one output (N, 10) or (N, 11), received (N, {classifier.n_classes})"
        )
    if classifier.classes and classifier.classes[:N_DIGITS] != _DIGITS:
        raise ModelError(f"{name_or_path}: expected a model of digits, received one of {', '.join(classifier.classes)}")
    return classifier


def load_any_classifier(name_or_path: str | os.PathLike[str], models_dir: Path | None = None) -> Classifier:
    """Return a model of any classes, loaded and tried out: as `load_classifier`, which takes only models of digits.

    Raises
    ------
    ModelError
        If it is missing or damaged, takes what no digit can be brought to, or gives anything but (N, K).
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # both libraries greet on stderr when they are imported
    path = _find_model(os.fspath(name_or_path), models_dir or MODELS_DIR)
    name = path.parent.name if path.name in MODEL_FILES else path.stem
    network = load_network(path)
    outputs = try_out(network, path)
    card = read_card(path)
    lines = load_line_network(locate_companion(path.parent, card.line_model)) if card.line_model else None
    pages = load_page_network(locate_companion(path.parent, card.page_model)) if card.page_model else None
    convention, notes = card.input or OURS, tuple[str, ...]()
    if card.input is None and _may_be_digits(outputs.shape[1], card.classes):
        convention = recognize_convention(lambda batch: _score(network, batch, card.temperature))
        notes = _describe_convention(name_or_path, convention)
    if convention != OURS:
        network = convention.adapt(network)
        outputs = try_out(network, path)
    activation = infer_activation(outputs)
    return Classifier(name, outputs.shape[1], card.temperature, activation, network, card.classes, lines, pages, notes)


def _may_be_digits(n_classes: int, classes: tuple[str, ...]) -> bool:
    return n_classes in (N_DIGITS, N_DIGITS + 1) and classes[:N_DIGITS] in ((), _DIGITS)


def _describe_convention(name: str | os.PathLike[str], convention: InputConvention) -> tuple[str, ...]:
    if convention == OURS:
        return ()
    return (f"{os.fspath(name)}: drawn digits are read when it is given {convention}; reading does so",)


def _score(network: Network, batch: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    outputs = network(batch)
    return calibrate(outputs, temperature, infer_activation(outputs))


def hash_model(name_or_path: str | os.PathLike[str], models_dir: Path | None = None) -> str:
    """Return the SHA-256, in hex, of what reading opens of a model: its network, its card, its line network.

    Raises
    ------
    ModelError
        If it is missing.
    """
    digest = hashlib.sha256()
    for file in list_model_files(name_or_path, models_dir):
        digest.update(file.read_bytes() if file.is_file() else b"")
    return digest.hexdigest()


def list_model_files(name_or_path: str | os.PathLike[str], models_dir: Path | None = None) -> list[Path]:
    """Return the files that reading opens of a model, if they exist: its network, its card, its line network.

    Raises
    ------
    ModelError
        If it is missing.
    """
    path = _find_model(os.fspath(name_or_path), models_dir or MODELS_DIR)
    card = read_card(path)
    files = [path, path.with_name("card.json")]
    for other in (card.line_model, card.page_model):
        if other:
            files += [locate_companion(path.parent, other) / name for name in ("model.tflite", "card.json")]
    return files + (sorted(path.rglob("*")) if path.is_dir() else [])


def locate_companion(folder: Path, name: str) -> Path:
    """Return the folder of a network that reads beside a model: in the model's own folder, or in the one around it."""
    own = folder.absolute() / name
    return own if own.is_dir() else folder.absolute().parent / name


def _find_model(name_or_path: str, models_dir: Path) -> Path:
    """Return the model file that is meant; a plain name means one of `models_dir` first."""
    given = Path(name_or_path)
    for folder in (models_dir / given, given):
        for file in MODEL_FILES:
            if (folder / file).is_file():
                return folder / file
    if not given.exists():
        names = sorted({path.parent.name for path in models_dir.glob("*/model.*") if path.name in MODEL_FILES})
        raise ModelError(f"there is no model {name_or_path!r} (under models/: {', '.join(names) or 'none'})")
    for folder in (models_dir / given, given):
        if (folder / SAVED_MODEL_NAME).is_file():
            return folder
    if given.is_dir():
        raise ModelError(f"{given}: expected a folder with {' or '.join(MODEL_FILES)}, received one without")
    if given.suffix.lower() not in (".tflite", *KERAS_SUFFIXES):
        raise ModelError(f"{given}: expected a .tflite, .keras or .h5 file, received {given.suffix or 'no ending'}")
    return given
