"""Handwritten digits and numbers in photos and scans, read: photo in, numbers out.

>>> from pipeline import load_classifier, load_pages, read_page
>>> classifier = load_classifier()
>>> for page in load_pages("photo.jpg"):
...     print([reading.text for reading in read_page(page, classifier).readings])
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.annotate import annotate
    from pipeline.classify import Classifier, load_classifier
    from pipeline.errors import DigitsError, InputError, ModelError
    from pipeline.images import load_page, load_pages
    from pipeline.read import read_page
    from pipeline.settings import Settings
    from pipeline.types import Box, Digit, Page, PageReading, Reading

__version__ = "0.1.0"

_HOMES = {
    "annotate": "annotate",
    "Classifier": "classify",
    "load_classifier": "classify",
    "DigitsError": "errors",
    "InputError": "errors",
    "ModelError": "errors",
    "load_page": "images",
    "load_pages": "images",
    "read_page": "read",
    "Settings": "settings",
    "Box": "types",
    "Digit": "types",
    "Page": "types",
    "PageReading": "types",
    "Reading": "types",
}

__all__ = [
    "Box",
    "Classifier",
    "Digit",
    "DigitsError",
    "InputError",
    "ModelError",
    "Page",
    "PageReading",
    "Reading",
    "Settings",
    "annotate",
    "load_classifier",
    "load_page",
    "load_pages",
    "read_page",
]


def __getattr__(name: str) -> Any:
    # On first use: so that the command line can say in one line what is wrong where `import cv2` fails.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found  # over the room of the same name, which its import has just put there
    return found
