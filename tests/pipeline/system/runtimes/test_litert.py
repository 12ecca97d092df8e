"""LiteRT files: what loads, what is refused, and calls from several threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ModelError
from pipeline.recognition.classify import MODELS_DIR
from pipeline.system.runtimes.litert import LiteRtNetwork, pad_to_multiple

DIGITS = MODELS_DIR / "digits" / "model.tflite"


def test_shapes_are_those_of_the_file() -> None:
    network = LiteRtNetwork(DIGITS)
    assert (network.taken, network.given) == ((-1, 28, 28, 1), (-1, 11))


@pytest.mark.parametrize(
    ("raw", "message"),
    [(None, "cannot be read"), (b"", "expected a LiteRT model"), (b"....TFL3 and no more", "damaged")],
    ids=["missing", "empty", "torn"],
)
def test_file_that_is_no_model(tmp_path: Path, raw: bytes | None, message: str) -> None:
    path = tmp_path / "model.tflite"
    if raw is not None:
        path.write_bytes(raw)
    with pytest.raises(ModelError, match=message):
        LiteRtNetwork(path)


def test_calls_from_several_threads_do_not_mix() -> None:
    network = LiteRtNetwork(DIGITS)
    rng = np.random.default_rng(0)
    batches = [rng.random((n, 28, 28, 1), np.float32) for n in (1, 8, 24, 64) * 8]
    alone = [network(batch) for batch in batches]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(network, batches))
    for own, other in zip(alone, together, strict=True):
        assert np.array_equal(own, other)


@pytest.mark.parametrize(("length", "padded"), [(0, 0), (1, 8), (8, 8), (9, 16)])
def test_padding_is_blank_and_behind(length: int, padded: int) -> None:
    batch = np.ones((length, 2, 2, 1), np.float32)
    filled = pad_to_multiple(batch, 8, axis=0)
    assert filled.shape == (padded, 2, 2, 1)
    assert filled[:length].all() and not filled[length:].any()
