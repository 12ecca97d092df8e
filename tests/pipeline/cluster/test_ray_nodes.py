"""What can be told of a cluster without one; with one in test_run.py."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[3]


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray has no wheel for this Python: pip install ray")
def test_cluster_that_is_away_is_told_at_once_and_in_one_line() -> None:
    words = ["run_pipeline.py", "samples/strip.png", "--engine", "ray", "--ray-address", "127.0.0.1:1"]
    done = subprocess.run([sys.executable, *words], cwd=TOP, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error: the cluster 127.0.0.1:1 cannot be reached (")
    assert done.stderr.endswith("docs/scale.md shows how they are set up\n")
