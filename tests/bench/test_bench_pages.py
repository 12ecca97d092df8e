"""Seconds of reading pages, by hand."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from tests.bench.bench_pages import TOP, Run, main, read_folders
from tests.support.drawing import write_page


def test_by_hand() -> None:
    run = Run(6.0, {"a/b.png 1": 0.5, "a/c.png 1": 3.0, "a/d.png 1": 1.0})
    assert run.describe() == ("3 pages, 2.000 CPU s a page; of reading alone median 1.000 s, slowest 3.00 s (c.png 1)")
    assert Run(1.0, {}).describe() == "no pages"


@pytest.mark.slow
def test_this_checkout_beside_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), write_page("4207", size_px=(640, 360)))
    (tmp_path / "b.png").write_bytes(b"no picture")
    main([str(tmp_path), "--against", str(TOP)])
    this, other, ratio = capsys.readouterr().out.splitlines()
    assert this.startswith("this  1 pages") and other.startswith("other 1 pages")
    assert 0 < float(ratio.rsplit(" ", 1)[1]) < 10


@pytest.mark.slow
def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="there is no such file"):
        read_folders(TOP, [tmp_path / "gone"])
