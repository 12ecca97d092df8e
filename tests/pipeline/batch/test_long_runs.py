"""Whole runs with worker processes: the same results whoever reads, and what an end before the end leaves."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import psutil
import pytest
from PIL import Image

from pipeline.batch.jobs import Job, Plan
from pipeline.batch.page_worker import Worker
from pipeline.batch.sources import Source
from pipeline.outputs.csv_writer import make_rows
from pipeline.recognition.classify import load_classifier
from tests.support.drawing import write_page

TOP = Path(__file__).resolve().parents[3]
FAULTY = """
import sys
from pipeline.batch import process_pool
from pipeline.cli import main
from tests.support import faults
process_pool.read_in_worker = faults.read
sys.exit(main())
"""
"""The program, but that files called hang... and crash... do so."""

SOON_S = 30.0
"""Long enough for a loaded machine, short against the --timeout (60 s) and the hanging (600 s) that must not count."""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")]


@contextmanager
def start(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Yield the run, in a process group of its own; whatever of it is left at the end is killed."""
    command = [sys.executable, "-W", "error", "-c", FAULTY, *arguments]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=TOP, text=True, start_new_session=True, **streams) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def finish(*arguments: str) -> tuple[int, str]:
    with start(*arguments) as process:
        _, err = process.communicate()
    return process.returncode, err


def wait_for_records(journal: Path, n: int, process: subprocess.Popen[str]) -> None:
    while not journal.exists() or journal.read_bytes().count(b"\n") < n:
        assert process.poll() is None
        time.sleep(0.02)


def write_pictures(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for n, name in enumerate(names):
        cv2.imwrite(str(folder / name), write_page(str(4230 + n)))
    return folder


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of ten pictures, two files of three pages, and what makes trouble."""
    folder = write_pictures(tmp_path_factory.mktemp("tree") / "scans", *(f"p{n}.png" for n in range(10)))
    write_pictures(folder / "sub", "crash.png", "hang.png")
    first, *others = (Image.fromarray(write_page(number)) for number in ("10", "21", "32"))
    first.save(folder / "three.tif", save_all=True, append_images=others)
    first.save(folder / "sub" / "three.pdf", save_all=True, append_images=others, resolution=100)
    (folder / "empty.png").write_bytes(b"")
    (folder / "letter.jpg").write_text("I am a letter, not a photo.")
    whole = cv2.imencode(".jpg", write_page("90"))[1].tobytes()
    (folder / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    return folder


@pytest.fixture(scope="module")
def results(scans: Path) -> bytes:
    """Return the CSV of two workers."""
    out = scans.parent / "two.csv"
    code, err = finish(str(scans), "--workers", "2", "--timeout", "4", "-o", str(out))
    assert code == 1
    assert err.count("error: ") >= 4
    return out.read_bytes()


def test_one_worker_gives_the_same_as_two(scans: Path, results: bytes) -> None:
    out = scans.parent / "one.csv"
    assert finish(str(scans), "--workers", "1", "--timeout", "4", "-o", str(out), "-q")[0] == 1
    assert out.read_bytes() == results


def test_each_file_alone_gives_the_same(scans: Path, results: bytes) -> None:
    rows = list(csv.reader(io.StringIO(results.decode())))[1:]
    rows_of = {row[0]: [other for other in rows if other[0] == row[0]] for row in rows}
    assert {Path(path).relative_to(scans).as_posix() for path in rows_of} == {
        *(f"p{n}.png" for n in range(10)),
        *("three.tif", "sub/three.pdf", "empty.png", "letter.jpg", "truncated.jpg", "sub/crash.png", "sub/hang.png"),
    }
    assert all(
        row[5] == "failed" for name in ("crash", "hang") for row in rows_of.pop(str(scans / "sub" / f"{name}.png"))
    )
    for path, expected in rows_of.items():
        reader = Worker(Plan(), load_classifier())
        outcomes = [reader.read(Job(Source(path, "x")))]
        outcomes += [reader.read(Job(Source(path, "x"), n)) for n in range(2, (outcomes[0].n_pages or 1) + 1)]
        alone = [["" if cell is None else str(cell) for cell in row] for o in outcomes for row in make_rows(o.record)]
        assert alone == expected
    assert [row[3] for row in rows_of[str(scans / "three.tif")]] == ["10", "21", "32"]
    assert [rows_of[str(scans / f"p{n}.png")][0][3] for n in range(10)] == [str(4230 + n) for n in range(10)]


def test_killed_run_goes_on_to_the_same_bytes(scans: Path, results: bytes) -> None:
    out, journal = scans.parent / "killed.csv", scans.parent / "killed.csv.journal.jsonl"
    arguments = (str(scans), "--workers", "2", "--timeout", "4", "-o", str(out))
    with start(*arguments) as process:
        wait_for_records(journal, 3, process)
        process.kill()
        process.communicate()
    assert not out.exists()
    n_kept = sum(json.loads(line)["status"] == "ok" for line in journal.read_bytes().splitlines())
    code, err = finish(*arguments, "--resume")
    assert (code, out.read_bytes()) == (1, results)
    assert n_kept > 0
    assert "had been read before" in err
    assert len(set(journal.read_bytes().splitlines())) == 21


@pytest.mark.parametrize("is_hard", [False, True], ids=["Ctrl-C", "parent killed"])
def test_all_end_soon_also_while_workers_hang(tmp_path: Path, is_hard: bool) -> None:
    folder = write_pictures(tmp_path / "in", "a.png", "b.png", "hang1.png", "hang2.png", "z.png")
    out = tmp_path / "out.csv"
    journal = tmp_path / "out.csv.journal.jsonl"
    with start(str(folder), "--workers", "2", "-o", str(out)) as process:
        wait_for_records(journal, 2, process)
        time.sleep(0.5)
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 2
        if is_hard:
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: all of the group get it
        _, err = process.communicate(timeout=SOON_S)
        _, alive = psutil.wait_procs(family, timeout=SOON_S)
    assert alive == []
    assert process.returncode == (-signal.SIGKILL if is_hard else 130)
    assert [line.split(" ")[0] for line in err.splitlines()] == ([] if is_hard else ["interrupted;", "to"])
    read = [json.loads(line) for line in journal.read_bytes().splitlines()]
    done = sorted((Path(record["file"]).name, record["status"]) for record in read)
    assert done == [("a.png", "ok"), ("b.png", "ok")]
    assert not out.exists()


def test_watched_folder_is_read_until_it_is_interrupted(tmp_path: Path) -> None:
    folder, out = write_pictures(tmp_path / "in", "a.png"), tmp_path / "out.csv"
    journal = tmp_path / "out.csv.journal.jsonl"
    with start("--watch", str(folder), "--workers", "1", "-o", str(out)) as process:
        wait_for_records(journal, 1, process)
        write_pictures(folder / "later", "b.png", "crash.png")
        wait_for_records(journal, 3, process)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert [(Path(row["file"]).name, row["number"], row["status"]) for row in rows] == [
        *(("a.png", "4230", "accepted"), ("b.png", "4230", "accepted"), ("crash.png", "", "failed"))
    ]
    assert "1 failed: 1 crashed" in err
    assert "Traceback" not in err
