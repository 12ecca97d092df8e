"""The tensor made in training and the one made in reading are the same bits for the same ink."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.ink.components import find_components
from pipeline.recognition.normalize import normalize_spans
from pipeline.settings.tree import Settings
from pipeline.types import InkMask, Span
from train.augmentation.augment import AugmentSettings, normalize_mask
from train.synthesis.handwriting.strokes import draw_writer, move_tracks, stamp_ink, write_number

AS_MEASURED = AugmentSettings(misjudged_stroke=(1, 1))


def draw_mask(text: str, seed: int, height_px: int, width_px: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coverage = np.zeros((3 * height_px, (len(text) + 2) * height_px), np.float32)
    for tracks in move_tracks(write_number(text, draw_writer(rng), height_px, rng), height_px, height_px):
        stamp_ink(coverage, tracks, width_px, fading=0)
    return cv2.threshold(coverage, 0.5, 255, cv2.THRESH_BINARY)[1].astype(np.uint8)


@pytest.mark.parametrize(
    ("height_px", "width_px"), [(14, 1.5), (30, 2.0), (30, 6.0), (120, 3.0), (120, 25.0)], ids=lambda v: str(v)
)
@pytest.mark.parametrize("seed", range(3))
def test_training_and_reading_make_the_same_bits(height_px: int, width_px: float, seed: int) -> None:
    ink = draw_mask("023689", seed, height_px, width_px)
    found = find_components(InkMask(ink), ink, Settings().components)
    assert found
    spans = [Span(0, 1, c.box, c.mask, c.stroke_width_px) for c in found]
    reading = normalize_spans(spans, Settings().normalize)[:, :, :, 0]
    training = [normalize_mask(c.mask, np.random.default_rng(0), AS_MEASURED) for c in found]
    assert np.array_equal(reading, np.stack(training))
