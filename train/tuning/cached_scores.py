"""The pages of a folder read under many settings: edits per page, by several processes, cached in a file.

The file holds JSON lines: first what identifies pages, model and pipeline, then one for each page and set of changed
settings. It is written line by line, so that a stopped run continues.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

import pipeline
from pipeline.errors import InputError, OutputError, UsageError
from pipeline.images.load import load_pages
from pipeline.recognition.classify import Classifier, load_classifier
from pipeline.settings.images import ImageSettings
from pipeline.settings.tree import Settings
from pipeline.types import Page
from train.evaluation.score_pages import score_pages
from train.tuning.candidates import Change, combine

_PAGES_PER_JOB = 12
_SEED = 0

Changes = Sequence[Change]


class Rereads:
    """Counts the edits of pages under changed settings; a context manager, which stops its processes at the end.

    Parameters
    ----------
    folder : holds the pictures
    truths : the pages that may be asked for, as in truth.json
    model : as `load_classifier` takes it
    work : the file of what is known, made if there is none; None remembers nothing beyond this run
    n_workers : processes; with 1 the pages are read in this one
    progress : shows how far it is

    Raises
    ------
    UsageError : the file is of other pages, another model or another pipeline, or no such file at all
    OutputError : it cannot be written
    """

    def __init__(
        self,
        folder: Path,
        truths: Sequence[dict[str, Any]],
        model: str,
        work: Path | None,
        n_workers: int,
        progress: Progress,
    ) -> None:
        self._folder, self._truths, self._model = folder, truths, model
        self._progress = progress
        self._edits: dict[tuple[str, str], int] = {}
        self._file: TextIO | None = None
        if work is not None:
            self._open(
                work, {"made_by": "train.tuning.leave_one_source_out", "read": hash_reading(folder, truths, model)}
            )
        self._pool: Executor = (
            ThreadPoolExecutor(1)
            if n_workers == 1
            else ProcessPoolExecutor(n_workers, get_context("spawn"), cv2.setNumThreads, (1,))
        )

    def __enter__(self) -> Rereads:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
        if self._file is not None:
            self._file.close()

    def count(self, trials: Sequence[Changes], pages: Sequence[int], label: str) -> NDArray[np.int64]:
        """Return the edits, int (T, P), of each page under each set of changes; what is not known yet is read.

        Parameters
        ----------
        trials : T sets of changes; an empty one is the shipped settings
        pages : P indices of `truths`
        label : text of the progress bar
        """
        names = [_name(changes) for changes in trials]
        files = [self._truths[i]["file"] for i in pages]
        missing = {
            name: (changes, new)
            for name, changes in zip(names, trials, strict=True)
            if (new := [i for i, file in zip(pages, files, strict=True) if (name, file) not in self._edits])
        }
        if missing:
            self._read(missing, label)
        return np.array([[self._edits[name, file] for file in files] for name in names], np.int64).reshape(
            len(names), len(files)
        )

    def _read(self, missing: dict[str, tuple[Changes, list[int]]], label: str) -> None:
        """Read what is missing: by name, the changes and the indices of the pages."""
        bar = self._progress.add_task(label, total=sum(len(new) for _, new in missing.values()))
        running = {}
        for name, (changes, new) in missing.items():
            for start in range(0, len(new), _PAGES_PER_JOB):
                part = [self._truths[i] for i in new[start : start + _PAGES_PER_JOB]]
                job = self._pool.submit(count_edits, self._folder, part, self._model, combine(changes))
                running[job] = name, [truth["file"] for truth in part]
        for job in as_completed(running):
            name, files = running[job]
            for file, n_edits in zip(files, job.result(), strict=True):
                self._edits[name, file] = n_edits
                self._write({"changes": name, "file": file, "edits": n_edits})
            self._progress.advance(bar, len(files))
        self._progress.remove_task(bar)

    def _open(self, work: Path, facts: dict[str, Any]) -> None:
        """Take in what the file holds, and open it for more; a line that was cut short is taken out."""
        try:
            work.parent.mkdir(parents=True, exist_ok=True)
            raw = work.read_bytes() if work.exists() else b""
            whole = raw[: raw.rfind(b"\n") + 1]
            lines = [json.loads(line) for line in whole.splitlines()]
            if lines and lines[0] != facts:
                raise UsageError(f"{work}: is of other pages, settings, code or model", "give another --work")
            self._edits = {(line["changes"], line["file"]): line["edits"] for line in lines[1:]}
            if raw != whole:
                work.write_bytes(whole)
            self._file = work.open("a", encoding="utf-8")
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{work}: no work file of train.tuning.leave_one_source_out", "give another --work"
            ) from error
        except OSError as error:
            raise OutputError(f"{work}: cannot be written ({error.strerror})") from error
        if not lines:
            self._write(facts)

    def _write(self, line: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()


def hash_reading(folder: Path, truths: Sequence[dict[str, Any]], model: str) -> str:
    """Return the sha256 of all that the edits hang on: truth, pictures, the pipeline's code, what the model answers.

    Raises
    ------
    InputError : a picture cannot be read
    """
    digest = hashlib.sha256(json.dumps(list(truths), sort_keys=True).encode())
    code = sorted(Path(pipeline.__file__).parent.rglob("*.py"))
    for path in [*code, *(folder / truth["file"] for truth in truths)]:
        try:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    noise = np.random.default_rng(_SEED).random((32, 28, 28, 1), np.float32)
    answers = load_classifier(model).classify(noise).probabilities
    return hashlib.sha256(digest.digest() + np.round(1000 * answers).astype(np.int32).tobytes()).hexdigest()


def count_edits(
    folder: Path, truths: Sequence[dict[str, Any]], model: str, values: dict[str, dict[str, float]]
) -> list[int]:
    """Return the edits of each page read with the `values`; a process decodes a picture, and loads a model, once."""
    settings = Settings.from_dict(values)
    classifier = _load_model(model)
    return [
        score_pages(truth, _decode(folder / truth["file"], settings.images), classifier, settings).n_edits
        for truth in truths
    ]


@lru_cache(maxsize=1)
def _load_model(model: str) -> Classifier:
    return load_classifier(model)


@lru_cache(maxsize=200)
def _decode(path: Path, settings: ImageSettings) -> tuple[Page, ...]:
    return tuple(load_pages(path, settings))


def _name(changes: Changes) -> str:
    return " ".join(sorted(map(str, changes)))
