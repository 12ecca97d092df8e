"""Models of Keras and TensorFlow of every kind, made and read in a process of its own: this one stays free of both."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.recognition.classify import MODELS_DIR

READ_ALL = """
import sys
from pathlib import Path
import keras
import numpy as np
from keras import layers
from pipeline.errors import ModelError
from pipeline.recognition.classify import hash_model, load_classifier
from pipeline.recognition.input_convention import draw_probe_digits
folder = Path(sys.argv[1])
base = keras.models.load_model("models/mlp_50_50_sigmoid/model.keras")
probes, _ = draw_probe_digits()
expected = load_classifier("mlp_50_50_sigmoid").classify(probes).probabilities.argmax(axis=1)
to_gray = layers.Conv2D(1, 1, use_bias=False, kernel_initializer=keras.initializers.Constant(1 / 3))
back = [layers.Reshape((28, 28, 1))]
before = {(784,): back, (28, 28): back, (1, 28, 28): back, (28, 28, 3): [to_gray],
          (None, None, 1): [layers.Resizing(28, 28)], (56, 56, 1): [layers.AveragePooling2D(2)]}
for shape, inner in before.items():
    model = keras.Sequential([keras.Input(shape), *inner, base])
    name = "x".join(map(str, shape))
    model.save(folder / f"{name}.keras")
    paths = [folder / f"{name}.keras"]
    if shape == (784,):
        model.save(folder / f"{name}.h5")
        model.export(folder / name, verbose=False)
        paths += [folder / f"{name}.h5", folder / name]
    for path in paths:
        classifier = load_classifier(path)
        agreed = np.mean(classifier.classify(probes).probabilities.argmax(axis=1) == expected)
        assert agreed > 0.85, (path.name, agreed)
        assert len(hash_model(path)) == 64
unbuilt = keras.Sequential([layers.Flatten(), layers.Dense(10)])
unbuilt(probes)
unbuilt.save(folder / "unbuilt.keras")
assert load_classifier(folder / "unbuilt.keras").n_classes == 10
(folder / "torn.h5").write_bytes(b"no archive")
(folder / "torn").mkdir()
(folder / "torn" / "saved_model.pb").write_bytes(b"nothing")
for name in ("torn.h5", "torn"):
    try:
        load_classifier(folder / name)
    except ModelError as error:
        assert "cannot be loaded" in str(error) and 'model.save("converted.keras")' in str(error), str(error)
    else:
        raise AssertionError(name)
print("as told")
"""


@pytest.mark.slow
def test_models_of_other_makes(tmp_path: Path) -> None:
    command = [sys.executable, "-c", READ_ALL, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=MODELS_DIR.parent, check=False)
    assert done.stdout.endswith("as told\n"), done.stderr[-2000:]
