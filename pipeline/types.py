"""The frozen values that cross a seam between two stages.

Every class checks what it is given, so that a wrong shape is reported where it was made and not three stages later.
Arrays are marked read-only. Coordinates are pixels, origin at the top left, boxes half-open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box, expect
from pipeline.page_scale import measure_digit_height
from pipeline.table import Place, Table, describe_tables

Status = Literal["accepted", "rejected"]
Writing = Literal["hand", "printed"]

_DECIMALS = 4
"""Of confidences and seconds in JSON."""

N_DIGITS = 10
"""Number of digit classes; an eleventh class, when a model has one, means "not a digit"."""

SIDE_PX = 28
"""Side of the network's input, as in MNIST."""


def _freeze(array: NDArray[Any]) -> None:
    array.setflags(write=False)


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One upright picture to read.

    Attributes
    ----------
    gray : uint8 (H, W), 0 black .. 255 white
    source : where it came from, as the user named it
    number : page within the source, from 1
    to_source : float64 (3, 3), maps page px (x, y, 1) to px of the upright original
    source_size_px : (width, height) of the upright original
    decode_s : seconds spent in decoding
    turned_deg : by how much it was turned counterclockwise to read it, in quarters: 0, 90, 180 or 270
    """

    gray: NDArray[np.uint8]
    source: str = "<array>"
    number: int = 1
    to_source: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))
    source_size_px: tuple[int, int] = (0, 0)
    decode_s: float = 0.0
    turned_deg: int = 0

    def __post_init__(self) -> None:
        gray = self.gray
        expect(isinstance(gray, np.ndarray) and gray.ndim == 2 and gray.size > 0, self, "gray (H, W)", np.shape(gray))
        expect(gray.dtype == np.uint8, self, "uint8 gray", gray.dtype)
        expect(np.shape(self.to_source) == (3, 3), self, "to_source (3, 3)", np.shape(self.to_source))
        expect(self.number >= 1, self, "number >= 1", self.number)
        if self.source_size_px == (0, 0):
            object.__setattr__(self, "source_size_px", (gray.shape[1], gray.shape[0]))
        _freeze(gray)
        _freeze(self.to_source)


@dataclass(frozen=True, slots=True, eq=False)
class InkMask:
    """Where the ink is: uint8 (H, W), 255 ink and 0 paper, whatever the polarity of the paper."""

    ink: NDArray[np.uint8]

    def __post_init__(self) -> None:
        is_mask = self.ink.ndim == 2 and self.ink.dtype == np.uint8
        expect(is_mask, self, "uint8 (H, W)", (self.ink.dtype, self.ink.shape))
        _freeze(self.ink)


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """One connected component of the ink.

    Attributes
    ----------
    box : where it lies on the page
    mask : uint8 (box.height, box.width), 255 on this component's ink
    area_px : ink pixels
    stroke_width_px : mean width of its pen stroke, px
    contrast : mean darkness against the paper, 0..1
    """

    box: Box
    mask: NDArray[np.uint8]
    area_px: int
    stroke_width_px: float
    contrast: float = 1.0

    def __post_init__(self) -> None:
        shape = (self.box.height, self.box.width)
        expect(self.mask.shape == shape and self.mask.dtype == np.uint8, self, f"uint8 mask {shape}", self.mask.shape)
        expect(self.area_px > 0, self, "area_px > 0", self.area_px)
        _freeze(self.mask)


@dataclass(frozen=True, slots=True, eq=False)
class PageInk:
    """What the ink stages made of a page.

    Attributes
    ----------
    page : ink darker than paper
    paper : uint8 (h, w), brightness of the bare paper, reduced
    darkness : uint8 (H, W), PAPER_LEVEL paper .. 255 black, whatever the light
    ink : the ink
    cleared : the ink without rulings, and where the page network sees digits; `ink` itself where nothing was taken out
    components : of the cleared ink, those that may be part of a digit, broken strokes joined
    has_rulings : whether rulings were found and taken out
    """

    page: Page
    paper: NDArray[np.uint8]
    darkness: NDArray[np.uint8]
    ink: InkMask
    cleared: InkMask
    components: tuple[Component, ...] = ()
    has_rulings: bool = False

    def __post_init__(self) -> None:
        shape = self.page.gray.shape
        shapes = [self.darkness.shape, self.ink.ink.shape, self.cleared.ink.shape]
        expect(all(one == shape for one in shapes), self, f"darkness and ink of the page's shape {shape}", shapes)
        _freeze(self.paper)
        _freeze(self.darkness)


@dataclass(frozen=True, slots=True, eq=False)
class TextLine:
    """Components that stand on one line, left to right; `number` counts lines from 1 in reading order."""

    components: tuple[Component, ...]
    number: int = 1

    def __post_init__(self) -> None:
        expect(len(self.components) > 0, self, "at least one component", 0)

    @property
    def box(self) -> Box:
        """The smallest box that holds all components."""
        return Box.around([c.box for c in self.components])

    @property
    def height_px(self) -> float:
        """Usual height of the digits, px."""
        return measure_digit_height([c.box for c in self.components])


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """A candidate digit: the ink between cut `first` and cut `last` of a lattice."""

    first: int
    last: int
    box: Box
    mask: NDArray[np.uint8]
    stroke_width_px: float
    contrast: float = 1.0

    def __post_init__(self) -> None:
        expect(0 <= self.first < self.last, self, "0 <= first < last", (self.first, self.last))
        expect(self.mask.shape == (self.box.height, self.box.width), self, "mask of the box's shape", self.mask.shape)
        _freeze(self.mask)


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """Every way that a text line may be cut into digits: a graph over cuts 0..n_cuts-1, its edges the spans."""

    line: TextLine
    n_cuts: int
    spans: tuple[Span, ...]

    def __post_init__(self) -> None:
        expect(self.n_cuts >= 2, self, "at least two cuts", self.n_cuts)
        expect(all(s.last < self.n_cuts for s in self.spans), self, "spans within the cuts", self.n_cuts)


@dataclass(frozen=True, slots=True, eq=False)
class DigitScores:
    """Calibrated class probabilities: float32 (N, K), K = 10, or 11 with "not a digit" last; rows sum to 1."""

    probabilities: NDArray[np.float32]

    def __post_init__(self) -> None:
        p = self.probabilities
        expect(p.ndim == 2 and p.shape[1] in (N_DIGITS, N_DIGITS + 1), self, "(N, 10) or (N, 11)", p.shape)
        expect(bool(np.allclose(p.sum(axis=1), 1, atol=1e-3)), self, "rows that sum to 1", "other sums")
        _freeze(p)

    @property
    def digits(self) -> NDArray[np.float32]:
        """Probabilities of the ten digits, (N, 10); rows may sum to less than 1."""
        return self.probabilities[:, :N_DIGITS]

    @property
    def not_digit(self) -> NDArray[np.float32]:
        """Probability that the crop is no digit, (N,); zeros for a model of ten classes."""
        if self.probabilities.shape[1] == N_DIGITS:
            return np.zeros(len(self.probabilities), np.float32)
        return self.probabilities[:, N_DIGITS]


@dataclass(frozen=True, slots=True, eq=False)
class Digit:
    """One digit as read: `alternatives` are (text, probability) of the next best classes."""

    text: str
    confidence: float
    box: Box
    alternatives: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        expect(0 <= self.confidence <= 1, self, "confidence in 0..1", self.confidence)

    def to_dict(self) -> dict[str, Any]:
        """Return the digit as JSON has it."""
        alternatives = [[text, round(p, _DECIMALS)] for text, p in self.alternatives]
        facts = {"text": self.text, "confidence": round(self.confidence, _DECIMALS), "box": self.box.as_list()}
        return {**facts, "alternatives": alternatives}


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One number as read; `text` is the best guess also where it was rejected, and `reason` then says why.

    Where signs are reported, `text` also holds the number's signs, and `signs` their boxes; `digits`
    never do. `box` is the box around digits and signs. `writing` says whether it is printed or written by hand, None
    where no page network looked; `flaw` says why it is no number, whatever its digits say; `place` is where in a table.
    """

    text: str
    confidence: float
    box: Box
    digits: tuple[Digit, ...]
    status: Status = "accepted"
    reason: str | None = None
    line: int = 1
    signs: tuple[Box, ...] = ()
    writing: Writing | None = None
    flaw: str | None = None
    place: Place | None = None

    def __post_init__(self) -> None:
        expect(0 <= self.confidence <= 1, self, "confidence in 0..1", self.confidence)
        expect(self.status in ("accepted", "rejected"), self, "status accepted or rejected", self.status)
        is_accepted = self.status == "accepted"
        expect((self.reason is None) == is_accepted, self, "a reason if and only if rejected", self.reason)

    def to_dict(self) -> dict[str, Any]:
        """Return the number as JSON has it."""
        facts = {"text": self.text, "confidence": round(self.confidence, _DECIMALS), "status": self.status}
        place = {"reason": self.reason, "line": self.line, "box": self.box.as_list()}
        return {**facts, **place, "writing": self.writing, "digits": [digit.to_dict() for digit in self.digits]}


@dataclass(frozen=True, slots=True, eq=False)
class PageReading:
    """All numbers of one page in reading order; boxes are in px of the upright original.

    `hypothesis` names the look at the page that read it best (`pipeline.reading.hypotheses`); `tables` are None where
    none were looked for; `is_cut_short` tells that not every look worth taking was taken.
    """

    source: str
    number: int
    size_px: tuple[int, int]
    readings: tuple[Reading, ...]
    model: str
    seconds: dict[str, float]
    turned_deg: int = 0
    hypothesis: str = ""
    tables: tuple[Table, ...] | None = None
    is_cut_short: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the page as JSON has it, but for what concerns its file."""
        numbers = [reading.to_dict() for reading in self.readings]
        found = {} if self.tables is None else describe_tables(self.tables, numbers, [r.place for r in self.readings])
        facts = {"size_px": list(self.size_px), "turned_deg": self.turned_deg, "model": self.model}
        seconds = {stage: round(spent_s, _DECIMALS) for stage, spent_s in self.seconds.items()}
        return {**facts, "numbers": numbers, **found, "seconds": seconds}


PAPER_LEVEL = 55
"""Darkness of bare paper. What is below is brighter than the paper: half of its grain, by which grain is measured."""
