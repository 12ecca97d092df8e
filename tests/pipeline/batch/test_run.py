"""Runs in this process, over a few files: what is written where, what is said, what is read again."""

from __future__ import annotations

import csv
import io
import json
import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline.batch import page_worker as worker
from pipeline.batch import progress, run
from pipeline.batch.jobs import Plan
from pipeline.batch.options import TIMEOUT_S
from pipeline.batch.page_worker import Worker
from pipeline.cli import main
from pipeline.outputs.formats import FORMATS
from pipeline.outputs.picture_keys import PICTURE_KEYS
from tests.support.drawing import make_reader, write_page
from tests.support.one_process import OneProcess

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, float, int]]:
    """Let this process do what others would; return what they were asked for: (workers, seconds, files)."""
    asked: list[tuple[int, float, int]] = []

    def stay_alone(plan: Plan, n_workers: int, timeout_s: float, n_jobs: int) -> nullcontext[OneProcess]:
        asked.append((n_workers, timeout_s, n_jobs))
        return nullcontext(OneProcess(Worker(plan, make_reader())))

    monkeypatch.setattr(progress, "_SHORT_RUN_S", 1e9)
    monkeypatch.setattr(run, "start_processes", stay_alone)
    return asked


@pytest.fixture
def pages_read(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Return the pages that have been read: (name of the file, page)."""
    read: list[tuple[str, int]] = []

    def note(page: Any, *others: Any, **named: Any) -> Any:
        read.append((Path(page.source).name, page.number))
        return analyze_page(page, *others, **named)

    analyze_page = worker.analyze_page
    monkeypatch.setattr(worker, "analyze_page", note)
    return read


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Return a folder of two pictures, a TIFF of three pages and a text file that is named as a picture."""
    folder = tmp_path / "scans"
    (folder / "sub").mkdir(parents=True)
    cv2.imwrite(str(folder / "a.png"), write_page("4237"))
    cv2.imwrite(str(folder / "sub" / "b.png"), write_page("90 15"))
    write_tiff(folder / "c.tif", "10", "21", "32")
    (folder / "d.jpg").write_text("I am a letter, not a photo.")
    return folder


def write_tiff(path: Path, *numbers: str) -> None:
    first, *others = (Image.fromarray(write_page(number)) for number in numbers)
    first.save(path, save_all=True, append_images=others)


def load_rows(path: Path) -> list[tuple[str, str, str]]:
    rows = csv.DictReader(io.StringIO(path.read_text()))
    return [(Path(row["file"]).name, row["page"], row["number"] or row["status"]) for row in rows]


ROWS = [
    *(("a.png", "1", "4237"), ("c.tif", "1", "10"), ("c.tif", "2", "21"), ("c.tif", "3", "32")),
    *(("d.jpg", "", "failed"), ("b.png", "1", "90"), ("b.png", "1", "15")),
]


def test_outputs_of_every_form_hold_the_same_pages(scans: Path, tmp_path: Path, capsys: Captured) -> None:
    files = [tmp_path / f"out.{ending}" for ending in ("csv", "json", "jsonl", "txt", "html")]
    assert main([str(scans), *(f"--output={file}" for file in files)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert load_rows(files[0]) == ROWS
    records = json.loads(files[1].read_text())
    lines = [json.loads(line) for line in files[2].read_text().splitlines()]
    assert {"journal" in record for record in lines} == {True}
    assert {bool({"journal", *PICTURE_KEYS} & set(record)) for record in records} == {False}
    stripped = [{k: v for k, v in line.items() if k not in ("journal", *PICTURE_KEYS)} for line in lines]
    assert sorted(stripped, key=lambda r: (r["file"], r["page"] or 0)) == records
    assert len(files[3].read_text().splitlines()) == len(records) == 6
    html = files[4].read_text()
    assert '"journal"' not in html
    assert html.count(" data-crops=") == 5
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "out.csv",
        "out.html",
        "out.json",
        "out.jsonl",
        "out.txt",
        "scans",
    ]
    assert err.splitlines()[0].startswith(f"error: {scans / 'd.jpg'}: this is a text file, not a picture; give a ")


def test_format_goes_before_the_ending(scans: Path, tmp_path: Path) -> None:
    assert main([str(scans / "a.png"), "-o", str(tmp_path / "out.csv"), "--format", "json", "-q"]) == 0
    assert json.loads((tmp_path / "out.csv").read_text())[0]["numbers"][0]["text"] == "4237"


def test_summary_is_on_stderr_where_results_go_to_files(
    scans: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [str(scans / "a.png"), str(scans / "d.jpg")]
    to_file = ["--output", str(tmp_path / "out.csv")]
    main([*given, *to_file])
    lines = capsys.readouterr().err.splitlines()[1:]
    assert lines[0].startswith("1 page read in ")
    assert lines[0].endswith(", 0 of them blank: 1 number, 0 rejected")
    assert lines[1:] == [
        "1 failed: 1 not a picture",
        f"results: {tmp_path / 'out.csv'}",
        f"journal: {tmp_path / 'out.csv.journal.jsonl'}",
    ]
    main([*given, *to_file, "-q"])
    assert capsys.readouterr().err.count("\n") == 1  # what has failed
    main(given)
    assert capsys.readouterr().err.count("\n") == 1  # it took no time
    monkeypatch.setattr(progress, "_SHORT_RUN_S", 0.0)
    main(given)
    assert "1 page read in" in capsys.readouterr().err
    main([*given, "-q"])
    assert capsys.readouterr().err.count("\n") == 1


def test_summary_of_a_run_that_read_nothing(tmp_path: Path, capsys: Captured) -> None:
    table, pictures = tmp_path / "out.csv", tmp_path / "pictures"
    assert main([str(tmp_path / "none.png"), "-o", str(table), "-o", str(table), "--annotate", str(pictures)]) == 3
    assert capsys.readouterr().err.splitlines()[2:] == [
        "1 failed: 1 not found",
        f"results: {table}",
        f"journal: {table}.journal.jsonl",
    ]


def test_resumed_run_reads_what_is_missing_failed_or_changed(
    scans: Path, tmp_path: Path, capsys: Captured, pages_read: list[tuple[str, int]]
) -> None:
    out = tmp_path / "out.csv"
    again = [str(scans), "--output", str(out), "--resume"]
    assert main([str(scans / "a.png"), str(scans / "c.tif"), "--pages", "1,3", "--output", str(out)]) == 0
    assert pages_read == [("a.png", 1), ("c.tif", 1), ("c.tif", 3)]
    pages_read.clear()
    assert main(again) == 1
    assert sorted(pages_read) == [("b.png", 1), ("c.tif", 2)]
    assert load_rows(out) == ROWS
    assert "1 file had been read before" in capsys.readouterr().err
    pages_read.clear()
    cv2.imwrite(str(scans / "d.jpg"), write_page("77"))
    write_tiff(scans / "c.tif", "5", "6")
    assert main(again) == 0
    assert sorted(pages_read) == [("c.tif", 1), ("c.tif", 2), ("d.jpg", 1)]
    assert load_rows(out)[1:4] == [("c.tif", "1", "5"), ("c.tif", "2", "6"), ("d.jpg", "1", "77")]
    pages_read.clear()
    before = out.read_bytes()
    out.unlink()
    assert main(again) == 0
    assert (pages_read, out.read_bytes()) == ([], before)
    assert main([*again, "--reject-below", "1"]) == 0
    assert len(pages_read) == 5  # other settings
    pages_read.clear()
    assert main(again[:-1]) == 0
    assert len(pages_read) == 5
    assert "an earlier journal is kept as" in capsys.readouterr().err


def test_stop_after_changed_settings_loses_no_record(
    scans: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch, pages_read: list[tuple[str, int]]
) -> None:
    out, journal = tmp_path / "out.csv", tmp_path / "out.csv.journal.jsonl"
    arguments = [str(scans), "--exclude", "*.jpg", "--output", str(out)]
    assert main(arguments) == 0
    rows, lines = out.read_bytes(), journal.read_bytes()

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(worker, "analyze_page", interrupt)
        assert main([*arguments, "--resume", "--signs"]) == 130
    assert journal.read_bytes() == lines
    assert main([*arguments, "--resume", "--signs", "--pages", "1"]) == 0
    left = "2 records of other settings or contents left in it"
    assert capsys.readouterr().err.rstrip().endswith(f"journal: {journal}, {left}")
    assert [row[:2] for row in load_rows(out)] == [row[:2] for row in ROWS if row[1] == "1"]
    pages_read.clear()
    assert main([*arguments, "--resume"]) == 0
    assert sorted(pages_read) == [("a.png", 1), ("b.png", 1), ("c.tif", 1)]  # --signs has replaced these
    assert out.read_bytes() == rows


def test_folder_that_is_away_for_a_moment_keeps_its_records(
    scans: Path, tmp_path: Path, pages_read: list[tuple[str, int]]
) -> None:
    out, names = tmp_path / "out.csv", tmp_path / "list.txt"
    names.write_text(f"{scans / 'a.png'}\n{scans / 'c.tif'}\n")
    arguments = [f"@{names}", "--output", str(out), "-q"]
    assert main(arguments) == 0
    rows = out.read_bytes()
    scans.rename(tmp_path / "away")
    pages_read.clear()
    assert main([*arguments, "--resume"]) == 3
    assert [row for row in load_rows(out) if row[2] != "failed"] == ROWS[:4]
    (tmp_path / "away").rename(scans)
    assert main([*arguments, "--resume"]) == 0
    assert (out.read_bytes(), pages_read) == (rows, [])


@pytest.mark.parametrize("is_resumed", [True, False])
def test_second_folder_with_the_same_names_takes_no_picture_s_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_resumed: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder, number in (("a", "4237"), ("b", "90")):
        Path(folder).mkdir()
        cv2.imwrite(f"{folder}/p.png", write_page(number))
    flags = ["-o", "r.csv", "--review", "v", "--annotate", "d", "--trace", "t", "--reject-below", "1", "-q"]
    assert main(["a", *flags]) == 0
    pictures = ("v/crops/p.1-*.png", "v/pages/p.annotated.jpg", "d/p.annotated.png", "t/p.1-gray.png")
    first = {path: path.read_bytes() for name in pictures for path in Path().glob(name)}
    assert len(first) == 4
    table = Path("v/review.csv")
    table.write_bytes(table.read_bytes().rstrip(b"\r\n") + b"4237\r\n")
    for folders in (["b"], ["b", "a"], ["a", "b"]):
        assert main([*folders, *flags, *(["--resume"] if is_resumed else [])]) == 0
        assert {path: path.read_bytes() for path in first} == first
        rows = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8-sig"))))
        values = {row["file"]: (row["number"], row["right_value"], row["crop"].rpartition("-")[0]) for row in rows}
        assert values == {"a/p.png": ("4237", "4237", "crops/p.1"), "b/p.png": ("90", "", "crops/p-2.1")}
        assert all((Path("v") / row["crop"]).is_file() for row in rows)


def test_exit_code_of_a_resumed_run_is_that_of_the_whole(scans: Path, tmp_path: Path) -> None:
    (scans / "sub" / "b.png").unlink()
    run = [str(scans), "--output", str(tmp_path / "out.json"), "--resume", "-q"]
    assert main(run) == 1
    assert main(run) == 1  # one failed again; the others have been read before
    (scans / "d.jpg").unlink()
    assert main([*run, "--reject-below", "1", "--strict"]) == 6
    assert main([*run, "--reject-below", "1", "--strict"]) == 6  # though nothing is read


def test_only_pages_that_are_asked_for(scans: Path, capsys: Captured) -> None:
    assert main([str(scans / "c.tif"), "--pages", "2-"]) == 0
    assert capsys.readouterr().out == f"{scans / 'c.tif'} [2]: 21\n{scans / 'c.tif'} [3]: 32\n"
    assert main([str(scans / "c.tif"), str(scans / "a.png"), "--pages", "3"]) == 1
    assert capsys.readouterr().out.splitlines()[1] == f"{scans / 'a.png'} [3]: (failed: there is no page 3; it has 1)"


def test_pdf_is_drawn_as_finely_as_is_asked_for(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "a.pdf"
    Image.fromarray(write_page("10")).save(path, resolution=100)
    sizes = []
    for dpi in ("100", "200"):
        assert main([str(path), "--dpi", dpi, "--format", "jsonl"]) == 0
        sizes.append(json.loads(capsys.readouterr().out)["size_px"])
    assert sizes == [[420, 260], [840, 520]]


def test_files_of_folders_are_chosen_by_patterns(scans: Path, capsys: Captured) -> None:
    assert main([str(scans), "--include", "*.png", "--include", "*.tif", "--exclude", "sub", "--pages", "1"]) == 0
    assert capsys.readouterr().out == f"{scans / 'a.png'}: 4237\n{scans / 'c.tif'}: 10\n"


def test_files_of_a_list_and_a_file_named_twice(scans: Path, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "list.txt").write_text(f"{scans / 'a.png'}\n\n# a note\n{scans / 'sub'}\n")
    assert main([f"@{tmp_path / 'list.txt'}", str(scans / "a.png")]) == 0
    assert capsys.readouterr().out == f"{scans / 'a.png'}: 4237\n{scans / 'sub' / 'b.png'}: 90 15\n"


@pytest.mark.parametrize("has_output", [False, True])
def test_rejected_numbers_are_put_out_for_review(
    scans: Path, tmp_path: Path, capsys: Captured, has_output: bool
) -> None:
    look = scans / "look"  # among the inputs, yet none of them
    arguments = [str(scans), "--exclude", "*.jpg", "--review", str(look), "--reject-below", "1"]
    arguments += ["--output", str(tmp_path / "out.csv")] if has_output else []
    for _ in range(2):
        assert main(arguments) == 0
        rows = list(csv.DictReader(io.StringIO((look / "review.csv").read_text(encoding="utf-8-sig"))))
        assert [row["number"] for row in rows] == ["4237", "10", "21", "32", "90", "15"]
        assert all((look / row["crop"]).is_file() for row in rows)
        assert f"to review: 6 in {look / 'review.csv'}" in capsys.readouterr().err


def test_report_on_stdout(scans: Path, tmp_path: Path, capsys: Captured) -> None:
    arguments = [str(scans), "--exclude", "*.jpg", "--format", "html"]
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("<!DOCTYPE html>") and out.rstrip().endswith("</html>")
    assert [out.count(f" data-{name}=") for name in PICTURE_KEYS] == [5, 5, 5]
    assert main([*arguments, "--output", str(tmp_path / "out"), "-q"]) == 0
    in_file = (tmp_path / "out").read_text()
    pages = [sorted(re.findall(r"<script type.*</script>", text)) for text in (out, in_file)]
    assert len(pages[0]) == 5
    assert pages[0] == pages[1]
    assert ["<dt>seconds</dt>" in text for text in (out, in_file)] == [False, True]  # at the start it is not known


@pytest.mark.parametrize("format", [name for name, row in FORMATS.items() if row.writer])
def test_every_text_format_can_go_to_a_device(scans: Path, format: str) -> None:
    assert main([str(scans / "a.png"), "--output", "/dev/null", "--format", format, "-q"]) == 0


def test_device_gets_results_as_they_come(scans: Path, tmp_path: Path) -> None:
    assert main([str(scans), "--output", "/dev/null", "-q"]) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["scans"]


def test_interrupted_run_keeps_its_journal_and_the_old_results(
    scans: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.csv"
    out.write_text("old: 1\n")

    def interrupt(page: Any, *others: Any, **named: Any) -> Any:
        if page.source.endswith("c.tif"):
            raise KeyboardInterrupt
        return analyze_page(page, *others, **named)

    analyze_page = worker.analyze_page
    with monkeypatch.context() as patch:
        patch.setattr(worker, "analyze_page", interrupt)
        assert main([str(scans), "--output", str(out)]) == 130
    journal = tmp_path / "out.csv.journal.jsonl"
    first, second = capsys.readouterr().err.splitlines()
    assert first == f"interrupted; 1 page is safe in {journal}"
    assert second.startswith("to go on: ") and second.endswith(f" {scans} --output {out} --resume")
    assert out.read_text() == "old: 1\n"
    assert [Path(json.loads(line)["file"]).name for line in journal.read_text().splitlines()] == ["a.png"]
    assert main([str(scans), "--output", str(out), "--resume", "-q"]) == 1
    assert load_rows(out) == ROWS


def test_interrupted_run_without_a_journal_says_so(
    scans: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(worker, "analyze_page", interrupt)
    assert main([str(scans)]) == 130
    assert capsys.readouterr().err == "interrupted; only a run with --output can be resumed\n"


def test_names_cannot_forge_lines(scans: Path, capsys: Captured) -> None:
    for name in ("x\nother.jpg: 999.png", "\x1b]0;T\x07.png", "=cmd|calc!A0.png"):
        (scans / "sub" / name).write_bytes((scans / "a.png").read_bytes())
    (scans / "sub" / "\x1b[31m.jpg").write_text("no picture")
    for format in ("text", "csv"):
        assert main([str(scans / "sub"), "--format", format, "-v"]) == 1
        out, err = capsys.readouterr()
        assert "\x1b" not in out + err
        assert not [line for line in (out + err).splitlines() if line.startswith("other.jpg")]
        assert r"x\nother.jpg: 999.png" in out


def test_watched_folder_is_written_while_idle_and_its_final_states_count(
    scans: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, seen = tmp_path / "out.csv", list[list[tuple[str, str, str]]]()
    bad = scans / "d.jpg"

    def watch(folder: Path, list_sources: Any) -> Any:
        yield from (one for one in list_sources() if one.path.endswith("d.jpg"))
        yield None
        yield None
        seen.append(load_rows(out))
        cv2.imwrite(str(bad), write_page("77"))
        yield from (one for one in list_sources() if one.path.endswith("d.jpg"))
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "watch_folder", watch)
    assert main(["--watch", str(scans), "--output", str(out)]) == 0
    assert seen == [[("d.jpg", "", "failed")]]
    assert load_rows(out) == [("d.jpg", "1", "77")]
    assert "1 page read in" in capsys.readouterr().err


def test_note_on_a_picture_is_printed(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "a.gif"
    first, second = (Image.fromarray(write_page(number)) for number in ("10", "21"))
    first.save(path, save_all=True, append_images=[second])
    assert main([str(path)]) == 0
    out, err = capsys.readouterr()
    assert out == f"{path}: 10\n"
    assert err.startswith(f"{path}: ")
    assert err.count("\n") == 1


def test_every_file_is_read_in_a_worker_process(
    scans: Path, capsys: Captured, started: list[tuple[int, float, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "count_cores", lambda: 7)
    for given, asked in (
        ([str(scans / "a.png")], (7, TIMEOUT_S, 1)),
        ([str(scans)], (7, TIMEOUT_S, 4)),
        ([str(scans), "--workers", "3"], (3, TIMEOUT_S, 4)),
        ([str(scans / "a.png"), "--timeout", "2.5"], (7, 2.5, 1)),
    ):
        main([*given, "-q"])
        assert started.pop() == asked
    assert len(capsys.readouterr().out.splitlines()) == 1 + 6 + 6 + 1


@pytest.mark.slow
def test_folder_is_watched_until_it_is_interrupted(
    scans: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def watch(folder: Path, list_sources: Any) -> Any:
        yield None
        yield from list_sources()
        cv2.imwrite(str(folder / "e.png"), np.rot90(write_page("4237"), 2))
        yield [one for one in list_sources() if one.path.endswith("e.png")][0]
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "watch_folder", watch)
    out = tmp_path / "out.csv"
    assert main(["--watch", str(scans), "--exclude", "*.jpg", "--output", str(out)]) == 0
    assert [row[0] for row in load_rows(out)] == ["a.png", "c.tif", "c.tif", "c.tif", "e.png", "b.png", "b.png"]
    assert "6 pages read in" in capsys.readouterr().err
