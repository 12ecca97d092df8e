from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.errors import ModelError
from pipeline.recognition.classify import (
    MODELS_DIR,
    Classifier,
    calibrate,
    infer_activation,
    load_any_classifier,
    load_classifier,
)
from pipeline.recognition.line_network import LineNetwork

SHIPPED = MODELS_DIR / "digits" / "model.tflite"
N_IN = (28, 28, 1)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_classifier()


def make_batch(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((n, *N_IN), np.float32)


@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 130])
def test_any_number_of_digits(classifier: Classifier, n: int) -> None:
    scores = classifier.classify(make_batch(n))
    assert scores.probabilities.shape == (n, classifier.n_classes)
    assert np.allclose(scores.probabilities.sum(axis=1), 1, atol=1e-5)


def test_a_digit_scores_the_same_in_any_company(classifier: Classifier) -> None:
    batch = make_batch(70)
    together = classifier.classify(batch).probabilities
    alone = np.concatenate([classifier.classify(batch[i : i + 1]).probabilities for i in range(70)])
    assert np.allclose(together, alone, atol=1e-5)


def test_batch_of_another_shape(classifier: Classifier) -> None:
    for shape in ((3, 28, 28), (3, 32, 32, 1), (28, 28, 1), (3, 28, 28, 3)):
        with pytest.raises(ValueError, match=r"expected \(N, 28, 28, 1\)"):
            classifier.classify(np.zeros(shape, np.float32))


def test_temperature_by_hand() -> None:
    scores = calibrate(np.array([[0.8, 0.2]], np.float32), 2.0, "softmax")
    assert scores[0] == pytest.approx([2 / 3, 1 / 3])  # the roots of 0.8 and 0.2 are as 2 to 1
    assert calibrate(np.array([[0.8, 0.2]], np.float32), 1.0, "softmax")[0] == pytest.approx([0.8, 0.2])
    logits = np.log(np.array([[0.8, 0.2]], np.float32)) + 3
    assert calibrate(logits, 2.0, "linear")[0] == pytest.approx([2 / 3, 1 / 3])


def test_sigmoids_are_scored_by_their_own_logits() -> None:
    logits = np.array([[2.0, -1.0, 0.5]])
    sigmoids = (1 / (1 + np.exp(-logits))).astype(np.float32)
    expected = np.exp(logits) / np.exp(logits).sum()
    assert calibrate(sigmoids, 1.0, "sigmoid") == pytest.approx(expected, abs=1e-5)
    assert np.isfinite(calibrate(np.array([[1.0, 0.0, 1.0]], np.float32), 1.0, "sigmoid")).all()


@pytest.mark.parametrize(
    ("outputs", "activation"),
    [([[0.25, 0.75]], "softmax"), ([[0.9, 0.8]], "sigmoid"), ([[0.9, 1.2]], "linear"), ([[-0.1, 1.1]], "linear")],
)
def test_activation_is_told_by_the_outputs(outputs: list, activation: str) -> None:
    assert infer_activation(np.array(outputs, np.float32)) == activation


def test_model_of_other_things_is_no_model_of_digits(tmp_path: Path) -> None:
    shutil.copy(SHIPPED, tmp_path)
    (tmp_path / "card.json").write_text(json.dumps({"classes": ["coat", *"123456789", "hat"]}))
    assert load_any_classifier(tmp_path).classes[0] == "coat"
    with pytest.raises(ModelError, match="expected a model of digits, received one of coat, 1"):
        load_classifier(tmp_path)


@given(arrays(np.float32, (4, 11), elements=st.floats(0, 1, width=32)), st.floats(0.05, 20))
def test_scores_are_probabilities_in_the_order_of_the_outputs(outputs: np.ndarray, temperature: float) -> None:
    scores = calibrate(outputs, temperature, "softmax")
    assert np.allclose(scores.sum(axis=1), 1, atol=1e-5)
    assert (scores[np.arange(4), outputs.argmax(axis=1)] >= scores.max(axis=1) - 1e-6).all()


def test_names_folders_and_files_lead_to_the_same_model(classifier: Classifier, tmp_path: Path) -> None:
    batch = make_batch(5)
    own = tmp_path / "mine"
    own.mkdir()
    shutil.copy(SHIPPED, own)
    card = json.loads(SHIPPED.with_name("card.json").read_text("utf-8"))
    for other in ("line_model", "page_model"):  # these lie beside the shipped folder, not beside this one
        card.pop(other)
    (own / "card.json").write_text(json.dumps(card), "utf-8")
    shutil.copy(SHIPPED, tmp_path / "other name.TFLITE")
    for given_path, name in (
        (SHIPPED, "digits"),
        (SHIPPED.parent, "digits"),
        (own, "mine"),
        (own / "model.tflite", "mine"),
    ):
        loaded = load_classifier(given_path)
        assert loaded.name == name
        assert np.array_equal(loaded.classify(batch).probabilities, classifier.classify(batch).probabilities)
    assert load_classifier("mine", models_dir=tmp_path).name == "mine"
    assert load_classifier(tmp_path / "other name.TFLITE").name == "other name"


def test_card_gives_the_temperature(tmp_path: Path) -> None:
    shutil.copy(SHIPPED, tmp_path)
    assert load_classifier(tmp_path).temperature == 1
    card = tmp_path / "card.json"
    card.write_text(json.dumps({"temperature": 1.7}))
    assert load_classifier(tmp_path).temperature == 1.7
    shutil.copy(SHIPPED, tmp_path / "another.tflite")
    assert load_classifier(tmp_path / "another.tflite").temperature == 1  # the card is not of this one


def test_card_may_name_a_line_network_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    shutil.copy(SHIPPED, own)
    assert load_classifier(own).line_network is None
    (own / "card.json").write_text(json.dumps({"line_model": "rows"}), "utf-8")
    with pytest.raises(ModelError, match=r"rows.model\.tflite: cannot be read"):
        load_classifier(own)
    asked: list[Path] = []
    reader = LineNetwork("rows", 1.0, lambda row: row)
    monkeypatch.setattr(
        "pipeline.recognition.classify.load_line_network", lambda folder: asked.append(folder) or reader
    )
    assert load_classifier(own).line_network is reader
    assert asked == [tmp_path / "rows"]
    (own / "card.json").write_text(json.dumps({"line_model": 7}), "utf-8")
    with pytest.raises(ModelError, match=r"expected a folder's name as line_model, received 7"):
        load_classifier(own)


@pytest.mark.parametrize("text", ['{"temperature": 0}', '{"temperature": "warm"}', '{"temperature": NaN}', "{", "[]"])
def test_card_that_makes_no_sense(tmp_path: Path, text: str) -> None:
    shutil.copy(SHIPPED, tmp_path)
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(ModelError, match=r"card\.json"):
        load_classifier(tmp_path)


def test_models_that_are_none(tmp_path: Path) -> None:
    files = {
        "empty.tflite": b"",
        "text.tflite": b"not a model",
        "cut.tflite": SHIPPED.read_bytes()[:2000],
        "a.onnx": b"x",
    }
    for name, raw in files.items():
        (tmp_path / name).write_bytes(raw)
    (tmp_path / "folder").mkdir()
    for name, told in (
        ("empty.tflite", "expected a LiteRT model"),
        ("text.tflite", "expected a LiteRT model"),
        ("cut.tflite", "damaged"),
        ("a.onnx", "expected a .tflite, .keras or .h5 file, received .onnx"),
        ("folder", r"expected a folder with model\.tflite or model\.keras"),
    ):
        with pytest.raises(ModelError, match=told):
            load_classifier(tmp_path / name)
    with pytest.raises(ModelError, match=r"no model 'nowhere' \(under models/: none\)"):
        load_classifier("nowhere", models_dir=tmp_path)
    shutil.copytree(SHIPPED.parent, tmp_path / "own")
    with pytest.raises(ModelError, match=r"\(under models/: own\)"):
        load_classifier("nowhere", models_dir=tmp_path)
