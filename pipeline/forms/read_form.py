"""The way of a form: a picture registered to the blank, each field read in its own place, the sums checked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.compare_with_seen import compare_with_seen
from pipeline.detection.detection import Detection
from pipeline.forms.candidates import Candidate, Candidates, list_candidates
from pipeline.forms.field_lattice import FieldLattice, read_lattice
from pipeline.forms.field_picture import cut_field
from pipeline.forms.form_reading import FieldReading, FieldStatus, FormReading
from pipeline.forms.register import Registration, register
from pipeline.forms.template import FormField, Template
from pipeline.forms.totals import check_sums
from pipeline.geometry import Box
from pipeline.images.pictures import Channels, make_page
from pipeline.reading.run_stages import StageRunner
from pipeline.reading.stage_timer import StageTimer
from pipeline.recognition.classify import Classifier
from pipeline.settings.tree import Settings
from pipeline.types import Digit, Page, PageReading, Reading

_GAP = "a box between its digits is blank"
_SECOND_LINE = "more than one line is written in this field"
_NOT_SURELY_BLANK = "what is written there may be a number or not"
_ALWAYS_DARK = 100.0
"""Times the energy of dark ink that bright ink would need: writing on a form is darker than its paper."""


def read_form(
    page: Page | Any,
    template: Template,
    classifier: Classifier,
    settings: Settings | None = None,
    channels: Channels | None = None,
) -> FormReading:
    """Return the fields of a filled form, their boxes in px of the upright original.

    Parameters
    ----------
    page : from `load_pages`; or a picture in memory, as for `make_page`
    template : from `load_template`
    classifier : from `load_classifier`
    settings : defaults where None
    channels : "bgr" or "rgb", for a color array

    Raises
    ------
    OtherFormError
        If the picture does not show the form.
    PictureTypeError
        If `page` is no picture.
    """
    s = settings or Settings()
    if not isinstance(page, Page):
        page = make_page(page, make_form_settings(s).images, channels)
    timer = StageTimer(page.decode_s)
    registration = register(page, template)
    timer.lap("register")
    runner = StageRunner(classifier, make_form_settings(s), timer)
    fields = [read_field(page, template, registration, own, runner) for own in template.list_fields(registration.page)]
    checked, sums = check_sums(fields, template.sums, s.decode.reject_below)
    timer.lap("sums")
    written = [one for one in checked if one.digits]
    numbers = tuple(one.make_reading(line) for line, one in enumerate(written, start=1))
    reading = PageReading(
        page.source,
        page.number,
        page.source_size_px,
        numbers,
        classifier.name,
        timer.seconds(),
        measure_turn(registration),
        f"page {registration.page} of the form",
    )
    return FormReading(reading, template.name, registration.page, registration.found_frac, tuple(checked), sums)


def note_form(form: FormReading, template: Template) -> str | None:
    """Return which page of the form a picture shows, where there are several, and which sums do not add up."""
    page = f"page {form.form_page} of the form" if len(template.pages) > 1 else None
    wrong = [one.reason for one in form.sums if one.status == "wrong"]
    return "; ".join(filter(None, [page, *wrong])) or None


WORK_SIDE_PX = 3400
"""Long side of pictures of forms: fields are small, and each is read in its own picture."""


def make_form_settings(settings: Settings) -> Settings:
    """Return the settings for fields: what the blank tells is not guessed, and pictures are decoded large."""
    return replace(
        settings,
        images=replace(settings.images, work_side_px=max(settings.images.work_side_px, WORK_SIDE_PX)),
        illumination=replace(settings.illumination, least_bright_ratio=_ALWAYS_DARK),
        rulings=replace(settings.rulings, is_enabled=False),
        components=replace(settings.components, is_frame_dropped=False),
    )


def measure_turn(registration: Registration) -> int:
    """Return by how many degrees, in quarters, the picture must be turned counterclockwise to be upright."""
    along = registration.to_page[:2, 0]
    return round(float(np.degrees(np.arctan2(along[1], along[0]))) / 90) % 4 * 90


def read_field(
    page: Page, template: Template, registration: Registration, field: FormField, runner: StageRunner
) -> FieldReading:
    """Return what stands in a field, accepted, rejected or blank."""
    reference = template.pages[registration.page - 1]
    picture = cut_field(page, reference, registration, field)
    box = map_box(picture.box, picture.page)
    runner.timer.lap("fields")
    found = read_lattice(picture, field.comb, runner)
    if found.lattice is None or found.log_scores is None:
        return FieldReading(field.name, "", 1.0, "blank", None, box)
    candidates = list_candidates(found.lattice, found.log_scores, field.constraint)
    runner.timer.lap("candidates")
    return _decide(field, box, found, candidates, runner.settings)


def _decide(
    field: FormField, box: Box, found: FieldLattice, candidates: Candidates, settings: Settings
) -> FieldReading:
    """Return the field with its best text, and whether it is sure enough."""
    best = candidates.allowed[0] if candidates.allowed else candidates.freest
    texts = tuple((one.text, one.confidence) for one in candidates.allowed)
    is_blank = not best.text or candidates.blank > 0.5
    written = next((one for one in (*candidates.allowed, candidates.freest) if one.text), None)
    if is_blank and found.is_written and written is not None:
        best = written
    elif is_blank:
        is_sure = candidates.blank >= settings.decode.reject_below and not found.is_written
        reason = None if is_sure else _NOT_SURELY_BLANK
        return FieldReading(field.name, "", candidates.blank, "blank" if is_sure else "rejected", reason, box)
    digits = _make_digits(best, found)
    confidence = best.confidence if candidates.allowed else 0.0
    reason = _NOT_SURELY_BLANK if is_blank else _find_flaw(field, best, found, settings)
    if not candidates.allowed:
        reason = f"{best.text} does not fit: {field.constraint}"
    is_only_doubtful = reason is None and confidence < settings.decode.reject_below
    if is_only_doubtful:
        reason = _explain(field, best, candidates)
    placed = tuple(replace(digit, box=map_box(digit.box, found.page)) for digit in digits)
    status: FieldStatus = "accepted" if reason is None else "rejected"
    return FieldReading(
        field.name, best.text, confidence, status, reason, box, placed, texts, is_only_doubtful=is_only_doubtful
    )


def _explain(field: FormField, best: Candidate, candidates: Candidates) -> str:
    """Return why a text is not sure enough."""
    if candidates.freest.text and candidates.freest.text != best.text and field.constraint is not None:
        return f"it looks more like {candidates.freest.text}, which does not fit: {field.constraint}"
    others = [one for one in candidates.allowed if one.text != best.text]
    other = f"; it may be {others[0].text or 'blank'}" if others else ""
    return f"it is only {best.confidence:.2f} sure{other}"


def _find_flaw(field: FormField, best: Candidate, found: FieldLattice, settings: Settings) -> str | None:
    """Return why what was read is no number of this field, whatever its digits say; None for nothing."""
    if found.has_more:
        return _SECOND_LINE
    if field.comb:
        cells = [found.cells[span] for span, _ in best.places]
        if cells and cells[-1] - cells[0] + 1 != len(cells):
            return _GAP
    if found.detection is None:
        return None
    digits = _make_digits(best, found)
    reading = Reading(best.text, 1.0, Box.around([digit.box for digit in digits]), digits)
    compared = compare_with_seen((reading,), _keep_near(found.detection, reading.box), settings.detection)
    return compared[0].flaw if compared else None


def _keep_near(detection: Detection, box: Box) -> Detection:
    """Return the digits seen on the row of a number; those of other rows are of other fields."""
    _, y = detection.centers.T
    is_near = (y >= box.top) & (y < box.bottom)
    return replace(
        detection,
        centers=detection.centers[is_near],
        heights_px=detection.heights_px[is_near],
        ups=detection.ups[is_near],
        scores=detection.scores[is_near],
    )


def _make_digits(best: Candidate, found: FieldLattice) -> tuple[Digit, ...]:
    """Return the digits of a text, boxes in px of the field's picture, each as sure as its span is of it."""
    assert found.lattice is not None and found.log_scores is not None
    digits = []
    for span, digit in best.places:
        row = found.log_scores[span]
        shares = np.exp(row - np.logaddexp.reduce(row))
        order = [int(k) for k in np.argsort(-shares[:10], kind="stable") if k != digit]
        others = tuple((str(k), float(shares[k])) for k in order[:2])
        digits.append(Digit(str(digit), float(min(1.0, shares[digit])), found.lattice.spans[span].box, others))
    return tuple(digits)


def map_box(box: Box, page: Page) -> Box:
    """Return the upright box, px of the original, around a box in px of a field's picture."""
    corners = np.array([(x, y) for x in (box.left, box.right) for y in (box.top, box.bottom)], np.float64) - 0.5
    points: NDArray[np.float64] = cv2.perspectiveTransform(corners[None], page.to_source)[0] + 0.5
    size = np.array(page.source_size_px)
    low = np.clip(np.floor(points.min(axis=0)), 0, size - 1).astype(int)
    high = np.clip(np.ceil(points.max(axis=0)), low + 1, size).astype(int)
    return Box(int(low[0]), int(low[1]), int(high[0]), int(high[1]))
