"""Before and after fine-tuning: on what was held out, and on pages; what became worse is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline.recognition.classify import MODELS_DIR
from pipeline.recognition.input_convention import draw_probe_digits
from train.datasets.examples import Examples
from train.evaluation import fine_tuning as room
from train.evaluation.fine_tuning import Change, describe_change, measure_change


def test_what_is_worse_is_named() -> None:
    better, worse = Change("held-out part", 90, 97), Change("numbers of samples/", 80, 73.7)
    assert describe_change([better]) == ["held-out part: 90.0 % right before, 97.0 % after"]
    assert describe_change([better, worse])[1:] == [
        "numbers of samples/: 80.0 % right before, 73.7 % after",
        "worse than before on the numbers of samples/: try a lower --rate, fewer --epochs, more data",
    ]
    assert len(describe_change([Change("held-out part", 90, 89.8)])) == 1


def test_change_is_measured_on_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probes, labels = draw_probe_digits()
    shutil.copy(MODELS_DIR / "cnn_32_64_d64" / "model.tflite", tmp_path)
    examples = Examples(np.concatenate([probes, probes[:1]]), np.append(labels, 10))
    monkeypatch.setattr(room, "measure_pages", lambda classifier, folder: float(classifier.n_classes))
    seen = measure_change(MODELS_DIR / "digits" / "model.tflite", tmp_path, examples)
    assert [change.what for change in seen] == ["held-out part", "numbers of samples/"]
    assert seen[0].after == 100  # the eleventh class, which it does not have, is left out
    assert (seen[1].before, seen[1].after) == (11, 10)
    assert len(measure_change(tmp_path / "model.tflite", tmp_path, examples, tmp_path / "none")) == 1
