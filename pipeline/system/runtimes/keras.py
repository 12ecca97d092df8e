"""A model of Keras or TensorFlow, run by them; they are imported only here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelError
from pipeline.system.files import read_model_file
from pipeline.system.native_stderr import silence_native_stderr

KERAS_SUFFIXES = (".keras", ".h5", ".hdf5")
SAVED_MODEL_NAME = "saved_model.pb"
"""A folder that holds such a file is a SavedModel of TensorFlow."""

_SIGNATURE = "serving_default"
_SIDE_PX = 28
_SAVE_AGAIN = """save it anew with the Keras that trained it:
    import keras
    model = keras.models.load_model("{path}")
    model.save("converted.keras")"""


class KerasNetwork:
    """A loaded model.

    Attributes
    ----------
    taken, given : shapes of its inputs and outputs, -1 for what may change
    """

    def __init__(self, path: Path) -> None:
        """Load a .keras or .h5 file, or the folder of a SavedModel.

        Raises
        ------
        ModelError
            If it is missing or damaged, or Keras is not installed.
        """
        if not path.is_dir():
            read_model_file(path)
        try:
            with silence_native_stderr():
                import keras
        except ImportError as error:
            hint = "pip install '.[train]' in the project's folder, or pip install keras tensorflow"
            raise ModelError(f"{path}: a .keras file needs Keras and TensorFlow", hint) from error
        try:
            with silence_native_stderr():
                self._run, self.taken, self.given = _load_saved(path) if path.is_dir() else _load_keras(path)
        except Exception as error:  # Keras raises whatever its file formats and the model's layers raise
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            hint = "" if path.suffix == ".keras" else _SAVE_AGAIN.format(path=path.as_posix())
            raise ModelError(f"{path}: the Keras model cannot be loaded ({reason})", hint) from error
        self._to_numpy = keras.ops.convert_to_numpy

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the output for a batch."""
        # Calling the model costs some milliseconds; `predict` would cost 45 to 170, whatever the batch.
        return np.asarray(self._to_numpy(self._run(batch)), np.float32)


_Loaded = tuple[Callable[[NDArray[np.float32]], Any], list[tuple[int, ...]], list[tuple[int, ...]]]
"""What runs a model, and the shapes of its inputs and outputs."""


def _load_keras(path: Path) -> _Loaded:
    import keras

    model = keras.models.load_model(path, compile=False, safe_mode=True)
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if not (inputs and outputs):  # a model that was not told its input learns it from the first call
        inputs = [np.zeros((1, _SIDE_PX, _SIDE_PX, 1), np.float32)]
        outputs = [model(inputs[0], training=False)]
    return lambda batch: model(batch, training=False), _list_shapes(inputs), _list_shapes(outputs)


def _load_saved(folder: Path) -> _Loaded:
    import tensorflow as tf

    module = tf.saved_model.load(str(folder))
    serve = module.signatures[_SIGNATURE]
    inputs = serve.structured_input_signature[1]

    def run(batch: NDArray[np.float32], module: Any = module) -> Any:  # the signature does not keep its module alive
        (name, spec), *_ = inputs.items()
        return next(iter(serve(**{name: tf.constant(batch, spec.dtype)}).values()))

    return run, _list_shapes(inputs.values()), _list_shapes(serve.structured_outputs.values())


def _list_shapes(tensors: Iterable[Any]) -> list[tuple[int, ...]]:
    return [tuple(-1 if n is None else int(n) for n in tensor.shape) for tensor in tensors]
