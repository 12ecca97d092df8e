"""Tests are found by name: `pipeline/ink/rulings.py` is tested in `tests/pipeline/ink/test_rulings.py`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
SLOW = "pytest.mark.slow"

ELSEWHERE = {
    "pipeline/checkup/findings.py": "tests/pipeline/checkup/test_run.py",
    "pipeline/checkup/options.py": "tests/pipeline/test_service_flags.py",
    "pipeline/images/decode.py": "tests/pipeline/images/test_load.py",
    "pipeline/images/header_types.py": "tests/pipeline/images/test_headers.py",
    "pipeline/images/heif.py": "tests/pipeline/images/test_formats.py",
    "pipeline/images/pictures.py": "tests/pipeline/reading/test_read.py",
    "pipeline/images/pillow_formats.py": "tests/pipeline/images/test_formats.py",
    "pipeline/images/rasters.py": "tests/pipeline/images/test_formats.py",
    "pipeline/images/tiff.py": "tests/pipeline/images/test_headers.py",
    "pipeline/live_flags.py": "tests/pipeline/test_arguments.py",
    **dict.fromkeys(
        [f"pipeline/outputs/{name}.py" for name in ("csv_writer", "json_writer", "report", "text_writer")],
        "tests/pipeline/outputs/test_formats.py",
    ),
    "pipeline/forms/blank.py": "tests/pipeline/forms/test_register.py",
    "pipeline/forms/form_reading.py": "tests/pipeline/forms/test_totals.py",
    "pipeline/forms/options.py": "tests/pipeline/forms/test_make_template.py",
    "pipeline/forms/patches.py": "tests/pipeline/forms/test_register.py",
    "pipeline/forms/template.py": "tests/pipeline/forms/test_template_file.py",
    "pipeline/reading/stages.py": "tests/pipeline/outputs/test_trace.py",
    "pipeline/decoding/pick.py": "tests/pipeline/decoding/test_outliers.py",
    "pipeline/recognition/model_card.py": "tests/pipeline/recognition/test_classify.py",
    "pipeline/settings/knob.py": "tests/pipeline/settings/test_tree.py",
    "pipeline/version.py": "tests/pipeline/test_cli.py",
    "pipeline/web/description.py": "tests/pipeline/web/test_app.py",
    "pipeline/web/page/script.py": "tests/pipeline/web/page/test_serve.py",
    **dict.fromkeys(
        [
            f"pipeline/web/page/{part}_view.py"
            for part in ("download", "input", "missed", "page", "settings", "template")
        ],
        "tests/pipeline/web/page/test_page_browser.py",
    ),
    "pipeline/web/options.py": "tests/pipeline/test_service_flags.py",
    "pipeline/web/request_errors.py": "tests/pipeline/web/test_app.py",
    **dict.fromkeys(
        [path.relative_to(TOP).as_posix() for path in sorted(TOP.glob("train/commands/[!_]*.py"))],
        "tests/train/commands/test_commands.py",
    ),
    "train/adaptation/score_adapt.py": "tests/train/adaptation/test_adapt.py",
    "train/datasets/harvested_crops.py": "tests/train/harvesting/test_harvest.py",
    "train/evaluation/false_positives.py": "tests/train/synthesis/negatives/test_pages.py",
    "train/fitting/training_loop.py": "tests/train/fitting/test_fit.py",
    "train/networks/catalog.py": "tests/train/networks/test_architectures.py",
    "train/figures/form_figure.py": "tests/train/synthesis/forms/test_draw_sample.py",
    "train/figures/readme_figures.py": "tests/train/evaluation/test_contour_baseline.py",
    "train/harvesting/span_labels.py": "tests/train/harvesting/test_harvest.py",
    "train/synthesis/handwriting/letters.py": "tests/train/synthesis/negatives/test_pages.py",
    "train/synthesis/handwriting/writers.py": "tests/train/synthesis/pages/test_synthesize.py",
    "train/synthesis/samples/sample_page.py": "tests/house/test_samples.py",
    "train/synthesis/samples/sample_pages.py": "tests/house/test_samples.py",
    **dict.fromkeys(
        [
            f"pipeline/settings/{room}.py"
            for room in ("decoding", "detection", "images", "ink", "layout", "live", "recognition")
        ],
        "tests/pipeline/settings/test_dead_knobs.py",
    ),
    **dict.fromkeys(
        [f"train/synthesis/negatives/{kinds}.py" for kinds in ("faces", "scenes", "sheets", "texts")],
        "tests/train/synthesis/negatives/test_pages.py",
    ),
    **dict.fromkeys(
        [
            *("train/synthesis/pages/arrangements.py", "train/synthesis/pages/ink_layout.py"),
            *("train/synthesis/photos/gray_camera.py", "train/synthesis/photos/gray_paper.py"),
        ],
        "tests/train/synthesis/pages/test_synthesize.py",
    ),
    "train/synthesis/photos/color_camera.py": "tests/train/synthesis/photos/test_color_paper.py",
    "train/synthesis/forms/kinds.py": "tests/train/synthesis/forms/test_filled.py",
    "train/synthesis/forms/sheet.py": "tests/train/synthesis/forms/test_filled.py",
    **dict.fromkeys(
        [f"train/synthesis/videos/{part}.py" for part in ("clip", "motion", "scenarios")],
        "tests/train/synthesis/videos/test_write_videos.py",
    ),
}
"""Modules without a test file of their name, and the one that tests them."""


def list_modules() -> list[str]:
    found = (path for room in ("pipeline", "train") for path in (TOP / room).rglob("*.py"))
    return sorted(path.relative_to(TOP).as_posix() for path in found if not path.name.startswith("__"))


def name_tests(module: str) -> Path:
    path = TOP / "tests" / module
    return path.with_name(f"test_{path.name}")


def test_every_module_has_tests_of_its_name() -> None:
    lacking = [module for module in list_modules() if not name_tests(module).exists()]
    assert lacking == sorted(ELSEWHERE), "the table is to hold these and no others"


@pytest.mark.parametrize("module", ELSEWHERE)
def test_tests_elsewhere_exist(module: str) -> None:
    assert (TOP / ELSEWHERE[module]).is_file()


def has_fast_test(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    marks = [
        ast.unparse(n.value)
        for n in tree.body
        if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "pytestmark"
    ]
    tests = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
    slow = [test for test in tests if SLOW in map(ast.unparse, test.decorator_list)]
    return len(slow) < len(tests) and not any(SLOW in mark for mark in marks)


def test_every_room_has_fast_tests() -> None:
    rooms = {Path(module).parent for module in list_modules()}
    assert not [room for room in rooms if not any(map(has_fast_test, (TOP / "tests" / room).glob("test_*.py")))]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("", False),
        ("def test_a(): pass", True),
        ("@pytest.mark.slow\ndef test_a(): pass", False),
        ("@pytest.mark.slow\ndef test_a(): pass\ndef test_b(): pass", True),
        ("pytestmark = [pytest.mark.slow]\ndef test_a(): pass", False),
    ],
    ids=["empty", "fast", "slow", "slow and fast", "slow file"],
)
def test_fast_test_is_found(tmp_path: Path, code: str, expected: bool) -> None:
    (tmp_path / "test_a.py").write_text(code, "utf-8")
    assert has_fast_test(tmp_path / "test_a.py") is expected
