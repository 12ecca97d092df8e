"""Smoke training on drawn digits: it learns them, goes on after a stop as if there had been none, and ships a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from rich.console import Console

from pipeline.errors import UsageError
from pipeline.recognition.classify import load_classifier
from train.__main__ import main
from train.augmentation.non_digits import NonDigitSource
from train.augmentation.printed_glyphs import draw_glyphs
from train.datasets.catalog import DIGIT_CLASSES, MNIST, Dataset
from train.datasets.examples import Examples, show_clean
from train.datasets.mnist import DigitSet
from train.fitting import fit as fit_room
from train.fitting import photo_training_set as training_room
from train.fitting.batches import NOT_A_DIGIT, Sources
from train.fitting.fit import finish, fit, gather_training_set
from train.fitting.options import FitPlan
from train.fitting.photo_training_set import PhotoTrainingSet, draw_seen
from train.fitting.plain_training_set import gather_plain_set
from train.fitting.recipes import PHOTO, RECIPES
from train.fitting.training_loop import average_weights, encode
from train.networks.architectures import BUILDERS
from train.networks.catalog import ARCHITECTURES, Architecture
from train.networks.checkpoint import load_checkpoint
from train.networks.model_folder import LITERT_NAME, read_card
from train.synthesis.handwriting.drawn_digits import draw_digit_set

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
"""TensorFlow's variables do not know NumPy 2's `copy` yet, and Keras asks them for it."""

NONE = DigitSet(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8))
QUIET = Console(quiet=True)
CLASSES = (*DIGIT_CLASSES, "not a digit")


def make_training_set(n_writers: int) -> PhotoTrainingSet:
    """Make a training set of drawn digits, and others for validation."""
    rng = np.random.default_rng(0)
    digits, others = draw_digit_set(rng, n_writers, 0, 0), draw_digit_set(rng, 8, 0, 0)
    glyphs = [mask for masks in draw_glyphs("AKM", []) for mask in masks]
    train = Sources(digits, NONE, NONE, NONE, NonDigitSource(digits.images, digits.labels, glyphs))
    return PhotoTrainingSet(train, show_clean(others), draw_seen(others, NONE, rng), {"n_train": 10 * n_writers})


def build_tiny(n_classes: int) -> keras.Model:
    """Build a network that learns in seconds."""
    image = keras.layers.Input((28, 28, 1))
    x = keras.layers.Conv2D(16, 5, strides=2, activation="relu")(image)
    x = keras.layers.Dropout(0.1)(keras.layers.MaxPooling2D()(x))
    return keras.Model(
        image, keras.layers.Dense(n_classes, activation="softmax")(keras.layers.Flatten()(x)), name="tiny"
    )


@pytest.fixture(autouse=True, scope="module")
def tiny_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ARCHITECTURES, "tiny", Architecture(recipe="photo", n_classes=11))
        patch.setitem(BUILDERS, "tiny", build_tiny)
        patch.setitem(RECIPES, "photo", replace(PHOTO, batch_size=16))
        yield


@pytest.fixture(scope="module")
def training_set() -> PhotoTrainingSet:
    return make_training_set(24)


@pytest.fixture(scope="module")
def fitted(training_set: PhotoTrainingSet, tmp_path_factory: pytest.TempPathFactory) -> tuple[FitPlan, object, list]:
    """Fit 240 drawn digits for ten epochs of fifteen steps."""
    plan = FitPlan(arch="tiny", epochs=10, out=tmp_path_factory.mktemp("models") / "smoke")
    return plan, *fit(plan, training_set, 11, QUIET)


@pytest.mark.slow
def test_loss_falls_and_new_writers_are_read(fitted: tuple) -> None:
    _, _, history = fitted
    losses = [epoch["loss"] for epoch in history]
    assert losses[-1] < 0.7 * losses[0]
    assert history[-1]["clean_accuracy"] > 0.75
    assert [epoch["epoch"] for epoch in history] == list(range(1, 11))


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["labels moved on by one", "rows and columns swapped", "polarity inverted"])
def test_validation_finds_a_fault(fitted: tuple, training_set: PhotoTrainingSet, fault: str) -> None:
    _, model, _ = fitted
    images, labels = training_set.clean.images, training_set.clean.labels
    wrong = {
        "labels moved on by one": Examples(images, (labels + 1) % 10),
        "rows and columns swapped": Examples(images.swapaxes(1, 2), labels),
        "polarity inverted": Examples(1 - images, labels),
    }[fault]
    assert replace(training_set, clean=wrong).validate(model)["clean_accuracy"] < 0.5


@pytest.mark.slow
def test_model_folder_is_whole_and_readable(fitted: tuple, training_set: PhotoTrainingSet) -> None:
    plan, model, history = fitted
    card = finish(plan, training_set, model, history, CLASSES)
    assert read_card(plan.out) == card
    assert 0.2 <= card["temperature"] <= 5
    assert card["made"]["seed"] == 0
    assert card["made"]["n_train"] == 240
    assert card["bytes"][LITERT_NAME] < 1_000_000
    classifier = load_classifier(plan.out)
    assert classifier.temperature == card["temperature"]
    taken = classifier.classify(training_set.clean.images).probabilities.argmax(axis=1)
    assert np.mean(taken == training_set.clean.labels) == pytest.approx(history[-1]["clean_accuracy"], abs=0.02)


@pytest.mark.slow
def test_checkpoint_is_ignored_by_git_and_of_the_last_epoch_alone(fitted: tuple) -> None:
    plan, _, history = fitted
    assert (plan.work_dir / ".gitignore").read_text() == "*\n"
    assert sorted(path.name for path in plan.work_dir.glob("*.keras")) == ["averaged-10.keras", "fitted-10.keras"]
    assert load_checkpoint(plan.work_dir, plan.facts())[2] == history


@pytest.mark.slow
def test_checkpoint_of_another_run_is_refused(fitted: tuple) -> None:
    plan, _, _ = fitted
    with pytest.raises(UsageError, match="of another run"):
        load_checkpoint(plan.work_dir, replace(plan, seed=7).facts())


@pytest.mark.slow
@pytest.mark.parametrize(("arch", "n_classes"), [("tiny", 11), ("cnn_tuned", 10)])
def test_resumed_run_is_the_same_run(tmp_path: Path, arch: str, n_classes: int) -> None:
    training_set = make_training_set(4)
    training_set = training_set if arch == "tiny" else gather_plain_set(make_dataset(12), 0)
    straight = FitPlan(arch=arch, epochs=3, out=tmp_path / "straight")
    stopped = replace(straight, out=tmp_path / "stopped")
    model, history = fit(straight, training_set, n_classes, QUIET)

    class StopsInTheSecondEpoch:
        n_digits, held_out, facts = training_set.n_digits, training_set.held_out, training_set.facts
        draw = training_set.draw

        def validate(self, model: keras.Model) -> dict[str, float]:
            if (stopped.work_dir / "state.json").exists():
                raise KeyboardInterrupt
            return training_set.validate(model)

    with pytest.raises(KeyboardInterrupt):
        fit(stopped, StopsInTheSecondEpoch(), n_classes, QUIET)
    resumed, history_resumed = fit(replace(stopped, resume=True), training_set, n_classes, QUIET)
    assert history_resumed == history
    for weight, weight_resumed in zip(model.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(weight, weight_resumed, atol=1e-6)


def test_mean_of_the_weights_is_a_mean() -> None:
    averaged, fitted = build_tiny(11), build_tiny(11)
    for model, value in ((averaged, 0.0), (fitted, 1.0)):
        for weight in model.trainable_weights:
            weight.assign(np.full(weight.shape, value, np.float32))
    average_weights(averaged, fitted, 10, 0.998)
    assert np.allclose(averaged.trainable_weights[0], 0.5)
    average_weights(averaged, fitted, 10**6, 0.998)
    assert np.allclose(averaged.trainable_weights[0], 0.5 + 0.5 * (1 - 0.998))


@pytest.mark.slow
def test_run_may_begin_with_the_weights_of_another(
    fitted: tuple, training_set: PhotoTrainingSet, tmp_path: Path
) -> None:
    plan, model, history = fitted
    begun = FitPlan(arch="tiny", epochs=1, out=tmp_path, init=plan.work_dir / "averaged-10.keras", rate=1e-4)
    assert len(begun.facts()["init_sha256"]) == 64
    _, continued = fit(begun, training_set, 11, QUIET)
    assert continued[0]["loss"] < 0.8 * history[0]["loss"]


def test_missing_data_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "--data-dir", str(tmp_path / "none")]) == 1
    assert "no such data folder" in capsys.readouterr().err


def make_dataset(n_writers: int, n_classes: int = 10) -> Dataset:
    """Make a data set of drawn digits, of which as many as `n_classes` are kept."""
    parts = (draw_digit_set(np.random.default_rng(seed), n_writers, 0, 0) for seed in (0, 1))
    kept = [part.take(np.flatnonzero(part.labels < n_classes)) for part in parts]
    mixed = kept[0].take(np.random.default_rng(0).permutation(len(kept[0].labels)))
    return Dataset(MNIST, DIGIT_CLASSES[:n_classes], mixed, kept[1])


@pytest.mark.slow
@pytest.mark.parametrize("arch", ["cnn_32_64_d64", "mlp_50_50_sigmoid"])
def test_tutorial_network_learns_and_is_exported(arch: str, tmp_path: Path) -> None:
    training_set = gather_plain_set(make_dataset(40), 0)
    plan = FitPlan(arch=arch, epochs=8, out=tmp_path / arch, rate=3e-3)
    model, history = fit(plan, training_set, 10, QUIET)
    assert history[-1]["loss"] < 0.5 * history[0]["loss"]
    assert history[-1]["val_accuracy"] > 0.8
    card = finish(plan, training_set, model, history, DIGIT_CLASSES)
    assert card["made"]["recipe"] == "plain"
    taken = load_classifier(plan.out).classify(training_set.held_out.images).probabilities.argmax(axis=1)
    assert np.mean(taken == training_set.held_out.labels) == pytest.approx(history[-1]["val_accuracy"], abs=0.03)


@pytest.mark.slow
def test_saved_network_goes_on_where_it_was(tmp_path: Path) -> None:
    training_set = gather_plain_set(make_dataset(20), 0)
    first = FitPlan(arch="cnn_32_64_d64", epochs=3, out=tmp_path / "first")
    model, history = fit(first, training_set, 10, QUIET)
    finish(first, training_set, model, history, DIGIT_CLASSES)
    onward = FitPlan(arch="cnn_saved", epochs=1, out=tmp_path / "onward", init=first.out / "model.keras")
    continued, went_on = fit(onward, training_set, 10, QUIET)
    assert went_on[0]["loss"] < history[-1]["loss"]
    assert continued.count_params() == 121_930
    card = finish(onward, training_set, continued, went_on, DIGIT_CLASSES)
    assert card["made"]["begun_with"]["arch"] == "cnn_32_64_d64"
    with pytest.raises(UsageError, match="has 10 classes, the data 3"):
        fit(onward, gather_plain_set(make_dataset(20, 3), 0), 3, QUIET)


def test_labels_are_encoded_as_the_loss_takes_them() -> None:
    batch = np.zeros((2, 28, 28, 1), np.float32), np.array([1, 0])
    assert next(encode([batch], 2, "categorical_crossentropy"))[1].tolist() == [[0, 1], [1, 0]]
    assert next(encode([batch], 2, "sparse_categorical_crossentropy"))[1].tolist() == [1, 0]


@pytest.fixture
def small_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for the data sets: drawn digits, of three classes where clothes are asked for."""
    monkeypatch.setattr(
        fit_room, "load_dataset", lambda name, data_dir: make_dataset(12, 3 if name == "fashion_mnist" else 10)
    )
    monkeypatch.setattr(training_room, "load_train", lambda data_dir: make_dataset(12).train)
    monkeypatch.setattr(training_room, "load_extras", lambda data_dir: (NONE, NONE))


@pytest.mark.slow
def test_recipe_decides_what_is_learned_from(small_data: None) -> None:
    plain, classes = gather_training_set(FitPlan(arch="mlp_50_50_sigmoid"))
    assert classes == DIGIT_CLASSES
    assert plain.n_digits == 108
    photo, classes = gather_training_set(FitPlan())
    assert classes == CLASSES
    assert NOT_A_DIGIT in photo.held_out.labels
    digits_only, classes = gather_training_set(FitPlan(parts=()))
    assert classes == DIGIT_CLASSES
    assert NOT_A_DIGIT not in digits_only.held_out.labels


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--epochs", "0"], "expected a whole number of at least 1"),
        (["--limit", "0"], "expected a whole number of at least 1"),
        (["--arch", "none"], "'none' is not known"),
        (["--arch", "cnn_saved"], "give --init FILE.keras"),
        (["--dataset", "fashion_mnist"], "the photo recipe is for digits"),
        (["--arch", "cnn_tuned", "--parts", "non-digits"], "the plain recipe mixes nothing in"),
    ],
)
def test_wrong_flag_is_one_clear_line(
    flags: list[str], message: str, small_data: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", *flags]) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("error: ") and message in last


@pytest.mark.slow
def test_whole_run_from_the_command_line(small_data: None, tmp_path: Path) -> None:
    out = tmp_path / "mlp"
    assert main(["fit", "--arch", "mlp_50_50_sigmoid", "--epochs", "2", "--out", str(out)]) == 0
    assert read_card(out)["classes"] == list(DIGIT_CLASSES)
    assert main(["fit", "--arch", "mlp_50_50_sigmoid", "--epochs", "2", "--out", str(out), "--resume"]) == 0
