"""What a network takes, found by reading drawn digits with it, and stated by a card."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ModelError
from pipeline.recognition import classify as room
from pipeline.recognition.classify import MODELS_DIR, load_any_classifier, load_classifier
from pipeline.recognition.input_convention import (
    CONVENTIONS,
    OURS,
    InputConvention,
    draw_probe_digits,
    recognize_convention,
)
from pipeline.recognition.load_network import Network, load_network

PROBES, LABELS = draw_probe_digits()
TUTORIALS = ("mlp_50_50_sigmoid", "cnn_32_64_64_d128", "cnn_32_64_d64", "cnn_saved", "cnn_tuned")


def make_network(name: str, convention: InputConvention) -> Network:
    """Return a shipped network behind layers that undo a convention, as if it had been trained by that."""
    network = load_network(MODELS_DIR / name / "model.tflite")

    def run(batch: np.ndarray) -> np.ndarray:
        ours = (batch - convention.paper) / (convention.ink - convention.paper)
        return network((ours.swapaxes(1, 2) if convention.is_transposed else ours).astype(np.float32))

    return run


def test_batch_by_eye() -> None:
    batch = np.zeros((1, 28, 28, 1), np.float32)
    batch[0, 1, 2] = 1
    turned = InputConvention(255, 0, is_transposed=True).convert(batch)
    assert turned[0, 2, 1, 0] == 0
    assert turned.sum() == 255 * (28 * 28 - 1)
    assert OURS.convert(batch) == pytest.approx(batch)


@pytest.mark.parametrize("name", ["digits", *TUTORIALS])
def test_shipped_networks_take_our_convention(name: str) -> None:
    classifier = load_any_classifier(name)
    assert recognize_convention(lambda batch: room._score(classifier.network, batch, 1.0)) == OURS


@pytest.mark.parametrize("name", ["cnn_32_64_d64", "cnn_tuned"])
@pytest.mark.parametrize("convention", [c for c in CONVENTIONS if {c.paper, c.ink} != {-1, 1}], ids=str)
def test_convention_of_training_is_recognized(name: str, convention: InputConvention) -> None:
    network = make_network(name, convention)
    assert recognize_convention(lambda batch: room._score(network, batch, 1.0)) == convention


def test_network_that_reads_nothing_is_left_as_it_is() -> None:
    assert recognize_convention(lambda batch: np.full((len(batch), 10), 0.1, np.float32)) == OURS


def test_network_that_is_right_but_unsure_is_left_as_it_is() -> None:
    """Fed 0 to 255 it would be as right and surer, but it was not trained so."""

    def score(batch: np.ndarray) -> np.ndarray:
        sure = 0.3 if batch.max() <= 1 else 0.99
        rows = np.full((len(batch), 10), (1 - sure) / 9, np.float32)
        rows[np.arange(len(batch)), LABELS] = sure
        return rows

    assert recognize_convention(score) == OURS


def test_model_without_a_card_is_adapted_and_the_user_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "own.tflite"
    shutil.copy(MODELS_DIR / "cnn_32_64_d64" / "model.tflite", path)
    assert load_classifier(path).notes == ()
    monkeypatch.setattr(room, "load_network", lambda _: make_network("cnn_32_64_d64", InputConvention(255, 0)))
    classifier = load_classifier(path)
    (note,) = classifier.notes
    assert "own.tflite: drawn digits are read when it is given 255 for paper and 0 for ink" in note
    assert np.array_equal(classifier.classify(PROBES).probabilities.argmax(axis=1), LABELS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(MODELS_DIR / "cnn_32_64_d64" / "model.tflite", tmp_path)
    return tmp_path


def test_card_states_the_convention(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stated = InputConvention(255, 0, is_transposed=True)
    monkeypatch.setattr(room, "load_network", lambda _: make_network("cnn_32_64_d64", stated))
    (folder / "card.json").write_text(json.dumps({"input": {"range": [255, 0], "is_transposed": True}}))
    classifier = load_classifier(folder)
    assert classifier.notes == ()
    assert np.array_equal(classifier.classify(PROBES).probabilities.argmax(axis=1), LABELS)


@pytest.mark.parametrize("text", ['{"range": [0]}', '{"range": [1, 1]}', '{"range": [0, "a"]}',
                                  '{"range": [0, 1], "is_transposed": 1}'])  # fmt: skip
def test_convention_that_makes_no_sense(folder: Path, text: str) -> None:
    (folder / "card.json").write_text(f'{{"input": {text}}}')
    with pytest.raises(ModelError, match=r'card\.json: expected "range": \[paper, ink\]'):
        load_classifier(folder)
