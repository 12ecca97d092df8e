"""A .keras file run by Keras, which is imported only here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelError
from pipeline.system.files import read_model_file
from pipeline.system.native_stderr import silence_native_stderr


class KerasNetwork:
    """A loaded Keras model.

    Attributes
    ----------
    taken, given : shapes of its inputs and outputs, -1 for what may change
    """

    def __init__(self, path: Path) -> None:
        """Load a file.

        Raises
        ------
        ModelError
            If it is missing or damaged, or Keras is not installed.
        """
        read_model_file(path)
        try:
            with silence_native_stderr():
                import keras
        except ImportError as error:
            hint = "pip install '.[train]' in the project's folder, or pip install keras tensorflow"
            raise ModelError(f"{path}: a .keras file needs Keras and TensorFlow", hint) from error
        try:
            with silence_native_stderr():
                self._model = keras.models.load_model(path, compile=False, safe_mode=True)
        except Exception as error:  # Keras raises whatever its file formats and the model's layers raise
            raise ModelError(f"{path}: the Keras model cannot be loaded ({str(error).splitlines()[0]})") from error
        self._to_numpy = keras.ops.convert_to_numpy
        self.taken, self.given = (_list_shapes(tensors) for tensors in (self._model.inputs, self._model.outputs))

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the output for a batch."""
        # Calling the model costs some milliseconds; `predict` would cost 45 to 170, whatever the batch.
        return np.asarray(self._to_numpy(self._model(batch, training=False)), np.float32)


def _list_shapes(tensors: Sequence[Any]) -> list[tuple[int, ...]]:
    return [tuple(-1 if n is None else int(n) for n in tensor.shape) for tensor in tensors]
