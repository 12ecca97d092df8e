from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline.batch.options import BatchOptions
from pipeline.batch.planning import list_outputs, make_plan
from pipeline.errors import SetupError


def test_plan_has_what_the_options_say(tmp_path: Path) -> None:
    options = BatchOptions(("a.png",), outputs=(tmp_path / "r.html",), timeout_s=10.0, has_tables=True, password="p")
    plan = make_plan(options, list_outputs(options, None), {"annotate": tmp_path})
    assert (plan.has_pictures, plan.has_tables, plan.password, plan.download_s) == (True, True, "p", 8.0)
    assert (plan.annotate, plan.trace, plan.review) == (tmp_path, None, None)
    assert not make_plan(BatchOptions(("a.png",)), [], {}).has_pictures


@pytest.mark.parametrize(
    ("name", "library", "told"),
    [("r.xlsx", "openpyxl", "openpyxl is not installed"), ("r.parquet", "pyarrow", "pyarrow is not installed")],
)
def test_library_that_an_output_needs_is_missed_before_anything_is_read(
    monkeypatch: pytest.MonkeyPatch, name: str, library: str, told: str
) -> None:
    for module in (library, f"{library}.parquet"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SetupError, match=told):
        list_outputs(BatchOptions(("a.png",), outputs=(Path(name),)), None)


def test_library_of_the_bucket_that_results_go_to_is_missed_before_anything_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(SetupError, match="s3fs"):
        list_outputs(BatchOptions(("a.png",), outputs=(Path("r.csv"),), upload="s3://box/"), None)
