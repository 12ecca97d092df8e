"""Skew of the writing: measured on the text lines, taken out by turning the page. Two acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from pipeline.knobs import SkewSettings
from pipeline.robust import weighted_median
from pipeline.types import Page, TextLine


def measure_skew(lines: Sequence[TextLine], settings: SkewSettings) -> float:
    """Return the angle in degrees by which the writing runs downhill to the right; 0 where no line is sure.

    Each line of enough components is fitted by a straight line through their centers; lines that wander more than a
    fraction of their height (mixed sizes, scattered digits) do not count. The answer is the median, weighted by the
    number of components.
    """
    slopes, weights = [], []
    for line in lines:
        centers = np.array([c.box.center for c in line.components])
        if len(centers) < settings.least_components:
            continue
        slope, offset = np.polyfit(centers[:, 0], centers[:, 1], 1)
        stray = np.abs(centers[:, 1] - slope * centers[:, 0] - offset).mean()
        if stray <= settings.most_stray_frac * line.height_px:
            slopes.append(slope)
            weights.append(len(centers))
    if not slopes:
        return 0.0
    return float(np.degrees(np.arctan(weighted_median(slopes, weights))))


def deskew(page: Page, skew_deg: float) -> Page:
    """Return the page turned so that writing that ran `skew_deg` downhill runs level.

    The sheet grows to hold all of the turned page; the new corners repeat the rim. `to_source` is carried along.
    """
    height, width = page.gray.shape
    turn = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), skew_deg, 1.0)
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    new_width, new_height = round(width * cos + height * sin), round(width * sin + height * cos)
    turn[:, 2] += (new_width - width) / 2, (new_height - height) / 2
    gray = cv2.warpAffine(
        page.gray, turn, (new_width, new_height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    back = np.linalg.inv(np.vstack([turn, [0, 0, 1]]))
    return replace(page, gray=gray, to_source=page.to_source @ back)
