"""The comparison of models: each figure in its column, none where it does not apply."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from pipeline.errors import InputError, ModelError
from pipeline.recognition.classify import Classifier
from train.evaluation import compare as compare_room
from train.evaluation.compare import (
    ComparedModel,
    compare,
    is_of_digits,
    measure_speeds,
    read_photos,
    tabulate_comparison,
)
from train.evaluation.page_score import PageScore
from train.networks.model_folder import LITERT_NAME, write_card

PHOTOS = Path("photos")
DIGITS = {"mnist_test": {"accuracy": 0.9942}, "robustness": {"mean_corruption_accuracy": 0.827}}
CLOTHES = {"fashion_mnist_test": {"accuracy": 0.9}}


def make_classifier(asked: list[tuple[int, ...]] | None = None) -> Classifier:
    def answer(batch: np.ndarray) -> np.ndarray:
        if asked is not None:
            asked.append(batch.shape)
        return np.full((len(batch), 10), 0.1, np.float32)

    return Classifier("flat", 10, 1.0, "softmax", answer)


def make_folder(folder: Path, card: dict[str, Any]) -> Path:
    folder.mkdir()
    (folder / LITERT_NAME).write_bytes(b"x" * 2500)
    write_card(folder, card)
    return folder


def render(rows: list[ComparedModel]) -> list[str]:
    console = Console(width=100)
    with console.capture() as printed:
        console.print(tabulate_comparison(rows, PHOTOS))
    return printed.get().splitlines()


def test_rows_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [
        make_folder(tmp_path / "digits", {"n_parameters": 7}),
        make_folder(tmp_path / "clothes", {"classes": ["coat"] * 10}),
    ]
    monkeypatch.setattr(compare_room, "load_any_classifier", lambda path: make_classifier())
    monkeypatch.setattr(compare_room, "measure_speeds", lambda classifiers: [100.0, 200.0])
    scores = [({}, PageScore(1, 1, 3, 0)), ({}, PageScore(1, 0, 5, 2))]
    monkeypatch.setattr(compare_room, "read_folder", lambda folder, classifier, settings: scores)
    assert compare(folders, [DIGITS, CLOTHES], PHOTOS, Console(quiet=True)) == [
        ComparedModel("digits", "mnist", 7, 2500, 0.9942, 0.827, 75.0, 50.0, 100.0),
        ComparedModel("clothes", "fashion_mnist", None, 2500, 0.9, None, None, None, 200.0),
    ]


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"card\.json"):
        compare([tmp_path], [DIGITS], PHOTOS, Console(quiet=True))
    folder = make_folder(tmp_path / "damaged", {})
    with pytest.raises(ModelError, match=r"model\.tflite"):
        compare([folder], [DIGITS], PHOTOS, Console(quiet=True))


def test_photos_without_their_truth_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"truth\.json"):
        read_photos(tmp_path, make_classifier())


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ({}, True),
        ({"classes": list("0123456789")}, True),
        ({"classes": [*"0123456789", "not a digit"]}, True),
        ({"classes": list("9876543210")}, False),
        ({"classes": ["0", "1"]}, False),
    ],
    ids=["says nothing", "ten digits", "and non-digits", "in another order", "two of them"],
)
def test_only_models_of_the_digits_read_photos(card: dict[str, Any], expected: bool) -> None:
    assert is_of_digits(card) is expected


def test_models_are_timed_in_turn_in_batches_of_32() -> None:
    asked: list[tuple[int, ...]] = []
    speeds = measure_speeds([make_classifier(asked), make_classifier()], n_batches=2, n_rounds=3)
    assert asked == [(32, 28, 28, 1)] * 9  # each round: one to warm up, two timed
    assert len(speeds) == 2
    assert min(speeds) > 0


def test_table_keeps_to_its_width_and_says_where_there_is_no_figure() -> None:
    rows = [
        ComparedModel("cnn_32_64_64_d128", "fashion_mnist", None, 1_048_576, 0.987, None, None, None, 124_999.6),
        ComparedModel("digits", "mnist", 399_999, 999_499, 0.99704, 0.8272, 98.04, 90.0, 3_330.2),
    ]
    lines = render(rows)
    assert max(len(line) for line in lines) <= 100
    assert len(lines[-2].split()) == len(lines[-3].split()) == 9  # nothing is folded
    assert lines[-3].split() == ["cnn_32_64_64_d128", "fashion_mnist", "-", "1,049", "98.70", "-", "-", "-", "125,000"]
    assert lines[-2].split()[2:] == ["399,999", "999", "99.70", "82.7", "98.0", "90.0", "3,330"]


def test_table_without_models_is_empty() -> None:
    assert tabulate_comparison([], PHOTOS).row_count == 0
