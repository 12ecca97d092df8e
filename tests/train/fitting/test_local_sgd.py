"""Several processes fit one network: each meeting gives all of them the mean of their weights."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.errors import InputError
from train.fitting import local_sgd
from train.fitting.local_sgd import Partners


class Weight:
    """A weight as Keras has it; Keras itself may not assign from several threads."""

    dtype, shape = "float32", (2, 3)

    def __init__(self, value: float) -> None:
        self.assign(np.full(self.shape, value, np.float32))

    def assign(self, value: np.ndarray) -> None:
        self.value = value

    def __array__(self, dtype: type | None = None, copy: bool | None = None) -> np.ndarray:
        return self.value


def make_model(value: float) -> SimpleNamespace:
    return SimpleNamespace(weights=[Weight(value), Weight(value)])


def test_one_process_keeps_its_weights(tmp_path: Path) -> None:
    model = make_model(3)
    Partners(tmp_path).average(model, 0)
    assert all((weight.value == 3).all() for weight in model.weights)
    assert not list(tmp_path.iterdir())


def test_all_get_the_mean_at_each_meeting(tmp_path: Path) -> None:
    models = [make_model(value) for value in (1, 2, 6)]
    partners = [Partners(tmp_path, rank, 3) for rank in range(3)]
    for meeting, mean in ((0, 3), (1, 3), (2, 4)):
        if meeting == 2:
            models[0].weights = make_model(6).weights
        with ThreadPoolExecutor(3) as threads:
            list(
                threads.map(
                    lambda pair, meeting=meeting: pair[0].average(pair[1], meeting), zip(partners, models, strict=True)
                )
            )
        for model in models:
            assert all(np.allclose(weight.value, mean) for weight in model.weights)


def test_a_partner_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_sgd, "_PATIENCE_S", 0.0)
    with pytest.raises(InputError, match="process 1 of the fit has ended") as error:
        Partners(tmp_path, 0, 2).average(make_model(1), 0)
    assert "--resume" in str(error.value.hint if hasattr(error.value, "hint") else error.value)
