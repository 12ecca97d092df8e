"""Rejected numbers for a person to review: a crop of each, and a table to fill in with the right values.

The folder holds ``crops/`` (each rejected number with some paper around it), ``pages/`` (the annotated pages that they
are from) and ``review.csv``, whose last column is empty. A new run into the same folder replaces the pictures and keeps
the values that have been filled in.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import OutputError
from pipeline.geometry import Box
from pipeline.outputs.annotate import annotate, write_annotated
from pipeline.regular_files import read_regular
from pipeline.system.files import make_folder, open_output
from pipeline.types import PageReading

_MOST_TABLE_BYTES = 1 << 30
TABLE = "review.csv"
CROPS, PAGES = "crops", "pages"

COLUMNS = (
    "crop", "file", "page", "line", "number", "confidence", "reason", "left", "top", "right", "bottom", "right_value"
)  # fmt: skip
_KEY = ("file", "page", "left", "top", "right", "bottom")
"""The columns that identify a number from one run to the next."""

_ANSWER = "right_value"
_MARGIN_FRAC = 0.6
"""Margin of a crop, as a fraction of the number's height: enough to see its surroundings."""

_LEAST_MARGIN_PX = 4
_LEAST_HEIGHT_PX = 96
"""A lower crop is enlarged by an integer factor to at least this, at most `_MOST_FACTOR` times."""

_MOST_FACTOR = 8
_FORMULA = re.compile(r"[=+\-@\t\r].", re.DOTALL)
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
    paths relative to `folder`, ``crops/<stem>.<index>.png``, where index counts all numbers of the page from 1; empty
    if no number is rejected, and nothing is written

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
    names = [_name_crop(stem, index) for index, _ in rejected]
    make_folder((folder / CROPS / stem).parent)
    for name, (_, box) in zip(names, rejected, strict=True):
        _write_png(_crop(bgr, box, to_source), folder / name)
    parent = make_folder((folder / PAGES / stem).parent)
    write_annotated(annotate(bgr, reading, to_source), parent, PurePath(stem).name, ".jpg")
    return names


def _name_crop(stem: str, index: int) -> str:
    if not stem or PurePath(stem).is_absolute() or ".." in PurePath(stem).parts:
        raise ValueError(f"stem: expected a name within the folder, received {stem!r}")
    return f"{CROPS}/{PurePath(stem).as_posix()}.{index}.png"


def _crop(bgr: NDArray[np.uint8], box: Box, to_source: NDArray[np.float64] | None) -> NDArray[np.uint8]:
    """Return the crop of a number with a margin, enlarged if it is small."""
    from_source = np.eye(3) if to_source is None else np.linalg.inv(to_source)
    corners = np.array([[box.left, box.right], [box.top, box.bottom], [1.5, 1.5]]) - 0.5  # edges -> pixel centers
    (x0, x1), (y0, y1) = np.sort((from_source @ corners)[:2] + 0.5, axis=1)
    margin = max(_LEAST_MARGIN_PX, _MARGIN_FRAC * (y1 - y0))
    left, right = _keep_inside(x0 - margin, x1 + margin, bgr.shape[1])
    top, bottom = _keep_inside(y0 - margin, y1 + margin, bgr.shape[0])
    crop = bgr[top:bottom, left:right]
    factor = min(_MOST_FACTOR, -(-_LEAST_HEIGHT_PX // crop.shape[0]))
    return cv2.resize(crop, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC) if factor > 1 else crop


def _keep_inside(low: float, high: float, size: int) -> tuple[int, int]:
    """Return the range in whole px, clipped to 0..size, at least one px long."""
    start = min(max(0, int(np.floor(low))), size - 1)
    return start, min(max(start + 1, int(np.ceil(high))), size)


def _write_png(bgr: NDArray[np.uint8], path: Path) -> None:
    _, encoded = cv2.imencode(".png", bgr)
    try:
        path.write_bytes(encoded.tobytes())
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error


def write_table(records: Iterable[Mapping[str, Any]], folder: Path, stems: Callable[[str, int], str]) -> int:
    r"""Write ``review.csv``, one row per rejected number, and return how many still lack their right value.

    Values that were filled in are kept: those of numbers that are still rejected in their rows, others in their old
    rows below. The table is replaced as a whole.

    The file starts with a byte order mark: without it Excel does not decode it as UTF-8, and the garbled file names
    would not be found again. A name that starts like a formula is prefixed by ``./``, which names the same file. A byte
    of a file name that is not UTF-8 is written as ``\udcff``.

    Parameters
    ----------
    records : from `pipeline.outputs.records.make_record`, one per page
    folder : of the review; made if it does not exist
    stems : (file, page) -> the stem that was passed to `write_crops`

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
        for row in _make_rows(records, stems):
            key = _find_key(row)
            if key in written:  # the same page is in the records twice
                continue
            written.add(key)
            row[_ANSWER] = old[key][_ANSWER] if key in old else ""
            n_open += not row[_ANSWER]
            table.writerow(row)
        table.writerows(row for key, row in old.items() if key not in written)
    return n_open


def read_table(path: Path) -> dict[tuple[str, ...], dict[str, str]]:
    """Return the rows of an earlier table that were filled in, by the key of their numbers; none without a table.

    A spreadsheet may have saved the table with another separator or encoding.

    Raises
    ------
    OutputError
        If it cannot be read, or lacks columns: it is then another file that must not be replaced.
    """
    try:
        text = _decode(read_regular(path, _MOST_TABLE_BYTES))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise OutputError(f"{path}: cannot be read ({error.strerror})") from error
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restval="")
    try:
        if not {*_KEY, _ANSWER} <= set(table.fieldnames or ()):
            raise OutputError(f"{path}: this is no table of an earlier review", "move it away, or name another folder")
        rows = [{name: row.get(name) or "" for name in COLUMNS} for row in table]
    except csv.Error as error:
        raise OutputError(f"{path}: the table is damaged ({error})", "mend it, or move it away") from error
    return {_find_key(row): row for row in rows if row[_ANSWER].strip()}


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _find_key(row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(row[name].strip() for name in _KEY)


def _make_rows(records: Iterable[Mapping[str, Any]], stems: Callable[[str, int], str]) -> Iterator[dict[str, str]]:
    for record in records:
        for index, number in enumerate(record["numbers"], 1):
            if number["status"] != "rejected":
                continue
            file, page = record["file"], record["page"]
            values = [
                *(_name_crop(stems(file, page), index), _escape_formula(file), page, number["line"], number["text"]),
                *(number["confidence"], number["reason"], *number["box"], ""),
            ]
            yield {name: _clean(str(value)) for name, value in zip(COLUMNS, values, strict=True)}


def _escape_formula(file: str) -> str:
    """Return the path, spelled so that no spreadsheet takes it for a formula."""
    return f"./{file}" if _FORMULA.match(file) else file


def _clean(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
