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
from pipeline.forms.template import FormField, FormSum, Template
from pipeline.forms.template_file import format_template, load_template
from pipeline.images.load import Picture, open_picture
from pipeline.outputs.thumbnail import encode_jpeg
from pipeline.system.native_stderr import silence_native_stderr
from pipeline.types import Page

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
    picture = _open(raw, name)
    with silence_native_stderr():
        pages = [picture.load_page(number) for number in range(1, picture.n_pages + 1)]
    return BlankForm(_show(picture, pages), tuple(name_fields(pages)))


def open_pages(raw: bytes, name: str) -> tuple[tuple[bytes, tuple[int, int]], ...]:
    """Return the pages of a blank form as `BlankForm` has them; raises as `open_blank` does."""
    picture = _open(raw, name)
    with silence_native_stderr():
        return _show(picture, [picture.load_page(number) for number in range(1, picture.n_pages + 1)])


def _open(raw: bytes, name: str) -> Picture:
    picture = open_picture(raw, name=name)
    if picture.n_pages > _MOST_PAGES:
        raise TemplateError(f"{name}: it has {picture.n_pages} pages; {_MOST_PAGES} are the most", "give fewer")
    return picture


def _show(picture: Picture, pages: Sequence[Page]) -> tuple[tuple[bytes, tuple[int, int]], ...]:
    pictures = [encode_jpeg(picture.load_color(number)) for number in range(1, len(pages) + 1)]
    return tuple(zip(pictures, (page.source_size_px for page in pages), strict=True))


def name_reference(name: str) -> str:
    """Return the name of the file of a blank form beside its template."""
    return f"blank{PurePath(name).suffix.lower()}"


def make_template(raw: bytes, name: str, fields: Sequence[FormField], sums: Sequence[FormSum] = ()) -> Template:
    """Return the template of a blank form with these fields and sums.

    Parameters
    ----------
    raw, name : of the file of the blank form
    fields, sums : as the user has drawn and named them

    Raises
    ------
    TemplateError
        If a field cannot be used; the message names it.
    """
    return check_template(raw, name_reference(name), format_template([name_reference(name)], fields, sums))


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
            template = load_privately(path)
        except TemplateError as error:
            raise TemplateError(error.message.removeprefix(f"{TEMPLATE}: "), error.hint) from error
    return replace(template, name=TEMPLATE, files=())


def load_privately(path: Path) -> Template:
    """Return the template in a private folder; raises as `load_template` does, without naming that folder."""
    try:
        return load_template(path)
    except TemplateError as error:
        message = error.message.replace(f"{path.parent}/", "")
        hint = "" if error.hint == TemplateError.hint else error.hint  # who is on a page has no docs/
        raise TemplateError(message, hint) from error
