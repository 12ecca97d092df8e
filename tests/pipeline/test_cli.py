from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.batch import page_worker as worker
from pipeline.batch import run as runner
from pipeline.cli import _suggest_resuming, main
from pipeline.version import __version__
from tests.support.drawing import write_page
from tests.support.pdfs import make_locked_pdf

TOP = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.usefixtures("alone")
BOOM = "def boom(*_): raise RuntimeError('boom')"


@pytest.fixture
def photo(tmp_path: Path) -> str:
    """Return the path of a small photo with a 1 and a 0 drawn on it."""
    gray = np.full((120, 200), 230, np.uint8)
    cv2.line(gray, (60, 30), (60, 90), 30, 6)
    cv2.ellipse(gray, (110, 60), (18, 30), 0, 0, 360, 30, 6)
    path = tmp_path / "photo.png"
    path.write_bytes(cv2.imencode(".png", gray)[1].tobytes())
    return str(path)


def copy(photo: str, name: str = "copy/photo.png") -> str:
    """Return the path of a copy beside it: the same file, named twice, would be read once."""
    path = Path(photo).parent / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(Path(photo).read_bytes())
    return str(path)


@pytest.fixture
def bad(tmp_path: Path) -> str:
    path = tmp_path / "bad.jpg"
    path.write_text("I am a letter, not a photo.")
    return str(path)


Captured = pytest.CaptureFixture[str]


def test_text_on_stdout_and_nothing_on_stderr(photo: str, capsys: Captured) -> None:
    assert main([photo]) == 0
    out, err = capsys.readouterr()
    assert out == f"{photo}: 10\n"
    assert err == ""


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "csv"])
def test_bad_file_is_a_record_and_the_good_one_is_read(photo: str, bad: str, form: str, capsys: Captured) -> None:
    assert main([bad, photo, "--format", form]) == 1
    out, err = capsys.readouterr()
    hint = "give a PDF, JPEG, PNG, TIFF, HEIC, WebP, AVIF, BMP or GIF"
    assert err == f"error: {bad}: this is a text file, not a picture; {hint}\n"
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(out)))
        assert [(row["status"], row["number"]) for row in rows] == [("failed", ""), ("accepted", "10")]
    elif form == "text":
        assert len(out.splitlines()) == 2
    else:
        failed, good = json.loads(out) if form == "json" else map(json.loads, out.splitlines())
        assert (failed["status"], failed["error"]["code"], failed["numbers"]) == ("failed", "not-a-picture", [])
        assert (good["status"], good["size_px"], good["numbers"][0]["text"]) == ("ok", [200, 120], "10")
        left, top, right, bottom = good["numbers"][0]["box"]
        assert left < 60 < 110 < right < 200
        assert top <= 30 < 90 <= bottom < 120


def test_what_is_known_of_the_numbers(photo: str, tmp_path: Path, capsys: Captured) -> None:
    values = tmp_path / "values.csv"
    values.write_text("value\n1.0\n77\n")
    for flags, out in (
        (["--digits", "2"], "10"),
        (["--digits", "9"], "10?"),
        (["--range", "200:300"], "10?"),
        (["--pattern", "d-d"], "1-0"),
        (["--values", str(values)], "1.0"),
    ):
        assert main([photo, *flags]) == 0
        assert capsys.readouterr().out == f"{photo}: {out}\n"


def test_resumed_run_reads_anew_what_was_read_under_another_constraint(
    photo: str, tmp_path: Path, capsys: Captured
) -> None:
    out = tmp_path / "out.jsonl"
    for flags, text in (([], "10"), (["--pattern", "d-d"], "1-0"), (["--pattern", "d/d"], "1/0")):
        assert main([photo, "-o", str(out), "--resume", *flags]) == 0
        texts = [json.loads(line)["numbers"][0]["text"] for line in out.read_text().splitlines() if "numbers" in line]
        assert texts[-1] == text
    capsys.readouterr()


def test_output_file_instead_of_stdout(photo: str, tmp_path: Path, capsys: Captured) -> None:
    assert main([photo, "--format", "json", "--output", str(tmp_path / "out.json")]) == 0
    assert capsys.readouterr().out == ""
    assert json.loads((tmp_path / "out.json").read_text())[0]["model"] == "digits"


def test_annotate_and_trace_fill_their_folders(photo: str, tmp_path: Path) -> None:
    drawn, trace = tmp_path / "new" / "drawn", tmp_path / "trace"
    assert main([photo, copy(photo), "--annotate", str(drawn), "--trace", str(trace)]) == 0
    assert sorted(path.name for path in drawn.iterdir()) == ["photo.png-2.annotated.png", "photo.png.annotated.png"]
    assert {path.name.rsplit(".", 2)[0] for path in trace.iterdir()} == {"photo.png", "photo.png-2"}


def test_second_run_does_not_read_what_the_first_has_drawn(photo: str, tmp_path: Path, capsys: Captured) -> None:
    for folder in (tmp_path, tmp_path / "drawn"):
        for _ in range(2):
            assert main([str(tmp_path), "--annotate", str(folder), "--trace", str(tmp_path / "trace")]) == 0
            assert capsys.readouterr().out == f"{photo}: 10\n"


def test_reject_below_and_strict(photo: str, capsys: Captured) -> None:
    assert main([photo, "--reject-below", "1"]) == 0
    assert capsys.readouterr().out == f"{photo}: 10?\n"
    assert main([photo, "--reject-below", "1", "--strict"]) == 6
    out, err = capsys.readouterr()
    assert out == f"{photo}: 10?\n"
    assert err.startswith("error: 1 number was rejected; ")
    assert main([photo, "--strict", "--reject-below", "0"]) == 0


def test_settings_file(photo: str, tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "own.toml"
    path.write_text("[images]\nleast_side_px = 100\n[decode]\nreject_below = 1.0\n")
    assert main([photo, "--settings", str(path)]) == 0
    assert "10?" in capsys.readouterr().out
    assert main([photo, "--settings", str(path), "--reject-below", "0.1"]) == 0
    assert "10\n" in capsys.readouterr().out
    path.write_text("[images]\nleast_side_px = -1\n")
    assert main([photo, "--settings", str(path)]) == 2


def test_verbose_prints_seconds_on_stderr(photo: str, capsys: Captured) -> None:
    assert main([photo, "-v"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{photo}: 10\n"
    assert "1 numbers; seconds: decode " in err


ERRORS = {
    "no input": (["-q"], 2, "nothing to read is given; name a picture, a PDF or a folder"),
    "mistyped flag": (["{photo}", "--formt", "csv"], 2, "did you mean --format?"),
    "unknown ending": (["{photo}", "-o", "{tmp}/a.xls"], 2, "no format of results has this ending; use .txt, "),
    "video": (["{tmp}/clip.mp4"], 3, "this is a video, which is read frame by frame; read it with --webcam "),
    "address": (["https://me:you@host/a.jpg"], 3, "https://...@host/a.jpg: an address with a password is not read"),
    "stream": (["rtsp://host/a"], 3, "read it live: --webcam rtsp://host/a"),
    "other address": (["ftp://host/a.jpg"], 3, "http, https, s3, gs and az are read; copy it to this computer first"),
    "address of a file": (["file:///a.jpg"], 3, "give its path, without file://"),
    "pattern": (["{tmp}/*.gif"], 3, "there is no such file, and none matches it as a pattern; check"),
    "unknown flag": (["{photo}", "--fast"], 2, "unrecognized arguments: --fast"),
    "unknown form": (["{photo}", "--format", "xml"], 2, "invalid choice: 'xml'"),
    "no probability": (["{photo}", "--reject-below", "2"], 2, "expected a number from 0 to 1, received '2'"),
    "no number": (["{photo}", "--reject-below", "half"], 2, "expected a number from 0 to 1, received 'half'"),
    "quiet and loud": (["{photo}", "-q", "-v"], 2, "not allowed with"),
    "no settings file": (["{photo}", "--settings", "{tmp}/none.toml"], 2, "none.toml"),
    "output over the input": (["{photo}", "--output", "{photo}"], 2, "photo.png is one of the inputs"),
    "trace among the inputs": (["{tmp}", "--trace", "{tmp}"], 2, "is one of the inputs"),
    "review among the inputs": (["{tmp}", "--review", "{tmp}"], 2, "is one of the inputs; choose another name"),
    "output over the watched": (["--watch", "{tmp}", "-o", "{tmp}"], 2, "is one of the inputs"),
    "no folder to watch": (["--watch", "{photo}", "-o", "{tmp}/a.csv"], 2, "there is no such folder; make it first"),
    "watch to nowhere": (["--watch", "{tmp}"], 2, "--watch needs --output; name a file for the results"),
    "resume nothing": (["{photo}", "--resume"], 2, "--resume needs --output"),
    "resume something else": (["{photo}", "--resume", "-o", "{tmp}/notes.jsonl"], 2, "is no journal of this program"),
    "no workers": (["{photo}", "--workers", "0"], 2, "expected a whole number from 1, received '0'"),
    "no time": (["{photo}", "--timeout", "0"], 2, "expected seconds, more than 0, received '0'"),
    "pages backwards": (["{photo}", "--pages", "3-1"], 2, "expected pages like 1-3,7,20-, received '3-1'"),
    "no resolution": (["{photo}", "--dpi", "1"], 2, "dpi"),
    "missing": (["{tmp}/none.jpg"], 3, "none.jpg: there is no such file; check the path"),
    "name too long": (["{tmp}/" + "x" * 300 + ".jpg"], 3, "it cannot be read (File name too long)"),
    "ring of links": (["{tmp}/ring"], 3, "it cannot be read (Too many levels of symbolic links)"),
    "empty folder": (["{tmp}/empty"], 3, "no picture in this folder"),
    "missing list": (["@{tmp}/none.txt"], 3, "there is no such list; check the path"),
    "empty list": (["@{tmp}/notes.txt"], 3, "this list names no file"),
    "all filtered out": (["{tmp}", "--include", "*.gif"], 3, "filtered out by include and exclude; change the"),
    "page past the end": (["{photo}", "--pages", "2"], 3, "there is no page 2; it has 1"),
    "unknown model": (["{photo}", "--model", "nobody"], 4, "there is no model 'nobody'"),
    "output in no folder": (["{photo}", "--output", "{tmp}/no/out"], 5, "cannot be written"),
    "output is a folder": (["{photo}", "--output", "{tmp}/empty"], 5, "this is a folder; name a file"),
    "second output in no folder": (["{photo}", "-o", "{tmp}/a", "-o", "{tmp}/no/b"], 5, "there is no folder"),
    "review into a file": (["{photo}", "--review", "{photo}/x"], 5, "cannot be made"),
    "annotate into a file": (["{photo}", "--annotate", "{photo}"], 5, "cannot be made"),
    "trace into a file": (["{photo}", "--trace", "{photo}/x"], 5, "cannot be made"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_each_error_is_one_line_and_its_code(name: str, photo: str, tmp_path: Path, capsys: Captured) -> None:
    arguments, code, message = ERRORS[name]
    (tmp_path / "empty").mkdir()
    (tmp_path / "ring").symlink_to("ring")
    for notes in ("notes.txt", "notes.jsonl"):
        (tmp_path / notes).write_text("# nothing yet\n")
    (tmp_path / "clip.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(16))
    assert main([a.format(photo=photo, tmp=tmp_path) for a in arguments]) == code
    out, err = capsys.readouterr()
    assert err.startswith("error: ")
    assert message in err
    assert err.count("\n") == 1
    assert out == "" or code == 3


def test_bug_is_reported_with_its_traceback_and_the_run_goes_on(
    photo: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = iter([True])

    def break_once(*arguments: object, **named: object) -> object:
        if next(once, False):
            raise RuntimeError("boom")
        return analyze_page(*arguments, **named)  # type: ignore[arg-type]

    analyze_page = worker.analyze_page
    monkeypatch.setattr(worker, "analyze_page", break_once)
    assert main([photo, copy(photo), "--format", "jsonl"]) == 70
    out, err = capsys.readouterr()
    broken, good = map(json.loads, out.splitlines())
    assert (broken["error"]["code"], broken["error"]["message"]) == ("bug", "RuntimeError: boom")
    assert good["numbers"][0]["text"] == "10"
    assert "Traceback" in err


def test_bug_outside_of_a_page(photo: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "list_sources", lambda *_: 1 / 0)
    assert main([photo]) == 70
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_no_argument_shows_a_short_help(capsys: Captured) -> None:
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: ") and "INPUT..." in err and "--webcam" in err and "--help lists all flags" in err
    assert len(err.splitlines()) < 12


@pytest.mark.usefixtures("alone")
def test_password_opens_a_pdf_and_is_kept_nowhere(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "locked.pdf").write_bytes(make_locked_pdf("secret"))
    for given, what in (([], "a password"), (["--password", "b"], "another password than the one given")):
        assert main([str(tmp_path / "locked.pdf"), "-q", *given]) == 3
        hint = "give its password with --password, or save a copy without one"
        assert capsys.readouterr().err.endswith(f": the PDF is encrypted and needs {what}; {hint}\n")
    outputs = [f"--output={tmp_path / name}" for name in ("a.jsonl", "a.html", "a.csv")]
    assert main([str(tmp_path / "locked.pdf"), "--password", "secret", *outputs, "--workers", "1"]) == 0
    texts = [path.read_text() for path in tmp_path.glob("a.*")]
    assert len(texts) == 3 and not [text for text in [*texts, *capsys.readouterr()] if "secret" in text]


def test_password_is_left_out_of_the_command_that_goes_on() -> None:
    for given in (["a.pdf", "--password", "secret"], ["a.pdf", "--password=secret", "--resume"]):
        (line,) = _suggest_resuming(given, can_resume=True)
        assert "secret" not in line and line.count("--resume") == 1 and "a.pdf" in line
    assert _suggest_resuming(["-o", "a.csv", "--", "-x.png"], can_resume=True)[0].endswith(
        " -o a.csv --resume -- -x.png"
    )
    assert _suggest_resuming(["a.pdf"], can_resume=False) == []


@pytest.mark.usefixtures("alone")
def test_flags_stand_anywhere_and_names_are_files_where_there_are_such(
    photo: str, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = [copy(photo, name) for name in ("./-x.png", "./@y.png", "./-", "./b[1].png")]
    assert len(names) == 4
    assert main(["@y.png", "-", "--format", "text", "b[1].png", "--", "-x.png"]) == 0
    assert capsys.readouterr().out == "@y.png: 10\n./-: 10\nb[1].png: 10\n-x.png: 10\n"


@pytest.mark.usefixtures("alone")
def test_patterns_that_no_shell_has_expanded(photo: str, tmp_path: Path, capsys: Captured) -> None:
    for name in ("copy/scan10.png", "copy/scan2.png"):
        copy(photo, name)
    assert main([str(tmp_path / "**" / "scan*.png")]) == 0
    assert [line.split("scan")[-1] for line in capsys.readouterr().out.splitlines()] == ["2.png: 10", "10.png: 10"]


def test_written_folders_are_named_after_a_short_run(photo: str, tmp_path: Path, capsys: Captured) -> None:
    folder = str(tmp_path / "drawn")
    assert main([photo, "--annotate", folder]) == 0
    assert capsys.readouterr().err == f"annotate: {folder}\n"
    assert main([photo, "--annotate", folder, "-q"]) == 0
    assert capsys.readouterr().err == ""


def test_help_and_version(capsys: Captured) -> None:
    for flag, text in (("--help", "exit codes: 0 all pages read"), ("--version", __version__)):
        with pytest.raises(SystemExit) as leaving:
            main([flag])
        assert leaving.value.code == 0
        assert text in capsys.readouterr().out


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TOP / "run_pipeline.py"), *arguments]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    return subprocess.run(command, **{**streams, "text": True, "check": False, **options})  # type: ignore[call-overload, no-any-return]


@pytest.mark.slow
def test_process_exits_with_the_code_of_what_happened(photo: str, bad: str, tmp_path: Path) -> None:
    none = str(tmp_path / "none.jpg")
    for arguments, code in (
        ([photo], 0),
        ([photo, bad], 1),
        ([photo, "--fast"], 2),
        ([none], 3),
        ([photo, "--model", bad], 4),
        ([photo, "--output", str(tmp_path)], 5),
        ([photo, "--strict", "--reject-below", "1"], 6),
    ):
        done = run(*arguments, "-q")
        assert done.returncode == code, (arguments, done.stderr)
        assert done.stderr.count("\n") == (code > 0)


@pytest.mark.slow
def test_process_exits_with_70_for_a_bug(photo: str) -> None:
    code = f"import pipeline.batch.run as r\n{BOOM}\nr.list_sources = boom\n"
    code += "import sys, pipeline.cli as c\nsys.exit(c.main())"
    done = subprocess.run([sys.executable, "-c", code, photo], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 70
    assert "RuntimeError: boom" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send")
def test_process_exits_with_130_when_interrupted(tmp_path: Path) -> None:
    command = [sys.executable, str(TOP / "run_pipeline.py"), "-", "--output", str(tmp_path / "out.csv")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not list(tmp_path.iterdir()):  # the draft of its output: it is at work
            time.sleep(0.02)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "interrupted before a page was read\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_reader_that_has_seen_enough(photo: str) -> None:
    command = [sys.executable, str(TOP / "run_pipeline.py"), photo]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()  # type: ignore[union-attr]
        err = process.stderr.read()  # type: ignore[union-attr]
    assert (process.returncode, err) == (0, "")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_full_stdout(photo: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = run(photo, stdout=full)
    assert done.returncode == 5
    assert done.stderr.startswith("error: standard output: cannot be written (No space left")
    assert done.stderr.count("\n") == 1


def test_missing_shared_library_is_named_in_one_line(photo: str, tmp_path: Path) -> None:
    message = "libGL.so.1: cannot open shared object file: No such file or directory"
    (tmp_path / "cv2.py").write_text(f"raise ImportError({message!r})")
    done = run(photo, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert done.returncode == 70
    assert done.stderr.count("\n") == 1
    assert "apt-get install libgl1 libglib2.0-0" in done.stderr


@pytest.mark.slow
def test_picture_on_stdin(photo: str) -> None:
    with Path(photo).open("rb") as file:
        done = run("-", stdin=file)
    assert (done.stdout, done.stderr, done.returncode) == ("-: 10\n", "", 0)


def test_page_on_its_side_is_turned_unless_that_is_forbidden(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    photo = tmp_path / "side.png"
    cv2.imwrite(str(photo), np.rot90(write_page("4237", "5836", size_px=(300, 200))))
    assert main([str(photo), "--format", "jsonl", "-q"]) == 0
    record = json.loads(capfd.readouterr().out)
    assert (record["turned_deg"], [n["text"] for n in record["numbers"]]) == (270, ["4237", "5836"])
    assert main([str(photo), "--format", "jsonl", "-q", "--no-turn"]) == 0
    assert json.loads(capfd.readouterr().out)["turned_deg"] == 0


def test_tables_are_files_of_their_own(tmp_path: Path, capsys: Captured) -> None:
    from tests.support.tables import draw_table

    for name, rows in (("a", [["47", ""], ["", "52"]]), ("b", [["3", "8"], ["9", ""]])):
        cv2.imwrite(str(tmp_path / f"{name}.png"), draw_table(rows))
    output = tmp_path / "marks.csv"
    inputs = [str(tmp_path / "a.png"), str(tmp_path / "b.png")]
    assert main([*inputs, "--table", "-o", str(output), "-o", str(tmp_path / "marks.json"), "-q"]) == 0
    grids = [output.read_text(), (tmp_path / "marks-2.csv").read_text()]
    records = json.loads((tmp_path / "marks.json").read_text())
    assert [(r["tables"][0]["rows"], r["tables"][0]["columns"]) for r in records] == [(2, 2), (2, 2)]
    assert all(grid.count("\n") == 2 and grid.count(",") == 2 for grid in grids)
    assert main([*inputs, "--table", "-o", str(output), "-q"]) == 0  # its own files, by their journal
    (tmp_path / "marks-2.csv").write_text("name,mark\n")
    assert main([*inputs, "--table", "-o", str(output), "-q"]) == 2
    assert "marks-2.csv: this file is no result of this program" in capsys.readouterr().err
    assert (tmp_path / "marks-2.csv").read_text() == "name,mark\n"


def test_resumed_tables_are_not_read_again(tmp_path: Path, capsys: Captured) -> None:
    from tests.support.tables import draw_table

    cv2.imwrite(str(tmp_path / "a.png"), draw_table([["47", ""], ["", "52"]]))
    words = [str(tmp_path / "a.png"), "-o", str(tmp_path / "marks.csv")]
    assert main([*words, "--table", "-q"]) == 0
    grid = (tmp_path / "marks.csv").read_text()
    assert main([*words, "--table", "--resume"]) == 0
    assert "0 pages read" in capsys.readouterr().err and (tmp_path / "marks.csv").read_text() == grid


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--webcam", "--table"], "--table cannot be used with --webcam"),
        (["a.png", "--format", "xlsx"], "--format xlsx needs --output"),
        (["a.png", "-o", "/dev/stdout", "--format", "xlsx"], "--output /dev/stdout: xlsx is no text"),
        (["a.png", "--roi", "5,5,5,9"], "expected left,top,right,bottom"),
    ],
)
def test_what_tables_and_regions_cannot(words: list[str], told: str, capsys: Captured) -> None:
    assert main(words) == 2
    assert told in capsys.readouterr().err


def test_region_beyond_a_page_is_one_failed_input(photo: str, capsys: Captured) -> None:
    assert main([photo, "--roi", "900,0,950,50", "--format", "json"]) == 3
    out, err = capsys.readouterr()
    assert json.loads(out)[0]["error"]["code"] == "region"
    assert "the region 900,0,950,50 lies beyond the picture of 200 x 120 px" in err
