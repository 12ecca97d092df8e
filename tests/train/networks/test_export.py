"""The files of a model folder: the two models agree, the card says what they are, what cannot be is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline.errors import ModelError, OutputError
from train.__main__ import main
from train.networks import export
from train.networks.architectures import build
from train.networks.export import (
    MOST_DISAGREEMENT,
    count_multiplications,
    describe_model,
    export_again,
    export_model,
    export_onnx,
    write_litert,
)
from train.networks.line_network import build_line_network
from train.networks.model_folder import (
    CARD_NAME,
    KERAS_NAME,
    LITERT_NAME,
    PRECISIONS,
    predict_litert,
    read_card,
    write_card,
)
from train.networks.page_network import build_page_network
from train.scripts import find_commit

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
"""TensorFlow's variables do not know NumPy 2's `copy` yet, and Keras asks them for it."""


def build_tiny() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.layers.Input((28, 28, 1)),
            keras.layers.Conv2D(2, 3, strides=2),  # 13x13 places, 3x3x1 to 2 filters: 3,042
            keras.layers.Flatten(),
            keras.layers.Dense(11, activation="softmax"),  # 338 to 11: 3,718
        ]
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    export_model(build_tiny(), folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 5, 70])
def test_exported_file_takes_any_number_of_digits_and_agrees_with_keras(folder: Path, n: int) -> None:
    images = np.random.default_rng(n).random((n, 28, 28, 1), np.float32)
    given = predict_litert(folder / LITERT_NAME, images)
    model = keras.models.load_model(folder / KERAS_NAME)
    np.testing.assert_allclose(given, model.predict(images, verbose=0), atol=1e-5)


@pytest.mark.slow
def test_weights_of_8_bits_are_smaller_and_say_the_same(tmp_path: Path) -> None:
    model = build("mlp_50_50_sigmoid")  # LiteRT leaves layers of under 1024 weights as they are
    for weights in ("float32", "int8"):
        export_model(model, tmp_path / weights, weights)
        write_card(tmp_path / weights, {"classes": list("0123456789"), "temperature": 2.0})
    sizes = {weights: (tmp_path / weights / LITERT_NAME).stat().st_size for weights in ("float32", "int8")}
    assert sizes["int8"] < 0.4 * sizes["float32"]
    images = np.random.default_rng(0).random((70, 28, 28, 1), np.float32)
    small, large = (predict_litert(tmp_path / weights / LITERT_NAME, images) for weights in ("int8", "float32"))
    np.testing.assert_allclose(small, large, atol=0.03)
    alone = predict_litert(tmp_path / "int8" / LITERT_NAME, images[3:4])
    np.testing.assert_allclose(small[3:4], alone, atol=1e-6)  # not rounded by what else is in the batch
    assert main(["export", "--model", str(tmp_path / "int8"), "--weights", "float32"]) == 0
    card = read_card(tmp_path / "int8")
    assert (card["bytes"][LITERT_NAME], card["litert_weights"]) == (sizes["float32"], "float32")
    assert card["temperature"] == 2.0


def test_folder_without_a_model_is_not_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_card(tmp_path, {"classes": []})
    assert main(["export", "--model", str(tmp_path)]) == 4
    assert "holds no model.keras" in capsys.readouterr().err


def test_every_precision_has_its_tolerance() -> None:
    assert set(MOST_DISAGREEMENT) == set(PRECISIONS)


def test_multiplications_are_counted_as_by_hand() -> None:
    assert count_multiplications(build_tiny()) == 3042 + 3718


@pytest.mark.slow
def test_card_describes_the_files(folder: Path) -> None:
    card = describe_model(build_tiny(), folder, [*"0123456789", "not a digit"])
    assert card["name"] == "tiny"
    assert card["classes"][3] == "3"
    assert card["classes"][-1] == "not a digit"
    assert card["bytes"][LITERT_NAME] == (folder / LITERT_NAME).stat().st_size
    assert card["n_parameters"] == 18 + 2 + 3718 + 11


def test_card_comes_back_as_written(tmp_path: Path) -> None:
    write_card(tmp_path, {"temperature": 1.5})
    assert read_card(tmp_path) == {"temperature": 1.5}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, "cannot be read", id="missing"),
        pytest.param("{", "cannot be read", id="torn"),
        pytest.param("[]", "expected a JSON object", id="no object"),
    ],
)
def test_card_that_is_none_is_an_error(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / CARD_NAME).write_text(content)
    with pytest.raises(ModelError, match=message):
        read_card(tmp_path)


def test_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        write_card(tmp_path / "none", {})
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        export_model(build_tiny(), tmp_path / "file")


@pytest.mark.slow
def test_export_that_disagrees_is_not_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def give_zero(images: np.ndarray) -> np.ndarray:
        return np.eye(11, dtype=np.float32)[[0] * len(images)]

    monkeypatch.setattr("train.networks.export.load_network", lambda path: give_zero)
    with pytest.raises(ModelError, match="differs from the Keras model"):
        export_model(build_tiny(), tmp_path)


def test_missing_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        predict_litert(tmp_path / LITERT_NAME, np.zeros((1, 28, 28, 1), np.float32))


def test_commit_is_a_hash_or_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_commit() == "unknown" or len(find_commit().rstrip("+")) == 40
    monkeypatch.setenv("PATH", "")
    assert find_commit() == "unknown"


def test_onnx_file_is_written_after_the_model_was_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    class Saved:
        def __call__(self, images: np.ndarray) -> None:
            calls.append(images.shape)

        def export(self, path: Path, format: str, verbose: bool) -> None:
            calls.append((path.name, format))

    monkeypatch.setattr("train.networks.export.load_keras", lambda folder: Saved())
    assert export_onnx(tmp_path) == tmp_path / "model.onnx"
    assert calls == [(1, 28, 28, 1), ("model.onnx", "onnx")]


@pytest.mark.slow
@pytest.mark.parametrize("build", [build_page_network, lambda: build_line_network(25)], ids=["page", "lines"])
def test_network_for_any_size_is_exported_again(
    build: Callable[[], keras.Model], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build().save(tmp_path / KERAS_NAME)
    write_card(tmp_path, {"name": "any", "temperature": 1.2, "litert_gap": 0.5})
    card = export_again(tmp_path, "int8")
    assert card == read_card(tmp_path) and set(card) == {
        "name", "temperature", "litert_weights", "bytes", "litert_sha256"
    }  # fmt: skip
    assert card["litert_weights"] == "int8" and card["temperature"] == 1.2
    assert card["bytes"] == {name: (tmp_path / name).stat().st_size for name in (KERAS_NAME, LITERT_NAME)}
    other, rng = build(), np.random.default_rng(0)
    other.set_weights([np.abs(rng.normal(size=weights.shape)) for weights in other.get_weights()])
    monkeypatch.setattr(export, "write_litert", lambda *_: write_litert(other, tmp_path / LITERT_NAME, "int8"))
    with pytest.raises(ModelError, match="differs from the Keras model"):
        export_again(tmp_path, "int8")
