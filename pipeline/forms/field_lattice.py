"""A field's picture -> the lattice of its one number, and how probable each span is as each digit.

A plain field is read as a text line. In a comb, each box holds one digit: its ink is one span.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.lattice_decoder import combine_scores
from pipeline.detection.detection import Detection
from pipeline.forms.field_picture import FieldPicture
from pipeline.geometry import Box
from pipeline.ink.broken_strokes import overlay
from pipeline.ink.labels import measure_stroke_width
from pipeline.reading.prepare import prepare_page
from pipeline.reading.run_stages import StageRunner
from pipeline.reading.stages import Recognition
from pipeline.recognition.line_images import cut_line_images
from pipeline.recognition.normalize import normalize_spans
from pipeline.recognition.span_scores import score_spans, weigh_seen
from pipeline.types import Component, Lattice, Page, PageInk, Span, TextLine

_LEAST_INSIDE = 0.5
"""Share of its ink that a mark must have inside of the field's box to be of the field."""

_LEAST_WRITING_FRAC = 0.25
"""Height of a mark, of the box's, from which it is writing, whatever the networks say: such a field is not blank."""

_LEAST_PART_FRAC, _LEAST_WIDE_FRAC = 0.25, 0.3
"""Share of a mark's ink, and width of the box, from which what lies in one is a digit of its own."""

_LEAST_ALSO_FRAC = 0.6
"""A second line of marks so tall, of those of the first, is writing too."""


@dataclass(frozen=True, slots=True, eq=False)
class FieldLattice:
    """What a field may be read as.

    Attributes
    ----------
    page : the picture as it was read: its px are those of the lattice
    lattice : of the number; None where nothing is written
    log_scores : float64 (N, 11), of its spans as digits 0..9 and as passed over
    cells : in a comb, the box (from 0) of each span
    detection : the digits that the page network sees there; None without one
    has_more : whether there is a second line of writing
    is_written : whether there is a mark so tall that the field cannot be blank
    """

    page: Page
    lattice: Lattice | None = None
    log_scores: NDArray[np.float64] | None = None
    cells: tuple[int, ...] = ()
    detection: Detection | None = None
    has_more: bool = False
    is_written: bool = False


def read_lattice(picture: FieldPicture, comb: int | None, runner: StageRunner) -> FieldLattice:
    """Return the lattice of a field.

    Parameters
    ----------
    picture : of the field
    comb : number of its boxes; None for a plain field
    runner : of the stages; rulings are known already, and not looked for
    """
    page = prepare_page(picture.page, runner)
    scale = page.gray.shape[1] / picture.page.gray.shape[1]
    box = Box(*(round(side * scale) for side in picture.box.as_list()))
    ink = runner.find_ink(page)
    marks = _list_marks(ink, box)
    if not marks:
        ink = runner.find_components(replace(ink, cleared=ink.ink))
        marks = [mark for mark in _list_marks(ink, box) if _is_writing(mark, box)]
    detection = runner.detect(page)
    if not marks:
        return FieldLattice(page, detection=detection)
    is_written = any(_is_writing(mark, box) for mark in marks)
    if comb:
        return replace(_read_cells(marks, box, comb, ink, runner), is_written=is_written)
    lines = runner.find_lines(replace(ink, components=tuple(marks)))
    if not lines:
        return FieldLattice(page, detection=detection)
    main = max(lines, key=lambda line: sum(mark.area_px for mark in line.components))
    has_more = any(line.height_px >= _LEAST_ALSO_FRAC * main.height_px for line in lines if line is not main)
    stages = runner.read(ink, (main,))
    lattice, log_scores = _combine(stages.recognition, runner, detection)
    return FieldLattice(page, lattice, log_scores, (), detection, has_more, is_written)


def _list_marks(ink: PageInk, box: Box) -> list[Component]:
    """Return the marks that lie in a field's box."""
    return [mark for mark in ink.components if measure_inside(mark, box) >= _LEAST_INSIDE]


def _is_writing(mark: Component, box: Box) -> bool:
    """Return whether a mark is too tall to be grain or a remnant of print."""
    return mark.box.height >= _LEAST_WRITING_FRAC * box.height


def measure_inside(mark: Component, box: Box) -> float:
    """Return the share of a mark's ink that lies inside of a box."""
    left, top = max(mark.box.left, box.left), max(mark.box.top, box.top)
    right, bottom = min(mark.box.right, box.right), min(mark.box.bottom, box.bottom)
    if left >= right or top >= bottom:
        return 0.0
    part = mark.mask[top - mark.box.top : bottom - mark.box.top, left - mark.box.left : right - mark.box.left]
    return float(np.count_nonzero(part)) / mark.area_px


def _combine(
    recognition: Recognition, runner: StageRunner, detection: Detection | None
) -> tuple[Lattice, NDArray[np.float64]]:
    """Return the first lattice, and what all networks together say of its spans."""
    lattice = recognition.lattices[0]
    likelihoods = recognition.log_likelihoods
    if detection is not None and likelihoods:
        likelihoods = weigh_seen(recognition.lattices, likelihoods, detection, runner.settings.detection.weight)
    own = likelihoods[0] if likelihoods else None
    return lattice, combine_scores(lattice, recognition.scores, own, runner.settings.decode)


def _read_cells(marks: Sequence[Component], box: Box, comb: int, ink: PageInk, runner: StageRunner) -> FieldLattice:
    """Return the lattice of a comb: a span for each box that has ink."""
    cells = _share_out(marks, box, comb)
    filled = [(cell, own) for cell, own in enumerate(cells) if own]
    parts = [_join(own) for _, own in filled]
    line = TextLine(tuple(parts))
    spans = tuple(
        Span(k, k + 1, part.box, part.mask, part.stroke_width_px, part.contrast) for k, part in enumerate(parts)
    )
    lattice = Lattice(line, len(parts) + 1, spans)
    images = cut_line_images(line, ink.darkness)
    network = runner.classifier.line_network
    likelihoods = (score_spans(lattice, images, network.predict(images)),) if network is not None else ()
    scores = runner.classifier.classify(normalize_spans(spans, runner.settings.normalize))
    recognition = Recognition(images, (), (lattice,), (), likelihoods, scores=scores)
    detection = runner.detect(ink.page)
    lattice, log_scores = _combine(recognition, runner, detection)
    return FieldLattice(ink.page, lattice, log_scores, tuple(cell for cell, _ in filled), detection)


def _share_out(marks: Sequence[Component], box: Box, comb: int) -> list[list[Component]]:
    """Return the marks of each box of a comb; one that reaches far into several boxes is cut at their walls."""
    side = box.width / comb
    cells: list[list[Component]] = [[] for _ in range(comb)]
    for mark in marks:
        columns = np.arange(mark.box.left, mark.box.right) + 0.5
        home = np.clip(((columns - box.left) / side).astype(int), 0, comb - 1)
        shares = np.bincount(home, weights=np.count_nonzero(mark.mask, axis=0), minlength=comb) / mark.area_px
        parted = [cell for cell in np.flatnonzero(shares) if _is_digit_part(home == cell, float(shares[cell]), side)]
        if len(parted) <= 1:
            cells[int(shares.argmax())].append(mark)
            continue
        nearest = np.array(parted)[np.abs(home[:, None] - np.array(parted)[None]).argmin(axis=1)]
        for cell in parted:
            part = _take(mark, nearest == cell)
            if part is not None:
                cells[cell].append(part)
    return cells


def _is_digit_part(is_there: NDArray[np.bool_], share: float, side_px: float) -> bool:
    """Return whether what of a mark lies in some columns is a digit of its own, by its share of the mark's ink."""
    return share >= _LEAST_PART_FRAC and int(np.count_nonzero(is_there)) >= _LEAST_WIDE_FRAC * side_px


def _take(mark: Component, columns: NDArray[np.bool_]) -> Component | None:
    """Return the part of a mark in some neighboring columns; None where it has no ink there."""
    mask = np.where(columns[None], mark.mask, np.uint8(0))
    left, top, width, height = cv2.boundingRect(mask)
    if not width:
        return None
    own = np.ascontiguousarray(mask[top : top + height, left : left + width])
    box = Box(mark.box.left + left, mark.box.top + top, mark.box.left + left + width, mark.box.top + top + height)
    return Component(box, own, int(np.count_nonzero(own)), mark.stroke_width_px, mark.contrast)


def _join(marks: Sequence[Component]) -> Component:
    """Return the marks of one box as one."""
    if len(marks) == 1:
        return marks[0]
    box, mask, contrast = overlay(marks)
    return Component(box, mask, int(np.count_nonzero(mask)), measure_stroke_width(mask), contrast)
