"""Draws the picture of a form: the blank with its fields found, and a photo of it filled, read by its template."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.forms.make_template import mark_fields, name_fields
from pipeline.forms.read_form import make_form_settings, read_form
from pipeline.forms.template_file import load_template
from pipeline.images.load import load_page, open_picture
from pipeline.outputs.annotate import annotate
from pipeline.recognition.classify import load_classifier
from pipeline.settings.tree import Settings

FORM_SAMPLE = "form"
_HEIGHT_PX = 820


def draw_form(folder: Path) -> NDArray[np.uint8]:
    """Return both pictures side by side, uint8 (H, W, 3), of a folder with blank.png, form.toml and filled.jpg."""
    blank = load_page(folder / "blank.png")
    marked = mark_fields(open_picture(folder / "blank.png").load_color(), blank, name_fields([blank]), 1)
    settings = make_form_settings(Settings())
    picture = open_picture(folder / "filled.jpg", settings.images)
    page = picture.load_page()
    form = read_form(page, load_template(folder / "form.toml"), load_classifier())
    read = annotate(picture.load_color(), form.reading, page.to_source)
    both = [_fit(marked), _fit(read)]
    return np.hstack([both[0], np.full((_HEIGHT_PX, 12, 3), 255, np.uint8), both[1]])


def _fit(bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    width = round(bgr.shape[1] * _HEIGHT_PX / bgr.shape[0])
    fitted: NDArray[np.uint8] = cv2.resize(bgr, (width, _HEIGHT_PX), interpolation=cv2.INTER_AREA)
    return fitted
