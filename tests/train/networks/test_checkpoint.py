"""A checkpoint that is missing or torn; that a run resumes exactly is tested with fitting."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline.errors import InputError, UsageError
from train.networks.checkpoint import copy_weights, load_checkpoint, load_init
from train.networks.model_folder import hash_file

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@pytest.mark.parametrize("content", [None, "", "{}", '{"run": {}, "history": [1]}'])
def test_without_a_whole_checkpoint_there_is_no_resuming(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "state.json").write_text(content)
    with pytest.raises(InputError, match="no checkpoint to resume from"):
        load_checkpoint(tmp_path, {})


def test_run_begins_with_the_weights_of_a_file(tmp_path: Path) -> None:
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)], name="small")
    model.save(tmp_path / "m.keras")
    for weight, loaded in zip(model.get_weights(), load_init(tmp_path / "m.keras", "small").get_weights(), strict=True):
        np.testing.assert_array_equal(weight, loaded)
    with pytest.raises(UsageError, match="'small', not 'digits'"):
        load_init(tmp_path / "m.keras", "digits")
    assert load_init(tmp_path / "m.keras", "cnn_saved").name == "small"


def make_two_layers(n_classes: int, value: float) -> keras.Model:
    dense = [keras.layers.Dense(4), keras.layers.Dense(n_classes)]
    model = keras.Sequential([keras.layers.Input((3,)), *dense], name="small")
    model.set_weights([np.full_like(w, value) for w in model.get_weights()])
    return model


def test_last_layer_for_other_classes_begins_anew() -> None:
    source, target = make_two_layers(2, 1.0), make_two_layers(5, 7.0)
    copy_weights(source, target)
    assert [set(w.ravel().tolist()) for w in target.get_weights()] == [{1.0}, {1.0}, {7.0}, {7.0}]
    alike = make_two_layers(2, 7.0)
    copy_weights(source, alike)
    assert all((w == 1).all() for w in alike.get_weights())
    with pytest.raises(UsageError, match="other layers"):
        copy_weights(keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)]), target)


@pytest.mark.parametrize("content", [None, b"", b"no model"])
def test_file_that_is_no_model_is_one_clear_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "m.keras"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="no model to begin with"):
        load_init(path, "digits")


def test_hash_is_sha256_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    assert hash_file(tmp_path / "file").startswith("ba7816bf8f01cfea")
    with pytest.raises(InputError, match="cannot be read"):
        hash_file(tmp_path / "none")
