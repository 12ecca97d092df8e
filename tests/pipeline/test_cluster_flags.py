from __future__ import annotations

import pytest

from pipeline.arguments import build_options
from pipeline.batch.options import BatchOptions
from pipeline.errors import UsageError


def test_engine_is_this_machine_unless_another_one_is_asked_for() -> None:
    options = build_options(["scans"])
    assert isinstance(options, BatchOptions)
    assert (options.engine, options.ray_address, options.upload) == ("local", None, None)
    options = build_options(
        ["s3://b/", "--engine", "ray", "--ray-address", "a:1", "-o", "r.csv", "--upload", "s3://b/r/"]
    )
    assert isinstance(options, BatchOptions)
    assert (options.engine, options.ray_address, options.upload) == ("ray", "a:1", "s3://b/r/")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["a.png", "--ray-address", "a:1"], "--ray-address needs --engine ray"),
        (["a.png", "--engine", "dask"], "invalid choice"),
        (["--webcam", "--engine", "ray"], "--engine cannot be used with --webcam"),
        (["--api", "--engine", "ray"], "--engine cannot be used with --api"),
        (["r.csv", "--apply-review", "r/review.csv", "--engine", "ray"], "--engine cannot be used with --apply-review"),
        (["a.png", "-o", "r.csv", "--upload", "results/"], "--upload results/: this is no folder of a bucket"),
        (["a.png", "--upload", "s3://b/r/"], "--upload needs --output"),
        (["a.png", "--format", "parquet"], "--format parquet needs --output"),
    ],
)
def test_flags_that_do_not_go_together(words: list[str], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        build_options(words)
