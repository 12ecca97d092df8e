"""Local SGD (Stich 2019, arXiv 1805.09767): several processes fit one network, and average their weights now and then.

On a processor a process with one thread takes a step about as fast as one with two, so that two do twice the work.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from multiprocessing import parent_process
from pathlib import Path

import keras
import numpy as np

from pipeline.errors import InputError

_POLL_S, _PATIENCE_S = 0.05, 900.0
"""How often and how long a process waits for the others' weights; validation and saving take minutes."""


@dataclass(frozen=True, slots=True)
class Partners:
    """The processes of a fit.

    Attributes
    ----------
    folder : in which they leave their weights for each other
    rank : of this process, from 0
    n : how many there are
    """

    folder: Path
    rank: int = 0
    n: int = 1

    def average(self, model: keras.Model, meeting: int) -> None:
        """Give `model` the mean of all processes' weights; `meeting` counts the averagings from 0.

        Raises
        ------
        InputError : another process does not answer
        """
        if self.n == 1:
            return
        self._end_with_parent()
        floats = [weight for weight in model.weights if weight.dtype.startswith("float")]
        part = self.folder / f"{self.rank}.part.npz"
        np.savez(part, *[np.asarray(weight) for weight in floats])
        part.replace(self._name(self.rank, meeting))
        sums = [np.zeros(weight.shape, np.float64) for weight in floats]
        for rank in range(self.n):
            with np.load(self._wait(rank, meeting)) as weights:
                for total, name in zip(sums, weights.files, strict=True):
                    total += weights[name]
        for weight, total in zip(floats, sums, strict=True):
            weight.assign((total / self.n).astype(np.float32))
        self._name(self.rank, meeting - 1).unlink(missing_ok=True)  # which all have read, or they were not here

    def _name(self, rank: int, meeting: int) -> Path:
        return self.folder / f"{rank}-{meeting}.npz"

    def _wait(self, rank: int, meeting: int) -> Path:
        path, start_s = self._name(rank, meeting), time.monotonic()
        while not path.is_file():
            self._end_with_parent()
            if time.monotonic() - start_s > _PATIENCE_S:
                raise InputError(f"{path}: process {rank} of the fit has ended or hangs", "start it with --resume")
            time.sleep(_POLL_S)
        return path

    @staticmethod
    def _end_with_parent() -> None:
        """Exit where the process that started this one was ended by force."""
        parent = parent_process()
        if parent is not None and not parent.is_alive():
            raise SystemExit(1)
