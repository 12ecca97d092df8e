"""A blank form -> a template to edit, and a picture of its pages with their fields named."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import NoInputError, OutputError, UsageError
from pipeline.forms.find_fields import find_fields
from pipeline.forms.options import TemplateOptions
from pipeline.forms.template import FormField
from pipeline.forms.template_file import format_template
from pipeline.geometry import Box
from pipeline.images.load import open_picture
from pipeline.system.files import write_file
from pipeline.system.terminal import print_message
from pipeline.types import Page

PICTURE = ".fields{page}.png"
"""Suffix of the pictures with the fields' names."""

_FIELD_BGR, _COMB_BGR = (200, 110, 0), (0, 130, 60)
_LETTER_FRAC = 1 / 110


def run(options: TemplateOptions) -> int:
    """Write the template and its pictures; return the exit code.

    Raises
    ------
    UsageError
        If a file is there already, and `is_forced` is off.
    InputError
        If the blank cannot be read.
    NoInputError
        If no field is found on it.
    OutputError
        If a file cannot be written.
    """
    pages: list[Page] = []
    pictures: list[NDArray[np.uint8]] = []
    for name in options.inputs:
        picture = open_picture(name)
        for number in range(1, picture.n_pages + 1):
            pages.append(picture.load_page(number))
            pictures.append(picture.load_color(number))
    fields = name_fields(pages)
    if not fields:
        raise NoInputError("no field is found on this form", "write the template by hand: docs/forms.md shows one")
    path = options.path
    marked = [(_name_picture(path, page, len(pages)), mark_fields(pictures[page - 1], pages[page - 1], fields, page))
              for page in range(1, len(pages) + 1)]  # fmt: skip
    for own in (path, *(name for name, _ in marked)):
        if own.exists() and not options.is_forced:
            raise UsageError(f"{own}: this file exists already", "choose another name with --output, or give --force")
        if not own.parent.is_dir():
            raise OutputError(f"{own}: cannot be written (there is no folder {own.parent})")
    references = [os.path.relpath(name, path.parent).replace(os.sep, "/") for name in options.inputs]
    write_file(path, format_template(references, fields).encode())
    for own, bgr in marked:
        write_file(own, cv2.imencode(".png", bgr)[1].tobytes())
    n_combs = sum(1 for field in fields if field.comb)
    print_message(f"{path}: {len(fields)} fields, {n_combs} of them combs; rename and delete them as you like")
    print_message(f"{', '.join(str(own) for own, _ in marked)}: which is which")
    return 0


def name_fields(pages: list[Page]) -> list[FormField]:
    """Return the fields of all pages in reading order, boxes in px of the upright pictures, named by number."""
    fields: list[FormField] = []
    for number, page in enumerate(pages, start=1):
        for found in find_fields(page.gray):
            box = _map_box(found.box, page)
            fields.append(FormField(f"field_{len(fields) + 1}", box, number, found.comb))
    return fields


def _map_box(box: Box, page: Page) -> Box:
    """Return a box in px of a page as one in px of its upright original."""
    corners = np.array([(box.left, box.top), (box.right, box.bottom)], np.float64) - 0.5
    (left, top), (right, bottom) = corners @ page.to_source[:2, :2].T + page.to_source[:2, 2] + 0.5
    width, height = page.source_size_px
    return Box(max(0, round(left)), max(0, round(top)), min(width, round(right)), min(height, round(bottom)))


def _name_picture(path: Path, page: int, n_pages: int) -> Path:
    return path.with_name(path.stem + PICTURE.format(page=f"-{page}" if n_pages > 1 else ""))


def mark_fields(bgr: NDArray[np.uint8], page: Page, fields: list[FormField], number: int) -> NDArray[np.uint8]:
    """Return a page with its fields outlined and named."""
    marked = bgr.copy()
    letter = max(10.0, _LETTER_FRAC * max(marked.shape[:2]))
    back = np.linalg.inv(page.to_source)
    pen = max(1, round(letter / 6))
    for field in (one for one in fields if one.page == number):
        corners = np.array([(field.box.left, field.box.top), (field.box.right, field.box.bottom)], np.float64)
        (left, top), (right, bottom) = np.rint(corners @ back[:2, :2].T + back[:2, 2]).astype(int).tolist()
        color = _COMB_BGR if field.comb else _FIELD_BGR
        cv2.rectangle(marked, (left, top), (right, bottom), color, pen)
        words = field.name + (f" comb {field.comb}" if field.comb else "")
        foot = bottom - pen - 2
        cv2.putText(
            marked, words, (left + 2 * pen, foot), cv2.FONT_HERSHEY_SIMPLEX, letter / 22, color, pen, cv2.LINE_AA
        )
    return marked
