"""The stages of reading in their order, timed: page -> ink -> text lines -> scores -> numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.compare_with_seen import compare_with_seen
from pipeline.decoding.constraints.allowed_numbers import form_allowed_numbers
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.decoding.lattice_decoder import combine_page, find_paths, group_digits, read_groups
from pipeline.decoding.named_signs import drop_read_signs, find_signs
from pipeline.decoding.outliers import drop_edges
from pipeline.decoding.pick import Pick
from pipeline.detection.detect import detect_at, detect_digits, keep_digits
from pipeline.detection.detection import Detection
from pipeline.detection.page_network import CELL_PX
from pipeline.geometry import Box
from pipeline.ink.binarize import binarize
from pipeline.ink.broken_strokes import join_broken_strokes
from pipeline.ink.components import find_components
from pipeline.ink.illumination import estimate_paper, flatten_light, shrink
from pipeline.ink.rulings import remove_rulings
from pipeline.layout.between_digits import Between, look_between
from pipeline.layout.number_groups import Link
from pipeline.layout.text_lines import find_lines, measure_scale
from pipeline.reading.stage_timer import StageTimer
from pipeline.reading.stages import LineMemory, Recognition, Stages
from pipeline.recognition.classify import Classifier
from pipeline.recognition.line_images import cut_line_images
from pipeline.recognition.normalize import normalize_spans
from pipeline.recognition.segment import build_lattice
from pipeline.recognition.span_scores import find_touching_points, score_spans, weigh_seen
from pipeline.settings.tree import Settings
from pipeline.types import DigitScores, InkMask, Page, PageInk, Reading, TextLine

_FREE_CROPS, _CROPS_PER_DIGIT, _COLUMNS_PER_CROP = 5_000, 8, 15
"""Crops to classify, and more for each digit that is seen, after which a page is read no other way; so many columns of
line images take as long as one crop. Most pages have under 1,000 for all ways."""


class StageRunner:
    """Runs the stages on a page, or on one that is looked at once more.

    Parameters
    ----------
    classifier : from `load_classifier`
    settings : of all stages
    timer : books the seconds of each stage

    Attributes
    ----------
    is_cut_short : whether a page was to be read another way, and was not, for all the work that it had made
    """

    def __init__(self, classifier: Classifier, settings: Settings, timer: StageTimer) -> None:
        self.classifier, self.settings, self.timer = classifier, settings, timer
        self._seen: dict[int, tuple[Page, Detection]] = {}
        self._scores: dict[bytes, NDArray[np.float32]] = {}
        self._n_columns = 0
        self.is_cut_short = False

    @property
    def has_page_network(self) -> bool:
        """Whether the page network looks at pages before their ink is found."""
        return self.classifier.page_network is not None and self.settings.detection.is_enabled

    def allow_more(self) -> bool:
        """Return whether a page may be read another way: one full of what may be writing has made enough work."""
        n_seen = max((len(seen.scores) for _, seen in self._seen.values()), default=0)
        n_crops = len(self._scores) + self._n_columns / _COLUMNS_PER_CROP
        is_allowed = n_crops <= _FREE_CROPS + _CROPS_PER_DIGIT * n_seen
        self.is_cut_short |= not is_allowed
        return is_allowed

    def detect(self, page: Page) -> Detection | None:
        """Return where the digits of a page are, each page looked at once; None without a page network."""
        network = self.classifier.page_network
        if network is None or not self.settings.detection.is_enabled:
            return None
        if id(page) not in self._seen:
            self.remember(page, detect_digits(page.gray, network, self.settings.detection))
        return self._seen[id(page)][1]

    def look_at_scale_of(self, page: Page, other: Detection | None) -> None:
        """Look at a page that shows the same digits as another one, as large as these were seen."""
        network = self.classifier.page_network
        if network is not None and other is not None and len(other.scores):
            scale = other.cells_per_px * CELL_PX
            self.remember(page, detect_at(page.gray, network, scale, self.settings.detection))

    def remember(self, page: Page, detection: Detection) -> None:
        """Keep what was seen of a page."""
        self._seen[id(page)] = page, detection
        self.timer.lap("detect")

    def keep_digits(self, page: Page, ink: InkMask) -> InkMask:
        """Return the ink of a page without what lies where no digit is seen; all of it without a page network."""
        detection = self.detect(page)
        return ink if detection is None else keep_digits(ink, detection, self.settings.detection)

    def find_ink(self, page: Page, settings: Settings | None = None) -> PageInk:
        """Return the ink of a page whose ink is darker than its paper.

        Parameters
        ----------
        page : the picture
        settings : others than the runner's
        """
        s, lap = settings or self.settings, self.timer.lap
        paper = estimate_paper(shrink(page.gray, s.illumination), s.illumination)
        darkness = flatten_light(page.gray, paper)
        lap("light")
        ink = binarize(darkness, s.binarize)
        lap("binarize")
        cleared = remove_rulings(ink, darkness, s.rulings)
        has_rulings = cleared is not ink
        lap("rulings")
        if self.has_page_network:
            cleared = self.keep_digits(page, cleared)
            lap("detect")
        return self.find_components(PageInk(page, paper, darkness, ink, cleared, has_rulings=has_rulings))

    def find_components(self, ink: PageInk) -> PageInk:
        """Return the ink with the components of what is left without rulings."""
        found = find_components(ink.cleared, ink.darkness, self.settings.components)
        components = join_broken_strokes(found, self.settings.broken_strokes)
        self.timer.lap("components")
        return replace(ink, components=components)

    def find_lines(self, ink: PageInk) -> tuple[TextLine, ...]:
        """Return the text lines of the ink."""
        lines = find_lines(ink.components, self.settings.text_lines)
        self.timer.lap("lines")
        return lines

    def read(self, ink: PageInk, lines: tuple[TextLine, ...], memory: LineMemory | None = None) -> Stages:
        """Return all stages: the lines recognized, and their scores decoded.

        Lines that the memory knows are not recognized.
        """
        known = memory.recall(lines) if memory else [None] * len(lines)
        unread = [line for line, path in zip(lines, known, strict=True) if path is None]
        recognition = self._recognize(unread, ink.darkness)
        stages = self._decode(Stages(ink, lines, measure_scale(lines), recognition), known)
        if memory:
            memory.keep(lines, known, stages.paths)
        return stages

    def read_ink(self, ink: PageInk) -> Stages:
        """Return all stages from the ink on."""
        return self.read(ink, self.find_lines(ink))

    def _recognize(self, lines: Sequence[TextLine], darkness: NDArray[np.uint8]) -> Recognition:
        """Return what the networks make of the lines: each is run once, on all of them."""
        recognition = self._build_lattices(lines, darkness)
        spans = [span for lattice in recognition.lattices for span in lattice.spans]
        batch = normalize_spans(spans, self.settings.normalize)
        self.timer.lap("normalize")
        scores = self._classify(batch)
        self.timer.lap("classify")
        return replace(recognition, batch=batch, scores=scores)

    def _classify(self, batch: NDArray[np.float32]) -> DigitScores:
        """Return the scores of a batch (N, 28, 28, 1); crops that an earlier look at the page had are not run again."""
        keys = [blake2b(crop, digest_size=16).digest() for crop in batch]
        new = {key: at for at, key in enumerate(keys) if key not in self._scores}
        scores = self.classifier.classify(batch[list(new.values())]).probabilities
        self._scores.update(zip(new, scores, strict=True))
        return DigitScores(np.array([self._scores[key] for key in keys])) if keys else DigitScores(scores)

    def _build_lattices(self, lines: Sequence[TextLine], darkness: NDArray[np.uint8]) -> Recognition:
        """Return the lattices of the lines and, if there is a line network, what it says of their spans."""
        segment, network = self.settings.segment, self.classifier.line_network
        by_line = [cut_line_images(line, darkness) for line in lines]
        images = tuple(image for own in by_line for image in own)
        if network is None:
            lattices = [
                build_lattice(line, segment, (), own[0].slant) for line, own in zip(lines, by_line, strict=True)
            ]
            self.timer.lap("segment")
            return Recognition(images, lattices=tuple(lattices))
        posteriors = tuple(network.predict(images))
        self._n_columns += sum(image.n_columns for image in images)
        self.timer.lap("line network")
        lattices, signs, log_likelihoods, rest = [], [], [], iter(posteriors)
        for line, own in zip(lines, by_line, strict=True):
            rows = [next(rest) for _ in own]
            signs.append(find_signs(own[0], rows[0], self.settings.signs.least_sure))
            lattices.append(build_lattice(line, segment, find_touching_points(own, rows), own[0].slant))
            log_likelihoods.append(score_spans(lattices[-1], own, rows))
        self.timer.lap("segment")
        return Recognition(images, posteriors, tuple(lattices), tuple(signs), tuple(log_likelihoods))

    def _decode(self, stages: Stages, known: Sequence[Sequence[Pick] | None]) -> Stages:
        """Return the stages with the numbers that their scores make most probable."""
        s, recognition = self.settings, stages.recognition
        stages = replace(stages, detection=self.detect(stages.ink.page))
        log_likelihoods = self._weigh_seen(stages)
        found = find_paths(recognition.lattices, recognition.scores, s.decode, log_likelihoods)
        if recognition.signs:
            found = [
                [*path, *drop_read_signs(signs, path)] for path, signs in zip(found, recognition.signs, strict=True)
            ]
        read = iter(found)
        paths = tuple(next(read) if path is None else path for path in known)
        numbers = [line.number for line in stages.lines]
        grouped = group_digits(paths, numbers, s.outliers, s.number_groups, self._make_link(stages))
        readings = self._compare(read_groups(grouped, s.decode), stages)
        self.timer.lap("decide")
        return replace(stages, paths=paths, grouped=grouped, readings=readings)

    def constrain(self, stages: Stages, constraint: Constraint) -> Stages:
        """Return the stages of a page, all lines of which were read, with the numbers that a constraint allows."""
        s, recognition = self.settings, stages.recognition
        weighed = combine_page(recognition.lattices, recognition.scores, s.decode, self._weigh_seen(stages))
        readings = form_allowed_numbers(
            stages.grouped,
            recognition.lattices,
            weighed,
            constraint,
            s.decode,
            s.number_groups,
            stages.detection.measure_link if stages.detection else None,
            has_posteriors=bool(recognition.log_likelihoods),
        )
        readings = self._compare(readings, stages)
        self.timer.lap("constrain")
        return replace(stages, readings=readings)

    def _weigh_seen(self, stages: Stages) -> tuple[NDArray[np.float64], ...]:
        """Return the log-likelihoods of the lines' spans, with what the page network sees there."""
        recognition, detection = stages.recognition, stages.detection
        if detection is None or not recognition.log_likelihoods:
            return recognition.log_likelihoods
        weight = self.settings.detection.weight
        return weigh_seen(recognition.lattices, recognition.log_likelihoods, detection, weight)

    def _compare(self, readings: tuple[Reading, ...], stages: Stages) -> tuple[Reading, ...]:
        """Return the numbers without those at edges and those that the page network takes for anything else."""
        s, detection, shape = self.settings, stages.detection, stages.ink.page.gray.shape
        readings = drop_edges(readings, stages.ink.paper, shape, s.outliers)
        return readings if detection is None else compare_with_seen(readings, detection, s.detection)

    def _make_link(self, stages: Stages) -> Link | None:
        """Return what tells whether two neighbors on a line are of one number; None without a page network."""
        settings, ink, detection = self.settings.number_groups, stages.ink, stages.detection
        if detection is None:
            return None

        def link(before: Box, after: Box) -> Between:
            linked = detection.measure_link(before.center, after.center)
            return look_between(linked, ink.ink.ink, ink.darkness, before, after, settings)

        return link
