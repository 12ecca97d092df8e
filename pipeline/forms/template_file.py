"""A template's TOML file -> `Template`, every mistake told in one line that names the file and the field."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.decoding.constraints.constraint import Constraint
from pipeline.errors import ConstraintError, InputError, TemplateError
from pipeline.forms.template import FormField, FormSum, Template
from pipeline.geometry import Box
from pipeline.images.load import open_picture
from pipeline.regular_files import read_regular
from pipeline.types import Page

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover
    import tomli as tomllib

_MOST_BYTES = 1 << 20
_MOST_FIELDS, _MOST_COMB = 1000, 40
_NAME = re.compile(r"[^\W\d]\w*(-\w+)*")
_TOP = ("reference", "field", "sum")
_FIELD = ("name", "box", "page", "comb", "digits", "min", "max", "pattern", "values", "check")
_SUM = ("total", "of")
_REFERENCE = ("file", "page")


def load_template(path: str | Path) -> Template:
    """Return the form that a TOML file describes, its blank pages read from beside it.

    Raises
    ------
    TemplateError
        If the file cannot be read, is no TOML, or says anything that cannot be used; the message names the field.
    """
    path = Path(path)
    try:
        raw = read_regular(path, _MOST_BYTES)
    except OSError as error:
        raise TemplateError(f"{path}: it cannot be read ({error.strerror or error})", "check the path") from error
    return _Reader(path).read(parse_template(raw, str(path)))


def parse_template(raw: bytes, name: str) -> dict[str, Any]:
    """Return what a template's file says, not checked; raise TemplateError if it is no TOML.

    Parameters
    ----------
    raw : of the file
    name : of the file, for the message
    """
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise TemplateError(f"{name}: it is no TOML ({error})") from error


class _Reader:
    """Reads the tables of one file, and says of each mistake where it is."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files = [str(path)]
        self._hash = hashlib.sha256()

    def read(self, values: Mapping[str, Any]) -> Template:
        self._check_keys(values, _TOP, "")
        pages = self._read_pages(values.get("reference"))
        tables = self._list_tables(values, "field")
        if not tables:
            raise self._fail("", "it has no [[field]]")
        if len(tables) > _MOST_FIELDS:
            raise self._fail("", f"it has {len(tables):,} fields; {_MOST_FIELDS:,} are the most")
        fields: list[FormField] = []
        for number, table in enumerate(tables, start=1):
            fields.append(self._read_field(table, number, pages, [one.name for one in fields]))
        names = {one.name: one.page for one in fields}
        sums = tuple(self._read_sum(table, names) for table in self._list_tables(values, "sum"))
        facts = [[one.name, one.box.as_list(), one.page, one.comb, str(one.constraint)] for one in fields]
        known = [one.constraint.to_dict() if one.constraint else None for one in fields]
        self._hash.update(json.dumps([facts, known, [[s.total, s.of] for s in sums]]).encode())
        digest = self._hash.hexdigest()[:16]
        return Template(str(self._path), pages, tuple(fields), sums, digest, tuple(self._files))

    def _fail(self, where: str, message: str) -> TemplateError:
        return TemplateError(f"{self._path}: {f'{where}: ' if where else ''}{message}")

    def _check_keys(self, table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
        for key in table:
            if key not in known:
                raise self._fail(where, f"unknown key {key!r}; expected {', '.join(known)}")

    def _list_tables(self, values: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
        tables = values.get(key, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise self._fail("", f"expected [[{key}]] tables, received {key} = {tables!r}"[:200])
        return tables

    def _read_pages(self, reference: Any) -> tuple[Page, ...]:
        """Return the blank pages: of one picture, or of a list of them; a PDF stands for all of its pages."""
        if reference is None:
            raise self._fail("", 'reference is missing: the blank form, such as reference = "blank.png"')
        entries = reference if isinstance(reference, list) else [reference]
        pages = [page for entry in entries for page in self._read_reference(entry)]
        if not pages:
            raise self._fail("reference", "expected a picture, received none")
        return tuple(pages)

    def _read_reference(self, entry: Any) -> list[Page]:
        table = {"file": entry} if isinstance(entry, str) else entry
        if not isinstance(table, dict) or not isinstance(table.get("file"), str):
            raise self._fail("reference", f"expected the name of a picture or {{file, page}}, received {entry!r}")
        self._check_keys(table, _REFERENCE, "reference")
        file = self._path.parent / table["file"]
        try:
            picture = open_picture(str(file))
            numbers = [table["page"]] if "page" in table else range(1, picture.n_pages + 1)
            if not all(isinstance(n, int) and not isinstance(n, bool) for n in numbers):
                raise self._fail("reference", f"page: expected a whole number, received {table['page']!r}")
            pages = [picture.load_page(number) for number in numbers]
        except InputError as error:
            raise self._fail("reference", f"{file} cannot be used ({error.message})") from error
        self._hash.update(bytes(picture.raw) + repr(list(numbers)).encode())
        self._files.append(str(file))
        return pages

    def _read_field(
        self, table: Mapping[str, Any], number: int, pages: Sequence[Page], taken: Sequence[str]
    ) -> FormField:
        name = table.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise self._fail(f"field {number}", f"name: expected letters, digits, _ and -, received {name!r}")
        where = f"field {name!r}"
        self._check_keys(table, _FIELD, where)
        if name in taken:
            raise self._fail(where, "two fields have this name")
        page = self._read_whole(table, "page", where, 1, len(pages)) or 1
        comb = self._read_whole(table, "comb", where, 1, _MOST_COMB)
        box = self._read_box(table.get("box"), where, pages[page - 1])
        return FormField(name, box, page, comb, self._read_constraint(table, where, comb))

    def _read_whole(self, table: Mapping[str, Any], key: str, where: str, least: int, most: int) -> int | None:
        value = table.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self._fail(where, f"{key}: expected {least} to {most}, received {value!r}")
        return value

    def _read_box(self, sides: Any, where: str, page: Page) -> Box:
        width, height = page.source_size_px
        is_whole = isinstance(sides, list) and len(sides) == 4 and all(type(side) is int for side in sides)
        if not is_whole or not (sides[0] < sides[2] and sides[1] < sides[3]):
            raise self._fail(where, f"box: expected [left, top, right, bottom] in px, received {sides!r}")
        if sides[0] < 0 or sides[1] < 0 or sides[2] > width or sides[3] > height:
            raise self._fail(where, f"box {sides} is outside of the reference, which has {width} x {height} px")
        return Box(*sides)

    def _read_constraint(self, table: Mapping[str, Any], where: str, comb: int | None) -> Constraint | None:
        parts: dict[str, Any] = {key: table[key] for key in ("pattern", "check") if key in table}
        if "digits" in table or comb:
            parts["n_digits"] = table.get("digits", comb)
        if "min" in table or "max" in table:
            parts["range"] = (table.get("min"), table.get("max"))
        if "values" in table:
            parts["values"] = self._read_values(table["values"], where)
        if not parts:
            return None
        try:
            return Constraint.from_dict(parts)
        except ConstraintError as error:
            raise self._fail(where, error.message) from error

    def _read_values(self, values: Any, where: str) -> list[str]:
        """Return the values of a list, or of a file with one a line."""
        if isinstance(values, list):
            return values
        if not isinstance(values, str):
            raise self._fail(where, f"values: expected a list or a file, received {values!r}")
        file = self._path.parent / values
        try:
            lines = read_regular(file, _MOST_BYTES).decode("utf-8-sig").splitlines()
        except (OSError, ValueError) as error:
            raise self._fail(where, f"values: {file} cannot be read ({error})") from error
        self._files.append(str(file))
        return [line.strip() for line in lines if line.strip()]

    def _read_sum(self, table: Mapping[str, Any], pages: Mapping[str, int]) -> FormSum:
        total, of = table.get("total"), table.get("of")
        where = f"sum {total!r}" if isinstance(total, str) else "sum"
        self._check_keys(table, _SUM, where)
        if not isinstance(total, str) or not isinstance(of, list) or len(of) < 2:
            raise self._fail(where, 'expected total = "c" and of = ["a", "b"] with two fields or more')
        for name in (total, *of):
            if name not in pages:
                raise self._fail(where, f"there is no field {name!r}")
        if len({total, *of}) <= len(of):
            raise self._fail(where, "a field is named twice")
        if len({pages[name] for name in (total, *of)}) > 1:
            raise self._fail(where, "its fields are on different pages, which are read one by one")
        return FormSum(total, tuple(of))


def format_template(references: Sequence[str], fields: Sequence[FormField], sums: Sequence[FormSum] = ()) -> str:
    """Return the text of a template's file, the inverse of `load_template`, with comments on what else it may hold."""
    reference = json.dumps(references[0] if len(references) == 1 else list(references))
    parts = [f"reference = {reference}  # the blank form", ""]
    if fields:
        parts += ["# A field may also have min, max, values, pattern and check: docs/forms.md.", ""]
    for field in fields:
        parts += ["[[field]]", f"name = {json.dumps(field.name)}", f"box = {field.box.as_list()}"]
        if field.page != 1:
            parts.append(f"page = {field.page}")
        if field.comb:
            parts.append(f"comb = {field.comb}")
        parts += _format_constraint(field)
        parts.append("")
    for one in sums:
        parts += ["[[sum]]", f"total = {json.dumps(one.total)}", f"of = {json.dumps(list(one.of))}", ""]
    return "\n".join(parts)


def _format_constraint(field: FormField) -> list[str]:
    known = field.constraint
    if known is None:
        return []
    parts = []
    if known.n_digits and known.n_digits != (field.comb, field.comb):
        least, most = known.n_digits
        parts.append(f"digits = {least if least == most else [least, most]}")
    for key, bound in zip(("min", "max"), known.range or (None, None), strict=True):
        if bound is not None:
            parts.append(f"{key} = {bound}")
    if known.values is not None:
        parts.append(f"values = {json.dumps(list(known.values))}")
    parts += [f"{key} = {json.dumps(value)}" for key in ("pattern", "check") if (value := getattr(known, key))]
    return parts
