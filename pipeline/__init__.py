"""Handwritten digits and numbers in photos and scans, read: photo in, numbers out.

>>> from pipeline import read
>>> for page in read("photo.jpg"):
...     print([(number.text, number.status) for number in page.readings])
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pipeline.version import __version__ as __version__

if TYPE_CHECKING:
    from pipeline.decoding.constraints.constraint import Constraint
    from pipeline.errors import DigitsError, InputError, ModelError
    from pipeline.forms.form_reading import FieldReading, FormReading
    from pipeline.forms.read_form import read_form
    from pipeline.forms.template import Template
    from pipeline.forms.template_file import load_template
    from pipeline.geometry import Box
    from pipeline.images.crop import crop_page
    from pipeline.images.load import load_page, load_pages
    from pipeline.outputs.annotate import annotate
    from pipeline.reading.read import read
    from pipeline.reading.read_page import analyze_page, read_page
    from pipeline.recognition.classify import Classifier, load_classifier
    from pipeline.region import Region
    from pipeline.settings.tree import Settings
    from pipeline.table import Cell, Table
    from pipeline.tables.read_tables import read_tables
    from pipeline.types import Digit, Page, PageReading, Reading


_HOMES = {
    "annotate": "outputs.annotate",
    "Classifier": "recognition.classify",
    "load_classifier": "recognition.classify",
    "Constraint": "decoding.constraints.constraint",
    "DigitsError": "errors",
    "InputError": "errors",
    "ModelError": "errors",
    "crop_page": "images.crop",
    "load_page": "images.load",
    "load_pages": "images.load",
    "analyze_page": "reading.read_page",
    "read": "reading.read",
    "read_page": "reading.read_page",
    "Region": "region",
    "read_tables": "tables.read_tables",
    "FieldReading": "forms.form_reading",
    "FormReading": "forms.form_reading",
    "load_template": "forms.template_file",
    "read_form": "forms.read_form",
    "Template": "forms.template",
    "Settings": "settings.tree",
    "Box": "geometry",
    "Cell": "table",
    "Table": "table",
    "Digit": "types",
    "Page": "types",
    "PageReading": "types",
    "Reading": "types",
}

__all__ = [
    "Box",
    "Cell",
    "Classifier",
    "Constraint",
    "Digit",
    "DigitsError",
    "FieldReading",
    "FormReading",
    "InputError",
    "ModelError",
    "Page",
    "PageReading",
    "Reading",
    "Region",
    "Settings",
    "Table",
    "Template",
    "analyze_page",
    "annotate",
    "crop_page",
    "load_classifier",
    "load_page",
    "load_pages",
    "load_template",
    "read",
    "read_form",
    "read_page",
    "read_tables",
]


def __getattr__(name: str) -> Any:
    # On first use: so that the command line can say in one line what is wrong where `import cv2` fails.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found  # over the sub-package of the same name, which its import has just put there
    return found
