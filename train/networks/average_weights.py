"""Averages the weights of a network and of the same network after fine-tuning: `python -m train average A B --out DIR`.

Fine-tuning gains on its own examples and may lose elsewhere; the average keeps most of both (Wortsman et al.,
"Robust fine-tuning of zero-shot models", CVPR 2022, arXiv 2109.01903). Calibrate and evaluate the result afterwards.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelError, UsageError
from train.networks.export import describe_model, export_model, load_keras
from train.networks.model_folder import KERAS_NAME, hash_file, locate_line_model, read_card, write_card
from train.scripts import find_commit

_LAST = 2
"""Arrays of the last layer: its kernel and its biases."""

_OTHER_ARCHITECTURE = "the two models are not of one architecture"
_REMEDY = "average a model with its own fine-tuning"


def average_models(before: keras.Model, after: keras.Model, share: float) -> keras.Model:
    """Return a model whose weights are (1 - share) those of `before` and share those of `after`, share in 0..1.

    Classes that `after` has behind those of `before` keep its weights.

    Raises
    ------
    ModelError : the two are not the same architecture
    """
    ours, theirs = before.get_weights(), after.get_weights()
    shapes = [(a.shape, b.shape) for a, b in zip(ours, theirs, strict=False)]
    is_alike = len(ours) == len(theirs) and all(a == b for a, b in shapes[:-_LAST])
    if not is_alike or not all(a[:-1] == b[:-1] and a[-1:] <= b[-1:] for a, b in shapes[-_LAST:]):
        raise ModelError(_OTHER_ARCHITECTURE, _REMEDY)
    averaged = keras.models.clone_model(before if ours[-1].shape == theirs[-1].shape else after)
    averaged.set_weights([_average(a, b, share) for a, b in zip(ours, theirs, strict=True)])
    return averaged


def _average(before: NDArray[np.float32], after: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Return the average of two layers' weights; the last axis of `after` may be longer."""
    averaged = after.copy()
    own = (..., slice(before.shape[-1])) if before.ndim else ...
    averaged[own] = (1 - share) * before + share * after[own]
    return averaged


def average_folders(before: Path, after: Path, share: float, out: Path) -> None:
    """Write the average of two model folders into the folder `out`, with a card that names both.

    Raises
    ------
    UsageError : the two were trained on different splits by writer, so that no writer is held out from both
    ModelError : a model cannot be loaded, or the two do not fit
    """
    ours, theirs = load_keras(before), load_keras(after)
    if ours.output_shape != theirs.output_shape:
        raise ModelError(_OTHER_ARCHITECTURE, _REMEDY)
    cards = [read_card(folder) for folder in (before, after)]
    made = [
        {**card.get("made", {}), "sha256": hash_file(folder / KERAS_NAME)}
        for card, folder in zip(cards, (before, after), strict=True)
    ]
    if made[0].get("seed") != made[1].get("seed"):
        seeds = f"{made[0].get('seed')} and {made[1].get('seed')}"
        raise UsageError(
            f"the two were trained on different splits by writer (seeds {seeds})", "fine-tune with one seed"
        )
    averaged = average_models(ours, theirs, share)
    weights = cards[0].get("litert_weights", "float32")
    export_model(averaged, out, weights)
    made_here = {
        "commit": find_commit(),
        "keras": keras.__version__,
        **{name: made[0][name] for name in ("seed", "dataset", "recipe") if name in made[0]},
        "share_of_after": share,
    }
    card = {**describe_model(averaged, out, cards[0]["classes"], weights), "temperature": 1.0}
    if line_model := locate_line_model(cards[0], before, out):
        card["line_model"] = line_model
    write_card(out, {**card, "made": {**made_here, "before": made[0], "after": made[1]}})
