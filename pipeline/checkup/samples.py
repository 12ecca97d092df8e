"""Whether a sample is read as it was written, and how fast the samples are read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import cv2
import numpy as np

from pipeline.checkup.findings import Finding
from pipeline.errors import InputError, SetupError
from pipeline.images.load import load_pages
from pipeline.reading.read_page import read_page
from pipeline.recognition.classify import MODELS_DIR, Classifier
from pipeline.system.native_stderr import silence_native_stderr

SAMPLES_DIR = MODELS_DIR.with_name("samples")

_MOST_S = 2.0
"""How long samples are read."""


def check_samples(classifier: Classifier, folder: Path = SAMPLES_DIR) -> list[Finding]:
    """Return whether the first sample is read as it was written, and the pages that are read per second.

    Parameters
    ----------
    classifier : that reads
    folder : of the samples and their truth.json
    """
    try:
        samples = _list_samples(folder)
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        text = f"samples: {folder / 'truth.json'} cannot be read ({reason}); they are in a checkout of the project"
        return [Finding("missing", f"{text}, and reading needs none")]
    (path, written), *_ = samples
    if not path.exists():
        return [Finding("missing", f"sample {path.name}: there is no {path}; git checkout samples")]
    try:
        numbers = _read(path.read_bytes(), classifier)
    except (InputError, OSError) as error:
        return [Finding("wrong", f"sample {path.name}: {error}; git checkout samples", SetupError.exit_code)]
    if numbers != written:
        told = f"read as {' '.join(numbers) or 'nothing'}, but {' '.join(written)} is written there"
        return [Finding("wrong", f"sample {path.name}: {told}; install the program again", SetupError.exit_code)]
    read = Finding("ok", f"sample {path.name}: {' '.join(numbers)}, as it is written there")
    return [read, _time_samples([path for path, _ in samples if path.exists()], classifier)]


def _list_samples(folder: Path) -> list[tuple[Path, list[str]]]:
    """Return each sample with the numbers written on it."""
    truth: Any = json.loads((folder / "truth.json").read_text("utf-8"))
    samples = [(folder / page["file"], list(page["numbers"])) for page in truth]
    if not samples:
        raise ValueError("it lists none")
    return samples


def _read(raw: bytes, classifier: Classifier) -> list[str]:
    return [reading.text for page in load_pages(raw) for reading in read_page(page, classifier).readings]


def _time_samples(paths: Sequence[Path], classifier: Classifier) -> Finding:
    """Return the pages per second of reading, for some seconds, beside those of decoding the same ones."""
    read_s = decode_s = 0.0
    n_read = 0
    for path in paths:
        raw = path.read_bytes()
        with silence_native_stderr():
            start = perf_counter()
            cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_GRAYSCALE)
            decode_s += perf_counter() - start
        start = perf_counter()
        _read(raw, classifier)
        read_s += perf_counter() - start
        n_read += 1
        if read_s >= _MOST_S:
            break
    rates = f"{n_read / read_s:.1f} pages a second are read by one process, {n_read / decode_s:.0f} decoded"
    return Finding("ok", f"speed: {rates} ({n_read} of the samples)")
