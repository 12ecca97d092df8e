"""How a page was read: a picture of every stage, the hypotheses, each digit as the network saw it. Runs in a worker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.batch.jobs import Job, Plan
from pipeline.batch.process_pool import find_worker
from pipeline.geometry import Box, measure_overlap
from pipeline.images.load import open_picture
from pipeline.outputs.trace import draw_stages, format_trials
from pipeline.reading.read_page import analyze_page
from pipeline.reading.stages import Stages
from pipeline.recognition.classify import Classifier
from pipeline.system.native_stderr import silence_native_stderr
from pipeline.types import N_DIGITS

_MOST_SIDE_PX = 1400
_SHOWN = 3
_TENSOR_PX = 56
_LEAST_OVERLAP = 0.5
"""Of the box of a digit and that of the ink that the network saw, after the page was cut anew."""


@dataclass(frozen=True, slots=True)
class SeenDigit:
    """A digit as the digit network saw it.

    Attributes
    ----------
    number : that it is part of
    text, confidence, alternatives : as read, after the line network and the lattice search
    tensor : its input, as PNG; empty where it saw another cut
    scores : (digit or "no digit", probability) of its best classes
    """

    number: str
    text: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...]
    tensor: bytes = b""
    scores: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a page was read: (name, PNG) of each stage, the hypotheses as text, its digits, seconds per stage."""

    pictures: tuple[tuple[str, bytes], ...]
    trials: str
    digits: tuple[SeenDigit, ...]
    seconds: dict[str, float]


def explain_in_worker(job: Job) -> Explanation:
    """Return how the page of a job is read, in a worker process.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    return explain_page(job, find_worker().classifier)


def explain_page(job: Job, classifier: Classifier) -> Explanation:
    """Return how the page of a job is read; raises as `explain_in_worker` does."""
    plan = job.plan or Plan()
    picture = open_picture(job.raw or job.source.path, plan.settings.images, job.source.path, plan.password)
    with silence_native_stderr():
        page = picture.load_page(job.number)
    stages = analyze_page(page, classifier, plan.settings, constraint=plan.constraint, keeps_improbable=plan.has_tables)
    pictures = tuple((name, _encode(picture)) for name, picture in draw_stages(stages).items())
    trials = format_trials(stages.trials, stages.hypothesis)
    return Explanation(pictures, trials, tuple(_list_digits(stages)), stages.seconds)


def _encode(picture: NDArray[np.uint8]) -> bytes:
    factor = _MOST_SIDE_PX / max(picture.shape[:2])
    if factor < 1:
        picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".png", picture)[1].tobytes()


def _list_digits(stages: Stages) -> Iterator[SeenDigit]:
    recognition = stages.recognition
    boxes = [span.box for lattice in recognition.lattices for span in lattice.spans]
    for reading in stages.readings:
        for digit in reading.digits:
            seen = SeenDigit(reading.text, digit.text, digit.confidence, digit.alternatives)
            at = _find_span(digit.box, boxes)
            if at is None:
                yield seen
                continue
            scores = recognition.scores.probabilities[at]
            best = [int(k) for k in np.argsort(-scores)[:_SHOWN]]
            named = tuple(("no digit" if k == N_DIGITS else str(k), float(scores[k])) for k in best)
            tensor = _draw_tensor(recognition.batch[at, :, :, 0])
            yield SeenDigit(reading.text, digit.text, digit.confidence, digit.alternatives, tensor, named)


def _find_span(box: Box, boxes: list[Box]) -> int | None:
    if not boxes:
        return None
    overlaps = [measure_overlap(box, other) for other in boxes]
    best = int(np.argmax(overlaps))
    return best if overlaps[best] >= _LEAST_OVERLAP else None


def _draw_tensor(tensor: NDArray[np.float32]) -> bytes:
    shown = cv2.resize((255 * tensor).astype(np.uint8), (_TENSOR_PX, _TENSOR_PX), interpolation=cv2.INTER_NEAREST)
    return cv2.imencode(".png", shown)[1].tobytes()
