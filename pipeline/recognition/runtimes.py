"""Network files: a .tflite for LiteRT, a .keras for Keras, each loaded into a function from batch to outputs."""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelError
from pipeline.recognition.line_images import COLUMN_PX, LINE_IMAGE_PX
from pipeline.regular_files import read_regular
from pipeline.system.native_stderr import silence_native_stderr
from pipeline.types import SIDE_PX

_MOST_AT_ONCE = 64
"""LiteRT is no faster in larger batches (measured: 13,900 digits/s at 32, 12,300 at 1000) and allocates for them."""

_BATCH_STEP, _WIDTH_STEP_PX = 8, 128
"""Batches and line images are padded with bare paper to multiples of these: a new shape costs more than that."""

_MOST_MODEL_BYTES = (1 << 31) - 1
"""LiteRT's file format has 32-bit offsets."""

Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""What a loaded file is to the other rooms: float32 (N, 28, 28, 1) in, float32 (N, K) out, N at least 1."""


def load_network(path: Path) -> Network:
    """Return the network in a .tflite or .keras file.

    Raises
    ------
    ModelError
        If the file is missing or damaged, or its network takes anything but float32 (N, 28, 28, 1) or gives anything
        but (N, K).
    """
    return _load_litert(path) if path.suffix.lower() == ".tflite" else _load_keras(path)


def load_line_network_file(path: Path, n_classes: int) -> Network:
    """Return the line network in a .tflite file: float32 (1, 32, W, 2) in, (1, W / 2, n_classes) out, W even.

    Raises
    ------
    ModelError
        If the file is missing or damaged, or its network takes or gives anything else.
    """
    interpreter, taken, given = _open_litert(path)
    shapes = _signature(taken), _signature(given)
    if shapes[0][1:] != (LINE_IMAGE_PX, -1, 2) or shapes[1][2:] != (n_classes,):
        raise ModelError(f"{path}: expected a line network, received one from {shapes[0]} to {shapes[1]}")

    runner = _LiteRt(interpreter, taken["index"], given["index"])

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        width = batch.shape[2]
        return runner(_fill_up(batch, -(-width // _WIDTH_STEP_PX) * _WIDTH_STEP_PX, axis=2))[:, : width // COLUMN_PX]

    try:
        with silence_native_stderr():
            posteriors = runner(np.zeros((1, LINE_IMAGE_PX, 2 * LINE_IMAGE_PX, 2), np.float32))
    except (ValueError, RuntimeError) as error:
        raise ModelError(f"{path}: the model does not run on a line image ({error})") from error
    if posteriors.shape != (1, LINE_IMAGE_PX, n_classes) or not np.isfinite(posteriors).all():
        raise ModelError(f"{path}: expected finite scores {(1, LINE_IMAGE_PX, n_classes)}, received {posteriors.shape}")
    return run


def try_out(network: Network, path: Path) -> NDArray[np.float32]:
    """Return the network's output for a blank, a full and a shaded input; so a model that cannot run fails here."""
    ramp = np.linspace(0, 1, SIDE_PX * SIDE_PX, dtype=np.float32).reshape(SIDE_PX, SIDE_PX, 1)
    batch = np.stack([np.zeros_like(ramp), np.ones_like(ramp), ramp])
    try:
        with silence_native_stderr():  # "Created TensorFlow Lite XNNPACK delegate for CPU."
            outputs = network(batch)
    except (ValueError, RuntimeError) as error:
        raise ModelError(f"{path}: the model does not run on a batch of 3 ({error})") from error
    if not np.isfinite(outputs).all():
        raise ModelError(f"{path}: expected finite scores, received {outputs[~np.isfinite(outputs)][0]}")
    return outputs


def _load_litert(path: Path) -> Network:
    interpreter, taken, given = _open_litert(path)
    _check_signature(path, [_signature(taken)], [_signature(given)])
    runner = _LiteRt(interpreter, taken["index"], given["index"])

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        n_parts = -(-len(batch) // _MOST_AT_ONCE)
        size = -(-len(batch) // (n_parts * _BATCH_STEP)) * _BATCH_STEP
        filled = _fill_up(batch, n_parts * size, axis=0)
        return np.concatenate([runner(part) for part in np.split(filled, n_parts)])[: len(batch)]

    return run


def _open_litert(path: Path) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Return an interpreter and the details of its one input and one output, both float32."""
    from ai_edge_litert.interpreter import Interpreter

    raw = _read_model(path)
    if raw[4:8] != b"TFL3":  # the interpreter's own message is about error codes
        raise ModelError(f"{path}: expected a LiteRT model, received other bytes")
    try:
        interpreter = Interpreter(model_content=raw, num_threads=_count_threads())
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    except (ValueError, RuntimeError) as error:
        raise ModelError(f"{path}: the LiteRT model is damaged ({error})", "copy or export it again") from error
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelError(f"{path}: expected one input and one output, received {len(inputs)} and {len(outputs)}")
    if inputs[0]["dtype"] != np.float32 or outputs[0]["dtype"] != np.float32:
        raise ModelError(f"{path}: expected float32 in and out, received {inputs[0]['dtype'].__name__}")
    return interpreter, inputs[0], outputs[0]


def _count_threads() -> int:
    """Return LiteRT's threads: two, but one in a worker process, as others keep the other cores busy."""
    return 1 if parent_process() is not None else min(2, os.cpu_count() or 1)


def _read_model(path: Path) -> bytes:
    try:
        return read_regular(path, _MOST_MODEL_BYTES)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error


def _signature(details: dict[str, Any]) -> tuple[int, ...]:
    return tuple(int(n) for n in details.get("shape_signature", details["shape"]))


class _LiteRt:
    """A LiteRT interpreter; an input of the last one's shape costs no new allocation."""

    def __init__(self, interpreter: Any, input_index: int, output_index: int) -> None:
        self._interpreter = interpreter
        self._input, self._output = input_index, output_index
        self._allocated: tuple[int, ...] = ()

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        if batch.shape != self._allocated:
            self._interpreter.resize_tensor_input(self._input, batch.shape)
            self._interpreter.allocate_tensors()
            self._allocated = batch.shape
        self._interpreter.set_tensor(self._input, batch)
        self._interpreter.invoke()
        outputs: NDArray[np.float32] = self._interpreter.get_tensor(self._output)
        return outputs


def _fill_up(batch: NDArray[np.float32], length: int, axis: int) -> NDArray[np.float32]:
    """Return the batch with blank paper behind it, so that it is so long along the axis."""
    shape = [*batch.shape]
    shape[axis] = length - shape[axis]
    return np.concatenate([batch, np.zeros(shape, np.float32)], axis=axis)


def _load_keras(path: Path) -> Network:
    _read_model(path)
    try:
        with silence_native_stderr():
            import keras
    except ImportError as error:
        hint = "pip install '.[train]' in the project's folder, or pip install keras tensorflow"
        raise ModelError(f"{path}: a .keras file needs Keras and TensorFlow", hint) from error
    try:
        with silence_native_stderr():
            model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever its file formats and the model's layers raise
        raise ModelError(f"{path}: the Keras model cannot be loaded ({str(error).splitlines()[0]})") from error
    _check_signature(path, [t.shape for t in model.inputs], [t.shape for t in model.outputs])

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        # Calling the model costs some milliseconds; `predict` would cost 45 to 170, whatever the batch.
        return np.asarray(keras.ops.convert_to_numpy(model(batch, training=False)), np.float32)

    return run


def _check_signature(path: Path, inputs: list[Any], outputs: list[Any]) -> None:
    """Check that the model takes (N, 28, 28, 1) and gives (N, K), whatever N."""
    if len(inputs) != 1 or tuple(inputs[0][1:]) != (SIDE_PX, SIDE_PX, 1):
        raise ModelError(f"{path}: expected one input (N, 28, 28, 1), received {_format_shapes(inputs)}")
    if len(outputs) != 1 or len(outputs[0]) != 2:
        raise ModelError(f"{path}: expected one output (N, 10) or (N, 11), received {_format_shapes(outputs)}")


def _format_shapes(shapes: list[Any]) -> str:
    texts = ["(" + ", ".join("N" if n in (None, -1) else str(n) for n in shape) + ")" for shape in shapes]
    return " and ".join(texts) or "none"
