"""What tells a file from its changed self."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.batch.jobs import identify


def test_file_is_told_from_its_changed_self(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"one")
    before = identify(str(path))
    assert before is not None and before[0] == 3
    path.write_bytes(b"more")
    os.utime(path, ns=(0, before[1]))
    assert identify(str(path)) == (4, before[1])
    path.write_bytes(b"two")
    os.utime(path, ns=(0, before[1] + 1))
    assert identify(str(path)) == (3, before[1] + 1)


def test_what_is_no_file_has_no_identity(tmp_path: Path) -> None:
    assert identify(str(tmp_path / "none.png")) is None
    assert identify("a\0b") is None
