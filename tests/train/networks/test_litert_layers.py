"""Layers for export: they give what Keras's give, for any size, and LiteRT has each as one operation."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from pipeline.system.native_stderr import silence_native_stderr
from train.networks.export import write_litert
from train.networks.line_network import build_line_network
from train.networks.litert_layers import suit_litert
from train.networks.page_network import build_page_network


def build_tiny(**options: object) -> keras.Model:
    """Return a model with a dilated convolution, a doubling and one that stays as it is."""
    keras.utils.set_random_seed(0)
    picture = keras.layers.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, **{"dilation_rate": (1, 2), "padding": "same", **options})(picture)
    x = keras.layers.UpSampling2D(2)(x)
    return keras.Model(picture, keras.layers.Conv2D(2, 3, padding="same")(x))


@pytest.mark.parametrize(
    "options", [{}, {"use_bias": False}, {"padding": "valid"}, {"activation": "relu"}, {"dilation_rate": 4}], ids=str
)
@pytest.mark.parametrize("shape", [(1, 9, 13, 3), (3, 16, 10, 3)])
def test_suited_model_gives_the_same(options: dict[str, object], shape: tuple[int, ...]) -> None:
    model = build_tiny(**options)
    if model.layers[1].use_bias:
        model.layers[1].bias.assign([0.1, -0.2, 0.3, 0.0])
    suited = suit_litert(model)
    kinds = [type(layer).__name__ for layer in suited.layers]
    assert kinds == ["InputLayer", "DirectConvolution", "Doubling", "Conv2D"]
    batch = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    assert np.asarray(suited(batch)) == pytest.approx(np.asarray(model(batch)), abs=1e-5)
    assert suited.output_shape == model.output_shape


def test_model_without_such_layers_is_left_alone() -> None:
    model = keras.Sequential([keras.layers.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, strides=2)])
    assert suit_litert(model) is model


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.UpSampling2D(3),
        keras.layers.UpSampling2D(2, interpolation="bilinear"),
        keras.layers.Conv2D(4, 3, dilation_rate=2, groups=2),
    ],
    ids=["by three", "smooth", "in groups"],
)
def test_other_layers_stay(layer: keras.Layer) -> None:
    model = keras.Sequential([keras.layers.Input((None, None, 2)), layer])
    assert suit_litert(model) is model


@pytest.mark.slow
@pytest.mark.parametrize("build", [build_page_network, lambda: build_line_network(25)], ids=["page", "lines"])
def test_no_network_of_ours_computes_with_shapes(build: object, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    write_litert(build(), path, "int8")  # type: ignore[operator]
    with silence_native_stderr():
        operations = {operation["op_name"] for operation in Interpreter(str(path))._get_ops_details()}
    assert not operations & {"TILE", "SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND", "FLOOR_MOD"}
