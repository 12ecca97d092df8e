"""One call from a picture of any kind to its numbers."""

from __future__ import annotations

import os
from functools import lru_cache, partial
from typing import Any

from pipeline.decoding.constraints.constraint import Constraint
from pipeline.images.crop import crop_page
from pipeline.images.load import load_pages
from pipeline.images.pictures import Channels, make_page
from pipeline.reading.cut_numbers import reject_at_rim
from pipeline.reading.read_page import read_page
from pipeline.recognition.classify import Classifier, load_classifier
from pipeline.region import Region
from pipeline.settings.tree import Settings
from pipeline.types import Page, PageReading


def read(
    source: Any,
    *,
    model: str | os.PathLike[str] | Classifier = "digits",
    settings: Settings | None = None,
    channels: Channels | None = None,
    constraint: Constraint | None = None,
    region: Region | None = None,
) -> list[PageReading]:
    """Return the numbers on every page of a picture; boxes in px of the upright original.

    Parameters
    ----------
    source : path of a picture or PDF, its bytes, a binary file that is open for reading, a PIL picture, or an array:
        uint8 (H, W) gray, or (H, W, 3) or (H, W, 4) in the order of `channels`
    model : as for `load_classifier`, and kept for the next call; or a loaded one
    settings : defaults where None
    channels : "bgr" for arrays of OpenCV, "rgb" for those of PIL, imageio or Matplotlib
    constraint : what all numbers obey; None where nothing is known
    region : the part of each page to read; None for all of it

    Raises
    ------
    InputError
        As for `load_pages`, PictureTypeError if the source is of no such type, RegionError as for `crop_page`.
    ModelError
        As for `load_classifier`.
    """
    s = settings or Settings()
    classifier = model if isinstance(model, Classifier) else _load(os.fspath(model))
    if hasattr(source, "read") and not hasattr(source, "getbands"):
        source = source.read()
    if isinstance(source, bytearray | memoryview):
        source = bytes(source)
    is_file = isinstance(source, str | os.PathLike | bytes)
    pages = load_pages(source, s.images) if is_file else [make_page(source, s.images, channels)]
    if region is None:
        return [read_page(page, classifier, s, constraint=constraint) for page in pages]
    return [_read_part(page, region, classifier, s, constraint) for page in pages]


def _read_part(
    page: Page, region: Region, classifier: Classifier, settings: Settings, constraint: Constraint | None
) -> PageReading:
    part = read_page(crop_page(page, region), classifier, settings, constraint=constraint)
    return reject_at_rim(part, page, region, partial(read_page, classifier=classifier, settings=settings))


@lru_cache(maxsize=4)
def _load(model: str) -> Classifier:
    return load_classifier(model)
