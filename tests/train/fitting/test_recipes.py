"""How networks are fitted: optimizer, rate and loss of each recipe."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from pipeline.errors import UsageError
from train.fitting.recipes import PHOTO, PLAIN, find_recipe
from train.fitting.training_loop import compile_model, is_sparse

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def build_small() -> keras.Model:
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])


def test_plain_recipe_is_adam_at_a_constant_rate() -> None:
    model = build_small()
    compile_model(model, PLAIN, "sparse_categorical_crossentropy", 100, 0.01)
    assert type(model.optimizer) is keras.optimizers.Adam
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)


def test_photo_recipe_warms_up_and_falls_to_nothing() -> None:
    model = build_small()
    compile_model(model, PHOTO, "categorical_crossentropy", 100, 0.01)
    assert isinstance(model.optimizer, keras.optimizers.AdamW)
    rates = [float(model.optimizer._learning_rate(step)) for step in (0, 5, 50, 99)]
    assert rates[0] < rates[2] < rates[1] == pytest.approx(0.01)
    assert rates[3] < 1e-4
    assert model.loss.label_smoothing == PHOTO.label_smoothing


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loss", "labels"),
    [("categorical_crossentropy", np.eye(3)[[0, 2]]), ("sparse_categorical_crossentropy", np.array([0, 2]))],
)
def test_both_losses_say_the_same_of_the_same_labels(loss: str, labels: np.ndarray) -> None:
    model = build_small()
    model.set_weights([np.eye(4, 3), np.zeros(3)])
    compile_model(model, PLAIN, loss, 10, 0.0)
    figures = model.test_on_batch(np.eye(4)[:2], labels, return_dict=True)
    # logits (1, 0, 0): right for label 0; (0, 1, 0): wrong for label 2
    assert figures["loss"] == pytest.approx(np.log(np.e + 2) - 0.5, abs=1e-4)
    assert figures["accuracy"] == 0.5
    assert is_sparse(loss) == loss.startswith("sparse")


def test_unknown_recipe_lists_the_known() -> None:
    with pytest.raises(UsageError, match="choose one of: plain, photo"):
        find_recipe("salt")
