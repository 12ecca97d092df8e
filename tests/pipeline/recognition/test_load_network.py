"""Network files of every kind: what each loads as, and what is said of those that do not fit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ModelError
from pipeline.recognition.classify import MODELS_DIR, load_classifier
from pipeline.recognition.load_network import load_network, try_out

BATCH = np.random.default_rng(0).random((4, 28, 28, 1), np.float32)

MAKE_MODELS = """
import sys
from pathlib import Path
import keras
from keras import layers
from train.networks.export import write_litert
folder = Path(sys.argv[1])
def make(name, side, n_classes, activation, dtype="float32"):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((side, side, 1), dtype=dtype), layers.Flatten(),
                              layers.Dense(n_classes, activation=activation, kernel_initializer="random_normal")])
    model.save(folder / f"{name}.keras")
    write_litert(model, folder / f"{name}.tflite")
make("good", 28, 10, "softmax")
make("logits", 28, 11, None)
make("sigmoid", 28, 10, "sigmoid")
make("large", 32, 10, "softmax")
make("letters", 28, 26, "softmax")
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of small untrained models, made in a process of its own: this one stays free of TensorFlow."""
    folder = tmp_path_factory.mktemp("models")
    subprocess.run(
        [sys.executable, "-c", MAKE_MODELS, str(folder)], check=True, capture_output=True, cwd=MODELS_DIR.parent
    )
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", ["good", "logits", "sigmoid"])
def test_own_models(models: Path, name: str) -> None:
    loaded = load_classifier(models / f"{name}.tflite")
    assert loaded.activation == {"good": "softmax", "logits": "linear", "sigmoid": "sigmoid"}[name]
    assert np.allclose(loaded.classify(BATCH).probabilities.sum(axis=1), 1, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 7, 8, 64, 65, 130, 1])
def test_digits_of_a_batch_of_any_size_score_as_alone(models: Path, n: int) -> None:
    network = load_network(models / "good.tflite")
    batch = np.random.default_rng(n).random((n, 28, 28, 1), np.float32)
    together = network(batch)
    assert together.shape == (n, 10)
    assert together == pytest.approx(np.concatenate([network(one[None]) for one in batch]), abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "told"),
    [("large", r"expected one input \(N, 28, 28, 1\), received \(N, 32, 32, 1\)"),
     ("letters", r"expected one output \(N, 10\) or \(N, 11\), received \(N, 26\)")],
)  # fmt: skip
def test_models_of_another_shape(models: Path, name: str, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        load_classifier(models / f"{name}.tflite")


READ_BY_KERAS = """
import sys
from pathlib import Path
import numpy as np
from pipeline.recognition.classify import load_classifier
from pipeline.errors import ModelError
folder = Path(sys.argv[1])
batch = np.random.default_rng(0).random((70, 28, 28, 1), np.float32)
for name in ("good", "logits", "sigmoid"):
    keras, lite = (load_classifier(folder / (name + end)).classify(batch) for end in (".keras", ".tflite"))
    assert np.allclose(keras.probabilities, lite.probabilities, atol=1e-4), name
(folder / "damaged.keras").write_bytes(b"no archive")
for name, told in (("large", "(N, 32, 32, 1)"), ("letters", "(N, 26)"), ("damaged", "cannot be loaded")):
    try:
        load_classifier(folder / (name + ".keras"))
    except ModelError as error:
        assert told in str(error), str(error)
    else:
        raise AssertionError(name)
print("as told")
"""


@pytest.mark.slow
def test_keras_files_score_as_their_litert_twins(models: Path) -> None:
    command = [sys.executable, "-c", READ_BY_KERAS, str(models)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=MODELS_DIR.parent, check=False)
    assert done.stdout == "as told\n", done.stderr
    assert done.stderr == ""


def test_network_that_gives_no_numbers_is_refused() -> None:
    with pytest.raises(ModelError, match="expected finite scores, received nan"):
        try_out(lambda batch: np.full((len(batch), 10), np.nan, np.float32), Path("own.keras"))


def test_missing_file_is_told(tmp_path: Path) -> None:
    for name in ("none.tflite", "none.keras"):
        with pytest.raises(ModelError, match=f"{name}: cannot be read"):
            load_network(tmp_path / name)
