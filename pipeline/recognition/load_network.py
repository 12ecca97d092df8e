"""Network files checked for what reading needs of them: the digit network and the line network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelError
from pipeline.recognition.line_images import COLUMN_PX, LINE_IMAGE_PX
from pipeline.system.native_stderr import silence_native_stderr
from pipeline.system.runtimes.keras import KerasNetwork
from pipeline.system.runtimes.litert import LiteRtNetwork, pad_to_multiple
from pipeline.types import SIDE_PX

_MOST_AT_ONCE = 64
"""LiteRT is no faster in larger batches (measured: 13,900 digits/s at 32, 12,300 at 1000) and allocates for them."""

_BATCH_STEP, _WIDTH_STEP_PX = 8, 128
"""Batches and line images are padded with bare paper to multiples of these: a new shape costs more than that."""

_CONVERT = """wrap it, where prepare makes that of a digit, such as keras.layers.Resizing(20, 28):
    import keras
    digit = keras.Input((28, 28, 1))
    keras.Model(digit, keras.models.load_model("{path}")(prepare(digit))).save("converted.keras")"""
"""For a model whose input is of another kind."""

Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""What a loaded file is to the other modules: float32 (N, 28, 28, 1) in, float32 (N, K) out, N at least 1."""


def load_network(path: Path) -> Network:
    """Return the digit network in a .tflite, .keras or .h5 file, or in a folder of TensorFlow's SavedModel.

    One that takes digits in another shape, such as (N, 784), (N, 28, 28) or (N, 32, 32, 3), is given them so.

    Raises
    ------
    ModelError
        If the file is missing or damaged, or its network takes a shape that no digit can be brought to or gives
        anything but (N, K).
    """
    if path.suffix.lower() != ".tflite":
        model = KerasNetwork(path)
        return _adapt(model, _check_shapes(path, model.taken, model.given))
    network = LiteRtNetwork(path)
    adapted = _adapt(network, _check_shapes(path, [network.taken], [network.given]))

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        n_parts = -(-len(batch) // _MOST_AT_ONCE)
        parts = np.split(pad_to_multiple(batch, n_parts * _BATCH_STEP, axis=0), n_parts)
        return np.concatenate([adapted(part) for part in parts])[: len(batch)]

    return run


def load_line_network_file(path: Path, n_classes: int) -> Network:
    """Return the line network in a .tflite file: float32 (1, 32, W, 2) in, (1, W / 2, n_classes) out, W even.

    Raises
    ------
    ModelError
        If the file is missing or damaged, or its network takes or gives anything else.
    """
    network = LiteRtNetwork(path)
    if network.taken[1:] != (LINE_IMAGE_PX, -1, 2) or network.given[2:] != (n_classes,):
        raise ModelError(f"{path}: expected a line network, received one from {network.taken} to {network.given}")

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        return network(pad_to_multiple(batch, _WIDTH_STEP_PX, axis=2))[:, : batch.shape[2] // COLUMN_PX]

    try:
        with silence_native_stderr():
            posteriors = network(np.zeros((1, LINE_IMAGE_PX, 2 * LINE_IMAGE_PX, 2), np.float32))
    except (ValueError, RuntimeError) as error:
        raise ModelError(f"{path}: the model does not run on a line image ({error})") from error
    if posteriors.shape != (1, LINE_IMAGE_PX, n_classes) or not np.isfinite(posteriors).all():
        raise ModelError(f"{path}: expected finite scores {(1, LINE_IMAGE_PX, n_classes)}, received {posteriors.shape}")
    return run


def try_out(network: Network, path: Path) -> NDArray[np.float32]:
    """Return the network's output for a blank, a full and a shaded input, so that a model that cannot run fails here.

    Raises
    ------
    ModelError
        If it does not run, or its scores are not finite.
    """
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


def _check_shapes(path: Path, taken: Sequence[tuple[int, ...]], given: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Return the shape in which the model takes a digit; check that it gives (N, K), whatever N."""
    if len(given) != 1 or len(given[0]) != 2:
        raise ModelError(f"{path}: expected one output (N, 10) or (N, 11), received {_format_shapes(given)}")
    shape = tuple(SIDE_PX if n == -1 else n for n in taken[0][1:]) if len(taken) == 1 else ()
    match shape:
        case (n_pixels,) if n_pixels == SIDE_PX**2:
            return shape
        case (height, width) | (height, width, 1 | 3) | (1 | 3, height, width) if height == width:
            return shape
    shapes = "(N, 28, 28, 1), (N, 28, 28), (N, 784) or another square of 1 or 3 channels"
    raise ModelError(
        f"{path}: expected one input {shapes}, received {_format_shapes(taken)}", _CONVERT.format(path=path.as_posix())
    )


def _adapt(network: Network, shape: tuple[int, ...]) -> Network:
    """Return a network of float32 (N, 28, 28, 1) that runs one which takes digits in another shape."""
    return network if shape == (SIDE_PX, SIDE_PX, 1) else lambda batch: network(reshape_digits(batch, shape))


def reshape_digits(batch: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return digits (N, 28, 28, 1) as (N, *shape): 784 pixels, or a square of any side, channels first, last or none.

    They are resampled to the square, and each channel shows the same.
    """
    if len(shape) == 1:
        return batch.reshape(len(batch), *shape)
    side = shape[1]
    if side != SIDE_PX:
        how = cv2.INTER_AREA if side < SIDE_PX else cv2.INTER_LINEAR
        batch = np.stack([cv2.resize(digit[..., 0], (side, side), interpolation=how) for digit in batch])[..., None]
    if len(shape) == 2:
        return np.ascontiguousarray(batch[..., 0])
    if shape[0] == side:
        return np.repeat(batch, shape[2], axis=3)
    return np.repeat(batch.transpose(0, 3, 1, 2), shape[0], axis=1)


def _format_shapes(shapes: Sequence[tuple[int, ...]]) -> str:
    texts = ["(" + ", ".join("N" if n == -1 else str(n) for n in shape) + ")" for shape in shapes]
    return " and ".join(texts) or "none"
