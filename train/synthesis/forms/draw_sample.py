"""Draws samples/form/: a blank time sheet, its template, and a photo of it filled by a drawn hand."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from pipeline.forms.template_file import format_template
from train.synthesis.forms.filled import FilledForm, make_template, synthesize_form
from train.synthesis.handwriting.drawn_digits import draw_digit_set
from train.synthesis.handwriting.writers import WriterPool, collect_writers

KIND = "time-sheet"
SEED = 6
_SIDE_PX, _QUALITY = 1500, 85


def gather_drawn_writers(seed: int) -> WriterPool:
    """Return a pool of drawn writers alone, which needs no data."""
    rng = np.random.default_rng(seed)
    return collect_writers(draw_digit_set(rng), draw_digit_set(rng), rng, [])


def draw_filled(seed: int = SEED) -> FilledForm:
    """Return the filled form of the sample."""
    return synthesize_form(KIND, gather_drawn_writers(seed), seed, 0)


def draw_sample(folder: Path) -> None:
    """Write the blank, the template, the photo and the truth of its fields into `folder`; print each path."""
    folder.mkdir(parents=True, exist_ok=True)
    template, filled = make_template(KIND), draw_filled()
    side = (_SIDE_PX, round(_SIDE_PX * filled.photo.shape[0] / filled.photo.shape[1]))
    photo = cv2.resize(filled.photo, side, interpolation=cv2.INTER_AREA)
    files = {
        "blank.png": cv2.imencode(".png", template.pages[0].gray)[1].tobytes(),
        "form.toml": format_template(["blank.png"], template.fields, template.sums).encode(),
        "filled.jpg": cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes(),
        "truth.json": (json.dumps(dict(filled.truth), indent=1) + "\n").encode(),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
        print(folder / name)
