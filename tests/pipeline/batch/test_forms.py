"""Forms through the command line: a row per page, pages that are no form, --resume with another template."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import pytest
from openpyxl import load_workbook

from pipeline.cli import main
from pipeline.forms.template_file import format_template
from tests.support.forms import draw_blank, fill_blank, make_form, photograph

pytestmark = [pytest.mark.usefixtures("alone"), pytest.mark.slow]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a template, two filled forms and a photo that is none."""
    scans = tmp_path / "scans"
    scans.mkdir()
    pictures = {
        "blank.png": draw_blank(),
        "scans/1.png": photograph(fill_blank("907", "5386", "46"), 7)[0],
        "scans/2.png": photograph(fill_blank("32", "", "7"), 183)[0],
        "scans/3.png": photograph(draw_blank("Wrong")[:, ::-1].copy())[0],
    }
    for name, gray in pictures.items():
        (tmp_path / name).write_bytes(cv2.imencode(".png", gray)[1].tobytes())
    (tmp_path / "form.toml").write_text(format_template(["blank.png"], make_form().fields), encoding="utf-8")
    return tmp_path


def run(folder: Path, *flags: str) -> int:
    return main([str(folder / "scans"), "--template", str(folder / "form.toml"), "-q", *flags])


def test_run_goes_on_past_what_is_no_form(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, lines, book = folder / "read.csv", folder / "read.jsonl", folder / "read.xlsx"
    assert run(folder, "-o", str(table), "-o", str(lines), "-o", str(book), "--annotate", str(folder / "seen")) == 1
    assert "does not show the form of" in capsys.readouterr().err
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert [row["status"] for row in rows] == ["accepted", "accepted", "failed"]
    assert [row["amount"] for row in rows] == ["907", "32", ""]
    assert rows[0]["code"] == "5386" and rows[1]["code_status"] == "blank"
    assert [row[5] for row in load_workbook(book)["fields"].iter_rows(values_only=True)] == ["amount", 907, 32, None]
    records = sorted(map(json.loads, lines.read_text(encoding="utf-8").splitlines()), key=lambda one: one["file"])
    assert records[0]["form_page"] == 1 and records[0]["fields"][2]["text"] == "46"
    assert records[2]["error"]["code"] == "other-form" and records[2]["numbers"] == []
    assert len(list((folder / "seen").rglob("*.annotated.png"))) == 2


def test_resume_reads_again_with_another_template(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = folder / "read.csv"
    first = [str(folder / "scans" / "1.png"), "--template", str(folder / "form.toml"), "-o", str(table), "--resume"]
    assert main(first) == 0
    assert "1 page read" in capsys.readouterr().err
    assert main(first) == 0
    assert "1 page read" not in capsys.readouterr().err
    text = (folder / "form.toml").read_text(encoding="utf-8").replace("box = [420, 150", "box = [421, 150")
    (folder / "form.toml").write_text(text, encoding="utf-8")
    assert main(first) == 0
    assert "read with other settings, another model or another version" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--signs", "--no-turn", "--digits=3", "--writing=hand", "--trace=t"])
def test_flags_that_do_not_go_with_a_form(folder: Path, flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, flag) == 2
    assert f"{flag.split('=')[0]} cannot be used with --template" in capsys.readouterr().err


def test_template_is_not_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "rooms.txt").write_text("1\n", encoding="utf-8")
    text = (
        (folder / "form.toml").read_text(encoding="utf-8").replace('name = "age"', 'name = "age"\nvalues="rooms.txt"')
    )
    (folder / "form.toml").write_text(text, encoding="utf-8")
    assert run(folder, "-o", str(folder / "rooms.txt")) == 2
    assert "is a file of the template" in capsys.readouterr().err


def test_live_reading_has_no_template(folder: Path) -> None:
    assert main(["--webcam", "0", "--template", str(folder / "form.toml")]) == 2
