from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import openpyxl
import pytest

from pipeline.cli import main
from pipeline.forms.template import FormField, Template
from pipeline.outputs.records import make_record
from pipeline.outputs.thumbnail import encode_jpeg
from pipeline.reading.read_page import read_page
from pipeline.types import Page
from pipeline.web.page.downloads import list_downloads, make_annotated, make_corrections
from pipeline.web.page.session import GivenFile, OpenedPage
from tests.support.api import fail
from tests.support.drawing import make_reader, write_page
from tests.support.forms import AGE, draw_blank
from tests.support.records import make_tables
from tests.support.sessions import open_page
from train.adaptation.corrections import load_corrections

GRAY = write_page("4237", "56")


@pytest.fixture
def page() -> OpenedPage:
    record = {**make_record(read_page(GRAY, make_reader())), "file": "=a.png"}
    return OpenedPage(GivenFile("k", "=a.png", b""), record, encode_jpeg(cv2.cvtColor(GRAY, cv2.COLOR_GRAY2BGR)))


def make(label: str, *pages: OpenedPage, template: Template | None = None, has_tables: bool = False) -> bytes:
    (found,) = [one for one in list_downloads(pages, template, has_tables) if one.label == label]
    return found.make()


def test_corrections_are_in_every_format(page: OpenedPage) -> None:
    page.corrections = {0: "99", 1: "-"}
    failed = open_page(fail("damaged").record)
    rows = list(csv.DictReader(io.StringIO(make("CSV", page, failed).decode("utf-8-sig"))))
    assert [(row["number"], row["status"]) for row in rows] == [("99", "accepted"), ("", "failed")]
    assert make("CSV", page).startswith(b"\xef\xbb\xbf")
    records = json.loads(make("JSON", page, failed))
    assert [number["corrected_from"] for number in records[0]["numbers"]] == ["4237"]
    assert len(records[0]["removed"]) == 1
    html = make("Report", page, failed).decode("ascii")
    assert '"99"' in html and "data:image/webp" in html
    sheet = openpyxl.load_workbook(io.BytesIO(make("Excel", page, failed))).active
    assert sheet is not None and sheet.cell(2, 4).value == 99


def test_csv_of_tables_holds_their_corrected_cells() -> None:
    record = make_tables([["1", ""], ["2", "3"]])
    assert make("CSV", open_page(record, n0="7"), has_tables=True).decode("utf-8-sig").split() == ["7,", "2,3"]


def test_csv_of_a_form_has_a_column_per_field() -> None:
    template = Template("form.toml", (Page(draw_blank()),), (FormField("age", AGE),))
    head = make("CSV", open_page(fail("other-form").record), template=template).decode("utf-8-sig").splitlines()[0]
    assert head.endswith("age,age_confidence,age_status")


def test_annotated_pictures(page: OpenedPage) -> None:
    with zipfile.ZipFile(io.BytesIO(make_annotated([page, open_page(fail("damaged").record)]))) as archive:
        name, *_ = archive.namelist()
        assert name == "001-=a.1.jpg"
        assert cv2.imdecode(np.frombuffer(archive.read(name), np.uint8), cv2.IMREAD_COLOR).shape[0] > 100


def test_corrections_are_a_review_that_is_filled_in(page: OpenedPage, tmp_path: Path) -> None:
    page.corrections = {0: "99", 1: "-"}
    with zipfile.ZipFile(io.BytesIO(make_corrections([page, open_page(fail("damaged").record)]))) as archive:
        archive.extractall(tmp_path)
    results, table, right = tmp_path / "results.json", tmp_path / "review.csv", tmp_path / "right.json"
    assert main([str(results), "--apply-review", str(table), "-o", str(right), "-q"]) == 0
    (record,) = json.loads(right.read_text("utf-8"))
    assert [number["text"] for number in record["numbers"]] == ["99"]
    crops, left_out = load_corrections(tmp_path)
    assert [crop.digits for crop in crops] == ["99"]
    assert left_out == {"no number": 1}
    ink = (crops[0].gray < 128).nonzero()
    assert crops[0].box.left - 3 <= ink[1].min() and ink[1].max() <= crops[0].box.right + 3


def test_a_confirmed_number_is_a_correction_too(page: OpenedPage, tmp_path: Path) -> None:
    page.corrections = {0: "4237"}
    with zipfile.ZipFile(io.BytesIO(make_corrections([page]))) as archive:
        archive.extractall(tmp_path)
    assert [crop.digits for crop in load_corrections(tmp_path)[0]] == ["4237"]
