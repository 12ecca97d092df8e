"""The pages of a session, with their corrections -> files to take away."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import strftime

from pipeline.batch.forms import shape_for_form
from pipeline.forms.template import Template
from pipeline.outputs.added_numbers import ADDED
from pipeline.outputs.corrections import NO_NUMBER
from pipeline.outputs.csv_cells import spell_path
from pipeline.outputs.formats import FORMATS, GRIDS, Format
from pipeline.outputs.records import Record
from pipeline.outputs.report import Report
from pipeline.outputs.report_pictures import make_pictures
from pipeline.outputs.review import fill_in, write_crops, write_table
from pipeline.web.page.pictures import decode_picture, draw_annotated, map_to_boxes, rebuild_reading
from pipeline.web.page.session import OpenedPage

_BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel does not read a CSV file as UTF-8."""

RESULTS = "results.json"


@dataclass(frozen=True, slots=True)
class Download:
    """A file to take away: its label and name, its media type, and what makes its bytes."""

    label: str
    name: str
    media_type: str
    make: Callable[[], bytes]


def list_downloads(pages: Sequence[OpenedPage], template: Template | None, has_tables: bool) -> list[Download]:
    """Return the results of all pages in each format.

    Parameters
    ----------
    pages : of a session
    template : that they were read with; None for none: with one, CSV has a column per field
    has_tables : whether tables were looked for: CSV then holds these
    """
    csv = GRIDS if has_tables else FORMATS["csv"]
    csv = shape_for_form(csv, template) if template else csv
    json_, html = FORMATS["json"], FORMATS["html"]
    return [
        Download("CSV", "numbers.csv", "text/csv", lambda: (_BYTE_ORDER_MARK + format_text(pages, csv)).encode()),
        Download("Excel", "numbers.xlsx", _XLSX, lambda: make_workbook(pages)),
        Download("JSON", "numbers.json", "application/json", lambda: format_text(pages, json_).encode()),
        Download("Report", "numbers.html", "text/html", lambda: format_text(pages, html).encode()),
    ]


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def format_text(pages: Sequence[OpenedPage], format: Format) -> str:
    """Return the corrected results of pages in a format of text."""
    stream = io.StringIO()
    facts = {"read": strftime("%Y-%m-%d %H:%M"), "model": next((p.record["model"] for p in pages), None)}
    with Report(stream, format, facts=facts) as report:
        for page in pages:
            report.add(_correct(page, format.has_pictures))
    return stream.getvalue()


def _correct(page: OpenedPage, has_pictures: bool) -> Record:
    record = page.correct()
    if has_pictures and page.picture:
        bgr = decode_picture(page.picture)
        return record | make_pictures(record, bgr, map_to_boxes(bgr, record["size_px"]))
    return record


def make_workbook(pages: Sequence[OpenedPage]) -> bytes:
    """Return the corrected results of pages as a workbook.

    Raises
    ------
    SetupError
        If the library that writes it is not installed.
    """
    write_files = FORMATS["xlsx"].write_files
    with TemporaryDirectory(prefix="digits-page-") as folder:
        path = Path(folder) / "numbers.xlsx"
        if write_files is not None:
            write_files(path, [page.correct() for page in pages])
        return path.read_bytes()


def make_annotated(pages: Sequence[OpenedPage]) -> bytes:
    """Return the annotated pictures of pages, in an archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for at, page in enumerate(pages, 1):
            if page.picture:
                archive.writestr(f"{at:03}-{Path(page.file.name).stem}.{page.number}.jpg", draw_annotated(page))
    return stream.getvalue()


def make_corrections(pages: Sequence[OpenedPage]) -> bytes:
    """Return the corrections in an archive: the folder of a review that is filled in, and the results as read.

    An added number is a row whose ``number`` is empty.

    ``--apply-review`` takes its table, and ``python -m train adapt --corrections`` the folder that it is unpacked to.
    """
    corrected = [page for page in pages if page.is_corrected and page.picture]
    with TemporaryDirectory(prefix="digits-page-") as name:
        folder = Path(name)
        with_crops = [_write_page(page, folder, f"page-{at:03}") for at, page in enumerate(corrected, 1)]
        write_table(with_crops, folder)
        fill_in(folder, {key: value for page in corrected for key, value in _list_answers(page)})
        (folder / RESULTS).write_text(json.dumps([page.record for page in corrected]), "utf-8")
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                archive.write(path, path.relative_to(folder).as_posix())
    return stream.getvalue()


def _write_page(page: OpenedPage, folder: Path, stem: str) -> tuple[Record, list[str]]:
    """Write the crops of the numbers of a page that were corrected; return its record with these alone rejected."""
    read = [_mark(number, index in page.corrections) for index, number in enumerate(page.record["numbers"])]
    added = [_mark(number, True) for number in page.correct()["numbers"] if number.get(ADDED)]
    reading = replace(rebuild_reading({**page.record, "numbers": read + added}), tables=None)
    bgr = decode_picture(page.picture)
    names = write_crops(bgr, reading, map_to_boxes(bgr, page.record["size_px"]), folder, stem)
    told = [{**number, "text": "", "confidence": ""} for number in added]  # nothing was read there
    return {**page.record, "numbers": read + told}, names


def _mark(number: Record, is_corrected: bool) -> Record:
    reason = number["reason"] or ("added by a person" if number.get(ADDED) else "corrected by a person")
    return {**number, "status": "rejected" if is_corrected else "accepted", "reason": reason if is_corrected else None}


def _list_answers(page: OpenedPage) -> list[tuple[tuple[str, ...], str]]:
    file = spell_path(page.record["file"])
    return [
        ((file, str(page.number), *map(str, one.box)), NO_NUMBER if one.text is None else one.text)
        for one in page.list_corrections()
    ]
