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
from pipeline.geometry import Box
from pipeline.outputs.records import make_record
from pipeline.outputs.thumbnail import encode_jpeg
from pipeline.reading.read_page import read_page
from pipeline.types import Page
from pipeline.web.page.downloads import list_downloads, make_annotated, make_corrections
from pipeline.web.page.session import AddedNumber, GivenFile, OpenedPage
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


def add(page: OpenedPage) -> Box:
    """Take the last number of a page away, as if it had been missed, and add it; return its box."""
    box = Box(*page.record["numbers"].pop()["box"])
    loose = Box(box.left - 3, box.top - 4, box.right + 5, box.bottom + 2)
    page.added = [AddedNumber("added 1", loose, "56"), AddedNumber("added 2", Box(1, 2, 30, 40))]
    return box


def test_added_number_is_in_every_format(page: OpenedPage) -> None:
    box = add(page)
    rows = list(csv.DictReader(io.StringIO(make("CSV", page).decode("utf-8-sig"))))
    assert [(row["number"], row["reason"]) for row in rows] == [("4237", ""), ("56", "added by a person")]
    (record,) = json.loads(make("JSON", page))
    assert [number.get("added", False) for number in record["numbers"]] == [False, True]
    html = make("Report", page).decode("ascii")
    assert '"56"' in html and "added by a person" in html
    sheet = openpyxl.load_workbook(io.BytesIO(make("Excel", page))).active
    assert sheet is not None and sheet.cell(3, 4).value == 56
    with zipfile.ZipFile(io.BytesIO(make_annotated([page]))) as archive:
        drawn = cv2.imdecode(np.frombuffer(archive.read(archive.namelist()[0]), np.uint8), cv2.IMREAD_COLOR)
    page.added = []
    with zipfile.ZipFile(io.BytesIO(make_annotated([page]))) as archive:
        bare = cv2.imdecode(np.frombuffer(archive.read(archive.namelist()[0]), np.uint8), cv2.IMREAD_COLOR)
    assert drawn.shape == bare.shape
    factor = drawn.shape[1] // GRAY.shape[1]
    around = np.argwhere(cv2.absdiff(drawn, bare).max(axis=2) > 60) / factor
    assert around[:, 1].min() < box.left and around[:, 1].max() > box.right


def test_added_number_is_in_the_grid_of_its_table() -> None:
    record = make_tables([["1", ""]])
    record["tables"][0]["cells"][1]["corners"] = [[100, 0], [200, 0], [200, 90], [100, 90]]
    page = open_page(record)
    page.added = [AddedNumber("added 1", Box(110, 10, 140, 40), "5")]
    assert make("CSV", page, has_tables=True).decode("utf-8-sig") == "1,5\n"


def test_added_number_goes_into_the_results_and_into_a_model(page: OpenedPage, tmp_path: Path) -> None:
    add(page)
    page.corrections = {0: "99"}
    with zipfile.ZipFile(io.BytesIO(make_corrections([page]))) as archive:
        archive.extractall(tmp_path)
    rows = list(csv.DictReader((tmp_path / "review.csv").read_text("utf-8-sig").splitlines()))
    assert [(row["number"], row["confidence"], row["right_value"]) for row in rows][1] == ("", "", "56")
    results, table, right = tmp_path / "results.json", tmp_path / "review.csv", tmp_path / "right.json"
    for source in (results, right):
        assert main([str(source), "--apply-review", str(table), "-o", str(tmp_path / "new.json"), "-q"]) == 0
        (tmp_path / "new.json").replace(right)
        (record,) = json.loads(right.read_text("utf-8"))
        assert [(n["text"], n.get("added", False)) for n in record["numbers"]] == [("99", False), ("56", True)]
    crops, left_out = load_corrections(tmp_path)
    assert ([crop.digits for crop in crops], left_out) == (["99", "56"], {})
    inked = np.flatnonzero((crops[1].gray[crops[1].box.slices] < 128).any(axis=0))
    assert inked[0] > 1 and inked[-1] < crops[1].box.width - 2


def test_added_number_alone_is_a_correction(page: OpenedPage, tmp_path: Path) -> None:
    add(page)
    with zipfile.ZipFile(io.BytesIO(make_corrections([page]))) as archive:
        archive.extractall(tmp_path)
    assert [crop.digits for crop in load_corrections(tmp_path)[0]] == ["56"]
