"""The line network: line images end to end in, columns of each out; files that are no line network."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ModelError
from pipeline.recognition import line_network as line_network
from pipeline.recognition.classify import MODELS_DIR, load_classifier
from pipeline.recognition.column_classes import COLUMN_CLASSES
from pipeline.recognition.line_images import LineImage
from pipeline.recognition.line_network import LineNetwork, load_line_network

SEEN: list[tuple[int, ...]] = []


def tell_ink(row: np.ndarray) -> np.ndarray:
    """Say, as a network that knows the digit 1 and nothing else, how much of each column is ink."""
    SEEN.append(row.shape)
    ink = row[0, :, :, 0].reshape(32, -1, 2).mean(axis=(0, 2))
    posteriors = np.zeros((1, len(ink), len(COLUMN_CLASSES)), np.float32)
    posteriors[0, :, 1], posteriors[0, :, 10] = ink, 1 - ink
    return posteriors


READER = LineNetwork("telling", 1.0, tell_ink)


def make_line_image(*columns: int) -> LineImage:
    """Return a line image whose columns are filled with these darknesses."""
    pixels = np.tile(np.repeat(np.array(columns, np.uint8), 2)[None, :, None], (32, 1, 2))
    return LineImage(pixels, np.eye(2, 3))


def test_each_line_image_gets_its_own_columns() -> None:
    images = [make_line_image(0, 255, 51), make_line_image(255), make_line_image(*[102] * 40)]
    SEEN.clear()
    posteriors = READER.predict(images)
    assert len(SEEN) == 1 and SEEN[0][:2] == (1, 32) and SEEN[0][3] == 2, "all in one row"
    assert SEEN[0][2] > sum(image.pixels.shape[1] for image in images), "with bare paper between"
    assert [rows.shape for rows in posteriors] == [(3, 25), (1, 25), (40, 25)]
    assert posteriors[0][:, 1] == pytest.approx([0, 1, 0.2], abs=1e-6)
    assert posteriors[1][:, 1] == pytest.approx([1], abs=1e-6)
    assert posteriors[2][:, 1] == pytest.approx([0.4] * 40, abs=1e-6)
    assert all(np.allclose(rows.sum(axis=1), 1) for rows in posteriors)


def test_no_line_images() -> None:
    assert READER.predict([]) == []


@pytest.mark.slow
def test_page_of_many_lines_is_read_in_parts_that_bound_the_memory() -> None:
    rng = np.random.default_rng(0)
    images = [make_line_image(*rng.integers(0, 256, n)) for n in (5, 3000, 1, 900, 4097, 12, 2000)]
    SEEN.clear()
    posteriors = READER.predict(images)
    assert len(SEEN) > 1
    widest = max(image.pixels.shape[1] for image in images) + 32
    assert max(shape[2] for shape in SEEN) <= max(widest, line_network._MOST_PX)
    for image, rows in zip(images, posteriors, strict=True):
        assert rows == pytest.approx(READER.predict([image])[0])


def test_temperature_by_hand() -> None:
    (posteriors,) = LineNetwork("warm", 2.0, tell_ink).predict([make_line_image(204)])
    assert posteriors[0, [1, 10]] == pytest.approx([2 / 3, 1 / 3], abs=1e-3)  # the roots of 0.8 and 0.2 are as 2 to 1
    (sure,) = LineNetwork("cold", 0.1, tell_ink).predict([make_line_image(204)])
    assert sure[0, 1] == pytest.approx(1, abs=1e-3) and np.isfinite(sure).all()


def test_missing_or_other_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.tflite: cannot be read"):
        load_line_network(tmp_path / "none")
    (tmp_path / "model.tflite").write_bytes(b"no model")
    with pytest.raises(ModelError, match="expected a LiteRT model"):
        load_line_network(tmp_path)
    shutil.copy(MODELS_DIR / "digits" / "model.tflite", tmp_path)
    with pytest.raises(ModelError, match=r"expected a line network, received one from \(-1, 28, 28, 1\)"):
        load_line_network(tmp_path)


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        pytest.param(None, "cannot be read", id="none"),
        pytest.param("{", "cannot be read", id="cut off"),
        pytest.param("[]", "cannot be read", id="a list"),
        pytest.param('{"temperature": "warm"}', "cannot be read", id="a word"),
        pytest.param('{"temperature": null}', "cannot be read", id="null"),
        pytest.param('{"temperature": 0}', "expected a temperature above 0, received 0.0", id="0"),
        pytest.param('{"temperature": -1}', "above 0", id="negative"),
        pytest.param('{"temperature": NaN}', "above 0", id="not a number"),
        pytest.param('{"temperature": Infinity}', "above 0", id="infinite"),
    ],
)
def test_card_that_makes_no_sense(
    card: str | None, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_network, "load_line_network_file", lambda path, n_classes: tell_ink)
    if card is not None:
        (tmp_path / "card.json").write_text(card, "utf-8")
    with pytest.raises(ModelError, match=rf"card\.json.*{expected}"):
        load_line_network(tmp_path)


def test_card_gives_the_temperature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_network, "load_line_network_file", lambda path, n_classes: tell_ink)
    for card, temperature in (({}, 1.0), ({"temperature": 1.7}, 1.7)):
        (tmp_path / "card.json").write_text(json.dumps(card), "utf-8")
        reader = load_line_network(tmp_path)
        assert (reader.name, reader.temperature) == (tmp_path.name, temperature)


MAKE_MODELS = """
import sys
from pathlib import Path
import keras
from keras import layers
from train.networks.export import write_litert
folder = Path(sys.argv[1])
def make(name, n_classes=25, height=32, channels=2, n_px=2):
    keras.utils.set_random_seed(0)
    image = layers.Input((height, None, channels))
    x = layers.Conv2D(n_classes, (height, n_px), strides=(height, n_px), kernel_initializer="random_normal")(image)
    model = keras.Model(image, layers.Softmax()(layers.Reshape((-1, n_classes))(x)))
    (folder / name).mkdir()
    write_litert(model, folder / name / "model.tflite")
    (folder / name / "card.json").write_text('{"temperature": 1.5}')
make("lines")
make("digits alone", n_classes=10)
make("low", height=28)
make("one channel", channels=1)
make("four px", n_px=4)
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of small untrained line networks, made in a process of its own: here TensorFlow stays out."""
    folder = tmp_path_factory.mktemp("models")
    command = [sys.executable, "-c", MAKE_MODELS, str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=MODELS_DIR.parent)
    return folder


@pytest.mark.slow
def test_line_images_of_any_length_are_read_as_if_alone(models: Path) -> None:
    reader = load_line_network(models / "lines")
    assert (reader.name, reader.temperature) == ("lines", 1.5)
    rng = np.random.default_rng(0)
    images = [make_line_image(*rng.integers(0, 256, n)) for n in (3, 60, 1, 5000)]
    for image, rows in zip(images, reader.predict(images), strict=True):
        assert rows.shape == (image.n_columns, len(COLUMN_CLASSES))
        assert np.allclose(rows.sum(axis=1), 1, atol=1e-5)
        assert rows == pytest.approx(reader.predict([image])[0], abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("digits alone", r"expected a line network, received one from \(-1, 32, -1, 2\) to .*10\)"),
        ("low", "expected a line network"),
        ("one channel", "expected a line network"),
        ("four px", r"expected finite scores \(1, 32, 25\), received \(1, 16, 25\)"),
    ],
)
def test_network_of_another_shape_is_refused(models: Path, name: str, expected: str) -> None:
    with pytest.raises(ModelError, match=expected):
        load_line_network(models / name)


@pytest.mark.slow
def test_card_of_the_digit_network_names_the_line_network_beside_it(models: Path) -> None:
    own = models / "mine"
    own.mkdir()
    shutil.copy(MODELS_DIR / "digits" / "model.tflite", own)
    assert load_classifier(own).line_network is None
    (own / "card.json").write_text(json.dumps({"line_model": "lines"}), "utf-8")
    reader = load_classifier(own).line_network
    assert reader is not None and reader.name == "lines"
    assert load_classifier("mine", models_dir=models).line_network is not None
