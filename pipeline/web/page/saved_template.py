"""A template that was saved, as a user gives it: its TOML file and its blank form, in a ZIP or side by side.

It may come from anybody: it names files that were given with it alone, and is read within bounds. Runs in a worker.
"""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.errors import TemplateError
from pipeline.forms.template import FormSum
from pipeline.forms.template_file import parse_template
from pipeline.web.page.blank_form import BlankForm, load_privately, open_pages

_TEMPLATE, _ARCHIVE = ".toml", ".zip"
_MOST_ENTRIES = 50
_MOST_NAME_BYTES = 200
_UNPACKING = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError)
"""What is raised where an archive is damaged, encrypted, or packed in a way that is not known."""

_TOGETHER = "give it together with its blank form: as the ZIP that Template saves, or both files at once"


@dataclass(frozen=True, slots=True)
class SavedTemplate:
    """A template that was saved: its blank form with its fields, the file of that, and its sums."""

    name: str
    raw: bytes
    blank: BlankForm
    sums: tuple[FormSum, ...]


def is_template(name: str) -> bool:
    """Return whether a file is a template, or an archive that may hold one, by its name."""
    return name.lower().endswith((_TEMPLATE, _ARCHIVE))


def open_template(files: Sequence[tuple[str, bytes]], most_bytes: int) -> SavedTemplate:
    """Return the template among files, or in the newest archive among them.

    Parameters
    ----------
    files : (name, bytes), one or more of which is a template or an archive
    most_bytes : that an archive may hold

    Raises
    ------
    TemplateError
        If there is not one template with its blank form, or it cannot be used.
    InputError
        If the blank form cannot be read.
    """
    archives = [one for one in files if one[0].lower().endswith(_ARCHIVE)]
    held = _unpack(*archives[-1], most_bytes) if archives else {_strip_folder(name): raw for name, raw in files}
    templates = [name for name in held if name.lower().endswith(_TEMPLATE)]
    if len(templates) != 1:
        where = f"{archives[-1][0]}: it" if archives else "what you gave"
        raise TemplateError(f"{where} holds {len(templates)} files that end in {_TEMPLATE}, not one", _TOGETHER)
    (own,) = templates
    blank = _find_blank(own, held)
    with TemporaryDirectory(prefix="digits-form-") as folder:
        for name, raw in held.items():
            if 0 < len(name.encode("utf-8", "replace")) <= _MOST_NAME_BYTES:
                (Path(folder) / name).write_bytes(raw)
        template = load_privately(Path(folder) / own)
    shown = BlankForm(open_pages(held[blank], blank), template.fields)
    return SavedTemplate(blank, held[blank], shown, template.sums)


def _unpack(name: str, raw: bytes, most_bytes: int) -> dict[str, bytes]:
    """Return the files in an archive by their names, without the folders that they are in."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = [one for one in archive.infolist() if _is_wanted(one)]
            if len(entries) > _MOST_ENTRIES or sum(one.file_size for one in entries) > most_bytes:
                raise TemplateError(f"{name}: it holds too much for a template", _TOGETHER)
            return {_strip_folder(one.filename): archive.read(one) for one in entries}
    except _UNPACKING as error:
        raise TemplateError(f"{name}: it cannot be unpacked", "save it again, without a password") from error


def _strip_folder(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/").replace("\0", "")).name


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename)
    return not entry.is_dir() and not any(part.startswith((".", "__MACOSX")) for part in path.parts)


def _find_blank(own: str, held: Mapping[str, bytes]) -> str:
    """Return the name of the file of the blank form; raise TemplateError if a file that the template names is not held.

    Nothing else on this computer may be read, whatever the template names.
    """
    try:
        said = parse_template(held[own], own)
    except TemplateError as error:
        raise TemplateError(error.message, "mend it, or make it anew") from error
    references = _list_references(said)
    fields = said.get("field")
    values = [one.get("values") for one in fields if isinstance(one, dict)] if isinstance(fields, list) else []
    for name in (*references, *values):
        if isinstance(name, str) and name not in held:
            raise TemplateError(f"{own}: its file {name!r} is not there", _TOGETHER)
    if len(references) > 1:
        message = f"{own}: it is of {len(references)} files, and one blank form is the most here"
        raise TemplateError(message, "make one PDF of them")
    return references[0] if references else ""


def _list_references(said: Mapping[str, Any]) -> list[str]:
    """Return the files of the blank form that a template names, as far as they are named as they should be."""
    reference = said.get("reference")
    entries = reference if isinstance(reference, list) else [reference]
    if any(isinstance(one, dict) and "page" in one for one in entries):
        raise TemplateError("the template names a page of its file", "save this page as a file of its own")
    names = [one.get("file") if isinstance(one, dict) else one for one in entries]
    return [one for one in names if isinstance(one, str)]
