"""Rejected numbers for a person to review: a crop of each, and a table to fill in with the right values.

The folder holds ``crops/`` (each rejected number with some paper around it), ``pages/`` (the annotated pages that they
are from) and ``review.csv``, whose last column is empty. A new run into the same folder keeps the values that have been
filled in. The name of a crop ends in a checksum of the picture: no other crop takes its place, and a value stays with
the picture that it was filled in for.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import OutputError
from pipeline.geometry import Box
from pipeline.outputs.annotate import annotate, write_annotated
from pipeline.outputs.crops import crop_number
from pipeline.outputs.csv_cells import spell_path
from pipeline.regular_files import read_regular
from pipeline.system.files import make_folder, open_output, write_file
from pipeline.types import PageReading

TABLE = "review.csv"
CROPS, PAGES = "crops", "pages"

COLUMNS = (
    "crop", "file", "page", "line", "number", "confidence", "reason", "left", "top", "right", "bottom", "right_value"
)  # fmt: skip
_KEY = ("file", "page", "left", "top", "right", "bottom")
"""The columns that, with the checksum of its crop, identify a number from one run to the next."""

_CROP = re.compile(r"crops/(?P<name>.+)\.\d+(-(?P<checksum>[0-9a-f]{8}))?\.png")
"""What the column ``crop`` holds; version 0.2.0 wrote no checksum."""

_ANSWER = "right_value"
_MOST_TABLE_BYTES, _MOST_CROP_BYTES = 1 << 30, 1 << 28
MARGIN_FRAC = 0.6
"""Margin of a crop, as a fraction of the number's height: enough to see its surroundings."""

LEAST_MARGIN_PX = 4
_LEAST_HEIGHT_PX = 96
"""A lower crop is enlarged by an integer factor to at least this, at most `_MOST_FACTOR` times."""

_MOST_FACTOR = 8
_BYTE_ORDER_MARK = "\ufeff"


def write_crops(
    bgr: NDArray[np.uint8], reading: PageReading, to_source: NDArray[np.float64] | None, folder: Path, stem: str
) -> list[str]:
    """Write crops of a page's rejected numbers, and the annotated page; return the names of the crops.

    Parameters
    ----------
    bgr : uint8 (H, W, 3), upright
    reading : of the page
    to_source : float64 (3, 3), px of `bgr` -> px of the boxes (pixel centers); the same px where None
    folder : of the review
    stem : unique name of the page; may have slashes

    Returns
    -------
    paths relative to `folder`, ``crops/<stem>.<index>-<checksum>.png``, where index counts all numbers of the page from
    1; empty if no number is rejected, and nothing is written

    Raises
    ------
    OutputError
        If they cannot be written.
    ValueError
        If `stem` leads out of the folder.
    """
    rejected = [(i, r.box) for i, r in enumerate(reading.readings, 1) if r.status == "rejected"]
    if not rejected:
        return []
    _check_stem(stem)
    make_folder((folder / CROPS / stem).parent)
    names = []
    for index, box in rejected:
        png = cv2.imencode(".png", crop_legibly(bgr, box, to_source))[1].tobytes()
        names.append(f"{CROPS}/{PurePath(stem).as_posix()}.{index}-{_checksum(png)}.png")
        write_file(folder / names[-1], png)
    parent = make_folder((folder / PAGES / stem).parent)
    write_annotated(annotate(bgr, reading, to_source), parent, PurePath(stem).name, ".jpg")
    return names


def _check_stem(stem: str) -> None:
    if not stem or PurePath(stem).is_absolute() or ".." in PurePath(stem).parts:
        raise ValueError(f"stem: expected a name within the folder, received {stem!r}")


def _checksum(png: bytes) -> str:
    return sha256(png).hexdigest()[:8]


def crop_legibly(bgr: NDArray[np.uint8], box: Box, to_source: NDArray[np.float64] | None) -> NDArray[np.uint8]:
    """Return the crop of a number with a margin, enlarged if it is small: uint8 (h, w, 3).

    Parameters
    ----------
    bgr, box, to_source : as for `crop_number`
    """
    crop = crop_number(bgr, box, to_source, MARGIN_FRAC, LEAST_MARGIN_PX)
    factor = min(_MOST_FACTOR, -(-_LEAST_HEIGHT_PX // crop.shape[0]))
    return cv2.resize(crop, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC) if factor > 1 else crop


def write_table(with_crops: Iterable[tuple[Mapping[str, Any], Sequence[str]]], folder: Path) -> int:
    """Write ``review.csv``, one row per rejected number, and return how many still lack their right value.

    Values that were filled in are kept: those of numbers that are still rejected and have the same crop in their rows,
    others in their old rows below. The table is replaced as a whole.

    The file starts with a byte order mark: without it Excel does not decode it as UTF-8, and the garbled file names
    would not be found again. Names are spelled as in `pipeline.outputs.csv_cells`.

    Parameters
    ----------
    with_crops : for each page its record, from `pipeline.outputs.records.make_record`, and what `write_crops` returned
    folder : of the review; made if it does not exist

    Raises
    ------
    OutputError
        If it cannot be written, or if another ``review.csv`` is there that is not such a table.
    """
    path = make_folder(folder) / TABLE
    old = read_table(path)
    written: set[tuple[str, ...]] = set()
    n_open = 0
    with open_output(path) as stream:
        stream.write(_BYTE_ORDER_MARK)
        table = csv.DictWriter(stream, COLUMNS, lineterminator="\r\n")
        table.writeheader()
        for row in _make_rows(with_crops):
            key = _find_key(row, folder)
            if key in written:  # the same page is in the records twice
                continue
            written.add(key)
            row[_ANSWER] = old[key][_ANSWER] if key in old else ""
            n_open += not row[_ANSWER]
            table.writerow(row)
        table.writerows(row for key, row in old.items() if key not in written)
    return n_open


def fill_in(folder: Path, answers: Mapping[tuple[str, ...], str]) -> None:
    """Put right values into the table of a review.

    Parameters
    ----------
    folder : of the review
    answers : right values by file as the table spells it, page, left, top, right and bottom of the number
    """
    rows = read_rows(folder / TABLE)
    with open_output(folder / TABLE) as stream:
        stream.write(_BYTE_ORDER_MARK)
        table = csv.DictWriter(stream, COLUMNS, lineterminator="\r\n")
        table.writeheader()
        for row in rows:
            given = answers.get(tuple(row[name] for name in _KEY))
            table.writerow(row if given is None else {**row, _ANSWER: given})


def read_table(path: Path) -> dict[tuple[str, ...], dict[str, str]]:
    """Return the rows of an earlier table that were filled in, by the key of their numbers; none without a table.

    Raises
    ------
    OutputError
        As `read_rows` does.
    """
    return {_find_key(row, path.parent): row for row in read_rows(path) if row[_ANSWER].strip()}


def list_stems(folder: Path, paths: Iterable[str] = ()) -> dict[str, str]:
    """Return the stems of the names of the pictures that an earlier table mentions, by path of the file.

    Parameters
    ----------
    folder : of the review
    paths : of files to read, which the table may spell in another way

    Raises
    ------
    OutputError
        As `read_rows` does.
    """
    found = ((row, _CROP.fullmatch(row["crop"])) for row in read_rows(folder / TABLE))
    stems = {row["file"]: crop["name"].removesuffix(f".page{row['page']}") for row, crop in found if crop}
    known = {spell_path(path): path for path in paths}
    return {known.get(spelled, spelled): stem for spelled, stem in stems.items()}


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of an earlier table; none without a table.

    A spreadsheet may have saved the table with another separator or encoding.

    Raises
    ------
    OutputError
        If it cannot be read, or lacks columns: it is then another file that must not be replaced.
    """
    try:
        text = _decode(read_regular(path, _MOST_TABLE_BYTES))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise OutputError(f"{path}: cannot be read ({error.strerror})") from error
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restval="")
    try:
        if not {*_KEY, _ANSWER} <= set(table.fieldnames or ()):
            raise OutputError(f"{path}: this is no table of an earlier review", "move it away, or name another folder")
        return [{name: row.get(name) or "" for name in COLUMNS} for row in table]
    except csv.Error as error:
        raise OutputError(f"{path}: the table is damaged ({error})", "mend it, or move it away") from error


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _find_key(row: Mapping[str, str], folder: Path) -> tuple[str, ...]:
    return (*(row[name].strip() for name in _KEY), _find_checksum(row["crop"].strip(), folder))


def _find_checksum(name: str, folder: Path) -> str:
    """Return the checksum of the crop that a row names; "" if it names none, or one without that is gone."""
    crop = _CROP.fullmatch(name)
    if not crop or ".." in PurePath(name).parts:
        return ""
    try:
        return crop["checksum"] or _checksum(read_regular(folder / name, _MOST_CROP_BYTES))
    except (OSError, ValueError):
        return ""


def _make_rows(with_crops: Iterable[tuple[Mapping[str, Any], Sequence[str]]]) -> Iterator[dict[str, str]]:
    for record, crops in with_crops:
        rejected = [number for number in record["numbers"] if number["status"] == "rejected"]
        names = [*crops, *[""] * len(rejected)]  # none for a page that was read without a review
        for number, crop in zip(rejected, names, strict=False):
            values = [
                *(crop, spell_path(record["file"]), record["page"], number["line"], number["text"]),
                *(number["confidence"], number["reason"], *number["box"], ""),
            ]
            yield {name: str(value) for name, value in zip(COLUMNS, values, strict=True)}
