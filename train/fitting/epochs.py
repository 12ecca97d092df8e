"""What is done after an epoch: find the best one so far, tell that no better one came, and log to TensorBoard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import keras

from train.networks.checkpoint import History

WATCHED = ("val_accuracy", "harvest_accuracy", "seen_accuracy")
"""The figure of the validation part that decides, the first of these that a run has."""


class Logger(Protocol):
    """What takes the figures of an epoch, its number from 0."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None: ...  # noqa: D102


def find_best(history: History) -> int:
    """Return the place in the history of the best epoch by the watched figure; the later of equals."""
    name = next(name for name in WATCHED if name in history[0])
    return max(range(len(history)), key=lambda place: (history[place][name], place))


def is_stalled(history: History, patience: int | None) -> bool:
    """Return whether none of the last `patience` epochs was as good as the best one before; never where it is None."""
    return patience is not None and bool(history) and len(history) - 1 - find_best(history) >= patience


@contextmanager
def log_epochs(fitted: keras.Model, folder: Path | None) -> Iterator[Logger]:
    """Yield what logs the epochs of a compiled model: Keras's TensorBoard into `folder`, nothing where that is None."""
    if folder is None:
        yield keras.callbacks.Callback()
        return
    logger = keras.callbacks.TensorBoard(folder, write_graph=False)
    logger.set_model(fitted)
    logger.on_train_begin()
    try:
        yield logger
    finally:
        logger.on_train_end()
