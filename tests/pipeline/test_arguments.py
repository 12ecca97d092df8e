from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.arguments import build_options, build_parser
from pipeline.batch.options import TIMEOUT_S, BatchOptions
from pipeline.batch.page_ranges import PageRanges
from pipeline.decoding.constraints.constraint import Constraint
from pipeline.errors import SettingsError, UsageError
from pipeline.geometry import Box
from pipeline.live.options import LiveOptions
from pipeline.outputs.formats import FORMATS
from pipeline.settings.tree import Settings

TOP = Path(__file__).resolve().parents[2]


def test_what_is_not_given_keeps_its_default() -> None:
    assert build_options(["a.jpg"]) == BatchOptions(inputs=("a.jpg",))
    assert build_options(["--webcam"]) == LiveOptions()


def test_flags_may_stand_among_the_inputs_and_some_be_given_again() -> None:
    options = build_options(
        ["a.jpg", "-o", "a.csv", "--include", "*.png", "--include", "b/**", "--output=b.html", "--exclude", "c*"]
    )
    assert options == BatchOptions(
        inputs=("a.jpg",),
        outputs=(Path("a.csv"), Path("b.html")),
        include=("*.png", "b/**"),
        exclude=("c*",),
    )


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        (["--workers", "8"], "n_workers", 8),
        (["--timeout", "0.5"], "timeout_s", 0.5),
        (["--pages", "2,4-"], "pages", PageRanges(((2, 2), (4, None)))),
        (["--watch", "inbox"], "watch", Path("inbox")),
        (["--annotate", "drawn"], "annotate", Path("drawn")),
        (["--trace", "stages"], "trace", Path("stages")),
        (["--review", "look"], "review", Path("look")),
        (["--format", "jsonl"], "format", FORMATS["jsonl"]),
        (["--model", "own.keras"], "model", "own.keras"),
        (["--resume"], "is_resumed", True),
        (["--force"], "is_forced", True),
        (["--strict"], "is_strict", True),
        (["-q"], "is_quiet", True),
        (["-v"], "is_verbose", True),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_each_flag_of_a_batch_sets_its_option(given: list[str], name: str, value: object) -> None:
    plain = BatchOptions(inputs=("a.jpg",), outputs=(Path("a.csv"),))
    assert build_options(["a.jpg", "-o", "a.csv", *given]) == replace(plain, **{name: value})


def test_flags_of_what_is_known_make_one_constraint(tmp_path: Path) -> None:
    path = tmp_path / "ids.csv"
    path.write_text("id\n018\n26\n34\n")
    given = ["--digits", "2-3", "--range", "10:", "--pattern", "ddd", "--values", str(path), "--check", "luhn"]
    assert build_options(["a.jpg", *given]).constraint == Constraint(
        (2, 3), (10, None), "ddd", ("018", "26", "34"), "luhn"
    )
    assert build_options(["a.jpg", "--digits", "4"]).constraint == Constraint(n_digits=(4, 4))


@pytest.mark.parametrize("flag", ["--digits 4", "--range 0:9", "--pattern d:dd", "--values a.csv", "--check luhn"])
def test_what_is_known_is_no_matter_of_live_reading(flag: str) -> None:
    name = flag.split()[0]
    with pytest.raises(UsageError, match=f"{name} cannot be used with --webcam"):
        build_options(["--webcam", *flag.split()])


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        (["--size", "640x480"], "size_px", (640, 480)),
        (["--fps", "12.5"], "fps", 12.5),
        (["--roi", "1,2,30,40"], "region", Box(1, 2, 30, 40)),
        (["--mirror"], "is_mirrored", True),
        (["--headless"], "is_headless", True),
        (["--annotate", "shots"], "snapshots", Path("shots")),
        (["--record", "a.mp4"], "recording", Path("a.mp4")),
        (["--force"], "is_forced", True),
        (["--max-seconds", "3"], "most_s", 3.0),
        (["--model", "own.keras"], "model", "own.keras"),
        (["-q"], "is_quiet", True),
        (["-v"], "is_verbose", True),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_each_flag_of_a_live_run_sets_its_option(given: list[str], name: str, value: object) -> None:
    assert build_options(["--webcam", "1", *given]) == replace(LiveOptions(source="1"), **{name: value})


def test_every_frame_of_a_video() -> None:
    assert build_options(["--webcam", "a.mp4", "--every-frame"]) == LiveOptions("a.mp4", has_every_frame=True)


@pytest.mark.parametrize(
    ("given", "stage", "knob", "value"),
    [
        (["a.jpg", "--dpi", "150"], "images", "dpi", 150),
        (["a.jpg", "--reject-below", "0"], "decode", "reject_below", 0.0),
        (["a.jpg", "--reject-below", "1"], "decode", "reject_below", 1.0),
        (["a.jpg", "--signs"], "signs", "is_enabled", True),
        (["a.jpg", "--no-turn"], "orientation", "is_enabled", False),
        (["--webcam", "--reject-below", "0.5"], "decode", "reject_below", 0.5),
        (["--webcam", "--confirm-frames", "9"], "track", "confirm_frames", 9),
        (["--webcam", "--min-confidence", "0.8"], "track", "min_confidence", 0.8),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_flag_that_stands_for_a_setting_goes_before_the_settings_file(
    given: list[str], stage: str, knob: str, value: float, tmp_path: Path
) -> None:
    path = tmp_path / "own.toml"
    path.write_text("[images]\ndpi = 200\n[decode]\nreject_below = 0.25\n[track]\nconfirm_frames = 4\n")
    of_file = Settings.from_file(path)
    changed = replace(of_file, **{stage: replace(getattr(of_file, stage), **{knob: value})})
    assert build_options([*given, "--settings", str(path)]).settings == changed != of_file


def test_setting_out_of_its_range_is_refused() -> None:
    with pytest.raises(SettingsError, match="dpi"):
        build_options(["a.jpg", "--dpi", "1"])


@pytest.mark.parametrize("library", ["cv2", "numpy"])  # cv2 may lack libGL; without both, --help is fast
def test_options_are_built_without_a_library(library: str) -> None:
    code = f"import sys; sys.modules[{library!r}] = None; from pipeline.arguments import build_options"
    code += "; print(build_options(['a.jpg']).inputs)"
    done = subprocess.run([sys.executable, "-c", code], cwd=TOP, capture_output=True, text=True, check=True)
    assert done.stdout == "('a.jpg',)\n"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--workers", "0"], "expected a whole number from 1, received '0'"),
        (["--workers", "-1"], "expected"),
        (["--workers", "two"], "expected a whole number from 1, received 'two'"),
        (["--workers", "10000"], "expected a whole number from 1"),
        (["--timeout", "0"], "expected seconds, more than 0, received '0'"),
        (["--timeout", "nan"], "expected seconds, more than 0, received 'nan'"),
        (["--timeout", "inf"], "expected seconds, more than 0"),
        (["--timeout", "soon"], "expected seconds, more than 0"),
        (["--reject-below", "nan"], "expected a number from 0 to 1, received 'nan'"),
        (["--pages", "3-1"], "expected pages like 1-3,7,20-, received '3-1'"),
        (["--dpi", "fine"], "invalid int value: 'fine'"),
        (["--format", "xml"], "invalid choice: 'xml'"),
        (["--digits", "4-"], "expected a number of digits such as 8 or 2-4, received '4-'"),
        (["--digits", "0"], "expected (least, most) of 1 to 40"),
        (["--range", "-5:5"], "expected one argument"),
        (["--range=-5:5"], "expected a range of values such as 0:20 or 100:, received '-5:5'"),
        (["--range", "9:3"], "range 9:3 is empty"),
        (["--pattern", "//"], "expected d for each digit"),
        (["--values", "none.csv"], "none.csv: it cannot be read (No such file or directory)"),
        (["--check", "lun"], "invalid choice: 'lun'"),
        (["--digits", "4", "--pattern", "dd/dd/dddd"], "no number fits all of this: 4 digits, pattern dd/dd/dddd"),
        (["--digits", "4", "--check", "ean13"], "no number fits all of this"),
        (["-q", "-v"], "not allowed with"),
        (["--fast"], "unrecognized arguments: --fast"),
        (["--output"], "expected one argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_our_error_in_one_line(given: list[str], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        build_options(given)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_help_lists_every_flag_and_exit_code() -> None:
    text = build_parser().format_help()
    flags = ("--format", "--output", "--resume", "--workers", "--watch", "--review", "--pages", "--include", "--dpi")
    assert not [flag for flag in flags if flag not in text]
    assert f"({TIMEOUT_S:g})" in text
    assert all(f"{code} " in text for code in (0, 1, 2, 3, 4, 5, 6, 70, 130))
