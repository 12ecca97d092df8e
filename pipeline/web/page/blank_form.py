"""A blank form -> its pages and the fields found on them; fields that a user has drawn -> a template. Runs in a worker.

A template is checked as one in a file is: it is written to a private folder for a moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from pipeline.errors import TemplateError
from pipeline.forms.make_template import name_fields
from pipeline.forms.template import FormField, Template
from pipeline.forms.template_file import format_template, load_template
from pipeline.images.load import open_picture
from pipeline.outputs.thumbnail import encode_jpeg
from pipeline.system.native_stderr import silence_native_stderr

TEMPLATE = "form.toml"
_MOST_PAGES = 10


@dataclass(frozen=True, slots=True)
class BlankForm:
    """A blank form: (JPEG, (width, height) of the upright original) of each page, and the fields found on them."""

    pages: tuple[tuple[bytes, tuple[int, int]], ...]
    fields: tuple[FormField, ...]


def open_blank(raw: bytes, name: str) -> BlankForm:
    """Return the pages of a blank form, and the fields found on them; there may be none.

    Raises
    ------
    InputError
        If it cannot be read.
    TemplateError
        If it has too many pages.
    """
    picture = open_picture(raw, name=name)
    if picture.n_pages > _MOST_PAGES:
        raise TemplateError(f"{name}: it has {picture.n_pages} pages; {_MOST_PAGES} are the most", "give fewer")
    numbers = range(1, picture.n_pages + 1)
    with silence_native_stderr():
        pages = [picture.load_page(number) for number in numbers]
        pictures = [encode_jpeg(picture.load_color(number)) for number in numbers]
    shown = zip(pictures, (page.source_size_px for page in pages), strict=True)
    return BlankForm(tuple(shown), tuple(name_fields(pages)))


def name_reference(name: str) -> str:
    """Return the name of the file of a blank form beside its template."""
    return f"blank{PurePath(name).suffix.lower()}"


def make_template(raw: bytes, name: str, fields: Sequence[FormField]) -> Template:
    """Return the template of a blank form with these fields.

    Parameters
    ----------
    raw, name : of the file of the blank form
    fields : as the user has drawn and named them

    Raises
    ------
    TemplateError
        If a field cannot be used; the message names it.
    """
    return check_template(raw, name_reference(name), format_template([name_reference(name)], fields))


def check_template(raw: bytes, reference: str, text: str) -> Template:
    """Return the template of a file's text and its blank form; raises as `make_template` does.

    Parameters
    ----------
    raw : of the file of the blank form
    reference : its name, as the text names it; a name without a folder
    text : of the template's file
    """
    with TemporaryDirectory(prefix="digits-form-") as folder:
        path = Path(folder) / TEMPLATE
        path.write_text(text, "utf-8")
        (path.parent / PurePath(reference).name).write_bytes(raw)
        try:
            template = load_template(path)
        except TemplateError as error:
            message = error.message.replace(f"{path}: ", "").replace(f"{folder}/", "")
            raise TemplateError(message, error.hint) from error
    return replace(template, name=TEMPLATE, files=())
