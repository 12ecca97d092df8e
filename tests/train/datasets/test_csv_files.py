"""Digits in CSV files of every kind that people have, and what is said of others."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import InputError
from train.datasets.catalog import load_dataset
from train.datasets.own_data import keep_test_part
from train.synthesis.handwriting.drawn_digits import draw_digit_set

DRAWN = draw_digit_set(np.random.default_rng(0), 14, 0, 0)
KAGGLE = ",".join(["label", *(f"pixel{n}" for n in range(784))])
OPENML = ",".join([*(f"pixel{n}" for n in range(1, 785)), "class"])


def write_csv(path: Path, images: np.ndarray, labels: np.ndarray, header: str = "") -> None:
    flat = images.reshape(len(images), -1)
    columns = [flat, labels[:, None]] if header == OPENML else [labels[:, None], flat]
    rows = [",".join(f"{cell:g}" for cell in row) for row in np.concatenate(columns, axis=1).astype(float)]
    text = "\n".join([header] * bool(header) + rows).encode() + b"\n"
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)


@pytest.mark.parametrize("header", ["", KAGGLE, OPENML], ids=["no header", "Kaggle", "OpenML"])
@pytest.mark.parametrize("name", ["train.csv", "train.csv.gz"])
def test_csv_file(tmp_path: Path, name: str, header: str) -> None:
    write_csv(tmp_path / name, DRAWN.images, DRAWN.labels, header)
    dataset = load_dataset(f"csv:{tmp_path / name}")
    assert dataset.has_mnist_test == (header == KAGGLE)
    expected_train, expected_test = keep_test_part(DRAWN, "drawn")
    np.testing.assert_array_equal(dataset.train.images, expected_train.images)
    np.testing.assert_array_equal(dataset.test.labels, expected_test.labels)


@pytest.mark.parametrize("low", [0, -1])
def test_csv_file_of_fractions(tmp_path: Path, low: int) -> None:
    write_csv(tmp_path / "own.csv", low + (1 - low) * (DRAWN.images / 255), DRAWN.labels)
    dataset = load_dataset(f"csv:{tmp_path / 'own.csv'}")
    np.testing.assert_allclose(dataset.train.images, keep_test_part(DRAWN, "")[0].images, atol=1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2,3\n", "expected 785 columns, received 3"),
        ("a,b\nc,d\n", "cannot be read as numbers"),
        (",".join(["12"] + ["0"] * 784) + "\n", "expected labels 0 to 9, received 12"),
    ],
)
def test_csv_file_of_another_kind_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "own.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        load_dataset(f"csv:{tmp_path / 'own.csv'}")
