"""A .tflite file run by LiteRT."""

from __future__ import annotations

import os
from multiprocessing import parent_process
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelError
from pipeline.system.files import read_model_file


class LiteRtNetwork:
    """A network with one float32 input and one float32 output; an input of the last one's shape costs no allocation.

    It may be called from several threads: one call runs at a time, as the interpreter is not thread-safe.

    Attributes
    ----------
    taken, given : shapes of the input and the output, -1 for what may change
    """

    def __init__(self, path: Path) -> None:
        """Load a file.

        Raises
        ------
        ModelError
            If it is missing or damaged, or has another number of inputs or outputs, or of another type.
        """
        from ai_edge_litert.interpreter import Interpreter

        raw = read_model_file(path)
        if raw[4:8] != b"TFL3":  # the interpreter's own message is about error codes
            raise ModelError(f"{path}: expected a LiteRT model, received other bytes")
        try:
            self._interpreter = Interpreter(model_content=raw, num_threads=_count_threads())
            inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{path}: the LiteRT model is damaged ({error})", "copy or export it again") from error
        if len(inputs) != 1 or len(outputs) != 1:
            raise ModelError(f"{path}: expected one input and one output, received {len(inputs)} and {len(outputs)}")
        if inputs[0]["dtype"] != np.float32 or outputs[0]["dtype"] != np.float32:
            raise ModelError(f"{path}: expected float32 in and out, received {inputs[0]['dtype'].__name__}")
        self.taken, self.given = _read_shape(inputs[0]), _read_shape(outputs[0])
        self._input, self._output = inputs[0]["index"], outputs[0]["index"]
        self._allocated: tuple[int, ...] = ()
        self._lock = Lock()

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the output for an input of the shape `taken`."""
        with self._lock:
            if batch.shape != self._allocated:
                self._interpreter.resize_tensor_input(self._input, batch.shape)
                self._interpreter.allocate_tensors()
                self._allocated = batch.shape
            self._interpreter.set_tensor(self._input, batch)
            self._interpreter.invoke()
            outputs: NDArray[np.float32] = self._interpreter.get_tensor(self._output)
        return outputs


def pad_to_multiple(batch: NDArray[np.float32], step: int, axis: int) -> NDArray[np.float32]:
    """Return the batch with zeros behind it, so that its length along the axis is a multiple of `step`."""
    widths = [(0, -batch.shape[n] % step if n == axis else 0) for n in range(batch.ndim)]
    return np.pad(batch, widths)


def _count_threads() -> int:
    """Return LiteRT's threads: two, but one in a worker process, as others keep the other cores busy."""
    return 1 if parent_process() is not None else min(2, os.cpu_count() or 1)


def _read_shape(details: dict[str, Any]) -> tuple[int, ...]:
    return tuple(int(n) for n in details.get("shape_signature", details["shape"]))
