"""Labels each candidate span of a photographed page by the ink that it holds: a digit, a kind of non-digit, or neither.

The truth is a map of the mark that owns each pixel (`train.synthesis.pages.synthesize.PageTruth`). A span is a digit
when it holds nearly all ink of one digit and hardly anything else, a non-digit when it clearly does not, and is left
out in between, or where it resembles a whole digit: the stem of a 4 may be a 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.ink.labels import measure_stroke_width
from pipeline.reading.stages import Stages
from pipeline.recognition.normalize import normalize_digit
from pipeline.settings.recognition import NormalizeSettings
from pipeline.types import Span
from train.augmentation.non_digits import MOST_KEPT, is_upright_stroke, looks_whole
from train.datasets.harvested_crops import KINDS
from train.synthesis.pages.synthesize import PageTruth

LEFT_OUT = -1

_WHOLE, _PART, _LEAST_PART = 0.88, 0.5, 0.12
"""Share of a digit's ink: from the first on it is the digit, up to the second a half, below the third a crumb."""
_MOST_OTHERS, _MOST_FOREIGN = 0.08, 0.2
"""Share of a span's ink that may be other marks', and nobody's, while it is still the digit."""
_CLEAR_OTHERS = 0.2
_MOST_SPECK_FRAC = 0.4
_LEAST_LIKENESS = 0.86
"""Cosine between a digit as it was written and as it was found, both normalized and softened."""

_NORMALIZE = NormalizeSettings()


@dataclass(frozen=True, slots=True, eq=False)
class Ownership:
    """The owner of each pixel of ink on the page that was read.

    Attributes
    ----------
    core : uint16 (H, W), as it was written
    wide : uint16 (H, W), the same a little broader: blur and threshold widen strokes
    n_core_px : int64 (1 + marks,), ink of each owner, 0 being nobody
    reach_px : by how much
    """

    core: NDArray[np.uint16]
    wide: NDArray[np.uint16]
    n_core_px: NDArray[np.int64]
    reach_px: int

    def measure_cover(self, mask: NDArray[np.uint8], left: int = 0, top: int = 0) -> NDArray[np.float64]:
        """Return the share of each owner's ink that lies in or next to `mask` (h, w) with its corner at (left, top)."""
        reach = self.reach_px
        grown = cv2.copyMakeBorder(mask, reach, reach, reach, reach, cv2.BORDER_CONSTANT)
        grown = cv2.dilate(grown, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
        cut_top, cut_left = max(0, reach - top), max(0, reach - left)
        part = self.core[max(0, top - reach) :, max(0, left - reach) :]
        part = part[: grown.shape[0] - cut_top, : grown.shape[1] - cut_left]
        grown = grown[cut_top : cut_top + part.shape[0], cut_left : cut_left + part.shape[1]]
        held = np.bincount(part[grown > 0], minlength=len(self.n_core_px))
        return held / np.maximum(self.n_core_px, 1)


def own_page(stages: Stages, truth: PageTruth) -> Ownership:
    """Return the owner of each pixel of the page as it was read, which may have been turned upright."""
    gray = stages.ink.page.gray
    how = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    core = truth.owner
    if not np.array_equal(stages.ink.page.to_source, np.eye(3)):
        core = cv2.warpPerspective(core, stages.ink.page.to_source, gray.shape[::-1], flags=how)
    reach = max(1, round(0.035 * truth.height_px))
    wide = cv2.dilate(core, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    wide = np.where(core > 0, core, wide)
    return Ownership(core, wide, np.bincount(core.ravel(), minlength=len(truth.labels) + 1), reach)


def label_spans(stages: Stages, truth: PageTruth, owned: Ownership) -> tuple[list[int], list[int]]:
    """Return, for each span of all lattices in their order, the index of its kind in KINDS, or LEFT_OUT, and its owner.

    The owner is the index + 1 of the digit that it is; 0 for all that is none.
    """
    judged = [judge_span(span, truth, owned) for lattice in stages.recognition.lattices for span in lattice.spans]
    return [kind for kind, _ in judged], [owner for _, owner in judged]


def judge_span(span: Span, truth: PageTruth, owned: Ownership) -> tuple[int, int]:
    """Return the index of the span's kind in KINDS, or LEFT_OUT, and the digit's owner number, or 0."""
    inked = owned.wide[span.box.slices][span.mask > 0]
    share = np.bincount(inked, minlength=len(owned.n_core_px)) / len(inked)
    cover = owned.measure_cover(span.mask, span.box.left, span.box.top)
    cover[0] = 0
    best = 1 + int(np.argmax(share[1:])) if len(share) > 1 else 0
    others = 1 - share[0] - share[best]
    if best and truth.kinds[best - 1] == "digit" and cover[best] >= _WHOLE and share[best] > 0:
        if others <= _MOST_OTHERS and share[0] <= _MOST_FOREIGN:
            return (0, best) if _is_legible(span, best, owned) else (LEFT_OUT, 0)
        kind = "pair" if (share[1:][np.array(truth.kinds) != "speck"] >= _CLEAR_OTHERS).sum() > 1 else ""
    else:
        kind = _name_non_digit(span, truth, owned, share, cover)
    if not kind or is_upright_stroke(span.mask):
        return LEFT_OUT, 0
    return KINDS.index(kind), 0


def _is_legible(span: Span, owner: int, owned: Ownership) -> bool:
    """Return whether the span still looks like the digit that was written: blur may have filled it, noise torn it."""
    margin = 2 * owned.reach_px
    top, left = max(0, span.box.top - margin), max(0, span.box.left - margin)
    written = np.where(
        owned.core[top : span.box.bottom + margin, left : span.box.right + margin] == owner, 255, 0
    ).astype(np.uint8)
    want = normalize_digit(written, measure_stroke_width(written), _NORMALIZE)
    got = normalize_digit(span.mask, span.stroke_width_px, _NORMALIZE)
    want, got = (cv2.GaussianBlur(tensor, (0, 0), 1.2).ravel() for tensor in (want, got))  # fine pens miss each other
    return bool(want @ got >= _LEAST_LIKENESS * np.linalg.norm(want) * np.linalg.norm(got))


def _name_non_digit(
    span: Span, truth: PageTruth, owned: Ownership, share: NDArray[np.float64], cover: NDArray[np.float64]
) -> str:
    """Return the kind of a span that is no whole digit, or "" where it is doubtful."""
    kinds = np.array(["nobody", *truth.kinds])
    if share[kinds == "cut"].sum() > 0.05:
        return ""
    is_small = max(span.box.width, span.box.height) < _MOST_SPECK_FRAC * truth.height_px
    if share[0] > 0.7:
        return "" if cover.max() > 0.3 else "speck" if is_small else "stray"
    large = np.flatnonzero(share[1:] >= _CLEAR_OTHERS) + 1
    if len(large) > 1:
        return _name_several(kinds[large], cover[large], share[0])
    best = 1 + int(np.argmax(share[1:]))
    if share[best] < 1 - _MOST_OTHERS - _MOST_FOREIGN:
        return ""
    if kinds[best] != "digit":
        is_whole = cover[best] >= _WHOLE or (kinds[best] == "scribble" and cover[best] >= 0.4)
        return str(kinds[best]) if is_whole else ""
    if cover[best] < _LEAST_PART:
        return "speck" if is_small else ""
    return "half" if _is_clear_half(span, truth.labels[best - 1], best, float(cover[best]), owned) else ""


def _name_several(kinds: NDArray[np.str_], cover: NDArray[np.float64], share_of_nobody: float) -> str:
    """Return the kind of a span that holds a good part of several marks."""
    if share_of_nobody > 0.3:
        return ""
    if (cover >= 0.8).any():
        return "pair"
    return "neighbors" if (kinds == "digit").all() and (cover <= 0.65).all() else ""


def _is_clear_half(span: Span, label: int, owner: int, cover: float, owned: Ownership) -> bool:
    """Return whether a digit's part is its left or right side and looks like no digit of its own."""
    if cover > MOST_KEPT.get(label, _PART):
        return False
    rows, columns = np.nonzero(owned.core == owner) if owned.core.size < 20_000 else _find_near(span, owner, owned)
    own_rows, own_columns = np.nonzero(span.mask)
    shift_x = (own_columns.mean() + span.box.left - columns.mean()) / (1 + np.ptp(columns))
    shift_y = (own_rows.mean() + span.box.top - rows.mean()) / (1 + np.ptp(rows))
    if abs(shift_x) < abs(shift_y):
        return False  # top and bottom halves: of 8 a 0, of 7 a dash, of 5 nobody knows what
    return not looks_whole(label, "left" if shift_x < 0 else "right")


def _find_near(span: Span, owner: int, owned: Ownership) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows and columns of an owner's ink within two spans' size around the span."""
    room = 2 * max(span.box.width, span.box.height)
    top, left = max(0, span.box.top - room), max(0, span.box.left - room)
    rows, columns = np.nonzero(owned.core[top : span.box.bottom + room, left : span.box.right + room] == owner)
    return rows + top, columns + left


def find_losses(stages: Stages, truth: PageTruth, owned: Ownership, matched: set[int]) -> list[str]:
    """Return, for each digit of the truth, the first stage after which it is not whole any more; "" if a span is it.

    The stages are "binarize", "rulings", "components" (dropped as no digit's ink) and "segment" (no span is it alone).
    """
    kept = np.zeros_like(stages.ink.cleared.ink)
    for line in stages.lines:
        for component in line.components:
            view = kept[component.box.slices]
            np.maximum(view, component.mask, out=view)
    masks = {"binarize": stages.ink.ink.ink, "rulings": stages.ink.cleared.ink, "components": kept}
    covers = {stage: owned.measure_cover(mask) for stage, mask in masks.items()}
    losses = []
    for at, kind in enumerate(truth.kinds, start=1):
        if kind == "digit":
            lost = next((stage for stage, cover in covers.items() if cover[at] < _WHOLE), "segment")
            losses.append("" if at in matched else lost)
    return losses
